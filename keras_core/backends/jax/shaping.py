"""Native bindings of creation, rearranging and joining."""

from __future__ import annotations

from functools import partial as _partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends._xp import shaping as _shared
from keras_core.backends.jax import arrays as _arrays
from keras_core.core.dtypes import standardize as _standardize

_NATIVE = _arrays.NATIVE_DTYPES


def _native(dtype: Any) -> Any:
    return _NATIVE[_standardize(dtype)]


# Creation ----------------------------------------------------------------------------------


def zeros(shape: Any, dtype: Any = None) -> jax.Array:
    return jnp.zeros(shape, _native(dtype))


def ones(shape: Any, dtype: Any = None) -> jax.Array:
    return jnp.ones(shape, _native(dtype))


def empty(shape: Any, dtype: Any = None) -> jax.Array:
    return jnp.empty(shape, _native(dtype))


def full(shape: Any, fill_value: Any, dtype: Any = None) -> jax.Array:
    return jnp.full(shape, _arrays.convert_to_tensor(fill_value, dtype), _native(dtype))


def zeros_like(x: Any, dtype: Any = None) -> jax.Array:
    return jnp.zeros_like(x, None if dtype is None else _native(dtype))


def ones_like(x: Any, dtype: Any = None) -> jax.Array:
    return jnp.ones_like(x, None if dtype is None else _native(dtype))


def empty_like(x: Any, dtype: Any = None) -> jax.Array:
    return jnp.empty_like(x, None if dtype is None else _native(dtype))


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> jax.Array:
    return jnp.full_like(x, fill_value, None if dtype is None else _native(dtype))


def arange(start: Any, stop: Any, step: Any, dtype: str) -> jax.Array:
    return jnp.arange(start, stop, step, _native(dtype))


def linspace(
    start: Any,
    stop: Any,
    num: int,
    endpoint: bool,
    retstep: bool,
    dtype: Any,
    axis: int,
) -> Any:
    native = start.dtype if dtype is None else _native(dtype)
    # For integers JAX would compute in float32, whatever the ends are of.
    whole = jnp.issubdtype(native, jnp.integer)
    out, step = jnp.linspace(
        start, stop, num, endpoint, True, start.dtype if whole else native, axis
    )
    if whole:
        out = jnp.floor(out).astype(native)
    return (out, step) if retstep else out


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> jax.Array:
    return jnp.eye(N, M, k, _native(dtype))


# Rearranging -------------------------------------------------------------------------------

reshape = jnp.reshape
ravel = jnp.ravel
transpose = jnp.transpose
squeeze = jnp.squeeze
moveaxis = jnp.moveaxis
swapaxes = jnp.swapaxes
tile = jnp.tile
flip = jnp.flip
roll = _partial(_shared.roll, jnp)
concatenate = jnp.concatenate
stack = jnp.stack
expand_dims = jnp.expand_dims
copy = jnp.copy
split = _partial(_shared.split, jnp)
unstack = _partial(_shared.unstack, jnp)
broadcast_to = _partial(_shared.broadcast_to, jnp)


@_partial(jax.jit, static_argnums=1, inline=True)
def _padded(x: Any, pad_width: Any, value: Any = None) -> jax.Array:
    value = jnp.zeros((), x.dtype) if value is None else value
    for axis, (before, after) in enumerate(pad_width):  # XLA copies faster an axis at a time
        if before or after:
            around = [(0, 0, 0)] * x.ndim
            around[axis] = (before, after, 0)
            x = jax.lax.pad(x, value, around)
    return x


def pad(x: Any, pad_width: Any, mode: str, constant_values: Any) -> jax.Array:
    if mode == "constant" and (constant_values is None or constant_values.ndim == 0):
        return _padded(x, pad_width, constant_values)  # `jnp.pad` takes four times as long
    return _shared.pad(jnp, x, pad_width, mode, constant_values)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> jax.Array:
    if isinstance(repeats, (int, np.integer, jax.core.Tracer)):
        return jnp.repeat(x, repeats, axis)
    repeats = np.asarray(repeats)
    if repeats.dtype == bool:
        repeats = repeats.astype("int32")
    if repeats.ndim == 0 and repeats.dtype.kind in "iu":
        return jnp.repeat(x, int(repeats), axis)
    total = None if repeats.size == 1 else int(repeats.sum())
    return jnp.repeat(x, repeats, axis, total_repeat_length=total)


def view(x: Any, dtype: Any = None) -> jax.Array:
    return x if dtype is None else x.view(_native(dtype))


def saturate_cast(x: Any, dtype: str) -> jax.Array:
    target = _standardize(dtype)
    return _shared.saturated(jnp, x, _arrays.dtype_name(x), target, _native(dtype))
