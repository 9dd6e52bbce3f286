"""Layers whose `call` looks into a tensor: they have no shapes before there are values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core import layers, ops
from tests.conftest import BACKEND
from tests.training.helpers import trains

X = np.arange(6, dtype="float32").reshape(2, 3)


class Branch(layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2 if ops.max(x) > 0 else x


class Number(layers.Layer):
    def call(self, x: Any) -> Any:
        return x * (float(ops.stop_gradient(ops.max(x))) - 3.0)


class Times(layers.Layer):
    def call(self, x: Any) -> Any:
        for _ in range(int(ops.stop_gradient(ops.min(x))) + 1):
            x = x * 2
        return x


class InNumPy(layers.Layer):
    def call(self, x: Any) -> Any:
        return np.asarray(ops.convert_to_numpy(x)) * 2


ALL = [Branch, Number, Times, InNumPy]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("at_once", [True, False])
def test_a_sequential_waits_for_the_first_call(kind: type, at_once: bool) -> None:
    parts = [keras_core.Input((3,)), layers.Dense(3), kind(), layers.Dense(2)]
    if at_once:
        model = keras_core.Sequential(parts)
    else:
        model = keras_core.Sequential()
        for part in parts:
            model.add(part)
    out = ops.convert_to_numpy(model(X + 1))
    assert len(model.weights) == 4
    hidden = ops.convert_to_numpy(model.layers[0](X + 1))
    shown = ops.convert_to_numpy(kind()(hidden))
    np.testing.assert_allclose(out, ops.convert_to_numpy(model.layers[2](shown)), rtol=1e-5)


@trains
@pytest.mark.parametrize("kind", ALL)
def test_it_trains_uncompiled(kind: type) -> None:
    model = keras_core.Sequential([keras_core.Input((3,)), kind(), layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(X, X[:, :1], verbose=0)
    assert len(model.weights) == 2 and model.predict(X, verbose=0).shape == (2, 1)


def test_another_error_comes_at_once() -> None:
    class Wrong(layers.Layer):
        def call(self, x: Any) -> Any:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        keras_core.Sequential([keras_core.Input((3,)), Wrong()])


class Ones(layers.Layer):
    def call(self, x: Any) -> Any:
        return np.ones((2, 3), "float32")


def test_an_array_that_a_layer_makes_is_a_step_of_the_graph() -> None:
    x = keras_core.Input((3,), batch_size=2)
    made = Ones()(x)
    assert isinstance(made, keras_core.KerasTensor) and made.shape == (2, 3)
    model = keras_core.Model(x, layers.Add()([x, made]))
    np.testing.assert_array_equal(ops.convert_to_numpy(model(X)), X + 1)


@pytest.mark.skipif(BACKEND not in ("numpy", "torch"), reason="traces have no values")
def test_what_is_computed_in_numpy_is_so_of_each_batch() -> None:
    x = keras_core.Input((3,))
    model = keras_core.Model(x, layers.Add()([x, InNumPy()(x)]))
    np.testing.assert_array_equal(ops.convert_to_numpy(model(X)), X * 3)
