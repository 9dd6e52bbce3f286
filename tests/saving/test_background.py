"""Saves that a thread writes: the state of the moment, whole files, errors that are told."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

import keras_core as K
from keras_core.saving import atomic
from tests.saving import exchange_files, twins

FORMS = ["m.keras", "folder", "m.h5", "m.weights.h5", "m.weights.json", "m.safetensors"]
WHOLE = FORMS[:3]


def save(model: Any, path: Any, background: bool = True) -> Any:
    if path.name in WHOLE:
        zipped = False if path.name == "folder" else None
        return model.save(path, zipped=zipped, background=background)
    return model.save_weights(path, background=background)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Keeps files from taking their places until it is set."""
    event, rename = threading.Event(), os.replace

    def replace(*args: Any) -> None:
        assert event.wait(60)
        rename(*args)

    monkeypatch.setattr(atomic.os, "replace", replace)
    return event


@pytest.mark.parametrize("form", FORMS)
def test_the_state_of_the_moment(tmp_path: Any, form: str) -> None:
    T = twins.twins(K)
    K.utils.clear_session(free_memory=False)
    model = T.sequential()
    twins.randomize(model)
    model.layers[-1].words = ["one"]
    save(model, tmp_path / form, background=False)
    wanted = exchange_files.content(str(tmp_path / form))
    kept = twins.values(model)
    pending = save(model, tmp_path / form)
    twins.randomize(model, 7)  # what comes later does not count
    model.layers[-1].words = ["two"]
    pending.result()
    assert pending.done() and pending.exception() is None
    if form != "m.weights.json":  # whose second set of files has other names
        assert exchange_files.content(str(tmp_path / form)) == wanted
    if form in WHOLE:
        objects = {"Affine": T.Affine, "Nest": T.Nest, "Keeper": T.Keeper}
        loaded = K.models.load_model(tmp_path / form, objects)
    else:
        K.utils.clear_session(free_memory=False)
        loaded = T.sequential()
        loaded.load_weights(tmp_path / form)
    assert all(map(np.array_equal, twins.values(loaded), kept))


def test_training_goes_on_meanwhile(tmp_path: Any, gate: threading.Event) -> None:
    if K.backend.backend() == "numpy":
        pytest.skip("NumPy has no gradients")
    model = exchange_files.compiled(K, "Adam")
    exchange_files.train(model)
    kept, state = twins.values(model), exchange_files.state(model.optimizer)
    pending = model.save(tmp_path / "m.keras", background=True)
    exchange_files.train(model)
    assert not pending.done() and not (tmp_path / "m.keras").exists()
    gate.set()
    loaded = K.models.load_model(tmp_path / "m.keras")  # waits for it
    assert pending.done()
    assert all(map(np.array_equal, twins.values(loaded), kept))
    assert all(map(np.array_equal, exchange_files.state(loaded.optimizer), state))
    assert not np.array_equal(twins.values(model)[0], kept[0])


def test_saves_follow_one_another(tmp_path: Any) -> None:
    model = twins.twins(K).functional()
    for seed in range(4):
        twins.randomize(model, seed)
        pending = save(model, tmp_path / "m.weights.h5")
    assert "PendingSave" in repr(pending)
    pending.result()
    kept = twins.values(model)
    twins.randomize(model, 9)
    model.load_weights(tmp_path / "m.weights.h5")
    assert all(map(np.array_equal, twins.values(model), kept))
    assert os.listdir(tmp_path) == ["m.weights.h5"]


def test_errors_are_told(tmp_path: Any, monkeypatch: Any, caplog: Any) -> None:
    model = twins.twins(K).functional()
    path = tmp_path / "m.keras"
    model.save(path)
    old = path.read_bytes()
    with pytest.raises(ValueError, match="must end with"):
        model.save(tmp_path / "m.zip", background=True)

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "replace", full)
    with caplog.at_level(logging.ERROR, "keras_core"):
        pending = model.save(path, background=True)
        with pytest.raises(OSError, match="No space"):
            pending.result()
    assert "m.keras" in caplog.text and "No space" in caplog.text
    assert isinstance(pending.exception(), OSError) and "failed" in repr(pending)
    monkeypatch.undo()
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["m.keras"]
    assert K.models.load_model(path).name == model.name  # a failed one is in nobody's way


def test_one_waits_no_longer_than_told(tmp_path: Any, gate: threading.Event) -> None:
    pending = twins.twins(K).functional().save(tmp_path / "m.keras", background=True)
    with pytest.raises(TimeoutError, match="still being written"):
        pending.result(timeout=0.01)
    gate.set()
    pending.result(timeout=60)


@pytest.mark.skipif(K.backend.backend() != "numpy", reason="a process of its own, once")
def test_the_interpreter_waits(tmp_path: Any) -> None:
    code = (
        "import sys, time, keras_core as K\n"
        "from keras_core.saving import atomic\n"
        "rename = atomic.os.replace\n"
        "atomic.os.replace = lambda *a: (time.sleep(0.5), rename(*a))\n"
        "model = K.Sequential([K.Input((3,)), K.layers.Dense(2)])\n"
        "model.save(sys.argv[1], background=True)\n"
    )
    path = str(tmp_path / "m.keras")
    env = os.environ | {"KERAS_BACKEND": "numpy"}
    subprocess.run([sys.executable, "-c", code, path], env=env, check=True)
    assert K.models.load_model(path).count_params() == 8
