"""A model is looked through once, and again after whatever changes what it holds."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend
from tests.autodiff import to_numpy
from tests.training.helpers import data, trains

X, Y = data(8)


class Held(keras.Model):
    """Holds layers in every way that they are found in."""

    def __init__(self) -> None:
        super().__init__()
        self.first = keras.layers.Dense(3)
        self.blocks = [keras.layers.Dense(3)]
        self.table: dict[str, Any] = {"inner": {"list": []}}
        self.note: Any = None

    def call(self, x: Any) -> Any:
        x = self.first(x)
        for block in (*self.blocks, *self.table["inner"]["list"]):
            x = block(x)
        if isinstance(self.note, keras.layers.Layer):
            x = self.note(x)
        return x


class Own(Held):
    """Says itself what is trained, so that it is asked every time."""

    @property
    def trainable_variables(self) -> Any:
        return super().trainable_variables[:2]


def surveyed() -> Any:
    model = Held()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True), run_eagerly=True)
    for _ in range(3):
        model.test_on_batch(X, Y)
    assert model._surveys.present(model) is not None
    return model


def dense() -> Any:
    return keras.layers.Dense(3)


CHANGES: dict[str, tuple[Callable[[Any], Any], int]] = {
    "a layer in a list": (lambda m: m.blocks.append(dense()), 6),
    "another in its place": (lambda m: m.blocks.__setitem__(0, dense()), 4),
    "a layer fewer": (lambda m: m.blocks.pop(), 2),
    "deep in dicts": (lambda m: m.table["inner"]["list"].append(dense()), 6),
    "as an attribute": (lambda m: setattr(m, "note", dense()), 6),
    "a frozen layer": (lambda m: setattr(m.first, "trainable", False), 2),
    "a frozen model": (lambda m: setattr(m, "trainable", False), 0),
    "a frozen variable": (lambda m: setattr(m.first.kernel, "trainable", False), 3),
    "a weight added": (lambda m: m.first.add_weight(shape=(2,), name="more"), 5),
    "a seed": (lambda m: setattr(m.first, "seed", keras.random.SeedGenerator(1)), 4),
    "a weight as an attribute": (lambda m: setattr(m.first, "own", keras.Variable(1.0)), 5),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_are_seen(name: str) -> None:
    model = surveyed()
    change, trained = CHANGES[name]
    change(model)
    model.test_on_batch(X, Y)
    for _ in range(2):
        model._prepare("test", lambda: (X, Y))
        assert all(layer.built for layer in model._flatten_layers())
        groups = model._surveys.present(model).groups()
        wanted = model.trainable_variables, model.non_trainable_variables
        assert [[*map(id, group)] for group in groups] == [[*map(id, group)] for group in wanted]
        assert len(groups[0]) == trained


def test_metrics_are_seen() -> None:
    model = surveyed()
    model.blocks[0].seen = keras.metrics.Sum(name="seen")
    assert model.blocks[0].seen in model.metrics
    assert "seen" in model.test_on_batch(X, Y, return_dict=True)


@trains
def test_a_layer_frozen_between_two_batches_stays() -> None:
    model = surveyed()
    model.train_on_batch(X, Y)
    model.train_on_batch(X, Y)
    model.first.trainable = False
    before = model.first.kernel.numpy(), model.blocks[0].kernel.numpy()
    model.train_on_batch(X, Y)
    assert np.array_equal(model.first.kernel.numpy(), before[0])
    assert not np.array_equal(model.blocks[0].kernel.numpy(), before[1])


def test_a_model_that_changes_all_the_time_is_not_looked_through_for_nothing() -> None:
    model = surveyed()
    for _ in range(20):
        model.table[f"{len(model.table)}"] = 0
        model.test_on_batch(X, Y)
    assert model._surveys._left == 0
    assert model._surveys.survey is None


def test_a_model_with_properties_of_its_own_is_asked_every_time() -> None:
    model = Own()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True))
    model.test_on_batch(X, Y)
    model.test_on_batch(X, Y)
    assert model._surveys.survey is None


def test_a_copy_is_looked_through_for_itself() -> None:
    model = surveyed()
    other = copy.deepcopy(model)
    other.blocks.append(dense())
    other.test_on_batch(X, Y)
    assert len(other.trainable_variables) == 6
    assert len(model._surveys.present(model).trained) == 4


@pytest.mark.parametrize("how", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_what_is_known_of_single_batches_stays_with_their_model(how: Callable) -> None:
    model = keras.Sequential([keras.Input(X.shape[1:]), dense()])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True), metrics=["accuracy"])
    for _ in range(2):
        expected = model.test_on_batch(X, Y)
    other = how(model)
    assert other.test_on_batch(X, Y) == other.test_on_batch(X, Y) == expected
    assert other.metrics[0].count.numpy() == len(X)
    model.reset_metrics()
    assert other.metrics[0].count.numpy() == len(X)


def test_modules_of_the_framework_are_asked_every_time() -> None:
    if backend.name == "torch":
        import torch

        def foreign() -> Any:
            return torch.nn.Linear(2, 2)
    elif backend.name == "tensorflow":
        import tensorflow as tf

        def foreign() -> Any:
            return tf.Variable(tf.ones(2))
    else:
        pytest.skip("JAX and NumPy have no variables of their own")
    model = surveyed()
    model.first.foreign = foreign()
    model.test_on_batch(X, Y)
    assert model._surveys.survey is None
    wanted = 4 if backend.name == "tensorflow" else 6  # our own layers are not searched there
    assert len(model.trainable_variables) == wanted


@pytest.mark.parametrize("compiled", [True, False])
def test_predictions_are_those_of_the_model_as_it_is(compiled: bool) -> None:
    model = Held()
    if compiled:
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True))

    def check() -> None:
        for found in (model.predict(X, verbose=0), model.predict_on_batch(X)):
            np.testing.assert_allclose(found, to_numpy(model(X)), rtol=1e-5, atol=1e-6)

    for _ in range(3):  # the third time nothing is looked for any more
        check()
    model.first.enable_lora(2)
    model.first.lora_kernel_b.assign(np.ones((2, 3)))
    check()
    model.first = dense()
    check()
    model.blocks[0] = dense()
    check()
    model.note = dense()
    check()
    assert model._surveys.survey is not None


def test_predictions_of_a_model_that_is_asked_every_time_are_those_of_the_model_as_it_is() -> None:
    model = Own()
    for _ in range(3):
        model.first = dense()
        found = model.predict(X, verbose=0)
        np.testing.assert_allclose(found, to_numpy(model(X)), rtol=1e-5, atol=1e-6)
    assert model._surveys.survey is None
