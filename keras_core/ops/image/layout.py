"""What image operations share: checking shapes, and moving channels last and back."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import dtypes, errors, settings, shapes
from keras_core.ops import rules


def spatial_axes(images: Any, data_format: str | None, owner: str) -> tuple[str, int, int, int]:
    """The data format, and the axes of height, width and channels.

    Raises:
        ValueError: if the rank is not 3 or 4.
    """
    data_format = settings.standardize_data_format(data_format)
    rank = len(rules.shape_of(images))
    if rank not in (3, 4):
        raise ValueError(errors.message(f"image.{owner}", "images", "have rank 3 or 4", images))
    if data_format == "channels_last":
        return data_format, rank - 3, rank - 2, rank - 1
    return data_format, rank - 2, rank - 1, rank - 3


def check_pixels(images: Any, owner: str, param: str = "images") -> shapes.Shape:
    """The shape of images, of which there may be none, but each has pixels to be looked up.

    Raises:
        ValueError: if an axis other than that of a batch has no elements, or at another rank.
    """
    shape = rules.shape_of(images)
    if len(shape) not in (3, 4):
        raise ValueError(errors.message(f"image.{owner}", param, "have rank 3 or 4", images))
    if 0 in shape[-3:]:
        must = "have a height, a width and channels of at least 1"
        raise ValueError(errors.message(f"image.{owner}", param, must, images))
    return shape


def with_sizes(
    images: Any,
    data_format: str | None,
    owner: str,
    height: int | None = None,
    width: int | None = None,
    channels: int | None = None,
) -> shapes.Shape:
    """The images' shape with other sizes; None keeps one."""
    _, h, w, c = spatial_axes(images, data_format, owner)
    shape = list(rules.shape_of(images))
    for axis, size in ((h, height), (w, width), (c, channels)):
        if size is not None:
            shape[axis] = size
    return tuple(shape)


def to_batch(images: Any, data_format: str | None, owner: str) -> tuple[Any, str, bool]:
    """Images as a batch with channels last; (batch, data format, whether it was one image)."""
    data_format, *_ = spatial_axes(images, data_format, owner)
    check_pixels(images, owner)
    single = len(images.shape) == 3
    if single:
        images = ops.expand_dims(images, 0)
    if data_format == "channels_first":
        images = ops.transpose(images, (0, 2, 3, 1))
    return images, data_format, single


def from_batch(images: Any, data_format: str, single: bool) -> Any:
    """The inverse of `to_batch`."""
    if data_format == "channels_first":
        images = ops.transpose(images, (0, 3, 1, 2))
    return ops.squeeze(images, 0) if single else images


def working(images: Any) -> tuple[Any, str]:
    """Images in a float type, and their own dtype."""
    dtype = ops.dtype(images)
    if dtype in dtypes.FLOAT_TYPES:
        return images, dtype
    return ops.cast(images, "float32"), dtype


def restored(images: Any, dtype: str, halves_up: bool = False) -> Any:
    """Float images in their former dtype: rounded and clipped if it holds integers."""
    if dtype in dtypes.INTS:
        rounded = ops.floor(ops.add(images, 0.5)) if halves_up else ops.round(images)
        return ops.saturate_cast(rounded, dtype)
    return images if ops.dtype(images) == dtype else ops.cast(images, dtype)
