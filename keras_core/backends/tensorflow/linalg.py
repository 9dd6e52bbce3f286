"""Native bindings of products and decompositions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_core.backends.tensorflow import arrays as _arrays
from keras_core.core.einsum import contraction as _contraction

# Types without matrix products of their own are multiplied in another one.
_VIA = {
    tf.bool: tf.int32,
    tf.uint8: tf.int32,
    tf.int16: tf.int32,
    tf.uint16: tf.int64,
    tf.uint32: tf.int64,
    tf.uint64: tf.int64,
}


def _products(function: Any, tensors: Any) -> tf.Tensor:
    dtype = tensors[0].dtype
    if dtype == tf.int8:
        return function(*[tf.cast(x, tf.int32) for x in tensors])
    via = _VIA.get(dtype)
    if via is None:
        return function(*tensors)
    return tf.cast(function(*[tf.cast(x, via) for x in tensors]), dtype)


def _matmul(x1: Any, x2: Any) -> tf.Tensor:
    rank1, rank2 = x1.shape.rank, x2.shape.rank
    if rank1 == 2 and rank2 == 2:
        return tf.matmul(x1, x2)
    if rank2 == 1:
        if rank1 == 1:
            return tf.reduce_sum(x1 * x2)
        return tf.linalg.matvec(x1, x2)
    if rank1 == 1:
        return tf.squeeze(tf.matmul(x1[None], x2), -2)
    if rank2 == 2:  # one large product rather than a batch of small ones
        shape = _arrays.shape(x1)
        out = tf.matmul(tf.reshape(x1, (-1, shape[-1])), x2)
        return tf.reshape(out, (*shape[:-1], _arrays.shape(x2)[-1]))
    return tf.matmul(x1, x2)


def matmul(x1: Any, x2: Any) -> tf.Tensor:
    if isinstance(x1, tf.SparseTensor):
        return tf.sparse.sparse_dense_matmul(x1, x2)
    if x1.dtype.is_floating:
        return _matmul(x1, x2)
    return _products(_matmul, (x1, x2))


def _as_product(count: int, x: Any, y: Any) -> tf.Tensor:
    kept, left = _arrays.shape(x)[:-count], y.shape[count:]
    size = y.shape[:count].num_elements()
    out = tf.matmul(tf.reshape(x, (-1, size)), tf.reshape(y, (size, left.num_elements())))
    return tf.reshape(out, (*kept, *left))


def einsum(subscripts: str, operands: Any) -> tf.Tensor:
    # Eagerly a single einsum beats several operations; in a graph the plain product is faster.
    if not tf.executing_eagerly() and operands[0].dtype.is_floating:
        ranks = tuple(x.shape.rank for x in operands)
        count = None not in ranks and _contraction(subscripts, ranks)
        if count and operands[1].shape.is_fully_defined():
            x, y = operands
            if x.shape[-count:].as_list() == y.shape[:count].as_list():
                return _as_product(count, x, y)
    if operands[0].dtype.is_floating:
        return tf.einsum(subscripts, *operands)
    return _products(lambda *tensors: tf.einsum(subscripts, *tensors), operands)


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> tf.Tensor:
    dtype = x1.dtype
    if axes.__class__ is int and axes == 0 and x2.shape.rank is not None:
        left = (1,) * x2.shape.rank
        return tf.reshape(x1, (*_arrays.shape(x1), *left)) * x2
    out = _products(lambda a, b: tf.tensordot(a, b, axes), (x1, x2))
    return tf.cast(out, dtype)


def dot(x1: Any, x2: Any) -> tf.Tensor:
    if x1.shape.rank == 0 or x2.shape.rank == 0:
        return x1 * x2
    if x1.shape.rank is x2.shape.rank is None:
        return tensordot(x1, x2, tf.stack([[-1], [-tf.minimum(tf.rank(x2), 2)]]))
    if x2.shape.rank <= 2:
        return tf.cast(matmul(x1, x2), x1.dtype)
    return tensordot(x1, x2, [[-1], [-2]])


def inner(x1: Any, x2: Any) -> tf.Tensor:
    if x1.shape.rank == 0 or x2.shape.rank == 0:
        return x1 * x2
    if x1.shape.rank is not None and x2.shape.rank is not None:
        return tensordot(x1, x2, [[-1], [-1]])
    # At run time either may be a scalar: the axis to sum over is then one of size 1.
    sizes = [tf.shape(x) for x in (x1, x2)]
    scalar = tf.minimum(tf.size(sizes[0]), tf.size(sizes[1])) < 1
    ones = tf.ones([tf.cast(scalar, tf.int32)], tf.int32)
    sizes = [tf.concat([s, ones], 0) for s in sizes]
    rows = [
        tf.reshape(x, [tf.reduce_prod(s[:-1]), s[-1]]) for x, s in zip((x1, x2), sizes, strict=True)
    ]
    out = tensordot(*rows, [[-1], [-1]])
    return tf.reshape(out, tf.concat([s[:-1] for s in sizes], 0))


# Decompositions ----------------------------------------------------------------------------


def _widened(function: Any) -> Any:
    """`function` of tensors first, 16-bit floats taken as float32, which no LAPACK has."""

    def run(x: Any, *rest: Any) -> Any:
        dtype = x.dtype
        if dtype not in (tf.float16, tf.bfloat16):
            return function(x, *rest)
        rest = tuple(
            tf.cast(a, tf.float32) if isinstance(a, tf.Tensor) and a.dtype == dtype else a
            for a in rest
        )
        return _narrowed(function(tf.cast(x, tf.float32), *rest), dtype)

    return run


def _narrowed(out: Any, dtype: Any) -> Any:
    if isinstance(out, tuple):
        return tuple(_narrowed(x, dtype) for x in out)
    return tf.cast(out, dtype) if out.dtype == tf.float32 else out


def _transposed(x: Any) -> tf.Tensor:
    return tf.linalg.matrix_transpose(x)


@_widened
def cholesky(x: Any, upper: bool = False) -> tf.Tensor:
    out = tf.linalg.cholesky(x)
    if tf.executing_eagerly() and bool(tf.reduce_any(tf.math.is_nan(tf.math.real(out)))):
        raise ValueError(
            "cholesky: x must hold positive definite matrices. Received one that is not."
        )
    return tf.linalg.adjoint(out) if upper else out


def _ruled(function: Callable, rule: Callable) -> Callable:
    """`function`, for real numbers with gradients by `rule(x, found, upstream)`.

    TensorFlow's own ones fail at singular matrices or are wrong at equal singular values.
    """

    @tf.custom_gradient
    def ruled(x: Any) -> Any:
        found = function(x)
        return found, lambda *upstream: rule(x, found, *upstream)

    @_widened
    def run(x: Any) -> Any:
        return ruled(x) if _arrays.recorded() and not x.dtype.is_complex else function(x)

    return run


def _regular(x: Any, singular: Any) -> tf.Tensor:
    """The matrices, singular ones moved by some rounding errors, so that they have inverses.

    Their cofactors move as little: they are polynomials, and determinant times inverse.
    """

    def moved() -> Any:
        s, u, v = tf.linalg.svd(tf.stop_gradient(x))
        step = 4 * float(np.finfo(s.dtype.as_numpy_dtype).eps)
        top = s[..., :1]
        lift = tf.where(s <= step * top, step * tf.where(top > 0, top, step), 0)
        lift = tf.where(singular[..., None], lift, 0)
        return x + tf.stop_gradient(tf.matmul(u * lift[..., None, :], v, transpose_b=True))

    return tf.cond(tf.reduce_any(singular), moved, lambda: x)


def _of_det(x: Any, found: Any, upstream: Any) -> tf.Tensor:
    regular = _regular(x, tf.equal(found, 0))
    cofactors = tf.linalg.det(regular)[..., None, None] * _transposed(tf.linalg.inv(regular))
    return upstream[..., None, None] * cofactors


def _of_slogdet(x: Any, found: Any, _: Any, upstream: Any) -> tf.Tensor:
    inverse = tf.linalg.inv(_regular(x, tf.equal(found[0], 0)))
    return upstream[..., None, None] * _transposed(inverse)


det = _ruled(tf.linalg.det, _of_det)
slogdet = _ruled(lambda x: tuple(tf.linalg.slogdet(x)), _of_slogdet)
inv = _widened(tf.linalg.inv)
eig = _widened(lambda x: tuple(tf.linalg.eig(x)))
eigh = _widened(lambda x: tuple(tf.linalg.eigh(x)))
qr = _widened(lambda x, mode: tuple(tf.linalg.qr(x, full_matrices=mode == "complete")))


@_widened
def lu_factor(x: Any) -> Any:
    m, n = x.shape[-2:]
    if m is None or n is None:
        raise ValueError(f"lu_factor: the matrices must have a known size. Received: {x.shape}")
    lu, steps = x, min(m, n)
    if m < n:  # the kernel takes square matrices only: rows that are never chosen fill up
        rows = tf.eye(n, dtype=x.dtype)[m:]
        lu = tf.concat([x, tf.broadcast_to(rows, (*_arrays.shape(x)[:-2], n - m, n))], -2)
    elif m > n:  # any columns that leave the matrix regular; they come after all others
        grid = tf.cast(tf.range(m)[:, None] + 1, x.dtype) * tf.cast(tf.range(m - n) + 1, x.dtype)
        columns = tf.cos(grid * grid)
        lu = tf.concat([x, tf.broadcast_to(columns, (*_arrays.shape(x)[:-2], m, m - n))], -1)
    lu, order = tf.linalg.lu(lu)
    # The order of rows that results, as the exchanges that led to it.
    size = max(m, n)
    current = tf.range(size) + tf.zeros_like(order)
    pivots = []
    for i in range(steps):
        wanted = order[..., i : i + 1]
        at = tf.argmax(tf.cast(current == wanted, tf.int32), -1, tf.int32)[..., None]
        pivots.append(at)
        here = current[..., i : i + 1]
        current = tf.where(tf.range(size) == at, here, current)
        current = tf.where(tf.range(size) == i, wanted, current)
    return lu[..., :m, :n], tf.concat(pivots, -1)


def _columns(solve: Any, a: Any, b: Any) -> tf.Tensor:
    vector = b.shape.rank == a.shape.rank - 1
    b = b[..., None] if vector else b
    batch = tf.broadcast_dynamic_shape(tf.shape(a)[:-2], tf.shape(b)[:-2])
    a = tf.broadcast_to(a, tf.concat([batch, tf.shape(a)[-2:]], 0))
    b = tf.broadcast_to(b, tf.concat([batch, tf.shape(b)[-2:]], 0))
    out = solve(a, b)
    return out[..., 0] if vector else out


@_widened
def solve(a: Any, b: Any) -> tf.Tensor:
    return _columns(tf.linalg.solve, a, b)


@_widened
def solve_triangular(a: Any, b: Any, lower: bool = False) -> tf.Tensor:
    return _columns(lambda a, b: tf.linalg.triangular_solve(a, b, lower=lower), a, b)


@_widened
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return tf.linalg.svd(x, compute_uv=False)
    s, u, v = tf.linalg.svd(x, full_matrices=full_matrices)
    return u, s, tf.linalg.adjoint(v)


def pinv(x: Any, rcond: float | None = None) -> tf.Tensor:
    def of_pinv(x: Any, _: Any, upstream: Any) -> Any:
        p = run(x)  # once more: this has a gradient too
        t, up = _transposed(p), _transposed(upstream)
        left = up - x @ (p @ up)
        right = up - (up @ p) @ x
        return left @ (p @ t) + (t @ p) @ right - t @ upstream @ t

    run = _ruled(lambda x: tf.linalg.pinv(x, rcond), of_pinv)
    return run(x)


# Diagonals ---------------------------------------------------------------------------------


def diag(x: Any, k: int = 0) -> tf.Tensor:
    if x.shape.rank not in (1, 2):
        raise ValueError(f"diag: x must have one or two axes. Received: x of shape {x.shape}")
    return tf.linalg.diag(x, k=k) if x.shape.rank == 1 else diagonal(x, k)


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> tf.Tensor:
    rank = x.shape.rank
    axis1, axis2 = axis1 % rank, axis2 % rank
    order = [i for i in range(rank) if i not in (axis1, axis2)] + [axis1, axis2]
    if order != list(range(rank)):
        x = tf.transpose(x, order)
    # Elements of one diagonal are as far from each other in the flattened matrix as a row and
    # one more: picking them works for any offset and any dtype.
    *batch, rows, columns = _arrays.shape(x)
    start = offset if offset >= 0 else -offset * columns
    if isinstance(rows, int) and isinstance(columns, int):
        count = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
        if count == 0:
            return tf.zeros((*batch, 0), x.dtype)
    else:
        least = tf.minimum(rows + min(offset, 0), columns - max(offset, 0))
        count = tf.maximum(least, 0)
    flat = tf.reshape(x, (*batch, rows * columns))
    return tf.gather(flat, start + tf.range(count) * (columns + 1), axis=-1)
