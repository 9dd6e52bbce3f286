"""Dropout and its kin: random parts of the inputs set to zero while training."""

from __future__ import annotations

from typing import Any

from keras_core import random
from keras_core.core import settings, shapes
from keras_core.core.limits import DATA_FORMAT, FRACTION, SEED, SHAPE, optional
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer
from keras_core.layers.base.structures import goes_with

NOISE_SHAPE = optional(SHAPE)


class Noise(OptionsLayer):
    """A layer that does something random while training and nothing else."""

    passes_masks = True

    noise_shape: tuple[int | None, ...] | None = None

    def _shape_of_noise(self, inputs: Any) -> tuple[int | None, ...] | None:
        """`noise_shape` with an entry for each axis of the inputs, which it broadcasts to."""
        noise, rank = self.noise_shape, len(inputs.shape)
        if noise is None:
            return None
        if len(noise) > rank or not goes_with(noise, tuple(inputs.shape)):
            must = f"be 1, None or the inputs' size along each axis of {tuple(inputs.shape)}"
            raise self._refuse("noise_shape", must, noise)
        return (1,) * (rank - len(noise)) + tuple(noise)

    def _seeded(self) -> None:
        """Make the seed generator, if anything random will be drawn."""
        self.seed_generator = random.SeedGenerator(self.seed)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return tuple(input_shape)


class Dropout(Noise):
    """Set a random part of the inputs to 0 while training, and scale up the rest.

    Args:
        rate: the part that becomes 0, from 0 to 1. What remains is divided by `1 - rate`.
        noise_shape: the shape of the random mask, with 1 along axes that share their fate and
            None for the inputs' own sizes; it broadcasts to the inputs'. None for a mask of the
            inputs' shape.
        seed: an int, or None for the global seed.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if rate is outside of [0, 1].

    Reference:
        Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.Dropout(0.5)(keras.ops.ones((1, 9)), training=True)
    >>> set(keras.ops.convert_to_numpy(y).ravel().tolist()) <= {0.0, 2.0}
    True
    """

    limits = {"rate": FRACTION, "seed": SEED, "noise_shape": NOISE_SHAPE}

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        if noise_shape is not None:
            self.noise_shape = tuple(noise_shape)
        if rate > 0:
            self._seeded()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training and self.rate > 0:
            noise = self._shape_of_noise(inputs)
            return random.dropout(inputs, self.rate, noise, self.seed_generator)
        return inputs


class SpatialDropout(Noise):
    """Whole channels set to 0 at random."""

    rank: int
    limits = {"rate": FRACTION, "seed": SEED, "data_format": DATA_FORMAT}

    def _configure(self, values: Any) -> None:
        self._set_options(values)
        self.data_format = settings.standardize_data_format(values["data_format"])
        self.input_spec = InputSpec(ndim=self.rank + 2)
        if self.rate > 0:
            self._seeded()

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("trainable")  # the constructor of Keras 3 does not take it
        return config

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training and self.rate > 0:
            ones = (1,) * self.rank
            last = self.data_format == "channels_last"
            noise = (None, *ones, None) if last else (None, None, *ones)
            return random.dropout(inputs, self.rate, noise, self.seed_generator)
        return inputs


class SpatialDropout1D(SpatialDropout):
    """Set whole channels of sequences to 0 at random while training.

    Args:
        rate: the part that becomes 0, from 0 to 1.
        seed: an int, or None for the global seed.
        name: a string without "/".
        dtype: the dtype policy.
        **kwargs: `trainable` of `Layer`.

    Raises:
        ValueError: if rate is outside of [0, 1].

    Reference:
        Tompson et al., 2015, https://arxiv.org/abs/1411.4280

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.SpatialDropout1D(0.5)(keras.ops.ones((2, 4, 3))).shape)
    (2, 4, 3)
    """

    rank = 1

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        self._configure({"rate": rate, "seed": seed, "data_format": "channels_last"})


class SpatialDropout2D(SpatialDropout):
    """Set whole channels of images to 0 at random while training.

    Args:
        rate: the part that becomes 0, from 0 to 1.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        seed: an int, or None for the global seed.
        name: a string without "/".
        dtype: the dtype policy.
        **kwargs: `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Reference:
        Tompson et al., 2015, https://arxiv.org/abs/1411.4280

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.SpatialDropout2D(0.5)(keras.ops.ones((2, 4, 4, 3))).shape)
    (2, 4, 4, 3)
    """

    rank = 2

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        self._configure(locals())


class SpatialDropout3D(SpatialDropout):
    """Set whole channels of volumes to 0 at random while training.

    Args:
        rate: the part that becomes 0, from 0 to 1.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        seed: an int, or None for the global seed.
        name: a string without "/".
        dtype: the dtype policy.
        **kwargs: `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Reference:
        Tompson et al., 2015, https://arxiv.org/abs/1411.4280

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.SpatialDropout3D(0.5)(keras.ops.ones((2, 4, 4, 4, 3))).shape)
    (2, 4, 4, 4, 3)
    """

    rank = 3

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        self._configure(locals())
