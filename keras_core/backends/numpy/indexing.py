"""Native bindings of indexing, scattering and sorting."""

from __future__ import annotations

from builtins import slice as _slice
from typing import Any

import numpy as np

from keras_core.backends._xp import shaping as _shared
from keras_core.core import shapes as _shapes

take = np.take
take_along_axis = np.take_along_axis


def get_item(x: Any, key: Any) -> np.ndarray:
    return np.asarray(x[_shared.key_of(np, key)])


def _block(inputs: Any, start_indices: Any, sizes: Any) -> tuple[Any, ...]:
    """The key of a block; one that would reach beyond the end is moved back, as XLA does."""
    _shapes.check_block(inputs.shape, sizes)
    starts = [_shapes.whole(i) for i in start_indices]
    starts = [a + dim if a < 0 else a for a, dim in zip(starts, inputs.shape, strict=True)]
    ends = [dim if size == -1 else size for dim, size in zip(inputs.shape, sizes, strict=True)]
    starts = [
        a if size == -1 else min(max(a, 0), dim - size)
        for a, dim, size in zip(starts, inputs.shape, sizes, strict=True)
    ]
    return tuple(
        np.s_[a:] if size == -1 else np.s_[a : a + n]
        for a, n, size in zip(starts, ends, sizes, strict=True)
    )


def slice(inputs: Any, start_indices: Any, shape: Any) -> np.ndarray:
    key = []
    for dim, a, n in zip(inputs.shape, start_indices, shape, strict=True):
        if a.__class__ is not int or n.__class__ is not int or not 0 <= a <= a + n <= dim:
            break
        key.append(_slice(a, a + n))
    else:  # ints within the array: nothing to move back
        return inputs[tuple(key)]
    return inputs[_block(inputs, start_indices, [_shapes.whole(i) for i in shape])]


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> np.ndarray:
    out = inputs.copy()
    out[_block(inputs, start_indices, updates.shape)] = updates
    return out


def scatter(indices: Any, values: Any, shape: Any) -> np.ndarray:
    out = np.zeros(shape, values.dtype)
    np.add.at(out, _shared.paths(np, indices), values)
    return out


_UFUNCS = {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> np.ndarray:
    out, key = inputs.copy(), _shared.paths(np, indices)
    if reduction is None:
        out[key] = updates
    else:
        _UFUNCS[reduction].at(out, key, updates.astype(out.dtype))
    return out


# Order, sets, segments ---------------------------------------------------------------------

sort = np.sort
isin = np.isin


def argsort(x: Any, axis: int | None = -1) -> np.ndarray:
    if x.ndim == 0 and axis is not None:
        _shapes.axis_index(axis, 0)  # raises, where NumPy gives an axis to scalars
    return np.argsort(x, axis, kind="stable").astype(np.int32)


def argpartition(x: Any, kth: int, axis: int | None = -1) -> np.ndarray:
    if x.ndim == 0 and axis is not None:
        _shapes.axis_index(axis, 0)
    return np.argpartition(x, kth, axis).astype(np.int32)


def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    if x.ndim == 0 or not 0 <= k <= x.shape[-1]:
        raise ValueError("top_k: k must be at most the size of the last axis.")
    size = x.shape[-1]
    if size > 64 and 0 < k < size // 2:
        places = np.argpartition(x, size - k, -1)[..., size - k :]
        least = np.min(np.take_along_axis(x, places, -1), -1, keepdims=True)
        # Of elements equal to the least one, it may have chosen others than the first.
        if np.count_nonzero(x >= least) == places.size:
            places.sort(-1)
            values = np.take_along_axis(x, places, -1)
            order = np.argsort(-values, -1, kind="stable")
            places = np.take_along_axis(places, order, -1).astype(np.int32)
            return np.take_along_axis(values, order, -1), places
    # Sorting what is reversed keeps the first of equal elements in front.
    order = np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1][..., :k]
    places = (x.shape[-1] - 1 - order).astype(np.int32)
    return np.take_along_axis(x, places, -1), places


def nonzero(x: Any) -> tuple[np.ndarray, ...]:
    return tuple(i.astype(np.int32) for i in np.nonzero(np.atleast_1d(x)))[: x.ndim]


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
    values, index, inverse, counts = np.unique(x, True, True, True, axis)
    inverse = inverse.reshape(x.shape if axis is None else -1)
    if size is not None:
        at = 0 if axis is None else axis
        missing = size - values.shape[at]
        if missing > 0:
            first = (
                np.take(values, [0], at)
                if fill_value is None
                else np.full_like(np.take(values, [0], at), fill_value)
            )
            values = np.concatenate([values, np.repeat(first, missing, at)], at)
            index = np.concatenate([index, np.repeat(index[:1], missing)])
            counts = np.concatenate([counts, np.zeros(missing, counts.dtype)])
        values = np.take(values, range(size), at)
        index, counts = index[:size], counts[:size]
    wanted = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    rest = tuple(part.astype(np.int32) for wish, part in wanted if wish)
    return (values, *rest) if rest else values


def _segments(ufunc: Any, identity: Any) -> Any:
    def run(data: Any, segment_ids: Any, num_segments: int, sorted: bool) -> np.ndarray:
        start = identity(data.dtype) if callable(identity) else identity
        out = np.full((num_segments, *data.shape[1:]), start, data.dtype)
        inside = (segment_ids >= 0) & (segment_ids < num_segments)
        if not inside.all():
            segment_ids, data = segment_ids[inside], data[inside]
        ufunc.at(out, segment_ids, data)
        return out

    return run


segment_sum = _segments(np.add, 0)
segment_prod = _segments(np.multiply, 1)
segment_max = _segments(np.maximum, _shared.lowest)
segment_min = _segments(np.minimum, _shared.highest)
