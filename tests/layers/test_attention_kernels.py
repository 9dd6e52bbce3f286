"""Which attention runs the framework's fused kernel, and that it says the same as the products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from keras_core import config, layers, ops, value_and_grad
from keras_core.backends.select import backend
from keras_core.core import settings
from tests.autodiff import gradients

BATCH, STEPS, SIZE = 2, 7, 16
_LAYERS: dict[str, Callable[..., Any]] = {
    "multi_head": lambda **o: layers.MultiHeadAttention(2, 8, **o),
    "grouped": lambda **o: layers.GroupQueryAttention(8, 4, 2, **o),
    "dot": layers.Attention,
    "scaled": lambda **o: layers.Attention(use_scale=True, **o),
    "concat": lambda **o: layers.Attention(score_mode="concat", **o),
    "additive": layers.AdditiveAttention,
}
_FUSED = ("multi_head", "grouped", "dot", "scaled")


def _inputs() -> list[Any]:
    rng = np.random.default_rng(3)
    return [rng.normal(size=(BATCH, STEPS, SIZE)).astype("float32") for _ in range(3)]


def _call(layer: Any, inputs: list[Any], masked: str, **kwargs: Any) -> Any:
    """The layer on query, value and key; the first sample's values may be padding altogether."""
    padding = {"padding": [[True] * 5 + [False] * 2, [True] * STEPS], "all": [[False] * STEPS] * 2}
    mask = None if masked == "none" else ops.convert_to_tensor(padding[masked], "bool")
    if isinstance(layer, layers.Attention):
        return layer(inputs, mask=None if mask is None else [None, mask], **kwargs)
    return layer(*inputs, value_mask=mask, **kwargs)


@pytest.fixture
def kernels() -> Callable[[Callable[[], Any]], int]:
    """How many of the framework's fused kernels a call runs, by what torch dispatches."""
    if not backend.has("fused_attention"):
        pytest.skip("the framework has no kernel of attention on CPUs")
    from torch.utils._python_dispatch import TorchDispatchMode

    class Count(TorchDispatchMode):
        fused = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None):
            self.fused += "_scaled_dot_product" in str(func)
            return func(*args, **(kwargs or {}))

    def count(call: Callable[[], Any]) -> int:
        with Count() as mode:
            call()
        return mode.fused

    return count


@pytest.mark.parametrize("causal", [False, True], ids=["open", "causal"])
@pytest.mark.parametrize("masked", ["none", "padding"])
@pytest.mark.parametrize("name", _LAYERS)
def test_which_calls_run_it(kernels: Any, name: str, masked: str, causal: bool) -> None:
    inputs = [ops.convert_to_tensor(x) for x in _inputs()]
    layer = _LAYERS[name](dropout=0.5)

    def count(**kwargs: Any) -> int:
        return kernels(lambda: _call(layer, inputs, masked, use_causal_mask=causal, **kwargs))

    assert count() == count(training=False) == (name in _FUSED)
    assert count(training=True) == 0  # no kernel draws our dropout
    assert count(return_attention_scores=True) == 0
    layer = _LAYERS[name]()
    assert count(training=True) == (name in _FUSED)


@pytest.mark.parametrize("causal", [False, True], ids=["open", "causal"])
@pytest.mark.parametrize("masked", ["none", "padding", "all"])
@pytest.mark.parametrize("name", _FUSED)
def test_it_says_what_the_products_say(name: str, masked: str, causal: bool) -> None:
    """Values, and their slopes where there are some: asking for the scores takes the long way."""
    layer = _LAYERS[name]()
    arrays = _inputs()

    def total(with_scores: bool) -> Callable[..., Any]:
        def run(*inputs: Any) -> Any:
            out = _call(
                layer,
                list(inputs),
                masked,
                use_causal_mask=causal,
                return_attention_scores=with_scores,
            )
            return out[0] if with_scores else out

        return run

    inputs = [ops.convert_to_tensor(x) for x in arrays]
    short, long = (ops.convert_to_numpy(total(s)(*inputs)) for s in (False, True))
    assert np.isfinite(short).all()
    np.testing.assert_allclose(short, long, 1e-5, 1e-5)
    if not backend.has("gradients"):
        return

    def slopes(run: Callable[..., Any]) -> list[np.ndarray]:
        found = gradients(lambda *x: ops.sum(ops.square(run(*x))), arrays)
        # Where nothing is seen, whether scores have slopes depends on how they are masked: the
        # weights are equal either way, and so are the slopes of the values.
        return found[1:2] if masked == "all" else found

    for one, other in zip(slopes(total(False)), slopes(total(True)), strict=True):
        np.testing.assert_allclose(one, other, 1e-4, 1e-4)


def test_no_places_at_all_are_zeros() -> None:
    query, key = ops.ones((1, 2, 1, 4)), ops.ones((1, 0, 1, 4))
    for mask in (None, ops.ones((1, 1, 2, 0), "bool")):
        out = ops.dot_product_attention(query, key, key, mask=mask)
        assert not ops.convert_to_numpy(out).any()


@pytest.mark.parametrize("how", ["argument", "layer", "switch"])
def test_a_forbidden_kernel_does_not_run(
    kernels: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's slopes have none: these are the products'."""
    import torch

    monkeypatch.setitem(settings.flags, "flash_attention", None)
    x = torch.ones(2, 3, 2, 4, requires_grad=True)
    layer = layers.MultiHeadAttention(2, 2, flash_attention=False if how == "layer" else None)
    if how == "switch":
        config.disable_flash_attention()

    def run() -> Any:
        if how == "argument":
            return ops.dot_product_attention(x, x, x, flash_attention=False)
        return layer(x[:, :, 0], x[:, :, 0])

    (slope,) = torch.autograd.grad(run().square().sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert x.grad is not None and torch.isfinite(x.grad).all()
    if how == "switch":  # an argument goes before it
        assert kernels(lambda: layers.Attention()([x[:, :, 0]] * 2)) == 0
        assert kernels(lambda: ops.dot_product_attention(x, x, x, flash_attention=True)) == 1


@pytest.mark.skipif(backend.name != "torch", reason="a kernel of torch's")
@pytest.mark.parametrize("how", ["plain", "mask", "causal", "bias", "grouped"])
def test_torch_may_differentiate_the_kernel_twice(how: str) -> None:
    """As native loops do with `create_graph=True`, of which the forward pass knows nothing."""
    import torch

    torch.manual_seed(0)
    x, y = torch.randn(2, 5, 4, 3, requires_grad=True), torch.randn(2, 5, 4, 3)
    more: dict[str, Any] = {
        "plain": {"scale": 0.3},
        "mask": {"mask": torch.rand(2, 1, 5, 5) > 0.4},
        "causal": {"is_causal": True},
        "bias": {"bias": torch.randn(2, 4, 5, 5)},
        "grouped": {},
    }[how]

    def slopes(**kernel: Any) -> tuple[Any, Any]:
        key = x[:, :, :2] * y[:, :, :2] if how == "grouped" else x
        out = ops.dot_product_attention(x, key, key, **more, **kernel)
        (first,) = torch.autograd.grad((out * y).sum(), x, create_graph=True)
        return first, torch.autograd.grad(first.square().sum(), x)[0]

    for found, expected in zip(slopes(), slopes(flash_attention=False), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not backend.has("gradients"), reason="NumPy has no gradients")
def test_slopes_of_slopes_need_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.flags, "flash_attention", None)
    x = ops.convert_to_tensor(_inputs()[0])
    heads, dot = layers.MultiHeadAttention(2, 2), layers.Attention()
    heads(x, x)

    def penalty() -> Any:
        score = value_and_grad(lambda x: ops.sum(ops.square(dot([heads(x, x), x]))))
        return ops.mean(ops.square(score(x)[1]))

    _, found = value_and_grad(penalty, heads)()
    kernel = heads.trainable_variables[0]
    before = ops.convert_to_numpy(kernel.value)

    def moved(by: float) -> float:
        values = before.copy()
        values.flat[0] += by
        kernel.assign(values)
        return float(penalty())

    slope = (moved(1e-2) - moved(-1e-2)) / 2e-2
    np.testing.assert_allclose(ops.convert_to_numpy(found[0]).flat[0], slope, rtol=2e-2)
