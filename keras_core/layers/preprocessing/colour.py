"""Layers that change colours: brightness, contrast, hue and what goes with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from keras_core import ops
from keras_core.core.limits import FRACTION, SIZES, Limit
from keras_core.layers.preprocessing.image_base import (
    VALUE_RANGE,
    ImageLayer,
    scaled,
    unscaled,
)

_BYTES = (0, 255)


class Colouring(ImageLayer):
    """A change of colours that leaves boxes, masks and labels alone.

    A transformation is a dict of one entry, a number for each image.
    """

    limits = {"value_range": VALUE_RANGE}
    factors = {"factor": (0.0, 1.0, False)}
    _key: ClassVar[str] = "factor"
    factor: Any
    value_range: Any

    def _amounts(self, count: Any, seed: Any) -> Any:
        return self._uniform(count, self.factor, seed)

    def _draw(self, data: Any, seed: Any) -> Any:
        """How much to change each image."""
        return {self._key: self._each(self._amounts(self._batch(data)[1], seed))}

    def _change_images(self, images: Any, transformation: Any) -> Any:
        amount = ops.cast(transformation[self._key], self._amount_dtype(transformation))
        return self._changed(images, amount)

    def _amount_dtype(self, transformation: Any) -> str:
        name = ops.dtype(transformation[self._key])
        return name if name in ("bool", "int32") else self.compute_dtype

    def _changed(self, images: Any, amount: Any) -> Any:
        """The images changed by an amount each."""
        raise NotImplementedError

    def _grey(self, images: Any) -> Any:
        self._need_channels(images, (1, 3))
        return ops.image.rgb_to_grayscale(images, data_format=self.data_format)

    def _need_channels(self, images: Any, counts: tuple[int, ...]) -> None:
        count = images.shape[self._channel_axis]
        if count is not None and count not in counts:
            raise self._refuse(
                "images", f"have {' or '.join(map(str, counts))} channels", tuple(images.shape)
            )

    def _in_hsv(self, images: Any, changed: Callable) -> Any:
        """The images with `changed(hue, saturation, value)`, each from 0 to 1."""
        self._need_channels(images, (3,))
        hsv = ops.image.rgb_to_hsv(scaled(images, self.value_range), data_format=self.data_format)
        parts = changed(*ops.split(hsv, 3, axis=self._channel_axis))
        hsv = ops.concatenate(parts, axis=self._channel_axis)
        rgb = ops.image.hsv_to_rgb(hsv, data_format=self.data_format)
        return unscaled(rgb, self.value_range)

    def _clipped(self, images: Any) -> Any:
        return ops.clip(images, *self.value_range)


class RandomBrightness(Colouring):
    """Make images lighter or darker.

    Args:
        factor: bounds of what is added, as a fraction of the range, from -1 to 1; a number f for
            (-f, f).
        value_range: the range of pixels.
        seed: an int.
        **kwargs: data_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomBrightness(0.2)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    _key = "rgb_delta"
    factors = {"factor": (-1.0, 1.0, True)}

    def __init__(
        self, factor: Any, value_range: Any = _BYTES, seed: int | None = None, **kwargs: Any
    ) -> None:
        data_format = kwargs.pop("data_format", None)
        super().__init__(**kwargs)
        self._set_up(locals())

    def _amounts(self, count: Any, seed: Any) -> Any:
        low, high = self.value_range
        return self._uniform(count, self.factor, seed) * (high - low)

    def _changed(self, images: Any, amount: Any) -> Any:
        return self._clipped(ops.add(images, amount))


class RandomContrast(Colouring):
    """Spread colours away from their mean, or draw them to it.

    Args:
        factor: (lower, upper): distances from the mean are multiplied by a number from
            1 - lower to 1 + upper; a number f for (f, f).
        value_range: the range of pixels.
        seed: an int.
        **kwargs: data_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomContrast(0.2)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    _key = "contrast_factor"

    def __init__(
        self, factor: Any, value_range: Any = _BYTES, seed: int | None = None, **kwargs: Any
    ) -> None:
        data_format = kwargs.pop("data_format", None)
        super().__init__(**kwargs)
        self._set_up(locals())

    def _amounts(self, count: Any, seed: Any) -> Any:
        low, high = self.factor
        return self._uniform(count, (1.0 - low, 1.0 + high), seed)

    def _changed(self, images: Any, amount: Any) -> Any:
        mean = ops.mean(images, axis=self._spatial_axes, keepdims=True)
        return self._clipped(ops.add(ops.multiply(ops.subtract(images, mean), amount), mean))


class RandomHue(Colouring):
    """Turn colours along the colour wheel.

    Args:
        factor: bounds of the turn, from 0 to 1, half a turn either way at the most; a number f
            for (0, f).
        value_range: the range of pixels.
        data_format: "channels_last" or "channels_first".
        seed: an int.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomHue(0.2)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = _BYTES,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _amounts(self, count: Any, seed: Any) -> Any:
        sign = ops.where(self._chosen(count, (0.5, 0.5), seed), -0.5, 0.5)
        return self._uniform(count, self.factor, seed) * sign

    def _changed(self, images: Any, amount: Any) -> Any:
        return self._in_hsv(images, lambda h, s, v: [ops.mod(ops.add(h, amount), 1.0), s, v])


class RandomSaturation(Colouring):
    """Make colours stronger or paler.

    Args:
        factor: bounds from 0 (grey) over 0.5 (as it is) to 1 (full); a number f for (0, f).
        value_range: the range of pixels.
        data_format: "channels_last" or "channels_first".
        seed: an int.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomSaturation(0.2)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = _BYTES,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _amounts(self, count: Any, seed: Any) -> Any:
        share = self._uniform(count, self.factor, seed)
        return ops.divide(share, ops.maximum(ops.subtract(1.0, share), 1e-7))

    def _changed(self, images: Any, amount: Any) -> Any:
        return self._in_hsv(
            images, lambda h, s, v: [h, ops.clip(ops.multiply(s, amount), 0.0, 1.0), v]
        )


class RandomGrayscale(Colouring):
    """Take the colours away, by chance. Images of one channel stay as they are.

    Args:
        factor: the probability.
        data_format: "channels_last" or "channels_first".
        seed: an int.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomGrayscale()(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    limits = {"factor": FRACTION}
    factors = {}
    unsaved = frozenset(("seed",))

    def __init__(
        self,
        factor: float = 0.5,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def get_random_transformation(
        self, images: Any, training: bool = True, seed: Any = None
    ) -> Any:
        """Which images lose their colours; None if not training."""
        return super().get_random_transformation(images, training, seed)

    def transform_labels(self, labels: Any, transformations: Any = None, **kwargs: Any) -> Any:
        return labels

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformations: Any = None, **kwargs: Any
    ) -> Any:
        return segmentation_masks

    def _amounts(self, count: Any, seed: Any) -> Any:
        return self._chosen(count, (self.factor, self.factor), seed)

    def _changed(self, images: Any, amount: Any) -> Any:
        return ops.where(amount, self._grey(images), images)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        """KerasTensors for what comes out."""
        return super().compute_output_spec(inputs, **kwargs)


class RandomInvert(Colouring):
    """Invert colours, by chance.

    Args:
        factor: bounds of the probability; a number f for (0, f).
        value_range: the range of pixels.
        seed: an int.
        data_format: "channels_last" or "channels_first".
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomInvert()(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = _BYTES,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _amounts(self, count: Any, seed: Any) -> Any:
        return self._chosen(count, self.factor, seed)

    def _changed(self, images: Any, amount: Any) -> Any:
        low, high = self.value_range
        return ops.where(amount, ops.subtract(high + low, images), images)


class RandomColorDegeneration(Colouring):
    """Mix images with their grey versions.

    Args:
        factor: bounds of the grey version's share; a number f for (0, f).
        value_range: the range of pixels.
        data_format: "channels_last" or "channels_first".
        seed: an int.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomColorDegeneration(0.5)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = _BYTES,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _changed(self, images: Any, amount: Any) -> Any:
        grey = self._grey(images)
        return self._clipped(ops.add(images, ops.multiply(ops.subtract(grey, images), amount)))


class RandomPosterization(Colouring):
    """Reduce the number of bits of each colour.

    Args:
        factor: bounds of the bits that stay, from 1 to 8; a number f for (1, f).
        value_range: the range of pixels.
        data_format: "channels_last" or "channels_first".
        seed: an int.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomPosterization(3)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    factors = {"factor": (1, 8, False)}

    def __init__(
        self,
        factor: Any,
        value_range: Any = _BYTES,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())
        self.factor = (max(1, self.factor[0]), self.factor[1])

    def _amounts(self, count: Any, seed: Any) -> Any:
        low, high = self.factor
        bits = ops.floor(self._uniform(count, (low, high + 1.0), seed))
        return ops.power(2.0, ops.subtract(8.0, ops.minimum(bits, float(high))))

    def _changed(self, images: Any, amount: Any) -> Any:
        whole = ops.floor(ops.multiply(scaled(images, self.value_range), 255.0))
        steps = ops.multiply(ops.floor(ops.divide(whole, amount)), amount)
        return unscaled(ops.divide(steps, 255.0), self.value_range)


class RandomSharpness(Colouring):
    """Blur or sharpen images.

    Args:
        factor: bounds from 0 (blurred) over 0.5 (as it is) to 1 (sharpened); a number f for
            (0, f).
        value_range: the range of pixels.
        data_format: "channels_last" or "channels_first".
        seed: an int.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomSharpness(0.5)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = _BYTES,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _amounts(self, count: Any, seed: Any) -> Any:
        return self._uniform(count, self.factor, seed) * 2.0

    def _changed(self, images: Any, amount: Any) -> Any:
        # A pixel counts 5 and each neighbour 1: a box of nine, and four times the middle.
        box = images
        for axis in self._spatial_axes:
            pads = [(0, 0)] * 4
            pads[axis] = (1, 1)
            padded, places = ops.pad(box, pads), ops.arange(ops.shape(box)[axis])
            box = ops.add(box, ops.take(padded, places, axis=axis))
            box = ops.add(box, ops.take(padded, ops.add(places, 2), axis=axis))
        smooth = ops.divide(ops.add(box, ops.multiply(images, 4.0)), 13.0)
        return self._clipped(ops.add(smooth, ops.multiply(ops.subtract(images, smooth), amount)))


class RandomGaussianBlur(Colouring):
    """Blur images, by chance.

    Args:
        factor: bounds of the probability; a number f for (0, f).
        kernel_size: height and width of the kernel, an int or two.
        sigma: bounds of the standard deviation in pixels; a number s for (0, s).
        value_range: the range of pixels.
        data_format: "channels_last" or "channels_first".
        seed: an int.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomGaussianBlur()(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    factors = {"factor": (0.0, 1.0, False), "sigma": (0.0, float("inf"), False)}
    limits = {
        "kernel_size": Limit(
            "be a positive int or two of them",
            lambda v: SIZES.holds(v) and (isinstance(v, int) or len(v) == 2),
            (0, "3", (1, 1, 1), None),
            lambda v: (v, v) if isinstance(v, int) else tuple(v),
        )
    }
    kernel_size: tuple[int, int]

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = _BYTES,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _draw(self, data: Any, seed: Any) -> Any:
        """Which images to blur and how much."""
        count = self._batch(data)[1]
        return {
            "should_apply_blur": self._each(self._chosen(count, self.factor, seed)),
            "sigma": self._uniform(count, self.sigma, seed),
        }

    def _change_images(self, images: Any, transformation: Any) -> Any:
        sigma = ops.maximum(ops.cast(transformation["sigma"], self.compute_dtype), 1e-3)
        blurred = images
        for axis, size in zip(self._spatial_axes, self.kernel_size, strict=True):
            blurred = self._along(blurred, axis, size, sigma)
        done = ops.where(transformation["should_apply_blur"], blurred, images)
        return self._clipped(done)

    def _along(self, images: Any, axis: int, size: int, sigma: Any) -> Any:
        """A weighted sum of shifted images: each image has a width of its own."""
        reach = [i - (size - 1) // 2 for i in range(size)]
        weights = [ops.exp(-(i**2) / (2.0 * ops.square(sigma))) for i in reach]
        total = weights[0]
        for weight in weights[1:]:
            total = ops.add(total, weight)
        length = ops.shape(images)[axis]
        pads = [(0, 0)] * 4
        pads[axis] = (-reach[0], reach[-1])
        padded = ops.pad(images, pads)
        out = None
        for i, weight in zip(reach, weights, strict=True):
            places = ops.arange(length) + (i - reach[0])
            part = ops.multiply(
                ops.take(padded, places, axis=axis), self._each(ops.divide(weight, total))
            )
            out = part if out is None else ops.add(out, part)
        return out


class RandomColorJitter(Colouring):
    """Change brightness, contrast, saturation and hue, one after the other.

    Args:
        value_range: the range of pixels.
        brightness_factor: as `RandomBrightness` has it; None for no change.
        contrast_factor: as `RandomContrast` has it.
        saturation_factor: as `RandomSaturation` has it.
        hue_factor: as `RandomHue` has it.
        seed: an int.
        data_format: "channels_last" or "channels_first".
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> jitter = keras.layers.RandomColorJitter(brightness_factor=0.2)
    >>> jitter(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    factors = {}

    def __init__(
        self,
        value_range: Any = _BYTES,
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())
        common = {
            "value_range": value_range, "seed": seed, "data_format": data_format,
            "dtype": self.dtype_policy,
        }  # fmt: skip
        parts = (
            (RandomBrightness, brightness_factor),
            (RandomContrast, contrast_factor),
            (RandomSaturation, saturation_factor),
            (RandomHue, hue_factor),
        )
        self._changes = [make(factor, **common) for make, factor in parts if factor is not None]

    def _draw(self, data: Any, seed: Any) -> Any:
        """What each change is to do."""
        return [one.get_random_transformation(data, True, seed) for one in self._changes]

    def _change_images(self, images: Any, transformation: Any) -> Any:
        for change, amount in zip(self._changes, transformation, strict=True):
            images = change.transform_images(images, amount)
        return images


class Solarization(Colouring):
    """Add to pixels, then invert those from a threshold on.

    Args:
        addition_factor: bounds of what is added, as a fraction of the range; a number f for
            (0, f).
        threshold_factor: bounds of the threshold, as a fraction of the range; a number f for
            (0, f).
        value_range: the range of pixels.
        seed: an int.
        **kwargs: data_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.Solarization(threshold_factor=0.5)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    factors = {"addition_factor": (-1.0, 1.0, False), "threshold_factor": (0.0, 1.0, False)}

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = _BYTES,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        data_format = kwargs.pop("data_format", None)
        super().__init__(**kwargs)
        self._set_up(locals())

    def _draw(self, data: Any, seed: Any) -> Any:
        """What to add and where to invert from, for each image."""
        count = self._batch(data)[1]
        return {
            "additions": self._each(self._uniform(count, self.addition_factor, seed)),
            "thresholds": self._each(self._uniform(count, self.threshold_factor, seed)),
        }

    def _change_images(self, images: Any, transformation: Any) -> Any:
        unit = scaled(images, self.value_range)
        additions, thresholds = (
            ops.cast(transformation[k], self.compute_dtype) for k in ("additions", "thresholds")
        )
        added = ops.clip(ops.add(unit, additions), 0.0, 1.0)
        inverted = ops.subtract(1.0, added)
        over = ops.greater_equal(added, thresholds)
        return unscaled(ops.where(over, inverted, added), self.value_range)


class AutoContrast(Colouring):
    """Stretch each channel of each image over the whole range.

    Args:
        value_range: the range of pixels.
        **kwargs: data_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AutoContrast()(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    _random = False
    factors = {}

    def __init__(self, value_range: Any = _BYTES, **kwargs: Any) -> None:
        data_format = kwargs.pop("data_format", None)
        super().__init__(**kwargs)
        self._set_up(locals())

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        images = ops.cast(images, self.compute_dtype)
        low = ops.min(images, axis=self._spatial_axes, keepdims=True)
        high = ops.max(images, axis=self._spatial_axes, keepdims=True)
        flat = ops.equal(low, high)
        spread = ops.where(flat, ops.ones_like(low), ops.subtract(high, low))
        stretched = ops.divide(ops.subtract(images, low), spread)
        return ops.where(flat, images, unscaled(stretched, self.value_range))
