"""Boxes as what a detector is trained to predict: offsets from anchors, and back."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.errors import message
from keras_core.utils.bounding_boxes.formats import convert_format

_SMALLEST = 1e-7
ENCODINGS = ("center_xywh", "center_yxhw")


def _variance(owner: str, variance: Any) -> Any:
    if variance is None:
        return None
    out = ops.convert_to_tensor(variance, dtype="float32")
    if tuple(out.shape) != (4,):
        raise ValueError(message(owner, "variance", "be None or four numbers", variance))
    return out


def _encoding(owner: str, argument: str, encoding: str) -> str:
    found = encoding.lower() if isinstance(encoding, str) else encoding
    if found not in ENCODINGS:
        raise ValueError(message(owner, argument, f"be one of {', '.join(ENCODINGS)}", encoding))
    return found


def _sizes(image_shape: Any) -> tuple[Any, Any]:
    return (None, None) if image_shape is None else (image_shape[0], image_shape[1])


def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """Boxes as offsets from anchors: shifted centres and logarithms of relative sizes.

    Args:
        anchors: shape `(n, 4)` or `(batch, n, 4)`.
        boxes: shape `(n, 4)` or `(batch, n, 4)`, one for each anchor.
        anchor_format: the anchors' format; see `convert_format`.
        box_format: the boxes' format.
        encoding_format: "center_yxhw" or "center_xywh": the order of the four offsets.
        variance: None, or four numbers that the offsets are divided by.
        image_shape: `(height, width, channels)`; needed for formats that hold fractions.

    Returns:
        A float tensor of shape `(n, 4)` or `(batch, n, 4)`.

    Raises:
        ValueError: for an unknown encoding or a variance of another length.

    Example:

    >>> import keras_core as keras
    >>> anchors, boxes = [[0.0, 0.0, 4.0, 4.0]], [[1.0, 0.0, 5.0, 4.0]]
    >>> keras.utils.bounding_boxes.encode_box_to_deltas(anchors, boxes, "xyxy", "xyxy")
    """
    encoding = _encoding("encode_box_to_deltas", "encoding_format", encoding_format)
    variance = _variance("encode_box_to_deltas", variance)
    height, width = _sizes(image_shape)
    anchors = convert_format(anchors, anchor_format, encoding, height, width)
    boxes = convert_format(boxes, box_format, encoding, height, width)
    anchor_size = ops.maximum(anchors[..., 2:], _SMALLEST)
    box_size = ops.maximum(boxes[..., 2:], _SMALLEST)
    shift = (boxes[..., :2] - anchors[..., :2]) / anchor_size
    stretch = ops.log(box_size / anchor_size)
    deltas = ops.concatenate([shift, stretch], axis=-1)
    return deltas if variance is None else deltas / variance


def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """The boxes that offsets from anchors stand for: the inverse of `encode_box_to_deltas`.

    Args:
        anchors: shape `(n, 4)` or `(batch, n, 4)`; or a dict of such, one a level.
        boxes_delta: offsets of that shape; a dict with the same keys for a dict.
        anchor_format: the anchors' format; see `convert_format`.
        box_format: the format to return.
        encoded_format: "center_yxhw" or "center_xywh": the order of the four offsets.
        variance: None, or the four numbers that the offsets were divided by.
        image_shape: `(height, width, channels)`; needed for formats that hold fractions.

    Returns:
        A float tensor of boxes, or a dict of them.

    Raises:
        ValueError: for an unknown encoding, a variance of another length, or dicts that differ.

    Example:

    >>> import keras_core as keras
    >>> anchors, deltas = [[0.0, 0.0, 4.0, 4.0]], [[0.0, 0.25, 0.0, 0.0]]
    >>> keras.utils.bounding_boxes.decode_deltas_to_boxes(anchors, deltas, "xyxy", "xyxy")
    """
    encoding = _encoding("decode_deltas_to_boxes", "encoded_format", encoded_format)
    variance = _variance("decode_deltas_to_boxes", variance)
    height, width = _sizes(image_shape)

    def decoded(anchors: Any, deltas: Any) -> Any:
        anchors = convert_format(anchors, anchor_format, encoding, height, width)
        deltas = ops.convert_to_tensor(deltas, dtype="float32")
        if variance is not None:
            deltas = deltas * variance
        centre = deltas[..., :2] * anchors[..., 2:] + anchors[..., :2]
        size = ops.exp(deltas[..., 2:]) * anchors[..., 2:]
        boxes = ops.concatenate([centre, size], axis=-1)
        return convert_format(boxes, encoding, box_format, height, width)

    if not isinstance(anchors, dict):
        return decoded(anchors, boxes_delta)
    if not isinstance(boxes_delta, dict) or set(boxes_delta) != set(anchors):
        raise ValueError(
            message(
                "decode_deltas_to_boxes",
                "boxes_delta",
                f"be a dict with the anchors' keys {list(anchors)}",
                list(boxes_delta) if isinstance(boxes_delta, dict) else boxes_delta,
            )
        )
    return {key: decoded(anchors[key], boxes_delta[key]) for key in anchors}
