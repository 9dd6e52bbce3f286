"""Whole-sequence LSTM and GRU on TensorFlow, for the recurrent layers; see `backends.contract`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

# Up to here the steps of a sequence are traced one by one, which is faster than a loop.
_UNROLL = 128


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
        i, f, g, o = tf.split(gates + tf.matmul(h, recurrent_kernel), 4, -1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    outputs, (h, c) = _run(cell, (h0, c0), _inputs(x, kernel, bias), mask, go_backwards)
    return outputs, h, c


def gru(
    x: Any,
    h0: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
) -> tuple[Any, Any]:
    outer, inner = (None, None) if bias is None else tf.unstack(bias, 2)

    def cell(state: Any, gates: Any) -> Any:
        (h,) = state
        product = tf.matmul(h, recurrent_kernel)
        hz, hr, hh = tf.split(product if inner is None else product + inner, 3, -1)
        xz, xr, xh = tf.split(gates, 3, -1)
        z, r = tf.sigmoid(xz + hz), tf.sigmoid(xr + hr)
        candidate = tf.tanh(xh + r * hh)
        return (candidate + z * (h - candidate),)

    outputs, (h,) = _run(cell, (h0,), _inputs(x, kernel, outer), mask, go_backwards)
    return outputs, h


def _inputs(x: Any, kernel: Any, bias: Any) -> Any:
    """All steps' inputs to the gates in one product, steps first."""
    flat = tf.reshape(tf.transpose(x, (1, 0, 2)), (-1, x.shape[2]))
    gates = tf.matmul(flat, kernel)
    if bias is not None:
        gates = tf.nn.bias_add(gates, bias)
    sizes = tf.shape(x)
    gates = tf.reshape(gates, (sizes[1], sizes[0], kernel.shape[1]))
    gates.set_shape((x.shape[1], x.shape[0], kernel.shape[1]))
    return gates


def _run(cell: Any, state: Any, gates: Any, mask: Any, go_backwards: bool) -> Any:
    if go_backwards:
        gates = tf.reverse(gates, [0])
    keep = None
    if mask is not None:
        keep = tf.transpose(tf.cast(mask, tf.bool))[..., None]
        if go_backwards:
            keep = tf.reverse(keep, [0])
    out = tf.zeros_like(state[0])
    length = gates.shape[0]
    if length is not None and length <= _UNROLL:
        outputs = []
        keeps = [None] * length if keep is None else tf.unstack(keep, length)
        for step, here in zip(tf.unstack(gates, length), keeps, strict=True):
            state, out = _step(cell, state, out, step, here)
            outputs.append(out)
        return tf.stack(outputs, 1) if outputs else tf.zeros_like(gates)[..., :0], state
    count = tf.shape(gates)[0]
    units = state[0].shape[-1]
    array = tf.TensorArray(gates.dtype, count, element_shape=(None, units))

    def body(t: Any, array: Any, out: Any, *state: Any) -> Any:
        state, out = _step(cell, state, out, gates[t], None if keep is None else keep[t])
        return (t + 1, array.write(t, out), out, *state)

    _, array, _, *state = tf.while_loop(
        lambda t, *_: t < count, body, (0, array, out, *state), maximum_iterations=count
    )
    outputs = tf.transpose(array.stack(), (1, 0, 2))
    outputs.set_shape((gates.shape[1], length, units))
    return outputs, tuple(state)


def _step(cell: Any, state: Any, out: Any, gates: Any, keep: Any) -> Any:
    new = cell(state, gates)
    if keep is None:
        return new, new[0]
    state = tuple(tf.where(keep, a, b) for a, b in zip(new, state, strict=True))
    return state, tf.where(keep, new[0], out)
