"""Native bindings of the reductions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_core.backends.tensorflow import arrays as _arrays
from keras_core.backends.tensorflow.arrays import native_dtype as _native
from keras_core.core import shapes as _shapes

_raw = tf.raw_ops
_BOOL = {"bool": "uint8"}
VIA = dict.fromkeys(("max", "min", "amax", "amin", "searchsorted"), _BOOL)


_constants: dict[tuple[int, ...], tf.Tensor] = {}


def _constant(axes: tuple[int, ...]) -> tf.Tensor:
    """Axes as a tensor, made once: converting a tuple takes longer than reducing."""
    found = _constants.get(axes)
    if found is None:
        with tf.init_scope():
            found = _constants[axes] = tf.constant(axes, tf.int32)
    return found


def _axes(x: Any, axis: Any) -> Any:
    """`axis` as TensorFlow's kernels take it; None for all axes of an unknown rank."""
    if axis is None:
        rank = x.shape.rank
        return None if rank is None else _constant(tuple(range(rank)))
    if isinstance(axis, (tuple, list)):
        return _constant(tuple(axis))
    return axis


def _flat(x: Any) -> Any:
    return _raw.Reshape(tensor=x, shape=_constant((-1,)))


def _reduction(raw: Callable) -> Callable:
    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        try:
            axes = _axes(x, axis)
            if axes is None and not keepdims:
                return raw(input=_flat(x), axis=0)  # whose result is known to be a scalar
            return raw(
                input=x, axis=tf.range(tf.rank(x)) if axes is None else axes, keep_dims=keepdims
            )
        except (tf.errors.InvalidArgumentError, ValueError):
            if x.shape.rank is not None:
                _shapes.axis_tuple(axis, x.shape.rank)  # says it in our words
            raise

    return run


sum = _reduction(_raw.Sum)
mean = _reduction(_raw.Mean)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if x.dtype.is_complex:
        return tf.math.reduce_variance(x, axis, keepdims)
    return mean(_raw.SquaredDifference(x=x, y=mean(x, axis, True)), axis, keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _root(var(x, axis, keepdims))


def _length(x: Any, axis: Any, keepdims: bool) -> Any:
    if x.dtype.is_complex:
        x = _raw.ComplexAbs(x=x, Tout=x.dtype.real_dtype)
    return _root(sum(_raw.Square(x=x), axis, keepdims))


def _root(x: Any) -> Any:
    """The square root, with a gradient of 0 at 0 in place of an infinite one."""
    if not _arrays.recorded():
        return _raw.Sqrt(x=x)
    zero = _raw.ZerosLike(x=x)
    bad = _raw.Equal(x=x, y=zero)
    root = _raw.Sqrt(x=_raw.SelectV2(condition=bad, t=_raw.OnesLike(x=x), e=x))
    return _raw.SelectV2(condition=bad, t=zero, e=root)


_top = _reduction(_raw.Max)


@functools.cache
def _range(dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
    """The least and the largest finite number, as tensors."""
    with tf.init_scope():
        return tf.constant(dtype.min, dtype), tf.constant(dtype.max, dtype)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    low, high = _range(x.dtype)
    recorded = _arrays.recorded()
    top = _top(tf.stop_gradient(x) if recorded else x, axis, True)
    known = _raw.ClipByValue(t=top, clip_value_min=low, clip_value_max=high)
    less = _raw.Sub(x=x, y=known)
    if recorded:  # an infinite result has no slope: it would be 0 times infinity
        far = _raw.IsInf(x=top)
        less = _raw.SelectV2(condition=far, t=_raw.ZerosLike(x=less), e=less)
    total = sum(_raw.Exp(x=less), axis, keepdims)
    if not keepdims:
        known = _raw.Reshape(tensor=known, shape=_raw.Shape(input=total))
    found = _raw.AddV2(x=_raw.Log(x=total), y=known)
    if not recorded:
        return found
    far, top = (_raw.Reshape(tensor=i, shape=_raw.Shape(input=total)) for i in (far, top))
    return _raw.SelectV2(condition=far, t=top, e=found)


all = _reduction(_raw.All)
any = _reduction(_raw.Any)
_prod = _reduction(_raw.Prod)


def _extremum(raw: Callable, combine: Callable) -> Callable:
    reduce = _reduction(raw)

    def run(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        if initial is not None:
            return combine(x=reduce(x, axis, keepdims), y=_arrays.scalar(initial, x.dtype))
        if x.shape.num_elements() == 0 and 0 in [
            x.shape[i] for i in _shapes.axis_tuple(axis, x.shape.rank)
        ]:
            raise ValueError("max, min: a reduced axis is empty, so initial must be given.")
        return reduce(x, axis, keepdims)

    return run


max = _extremum(_raw.Max, _raw.Maximum)
min = _extremum(_raw.Min, _raw.Minimum)
amax, amin = max, min


def _arg(raw: Callable) -> Callable:
    # TensorFlow's kernels pass over NaN; to find the first one would take three more.
    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if axis is None:
            found = raw(input=_flat(x), dimension=0, output_type=tf.int32)
            return tf.reshape(found, tf.ones_like(tf.shape(x))) if keepdims else found
        index = _arrays.axis_index(x, axis)
        found = raw(input=x, dimension=index, output_type=tf.int32)
        return tf.expand_dims(found, index) if keepdims else found

    return run


argmax = _arg(_raw.ArgMax)
argmin = _arg(_raw.ArgMin)


def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    if dtype is not None:
        x = tf.cast(x, _native(dtype))
        if x.dtype == tf.bool:
            return all(x, axis, keepdims)
    elif x.dtype in (tf.bool, tf.int8, tf.int16):
        x = tf.cast(x, tf.int32)
    elif x.dtype in (tf.uint8, tf.uint16):
        x = tf.cast(x, tf.uint32)
    return _prod(x, axis, keepdims)


def _cumulative(raw: Callable) -> Callable:
    def run(x: Any, axis: Any = None, dtype: Any = None) -> Any:
        if dtype is not None:
            x = tf.cast(x, _native(dtype))
        elif x.dtype == tf.bool:
            x = tf.cast(x, tf.int32)
        if axis is None:
            return raw(x=_flat(x), axis=0)
        return raw(x=x, axis=_arrays.axis_index(x, axis))

    return run


def _products(x: Any, axis: int) -> Any:
    """Running products. TensorFlow's own gradient divides by the factors, 0 among them."""
    if not x.dtype.is_floating or not _arrays.recorded():
        return _raw.Cumprod(x=x, axis=axis)

    @tf.custom_gradient
    def run(x: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            # What comes before an element times what it is multiplied with later, summed up.
            before = _raw.Cumprod(x=x, axis=axis, exclusive=True)
            return tf.math.multiply_no_nan(before, _horner(upstream, x, axis))

        return _raw.Cumprod(x=x, axis=axis), gradient

    return run(x)


def _horner(x: Any, factors: Any, axis: int) -> Any:
    """`x[i] + factors[i + 1] * (x[i + 1] + factors[i + 2] * (...))`, by doubled steps."""
    size, shape = tf.shape(x)[axis], x.shape
    places = tf.range(size)
    row = tf.where(tf.range(tf.rank(x)) == axis % tf.rank(x), -1, 1)

    def moved(x: Any, by: Any) -> Any:
        return tf.ensure_shape(tf.gather(x, tf.minimum(places + by, size - 1), axis=axis), shape)

    def step(by: Any, x: Any, factors: Any) -> Any:
        far = tf.math.multiply_no_nan(factors, moved(x, by))
        there = tf.reshape(places + by < size, row)
        return by * 2, tf.where(there, x + far, x), factors * moved(factors, by)

    start = tf.constant(1), x, moved(factors, 1)
    return tf.while_loop(lambda by, *_: by < size, step, start)[1]


cumsum = _cumulative(_raw.Cumsum)
cumprod = _cumulative(_products)


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
