"""Values at the edges: held against Keras, or against the definition where Keras departs from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from tests.autodiff import to_numpy

layers, ops = core.layers, core.ops
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")


@pytest.mark.parametrize(("axes", "shape"), [([-1], (3, 1)), (-2, (1, 4)), ([1, -1], (1, 1))])
def test_shared_axes_count_from_the_end(axes: Any, shape: Any) -> None:
    """As axes do everywhere. Keras shares the axis before the one named, and fails at -2."""
    layer = layers.PReLU(shared_axes=axes, alpha_initializer="ones")
    np.testing.assert_allclose(to_numpy(layer(X)), X)
    assert tuple(layer.alpha.shape) == shape


def test_shared_axes_are_axes_of_the_inputs() -> None:
    for axis in (3, 5, -3):
        with pytest.raises(ValueError, match="PReLU.*shared_axes must hold axes.*Received"):
            layers.PReLU(shared_axes=[axis])(X)


def test_masks_of_numbers(keras: Any) -> None:
    mask = np.array([[1, 0.5, 0, 2], [0.6, -1, 1, 1]], "float32")
    got = layers.Softmax()(X[0, :2], mask=mask)
    wanted = keras.layers.Softmax()(X[0, :2], mask=mask)
    np.testing.assert_allclose(to_numpy(got), to_numpy(wanted), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_sparsemax_sums_to_one(dtype: str) -> None:
    """Keras gives zeros alone for scores this close together."""
    scores = ops.convert_to_tensor(np.arange(4) / 4, dtype)
    found = core.activations.sparsemax(scores)
    assert ops.dtype(found) == dtype
    np.testing.assert_allclose(to_numpy(found), [0, 1 / 12, 1 / 3, 7 / 12], atol=1e-3)


@pytest.mark.parametrize(("outer", "inner"), [("float16", "float32"), ("float32", "float16")])
def test_recurrent_layers_give_their_own_dtype(outer: str, inner: str) -> None:
    """Also where the cell has another; outputs and states are what the symbolic call says."""
    cell = layers.LSTMCell(3, dtype=inner, recurrent_initializer="glorot_uniform")
    layer = layers.RNN(cell, dtype=outer, return_state=True, return_sequences=True)
    said = [t.dtype for t in layer(core.Input((3, 4)))]
    assert said == [outer] * 3
    assert [ops.dtype(t) for t in layer(X)] == said


@pytest.mark.parametrize("mode", ["multi_hot", "count"])
def test_texts_without_a_split_are_a_batch(mode: str) -> None:
    """A row for each, as the symbolic call says; Keras gives one row for the whole batch."""
    layer = layers.TextVectorization(vocabulary=["a b", "c"], split=None, output_mode=mode)
    for texts in (["c"], ["c", "a b"]):
        wanted = np.eye(3, dtype=int)[[2, 1][: len(texts)]]
        np.testing.assert_array_equal(to_numpy(layer(texts)), wanted)
    with pytest.raises(ValueError, match="TextVectorization.*inputs must have the shape"):
        layer([[["a b", "c"]]])


def test_one_hot_keeps_a_batch_of_one(keras: Any) -> None:
    for ids in (2, [2], [[2]], [0, 2], [[[1], [2]]]):
        ours = layers.CategoryEncoding(3, output_mode="one_hot")
        wanted = to_numpy(keras.layers.CategoryEncoding(3, output_mode="one_hot")(np.array(ids)))
        np.testing.assert_array_equal(to_numpy(ours(np.array(ids))), wanted)
        assert ours.compute_output_shape(np.shape(ids)) == wanted.shape
    lookup = layers.IntegerLookup(vocabulary=[5, 7], output_mode="one_hot")
    for ids in (7, [7], [[7]]):
        np.testing.assert_array_equal(to_numpy(lookup(np.array(ids))), [[0, 0, 1]])


@pytest.mark.parametrize("mode", ["multi_hot", "count"])
def test_the_last_axis_is_encoded(mode: str) -> None:
    """As the shapes say that Keras gives; its values go over the second axis."""
    layer = layers.CategoryEncoding(3, output_mode=mode)
    ids = np.array([[[0, 2], [1, 1]]])
    wanted = [[[1, 0, 1], [0, 2 if mode == "count" else 1, 0]]]
    np.testing.assert_array_equal(to_numpy(layer(ids)), wanted)
    assert layer.compute_output_shape(ids.shape) == (1, 2, 3)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_images_of_one_channel_are_grey_already(data_format: str) -> None:
    axis = -1 if data_format == "channels_last" else 1
    images = np.random.default_rng(0).integers(0, 255, (2, 5, 5)).astype("float32")
    images = np.expand_dims(images, axis)
    grey = ops.image.rgb_to_grayscale(images, data_format=data_format)
    np.testing.assert_array_equal(to_numpy(grey), images)
    for factor in (0.0, 1.0):
        layer = layers.RandomGrayscale(factor, data_format=data_format)
        np.testing.assert_array_equal(to_numpy(layer(images, training=True)), images)
    for layer in (
        layers.RandomColorDegeneration(0.5, data_format=data_format, seed=0),
        layers.AugMix(data_format=data_format, seed=0),
        layers.RandAugment(data_format=data_format, seed=0),
    ):
        assert tuple(layer(images, training=True).shape) == images.shape


@pytest.mark.parametrize(
    ("make", "counts"),
    [
        (lambda: layers.RandomGrayscale(), "1 or 3"),
        (lambda: layers.RandomColorDegeneration(0.5), "1 or 3"),
        (lambda: layers.RandomHue(0.5), "3"),
        (lambda: layers.RandomSaturation(0.5), "3"),
    ],
)
def test_other_channels_have_no_colours(make: Any, counts: str) -> None:
    layer = make()
    with pytest.raises(ValueError, match=f"{layer.name}.*images must have {counts} channels"):
        layer(np.ones((2, 4, 4, 2), "float32"), training=True)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("name", ["Embedding", "ReversibleEmbedding"])
def test_negative_ids_count_from_the_end(name: str, dtype: str) -> None:
    layer = getattr(layers, name)(4, 2)
    layer.build()
    (table, *_) = layer.get_weights()
    ids = np.array([[-1, 0], [3, -4]], dtype)
    np.testing.assert_array_equal(to_numpy(layer(ids)), table[ids])
    if backend.has("gradients"):
        model = core.Sequential([core.Input((2,), dtype=dtype), layer])
        model.compile(core.optimizers.SGD(4.0), "mse")
        model.fit(ids, np.zeros((2, 2, 2)), epochs=1, verbose=0)
        moved = np.abs(layer.get_weights()[0] - table).max(axis=1) > 0
        assert moved.tolist() == [True, False, False, True]


def test_ids_outside_of_the_table() -> None:
    layer = layers.Embedding(4, 2)
    for wrong in (4, -5):
        ids = np.array([0, wrong], "int32")
        if backend.has("functional"):  # kernels that do not look at values
            found = to_numpy(layer(ids))
            assert np.isnan(found[1]).all() and not np.isnan(found[0]).any()
            continue
        words = rf"Embedding.*inputs must lie in \[0, 4\).*Received: inputs=\[{wrong}\]"
        with pytest.raises(ValueError, match=words):
            layer(ids)
