"""Names that are no strings and paths that are none: told by the object that was given them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras

NAMED: dict[str, Callable[..., Any]] = {
    "MeanSquaredError": keras.losses.MeanSquaredError,
    "Mean": keras.metrics.Mean,
    "BinaryAccuracy": keras.metrics.BinaryAccuracy,
    "Adam": keras.optimizers.Adam,
}
PATHS: dict[str, Callable[[Any], Any]] = {
    "ModelCheckpoint: filepath": keras.callbacks.ModelCheckpoint,
    "CSVLogger: filename": keras.callbacks.CSVLogger,
    "TensorBoard: log_dir": keras.callbacks.TensorBoard,
    "BackupAndRestore: backup_dir": keras.callbacks.BackupAndRestore,
}
NUMBERS: dict[str, Callable[[], Any]] = {
    "Adam: clipnorm must be positive": lambda: keras.optimizers.Adam(clipnorm="a"),
    "CosineDecay: decay_steps must be positive": lambda: keras.optimizers.schedules.CosineDecay(
        0.1, None
    ),
    "AUC: num_thresholds must be an integer": lambda: keras.metrics.AUC(num_thresholds="a"),
    "num_thresholds must be a positive int": lambda: keras.metrics.RecallAtPrecision(
        0.5, num_thresholds="a"
    ),
}


@pytest.mark.parametrize("name", [3, np.ones(2)], ids=["int", "array"])
@pytest.mark.parametrize("owner", NAMED)
def test_a_name_must_be_a_string(owner: str, name: Any) -> None:
    with pytest.raises(ValueError, match=f"{owner}: name must be a string or None. Received: name"):
        NAMED[owner](name=name)


@pytest.mark.parametrize("what", PATHS)
def test_a_path_must_be_one(what: str) -> None:
    with pytest.raises(TypeError, match=f"{what} must be a path: a string or a pathlib.Path. Rec"):
        PATHS[what](None)


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_must_be_one(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        NUMBERS[text]()
