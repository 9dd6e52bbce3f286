"""Whole-sequence LSTM and GRU on JAX, for the recurrent layers; see `backends.contract`."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from keras_core.backends.jax import varying


@functools.partial(jax.jit, static_argnums=(7,), inline=True)
def lstm(
    x: Any,
    h0: Any,
    c0: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
) -> tuple[Any, Any, Any]:
    inputs, product = _inputs(x, kernel, bias, recurrent_kernel)
    if mask is None and product is None:
        gates = inputs
        if go_backwards:
            gates = jnp.flip(gates, 0)
        outputs, h, c = _lstm_steps(*varying.alike(gates, h0, c0, recurrent_kernel))
        return jnp.swapaxes(outputs, 0, 1), h, c

    def cell(state: Any, gates: Any) -> Any:
        gates = gates if product is None else product(gates)
        h, c, _ = _lstm_cell(*state, gates, recurrent_kernel)
        return h, c

    outputs, (h, c) = _run(cell, (h0, c0), inputs, mask, go_backwards)
    return outputs, h, c


def _lstm_cell(h: Any, c: Any, gates: Any, recurrent_kernel: Any) -> tuple[Any, Any, Any]:
    i, f, g, o = jnp.split(gates + h @ recurrent_kernel, 4, -1)
    i, f, o = jax.lax.logistic(i), jax.lax.logistic(f), jax.lax.logistic(o)
    g = jnp.tanh(g)
    c = f * c + i * g
    return o * jnp.tanh(c), c, (i, f, g, o)


@jax.custom_vjp
def _lstm_steps(gates: Any, h0: Any, c0: Any, recurrent_kernel: Any) -> Any:
    """All steps, with a gradient that gathers the kernel's in one product after the loop.

    JAX's own would add up one product a step.
    """
    return _lstm_forward(gates, h0, c0, recurrent_kernel)[0]


def _lstm_forward(gates: Any, h0: Any, c0: Any, recurrent_kernel: Any) -> Any:
    def step(state: Any, gates: Any) -> Any:
        h, c, parts = _lstm_cell(*state, gates, recurrent_kernel)
        return (h, c), (h, c, jnp.concatenate(parts, -1))

    (h, c), (hs, cs, parts) = jax.lax.scan(step, (h0, c0), gates)
    return (hs, h, c), (hs, cs, parts, h0, c0, recurrent_kernel)


def _lstm_backward(saved: Any, gradients: Any) -> Any:
    hs, cs, parts, h0, c0, recurrent_kernel = saved
    d_outputs, dh, dc = gradients
    before = jnp.concatenate([c0[None], cs[:-1]])
    transposed = recurrent_kernel.T

    def step(state: Any, saved: Any) -> Any:
        dh, dc = state
        d_output, c, c_before, parts = saved
        i, f, g, o = jnp.split(parts, 4, -1)
        out = jnp.tanh(c)
        dh = dh + d_output
        dc = dc + dh * o * (1 - out * out)
        d_gates = jnp.concatenate(
            [
                dc * g * i * (1 - i),
                dc * c_before * f * (1 - f),
                dc * i * (1 - g * g),
                dh * out * o * (1 - o),
            ],
            -1,
        )
        return (d_gates @ transposed, dc * f), d_gates

    (dh, dc), d_gates = jax.lax.scan(step, (dh, dc), (d_outputs, cs, before, parts), reverse=True)
    h_before = jnp.concatenate([h0[None], hs[:-1]])
    d_kernel = jnp.einsum("tbu,tbg->ug", h_before, d_gates)
    return d_gates, dh, dc, d_kernel


_lstm_steps.defvjp(_lstm_forward, _lstm_backward)


@functools.partial(jax.jit, static_argnums=(6,), inline=True)
def gru(
    x: Any,
    h0: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
) -> tuple[Any, Any]:
    outer, inner = (None, None) if bias is None else bias
    inputs, product = _inputs(x, kernel, outer, recurrent_kernel)

    def cell(state: Any, gates: Any) -> Any:
        (h,) = state
        gates = gates if product is None else product(gates)
        own = h @ recurrent_kernel
        hz, hr, hh = jnp.split(own if inner is None else own + inner, 3, -1)
        xz, xr, xh = jnp.split(gates, 3, -1)
        z, r = jax.lax.logistic(xz + hz), jax.lax.logistic(xr + hr)
        return (z * h + (1 - z) * jnp.tanh(xh + r * hh),)

    outputs, (h,) = _run(cell, (h0,), inputs, mask, go_backwards)
    return outputs, h


# Kernels of up to so many numbers, 512 KiB in float32, stay in a CPU's cache from step to step.
_CACHED = 1 << 17


def _inputs(x: Any, kernel: Any, bias: Any, recurrent_kernel: Any) -> tuple[Any, Any]:
    """What the loop goes over, steps first, and the product that makes gates of a step of it.

    The gates of all steps come from one product, and there is none left, but for small kernels
    on a CPU: there gates that are made where they are used cost less than memory for all of them.
    Measured with LSTMs of 16 to 128 features and 32 to 128 units: the forward pass takes 40 to 65 %
    of the time, with gradients 70 to 95 %; with 256 of both, gradients took 115 %.
    """

    def product(x: Any) -> Any:
        gates = x @ kernel
        return gates if bias is None else gates + bias

    steps = jnp.swapaxes(x, 0, 1)
    if jax.default_backend() == "cpu" and kernel.size + recurrent_kernel.size <= _CACHED:
        return steps, product
    return product(steps), None


def _run(cell: Any, state: Any, gates: Any, mask: Any, go_backwards: bool) -> Any:
    """Scan `cell`; masked steps keep the state and repeat the last output."""
    if mask is None:

        def step(state: Any, gates: Any) -> Any:
            state = cell(state, gates)
            return state, state[0]

        state, outputs = varying.scan(step, state, gates, reverse=go_backwards)
    else:

        def masked(state: Any, step: Any) -> Any:
            gates, keep = step
            new = cell(state, gates)
            state = tuple(jnp.where(keep, a, b) for a, b in zip(new, state, strict=True))
            return state, state[0]

        keep = jnp.swapaxes(mask, 0, 1).astype(jnp.bool_)[..., None]
        state, outputs = varying.scan(masked, state, (gates, keep), reverse=go_backwards)
        # The output that is repeated is in the state, but before the first one there is none.
        begun = jax.lax.cummax(keep.astype(jnp.uint8), 0, reverse=go_backwards) > 0
        outputs = jnp.where(begun, outputs, jnp.zeros((), outputs.dtype))
    if go_backwards:  # in the order of processing
        outputs = jnp.flip(outputs, 0)
    return jnp.swapaxes(outputs, 0, 1), state
