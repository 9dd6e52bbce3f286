"""Packages that others wrote for Keras, on keras_core under its alias: one process for each.

The programs beside this file do the work. A package that is not installed is skipped.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from keras_core.backends.select import backend

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(backend.name == "numpy", reason="NumPy has no gradients")


PROGRAMS = {
    "keras_tuner": "keras_tuner",
    "scikeras": "scikeras",
    "keras_hub": "keras_hub",
    "keras_hub_tasks": "keras_hub",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_package(program, tmp_path):
    package = PROGRAMS[program]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed (requirements/packages.txt)")
    command = [sys.executable, "-m", "keras_core.alias", str(HERE / f"with_{program}.py")]
    path = os.pathsep.join(filter(None, [str(HERE.parents[1]), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"KERAS_BACKEND": backend.name, "PYTHONPATH": path}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.split()[-1] == "done"
