"""Checkpoints that a SIGKILL interrupts, at random moments: the old one or the new one, whole."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from tests.callbacks.killed_checkpoints import network
from tests.training.helpers import trains

ROOT = Path(__file__).parents[2]
# Orbax has several files of a step: the second run finds what the first left behind.
KILLS = {".keras": 1, ".weights.h5": 1, "orbax": 2}


def write_and_kill(folder: Path, kind: str, first: int, moment: int) -> int:
    """Let a process write checkpoints from `first` on and kill it; the last that it tells of."""
    module = "tests.callbacks.killed_checkpoints"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", module, kind, folder, str(first)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )
    written = 0
    with process, process.stdout as lines:  # type: ignore[union-attr]
        for line in lines:
            written = int(line)
            if written == moment:
                time.sleep(random.uniform(0, 0.05))  # some way into the next one
                process.kill()
    assert process.returncode == -signal.SIGKILL
    return written


def loaded(folder: Path, kind: str) -> Any:
    if kind == ".keras":
        return keras.saving.load_model(folder / "m.keras")
    if kind == "orbax":
        return keras.saving.load_model(folder / kind)
    net = network()
    net.load_weights(folder / f"m{kind}")
    return net


@trains
@pytest.mark.filterwarnings("ignore")  # Orbax's own
@pytest.mark.parametrize("kind", [".keras", ".weights.h5", "orbax"])
def test_a_killed_run_leaves_a_whole_checkpoint(kind: str, tmp_path: Path) -> None:
    if kind == "orbax" and importlib.util.find_spec("orbax") is None:
        pytest.skip("orbax-checkpoint has no wheel here")
    number = 0
    for _ in range(KILLS[kind]):
        first, moment = number + 1, number + random.randint(2, 6)
        written = write_and_kill(tmp_path, kind, first, moment)
        net = loaded(tmp_path, kind)
        numbers = {float(x) for v in net.variables for x in np.unique(v.numpy())}
        assert len(numbers) == 1, f"killed at {moment}: parts of several"
        number = int(numbers.pop())
        # Orbax writes in the background: what is announced may be on its way.
        assert written - (kind == "orbax") <= number <= written + 1
        if kind != ".weights.h5":
            assert int(net.optimizer.iterations) == number
