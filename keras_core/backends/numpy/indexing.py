"""Native bindings of indexing, scattering and sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends._xp import shaping as _shared

take = np.take
take_along_axis = np.take_along_axis


def get_item(x: Any, key: Any) -> np.ndarray:
    return np.asarray(x[_shared.key_of(np, key)])


def _block(inputs: Any, start_indices: Any, sizes: Any) -> tuple[Any, ...]:
    """The key of a block; one that would reach beyond the end is moved back, as XLA does."""
    starts = [int(i) for i in start_indices]
    ends = [dim if size == -1 else size for dim, size in zip(inputs.shape, sizes, strict=True)]
    starts = [
        a if size == -1 else min(max(a, 0), dim - size)
        for a, dim, size in zip(starts, inputs.shape, sizes, strict=True)
    ]
    return tuple(
        np.s_[a:] if size == -1 else np.s_[a : a + n]
        for a, n, size in zip(starts, ends, sizes, strict=True)
    )


def slice(inputs: Any, start_indices: Any, shape: Any) -> np.ndarray:  # noqa: A001
    return inputs[_block(inputs, start_indices, [int(i) for i in shape])]


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
