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
