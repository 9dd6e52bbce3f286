"""Native bindings of indexing, scattering and sorting."""

from __future__ import annotations

import math
from functools import partial as _partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends._xp import shaping as _shared
from keras_core.core import shapes as _shapes

take_along_axis = jnp.take_along_axis

VIA = {"argpartition": {"bool": "uint8"}}
VIA |= dict.fromkeys(("segment_sum", "segment_prod", "scatter_update"), {"bool": "int32"})


def take(x: Any, indices: Any, axis: int | None = None) -> jax.Array:
    if 0 not in x.shape:
        return jnp.take(x, indices, axis)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = _shapes.axis_index(axis, x.ndim)
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    if 0 not in shape:
        raise IndexError("take: indices must be empty, as the axis is.")
    return jnp.zeros(shape, x.dtype)  # jnp.take loses the axes of the indices


def get_item(x: Any, key: Any) -> jax.Array:
    return x[_shared.key_of(np, key)]


def _starts(indices: Any) -> list[Any]:
    """Where a block starts. JAX wants one integer type: NumPy's go by Python's."""
    return [int(i) if isinstance(i, np.integer) else i for i in indices]


def _by_ints(inputs: Any, start_indices: Any) -> bool:
    """Whether ints say where a block of an array starts: then a compiled function cuts it.

    JAX makes an array of each int of its own call, which takes ten times as long. Within a
    trace that call is better: it sees which ints are negative.
    """
    return not isinstance(inputs, jax.core.Tracer) and all(type(i) is int for i in start_indices)


_cut = jax.jit(jax.lax.dynamic_slice, static_argnums=2)


@jax.jit
def _replaced(inputs: Any, updates: Any, starts: Any) -> jax.Array:
    return jax.lax.dynamic_update_slice(inputs, updates.astype(inputs.dtype), starts)


def slice(inputs: Any, start_indices: Any, shape: Any) -> jax.Array:
    sizes = [_shapes.whole(i) for i in shape]
    if -1 in sizes:
        sizes = [
            dim - int(start_indices[axis]) if size == -1 else size
            for axis, (size, dim) in enumerate(zip(sizes, inputs.shape, strict=True))
        ]
    if _by_ints(inputs, start_indices):
        return _cut(inputs, tuple(start_indices), tuple(sizes))
    return jax.lax.dynamic_slice(inputs, _starts(start_indices), sizes)


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> jax.Array:
    if _by_ints(inputs, start_indices):
        return _replaced(inputs, updates, tuple(start_indices))
    updates = updates.astype(inputs.dtype)
    return jax.lax.dynamic_update_slice(inputs, updates, _starts(start_indices))


def scatter(indices: Any, values: Any, shape: Any) -> jax.Array:
    zeros, paths = jnp.zeros(shape, values.dtype), _shared.paths(jnp, indices)
    if values.dtype == jnp.bool_:
        return zeros.at[paths].max(values)
    return zeros.at[paths].add(values)


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> jax.Array:
    at = inputs.at[_shared.paths(jnp, indices)]
    updates = updates.astype(inputs.dtype)
    if reduction is None:
        return at.set(updates)
    if reduction == "mul" and inputs.dtype.kind in "fVc":
        return inputs * _factors(inputs, indices, updates)  # JAX has no gradient of its own
    return getattr(at, reduction)(updates)


# Order, sets, segments ---------------------------------------------------------------------

sort = jnp.sort


def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> jax.Array:
    return jnp.isin(x1, x2, assume_unique, invert)


def argsort(x: Any, axis: int | None = -1) -> jax.Array:
    if axis is None:
        x, axis = x.reshape(-1), 0
    return jnp.argsort(x, axis).astype(jnp.int32)


def argpartition(x: Any, kth: int, axis: int | None = -1) -> jax.Array:
    if axis is None:
        x, axis = x.reshape(-1), 0
    return jnp.argpartition(x, kth, axis).astype(jnp.int32)


def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    return tuple(jax.lax.top_k(x, k))


def nonzero(x: Any) -> tuple[jax.Array, ...]:
    return tuple(i.astype(jnp.int32) for i in jnp.nonzero(x))


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
    out = jnp.unique(
        x, return_index, return_inverse, return_counts, axis, size=size, fill_value=fill_value
    )
    if not isinstance(out, tuple):
        return out
    parts = list(out)
    if return_inverse and axis is not None:
        at = 1 + return_index
        parts[at] = parts[at].reshape(-1)
    return (parts[0], *(part.astype(jnp.int32) for part in parts[1:]))


@_partial(jax.custom_jvp, nondiff_argnums=(2, 3))
def _product(data: Any, ids: Any, count: int, indices_are_sorted: bool = False) -> jax.Array:
    """Products by segments, which JAX differentiates for segments of one row only."""
    return jax.ops.segment_prod(data, ids, count, indices_are_sorted=indices_are_sorted)


@_product.defjvp
def _slope_of_product(count: int, indices_are_sorted: bool, given: Any, slopes: Any) -> Any:
    data, ids = given

    def total(x: Any) -> jax.Array:
        return jax.ops.segment_sum(x, ids, count, indices_are_sorted=indices_are_sorted)

    zero = data == 0
    filled, empty = jnp.where(zero, 1, data), jnp.where(zero, data, 0)
    # The product of all others: of those that are not 0, and of the 0 among them, if there is
    # one: as the sum of the zeros, by which slopes of slopes know it.
    rest = _product(filled, ids, count, indices_are_sorted)[ids] / filled
    zeros = total(zero.astype(jnp.int32))[ids] - zero
    lone = jnp.where(zeros == 1, total(empty)[ids] - empty, 0)
    others = rest * jnp.where(zeros == 0, 1, lone)
    return _product(data, ids, count, indices_are_sorted), total(slopes[0] * others)


def _factors(inputs: Any, indices: Any, updates: Any) -> jax.Array:
    """The product of the updates of each place."""
    depth = indices.shape[-1]
    sizes, rest = inputs.shape[:depth], inputs.shape[depth:]
    flat, outside = 0, False
    for i, size in zip(_shared.paths(jnp, indices), sizes, strict=True):
        flat = flat * size + jnp.where(i < 0, i + size, i)
        outside |= (i < -size) | (i >= size)
    count = math.prod(sizes)
    flat = jnp.where(outside, count, flat).reshape(-1)
    rows = jnp.broadcast_to(updates, (*indices.shape[:-1], *rest)).reshape(len(flat), *rest)
    return _product(rows, flat, count).reshape(inputs.shape)


def _segments(reduce: Any) -> Any:
    def run(data: Any, segment_ids: Any, num_segments: int, sorted: bool) -> jax.Array:
        return reduce(data, segment_ids, num_segments, indices_are_sorted=sorted)

    return run


segment_sum = _segments(jax.ops.segment_sum)
segment_prod = _segments(_product)
segment_max = _segments(jax.ops.segment_max)
segment_min = _segments(jax.ops.segment_min)
