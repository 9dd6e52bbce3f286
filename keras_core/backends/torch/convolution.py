"""Native convolutions and poolings of torch.

torch has channels second. Channels-last tensors are permuted, which moves no data: torch's
kernels take the resulting strides as its channels-last memory format and keep them, so the
permutation back is free too. Functions read their arguments faster than methods: `torch.permute`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from keras_core.core import settings as _settings
from keras_core.core import windows as _windows

# Torch moves windows of floats only: these hold the integers exactly.
VIA = dict.fromkeys(
    ("max_pool", "unfold", "fold"),
    dict.fromkeys(("bool", "int8", "uint8", "int16", "uint16"), "float32")
    | dict.fromkeys(("int32", "uint32"), "float64")
    | dict.fromkeys(("int64", "uint64")),
)

_CONV = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
_TRANSPOSED = {
    1: torch.conv_transpose1d,
    2: torch.conv_transpose2d,
    3: torch.conv_transpose3d,
}
_MAX_POOL = {1: torch.max_pool1d, 2: torch.max_pool2d, 3: torch.max_pool3d}
_AVERAGE_POOL = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
_TO_FIRST = {1: (0, 2, 1), 2: (0, 3, 1, 2), 3: (0, 4, 1, 2, 3)}
_TO_LAST = {1: (0, 2, 1), 2: (0, 2, 3, 1), 3: (0, 2, 3, 4, 1)}
_DEPTHWISE = {1: (1, 2, 0), 2: (2, 3, 0, 1), 3: (3, 4, 0, 1, 2)}
_KERNEL = {1: (2, 1, 0), 2: (3, 2, 0, 1), 3: (4, 3, 0, 1, 2)}


def _sizes(value, rank):
    """What torch takes, an int or one an axis: the int, which it reads faster, where it is one."""
    return value if type(value) is int else _windows.each(value, rank)


def _even(window, strides, dilation):
    """The padding "same" of the usual arguments: strides 1, windows of odd sizes; else None."""
    if strides != 1 or type(dilation) is not int:
        return None
    pads = []
    for k in window:
        if not k % 2:
            return None
        pads.append(k // 2 * dilation)
    return pads


def _is_last(data_format):
    return _settings.standardize_data_format(data_format) == "channels_last"


def _padded(x, window, strides, value=0.0):
    """`x` (channels second) with the padding "same"; (x, what pads equally on both sides)."""
    rank = len(window)
    pads = [
        _windows.same_padding(n, k, s) for n, k, s in zip(x.shape[2:], window, strides, strict=True)
    ]
    if all(a == b for a, b in pads):
        return x, [a for a, _ in pads]
    flat = [p for pair in reversed(pads) for p in pair]
    return F.pad(x, flat, value=value), (0,) * rank


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1, bias=None):
    """`bias`, one a channel, is for layers: torch's kernels add it on the way."""
    rank = inputs.ndim - 2
    given = strides, padding, data_format, dilation_rate
    if kernel.ndim != inputs.ndim or not 1 <= rank <= 3:
        _windows.conv_shape(tuple(inputs.shape), tuple(kernel.shape), *given)
    try:
        return _convolved(inputs, torch.permute(kernel, _KERNEL[rank]), *given, bias)
    except RuntimeError:  # say it in our words, if it is the arguments
        _windows.conv_shape(tuple(inputs.shape), tuple(kernel.shape), *given)
        raise


def _convolved(inputs, weights, strides, padding, data_format, dilation_rate, bias=None, groups=0):
    """`conv` with `weights` as torch has them: `(filters, channels / groups, *window)`."""
    rank = inputs.ndim - 2
    last, padding = _is_last(data_format), _windows.standardize_padding(padding, "conv")
    x = torch.permute(inputs, _TO_FIRST[rank]) if last else inputs
    strides, dilation = _sizes(strides, rank), _sizes(dilation_rate, rank)
    _, inner, *window = weights.shape
    pads = 0
    if padding == "same":
        pads = _even(window, strides, dilation)
        if pads is None:
            spans = [
                (k - 1) * d + 1 for k, d in zip(window, _windows.each(dilation, rank), strict=True)
            ]
            x, pads = _padded(x, spans, _windows.each(strides, rank))
    groups = groups or x.shape[1] // inner
    y = _CONV[rank](x, weights, bias, strides, pads, dilation, groups)
    return torch.permute(y, _TO_LAST[rank]) if last else y


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    rank = inputs.ndim - 2
    given = strides, padding, data_format, dilation_rate
    *window, channels, multiplier = kernel.shape
    if len(window) != rank or not 1 <= rank <= 3:
        _windows.depthwise_shape(tuple(inputs.shape), tuple(kernel.shape), *given)
    if multiplier == 1:
        weights = torch.permute(kernel, _DEPTHWISE[rank])
    else:
        grouped = kernel.reshape((*window, 1, channels * multiplier))
        weights = torch.permute(grouped, _KERNEL[rank])
    return _convolved(inputs, weights, *given, groups=channels)


def conv_transpose(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format=None,
    dilation_rate=1,
):
    rank = inputs.ndim - 2
    last, padding = _is_last(data_format), _windows.standardize_padding(padding, "conv_transpose")
    x = torch.permute(inputs, _TO_FIRST[rank]) if last else inputs
    strides, dilation = _windows.each(strides, rank), _windows.each(dilation_rate, rank)
    extra = _windows.output_paddings(output_padding, rank)
    pads, after = [], []
    for k, s, d, e in zip(kernel.shape, strides, dilation, extra, strict=False):
        front, back = _windows.transposed_crop((k - 1) * d + 1, s, padding, e)
        pads.append(min(front, back) if back > 0 else 0)
        after.append((front - pads[-1], back - pads[-1]))
    y = _TRANSPOSED[rank](
        x, torch.permute(kernel, _KERNEL[rank]), None, strides, pads, 0, 1, dilation
    )
    if any(a or b for a, b in after):
        y = F.pad(y, [-p for pair in reversed(after) for p in pair])
    return torch.permute(y, _TO_LAST[rank]) if last else y


def _pooled(functions, inputs, pool_size, strides, padding, data_format, value, **options):
    rank = inputs.ndim - 2
    last = _is_last(data_format)
    x = torch.permute(inputs, _TO_FIRST[rank]) if last else inputs
    window = _sizes(pool_size, rank)
    strides = window if strides is None else _sizes(strides, rank)
    pads = 0
    if padding == "same":
        x, pads = _padded(x, _windows.each(window, rank), _windows.each(strides, rank), value)
    y = functions[rank](x, window, strides, pads, **options)
    return torch.permute(y, _TO_LAST[rank]) if last else y


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    padding = _windows.standardize_padding(padding, "max_pool")
    # Of the integers, only what padding is made of needs to be looked up.
    lowest = float("-inf")
    if padding == "same" and not inputs.is_floating_point():
        lowest = torch.iinfo(inputs.dtype).min
    return _pooled(_MAX_POOL, inputs, pool_size, strides, padding, data_format, lowest)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    if inputs.ndim == 5 and inputs.dtype in (torch.bfloat16, torch.float16):
        # On the CPU torch has no such kernel in three dimensions.
        wide = average_pool(inputs.float(), pool_size, strides, padding, data_format)
        return wide.to(inputs.dtype)
    padding = _windows.standardize_padding(padding, "average_pool")
    if padding != "same":
        return _pooled(_AVERAGE_POOL, inputs, pool_size, strides, padding, data_format, 0.0)
    # The padding is not counted: divide the sums by the number of elements inside.
    last = _is_last(data_format)
    shape = [1] * inputs.ndim
    spatial = slice(1, -1) if last else slice(2, None)
    shape[spatial] = inputs.shape[spatial]
    ones = torch.ones(shape, dtype=inputs.dtype, device=inputs.device)
    total = _pooled(_AVERAGE_POOL, inputs, pool_size, strides, padding, data_format, 0.0)
    return total / _pooled(_AVERAGE_POOL, ones, pool_size, strides, padding, data_format, 0.0)


def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    return F.unfold(x, kernel_size, dilation, padding, stride)


def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    if type(output_size) is int:
        output_size = (output_size, output_size)
    return F.fold(x, output_size, kernel_size, dilation, padding, stride)


def biased_conv(
    inputs, kernel, bias, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """`conv` with a bias a channel, which torch's kernels add on the way; for layers."""
    return conv(inputs, kernel, strides, padding, data_format, dilation_rate, bias)
