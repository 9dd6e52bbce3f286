"""Native bindings of products and decompositions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial as _partial
from typing import Any

import numpy as np

from keras_core.backends._xp import linalg as _shared
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


outer = np.outer


def matmul(x1: Any, x2: Any) -> np.ndarray:
    return _products(np.matmul, (x1, x2))


def _einsum(subscripts: str, operands: Any) -> np.ndarray:
    return _products(
        lambda *tensors: np.einsum(subscripts, *tensors, optimize=len(tensors) > 1),
        operands,
    )


einsum = _partial(_shared.einsum, matmul, _einsum)


def dot(x1: Any, x2: Any) -> np.ndarray:
    return _products(np.dot, (x1, x2)).astype(x1.dtype, copy=False)


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> np.ndarray:
    out = _products(lambda a, b: np.tensordot(a, b, axes), (x1, x2))
    return out.astype(x1.dtype, copy=False)


# Decompositions ----------------------------------------------------------------------------


@_shared.widened
def cholesky(x: Any, upper: bool = False) -> np.ndarray:
    return np.linalg.cholesky(x, upper=upper)


@_shared.widened
def det(x: Any) -> np.ndarray:
    return np.asarray(np.linalg.det(x))


@_shared.widened
def eig(x: Any) -> Any:
    values, vectors = np.linalg.eig(x)
    kind = np.result_type(x.dtype, np.complex64)
    return values.astype(kind), vectors.astype(kind)


@_shared.widened
def eigh(x: Any) -> Any:
    return tuple(np.linalg.eigh(x))


inv = _shared.widened(np.linalg.inv)


@_shared.widened
def lu_factor(x: Any) -> Any:
    lu = x.copy()
    *batch, m, n = lu.shape
    rows = lu.reshape(-1, m, n)
    steps = min(m, n)
    pivots = np.zeros((rows.shape[0], steps), np.int32)
    which = np.arange(rows.shape[0])
    for i in range(steps):
        best = i + np.argmax(np.abs(rows[:, i:, i]), axis=1)
        pivots[:, i] = best
        chosen = rows[which, best].copy()
        rows[which, best] = rows[:, i]
        rows[:, i] = chosen
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = rows[:, i + 1 :, i] / rows[:, i, None, i]
        rows[:, i + 1 :, i] = np.where(rows[:, i, None, i] == 0, rows[:, i + 1 :, i], factors)
        rows[:, i + 1 :, i + 1 :] -= rows[:, i + 1 :, i, None] * rows[:, i, None, i + 1 :]
    return rows.reshape(lu.shape), pivots.reshape(*batch, steps)


@_shared.widened
def qr(x: Any, mode: str) -> Any:
    return tuple(np.linalg.qr(x, mode))


@_shared.widened
def solve(a: Any, b: Any) -> np.ndarray:
    return _shared.columns(np.linalg.solve, a, b)


@_shared.widened
def solve_triangular(a: Any, b: Any, lower: bool = False) -> np.ndarray:
    return _shared.columns(np.linalg.solve, np.tril(a) if lower else np.triu(a), b)


slogdet = _shared.widened(_partial(_shared.slogdet, np))
svd = _shared.widened(_partial(_shared.svd, np))
pinv = _shared.widened(_partial(_shared.pinv, np))
diag = np.diag
kron = np.kron


def _triangle(function: Callable) -> Callable:
    def run(x: Any, k: int = 0) -> np.ndarray:
        if x.ndim < 2:  # of which NumPy makes matrices
            raise ValueError("tril and triu: x must have at least two axes.")
        return function(x, int(k))

    return run


tril = _triangle(np.tril)
triu = _triangle(np.triu)


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> np.ndarray:
    return np.diagonal(x, offset, axis1, axis2)
