"""Native neural-network functions of torch: activations, normalisation, losses, attention.

Besides the operations' natives: `dense`, and `lstm` and `gru` of `recurrent`, for layers.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from keras_core.backends.torch.arrays import native_dtype, recorded, running
from keras_core.backends.torch.recurrent import gru as gru
from keras_core.backends.torch.recurrent import lstm as lstm
from keras_core.core import settings, shapes

_HALVES = {"float16": "float32", "bfloat16": "float32"}
VIA = {
    "relu": {"uint16": "int32", "uint32": "int64", "uint64": "int64"},
    "polar": _HALVES,
}

# Activations ---------------------------------------------------------------------------

sigmoid = torch.sigmoid
relu6 = F.relu6
log_sigmoid = F.logsigmoid
silu = torch._C._nn.silu
selu = torch.selu
hard_sigmoid = F.hardsigmoid
hard_silu = F.hardswish
hard_tanh = F.hardtanh


def relu(x):
    return torch.relu(x) if x.dtype is not torch.bool else x


def softplus(x):
    # torch's own goes over to x at 20, which float64 can tell from log(1 + exp(x)).
    if x.dtype is torch.float64:
        return torch.logaddexp(x, x.new_zeros(()))
    return F.softplus(x)


def softsign(x):
    return x / x.abs().add_(1)


def leaky_relu(x, negative_slope=0.2):
    return torch._C._nn.leaky_relu(x, negative_slope)


def elu(x, alpha=1.0):
    return torch._C._nn.elu(x, alpha)


def celu(x, alpha=1.0):
    return torch.celu(x, alpha)


def gelu(x, approximate=True):
    return torch._C._nn.gelu(x, approximate="tanh" if approximate else "none")


def hard_shrink(x, threshold=0.5):
    return torch.hardshrink(x, threshold)


def soft_shrink(x, threshold=0.5):
    return torch._C._nn.softshrink(x, threshold)


def tanh_shrink(x):
    y = torch.tanh(x)
    return x - y if recorded(x) else y.neg_().add_(x)


def threshold(x, threshold, default_value):
    return torch.threshold(x, threshold, default_value)


def glu(x, axis=-1):
    if x.shape[axis] % 2:
        raise ValueError(
            f"glu: x must have an even size along axis {axis}. Received: shape {tuple(x.shape)}"
        )
    return torch._C._nn.glu(x, axis)


def _over_axes(function, x, axis):
    """`function(x, dim)` over several axes taken together, or all of them."""
    rank = x.ndim
    axes = tuple(range(rank)) if axis is None else shapes.axis_tuple(axis, rank)
    kept = [a for a in range(rank) if a not in axes]
    moved = x.permute((*kept, *axes))
    flat = moved.flatten(len(kept)) if axes else moved.unsqueeze(-1)
    out = function(flat, len(kept))
    inverse = sorted(range(rank), key=[*kept, *axes].__getitem__)
    return out.reshape(moved.shape).permute(inverse)


def softmax(x, axis=-1):
    if type(axis) is int:
        return torch.softmax(x, axis)
    return _over_axes(torch.softmax, x, axis)


def log_softmax(x, axis=-1):
    if type(axis) is int:
        return torch.log_softmax(x, axis)
    return _over_axes(torch.log_softmax, x, axis)


# Encoding ------------------------------------------------------------------------------


_UNCOUNTED = (torch.bool, torch.uint16, torch.uint32, torch.uint64)  # of which torch has no ranges
_MANY = 2**14  # elements from which on writing the ones alone pays


def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    native = native_dtype(dtype)
    x = x.to(torch.int64) if x.dtype in _UNCOUNTED else x
    if x.dtype.is_floating_point:  # in float32 at least: in 16 bits few codes differ
        x = (x if x.dtype is torch.float64 else x.to(torch.float32)).trunc()
    size = x.numel()
    if type(size) is not int or size * num_classes < _MANY:  # exported programs take any size
        out = x.unsqueeze(-1) == torch.arange(num_classes, dtype=x.dtype, device=x.device)
        out = out.to(native)
    else:
        inside = (x >= 0) & (x < num_classes)
        ones, places = inside.to(native), torch.where(inside, x, 0).to(torch.int64)
        out = torch.zeros((*x.shape, num_classes), dtype=native, device=x.device)
        out = out.scatter_(-1, places.unsqueeze(-1), ones.unsqueeze(-1))
    if axis != -1:
        out = out.movedim(-1, axis)
    return out.to_sparse() if sparse else out


def polar(abs_, angle):
    if not recorded(abs_, angle):
        return torch.polar(abs_, angle)
    # torch's own gradient has the wrong sign where the first is negative, and is 0 at 0.
    return torch.complex(abs_ * angle.cos(), abs_ * angle.sin())


# Normalisation -------------------------------------------------------------------------


def _replicas():
    distributed = torch.distributed
    if not distributed.is_available() or not distributed.is_initialized():
        return 1
    return distributed.get_world_size()


class _Everywhere(torch.autograd.Function):
    """The sum over all processes, whose gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx, x):
        x = x.clone()
        torch.distributed.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx, upstream):
        return _Everywhere.apply(upstream)


def _synchronized_moments(x, axes, keepdims):
    all_reduce = _Everywhere.apply
    total = torch.sum(x, dim=axes, keepdim=True)
    count = all_reduce(torch.tensor(x.numel() / total.numel(), device=x.device))
    mean = all_reduce(total) / count
    # Not the mean of squares less the squared mean, which loses all digits far from 0.
    variance = all_reduce(torch.sum(torch.square(x - mean), dim=axes, keepdim=keepdims)) / count
    return (mean if keepdims else mean.reshape(variance.shape)), variance


def moments(x, axes, keepdims=False, synchronized=False):
    if isinstance(axes, list):
        axes = tuple(axes)
    if axes == ():  # torch would take it for all axes
        return x, torch.zeros_like(x)
    half = x.dtype is torch.float16
    if half:
        x = x.float()
    if synchronized and _replicas() > 1:
        mean, variance = _synchronized_moments(x, axes, keepdims)
    else:
        variance, mean = torch.var_mean(x, dim=axes, correction=0, keepdim=keepdims)
    if half:
        low, high = -65504.0, 65504.0
        return mean.clamp(low, high).half(), variance.clamp(low, high).half()
    return mean, variance


def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    rank = x.ndim
    # The fused kernel takes the moments for constants: not where they are part of the gradient.
    constant = not recorded(mean, variance)
    if constant and axis in (1, 1 - rank) and rank > 1:
        return F.batch_norm(x, mean, variance, scale, offset, False, 0.0, epsilon)
    if constant and axis in (-1, rank - 1) and rank == 4:  # a view in channels-last memory format
        y = F.batch_norm(x.permute(0, 3, 1, 2), mean, variance, scale, offset, False, 0.0, epsilon)
        return y.permute(0, 2, 3, 1)
    factor = torch.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    if axis not in (-1, rank - 1):
        shape = [1] * rank
        shape[axis] = -1
        factor, shift = factor.reshape(shape), shift.reshape(shape)
    return torch.addcmul(shift, x, factor)


def _axes(axis, rank):
    return shapes.axis_tuple(axis, rank)


def _aligned(weight, shape, axes):
    if weight is None or weight.ndim in (0, len(shape)) or axes == (len(shape) - 1,):
        return weight
    order = sorted(range(len(axes)), key=axes.__getitem__)
    if weight.ndim == len(axes):
        weight = weight.permute(order)
    return weight.reshape([s if i in axes else 1 for i, s in enumerate(shape)])


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=1e-3, rms_scaling=False):
    try:
        if axis == -1 and not rms_scaling:
            return torch.layer_norm(x, x.shape[-1:], gamma, beta, epsilon)
        axes = _axes(axis, x.ndim)
        if not rms_scaling and axes == tuple(range(x.ndim - len(axes), x.ndim)):
            return torch.layer_norm(x, x.shape[-len(axes) :], gamma, beta, epsilon)
    except RuntimeError:  # the kernel takes one factor an element only
        axes = _axes(axis, x.ndim)
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    variance, mean = torch.var_mean(wide, dim=axes, correction=0, keepdim=True)
    out = (wide if rms_scaling else wide - mean) * torch.rsqrt(variance + epsilon)
    out = out.to(x.dtype)
    if gamma is not None:
        out = out * _aligned(gamma, x.shape, axes)
    if beta is not None and not rms_scaling:
        out = out + _aligned(beta, x.shape, axes)
    return out


def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    if epsilon is None:
        epsilon = settings.epsilon()
    axes = _axes(axis, x.ndim)
    number = scale is not None and not scale.ndim  # which the fused kernel does not take
    if not number and axes == tuple(range(x.ndim - len(axes), x.ndim)):
        return torch.rms_norm(x, x.shape[-len(axes) :], scale, epsilon)
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    out = wide * torch.rsqrt(wide.square().mean(axes, keepdim=True) + epsilon)
    out = out.to(x.dtype)
    return out if scale is None else out * _aligned(scale, x.shape, axes)


# Cross-entropies -----------------------------------------------------------------------


def _log_probabilities(output, from_logits, axis):
    if from_logits:
        return torch.log_softmax(output, axis)
    epsilon = settings.epsilon()
    scaled = output / output.sum(axis, keepdim=True)
    return scaled.clamp(epsilon, 1.0 - epsilon).log()


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    if target.shape != output.shape or not output.ndim:
        raise ValueError(
            "categorical_crossentropy: target and output must have the same shape and at least "
            f"one axis. Received: target of shape {tuple(target.shape)}, output of shape "
            f"{tuple(output.shape)}"
        )
    return -(target * _log_probabilities(output, from_logits, axis)).sum(axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    if target.ndim == output.ndim and target.ndim and target.shape[-1] == 1:
        target = target.squeeze(-1)
    axis = shapes.axis_index(axis, output.ndim) if output.ndim else 0
    expected = (*output.shape[:axis], *output.shape[axis + 1 :])
    if tuple(target.shape) != expected or not output.ndim:
        raise ValueError(
            "sparse_categorical_crossentropy: target must have the shape of output without the "
            f"classes' axis. Received: target of shape {tuple(target.shape)}, output of shape "
            f"{tuple(output.shape)}, axis={axis}"
        )
    target = target.long()
    classes = output.shape[axis]
    if not from_logits:
        output = _log_probabilities(output, False, axis)
    if output.ndim > 2 and axis == output.ndim - 1:
        # One row a sample: the kernel for images is several times slower on this layout.
        loss = _picked(target.reshape(-1), output.reshape(-1, classes), from_logits)
        return loss.reshape(target.shape)
    if axis > 1 or (axis == 0 and output.ndim > 1):
        output = output.movedim(axis, -1)
        loss = _picked(target.reshape(-1), output.reshape(-1, classes), from_logits)
        return loss.reshape(target.shape)
    return _picked(target, output, from_logits)


def _picked(target, output, from_logits):
    loss = F.cross_entropy if from_logits else F.nll_loss
    try:
        return loss(output, target, reduction="none", ignore_index=-(2**31))
    except IndexError as error:  # torch says neither where nor how many classes there are
        last = output.shape[-1] - 1
        raise ValueError(
            "sparse_categorical_crossentropy: target must hold class numbers from 0 to "
            f"{last}. Received: numbers from {int(target.min())} to {int(target.max())}. "
            "Is the last layer too narrow, or is a number for padding among them (ignore_class)?"
        ) from error


def binary_crossentropy(target, output, from_logits=False):
    if target.shape != output.shape:
        raise ValueError(
            "binary_crossentropy: target and output must have the same shape. Received: target "
            f"of shape {tuple(target.shape)}, output of shape {tuple(output.shape)}"
        )
    if from_logits:
        return F.binary_cross_entropy_with_logits(output, target, reduction="none")
    epsilon = settings.epsilon()
    output = output.clamp(epsilon, 1.0 - epsilon)
    # torch's own refuses NaN and labels beyond 0 and 1, on a GPU by an assertion after which the
    # device is lost.
    return torch.lerp(torch.log1p(-output), torch.log(output), target).neg()


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
    unbatched = query.ndim == 3
    if unbatched:
        query, key, value = query.unsqueeze(0), key.unsqueeze(0), value.unsqueeze(0)
    if attn_logits_soft_cap is not None:
        out = _capped_attention(
            query, key, value, bias, mask, scale, is_causal, attn_logits_soft_cap
        )
        return out.squeeze(0) if unbatched else out
    q, k, v = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
    grouped = bool(q.size(1) != k.size(1))  # sizes are tensors while torch.jit traces
    seeing = None
    if mask is not None or bias is not None:
        keep = _kept_places(query, key, mask, is_causal)
        seeing = None if mask is None else keep.any(-1, keepdim=True)
        mask, is_causal = _additive(query, bias, keep), False
    scale = None if scale is None else float(scale)
    twice = running.depth > 1  # a gradient within another one
    if flash_attention is None and (twice or settings.flags["flash_attention"] is False):
        flash_attention = False
    if flash_attention is None:  # torch's choice
        out = F.scaled_dot_product_attention(
            q, k, v, mask, 0.0, is_causal, scale=scale, enable_gqa=grouped
        )
    else:  # of the two only the products can be differentiated twice, or forwards
        kernels = torch.nn.attention.SDPBackend
        allowed = kernels.FLASH_ATTENTION if flash_attention else kernels.MATH
        with torch.nn.attention.sdpa_kernel(allowed):
            out = F.scaled_dot_product_attention(
                q, k, v, mask, 0.0, is_causal, scale=scale, enable_gqa=grouped
            )
    if (
        not torch.compiler.is_compiling()
        and out.grad_fn is not None
        and torch._C._functorch.maybe_current_level() is None
        and out.grad_fn.name() in _ONCE
    ):
        out.grad_fn.register_hook(_by_products)
    if seeing is not None:
        # A query that sees no place gets the mean of all; of that the kernel makes no slopes: it
        # has the weights anew from a sum of exponentials, whose logarithm is lost beside `lowest`.
        mean = v.sum(2, keepdim=True) / max(v.shape[2], 1)
        if grouped:
            mean = mean.repeat_interleave(q.shape[1] // k.shape[1], 1)
        out = torch.where(seeing, out, mean)
    out = out.transpose(1, 2)
    return out.squeeze(0) if unbatched else out


_ONCE = {  # fused kernels' slopes, which have none
    "ScaledDotProductFlashAttentionForCpuBackward0": "attn_mask",
    "ScaledDotProductFlashAttentionBackward0": None,
    "ScaledDotProductEfficientAttentionBackward0": "attn_bias",
}


def _by_products(slopes, given):
    """A fused kernel's slopes made anew where they are to have slopes themselves.

    Whether they are is known in the backward pass alone, where gradients are then on.
    """
    if not torch.is_grad_enabled():
        return None
    node: Any = torch._C._current_autograd_node()
    name = _ONCE[node.name()]
    saved = [node._saved_query, node._saved_key, node._saved_value]
    saved.append(None if name is None else getattr(node, f"_saved_{name}"))
    inputs = [None if x is None else x.view_as(x) for x in saved]  # apart, if they are one tensor
    grouped = saved[0].shape[1] != saved[1].shape[1]
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        out = F.scaled_dot_product_attention(
            *inputs, 0.0, node._saved_is_causal, scale=node._saved_scale, enable_gqa=grouped
        )
    wanted = [i for i, slope in enumerate(slopes) if slope is not None and inputs[i].requires_grad]
    made = torch.autograd.grad(out, [inputs[i] for i in wanted], given[0], create_graph=True)
    found = list(slopes)
    for i, slope in zip(wanted, made, strict=True):
        found[i] = slope
    return tuple(found)


def _lower(query, key):
    target, source = query.shape[1], key.shape[1]
    return torch.ones(target, source, dtype=torch.bool, device=query.device).tril()


def _kept_places(query, key, mask, is_causal):
    """Mask and causality as one tensor of bools; None where there is neither."""
    keep = None if mask is None else mask.to(torch.bool)
    if is_causal:
        lower = _lower(query, key)
        keep = lower if keep is None else keep & lower
    return keep


def _additive(query, bias, keep):
    """Bias and kept places as one tensor of numbers that are added to the scores."""
    if bias is not None:
        bias = bias.to(query.dtype)
        if keep is None:
            return bias
        lowest = torch.finfo(query.dtype).min * 0.7
        return torch.where(keep, bias, lowest)
    # Finite, so that a query whose places are all masked gives numbers and gradients.
    lowest = torch.finfo(query.dtype).min * 0.7
    return torch.zeros((), dtype=query.dtype, device=query.device).where(keep, lowest)


def _capped_attention(query, key, value, bias, mask, scale, is_causal, cap):
    heads, groups = query.shape[2], key.shape[2]
    if heads != groups:
        key, value = (x.repeat_interleave(heads // groups, 2) for x in (key, value))
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = torch.einsum("btnh,bsnh->bnts", query, key) * scale
    wide = scores.float() if scores.dtype in (torch.float16, torch.bfloat16) else scores
    if bias is not None:
        wide = wide + bias
    wide = torch.tanh(wide / cap) * cap
    if mask is not None or is_causal:
        keep = _kept_places(query, key, mask, is_causal)
        wide = wide + _additive(query, None, keep).to(wide.dtype)
    weights = torch.softmax(wide, -1).to(query.dtype)
    return torch.einsum("bnts,bsnh->btnh", weights, value)


# For layers ----------------------------------------------------------------------------

_ACTIVATIONS = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": silu,
}


def dense(x: Any, kernel: Any, bias: Any = None, activation: str | None = None) -> Any:
    """`activation(x @ kernel + bias)`; see `backends.contract`."""
    if x.ndim == 2:
        y = torch.addmm(bias, x, kernel) if bias is not None else torch.mm(x, kernel)
    else:
        y = F.linear(x, kernel.t(), bias)
    return y if activation is None else _ACTIVATIONS[activation](y)


def embedding(table: Any, indices: Any) -> Any:
    """Rows of `table`, one for each of `indices`; see `backends.contract`."""
    # The kernel counts from the front alone.
    return F.embedding(torch.where(indices < 0, indices + table.shape[0], indices), table)


def normalize_batch(x: Any, gamma: Any, beta: Any, axis: int, epsilon: float) -> Any:
    """`(y, mean, variance)` by the batch's own moments in one pass; see `backends.contract`."""
    moved = axis != 1
    if moved:
        if axis != x.ndim - 1 or x.ndim > 4:
            return None
        x = x.movedim(-1, 1)
    if x.dtype == torch.float32:  # of an input of 16 bits; the kernel wants one dtype
        gamma, beta = (None if w is None else w.to(x.dtype) for w in (gamma, beta))
    y, mean, inverse = torch.native_batch_norm(x, gamma, beta, None, None, True, 0.0, epsilon)
    return (y.movedim(1, -1) if moved else y), mean, inverse.pow(-2) - epsilon


# Sequences -----------------------------------------------------------------------------


def _beam_search(inputs, sequence_lengths, beam_width, top_paths, mask_index):
    from keras_core.backends.torch.opaque import search

    return search(inputs, sequence_lengths, beam_width, top_paths, mask_index)


def ctc_loss(target, output, target_length, output_length, mask_index=0):
    if not output.shape[0]:  # which the kernel refuses
        return output.sum((1, 2))
    log = torch.log_softmax(output, -1).transpose(0, 1)
    if torch.compiler.is_compiling() or isinstance(log, torch._subclasses.FakeTensor):
        from keras_core.backends.torch.opaque import ctc

        return ctc(
            log.contiguous(), target.long(), output_length.long(), target_length.long(), mask_index
        )
    # What F.ctc_loss calls: where no alignment exists the loss stays inf, but the slope is 0.
    lengths = output_length.long(), target_length.long()
    return torch.ops.aten._ctc_loss(log, target.long(), *lengths, mask_index, True)[0]
