"""Random numbers of JAX: Threefry, keyed by the two integers of a seed."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends.jax.arrays import NATIVE_DTYPES
from keras_core.core import bernoulli, scopes

_ONE_MORE = np.array([0, 1], np.uint32)


def new_state(variable: type, value: np.ndarray, name: str) -> Any:
    """A SeedGenerator's state."""
    return variable(value.astype(np.uint32), dtype="uint32", trainable=False, name=name)


@functools.partial(jax.jit, inline=True)
def _advanced(state: Any) -> Any:
    return state + _ONE_MORE


def take(state: Any) -> Any:
    """The seed that a state holds; the state counts one up."""
    value = state.tensor
    if scopes.watched:
        state.assign(_advanced(value))
    else:
        state._direct_assign(_advanced(value))
    return value


def as_tensor(seed: Any) -> Any:
    """A seed as the public tensor of two integers."""
    return jnp.asarray(seed, jnp.uint32)


def tracing() -> bool:
    """Whether code runs to be compiled, so that what changes outside changes only once."""
    return not _eager()


def _find_eager() -> Any:
    from jax._src import core

    return getattr(core, "trace_state_clean", lambda: True)


_eager = _find_eager()


def default_generator(make: Any) -> Any:
    """The generator behind `seed=None`."""
    return make()


def seed_framework(seed: int) -> None:
    """JAX keeps no random state of its own."""


def _key(seed: Any) -> Any:
    return jax.random.wrap_key_data(jnp.asarray(seed, jnp.uint32), impl="threefry2x32")


def _compiled(*static: int) -> Any:
    return functools.partial(jax.jit, static_argnums=static, inline=True)


@_compiled(0, 3)
def uniform(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    native = NATIVE_DTYPES[dtype]
    x = jax.random.uniform(_key(seed), shape, native, minval, maxval)
    # A sum may round up to the excluded end.
    return jnp.where(x < jnp.asarray(maxval, native), x, jnp.asarray(minval, native))


@_compiled(0, 3)
def normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    native = NATIVE_DTYPES[dtype]
    x = jax.random.normal(_key(seed), shape, native)
    return (x * stddev + mean).astype(native)


@_compiled(0, 3)
def truncated_normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    native = NATIVE_DTYPES[dtype]
    x = jax.random.truncated_normal(_key(seed), -2.0, 2.0, shape, native)
    return (x * stddev + mean).astype(native)


@_compiled(0, 3)
def _randint(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    return jax.random.randint(_key(seed), shape, minval, maxval, NATIVE_DTYPES[dtype])


def randint(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    if isinstance(minval, (int, float)):
        minval = np.asarray(int(minval))
    if isinstance(maxval, (int, float)):
        maxval = np.asarray(int(maxval))
    return _randint(shape, minval, maxval, dtype, seed)


@_compiled(1, 2)
def categorical(logits: Any, num_samples: int, dtype: str, seed: Any) -> Any:
    drawn = jax.random.categorical(_key(seed), logits, shape=(num_samples, logits.shape[0]))
    return drawn.T.astype(NATIVE_DTYPES[dtype])


@_compiled(0, 3)
def binomial(shape: Any, counts: Any, probabilities: Any, dtype: str, seed: Any) -> Any:
    x = jax.random.binomial(_key(seed), counts, probabilities, shape)
    return x.astype(NATIVE_DTYPES[dtype])


@_compiled(0, 3)
def beta(shape: Any, alpha: Any, beta: Any, dtype: str, seed: Any) -> Any:
    return jax.random.beta(_key(seed), alpha, beta, shape).astype(NATIVE_DTYPES[dtype])


@_compiled(0, 2)
def gamma(shape: Any, alpha: Any, dtype: str, seed: Any) -> Any:
    return jax.random.gamma(_key(seed), alpha, shape).astype(NATIVE_DTYPES[dtype])


def dropout(inputs: Any, rate: float, noise_shape: Any, seed: Any) -> Any:
    return _dropout(inputs, rate, noise_shape or inputs.shape, seed)


@_compiled(1, 2)
def _dropout(x: Any, rate: float, shape: Any, seed: Any) -> Any:
    if rate == 1:
        return jnp.zeros_like(x)
    bits, threshold = bernoulli.lanes(rate)
    size = int(np.prod(shape))
    # Words are cut into lanes: a toss seldom needs all of the 32 bits that it costs to draw.
    per_word = 32 // bits
    words = jax.random.bits(_key(seed), (-(-size // per_word),), jnp.uint32)
    lane = {8: jnp.uint8, 16: jnp.uint16, 32: jnp.uint32}[bits]
    tosses = words if bits == 32 else jax.lax.bitcast_convert_type(words, lane)
    keep = tosses.reshape(-1)[:size].reshape(shape) >= np.asarray(threshold, lane)
    scale = np.asarray(1 / (1 - threshold / 2**bits), x.dtype)
    return jnp.where(keep, x * scale, np.zeros((), x.dtype))


@_compiled(1)
def shuffle(x: Any, axis: int, seed: Any) -> Any:
    return jax.random.permutation(_key(seed), x, axis)
