"""Losses of NaN are NaN: training goes on, and a callback sees it."""

from __future__ import annotations

import numpy as np

import keras_core as keras


def test_binary_crossentropy_of_nan_is_nan() -> None:
    target, output = np.float32([[1.0, 0.0]]), np.float32([[np.nan, 0.25]])
    found = keras.ops.convert_to_numpy(keras.ops.binary_crossentropy(target, output))
    assert np.isnan(found[0, 0])
    np.testing.assert_allclose(found[0, 1], -np.log(0.75), rtol=1e-5)
