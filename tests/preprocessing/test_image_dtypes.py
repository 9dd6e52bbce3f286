"""What image layers give for which dtype, of images and of what belongs to them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from keras_core.layers.preprocessing.image_base import ImageLayer
from tests.autodiff import to_numpy
from tests.layers.test_bad_input import OTHERS

layers = core.layers
RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (2, 8, 10, 3)).astype("uint8")
NEEDS = OTHERS | {
    "Resizing": {"height": 4, "width": 6},
    "CenterCrop": {"height": 4, "width": 6},
    "RandomCrop": {"height": 4, "width": 6},
    "RandomRotation": {"factor": 0.2},
    "MaxNumBoundingBoxes": {"max_number": 5},
    "MixUp": {},
    "CutMix": {},
}
NAMES = sorted(
    name
    for name in dir(layers)
    if isinstance(cls := getattr(layers, name), type)
    and issubclass(cls, ImageLayer)
    and name != "BaseImagePreprocessingLayer"
)
if backend.has(
    "functional"
):  # where each new shape is compiled anew: those with rules of their own
    NAMES = ["MaxNumBoundingBoxes", "MixUp", "RandomBrightness", "Resizing", "Solarization"]
NO_BOXES = ("CutMix", "RandomElasticTransform")


def _data(name: str, flat: bool = False) -> dict[str, Any]:
    masks = (BYTES[..., :1] > 99).astype("int32")
    data = {
        "images": BYTES,
        "labels": np.arange(2, dtype="int32"),
        "segmentation_masks": masks[..., 0] if flat else masks,
        "bounding_boxes": {
            "boxes": np.array([[[1, 1, 4, 5]] * 3, [[2, 0, 9, 7]] * 3], "float32"),
            "labels": np.ones((2, 3), "int32"),
        },
    }
    if name in NO_BOXES:
        del data["bounding_boxes"]
    return data


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_is_what_was_said(name: str) -> None:
    """Data sets and models go by the spec: shapes and dtypes, of each part, in half precision."""
    layer = getattr(layers, name)(dtype="mixed_float16", **NEEDS.get(name, {}))
    for single, flat in itertools.product((False, True), repeat=2):
        data = _data(name, flat)
        if single:
            data = core.tree.map_structure(lambda x: x[0], data)
        symbols = core.tree.map_structure(lambda x: core.KerasTensor(x.shape, str(x.dtype)), data)
        shapes = layer.compute_output_shape(core.tree.map_structure(lambda x: x.shape, data))
        for training in (True, False):
            said = layer(symbols, training=training)
            came = layer(data, training=training)
            if training:
                assert shapes == core.tree.map_structure(lambda x: x.shape, said)
            for one, other in zip(core.tree.flatten(said), core.tree.flatten(came), strict=True):
                assert tuple(one.shape) == tuple(other.shape)
                assert one.dtype == core.backend.standardize_dtype(other.dtype)


@pytest.mark.parametrize(
    "options",
    [{}, {"interpolation": "nearest"}, {"antialias": True}, {"crop_to_aspect_ratio": True}],
)
def test_resized_integers_stay_integers(options: dict[str, Any], keras: Any) -> None:
    ours, theirs = layers.Resizing(5, 6, **options), keras.layers.Resizing(5, 6, **options)
    for dtype in ("uint8", "int32"):
        got = ours(BYTES.astype(dtype))
        assert core.backend.standardize_dtype(got.dtype) == dtype
        assert ours(core.KerasTensor(BYTES.shape, dtype)).dtype == dtype
        wanted = to_numpy(theirs(BYTES.astype(dtype))).astype("int32")
        # A half may be rounded either way: sums are made in another order.
        assert np.abs(to_numpy(got).astype("int32") - wanted).max() <= 1
        assert (to_numpy(got) != wanted).mean() < 0.05
    assert core.backend.standardize_dtype(ours(BYTES > 99).dtype) == "float32"


def test_layers_after_take_the_integers() -> None:
    inputs = core.Input((8, 10, 3), dtype="uint8")
    small = layers.Resizing(4, 5)(inputs)
    model = core.Model(inputs, [layers.Rescaling(1 / 255)(small), layers.Conv2D(2, 3)(small)])
    scaled, convolved = model.predict(BYTES, verbose=0)
    assert scaled.dtype == convolved.dtype == np.float32
    np.testing.assert_allclose(scaled * 255, to_numpy(layers.Resizing(4, 5)(BYTES)), atol=1e-3)


@pytest.mark.parametrize("name", ["RandomFlip", "RandomBrightness", "Resizing", "RandAugment"])
def test_boxes_keep_their_precision(name: str) -> None:
    """513 is no number of bfloat16: a policy for images is none for boxes and labels."""
    layer = getattr(layers, name)(dtype="mixed_bfloat16", **NEEDS.get(name, {}))
    data = _data(name) | {"labels": np.array([257.0, 513.0], "float32")}
    data["bounding_boxes"]["boxes"][:] = [1.0, 1.0, 257.0, 513.0]
    out = layer(data, training=False)
    assert core.backend.standardize_dtype(out["images"].dtype) in ("bfloat16", "uint8")
    np.testing.assert_array_equal(to_numpy(out["labels"]), data["labels"])
    if name != "Resizing":
        boxes = to_numpy(out["bounding_boxes"]["boxes"])
        np.testing.assert_array_equal(boxes, data["bounding_boxes"]["boxes"])
