"""Images between files, PIL and arrays. Pillow is imported when it is used."""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.backends.variable import host_dtype
from keras_core.core import settings
from keras_core.core.errors import array_of, message, missing_package

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
COLOR_MODES = ("grayscale", "rgb", "rgba")


def pil_image(what: str) -> Any:
    """The module `PIL.Image`.

    Raises:
        ImportError: that names the package, if Pillow is not installed.
    """
    try:
        import PIL.Image
    except ImportError:
        raise missing_package("PIL", what, "pillow") from None
    return PIL.Image


def _host(x: Any, dtype: Any, owner: str, argument: str) -> np.ndarray:
    if backend.arrays.is_tensor(x):
        x = backend.arrays.convert_to_numpy(x)
    return array_of(x, owner, argument, "be an image", host_dtype(dtype or settings.floatx()))


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Any:
    """An array as a PIL image.

    Args:
        x: shape `(height, width, channels)` or, for "channels_first",
            `(channels, height, width)`, with 1, 3 or 4 channels.
        data_format: "channels_last" or "channels_first"; by default the configured one.
        scale: stretch the values so that they run from 0 to 255.
        dtype: what to compute in; by default the default float type.

    Returns:
        A PIL image, of mode "L" ("I" for values above 255), "RGB" or "RGBA".

    Raises:
        ImportError: if Pillow is not installed.
        ValueError: for another rank or number of channels.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.utils.array_to_img(np.zeros((4, 6, 3))).size
    (6, 4)
    """
    image_module = pil_image("array_to_img")
    data_format = settings.standardize_data_format(data_format)
    array = _host(x, dtype, "array_to_img", "x")
    if array.ndim != 3:
        raise ValueError(message("array_to_img", "x", "be one image, of rank 3", array))
    if data_format == "channels_first":
        array = array.transpose(1, 2, 0)
    channels = array.shape[2]
    if channels not in (1, 3, 4):
        raise ValueError(message("array_to_img", "x", "have 1, 3 or 4 channels", array))
    if scale and array.size:
        array = array - array.min()
        top = array.max()
        array = array / top * 255 if top else array
    if channels > 1:
        return image_module.fromarray(array.astype("uint8"))
    plane = array[:, :, 0]
    return image_module.fromarray(plane.astype("int32" if plane.max(initial=0) > 255 else "uint8"))


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """A PIL image as an array.

    Args:
        img: a PIL image, or an array of rank 2 or 3 with the channels last.
        data_format: "channels_last" or "channels_first"; by default the configured one.
        dtype: the result's dtype; by default the default float type.

    Returns:
        An array of shape `(height, width, channels)` or `(channels, height, width)`.

    Raises:
        ValueError: for another rank.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> img = keras.utils.array_to_img(np.zeros((4, 6, 3)))
    >>> keras.utils.img_to_array(img).shape
    (4, 6, 3)
    """
    data_format = settings.standardize_data_format(data_format)
    array = _host(img, dtype, "img_to_array", "img")
    if array.ndim not in (2, 3):
        raise ValueError(message("img_to_array", "img", "be of rank 2 or 3", array))
    first = data_format == "channels_first"
    if array.ndim == 2:
        return array[None] if first else array[:, :, None]
    return array.transpose(2, 0, 1) if first else array


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array as an image file; an existing one is replaced once the new one is whole.

    Args:
        path: a path or a file object.
        x: shape `(height, width, channels)` or `(channels, height, width)`.
        data_format: "channels_last" or "channels_first"; by default the configured one.
        file_format: such as "png"; by default the path's ending tells.
        scale: stretch the values so that they run from 0 to 255.
        **kwargs: passed to PIL's `save`.

    Raises:
        ImportError: if Pillow is not installed.
        ValueError: for an array that is no image, or an unknown ending.

    Example:

    >>> import os, tempfile, numpy as np, keras_core as keras
    >>> path = os.path.join(tempfile.mkdtemp(), "black.png")
    >>> keras.utils.save_img(path, np.zeros((4, 6, 3)))
    >>> keras.utils.load_img(path).size
    (6, 4)
    """
    from keras_core.saving.atomic import replacing

    image = array_to_img(x, data_format=data_format, scale=scale)
    is_path = isinstance(path, (str, os.PathLike))
    name = file_format or (os.path.splitext(os.fspath(path))[1][1:] if is_path else None)
    name = name.lower() if name else None
    if name == "jpg":
        name = "jpeg"
    if image.mode == "RGBA" and name == "jpeg":
        warnings.warn("save_img: JPEG has no transparency, which is left out.", stacklevel=2)
        image = image.convert("RGB")
    if not is_path:
        image.save(path, format=name, **kwargs)
        return
    known = pil_image("save_img").registered_extensions()
    found = known.get(f".{name}") or (name.upper() if name else None)
    if found not in known.values():
        raise ValueError(
            message(
                "save_img", "path", "end in a known image format, or file_format be given", path
            )
        )
    with replacing(os.fspath(path)) as temporary:
        image.save(temporary, format=found, **kwargs)


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Read an image file.

    Args:
        path: a path, or an `io.BytesIO` that holds the file.
        color_mode: "rgb", "rgba" or "grayscale"; greys of 16 or 32 bits keep them.
        target_size: None, or `(height, width)` to resize to.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: cut the middle out in the target's shape before resizing.

    Returns:
        A PIL image.

    Raises:
        ImportError: if Pillow is not installed.
        TypeError: for another kind of path.
        ValueError: for an unknown colour mode or interpolation, or a size that is none.

    Example:

    >>> import io, numpy as np, keras_core as keras
    >>> file = io.BytesIO()
    >>> keras.utils.save_img(file, np.zeros((4, 6, 3)), file_format="png")
    >>> keras.utils.load_img(file, target_size=(2, 3)).size
    (3, 2)
    """
    image_module = pil_image("load_img")
    if color_mode not in COLOR_MODES:
        raise ValueError(
            message("load_img", "color_mode", f"be one of {', '.join(COLOR_MODES)}", color_mode)
        )
    if interpolation not in INTERPOLATIONS:
        options = ", ".join(INTERPOLATIONS)
        raise ValueError(
            message("load_img", "interpolation", f"be one of {options}", interpolation)
        )
    if target_size is not None and len(target_size) != 2:
        raise ValueError(message("load_img", "target_size", "be (height, width)", target_size))
    if isinstance(path, io.BytesIO):
        path.seek(0)
        file = path
    elif isinstance(path, (str, bytes, os.PathLike)):
        with open(path, "rb") as opened:
            file = io.BytesIO(opened.read())
    else:
        raise TypeError(message("load_img", "path", "be a path or an io.BytesIO", path))
    image = image_module.open(file)
    if color_mode == "grayscale":
        if image.mode not in ("L", "I;16", "I"):
            image = image.convert("L")
    elif image.mode != color_mode.upper():
        image = image.convert(color_mode.upper())
    if target_size is None:
        return image
    height, width = target_size
    if image.size == (width, height):
        return image
    box = None
    if keep_aspect_ratio:
        box_width, box_height = aspect_part(image.size[0], image.size[1], width, height)
        left, top = (image.size[0] - box_width) // 2, (image.size[1] - box_height) // 2
        box = (left, top, left + box_width, top + box_height)
    resampling = getattr(image_module.Resampling, interpolation.upper())
    return image.resize((width, height), resampling, box=box)


def aspect_part(width: int, height: int, to_width: int, to_height: int) -> tuple[int, int]:
    """The largest size within `width` and `height` that has the target's aspect ratio."""
    part_width = min(width, int(height * to_width / to_height))
    part_height = min(height, int(width * to_height / to_width))
    return max(part_width, 1), max(part_height, 1)
