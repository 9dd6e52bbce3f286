"""The wheel, built and installed as a user would: an empty environment, NumPy, no checkout."""

import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import venv
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BACKENDS = ("jax", "torch", "tensorflow")

pytestmark = pytest.mark.packaging

TRY_IT = """
import json, sys
import numpy as np
import keras_core as keras

total = keras.ops.add(np.ones((2, 3), "float32"), 1.0)
dense = keras.layers.Dense
model = keras.Sequential([keras.Input((3,)), dense(4, activation="relu"), dense(2)])
rows = np.linspace(-1, 1, 15, dtype="float32").reshape(5, 3)
before = model.predict(rows, verbose=0)
model.save("model.keras")
after = keras.saving.load_model("model.keras").predict(rows, verbose=0)
FOREIGN = {"jax", "torch", "tensorflow", "pandas", "sklearn", "scipy", "requests"}
print(json.dumps({
    "file": keras.__file__,
    "version": keras.__version__,
    "backend": keras.backend.backend(),
    "total": float(np.sum(np.asarray(total))),
    "shape": list(before.shape),
    "same": bool((before == after).all()),
    "foreign": sorted(FOREIGN & set(sys.modules)),
    "public": len([getattr(keras, name) for name in dir(keras) if name[0] != "_"]),
}))
"""


def pip_build():
    spec = importlib.util.spec_from_file_location("pip_build", ROOT / "pip_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def version_of_the_checkout():
    return re.search(r'__version__ = "(.+)"', (ROOT / "keras_core/_version.py").read_text())[1]


def clean_environment(**extra):
    dropped = re.compile(r"PYTHON|KERAS|VIRTUAL_ENV|COV")
    return {key: value for key, value in os.environ.items() if not dropped.match(key)} | extra


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, ROOT / "pip_build.py", "--outdir", folder]
    result = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Return the Python of an environment that has the wheel and its dependencies, nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    path = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    command = [path, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel]
    result = subprocess.run(command, capture_output=True, text=True, env=clean_environment())
    assert result.returncode == 0, result.stdout + result.stderr
    return path


def test_contents(wheel):
    assert wheel.name.startswith("keras_core-")
    assert pip_build().wheel_faults(wheel, ROOT / "keras_core") == []


def test_every_lazy_face_has_its_table(wheel):
    """`attach_stub` reads the .pyi at run time: a face without it fails at import."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        faces = [
            name
            for name in names
            if name.endswith("/__init__.py") and b"attach_stub" in archive.read(name)
        ]
    assert faces
    assert [name for name in faces if name + "i" not in names] == []


def test_faults_are_found(wheel, tmp_path):
    """The check of the contents is no rubber stamp."""
    broken = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            if not name.endswith("py.typed"):
                target.writestr(name, source.read(name))
        target.writestr("keras_core/layers/tests/test_dense.py", "")
        target.writestr("tests/test_all.py", "")
        target.writestr("keras_core/notes.txt", "")
    faults = "\n".join(pip_build().wheel_faults(broken, ROOT / "keras_core"))
    for part in (
        "py.typed is missing",
        "test_dense.py is a test",
        "outside keras_core",
        "notes.txt",
    ):
        assert part in faults


def test_only_the_declared_dependencies_are_installed(python):
    command = [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    listed = subprocess.run(
        command, capture_output=True, text=True, env=clean_environment(), check=True
    )
    names = {entry["name"].lower() for entry in json.loads(listed.stdout)}
    assert names.isdisjoint({*BACKENDS, "keras", "pandas", "scikit-learn", "scipy", "requests"})


def test_it_works_outside_the_checkout(python, tmp_path):
    environment = clean_environment(KERAS_BACKEND="numpy", KERAS_HOME=str(tmp_path / "home"))
    result = subprocess.run(
        [python, "-W", "error", "-c", TRY_IT],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    said = json.loads(result.stdout.splitlines()[-1])
    assert not pathlib.Path(said.pop("file")).is_relative_to(ROOT)
    assert said.pop("public") > 5
    assert said == {
        "version": version_of_the_checkout(),
        "backend": "numpy",
        "total": 12.0,
        "shape": [5, 2],
        "same": True,
        "foreign": [],
    }


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_that_is_not_installed_is_a_clear_error(python, backend, tmp_path):
    environment = clean_environment(KERAS_BACKEND=backend, KERAS_HOME=str(tmp_path))
    code = "import keras_core as keras; keras.ops.add(1.0, 2.0)"
    result = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert result.returncode != 0
    assert "Error: " in result.stderr
    assert f"pip install {backend}" in result.stderr


def test_without_a_choice_numpy_is_what_is_installed(python, tmp_path):
    environment = clean_environment(KERAS_HOME=str(tmp_path))
    code = "import keras_core as keras; print(keras.backend.backend())"
    result = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert (result.returncode, result.stdout.strip()) == (0, "numpy"), result.stderr
