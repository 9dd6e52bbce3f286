"""Variables on torch: a `torch.nn.Parameter`, changed in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from keras_core.backends.torch.arrays import (
    NATIVE_DTYPES,
    convert_to_numpy,
    convert_to_tensor,
    outside_of_traces,
    sharing,
)
from keras_core.backends.variable import BaseVariable, HandedOver
from keras_core.core import dtypes, scopes


class Variable(BaseVariable):
    __doc__ = BaseVariable.__doc__
    _outside_of_traces = staticmethod(outside_of_traces)
    keeps_fresh = True

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without the remembered number: a copy's tensor has versions of its own."""
        return {name: x for name, x in self.__dict__.items() if name != "_number"}

    def _initialize(self, value: Any) -> None:
        tensor = sharing(value, self._dtype).detach()
        if not isinstance(value, HandedOver) and _shares_memory(tensor, value):
            # What the caller may change must not be shared.
            tensor = tensor.clone(memory_format=torch.contiguous_format)
        else:
            # Fused kernels walk over a variable and its slots in the order of memory.
            tensor = tensor.contiguous()
        # As in torch, what is trained is a Parameter and the rest is a buffer.
        if self._trainable and self._dtype in dtypes.FLOATS:
            tensor = torch.nn.Parameter(tensor)
        self._value = tensor

    def _convert(self, value: Any, dtype: str | None = None) -> Any:
        # Scopes keep what is assigned; else it is copied into the variable at once.
        make = convert_to_tensor if scopes.watched else sharing
        return make(value, dtype or self._dtype)

    def _direct_assign(self, value: Any) -> None:
        if torch.is_grad_enabled():
            with torch.no_grad():
                self._value.copy_(value)
        else:
            self._value.copy_(value)

    def _read_in(self, fill: Callable[[np.ndarray], None]) -> None:
        tensor = self._value.detach()
        if tensor.device.type != "cpu" or not tensor.is_contiguous():
            super()._read_in(fill)
        elif tensor.numel():
            fill(tensor.reshape(-1).view(torch.uint8).numpy())

    def assign_add(self, value: Any) -> Any:
        """Add `value` to the variable; returns the new value."""
        if (
            scopes.watched
            or torch.is_grad_enabled()
            or not (isinstance(value, (int, float)) or _same(value, self._value))
        ):
            return super().assign_add(value)
        return self._value.add_(value)

    def _assign_zeros(self) -> None:
        if scopes.watched or scopes.local.symbolic:
            super()._assign_zeros()
        else:
            self._value.detach().zero_()

    def _cast(self, value: Any, dtype: str) -> Any:
        return value.to(NATIVE_DTYPES[dtype])

    def _on_host(self) -> np.ndarray:
        return convert_to_numpy(self.tensor)

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable, self._frozen = bool(value), False
        if isinstance(self._value, torch.nn.Parameter):
            self._value.requires_grad_(self._trainable)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = convert_to_numpy(self.tensor)
        return array.astype(dtype, copy=False) if dtype is not None else array

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Let torch functions take a Variable for its value."""

        def plain(x: Any) -> Any:
            if isinstance(x, BaseVariable):
                return x.tensor
            if isinstance(x, (list, tuple)):
                return type(x)(plain(i) for i in x)
            return x

        return func(*[plain(a) for a in args], **{k: plain(v) for k, v in (kwargs or {}).items()})


def _shares_memory(tensor: torch.Tensor, value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return tensor.data_ptr() == value.data_ptr()
    return isinstance(value, np.ndarray) and tensor.data_ptr() == value.ctypes.data


def _same(value: Any, own: torch.Tensor) -> bool:
    """Whether a value can be added in place: integers added to floats give those floats."""
    return (
        isinstance(value, torch.Tensor)
        and value.shape == own.shape
        and (value.dtype is own.dtype or (own.dtype.is_floating_point and value.dtype in _INTEGERS))
    )


_INTEGERS = (torch.int32, torch.int64, torch.bool, torch.int8, torch.uint8, torch.int16)
