"""How much boxes overlap."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops
from keras_core.core.errors import message
from keras_core.utils.bounding_boxes.formats import checked_format, convert_format


def _pixels(owner: str, boxes: Any, form: str, image_shape: Any) -> Any:
    """Boxes as "xyxy" in pixels, as fractions would not have the image's aspect."""
    form = checked_format(owner, "bounding_box_format", form)
    height = width = None
    if form.startswith("rel_"):
        if image_shape is None:
            raise ValueError(
                message(owner, "image_shape", f"be given for the format {form}", image_shape)
            )
        height, width = image_shape[0], image_shape[1]
    return convert_format(boxes, form, "xyxy", height, width)


def _area(boxes: Any) -> Any:
    size = ops.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return size[..., 0] * size[..., 1]


def _iou(boxes1: Any, boxes2: Any, epsilon: float) -> Any:
    """The overlap of boxes whose shapes broadcast."""
    upper = ops.maximum(boxes1[..., :2], boxes2[..., :2])
    lower = ops.minimum(boxes1[..., 2:], boxes2[..., 2:])
    size = ops.maximum(lower - upper, 0)
    shared = size[..., 0] * size[..., 1]
    union = _area(boxes1) + _area(boxes2) - shared
    return shared / (union + epsilon)


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: int = -1,
    image_shape: Any = None,
) -> Any:
    """Intersection over union of every box of one set with every box of another.

    Args:
        boxes1: shape `(m, 4)` or `(batch, m, 4)`.
        boxes2: shape `(n, 4)` or `(batch, n, 4)`.
        bounding_box_format: the format of both; see `convert_format`.
        use_masking: mark the pairs in which a box is padding, that is, has a coordinate below
            zero after conversion to corners.
        mask_val: what marks them.
        image_shape: `(height, width, channels)`; needed for formats that hold fractions.

    Returns:
        A tensor of shape `(m, n)`, or `(batch, m, n)` if either set is batched.

    Raises:
        ValueError: for boxes of another rank, or a missing `image_shape`.

    Example:

    >>> import keras_core as keras
    >>> box = [[0.0, 0.0, 2.0, 2.0]]
    >>> keras.utils.bounding_boxes.compute_iou(box, box, "xyxy")
    """
    boxes1 = _pixels("compute_iou", boxes1, bounding_box_format, image_shape)
    boxes2 = _pixels("compute_iou", boxes2, bounding_box_format, image_shape)
    for name, boxes in (("boxes1", boxes1), ("boxes2", boxes2)):
        if len(boxes.shape) not in (2, 3):
            raise ValueError(
                message("compute_iou", name, "have shape (boxes, 4) or (batch, boxes, 4)", boxes)
            )
    out = _iou(ops.expand_dims(boxes1, -2), ops.expand_dims(boxes2, -3), 1e-9)
    if not use_masking:
        return out
    padding1 = ops.expand_dims(ops.any(boxes1 < 0, axis=-1), -1)
    padding2 = ops.expand_dims(ops.any(boxes2 < 0, axis=-1), -2)
    padding = ops.logical_or(padding1, padding2)
    return ops.where(padding, ops.full_like(out, mask_val), out)


def compute_ciou(
    boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Any = None
) -> Any:
    """Complete intersection over union of boxes, pair by pair.

    The overlap, less the squared distance of the centres relative to the diagonal of the box
    around both, less a term for different aspect ratios (Zheng et al. 2020,
    https://arxiv.org/abs/1911.08287).

    Args:
        boxes1: shape `(..., 4)`.
        boxes2: shape `(..., 4)`, which broadcasts with that of `boxes1`.
        bounding_box_format: the format of both; see `convert_format`.
        image_shape: `(height, width, channels)`; needed for formats that hold fractions.

    Returns:
        A tensor of shape `(...)`: at most 1, which equal boxes have.

    Raises:
        ValueError: for boxes without four numbers, or a missing `image_shape`.

    Example:

    >>> import keras_core as keras
    >>> box = [[0.0, 0.0, 2.0, 2.0]]
    >>> keras.utils.bounding_boxes.compute_ciou(box, box, "xyxy")
    """
    boxes1 = _pixels("compute_ciou", boxes1, bounding_box_format, image_shape)
    boxes2 = _pixels("compute_ciou", boxes2, bounding_box_format, image_shape)
    epsilon = 1e-7
    iou = _iou(boxes1, boxes2, epsilon)
    around = ops.maximum(boxes1[..., 2:], boxes2[..., 2:]) - ops.minimum(
        boxes1[..., :2], boxes2[..., :2]
    )
    diagonal = ops.sum(ops.square(around), axis=-1) + epsilon
    centres = (boxes1[..., :2] + boxes1[..., 2:] - boxes2[..., :2] - boxes2[..., 2:]) / 2
    distance = ops.sum(ops.square(centres), axis=-1)
    size1, size2 = boxes1[..., 2:] - boxes1[..., :2], boxes2[..., 2:] - boxes2[..., :2]
    angle1 = ops.arctan(size1[..., 0] / (size1[..., 1] + epsilon))
    angle2 = ops.arctan(size2[..., 0] / (size2[..., 1] + epsilon))
    aspect = ops.square(angle1 - angle2) * (4 / math.pi**2)
    weight = aspect / (aspect - iou + (1 + epsilon))
    return iou - (distance / diagonal + aspect * weight)
