"""Layers that learn from data, through files: their vocabularies, bins and moments come along."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core.backends import select
from tests.saving import twins

BACKEND = keras_core.backend.backend()
WORDS = np.array([["the cat sat"], ["the dog"], ["a cat"], ["dog dog the cat"]])
NUMBERS = np.array([[3], [5], [3], [9]], "int64")
FLOATS = np.array([[1.0, 4.0], [2.0, 8.0], [3.0, 6.0], [9.0, 1.0]], "float32")

LAYERS = {
    "StringLookup": (lambda L: L.StringLookup(num_oov_indices=2), WORDS),
    "StringLookup tf_idf": (lambda L: L.StringLookup(output_mode="tf_idf"), WORDS),
    "IntegerLookup": (lambda L: L.IntegerLookup(max_tokens=3), NUMBERS),
    "TextVectorization": (lambda L: L.TextVectorization(output_sequence_length=4), WORDS),
    "TextVectorization tf_idf": (lambda L: L.TextVectorization(output_mode="tf_idf"), WORDS),
    "TextVectorization ngrams": (
        lambda L: L.TextVectorization(ngrams=2, output_mode="count", max_tokens=9), WORDS),
    "Normalization": (lambda L: L.Normalization(), FLOATS),
    "Discretization": (lambda L: L.Discretization(num_bins=3), FLOATS),
}  # fmt: skip


def adapted(K: Any, name: str) -> tuple[Any, Any]:
    make, data = LAYERS[name]
    layer = make(K.layers)
    # A batch at a time: so each example counts as a document.
    layer.adapt(data)
    kind = "string" if data.dtype.kind == "U" else data.dtype.name
    return K.Sequential([K.Input(data.shape[1:], dtype=kind), layer]), data


def outputs(K: Any, model: Any, data: Any) -> np.ndarray:
    if data.dtype.kind == "U" and BACKEND == "tensorflow":
        data = K.ops.convert_to_tensor(data, "string")
    return np.asarray(K.ops.convert_to_numpy(model.layers[-1](data)))


def check(tmp_path: Any, K1: Any, K2: Any, name: str) -> None:
    first, data = adapted(K1, name)
    path = str(tmp_path / "m.keras")
    first.save(path)
    second = K2.saving.load_model(path)
    a, b = first.layers[-1], second.layers[-1]
    if hasattr(a, "get_vocabulary"):
        assert list(a.get_vocabulary()) == list(b.get_vocabulary())
    np.testing.assert_allclose(outputs(K1, first, data), outputs(K2, second, data), rtol=1e-5)
    for one, two in zip(twins.values(first), twins.values(second), strict=True):
        assert np.array_equal(one, two)


@pytest.mark.parametrize("name", LAYERS)
def test_ours(tmp_path: Any, name: str) -> None:
    check(tmp_path, keras_core, keras_core, name)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="Keras needs TensorFlow for most of them")
@pytest.mark.parametrize("direction", ["out", "in"])
@pytest.mark.parametrize("name", LAYERS)
def test_with_keras(tmp_path: Any, name: str, direction: str) -> None:
    keras = pytest.importorskip("keras")
    K1, K2 = (keras_core, keras) if direction == "out" else (keras, keras_core)
    check(tmp_path, K1, K2, name)


def _lookup_of_strings() -> Any:
    layer = keras_core.layers.StringLookup(output_mode="multi_hot")
    layer.adapt(np.array([["a"], ["b"], ["c"]]))
    return layer


def _vectorization() -> Any:
    layer = keras_core.layers.TextVectorization(output_mode="count")
    layer.adapt(np.array(["a b", "c"]))
    return layer


@pytest.mark.skipif(not select.backend.has("strings"), reason="a graph of strings")
@pytest.mark.parametrize("make", [_lookup_of_strings, _vectorization])
def test_a_graph_behind_an_adapted_vocabulary_is_rebuilt(tmp_path: Any, make: Any) -> None:
    inputs = keras_core.Input((1,), dtype="string")
    model = keras_core.Model(inputs, keras_core.layers.Dense(2)(make()(inputs)))
    model.save(tmp_path / "m.keras")
    again = keras_core.saving.load_model(tmp_path / "m.keras")
    x = np.array([["a"], ["z"]])
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    clone = keras_core.Model.from_config(model.get_config())
    assert clone.output.shape == (None, 2)


def test_a_graph_behind_adapted_integers_is_rebuilt(tmp_path: Any) -> None:
    lookup = keras_core.layers.IntegerLookup(output_mode="multi_hot")
    lookup.adapt(np.array([[3], [5]]))
    inputs = keras_core.Input((1,), dtype="int64")
    model = keras_core.Model(inputs, keras_core.layers.Dense(2)(lookup(inputs)))
    model.save(tmp_path / "m.keras")
    again = keras_core.saving.load_model(tmp_path / "m.keras")
    assert again.layers[1].get_config() == lookup.get_config()
    for kernel, other in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(kernel, other)
