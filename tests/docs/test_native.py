"""The examples in `examples/native` run, each on the backend that its name starts with."""

from __future__ import annotations

import os
import pathlib
import runpy
import subprocess
import sys

import pytest

from tests.conftest import BACKEND
from tests.training.helpers import trains

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "native"
SCRIPTS = sorted(FOLDER.glob("*.py"))
NEEDS = {"jax_flax": "flax", "jax_loop": "optax"}
ALONE = {"tensorflow_distribute"}  # sets devices before TensorFlow starts
HERE = [path for path in SCRIPTS if path.name.startswith(BACKEND + "_")]


def test_every_example_has_a_backend():
    assert all(path.stem.split("_")[0] in ("jax", "torch", "tensorflow") for path in SCRIPTS)


@pytest.mark.parametrize("path", HERE, ids=[path.stem for path in HERE])
def test_example_runs(path):
    if path.stem in NEEDS:
        pytest.importorskip(NEEDS[path.stem])
    if path.stem in ALONE:
        environment = {**os.environ, "PYTHONPATH": str(FOLDER.parents[1])}
        subprocess.run([sys.executable, str(path)], env=environment, check=True)
    else:
        runpy.run_path(str(path), run_name="__main__")


@trains
def test_portable_parts():
    runpy.run_path(str(FOLDER.parent / "portable_parts.py"), run_name="__main__")
