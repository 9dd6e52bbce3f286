"""Convolutions and poolings of NumPy: over views, element of the window by element."""

from __future__ import annotations

import itertools
import math

import numpy as np

from keras_core.backends.numpy import shaping as _shaping
from keras_core.core import settings as _settings
from keras_core.core import windows as _windows

# From so many channels on, a matrix product for each element of the window is faster than
# one of all: measured, it makes up for the copies that gathering windows takes.
_MANY_CHANNELS = 16


def _to_last(x, data_format):
    return x if data_format == "channels_last" else np.moveaxis(x, 1, -1)


def _from_last(x, data_format):
    return x if data_format == "channels_last" else np.moveaxis(x, -1, 1)


def _padded(x, window, strides, dilation=None, fill=None):
    """`x` (channels last) with the padding "same"."""
    dilation = (1,) * len(window) if dilation is None else dilation
    pads = [
        _windows.same_padding(n, (k - 1) * d + 1, s)
        for n, k, s, d in zip(x.shape[1:-1], window, strides, dilation, strict=True)
    ]
    return _shaping.pad(x, ((0, 0), *pads, (0, 0)), "constant", fill)


def _places(sizes, window, strides, dilation):
    """How many places a window has along each axis."""
    return tuple(
        max(0, (n - (k - 1) * d - 1) // s + 1)
        for n, k, s, d in zip(sizes, window, strides, dilation, strict=True)
    )


def _under(at, places, strides, dilation):
    """The spatial slices that an element of the window lies over."""
    return tuple(
        slice(i * d, i * d + max(0, (n - 1) * s + 1), s)
        for i, n, s, d in zip(at, places, strides, dilation, strict=True)
    )


def _half(dtype):
    """Whether NumPy would compute in 16 bits, slowly and rounding each sum."""
    return dtype.itemsize == 2


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    data_format = _settings.standardize_data_format(data_format)
    _windows.conv_shape(inputs.shape, kernel.shape, strides, padding, data_format, dilation_rate)
    rank = inputs.ndim - 2
    strides, dilation = _windows.each(strides, rank), _windows.each(dilation_rate, rank)
    *window, inner, filters = kernel.shape
    x = _to_last(inputs, data_format)
    if _half(x.dtype):
        x, kernel = x.astype(np.float32), kernel.astype(np.float32)
    if padding.lower() == "same":
        x = _padded(x, window, strides, dilation)
    places = _places(x.shape[1:-1], window, strides, dilation)
    groups = x.shape[-1] // inner
    out = np.empty((x.shape[0], *places, filters), np.result_type(x, kernel))
    if groups == 1:
        _convolve(x, kernel, out, places, strides, dilation)
    elif inner == 1:
        _scale(x, kernel, out, places, strides, dilation)
    else:
        each = filters // groups
        for g in range(groups):
            own = slice(g * each, (g + 1) * each)
            channels = x[..., g * inner : (g + 1) * inner]
            _convolve(channels, kernel[..., own], out[..., own], places, strides, dilation)
    return _from_last(out.astype(inputs.dtype, copy=False), data_format)


def _convolve(x, kernel, out, places, strides, dilation):
    """Convolve into `out`, a tensor of the batch at a time: what it takes stays in the cache."""
    *window, inner, filters = kernel.shape
    if inner >= _MANY_CHANNELS or len(window) == window.count(1):
        part = np.empty(out.shape[1:], out.dtype)
        taps = [
            (_under(at, places, strides, dilation), kernel[at])
            for at in itertools.product(*map(range, window))
        ]
        for image, result in zip(x, out, strict=True):
            np.matmul(image[taps[0][0]], taps[0][1], out=result)
            for under, weights in taps[1:]:
                np.matmul(image[under], weights, out=part)
                result += part
        return
    steps = x.strides[1:-1]
    view = np.lib.stride_tricks.as_strided(
        x,
        (len(x), *places, *window, inner),
        (
            x.strides[0],
            *(step * s for step, s in zip(steps, strides, strict=True)),
            *(step * d for step, d in zip(steps, dilation, strict=True)),
            x.strides[-1],
        ),
        writeable=False,
    )
    weights = kernel.reshape(-1, filters)
    for image, result in zip(view, out, strict=True):
        result[...] = (image.reshape(-1, len(weights)) @ weights).reshape(result.shape)


def _scale(x, kernel, out, places, strides, dilation):
    """Convolve each channel by itself into `out`."""
    *window, _, filters = kernel.shape
    channels = x.shape[-1]
    weights = kernel.reshape(*window, channels, filters // channels)
    for image, result in zip(x[..., None], out, strict=True):
        result = result.reshape(*places, channels, -1)
        part = np.empty(result.shape, out.dtype)
        for count, at in enumerate(itertools.product(*map(range, window))):
            under = image[_under(at, places, strides, dilation)]
            np.multiply(under, weights[at], out=part if count else result)
            if count:
                result += part


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    _windows.depthwise_shape(
        inputs.shape, kernel.shape, strides, padding, data_format, dilation_rate
    )
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
    data_format = _settings.standardize_data_format(data_format)
    _windows.transposed_shape(
        inputs.shape,
        kernel.shape,
        strides,
        padding,
        output_padding,
        data_format,
        dilation_rate,
    )
    rank = inputs.ndim - 2
    x = _to_last(inputs, data_format)
    strides, dilation = _windows.each(strides, rank), _windows.each(dilation_rate, rank)
    window = kernel.shape[:-2]
    extra = _windows.output_paddings(output_padding, rank)
    crops = [
        _windows.transposed_crop((k - 1) * d + 1, s, padding.lower(), e)
        for k, s, d, e in zip(window, strides, dilation, extra, strict=True)
    ]
    full = [
        (n - 1) * s + (k - 1) * d + 1 + max(0, -back)
        for n, s, k, d, (_, back) in zip(
            x.shape[1:-1], strides, window, dilation, crops, strict=True
        )
    ]
    out = np.zeros((x.shape[0], *full, kernel.shape[-2]), x.dtype)
    for place in np.ndindex(*window):
        at = tuple(
            slice(p * d, p * d + (n - 1) * s + 1, s)
            for p, d, n, s in zip(place, dilation, x.shape[1:-1], strides, strict=True)
        )
        out[(slice(None), *at)] += x @ kernel[place].T
    cut = tuple(
        slice(front, n - max(0, back)) for n, (front, back) in zip(full, crops, strict=True)
    )
    return _from_last(out[(slice(None), *cut)], data_format)


def _pool(join, inputs, pool_size, strides, padding, data_format, fill=None):
    """`join` over the elements of each window, axis by axis, and how many they are."""
    padding = _windows.standardize_padding(padding, "pooling")
    data_format = _settings.standardize_data_format(data_format)
    rank = inputs.ndim - 2
    if rank < 1:
        raise ValueError(f"inputs must have rank 3, 4 or 5. Received: shape {inputs.shape}")
    window = _windows.each(pool_size, rank)
    strides = window if strides is None else _windows.each(strides, rank)
    if min(*window, *strides) < 1:
        raise ValueError("windows and strides must be positive.")
    x = _to_last(inputs, data_format)
    if padding == "same":
        x = _padded(x, window, strides, fill=fill)
    else:
        _windows.require_room("pooling", x.shape[1:-1], window)
    places = _places(x.shape[1:-1], window, strides, (1,) * rank)
    for axis in range(rank):
        x = _joined(join, x, axis + 1, window[axis], strides[axis], places[axis])
    return _from_last(x, data_format)


def _joined(join, x, axis, size, stride, places):
    before, reach = (slice(None),) * axis, max(0, (places - 1) * stride + 1)
    parts = [x[(*before, slice(i, i + reach, stride))] for i in range(size)]
    if size == 1:
        return parts[0].copy()
    out = join(parts[0], parts[1])
    for part in parts[2:]:
        join(out, part, out=out)
    return out


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    if inputs.dtype.kind in "iub":
        fill = 0 if inputs.dtype.kind == "b" else np.iinfo(inputs.dtype).min
    else:
        fill = -np.inf
    return _pool(np.maximum, inputs, pool_size, strides, padding, data_format, fill)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    rank = inputs.ndim - 2
    x = inputs.astype(np.float32) if _half(inputs.dtype) else inputs
    total = np.asarray(_pool(np.add, x, pool_size, strides, padding, data_format))
    if padding.lower() == "valid":
        total /= x.dtype.type(math.prod(_windows.each(pool_size, rank)))
    else:  # the padding is not counted
        last = _settings.standardize_data_format(data_format) == "channels_last"
        sizes = x.shape[1:-1] if last else x.shape[2:]
        ones = np.ones((1, *sizes, 1) if last else (1, 1, *sizes), x.dtype)
        total /= _pool(np.add, ones, pool_size, strides, padding, data_format)
    return total.astype(inputs.dtype, copy=False)


def biased_conv(
    inputs, kernel, bias, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """`conv` with a bias a channel; for layers."""
    y = conv(inputs, kernel, strides, padding, data_format, dilation_rate)
    if bias is None:
        return y
    last = _settings.standardize_data_format(data_format) == "channels_last"
    return y + (bias if last else bias.reshape(-1, *(1,) * (y.ndim - 2)))
