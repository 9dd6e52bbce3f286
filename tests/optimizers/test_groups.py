"""Parameter groups: what each group's optimizer does, alone and within a model that is saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend

optimizers = keras.optimizers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype("float32")
Y = RNG.normal(size=(24, 2)).astype("float32")
trains = pytest.mark.skipif(not backend.has("gradients"), reason="NumPy has no gradients")


def groups() -> Any:
    """Each group with something of its own around its rule."""
    return optimizers.MultiOptimizer(
        {
            "default": optimizers.Adam(0.01, gradient_accumulation_steps=2),
            ".*body/kernel": optimizers.AdamW(0.02, weight_decay=0.1, clipnorm=0.01),
            ".*head/.*": optimizers.SGD(0.1, momentum=0.9, use_ema=True, ema_momentum=0.5),
        }
    )


def model(optimizer: Any) -> Any:
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(3, "tanh", name="body"), keras.layers.Dense(2, name="head")]
    out = keras.Sequential([keras.Input((4,)), *layers])
    out.compile(optimizer, "mse")
    return out


def gradients(variables: list[Any], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    made = [rng.normal(size=v.shape).astype("float32") for v in variables]
    return [keras.ops.convert_to_tensor(g) for g in made]


def test_each_group_is_as_its_optimizer_alone() -> None:
    together, apart = model(groups()), model(None)
    several = groups()
    alone = [
        (groups().optimizer_map[v.path], v) for v in apart.trainable_variables
    ]  # one optimizer for each variable
    for step in range(5):
        given = gradients(together.trainable_variables, step)
        several.apply(given, together.trainable_variables)
        for (optimizer, v), g in zip(alone, given, strict=True):
            optimizer.apply([g], [v])
    several.finalize_variable_values(together.trainable_variables)
    for optimizer, v in alone:
        optimizer.finalize_variable_values([v])
    for a, b in zip(together.get_weights(), apart.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@trains
def test_a_saved_model_goes_on_as_if_never_stopped(tmp_path: Path) -> None:
    rows = {"batch_size": 8, "shuffle": False, "verbose": 0}
    # The averages are the variables at the end of fit: both stop in between.
    whole = model(groups())
    whole.fit(X, Y, **rows)
    whole.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert [type(o) for o in again.optimizer.optimizers] == [
        type(o) for o in whole.optimizer.optimizers
    ]
    for one in (whole, again):
        one.fit(X, Y, **rows)
    for a, b in zip(
        [*whole.variables, *whole.optimizer.variables],
        [*again.variables, *again.optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@trains
def test_rates_are_set_group_by_group() -> None:
    optimizer = optimizers.MultiOptimizer(
        {"default": optimizers.SGD(0.1), ".*head/.*": optimizers.SGD(0.1)}
    )
    trained = model(optimizer)
    trained.fit(X, Y, verbose=0)
    optimizer.optimizers[0].learning_rate = 0.0  # the group of the first variable: the body
    before = trained.get_weights()
    trained.fit(X, Y, verbose=0)
    moved = [(a != b).any() for a, b in zip(before, trained.get_weights(), strict=True)]
    assert moved == [False, False, True, True]
    with pytest.raises(AttributeError, match="each of its optimizers"):
        _ = optimizer.learning_rate


def test_a_key_that_nothing_matches_is_told() -> None:
    optimizer = optimizers.MultiOptimizer(
        {"default": optimizers.SGD(0.1), ".*haed/.*": optimizers.SGD(0.1)}
    )
    with pytest.warns(UserWarning, match="haed/.*The paths are .*body/kernel"):
        optimizer.build(model(None).trainable_variables)
