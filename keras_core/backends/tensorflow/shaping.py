"""Native bindings of creation, rearranging and joining."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from keras_core.backends._xp import shaping as _shared
from keras_core.backends.tensorflow import arrays as _arrays
from keras_core.core import dtypes as _dtypes
from keras_core.core import shapes as _shapes

_EIGHT_BITS = dict.fromkeys(_dtypes.FLOAT8_TYPES, "float32")
VIA = dict.fromkeys(("tile", "repeat"), {"uint16": "int32"} | _EIGHT_BITS)
VIA |= dict.fromkeys(("pad", "flip", "roll"), _EIGHT_BITS)

_NATIVE = _arrays.NATIVE_DTYPES
_ints = _arrays.ints


def _native(dtype: Any) -> Any:
    return _NATIVE[_dtypes.standardize(dtype)]


def _sizes(shape: Any) -> Any:
    """A shape argument as tf functions take it: sizes may be scalar tensors."""
    if isinstance(shape, tf.Tensor):
        return shape if shape.shape.rank else shape[None]
    return tuple(shape) if hasattr(shape, "__iter__") else (shape,)


# Creation ----------------------------------------------------------------------------------


def zeros(shape: Any, dtype: Any = None) -> tf.Tensor:
    native = _native(dtype)
    if native in _arrays.EIGHT_BITS:
        return full(shape, 0.0, dtype)
    return tf.zeros(_sizes(shape), native)


def ones(shape: Any, dtype: Any = None) -> tf.Tensor:
    native = _native(dtype)
    if native in _arrays.EIGHT_BITS:
        return full(shape, 1.0, dtype)
    return tf.ones(_sizes(shape), native)


empty = zeros


def full(shape: Any, fill_value: Any, dtype: Any = None) -> tf.Tensor:
    value = _arrays.convert_to_tensor(fill_value, _dtypes.standardize(dtype))
    return tf.broadcast_to(value, _sizes(shape))


def zeros_like(x: Any, dtype: Any = None) -> tf.Tensor:
    native = x.dtype if dtype is None else _native(dtype)
    if native in _arrays.EIGHT_BITS:
        return full_like(x, 0.0, native.name)
    return tf.zeros_like(x, native)


def ones_like(x: Any, dtype: Any = None) -> tf.Tensor:
    native = x.dtype if dtype is None else _native(dtype)
    if native in _arrays.EIGHT_BITS:
        return full_like(x, 1.0, native.name)
    return tf.ones_like(x, native)


empty_like = zeros_like


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> tf.Tensor:
    value = _arrays.cast(fill_value, _arrays.dtype_name(x) if dtype is None else dtype)
    return tf.broadcast_to(value, tf.shape(x))


def arange(start: Any, stop: Any, step: Any, dtype: str) -> tf.Tensor:
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    # The range op has kernels for these only.
    via = dtype if dtype in ("int32", "int64", "float32", "float64") else "float32"
    if _dtypes.is_int(dtype):
        via = "int32" if dtype == "int32" else "int64"
    known = not any(_arrays.is_tensor(x) for x in (start, stop, step))
    if known and ((stop < start) if step > 0 else (stop > start)):  # which TensorFlow refuses
        stop = start
    start, stop, step = (_arrays.convert_to_tensor(x, via) for x in (start, stop, step))
    return _arrays.cast(tf.range(start, stop, step), dtype)


def linspace(
    start: Any,
    stop: Any,
    num: int,
    endpoint: bool,
    retstep: bool,
    dtype: Any,
    axis: int,
) -> Any:
    num = int(num)
    common = tf.broadcast_dynamic_shape(tf.shape(start), tf.shape(stop))
    start, stop = tf.broadcast_to(start, common), tf.broadcast_to(stop, common)
    parts = num - 1 if endpoint else num
    if parts > 0:
        step = (stop - start) / tf.cast(parts, start.dtype)
    else:
        step = tf.fill(common, tf.constant(float("nan"), start.dtype))
    places = tf.reshape(tf.range(num), tf.concat([[num], tf.ones_like(common)], 0))
    if num > 1:
        out = start + tf.cast(places, start.dtype) * step
    else:
        out = tf.repeat(start[None], num, 0)
    if endpoint and num > 1:  # exactly the end, whatever the rounding of the steps
        out = tf.concat([out[:-1], stop[None]], 0)
    if axis and out.shape.rank is None:
        at = axis % tf.rank(out)
        order = (tf.range(1, at + 1), [0], tf.range(at + 1, tf.rank(out)))
        out = tf.transpose(out, tf.concat(order, 0))
    elif axis:
        out = moveaxis(out, 0, axis)
    if dtype is not None:
        native = _native(dtype)
        out = tf.cast(out if native.is_floating else tf.floor(out), native)
    return (out, step) if retstep else out


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> tf.Tensor:
    native = _native(dtype)
    if k == 0 and native not in _arrays.EIGHT_BITS:
        return tf.eye(N, M, dtype=native)
    columns = tf.range(N if M is None else M)
    return _arrays.cast(columns == tf.range(N)[:, None] + k, dtype)


# Rearranging -------------------------------------------------------------------------------


def reshape(x: Any, newshape: Any) -> tf.Tensor:
    sizes = _sizes(newshape)
    return tf.reshape(x, sizes if isinstance(sizes, tf.Tensor) else _ints(sizes))


def ravel(x: Any) -> tf.Tensor:
    return tf.reshape(x, _ints((-1,)))


def transpose(x: Any, axes: Any = None) -> tf.Tensor:
    if axes is not None and any(a < 0 for a in axes):
        axes = [a % x.shape.rank for a in axes]
    return tf.transpose(x, axes if axes is None else _ints(tuple(axes)))


def expand_dims(x: Any, axis: Any) -> tf.Tensor:
    if not isinstance(axis, (tuple, list)):
        return tf.expand_dims(x, axis)
    for place in sorted(_shapes.axis_tuple(axis, x.shape.rank + len(axis))):
        x = tf.expand_dims(x, place)
    return x


def squeeze(x: Any, axis: Any = None) -> tf.Tensor:
    if axis is None:
        sizes = () if x.shape.rank is None else x.shape.as_list()
        if None in sizes and any(sizes):  # those that a graph does not know stay
            axis = [i for i, size in enumerate(sizes) if size == 1]
            if not axis:
                return x
    else:
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        if not axes:
            return x
        if any(x.shape[a] not in (1, None) for a in axes):
            raise ValueError(
                f"squeeze: axis must name axes of size 1. Received: axis={axis}, x of shape "
                f"{x.shape}"
            )
    return tf.squeeze(x, axis)


def moveaxis(x: Any, source: Any, destination: Any) -> tf.Tensor:
    rank = x.shape.rank
    sources = source if isinstance(source, (tuple, list)) else (source,)
    targets = destination if isinstance(destination, (tuple, list)) else (destination,)
    taken = list(_shapes.axis_tuple(list(sources), rank))
    order = [i for i in range(rank) if i not in taken]
    for to, axis in sorted(zip(_shapes.axis_tuple(list(targets), rank), taken, strict=True)):
        order.insert(to, axis)
    return x if order == list(range(rank)) else tf.transpose(x, _ints(order))


def swapaxes(x: Any, axis1: int, axis2: int) -> tf.Tensor:
    order = list(range(x.shape.rank))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return tf.transpose(x, _ints(order))


def broadcast_to(x: Any, shape: Any) -> tf.Tensor:
    sizes = _sizes(shape)
    return tf.broadcast_to(x, sizes if isinstance(sizes, tf.Tensor) else _ints(sizes))


def concatenate(xs: Any, axis: int | None = 0) -> tf.Tensor:
    if axis is None:
        return tf.concat([tf.reshape(x, (-1,)) for x in xs], 0)
    if any(isinstance(x, tf.SparseTensor) for x in xs):
        if all(isinstance(x, tf.SparseTensor) for x in xs):
            return tf.sparse.concat(axis, xs)
        xs = [tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x for x in xs]
    return tf.concat(xs, axis)


def _stacked(least: int, axis: int, back: int = 0) -> Any:
    """Join tensors of at least some axes. Of those that a tensor lacks, `back` come last.

    The ranks may be known only at run time, and differ.
    """

    def expanded(x: Any) -> tf.Tensor:
        if x.shape.rank is not None and x.shape.rank >= least:
            return x
        rank = tf.rank(x) if x.shape.rank is None else x.shape.rank
        lacking = tf.maximum(least - rank, 0)
        last = tf.minimum(lacking, back)
        front, end = (tf.ones([n], tf.int32) for n in (lacking - last, last))
        return tf.reshape(x, tf.concat([front, tf.shape(x), end], 0))

    def run(xs: Any) -> tf.Tensor:
        parts = [expanded(x) for x in xs]
        rank = parts[0].shape.rank
        at = tf.minimum(axis, tf.rank(parts[0]) - 1) if rank is None else min(axis, rank - 1)
        return tf.concat(parts, at)

    return run


vstack = _stacked(2, 0)
hstack = _stacked(1, 1)
dstack = _stacked(3, 2, 1)


def stack(x: Any, axis: int = 0) -> tf.Tensor:
    return tf.stack(x, axis)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[tf.Tensor]:
    if isinstance(indices_or_sections, int):
        size = x.shape[axis]
        if size is not None and size % indices_or_sections:
            raise ValueError(
                f"split: axis {axis} must divide into {indices_or_sections} equal parts. "
                f"Received: x of shape {x.shape}"
            )
        return tf.split(x, indices_or_sections, axis)
    ends = [_shapes.whole(i) for i in indices_or_sections]
    front = (slice(None),) * (axis % x.shape.rank)
    return [x[(*front, slice(a, b))] for a, b in zip([None, *ends], [*ends, None], strict=True)]


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[tf.Tensor]:
    return tf.unstack(x, num, axis)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> tf.Tensor:
    if type(repeats) is not int or repeats < 0:
        repeats = tf.convert_to_tensor(repeats)
        if repeats.dtype.is_floating:
            raise TypeError(f"repeats must hold ints. Received: {repeats}")  # it would be cut off
        if repeats.dtype is tf.bool:
            repeats = tf.cast(repeats, tf.int32)
        return tf.repeat(x, repeats, axis)
    # Copies side by side along a new axis, which is then a part of the other one.
    sizes = _arrays.shape(x)
    if axis is None:
        x, sizes, axis = tf.reshape(x, _ints((-1,))), (math.prod(sizes),), 0
    axis = _shapes.axis_index(axis, len(sizes))
    times = [1] * (len(sizes) + 1)
    times[axis + 1] = repeats
    wide = tf.tile(tf.expand_dims(x, axis + 1), _ints(times))
    return tf.reshape(wide, _ints((*sizes[:axis], sizes[axis] * repeats, *sizes[axis + 1 :])))


def tile(x: Any, repeats: Any) -> tf.Tensor:
    times = _sizes(repeats)
    if isinstance(times, tf.Tensor):
        return tf.tile(x, times)
    rank = x.shape.rank
    if len(times) > rank:
        for _ in range(len(times) - rank):
            x = tf.expand_dims(x, 0)
    return tf.tile(x, _ints((1,) * (rank - len(times)) + times))


def _mirrored(mode: str, size: Any, before: int, after: int) -> tf.Tensor:
    """The index that each padded place reads from."""
    places = tf.range(-before, size + after)
    if mode == "edge":
        return tf.clip_by_value(places, 0, size - 1)
    if mode == "wrap":
        return places % size
    if mode == "symmetric":
        places = places % (2 * size)
        return tf.minimum(places, 2 * size - 1 - places)
    period = tf.maximum(2 * size - 2, 1)
    places = places % period
    return tf.minimum(places, tf.maximum(2 * size - 2 - places, 0))


def pad(x: Any, pad_width: Any, mode: str, constant_values: Any) -> tf.Tensor:
    if mode == "constant":
        if not pad_width:
            return tf.identity(x)
        if constant_values is None:
            if pad_width and all(type(n) is int for pair in pad_width for n in pair):
                pad_width = tf.constant(pad_width, tf.int32)
            return tf.raw_ops.Pad(input=x, paddings=pad_width)
        value = _arrays.cast(constant_values, _arrays.dtype_name(x))
        if x.dtype == tf.bool:
            return tf.cast(
                tf.pad(tf.cast(x, tf.uint8), pad_width, "CONSTANT", tf.cast(value, tf.uint8)),
                tf.bool,
            )
        return tf.pad(x, pad_width, "CONSTANT", value)
    for axis, (before, after) in enumerate(pad_width):
        if before or after:
            size = x.shape[axis] if x.shape[axis] is not None else tf.shape(x)[axis]
            static = x.shape.as_list()
            x = tf.gather(x, _mirrored(mode, size, before, after), axis=axis)
            if static[axis] is not None:
                static[axis] += before + after
                x.set_shape(static)
    return x


def flip(x: Any, axis: Any = None) -> tf.Tensor:
    if axis is None:
        axis = list(range(x.shape.rank))
    elif not isinstance(axis, (tuple, list)):
        axis = [axis]
    if x.shape.rank == 0:  # of which the kernel takes any axis
        _shapes.axis_tuple(axis, 0)
    return tf.reverse(x, axis) if len(axis) else tf.identity(x)


def roll(x: Any, shift: Any, axis: Any = None) -> tf.Tensor:
    if axis is None:
        return tf.reshape(tf.roll(tf.reshape(x, (-1,)), shift, 0), tf.shape(x))
    if isinstance(axis, (tuple, list)) and not hasattr(shift, "__len__"):
        shift = [shift] * len(axis)
    elif not isinstance(axis, (tuple, list)) and isinstance(shift, (tuple, list)):
        shift = sum(shift)
    return tf.roll(x, shift, axis)


copy = tf.identity


def view(x: Any, dtype: Any = None) -> tf.Tensor:
    native = x.dtype if dtype is None else _native(dtype)
    if native == x.dtype:
        return x
    old, new = x.dtype.size, native.size
    if "bool" in (native.name, x.dtype.name):  # bitcast has no bool
        if native == tf.bool:
            return tf.cast(tf.bitcast(x, tf.uint8), tf.bool)
        x = tf.cast(x, tf.uint8)
    if old == new:
        return tf.bitcast(x, native)
    last = x.shape[-1] if x.shape[-1] is not None else tf.shape(x)[-1]
    front = list(_arrays.shape(x))[:-1]
    if old > new:
        return tf.reshape(tf.bitcast(x, native), (*front, last * (old // new)))
    ratio = new // old
    return tf.bitcast(tf.reshape(x, (*front, last // ratio, ratio)), native)


def saturate_cast(x: Any, dtype: str) -> tf.Tensor:
    native = _native(dtype)
    if native == x.dtype or "bool" in (native.name, x.dtype.name):
        return tf.cast(x, native)
    if not native.is_integer or x.dtype.is_complex:
        return tf.saturate_cast(x, native)
    # TensorFlow's clips with limits that do not fit the dtype, and has no kernel for some.
    if not x.dtype.is_integer:
        below, above = _shared.bounds(x.dtype.name, native.min, native.max)
        out = tf.cast(tf.clip_by_value(x, below, above), native)
        return tf.where(x > above, tf.constant(native.max, native), out)
    if native.min > x.dtype.min:
        x = tf.maximum(x, tf.constant(native.min, x.dtype))
    if native.max < x.dtype.max:
        x = tf.minimum(x, tf.constant(native.max, x.dtype))
    return tf.cast(x, native)
