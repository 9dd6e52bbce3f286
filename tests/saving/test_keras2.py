"""Files that tf_keras wrote (`keras2_files.py`) load, and the models do what they did there."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from typing import Any

import h5py
import numpy as np
import pytest

import keras_core as keras
from keras_core.applications.convnext import LayerScale
from keras_core.applications.inception_resnet_v2 import CustomScaleLayer
from keras_core.core.errors import InvalidFileError
from keras_core.saving import keras2
from tests.saving import keras2_files as files

BACKEND = os.environ["KERAS_BACKEND"]
with zipfile.ZipFile(files.TARGET) as opened:
    NAMES = sorted(opened.namelist())
MODELS = [name for name in NAMES if name.endswith((".h5", ".keras")) and ".weights." not in name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("keras2")
    with zipfile.ZipFile(files.TARGET) as archive:
        archive.extractall(path)
    return str(path)


def host(x: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(x)).astype("float32")


@pytest.mark.filterwarnings("ignore:dtype float64 was asked for")  # JAX's switch is off
@pytest.mark.parametrize("name", [n for n in MODELS if "/" not in n and "measured" not in n])
def test_models(folder: str, name: str) -> None:
    if name.startswith("words") and BACKEND != "tensorflow":
        pytest.skip("strings are tensors on TensorFlow only")
    if name.startswith("mixed") and BACKEND == "numpy":
        pytest.skip("NumPy has no bfloat16")
    path = os.path.join(folder, name)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*older Keras")
        model = keras.models.load_model(path)
    with np.load(f"{path.rpartition('.')[0]}.npz") as held:
        x = {key[2:]: held[key] for key in held.files if key.startswith("x_")}
        expected = [held[key] for key in held.files if key.startswith("y")]
    if not name.startswith("dicts"):
        x = list(x.values()) if len(x) > 1 else next(iter(x.values()))
    found = keras.tree.flatten(model(x, training=False))
    assert len(found) == len(expected)
    for i, (got, want) in enumerate(zip(found, expected, strict=True)):
        np.testing.assert_allclose(
            host(got),
            want,
            atol=0.02 if "mixed" in name else 5e-5,
            rtol=1e-3,
            err_msg=f"output {i}",
        )


@pytest.mark.parametrize("form", ["h5", "keras"])
def test_layers_shared_across_models(folder: str, form: str) -> None:
    """tf_keras itself reads such a `.keras` file not at all, and gets ten weights of the `.h5`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*older Keras")
        model = keras.models.load_model(os.path.join(folder, f"across.{form}"))
    assert len(model.weights) == 4
    assert model.get_layer("stack").layers[0] is model.get_layer("tied")
    assert model.get_layer("middle").get_layer("inner") is model.get_layer("inner")


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy does not train")
@pytest.mark.parametrize("name", [n for n in MODELS if n.startswith("trained/")])
def test_training_goes_on(folder: str, name: str) -> None:
    """With the optimizer's state: Keras 2 keeps none of the legacy ones' in `.keras` files."""
    path = os.path.join(folder, name)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*older Keras")
        model = keras.models.load_model(path)
    stateless = "legacy" in name and name.endswith(".keras")
    assert int(model.optimizer.iterations.numpy()) == (0 if stateless else 4)
    files.train(model)
    with np.load(f"{path.rpartition('.')[0]}.npz") as held:
        expected = [held[f"w{i}"] for i in range(len(held.files))]
    if stateless or "Nadam" in name:  # whose rule Keras 3 changed
        return
    for v, want in zip(model.weights, expected, strict=True):
        np.testing.assert_allclose(v.numpy(), want, atol=2e-5, err_msg=v.path)


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy does not train")
@pytest.mark.parametrize("form", ["h5", "keras"])
def test_a_rate_is_no_momentum(tmp_path: Any, form: str) -> None:
    """Files of today's SGD of one variable hold as many arrays as Keras 2's."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    files.train(model)
    model.optimizer.learning_rate = 0.5
    model.save(tmp_path / f"m.{form}")
    again = keras.models.load_model(tmp_path / f"m.{form}")
    if form == "keras":
        again.optimizer.learning_rate = 0.25
        again.load_weights(tmp_path / "m.keras")
    assert float(again.optimizer.learning_rate) == 0.5
    assert int(again.optimizer.iterations) == 4


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy does not compile")
@pytest.mark.parametrize("form", ["h5", "keras"])
def test_losses_and_metrics(folder: str, form: str) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*older Keras")
        model = keras.models.load_model(os.path.join(folder, f"measured.{form}"))
    targets = [files.TARGET_CLASSES] * len(model.outputs)
    found = model.evaluate(files.PM, targets, verbose=0, return_dict=True)
    # A metric that was given by its class's name goes by that name since Keras 3.
    found = {key.replace("AUC", "auc"): value for key, value in found.items()}
    with open(os.path.join(folder, "measured.json")) as file:
        expected = json.load(file)
    assert set(found) ^ set(expected) == set()
    for key, want in expected.items():
        np.testing.assert_allclose(host(found[key]), want, atol=1e-5, rtol=1e-4, err_msg=key)


@pytest.mark.parametrize("name", ["attention", "nested"])
def test_weights(folder: str, name: str) -> None:
    """Files of weights say nothing of who wrote them."""
    path = os.path.join(folder, name)
    with pytest.warns(UserWarning, match="older Keras"):
        model = keras.models.load_model(f"{path}.h5")
    expected = model.get_weights()
    for source in (f"{path}.weights.h5", f"{path}.keras", f"{path}.h5"):
        model.set_weights([np.zeros_like(value) for value in expected])
        model.load_weights(source)
        for want, got in zip(expected, model.get_weights(), strict=True):
            np.testing.assert_array_equal(got, want)


def test_hard_sigmoid_of_another_slope(tmp_path: Any) -> None:
    """That of Keras 2 is kept, also through a file of today's."""
    layer = {"class_name": "Activation", "config": {"activation": "hard_sigmoid", "name": "a"}}
    modern, report = keras2.modern_form(
        {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    )
    assert any("0.2" in line for line in report)
    model = keras.saving.deserialize_keras_object(modern)
    model.build((None, 3))
    x = np.array([[-4.0, 1.0, 2.0]], "float32")
    np.testing.assert_allclose(host(model(x)), [[0.0, 0.7, 0.9]], atol=1e-6)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(host(again(x)), [[0.0, 0.7, 0.9]], atol=1e-6)
    today = keras.layers.Activation("hard_sigmoid")
    np.testing.assert_allclose(host(today(x)), [[0.0, 2 / 3, 5 / 6]], atol=1e-6)


def test_what_crops_otherwise_is_told() -> None:
    layer = {"class_name": "RandomCrop", "config": {"name": "c", "height": 4, "width": 4}}
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    assert "RandomCrop: takes the middle" in keras2.modern_form(config)[1][0]


def test_layers_that_are_gone() -> None:
    layer = {"class_name": "LocallyConnected1D", "config": {"name": "l"}}
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    with pytest.raises(InvalidFileError, match="LocallyConnected1D of Keras 2 is gone.*Conv1D"):
        keras2.modern_form(config)
    keras2.modern_form(config, {"LocallyConnected1D": keras.layers.Layer})


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("einsum", {}, "did not write down"),
        ("__operators__.ne", {}, "did not write down"),
        ("math.cumsum", {"axis": 1, "reverse": True}, "reverse=True"),
        ("gather", {"indices": [0], "batch_dims": 1}, "batch_dims=1"),
        ("linalg.band_part", {"num_lower": 0}, "has no operation here"),
        ("slice", {"begin": [0], "size": [1, 2]}, "lists of ints"),
        ("split", {"num_or_size_splits": [1, -1]}, "known sizes"),
    ],
)
def test_functions_that_cannot_be_mapped(function: str, arguments: Any, message: str) -> None:
    """An argument is never passed over in silence."""
    inner = {"name": "f", "function": function}
    entry = {"class_name": "TFOpLambda", "config": inner, "name": "f"}
    first = {"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [None, 3]}}
    layers = [
        {**first, "name": "x", "inbound_nodes": []},
        {**entry, "inbound_nodes": [["x", 0, 0, arguments]]},
    ]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["f", 0, 0]]}
    config = {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends}}
    with pytest.raises(InvalidFileError, match=message):
        keras2.modern_form(config)


def test_layers_of_applications_in_h5(tmp_path: Any) -> None:
    """Such a file names the class alone, and they have no public name."""
    x = keras.Input((4,), name="x")
    y = LayerScale(0.5, 4, name="scale")(x)
    model = keras.Model(x, CustomScaleLayer(0.25, name="more")([x, y]))
    model.save(tmp_path / "m.h5")
    again = keras.models.load_model(tmp_path / "m.h5")
    assert [type(layer) for layer in again.layers[1:]] == [LayerScale, CustomScaleLayer]
    data = np.arange(4.0, dtype="float32")[None]
    np.testing.assert_allclose(host(again(data)), host(model(data)))


@pytest.mark.parametrize("form", ["h5", "json"])
def test_names_with_slashes(tmp_path: Any, form: str) -> None:
    """Keras 2's MobileNetV3 and DenseNet have them; a layer's name may have none today."""

    def entry(name: str, kind: str, inbound: list[Any], **config: Any) -> dict[str, Any]:
        config = {"name": name, **config}
        return {"class_name": kind, "config": config, "name": name, "inbound_nodes": inbound}

    layers = [
        entry("x", "InputLayer", [], batch_input_shape=[None, 3]),
        entry("a/d", "Dense", [[["x", 0, 0, {}]]], units=3),
        entry("a_d", "Dense", [[["a/d", 0, 0, {}]]], units=3),
        entry("plus", "TFOpLambda", [["a_d", 0, 0, {"y": ["a/d", 0, 0], "name": None}]],
              function="math.add"),
        entry("b/t/e", "Add", [[["plus", 0, 0, {}], ["a/d", 0, 0, {}]]]),
    ]  # fmt: skip
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["b/t/e", 0, 0]]}
    config = {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends}}
    values = [np.full((3, 3), 2.0), np.full(3, 1.0), np.eye(3), np.full(3, 5.0)]
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [layer["name"] for layer in layers]
        for layer in layers:
            held = group.create_group(layer["name"])
            names = ["kernel:0", "bias:0"] if layer["class_name"] == "Dense" else []
            held.attrs["weight_names"] = names
            for name in names:
                held[name] = values[{"a/d": 0, "a_d": 2}[layer["name"]] + names.index(name)]
    with pytest.warns(UserWarning, match="2 names of layers have '_' for '/': 'a/d' is 'a_d_'"):
        model = (
            keras.models.load_model(path)
            if form == "h5"
            else keras.models.model_from_json(json.dumps(config))
        )
    if form == "json":
        model.load_weights(path)
    assert [layer.name for layer in model.layers][1:3] == ["a_d_", "a_d"]
    assert model.layers[-1].name == "b_t_e"
    np.testing.assert_allclose(host(model(np.ones((1, 3), "float32"))), [[26.0] * 3])


@pytest.mark.parametrize("form", ["h5", "safetensors", "weights.h5", "set_weights"])
def test_what_was_learnt_from_data(tmp_path: Any, form: str) -> None:
    """A Normalization's mean and variance come into force however they are set."""

    def made() -> Any:
        return keras.Sequential([keras.Input((3,)), keras.layers.Normalization(name="n")])

    model, other = made(), made()
    data = np.random.default_rng(0).normal(2.0, 3.0, (16, 3)).astype("float32")
    model.layers[0].adapt(data)
    if form == "set_weights":
        other.set_weights(model.get_weights())
    else:
        path = tmp_path / f"m.{form}"
        (model.save if form == "h5" else model.save_weights)(path)
        other.load_weights(path)
        if form == "h5":
            again = keras.models.load_model(path)
            np.testing.assert_allclose(host(again(data)), host(model(data)), atol=1e-6)
    np.testing.assert_allclose(host(other(data)), host(model(data)), atol=1e-6)
    assert abs(host(other(data)).mean()) < 1e-5
