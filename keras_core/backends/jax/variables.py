"""Variables on JAX: an immutable array, replaced on assignment."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends.jax.arrays import (
    NATIVE_DTYPES,
    TENSOR_TYPES,
    convert_to_tensor,
    copied,
    outside_of_traces,
)
from keras_core.backends.variable import BaseVariable, HandedOver
from keras_core.core import placement

_NOTHING = np.empty(0, np.float32)
_LARGE = 1 << 20  # bytes


def _free_lent_memory() -> None:
    """Free the memory that NumPy lent to arrays which are gone: JAX does so at its next call."""
    jax.device_put(_NOTHING)


@functools.cache
def _zero(dtype: str) -> Callable[[], jax.Array]:
    """A program that makes a new zero, in a tenth of the time that a copy from the host takes."""
    return jax.jit(lambda: jnp.zeros((), NATIVE_DTYPES[dtype]))


class Variable(BaseVariable):
    __doc__ = BaseVariable.__doc__
    _outside_of_traces = staticmethod(outside_of_traces)
    takes_over = True

    def _initialize(self, value: Any) -> None:
        if isinstance(value, jax.core.Tracer):
            raise ValueError(
                f"Variable {self._path!r} cannot be made from a traced value. Make it before "
                "the function is traced by jit, grad or vmap (build the layer first)."
            )
        if placement.current is not None:
            self._lay_out(placement.current.get_variable_layout(self), value)
            return
        if isinstance(value, HandedOver):
            self._value = self._convert(value)
            return
        self._value = convert_to_tensor(value, self._dtype)
        TENSOR_TYPES.add(type(self._value))

    def _convert(self, value: Any, dtype: str | None = None) -> Any:
        if isinstance(value, HandedOver):
            value = value.view(np.ndarray)
            if value.dtype == NATIVE_DTYPES[dtype or self._dtype]:
                return jax.device_put(value)  # aligned memory becomes the tensor's own
        if isinstance(value, np.ndarray):  # JAX would share the memory of an aligned array
            return copied(value, NATIVE_DTYPES[dtype or self._dtype])
        return convert_to_tensor(value, dtype or self._dtype)

    def _direct_assign(self, value: Any) -> None:
        if self._layout is not None:
            value = jax.device_put(value, self._layout.backend_layout)
        self._value = value

    def _assign_zeros(self) -> None:
        if self._shape:
            super()._assign_zeros()
        else:  # what metrics begin with, before every batch that is on its own
            self.assign(_zero(self._dtype)())

    def _room(self) -> HandedOver:
        if self._layout is None:
            self._value = None
            _free_lent_memory()
        return super()._room()

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array of its own: neither changes with the other."""
        if self._value is not None and self._value.nbytes > _LARGE:
            _free_lent_memory()  # that of a model dropped just now may be what the copy needs
        return super().numpy()

    def _lay_out(self, layout: Any, value: Any = None) -> None:
        """Keep the value over several devices, by a layout; from the host shard by shard."""
        value = self._value if value is None else value
        if not isinstance(value, np.ndarray):
            value = convert_to_tensor(value, self._dtype)
        else:
            value = np.asarray(value, NATIVE_DTYPES[self._dtype])
        self._layout = layout
        with jax.ensure_compile_time_eval():
            self._value = jax.device_put(value, layout.backend_layout)

    def _cast(self, value: Any, dtype: str) -> Any:
        return jnp.astype(value, NATIVE_DTYPES[dtype])

    def __jax_array__(self) -> Any:
        return self.tensor
