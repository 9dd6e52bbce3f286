"""Native bindings of indexing, scattering and sorting."""

from __future__ import annotations

import math as _math
from typing import Any

import torch

from keras_core.backends.torch import arrays as _arrays


def _whole(indices: Any) -> torch.Tensor:
    if indices.dtype in (torch.int64, torch.int32):
        return indices
    if indices.dtype.is_floating_point or indices.dtype is torch.bool:
        raise ValueError(f"indices must be integers. Received: dtype {indices.dtype}")
    return indices.to(torch.int64)


def take(x: Any, indices: Any, axis: int | None = None) -> torch.Tensor:
    indices = _whole(indices)
    if axis is None:
        return x.reshape(-1)[indices]
    axis = axis % x.ndim
    return x[(_slice(None),) * axis + (indices,)]


def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> torch.Tensor:
    indices = indices.to(torch.int64)
    size = x.numel() if axis is None else x.shape[axis]
    indices = torch.where(indices < 0, indices + size, indices)
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
    return hasattr(k, "__array__") and not isinstance(k, torch.Tensor) and getattr(k, "ndim", 0) > 0


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
    return [
        int(a) if size == -1 else min(max(int(a), 0), dim - size)
        for a, dim, size in zip(start_indices, inputs.shape, sizes, strict=True)
    ]


def _block(inputs: Any, start_indices: Any, sizes: Any) -> tuple[Any, ...]:
    starts = _starts(inputs, start_indices, sizes)
    return tuple(
        _slice(a, None if size == -1 else a + size) for a, size in zip(starts, sizes, strict=True)
    )


def slice(inputs: Any, start_indices: Any, shape: Any) -> torch.Tensor:  # noqa: A001
    return inputs[_block(inputs, start_indices, [int(i) for i in shape])]


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> torch.Tensor:
    out = inputs.clone()
    out[_block(inputs, start_indices, updates.shape)] = updates.to(out.dtype)
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


_NAMES = {"max": "amax", "min": "amin", "mul": "prod"}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> torch.Tensor:
    shape, depth = tuple(inputs.shape), indices.shape[-1]
    places = _flat_places(indices, shape)
    rest = shape[depth:]
    flat = inputs.reshape(_math.prod(shape[:depth]), -1)
    updates = updates.to(inputs.dtype).broadcast_to((*indices.shape[:-1], *rest))
    updates = updates.reshape(places.shape[0], -1)
    if reduction is None:
        out = flat.index_copy(0, places, updates)
    elif reduction == "add":
        out = flat.index_add(0, places, updates)
    else:
        places = places[:, None].expand(updates.shape)
        out = flat.scatter_reduce(0, places, updates, _NAMES[reduction], include_self=True)
    return out.reshape(shape)
