"""Whole-sequence LSTM and GRU on JAX, for the recurrent layers; see `backends.contract`."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp


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
    gates = _inputs(x, kernel, bias)
    if mask is None:
        if go_backwards:
            gates = jnp.flip(gates, 0)
        outputs, h, c = _lstm_steps(gates, h0, c0, recurrent_kernel)
        return jnp.swapaxes(outputs, 0, 1), h, c

    def cell(state: Any, gates: Any) -> Any:
        h, c, _ = _lstm_cell(*state, gates, recurrent_kernel)
        return h, c

    outputs, (h, c) = _run(cell, (h0, c0), gates, mask, go_backwards)
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

    def cell(state: Any, gates: Any) -> Any:
        (h,) = state
        product = h @ recurrent_kernel
        hz, hr, hh = jnp.split(product if inner is None else product + inner, 3, -1)
        xz, xr, xh = jnp.split(gates, 3, -1)
        z, r = jax.lax.logistic(xz + hz), jax.lax.logistic(xr + hr)
        return (z * h + (1 - z) * jnp.tanh(xh + r * hh),)

    outputs, (h,) = _run(cell, (h0,), _inputs(x, kernel, outer), mask, go_backwards)
    return outputs, h


def _inputs(x: Any, kernel: Any, bias: Any) -> Any:
    """All steps' inputs to the gates, in one product, steps first."""
    gates = jnp.swapaxes(x, 0, 1) @ kernel
    return gates if bias is None else gates + bias


def _run(cell: Any, state: Any, gates: Any, mask: Any, go_backwards: bool) -> Any:
    """Scan `cell`; masked steps keep the state and repeat the last output."""
    if mask is None:

        def step(state: Any, gates: Any) -> Any:
            state = cell(state, gates)
            return state, state[0]

        state, outputs = jax.lax.scan(step, state, gates, reverse=go_backwards)
    else:

        def masked(carry: Any, step: Any) -> Any:
            state, last = carry
            gates, keep = step
            new = cell(state, gates)
            state = tuple(jnp.where(keep, a, b) for a, b in zip(new, state, strict=True))
            last = jnp.where(keep, new[0], last)
            return (state, last), last

        keep = jnp.swapaxes(mask, 0, 1).astype(jnp.bool_)[..., None]
        (state, _), outputs = jax.lax.scan(
            masked,
            (state, jnp.zeros_like(state[0])),
            (gates, keep),
            reverse=go_backwards,
        )
    if go_backwards:  # in the order of processing
        outputs = jnp.flip(outputs, 0)
    return jnp.swapaxes(outputs, 0, 1), state
