"""Native bindings of the reductions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_core.backends._xp import reductions as _xp
from keras_core.backends.numpy.arrays import native_dtype as _native

# NumPy sums 16-bit floats in 16 bits.
_HALVES = {"bfloat16": "float32", "float16": "float32"}
VIA = dict.fromkeys(
    (
        "sum",
        "mean",
        "nanmean",
        "_length",
        "var",
        "std",
        "logsumexp",
        "quantile",
        "nanquantile",
        "median",
    ),
    _HALVES,
)

sum = _xp.bind_same(np.sum)
mean = _xp.bind(np.mean)
var = _xp.bind(np.var)
std = _xp.bind(np.std)
max = _xp.bind_extremum(np.max)
min = _xp.bind_extremum(np.min)
amax = _xp.bind(np.max)
amin = _xp.bind(np.min)
ptp = _xp.bind(np.ptp)
all = _xp.bind(np.all)
any = _xp.bind(np.any)


def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    axis = tuple(axis) if axis.__class__ is list else axis
    bad = np.isnan(x)
    if x.size and not bad.any():
        return np.mean(x, axis, keepdims=keepdims)
    total = np.sum(np.where(bad, np.zeros((), x.dtype), x), axis, keepdims=keepdims)
    count = np.sum(~bad, axis, dtype=total.dtype, keepdims=keepdims)
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / count


def _length(x: Any, axis: Any, keepdims: bool) -> Any:
    if axis.__class__ is int:
        return np.linalg.norm(x, None, axis, keepdims)
    size = np.abs(x) if x.dtype.kind == "c" else x
    return np.sqrt(np.add.reduce(np.square(size), axis, keepdims=keepdims))


argmax = _xp.bind_arg(np.argmax, np.int32)
argmin = _xp.bind_arg(np.argmin, np.int32)


def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    if dtype is None:
        name = {"b": np.int32, "i": np.int32, "u": np.uint32}.get(x.dtype.kind)
        native = name if name is not None and x.dtype.itemsize < 4 else x.dtype
    else:
        native = _native(dtype)
    axis = tuple(axis) if axis.__class__ is list else axis
    return np.prod(x, axis=axis, dtype=native, keepdims=keepdims)


def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    return np.cumsum(x, axis, dtype=_xp.cumulative_dtype(x, dtype, _native, np.int32))


def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    return np.cumprod(x, axis, dtype=_xp.cumulative_dtype(x, dtype, _native, np.int32))


def count_nonzero(x: Any, axis: Any = None) -> Any:
    axis = tuple(axis) if axis.__class__ is list else axis
    return np.asarray(np.count_nonzero(x, axis)).astype(np.int32)


def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    if sparse:
        raise ValueError("bincount: sparse must be False: NumPy has no sparse arrays.")
    size = int(np.maximum(minlength, int(x.max()) + 1 if x.size else 0))
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1]).astype(np.int64)
    kind = np.int32 if weights is None else weights.dtype
    flat = (rows + np.arange(len(rows))[:, None] * size).ravel()
    if weights is not None:
        weights = weights.reshape(-1).astype(np.float64)
    found = np.bincount(flat, weights, minlength=len(rows) * size)
    return found.reshape(*x.shape[:-1], size).astype(kind)


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    if sorted_sequence.ndim != 1:
        raise ValueError(
            "searchsorted: sorted_sequence must be a vector. "
            f"Received: shape {sorted_sequence.shape}"
        )
    return np.asarray(np.searchsorted(sorted_sequence, values, side)).astype(np.int32)
