"""Native bindings of indexing, scattering and sorting."""

from __future__ import annotations

import math as _math
from typing import Any

import torch

from keras_core.backends.torch import arrays as _arrays
from keras_core.core import shapes as _shapes

# Torch has few kernels for the wide unsigned integers.
_UNSIGNED = {"uint16": "int32", "uint32": "int64", "uint64": "int64"}
_ORDERED = _UNSIGNED | {"uint64": _arrays.by_order}
VIA = {name: {"bool": "uint8"} | _ORDERED for name in ("segment_max", "segment_min")}
VIA |= dict.fromkeys(("sort", "argsort", "top_k"), {"uint64": _arrays.by_order})
VIA |= dict.fromkeys(("segment_sum", "segment_prod"), _UNSIGNED)
VIA["nonzero"] = dict.fromkeys(_UNSIGNED, "int64")


def _refuses_negative(x: Any) -> bool:
    """Whether kernels that take no negative indices raise at them, before anything is done."""
    return x.is_cpu and not torch.compiler.is_compiling()


def take(x: Any, indices: Any, axis: int | None = None) -> torch.Tensor:
    if indices.dtype is not torch.int64 and indices.dtype is not torch.int32:
        indices = indices.to(torch.int64)
    if axis is None:
        return x.reshape(-1)[indices]
    if axis < 0:
        axis += x.ndim
        if axis < 0:
            _shapes.axis_index(axis - x.ndim, x.ndim)  # raises
    if _refuses_negative(x):
        try:
            if indices.ndim == 1:
                return torch.index_select(x, axis, indices)
            found = torch.index_select(x, axis, indices.reshape(-1))
            return found.reshape(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])
        except (IndexError, RuntimeError):
            pass  # what follows knows negative indices, and takes more than twice as long
    return x[(_slice(None),) * axis + (indices,)]


def _fit(x: Any, indices: Any, axis: int) -> bool:
    """Whether two shapes are the same but for one axis."""
    sizes, others = list(x.shape), list(indices.shape)
    sizes[axis] = others[axis]
    return sizes == others


def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> torch.Tensor:
    if indices.dtype is not torch.int64:
        indices = indices.to(torch.int64)
    if _refuses_negative(x):
        try:
            return _picked(x, indices, axis)
        except RuntimeError:
            pass
    size = x.numel() if axis is None else x.shape[axis]
    indices = torch.where(indices < 0, indices + size, indices)
    if x.dtype in _WIDE:
        return _picked(x.to(torch.int64), indices, axis).to(x.dtype)
    return _picked(x, indices, axis)


def _picked(x: torch.Tensor, indices: torch.Tensor, axis: int | None) -> torch.Tensor:
    # take_along_dim takes seven times as long as gather, and exporters one size of batches only.
    if axis is not None and x.ndim == indices.ndim:
        if not _fit(x, indices, axis):
            sizes = list(zip(x.shape, indices.shape, strict=True))
            common = [a if a == b or b == 1 else b for a, b in sizes]
            common[axis] = -1
            x, indices = x.expand(common), indices.expand(common)
        return torch.gather(x, axis, indices)
    return torch.take_along_dim(x, indices, axis)


_slice = slice  # the builtin: `slice` is the operation below


def _plain_key(x: Any, key: Any) -> tuple[Any, list[int]]:
    """A key that torch takes, and the axes of `x` to be reversed first (negative steps)."""
    keys = list(key) if isinstance(key, tuple) else [key]
    keys = [
        _arrays.convert_to_tensor(k) if isinstance(k, list) or _is_array(k) else k for k in keys
    ]
    if any(isinstance(k, torch.Tensor) and k.ndim for k in keys):
        # NumPy counts single indices among the index tensors, torch takes them first.
        keys = [torch.tensor([int(k)], device=x.device) if isinstance(k, int) else k for k in keys]
    reversed_axes = []
    if any(isinstance(k, _slice) and k.step is not None and k.step < 0 for k in keys):
        used = sum(_spent(k) for k in keys)
        axis = 0
        for i, k in enumerate(keys):
            if k is Ellipsis:
                axis += x.ndim - used
                continue
            if isinstance(k, _slice) and k.step is not None and k.step < 0:
                size = x.shape[axis]
                start, stop, step = k.indices(size)
                reversed_axes.append(axis)
                first = size - 1 - start
                last = size - 1 - stop
                keys[i] = _slice(first, max(last, first), -step)
            axis += _spent(k)
    return tuple(keys), reversed_axes


def _is_array(k: Any) -> bool:
    if isinstance(k, (torch.Tensor, _slice)):  # the compiler has no attributes of slices
        return False
    return hasattr(k, "__array__") and getattr(k, "ndim", 0) > 0


def _spent(k: Any) -> int:
    if k is None or k is Ellipsis:
        return 0
    return k.ndim if isinstance(k, torch.Tensor) and k.dtype is torch.bool else 1


def get_item(x: Any, key: Any) -> torch.Tensor:
    key, reversed_axes = _plain_key(x, key)
    if reversed_axes:
        x = torch.flip(x, reversed_axes)
    return x[key]


def _starts(inputs: Any, start_indices: Any, sizes: Any) -> list[int]:
    """Where a block starts; one that would reach beyond the end is moved back, as XLA does."""
    _shapes.check_block(inputs.shape, sizes)
    return [
        _start(a, dim) if size == -1 else min(max(_start(a, dim), 0), dim - size)
        for a, dim, size in zip(start_indices, inputs.shape, sizes, strict=True)
    ]


def _start(a: Any, dim: int) -> int:
    if not isinstance(a, int):
        if torch.compiler.is_compiling():  # there its sign is not known, nor an array's dtype
            return int(a)
        a = _shapes.whole(a)
    return a + dim if a < 0 else a


def _block(inputs: Any, start_indices: Any, sizes: Any) -> tuple[Any, ...]:
    starts = _starts(inputs, start_indices, sizes)
    return tuple(
        _slice(a, None if size == -1 else a + size) for a, size in zip(starts, sizes, strict=True)
    )


def _key(inputs: Any, start_indices: Any, sizes: Any) -> tuple[Any, ...] | None:
    """A block's key, where ints say so and it lies within the tensor: nothing to move back."""
    key = []
    for dim, a, n in zip(inputs.shape, start_indices, sizes, strict=True):
        if type(a) is not int or type(n) is not int or not 0 <= a <= a + n <= dim:
            return None
        key.append(_slice(a, a + n))
    return tuple(key)


def slice(inputs: Any, start_indices: Any, shape: Any) -> torch.Tensor:
    key = _key(inputs, start_indices, shape)
    if key is not None:
        return inputs[key]
    return inputs[_block(inputs, start_indices, [_shapes.whole(i) for i in shape])]


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> torch.Tensor:
    key = _key(inputs, start_indices, updates.shape)
    out = inputs.clone()
    out[_block(inputs, start_indices, updates.shape) if key is None else key] = updates
    return out


def _flat_places(indices: Any, shape: Any) -> torch.Tensor:
    """Indices of shape `(..., k)` into the first k axes as indices into them flattened."""
    indices = indices.to(torch.int64)
    sizes = torch.tensor(shape[: indices.shape[-1]], dtype=torch.int64, device=indices.device)
    indices = torch.where(indices < 0, indices + sizes, indices)
    strides = [1] * len(sizes)
    for i in range(len(sizes) - 2, -1, -1):
        strides[i] = strides[i + 1] * shape[i + 1]
    weights = torch.tensor(strides, dtype=torch.int64, device=indices.device)
    return (indices * weights).sum(-1).reshape(-1)


def scatter(indices: Any, values: Any, shape: Any) -> torch.Tensor:
    inputs = torch.zeros(tuple(shape), dtype=values.dtype, device=values.device)
    return scatter_update(inputs, indices, values, "add")


_REDUCTIONS = {"max": "amax", "min": "amin", "mul": "prod"}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> torch.Tensor:
    if inputs.dtype in _WIDE:
        updates = updates.to(inputs.dtype)
        if inputs.dtype is torch.uint64 and reduction in ("max", "min"):
            return _arrays.by_order(scatter_update, inputs, indices, updates, reduction)
        updates = updates.to(torch.int64)
        wide = scatter_update(inputs.to(torch.int64), indices, updates, reduction)
        return wide.to(inputs.dtype)
    shape, depth = tuple(inputs.shape), indices.shape[-1]
    places = _flat_places(indices, shape)
    rest = shape[depth:]
    flat = inputs.reshape(_math.prod(shape[:depth]), _math.prod(rest))
    updates = updates.to(inputs.dtype).broadcast_to((*indices.shape[:-1], *rest))
    updates = updates.reshape(places.shape[0], _math.prod(rest))
    if reduction is None:
        out = flat.index_copy(0, places, updates)
    elif reduction == "add":
        out = flat.index_add(0, places, updates)
    else:
        places = places[:, None].expand(updates.shape)
        out = flat.scatter_reduce(0, places, updates, _REDUCTIONS[reduction], include_self=True)
    return out.reshape(shape)


# Order, sets, segments ---------------------------------------------------------------------

_WIDE = {torch.uint16: torch.int64, torch.uint32: torch.int64, torch.uint64: torch.int64}


def _sorted(x: Any, axis: int | None, descending: bool = False) -> Any:
    if axis is None:
        x, axis = x.reshape(-1), 0
    return torch.sort(
        x.to(_WIDE.get(x.dtype, x.dtype)), dim=axis, descending=descending, stable=True
    )


def sort(x: Any, axis: int | None = -1) -> torch.Tensor:
    if axis is not None and x.dtype not in _WIDE:
        return torch.sort(x, axis).values
    return _sorted(x, axis).values.to(x.dtype)


def argsort(x: Any, axis: int | None = -1) -> torch.Tensor:
    return _sorted(x, axis).indices.to(torch.int32)


def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    if x.ndim == 0:
        raise ValueError("top_k: x must have at least one axis. Received: a scalar")
    if not sorted or x.dtype is torch.bool or x.dtype in _WIDE:
        if not 0 <= k <= x.shape[-1]:
            raise ValueError("top_k: k must be at most the size of the last axis.")
        ordered = _sorted(x, -1, descending=True)
        return ordered.values[..., :k].to(x.dtype), ordered.indices[..., :k].to(torch.int32)
    values, places = torch.topk(x, k)
    return values, places.int()


def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> torch.Tensor:
    if x1.dtype in _WIDE or x1.dtype in (torch.bool, torch.bfloat16, torch.float16):
        wide = torch.float32 if x1.dtype.is_floating_point else torch.int64
        x1, x2 = x1.to(wide), x2.to(wide)
    return torch.isin(x1, x2, assume_unique=assume_unique, invert=invert)


def nonzero(x: Any) -> tuple[torch.Tensor, ...]:
    return tuple(i.to(torch.int32) for i in torch.nonzero(x, as_tuple=True))[: x.ndim]


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
    values, inverse, counts = torch.unique(
        x, sorted=True, return_inverse=True, return_counts=True, dim=axis
    )
    at = 0 if axis is None else axis
    found = values.shape[at]
    flat = inverse.reshape(-1)
    places = torch.arange(flat.shape[0], device=x.device)
    index = flat.new_full((found,), flat.shape[0]).scatter_reduce(0, flat, places, "amin")
    if size is not None:
        # As many more as could be missing, whatever was found: the compiler does not know it.
        first = values.narrow(at, 0, 1)
        if fill_value is not None:
            first = torch.full_like(first, fill_value)
        values = torch.cat([values, first.repeat_interleave(size, at)], at).narrow(at, 0, size)
        index = torch.cat([index, index[:1].expand(size)])[:size]
        counts = torch.cat([counts, counts.new_zeros(size)])[:size]
    wanted = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    rest = tuple(part.to(torch.int32) for wish, part in wanted if wish)
    return (values, *rest) if rest else values


def _lowest(dtype: torch.dtype) -> Any:
    return -float("inf") if dtype.is_floating_point else torch.iinfo(dtype).min


def _highest(dtype: torch.dtype) -> Any:
    return float("inf") if dtype.is_floating_point else torch.iinfo(dtype).max


def _segments(reduction: str, identity: Any) -> Any:
    def run(data: Any, segment_ids: Any, num_segments: int, sorted: bool) -> torch.Tensor:
        ids = segment_ids.to(torch.int64)
        # Rows of no segment go to one more, which is cut off.
        ids = torch.where((ids < 0) | (ids > num_segments), num_segments, ids)
        start = identity(data.dtype) if callable(identity) else identity
        rows = torch.full(
            (num_segments + 1, *data.shape[1:]), start, dtype=data.dtype, device=data.device
        )
        if reduction == "sum":
            return rows.index_add(0, ids, data)[:num_segments]
        ids = ids.reshape(-1, *(1,) * (data.ndim - 1)).expand(data.shape)
        return rows.scatter_reduce(0, ids, data, reduction, include_self=True)[:num_segments]

    return run


segment_sum = _segments("sum", 0)
segment_prod = _segments("prod", 1)
segment_max = _segments("amax", _lowest)
segment_min = _segments("amin", _highest)
