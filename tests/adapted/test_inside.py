"""Layers within other layers, which no config tells of, quantized: files, copies, paths."""

from __future__ import annotations

import copy
import json
import os
import pickle
from typing import Any

import numpy as np
import pytest

import keras_core as kc
from keras_core import layers
from keras_core.core.errors import InvalidFileError

ROWS = np.random.default_rng(3).integers(0, 7, (4, 5)).astype("int32")


@kc.saving.register_keras_serializable("tests_inside")
class Block(layers.Layer):
    """Its layers are built by its first call."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.parts = [layers.Dense(units, activation="relu"), layers.Dense(units)]

    def call(self, x: Any) -> Any:
        return self.parts[1](self.parts[0](x))


@kc.saving.register_keras_serializable("tests_inside")
class Difference(kc.Model):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.block = Block(3)

    def call(self, a: Any, b: Any) -> Any:
        return self.block(a) - self.block(b)


def graph(k: Any) -> Any:
    x = k.Input((5,), dtype="int32")
    y = k.layers.Embedding(7, 8, name="words")(x)
    y = k.layers.MultiHeadAttention(2, 4, name="mha")(y, y)
    y = k.layers.TimeDistributed(k.layers.Dense(4, name="inner"), name="each")(y)
    return k.Model(x, y)


def attention() -> tuple[Any, list[Any]]:
    model = graph(kc)
    y = layers.Dense(2)(Block(4)(layers.GlobalAveragePooling1D()(model.output)))
    return kc.Model(model.input, y), [ROWS]


def difference() -> tuple[Any, list[Any]]:
    return Difference(), [np.ones((4, 3), "float32"), ROWS[:, :3].astype("float32")]


def out(model: Any, inputs: list[Any]) -> np.ndarray:
    return kc.ops.convert_to_numpy(model(*inputs))


def quantized(make: Any, mode: str) -> tuple[Any, list[Any]]:
    model, inputs = make()
    model(*inputs)
    if mode == "int4 blocks":
        model.quantize(config=kc.quantizers.Int4QuantizationConfig(block_size=2))
    else:
        model.quantize(mode)
    return model, inputs


@pytest.mark.parametrize("mode", ["int8", "int4 blocks", "float8"])
@pytest.mark.parametrize("make", [attention, difference])
def test_files_and_copies(make: Any, mode: str, tmp_path: Any) -> None:
    model, inputs = quantized(make, mode)
    path = tmp_path / "model.keras"
    model.save(path)
    model.save(tmp_path / "folder", zipped=False)
    again = [kc.saving.load_model(p) for p in (path, tmp_path / "folder")]
    again += [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    expected = out(model, inputs)
    for loaded in again:
        np.testing.assert_array_equal(out(loaded, inputs), expected)
        inside = [(v.dtype, v.shape) for v in loaded.variables]
        assert sorted(map(str, inside)) == sorted(str((v.dtype, v.shape)) for v in model.variables)


@pytest.mark.parametrize("mode", ["int8", "int4 blocks"])
def test_clones_and_the_older_format(mode: str, tmp_path: Any) -> None:
    model, inputs = quantized(attention, mode)
    model.save(tmp_path / "model.h5")
    clone = kc.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for again in (kc.saving.load_model(tmp_path / "model.h5"), clone):
        np.testing.assert_array_equal(out(again, inputs), out(model, inputs))


@pytest.mark.skipif(os.environ["KERAS_BACKEND"] == "numpy", reason="it does not train")
def test_training_goes_on(tmp_path: Any) -> None:
    model, inputs = quantized(attention, "int8")
    model.compile("adam", "mse")
    target = np.zeros((4, 2), "float32")
    model.fit(*inputs, target, verbose=0)
    model.save(tmp_path / "model.keras")
    again = kc.saving.load_model(tmp_path / "model.keras")
    for each in (model, again):
        each.fit(*inputs, target, verbose=0, shuffle=False)
    np.testing.assert_allclose(out(again, inputs), out(model, inputs), rtol=1e-6, atol=1e-6)


# Keras tells of every layer that it leaves as it is.
@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
@pytest.mark.parametrize("lora", [None, "before", "after"])
def test_variables_have_the_paths_of_keras(keras: Any, lora: str | None) -> None:
    found = []
    for k in (kc, keras):
        model = graph(k)
        for step in ("before", "quantize", "after"):
            if step == "quantize":
                model.quantize("int8")
            elif step == lora:
                for layer in model._flatten_layers():
                    if type(layer).__name__ in ("Dense", "EinsumDense", "Embedding"):
                        layer.enable_lora(2)
        found.append([(v.path, tuple(v.shape), v.trainable) for v in model.weights])
    assert found[0] == found[1]
    assert ("mha/query/kernel_scale", (1, 1, 2, 4), False) in found[0]


@pytest.mark.parametrize(
    "told",
    [
        [[0, "int8_from_float32", None]],  # a softmax
        [[99, "int8_from_float32", None]],
        [["x", "int8_from_float32", None]],
        [[1, "float32", None]],
        [[1, {"class_name": "Dense", "module": "keras.layers", "config": {"units": 2}}, None]],
        [[1]],
        3,
    ],
)
def test_what_does_not_fit_is_refused(told: Any) -> None:
    layer = layers.MultiHeadAttention(2, 4)
    layer.build((None, 5, 8), (None, 5, 8))
    config = kc.saving.serialize_keras_object(layer)
    positions = [type(x).__name__ for x in layer._flatten_layers(include_self=False)]
    shift = {0: positions.index("Softmax"), 1: positions.index("EinsumDense")}
    if isinstance(told, list):
        told = [[shift.get(i, i), *rest] for i, *rest in told]
    config["build_config"]["quantized"] = told
    with pytest.raises(InvalidFileError, match="quantized layers"):
        kc.saving.deserialize_keras_object(json.loads(json.dumps(config)))
