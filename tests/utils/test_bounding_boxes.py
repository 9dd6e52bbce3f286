"""Bounding boxes, against Keras where it has an answer and against arithmetic where not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as ours

FORMATS = (
    "xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw",
    "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh",
)  # fmt: skip
BOXES = np.array([[10, 20, 40, 60], [0, 0, 5, 8], [-3, 2, 70, 120]], "float32")
OTHERS = np.array([[12, 25, 45, 50], [1, 1, 5, 9], [0, 0, 50, 100]], "float32")
b = ours.utils.bounding_boxes


def same(keras: Any, mine: Any, theirs: Any, tol: float = 1e-4) -> None:
    mine, theirs = ours.ops.convert_to_numpy(mine), keras.ops.convert_to_numpy(theirs)
    assert mine.dtype.kind == theirs.dtype.kind
    np.testing.assert_allclose(mine, theirs, rtol=tol, atol=tol)


def test_every_format_from_and_to_every_other(keras: Any) -> None:
    theirs = keras.utils.bounding_boxes
    for source in FORMATS:
        given = b.convert_format(BOXES, "xyxy", source, 100, 50)
        same(keras, given, theirs.convert_format(BOXES, "xyxy", source, 100, 50))
        for target in FORMATS:
            back = b.convert_format(given, source, target, 100, 50)
            want = theirs.convert_format(BOXES, "xyxy", target, 100, 50)
            same(keras, back, want)


def test_sizes_by_image_and_dicts() -> None:
    both = np.stack([BOXES, BOXES])
    out = b.convert_format(both, "xyxy", "rel_xyxy", np.array([100, 50]), np.array([50, 10]))
    out = ours.ops.convert_to_numpy(out)
    np.testing.assert_allclose(out[0], BOXES / [50, 100, 50, 100], rtol=1e-5)
    np.testing.assert_allclose(out[1], BOXES / [10, 50, 10, 50], rtol=1e-5)
    found = b.convert_format({"boxes": BOXES, "labels": [1, 2, 3]}, "xyxy", "xywh", dtype="int32")
    assert found["labels"] == [1, 2, 3]
    np.testing.assert_array_equal(ours.ops.convert_to_numpy(found["boxes"])[0], [10, 20, 30, 40])
    relative = b.convert_format(BOXES / 200, "rel_xyxy", "rel_xywh")
    np.testing.assert_allclose(
        ours.ops.convert_to_numpy(relative)[0], [0.05, 0.1, 0.15, 0.2], rtol=1e-5
    )


def test_bad_input() -> None:
    with pytest.raises(ValueError, match=r"source must be one of.*Received: source='zz'"):
        b.convert_format(BOXES, "zz", "xyxy")
    with pytest.raises(ValueError, match="height must be given"):
        b.convert_format(BOXES, "xyxy", "rel_xyxy")
    with pytest.raises(ValueError, match="last axis of size 4"):
        b.convert_format(BOXES[:, :3], "xyxy", "xywh")
    with pytest.raises(ValueError, match="image_shape must be given"):
        b.compute_iou(BOXES, BOXES, "rel_xyxy")
    with pytest.raises(ValueError, match="boxes1 must have shape"):
        b.compute_iou(BOXES[0], BOXES, "xyxy")
    with pytest.raises(ValueError, match="variance must be None or four"):
        b.encode_box_to_deltas(BOXES, BOXES, "xyxy", "xyxy", variance=[1.0])
    with pytest.raises(ValueError, match="encoded_format must be one of"):
        b.decode_deltas_to_boxes(BOXES, BOXES, "xyxy", "xyxy", encoded_format="xyxy")
    with pytest.raises(ValueError, match="be one in pixels"):
        b.pad(BOXES, 1, 1, bounding_box_format="rel_xyxy")
    with pytest.raises(ValueError, match="height must be given"):
        b.clip_to_image_size({"boxes": BOXES})


def test_overlap(keras: Any) -> None:
    theirs = keras.utils.bounding_boxes
    for first, second in ((BOXES, OTHERS), (BOXES[None], OTHERS), (BOXES[None], OTHERS[None])):
        for form in ("xyxy", "xywh"):
            same(
                keras,
                b.compute_iou(first, second, form),
                theirs.compute_iou(first, second, form),
            )
            if first.shape == second.shape:
                want = theirs.compute_ciou(first, second, form)
                same(keras, b.compute_ciou(first, second, form), want)
    padded = np.concatenate([OTHERS, -np.ones((1, 4), "float32")])
    want = theirs.compute_iou(padded, padded, "xyxy", use_masking=True, mask_val=-2)
    same(keras, b.compute_iou(padded, padded, "xyxy", use_masking=True, mask_val=-2), want)
    shape = (100, 50, 3)
    want = b.compute_iou(BOXES, OTHERS, "xyxy")
    relative = [x / np.float32([50, 100, 50, 100]) for x in (BOXES, OTHERS)]
    same(ours, b.compute_iou(*relative, "rel_xyxy", image_shape=shape), want)
    want = b.compute_ciou(BOXES, OTHERS, "xyxy")
    same(ours, b.compute_ciou(*relative, "rel_xyxy", image_shape=shape), want)


def test_deltas(keras: Any) -> None:
    theirs = keras.utils.bounding_boxes
    for encoding in ("center_yxhw", "center_xywh"):
        for variance in (None, [0.1, 0.1, 0.2, 0.2]):
            args = ("xyxy", "xywh", encoding, variance)
            mine = b.encode_box_to_deltas(BOXES, OTHERS, *args)
            same(keras, mine, theirs.encode_box_to_deltas(BOXES, OTHERS, *args))
            back = b.decode_deltas_to_boxes(BOXES, mine, *args)
            same(ours, back, ours.ops.convert_to_tensor(OTHERS))
    empty = -np.ones_like(OTHERS)
    want = theirs.encode_box_to_deltas(BOXES, empty, "xyxy", "xyxy")
    same(keras, b.encode_box_to_deltas(BOXES, empty, "xyxy", "xyxy"), want)
    levels = b.decode_deltas_to_boxes(
        {"a": BOXES, "b": OTHERS}, {"a": BOXES / 100, "b": OTHERS / 100}, "xyxy", "xyxy"
    )
    assert set(levels) == {"a", "b"}
    with pytest.raises(ValueError, match="the anchors' keys"):
        b.decode_deltas_to_boxes({"a": BOXES}, BOXES, "xyxy", "xyxy")


def test_clipping_cropping_padding(keras: Any) -> None:
    theirs = keras.utils.bounding_boxes
    boxes = np.array([[-10, 20, 40, 160], [60, 0, 70, 8], [-1, -1, -1, -1]], "float32")
    given = {"boxes": boxes, "labels": np.array([1, 2, -1]), "scores": "kept"}
    mine, want = (m.clip_to_image_size(given, height=100, width=50) for m in (b, theirs))
    same(keras, mine["boxes"], want["boxes"])
    same(keras, mine["labels"], want["labels"])
    assert mine["scores"] == "kept"
    for form in FORMATS:
        there = b.convert_format(boxes, "xyxy", form, 100, 50)
        out = b.clip_to_image_size({"boxes": there}, 100, 50, bounding_box_format=form)["boxes"]
        same(ours, b.convert_format(out, form, "xyxy", 100, 50), mine["boxes"])
    same(keras, b.crop(boxes, 5, 7, 50, 30), theirs.crop(boxes, 5, 7, 50, 30))
    same(keras, b.pad(boxes, 5, 7), theirs.pad(boxes, 5, 7))
    inner = b.crop(b.convert_format(boxes, "xyxy", "xywh"), 5, 7, 50, 30, "xywh")
    same(ours, b.convert_format(inner, "xywh", "xyxy"), b.crop(boxes, 5, 7, 50, 30))


def test_affine_transform(keras: Any) -> None:
    theirs = keras.utils.bounding_boxes

    def both(**changes: float) -> tuple[Any, Any]:
        plain = {"angle": 0, "translate_x": 0, "translate_y": 0, "scale": 1}
        plain |= {"shear_x": 0, "shear_y": 0, **changes}
        centre = {key: plain.pop(key) for key in ("center_x", "center_y") if key in plain}
        given = {key: np.array([value], "float32") for key, value in plain.items()}
        return tuple(
            m.affine_transform(BOXES[None], **given, height=100, width=80, **centre)
            for m in (b, theirs)
        )

    same(keras, *both(angle=30, translate_x=0.1, translate_y=-0.2, scale=1.5))
    same(keras, *both(angle=30, shear_y=20, translate_x=0.1, scale=2, center_x=0.3, center_y=0.1))
    same(keras, *both(shear_x=10, translate_y=0.1, scale=2))

    # Keras mistakes a sign where shear_x meets a rotation or shear_y; here it is the matrices'.
    tan = np.tan(np.deg2rad([10, 20]))
    matrix = np.array([[1, tan[0]], [0, 1]]) @ np.array([[1, 0], [tan[1], 1]])
    points = np.array([[10, 20], [40, 20], [10, 60], [40, 60]]) - [39.5, 49.5]
    moved = points @ matrix.T + [39.5, 49.5]
    mine = ours.ops.convert_to_numpy(both(shear_x=10, shear_y=20)[0])[0, 0]
    np.testing.assert_allclose(mine, [*moved.min(0), *moved.max(0)], rtol=1e-5)

    plain = b.affine_transform(BOXES, 30.0, 0, 0, 1, 0, 0, 100, 80)
    same(ours, plain, both(angle=30)[0][0])
    xywh = b.convert_format(BOXES, "xyxy", "xywh")
    out = b.affine_transform(xywh, 30, 0, 0, 1, 0, 0, 100, 80, bounding_box_format="xywh")
    same(ours, b.convert_format(out, "xywh", "xyxy"), plain)
