"""`run_eagerly=True`: Python looks at values, in models whose `call` cannot do without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import layers, ops
from tests.training.helpers import trains

X, Y = np.linspace(0, 1, 40).reshape(8, 5).astype("float32"), np.ones((8, 1), "float32")


def through_numpy(x: Any) -> Any:
    return ops.convert_to_tensor(np.sin(ops.convert_to_numpy(x)))


def branches(x: Any) -> Any:
    return x * 2 if ops.sum(x) > 0 else x


def reads_a_number(x: Any) -> Any:
    return x * float(ops.max(x))


def loops(x: Any) -> Any:
    for _ in range(int(ops.sum(x[-1]))):
        x = x + 1
    return x


LOOKS = [through_numpy, branches, reads_a_number, loops]


class Looks(keras.Model):
    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function, self.dense = function, layers.Dense(1, kernel_initializer="ones")
        self.norm = layers.BatchNormalization()

    def call(self, x: Any, training: bool = False) -> Any:
        return self.norm(self.dense(self.function(x)), training=training)


@pytest.mark.parametrize("function", LOOKS)
def test_the_first_call_builds(function: Callable[[Any], Any]) -> None:
    model = Looks(function)
    out = model(X)
    expected = ops.convert_to_numpy(function(ops.convert_to_tensor(X))).sum(1, keepdims=True)
    np.testing.assert_allclose(ops.convert_to_numpy(out), expected / np.sqrt(1.001), rtol=1e-5)
    assert model.built
    assert model.dense.kernel.path == f"{model.name}/{model.dense.name}/kernel"


@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize("function", LOOKS)
@pytest.mark.parametrize("how", [pytest.param("fit", marks=trains), "evaluate", "predict"])
def test_models_that_look_at_values(how: str, function: Callable[[Any], Any], called: bool) -> None:
    model = Looks(function)
    if called:
        model(X)
    model.compile("sgd", "mse", metrics=["mae"], run_eagerly=True)
    if how == "predict":
        assert model.predict(X, verbose=0).shape == (8, 1)
    elif how == "evaluate":
        values = model.evaluate(X, Y, verbose=0, return_dict=True)
        assert sorted(values) == ["loss", "mae"]
    else:
        model.fit(X, Y, verbose=0)
        assert np.any(ops.convert_to_numpy(model.dense.kernel) != 1)
    # What was tried before the first step left nothing behind.
    moved = np.any(ops.convert_to_numpy(model.norm.moving_mean) != 0)
    assert moved == (how == "fit")


def test_a_failing_first_call_leaves_the_model_unbuilt() -> None:
    def fails(x: Any) -> Any:
        raise KeyError("mine")

    model = Looks(fails)
    with pytest.raises(ValueError, match="mine"):
        model(X)
    assert not model.built
    model.function = through_numpy
    assert model(X).shape == (8, 1)
