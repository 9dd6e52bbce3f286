"""Exported files, run by others in a process of its own, give what the model gives."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import layers, ops
from keras_core.core.errors import UnsafeFileError
from keras_core.export import elsewhere

BACKEND = os.environ["KERAS_BACKEND"]
# OpenVINO looks at the machine in a child process, of which JAX warns.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*_at_fork:pytest.PytestUnraisableExceptionWarning",
    "ignore:os.fork:RuntimeWarning",
)
RUNNER = os.path.join(os.path.dirname(__file__), "runner.py")


def _image_model() -> tuple[Any, dict[str, np.ndarray]]:
    x = keras.Input((12, 12, 3), name="img")
    y = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same")(layers.BatchNormalization()(y))
    y = layers.Conv2DTranspose(3, 3, strides=2)(layers.MaxPooling2D()(layers.ZeroPadding2D()(y)))
    y = layers.AveragePooling2D(2, padding="same")(layers.UpSampling2D()(y))
    y = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(y))
    return keras.Model(x, layers.Dense(2, activation="softmax")(y)), {"img": _draw(5, 12, 12, 3)}


def _sequence_model() -> tuple[Any, dict[str, np.ndarray]]:
    x = keras.Input((6, 4), name="x")
    y = layers.MultiHeadAttention(2, 4)(layers.LayerNormalization()(x), x)
    y = layers.GRU(4)(layers.LSTM(5, return_sequences=True, go_backwards=True)(y))
    return keras.Model(x, layers.Dense(2, activation="gelu")(y)), {"x": _draw(5, 6, 4)}


def _point_model() -> tuple[Any, dict[str, np.ndarray]]:
    x = keras.Input((4, 4, 3), name="x")
    y = layers.LayerNormalization()(layers.Conv2D(8, 4, strides=4)(x))
    return keras.Model(x, layers.Flatten()(layers.Dense(5)(y))), {"x": _draw(5, 4, 4, 3)}


def _dict_model() -> tuple[Any, dict[str, np.ndarray]]:
    a, b = keras.Input((3,), name="a"), keras.Input((4,), dtype="int32", name="b")
    found = layers.Embedding(7, 3)(b)
    bins = layers.Discretization([-1.0, 0.0, 1.0], output_mode="multi_hot")(a)
    steps = layers.RNN([layers.SimpleRNNCell(3), layers.GRUCell(2)])(found)
    wide = ops.concatenate([a - 1, bins, steps], 1)
    outputs = {"near": found[:, 0] + a, "wide": wide}
    numbers = np.random.default_rng(1).integers(0, 7, (5, 4)).astype("int32")
    return keras.Model({"a": a, "b": b}, outputs), {"a": _draw(5, 3), "b": numbers}


def _draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


MODELS = {
    "image": _image_model,
    "sequence": _sequence_model,
    "dict": _dict_model,
    "point": _point_model,
}
# Format -> what writes it here, and what runs it.
NEEDS = {
    "tf_saved_model": ("tensorflow",),
    "onnx": (
        "onnx",
        "onnxruntime",
        {"torch": "onnxscript", "tensorflow": "tf2onnx"}.get(BACKEND, "jax"),
    ),
    "torch": ("torch",),
    "litert": ("tensorflow", "ai_edge_litert"),
    "openvino": (
        "onnx",
        "openvino",
        {"torch": "onnxscript", "tensorflow": "tf2onnx"}.get(BACKEND, "jax"),
    ),
}
ENDINGS = {
    "tf_saved_model": "",
    "onnx": ".onnx",
    "torch": ".pt2",
    "litert": ".tflite",
    "openvino": ".xml",
}
# All models in the formats that matter most here; one in those that take long, made from another
# format's file or by another backend in a process of its own.
CASES = {
    "tensorflow": ["tf_saved_model *", "onnx *", "litert image", "openvino sequence"],
    "jax": ["tf_saved_model *", "onnx *", "litert image", "openvino sequence", "torch dict"],
    "torch": ["torch *", "onnx *", "openvino image", "tf_saved_model dict"],
    "numpy": ["onnx image", "torch dict", "tf_saved_model sequence"],
}[BACKEND]
CASES = [
    (model, case.split()[0])
    for case in CASES
    for model in (MODELS if case.endswith("*") else [case.split()[1]])
]


def _missing(form: str) -> list[str]:
    return [package for package in NEEDS[form] if find_spec(package) is None]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[Any, Any]:
    """(model, format) -> what the model gives, and what the file gave or the error."""
    folder = tmp_path_factory.mktemp("export")
    jobs, results = [], {}
    for name, make in MODELS.items():
        model, inputs = make()
        rng = np.random.default_rng(2)
        for v in model.weights:
            low = 0.5 if "variance" in v.path else -0.5
            v.assign(rng.uniform(low, low + 1, v.shape))
        data = inputs if len(inputs) > 1 else next(iter(inputs.values()))
        expected = model(data)
        if not isinstance(expected, dict):
            expected = {"output_0": expected}
        expected = {k: ops.convert_to_numpy(v) for k, v in expected.items()}
        source = str(folder / f"{name}.npz")
        np.savez(source, **inputs)
        for form in NEEDS:
            if (name, form) not in CASES or _missing(form):
                continue
            path = str(folder / f"{name}_{form}{ENDINGS[form]}")
            target = str(folder / f"{name}_{form}.out.npz")
            try:
                model.export(path, format=form, verbose=False)
            except Exception as error:
                results[name, form] = (expected, error)
                continue
            jobs.append({"format": form, "path": path, "inputs": source, "outputs": target})
            results[name, form] = (expected, target)
    _run(jobs, folder)
    return results


def _run(jobs: list[dict[str, str]], folder: Any) -> None:
    path = folder / "jobs.json"
    path.write_text(json.dumps(jobs))
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "KERAS_BACKEND")}
    done = subprocess.run(
        [sys.executable, RUNNER, str(path)], env=env, cwd=folder, capture_output=True, text=True
    )
    assert not done.returncode, done.stderr


def _outputs(target: str) -> dict[str, np.ndarray]:
    if os.path.exists(target + ".txt"):
        with open(target + ".txt") as file:
            pytest.fail(file.read())
    return dict(np.load(target))


@pytest.mark.parametrize(("model", "form"), CASES)
def test_runs_elsewhere(ran: dict[Any, Any], model: str, form: str) -> None:
    if _missing(form):
        pytest.skip(f"needs {', '.join(_missing(form))}")
    expected, found = ran[model, form]
    if isinstance(found, Exception):
        raise found
    found = _outputs(found)
    if form == "torch":
        expected = {f"output_{i}": expected[k] for i, k in enumerate(sorted(expected))}
    assert set(found) == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(bool(_missing("litert")), reason="needs tensorflow and ai_edge_litert")
@pytest.mark.skipif(BACKEND == "jax", reason="goes the way of tensorflow")
def test_what_litert_alone_cannot_run_is_named(tmp_path: Any) -> None:
    model = keras.Sequential([keras.Input((2, 4, 4, 4), name="x")])
    if BACKEND == "tensorflow":  # whose biases of channels that come first it could not convert
        model.add(layers.Conv3D(3, 2, data_format="channels_first", bias_initializer="normal"))
    model.add(layers.MaxPooling3D(2))
    path = str(tmp_path / "model.tflite")
    with pytest.warns(UserWarning, match="LiteRT: it has no operations of its own for MaxPool3D"):
        model.export(path, format="litert", verbose=False)
    if BACKEND != "tensorflow":
        return
    model.pop()
    model.export(path, format="litert", verbose=False)
    x, target = _draw(3, 2, 4, 4, 4), str(tmp_path / "out.npz")
    np.savez(tmp_path / "in.npz", x=x)
    job = {"format": "litert", "path": path, "inputs": str(tmp_path / "in.npz"), "outputs": target}
    _run([job], tmp_path)
    np.testing.assert_allclose(_outputs(target)["output_0"], model(x), rtol=1e-5, atol=1e-5)


class Doubled(keras.Model):
    """Not registered: no other process can know it."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x: Any) -> Any:
        return 2 * self.dense(x)


def test_subclassed_model_and_archive(tmp_path: Any) -> None:
    if BACKEND not in ("jax", "tensorflow"):
        pytest.skip("this backend has another process write SavedModels, which knows no Doubled")
    if _missing("tf_saved_model"):
        pytest.skip("needs tensorflow")
    model, x = Doubled(), _draw(3, 4)
    with pytest.raises(ValueError, match="must be built"):
        model.export(tmp_path / "early")
    expected = ops.convert_to_numpy(model(x))
    archive = keras.export.ExportArchive()
    with pytest.raises(ValueError, match="no endpoint"):
        archive.write_out(tmp_path / "empty")
    archive.track(model)
    spec = keras.InputSpec(shape=(None, 4), dtype="float32", name="x")
    archive.add_endpoint("serve", model, input_signature=[spec])
    archive.add_endpoint("half", lambda x: model(x) / 2, input_signature=[spec])
    with pytest.raises(ValueError, match="taken"):
        archive.add_endpoint("half", model)
    with pytest.raises(ValueError, match="input_signature"):
        archive.add_endpoint("other", lambda x: x)
    with pytest.raises(ValueError, match="trackable"):
        archive.track(3)
    archive.add_variable_collection("extra", model.weights[:1])
    archive.write_out(tmp_path / "archive", verbose=False)
    np.savez(tmp_path / "in.npz", x=x)
    target = str(tmp_path / "out.npz")
    job = {
        "format": "archive",
        "path": str(tmp_path / "archive"),
        "inputs": str(tmp_path / "in.npz"),
    }
    _run([{**job, "outputs": target}], tmp_path)
    found = _outputs(target)
    np.testing.assert_allclose(found["output_0"], expected, rtol=1e-5)
    np.testing.assert_allclose(found["half"], expected / 2, rtol=1e-5)
    assert found["count"].tolist() == [2, 1]


def test_archive_by_another_backend(tmp_path: Any) -> None:
    if BACKEND in ("jax", "tensorflow") or _missing("tf_saved_model"):
        pytest.skip("this backend writes SavedModels itself, or there is no TensorFlow")
    model, x = keras.Sequential([keras.Input((4,)), layers.Dense(2)]), _draw(3, 4)
    expected = ops.convert_to_numpy(model(x))
    archive = keras.export.ExportArchive()
    archive.track(model)
    spec = keras.InputSpec(shape=(None, 4), dtype="float32", name="x")
    archive.add_endpoint("serve", model, input_signature=[spec])
    archive.add_endpoint("half", lambda x: model(x) / 2, input_signature=[spec])
    archive.add_variable_collection("extra", model.weights[:1])
    archive.write_out(tmp_path / "archive", verbose=False)
    np.savez(tmp_path / "in.npz", x=x)
    target = str(tmp_path / "out.npz")
    job = {"format": "archive", "path": str(tmp_path / "archive"), "outputs": target}
    _run([{**job, "inputs": str(tmp_path / "in.npz")}], tmp_path)
    found = _outputs(target)
    np.testing.assert_allclose(found["output_0"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["half"], expected / 2, rtol=1e-5, atol=1e-6)
    assert found["count"].tolist() == [2, 1]
    archive.add_variable_collection("strange", [keras.Variable(np.ones(2, "float32"))])
    with pytest.raises(ValueError, match="no endpoint uses"):
        archive.write_out(tmp_path / "other", verbose=False)
    with pytest.raises(ValueError, match="options must be None"):
        archive.write_out(tmp_path / "other", options=3)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TFSMLayer runs on TensorFlow only")
def test_a_layer_loads_an_export_back(tmp_path: Any) -> None:
    model, inputs = _dict_model()
    model.export(tmp_path / "saved", verbose=False)
    layer = layers.TFSMLayer(str(tmp_path / "saved"))
    found, expected = layer(inputs), model(inputs)
    for key in expected:
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-5, atol=1e-6)
    stack = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    stack.export(tmp_path / "stack", verbose=False)
    x = _draw(3, 4)
    again = keras.Sequential([keras.Input((4,)), layers.TFSMLayer(str(tmp_path / "stack"))])
    np.testing.assert_allclose(again(x), stack(x), rtol=1e-5, atol=1e-6)


def _path(tmp_path: Any) -> tuple[str, str]:
    """A format that this backend writes itself, and where to."""
    form = "torch" if BACKEND == "torch" else "tf_saved_model"
    return form, str(tmp_path / f"model{ENDINGS[form]}")


@pytest.mark.skipif(BACKEND == "numpy", reason="it has another backend write files")
def test_layers_that_change_images_leave_them(tmp_path: Any) -> None:
    form, path = _path(tmp_path)
    if _missing(form):
        pytest.skip(f"needs {', '.join(_missing(form))}")
    model = keras.Sequential(
        [keras.Input((4, 4, 3), name="x"), layers.RandomFlip(), layers.RandomContrast(0.9)]
    )
    if BACKEND == "torch":
        model.train()
    model.export(path, format=form, verbose=False)
    x, target = np.abs(_draw(3, 4, 4, 3)), str(tmp_path / "out.npz")
    np.savez(tmp_path / "in.npz", x=x)
    job = {"format": form, "path": path, "inputs": str(tmp_path / "in.npz"), "outputs": target}
    _run([job], tmp_path)
    np.testing.assert_array_equal(_outputs(target)["output_0"], x)


@pytest.mark.skipif(BACKEND == "numpy", reason="it has another backend write files")
def test_layers_of_the_host_are_refused_by_name(tmp_path: Any) -> None:
    x = keras.Input((2,), dtype="int32")
    found = layers.IntegerLookup(vocabulary=[1, 2], output_mode="count", name="numbers")(x)
    model = keras.Model(x, layers.Dense(1)(found))
    form, path = _path(tmp_path)
    if _missing(form):
        pytest.skip(f"needs {', '.join(_missing(form))}")
    with pytest.raises(ValueError, match="IntegerLookup 'numbers' computes with NumPy on the host"):
        model.export(path, format=form, verbose=False)
    assert not os.listdir(tmp_path)
    keras.Model(found, model.output).export(path, format=form, verbose=False)


def test_own_signature(tmp_path: Any) -> None:
    form = "torch" if BACKEND == "torch" else "onnx"
    if BACKEND == "numpy" or _missing(form):
        pytest.skip("nothing to export with")
    model = Doubled()
    spec = keras.KerasTensor((2, 4), name="given")
    path = str(tmp_path / f"model{ENDINGS[form]}")
    model.export(path, format=form, verbose=False, input_signature=[spec])
    x = _draw(2, 4)
    np.savez(tmp_path / "in.npz", given=x)
    target = str(tmp_path / "out.npz")
    job = {"format": form, "path": path, "inputs": str(tmp_path / "in.npz"), "outputs": target}
    _run([job], tmp_path)
    np.testing.assert_allclose(
        _outputs(target)["output_0"], ops.convert_to_numpy(model(x)), rtol=1e-5, atol=1e-6
    )


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TFSMLayer runs on TensorFlow only")
def test_an_export_inside_a_model_is_trained_saved_and_exported_again(tmp_path: Any) -> None:
    stack = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()])
    stack.export(tmp_path / "stack", verbose=False)
    model = keras.Sequential(
        [keras.Input((4,)), layers.TFSMLayer(str(tmp_path / "stack")), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    x, before = _draw(8, 4), [w.copy() for w in model.get_weights()]
    model.fit(x, np.ones((8, 1)), verbose=0)
    assert not np.array_equal(model.get_weights()[0], before[0])
    model.save(tmp_path / "model.keras")
    with pytest.raises(UnsafeFileError, match="TFSMLayer"):
        keras.saving.load_model(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=False)
    for found, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    loaded.fit(x, np.zeros((8, 1)), verbose=0)
    loaded.export(tmp_path / "again", verbose=False)
    again = layers.TFSMLayer(str(tmp_path / "again"))
    np.testing.assert_allclose(again(x), loaded(x), rtol=1e-6, atol=1e-6)


@pytest.mark.skipif(BACKEND == "numpy", reason="it has another backend write files")
@pytest.mark.parametrize("limit", [0, 1000, 20_000])
def test_a_full_disk_leaves_the_older_file(tmp_path: Any, limit: int) -> None:
    resource = pytest.importorskip("resource")
    form, path = _path(tmp_path)
    if _missing(form):
        pytest.skip(f"needs {', '.join(_missing(form))}")
    model = keras.Sequential([keras.Input((64,)), layers.Dense(200)])
    model.export(path, format=form, verbose=False)
    older = {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
    try:
        with pytest.raises(Exception, match="(?i)file too large"):
            model.export(path, format=form, verbose=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()} == older


@pytest.mark.skipif(BACKEND != "torch", reason="OpenVINO writes the file; one backend is enough")
def test_openvino_names_the_file_on_a_full_disk(tmp_path: Any) -> None:
    """Its streams say neither which file it is nor why."""
    pytest.importorskip("openvino")
    from keras_core.export import formats

    resource = pytest.importorskip("resource")
    path, source = tmp_path / "m.xml", tmp_path / "m.onnx"
    keras.Sequential([keras.Input((64,)), layers.Dense(200)]).export(source, "onnx", verbose=False)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with (
            pytest.raises(OSError, match=f"disk full.: '{re.escape(str(path))}'"),
            formats.replacing(str(path), folder=False) as target,
        ):
            formats._to_openvino(target, str(source), {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == ["m.onnx"]


# Ends the process where the file has been written beside its place, or half of it has.
KILLED = """
import os, signal, sys
import numpy as np
import keras_core as keras
from keras_core.export import formats

form, path, moment = sys.argv[1:]
model = keras.Sequential([keras.Input((64,), name="x"), keras.layers.Dense(200)])
writer = formats.backend.export.WRITERS[form]

def end(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

def half(target, *arguments):
    writer(target, *arguments)
    for folder, _, names in os.walk(os.path.dirname(target) if os.path.isfile(target) else target):
        for name in names:
            inner = os.path.join(folder, name)
            if os.path.dirname(path) != folder:
                os.truncate(inner, os.path.getsize(inner) // 2)
    end()

if moment == "half":
    formats.backend.export.WRITERS[form] = half
else:
    formats.atomic.all_to_disk = end
model.export(path, format=form, verbose=False)
"""


@pytest.mark.skipif(BACKEND == "numpy", reason="it has another backend write files")
@pytest.mark.parametrize("moment", ["half", "whole"])
def test_a_killed_export_leaves_the_older_file(tmp_path: Any, moment: str) -> None:
    form, path = _path(tmp_path)
    if _missing(form):
        pytest.skip(f"needs {', '.join(_missing(form))}")

    def content() -> dict[Any, bytes]:
        found = [f for f in tmp_path.rglob("*") if f.is_file()]
        return {f: f.read_bytes() for f in found if f.relative_to(tmp_path).parts[0][0] != "."}

    model = keras.Sequential([keras.Input((64,), name="x"), layers.Dense(200)])
    model.export(path, format=form, verbose=False)
    older = content()
    done = subprocess.run([sys.executable, "-c", KILLED, form, path, moment], capture_output=True)
    assert done.returncode == -9, done.stderr[-2000:]
    assert content() == older
    assert len(os.listdir(tmp_path)) == 2  # what it was writing lies beside it
    model.export(path, format=form, verbose=False)
    assert os.listdir(tmp_path) == [os.path.basename(path)]


@pytest.mark.skipif(BACKEND not in ("jax", "tensorflow"), reason="they write SavedModels")
def test_an_export_among_other_files_is_whole_or_none(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails half-way leaves no trace; else other files stay, and the program comes last."""
    if _missing("tf_saved_model"):
        pytest.skip(f"needs {', '.join(_missing('tf_saved_model'))}")
    from keras_core.export import formats

    (tmp_path / "assets").mkdir()
    for name in ("notes.txt", "assets/words.txt"):
        (tmp_path / name).write_text("somebody's")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    writer, rename, placed = formats.backend.export.WRITERS["tf_saved_model"], os.replace, []

    def content() -> list[str]:
        return sorted(str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*") if f.is_file())

    def half(target: str, *arguments: Any) -> None:
        writer(target, *arguments)
        raise OSError(28, "No space left on device")

    def placing(source: str, target: str) -> None:
        rename(source, target)
        placed.append(os.path.relpath(target, tmp_path))

    monkeypatch.setitem(formats.backend.export.WRITERS, "tf_saved_model", half)
    with pytest.raises(OSError, match="No space"):
        model.export(tmp_path, verbose=False)
    assert content() == ["assets/words.txt", "notes.txt"]
    monkeypatch.setitem(formats.backend.export.WRITERS, "tf_saved_model", writer)
    monkeypatch.setattr(formats.atomic.os, "replace", placing)
    model.export(tmp_path, verbose=False)
    assert placed[-1] == "saved_model.pb" and "variables/variables.index" in placed
    assert {"assets/words.txt", "notes.txt", *placed} == set(content())
    assert (tmp_path / "assets/words.txt").read_text() == "somebody's"


def test_each_other_backend_is_asked_once(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(name: str, *args: Any) -> None:
        asked.append(name)
        raise ValueError(f"not {name}")

    monkeypatch.setattr(elsewhere, "_run", run)
    monkeypatch.setattr(elsewhere, "find_spec", lambda package: True)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    spec = [keras.InputSpec(shape=(None, 3), dtype="float32")]
    with pytest.raises(ValueError, match="not"):
        elsewhere.export_model(model, str(tmp_path / "m.onnx"), "onnx", spec, {})
    assert asked == [name for name in ("torch", "tensorflow", "jax") if name != BACKEND]


def test_wrong_arguments(tmp_path: Any) -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    with pytest.raises(ValueError, match="format must be one of"):
        model.export(tmp_path / "m", format="caffe")
    with pytest.raises(ValueError, match=r"end with '.onnx'"):
        model.export(tmp_path / "m", format="onnx")
    with pytest.raises(ValueError, match="unknown options"):
        model.export(tmp_path / "m.onnx", format="onnx", colour="red")
    with pytest.raises(ValueError, match="shape and a dtype"):
        model.export(tmp_path / "m.pt2", format="torch", input_signature=[3])
    assert not os.listdir(tmp_path)
