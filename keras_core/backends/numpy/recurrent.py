"""Whole-sequence LSTM and GRU on NumPy, for the recurrent layers; see `backends.contract`."""

from __future__ import annotations

from typing import Any

import numpy as np


def _sigmoid(x: Any) -> Any:
    half = np.asarray(0.5, x.dtype)
    return np.tanh(x * half) * half + half


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
        i, f, g, o = np.split(gates + h @ recurrent_kernel, 4, -1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        return _sigmoid(o) * np.tanh(c), c

    outputs, (h, c) = _run(cell, (h0, c0), _inputs(x, kernel, bias), mask, go_backwards)
    # NumPy multiplies 16-bit matrices to 32-bit ones.
    return outputs.astype(x.dtype), h.astype(x.dtype), c.astype(x.dtype)


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
        hz, hr, hh = np.split(product if inner is None else product + inner, 3, -1)
        xz, xr, xh = np.split(gates, 3, -1)
        z, r = _sigmoid(xz + hz), _sigmoid(xr + hr)
        return (z * h + (1 - z) * np.tanh(xh + r * hh),)

    outputs, (h,) = _run(cell, (h0,), _inputs(x, kernel, outer), mask, go_backwards)
    return outputs.astype(x.dtype), h.astype(x.dtype)


def _inputs(x: Any, kernel: Any, bias: Any) -> Any:
    gates = x @ kernel
    return gates if bias is None else gates + bias


def _run(cell: Any, state: Any, gates: Any, mask: Any, go_backwards: bool) -> Any:
    steps = range(gates.shape[1])
    outputs = np.zeros((*gates.shape[:2], state[0].shape[-1]), gates.dtype)
    out = np.zeros_like(state[0])
    for place, t in enumerate(reversed(steps) if go_backwards else steps):
        new = cell(state, gates[:, t])
        if mask is None:
            state, out = new, new[0]
        else:
            keep = mask[:, t, None].astype(bool)
            state = tuple(np.where(keep, a, b) for a, b in zip(new, state, strict=True))
            out = np.where(keep, new[0], out)
        outputs[:, place] = out
    return outputs, state
