"""Layers through files both ways with Keras 3.15.1, their results compared.

Those of the layers' table are in `test_matrix`; here are the others, and operations.
"""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

import keras_core
from tests.saving import twins

keras = pytest.importorskip("keras")
BACKEND = keras_core.backend.backend()

IMAGE, SEQUENCE, VECTOR, VOLUME, TOKENS = (8, 8, 4), (6, 4), (5,), (4, 4, 4, 2), (6,)

# Name of the class, its arguments, the input's shape without the batch axis.
LAYERS = [
    ("Dense", {"units": 3, "activation": "relu"}, VECTOR),
    ("Dense", {"units": 3, "kernel_regularizer": "l2", "bias_constraint": "non_neg"}, VECTOR),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE),
    ("BatchNormalization", {"momentum": 0.9}, IMAGE),
    ("LSTM", {"units": 3, "return_sequences": True}, SEQUENCE),
    ("GRU", {"units": 3, "go_backwards": True}, SEQUENCE),
    ("SimpleRNN", {"units": 3}, SEQUENCE),
    ("ConvLSTM1D", {"filters": 2, "kernel_size": 2}, (3, 5, 2)),
    ("Normalization", {"mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 2.0, 3.0, 4.0]}, IMAGE),
    ("CenterCrop", {"height": 4, "width": 4}, IMAGE),
    ("Resizing", {"height": 4, "width": 5}, IMAGE),
    ("Discretization", {"bin_boundaries": [0.0, 1.0]}, VECTOR),
    ("CategoryEncoding", {"num_tokens": 9, "output_mode": "multi_hot"}, TOKENS),
    ("SpectralNormalization", {"layer": ("Dense", {"units": 3})}, VECTOR),
    ("TimeDistributed", {"layer": ("Dense", {"units": 3})}, SEQUENCE),
    ("Bidirectional", {"layer": ("LSTM", {"units": 3}), "merge_mode": "sum"}, SEQUENCE),
    ("RNN", {"cell": ("StackedRNNCells", {"cells": [("GRUCell", {"units": 2}), ("LSTMCell", {"units": 3})]})}, SEQUENCE),
    ("RandomFlip", {"seed": 3}, IMAGE),
    ("RandomRotation", {"factor": 0.1, "seed": 3}, IMAGE),
]  # fmt: skip
MERGING = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"]


def built(K, spec):
    if isinstance(spec, tuple) and len(spec) == 2 and isinstance(spec[1], dict):
        return getattr(K.layers, spec[0])(**{k: built(K, v) for k, v in spec[1].items()})
    return [built(K, v) for v in spec] if isinstance(spec, list) else spec


def data(shape, integer):
    rng = np.random.default_rng(0)
    return (
        rng.integers(0, 9, (2, *shape))
        if integer
        else rng.normal(size=(2, *shape)).astype("float32")
    )


def check(tmp_path, first, K1, K2, x, atol=1e-4):
    twins.randomize(first)
    path = str(tmp_path / "m.keras")
    first.save(path)
    second = K2.saving.load_model(path)
    for a, b in zip(twins.values(first), twins.values(second), strict=True):
        assert a.dtype == b.dtype and np.array_equal(a, b)
    one, two = (
        K.ops.convert_to_numpy(m(x, training=False)) for K, m in ((K1, first), (K2, second))
    )
    np.testing.assert_allclose(one, two, atol=atol, rtol=1e-3)
    return second


def config_of(model):
    """The layer's config, of what may be written in two ways only one."""

    def plain(value):
        if isinstance(value, dict):
            if value.get("class_name") == "DTypePolicy":
                return value["config"]["name"]
            return {k: plain(v) for k, v in value.items() if v is not None}
        if isinstance(value, list):
            return plain(value[0]) if len(value) == 1 else [plain(v) for v in value]
        return value

    return plain(json.loads(json.dumps(model.layers[-1].get_config(), default=str)))


@pytest.mark.parametrize("case", LAYERS, ids=lambda c: f"{c[0]}-{'-'.join(c[1])}")
def test_layer(tmp_path, case):
    name, arguments, shape = case
    if name not in dir(keras_core.layers):
        pytest.skip(f"{name} is not there yet")
    integer = name in ("Embedding", "CategoryEncoding")
    x = data(shape, integer)

    def make(K):
        K.utils.clear_session(
            free_memory=False
        )  # so that the layers inside are called alike on both sides
        layer = built(K, (name, {**arguments, "name": "layer"}))
        inputs = K.Input(shape, dtype="int32" if integer else "float32")
        return K.Model(inputs, layer(inputs))

    ours, theirs = make(keras_core), make(keras)
    check(tmp_path, ours, keras_core, keras, x)
    check(tmp_path, theirs, keras, keras_core, x)
    assert config_of(ours) == config_of(theirs)


@pytest.mark.parametrize("name", MERGING)
def test_merging(tmp_path, name):
    if name not in dir(keras_core.layers):
        pytest.skip(f"{name} is not there yet")

    def make(K):
        inputs = K.Input((4, 4))
        arguments = {"axes": 1} if name == "Dot" else {}
        return K.Model(inputs, getattr(K.layers, name)(**arguments)([inputs, inputs + 1.0]))

    x = data((4, 4), False)
    check(tmp_path, make(keras_core), keras_core, keras, x)
    check(tmp_path, make(keras), keras, keras_core, x)


def test_attention(tmp_path):
    if "MultiHeadAttention" not in dir(keras_core.layers):
        pytest.skip("MultiHeadAttention is not there yet")

    def make(K):
        x = K.Input((6, 4))
        h = K.layers.MultiHeadAttention(2, 3, name="mha")(x, x)
        h = K.layers.LayerNormalization()(h + x)
        return K.Model(x, K.layers.Attention()([h, x]) if hasattr(K.layers, "Attention") else h)

    x = data((6, 4), False)
    check(tmp_path, make(keras_core), keras_core, keras, x)
    check(tmp_path, make(keras), keras, keras_core, x)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float16", "bfloat16"])
def test_dtype_policies(tmp_path, policy):
    def make(K):
        return K.Sequential([K.Input((4,)), K.layers.Dense(3, dtype=policy), K.layers.Dense(2)])

    x = data((4,), False)
    for first, K1, K2 in ((make(keras_core), keras_core, keras), (make(keras), keras, keras_core)):
        second = check(tmp_path, first, K1, K2, x, atol=0.3)
        assert second.layers[0].compute_dtype == first.layers[0].compute_dtype
        assert second.layers[0].variable_dtype == first.layers[0].variable_dtype


OPERATIONS = {
    "arithmetic": lambda K, x: (3.0 - x) * (x + 1) / 2.0,
    "slicing": lambda K, x: x[:, 1:, None, ::2],
    "ellipsis": lambda K, x: x[..., 0],
    "reduction": lambda K, x: K.ops.mean(x, axis=(1, 2), keepdims=True),
    "reshape": lambda K, x: K.ops.transpose(K.ops.reshape(x, (-1, 4, 6)), (0, 2, 1)),
    "comparison": lambda K, x: K.ops.where(x > 0, x, K.ops.zeros_like(x)),
    "concatenation": lambda K, x: K.ops.concatenate([x, K.ops.abs(x)], axis=-1),
    "stack": lambda K, x: K.ops.stack([x, x * x], axis=1),
    "split": lambda K, x: K.ops.split(x, 2, axis=-1)[1],
    "einsum": lambda K, x: K.ops.einsum("bij,bkj->bik", x, x + 1.0),
    "matmul with a constant": lambda K, x: K.ops.matmul(x, K.ops.ones((4, 2))),
    "cast": lambda K, x: K.ops.cast(K.ops.cast(x, "int32"), "float32"),
    "softmax": lambda K, x: K.ops.softmax(x, axis=1),
    "activation": lambda K, x: K.activations.gelu(K.activations.relu(x)),
    "normalize": lambda K, x: K.ops.normalize(x, axis=-1, order=2),
    "take": lambda K, x: K.ops.take(x, [0, 2], axis=1),
    "pad": lambda K, x: K.ops.pad(x, [[0, 0], [1, 0], [0, 2]]),
    "expand and squeeze": lambda K, x: K.ops.squeeze(K.ops.expand_dims(x, 1), 1),
    "repeat": lambda K, x: K.ops.repeat(x, 2, axis=1),
    "clip": lambda K, x: K.ops.clip(x, -0.5, 0.5),
    "top_k": lambda K, x: K.ops.top_k(x, 2)[0],
    "one_hot": lambda K, x: K.ops.one_hot(K.ops.argmax(x, axis=-1), 4),
    "power": lambda K, x: K.ops.power(K.ops.abs(x), 2.0),
    "conv": lambda K, x: K.ops.conv(x, K.ops.ones((2, 4, 3)), padding="same"),
    "slice": lambda K, x: K.ops.slice(x, (0, 0, 0), (1, 2, 2)),
    "logical": lambda K, x: K.ops.cast(K.ops.logical_and(x > 0, x < 1), "float32"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_in_graphs(tmp_path, name):
    def make(K):
        inputs = K.Input((6, 4), name="in")
        return K.Model(inputs, OPERATIONS[name](K, inputs))

    x = data((6, 4), False)
    check(tmp_path, make(keras), keras, keras_core, x)
    check(tmp_path, make(keras_core), keras_core, keras, x)


@pytest.mark.parametrize("name", ["attention", "names", "nested", "stacked"])
@pytest.mark.parametrize("form", ["h5", "keras"])
def test_more_files_of_keras_2(name, form):
    """Attention; old names and arguments; models in models with functions; stacked cells."""
    import os

    stem = os.path.join(os.path.dirname(__file__), "fixtures", "keras2", name)
    with np.load(f"{stem}.npz") as held:
        data = {key: held[key] for key in held.files}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the report of what was mapped
        model = keras_core.models.load_model(f"{stem}.{form}")
    x = [value for key, value in data.items() if key.startswith("x")]
    out = keras_core.tree.flatten(model(x if len(x) > 1 else x[0], training=False))
    expected = [value for key, value in data.items() if key.startswith("y")]
    for want, got in zip(expected, out, strict=True):
        np.testing.assert_allclose(keras_core.ops.convert_to_numpy(got), want, atol=5e-5, rtol=1e-4)
    if name in ("names", "stacked"):
        assert int(model.optimizer.iterations.numpy()) == 1
    if name == "names":
        assert np.any(model.optimizer.variables[1].numpy() != 0)  # no rate: a schedule gives it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = keras_core.models.model_from_json(model.to_json())
    assert again.count_params() == model.count_params()


@pytest.mark.parametrize("name", ["conv", "rnn", "graph"])
@pytest.mark.parametrize("form", ["h5", "keras"])
def test_files_of_keras_2(name, form):
    import os

    folder = os.path.join(os.path.dirname(__file__), "fixtures", "keras2")
    with np.load(os.path.join(folder, f"{name}.npz")) as expected:
        with pytest.warns(UserWarning, match="older Keras"):
            model = keras_core.models.load_model(os.path.join(folder, f"{name}.{form}"))
        out = model(expected["x"])
        out = out if isinstance(out, (list, tuple)) else [out]
        keys = [k for k in expected.files if k.startswith("y")]
        assert len(keys) == len(out)
        for key, value in zip(keys, out, strict=True):
            np.testing.assert_allclose(
                keras_core.ops.convert_to_numpy(value), expected[key], atol=2e-5, rtol=1e-4
            )
    if name != "graph" and BACKEND != "numpy":
        assert int(model.optimizer.iterations.numpy()) == 1
        assert np.any(model.optimizer.variables[2].numpy() != 0)
