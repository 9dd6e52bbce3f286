"""One seed gives one run: the same on every backend to float tolerance, to the bit on one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as keras
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


@trains
def test_a_run_repeats_to_the_bit() -> None:
    (a, _, losses), (b, _, again) = run("dense"), run("dense")
    assert losses == again
    assert_same_weights(a, b)
