"""Reductions whose natives NumPy and JAX name and call alike: `bind(jnp.mean)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def bind(function: Callable) -> Callable:
    """A reduction `(x, axis, keepdims)`; a list of axes becomes the tuple that both ask for."""

    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if axis.__class__ is list:
            axis = tuple(axis)
        return function(x, axis=axis, keepdims=keepdims)

    return run


def bind_same(function: Callable) -> Callable:
    """As `bind`, for functions that would widen integers on their own."""

    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if axis.__class__ is list:
            axis = tuple(axis)
        return function(x, axis=axis, dtype=x.dtype, keepdims=keepdims)

    return run


def bind_extremum(function: Callable) -> Callable:
    """`max` and `min`: `(x, axis, keepdims, initial)`."""

    def run(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        if axis.__class__ is list:
            axis = tuple(axis)
        if initial is None:
            return function(x, axis=axis, keepdims=keepdims)
        return function(x, axis=axis, keepdims=keepdims, initial=initial)

    return run


def bind_arg(function: Callable, dtype: Any) -> Callable:
    """`argmax` and `argmin`, whose indices are cast to `dtype`."""

    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(x, axis=axis, keepdims=keepdims).astype(dtype)

    return run


def cumulative_dtype(x: Any, dtype: Any, native: Callable[[str], Any], int32: Any) -> Any:
    """What a running sum is taken in: as asked for, else the dtype of `x`, int32 for bools."""
    if dtype is not None:
        return native(dtype)
    return int32 if x.dtype == bool else x.dtype
