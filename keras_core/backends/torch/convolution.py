"""Native convolutions and poolings of torch.

torch has channels second. Channels-last tensors are permuted, which moves no data: torch's
kernels take the resulting strides as its channels-last memory format and keep them, so the
permutation back is free too.
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
_MAX_POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVERAGE_POOL = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
_TO_FIRST = {1: (0, 2, 1), 2: (0, 3, 1, 2), 3: (0, 4, 1, 2, 3)}
_TO_LAST = {1: (0, 2, 1), 2: (0, 2, 3, 1), 3: (0, 2, 3, 4, 1)}
_KERNEL = {1: (2, 1, 0), 2: (3, 2, 0, 1), 3: (4, 3, 0, 1, 2)}


def _each(value, rank):
    if type(value) is int:
        return (value,) * rank
    return tuple(value) if len(value) == rank else tuple(value) * rank


def _is_last(data_format):
    return _settings.standardize_data_format(data_format) == "channels_last"


def _padded(x, window, strides, value=0.0):
    """`x` (channels second) with the padding "same"; (x, what pads equally on both sides)."""
    rank = len(window)
    pads = [
        _windows.same_padding(n, k, s) for n, k, s in zip(x.shape[2:], window, strides, strict=True)
    ]
    if all(a == b for a, b in pads):
        return x, tuple(a for a, _ in pads)
    flat = [p for pair in reversed(pads) for p in pair]
    return F.pad(x, flat, value=value), (0,) * rank


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1, bias=None):
    rank = inputs.ndim - 2
    if kernel.ndim != inputs.ndim or not 1 <= rank <= 3:
        _windows.conv_shape(
            tuple(inputs.shape),
            tuple(kernel.shape),
            strides,
            padding,
            data_format,
            dilation_rate,
        )
    last, padding = _is_last(data_format), _windows.standardize_padding(padding, "conv")
    x = inputs.permute(_TO_FIRST[rank]) if last else inputs
    strides, dilation = _each(strides, rank), _each(dilation_rate, rank)
    pads = (0,) * rank
    if padding == "same":
        window = [(k - 1) * d + 1 for k, d in zip(kernel.shape, dilation, strict=False)]
        x, pads = _padded(x, window, strides)
    groups = x.shape[1] // kernel.shape[-2]
    try:
        y = _CONV[rank](x, kernel.permute(_KERNEL[rank]), bias, strides, pads, dilation, groups)
    except RuntimeError:  # say it in our words, if it is the arguments
        _windows.conv_shape(
            tuple(inputs.shape),
            tuple(kernel.shape),
            strides,
            padding,
            data_format,
            dilation_rate,
        )
        raise
    return y.permute(_TO_LAST[rank]) if last else y


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    *window, channels, multiplier = kernel.shape
    grouped = kernel.reshape(*window, 1, channels * multiplier)
    return conv(inputs, grouped, strides, padding, data_format, dilation_rate)


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
    x = inputs.permute(_TO_FIRST[rank]) if last else inputs
    strides, dilation = _each(strides, rank), _each(dilation_rate, rank)
    extra = _windows.output_paddings(output_padding, rank)
    pads, after = [], []
    for k, s, d, e in zip(kernel.shape, strides, dilation, extra, strict=False):
        front, back = _windows.transposed_crop((k - 1) * d + 1, s, padding, e)
        pads.append(min(front, back) if back > 0 else 0)
        after.append((front - pads[-1], back - pads[-1]))
    y = _TRANSPOSED[rank](x, kernel.permute(_KERNEL[rank]), None, strides, pads, 0, 1, dilation)
    if any(a or b for a, b in after):
        y = F.pad(y, [-p for pair in reversed(after) for p in pair])
    return y.permute(_TO_LAST[rank]) if last else y


def _pooled(functions, inputs, pool_size, strides, padding, data_format, value, **options):
    rank = inputs.ndim - 2
    last = _is_last(data_format)
    x = inputs.permute(_TO_FIRST[rank]) if last else inputs
    window = _each(pool_size, rank)
    strides = window if strides is None else _each(strides, rank)
    pads = (0,) * rank
    if padding == "same":
        x, pads = _padded(x, window, strides, value)
    y = functions[rank](x, window, strides, pads, **options)
    return y.permute(_TO_LAST[rank]) if last else y


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    padding = _windows.standardize_padding(padding, "max_pool")
    lowest = float("-inf") if inputs.is_floating_point() else torch.iinfo(inputs.dtype).min
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
