"""Native bindings of products and decompositions."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras_core.backends.tensorflow import arrays as _arrays

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


def einsum(subscripts: str, operands: Any) -> tf.Tensor:
    if operands[0].dtype.is_floating:
        return tf.einsum(subscripts, *operands)
    return _products(lambda *tensors: tf.einsum(subscripts, *tensors), operands)


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> tf.Tensor:
    dtype = x1.dtype
    if axes == 0:
        left = (1,) * x2.shape.rank
        return tf.reshape(x1, (*_arrays.shape(x1), *left)) * x2
    out = _products(lambda a, b: tf.tensordot(a, b, axes), (x1, x2))
    return tf.cast(out, dtype)


def dot(x1: Any, x2: Any) -> tf.Tensor:
    if x1.shape.rank == 0 or x2.shape.rank == 0:
        return x1 * x2
    if x2.shape.rank <= 2:
        return tf.cast(matmul(x1, x2), x1.dtype)
    return tensordot(x1, x2, [[-1], [-2]])
