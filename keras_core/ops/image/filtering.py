"""Blurring, edges, and the structural similarity of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.core import errors, shapes
from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, op
from keras_core.ops.image import layout


def gaussian(size: int, sigma: float) -> np.ndarray:
    """Weights of a normal distribution at `size` places around the middle, of sum 1."""
    places = np.arange(size) - (size - 1) / 2
    weights = np.exp(-0.5 * (places / sigma) ** 2)
    return weights / weights.sum()


def separable(x: Any, rows: Any, columns: Any, padding: str = "same") -> Any:
    """Filter a batch (channels last) with one set of weights down and another one across."""
    channels, dtype = ops.shape(x)[-1], ops.dtype(x)

    def kernel(weights: Any, shape: tuple[int, ...]) -> Any:
        weights = ops.reshape(ops.convert_to_tensor(weights, dtype=dtype), (*shape, 1, 1))
        return ops.tile(weights, (1, 1, channels, 1))

    x = ops.depthwise_conv(x, kernel(rows, (len(rows), 1)), 1, padding, "channels_last")
    return ops.depthwise_conv(x, kernel(columns, (1, len(columns))), 1, padding, "channels_last")


def _pair(value: Any, owner: str, name: str) -> tuple[Any, Any]:
    found = (value, value) if isinstance(value, (int, float)) else tuple(value)
    if len(found) != 2 or any(v <= 0 for v in found):
        raise ValueError(errors.message(f"image.{owner}", name, "be two positive numbers", value))
    return found


def _blurred_shape(images: Any, kernel_size: Any, sigma: Any, *_: Any) -> shapes.Shape:
    _pair(kernel_size, "gaussian_blur", "kernel_size")
    _pair(sigma, "gaussian_blur", "sigma")
    return layout.check_pixels(images, "gaussian_blur")


@op(shape=_blurred_shape, dtype=rules.keep)
def gaussian_blur(
    images: TensorLike,
    kernel_size: Sequence[int] = (3, 3),
    sigma: Sequence[float] = (1.0, 1.0),
    data_format: str | None = None,
) -> Tensor:
    """Means of neighbouring pixels with the weights of a normal distribution; zeros outside.

    Args:
        images: an image or a batch of them.
        kernel_size: height and width of the neighbourhood.
        sigma: standard deviations down and across, in pixels.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images of the same shape and dtype.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.image.gaussian_blur(keras.ops.ones((1, 5, 5, 3))).shape)
    (1, 5, 5, 3)
    """
    height, width = _pair(kernel_size, "gaussian_blur", "kernel_size")
    down, across = _pair(sigma, "gaussian_blur", "sigma")
    x, dtype = layout.working(images)
    x, data_format, single = layout.to_batch(x, data_format, "gaussian_blur")
    x = separable(x, gaussian(height, down), gaussian(width, across))
    return layout.from_batch(layout.restored(x, dtype), data_format, single)


def _edges_shape(images: Any, data_format: str | None = None) -> shapes.Shape:
    layout.spatial_axes(images, data_format, "sobel_edges")
    layout.check_pixels(images, "sobel_edges")
    return (*rules.shape_of(images), 2)


@op(shape=_edges_shape, dtype=rules.floating)
def sobel_edges(images: TensorLike, data_format: str | None = None) -> Tensor:
    """How images change downwards and to the right, after Sobel; mirrored at the border.

    Args:
        images: an image or a batch of them.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images with one more axis at the end: the change down, and the change to the right.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.image.sobel_edges(keras.ops.ones((1, 5, 5, 3))).shape)
    (1, 5, 5, 3, 2)
    """
    x, data_format, single = layout.to_batch(images, data_format, "sobel_edges")
    x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    change, smooth = (-1.0, 0.0, 1.0), (1.0, 2.0, 1.0)
    down = layout.from_batch(separable(x, change, smooth, "valid"), data_format, single)
    right = layout.from_batch(separable(x, smooth, change, "valid"), data_format, single)
    return ops.stack([down, right], axis=-1)


def _ssim_shape(
    image1: Any,
    image2: Any,
    max_val: float,
    filter_size: int,
    filter_sigma: float,
    k1: float,
    k2: float,
    data_format: str | None,
) -> shapes.Shape:
    a, b = rules.shape_of(image1), rules.shape_of(image2)
    if len(a) not in (3, 4) or not shapes.compatible(a, b):
        raise ValueError(
            "image.ssim: image1 and image2 must have the same shape, of rank 3 or 4. Received: "
            f"shapes {a} and {b}"
        )
    _, h, w, _ = layout.spatial_axes(image1, data_format, "ssim")
    layout.check_pixels(image1, "ssim", "image1")
    if any(size is not None and size < filter_size for size in (a[h], a[w])):
        must = f"be at most as large as the images, which have shape {a}"
        raise ValueError(errors.message("image.ssim", "filter_size", must, filter_size))
    return a[:1] if len(a) == 4 else ()


@op(shape=_ssim_shape, dtype=rules.floating)
def ssim(
    image1: TensorLike,
    image2: TensorLike,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """Structural similarity: how alike two images are in brightness, contrast and structure.

    Args:
        image1: an image or a batch of them.
        image2: images of the same shape.
        max_val: the largest value that a pixel can have.
        filter_size: of the Gaussian window in which images are compared.
        filter_sigma: its standard deviation.
        k1: keeps the comparison of brightness stable where it is dark.
        k2: keeps the comparison of contrast stable where there is none.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        A number for each image, 1 for equal ones.

    Raises:
        ValueError: if the shapes differ or are smaller than the window.

    Reference:
        Wang et al., 2004, https://doi.org/10.1109/TIP.2003.819861

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((2, 16, 16, 3))
    >>> keras.ops.convert_to_numpy(keras.ops.image.ssim(x, x)).tolist()
    [1.0, 1.0]
    """
    _ssim_shape(image1, image2, max_val, filter_size, filter_sigma, k1, k2, data_format)
    x, _, single = layout.to_batch(image1, data_format, "ssim")
    y, _, _ = layout.to_batch(image2, data_format, "ssim")
    weights = gaussian(filter_size, filter_sigma)

    def local_mean(z: Any) -> Any:
        return separable(z, weights, weights, "valid")

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_x, mean_y = local_mean(x), local_mean(y)
    product = ops.multiply(mean_x, mean_y)
    squares = ops.add(ops.square(mean_x), ops.square(mean_y))
    covariance = ops.subtract(local_mean(ops.multiply(x, y)), product)
    variances = ops.subtract(local_mean(ops.add(ops.square(x), ops.square(y))), squares)
    luminance = ops.divide(ops.add(ops.multiply(product, 2.0), c1), ops.add(squares, c1))
    contrast = ops.divide(ops.add(ops.multiply(covariance, 2.0), c2), ops.add(variances, c2))
    out = ops.mean(ops.multiply(luminance, contrast), axis=(1, 2, 3))
    return ops.squeeze(out, 0) if single else out
