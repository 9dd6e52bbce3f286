"""Native neural-network functions of TensorFlow: activations, normalisation, losses, attention.

Besides the operations' natives: `dense`, and `lstm` and `gru` of `recurrent`, for layers.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from keras_core.backends.tensorflow import arrays as _arrays
from keras_core.backends.tensorflow.arrays import NATIVE_DTYPES
from keras_core.backends.tensorflow.recurrent import gru as gru
from keras_core.backends.tensorflow.recurrent import lstm as lstm
from keras_core.core import beam_search, dtypes, settings, shapes

VIA = {
    "polar": {"float16": "float32", "bfloat16": "float32"},
    "ctc_loss": {"float64": "body"},  # the kernel has float32 only
    "moments": dict.fromkeys(dtypes.COMPLEX_TYPES, "body"),
}

# Activations ---------------------------------------------------------------------------

relu6 = tf.nn.relu6
sigmoid = tf.math.sigmoid
softplus = tf.math.softplus
softsign = tf.nn.softsign
log_sigmoid = tf.math.log_sigmoid
selu = tf.nn.selu
silu = tf.nn.silu


def relu(x):
    return tf.nn.relu(x) if x.dtype != tf.bool else x


def leaky_relu(x, negative_slope=0.2):
    if x.dtype == tf.float64:  # the kernel's slope is a float32
        return tf.where(x > 0, x, x * negative_slope)
    return tf.nn.leaky_relu(x, negative_slope)


def elu(x, alpha=1.0):
    y = tf.nn.elu(x)
    return y if alpha == 1.0 else tf.where(x > 0, x, y * alpha)


def hard_silu(x):
    if not _arrays.recorded():
        return x * (tf.nn.relu6(x + 3) / 6)

    @tf.custom_gradient
    def run(x):
        def gradient(upstream):  # of the product it would be NaN at infinity
            slope = tf.where(tf.abs(x) < 3, x / 3 + 0.5, tf.cast(x >= 3, x.dtype))
            return upstream * tf.where(tf.math.is_nan(x), x, slope)

        return x * (tf.nn.relu6(x + 3) / 6), gradient

    return run(x)


def gelu(x, approximate=True):
    if x.dtype == tf.float64:  # TensorFlow's own has constants of float32
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        return 0.5 * x * (1 + (tf.tanh(inner) if approximate else tf.math.erf(x * 0.5**0.5)))
    return tf.nn.gelu(x, approximate)


def _over_axes(function, x, axis):
    """`function(x, axis)` over several axes taken together, or all of them."""
    rank = x.shape.rank
    axes = list(range(rank)) if axis is None else list(shapes.axis_tuple(axis, rank))
    kept = [a for a in range(rank) if a not in axes]
    moved = tf.transpose(x, kept + axes)
    sizes = tf.shape(moved)
    flat = tf.reshape(moved, tf.concat([sizes[: len(kept)], [-1]], 0))
    out = tf.reshape(function(flat, -1), sizes)
    out = tf.transpose(out, sorted(range(rank), key=(kept + axes).__getitem__))
    out.set_shape(x.shape)
    return out


def softmax(x, axis=-1):
    if axis.__class__ is int:
        if x.shape.rank == 0:
            shapes.axis_index(axis, 1, "softmax: axis")
            return tf.ones_like(x)
        return tf.nn.softmax(x, axis)
    return _over_axes(tf.nn.softmax, x, axis)


def log_softmax(x, axis=-1):
    if axis.__class__ is int:
        if x.shape.rank == 0:
            shapes.axis_index(axis, 1, "log_softmax: axis")
            return tf.zeros_like(x)
        return tf.nn.log_softmax(x, axis)
    return _over_axes(tf.nn.log_softmax, x, axis)


# Encoding ------------------------------------------------------------------------------


def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    native = NATIVE_DTYPES[dtypes.standardize(dtype)]
    if x.dtype not in (tf.uint8, tf.int8, tf.int32, tf.int64):
        x = tf.cast(x, tf.int64)
    if native == tf.bool:
        out = tf.one_hot(x, num_classes, True, False, axis=axis, dtype=tf.bool)
    else:
        out = tf.one_hot(x, num_classes, axis=axis, dtype=native)
    return tf.sparse.from_dense(out) if sparse else out


def polar(abs_, angle):
    return tf.complex(abs_ * tf.cos(angle), abs_ * tf.sin(angle))


# Normalisation -------------------------------------------------------------------------


def moments(x, axes, keepdims=False, synchronized=False):
    half = x.dtype == tf.float16
    if half:
        x = tf.cast(x, tf.float32)
    if axes is None:
        axes = list(range(x.shape.rank))
    axes = [axes] if isinstance(axes, int) else list(axes)
    if synchronized:
        mean, variance = _synchronized_moments(x, axes, keepdims)
    else:
        mean = tf.reduce_mean(x, axes, keepdims=True)
        # The gradient through this mean is zero, but for rounding: leave it out.
        squares = tf.math.squared_difference(x, tf.stop_gradient(mean))
        variance = tf.reduce_mean(squares, axes, keepdims=keepdims)
        if not keepdims:
            mean = tf.squeeze(mean, axes)
    if half:
        mean, variance = (
            tf.cast(tf.clip_by_value(v, -65504.0, 65504.0), tf.float16) for v in (mean, variance)
        )
    return mean, variance


def _synchronized_moments(x, axes, keepdims):
    context = tf.distribute.get_replica_context()
    count = tf.cast(tf.reduce_prod(tf.gather(tf.shape(x), axes)), x.dtype)

    def everywhere(local):
        return local if context is None else context.all_reduce(tf.distribute.ReduceOp.SUM, local)

    total, count = everywhere([tf.reduce_sum(x, axes, keepdims=True), count])
    mean = total / count
    # Not the mean of squares less the squared mean, which loses all digits far from 0.
    squares = tf.reduce_sum(tf.math.squared_difference(x, mean), axes, keepdims=keepdims)
    variance = everywhere([squares])[0] / count
    return (mean if keepdims else tf.squeeze(mean, axes)), variance


def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    rank = x.shape.rank
    factor = tf.math.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    if axis not in (-1, rank - 1):
        shape = [1] * rank
        shape[axis] = -1
        factor, shift = tf.reshape(factor, shape), tf.reshape(shift, shape)
    return x * factor + shift


def _axes(axis, rank):
    return shapes.axis_tuple(axis, rank)


def _aligned(weight, x, axes):
    rank = x.shape.rank
    if weight.shape.rank in (0, rank) or axes == (rank - 1,):
        return weight
    if weight.shape.rank == len(axes) > 1:
        weight = tf.transpose(weight, sorted(range(len(axes)), key=axes.__getitem__))
    sizes = tf.shape(x)
    return tf.reshape(weight, [sizes[i] if i in axes else 1 for i in range(rank)])


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=1e-3, rms_scaling=False):
    axes = _axes(axis, x.shape.rank)
    wide = tf.cast(x, tf.float32) if x.dtype.size < 4 else x
    mean = tf.reduce_mean(wide, axes, keepdims=True)
    centred = wide - mean
    variance = tf.reduce_mean(tf.square(centred), axes, keepdims=True)
    factor = tf.math.rsqrt(variance + epsilon)
    out = tf.cast((wide if rms_scaling else centred) * factor, x.dtype)
    if gamma is not None:
        out = out * _aligned(gamma, x, axes)
    if beta is not None and not rms_scaling:
        out = out + _aligned(beta, x, axes)
    return out


def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    epsilon = settings.epsilon() if epsilon is None else epsilon
    axes = _axes(axis, x.shape.rank)
    wide = tf.cast(x, tf.float32) if x.dtype.size < 4 else x
    square = tf.reduce_mean(tf.square(wide), axes, keepdims=True)
    out = tf.cast(wide * tf.math.rsqrt(square + epsilon), x.dtype)
    return out if scale is None else out * _aligned(scale, x, axes)


# Cross-entropies -----------------------------------------------------------------------


def _log_probabilities(output, axis):
    epsilon = settings.epsilon()
    scaled = output / tf.reduce_sum(output, axis, keepdims=True)
    low, high = (_arrays.scalar(x, output.dtype) for x in (epsilon, 1.0 - epsilon))
    return tf.math.log(tf.clip_by_value(scaled, low, high))


def _check_same(owner, target, output):
    if not target.shape.is_compatible_with(output.shape):
        raise ValueError(
            f"{owner}: target and output must have the same shape. Received: target of shape "
            f"{target.shape}, output of shape {output.shape}"
        )


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    _check_same("categorical_crossentropy", target, output)
    if output.shape.rank == 0:
        raise ValueError("categorical_crossentropy: output must have at least one axis.")
    if from_logits:
        # The fused kernel's gradient takes it that the targets of a row sum to one.
        return -tf.reduce_sum(target * tf.nn.log_softmax(output, axis), axis)
    return -tf.reduce_sum(target * _log_probabilities(output, axis), axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    rank = output.shape.rank
    if target.shape.rank == rank and rank and target.shape[-1] == 1:
        target = tf.squeeze(target, -1)
    axis = shapes.axis_index(axis, rank) if rank else 0
    sizes = output.shape.as_list()
    if not rank or not target.shape.is_compatible_with(sizes[:axis] + sizes[axis + 1 :]):
        raise ValueError(
            "sparse_categorical_crossentropy: target must have the shape of output without the "
            f"classes' axis. Received: target of shape {target.shape}, output of shape "
            f"{output.shape}, axis={axis}"
        )
    if target.dtype not in (tf.int32, tf.int64):
        target = tf.cast(target, tf.int64)
    if not from_logits:
        output = _log_probabilities(output, axis)
        depth = tf.shape(output)[axis] if sizes[axis] is None else sizes[axis]
        hot = tf.one_hot(target, depth, axis=axis, dtype=output.dtype)
        return -tf.reduce_sum(hot * output, axis)
    if axis != rank - 1:
        output = tf.transpose(output, [*range(axis), *range(axis + 1, rank), axis])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(target, output)


def binary_crossentropy(target, output, from_logits=False):
    _check_same("binary_crossentropy", target, output)
    if from_logits:
        return tf.nn.sigmoid_cross_entropy_with_logits(target, output)
    one = tf.ones((), output.dtype)
    epsilon = tf.constant(settings.epsilon(), output.dtype)
    p = tf.clip_by_value(output, epsilon, one - epsilon)
    return -(target * tf.math.log(p) + (one - target) * tf.math.log(one - p))


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
    if flash_attention:
        raise ValueError("dot_product_attention: TensorFlow has no flash attention.")
    unbatched = query.shape.rank == 3
    if unbatched:
        query, key, value = query[None], key[None], value[None]
    heads, groups = query.shape[2], key.shape[2]
    if heads != groups:
        key, value = (tf.repeat(x, heads // groups, 2) for x in (key, value))
    dtype = query.dtype
    if scale is None:
        width = query.shape[-1]
        scale = width**-0.5 if width else tf.math.rsqrt(tf.cast(tf.shape(query)[-1], dtype))
    # Scale the queries, of which there are fewer than scores.
    q = tf.transpose(query * _arrays.scalar(scale, dtype), (0, 2, 1, 3))
    scores = tf.matmul(q, tf.transpose(key, (0, 2, 3, 1)))
    if dtype.size < 4:
        scores = tf.cast(scores, tf.float32)
    if bias is not None:
        scores = scores + tf.cast(bias, scores.dtype)
    if attn_logits_soft_cap is not None:
        cap = _arrays.scalar(attn_logits_soft_cap, scores.dtype)
        scores = tf.tanh(scores / cap) * cap
    if mask is not None or is_causal:
        keep = None if mask is None else tf.cast(mask, tf.bool)
        if is_causal:
            sizes = tf.shape(scores)[-2:]
            lower = tf.range(sizes[0])[:, None] >= tf.range(sizes[1])
            keep = lower if keep is None else keep & lower
        # Added, not selected: the gradient then needs no second pass over the scores.
        lowest = tf.constant(scores.dtype.min * 0.7, scores.dtype)
        scores = scores + tf.where(keep, tf.zeros((), scores.dtype), lowest)
    weights = tf.cast(tf.nn.softmax(scores), dtype)
    out = tf.transpose(tf.matmul(weights, tf.transpose(value, (0, 2, 1, 3))), (0, 2, 1, 3))
    return out[0] if unbatched else out


# For layers ----------------------------------------------------------------------------

_ACTIVATIONS = {"relu": tf.nn.relu, "sigmoid": sigmoid, "tanh": tf.tanh, "silu": silu}


def dense(x: Any, kernel: Any, bias: Any = None, activation: str | None = None) -> Any:
    """`activation(x @ kernel + bias)`; see `backends.contract`."""
    rank = x.shape.rank
    if rank == 2:
        # The dtypes agree and the ranks are known: what the wrappers would look into costs
        # more than the products of a small layer.
        y = tf.raw_ops.MatMul(a=x, b=kernel)
        if bias is not None:
            y = tf.raw_ops.BiasAdd(value=y, bias=bias)
        return y if activation is None else _ACTIVATIONS[activation](y)
    y = tf.tensordot(x, kernel, 1)
    if bias is not None:
        y = tf.nn.bias_add(y, bias) if rank <= 5 else y + bias
    return y if activation is None else _ACTIVATIONS[activation](y)


def normalize_batch(x: Any, gamma: Any, beta: Any, axis: int, epsilon: float) -> Any:
    """There is no kernel of the framework for it; see `backends.contract`."""
    return None


def embedding(table: Any, indices: Any) -> Any:
    """Rows of `table`, one for each of `indices`; see `backends.contract`."""
    # The kernel counts from the front alone. Wrappers would cost more than a small gather.
    zero = tf.constant(0, indices.dtype)
    from_end = tf.raw_ops.AddV2(x=indices, y=tf.constant(table.shape[0], indices.dtype))
    negative = tf.raw_ops.Less(x=indices, y=zero)
    return tf.gather(table, tf.raw_ops.SelectV2(condition=negative, t=from_end, e=indices))


# Sequences -----------------------------------------------------------------------------


def _beam_search(inputs, sequence_lengths, beam_width, top_paths, mask_index):
    def host(logits, lengths):
        return beam_search.search(logits, lengths, beam_width, top_paths, mask_index)

    out, scores = tf.numpy_function(
        host, [inputs, sequence_lengths], [tf.int32, inputs.dtype], stateful=False
    )
    out.set_shape((top_paths, inputs.shape[0], inputs.shape[1]))
    scores.set_shape((inputs.shape[0], top_paths))
    return out, scores


def ctc_loss(target, output, target_length, output_length, mask_index=0):
    if output.shape[0] == 0:  # which the kernel refuses
        return tf.reduce_sum(output, (1, 2))
    if target.shape[1] == 0:  # of which the kernel makes other numbers
        target = tf.pad(target, [[0, 0], [0, 1]])
    target, labels = tf.cast(target, tf.int32), tf.cast(target_length, tf.int32)
    frames = tf.cast(output_length, tf.int32)
    loss = tf.nn.ctc_loss(
        target, output, labels, frames, logits_time_major=False, blank_index=mask_index
    )
    # A frame for each label, and one for the blank between equal ones. With fewer no alignment
    # exists, of which the kernel takes the logarithm of a very small number.
    pairs = (target[:, 1:] == target[:, :-1]) & (tf.range(1, tf.shape(target)[1]) < labels[:, None])
    needed = labels + tf.reduce_sum(tf.cast(pairs, tf.int32), 1)
    return tf.where(needed <= frames, loss, tf.constant(float("inf"), loss.dtype))
