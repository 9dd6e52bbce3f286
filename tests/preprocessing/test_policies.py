"""Perspective, elastic shifts, AugMix and RandAugment: what holds whatever is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.autodiff import to_numpy

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 12, 14, 3)).astype("float32")
LAYERS: dict[str, Any] = {
    "perspective": lambda L: L.RandomPerspective(scale=0.4),
    "elastic": lambda L: L.RandomElasticTransform(factor=(1.0, 1.0), scale=(1.0, 1.0)),
    "augmix": lambda L: L.AugMix(num_chains=1, chain_depth=1, all_ops=False),
    "randaugment": lambda L: L.RandAugment(num_ops=2),
}


@pytest.mark.parametrize("case", LAYERS)
def test_random(keras: Any, case: str) -> None:
    layer, theirs = LAYERS[case](core.layers), LAYERS[case](keras.layers)
    draws = [to_numpy(layer(IMAGES)) for _ in range(2)]
    for y in draws:
        assert y.shape == IMAGES.shape and y.dtype == np.float32
        assert y.min() >= -0.01 and y.max() <= 255.01
    assert not np.array_equal(draws[0], draws[1]) or case == "randaugment"
    np.testing.assert_array_equal(to_numpy(layer(IMAGES, training=False)), IMAGES)
    assert layer.get_config().keys() == theirs.get_config().keys()
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
    assert layer.compute_output_spec(core.KerasTensor((None, 12, 14, 3))).shape == (None, 12, 14, 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda L: L.RandomPerspective(factor=0.0),
        lambda L: L.RandomPerspective(factor=(1.0, 1.0), scale=0.0),
        lambda L: L.RandomElasticTransform(factor=0.0),
        lambda L: L.RandomElasticTransform(scale=0.0),
    ],
)
def test_nothing_to_do(make: Any) -> None:
    np.testing.assert_allclose(to_numpy(make(core.layers)(IMAGES)), IMAGES, atol=0.05)


def _marked() -> dict[str, Any]:
    images = np.zeros((6, 40, 50, 3), "float32")
    images[:, 12:25, 14:32] = 200.0
    return {
        "images": images,
        "segmentation_masks": (images[..., 0] > 0).astype("int32"),
        "bounding_boxes": {
            "boxes": np.tile(np.array([[[14.0, 12.0, 32.0, 25.0]]], "float32"), (6, 1, 1)),
            "labels": np.ones((6, 1), "int32"),
        },
        "labels": np.arange(6),
    }


def test_perspective_takes_masks_and_boxes_along() -> None:
    layer = core.layers.RandomPerspective(factor=(1.0, 1.0), scale=0.4, bounding_box_format="xyxy")
    out = layer(_marked())
    images, masks = to_numpy(out["images"])[..., 0], to_numpy(out["segmentation_masks"])
    boxes = to_numpy(out["bounding_boxes"]["boxes"])[:, 0]
    assert len(np.unique(np.round(boxes, 1), axis=0)) > 1
    for image, mask, box in zip(images, masks, boxes, strict=True):
        for found in (image > 100, mask > 0):
            rows, columns = np.nonzero(found)
            seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            np.testing.assert_allclose(box, seen, atol=1.3)
    np.testing.assert_array_equal(to_numpy(out["labels"]), np.arange(6))


def test_elastic_shifts_take_masks_along() -> None:
    data = _marked()
    boxes = data.pop("bounding_boxes")
    layer = core.layers.RandomElasticTransform((1.0, 1.0), (1.0, 1.0))
    out = layer(data)
    image, mask = to_numpy(out["images"])[..., 0], to_numpy(out["segmentation_masks"])
    assert not np.array_equal(mask, data["segmentation_masks"])
    assert ((image > 100) == (mask > 0)).mean() > 0.99
    with pytest.raises(NotImplementedError, match="bounding boxes"):
        layer({**data, "bounding_boxes": boxes})


def test_rand_augment_takes_masks_and_boxes_along() -> None:
    layer = core.layers.RandAugment(factor=(0.2, 0.2), bounding_box_format="xyxy", seed=3)
    moved = 0
    for _ in range(4):
        data = _marked()
        out = layer(data)
        boxes = to_numpy(out["bounding_boxes"]["boxes"])[:, 0]
        masks = to_numpy(out["segmentation_masks"])
        moved += not np.array_equal(masks, data["segmentation_masks"])
        assert (np.abs(boxes - data["bounding_boxes"]["boxes"][:, 0]).max() > 0.5) == (
            not np.array_equal(masks, data["segmentation_masks"])
        )
    assert moved


def test_aug_mix_is_the_mixture_of_its_chains() -> None:
    layer = core.layers.AugMix(num_chains=2, chain_depth=2, seed=2)
    drawn = layer.get_random_transformation(IMAGES)
    parts = core.tree.map_structure(
        lambda x: None if x is None else to_numpy(x), drawn["transforms"]
    )
    mixed = np.zeros_like(IMAGES)
    for chain in range(2):
        done = IMAGES
        for step in range(1 + int(drawn["lengths"][chain])):
            link = 2 * chain + step
            number = int(drawn["layer_idxes"][link])
            change, here = layer._changes[number], parts[number]
            change._sizes = layer._sizes
            here = core.tree.map_structure(lambda x, i=link: x[i], here) if here else None
            done = to_numpy(change.transform_images(done, here or {}, training=True))
        mixed += done * to_numpy(drawn["chain_mixing_weights"])[:, chain, None, None, None]
    own = to_numpy(drawn["weight_sample"])[:, None, None, None]
    np.testing.assert_allclose(
        to_numpy(layer.transform_images(IMAGES, drawn)),
        IMAGES + own * (mixed - IMAGES),
        atol=1e-3,
    )


def test_aug_mix_leaves_the_rest_alone() -> None:
    data = _marked()
    out = core.layers.AugMix(num_chains=1, chain_depth=1, bounding_box_format="xyxy")(data)
    for key in ("segmentation_masks", "labels"):
        np.testing.assert_array_equal(to_numpy(out[key]), data[key])
    np.testing.assert_array_equal(
        to_numpy(out["bounding_boxes"]["boxes"]), data["bounding_boxes"]["boxes"]
    )


def test_bad_input() -> None:
    L = core.layers
    for wrong in (
        lambda: L.RandomPerspective(factor=2.0),
        lambda: L.RandomPerspective(scale=-1.0),
        lambda: L.RandomElasticTransform(scale=5.0),
        lambda: L.RandomElasticTransform(fill_mode="paper"),
        lambda: L.AugMix(num_chains=0),
        lambda: L.AugMix(alpha=0.0),
        lambda: L.RandAugment(num_ops=-1),
        lambda: L.RandAugment(factor=1.5),
    ):
        with pytest.raises(ValueError, match="Received"):
            wrong()
