"""Initializer: a first value as a function of shape and dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.backends.variable import host_dtype
from keras_core.core import dtypes, shapes
from keras_core.core.configs import Configured
from keras_core.symbolic.operation import captured_arguments


class Initializer(Configured):
    """A first value as a function of shape and dtype.

    A subclass defines `__call__(shape, dtype=None, **kwargs)`. One that defines
    `host_values(shape, dtype)`, giving a NumPy array, instead, is drawn on the host, with the
    same result on every backend.

    Example:

    >>> import keras_core as keras
    >>> class Halves(keras.initializers.Initializer):
    ...     def __call__(self, shape, dtype=None, **kwargs):
    ...         return keras.ops.full(shape, 0.5, dtype)
    >>> keras.layers.Dense(2, kernel_initializer=Halves()).kernel_initializer.get_config()
    {}
    """

    _is_a = "initializer"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        instance.__dict__["_constructed_with"] = (args, kwargs)
        return instance

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """The value as a tensor of the backend.

        Args:
            shape: a tuple of ints.
            dtype: a dtype name; `floatx()` by default.
            **kwargs: ignored.

        Returns:
            A tensor of that shape and dtype.
        """
        host = getattr(self, "host_values", None)
        if host is None:
            raise NotImplementedError(f"{type(self).__name__} must define `__call__`.")
        owner = type(self).__name__
        dtype = dtypes.standardize(dtype)
        values = host(shapes.standardize_shape(shape, f"{owner}: shape"), dtype)
        return backend.arrays.convert_to_tensor(values, dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments by name."""
        return captured_arguments(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initializer from what `get_config` gave."""
        return cls(**config)

    def clone(self) -> Any:
        """Another initializer of the same configuration."""
        return type(self).from_config(self.get_config())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.get_config()}>"


def as_dtype(values: np.ndarray, dtype: str) -> np.ndarray:
    """`values` as an array of a dtype name, without a copy where it has it already."""
    return values.astype(host_dtype(dtype), copy=False)
