"""Histogram equalization, of images and of tiles, against Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from tests.autodiff import to_numpy

RNG = np.random.default_rng(0)
INTEGERS = RNG.integers(0, 256, (2, 17, 21, 2)).astype("float32")
CLAHE = "ContrastLimitedAdaptiveHistogramEqualization"
ROWS: list[tuple[str, dict[str, Any], np.ndarray]] = [
    ("Equalization", {}, INTEGERS),
    ("Equalization", {"bins": 10}, RNG.uniform(90, 160, (2, 17, 21, 2)).astype("float32")),
    ("Equalization", {"value_range": (0, 1)}, INTEGERS / 255),
    ("Equalization", {}, np.full((2, 17, 21, 2), 7.0, "float32")),
    (CLAHE, {"tile_grid_size": (3, 2)}, INTEGERS),
    (CLAHE, {"tile_grid_size": (4, 5), "clip_limit": 1.0}, RNG.uniform(0, 255, (2, 17, 21, 2))),
]


@pytest.mark.filterwarnings("ignore:Tensor.T is deprecated")  # Keras on torch
@pytest.mark.parametrize(("name", "kwargs", "images"), ROWS)
def test_against_keras(keras: Any, name: str, kwargs: dict[str, Any], images: np.ndarray) -> None:
    images = images.astype("float32")
    if name == CLAHE and backend.name == "torch":
        pytest.skip("Keras gives other results on torch than elsewhere")
    ours, theirs = getattr(core.layers, name)(**kwargs), getattr(keras.layers, name)(**kwargs)
    got = to_numpy(ours(images))
    for i, image in enumerate(images):  # Keras counts all images of a batch together
        wanted = to_numpy(theirs(image[None]))[0]
        np.testing.assert_allclose(got[i], wanted, atol=0.01)
    assert ours.get_config().keys() == theirs.get_config().keys()
    assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()


def test_channels_first() -> None:
    for name in ("Equalization", CLAHE):
        make = getattr(core.layers, name)
        last = to_numpy(make(data_format="channels_last")(INTEGERS))
        first = to_numpy(make(data_format="channels_first")(INTEGERS.transpose(0, 3, 1, 2)))
        np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, atol=0.01)


def test_bad_input() -> None:
    L = core.layers
    for wrong in (
        lambda: L.Equalization(bins=0),
        lambda: L.Equalization(value_range=(1, 0)),
        lambda: L.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(0, 1)),
        lambda: L.ContrastLimitedAdaptiveHistogramEqualization(clip_limit="much"),
    ):
        with pytest.raises(ValueError, match="Received"):
            wrong()
