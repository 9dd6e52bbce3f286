"""Variables on NumPy: an array, replaced on assignment."""

from __future__ import annotations

from typing import Any

from keras_core.backends.numpy.arrays import NATIVE_DTYPES, convert_to_tensor
from keras_core.backends.variable import BaseVariable


class Variable(BaseVariable):
    __doc__ = BaseVariable.__doc__

    def _initialize(self, value: Any) -> None:
        self._value = convert_to_tensor(value, self._dtype)

    def _convert(self, value: Any, dtype: str | None = None) -> Any:
        return convert_to_tensor(value, dtype or self._dtype)

    def _direct_assign(self, value: Any) -> None:
        self._value = value.copy() if value.base is not None else value

    def _cast(self, value: Any, dtype: str) -> Any:
        return value.astype(NATIVE_DTYPES[dtype], copy=False)
