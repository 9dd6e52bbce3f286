"""Random numbers of TensorFlow: its stateless generators, keyed by the two integers of a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from keras_core.backends.tensorflow import replicas
from keras_core.backends.tensorflow.arrays import NATIVE_DTYPES, scalar
from keras_core.backends.tensorflow.datasets import seed_framework as seed_framework
from keras_core.core import bernoulli


def new_state(variable: type, value: np.ndarray, name: str) -> Any:
    """A SeedGenerator's state; int64, for which TensorFlow has kernels everywhere."""
    return variable(value.astype(np.int64), dtype="int64", trainable=False, name=name)


def take(state: Any) -> Any:
    """The seed that a state holds; the state counts one up."""
    value = state.tensor
    state.assign(value + tf.constant([0, 1], tf.int64))
    return value


def as_tensor(seed: Any) -> Any:
    """A seed as the public tensor of two integers."""
    return tf.convert_to_tensor(seed)


def tracing() -> bool:
    """Whether assignments to variables would be lost: in a graph they are part of it."""
    return False


def default_generator(make: Any) -> Any:
    """The generator behind `seed=None`."""
    with tf.init_scope():
        return make()


def _seed(seed: Any) -> Any:
    seed = tf.convert_to_tensor(seed.astype(np.int64) if isinstance(seed, np.ndarray) else seed)
    return replicas.own_seed(seed)


def _wide(dtype: str) -> Any:
    return tf.float64 if dtype == "float64" else tf.float32


def uniform(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    native = NATIVE_DTYPES[dtype]
    x = tf.random.stateless_uniform(shape, _seed(seed), dtype=native)
    low, high = scalar(minval, native), scalar(maxval, native)
    x = x * (high - low) + low
    # A sum may round up to the excluded end.
    return tf.where((x < high) | (high < low), x, low)


def normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    native = NATIVE_DTYPES[dtype]
    x = tf.random.stateless_normal(shape, _seed(seed), dtype=native)
    return x * scalar(stddev, native) + scalar(mean, native)


def truncated_normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    native = NATIVE_DTYPES[dtype]
    x = tf.random.stateless_truncated_normal(shape, _seed(seed), dtype=native)
    return x * scalar(stddev, native) + scalar(mean, native)


def randint(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    native = NATIVE_DTYPES[dtype]
    wide = tf.int64 if dtype in ("int64", "uint64", "uint32") else tf.int32
    low, high = scalar(minval, wide), scalar(maxval, wide)
    return tf.cast(tf.random.stateless_uniform(shape, _seed(seed), low, high, wide), native)


def categorical(logits: Any, num_samples: int, dtype: str, seed: Any) -> Any:
    native = NATIVE_DTYPES[dtype]
    if num_samples == 1:  # as language models draw: the kernel for any number is not part of XLA
        wide = tf.float64 if logits.dtype == tf.float64 else tf.float32
        least = wide.as_numpy_dtype(np.finfo(wide.as_numpy_dtype).tiny)
        share = tf.random.stateless_uniform(tf.shape(logits), _seed(seed), least, 1, wide)
        # The largest of logits with Gumbel's noise (Maddison et al., 2014, "A* sampling").
        noise = -tf.math.log(-tf.math.log(share))
        best = tf.argmax(tf.cast(logits, wide) + noise, -1, tf.int64)
        return tf.cast(best[:, None], native)
    drawn = tf.random.stateless_categorical(logits, num_samples, _seed(seed), tf.int64)
    return tf.cast(drawn, native)


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: str, seed: Any) -> Any:
    drawn = tf.random.stateless_binomial(shape, _seed(seed), counts, probabilities, _wide(dtype))
    return tf.cast(drawn, NATIVE_DTYPES[dtype])


def beta(shape: Any, alpha: Any, beta: Any, dtype: str, seed: Any) -> Any:
    # x / (x + y) of two gamma variables; in float64, where small alphas don't underflow.
    seed = _seed(seed)
    x = tf.random.stateless_gamma(shape, seed, tf.cast(alpha, tf.float64), dtype=tf.float64)
    other = seed + tf.constant([1, 2**31], seed.dtype)
    y = tf.random.stateless_gamma(shape, other, tf.cast(beta, tf.float64), dtype=tf.float64)
    return tf.cast(x / (x + y), NATIVE_DTYPES[dtype])


def gamma(shape: Any, alpha: Any, dtype: str, seed: Any) -> Any:
    drawn = tf.random.stateless_gamma(shape, _seed(seed), alpha, dtype=_wide(dtype))
    return tf.cast(drawn, NATIVE_DTYPES[dtype])


def dropout(inputs: Any, rate: float, noise_shape: Any, seed: Any) -> Any:
    if rate == 1:
        return tf.zeros_like(inputs)
    # Words cut into lanes: a toss seldom needs all of the 32 bits that it costs to draw.
    bits, threshold = bernoulli.lanes(rate)
    static = inputs.shape if noise_shape is None else tf.TensorShape(noise_shape)
    shape = (
        static
        if static.is_fully_defined()
        else (tf.shape(inputs) if noise_shape is None else tf.stack(noise_shape))
    )
    size = tf.reduce_prod(shape) if tf.is_tensor(shape) else static.num_elements()
    per_word = 32 // bits
    words = tf.random.stateless_uniform([-(-size // per_word)], _seed(seed), None, None, tf.int32)
    # Lanes are signed: the threshold is counted from the lowest number.
    lane = {8: tf.int8, 16: tf.int16, 32: tf.int32}[bits]
    tosses = tf.reshape(words if bits == 32 else tf.bitcast(words, lane), [-1])
    tosses = tf.reshape(tosses[:size], shape)
    keep = tosses >= tf.constant(threshold - 2 ** (bits - 1), lane)
    scale = tf.constant(1 / (1 - threshold / 2**bits), inputs.dtype)
    out = inputs * (tf.cast(keep, inputs.dtype) * scale)
    out.set_shape(inputs.shape)
    return out


def shuffle(x: Any, axis: int, seed: Any) -> Any:
    size = x.shape[axis] if x.shape[axis] is not None else tf.shape(x)[axis]
    order = tf.random.experimental.stateless_shuffle(tf.range(size), _seed(seed))
    return tf.gather(x, order, axis=axis)
