"""Convolutions and poolings of NumPy: windows as views, then one product or reduction."""

from __future__ import annotations

import numpy as np

from keras_core.core import settings as _settings
from keras_core.core import windows as _windows


def _each(value, rank):
    return (value,) * rank if isinstance(value, int) else tuple(value) * (rank // len(value))


def _to_last(x, data_format):
    return x if data_format == "channels_last" else np.moveaxis(x, 1, -1)


def _from_last(x, data_format):
    return x if data_format == "channels_last" else np.moveaxis(x, -1, 1)


def _slide(x, window, strides, padding, dilation, fill=0):
    """The windows of `x` (channels last): `(batch, *places, channels, *window)`, a view."""
    rank = len(window)
    spans = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    if padding == "same":
        pads = [
            _windows.same_padding(n, k, s)
            for n, k, s in zip(x.shape[1:-1], spans, strides, strict=True)
        ]
        x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, spans, tuple(range(1, rank + 1)))
    return view[
        (
            slice(None),
            *(slice(None, None, s) for s in strides),
            slice(None),
            *(slice(None, None, d) for d in dilation),
        )
    ]


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    data_format = _settings.standardize_data_format(data_format)
    _windows.conv_shape(inputs.shape, kernel.shape, strides, padding, data_format, dilation_rate)
    rank = inputs.ndim - 2
    x = _to_last(inputs, data_format)
    view = _slide(
        x,
        kernel.shape[:-2],
        _each(strides, rank),
        padding.lower(),
        _each(dilation_rate, rank),
    )
    places, inner, filters = view.shape[: rank + 1], kernel.shape[-2], kernel.shape[-1]
    groups = x.shape[-1] // inner
    # (groups, places, channels * window) @ (groups, channels * window, filters)
    view = view.reshape(*places, groups, inner, *kernel.shape[:-2])
    depth = inner * int(np.prod(kernel.shape[:-2]))
    columns = np.moveaxis(view, rank + 1, 0).reshape(groups, int(np.prod(places)), depth)
    weights = np.moveaxis(kernel, -2, 0).reshape(depth, groups, filters // groups)
    y = np.matmul(columns, np.moveaxis(weights, 1, 0))
    y = y.astype(x.dtype, copy=False)  # NumPy multiplies bfloat16 matrices to float32
    return _from_last(np.moveaxis(y, 0, 1).reshape(*places, filters), data_format)


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
    strides, dilation = _each(strides, rank), _each(dilation_rate, rank)
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


def _pool(reduce, inputs, pool_size, strides, padding, data_format, fill):
    padding = _windows.standardize_padding(padding, "pooling")
    data_format = _settings.standardize_data_format(data_format)
    rank = inputs.ndim - 2
    if rank < 1:
        raise ValueError(f"inputs must have rank 3, 4 or 5. Received: shape {inputs.shape}")
    window = _each(pool_size, rank)
    strides = window if strides is None else _each(strides, rank)
    x = _to_last(inputs, data_format)
    view = _slide(x, window, strides, padding, (1,) * rank, fill)
    return _from_last(reduce(view, tuple(range(-rank, 0))), data_format)


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    if inputs.dtype.kind in "iub":
        fill = 0 if inputs.dtype.kind == "b" else np.iinfo(inputs.dtype).min
    else:
        fill = -np.inf
    return _pool(np.max, inputs, pool_size, strides, padding, data_format, fill)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    if padding.lower() == "valid":
        return _pool(np.mean, inputs, pool_size, strides, padding, data_format, 0)
    # The padding is not counted.
    total = _pool(np.sum, inputs, pool_size, strides, padding, data_format, 0)
    return total / _pool(np.sum, np.ones_like(inputs), pool_size, strides, padding, data_format, 0)


def biased_conv(
    inputs, kernel, bias, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """`conv` with a bias a channel; for layers."""
    y = conv(inputs, kernel, strides, padding, data_format, dilation_rate)
    if bias is None:
        return y
    last = _settings.standardize_data_format(data_format) == "channels_last"
    return y + (bias if last else bias.reshape(-1, *(1,) * (y.ndim - 2)))
