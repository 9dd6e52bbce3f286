"""Native bindings of products and decompositions."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.variable import host_dtype as _host_dtype

_INT8 = np.dtype("int8")
# NumPy multiplies these by plain loops, or in another type: float32 is faster and as exact.
_HALF = frozenset(map(_host_dtype, ("float16", "bfloat16")))


def _products(function: Any, tensors: Any) -> np.ndarray:
    dtype = tensors[0].dtype
    if dtype == _INT8:
        return function(*[x.astype("int32") for x in tensors])
    if dtype in _HALF:
        return np.asarray(function(*[x.astype("float32") for x in tensors])).astype(dtype)
    return np.asarray(function(*tensors))


def matmul(x1: Any, x2: Any) -> np.ndarray:
    return _products(np.matmul, (x1, x2))


def einsum(subscripts: str, operands: Any) -> np.ndarray:
    return _products(
        lambda *tensors: np.einsum(subscripts, *tensors, optimize=len(tensors) > 1),
        operands,
    )


def dot(x1: Any, x2: Any) -> np.ndarray:
    return _products(np.dot, (x1, x2)).astype(x1.dtype, copy=False)


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> np.ndarray:
    out = _products(lambda a, b: np.tensordot(a, b, axes), (x1, x2))
    return out.astype(x1.dtype, copy=False)
