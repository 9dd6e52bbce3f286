"""Colour layers against Keras, with factors that leave nothing to chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.autodiff import to_numpy

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 8, 10, 3)).astype("float32")
SURE: dict[str, Any] = {
    "brightness": lambda L: L.RandomBrightness((0.2, 0.2)),
    "brightness_unit": lambda L: L.RandomBrightness((-30 / 255, -30 / 255)),
    "contrast": lambda L: L.RandomContrast((0.0, 0.0)),
    "saturation": lambda L: L.RandomSaturation((0.2, 0.2)),
    "gray": lambda L: L.RandomGrayscale(1.0),
    "invert": lambda L: L.RandomInvert((1.0, 1.0)),
    "posterize": lambda L: L.RandomPosterization((3, 3)),
    "degenerate": lambda L: L.RandomColorDegeneration((0.4, 0.4)),
    "sharpness": lambda L: L.RandomSharpness((0.9, 0.9)),
    "blur_by_sharpness": lambda L: L.RandomSharpness((0.1, 0.1)),
    "blur": lambda L: L.RandomGaussianBlur((1.0, 1.0), kernel_size=3, sigma=(0.8, 0.8)),
    "autocontrast": lambda L: L.AutoContrast(),
    "jitter": lambda L: L.RandomColorJitter(brightness_factor=(0.1, 0.1)),
}


@pytest.mark.parametrize("case", SURE)
def test_against_keras(keras: Any, case: str) -> None:
    ours, theirs = SURE[case](core.layers), SURE[case](keras.layers)
    x = IMAGES * 0.8 + 10 if case == "autocontrast" else IMAGES
    got, wanted = to_numpy(ours(x)), to_numpy(theirs(x))
    np.testing.assert_allclose(got, wanted, atol=0.6)
    assert ours.get_config().keys() == theirs.get_config().keys()
    assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()
    np.testing.assert_allclose(to_numpy(ours(x[0])), got[0], atol=1e-3)
    np.testing.assert_allclose(
        to_numpy(ours(x, training=False)), got if case == "autocontrast" else x, atol=1e-3
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda L: L.RandomContrast(0.5),
        lambda L: L.RandomHue(0.5),
        lambda L: L.RandomColorJitter(
            brightness_factor=0.2, contrast_factor=0.2, saturation_factor=0.4, hue_factor=0.2
        ),
    ],
)
def test_random(make: Any) -> None:
    layer = make(core.layers)
    a, b = to_numpy(layer(IMAGES)), to_numpy(layer(IMAGES))
    assert a.shape == IMAGES.shape and not np.allclose(a, b)
    assert a.min() >= 0 and a.max() <= 255.001
    first = make(core.layers).get_config()
    assert type(layer).from_config(first).get_config() == first


def test_saturation_stays_in_range() -> None:
    y = to_numpy(core.layers.RandomSaturation((0.9, 0.9))(IMAGES))  # Keras leaves the range
    assert y.min() >= 0 and y.max() <= 255.001


def test_solarization() -> None:
    y = to_numpy(core.layers.Solarization((0.1, 0.1), (0.6, 0.6))(IMAGES))
    added = np.clip(IMAGES + 25.5, 0, 255)
    np.testing.assert_allclose(y, np.where(added >= 153, 255 - added, added), atol=1e-3)
