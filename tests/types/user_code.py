"""Typical code of a user, which pyright checks strictly; `tests/types` runs it too."""

from __future__ import annotations

from typing import Any

import numpy as np

import keras_core as keras
from keras_core import layers, ops


class Scale(layers.Layer):
    """A layer of the user's."""

    def __init__(self, start: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.start = start

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.factor = self.add_weight(
            shape=(input_shape[-1],), initializer=keras.initializers.Constant(self.start)
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return ops.multiply(inputs, self.factor)


def classifier(features: int, classes: int) -> keras.Model:
    """A functional model."""
    x = keras.Input((features,))
    hidden = layers.Dense(8, activation="relu")(x)
    hidden = Scale(0.5)(hidden)
    outputs = layers.Dense(classes, activation="softmax")(hidden)
    return keras.Model(x, outputs, name="classifier")


def stack() -> keras.Sequential:
    """A stack of layers."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dropout(0.5)])
    model.add(layers.Dense(1))
    return model


def train(model: keras.Model, x: np.ndarray, y: np.ndarray) -> list[float]:
    """Compile, fit with callbacks, evaluate, predict."""
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 10)),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    history = model.fit(
        x, y, epochs=2, verbose=0, callbacks=[keras.callbacks.EarlyStopping("loss", patience=1)]
    )
    model.evaluate(x, y, verbose=0)
    predicted = model.predict(x, verbose=0)
    assert predicted.shape == (len(x), 3)
    losses: list[float] = history.history["loss"]
    return losses


def save_and_load(model: keras.Model, path: str) -> keras.Model:
    """Files."""
    model.save(path)
    loaded: keras.Model = keras.saving.load_model(path, custom_objects={"Scale": Scale})
    loaded.set_weights(model.get_weights())
    return loaded


def weights(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """The variables by path."""
    return {v.path: tuple(v.shape) for v in model.trainable_variables}
