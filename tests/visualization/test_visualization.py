"""Boxes and masks on images, and galleries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from keras_core import visualization

IMAGES = np.full((2, 12, 16, 3), 100, "uint8")
BOXES = {
    "boxes": np.array([[[2, 3, 9, 8], [0, 0, 0, 0]], [[1, 1, 14, 10], [30, 2, 40, 9]]], "float32"),
    "labels": np.array([[1, -1], [0, 1]]),
}


@pytest.fixture(autouse=True)
def no_window() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")


def test_boxes() -> None:
    red = (255, 0, 0)
    drawn = visualization.draw_bounding_boxes(IMAGES, BOXES, "xyxy", color=red, line_thickness=1)
    assert drawn.dtype == np.uint8 and (IMAGES == 100).all()
    marked = (drawn == red).all(-1)
    want = np.zeros_like(marked)
    for i, (left, top, right, bottom) in ((0, (2, 3, 9, 8)), (1, (1, 1, 14, 10))):
        want[i, top : bottom + 1, [left, right]] = True
        want[i, [top, bottom], left : right + 1] = True
    np.testing.assert_array_equal(marked, want)
    relative = {**BOXES, "boxes": BOXES["boxes"] / np.float32([16, 12, 16, 12])}
    again = visualization.draw_bounding_boxes(
        IMAGES.transpose(0, 3, 1, 2), relative, "rel_xyxy", color=red, line_thickness=1,
        data_format="channels_first",
    )  # fmt: skip
    np.testing.assert_array_equal(again, drawn)
    thick = visualization.draw_bounding_boxes(IMAGES, BOXES, "xyxy", color=red, line_thickness=3)
    assert (thick == red).all(-1).sum() > 2 * marked.sum()


def test_text() -> None:
    large = np.zeros((1, 60, 90, 1))
    boxes = {
        "boxes": np.array([[[5, 30, 60, 55]]]),
        "labels": [[1]],
        "confidences": np.array([[0.75]]),
    }
    plain = visualization.draw_bounding_boxes(large, {**boxes, "confidences": None}, "xyxy")
    named = visualization.draw_bounding_boxes(large, boxes, "xyxy", class_mapping={1: "cat"})
    assert named[:, :28].any() and not plain[:, :28].any()


def test_masks() -> None:
    masks = np.tile(np.array([0, 1, 2, -1] * 4), (2, 12, 1))
    colors = {0: (10, 20, 30), 1: (200, 0, 0), 2: (0, 0, 250)}
    grey = [100, 100, 100]
    # The numbers are Keras's.
    for kwargs, want in (
        ({}, [[28, 36, 44], [180, 20, 20], [20, 20, 220], grey]),
        ({"alpha": 0.5}, [[55, 60, 65], [150, 50, 50], [50, 50, 175], grey]),
        ({"blend": False}, [[10, 20, 30], [200, 0, 0], [0, 0, 250], grey]),
    ):
        drawn = visualization.draw_segmentation_masks(IMAGES, masks, 3, colors, **kwargs)
        assert drawn.dtype == np.uint8 and drawn[1, 5, :4].tolist() == want
    free = visualization.draw_segmentation_masks(IMAGES, masks[..., None])
    assert len({tuple(pixel) for pixel in free[0, 0, :4].tolist()}) == 4
    np.testing.assert_array_equal(free[masks == -1], IMAGES[masks == -1])


def test_galleries(tmp_path: Path) -> None:
    path = tmp_path / "g.png"
    images = np.random.default_rng(0).random((5, 8, 8, 3))
    show = visualization.plot_image_gallery
    for kwargs in (
        {},
        {"rows": 1, "cols": 2},
        {"rows": 3},
        {"y_true": np.arange(5), "y_pred": np.arange(5), "label_map": {0: "zero"}},
    ):
        show(images, value_range=(0, 1), path=path, **kwargs)
        assert path.stat().st_size > 500
        path.unlink()
    visualization.plot_bounding_box_gallery(
        IMAGES, "xyxy", y_true=BOXES, y_pred=BOXES, class_mapping={0: "a", 1: "b"}, legend=True,
        path=path,
    )  # fmt: skip
    path.unlink()
    masks = np.zeros((2, 12, 16, 1), int)
    visualization.plot_segmentation_mask_gallery(IMAGES, 2, y_true=masks, y_pred=masks, path=path)
    path.unlink()
    show(images, show=False)
    import matplotlib.pyplot as plt

    plt.close("all")


def test_bad_input() -> None:
    draw, mask = visualization.draw_bounding_boxes, visualization.draw_segmentation_masks
    masks = np.zeros((2, 12, 16), int)
    for call, match in (
        (lambda: draw(IMAGES[0], BOXES, "xyxy"), "of rank 4"),
        (lambda: draw(IMAGES, BOXES["boxes"], "xyxy"), "'boxes' and 'labels'"),
        (lambda: draw(IMAGES, {**BOXES, "labels": [[1]]}, "xyxy"), "given for 2 images"),
        (lambda: draw(IMAGES, BOXES, "zz"), "must be one of"),
        (lambda: draw(IMAGES[..., :2], BOXES, "xyxy"), "1 or 3 channels"),
        (lambda: mask(IMAGES, masks[:1]), "as the images"),
        (lambda: mask(IMAGES, masks + 0.5), "whole numbers"),
        (lambda: mask(IMAGES, masks + 1, color_mapping={0: (1, 2, 3)}), r"the classes \[1\]"),
        (lambda: mask(IMAGES, masks, alpha=2), "from 0 to 1"),
        (lambda: mask(IMAGES, masks - 2), "classes from 0"),
    ):
        with pytest.raises(ValueError, match=match):
            call()
    with pytest.raises(ValueError, match="only one of path and show"):
        visualization.plot_image_gallery(IMAGES, path="a.png", show=True)
    with pytest.raises(ValueError, match="label_map must be given"):
        visualization.plot_image_gallery(IMAGES, y_true=[1, 2])
