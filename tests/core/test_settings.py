"""Where the backend and the settings come from, each case in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(code, home, **env):
    """Run code in a fresh process with a home of its own; gives (output, errors, exit code)."""
    full = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "KERAS_HOME")}
    full |= {"HOME": str(home), "PYTHONPATH": ROOT, "TF_CPP_MIN_LOG_LEVEL": "3"} | env
    done = subprocess.run(
        [sys.executable, "-c", code], env=full, capture_output=True, text=True, cwd=str(home)
    )
    return done.stdout.strip(), done.stderr, done.returncode


SHOW = (
    "import keras_core as k; c = k.config;"
    "print(c.backend(), c.floatx(), c.epsilon(), c.image_data_format())"
)


def write(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "keras.json").write_text(text)


def test_environment_wins_over_the_file(tmp_path):
    write(tmp_path / ".keras", json.dumps({"backend": "torch"}))
    out, err, _ = run(SHOW, tmp_path, KERAS_BACKEND="numpy")
    assert out == "numpy float32 1e-07 channels_last", err


def test_file_sets_backend_and_numbers(tmp_path):
    found = {
        "backend": "numpy", "floatx": "float64", "epsilon": 1e-5,
        "image_data_format": "channels_first",
    }  # fmt: skip
    write(tmp_path / ".keras", json.dumps(found))
    out, err, _ = run(SHOW, tmp_path)
    assert out == "numpy float64 1e-05 channels_first", err


def test_keras_home_is_where_the_file_is(tmp_path):
    write(tmp_path / "other", json.dumps({"backend": "numpy", "epsilon": 1e-3}))
    out, err, _ = run(SHOW, tmp_path, KERAS_HOME=str(tmp_path / "other"))
    assert out.startswith("numpy float32 0.001"), err


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"floatx": "int3"}', '{"epsilon": -1}', "\x00\xff", '{"backend": 3}']
)
def test_broken_file_gives_a_warning_and_defaults_and_is_kept(tmp_path, text):
    write(tmp_path / ".keras", text)
    out, err, code = run(SHOW, tmp_path, KERAS_BACKEND="numpy")
    assert code == 0 and out == "numpy float32 1e-07 channels_last"
    assert "keras.json" in err
    assert (tmp_path / ".keras" / "keras.json").read_text() == text


def test_unreadable_home_is_no_crash(tmp_path):
    (tmp_path / ".keras").write_text("a file where a folder should be")
    out, err, code = run(SHOW, tmp_path, KERAS_BACKEND="numpy")
    assert code == 0 and out.startswith("numpy"), err


def test_unknown_backend_names_the_choices(tmp_path):
    _, err, code = run("import keras_core", tmp_path, KERAS_BACKEND="mxnet")
    assert code != 0
    assert "tensorflow, jax, torch, numpy" in err and "'mxnet'" in err and "pip install" in err


def test_missing_backend_names_the_pip_command(tmp_path):
    block = (
        "import sys, importlib.util as u; real = u.find_spec;"
        "u.find_spec = lambda n, p=None: None if n == 'torch' else real(n, p); import keras_core"
    )
    _, err, code = run(block, tmp_path, KERAS_BACKEND="torch")
    assert code != 0 and "pip install torch" in err and "not installed" in err


def test_first_installed_backend_is_taken(tmp_path):
    block = (
        "import importlib.util as u; real = u.find_spec;"
        "hidden = ('tensorflow', 'jax', 'torch');"
        "u.find_spec = lambda n, p=None: None if n in hidden else real(n, p);"
    )
    out, err, _ = run(block + SHOW, tmp_path)
    assert out.startswith("numpy"), err


def test_backend_cannot_be_changed(tmp_path):
    code = "import keras_core as k; k.config.set_backend('numpy'); k.config.set_backend('jax')"
    _, err, code = run(code, tmp_path, KERAS_BACKEND="numpy")
    assert code != 0 and "cannot be changed after import" in err


def test_changing_the_environment_later_changes_nothing(tmp_path):
    code = (
        "import os, keras_core as k; os.environ['KERAS_BACKEND'] = 'torch';"
        "import sys; k.layers.Layer; print(k.config.backend(), 'torch' in sys.modules)"
    )
    out, err, _ = run(code, tmp_path, KERAS_BACKEND="numpy")
    assert out == "numpy False", err
