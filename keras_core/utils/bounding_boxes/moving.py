"""Boxes of images that are cut, padded, turned or sheared."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops
from keras_core.core.errors import message
from keras_core.layers.preprocessing.boxes import from_corners, to_corners
from keras_core.utils.bounding_boxes.formats import checked_boxes, checked_format, per_image


def _sizes_for(owner: str, form: str, height: Any, width: Any) -> tuple[Any, Any]:
    """The image's size in the format's unit."""
    if form.startswith("rel_"):
        return 1, 1
    for name, size in (("height", height), ("width", width)):
        if size is None:
            raise ValueError(message(owner, name, f"be given for boxes in {form}", size))
    return height, width


def clip_to_image_size(
    bounding_boxes: Any,
    height: Any = None,
    width: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """Boxes cut at the edges of their image; of a box with nothing left, the label becomes -1.

    Args:
        bounding_boxes: a dict with `"boxes"` of shape `(..., 4)` and, if there are any,
            `"labels"` of shape `(...)`; or the boxes alone.
        height: the image's height in pixels; not needed for fractions.
        width: the image's width.
        bounding_box_format: see `convert_format`.

    Returns:
        A dict, or boxes, like the one given.

    Raises:
        ValueError: for an unknown format, or missing sizes.

    Example:

    >>> import keras_core as keras
    >>> boxes = {"boxes": [[-1.0, 0.0, 4.0, 4.0]], "labels": [7]}
    >>> keras.utils.bounding_boxes.clip_to_image_size(boxes, height=3, width=3)["boxes"]
    """
    owner = "clip_to_image_size"
    form = checked_format(owner, "bounding_box_format", bounding_box_format)
    height, width = _sizes_for(owner, form, height, width)
    held = bounding_boxes if isinstance(bounding_boxes, dict) else {"boxes": bounding_boxes}
    boxes = checked_boxes(owner, "bounding_boxes", held["boxes"])
    rank = len(boxes.shape)
    height, width = per_image(height, rank, "float32"), per_image(width, rank, "float32")
    # In the format's own unit: an image of fractions is 1 high and 1 wide.
    left, top, right, bottom = to_corners(boxes, form.removeprefix("rel_"), 1, 1)
    left, right = (ops.maximum(ops.minimum(x, width), 0) for x in (left, right))
    top, bottom = (ops.maximum(ops.minimum(y, height), 0) for y in (top, bottom))
    out = from_corners((left, top, right, bottom), form.removeprefix("rel_"), 1, 1)
    if not isinstance(bounding_boxes, dict):
        return out
    held = {**held, "boxes": out}
    if "labels" in held:
        labels = ops.convert_to_tensor(held["labels"])
        empty = (right - left) * (bottom - top) <= 0
        held["labels"] = ops.where(empty, ops.full_like(labels, -1), labels)
    return held


def _shifted(owner: str, boxes: Any, form: str, top: Any, left: Any) -> tuple[Any, ...]:
    if form.startswith("rel_"):
        raise ValueError(
            message(
                owner,
                "bounding_box_format",
                "be one in pixels",
                form,
                "Convert the boxes first, with convert_format.",
            )
        )
    boxes = checked_boxes(owner, "boxes", boxes)
    x1, y1, x2, y2 = to_corners(boxes, form, 1, 1)
    return x1 + left, y1 + top, x2 + left, y2 + top


def crop(
    boxes: Any, top: Any, left: Any, height: Any, width: Any, bounding_box_format: str = "xyxy"
) -> Any:
    """The boxes of a part that is cut out of an image, cut at its edges.

    Args:
        boxes: shape `(..., 4)`.
        top: rows of the image above the part.
        left: columns to the left of it.
        height: the part's height.
        width: the part's width.
        bounding_box_format: a format in pixels; see `convert_format`.

    Returns:
        A tensor of boxes relative to the part.

    Raises:
        ValueError: for a format that is unknown or holds fractions.

    Example:

    >>> import keras_core as keras
    >>> boxes = [[2.0, 2.0, 8.0, 8.0]]
    >>> keras.utils.bounding_boxes.crop(boxes, top=1, left=1, height=5, width=5)
    """
    form = checked_format("crop", "bounding_box_format", bounding_box_format)
    x1, y1, x2, y2 = _shifted("crop", boxes, form, -top, -left)
    x1, x2 = ops.clip(x1, 0, width), ops.clip(x2, 0, width)
    y1, y2 = ops.clip(y1, 0, height), ops.clip(y2, 0, height)
    return from_corners((x1, y1, x2, y2), form, 1, 1)


def pad(
    boxes: Any,
    top: Any,
    left: Any,
    height: Any = None,
    width: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """The boxes of an image that rows and columns are put around.

    Args:
        boxes: shape `(..., 4)`.
        top: rows put above.
        left: columns put to the left.
        height: the padded image's height; in pixels it changes nothing.
        width: its width, likewise.
        bounding_box_format: a format in pixels; see `convert_format`.

    Returns:
        A tensor of boxes relative to the padded image.

    Raises:
        ValueError: for a format that is unknown or holds fractions.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.bounding_boxes.pad([[2.0, 2.0, 8.0, 8.0]], top=1, left=3)
    """
    form = checked_format("pad", "bounding_box_format", bounding_box_format)
    return from_corners(_shifted("pad", boxes, form, top, left), form, 1, 1)


def affine_transform(
    boxes: Any,
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: Any,
    width: Any,
    center_x: Any = None,
    center_y: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """The upright boxes around boxes that are moved, scaled, turned and then sheared.

    Args:
        boxes: shape `(batch, n, 4)`; with parameters that are numbers, also `(n, 4)`.
        angle: degrees, counter-clockwise as one looks at the image. This and the next five are
            numbers or have shape `(batch,)`.
        translate_x: to the right, as a fraction of the width less one pixel.
        translate_y: downwards, as a fraction of the height less one pixel.
        scale: a factor.
        shear_x: degrees of the shear along x.
        shear_y: degrees of the shear along y.
        height: the image's height in pixels.
        width: the image's width.
        center_x: what stays in place, as a fraction of the width less one; 0.5 by default.
        center_y: likewise of the height.
        bounding_box_format: the format of the boxes that come and of those that go.

    Returns:
        A float tensor of the boxes' shape; boxes may reach over the image's edges.

    Raises:
        ValueError: for an unknown format or boxes of another shape.

    Example:

    >>> import keras_core as keras
    >>> boxes = [[0.0, 0.0, 4.0, 2.0]]
    >>> keras.utils.bounding_boxes.affine_transform(boxes, 90, 0, 0, 1, 0, 0, 5, 5)
    """
    owner = "affine_transform"
    form = checked_format(owner, "bounding_box_format", bounding_box_format)
    boxes = checked_boxes(owner, "boxes", boxes)
    rank = len(boxes.shape)

    def number(value: Any) -> Any:
        value = ops.convert_to_tensor(value, dtype="float32")
        return ops.reshape(value, (-1,) + (1,) * (rank - 2)) if len(value.shape) else value

    angle, shear_x, shear_y = (
        number(value) * (math.pi / 180) for value in (angle, shear_x, shear_y)
    )
    scale, shift_x, shift_y = number(scale), number(translate_x), number(translate_y)
    size_x, size_y = number(width), number(height)
    middle_x = number(0.5 if center_x is None else center_x) * (size_x - 1)
    middle_y = number(0.5 if center_y is None else center_y) * (size_y - 1)
    shift_x, shift_y = shift_x * (size_x - 1), shift_y * (size_y - 1)
    cos, sin = ops.cos(angle) * scale, ops.sin(angle) * scale
    along_x, along_y = ops.tan(shear_x), ops.tan(shear_y)

    x1, y1, x2, y2 = to_corners(boxes, form, size_y, size_x)
    xs, ys = [], []
    for x, y in ((x1, y1), (x2, y1), (x1, y2), (x2, y2)):
        x, y = x + shift_x - middle_x, y + shift_y - middle_y
        x, y = cos * x + sin * y, cos * y - sin * x
        y = y + along_y * x
        x = x + along_x * y
        xs.append(x + middle_x)
        ys.append(y + middle_y)
    x, y = ops.stack(xs, axis=-1), ops.stack(ys, axis=-1)
    corners = (ops.min(x, -1), ops.min(y, -1), ops.max(x, -1), ops.max(y, -1))
    return from_corners(corners, form, size_y, size_x)
