"""Random numbers of NumPy: Philox, keyed by the two integers of a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.numpy.arrays import NATIVE_DTYPES
from keras_core.core import bernoulli


def new_state(variable: type, value: np.ndarray, name: str) -> Any:
    """A SeedGenerator's state."""
    return variable(value.astype(np.uint32), dtype="uint32", trainable=False, name=name)


def take(state: Any) -> Any:
    """The seed that a state holds; the state counts one up."""
    value = state.tensor
    state.assign(value + np.array([0, 1], np.uint32))
    return value


def as_tensor(seed: Any) -> Any:
    """A seed as the public tensor of two integers."""
    return np.array(seed, np.uint32)


def tracing() -> bool:
    """NumPy compiles nothing."""
    return False


def default_generator(make: Any) -> Any:
    """The generator behind `seed=None`."""
    return make()


def seed_framework(seed: int) -> None:
    """Nothing but NumPy's global state, which is seeded for every backend."""


def _rng(seed: Any) -> np.random.Generator:
    high, low = (int(s) for s in seed)
    return np.random.Generator(np.random.Philox(key=high << 64 | low))


def _wide(dtype: str) -> Any:
    return np.float64 if dtype == "float64" else np.float32


def uniform(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    x = _rng(seed).random(shape, dtype=_wide(dtype))
    x *= np.asarray(maxval - minval, x.dtype)
    x += np.asarray(minval, x.dtype)
    x = np.asarray(x, NATIVE_DTYPES[dtype])
    # A sum, or a number in fewer bits, may round up to the excluded end.
    low, high = np.asarray(minval, x.dtype), np.asarray(maxval, x.dtype)
    np.copyto(x, low, where=(x >= high) & (low <= high))
    return x


def normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    x = _rng(seed).standard_normal(shape, dtype=_wide(dtype))
    return (x * stddev + mean).astype(NATIVE_DTYPES[dtype], copy=False)


def truncated_normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    rng = _rng(seed)
    x = np.asarray(rng.standard_normal(shape, dtype=_wide(dtype)))
    flat = x.reshape(-1)
    outside = np.flatnonzero(np.abs(flat) > 2)
    while outside.size:
        flat[outside] = rng.standard_normal(outside.size, dtype=x.dtype)
        outside = outside[np.abs(flat[outside]) > 2]
    return (x * stddev + mean).astype(NATIVE_DTYPES[dtype], copy=False)


def randint(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    wide = np.uint64 if dtype == "uint64" else np.int64
    return _rng(seed).integers(minval, maxval, shape, dtype=wide).astype(NATIVE_DTYPES[dtype])


def categorical(logits: Any, num_samples: int, dtype: str, seed: Any) -> Any:
    noise = _rng(seed).gumbel(size=(logits.shape[0], num_samples, logits.shape[1]))
    return np.argmax(logits[:, None] + noise, axis=-1).astype(NATIVE_DTYPES[dtype])


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: str, seed: Any) -> Any:
    x = _rng(seed).binomial(np.asarray(counts, np.int64), probabilities, shape)
    return np.asarray(x, NATIVE_DTYPES[dtype])


def beta(shape: Any, alpha: Any, beta: Any, dtype: str, seed: Any) -> Any:
    return np.asarray(_rng(seed).beta(alpha, beta, shape), NATIVE_DTYPES[dtype])


def gamma(shape: Any, alpha: Any, dtype: str, seed: Any) -> Any:
    return np.asarray(_rng(seed).standard_gamma(alpha, shape), NATIVE_DTYPES[dtype])


def dropout(inputs: Any, rate: float, noise_shape: Any, seed: Any) -> Any:
    if rate == 1:
        return np.zeros_like(inputs)
    bits, threshold = bernoulli.lanes(rate)
    lane = {8: np.uint8, 16: np.uint16, 32: np.uint32}[bits]
    shape = inputs.shape if noise_shape is None else noise_shape
    keep = _rng(seed).integers(0, 2**bits, shape, dtype=lane) >= threshold
    scale = np.asarray(1 / (1 - threshold / 2**bits), inputs.dtype)
    return inputs * (keep * scale)


def shuffle(x: Any, axis: int, seed: Any) -> Any:
    return _rng(seed).permutation(x, axis)
