"""Bounding boxes among image layers: their formats, and what happens to them."""

from __future__ import annotations

from typing import Any

from keras_core import ops

FORMATS = (
    "xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw",
    "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh",
)  # fmt: skip


def to_corners(boxes: Any, form: str, height: Any, width: Any) -> tuple[Any, Any, Any, Any]:
    """Left, top, right and bottom in pixels, each (..., boxes)."""
    a, b, c, d = (boxes[..., i] for i in range(4))
    kind = form.removeprefix("rel_")
    if kind == "yxyx":
        a, b, c, d = b, a, d, c
    elif kind == "center_yxhw":
        a, b, c, d = b, a, d, c
        kind = "center_xywh"
    if kind == "xywh":
        c, d = a + c, b + d
    elif kind == "center_xywh":
        a, b, c, d = a - c / 2, b - d / 2, a + c / 2, b + d / 2
    if form.startswith("rel_"):
        a, b, c, d = a * width, b * height, c * width, d * height
    return a, b, c, d


def from_corners(corners: tuple[Any, Any, Any, Any], form: str, height: Any, width: Any) -> Any:
    """Boxes (..., boxes, 4) of left, top, right and bottom in pixels."""
    a, b, c, d = corners
    if form.startswith("rel_"):
        a, b, c, d = a / width, b / height, c / width, d / height
    kind = form.removeprefix("rel_")
    if kind == "yxyx":
        a, b, c, d = b, a, d, c
    elif kind == "xywh":
        c, d = c - a, d - b
    elif kind in ("center_xywh", "center_yxhw"):
        a, b, c, d = (a + c) / 2, (b + d) / 2, c - a, d - b
        if kind == "center_yxhw":
            a, b, c, d = b, a, d, c
    return ops.stack([a, b, c, d], axis=-1)


def kept(
    bounding_boxes: dict[str, Any],
    corners: tuple[Any, Any, Any, Any],
    form: str,
    height: Any,
    width: Any,
) -> dict[str, Any]:
    """Boxes cut at the image's edges; what is left of none is marked by -1, labels too."""
    left, top, right, bottom = corners
    left, right = ops.clip(left, 0, width), ops.clip(right, 0, width)
    top, bottom = ops.clip(top, 0, height), ops.clip(bottom, 0, height)
    there = ops.logical_and(ops.greater(right, left), ops.greater(bottom, top))
    labels = ops.convert_to_tensor(bounding_boxes["labels"])
    there = ops.logical_and(there, ops.greater_equal(labels, 0))
    boxes = from_corners((left, top, right, bottom), form, height, width)
    return {
        **bounding_boxes,
        "boxes": ops.where(ops.expand_dims(there, -1), boxes, ops.full_like(boxes, -1)),
        "labels": ops.where(there, labels, ops.full_like(labels, -1)),
    }
