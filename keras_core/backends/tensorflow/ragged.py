"""Operations on `tf.RaggedTensor`: see `ops._ragged`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_core.backends.tensorflow.arrays import native_dtype


def map_values(function: Callable, tensors: list[Any], owner: str) -> Any:
    """`function` of the values alone, of tensors that have the same rows.

    Dense tensors are first given the rows of the others; numbers go with any.

    Raises:
        ValueError: if rows have different lengths.
    """
    first = next(x for x in tensors if isinstance(x, tf.RaggedTensor))
    shape: Any = None
    for i, x in enumerate(tensors):
        if isinstance(x, tf.RaggedTensor):
            if x is not first:
                _must_be_same(first, x, owner)
        elif x.shape.rank != 0:
            if shape is None:
                shape = tf.experimental.DynamicRaggedShape.from_tensor(first)
            try:
                tensors[i] = tf.broadcast_to(x, shape)
            except (ValueError, tf.errors.InvalidArgumentError):
                raise ValueError(
                    f"{owner}: dense tensors must broadcast to the rows of the ragged one, of "
                    f"shape {tuple(first.shape)}. Received: shape {tuple(x.shape)}"
                ) from None
    flat = [x.flat_values if isinstance(x, tf.RaggedTensor) else x for x in tensors]
    return first.with_flat_values(function(*flat))


def _must_be_same(first: Any, other: Any, owner: str) -> None:
    """Compare rows: at once where there are values, else when the graph runs."""
    text = f"{owner}: ragged tensors must have rows of the same lengths"
    if first.ragged_rank != other.ragged_rank:
        raise ValueError(f"{text}. Received: shapes {tuple(first.shape)}, {tuple(other.shape)}")
    pairs = zip(first.nested_row_splits, other.nested_row_splits, strict=True)
    for splits, others in pairs:
        if splits is others:
            continue
        if not tf.executing_eagerly():
            tf.debugging.assert_equal(splits, tf.cast(others, splits.dtype), text)
        elif splits.numpy().tolist() != others.numpy().tolist():
            lengths = [(s[1:] - s[:-1]).numpy().tolist() for s in (splits, others)]
            raise ValueError(f"{text}. Received: {lengths[0]}, {lengths[1]}")


def _reduction(function: Callable) -> Callable:
    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if isinstance(axis, tuple):
            axis = list(axis)
        return function(x, axis=axis, keepdims=keepdims)

    return run


def _extremum(function: Callable, join: Callable) -> Callable:
    reduce = _reduction(function)

    def run(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        found = reduce(x, axis, keepdims)
        return found if initial is None else join(found, tf.cast(initial, found.dtype))

    return run


def _of_truth(function: Callable) -> Callable:
    reduce = _reduction(function)

    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return reduce(tf.cast(x, tf.bool), axis, keepdims)

    return run


def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    return _product(x if dtype is None else tf.cast(x, native_dtype(dtype)), axis, keepdims)


_product = _reduction(tf.reduce_prod)
sum = _reduction(tf.reduce_sum)
mean = _reduction(tf.reduce_mean)
std = _reduction(tf.math.reduce_std)
var = _reduction(tf.math.reduce_variance)
max = amax = _extremum(tf.reduce_max, tf.maximum)
min = amin = _extremum(tf.reduce_min, tf.minimum)
any = _of_truth(tf.reduce_any)
all = _of_truth(tf.reduce_all)
