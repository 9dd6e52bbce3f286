"""Saved on one backend, loaded on another: files that `exchange_files` wrote on each of them.

What is not trained is written alike on all backends, which is checked here against the kept
files; so one set of it for each package stands for every pairing.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import pytest

import keras_core
from tests.saving import exchange_files as files
from tests.saving import twins

keras = pytest.importorskip("keras")
BACKEND = keras_core.backend.backend()
PACKAGES = {"keras": keras, "keras_core": keras_core}
TRAINERS = [f"{package}-{b}" for package in PACKAGES for b in files.BACKENDS[1:]]
NAMES = list(files.models(keras_core))
ROWS = [case for case in files.ROWS if not files.gap(case, BACKEND)]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The files of a writer, unpacked once: a function that gives folder and expected values."""
    found: dict[str, Any] = {}

    def of(writer: str) -> tuple[str, dict[str, np.ndarray]]:
        if writer not in found:
            folder = str(tmp_path_factory.mktemp(writer))
            found[writer] = (folder, files.unpack(writer, folder))
        return found[writer]

    return of


def same(values: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    assert len(values) == len(wanted)
    for a, b in zip(values, wanted, strict=True):
        assert np.array_equal(np.atleast_1d(a.astype(b.dtype)), np.atleast_1d(b))


# Who wrote the file and who reads it: Keras's of another backend is not Keras's affair here.
SIDES = [("keras", "keras_core"), ("keras_core", "keras_core"), ("keras_core", "keras")]


@pytest.mark.parametrize(("writer", "reader"), SIDES)
@pytest.mark.parametrize("name", NAMES)
def test_untrained(kept: Any, name: str, writer: str, reader: str) -> None:
    K = PACKAGES[reader]
    if BACKEND == "numpy" and name == "mixed" and reader == "keras":
        pytest.skip("Keras on NumPy does not cast matmul's sixteen bits")
    files.models(K)  # registers what is of one's own
    folder, expected = kept(writer)
    model = K.saving.load_model(os.path.join(folder, f"{name}.keras"))
    same(twins.values(model), files.expected_values(expected, name, "weight"))
    tolerance = 0.1 if name == "mixed" else 1e-4
    wanted = files.expected_values(expected, name, "result")
    for a, b in zip(files.results(K, model, name), wanted, strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance, rtol=tolerance)


@pytest.mark.filterwarnings(  # Keras quantizes the input's layer too
    "ignore:.custom_gradient. for the numpy", "ignore:Layer InputLayer does not have"
)
@pytest.mark.parametrize(("writer", "reader"), SIDES)
@pytest.mark.parametrize("name", files.ADAPTED)
def test_quantized_and_low_rank(kept: Any, name: str, writer: str, reader: str) -> None:
    K = PACKAGES[reader]
    folder, expected = kept(f"{writer}-adapted")
    models = [K.saving.load_model(os.path.join(folder, f"{name}.keras"))]
    if name != "lora":
        models.append(files.adapted(K)[name]())
        models[-1].load_weights(os.path.join(folder, f"{name}.weights.h5"))
    wanted = files.expected_values(expected, name, "result")
    for model in models:
        if name != "lora":  # whose parts a file holds as sums
            same(twins.values(model), files.expected_values(expected, name, "weight"))
        for a, b in zip(files.results(K, model, name), wanted, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5, rtol=1e-5)


FORMS = ["_folder", ".h5", ".json", ".weights.h5", "_parts.weights.json", ".safetensors"]


@pytest.mark.parametrize(("writer", "reader"), SIDES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["layers_only", "masked"])
def test_other_forms(kept: Any, name: str, form: str, writer: str, reader: str) -> None:
    if form == ".safetensors" and "keras" in (writer, reader):
        pytest.skip("Keras has no safetensors")
    if form == ".h5" and reader == "keras" and name == "masked":
        pytest.skip("Keras reads no operations out of .h5 files")
    K = PACKAGES[reader]
    folder, expected = kept(writer)
    path = os.path.join(folder, f"{name}{form}")
    K.utils.clear_session(free_memory=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both sides call .h5 a format of the past
        if form in ("_folder", ".h5"):
            model = K.saving.load_model(path)
        elif form == ".json":
            with open(path) as file:
                model = K.models.model_from_json(file.read())
            model.load_weights(os.path.join(folder, f"{name}.weights.h5"))
        else:
            model = files.models(K)[name]()
            model.load_weights(path)
    same(twins.values(model), files.expected_values(expected, name, "weight"))


@pytest.mark.parametrize("name", NAMES)
def test_written_alike_on_every_backend(kept: Any, tmp_path: Any, name: str) -> None:
    keras_core.utils.clear_session(free_memory=False)
    model = files.models(keras_core)[name]()
    if name != "state":
        twins.randomize(model)
    model.save(tmp_path / f"{name}.keras")
    folder, _ = kept("keras_core")
    ours = files.content(str(tmp_path / f"{name}.keras"))
    assert ours == files.content(os.path.join(folder, f"{name}.keras"))
    if name in ("layers_only", "masked"):
        model.save(tmp_path / f"{name}.h5")
        model.save_weights(tmp_path / f"{name}.weights.h5")
        model.save_weights(tmp_path / f"{name}_parts.weights.h5", max_shard_size=1e-6)
        model.save_weights(tmp_path / f"{name}.safetensors")
        for path in sorted(os.listdir(tmp_path)):
            theirs = files.content(os.path.join(folder, path))
            assert files.content(str(tmp_path / path)) == theirs, path


@pytest.mark.parametrize("writer", ["keras", "keras_core"])
@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.layer)
def test_every_layer(kept: Any, tmp_path: Any, case: Any, writer: str) -> None:
    """Read, and written again: what comes out is the file that our writer kept."""
    path = os.path.join("layers", f"{case.layer}.keras")
    source = os.path.join(kept(writer)[0], path)
    if not os.path.exists(source):
        pytest.skip("Keras cannot build it")
    model = keras_core.models.load_model(source)
    again = str(tmp_path / "again.keras")
    model.save(again)
    ours, theirs = files.content(again), files.content(source)
    assert ours["model.weights.h5"] == theirs["model.weights.h5"]
    if writer == "keras_core":
        assert ours == theirs


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy has no gradients")
@pytest.mark.parametrize("optimizer", files.OPTIMIZERS)
def test_training_goes_on(kept: Any, optimizer: str) -> None:
    """Every writer's state bit for bit; of one writer in turn, the steps that follow."""
    others = [w for w in TRAINERS if not w.endswith(BACKEND)]
    turn = list(files.OPTIMIZERS).index(optimizer)
    for number, writer in enumerate(others):
        folder, expected = kept(writer)
        path = os.path.join(folder, f"{optimizer.replace(' ', '_')}.keras")
        twins.twins(keras_core), twins.twins(keras)
        readers = [keras_core, keras] if writer.startswith("keras_core") else [keras_core]
        for K in readers:
            model = K.saving.load_model(path)
            same(twins.values(model), files.expected_values(expected, optimizer, "weight"))
            same(files.state(model.optimizer), files.expected_values(expected, optimizer, "state"))
            if K is keras_core and number == turn % len(others):
                files.train(model)
                wanted = files.expected_values(expected, optimizer, "later")
                for a, b in zip(twins.values(model), wanted, strict=True):
                    np.testing.assert_allclose(a, b, rtol=2e-3, atol=1e-4)


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy has no gradients")
@pytest.mark.parametrize("writer", TRAINERS)
@pytest.mark.parametrize("optimizer", ["Adam", "SGD scheduled"])
def test_optimizers_in_h5(kept: Any, optimizer: str, writer: str) -> None:
    folder, expected = kept(writer)
    path = os.path.join(folder, f"{optimizer.replace(' ', '_')}.h5")
    model = keras_core.models.load_model(path, {"Affine": twins.twins(keras_core).Affine})
    same(twins.values(model), files.expected_values(expected, optimizer, "weight"))
    same(files.state(model.optimizer), files.expected_values(expected, optimizer, "state"))


@pytest.mark.skipif(BACKEND != "numpy", reason="one backend is enough: NumPy trains nowhere")
@pytest.mark.parametrize("writer", TRAINERS)
def test_trained_elsewhere_read_for_inference(kept: Any, writer: str) -> None:
    folder, expected = kept(writer)
    twins.twins(keras_core)
    for optimizer in files.OPTIMIZERS:
        path = os.path.join(folder, f"{optimizer.replace(' ', '_')}.keras")
        model = keras_core.models.load_model(path, compile=False)
        same(twins.values(model), files.expected_values(expected, optimizer, "weight"))
