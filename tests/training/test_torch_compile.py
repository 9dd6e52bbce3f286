"""`jit_compile=True` on torch: one graph for each step, without breaks; what cannot be compiled runs."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend
from tests.training.helpers import assert_same_weights, data

pytestmark = pytest.mark.skipif(backend.name != "torch", reason="torch's compiler")
X, Y = data(n=16)
layers = keras.layers


def stack(*rest: Any) -> Any:
    return keras.Sequential([keras.Input((4,)), *rest, layers.Dense(3)])


def attention() -> Any:
    inputs = keras.Input((4,))
    steps = layers.Reshape((4, 1))(inputs)
    both = layers.Concatenate()([layers.MultiHeadAttention(2, 2)(steps, steps), steps])
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(both)))


MODELS = {
    "dense": lambda: stack(layers.Dense(8, "relu"), layers.BatchNormalization()),
    "convolution": lambda: stack(
        layers.Reshape((4, 1)), layers.Conv1D(4, 2, padding="same"), layers.MaxPooling1D(2), layers.Flatten()
    ),
    "recurrent": lambda: stack(layers.Reshape((4, 1)), layers.GRU(4)),
    "attention": attention,
}  # fmt: skip
LOSSES = (
    "MeanSquaredError",
    "Huber",
    "CategoricalCrossentropy",
    "BinaryFocalCrossentropy",
    "KLDivergence",
    "Dice",
)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The compiler without code generation, and its counters."""
    import torch
    from torch._dynamo.utils import counters

    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="aot_eager"))
    torch._dynamo.reset()
    counters.clear()
    return counters


def fit(model: Any, loss: Any, y: Any, jit: bool) -> None:
    model.compile("adam", loss, metrics=["mae"], jit_compile=jit)
    model.fit(X, y, batch_size=8, shuffle=False, verbose=0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", MODELS)
def test_layers_without_graph_breaks(name: str, quick: Any) -> None:
    y = np.eye(3, dtype="float32")[Y]
    found = []
    for jit in (True, False):
        keras.utils.set_random_seed(2)
        found.append(MODELS[name]())
        fit(found[-1], "mse", y, jit)
    assert not quick["graph_break"] and quick["stats"]["unique_graphs"] > 0
    assert_same_weights(*found, tolerance=1e-5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", LOSSES)
def test_losses_without_graph_breaks(name: str, quick: Any) -> None:
    y = np.eye(3, dtype="float32")[Y]
    fit(stack(layers.Softmax()), getattr(keras.losses, name)(), y, True)
    assert not quick["graph_break"] and quick["stats"]["unique_graphs"] > 0


def test_what_cannot_be_compiled_runs_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def broken(function: Any) -> Any:
        def run(*args: Any) -> Any:
            raise torch._dynamo.exc.BackendCompilerFailed(
                broken, RuntimeError("no C++ compiler"), None
            )

        return run

    monkeypatch.setattr(torch, "compile", broken)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(stack(layers.Dense(4)), "mse", np.eye(3, dtype="float32")[Y], True)
    said = [str(w.message) for w in caught if "jit_compile" in str(w.message)]
    assert len(said) == 1 and "runs uncompiled" in said[0] and "\n" not in said[0]
