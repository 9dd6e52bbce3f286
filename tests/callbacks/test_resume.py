"""Training that is killed, by SIGKILL at random moments, ends as the run never stopped."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import keras_core as keras
from tests.callbacks import resumed_runs
from tests.training.helpers import trains

ROOT = Path(__file__).parents[2]
KILLS = 2


def run_and_kill(folder: Path, kinds: list[str], moment: int) -> int:
    """The exit status of a process that trains, killed at some time after so many batches."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.callbacks.resumed_runs", folder, *kinds],
        stdout=subprocess.PIPE, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )  # fmt: skip
    with process, process.stdout as lines:  # type: ignore[union-attr]
        for _ in zip(range(moment), lines, strict=False):
            pass
        time.sleep(random.uniform(0, 0.01))
        process.kill()
    return process.returncode


@trains
def test_killed_runs_end_with_the_same_bits(tmp_path: Path) -> None:
    kinds = [k for k in resumed_runs.KINDS if k != "Grain" or importlib.util.find_spec("grain")]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    moments = [random.randint(1, 7 * len(kinds)) for _ in range(KILLS)]  # before the end of all
    for moment in moments:
        assert run_and_kill(killed, kinds, moment) == -signal.SIGKILL
    resumed_runs.train(killed, kinds)
    resumed_runs.train(whole, kinds)
    for kind in kinds:
        with np.load(whole / f"{kind}.npz") as a, np.load(killed / f"{kind}.npz") as b:
            assert a.files == b.files
            for name in a.files:
                np.testing.assert_array_equal(
                    a[name], b[name], err_msg=f"{kind}, {name}, killed at {moments}"
                )


@trains
def test_an_error_while_writing_in_the_background_reaches_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keras_core.training import resume

    def fail(self: object, path: str) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(resume.Snapshot, "write", fail)
    x, y = resumed_runs.X, resumed_runs.Y
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup", background=True)
    with pytest.raises(OSError, match="disk full"):
        model.fit(x, y, epochs=3, verbose=0, callbacks=[backup])


@trains
def test_checkpoints_in_the_background(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    kept: list[np.ndarray] = []
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()[0].copy())
    )
    save = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras", background=True)
    model.fit(resumed_runs.X, resumed_runs.Y, epochs=3, verbose=0, callbacks=[keep, save])
    for epoch, kernel in enumerate(kept, start=1):
        loaded = keras.saving.load_model(tmp_path / f"{epoch}.keras")
        np.testing.assert_array_equal(loaded.get_weights()[0], kernel)
