"""Native bindings of indexing, scattering and sorting."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla as _xla

from keras_core.backends.tensorflow import arrays as _arrays
from keras_core.core import shapes as _shapes

VIA = {f"segment_{name}": {"bool": "int32"} for name in ("sum", "prod", "max", "min")}
VIA["scatter_update"] = {"bool": "int32"}

_slice = slice  # the builtin: `slice` is the operation below
_LISTS = (list, tuple)


def _size(x: Any, axis: int) -> Any:
    known = x.shape[axis]
    return known if known is not None else tf.shape(x)[axis]


def _sizes(x: Any) -> Any:
    """The shape: a tuple, or one tensor where even the rank is known only at run time."""
    return tf.shape(x) if x.shape.rank is None else _arrays.shape(x)


def _from_front(indices: Any, size: Any) -> tf.Tensor:
    """Indices counted from 0."""
    if indices.dtype.is_unsigned:
        return tf.cast(indices, tf.int64)
    if indices.dtype.size < 4:
        indices = tf.cast(indices, tf.int32)
    return tf.where(indices < 0, indices + tf.cast(size, indices.dtype), indices)


def _refuses_negative(x: Any, indices: Any) -> bool:
    """Whether kernels that take no negative indices raise at them: then none need be looked for."""
    whole = indices.dtype is tf.int32 or indices.dtype is tf.int64
    return whole and tf.executing_eagerly() and _on_cpu(x)


def take(x: Any, indices: Any, axis: int | None = None) -> tf.Tensor:
    if axis is None:
        x, axis = tf.reshape(x, (-1,)), 0
    if _refuses_negative(x, indices):
        try:
            return tf.gather(x, indices, axis=axis)
        except tf.errors.InvalidArgumentError:
            pass
    return tf.gather(x, _from_front(indices, _size(x, axis)), axis=axis)


def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> tf.Tensor:
    if axis is None:
        x, indices, axis = tf.reshape(x, (-1,)), indices, 0
        if indices.shape.rank != 1:
            return tf.gather(x, _from_front(indices, _size(x, 0)))
    rank = x.shape.rank
    axis = _shapes.axis_index(axis, rank)
    if indices.shape.rank != rank:
        raise ValueError("take_along_axis: x and indices must have one rank.")
    if axis == rank - 1 and _refuses_negative(x, indices) and x.shape[:-1] == indices.shape[:-1]:
        try:
            return tf.gather(x, indices, batch_dims=rank - 1, axis=rank - 1)
        except tf.errors.InvalidArgumentError:
            pass
    indices = _from_front(indices, _size(x, axis))
    # Bring both to one shape but for the axis, the axis to the end, and gather row by row.
    static_x, static_i = x.shape.as_list(), indices.shape.as_list()
    if static_x[:axis] + static_x[axis + 1 :] != static_i[:axis] + static_i[axis + 1 :] or (
        None in static_x
    ):
        shape_x, shape_i = tf.shape(x), tf.shape(indices)
        one = tf.one_hot(axis, rank, on_value=True, off_value=False)
        common = tf.maximum(tf.where(one, 1, shape_x), tf.where(one, 1, shape_i))
        x = tf.broadcast_to(x, tf.where(one, shape_x, common))
        indices = tf.broadcast_to(indices, tf.where(one, shape_i, common))
    if axis != rank - 1:
        order = [i for i in range(rank) if i != axis] + [axis]
        back = list(np.argsort(order))
        picked = tf.gather(
            tf.transpose(x, order),
            tf.transpose(indices, order),
            batch_dims=rank - 1,
            axis=rank - 1,
        )
        return tf.transpose(picked, back)
    # The axis counted from the front: tf2onnx makes no sense of -1.
    return tf.gather(x, indices, batch_dims=rank - 1, axis=rank - 1)


def _as_key(k: Any) -> Any:
    """An entry of a key; arrays and lists as tensors, NumPy integers as ints."""
    if k is None or k is Ellipsis or isinstance(k, (int, _slice)):
        return k
    if isinstance(k, np.integer) or (isinstance(k, np.ndarray) and k.ndim == 0 and k.dtype != bool):
        return int(k)
    return _arrays.convert_to_tensor(k)


def _is_basic(k: Any) -> bool:
    return (
        k is None
        or k is Ellipsis
        or isinstance(k, (int, _slice))
        or (k.shape.rank == 0 and k.dtype != tf.bool)
    )


def get_item(x: Any, key: Any) -> tf.Tensor:
    """NumPy's rules: slices and single indices first, then index tensors and masks together."""
    keys = [_as_key(k) for k in (key if isinstance(key, tuple) else (key,))]
    if all(map(_is_basic, keys)):
        return x[tuple(keys)]
    used = sum(_spent(k) for k in keys)
    if not any(k is Ellipsis for k in keys):
        keys.append(Ellipsis)
    at = next(i for i, k in enumerate(keys) if k is Ellipsis)
    keys[at : at + 1] = [_slice(None)] * (x.shape.rank - used)

    basic: list[Any] = []  # what indexes x directly
    axes: list[int] = []  # the result's axes that the index tensors pick from
    indices: list[Any] = []
    places = []
    axis = 0
    for place, k in enumerate(keys):
        if k is None or isinstance(k, _slice):
            basic.append(k)
            axis += 1
        else:
            places.append(place)
            parts = [k]
            if not isinstance(k, int) and not (k.dtype.is_integer or k.dtype == tf.bool):
                raise TypeError(f"key must hold integers or bools. Received: dtype {k.dtype.name}")
            if not isinstance(k, int) and k.dtype == tf.bool:
                first = axis - sum(b is None for b in basic)
                if not k.shape.is_compatible_with(x.shape[first:][: k.shape.rank]):
                    raise IndexError("A mask must have the shape of what it masks.")
                parts = tf.unstack(tf.where(k), num=k.shape.rank, axis=1)
            for part in parts:
                basic.append(_slice(None))
                axes.append(axis)
                indices.append(part)
                axis += 1
    x = x[tuple(basic)]
    rank = x.shape.rank
    picked = [
        tf.cast(_from_front(tf.convert_to_tensor(i), _size(x, a)), tf.int64)
        for i, a in zip(indices, axes, strict=True)
    ]
    common = picked[0]
    for i in picked[1:]:
        common = common + tf.zeros_like(i)
    count = common.shape.rank
    where = tf.stack([i + tf.zeros_like(common) for i in picked], axis=-1)
    rest = [i for i in range(rank) if i not in axes]
    order = axes + rest
    if order != list(range(rank)):
        x = tf.transpose(x, order)
    out = tf.gather_nd(x, where) if len(axes) > 1 else tf.gather(x, where[..., 0])
    together = places == list(range(places[0], places[0] + len(places)))
    front = sum(1 for i in rest if i < axes[0]) if together else 0
    if front:
        total = count + len(rest)
        moved = list(range(count, count + front)) + list(range(count))
        out = tf.transpose(out, moved + list(range(count + front, total)))
    return out


def _spent(k: Any) -> int:
    if k is None or k is Ellipsis:
        return 0
    if isinstance(k, (int, _slice)) or k.dtype != tf.bool:
        return 1
    return k.shape.rank


def _whole(values: Any) -> tf.Tensor:
    """Places or sizes as int32, fractions refused."""
    values = tf.convert_to_tensor(values)
    if not values.dtype.is_integer:
        raise TypeError(f"Places and sizes must be ints. Received: dtype {values.dtype.name}")
    return tf.cast(values, tf.int32)


def _counted_back(starts: Any, shape: Any) -> list[int]:
    return [a + dim if a < 0 else a for a, dim in zip(starts, shape, strict=True)]


def _starts(inputs: Any, start_indices: Any, sizes: Any) -> Any:
    """Where a block starts; one that would reach beyond the end is moved back, as XLA does."""
    shape = _sizes(inputs)
    listed = all(isinstance(x, _LISTS) for x in (start_indices, shape, sizes))
    known = listed and all(isinstance(i, int) for i in (*start_indices, *shape, *sizes))
    if known:
        return [
            a if size == -1 else min(max(a, 0), dim - size)
            for a, dim, size in zip(_counted_back(start_indices, shape), shape, sizes, strict=True)
        ]
    starts = _whole(start_indices)
    starts = tf.where(starts < 0, starts + tf.convert_to_tensor(shape), starts)
    spans = tf.maximum(_whole(sizes), 0)  # -1 stands for what there is
    return tf.clip_by_value(starts, 0, tf.maximum(tf.convert_to_tensor(shape) - spans, 0))


def _within(shape: Any, starts: Any, sizes: Any) -> bool:
    """Whether a block is given by ints and lies within a tensor: nothing is to be moved back."""
    if shape.rank is None:
        return False
    for dim, start, size in zip(shape.as_list(), starts, sizes, strict=True):
        if type(start) is not int or type(size) is not int or dim is None:
            return False
        if not 0 <= start <= start + size <= dim:
            return False
    return True


def slice(inputs: Any, start_indices: Any, shape: Any) -> tf.Tensor:
    if not len(shape) and inputs.shape.rank == 0:
        return inputs
    listed = type(start_indices) in _LISTS and type(shape) in _LISTS
    if listed and _within(inputs.shape, start_indices, shape):
        starts, sizes = _arrays.ints(start_indices), _arrays.ints(shape)
        return tf.raw_ops.Slice(input=inputs, begin=starts, size=sizes)
    out = tf.slice(inputs, _starts(inputs, start_indices, shape), _whole(shape))
    if all(isinstance(size, (int, np.integer)) and size >= 0 for size in shape):
        out.set_shape(shape)
    return out


@tf.custom_gradient
def _updated(inputs: Any, starts: Any, updates: Any) -> Any:
    """The kernel that XLA compiles at places known only at run time; others want constants."""

    def gradient(upstream: Any) -> Any:
        return (
            _updated(upstream, starts, tf.zeros_like(updates)),
            None,
            tf.slice(upstream, starts, tf.shape(updates)),
        )

    return _xla.dynamic_update_slice(inputs, updates, starts), gradient


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> tf.Tensor:
    starts = tf.convert_to_tensor(_starts(inputs, start_indices, _sizes(updates)))
    if updates.dtype is not inputs.dtype:
        updates = tf.cast(updates, inputs.dtype)
    if inputs.shape.rank == 0:
        return updates
    if not _arrays.recorded():
        return _xla.dynamic_update_slice(inputs, updates, starts)
    out = _updated(inputs, starts, updates)
    out.set_shape(inputs.shape)
    return out


def _counted(indices: Any, shape: Any) -> tf.Tensor:
    if indices.dtype not in (tf.int32, tf.int64):
        indices = tf.cast(indices, tf.int32)
    sizes = tf.cast(tf.convert_to_tensor(shape)[: _size(indices, -1)], indices.dtype)
    return tf.where(indices < 0, indices + sizes, indices)


def scatter(indices: Any, values: Any, shape: Any) -> tf.Tensor:
    shape = tuple(shape)
    out = tf.scatter_nd(
        tmp := _counted(indices, shape),
        values,
        tf.cast(_whole(shape) if shape else shape, tmp.dtype),
    )
    return out


def _multiply(inputs: Any, indices: Any, updates: Any) -> tf.Tensor:
    """There is no scattering product: multiply the products of each place's updates in."""
    shape = tf.convert_to_tensor(_sizes(inputs))
    places, rest = shape[: (depth := _size(indices, -1))], shape[depth:]
    count = tf.reduce_prod(places)
    strides = tf.math.cumprod(places, exclusive=True, reverse=True)
    flat = tf.reshape(tf.reduce_sum(indices * tf.cast(strides, indices.dtype), -1), (-1,))
    rows = tf.reshape(updates, tf.concat([[-1], rest], 0))
    factors = tf.math.unsorted_segment_prod(rows, flat, count)
    return inputs * tf.reshape(factors, shape)


_SCATTERS = {
    None: tf.tensor_scatter_nd_update,
    "add": tf.tensor_scatter_nd_add,
    "max": tf.tensor_scatter_nd_max,
    "min": tf.tensor_scatter_nd_min,
    "mul": _multiply,
}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> tf.Tensor:
    indices = _counted(indices, _sizes(inputs))
    return _SCATTERS[reduction](inputs, indices, tf.cast(updates, inputs.dtype))


# Order, sets, segments ---------------------------------------------------------------------


def _sortable(x: Any) -> tf.Tensor:
    return tf.cast(x, tf.uint8) if x.dtype == tf.bool else x


def sort(x: Any, axis: int | None = -1) -> tf.Tensor:
    if axis is None:
        x, axis = tf.reshape(x, (-1,)), 0
    if x.shape.rank and x.shape[axis] == 0:
        return tf.identity(x)  # TensorFlow's gradient fails
    return tf.cast(tf.sort(_sortable(x), axis), x.dtype)


def argsort(x: Any, axis: int | None = -1) -> tf.Tensor:
    if axis is None:
        x, axis = tf.reshape(x, (-1,)), 0
    return tf.argsort(_sortable(x), axis, stable=True)


def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    values, places = tf.raw_ops.TopKV2(input=_sortable(x), k=k, sorted=sorted)
    return (values if values.dtype is x.dtype else tf.cast(values, x.dtype)), places


def nonzero(x: Any) -> tuple[tf.Tensor, ...]:
    rank = x.shape.rank
    if rank == 0:
        return ()
    places = tf.cast(tf.where(x if x.dtype == tf.bool else x != 0), tf.int32)
    return tuple(tf.unstack(places, num=rank, axis=1))


def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    at = 0 if axis is None else _shapes.axis_index(axis, x.shape.rank)
    rows = tf.reshape(x, (-1,)) if axis is None else x
    front = [at, *(i for i in range(rows.shape.rank) if i != at)]
    back = list(np.argsort(front))
    rows = tf.transpose(rows, front)
    # Order by the last entry of each row first, the first one last: stably, so all count.
    sizes = tf.shape(rows)
    flat = tf.reshape(_sortable(rows), (sizes[0], tf.reduce_prod(sizes[1:])))

    def by_column(i: Any, order: Any) -> Any:
        return i - 1, tf.gather(order, tf.argsort(tf.gather(flat[:, i], order), stable=True))

    ends = tf.shape(flat)
    _, order = tf.while_loop(lambda i, _: i >= 0, by_column, (ends[1] - 1, tf.range(ends[0])))
    ordered = tf.gather(flat, order)
    changes = tf.reduce_any(ordered[1:] != ordered[:-1], 1)
    starts = tf.concat([tf.ones((tf.minimum(tf.shape(flat)[0], 1),), tf.bool), changes], 0)
    group = tf.cumsum(tf.cast(starts, tf.int32)) - 1
    index = tf.boolean_mask(order, starts)
    found = tf.shape(index)[0]
    inverse = tf.scatter_nd(order[:, None], group, tf.shape(order))
    counts = tf.math.bincount(group, minlength=found, maxlength=found)
    values = tf.gather(rows, index)
    if size is not None:
        missing = tf.maximum(size - found, 0)
        first = (
            values[:1]
            if fill_value is None
            else tf.fill(tf.shape(values[:1]), _arrays.scalar(fill_value, x.dtype))
        )
        values = tf.concat([values, tf.repeat(first, missing, 0)], 0)[:size]
        index = tf.concat([index, tf.repeat(index[:1], missing, 0)], 0)[:size]
        counts = tf.concat([counts, tf.zeros((missing,), counts.dtype)], 0)[:size]
        values.set_shape([size, *values.shape[1:]])
        index.set_shape([size])
        counts.set_shape([size])
    values = tf.transpose(values, back)
    if axis is None:
        inverse = tf.reshape(inverse, tf.shape(x))
    wanted = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    rest = tuple(tf.cast(part, tf.int32) for wish, part in wanted if wish)
    return (values, *rest) if rest else values


def _on_cpu(x: Any) -> bool:
    return x.device.endswith("CPU:0")


def _segments(reduce: Any, identity: Any = None) -> Any:
    def run(data: Any, segment_ids: Any, num_segments: Any, sorted: bool) -> tf.Tensor:
        ids = segment_ids
        if ids.dtype is not tf.int32 and ids.dtype is not tf.int64:
            ids = tf.cast(ids, tf.int32)
        if identity is None and tf.executing_eagerly() and _on_cpu(data):
            try:
                return reduce(data, ids, num_segments)
            except tf.errors.InvalidArgumentError:
                pass  # at an id that is too high; others do not need to be looked through
        ids = tf.where(ids < num_segments, ids, tf.constant(-1, ids.dtype))
        out = reduce(data, ids, num_segments)  # ids below zero are left out
        if identity is not None and data.dtype.is_floating:  # else the largest finite number
            rows = tf.math.unsorted_segment_sum(tf.ones_like(ids), ids, num_segments)
            some = tf.reshape(rows > 0, (-1, *(1,) * (data.shape.rank - 1)))
            out = tf.where(some, out, _arrays.scalar(identity, data.dtype))
        return out

    return run


segment_sum = _segments(tf.math.unsorted_segment_sum)
segment_prod = _segments(tf.math.unsorted_segment_prod)
segment_max = _segments(tf.math.unsorted_segment_max, -np.inf)
segment_min = _segments(tf.math.unsorted_segment_min, np.inf)
