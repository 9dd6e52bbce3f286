"""Operations on `tf.SparseTensor` and `tf.IndexedSlices`: see `ops._sparse`.

A function here gives NotImplemented for what the dense operation does as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_core.core import shapes as _shapes

_raw = tf.raw_ops


def map_values(function: Callable, x: Any) -> Any:
    """`function` of the values alone."""
    if isinstance(x, tf.IndexedSlices):
        x = _without_duplicates(x)
        return tf.IndexedSlices(function(x.values), x.indices, x.dense_shape)
    return tf.SparseTensor(x.indices, function(x.values), x.dense_shape)


def from_dense(x: tf.Tensor, arguments: Any = ()) -> Any:
    """`x` as a SparseTensor; as it is if it comes from slices, which are whole rows."""
    if any(isinstance(argument, tf.IndexedSlices) for argument in arguments):
        return x
    return tf.sparse.from_dense(x)


def _without_duplicates(x: tf.IndexedSlices) -> tf.IndexedSlices:
    """Slices of one index added up: what stands for one value must be one."""
    indices, places = tf.unique(x.indices)
    values = tf.math.unsorted_segment_sum(x.values, places, tf.shape(indices)[0])
    return tf.IndexedSlices(values, indices, x.dense_shape)


def _are(kind: type, *tensors: Any) -> bool:
    return all(isinstance(x, kind) for x in tensors)


# Arithmetic --------------------------------------------------------------------------------


def add(x1: Any, x2: Any) -> Any:
    if _are(tf.SparseTensor, x1, x2):
        return tf.sparse.add(x1, x2)
    if _are(tf.IndexedSlices, x1, x2):
        values = tf.concat([x1.values, x2.values], 0)
        return tf.IndexedSlices(values, tf.concat([x1.indices, x2.indices], 0), x1.dense_shape)
    return NotImplemented


def _negative(x: Any) -> Any:
    if isinstance(x, tf.IndexedSlices):
        return tf.IndexedSlices(-x.values, x.indices, x.dense_shape)
    return map_values(tf.negative, x)


def subtract(x1: Any, x2: Any) -> Any:
    if _are(tf.SparseTensor, x1, x2) or _are(tf.IndexedSlices, x1, x2):
        return add(x1, _negative(x2))
    return NotImplemented


def _dense_at(x: tf.SparseTensor, y: tf.Tensor) -> Any:
    """The elements of `y`, broadcast to the shape of `x`, where `x` has values; None: no way."""
    rank, wide = y.shape.rank, x.shape.rank
    if rank == 0:
        return y
    if rank is None or wide is None or rank > wide:
        return None
    if any(n != 1 and n != m for n, m in zip(y.shape, x.shape[wide - rank :], strict=True)):
        return None  # `x` would have to be broadcast, or may have to be
    places = x.indices[:, wide - rank :]
    return tf.gather_nd(y, places * tf.cast(tf.not_equal(tf.shape(y), 1), tf.int64))


def _sparse_at(x: tf.SparseTensor, y: tf.SparseTensor) -> tf.Tensor:
    """The elements of `y` where `x`, of the same shape, has values."""
    y = tf.sparse.reorder(y)
    strides = tf.math.cumprod(x.dense_shape, exclusive=True, reverse=True)
    keys = tf.reduce_sum(x.indices * strides, 1)
    known = tf.concat([tf.reduce_sum(y.indices * strides, 1), [tf.constant(-1, tf.int64)]], 0)
    values = tf.concat([y.values, tf.zeros((1,), y.dtype)], 0)
    places = tf.searchsorted(known[:-1], keys)  # one past the end is the added zero
    found = tf.equal(tf.gather(known, places), keys)
    return tf.where(found, tf.gather(values, places), tf.zeros((), y.dtype))


def multiply(x1: Any, x2: Any) -> Any:
    if isinstance(x1, tf.Tensor):
        x1, x2 = x2, x1
    if isinstance(x1, tf.IndexedSlices):
        if isinstance(x2, tf.Tensor) and x2.shape.rank == 0:
            return tf.IndexedSlices(x1.values * x2, x1.indices, x1.dense_shape)
        if isinstance(x2, tf.Tensor) and x1.shape.is_compatible_with(x2.shape):
            rows = tf.gather(x2, x1.indices)
            return tf.IndexedSlices(x1.values * rows, x1.indices, x1.dense_shape)
        return NotImplemented
    if isinstance(x2, tf.SparseTensor):
        if not x1.shape.is_fully_defined() or x1.shape != x2.shape:
            return NotImplemented
        return map_values(lambda values: values * _sparse_at(x1, x2), x1)
    there = None if isinstance(x2, tf.IndexedSlices) else _dense_at(x1, x2)
    return NotImplemented if there is None else map_values(lambda values: values * there, x1)


def divide(x1: Any, x2: Any) -> Any:
    if not isinstance(x2, tf.Tensor):
        return NotImplemented
    if isinstance(x1, tf.IndexedSlices):
        if x2.shape.rank == 0:
            return tf.IndexedSlices(x1.values / x2, x1.indices, x1.dense_shape)
        return NotImplemented
    there = _dense_at(x1, x2)
    return NotImplemented if there is None else map_values(lambda values: values / there, x1)


def _extremum(function: Callable) -> Callable:
    def run(x1: Any, x2: Any) -> Any:
        return function(x1, x2) if _are(tf.SparseTensor, x1, x2) else NotImplemented

    return run


# Products ----------------------------------------------------------------------------------


def _compressed(x: tf.SparseTensor) -> Any:
    x = tf.sparse.reorder(x)
    return _raw.SparseTensorToCSRSparseMatrix(
        indices=x.indices, values=x.values, dense_shape=x.dense_shape
    )


def matmul(x1: Any, x2: Any) -> Any:
    if isinstance(x1, tf.IndexedSlices) or isinstance(x2, tf.IndexedSlices):
        return NotImplemented
    dtype, ranks = x1.dtype, (x1.shape.rank, x2.shape.rank)
    if not (dtype.is_floating and dtype.size > 2):
        return NotImplemented
    if _are(tf.SparseTensor, x1, x2):
        if ranks not in ((2, 2), (3, 3)) or (ranks[0] == 3 and x1.shape[0] != x2.shape[0]):
            return NotImplemented
        product = _raw.SparseMatrixSparseMatMul(a=_compressed(x1), b=_compressed(x2), type=dtype)
        found = tf.SparseTensor(
            *_raw.CSRSparseMatrixToSparseTensor(sparse_matrix=product, type=dtype)
        )
        shape = [*x1.shape[:-1], x2.shape[-1]]
        return found if None in shape else _shaped(found, shape)
    if ranks == (2, 2):
        if isinstance(x1, tf.SparseTensor):
            return tf.sparse.sparse_dense_matmul(x1, x2)
        return tf.transpose(tf.sparse.sparse_dense_matmul(x2, x1, adjoint_a=True, adjoint_b=True))
    if ranks == (2, 1) and isinstance(x1, tf.SparseTensor):
        return tf.squeeze(tf.sparse.sparse_dense_matmul(x1, x2[:, None]), 1)
    return NotImplemented


# Sums and shapes ---------------------------------------------------------------------------


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if isinstance(x, tf.IndexedSlices):
        return NotImplemented
    static = x.shape.as_list()
    axes = _shapes.axis_tuple(axis, len(static))
    rest = [i for i in range(len(static)) if i not in axes]
    kept = tf.constant(rest, tf.int32)
    sizes = tf.gather(x.dense_shape, kept)
    strides = tf.math.cumprod(sizes, exclusive=True, reverse=True)
    keys, places = tf.unique(tf.reduce_sum(tf.gather(x.indices, kept, axis=1) * strides, 1))
    values = tf.math.unsorted_segment_sum(x.values, places, tf.shape(keys)[0])
    indices = keys[:, None] // strides % tf.maximum(sizes, 1)
    found = tf.sparse.reorder(tf.SparseTensor(indices, values, sizes)) if rest else (
        tf.SparseTensor(indices, values, sizes)
    )  # fmt: skip
    shape = [1 if i in axes else static[i] for i in range(len(static)) if keepdims or i in rest]
    if None not in shape:
        return tf.sparse.reshape(found, shape) if keepdims else _shaped(found, shape)
    dynamic = tf.tensor_scatter_nd_update(
        x.dense_shape, [[i] for i in axes], tf.ones((len(axes),), tf.int64)
    )
    return tf.sparse.reshape(found, dynamic) if keepdims else found


def _shaped(x: tf.SparseTensor, shape: list[int]) -> tf.SparseTensor:
    """The same with its shape known before running."""
    return tf.SparseTensor(x.indices, x.values, tf.constant(shape, tf.int64))


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    total = sum(x, axis, keepdims)
    if total is NotImplemented or total is x:
        return NotImplemented
    size = tf.reduce_prod(x.dense_shape)
    rest = tf.reduce_prod(total.dense_shape)
    count = tf.cast(size // tf.maximum(rest, 1), x.dtype)
    return map_values(lambda values: values / count, total)


def reshape(x: Any, newshape: Any) -> Any:
    if isinstance(x, tf.IndexedSlices):
        return NotImplemented
    return tf.sparse.reshape(x, newshape)


def transpose(x: Any, axes: Any = None) -> Any:
    if isinstance(x, tf.IndexedSlices):
        return NotImplemented
    return tf.sparse.transpose(x, axes)


def squeeze(x: Any, axis: Any = None) -> Any:
    if isinstance(x, tf.IndexedSlices):
        return NotImplemented
    rank = x.shape.rank
    if axis is None:
        axes = [i for i, n in enumerate(x.shape) if n == 1]
    else:
        axes = [a % rank for a in (axis if isinstance(axis, (tuple, list)) else [axis])]
        if any(x.shape[a] not in (1, None) for a in axes):
            return NotImplemented  # which says what is wrong
    kept = [i for i in range(rank) if i not in axes]
    return tf.SparseTensor(
        tf.gather(x.indices, kept, axis=1), x.values, tf.gather(x.dense_shape, kept)
    )


def expand_dims(x: Any, axis: Any) -> Any:
    if isinstance(x, tf.IndexedSlices):
        return NotImplemented
    if not isinstance(axis, (tuple, list)):
        return tf.sparse.expand_dims(x, axis)
    total = x.shape.rank + len(axis)
    for a in sorted(a % total for a in axis):
        x = tf.sparse.expand_dims(x, a)
    return x


def concatenate(xs: Any, axis: int | None = 0) -> Any:
    if axis is None:
        return NotImplemented
    return tf.sparse.concat(axis, xs) if _are(tf.SparseTensor, *xs) else NotImplemented


true_divide = divide
maximum = _extremum(tf.sparse.maximum)
minimum = _extremum(tf.sparse.minimum)
