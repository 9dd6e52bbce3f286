"""Native bindings of creation, rearranging and joining."""

from __future__ import annotations

from functools import partial as _partial
from typing import Any

import numpy as np

from keras_core.backends._xp import shaping as _shared
from keras_core.backends.numpy import arrays as _arrays
from keras_core.core.dtypes import standardize as _standardize

_NATIVE = _arrays.NATIVE_DTYPES


def _native(dtype: Any) -> Any:
    return _NATIVE[_standardize(dtype)]


# Creation ----------------------------------------------------------------------------------


def zeros(shape: Any, dtype: Any = None) -> np.ndarray:
    return np.zeros(shape, _native(dtype))


def ones(shape: Any, dtype: Any = None) -> np.ndarray:
    return np.ones(shape, _native(dtype))


def empty(shape: Any, dtype: Any = None) -> np.ndarray:
    return np.empty(shape, _native(dtype))


def full(shape: Any, fill_value: Any, dtype: Any = None) -> np.ndarray:
    return np.full(shape, _arrays.convert_to_tensor(fill_value, dtype or _standardize(None)))


def zeros_like(x: Any, dtype: Any = None) -> np.ndarray:
    return np.zeros(x.shape, x.dtype if dtype is None else _native(dtype))


def ones_like(x: Any, dtype: Any = None) -> np.ndarray:
    return np.ones(x.shape, x.dtype if dtype is None else _native(dtype))


def empty_like(x: Any, dtype: Any = None) -> np.ndarray:
    return np.empty(x.shape, x.dtype if dtype is None else _native(dtype))


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> np.ndarray:
    return np.full(x.shape, fill_value, x.dtype if dtype is None else _native(dtype))


def arange(start: Any, stop: Any, step: Any, dtype: str) -> np.ndarray:
    if stop is None:
        start, stop = 0, start
    return np.arange(start, stop, step).astype(_native(dtype))


def linspace(
    start: Any,
    stop: Any,
    num: int,
    endpoint: bool,
    retstep: bool,
    dtype: Any,
    axis: int,
) -> Any:
    native = start.dtype if dtype is None else _native(dtype)
    out, step = np.linspace(
        start.astype("float64"), stop.astype("float64"), num, endpoint, True, None, axis
    )
    out = (np.floor(out) if native.kind in "iu" else out).astype(native)
    return (out, np.asarray(step, start.dtype)) if retstep else out


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> np.ndarray:
    return np.eye(N, M, k, _native(dtype))


def repeat(x: Any, repeats: Any, axis: int | None = None) -> np.ndarray:
    if type(repeats) is not int and np.asarray(repeats).dtype.kind not in "iub":
        raise TypeError(f"repeats must hold ints. Received: {repeats}")  # NumPy cuts off lists'
    return np.repeat(x, repeats, axis)


# Rearranging -------------------------------------------------------------------------------

reshape = np.reshape
ravel = np.ravel
transpose = np.transpose
squeeze = np.squeeze
moveaxis = np.moveaxis
swapaxes = np.swapaxes
tile = np.tile
flip = np.flip
roll = _partial(_shared.roll, np)
concatenate = np.concatenate
stack = np.stack
expand_dims = np.expand_dims
copy = np.copy
broadcast_to = _partial(_shared.broadcast_to, np)
split = _partial(_shared.split, np)
unstack = _partial(_shared.unstack, np)


def pad(x: Any, pad_width: Any, mode: str, constant_values: Any) -> np.ndarray:
    if mode != "constant":
        return np.pad(x, pad_width, mode)
    shape = tuple(a + n + b for n, (a, b) in zip(x.shape, pad_width, strict=True))
    out = np.zeros(shape, x.dtype) if constant_values is None else np.full(
        shape, constant_values, x.dtype
    )  # fmt: skip
    out[tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, pad_width, strict=True))] = x
    return out


def view(x: Any, dtype: Any = None) -> np.ndarray:
    return np.asarray(x, order="C").view(x.dtype if dtype is None else _native(dtype))


def saturate_cast(x: Any, dtype: str) -> np.ndarray:
    target = _standardize(dtype)
    return _shared.saturated(np, x, _arrays.dtype_name(x), target, _native(dtype))
