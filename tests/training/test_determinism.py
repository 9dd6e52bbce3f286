"""One seed gives one run: the same on every backend to float tolerance, to the bit on one."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.utils.splitting import framework_data
from tests.training.helpers import assert_same_weights, data, trains

X, Y = data(n=90, seed=4)

# Losses of four epochs, stored from one backend: all give these.
CURVES = {
    "dense": [1.344878, 1.282855, 1.227806, 1.173764],
    "convolutional": [1.759715, 1.569279, 1.510619, 1.476634],
    "recurrent": [1.157213, 1.155871, 1.15449, 1.153092],
}
# The sums of the initial weights' sizes.
STARTS = {"dense": 68.909508, "convolutional": 34.009785, "recurrent": 32.852787}


def dense() -> Any:
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16, activation="gelu", kernel_initializer="he_normal"),
            keras.layers.LayerNormalization(),
            keras.layers.Dense(3),
        ]
    )


def convolutional() -> Any:
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Reshape((2, 2, 1)),
            keras.layers.Conv2D(6, 2, padding="same", activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )


def recurrent() -> Any:
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Reshape((4, 1)),
            keras.layers.GRU(6),
            keras.layers.Dense(3),
        ]
    )


MODELS = {"dense": dense, "convolutional": convolutional, "recurrent": recurrent}
OPTIMIZERS = {"dense": "adam", "convolutional": "rmsprop", "recurrent": "sgd"}


def run(name: str) -> tuple[Any, float, list[float]]:
    keras.utils.set_random_seed(12)
    model = MODELS[name]()
    start = float(sum(np.abs(w).sum() for w in model.get_weights()))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(OPTIMIZERS[name], loss, metrics=["accuracy"])
    history = model.fit(X, Y, batch_size=16, epochs=4, verbose=0)
    return model, start, history.history["loss"]


@trains
@pytest.mark.parametrize("name", MODELS)
def test_curves_agree_across_backends(name: str) -> None:
    _, start, losses = run(name)
    np.testing.assert_allclose(start, STARTS[name], rtol=1e-6)
    np.testing.assert_allclose(losses, CURVES[name], rtol=2e-4)


class Indexed(keras.utils.PyDataset):
    """Batches by index, whose order `fit` shuffles."""

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Any:
        return X[index * 16 : (index + 1) * 16], Y[index * 16 : (index + 1) * 16]


def loader() -> Any:
    torch = pytest.importorskip("torch")
    tensors = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    return torch.utils.data.DataLoader(tensors, batch_size=16, shuffle=True)


def tf_data() -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(90).batch(16)


FEEDS: dict[str, Any] = {
    "samples": lambda: {"x": X, "y": Y, "batch_size": 16},
    "whole batches": lambda: {"x": X, "y": Y, "batch_size": 16, "shuffle": "batch"},
    "PyDataset": lambda: {"x": Indexed()},
    "PyDataset, threads": lambda: {"x": Indexed(workers=3)},
    "DataLoader": lambda: {"x": loader()},
    "tf.data": lambda: {"x": tf_data()},
}
# Losses of three epochs, stored from one backend: they depend on the order of the samples.
ORDERS: dict[str, list[float]] = {
    "samples": [0.660476, 0.245702, 0.160437],
    "whole batches": [0.666193, 0.223007, 0.14591],
    "PyDataset": [0.606124, 0.255855, 0.157146],
    "PyDataset, threads": [0.606124, 0.255855, 0.157146],
    "DataLoader": [0.720219, 0.250368, 0.178914],
    "tf.data": [0.691884, 0.221552, 0.176353],
}


@trains
@pytest.mark.parametrize("name", FEEDS)
def test_the_order_of_data_agrees_across_backends(name: str) -> None:
    """Also that of frameworks whose own generators shuffle."""
    FEEDS[name]()  # loads the framework
    keras.utils.set_random_seed(12)
    model = dense()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), loss)
    losses = model.fit(**FEEDS[name](), epochs=3, verbose=0).history["loss"]
    np.testing.assert_allclose(losses, ORDERS[name], rtol=2e-4)


def test_a_framework_that_is_loaded_after_the_seed_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    seeded: list[int] = []
    keras.utils.set_random_seed(12)
    module = framework_data("tensorflow")
    monkeypatch.setattr(module, "seed_framework", seeded.append)
    framework_data("tensorflow")
    assert not seeded  # the user may have gone on from there
    monkeypatch.delitem(sys.modules, "tensorflow")
    framework_data("tensorflow")
    assert seeded == [12]


@trains
def test_a_run_repeats_to_the_bit() -> None:
    (a, _, losses), (b, _, again) = run("dense"), run("dense")
    assert losses == again
    assert_same_weights(a, b)
