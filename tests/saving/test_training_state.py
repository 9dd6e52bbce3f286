"""Compiled models: optimizers, losses and metrics come along, both ways with Keras."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

import keras_core
from tests.saving import twins
from tests.saving.exchange_files import OPTIMIZERS, compiled, state, train

keras = pytest.importorskip("keras")
BACKEND = keras_core.backend.backend()
trains = pytest.mark.skipif(BACKEND == "numpy", reason="NumPy has no gradients")


@trains
@pytest.mark.parametrize("direction", ["out", "in", "own"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_goes_on(tmp_path, optimizer, direction):
    K1, K2 = {"out": (keras_core, keras), "in": (keras, keras_core),
              "own": (keras_core, keras_core)}[direction]  # fmt: skip
    twins.twins(K2)
    model = compiled(K1, optimizer)
    train(model)
    path = str(tmp_path / "m.keras")
    model.save(path)
    loaded = K2.saving.load_model(path)
    first, second = state(model.optimizer), state(loaded.optimizer)
    assert len(first) == len(second) > 0
    for a, b in zip(first, second, strict=True):
        assert a.shape == b.shape and np.array_equal(a, b)
    # Nadam's product Keras writes into no file, and on JAX it stays 1 from the beginning.
    lost = K2 is keras or (K1 is keras and BACKEND == "jax")
    if lost and optimizer.startswith("LossScaleOptimizer Nadam"):
        return
    train(model), train(loaded)
    for a, b in zip(twins.values(model), twins.values(loaded), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=1e-4)


@trains
def test_legacy_h5_carries_the_optimizer(tmp_path):
    for K1, K2 in ((keras_core, keras), (keras, keras_core), (keras_core, keras_core)):
        K2_T = twins.twins(K2)
        model = compiled(K1, "Adam")
        train(model)
        path = str(tmp_path / "m.h5")
        if K1 is keras:
            keras.saving.save_model(model, path)
        else:
            model.save(path)
        loaded = K2.saving.load_model(path, custom_objects={"Affine": K2_T.Affine})
        for a, b in zip(twins.values(model), twins.values(loaded), strict=True):
            assert np.array_equal(a, b)
        first, second = state(model.optimizer), state(loaded.optimizer)
        assert all(map(np.array_equal, first, second))
        # Keras itself reads no more than the first two out of these files.
        assert len(first) == len(second) or K2 is keras


@trains
def test_what_is_written_about_compilation(tmp_path):
    twins.twins(keras)
    model = compiled(keras_core, "Adam")
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        ours = json.loads(archive.read("config.json"))["compile_config"]
    theirs = json.loads(json.dumps(compiled(keras, "Adam").get_compile_config()))
    ours["optimizer"]["config"].pop("name"), theirs["optimizer"]["config"].pop("name")
    # On torch Keras names a class of its own for the same thing.
    public = {"module": "keras.optimizers", "registered_name": None}
    assert ours == theirs | {"optimizer": theirs["optimizer"] | public}


@trains
def test_compile_can_be_left_out(tmp_path):
    model = compiled(keras_core, "Adam")
    train(model)
    model.save(tmp_path / "m.keras")
    loaded = keras_core.models.load_model(tmp_path / "m.keras", compile=False)
    assert getattr(loaded, "optimizer", None) is None
    loaded.compile("sgd", "mse")
    train(loaded)


@pytest.mark.parametrize("optimizer", ["Adam", "SGD scheduled", "LossScaleOptimizer"])
def test_compiled_but_not_trained(optimizer, tmp_path):
    model = compiled(keras_core, optimizer)
    model.save(tmp_path / "m.keras")
    loaded = keras_core.saving.load_model(tmp_path / "m.keras")
    assert int(loaded.optimizer.iterations.numpy()) == 0
    assert float(loaded.optimizer.learning_rate) == float(model.optimizer.learning_rate)


class _Pair(keras_core.Model):
    """Two layers and an optimizer for each, as GANs have."""

    def __init__(self):
        super().__init__()
        self.first, self.second = keras_core.layers.Dense(1), keras_core.layers.Dense(2)
        self.build((None, 3))

    def call(self, x):
        return self.first(x), self.second(x)

    def compile(self, first, second):
        super().compile()
        self.first_optimizer, self.second_optimizer = first, second


def test_optimizers_of_parts_of_a_model_are_loaded_once_built(tmp_path):
    model = _Pair()
    model.compile(keras_core.optimizers.Adam(0.5), keras_core.optimizers.SGD(0.25, momentum=0.9))
    model.first_optimizer.build(model.first.trainable_variables)
    model.second_optimizer.build(model.second.trainable_variables)
    model.first_optimizer.iterations.assign(3)
    model.save_weights(tmp_path / "pair.weights.h5")
    fresh, built = _Pair(), _Pair()
    for other in (fresh, built):
        other.compile(keras_core.optimizers.Adam(), keras_core.optimizers.SGD(momentum=0.9))
    with pytest.warns(UserWarning, match=r"Call build\(trainable_variables\) on it before"):
        fresh.load_weights(tmp_path / "pair.weights.h5")
    assert not fresh.first_optimizer.built
    built.first_optimizer.build(built.first.trainable_variables)
    built.second_optimizer.build(built.second.trainable_variables)
    built.load_weights(tmp_path / "pair.weights.h5")
    assert int(built.first_optimizer.iterations) == 3
    for other in (fresh, built):
        np.testing.assert_array_equal(other.second.kernel.numpy(), model.second.kernel.numpy())


@trains
@pytest.mark.parametrize("form", ["m.weights.h5", "m.h5"])
def test_complex_slots_are_skipped_as_those_of_another_shape(tmp_path, form):
    """A cast would drop the imaginary part without a word."""
    h5py = pytest.importorskip("h5py")
    model = compiled(keras_core, "Adam")
    train(model)
    path = tmp_path / form
    (model.save if form == "m.h5" else model.save_weights)(path)
    with h5py.File(path, "r+") as file:
        if form == "m.h5":
            names = file["optimizer_weights"].attrs["weight_names"]
            slots, name = file["optimizer_weights"], names[2]
        else:
            slots, name = file["optimizer/vars"], "2"
        value = slots[name][()]
        del slots[name]
        slots[name] = value + 1j
    if form == "m.h5":
        with pytest.warns(UserWarning, match="state was written by.*complex numbers"):
            loaded = keras_core.saving.load_model(path, {"Affine": twins.twins(keras_core).Affine})
        assert not any(np.any(slot) for slot in state(loaded.optimizer)[2:])
        return
    train(model)
    kept = state(model.optimizer)
    for skip in (False, True):
        with pytest.warns(UserWarning, match="saved state was skipped.* do not fit"):
            model.load_weights(path, skip_mismatch=skip)
        assert all(map(np.array_equal, state(model.optimizer), kept))


@trains
def test_a_complex_kernel_is_named_and_skipped(tmp_path):
    h5py = pytest.importorskip("h5py")
    model = keras_core.Sequential([keras_core.Input((3,)), keras_core.layers.Dense(2)])
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    kept = model.get_weights()
    with h5py.File(path, "r+") as file:
        slots = file["layers/dense/vars"]
        del slots["0"]
        slots["0"] = np.full((3, 2), 1 + 2j, "complex64")
    with pytest.raises(ValueError, match="layers/dense: kernel is float32, the file holds complex"):
        model.load_weights(path)
    with pytest.warns(UserWarning, match="Skipped.*\n.*kernel is float32, the file holds complex"):
        model.load_weights(path, skip_mismatch=True)
    assert all(map(np.array_equal, model.get_weights(), kept))
