"""Layers that move pixels: flips, rotations, zooms, translations and shears."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops, random
from keras_core.core.limits import FILL_VALUE, FRACTION, one_of
from keras_core.layers.preprocessing import boxes
from keras_core.layers.preprocessing.image_base import (
    FILL_MODE,
    INTERPOLATION,
    VALUE_RANGE,
    ImageLayer,
)
from keras_core.ops.image.warping import displaced, projective_map


class Warping(ImageLayer):
    """A random affine map for each image: images, masks and boxes follow the same one.

    A transformation is a dict with "map": (batch, 6), or (batch, 8) in perspective, which takes
    places of the result to places of the image, as `ops.image.affine_transform` has it.
    """

    limits = {"fill_mode": FILL_MODE, "interpolation": INTERPOLATION, "fill_value": FILL_VALUE}
    fill_mode = "reflect"
    interpolation = "bilinear"
    fill_value = 0.0

    def _map(self, count: Any, height: Any, width: Any, seed: Any) -> list[Any]:
        """a0, a1, a2, b0, b1, b2 of the map, and c0, c1 in perspective, each of shape (batch,)."""
        raise NotImplementedError

    def _draw(self, data: Any, seed: Any) -> Any:
        """A map for each image."""
        images, count = self._batch(data)
        height, width = self._height_width(images)
        height, width = ops.cast(height, "float32"), ops.cast(width, "float32")
        return {"map": ops.stack(self._map(count, height, width, seed), axis=-1)}

    def _warp(self, images: Any, transformation: Any, interpolation: str, mode: str) -> Any:
        full = transformation["map"]
        if full.shape[-1] == 6:
            full = ops.concatenate([full, ops.zeros_like(full[..., :2])], axis=-1)
        return ops.image.affine_transform(
            images, full, interpolation, mode, self.fill_value, self.data_format
        )

    def _change_images(self, images: Any, transformation: Any) -> Any:
        return self._warp(images, transformation, self.interpolation, self.fill_mode)

    def _change_masks(self, segmentation_masks: Any, transformation: Any) -> Any:
        """The masks under the same maps, each pixel the nearest one's."""
        flat = len(segmentation_masks.shape) == 3
        masks = segmentation_masks
        if flat:
            masks = ops.expand_dims(masks, self._channel_axis)
        masks = ops.cast(
            self._warp(ops.cast(masks, "float32"), transformation, "nearest", self.fill_mode),
            masks.dtype,
        )
        return ops.squeeze(masks, self._channel_axis) if flat else masks

    def _change_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        """The boxes around where the maps take the corners, cut at the image's edges."""
        height, width = self._sizes
        given = ops.cast(bounding_boxes["boxes"], "float32")
        left, top, right, bottom = boxes.to_corners(given, self.bounding_box_format, height, width)
        # The map takes the result's pixels to the image's: corners go the other way. Boxes
        # count from the edge of the first pixel, maps from its middle.
        given_map = transformation["map"]
        # In two steps: TensorFlow's optimizer loses the new axis of `stack(...)[..., i, None]`.
        entries = [ops.expand_dims(given_map[..., i], -1) for i in range(given_map.shape[-1])]
        a0, a1, a2, b0, b1, b2 = entries[:6]
        c0, c1 = entries[6:] or (0, 0)
        xs, ys = [], []
        for x, y in ((left, top), (right, top), (left, bottom), (right, bottom)):
            u, v = x - 0.5, y - 0.5
            # By the adjugate of the map's matrix.
            depth = (b0 * c1 - b1 * c0) * u + (a1 * c0 - a0 * c1) * v + a0 * b1 - a1 * b0
            column = (b1 - b2 * c1) * u + (a2 * c1 - a1) * v + a1 * b2 - a2 * b1
            row = (b2 * c0 - b0) * u + (a0 - a2 * c0) * v + a2 * b0 - a0 * b2
            xs.append(column / depth + 0.5)
            ys.append(row / depth + 0.5)
        xs, ys = ops.stack(xs), ops.stack(ys)
        around = (ops.min(xs, 0), ops.min(ys, 0), ops.max(xs, 0), ops.max(ys, 0))
        return boxes.kept(bounding_boxes, around, self.bounding_box_format, height, width)


class RandomFlip(Warping):
    """Mirror images, each by chance.

    Args:
        mode: "horizontal", "vertical" or "horizontal_and_vertical".
        seed: an int.
        data_format: "channels_last" or "channels_first".
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if the mode is unknown.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomFlip("horizontal")(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    limits = {"mode": one_of("horizontal", "vertical", "horizontal_and_vertical")}

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _map(self, count: Any, height: Any, width: Any, seed: Any) -> list[Any]:
        zero = ops.zeros((count,))
        across, down = zero, zero
        if "horizontal" in self.mode:
            across = ops.cast(self._chosen(count, (0.5, 0.5), seed), "float32")
        if "vertical" in self.mode:
            down = ops.cast(self._chosen(count, (0.5, 0.5), seed), "float32")
        return [
            1 - 2 * across, zero, across * (width - 1),
            zero, 1 - 2 * down, down * (height - 1),
        ]  # fmt: skip

    def _change_images(self, images: Any, transformation: Any) -> Any:
        for axis, entry in zip(self._spatial_axes, (4, 0), strict=True):
            flip = ops.less(self._each(transformation["map"][..., entry]), 0)
            images = ops.where(flip, ops.flip(images, axis), images)
        return images


class RandomRotation(Warping):
    """Rotate images around their middles.

    Args:
        factor: bounds of the angle as a fraction of a full turn, counterclockwise; a number f
            for (-f, f).
        fill_mode: what comes from outside: "constant", "nearest", "wrap", "mirror", "reflect".
        interpolation: "nearest" or "bilinear".
        seed: an int.
        fill_value: for "constant".
        data_format: "channels_last" or "channels_first".
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomRotation(0.1)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    factors = {"factor": (-1.0, 1.0, True)}

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _map(self, count: Any, height: Any, width: Any, seed: Any) -> list[Any]:
        angle = self._uniform(count, self.factor, seed) * (2 * math.pi)
        cos, sin = ops.cos(angle), ops.sin(angle)
        x, y = (width - 1) / 2, (height - 1) / 2
        return [cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y]


class RandomTranslation(Warping):
    """Shift images.

    Args:
        height_factor: bounds of the shift down as a fraction of the height; a number f for
            (-f, f).
        width_factor: bounds of the shift to the right as a fraction of the width.
        fill_mode: what comes from outside: "constant", "nearest", "wrap", "mirror", "reflect".
        interpolation: "nearest" or "bilinear".
        seed: an int.
        fill_value: for "constant".
        data_format: "channels_last" or "channels_first".
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomTranslation(0.1, 0.1)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._down = self._bounds("height_factor", height_factor, -1.0, 1.0, mirrored=True)
        self._right = self._bounds("width_factor", width_factor, -1.0, 1.0, mirrored=True)
        self._set_up(locals())

    def _map(self, count: Any, height: Any, width: Any, seed: Any) -> list[Any]:
        down = self._uniform(count, self._down, seed) * height
        right = self._uniform(count, self._right, seed) * width
        one, zero = ops.ones_like(down), ops.zeros_like(down)
        return [one, zero, -right, zero, one, -down]


class RandomZoom(Warping):
    """Zoom in and out.

    Args:
        height_factor: bounds of the zoom, as a fraction added to 1: above 0 for out, below for
            in; a number f for (-f, f).
        width_factor: the same for the width; None: the height's, which keeps proportions.
        fill_mode: what comes from outside: "constant", "nearest", "wrap", "mirror", "reflect".
        interpolation: "nearest" or "bilinear".
        seed: an int.
        fill_value: for "constant".
        data_format: "channels_last" or "channels_first".
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomZoom(0.2)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._down = self._bounds("height_factor", height_factor, -1.0, 10.0, mirrored=True)
        self._right = None
        if width_factor is not None:
            self._right = self._bounds("width_factor", width_factor, -1.0, 10.0, mirrored=True)
        self._set_up(locals())

    def _map(self, count: Any, height: Any, width: Any, seed: Any) -> list[Any]:
        down = self._uniform(count, self._down, seed) + 1.0
        right = down if self._right is None else self._uniform(count, self._right, seed) + 1.0
        zero = ops.zeros_like(down)
        x, y = (width - 1) / 2, (height - 1) / 2
        return [right, zero, x - right * x, zero, down, y - down * y]


class RandomShear(Warping):
    """Shear images.

    Args:
        x_factor: bounds of the shift to the right, as a fraction of the distance down; a number f
            for (-f, f). Half of the images are sheared the other way on both axes.
        y_factor: bounds of the shift down, as a fraction of the distance to the right.
        interpolation: "nearest" or "bilinear".
        fill_mode: what comes from outside: "constant", "nearest", "wrap", "mirror", "reflect".
        fill_value: for "constant".
        data_format: "channels_last" or "channels_first".
        seed: an int.
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomShear(0.2)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    factors = {"x_factor": (0.0, 1.0, True), "y_factor": (0.0, 1.0, True)}

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _map(self, count: Any, height: Any, width: Any, seed: Any) -> list[Any]:
        way = ops.where(self._chosen(count, (0.5, 0.5), seed), 1.0, -1.0)
        x = ops.multiply(self._uniform(count, self.x_factor, seed), way)
        y = ops.multiply(self._uniform(count, self.y_factor, seed), way)
        one, zero = ops.ones_like(x), ops.zeros_like(x)
        return [one, x, zero, y, one, zero]


class RandomPerspective(Warping):
    """Show images in perspective, each by chance.

    The corners but the first one are moved, each along both axes.

    Args:
        factor: bounds of the probability; a number f for (0, f).
        scale: how far corners are moved at the most, as a fraction of twice the image's size.
        interpolation: "nearest" or "bilinear".
        fill_value: what comes from outside.
        seed: an int.
        data_format: "channels_last" or "channels_first".
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomPerspective(scale=0.3)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    limits = {"scale": FRACTION}
    factors = {"factor": (0.0, 1.0, False)}
    fill_mode = "constant"
    scale: float

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _map(self, count: Any, height: Any, width: Any, seed: Any) -> list[Any]:
        right, bottom = ops.subtract(width, 1.0), ops.subtract(height, 1.0)
        zero = ops.zeros_like(right)
        corners = ops.stack([zero, zero, right, zero, zero, bottom, right, bottom])
        start = ops.broadcast_to(ops.reshape(corners, (1, 4, 2)), (count, 4, 2))
        half = self.scale / 2
        moved = random.uniform((count, 4, 2), 1 - half, 1 + half, seed=self._source(seed))
        chosen = ops.reshape(self._chosen(count, self.factor, seed), (-1, 1, 1))
        end = ops.where(chosen, ops.multiply(start, moved), start)
        return ops.unstack(projective_map(start, end), 8, axis=-1)


class RandomElasticTransform(ImageLayer):
    """Shift every pixel by a smooth random distance, as if images were printed on rubber.

    The distances are drawn for a coarse grid and interpolated in between.

    Args:
        factor: bounds of the probability; a number f for (0, f).
        scale: bounds of how far pixels go; with 1 it is 3 % of the image's smaller side on the
            average. A number s for (0, s).
        interpolation: "nearest" or "bilinear".
        fill_mode: what comes from outside: "constant", "nearest", "wrap", "mirror", "reflect".
        fill_value: for "constant".
        value_range: the range of pixels.
        seed: an int.
        data_format: "channels_last" or "channels_first".
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Reference:
        Ronneberger et al., 2015, "U-Net: convolutional networks for biomedical image
        segmentation"

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomElasticTransform(scale=0.5)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    limits = {
        "fill_mode": FILL_MODE,
        "interpolation": INTERPOLATION,
        "fill_value": FILL_VALUE,
        "value_range": VALUE_RANGE,
    }
    factors = {"factor": (0.0, 1.0, False), "scale": (0.0, 1.0, False)}
    _grid = 8
    _reach = 0.04
    factor: Any
    scale: Any
    interpolation: str
    fill_mode: str
    fill_value: float
    value_range: Any

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _draw(self, data: Any, seed: Any) -> Any:
        """How far pixels go, down and across: (batch, height, width)."""
        seed = self._source(seed)
        images, count = self._batch(data)
        sizes = self._height_width(images)
        noise = random.normal((count, self._grid, self._grid, 2), seed=seed)
        chosen = ops.cast(self._chosen(count, self.factor, seed), "float32")
        side = ops.cast(ops.minimum(*sizes), "float32")
        amount = ops.multiply(self._uniform(count, self.scale, seed), chosen)
        amount = ops.multiply(amount, ops.multiply(side, self._reach))
        smooth = ops.image.resize(noise, sizes, "bicubic", data_format="channels_last")
        shift = ops.multiply(smooth, self._each(amount))
        return {"down": shift[..., 0], "across": shift[..., 1]}

    def _shifted(self, images: Any, transformation: Any, interpolation: str) -> Any:
        down, across = transformation["down"], transformation["across"]
        return displaced(
            images, down, across, interpolation, self.fill_mode, self.fill_value, self.data_format
        )

    def _change_images(self, images: Any, transformation: Any) -> Any:
        moved = self._shifted(images, transformation, self.interpolation)
        return ops.clip(moved, *self.value_range)

    def _change_masks(self, segmentation_masks: Any, transformation: Any) -> Any:
        """The masks with the same shifts, each pixel the nearest one's."""
        flat = len(segmentation_masks.shape) == 3
        masks = segmentation_masks
        if flat:
            masks = ops.expand_dims(masks, self._channel_axis)
        moved = self._shifted(ops.cast(masks, "float32"), transformation, "nearest")
        moved = ops.cast(moved, masks.dtype)
        return ops.squeeze(moved, self._channel_axis) if flat else moved

    def _change_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        """Refused while training: what is shifted smoothly stays no box."""
        raise NotImplementedError(f"{self._owner} cannot change bounding boxes.")
