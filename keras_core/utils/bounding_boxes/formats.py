"""What the four numbers of a box mean, and how one meaning becomes another."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.dtypes import canonical
from keras_core.core.errors import message
from keras_core.layers.preprocessing.boxes import FORMATS, from_corners, to_corners


def checked_format(owner: str, argument: str, name: Any) -> str:
    """A format's name in lower case.

    Raises:
        ValueError: if there is no such format.
    """
    found = name.lower() if isinstance(name, str) else name
    if found not in FORMATS:
        raise ValueError(message(owner, argument, f"be one of {', '.join(FORMATS)}", name))
    return found


def checked_boxes(owner: str, argument: str, boxes: Any, dtype: Any = "float32") -> Any:
    """Boxes as a tensor whose last axis holds four numbers."""
    tensor = ops.convert_to_tensor(boxes, dtype=dtype)
    if not len(tensor.shape) or tensor.shape[-1] != 4:
        raise ValueError(message(owner, argument, "have a last axis of size 4", boxes))
    return tensor


def per_image(size: Any, rank: int, dtype: Any) -> Any:
    """An image's height or width; several images' are lined up with (images, boxes)."""
    if isinstance(size, (int, float)) or size is None:
        return size
    size = ops.cast(size, dtype)
    if len(size.shape) == 1 and rank > 2 and size.shape[0] != 1:
        size = ops.reshape(size, (-1,) + (1,) * (rank - 2))
    return size


def convert_format(
    boxes: Any,
    source: str,
    target: str,
    height: Any = None,
    width: Any = None,
    dtype: Any = "float32",
) -> Any:
    """Boxes of one format in another.

    In pixels there are "xyxy" for left, top, right and bottom; "yxyx" for top, left, bottom and
    right; "xywh" for left, top, width and height; "center_xywh", with the centre in place of the
    corner; and "center_yxhw". All but the last have a form in fractions of the image's width
    and height, whose name begins with "rel_".

    Args:
        boxes: shape `(..., 4)`; or a dict with such boxes at `"boxes"`.
        source: the format they are in.
        target: the format to return.
        height: the image's height in pixels; needed between pixels and fractions. For boxes of
            shape `(images, boxes, 4)` it may have shape `(images,)`.
        width: the image's width, likewise.
        dtype: the result's dtype.

    Returns:
        A tensor of shape `(..., 4)`; for a dict, a dict with everything else unchanged.

    Raises:
        ValueError: for an unknown format, boxes of another shape, or missing sizes.

    Example:

    >>> import keras_core as keras
    >>> boxes = [[10.0, 20.0, 40.0, 60.0]]
    >>> keras.utils.bounding_boxes.convert_format(boxes, "xyxy", "xywh")
    """
    source = checked_format("convert_format", "source", source)
    target = checked_format("convert_format", "target", target)
    if isinstance(boxes, dict):
        inner = convert_format(boxes["boxes"], source, target, height, width, dtype)
        return {**boxes, "boxes": inner}
    dtype = canonical(dtype)
    # Halves of whole pixels need fractions until the end.
    computed = dtype if dtype.startswith(("float", "bfloat")) else "float32"
    boxes = checked_boxes("convert_format", "boxes", boxes, computed)
    if source == target:
        return ops.cast(boxes, dtype)
    if source.startswith("rel_") != target.startswith("rel_"):
        for name, size in (("height", height), ("width", width)):
            if size is None:
                raise ValueError(
                    message("convert_format", name, f"be given from {source} to {target}", size)
                )
    else:
        height = width = 1  # pixels to pixels, or fractions to fractions
    rank = len(boxes.shape)
    height, width = per_image(height, rank, computed), per_image(width, rank, computed)
    corners = to_corners(boxes, source, height, width)
    return ops.cast(from_corners(corners, target, height, width), dtype)
