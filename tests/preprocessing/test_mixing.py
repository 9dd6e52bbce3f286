"""MixUp, CutMix, RandomErasing, MaxNumBoundingBoxes and Pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.autodiff import to_numpy

COUNT = 6
# Each image has its own number all over, and a one-hot label.
IMAGES = np.ones((COUNT, 16, 20, 3), "float32") * np.arange(COUNT)[:, None, None, None]
LABELS = np.eye(COUNT, dtype="float32")


def test_mixup() -> None:
    out = core.layers.MixUp(alpha=1.0)({"images": IMAGES, "labels": LABELS})
    labels, images = to_numpy(out["labels"]), to_numpy(out["images"])
    np.testing.assert_allclose(labels.sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(images[:, 0, 0, 0], labels @ np.arange(COUNT), rtol=1e-4, atol=1e-4)
    calm = core.layers.MixUp()(IMAGES, training=False)
    np.testing.assert_array_equal(to_numpy(calm), IMAGES)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_mixup_keeps_both_masks(data_format: str) -> None:
    """Numbers of classes have no mean."""
    last = data_format == "channels_last"
    images = IMAGES if last else IMAGES.transpose(0, 3, 1, 2)
    layer = core.layers.MixUp(alpha=1.0, data_format=data_format)
    for flat in (True, False):
        masks = IMAGES[..., 0].astype("int32")
        if not flat:
            masks = np.expand_dims(masks, -1 if last else 1)
        out = layer({"images": images, "labels": LABELS, "segmentation_masks": masks})
        both = to_numpy(out["segmentation_masks"])
        both = both if last else both.transpose(0, 2, 3, 1)
        assert both.dtype == np.int32 and both.shape == (COUNT, 16, 20, 2)
        assert both[:, 0, 0, 0].tolist() == list(range(COUNT))
        mixed = to_numpy(out["labels"])
        for own, other, label in zip(both[:, 0, 0, 0], both[:, 0, 0, 1], mixed, strict=True):
            assert set(np.nonzero(label > 1e-6)[0]) <= {own, other}


def test_cutmix() -> None:
    out = core.layers.CutMix((1.0, 1.0))({"images": IMAGES, "labels": LABELS})
    labels, images = to_numpy(out["labels"]), to_numpy(out["images"])
    expected = [[(image[..., 0] == k).mean() for k in range(COUNT)] for image in images]
    np.testing.assert_allclose(labels, expected, atol=1e-5)
    assert (labels.max(1) < 1).any()


def test_erasing() -> None:
    layer = core.layers.RandomErasing((1.0, 1.0), scale=(0.1, 0.2), fill_value=-7.0)
    images = to_numpy(layer(IMAGES))
    erased = (images == -7).mean((1, 2, 3))
    assert (erased <= 0.3).all() and erased.max() > 0.02
    noisy = to_numpy(core.layers.RandomErasing((1.0, 1.0))(IMAGES))
    assert noisy.shape == IMAGES.shape and noisy.max() > COUNT


def test_number_of_boxes() -> None:
    boxes = {"boxes": np.ones((2, 3, 4), "float32"), "labels": np.ones((2, 3), "float32")}
    data = {"images": IMAGES[:2], "bounding_boxes": boxes}
    more = core.layers.MaxNumBoundingBoxes(5)(data)["bounding_boxes"]
    assert to_numpy(more["labels"])[0].tolist() == [1, 1, 1, -1, -1]
    fewer = core.layers.MaxNumBoundingBoxes(2)(data)["bounding_boxes"]
    assert tuple(fewer["boxes"].shape) == (2, 2, 4)


def test_pipeline(keras: Any) -> None:
    layer = core.layers.Pipeline([core.layers.RandomFlip(), core.layers.Rescaling(0.5)])
    np.testing.assert_allclose(to_numpy(layer(IMAGES)), IMAGES / 2)
    again = core.layers.Pipeline.from_config(layer.get_config())
    assert [type(one).__name__ for one in again.layers] == ["RandomFlip", "Rescaling"]
    theirs = keras.layers.Pipeline([keras.layers.RandomFlip()])
    assert theirs.get_config().keys() == layer.get_config().keys()
    with pytest.raises(ValueError, match="Received"):
        core.layers.Pipeline([3])


@pytest.mark.parametrize("name", ["MixUp", "CutMix", "RandomErasing"])
def test_configs(keras: Any, name: str) -> None:
    ours, theirs = getattr(core.layers, name)(), getattr(keras.layers, name)()
    assert ours.get_config().keys() == theirs.get_config().keys()
    assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()
