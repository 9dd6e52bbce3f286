"""Models and data that the training tests share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core.backends.select import backend

trains = pytest.mark.skipif(not backend.has("gradients"), reason="NumPy has no gradients")


def data(n: int = 50, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of four features, and one of three classes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)).astype("float32")
    return x, x[:, :3].argmax(-1).astype("int32")


def classifier(K: Any, **options: Any) -> Any:
    """A small classifier, compiled."""
    keras_core.utils.set_random_seed(3)
    model = K.Sequential(
        [
            K.Input((4,)),
            K.layers.Dense(8, activation="tanh"),
            K.layers.Dense(3, activation="softmax"),
        ]
    )
    arguments = {
        "optimizer": K.optimizers.SGD(0.1, momentum=0.9),
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
    } | options
    model.compile(**arguments)
    return model


def two_heads(K: Any, outputs: str = "list", **options: Any) -> Any:
    """Two inputs, two outputs."""
    a, b = K.Input((4,), name="a"), K.Input((2,), name="b")
    h = K.layers.Dense(5, activation="tanh", name="h")(a)
    p = K.layers.Dense(3, name="p")(h)
    q = K.layers.Dense(1, name="q")(K.layers.Concatenate(name="c")([h, b]))
    model = K.Model({"a": a, "b": b}, [p, q] if outputs == "list" else {"p": p, "q": q})
    model.compile(**({"optimizer": K.optimizers.SGD(0.1), "loss": "mse"} | options))
    return model


def two_heads_data(n: int = 20) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """Data for `two_heads`."""
    rng = np.random.default_rng(1)
    x = {"a": rng.normal(size=(n, 4)), "b": rng.normal(size=(n, 2))}
    y = [rng.normal(size=(n, 3)), rng.normal(size=(n, 1))]
    x = {k: v.astype("float32") for k, v in x.items()}
    return x, [v.astype("float32") for v in y]


def assert_same_weights(a: Any, b: Any, tolerance: float = 0.0) -> None:
    """Two models' weights are equal, to the bit unless a tolerance is given."""
    for left, right in zip(a.get_weights(), b.get_weights(), strict=True):
        if tolerance:
            np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(left, right)


class Gan(keras_core.Model):
    """A generator and a critic, with an optimizer each."""

    def __init__(self) -> None:
        super().__init__()
        layers = keras_core.layers
        self.generator = keras_core.Sequential([keras_core.Input((2,)), layers.Dense(4)])
        self.critic = keras_core.Sequential(
            [keras_core.Input((4,)), layers.Dense(8, activation="tanh"), layers.Dense(1)]
        )

    def compile(self, critic_optimizer: Any, generator_optimizer: Any, **options: Any) -> None:
        super().compile(optimizer=generator_optimizer, **options)
        self.critic_optimizer = critic_optimizer
        self.critic_optimizer.build(self.critic.trainable_variables)
        self.optimizer.build(self.generator.trainable_variables)

    def call(self, x: Any) -> Any:
        return self.generator(x)
