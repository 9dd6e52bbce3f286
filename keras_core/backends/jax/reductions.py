"""Native bindings of the reductions."""

from __future__ import annotations

import math
from functools import partial as _partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends._xp import reductions as _xp
from keras_core.backends.jax.arrays import native_dtype as _native
from keras_core.core import shapes as _shapes

sum = _xp.bind_same(jnp.sum)
mean = _xp.bind(jnp.mean)
nanmean = _xp.bind(jnp.nanmean)
var = _xp.bind(jnp.var)
max = _xp.bind_extremum(jnp.max)
min = _xp.bind_extremum(jnp.min)
amax = _xp.bind(jnp.max)
amin = _xp.bind(jnp.min)
ptp = _xp.bind(jnp.ptp)
all = _xp.bind(jnp.all)
any = _xp.bind(jnp.any)
_INT32 = np.dtype(np.int32)


def _arg(function: Any) -> Any:
    jitted = jax.jit(
        lambda x, axis, keepdims: jax.lax.convert_element_type(
            function(x, axis=axis, keepdims=keepdims), _INT32
        ),
        static_argnums=(1, 2),
    )

    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return jitted(x, axis, keepdims)

    return run


argmax = _arg(jnp.argmax)
argmin = _arg(jnp.argmin)


def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    if dtype is not None:
        native = _native(dtype)
    elif x.dtype.itemsize < 4 and x.dtype.kind in "biu":
        native = np.dtype(np.uint32) if x.dtype.kind == "u" else _INT32
    else:
        native = x.dtype
    axis = tuple(axis) if axis.__class__ is list else axis
    return jnp.prod(x, axis=axis, dtype=native, keepdims=keepdims)


def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    return jnp.cumsum(x, axis, dtype=_xp.cumulative_dtype(x, dtype, _native, _INT32))


@_partial(jax.custom_jvp, nondiff_argnums=(1,))
def _running(x: Any, axis: int) -> Any:
    """Running products, of which nothing flows back where nothing comes in.

    By JAX's own gradient 0 times a factor that is infinite is NaN.
    """
    return jax.lax.cumprod(x, axis)


@_running.defjvp
def _slope_of_running(axis: int, given: Any, slopes: Any) -> Any:
    def products(x: Any) -> Any:
        return jax.lax.associative_scan(_times, x, axis=axis)

    return jax.jvp(products, given, slopes)


@jax.custom_jvp
def _times(x: Any, y: Any) -> Any:
    return x * y


@_times.defjvp
def _slope_of_times(given: Any, slopes: Any) -> Any:
    x, y = given
    return x * y, _scaled(slopes[0], y) + _scaled(slopes[1], x)


def _scaled(slope: Any, factor: Any) -> Any:
    """Their product. Infinity as two finite factors: it is infinite again, but for a slope of 0."""
    most = jnp.finfo(factor.dtype).max
    far = jnp.isinf(factor)
    return slope * jnp.where(far, jnp.sign(factor) * most, factor) * jnp.where(far, most, 1)


def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    native = _xp.cumulative_dtype(x, dtype, _native, _INT32)
    if native.kind not in "fV":
        return jnp.cumprod(x, axis, dtype=native)
    x = x.astype(native)
    if axis is None:
        x, axis = x.reshape(-1), 0
    return _running(x, _shapes.axis_index(axis, x.ndim))


def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    if isinstance(x, jax.core.Tracer):
        size = minlength  # the values are unknown
        if size == 0:
            raise ValueError("bincount: minlength must be given where the values are traced.")
    else:
        size = int(np.maximum(minlength, int(x.max()) + 1 if x.size else 0))
    found = _bincount(x, weights, size)
    if sparse:
        from jax.experimental import sparse as jax_sparse

        return jax_sparse.BCOO.fromdense(found)
    return found


def _count(x: Any, weights: Any, size: int) -> Any:
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    ones = jnp.ones(rows.shape, _INT32) if weights is None else weights.reshape(rows.shape)
    zeros = jnp.zeros((rows.shape[0], size), ones.dtype)
    found = zeros.at[jnp.arange(rows.shape[0])[:, None], rows].add(ones, mode="drop")
    return found.reshape(*x.shape[:-1], size)


_bincount = jax.jit(_count, static_argnums=2)


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    if sorted_sequence.ndim != 1:
        raise ValueError(
            "searchsorted: sorted_sequence must be a vector. "
            f"Received: shape {sorted_sequence.shape}"
        )
    return jnp.searchsorted(sorted_sequence, values, side=side)
