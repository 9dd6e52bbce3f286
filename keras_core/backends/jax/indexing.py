"""Native bindings of indexing, scattering and sorting."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends._xp import shaping as _shared

take = jnp.take
take_along_axis = jnp.take_along_axis


def get_item(x: Any, key: Any) -> jax.Array:
    return x[_shared.key_of(np, key)]


def slice(inputs: Any, start_indices: Any, shape: Any) -> jax.Array:  # noqa: A001
    sizes = [int(i) for i in shape]
    if -1 in sizes:
        sizes = [
            dim - int(start_indices[axis]) if size == -1 else size
            for axis, (size, dim) in enumerate(zip(sizes, inputs.shape, strict=True))
        ]
    return jax.lax.dynamic_slice(inputs, list(start_indices), sizes)


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> jax.Array:
    return jax.lax.dynamic_update_slice(inputs, updates.astype(inputs.dtype), list(start_indices))


def scatter(indices: Any, values: Any, shape: Any) -> jax.Array:
    return jnp.zeros(shape, values.dtype).at[_shared.paths(jnp, indices)].add(values)


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> jax.Array:
    at = inputs.at[_shared.paths(jnp, indices)]
    updates = updates.astype(inputs.dtype)
    if reduction is None:
        return at.set(updates)
    return getattr(at, reduction)(updates)
