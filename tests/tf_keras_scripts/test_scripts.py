"""Scripts written for `tf.keras` 2, run with one changed line: what they import Keras from."""

import runpy
import sys
from pathlib import Path

import pytest

import keras_core
from keras_core.backends.select import backend

HERE = Path(__file__).parent
SCRIPTS = sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith(("__", "test_")))

pytestmark = pytest.mark.skipif(backend.name == "numpy", reason="NumPy has no gradients")


def changed(text):
    """The script with its import lines changed, and nothing else."""
    for old, new in {
        "from tensorflow import keras": "import keras_core as keras",
        "from tensorflow.keras": "from keras_core",
        "import tensorflow.keras as keras": "import keras_core as keras",
    }.items():
        text = text.replace(old, new)
    return text


@pytest.mark.filterwarnings("ignore:.*by_name=True skipped:UserWarning")
@pytest.mark.filterwarnings("ignore:Batches.__init__ should call super:UserWarning")
@pytest.mark.parametrize("name", SCRIPTS)
def test_script(name, tmp_path, monkeypatch):
    if name.startswith("tf_") and backend.name != "tensorflow":
        pytest.skip("has parts in TensorFlow")
    program = tmp_path / f"{name}.py"
    program.write_text(changed((HERE / f"{name}.py").read_text()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(program)])
    keras_core.utils.set_random_seed(0)  # few of them set one, and some look whether losses fall
    with keras_core.saving.CustomObjectScope({}):
        runpy.run_path(str(program), run_name="__main__")
