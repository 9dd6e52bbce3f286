"""Convolutions on the CPU with JAX: what they are made of there, and that it is the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import ops
from keras_core.backends.select import backend

pytestmark = pytest.mark.skipif(backend.name != "jax", reason="these forms are JAX's on the CPU")


def draw(*shape: int) -> Any:
    return ops.convert_to_tensor(np.random.default_rng(0).normal(size=shape).astype("float32"))


def loss(x: Any, kernel: Any, **options: Any) -> Any:
    return ops.sum(ops.square(ops.conv(x, kernel, padding="same", **options)))


def equations(jaxpr: Any) -> Iterator[Any]:
    """The equations of a program, those of inner programs too."""
    for equation in jaxpr.eqns:
        yield equation
        for value in equation.params.values():
            for inner in value if isinstance(value, (list, tuple)) else [value]:
                inner = getattr(inner, "jaxpr", inner)
                if hasattr(inner, "eqns"):
                    yield from equations(inner)


def convolutions(function: Any, *args: Any) -> list[Any]:
    import jax

    found = equations(jax.make_jaxpr(function)(*args).jaxpr)
    return [e for e in found if e.primitive.name == "conv_general_dilated"]


USUAL = ((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("transposed", [False, True])
def test_gradients_are_convolutions_in_the_order_for_which_xla_has_kernels(
    data_format: str, transposed: bool
) -> None:
    import jax

    last = data_format == "channels_last"
    x, kernel = draw(2, 6, 6, 8) if last else draw(2, 8, 6, 6), draw(3, 3, 8, 8)
    convolve = ops.conv_transpose if transposed else ops.conv

    def total(x: Any, kernel: Any) -> Any:
        y = convolve(x, kernel, strides=2, padding="same", data_format=data_format)
        return ops.sum(ops.square(y))

    found = convolutions(jax.grad(total, (0, 1)), x, kernel)
    assert len(found) == 3
    for each in found:
        numbers = each.params["dimension_numbers"]
        assert (numbers.lhs_spec, numbers.rhs_spec, numbers.out_spec) == USUAL


@pytest.mark.parametrize(
    ("x", "kernel"),
    [
        ((2, 5, 5, 8), (1, 1, 8, 4)),
        ((2, 5, 5, 8), (3, 3, 1, 8)),
        ((1, 4, 4, 4, 8), (2, 2, 2, 8, 3)),
    ],
    ids=["one element", "depthwise", "three dimensions"],
)
def test_what_products_do_better_is_no_convolution_unless_it_is_exported(
    x: tuple[int, ...], kernel: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    import jax

    from keras_core.core import scopes

    given = draw(*x), draw(*kernel)
    found = jax.value_and_grad(loss, (0, 1))(*given)
    assert not convolutions(jax.grad(loss, (0, 1)), *given)
    monkeypatch.setattr(scopes.local, "exporting", True)
    assert len(convolutions(loss, *given)) == 1
    for a, b in zip(
        jax.tree.leaves(found),
        jax.tree.leaves(jax.value_and_grad(loss, (0, 1))(*given)),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * float(np.abs(b).max()))


def test_short_floats_are_not_summed_up_in_themselves() -> None:
    x, kernel = ops.cast(draw(2, 5, 5, 8), "bfloat16"), ops.cast(draw(3, 3, 1, 8), "bfloat16")
    assert len(convolutions(loss, x, kernel)) == 1


def test_slopes_of_slopes_are_those_of_the_plain_convolution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import jax

    from keras_core.core import scopes

    x, kernel = draw(2, 5, 5, 6), draw(3, 3, 6, 5)

    def sharpness(x: Any, kernel: Any) -> Any:
        slopes = jax.grad(loss, (0, 1))(x, kernel)
        return sum(ops.sum(ops.square(slope)) for slope in slopes)

    found = jax.grad(sharpness, (0, 1))(x, kernel)
    along = jax.jvp(loss, (x, kernel), (x * 0.5, kernel + 1.0))[1]
    monkeypatch.setattr(scopes.local, "exporting", True)
    for a, b in zip(found, jax.grad(sharpness, (0, 1))(x, kernel), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4 * float(np.abs(b).max()))
    same = jax.jvp(loss, (x, kernel), (x * 0.5, kernel + 1.0))[1]
    np.testing.assert_allclose(along, same, rtol=1e-4)


def test_the_order_of_the_axes_is_the_arguments_not_the_settings() -> None:
    keras.config.set_image_data_format("channels_first")
    try:
        y = ops.conv(draw(2, 5, 5, 3), draw(3, 3, 3, 4), data_format="channels_last")
    finally:
        keras.config.set_image_data_format("channels_last")
    assert y.shape == (2, 3, 3, 4)


def test_a_window_larger_than_the_input_is_refused_whatever_the_form() -> None:
    x = draw(2, 2, 2, 4)
    for kernel in (draw(3, 3, 1, 4), draw(3, 3, 4, 4)):
        with pytest.raises(ValueError, match="as large as the window"):
            ops.conv(x, kernel, strides=2)
    assert keras.ops.conv(draw(0, 5, 5, 4), draw(1, 1, 4, 2)).shape == (0, 5, 5, 2)
