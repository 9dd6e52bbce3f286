"""Resizing, and scaling with a shift, by one matrix of weights an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.core import errors, resampling, shapes
from keras_core.ops import rules
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, op
from keras_core.ops.image import layout


def _resample_spec(images: Any, height: int, width: int, *_: Any) -> KerasTensor:
    shape = rules.shape_of(images)
    return KerasTensor((shape[0], height, width, shape[3]), images.dtype)


@op(spec=_resample_spec)
def _resample(
    images: TensorLike, height: int, width: int, interpolation: str, antialias: bool
) -> Tensor:
    """Float images `(batch, height, width, channels)` in another size."""
    dtype = ops.dtype(images)
    for axis, target in ((1, height), (2, width)):
        size = images.shape[axis]
        if size is None:
            raise ValueError("image.resize: the images' height and width must be known.")
        if size == target:
            continue
        if interpolation == "nearest":
            index = np.floor((np.arange(target) + 0.5) * (size / target)).astype("int32")
            images = ops.take(images, np.minimum(index, size - 1), axis=axis)
            continue
        weights = resampling.weights(size, target, interpolation, antialias)
        weights = ops.convert_to_tensor(weights, dtype=dtype)
        pattern = "bhwc,oh->bowc" if axis == 1 else "bhwc,ow->bhoc"
        images = ops.einsum(pattern, images, weights)
    return images


def _size(size: Any) -> tuple[int, int]:
    found = tuple(size) if isinstance(size, (tuple, list)) else ()
    if len(found) != 2 or any(int(v) != v or v < 1 for v in found):
        raise ValueError(errors.message("image.resize", "size", "be two positive ints", size))
    return int(found[0]), int(found[1])


def _resize_shape(
    images: Any,
    size: Any,
    interpolation: str,
    antialias: bool,
    crop_to_aspect_ratio: bool,
    pad_to_aspect_ratio: bool,
    fill_mode: str,
    fill_value: float,
    data_format: str | None,
) -> shapes.Shape:
    height, width = _size(size)
    if interpolation not in resampling.INTERPOLATIONS:
        raise ValueError(
            errors.message(
                "image.resize",
                "interpolation",
                f"be one of {resampling.INTERPOLATIONS}",
                interpolation,
            )
        )
    if fill_mode != "constant":
        raise ValueError(errors.message("image.resize", "fill_mode", "be 'constant'", fill_mode))
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "image.resize: only one of crop_to_aspect_ratio and pad_to_aspect_ratio may be True."
        )
    found = layout.with_sizes(images, data_format, "resize", height, width)
    layout.check_pixels(images, "resize")
    return found


@op(shape=_resize_shape, dtype=rules.keep)
def resize(
    images: TensorLike,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Give images another height and width.

    Args:
        images: an image or a batch of them.
        size: height and width.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5" or "area".
        antialias: whether to average over more pixels when images become smaller.
        crop_to_aspect_ratio: whether to cut the images' middle out in the new aspect ratio first.
        pad_to_aspect_ratio: whether to pad them to the new aspect ratio first.
        fill_mode: "constant".
        fill_value: what they are padded with.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images of the same dtype; integers are rounded and clipped to their range. How far NaN and
        infinity reach is the framework's: to pixels near by, or along their rows and columns.

    Raises:
        ValueError: for an unknown interpolation or fill mode, or both aspect ratio options.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.image.resize(keras.ops.ones((1, 8, 6, 3)), (4, 4)).shape)
    (1, 4, 4, 3)
    """
    _resize_shape(
        images, size, interpolation, antialias, crop_to_aspect_ratio, pad_to_aspect_ratio,
        fill_mode, fill_value, data_format,
    )  # fmt: skip
    height, width = _size(size)
    x, data_format, single = layout.to_batch(images, data_format, "resize")
    if crop_to_aspect_ratio or pad_to_aspect_ratio:
        x = _reshaped(x, height, width, pad_to_aspect_ratio, fill_value)
    x, dtype = layout.working(x)
    x = _resample(x, height, width, interpolation, antialias)
    return layout.from_batch(layout.restored(x, dtype), data_format, single)


def _reshaped(x: Any, height: int, width: int, pad: bool, fill_value: float) -> Any:
    """Batches cut, or padded, to the aspect ratio `height / width`."""
    _, old_height, old_width, _ = ops.shape(x)
    (top, left), (tall, wide) = window((old_height, old_width), (height, width), pad)
    if pad:
        pads = ((0, 0), (-top, -top), (-left, -left), (0, 0))
        return ops.pad(x, pads, mode="constant", constant_values=fill_value)
    return x[:, top : top + tall, left : left + wide]


def window(
    old: tuple[Any, Any], new: tuple[int, int], pad: bool
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """The middle of an image that has the aspect ratio of a new size.

    Args:
        old: height and width of the image; scalar tensors where known only at run time.
        new: height and width of the new size.
        pad: whether all of the image is in it, so that it reaches beyond the image's edges.

    Returns:
        Its first row and column, negative if it is padded, and its height and width.
    """
    known = all(isinstance(size, int) for size in old)
    larger, smaller = (max, min) if known else (ops.maximum, ops.minimum)
    fits = old[1] * new[0] // new[1], old[0] * new[1] // new[0]
    if pad:  # as much on either side
        more = [(larger(size, fit) - size) // 2 for size, fit in zip(old, fits, strict=True)]
        return (-more[0], -more[1]), (old[0] + 2 * more[0], old[1] + 2 * more[1])
    tall, wide = (larger(1, smaller(size, fit)) for size, fit in zip(old, fits, strict=True))
    return ((old[0] - tall) // 2, (old[1] - wide) // 2), (tall, wide)


def _scaled_spec(images: Any, output_shape: Any, *rest: Any) -> KerasTensor:
    shape, old = tuple(int(n) for n in output_shape), rules.shape_of(images)
    moved = shapes.axis_tuple(tuple(rest[2]), len(old))
    kept = [i for i in range(len(old)) if i not in moved]
    if len(shape) != len(old) or any(old[i] not in (None, shape[i]) for i in kept):
        raise ValueError(
            "image.scale_and_translate: output_shape must be the shape of images but for the axes "
            f"in spatial_dims. Received: output_shape={shape}, images of shape {old}, "
            f"spatial_dims={tuple(rest[2])}"
        )
    return KerasTensor(shape, getattr(images, "dtype", "float32"))


@op(spec=_scaled_spec)
def scale_and_translate(
    images: TensorLike,
    output_shape: Sequence[int],
    scale: TensorLike,
    translation: TensorLike,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> Tensor:
    """Resample some axes scaled and shifted: place `x` of the input goes to `x * scale + shift`.

    Args:
        images: a float tensor.
        output_shape: of the result, for all axes.
        scale: a factor for each of `spatial_dims`.
        translation: a shift, in pixels of the result, for each of `spatial_dims`.
        spatial_dims: the axes.
        method: "linear", "cubic", "lanczos3" or "lanczos5" (or "bilinear", "bicubic" ...).
        antialias: whether to average over more pixels when the scale is below 1.

    Returns:
        A tensor of `output_shape`, 0 where the input does not reach.

    Raises:
        ValueError: for an unknown method, or an `output_shape` that differs from that of
            `images` in other axes.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((4, 4, 1))
    >>> y = keras.ops.image.scale_and_translate(
    ...     x, (8, 8, 1), [2.0, 2.0], [0.0, 0.0], (0, 1), "linear"
    ... )
    >>> tuple(y.shape)
    (8, 8, 1)
    """
    kernel = resampling.METHODS.get(method)
    if kernel is None:
        raise ValueError(
            errors.message(
                "image.scale_and_translate",
                "method",
                f"be one of {tuple(resampling.METHODS)}",
                method,
            )
        )
    _scaled_spec(images, output_shape, scale, translation, spatial_dims)
    x, dtype = layout.working(images)
    real = ops.dtype(x)
    scale, translation = ops.cast(scale, real), ops.cast(translation, real)
    for i, axis in enumerate(spatial_dims):
        size, target = ops.shape(x)[axis], int(output_shape[axis])
        reach = size if isinstance(size, int) else ops.cast(size, real)
        step = ops.divide(1.0, scale[i])
        places = ops.multiply(ops.arange(target, dtype=real) + 0.5 - translation[i], step) - 0.5
        stretch = ops.maximum(step, 1.0) if antialias else 1.0
        pixels = ops.arange(size, dtype=real)
        weights = resampling.matrix(ops, places, pixels, reach, kernel, stretch)
        x = ops.moveaxis(ops.matmul(ops.moveaxis(x, axis, -1), ops.transpose(weights)), -1, axis)
    return layout.restored(x, dtype)
