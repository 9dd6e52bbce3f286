"""GaussianNoise, GaussianDropout, AlphaDropout."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops, random
from keras_core.layers.base.limits import NOT_NEGATIVE, NUMBER, SEED, Limit
from keras_core.layers.regularization.dropout import NOISE_SHAPE, Noise

SELU_LIMIT = -1.7580993408473766  # what selu tends to far below zero: -scale * alpha
RATE = Limit(
    "be a number from 0 up to, but without, 1",
    lambda v: NUMBER.holds(v) and 0 <= v < 1,
    (-0.1, 1.0, "half", None),
)


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
        rate: as of dropout, from 0 up to, but without, 1.
        seed: an int, or None for the global seed.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if rate is outside of [0, 1).

    Reference:
        Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.GaussianDropout(0.1)(keras.ops.ones((2, 3)), training=True).shape)
    (2, 3)
    """

    limits = {"rate": RATE, "seed": SEED}

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        if rate > 0:
            self._seeded()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
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
        rate: the part, from 0 up to, but without, 1.
        noise_shape: the shape of the random mask, which broadcasts to the inputs'; None for it.
        seed: an int, or None for the global seed.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if rate is outside of [0, 1).

    Reference:
        Klambauer et al., 2017, https://arxiv.org/abs/1706.02515

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.AlphaDropout(0.1)(keras.ops.ones((2, 3)), training=True).shape)
    (2, 3)
    """

    limits = {"rate": RATE, "seed": SEED, "noise_shape": NOISE_SHAPE}

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
        shape = ops.shape(inputs)
        if self.noise_shape is not None:
            given = zip(self.noise_shape, shape, strict=True)
            shape = tuple(n if m is None else m for m, n in given)
        keep = ops.greater_equal(random.uniform(shape, seed=self.seed_generator), self.rate)
        low, rate = SELU_LIMIT, self.rate
        x = ops.where(keep, inputs, ops.cast(low, ops.dtype(inputs)))
        factor = ((1.0 - rate) * (1.0 + rate * low**2)) ** -0.5
        return ops.add(ops.multiply(x, factor), -factor * low * rate)
