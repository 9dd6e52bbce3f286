"""TensorBoard's files, read back by the tensorboard package."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.callbacks.event_file import crc32c, png
from keras_core.callbacks.tensorboard import _as_image
from tests.training.helpers import classifier, data, trains

X, Y = data()


def read(folder: Path) -> dict[str, dict[int, Any]]:
    """The values in a folder's event files, by tag and step."""
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    util = pytest.importorskip("tensorboard.util.tensor_util")
    found: dict[str, dict[int, Any]] = defaultdict(dict)
    for path in sorted(folder.glob("events.out.tfevents.*")):
        for event in loader.EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                found[value.tag][event.step] = util.make_ndarray(value.tensor)
    return found


@trains
def test_scalars(tmp_path: Path) -> None:
    callback = keras.callbacks.TensorBoard(
        tmp_path, update_freq=2, write_steps_per_second=True, histogram_freq=1, write_images=True
    )
    history = (
        classifier(keras)
        .fit(X, Y, batch_size=8, epochs=3, validation_split=0.2, verbose=0, callbacks=[callback])
        .history
    )
    train, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    for name in ("loss", "accuracy"):
        got = [float(v) for v in train[f"epoch_{name}"].values()]
        np.testing.assert_allclose(got, history[name], rtol=1e-6)
        got = [float(v) for v in validation[f"epoch_{name}"].values()]
        np.testing.assert_allclose(got, history[f"val_{name}"], rtol=1e-6)
    assert list(train["batch_loss"]) == list(range(2, 16, 2))
    assert list(validation["evaluation_loss_vs_iterations"]) == [5, 10, 15]
    assert list(train["epoch_learning_rate"]) == [0, 1, 2]
    assert train["epoch_steps_per_second"][0] > 0
    histogram = train["sequential/dense/kernel/histogram"] if (
        "sequential/dense/kernel/histogram" in train
    ) else next(v for k, v in train.items() if k.endswith("kernel/histogram"))  # fmt: skip
    assert histogram[0].shape == (30, 3)
    assert histogram[0][:, 2].sum() == 32
    image = next(v for k, v in train.items() if re.search("kernel/image", k))[0]
    assert image[2].startswith(b"\x89PNG")
    assert b'"Sequential"' in train["keras"][0].item()


@trains
def test_validation_is_written_by_iterations(tmp_path: Path) -> None:
    """Also when batches are not written, and counted on over runs."""
    model = classifier(keras)
    for _ in range(2):
        callback = keras.callbacks.TensorBoard(tmp_path)
        options = {"batch_size": 8, "validation_split": 0.2, "verbose": 0}
        model.fit(X, Y, epochs=2, callbacks=[callback], **options)
    callback = keras.callbacks.TensorBoard(tmp_path)
    loss = model.evaluate(X, Y, verbose=0, callbacks=[callback])[0]
    callback.close()
    found = read(tmp_path / "validation")["evaluation_loss_vs_iterations"]
    assert list(found) == [5, 10, 15, 20]
    np.testing.assert_allclose(float(found[20]), loss, rtol=1e-6)  # of `evaluate`, the last


@trains
def test_fused_steps_are_written_when_one_of_them_is_due(tmp_path: Path) -> None:
    model = classifier(keras, steps_per_execution=2)
    callback = keras.callbacks.TensorBoard(tmp_path, update_freq=2)
    model.fit(X[:40], Y[:40], batch_size=8, epochs=2, verbose=0, callbacks=[callback])
    assert list(read(tmp_path / "train")["batch_loss"]) == [2, 4, 7, 9, 10]


@pytest.mark.parametrize(
    ("shape", "pictures"),
    [
        ((5,), (1, 5, 1, 1)),
        ((2, 5), (1, 2, 5, 1)),
        ((5, 2), (1, 2, 5, 1)),
        ((3, 4, 8), (3, 3, 4, 1)),
        ((3, 1, 8), (1, 3, 8, 1)),
        ((3, 3, 4, 8), (3, 3, 3, 1)),
        ((), None),
        ((0, 3), None),
        ((3, 3, 3, 2, 2), None),
    ],
)
def test_weights_as_pictures(shape: tuple[int, ...], pictures: tuple[int, ...] | None) -> None:
    value = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    found = _as_image(value)
    assert (None if found is None else found.shape) == pictures
    if found is not None:
        assert found.min() >= 0
        assert found.max() <= 1
    if found is not None and shape == (5, 2):
        np.testing.assert_allclose(found[0, :, :, 0], value.T / 9)


@trains
def test_embeddings_for_the_projector(tmp_path: Path) -> None:
    """The projector looks for its configuration's files from the configuration's folder."""
    layers = [keras.layers.Embedding(7, 3, name="words"), keras.layers.Flatten()]
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.zeros((4, 2), "int32"), np.zeros((4, 1))

    def fit(labels: Any) -> None:
        callback = keras.callbacks.TensorBoard(
            tmp_path, embeddings_freq=2, embeddings_metadata=labels
        )
        model.fit(x, y, epochs=3, verbose=0, callbacks=[callback])

    with pytest.raises(ValueError, match=r"name embeddings of the model \(words\)"):
        fit({"letters": "labels.tsv"})
    assert not (tmp_path / "projector_config.pbtxt").exists()
    fit({"words": "labels.tsv"})
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'metadata_path: "labels.tsv"' in config
    paths = re.findall(r'tensor_path: "(.*)"', config)
    assert [path.rpartition("-")[2] for path in paths] == ["2.tsv"]
    table = np.loadtxt(tmp_path / paths[0], delimiter="\t")
    np.testing.assert_allclose(table, model.layers[0].get_weights()[0], rtol=1e-5, atol=1e-7)


@trains
def test_the_graph_is_understood(tmp_path: Path) -> None:
    graphs = pytest.importorskip("tensorboard.plugins.graph.keras_util")
    import json

    model = classifier(keras)
    graph = graphs.keras_model_to_graph_def(json.loads(model.to_json()))
    assert len(graph.node) >= 2


def test_checksums_and_pictures() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the polynomial's published check value
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    content = png(pixels)
    body = content[content.index(b"IDAT") + 4 :]
    rows = np.frombuffer(zlib.decompress(body), np.uint8).reshape(2, 13)
    np.testing.assert_array_equal(rows[:, 1:].reshape(2, 4, 3), pixels)


def test_arguments() -> None:
    with pytest.raises(ValueError, match="update_freq must be"):
        keras.callbacks.TensorBoard(update_freq="often")
    with pytest.raises(ValueError, match="profile_batch must be"):
        keras.callbacks.TensorBoard(profile_batch=(3, 1))
