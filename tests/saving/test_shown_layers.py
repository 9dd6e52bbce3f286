"""Layers that properties show: Keras runs all of those, and stores layers by their names."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest

import keras_core
from tests.saving import twins

keras = pytest.importorskip("keras")
SIDES = [(keras, keras_core), (keras_core, keras_core), (keras_core, keras)]
IDS = ["in", "own", "out"]
X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def classes(K: Any) -> types.SimpleNamespace:
    class Block(K.layers.Layer):
        """A list of its own, a dict of which a new list is made, and properties that fail."""

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._inner = [K.layers.Dense(3), K.layers.Dense(4)]
            self.tail = K.layers.Dense(3)
            self._table = {"only": K.layers.Dense(4)}

        @property
        def blocks(self) -> Any:
            return self._inner

        @property
        def last(self) -> Any:
            return self.tail

        @property
        def listed(self) -> Any:
            return list(self._table.values())

        @property
        def later(self) -> Any:
            raise AttributeError("there is none yet")

        def parts(self) -> list[Any]:
            return [*self._inner, self.tail, self._table["only"]]

        def build(self, input_shape: Any) -> None:
            for part in self.parts():
                part.build(input_shape)
                input_shape = part.compute_output_shape(input_shape)
            self.built = True

        def call(self, x: Any) -> Any:
            for part in self.parts():
                x = part(x)
            return x

        def compute_output_shape(self, input_shape: Any) -> Any:
            return input_shape

    class Task(K.Model):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._backbone = K.Sequential([K.layers.Dense(4), Block()])
            self.head = K.layers.Dense(2)

        @property
        def backbone(self) -> Any:
            return self._backbone

        def call(self, x: Any) -> Any:
            return self.head(self._backbone(x))

    return types.SimpleNamespace(Block=Block, Task=Task)


def layer(K: Any) -> Any:
    return K.Sequential([K.Input((4,)), classes(K).Block()])


def task(K: Any) -> Any:
    model = classes(K).Task()
    model(X)
    return model


def pipeline(K: Any) -> Any:
    x = K.Input((4,))
    inner = K.layers.Pipeline([K.layers.Rescaling(0.5), K.layers.Dense(2)])
    return K.Model(x, K.layers.Pipeline([K.layers.Dense(4), inner])(x))


@pytest.mark.parametrize("sides", SIDES, ids=IDS)
@pytest.mark.parametrize("form", ["w.weights.h5", "w.weights.json"])
@pytest.mark.parametrize("make", [layer, task, pipeline], ids=lambda f: f.__name__)
def test_weights(tmp_path: Any, make: Any, form: str, sides: Any) -> None:
    K1, K2 = sides
    first, second = make(K1), make(K2)
    twins.randomize(first)
    size = {"max_shard_size": 1e-7} if form.endswith("json") else {}
    first.save_weights(str(tmp_path / form), **size)
    second.load_weights(str(tmp_path / form))
    for a, b in zip(twins.values(first), twins.values(second), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("sides", SIDES, ids=IDS)
def test_models(tmp_path: Any, sides: Any) -> None:
    K1, K2 = sides
    first = pipeline(K1)
    twins.randomize(first)
    first.save(tmp_path / "m.keras")
    second = K2.saving.load_model(tmp_path / "m.keras")
    for a, b in zip(twins.values(first), twins.values(second), strict=True):
        assert np.array_equal(a, b)


def test_properties_of_every_layer_are_not_run(tmp_path: Any) -> None:
    class Own(keras_core.layers.Dense):
        @property
        def losses(self) -> Any:
            raise AssertionError("no file holds losses")

    model = keras_core.Sequential([keras_core.Input((4,)), Own(2)])
    model.save_weights(tmp_path / "w.weights.h5")
    model.load_weights(tmp_path / "w.weights.h5")


def test_properties_that_show_something_else_than_before(tmp_path: Any) -> None:
    """The attributes' names serve then: Keras goes by both as well."""

    class Own(keras_core.layers.Layer):
        shown = True

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._inner = keras_core.layers.Dense(3)

        @property
        def inner(self) -> Any:
            return self._inner if self.shown else None

        def build(self, input_shape: Any) -> None:
            self._inner.build(input_shape)
            self.built = True

        def call(self, x: Any) -> Any:
            return self._inner(x)

    first, second = (keras_core.Sequential([keras_core.Input((4,)), Own()]) for _ in range(2))
    twins.randomize(first)
    first.layers[0].shown = False
    first.save_weights(tmp_path / "w.weights.h5")
    second.load_weights(tmp_path / "w.weights.h5")
    for a, b in zip(twins.values(first), twins.values(second), strict=True):
        assert np.array_equal(a, b)
