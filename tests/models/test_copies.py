"""Copies and pickles of trained models go on training, each on its own."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.core.identity import ByIdentity
from tests.training.helpers import trains

X = np.random.default_rng(0).random((8, 4), dtype="float32")


OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.1),
    "adafactor": lambda: keras.optimizers.Adafactor(0.1),
    "averages": lambda: keras.optimizers.SGD(0.1, use_ema=True, gradient_accumulation_steps=2),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1)),
    "groups": lambda: keras.optimizers.MultiOptimizer(
        {".*bias": keras.optimizers.SGD(0.1), "default": keras.optimizers.Adam(0.1)}
    ),
}
COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda x: pickle.loads(pickle.dumps(x))}
CASES = [("adam", "deepcopy"), *zip(OPTIMIZERS, ["pickle", "deepcopy"] * 3, strict=False)]


def trained(optimizer: Any) -> Any:
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)]
    )
    model.compile(optimizer, "mse", metrics=["mae"])
    model.fit(X, X[:, :1], verbose=0)
    return model


def more(model: Any) -> list[np.ndarray]:
    model.fit(X, X[:, :1], verbose=0, shuffle=False, epochs=2)
    return model.get_weights()


@trains
@pytest.mark.parametrize(("name", "way"), CASES)
def test_copies_train_as_the_original_does(name: str, way: str) -> None:
    model = trained(OPTIMIZERS[name]())
    before = model.get_weights()
    other = COPIES[way](model)
    expected = more(other)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(more(model), expected, strict=True):
        np.testing.assert_array_equal(a, b)


@trains
@pytest.mark.parametrize("way", COPIES)
def test_copies_know_what_is_left_out_of_decay(way: str) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile(keras.optimizers.AdamW(0.1), "mse")
    bias = model.layers[0].bias
    model.optimizer.exclude_from_weight_decay(var_list=[bias])
    other = COPIES[way](model)
    assert not other.optimizer._use_weight_decay(other.layers[0].bias)
    assert other.optimizer._use_weight_decay(other.layers[0].kernel)
    assert other.optimizer._use_weight_decay(bias)


@pytest.mark.parametrize("way", COPIES)
def test_tables_by_identity_in_a_cycle(way: str) -> None:
    table = ByIdentity()
    key: list[Any] = [table]
    table.enter(key, 1)
    table.enter(key, 2)
    other = COPIES[way](table)
    (mine,) = other._objects
    assert mine is not key
    assert mine[0] is other
    assert other == {id(mine): 2}


def test_layers_without_an_input_have_none() -> None:
    layer = keras.layers.Dense(2)
    assert not hasattr(layer, "input")
    with pytest.raises(AttributeError, match="was never called on KerasTensors"):
        _ = layer.output
    assert keras.layers.InputLayer((2,)).input == []
    a, b = keras.Input((2, 3)), keras.Input((2, 3))
    attention = keras.layers.MultiHeadAttention(1, 2)
    attention(query=a, value=b)
    assert [x is y for x, y in zip(attention.input, (a, b), strict=True)] == [True, True]


@trains
@pytest.mark.parametrize("way", COPIES)
def test_copies_see_a_step_and_a_rate_that_were_assigned(way: str) -> None:
    """Numbers read before are remembered on PyTorch; a copy that took them over was a step behind."""
    model = trained("adam")
    model.optimizer.iterations.assign(50)
    for rate in (0.2, 0.3):
        model.train_on_batch(X, X[:, :1])
        model.optimizer.learning_rate.assign(rate)
    twin = COPIES[way](model)
    for each in (model, twin):
        each.train_on_batch(X, X[:, :1])
    for ours, theirs in zip(twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    model.optimizer.iterations.assign(50)
    twin = COPIES[way](model)
    for each in (model, twin):
        each.train_on_batch(X, X[:, :1])
    for ours, theirs in zip(twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
