"""Masks leave out what they cover of losses and metrics, in compiled steps as in plain Python."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend
from keras_core.core import masks
from tests.training.helpers import trains

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 5, 4)).astype("float32")
X[::2, 3:] = 0
COUNTS = np.any(X != 0, axis=-1)
Y = RNG.integers(0, 3, (6, 5)).astype("int32")
WEIGHTS = RNG.uniform(0.5, 2, (6, 5)).astype("float32")


class Own(keras.Model):
    """A model whose `call` does not take `training`."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [keras.layers.Masking(), keras.layers.Dense(3, activation="softmax")]

    def call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x


def model(own: bool, eager: bool) -> Any:
    keras.utils.set_random_seed(4)
    found = Own() if own else keras.Sequential([keras.Input((5, 4)), *Own().parts])
    found(X)
    found.compile(
        keras.optimizers.SGD(0.1) if backend.has("gradients") else None,
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        run_eagerly=eager,
    )
    return found


def expected(found: Any, weights: Any = None) -> tuple[float, float]:
    """Loss and accuracy by hand."""
    y = found.predict(X, verbose=0)
    losses = -np.log(np.take_along_axis(y, Y[..., None], -1)[..., 0])
    right = (y.argmax(-1) == Y)[COUNTS].mean()
    return ((losses if weights is None else losses * weights) * COUNTS).sum() / COUNTS.sum(), right


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "eager"])
@pytest.mark.parametrize("own", [False, True], ids=["graph", "subclass"])
def test_what_is_covered_counts_neither_in_losses_nor_metrics(own: bool, eager: bool) -> None:
    found = model(own, eager)
    np.testing.assert_allclose(found.evaluate(X, Y, verbose=0), expected(found), rtol=1e-5)
    np.testing.assert_allclose(found.test_on_batch(X, Y), expected(found), rtol=1e-5)
    weighted = found.test_on_batch(X, Y, sample_weight=WEIGHTS)
    np.testing.assert_allclose(weighted, expected(found, WEIGHTS), rtol=1e-5)


@trains
@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "eager"])
@pytest.mark.parametrize("own", [False, True], ids=["graph", "subclass"])
def test_training_counts_what_is_not_covered(own: bool, eager: bool) -> None:
    found = model(own, eager)
    for weights in (None, WEIGHTS):
        wanted = expected(found, weights)
        history = found.fit(
            X, Y, batch_size=6, shuffle=False, verbose=0, sample_weight=weights
        ).history
        np.testing.assert_allclose([history["loss"][0], history["accuracy"][0]], wanted, rtol=1e-5)
        wanted = expected(found, weights)
        np.testing.assert_allclose(found.train_on_batch(X, Y, weights), wanted, rtol=1e-5)


def test_masks_go_with_their_tensors() -> None:
    gc.collect()
    before = len(masks._apart)
    found = model(False, False)
    found.evaluate(X, Y, verbose=0)
    array = np.ones(3)
    masks.set_mask(array, np.array([True, False, True]))
    assert masks.of([array, np.ones(3)])[1] is None
    again = [np.ones(3)]
    masks.give(again, masks.of([array]))
    assert masks.get_mask(again[0]).tolist() == [True, False, True]
    del array, again, found
    gc.collect()
    assert len(masks._apart) <= before
