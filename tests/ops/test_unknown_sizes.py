"""Operations on KerasTensors without sizes that once had to be known, and what models make of them."""

from __future__ import annotations

import numpy as np
import pytest

import keras_core as keras
from keras_core import ops
from keras_core.backends.select import backend
from tests.autodiff import to_numpy

IMAGES = np.random.default_rng(0).uniform(size=(2, 6, 5, 3)).astype("float32")


def _model(function) -> keras.Model:
    x = keras.Input((None, None, 3))
    return keras.Model(x, function(x))


@pytest.mark.parametrize("behind", [False, True])
def test_crop_to_a_size(behind: bool) -> None:
    sides = {f"{side}_cropping": 1 for side in (("bottom", "right") if behind else ("top", "left"))}
    model = _model(lambda x: ops.image.crop_images(x, target_height=3, target_width=2, **sides))
    assert model.output_shape == (None, 3, 2, 3)
    right = IMAGES[:, 2:5, 2:4] if behind else IMAGES[:, 1:4, 1:3]
    np.testing.assert_array_equal(to_numpy(model(IMAGES)), right)
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), right)
    with pytest.raises(ValueError, match="cropping must not be negative"):
        model(IMAGES[:, :3])


@pytest.mark.parametrize("behind", [False, True])
def test_pad_to_a_size(behind: bool) -> None:
    sides = {f"{side}_padding": 1 for side in (("bottom", "right") if behind else ("top", "left"))}
    model = _model(lambda x: ops.image.pad_images(x, target_height=9, target_width=8, **sides))
    assert model.output_shape == (None, 9, 8, 3)
    pads = ((2, 1), (2, 1)) if behind else ((1, 2), (1, 2))
    right = np.pad(IMAGES, ((0, 0), *pads, (0, 0)))
    np.testing.assert_array_equal(to_numpy(model(IMAGES)), right)
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), right)


def test_elastic_transform_draws_in_every_call() -> None:
    model = _model(lambda x: ops.image.elastic_transform(x, seed=keras.random.SeedGenerator(1)))
    assert model.output_shape == (None, None, None, 3)
    first, second = to_numpy(model(IMAGES)), to_numpy(model(IMAGES))
    assert first.shape == IMAGES.shape
    assert np.abs(first - second).max() > 0.01
    loaded = keras.models.model_from_json(model.to_json())
    np.testing.assert_array_equal(to_numpy(loaded(IMAGES)), first)


def test_size_counts_elements_that_a_graph_does_not_know() -> None:
    assert ops.size(keras.KerasTensor((2, 3))) == 6
    size = ops.size(keras.KerasTensor((None, 3)))
    assert (size.shape, size.dtype) == ((), "int32")
    model = _model(lambda x: ops.sum(x) / ops.cast(ops.size(x), "float32"))
    np.testing.assert_allclose(to_numpy(model(IMAGES)), IMAGES.mean(), 1e-5)


@pytest.mark.skipif(backend.name != "tensorflow", reason="tensors of others have a rank")
def test_softmax_of_unknown_rank() -> None:
    import tensorflow as tf

    x = np.array([[0.0, 1.0], [2.0, 0.0]], "float32")
    for function in (ops.softmax, ops.log_softmax):
        traced = tf.function(function, input_signature=[tf.TensorSpec(None)], autograph=False)
        np.testing.assert_allclose(to_numpy(traced(x)), to_numpy(function(x)), 1e-6)
