"""Native bindings of the reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_core.backends.tensorflow.arrays import native_dtype as _native
from keras_core.core import shapes as _shapes

_raw = tf.raw_ops
_BOOL = {"bool": "uint8"}
VIA = {name: _BOOL for name in ("max", "min", "amax", "amin", "searchsorted")}


def _axes(x: Any, axis: Any) -> Any:
    """`axis` as TensorFlow's kernels take it."""
    if axis is None:
        rank = x.shape.rank
        return tf.range(tf.rank(x)) if rank is None else tuple(range(rank)) or _none()
    if isinstance(axis, (tuple, list)) and not axis:
        return _none()
    return axis


def _none() -> Any:
    return tf.zeros((0,), tf.int32)


def _reduction(raw: Callable) -> Callable:
    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        try:
            return raw(input=x, axis=_axes(x, axis), keep_dims=keepdims)
        except (tf.errors.InvalidArgumentError, ValueError):
            if x.shape.rank is not None:
                _shapes.axis_tuple(axis, x.shape.rank)  # says it in our words
            raise

    return run


sum = _reduction(_raw.Sum)
mean = _reduction(_raw.Mean)
all = _reduction(_raw.All)
any = _reduction(_raw.Any)
_prod = _reduction(_raw.Prod)


def _extremum(raw: Callable, combine: Callable) -> Callable:
    reduce = _reduction(raw)

    def run(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        if initial is not None:
            return combine(x=reduce(x, axis, keepdims), y=tf.cast(initial, x.dtype))
        if x.shape.num_elements() == 0 and 0 in [
            x.shape[i] for i in _shapes.axis_tuple(axis, x.shape.rank)
        ]:
            raise ValueError("max, min: a reduced axis is empty, so initial must be given.")
        return reduce(x, axis, keepdims)

    return run


max = _extremum(_raw.Max, _raw.Maximum)
min = _extremum(_raw.Min, _raw.Minimum)
amax, amin = max, min


def _arg(function: Callable, keep_nan: bool = True) -> Callable:
    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        rank = x.shape.rank
        index = None if axis is None else _shapes.axis_index(axis, rank)
        flat = tf.reshape(x, (-1,)) if axis is None else x
        if flat.dtype.is_floating:  # the first NaN wins
            nan = tf.math.is_nan(flat)
            limit = flat.dtype.max if function is tf.argmax else flat.dtype.min
            infinite = tf.cast(limit, flat.dtype) * 2
            flat = tf.where(tf.reduce_any(nan, index or 0, True), tf.where(nan, infinite, 0), flat)
        found = function(flat, index or 0, tf.int32)
        if not keepdims:
            return found
        return tf.reshape(found, [1] * rank) if axis is None else tf.expand_dims(found, index)

    return run


argmax = _arg(tf.argmax)
argmin = _arg(tf.argmin)


def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    if dtype is not None:
        x = tf.cast(x, _native(dtype))
    elif x.dtype in (tf.bool, tf.int8, tf.int16):
        x = tf.cast(x, tf.int32)
    elif x.dtype in (tf.uint8, tf.uint16):
        x = tf.cast(x, tf.uint32)
    return _prod(x, axis, keepdims)


def _cumulative(function: Callable) -> Callable:
    def run(x: Any, axis: Any = None, dtype: Any = None) -> Any:
        if dtype is not None:
            x = tf.cast(x, _native(dtype))
        elif x.dtype == tf.bool:
            x = tf.cast(x, tf.int32)
        if axis is None:
            return function(tf.reshape(x, (-1,)), 0)
        return function(x, _shapes.axis_index(axis, x.shape.rank))

    return run


cumsum = _cumulative(tf.cumsum)
cumprod = _cumulative(tf.math.cumprod)


def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    rows = tf.reshape(tf.cast(x, tf.int32), (tf.reduce_prod(tf.shape(x)[:-1]), tf.shape(x)[-1]))
    size = tf.maximum(tf.reduce_max(tf.concat([tf.reshape(rows, (-1,)), [-1]], 0)) + 1, minlength)
    count = tf.shape(rows)[0]
    flat = tf.reshape(rows + tf.expand_dims(tf.range(count) * size, 1), (-1,))
    ones = tf.ones_like(flat) if weights is None else tf.reshape(weights, (-1,))
    found = tf.math.unsorted_segment_sum(ones, flat, count * size)
    found = tf.reshape(found, tf.concat([tf.shape(x)[:-1], [size]], 0))
    return tf.sparse.from_dense(found) if sparse else found


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    if sorted_sequence.shape.rank != 1:
        raise ValueError(
            "searchsorted: sorted_sequence must be a vector. "
            f"Received: shape {sorted_sequence.shape}"
        )
    flat = tf.reshape(values, (-1,))
    found = tf.searchsorted(sorted_sequence, flat, side=side, out_type=tf.int32)
    return tf.reshape(found, tf.shape(values))
