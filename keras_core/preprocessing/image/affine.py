"""Single images, as arrays, moved and shaded: what `ImageDataGenerator` is made of.

SciPy moves pixels and Pillow changes brightness; both are imported when they are used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core.core.errors import message, missing_package
from keras_core.utils.images import array_to_img, img_to_array, pil_image

FILL_MODES = ("constant", "nearest", "reflect", "wrap")


def apply_affine_transform(
    x: np.ndarray,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """Rotate, shift, shear and zoom an image, about its middle.

    Args:
        x: an image, of rank 3.
        theta: degrees to rotate by, against the clock.
        tx: how many columns further right to look; things move left.
        ty: how many rows further down to look; things move up.
        shear: degrees to shear by.
        zx: how many times as many columns are seen; above 1 things become narrower.
        zy: how many times as many rows are seen.
        row_axis: the axis of rows.
        col_axis: the axis of columns.
        channel_axis: the axis of channels.
        fill_mode: what is outside: "constant", "nearest", "reflect" or "wrap".
        cval: what is outside, for "constant".
        order: of the splines between pixels, 0 to 5; 1 is bilinear.

    Returns:
        An image of the same shape and dtype.

    Raises:
        ImportError: if SciPy is not installed.
        ValueError: for an array of another rank, axes that are not three, or another mode.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> x = np.arange(4.0).reshape(1, 2, 2)
    >>> keras.preprocessing.image.apply_affine_transform(x, theta=90)
    array([[[1., 3.],
            [0., 2.]]])
    """
    owner = "apply_affine_transform"
    x = np.asarray(x)
    if x.ndim != 3:
        raise ValueError(message(owner, "x", "be an image, of rank 3", x))
    axes = [row_axis % 3, col_axis % 3, channel_axis % 3]
    if sorted(axes) != [0, 1, 2]:
        raise ValueError(
            message(owner, "row_axis, col_axis and channel_axis", "be the three axes", axes)
        )
    if fill_mode not in FILL_MODES:
        raise ValueError(message(owner, "fill_mode", f"be one of {FILL_MODES}", fill_mode))
    matrix = np.eye(3)
    if theta:
        angle = math.radians(theta)
        cos, sin = math.cos(angle), math.sin(angle)
        matrix = matrix @ [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]
    if tx or ty:
        matrix = matrix @ [[1, 0, tx], [0, 1, ty], [0, 0, 1]]
    if shear:
        angle = math.radians(shear)
        matrix = matrix @ [[1, -math.sin(angle), 0], [0, math.cos(angle), 0], [0, 0, 1]]
    if zx != 1 or zy != 1:
        matrix = matrix @ np.diag([zx, zy, 1])
    if (matrix == np.eye(3)).all():
        return x
    try:
        from scipy import ndimage
    except ImportError:
        raise missing_package("scipy", owner) from None
    channels = x.transpose(axes[2], axes[0], axes[1])
    middle = np.array([(size - 1) / 2 for size in channels.shape[1:]])
    turn = matrix[1::-1, 1::-1]  # rows, then columns, where the matrix has x, then y
    offset: Any = matrix[1::-1, 2] + middle - turn @ middle
    moved = [
        ndimage.affine_transform(c, turn, offset, order=order, mode=fill_mode, cval=cval)
        for c in channels
    ]
    return np.stack(moved).transpose(np.argsort([axes[2], axes[0], axes[1]]))


def apply_channel_shift(x: np.ndarray, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """Add a number to an image, within the values it has.

    Args:
        x: an image.
        intensity: the number.
        channel_axis: not used; every channel is shifted alike.

    Returns:
        An image of the same shape.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.preprocessing.image.apply_channel_shift(np.array([[[0.0, 5.0, 9.0]]]), 2.0)
    array([[[2., 7., 9.]]])
    """
    x = np.asarray(x)
    return np.clip(x + intensity, np.min(x), np.max(x))


def apply_brightness_shift(x: np.ndarray, brightness: float, scale: bool = True) -> np.ndarray:
    """Multiply an image's brightness.

    Args:
        x: an image, with the channels where `keras.config.image_data_format()` has them.
        brightness: how many times as bright; 1 leaves the image as it is.
        scale: whether values are stretched to run from 0 to 255 first, and back afterwards;
            otherwise they must be from 0 to 255.

    Returns:
        An image of the same shape.

    Raises:
        ImportError: if Pillow is not installed.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> x = np.full((2, 2, 3), 100.0)
    >>> float(keras.preprocessing.image.apply_brightness_shift(x, 0.5, scale=False).max())
    50.0
    """
    pil_image("apply_brightness_shift")
    from PIL import ImageEnhance

    x = np.asarray(x)
    low, high = np.min(x), np.max(x)
    local_scale = bool(low < 0 or high > 255)
    image = ImageEnhance.Brightness(array_to_img(x, scale=local_scale or scale)).enhance(brightness)
    y = img_to_array(image)
    return y / 255 * (high - low) + low if not scale and local_scale else y


# With parameters by chance --------------------------------------------------------------------


def random_rotation(
    x: np.ndarray,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Rotate an image by chance.

    Args:
        x: an image, of rank 3.
        rg: the most degrees, either way.
        row_axis: the axis of rows.
        col_axis: the axis of columns.
        channel_axis: the axis of channels.
        fill_mode: what is outside: "constant", "nearest", "reflect" or "wrap".
        cval: what is outside, for "constant".
        interpolation_order: of the splines between pixels.

    Returns:
        An image of the same shape.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.preprocessing.image.random_rotation(np.ones((3, 8, 8)), 20).shape
    (3, 8, 8)
    """
    theta = np.random.uniform(-rg, rg)
    axes = row_axis, col_axis, channel_axis
    return _moved(x, axes, fill_mode, cval, interpolation_order, theta=theta)


def random_shift(
    x: np.ndarray,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Shift an image by chance.

    Args:
        x: an image, of rank 3.
        wrg: the most of its width, either way: 0.1 is a tenth.
        hrg: the most of its height.
        row_axis: the axis of rows.
        col_axis: the axis of columns.
        channel_axis: the axis of channels.
        fill_mode: what is outside: "constant", "nearest", "reflect" or "wrap".
        cval: what is outside, for "constant".
        interpolation_order: of the splines between pixels.

    Returns:
        An image of the same shape.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.preprocessing.image.random_shift(np.ones((3, 8, 8)), 0.2, 0.2).shape
    (3, 8, 8)
    """
    x = np.asarray(x)
    ty = np.random.uniform(-hrg, hrg) * x.shape[row_axis]
    tx = np.random.uniform(-wrg, wrg) * x.shape[col_axis]
    axes = row_axis, col_axis, channel_axis
    return _moved(x, axes, fill_mode, cval, interpolation_order, tx=tx, ty=ty)


def random_shear(
    x: np.ndarray,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Shear an image by chance.

    Args:
        x: an image, of rank 3.
        intensity: the most degrees, either way.
        row_axis: the axis of rows.
        col_axis: the axis of columns.
        channel_axis: the axis of channels.
        fill_mode: what is outside: "constant", "nearest", "reflect" or "wrap".
        cval: what is outside, for "constant".
        interpolation_order: of the splines between pixels.

    Returns:
        An image of the same shape.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.preprocessing.image.random_shear(np.ones((3, 8, 8)), 20).shape
    (3, 8, 8)
    """
    shear = np.random.uniform(-intensity, intensity)
    axes = row_axis, col_axis, channel_axis
    return _moved(x, axes, fill_mode, cval, interpolation_order, shear=shear)


def random_zoom(
    x: np.ndarray,
    zoom_range: Sequence[float],
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Zoom an image by chance, rows and columns apart.

    Args:
        x: an image, of rank 3.
        zoom_range: `(least, most)`; above 1 things become smaller.
        row_axis: the axis of rows.
        col_axis: the axis of columns.
        channel_axis: the axis of channels.
        fill_mode: what is outside: "constant", "nearest", "reflect" or "wrap".
        cval: what is outside, for "constant".
        interpolation_order: of the splines between pixels.

    Returns:
        An image of the same shape.

    Raises:
        ValueError: if the range is no pair.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.preprocessing.image.random_zoom(np.ones((3, 8, 8)), (0.5, 1.5)).shape
    (3, 8, 8)
    """
    low, high = pair(zoom_range, "random_zoom", "zoom_range")
    zx, zy = (1, 1) if low == high == 1 else np.random.uniform(low, high, 2)
    axes = row_axis, col_axis, channel_axis
    return _moved(x, axes, fill_mode, cval, interpolation_order, zx=zx, zy=zy)


def random_channel_shift(
    x: np.ndarray, intensity_range: float, channel_axis: int = 0
) -> np.ndarray:
    """Add a number by chance to an image, within the values it has.

    Args:
        x: an image.
        intensity_range: the largest number, either way.
        channel_axis: not used; every channel is shifted alike.

    Returns:
        An image of the same shape.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.preprocessing.image.random_channel_shift(np.ones((3, 8, 8)), 20).shape
    (3, 8, 8)
    """
    return apply_channel_shift(x, np.random.uniform(-intensity_range, intensity_range))


def random_brightness(
    x: np.ndarray, brightness_range: Sequence[float], scale: bool = True
) -> np.ndarray:
    """Multiply an image's brightness by chance.

    Args:
        x: an image, with the channels where `keras.config.image_data_format()` has them.
        brightness_range: `(least, most)`; 1 leaves the image as it is.
        scale: as for `apply_brightness_shift`.

    Returns:
        An image of the same shape.

    Raises:
        ValueError: if the range is no pair.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.preprocessing.image.random_brightness(np.ones((8, 8, 3)), (0.5, 1.5)).shape
    (8, 8, 3)
    """
    low, high = pair(brightness_range, "random_brightness", "brightness_range")
    return apply_brightness_shift(x, np.random.uniform(low, high), scale)


def _moved(
    x: np.ndarray,
    axes: tuple[int, int, int],
    fill_mode: str,
    cval: float,
    order: int,
    **change: float,
) -> np.ndarray:
    rows, columns, channels = axes
    return apply_affine_transform(
        x,
        **change,
        row_axis=rows,
        col_axis=columns,
        channel_axis=channels,
        fill_mode=fill_mode,
        cval=cval,
        order=order,
    )


def pair(value: Any, owner: str, argument: str) -> tuple[float, float]:
    """Two numbers.

    Raises:
        ValueError: if it is anything else.
    """
    try:
        low, high = value
        return float(low), float(high)
    except (TypeError, ValueError):
        raise ValueError(message(owner, argument, "be two numbers", value)) from None
