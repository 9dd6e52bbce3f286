"""Layers that change the size: Resizing, CenterCrop and RandomCrop."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.limits import BOOL, FILL_VALUE, POSITIVE_INT, one_of
from keras_core.layers.preprocessing import boxes
from keras_core.layers.preprocessing.image_base import ImageLayer
from keras_core.ops.image.resampling import window


class _Sized(ImageLayer):
    """A layer whose images come out in one size."""

    limits = {"height": POSITIVE_INT, "width": POSITIVE_INT}
    height: int
    width: int

    def _image_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        out = list(shape)
        down, right = self._spatial_axes
        out[down], out[right] = self.height, self.width
        return tuple(out)

    def _resized(self, images: Any, interpolation: str, **options: Any) -> Any:
        return ops.image.resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            data_format=self.data_format,
            **options,
        )

    def _on_masks(self, masks: Any, function: Any) -> Any:
        flat = len(masks.shape) == 3
        if flat:
            masks = ops.expand_dims(masks, self._channel_axis)
        done = function(masks)
        return ops.squeeze(done, self._channel_axis) if flat else done

    def _cut(self, images: Any, top: Any, left: Any) -> Any:
        """Of each image the part of the layer's size at a place; sizes may be unknown."""
        down, right = self._spatial_axes
        rows = ops.add(ops.arange(self.height, dtype="int32"), ops.cast(top, "int32"))
        columns = ops.add(ops.arange(self.width, dtype="int32"), ops.cast(left, "int32"))
        return ops.take(ops.take(images, rows, axis=down), columns, axis=right)

    def _boxes(self, bounding_boxes: Any, change: Any) -> Any:
        """Boxes after `change(x or y, axis)`, cut at the new edges."""
        height, width = self._sizes
        form = self.bounding_box_format
        given = ops.cast(bounding_boxes["boxes"], "float32")
        left, top, right, bottom = boxes.to_corners(given, form, height, width)
        corners = (change(left, 1), change(top, 0), change(right, 1), change(bottom, 0))
        return boxes.kept(bounding_boxes, corners, form, self.height, self.width)

    def _boxes_of(self, bounding_boxes: Any, place: Any, size: Any) -> Any:
        """Boxes as seen in the part of the images at a place, of a size, brought to the layer's."""
        scale = [b / a for a, b in zip(size, (self.height, self.width), strict=True)]
        return self._boxes(bounding_boxes, lambda v, axis: (v - place[axis]) * scale[axis])


class Resizing(_Sized):
    """Give images a size. Integers stay integers: they are rounded.

    Args:
        height: height of the result.
        width: width of the result.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5" or "area".
        crop_to_aspect_ratio: whether to cut the middle out in the new proportions first.
        pad_to_aspect_ratio: whether to pad to the new proportions first.
        fill_mode: "constant".
        fill_value: what is padded with.
        antialias: whether to average over more pixels where images become smaller.
        data_format: "channels_last" or "channels_first".
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.Resizing(4, 6)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 4, 6, 3)
    """

    _random = False
    _keeps_integers = True
    limits = {
        "interpolation": one_of("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"),
        "crop_to_aspect_ratio": BOOL,
        "pad_to_aspect_ratio": BOOL,
        "fill_mode": one_of("constant"),
        "fill_value": FILL_VALUE,
        "antialias": BOOL,
    }

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        cropped = self._check("crop_to_aspect_ratio", crop_to_aspect_ratio)
        if cropped and self._check("pad_to_aspect_ratio", pad_to_aspect_ratio):
            raise self._refuse(
                "crop_to_aspect_ratio and pad_to_aspect_ratio", "not be set both", (True, True)
            )
        self._set_up(locals())

    def _options(self) -> dict[str, Any]:
        names = ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "fill_mode", "fill_value")
        return {name: getattr(self, name) for name in names}

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._resized(
            images, self.interpolation, antialias=self.antialias, **self._options()
        )

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The masks in the new size, each pixel the nearest one's."""
        return self._on_masks(
            segmentation_masks, lambda x: self._resized(x, "nearest", **self._options())
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The boxes in the new size."""
        place, size = (0, 0), self._sizes
        if self.crop_to_aspect_ratio or self.pad_to_aspect_ratio:
            place, size = window(size, (self.height, self.width), self.pad_to_aspect_ratio)
        return self._boxes_of(bounding_boxes, place, size)


class CenterCrop(_Sized):
    """Cut the middle out of images; smaller ones are enlarged first, in proportion.

    Args:
        height: height of the result.
        width: width of the result.
        data_format: "channels_last" or "channels_first".
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.CenterCrop(4, 6)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 4, 6, 3)
    """

    _random = False

    def __init__(
        self, height: int, width: int, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _fits(self) -> bool:
        height, width = self._sizes
        return height >= self.height and width >= self.width

    def _place(self) -> tuple[int, int]:
        height, width = self._sizes
        return (height - self.height) // 2, (width - self.width) // 2

    def _middle(self, images: Any, interpolation: str) -> Any:
        if self._fits():
            return self._cut(images, *self._place())
        return self._resized(images, interpolation, crop_to_aspect_ratio=True)

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._middle(images, "bilinear")

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The masks' middles."""
        return self._on_masks(segmentation_masks, lambda x: self._middle(x, "nearest"))

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The boxes as seen in the middles."""
        new = self.height, self.width
        if self._fits():
            return self._boxes_of(bounding_boxes, self._place(), new)
        return self._boxes_of(bounding_boxes, *window(self._sizes, new, pad=False))


class RandomCrop(CenterCrop):
    """Cut a part out of images, at a random place while training, else the middle.

    Smaller images are enlarged first, in proportion.

    Args:
        height: height of the result.
        width: width of the result.
        seed: an int.
        data_format: "channels_last" or "channels_first".
        name: the layer's name.
        **kwargs: bounding_box_format, and dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomCrop(4, 6)(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 4, 6, 3)
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        ImageLayer.__init__(self, name=name, **kwargs)
        self._set_up(locals())
        from keras_core import random

        self.generator = random.SeedGenerator(seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """The place (top, left) to cut at, the same for the batch; None for the middle."""
        images, _ = self._batch(data)
        self._sizes = self._height_width(images)
        if not training or not self._fits():
            return None
        seed = self._source(seed)
        room = [a - b + 1 for a, b in zip(self._sizes, (self.height, self.width), strict=True)]
        chance = [self._uniform(1, (0.0, 1.0), seed)[0] for _ in room]
        return tuple(
            ops.minimum(ops.cast(ops.floor(ops.multiply(c, float(r))), "int32"), r - 1)
            for c, r in zip(chance, room, strict=True)
        )

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        if transformation is None:
            return self._middle(images, "bilinear")
        return self._cut(images, *transformation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The same parts of the masks."""
        if transformation is None:
            return super().transform_segmentation_masks(segmentation_masks)
        return self._on_masks(segmentation_masks, lambda x: self._cut(x, *transformation))

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The boxes as seen in the parts."""
        if transformation is None:
            return super().transform_bounding_boxes(bounding_boxes)
        return self._boxes(
            bounding_boxes, lambda v, axis: v - ops.cast(transformation[axis], "float32")
        )
