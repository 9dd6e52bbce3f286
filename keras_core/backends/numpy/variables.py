"""Variables on NumPy: an array, replaced on assignment."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.numpy.arrays import NATIVE_DTYPES, convert_to_tensor, outside_of_traces
from keras_core.backends.variable import BaseVariable, HandedOver

_NOTHING = np.empty(0)


class Variable(BaseVariable):
    __doc__ = BaseVariable.__doc__
    _outside_of_traces = staticmethod(outside_of_traces)
    takes_over = True

    def _initialize(self, value: Any) -> None:
        self._value = convert_to_tensor(value, self._dtype)

    def _convert(self, value: Any, dtype: str | None = None) -> Any:
        tensor = convert_to_tensor(value, dtype or self._dtype)
        if isinstance(value, HandedOver):
            return tensor
        # A view, or the caller's own array, must not change with what it came from.
        return tensor.copy() if tensor is value or tensor.base is not None else tensor

    def _direct_assign(self, value: Any) -> None:
        self._value = value

    def _room(self) -> HandedOver:
        self._value = _NOTHING
        return super()._room()

    def _cast(self, value: Any, dtype: str) -> Any:
        return value.astype(NATIVE_DTYPES[dtype], copy=False)
