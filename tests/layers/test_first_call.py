"""Layers and models whose first call is one that torch's compiler is to take whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core import layers
from keras_core.backends.select import backend
from tests.autodiff import to_numpy

pytestmark = pytest.mark.skipif(backend.name != "torch", reason="compiles with torch")


class Inner(core.Layer):
    """Has layers that only its call builds."""

    def __init__(self) -> None:
        super().__init__()
        self.first = layers.Dense(3, activation="tanh")
        self.others = [layers.BatchNormalization(), layers.Dense(2)]

    def call(self, x: Any, training: Any = None) -> Any:
        x = self.first(x)
        for layer in self.others:
            x = layer(x)
        return x


class Outer(Inner):
    """Has a `build` of its own, which leaves the layers inside to the call."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, x: Any, training: Any = None) -> Any:
        return super().call(x * self.scale)


MAKE: dict[str, Callable[[], Any]] = {
    "dense": lambda: layers.Dense(3),
    "mixed": lambda: layers.Dense(3, dtype="mixed_bfloat16"),
    "inner": Inner,
    "outer": Outer,
    "model": lambda: core.Sequential([layers.Reshape((3, 2)), layers.LSTM(4), Inner()]),
    "masked": lambda: core.Sequential([layers.Reshape((3, 2)), layers.Masking(), layers.GRU(4)]),
}


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("alone", [True, False])
def test_compiled_whole_before_it_is_built(name: str, alone: bool) -> None:
    import torch

    core.layers.ActivityRegularization(l1=0.5)(np.ones((1, 2)))  # from now on losses are looked for
    layer = MAKE[name]()
    given = torch.arange(24.0).reshape(4, 6) / 24
    torch.compiler.reset()
    run = torch.compile(layer if alone else lambda x: layer(x), backend="eager", fullgraph=True)
    found = run(given)
    assert layer.built
    weights = [np.array(to_numpy(w)) for w in layer.weights]
    np.testing.assert_allclose(
        to_numpy(found.float()), to_numpy(layer(given).float()), rtol=1e-5, atol=1e-5
    )
    found.float().sum().backward()
    assert all(p.grad is not None for p in layer.parameters())
    for before, now in zip(weights, layer.weights, strict=True):
        np.testing.assert_array_equal(before, to_numpy(now))


def test_built_for_the_sizes_of_the_call_and_bound_to_none_of_the_batch() -> None:
    import torch

    layer = layers.Dense(3)
    torch.compiler.reset()
    run = torch.compile(lambda x: layer(x), backend="eager", fullgraph=True, dynamic=True)
    assert run(torch.ones(4, 6)).shape == (4, 3)
    assert tuple(layer.kernel.shape) == (6, 3)
    with torch.compiler.set_stance("fail_on_recompile"):
        assert run(torch.ones(7, 6)).shape == (7, 3)


def test_inside_of_a_module_and_what_it_cannot_take() -> None:
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(6, 5), layers.Dense(2), torch.nn.ReLU())
    torch.compiler.reset()
    found = torch.compile(module, backend="eager", fullgraph=True)(torch.ones(4, 6))
    np.testing.assert_allclose(
        found.detach().numpy(), module(torch.ones(4, 6)).detach().numpy(), rtol=1e-6
    )
    with pytest.raises(ValueError, match="LSTM 'late'.*ndim"):
        torch.compile(layers.LSTM(2, name="late"), backend="eager")(torch.ones(4, 6))
