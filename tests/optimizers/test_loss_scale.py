"""LossScaleOptimizer beside Keras: the factor's way through overflows, and training with it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core.backends.select import backend
from tests.training.helpers import trains

START = {
    "kernel": np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2),
    "bias": np.ones(2, "float32"),
}
# Which of the steps overflow: alone, in a row, right before the factor would grow, and first of all.
WAYS = {
    "growth": "......",
    "one": "..x....",
    "in a row": ".xxx...",
    "before growth": "..x..x..x...",
    "first": "x.x.....",
}
INNER: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"momentum": 0.9}),
    "Adam": ("Adam", {"clipnorm": 0.5}),
    "a factor of its own": ("SGD", {"loss_scale_factor": 4.0}),
    "accumulating": ("Adam", {"gradient_accumulation_steps": 2}),
    "averages": ("SGD", {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2}),
    "decay": ("AdamW", {"weight_decay": 0.1}),
}


def _optimizer(K: Any, inner: str) -> Any:
    name, options = INNER[inner]
    inner_optimizer = getattr(K.optimizers, name)(0.1, **options)
    return K.optimizers.LossScaleOptimizer(inner_optimizer, 16.0, dynamic_growth_steps=3)


def _gradients(way: str) -> list[list[np.ndarray]]:
    rng = np.random.default_rng(0)
    found = []
    for step in way:
        gradients = [rng.normal(size=v.shape).astype("float32") * 16 for v in START.values()]
        if step == "x":  # in one element of one gradient only
            gradients[0][1, 1] = np.inf if len(found) % 2 else np.nan
        found.append(gradients)
    return found


def _steps(K: Any, inner: str, way: str) -> list[list[np.ndarray]]:
    """The variables and the optimizer's after every step, as training makes them."""
    optimizer = _optimizer(K, inner)
    variables = [K.Variable(v.copy(), name=k) for k, v in START.items()]
    optimizer.build(variables)
    numpy = K.ops.convert_to_numpy
    if backend.name == "jax":
        import jax

        step = jax.jit(optimizer.stateless_apply)
        values, own = [v.value for v in variables], [v.value for v in optimizer.variables]
    found = []
    for gradients in _gradients(way):
        if backend.name == "jax":
            values, own = step(own, gradients, values)
        else:
            optimizer.apply([K.ops.convert_to_tensor(g) for g in gradients], variables)
            values, own = variables, optimizer.variables
        found.append([np.array(numpy(v)) for v in (*values, *own)])
    return found


@trains
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("inner", INNER)
def test_every_step_is_that_of_keras(keras: Any, inner: str, way: str) -> None:
    if backend.name != "torch" and inner not in ("Adam", "a factor of its own") and way != "one":
        pytest.skip("a sample is enough where every row is compiled")
    ours, theirs = (_steps(K, inner, WAYS[way]) for K in (keras_core, keras))
    for number, (got, want) in enumerate(zip(ours, theirs, strict=True)):
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5, err_msg=f"step {number}")


def test_the_loss_is_scaled_once(keras: Any) -> None:
    for K in (keras_core, keras):
        optimizer = _optimizer(K, "a factor of its own")
        optimizer.build([K.Variable(START["bias"])])
        assert float(K.ops.convert_to_numpy(optimizer.scale_loss(K.ops.ones(())))) == 16


@trains
@pytest.mark.parametrize("inner", ["Adam", "a factor of its own"])
def test_fit_with_overflows_is_that_of_keras(keras: Any, inner: str) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, 3)).astype("float32"), rng.normal(size=(40, 2)).astype("float32")
    x[9], x[21], x[24] = np.inf, np.nan, np.inf  # the third, the sixth and the seventh batch
    found = []
    for K in (keras_core, keras):
        model = K.Sequential([K.Input((3,)), K.layers.Dense(4), K.layers.Dense(2)])
        model.set_weights([np.full(w.shape, 0.2, "float32") for w in model.get_weights()])
        model.compile(_optimizer(K, inner), "mse")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
        scale = np.array(K.ops.convert_to_numpy(model.optimizer.dynamic_scale))
        found.append((model.get_weights(), scale, int(model.optimizer.iterations)))
    (got, scale, steps), (want, their_scale, their_steps) = found
    assert (scale, steps) == (their_scale, their_steps) == (1, 14)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
