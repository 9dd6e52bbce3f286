"""OrbaxCheckpoint: steps that are kept, read back, exchanged with Keras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core.core import tree
from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.saving import orbax
from tests.training.helpers import assert_same_weights, classifier, data, trains

pytest.importorskip("orbax.checkpoint", reason="orbax-checkpoint has no wheel here")
X, Y = data()


def fresh(K: Any, **options: Any) -> Any:
    """A classifier whose layers have the names of the first ones in a program."""
    K.utils.clear_session(free_memory=False)
    return classifier(K, **options)


pytestmark = [trains, pytest.mark.filterwarnings("ignore")]  # Orbax's own


def fit(model: Any, callback: Any, epochs: int = 3) -> None:
    model.fit(X, Y, epochs=epochs, verbose=0, callbacks=[callback])


def test_steps_are_kept_and_read_back(tmp_path: Path) -> None:
    model = fresh(keras_core, optimizer="adam")
    callback = keras_core.callbacks.OrbaxCheckpoint(tmp_path, monitor="loss", max_to_keep=2)
    fit(model, callback)
    assert sorted(n for n in os.listdir(tmp_path) if n.isdecimal()) == ["1", "2"]
    loaded = keras_core.saving.load_model(tmp_path)
    assert_same_weights(model, loaded)
    for a, b in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    other = fresh(keras_core)
    other.load_weights(tmp_path / "2")
    assert_same_weights(model, other)
    wrong = keras_core.Sequential([keras_core.Input((4,)), keras_core.layers.Dense(3)])
    before = wrong.get_weights()
    with pytest.raises(InvalidFileError, match="does not fit the model"):
        wrong.load_weights(tmp_path)
    np.testing.assert_array_equal(before[0], wrong.get_weights()[0])


def test_weights_alone_every_few_batches(tmp_path: Path) -> None:
    model = fresh(keras_core)
    callback = keras_core.callbacks.OrbaxCheckpoint(
        tmp_path, save_freq=2, max_to_keep=None, save_weights_only=True, save_on_background=False
    )
    fit(model, callback, epochs=2)  # of two batches
    assert sorted(n for n in os.listdir(tmp_path) if n.isdecimal()) == ["2", "4"]
    other = fresh(keras_core)
    other.load_weights(tmp_path)
    assert_same_weights(model, other)
    with pytest.raises(InvalidFileError, match="weights alone"):
        keras_core.saving.load_model(tmp_path)


def test_exchange_with_keras(keras: Any, tmp_path: Path) -> None:
    if not hasattr(keras.callbacks, "OrbaxCheckpoint"):
        pytest.skip("Keras finds no Orbax")
    theirs = fresh(keras, optimizer="adam")
    fit(theirs, keras.callbacks.OrbaxCheckpoint(tmp_path / "keras", monitor="loss"))
    assert_same_weights(keras_core.saving.load_model(tmp_path / "keras"), theirs)
    ours = fresh(keras_core, optimizer="adam")
    fit(ours, keras_core.callbacks.OrbaxCheckpoint(tmp_path / "ours", monitor="loss"))
    # Keras itself does not find the weights of a Sequential model again: compare the trees.
    trees = [
        orbax.package().load_checkpointables(tmp_path / name / "2") for name in ("keras", "ours")
    ]
    assert tree.structure_of(trees[0]) == tree.structure_of(trees[1])


def test_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="save_freq must be"):
        keras_core.callbacks.OrbaxCheckpoint(tmp_path, save_freq=0)
    with pytest.raises(ValueError, match="max_to_keep must be"):
        keras_core.callbacks.OrbaxCheckpoint(tmp_path, max_to_keep=0)


def broken_files(step: Path) -> list[Path]:
    return sorted(p for p in step.rglob("*") if p.is_file() and "commit_success" not in p.name)


def test_broken_checkpoints(tmp_path: Path) -> None:
    """Whatever file of a step is cut off or written over: one class of error, or it is not needed."""
    model = fresh(keras_core)
    fit(model, keras_core.callbacks.OrbaxCheckpoint(tmp_path), epochs=1)
    step = Path(orbax.step_folder(str(tmp_path)) or "")
    refused = 0
    for path in broken_files(step):
        whole = path.read_bytes()
        for broken in (whole[: len(whole) // 2], b"\xff" * len(whole)):
            path.write_bytes(broken)
            for load in (keras_core.saving.load_model, model.load_weights):
                try:
                    load(tmp_path)
                except InvalidFileError:
                    refused += 1
        path.write_bytes(whole)
    assert refused > 10
    keras_core.saving.load_model(tmp_path)


def test_arrays_far_larger_than_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros take no room in a file; they are not read before their shape is seen to fit."""
    model = fresh(keras_core)
    fit(model, keras_core.callbacks.OrbaxCheckpoint(tmp_path), epochs=1)
    library, step = orbax.package(), orbax.step_folder(str(tmp_path))
    state = library.load_checkpointables(step, {orbax.STATE: None})[orbax.STATE]
    state = tree.map_structure(np.asarray, state)
    state["metrics_variables"]["filler"] = np.zeros((1 << 10, 1 << 10), "bool")
    library.save_checkpointables(tmp_path / "large", {orbax.STATE: state})
    model.load_weights(tmp_path / "large")
    monkeypatch.setattr(orbax, "_SLACK", 1 << 16)
    with pytest.raises(UnsafeFileError, match="far more"):
        model.load_weights(tmp_path / "large")
