"""Resizing that cuts rather than distorts."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import settings
from keras_core.core.errors import message
from keras_core.utils.images import aspect_part

_OWNER = "smart_resize"


def smart_resize(
    x: Any,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
    **kwargs: Any,
) -> Any:
    """Cut the middle out of images in the target's aspect ratio, then resize it.

    Args:
        x: an image of shape `(height, width, channels)` or a batch of them, or with the
            channels first.
        size: `(height, width)`.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        data_format: "channels_last" or "channels_first".
        **kwargs: `backend_module`, which old programs pass, is ignored.

    Returns:
        Images of that size and of the dtype of `x`: an array for an array, else a tensor.

    Raises:
        TypeError: for other keywords.
        ValueError: for another rank, or a size that is none.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.preprocessing.image.smart_resize(np.ones((8, 6, 3)), (4, 4)).shape
    (4, 4, 3)
    """
    kwargs.pop("backend_module", None)
    if kwargs:
        raise TypeError(f"{_OWNER}: unknown arguments. Received: {', '.join(kwargs)}")
    if not isinstance(size, (tuple, list)) or len(size) != 2 or min(size) < 1:
        raise ValueError(message(_OWNER, "size", "be two positive ints", size))
    first = settings.standardize_data_format(data_format) == "channels_first"
    is_array = not backend.arrays.is_tensor(x) or isinstance(x, np.ndarray)
    images = ops.convert_to_tensor(x)
    rank = len(images.shape)
    if rank not in (3, 4):
        raise ValueError(message(_OWNER, "x", "be an image or a batch of images", x))
    rows, columns = (rank - 2, rank - 1) if first else (rank - 3, rank - 2)
    height, width = images.shape[rows], images.shape[columns]
    to_height, to_width = int(size[0]), int(size[1])
    part_width, part_height = aspect_part(width, height, to_width, to_height)
    cut: list[Any] = [slice(None)] * rank
    top, left = (height - part_height) // 2, (width - part_width) // 2
    cut[rows], cut[columns] = slice(top, top + part_height), slice(left, left + part_width)
    out = ops.image.resize(
        images[tuple(cut)],
        (to_height, to_width),
        interpolation=interpolation,
        data_format="channels_first" if first else "channels_last",
    )
    if not is_array:
        return out
    return np.asarray(backend.arrays.convert_to_numpy(out))
