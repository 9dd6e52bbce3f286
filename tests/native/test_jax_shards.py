"""Keras layers under `jax.shard_map`: each device has its part of the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import layers, ops
from tests.conftest import BACKEND

pytestmark = pytest.mark.skipif(BACKEND != "jax", reason="jax.shard_map is JAX's")

LAYERS: dict[str, list[Callable[[], Any]]] = {
    "lstm": [lambda: layers.LSTM(3)],
    "masked_lstm": [lambda: layers.Masking(9.0), lambda: layers.LSTM(3)],
    "gru": [lambda: layers.GRU(3, return_sequences=True)],
    "cells": [lambda: layers.RNN([layers.LSTMCell(3), layers.SimpleRNNCell(2)])],
}
X = np.random.default_rng(0).normal(size=(4, 5, 2)).astype("float32")


def both(function: Callable[..., Any], weights: Any) -> tuple[Any, Any]:
    """The mean of `function(weights, x)` and its gradients: alone, and of shards."""
    import jax
    from jax.sharding import Mesh
    from jax.sharding import PartitionSpec as Spec

    devices = jax.devices()
    devices = devices[: len(devices) if len(X) % len(devices) == 0 else 1]
    mesh = Mesh(np.array(devices), ("batch",))

    def part(weights: Any, x: Any) -> Any:
        return jax.lax.pmean(function(weights, x).mean(), "batch")

    mapped = jax.shard_map(part, mesh=mesh, in_specs=(Spec(), Spec("batch")), out_specs=Spec())
    alone = jax.jit(jax.value_and_grad(lambda w: function(w, X).mean()))(weights)
    return alone, jax.jit(jax.value_and_grad(lambda w: mapped(w, X)))(weights)


def check(alone: Any, sharded: Any) -> None:
    import jax

    for a, b in zip(jax.tree.leaves(alone), jax.tree.leaves(sharded), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_recurrent_layers(name: str) -> None:
    model = keras.Sequential([keras.Input((5, 2)), *(make() for make in LAYERS[name])])
    rest = [v.value for v in model.non_trainable_variables]
    check(
        *both(
            lambda weights, x: model.stateless_call(weights, rest, x)[0],
            [v.value for v in model.trainable_variables],
        )
    )


def test_the_lstm_of_large_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    from keras_core.backends.jax import recurrent

    monkeypatch.setattr(recurrent, "_CACHED", 0)  # with a gradient of its own
    model = keras.Sequential([keras.Input((5, 2)), layers.LSTM(7)])
    rest = [v.value for v in model.non_trainable_variables]
    check(
        *both(
            lambda weights, x: model.stateless_call(weights, rest, x)[0],
            [v.value for v in model.trainable_variables],
        )
    )


def test_loops() -> None:
    import jax
    from jax.sharding import Mesh
    from jax.sharding import PartitionSpec as Spec

    def loops(x: Any) -> Any:
        zeros = ops.zeros((2,))
        scanned, _ = ops.scan(lambda c, row: (c + row, c), zeros, x)
        counted = ops.fori_loop(0, 3, lambda i, c: c + x[0], zeros)
        _, until = ops.while_loop(lambda i, c: i < 3, lambda i, c: (i + 1, c + x[0]), (0, zeros))
        return scanned, counted, until

    mesh, part = Mesh(np.array(jax.devices()[:1]), ("batch",)), Spec("batch")
    x = X[0]
    out = jax.shard_map(loops, mesh=mesh, in_specs=part, out_specs=(part, part, part))(x)
    for found, expected in zip(out, (x.sum(0), x[0] * 3, x[0] * 3), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)
