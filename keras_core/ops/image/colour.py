"""Conversions between colour spaces."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core import ops
from keras_core.core import dtypes, errors, shapes
from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, op
from keras_core.ops.image import layout

# ITU-R BT.601: how bright the eye takes red, green and blue to be.
_LUMA = np.array([[0.2989], [0.587], [0.114]])


def _channels(
    images: Any, data_format: str | None, owner: str, counts: tuple[int, ...] = (3,)
) -> int:
    *_, axis = layout.spatial_axes(images, data_format, owner)
    count = rules.shape_of(images)[axis]
    if count is not None and count not in counts:
        must = f"have {' or '.join(map(str, counts))} channels"
        raise ValueError(errors.message(f"image.{owner}", "images", must, images))
    return axis


def _gray_shape(images: Any, data_format: str | None = None) -> shapes.Shape:
    _channels(images, data_format, "rgb_to_grayscale", (1, 3))
    return layout.with_sizes(images, data_format, "rgb_to_grayscale", channels=1)


@op(shape=_gray_shape, dtype=rules.keep)
def rgb_to_grayscale(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Brightness of coloured images, after ITU-R BT.601.

    Args:
        images: images with 3 channels, or with one, which stay as they are.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images with one channel, of the same dtype.

    Raises:
        ValueError: if there are neither 3 channels nor one.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.image.rgb_to_grayscale(keras.ops.ones((2, 4, 4, 3))).shape)
    (2, 4, 4, 1)
    """
    axis = _channels(images, data_format, "rgb_to_grayscale", (1, 3))
    if rules.shape_of(images)[axis] == 1:
        return ops.convert_to_tensor(images)
    x, dtype = layout.working(images)
    weights = ops.convert_to_tensor(_LUMA, dtype=ops.dtype(x))
    # A matrix product: a tenth of the time of a sum over the short axis.
    found = ops.tensordot(x, weights, axes=[[axis], [0]])
    if axis != len(found.shape) - 1:
        found = ops.moveaxis(found, -1, axis)
    return found if ops.dtype(found) == dtype else ops.cast(found, dtype)


def _same(owner: str) -> Any:
    def shape(images: Any, data_format: str | None = None) -> shapes.Shape:
        _channels(images, data_format, owner)
        return rules.shape_of(images)

    return shape


def _floats(images: Any, owner: str) -> None:
    if ops.dtype(images) not in dtypes.FLOAT_TYPES:
        raise ValueError(
            errors.message(
                f"image.{owner}", "images", "have a float dtype", images, "Scale to [0, 1] first."
            )
        )


@op(shape=_same("rgb_to_hsv"), dtype=rules.keep)
def rgb_to_hsv(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Hue, saturation and value, each from 0 to 1, of red, green and blue from 0 to 1.

    Args:
        images: float images with 3 channels.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: if there are not 3 channels, or the dtype is not a float type.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.image.rgb_to_hsv([[[0.0, 1.0, 0.0]]])
    >>> keras.ops.convert_to_numpy(x).round(3).tolist()
    [[[0.3330000042915344, 1.0, 1.0]]]
    """
    axis = _channels(images, data_format, "rgb_to_hsv")
    _floats(images, "rgb_to_hsv")
    r, g, b = ops.unstack(images, 3, axis=axis)
    value = ops.maximum(ops.maximum(r, g), b)
    spread = ops.subtract(value, ops.minimum(ops.minimum(r, g), b))
    flat = ops.equal(spread, 0.0)
    divisor = ops.where(flat, ops.ones_like(spread), spread)
    dark = ops.equal(value, 0.0)
    saturation = ops.divide(spread, ops.where(dark, ops.ones_like(value), value))
    # Which sixth of the circle, from the largest component; red before green before blue.
    of_red = ops.divide(ops.subtract(g, b), divisor)
    of_green = ops.add(ops.divide(ops.subtract(b, r), divisor), 2.0)
    of_blue = ops.add(ops.divide(ops.subtract(r, g), divisor), 4.0)
    hue = ops.where(ops.equal(value, r), of_red, ops.where(ops.equal(value, g), of_green, of_blue))
    hue = ops.multiply(ops.where(flat, ops.zeros_like(hue), hue), 1.0 / 6.0)
    hue = ops.where(ops.less(hue, 0.0), ops.add(hue, 1.0), hue)
    return ops.stack([hue, saturation, value], axis=axis)


@op(shape=_same("hsv_to_rgb"), dtype=rules.keep)
def hsv_to_rgb(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Red, green and blue of hue, saturation and value; the inverse of `rgb_to_hsv`.

    Args:
        images: float images with 3 channels.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: if there are not 3 channels, or the dtype is not a float type.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.image.hsv_to_rgb([[[0.0, 1.0, 0.5]]])
    >>> keras.ops.convert_to_numpy(x).tolist()
    [[[0.5, 0.0, 0.0]]]
    """
    axis = _channels(images, data_format, "hsv_to_rgb")
    _floats(images, "hsv_to_rgb")
    hue, saturation, value = ops.unstack(images, 3, axis=axis)
    turn = ops.multiply(hue, 6.0)

    def component(start: float, slope: float, middle: float) -> Any:
        # A trapezoid around the circle: 1 for two sixths, sloping for one on either side.
        distance = ops.absolute(ops.subtract(turn, middle))
        lit = ops.clip(ops.add(ops.multiply(distance, slope), start), 0.0, 1.0)
        return ops.multiply(value, ops.add(ops.multiply(ops.subtract(lit, 1.0), saturation), 1.0))

    red, green, blue = (
        component(*c) for c in ((-1.0, 1.0, 3.0), (2.0, -1.0, 2.0), (2.0, -1.0, 4.0))
    )
    return ops.stack([red, green, blue], axis=axis)
