"""Native neural-network functions of JAX: activations, normalisation, losses, attention.

Each is compiled as a whole, so that an eager call is one dispatch; inside of a trace it is
inlined. Besides the operations' natives: `dense`, and `lstm` and `gru` of `recurrent`, for
layers.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from keras_core.backends.jax import varying
from keras_core.backends.jax.arrays import NATIVE_DTYPES
from keras_core.backends.jax.recurrent import gru as gru
from keras_core.backends.jax.recurrent import lstm as lstm
from keras_core.core import beam_search, dtypes, settings, shapes

VIA = {"moments": dict.fromkeys(dtypes.COMPLEX_TYPES, "body")}


def _compiled(function=None, *, static: tuple[int, ...] = ()):
    if function is None:
        return functools.partial(_compiled, static=static)
    return jax.jit(function, static_argnums=static, inline=True)


# Activations ---------------------------------------------------------------------------


@_compiled
def relu(x):
    return jnp.where(x <= 0, jnp.zeros_like(x), x)


@_compiled
def relu6(x):
    return jnp.where(x <= 0, jnp.zeros_like(x), jnp.where(x >= 6, jnp.full_like(x, 6), x))


sigmoid = _compiled(jax.lax.logistic)


@_compiled
def softplus(x):
    return jnp.logaddexp(x, jnp.zeros_like(x))


@_compiled
def softsign(x):
    return x / (jnp.abs(x) + 1)


@_compiled
def silu(x):
    return x * jax.lax.logistic(x)


@_compiled
def log_sigmoid(x):
    return -jnp.logaddexp(-x, jnp.zeros_like(x))


@_compiled(static=(1,))
def leaky_relu(x, negative_slope=0.2):
    return jnp.where(x > 0, x, x * negative_slope)


@_compiled
def hard_sigmoid(x):
    return relu6(x + 3) / 6


@_compiled
def hard_silu(x):
    return x * (relu6(x + 3) / 6)


@_compiled(static=(1,))
def elu(x, alpha=1.0):
    return jnp.where(x > 0, x, alpha * jnp.expm1(jnp.where(x > 0, 0, x)))


@_compiled
def selu(x):
    return jax.nn.selu(x)


@_compiled(static=(1,))
def celu(x, alpha=1.0):
    return jnp.where(x > 0, x, alpha * jnp.expm1(jnp.where(x > 0, 0, x) / alpha))


@_compiled(static=(1,))
def gelu(x, approximate=True):
    return jax.nn.gelu(x, approximate)


@_compiled
def hard_tanh(x):
    return jnp.where(x >= 1, jnp.ones_like(x), jnp.where(x <= -1, -jnp.ones_like(x), x))


@_compiled(static=(1,))
def hard_shrink(x, threshold=0.5):
    return jnp.where(jnp.abs(x) <= threshold, jnp.zeros_like(x), x)


@_compiled(static=(1,))
def soft_shrink(x, threshold=0.5):
    inner = jnp.where(x < -threshold, x + threshold, jnp.zeros_like(x))
    return jnp.where(x > threshold, x - threshold, inner)


@_compiled
def tanh_shrink(x):
    return x - jnp.tanh(x)


@_compiled(static=(1, 2))
def threshold(x, threshold, default_value):
    return jnp.where(x > threshold, x, jnp.full_like(x, default_value))


@_compiled(static=(1,))
def _softmax(x, axis):
    return jax.nn.softmax(x, axis)


def softmax(x, axis=-1):
    if x.ndim == 0:
        shapes.axis_tuple(axis, 1, "softmax: axis")
        return jnp.ones_like(x)
    return _softmax(x, tuple(axis) if axis.__class__ is list else axis)


@_compiled(static=(1,))
def _log_softmax(x, axis):
    return jax.nn.log_softmax(x, axis)


def log_softmax(x, axis=-1):
    if x.ndim == 0:
        shapes.axis_tuple(axis, 1, "log_softmax: axis")
        return jnp.zeros_like(x)
    return _log_softmax(x, tuple(axis) if axis.__class__ is list else axis)


# Encoding ------------------------------------------------------------------------------


@_compiled(static=(1, 2, 3))
def _one_hot(x, num_classes, axis, dtype):
    at = shapes.axis_index(axis, x.ndim + 1)
    codes = jax.lax.broadcasted_iota(x.dtype, [num_classes] + [1] * (x.ndim - at), 0)
    return (jnp.expand_dims(x, at) == codes).astype(dtype)


def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    if x.dtype.kind not in "iu":  # in float32 at least: in 16 bits few codes differ
        x = jnp.trunc(x if x.dtype == jnp.float64 else x.astype(jnp.float32))
    out = _one_hot(x, num_classes, axis, NATIVE_DTYPES[dtypes.standardize(dtype)])
    if sparse:
        from jax.experimental import sparse as jax_sparse

        return jax_sparse.BCOO.fromdense(out, nse=int((out != 0).sum()))
    return out


# Normalisation -------------------------------------------------------------------------


def _static_axes(axes):
    return tuple(axes) if isinstance(axes, (list, tuple)) else axes


def moments(x, axes, keepdims=False, synchronized=False):
    # A compiled step sees the whole batch however it is sharded: these are synchronized ones.
    mean, variance = _moments(x, _static_axes(axes), keepdims)
    names = _mapped_axes() if synchronized else ()
    if names:  # within pmap, shard_map or vmap each place sees a part
        part, mean = mean, jax.lax.pmean(mean, names)
        variance = jax.lax.pmean(variance + jnp.square(part - mean), names)
    return mean, variance


def _mapped_axes():
    """Names of the axes over which the running function is mapped, by pmap or the like."""
    from jax._src import core

    return tuple(core.get_axis_env().axis_names())


@_compiled(static=(1, 2))
def _moments(x, axes, keepdims):
    half = x.dtype == jnp.float16
    if half:
        x = x.astype(jnp.float32)
    mean = jnp.mean(x, axes, keepdims=True)
    # Not the mean of squares less the squared mean, which loses all digits far from 0.
    variance = jnp.mean(jnp.square(x - mean), axes, keepdims=keepdims)
    if not keepdims:
        mean = jnp.squeeze(mean, axes)
    if half:
        mean, variance = (
            jnp.clip(v, -65504.0, 65504.0).astype(jnp.float16) for v in (mean, variance)
        )
    return mean, variance


@_compiled(static=(3, 6))
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    shape = [1] * x.ndim
    shape[axis] = -1
    factor = jax.lax.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    return x * factor.reshape(shape) + shift.reshape(shape)


def _axes(axis, rank):
    return shapes.axis_tuple(axis, rank)


def _aligned(weight, shape, axes):
    if weight.ndim in (0, len(shape)) or axes == (len(shape) - 1,):
        return weight
    if weight.ndim == len(axes):
        weight = weight.transpose(sorted(range(len(axes)), key=axes.__getitem__))
    return weight.reshape([s if i in axes else 1 for i, s in enumerate(shape)])


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=1e-3, rms_scaling=False):
    return _normalized(x, gamma, beta, _axes(axis, x.ndim), epsilon, rms_scaling)


@_compiled(static=(3, 4, 5))
def _normalized(x, gamma, beta, axes, epsilon, rms_scaling):
    wide = x.astype(jnp.float32) if x.dtype.itemsize < 4 else x
    mean = jnp.mean(wide, axes, keepdims=True)
    centred = wide - mean
    factor = jax.lax.rsqrt(jnp.mean(jnp.square(centred), axes, keepdims=True) + epsilon)
    out = ((wide if rms_scaling else centred) * factor).astype(x.dtype)
    if gamma is not None:
        out = out * _aligned(gamma, x.shape, axes)
    if beta is not None and not rms_scaling:
        out = out + _aligned(beta, x.shape, axes)
    return out


def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    epsilon = settings.epsilon() if epsilon is None else epsilon
    return _rms_normalized(x, scale, _axes(axis, x.ndim), epsilon)


@_compiled(static=(2, 3))
def _rms_normalized(x, scale, axes, epsilon):
    wide = x.astype(jnp.float32) if x.dtype.itemsize < 4 else x
    factor = jax.lax.rsqrt(jnp.mean(jnp.square(wide), axes, keepdims=True) + epsilon)
    out = (wide * factor).astype(x.dtype)
    return out if scale is None else out * _aligned(scale, x.shape, axes)


# Cross-entropies -----------------------------------------------------------------------


def _log_probabilities(output, axis, epsilon):
    scaled = output / jnp.sum(output, axis, keepdims=True)
    return jnp.log(jnp.clip(scaled, epsilon, 1.0 - epsilon))


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    if target.shape != output.shape or not output.ndim:
        raise ValueError(
            "categorical_crossentropy: target and output must have the same shape and at least "
            f"one axis. Received: target of shape {target.shape}, output of shape {output.shape}"
        )
    return _categorical(target, output, from_logits, axis, settings.epsilon())


@_compiled(static=(2, 3, 4))
def _categorical(target, output, from_logits, axis, epsilon):
    if from_logits:
        log = jax.nn.log_softmax(output, axis)
    else:
        log = _log_probabilities(output, axis, epsilon)
    return -jnp.sum(target * log, axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    if target.ndim == output.ndim and target.ndim and target.shape[-1] == 1:
        target = jnp.squeeze(target, -1)
    axis = shapes.axis_index(axis, output.ndim) if output.ndim else 0
    if not output.ndim or target.shape != output.shape[:axis] + output.shape[axis + 1 :]:
        raise ValueError(
            "sparse_categorical_crossentropy: target must have the shape of output without the "
            f"classes' axis. Received: target of shape {target.shape}, output of shape "
            f"{output.shape}, axis={axis}"
        )
    return _sparse_categorical(target, output, from_logits, axis, settings.epsilon())


@_compiled(static=(2, 3, 4))
def _sparse_categorical(target, output, from_logits, axis, epsilon):
    classes = jax.lax.broadcasted_iota(jnp.int32, output.shape, axis)
    hit = classes == jnp.expand_dims(target.astype(jnp.int32), axis)
    # A comparison and a sum: the gradient of a gather would be a scatter.
    if from_logits:
        top = jax.lax.stop_gradient(jnp.max(output, axis, keepdims=True))
        shifted = output - top
        total = jnp.log(jnp.sum(jnp.exp(shifted), axis))
        found = jnp.any(hit, axis)
        return jnp.where(found, total, 0) - jnp.sum(jnp.where(hit, shifted, 0), axis)
    log = _log_probabilities(output, axis, epsilon)
    return -jnp.sum(jnp.where(hit, log, 0), axis)


def binary_crossentropy(target, output, from_logits=False):
    if target.shape != output.shape:
        raise ValueError(
            "binary_crossentropy: target and output must have the same shape. Received: target "
            f"of shape {target.shape}, output of shape {output.shape}"
        )
    return _binary(target, output, from_logits, settings.epsilon())


@_compiled(static=(2, 3))
def _binary(target, output, from_logits, epsilon):
    if from_logits:
        return jnp.logaddexp(output, jnp.zeros_like(output)) - output * target
    p = jnp.clip(output, epsilon, 1.0 - epsilon)
    return -(target * jnp.log(p) + (1 - target) * jnp.log(1 - p))


# Attention -----------------------------------------------------------------------------


def dot_product_attention(
    query,
    key,
    value,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    if query.ndim not in (3, 4):
        raise ValueError("dot_product_attention: query, key and value must have rank 3 or 4.")
    if query.ndim == 3:
        out = dot_product_attention(
            query[None],
            key[None],
            value[None],
            bias,
            mask,
            scale,
            is_causal,
            flash_attention,
            attn_logits_soft_cap,
        )
        return out[0]
    if bias is not None and bias.ndim < 4:
        bias = bias.reshape((1,) * (4 - bias.ndim) + bias.shape)
    if mask is not None:
        mask = mask.astype(jnp.bool_)
        if mask.ndim < 4:
            mask = mask.reshape((1,) * (4 - mask.ndim) + mask.shape)
    # JAX's own takes no cap, only values as long as the keys, no float16 on CPUs, and has scores
    # of float32.
    other = query.dtype == jnp.float64 or (
        query.dtype == jnp.float16 and jax.default_backend() == "cpu"
    )
    if other or attn_logits_soft_cap is not None or value.shape[-1] != key.shape[-1]:
        cap = None if attn_logits_soft_cap is None else float(attn_logits_soft_cap)
        return _plain_attention(query, key, value, bias, mask, scale, is_causal, cap)
    return _attention(query, key, value, bias, mask, scale, is_causal, bool(flash_attention))


def _scaled(query, scale):
    """Queries and what is left to scale the scores by.

    XLA fuses a scaling of scores with the softmax's subtraction of their maximum, which was
    rounded before: scores of 1e9 and more then overflow. Queries of 16 bits stay, since they
    would lose digits.
    """
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    return (query, scale) if query.dtype.itemsize < 4 else (query * scale, 1.0)


@_compiled(static=(6, 7))
def _attention(query, key, value, bias, mask, scale, is_causal, flash):
    query, scale = _scaled(query, scale)
    return jax.nn.dot_product_attention(
        query,
        key,
        value,
        bias,
        mask,
        scale=scale,
        is_causal=is_causal,
        implementation="cudnn" if flash else "xla",
    )


@_compiled(static=(6, 7))
def _plain_attention(query, key, value, bias, mask, scale, is_causal, cap):
    heads, groups = query.shape[2], key.shape[2]
    if heads != groups:
        key, value = (jnp.repeat(x, heads // groups, 2) for x in (key, value))
    query, scale = _scaled(query, scale)
    wide = jnp.promote_types(query.dtype, jnp.float32)
    scores = jnp.einsum("btnh,bsnh->bnts", query, key, preferred_element_type=wide) * scale
    if bias is not None:
        scores = scores + bias
    if cap is not None:
        scores = jnp.tanh(scores / cap) * cap
    if is_causal:
        lower = jnp.tril(jnp.ones(scores.shape[-2:], bool))
        mask = lower if mask is None else mask & lower
    if mask is not None:
        scores = jnp.where(mask, scores, jnp.finfo(scores.dtype).min * 0.7)
    weights = jax.nn.softmax(scores, -1).astype(query.dtype)
    return jnp.einsum("bnts,bsnh->btnh", weights, value)


# For layers ----------------------------------------------------------------------------

_ACTIVATIONS = {"relu": relu, "sigmoid": sigmoid, "tanh": jnp.tanh, "silu": silu}


@_compiled(static=(3,))
def dense(x: Any, kernel: Any, bias: Any = None, activation: str | None = None) -> Any:
    """`activation(x @ kernel + bias)`; see `backends.contract`."""
    y = jnp.matmul(x, kernel)
    if bias is not None:
        y = y + bias
    return y if activation is None else _ACTIVATIONS[activation](y)


def normalize_batch(x: Any, gamma: Any, beta: Any, axis: int, epsilon: float) -> Any:
    """There is no kernel of the framework for it; see `backends.contract`."""
    return None


def embedding(table: Any, indices: Any) -> Any:
    """Rows of `table`, one for each of `indices`; see `backends.contract`."""
    return jnp.take(table, indices, axis=0)


# Sequences -----------------------------------------------------------------------------


def _beam_search(inputs, sequence_lengths, beam_width, top_paths, mask_index):
    batch, frames, _ = inputs.shape
    out = (
        jax.ShapeDtypeStruct((top_paths, batch, frames), jnp.int32),
        jax.ShapeDtypeStruct((batch, top_paths), inputs.dtype),
    )

    def host(logits, lengths):
        return beam_search.search(logits, lengths, beam_width, top_paths, mask_index)

    return jax.pure_callback(host, out, inputs, sequence_lengths, vmap_method="sequential")


_NEVER = -1e30


@_compiled(static=(4,))
def ctc_loss(target, output, target_length, output_length, mask_index=0):
    log = jax.nn.log_softmax(output, -1)
    batch, length = target.shape
    count = 2 * length + 1
    # The labels with a blank before, between and after them.
    labels = jnp.full((batch, count), mask_index, jnp.int32)
    labels = labels.at[:, 1::2].set(target.astype(jnp.int32))
    frames = jnp.swapaxes(log, 0, 1)
    emitted = jnp.take_along_axis(frames, labels[None], -1)
    place = jnp.arange(count)
    before = jnp.pad(labels[:, :-2], ((0, 0), (2, 0)), constant_values=mask_index)[:, :count]
    # A blank between two different labels may be left out.
    skips = (place % 2 == 1) & (labels != before) & (place >= 2)
    never = jnp.asarray(_NEVER, log.dtype)

    def shifted(x, by):
        return jnp.pad(x, ((0, 0), (by, 0)), constant_values=never)[:, :count]

    def step(state, inputs):
        frame, emitted = inputs
        two = jnp.where(skips, shifted(state, 2), never)
        ways = jnp.logaddexp(jnp.logaddexp(state, shifted(state, 1)), two)
        return jnp.where(frame < output_length[:, None], ways + emitted, state), None

    empty = jnp.where(place == 0, jnp.zeros_like(never), never)  # what no frames say
    start = jnp.where(output_length[:, None] > 0, jnp.where(place < 2, emitted[0], never), empty)
    steps = jnp.arange(1, frames.shape[0])
    state, _ = varying.scan(step, start, (steps, emitted[1:]))
    end = 2 * target_length[:, None].astype(jnp.int32)
    last = (place == end) | (place == end - 1)
    loss = -jax.nn.logsumexp(jnp.where(last, state, never), 1)
    return jnp.where(loss < -_NEVER / 2, loss, jnp.inf)
