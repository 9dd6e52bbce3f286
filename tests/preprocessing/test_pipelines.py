"""Every layer that prepares data where data is prepared: in tf.data, a DataLoader, a model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from keras_core.layers.preprocessing.image_base import ImageLayer
from tests.layers.test_bad_input import OTHERS

layers = core.layers
IMAGES = np.random.default_rng(0).uniform(0, 255, (4, 8, 8, 3)).astype("float32")
NEEDS = OTHERS | {
    "Resizing": {"height": 4, "width": 4},
    "CenterCrop": {"height": 4, "width": 4},
    "RandomCrop": {"height": 4, "width": 4},
    "RandomRotation": {"factor": 0.2},
}
NAMES = sorted(
    name
    for name in dir(layers)
    if isinstance(cls := getattr(layers, name), type)
    and issubclass(cls, ImageLayer)
    and name not in ("MixUp", "CutMix", "MaxNumBoundingBoxes", "BaseImagePreprocessingLayer")
)
if backend.has("functional"):  # where each new shape is compiled anew: some of each family
    NAMES = NAMES[::6]
NUMBERS = np.arange(12, dtype="int32").reshape(4, 3)
OTHER = {
    "Rescaling": (lambda: layers.Rescaling(0.5), NUMBERS),
    "Normalization": (lambda: layers.Normalization(mean=1.0, variance=4.0), NUMBERS),
    "Discretization": (lambda: layers.Discretization([2.0, 5.0]), NUMBERS),
    "CategoryEncoding": (lambda: layers.CategoryEncoding(12), NUMBERS),
    "Hashing": (lambda: layers.Hashing(5), NUMBERS),
    "IntegerLookup": (lambda: layers.IntegerLookup(vocabulary=[1, 5, 7]), NUMBERS),
    "STFTSpectrogram": (
        lambda: layers.STFTSpectrogram(frame_length=4, fft_length=4),
        np.ones((4, 16, 1), "float32"),
    ),
    "MelSpectrogram": (
        lambda: layers.MelSpectrogram(fft_length=16, sequence_stride=8, num_mel_bins=4),
        np.ones((4, 64), "float32"),
    ),
}
CASES = [
    *((name, lambda n=name: getattr(layers, n)(**NEEDS.get(n, {})), IMAGES) for name in NAMES),
    *((name, make, x) for name, (make, x) in OTHER.items()),
]
rows = pytest.mark.parametrize(("name", "make", "x"), CASES, ids=[c[0] for c in CASES])


def _numbers(x: Any) -> np.ndarray:
    return np.asarray(core.ops.convert_to_numpy(x))


@rows
def test_in_a_dataset(name: str, make: Any, x: np.ndarray) -> None:
    tf = pytest.importorskip("tensorflow")
    layer = make()
    wanted = _numbers(layer(x, training=False) if layer._info.training else layer(x))
    options = {"training": False} if layer._info.training else {}
    data = tf.data.Dataset.from_tensor_slices(x).batch(2).map(lambda v: layer(v, **options))
    assert tuple(data.element_spec.shape[1:]) == wanted.shape[1:]
    found = np.concatenate([part.numpy() for part in data])
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


@rows
def test_in_a_data_loader(name: str, make: Any, x: np.ndarray) -> None:
    data = pytest.importorskip("torch.utils.data")
    layer = make()
    options = {"training": False} if layer._info.training else {}
    wanted = _numbers(layer(x, **options))

    class Prepared(data.Dataset):
        def __len__(self) -> int:
            return len(x)

        def __getitem__(self, i: int) -> np.ndarray:
            return np.array(_numbers(layer(x[i : i + 1], **options))[0])

    found = np.concatenate([part.numpy() for part in data.DataLoader(Prepared(), batch_size=3)])
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


@rows
def test_in_a_model(name: str, make: Any, x: np.ndarray) -> None:
    layer = make()
    inputs = core.Input(x.shape[1:], dtype=x.dtype.name)
    model = core.Model(inputs, layer(inputs))
    options = {"training": False} if layer._info.training else {}
    wanted = _numbers(layer(x, **options))
    found = model.predict(x, verbose=0, batch_size=2)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", [*NAMES, "MixUp"])
def test_the_format_of_boxes_is_saved(name: str, keras: Any) -> None:
    """When it was given, as Keras does it; boxes would be read as others after loading."""
    options = {"alpha": 0.2} if name == "MixUp" else NEEDS.get(name, {})
    for more in ({}, {"bounding_box_format": "xywh"}, {"bounding_box_format": "xyxy"}):
        layer = getattr(layers, name)(**options, **more)
        config, theirs = layer.get_config(), getattr(keras.layers, name)(**options, **more)
        assert config.get("bounding_box_format") == more.get("bounding_box_format")
        assert sorted(config) == sorted(theirs.get_config())
        assert type(layer).from_config(config).bounding_box_format == layer.bounding_box_format


def test_autograph_reads_the_layers(caplog: Any) -> None:
    """`map` says so in TensorFlow's log where it cannot, once for each layer."""
    tf = pytest.importorskip("tensorflow")
    tf.get_logger().addHandler(caplog.handler)
    try:
        layer = layers.MixUp()
        data = {"images": IMAGES, "labels": np.arange(4)}
        mixed = tf.data.Dataset.from_tensor_slices(data).batch(2).map(layer)
        assert next(iter(mixed))["labels"].dtype == tf.float32
    finally:
        tf.get_logger().removeHandler(caplog.handler)
    assert not [r for r in caplog.records if "AutoGraph" in r.getMessage()]
