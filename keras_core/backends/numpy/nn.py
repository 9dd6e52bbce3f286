"""Native neural-network functions of NumPy: activations, normalisation, attention.

What is not here runs by its reference body. Besides the operations' natives: `dense`, and
`lstm` and `gru` of `recurrent`, for layers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.numpy.arrays import NATIVE_DTYPES
from keras_core.backends.numpy.elementwise import erf as _erf
from keras_core.backends.numpy.recurrent import gru as gru
from keras_core.backends.numpy.recurrent import lstm as lstm
from keras_core.core import beam_search, dtypes

# Activations ---------------------------------------------------------------------------


def relu(x):
    return np.maximum(x, np.zeros((), x.dtype))


def relu6(x):
    # Not `np.clip`, which makes float32 of bfloat16.
    y = np.asarray(relu(x))
    return np.minimum(y, x.dtype.type(6), out=y)


def sigmoid(x):
    half = x.dtype.type(0.5)
    y = np.asarray(x * half)
    np.tanh(y, out=y)
    y *= half
    y += half
    return y


def hard_sigmoid(x):
    six = x.dtype.type(6)
    y = np.asarray(x + x.dtype.type(3))
    np.maximum(y, x.dtype.type(0), out=y)
    np.minimum(y, six, out=y)
    y /= six
    return y


def hard_silu(x):
    y = hard_sigmoid(x)
    y *= x
    return y


def softsign(x):
    y = np.asarray(np.abs(x))
    y += x.dtype.type(1)
    return np.divide(x, y, out=y)


def tanh_shrink(x):
    y = np.asarray(np.tanh(x))
    return np.subtract(x, y, out=y)


def _log_one_plus(x):
    """`log(1 + exp(-|x|))`: NumPy's logaddexp takes three times as long."""
    y = np.asarray(np.exp(np.negative(np.abs(x))))  # of rank 0, ufuncs give scalars
    return np.log1p(y, out=y)


def softplus(x):
    y = _log_one_plus(x)
    y += np.maximum(x, np.zeros((), x.dtype))
    return y


def gelu(x, approximate=True):
    if approximate:
        y = np.asarray(x * x)
        y *= x.dtype.type(0.7978845608028654 * 0.044715)
        y += x.dtype.type(0.7978845608028654)
        y *= x
        np.tanh(y, out=y)
    else:
        y = np.asarray(_erf(x * x.dtype.type(0.7071067811865476)))
    y += x.dtype.type(1)
    y *= x
    y *= x.dtype.type(0.5)
    return y


def silu(x):
    y = sigmoid(x)
    y *= x
    return y


def log_sigmoid(x):
    y = _log_one_plus(x)
    return np.subtract(np.minimum(x, np.zeros((), x.dtype)), y, out=y)


def _shifted(x, axis):
    # The largest of an empty axis is nothing: any shift will do.
    return x - (np.max(x, axis, keepdims=True) if x.size else 0)


def softmax(x, axis=-1):
    axis = tuple(axis) if isinstance(axis, list) else axis
    e = np.exp(_shifted(x, axis))
    return e / np.sum(e, axis, keepdims=True)


def log_softmax(x, axis=-1):
    axis = tuple(axis) if isinstance(axis, list) else axis
    shifted = _shifted(x, axis)
    return shifted - np.log(np.sum(np.exp(shifted), axis, keepdims=True))


# Encoding ------------------------------------------------------------------------------


_MANY = 2**14  # elements from which on writing the ones alone pays


def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    if sparse:
        raise ValueError("one_hot: sparse must be False with NumPy, which has no sparse arrays.")
    if num_classes < 0:
        raise ValueError("one_hot: num_classes must not be negative.")
    native = NATIVE_DTYPES[dtypes.standardize(dtype)]
    if x.dtype.kind not in "iu":
        x = np.trunc(x.astype(np.float64))
    if x.size * num_classes < _MANY:
        out = (x[..., None] == np.arange(num_classes, dtype=x.dtype)).astype(native)
    else:
        out = np.zeros((x.size, num_classes), native)
        codes = x.reshape(-1)
        rows = np.flatnonzero((codes >= 0) & (codes < num_classes))
        out[rows, codes[rows].astype(np.int64)] = 1
        out = out.reshape((*x.shape, num_classes))
    return out if axis == -1 else np.moveaxis(out, -1, axis)


# For layers ----------------------------------------------------------------------------

_ACTIVATIONS = {"relu": relu, "sigmoid": sigmoid, "tanh": np.tanh, "silu": silu}


def dense(x: Any, kernel: Any, bias: Any = None, activation: str | None = None) -> Any:
    """`activation(x @ kernel + bias)`; see `backends.contract`."""
    y = np.matmul(x, kernel)
    if bias is not None:
        y = y + bias
    if y.dtype != x.dtype:  # NumPy multiplies bfloat16 matrices to float32
        y = y.astype(x.dtype)
    return y if activation is None else _ACTIVATIONS[activation](y)


def normalize_batch(x: Any, gamma: Any, beta: Any, axis: int, epsilon: float) -> Any:
    """There is no kernel of the framework for it; see `backends.contract`."""
    return None


def embedding(table: Any, indices: Any) -> Any:
    """Rows of `table`, one for each of `indices`; see `backends.contract`."""
    return table[indices]


# Sequences -----------------------------------------------------------------------------


def _beam_search(inputs, sequence_lengths, beam_width, top_paths, mask_index):
    return beam_search.search(inputs, sequence_lengths, beam_width, top_paths, mask_index)
