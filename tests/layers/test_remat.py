"""Rematerialization: the same results, gradients, state and random numbers; computed twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from tests.autodiff import gradients

X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
with_gradients = pytest.mark.skipif(
    not backend.has("gradients"), reason="the backend has no gradients"
)


def _model(scope: Any) -> Any:
    with scope:
        model = core.Sequential(
            [
                core.Input((4,)),
                core.layers.Dense(8, activation="tanh", kernel_regularizer="l2", name="first"),
                core.layers.BatchNormalization(name="norm"),
                core.layers.Dropout(0.5, seed=3, name="drop"),
                core.layers.ActivityRegularization(0.01, name="penalty"),
                core.layers.Dense(2, name="last"),
            ]
        )
    for i, v in enumerate(model.trainable_variables):
        v.assign(np.random.default_rng(i).normal(size=v.shape))
    return model


@with_gradients
@pytest.mark.parametrize("mode", ["full", "activations", "larger_than", "list_of_layers"])
def test_training_is_the_same(mode: str) -> None:
    plain = _model(core.RematScope(mode=None))
    names = [layer.name for layer in plain.layers]
    lean = _model(core.RematScope(mode, output_size_threshold=20, layer_names=names))
    for model in (plain, lean):
        model.compile(core.optimizers.SGD(0.01, name="penalty"), "mse")
    histories = [
        model.fit(X, X[:, :2], epochs=2, batch_size=3, shuffle=False, verbose=0).history["loss"]
        for model in (plain, lean)
    ]
    np.testing.assert_allclose(histories[0], histories[1], rtol=1e-5)
    for a, b in zip(plain.weights, lean.weights, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)


@with_gradients
def test_the_function_runs_again_for_gradients() -> None:
    runs = []

    def function(x: Any, scale: float, flag: bool = False) -> Any:
        runs.append(flag)
        return {"y": core.ops.sin(x) * scale, "flag": flag}

    lean = core.remat(function)
    found = gradients(lambda x: core.ops.sum(lean(x, 2.0, flag=True)["y"]), [X])
    np.testing.assert_allclose(found[0], 2 * np.cos(X), rtol=1e-4, atol=1e-6)
    assert all(runs)
    if backend.name == "torch":  # the others run it again in their graphs
        assert len(runs) == 2
    assert lean(core.ops.ones((2,)), 1.0)["flag"] is False


@with_gradients
def test_regions_inside_of_regions() -> None:
    def run(remat: Any) -> list[np.ndarray]:
        source, count = core.random.SeedGenerator(3), core.Variable(1.0, trainable=False)

        def inner(x: Any) -> Any:
            return core.ops.sin(x) * core.random.uniform((6, 4), seed=source)

        def outer(x: Any) -> Any:
            count.assign(count * 2)
            x = remat(inner)(x)
            return core.ops.sum(remat(inner)(x) * count)

        def pure(x: Any) -> Any:
            with core.StatelessScope() as scope:
                y = remat(outer)(x)
            return y if scope.get_current_value(count) is not None else None

        return gradients(pure, [X])

    np.testing.assert_allclose(run(core.remat), run(lambda f: f), rtol=1e-5)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="mode"):
        core.RematScope(mode="most")
    with pytest.raises(TypeError, match="callable"):
        core.remat(3)


def test_on_keras_tensors() -> None:
    x = core.Input((4,))
    assert core.remat(core.ops.sin)(x).shape == (None, 4)
