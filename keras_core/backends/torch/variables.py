"""Variables on torch: a `torch.nn.Parameter`, changed in place."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from keras_core.backends.torch.arrays import (
    NATIVE_DTYPES,
    convert_to_numpy,
    convert_to_tensor,
)
from keras_core.backends.variable import BaseVariable
from keras_core.core import dtypes


class Variable(BaseVariable):
    __doc__ = BaseVariable.__doc__

    def _initialize(self, value: Any) -> None:
        tensor = convert_to_tensor(value, self._dtype).detach()
        if isinstance(value, torch.Tensor) and tensor.data_ptr() == value.data_ptr():
            tensor = tensor.clone()  # the variable must not share what the caller may change
        grad = self._trainable and self._dtype in dtypes.FLOATS
        self._value = torch.nn.Parameter(tensor, requires_grad=grad)

    def _convert(self, value: Any, dtype: str | None = None) -> Any:
        return convert_to_tensor(value, dtype or self._dtype)

    def _direct_assign(self, value: Any) -> None:
        with torch.no_grad():
            self._value.copy_(value)

    def _cast(self, value: Any, dtype: str) -> Any:
        return value.to(NATIVE_DTYPES[dtype])

    def numpy(self) -> np.ndarray:
        return convert_to_numpy(self.value)

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        if self._dtype in dtypes.FLOATS:
            self._value.requires_grad_(self._trainable)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = convert_to_numpy(self.value)
        return array.astype(dtype, copy=False) if dtype is not None else array

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Let torch functions take a Variable for its value."""

        def plain(x: Any) -> Any:
            if isinstance(x, BaseVariable):
                return x.value
            if isinstance(x, (list, tuple)):
                return type(x)(plain(i) for i in x)
            return x

        return func(*[plain(a) for a in args], **{k: plain(v) for k, v in (kwargs or {}).items()})
