"""Attention runs through the framework's fused function, in the operation and in the layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_core import layers, ops
from keras_core.backends.select import backend


def _kernel(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The shapes of the queries with which the framework's function will be called."""
    if backend.name == "torch":
        import torch.nn.functional as owner

        name = "scaled_dot_product_attention"
    elif backend.name == "jax":
        import jax.nn as owner  # type: ignore[no-redef]

        name = "dot_product_attention"
    else:
        pytest.skip("the framework has no fused attention")
    calls: list[Any] = []
    function = getattr(owner, name)

    def counted(query: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(tuple(query.shape))
        return function(query, *args, **kwargs)

    monkeypatch.setattr(owner, name, counted)
    return calls


@pytest.mark.parametrize("masked", [False, True], ids=["plain", "causal"])
def test_operation(masked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _kernel(monkeypatch)
    x = np.random.default_rng(0).normal(size=(1, 7, 3, 4)).astype("float32")
    out = ops.convert_to_numpy(ops.dot_product_attention(x, x, x, is_causal=masked))
    assert len(calls) == 1
    scores = np.einsum("bqhd,bkhd->bhqk", x, x) / 2
    if masked:
        scores = np.where(np.tri(7, dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(out, np.einsum("bhqk,bkhd->bqhd", weights, x), 1e-4, 1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("causal", [False, True], ids=["plain", "causal"])
def test_huge_scores(dtype: str, causal: bool) -> None:
    """One key takes all: rounding of the largest scores must not pass for a difference."""
    x = np.random.default_rng(0).normal(size=(1, 5, 2, 8)).astype(dtype)
    scores = np.einsum("bqhd,bkhd->bhqk", x, x)
    if causal:
        scores = np.where(np.tri(5, dtype=bool), scores, -np.inf)
    right = np.einsum("bhqk,bkhd->bqhd", scores == scores.max(-1, keepdims=True), x)
    for scale in (1e9, 1e20, 1e30):
        x_native = ops.convert_to_tensor(x)
        out = ops.dot_product_attention(*[x_native] * 3, scale=scale, is_causal=causal)
        np.testing.assert_allclose(ops.convert_to_numpy(out), right, 1e-6)


def test_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = layers.MultiHeadAttention(3, 5)
    x = ops.ones((2, 11, 6))
    layer.build(x.shape, x.shape)
    calls = _kernel(monkeypatch)
    layer(x, x)
    assert calls
