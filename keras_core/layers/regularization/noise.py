"""GaussianNoise, GaussianDropout, AlphaDropout."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops, random
from keras_core.core.limits import FRACTION, NOT_NEGATIVE, SEED
from keras_core.layers.regularization.dropout import NOISE_SHAPE, Noise

SELU_LIMIT = -1.7580993408473766  # what selu tends to far below zero: -scale * alpha


class GaussianNoise(Noise):
    """Add normal noise while training.

    Args:
        stddev: its standard deviation.
        seed: an int, or None for the global seed.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if stddev is negative.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.GaussianNoise(0.1)(keras.ops.ones((2, 3)), training=True).shape)
    (2, 3)
    """

    limits = {"stddev": NOT_NEGATIVE, "seed": SEED}

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        if stddev > 0:
            self._seeded()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.stddev == 0:
            return inputs
        noise = random.normal(
            ops.shape(inputs),
            stddev=self.stddev,
            dtype=self.compute_dtype,
            seed=self.seed_generator,
        )
        return ops.add(inputs, noise)


class GaussianDropout(Noise):
    """Multiply by normal noise of mean 1 while training.

    Its variance, `rate / (1 - rate)`, is that of dropout.

    Args:
        rate: as of dropout. With 1 the layer cannot train: the variance would have no end.
        seed: an int, or None for the global seed.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if rate is outside of [0, 1].

    Reference:
        Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.GaussianDropout(0.1)(keras.ops.ones((2, 3)), training=True).shape)
    (2, 3)
    """

    limits = {"rate": FRACTION, "seed": SEED}

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        if rate > 0:
            self._seeded()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        if self.rate == 1:
            raise self._refuse("rate", "be below 1 while training", self.rate)
        noise = random.normal(
            ops.shape(inputs),
            mean=1.0,
            stddev=math.sqrt(self.rate / (1.0 - self.rate)),
            dtype=self.compute_dtype,
            seed=self.seed_generator,
        )
        return ops.multiply(inputs, noise)


class AlphaDropout(Noise):
    """Dropout that keeps mean and variance, for `selu`.

    A random part becomes the value that `selu` tends to far below zero; then all is scaled and
    shifted so that mean 0 and variance 1 stay.

    Args:
        rate: the part, from 0 to 1.
        noise_shape: the shape of the random mask, which broadcasts to the inputs'; None for it.
        seed: an int, or None for the global seed.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if rate is outside of [0, 1].

    Reference:
        Klambauer et al., 2017, https://arxiv.org/abs/1706.02515

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.AlphaDropout(0.1)(keras.ops.ones((2, 3)), training=True).shape)
    (2, 3)
    """

    limits = {"rate": FRACTION, "seed": SEED, "noise_shape": NOISE_SHAPE}

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        if rate > 0:
            self._seeded()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        if self.rate == 1:  # what the values below tend to
            return ops.zeros_like(inputs)
        shape, noise = ops.shape(inputs), self._shape_of_noise(inputs)
        if noise is not None:
            shape = tuple(n if m is None else m for m, n in zip(noise, shape, strict=True))
        keep = ops.greater_equal(random.uniform(shape, seed=self.seed_generator), self.rate)
        low, rate = SELU_LIMIT, self.rate
        x = ops.where(keep, inputs, ops.cast(low, ops.dtype(inputs)))
        factor = ((1.0 - rate) * (1.0 + rate * low**2)) ** -0.5
        return ops.add(ops.multiply(x, factor), -factor * low * rate)
