"""Whole-sequence LSTM and GRU on JAX, for the recurrent layers; see `backends.contract`."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

_UNROLL = 5


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
    def cell(state: Any, gates: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(gates + h @ recurrent_kernel, 4, -1)
        c = jax.lax.logistic(f) * c + jax.lax.logistic(i) * jnp.tanh(g)
        h = jax.lax.logistic(o) * jnp.tanh(c)
        return h, c

    outputs, (h, c) = _run(cell, (h0, c0), _inputs(x, kernel, bias), mask, go_backwards)
    return outputs, h, c


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

        state, outputs = jax.lax.scan(
            step, state, gates, reverse=go_backwards, unroll=_UNROLL
        )
    else:

        def masked(carry: Any, step: Any) -> Any:
            state, last = carry
            gates, keep = step
            new = cell(state, gates)
            state = tuple(
                jnp.where(keep, a, b) for a, b in zip(new, state, strict=True)
            )
            last = jnp.where(keep, new[0], last)
            return (state, last), last

        keep = jnp.swapaxes(mask, 0, 1).astype(jnp.bool_)[..., None]
        (state, _), outputs = jax.lax.scan(
            masked,
            (state, jnp.zeros_like(state[0])),
            (gates, keep),
            reverse=go_backwards,
            unroll=_UNROLL,
        )
    if go_backwards:  # in the order of processing
        outputs = jnp.flip(outputs, 0)
    return jnp.swapaxes(outputs, 0, 1), state
