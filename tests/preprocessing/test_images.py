"""Image layers against Keras, with factors that leave nothing to chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from tests.autodiff import to_numpy

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 8, 10, 3)).astype("float32")
SURE: dict[str, Any] = {
    "rotation": lambda L: L.RandomRotation((0.1, 0.1)),
    "rotation_constant": lambda L: L.RandomRotation(
        (-0.2, -0.2), fill_mode="constant", fill_value=7.0
    ),
    "translation": lambda L: L.RandomTranslation((0.2, 0.2), (-0.25, -0.25)),
    "zoom": lambda L: L.RandomZoom((0.3, 0.3)),
    "zoom_in": lambda L: L.RandomZoom((-0.3, -0.3), (0.2, 0.2), fill_mode="constant"),
    "resizing": lambda L: L.Resizing(5, 4),
    "resizing_crop": lambda L: L.Resizing(6, 4, crop_to_aspect_ratio=True),
    "resizing_pad": lambda L: L.Resizing(6, 4, pad_to_aspect_ratio=True, interpolation="nearest"),
    "center": lambda L: L.CenterCrop(4, 6),
    "center_small": lambda L: L.CenterCrop(9, 12),
}  # fmt: skip


@pytest.mark.parametrize("case", SURE)
def test_against_keras(keras: Any, case: str) -> None:
    ours, theirs = SURE[case](core.layers), SURE[case](keras.layers)
    got, wanted = to_numpy(ours(IMAGES)), to_numpy(theirs(IMAGES))
    np.testing.assert_allclose(got, wanted, atol=2e-2)
    assert ours.get_config().keys() == theirs.get_config().keys()
    assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()
    np.testing.assert_allclose(to_numpy(ours(IMAGES[0])), wanted[0], atol=2e-2)
    assert ours.compute_output_spec(core.KerasTensor(IMAGES.shape)).shape == got.shape


RANDOM: dict[str, Any] = {
    "flip": lambda L: L.RandomFlip(),
    "rotation": lambda L: L.RandomRotation(0.2),
    "translation": lambda L: L.RandomTranslation(0.2, 0.2),
    "zoom": lambda L: L.RandomZoom(0.3),
    "shear": lambda L: L.RandomShear(0.3, 0.3),
    "crop": lambda L: L.RandomCrop(4, 5),
}


@pytest.mark.parametrize("case", RANDOM)
def test_random(keras: Any, case: str) -> None:
    core.utils.set_random_seed(0)  # two draws of a crop are alike once in thirty
    ours, theirs = RANDOM[case](core.layers), RANDOM[case](keras.layers)
    x = np.repeat(IMAGES, 8, 0)
    got = to_numpy(ours(x, training=True))
    assert got.shape == tuple(theirs(x, training=True).shape)
    calm = to_numpy(ours(x, training=False))
    if case == "crop":  # Keras leaves the images uncut, in another size than it declares
        np.testing.assert_array_equal(calm, x[:, 2:6, 2:7])
    else:
        np.testing.assert_allclose(calm, to_numpy(theirs(x, training=False)), atol=1e-3)
    assert not np.array_equal(got, to_numpy(ours(x, training=True)))
    keys = theirs.get_config().keys()
    assert ours.get_config().keys() == keys


def test_masks_and_boxes_follow_the_images() -> None:
    """A marked rectangle is found where the boxes and masks say that it went."""
    images = np.zeros((6, 20, 30, 1), "float32")
    images[:, 4:9, 6:16] = 100.0
    data = {
        "images": images,
        "segmentation_masks": (images[..., 0] > 0).astype("int32"),
        "bounding_boxes": {
            "boxes": np.tile(np.array([[[6.0, 4.0, 16.0, 9.0]]], "float32"), (6, 1, 1)),
            "labels": np.ones((6, 1), "int32"),
        },
        "labels": np.arange(6),
    }
    for layer in (
        core.layers.RandomFlip(),
        core.layers.RandomTranslation((0.1, 0.1), (-0.1, -0.1), fill_mode="constant"),
        core.layers.RandomZoom((0.5, 0.5), fill_mode="constant"),
        core.layers.RandomRotation((0.25, 0.25), fill_mode="constant"),
        core.layers.Resizing(40, 30),
        core.layers.CenterCrop(16, 26),
        core.layers.RandomCrop(18, 28),
    ):
        out = layer(data, training=True)
        images_out, masks = to_numpy(out["images"]), to_numpy(out["segmentation_masks"])
        found = to_numpy(out["bounding_boxes"]["boxes"])[:, 0]
        np.testing.assert_array_equal(to_numpy(out["labels"]), np.arange(6))
        for image, mask, box in zip(images_out[..., 0], masks, found, strict=True):
            rows, columns = np.nonzero(image > 50)
            seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            np.testing.assert_allclose(box, seen, atol=1.01, err_msg=layer.name)
            rows, columns = np.nonzero(mask)
            marked = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            np.testing.assert_allclose(marked, seen, atol=1.01, err_msg=layer.name)


@pytest.mark.parametrize(
    ("make", "box", "wanted"),
    [
        # Of 16 rows and 24 columns the rows from 3 to 12 have the proportions of 8 to 20.
        (lambda: core.layers.Resizing(8, 20, crop_to_aspect_ratio=True), (0, 3, 12, 12), (0, 0, 10, 8)),
        (lambda: core.layers.Resizing(20, 8, pad_to_aspect_ratio=True), (0, 2, 12, 14), (0, 8, 4, 12)),
        (lambda: core.layers.CenterCrop(10, 30), (8, 4, 16, 8), (10, 0, 20, 5)),
        (lambda: core.layers.RandomCrop(10, 30), (8, 4, 16, 8), (10, 0, 20, 5)),
    ],
)  # fmt: skip
def test_boxes_go_where_the_cut_pixels_go(make: Any, box: Any, wanted: Any) -> None:
    boxes = {"boxes": np.array([[box]], "float32"), "labels": np.ones((1, 1), "int32")}
    out = make()({"images": np.ones((1, 16, 24, 1), "float32"), "bounding_boxes": boxes})
    np.testing.assert_allclose(to_numpy(out["bounding_boxes"]["boxes"])[0, 0], wanted, atol=1e-4)


def test_shears_go_both_ways(keras: Any) -> None:
    """Bounds are of the distance: the direction is drawn, one for both axes, as in Keras."""
    images = np.ones((64, 4, 4, 1), "float32")
    ours = core.layers.RandomShear((0.2, 0.2), (0.3, 0.3), seed=1)
    theirs = keras.layers.RandomShear((0.2, 0.2), (0.3, 0.3), seed=1)
    shears = to_numpy(ours.get_random_transformation(images)["map"])[:, [1, 3]]
    drawn = theirs.get_random_transformation({"images": images}, training=True)
    wanted = to_numpy(drawn["shear_factor"])
    for found in (shears, wanted):
        np.testing.assert_allclose(np.abs(found), np.tile([[0.2, 0.3]], (64, 1)), rtol=1e-5)
        np.testing.assert_array_equal(found[:, 0] > 0, found[:, 1] > 0)
        assert 8 < (found[:, 0] > 0).sum() < 56


def test_bad_input() -> None:
    L = core.layers
    for wrong in (
        lambda: L.RandomFlip("diagonal"),
        lambda: L.RandomRotation(2.0),
        lambda: L.RandomRotation((0.2, 0.1)),
        lambda: L.RandomZoom("big"),
        lambda: L.Resizing(0, 3),
        lambda: L.Resizing(3, 3, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
        lambda: L.CenterCrop(3, 3)(np.zeros((3, 3), "float32")),
        lambda: L.RandomFlip(bounding_box_format="corners"),
    ):
        with pytest.raises(ValueError, match="Received"):
            wrong()


@pytest.mark.parametrize(
    "interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"]
)
def test_resizing_gives_the_same_in_compiled_steps(interpolation: str) -> None:
    """TensorFlow's cubic kernel was 2e-3 off, and ran in single calls alone."""
    layer = core.layers.Resizing(4, 5, interpolation=interpolation)
    model = core.Sequential([core.Input((6, 7, 3)), layer])
    x = np.random.default_rng(0).normal(size=(5, 6, 7, 3)).astype("float32")
    alone = to_numpy(model(x))
    np.testing.assert_allclose(model.predict(x, verbose=0), alone, atol=1e-5)


@pytest.mark.skipif(not backend.has("jit"), reason="nothing to compile with")
@pytest.mark.parametrize(
    "make",
    [
        lambda L, **more: L.RandomTranslation((0.25, 0.25), (0.1, 0.1), **more),
        lambda L, **more: L.RandomRotation((0.1, 0.1), **more),
        lambda L, **more: L.RandomPerspective(1.0, 0.0, **more),
    ],
    ids=["translation", "rotation", "perspective"],
)
def test_boxes_go_along_in_compiled_calls(make: Any) -> None:
    """TensorFlow's optimizer of graphs lost an axis, so that it failed in `tf.function` alone."""
    boxes = np.array([[[1, 1, 5, 6], [2, 2, 8, 7]]] * 2, "float32")
    data = {
        "images": IMAGES,
        "bounding_boxes": {"boxes": boxes, "labels": np.array([[1, 2]] * 2, "int32")},
        "segmentation_masks": np.arange(160, dtype="int32").reshape(2, 8, 10, 1) % 3,
    }
    layer = make(core.layers, bounding_box_format="xyxy", seed=1)
    expected = core.tree.map_structure(to_numpy, layer(data, training=True))
    given = core.tree.map_structure(core.ops.convert_to_tensor, data)
    found = backend.execute.compiled(lambda x: layer(x, training=True))(given)
    for a, b in zip(core.tree.flatten(found), core.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(to_numpy(a), b, atol=1e-2)


def test_a_seed_of_zero_is_one() -> None:
    layers = core.layers
    drawn = [layers.RandomRotation(0.3, seed=1), layers.RandAugment(seed=2), layers.MixUp(seed=3)]
    for layer in drawn:
        a, b = (layer.get_random_transformation({"images": IMAGES}, seed=0) for _ in range(2))
        for one, other in zip(core.tree.flatten(a), core.tree.flatten(b), strict=True):
            if one is not None:
                np.testing.assert_array_equal(to_numpy(one), to_numpy(other))
