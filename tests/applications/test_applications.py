"""Image models are Keras's: names, connections, shapes of weights and outputs."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import ops
from keras_core.initializers import drawn
from tests.applications.fingerprints import MODELS, PATH, RUN, VARIANTS, fingerprint, outputs

BACKEND = os.environ["KERAS_BACKEND"]
with open(PATH) as file:
    RECORDED = json.load(file)
CASES = {**{name: (name, {}) for name in MODELS}, **VARIANTS}
# The graphs are the same on all backends: all of them on one, some on the others.
FEW = ("MobileNet", "EfficientNetB0", "InceptionV3", "NASNetMobile features", "ConvNeXtTiny plain")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros for initial values: hundreds of millions of them are not looked at here."""
    monkeypatch.setattr(
        drawn.RandomInitializer, "_draw", lambda self, shape, dtype, *rest: np.zeros(shape, dtype)
    )


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("case", CASES if BACKEND == "numpy" else FEW)
def test_same_graph_as_keras(case: str) -> None:
    name, kwargs = CASES[case]
    model = getattr(keras.applications, name)(weights=None, **kwargs)
    assert fingerprint(model) == RECORDED["models"][case]


@pytest.mark.parametrize("case", RUN)
def test_same_outputs_as_keras(case: str) -> None:
    name, kwargs = RUN[case]
    model = getattr(keras.applications, name)(weights=None, classifier_activation=None, **kwargs)
    expected = np.asarray(RECORDED["outputs"][case])
    found = np.asarray(outputs(model, ops.convert_to_numpy))
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-4 * np.abs(expected).max())


MODES = {
    "tf": "inception_resnet_v2 inception_v3 mobilenet mobilenet_v2 nasnet resnet_v2 xception",
    "caffe": "resnet resnet50 vgg16 vgg19",
    "torch": "densenet",
    None: "convnext efficientnet efficientnet_v2 mobilenet_v3",
}


@pytest.mark.parametrize("mode", MODES)
def test_preprocess_input(keras: Any, mode: str | None) -> None:
    import keras_core

    images = np.random.default_rng(0).uniform(0, 255, (2, 4, 5, 3)).astype("float32")
    given = images.copy()  # Keras's changes what it is given
    for name in MODES[mode].split():
        ours = getattr(keras_core.applications, name).preprocess_input
        theirs = getattr(keras.applications, name).preprocess_input
        np.testing.assert_allclose(ours(images), theirs(images.copy()), rtol=1e-6, atol=1e-5)
        found = ops.convert_to_numpy(ours(ops.convert_to_tensor(images)))
        np.testing.assert_allclose(found, theirs(images.copy()), rtol=1e-5, atol=1e-4)
    first = np.moveaxis(images, -1, 1)
    if mode is not None:
        utils, oracle = keras_core.applications.imagenet_utils, keras.applications.imagenet_utils
        found = utils.preprocess_input(first, "channels_first", mode)
        expected = oracle.preprocess_input(first.copy(), "channels_first", mode)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    whole = images.astype("uint8")
    assert np.array_equal(images, given)
    np.testing.assert_allclose(ours(whole), theirs(whole), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_preprocess_input_in_a_model_takes_the_steps_of_keras(
    keras: Any, mode: str, data_format: str
) -> None:
    import keras_core

    def steps(library: Any) -> list[str]:
        x = library.Input((4, 5, 3) if data_format == "channels_last" else (3, 4, 5))
        y = library.applications.imagenet_utils.preprocess_input(x, data_format, mode)
        return [type(layer).__name__ for layer in library.Model(x, y).layers]

    assert steps(keras_core) == steps(keras)


def test_decode_predictions(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    path = tmp_path / "classes.json"
    path.write_text(json.dumps({str(i): [f"n{i}", f"class {i}"] for i in range(1000)}))
    import keras_core.utils
    from keras_core.applications import imagenet_utils

    imagenet_utils._class_names.cache_clear()
    monkeypatch.setattr(keras_core.utils, "get_file", lambda *a, **k: str(path), raising=False)
    scores = np.zeros((2, 1000), "float32")
    scores[0, [3, 7]] = 0.25, 0.75
    scores[1, 999] = 1
    found = keras.applications.vgg16.decode_predictions(scores, top=2)
    assert found[0] == [("n7", "class 7", 0.75), ("n3", "class 3", 0.25)]
    assert found[1][0] == ("n999", "class 999", 1.0)
    imagenet_utils._class_names.cache_clear()
    with pytest.raises(ValueError, match="1000"):
        imagenet_utils.decode_predictions(scores[:, :5])


def test_weights_from_a_file_and_a_tensor(tmp_path: Any) -> None:
    small = {"alpha": 0.25, "input_shape": (32, 32, 3), "classes": 4}
    model = keras.applications.MobileNet(weights=None, **small)
    path = str(tmp_path / "small.weights.h5")
    model.save_weights(path)
    again = keras.applications.MobileNet(weights=path, **small)
    for a, b in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))
    x = keras.Input((32, 32, 3))
    features = keras.applications.MobileNetV2(
        weights=None, include_top=False, alpha=0.35, input_tensor=x / 2.0, name="features"
    )
    assert features.inputs[0] is x
    assert features.output_shape == (None, 1, 1, 1280)
    assert features.name == "features"


def test_trained_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Which file is asked for, and that it is loaded: a `.h5` of layers in order."""
    import keras_core.utils

    source = keras.applications.MobileNet(weights=None, alpha=0.25, input_shape=(128, 128, 3))
    path = str(tmp_path / "mobilenet_2_5_128_tf.h5")
    source.save_weights(path) if path.endswith(".weights.h5") else source.save(path)
    asked = []

    def get_file(name: str, origin: str, **kwargs: Any) -> str:
        asked.append((name, origin, kwargs))
        return path

    monkeypatch.setattr(keras_core.utils, "get_file", get_file, raising=False)
    model = keras.applications.MobileNet(alpha=0.25, input_shape=(128, 128, 3))
    assert asked[0][0] == "mobilenet_2_5_128_tf.h5"
    assert asked[0][1].startswith("https://storage.googleapis.com/tensorflow/keras-applications/")
    for a, b in zip(model.weights, source.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))


WRONG = {
    "weights must": ("ResNet50", {"weights": "nowhere.h5"}),
    "classes must be 1000": ("ResNet50", {"classes": 10}),
    "pooling must": ("VGG16", {"weights": None, "pooling": "mean"}),
    "three entries": ("VGG16", {"weights": None, "input_shape": (64, 64)}),
    "must be known": ("VGG16", {"weights": None, "input_shape": (None, None, 3)}),
    "at least 75": ("InceptionV3", {"weights": None, "input_shape": (32, 32, 3)}),
    "3 channels": ("Xception", {"include_top": False, "input_shape": (80, 80, 1)}),
    r"input_shape must be \(224": ("DenseNet121", {"input_shape": (64, 64, 3)}),
    "KerasTensor": ("MobileNet", {"weights": None, "input_tensor": np.ones((1, 32, 32, 3))}),
    "classifier_activation": ("NASNetMobile", {"classifier_activation": "relu"}),
    "alpha must": ("MobileNetV2", {"alpha": 0.3}),
    "depth_multiplier": ("MobileNet", {"depth_multiplier": 2}),
    "minimalistic": ("MobileNetV3Small", {"minimalistic": True, "alpha": 0.75}),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_arguments(message: str) -> None:
    name, kwargs = WRONG[message]
    with pytest.raises(ValueError, match=message):
        getattr(keras.applications, name)(**kwargs)


def test_files(tmp_path: Any) -> None:
    """Models with layers of their own come back from a file."""
    model = keras.applications.ConvNeXtTiny(
        weights=None, include_top=False, input_shape=(32, 32, 3)
    )
    again = keras.Model.from_config(model.get_config())
    assert fingerprint(again) == fingerprint(model)
