"""Native convolutions and poolings of JAX."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends.jax import convolution_cpu as _cpu
from keras_core.core import scopes as _scopes
from keras_core.core import settings as _settings
from keras_core.core import windows as _windows

_LETTERS = {1: "W", 2: "HW", 3: "DHW"}

VIA = {"max_pool": {"bool": "uint8"}}


def _each(value, rank):
    if rank < 1:
        raise ValueError("inputs must have rank 3, 4 or 5.")
    return _windows.each(value, rank)


def _is_last(data_format):
    return _settings.standardize_data_format(data_format) == "channels_last"


def _dimensions(rank, last):
    letters = _LETTERS[rank]
    data = f"N{letters}C" if last else f"NC{letters}"
    return data, f"{letters}IO", data


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    rank = inputs.ndim - 2
    last = _is_last(data_format)
    channels = inputs.shape[-1] if last else inputs.shape[1]
    fits = kernel.ndim == inputs.ndim and 0 not in kernel.shape[:-2]
    if not fits or not 1 <= rank <= 3 or channels % (kernel.shape[-2] or 1):
        _windows.conv_shape(
            inputs.shape, kernel.shape, strides, padding, data_format, dilation_rate
        )
    padding = _windows.standardize_padding(padding, "conv").upper()
    strides, dilation = _each(strides, rank), _each(dilation_rate, rank)
    try:
        return _conv(inputs, kernel, strides, padding, last, dilation, _tuned(inputs))
    except (TypeError, ValueError):  # say it in our words, if it is the arguments
        _windows.conv_shape(
            inputs.shape,
            kernel.shape,
            strides,
            padding.lower(),
            data_format,
            dilation_rate,
        )
        raise


def _tuned(x):
    """Whether a convolution is written for the CPU: not in a program for any sizes or machines."""
    if jax.default_backend() != "cpu" or _scopes.local.exporting:
        return False
    return all(type(size) is int for size in x.shape)


@functools.partial(jax.jit, static_argnums=(2, 3, 4, 5, 6), inline=True)
def _conv(x, kernel, strides, padding, last, dilation, tuned):
    if tuned:
        x = x if last else jnp.moveaxis(x, 1, -1)
        y = _cpu.conv(x, kernel, strides, padding, dilation)
        return y if last else jnp.moveaxis(y, -1, 1)
    channels = x.shape[-1] if last else x.shape[1]
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding,
        rhs_dilation=dilation,
        dimension_numbers=_dimensions(x.ndim - 2, last),
        feature_group_count=channels // kernel.shape[-2],
    )


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    last = _is_last(data_format)
    channels = inputs.shape[-1] if last else inputs.shape[1]
    if kernel.ndim != inputs.ndim or channels != kernel.shape[-2]:
        _windows.depthwise_shape(
            inputs.shape, kernel.shape, strides, padding, data_format, dilation_rate
        )
    grouped = kernel.reshape(*kernel.shape[:-2], 1, channels * kernel.shape[-1])
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
    shape = _windows.transposed_shape(
        inputs.shape,
        kernel.shape,
        strides,
        padding,
        output_padding,
        data_format,
        dilation_rate,
    )
    rank = inputs.ndim - 2
    last = _is_last(data_format)
    strides, dilation = _each(strides, rank), _each(dilation_rate, rank)
    spatial, _ = _windows.split_shape(inputs.shape, "channels_last" if last else "channels_first")
    out, _ = _windows.split_shape(shape, "channels_last" if last else "channels_first")
    pads = []
    for i, extra in enumerate(_windows.output_paddings(output_padding, rank)):
        window = (kernel.shape[i] - 1) * dilation[i] + 1
        before, _ = _windows.transposed_crop(window, strides[i], padding.lower(), extra)
        low = window - 1 - before
        pads.append((low, out[i] + window - 1 - ((spatial[i] - 1) * strides[i] + 1) - low))
    return _transposed(inputs, kernel, strides, tuple(pads), last, dilation, _tuned(inputs))


@functools.partial(jax.jit, static_argnums=(2, 3, 4, 5, 6), inline=True)
def _transposed(x, kernel, strides, pads, last, dilation, tuned):
    rank = x.ndim - 2
    kernel = jnp.swapaxes(jnp.flip(kernel, range(rank)), -1, -2)
    if tuned:
        x = x if last else jnp.moveaxis(x, 1, -1)
        y = _cpu.ordered(x, kernel, (1,) * rank, pads, strides, dilation)
        return y if last else jnp.moveaxis(y, -1, 1)
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        (1,) * rank,
        pads,
        lhs_dilation=strides,
        rhs_dilation=dilation,
        dimension_numbers=_dimensions(rank, last),
    )


def _window(pool_size, strides, rank, last):
    window = _each(pool_size, rank)
    strides = window if strides is None else _each(strides, rank)
    if min(*window, *strides) < 1:
        raise ValueError("windows and strides must be positive.")
    if last:
        return (1, *window, 1), (1, *strides, 1)
    return (1, 1, *window), (1, 1, *strides)


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    window, strides = _window(pool_size, strides, inputs.ndim - 2, _is_last(data_format))
    padding = _windows.standardize_padding(padding, "max_pool").upper()
    return _max_pool(inputs, window, strides, padding)


# Windows of up to so many elements are reduced element by element.
_TAPS = 16


@functools.partial(jax.jit, static_argnums=(1, 2, 3), inline=True)
def _max_pool(x, window, strides, padding):
    if padding == "VALID":
        _windows.require_room("max_pool", x.shape, window)
    lowest = -np.inf if jnp.issubdtype(x.dtype, jnp.floating) else jnp.iinfo(x.dtype).min
    lowest = np.asarray(lowest, x.dtype)  # concrete, by which JAX knows the gradient
    if math.prod(window) > _TAPS or not isinstance(x.shape[0], int):
        return jax.lax.reduce_window(x, lowest, jax.lax.max, window, strides, padding)
    # The gradient of a selection goes to one winner, as it should, and is 20 times as fast on
    # the CPU as that of `reduce_window`.
    if padding == "SAME":
        pads = [
            _windows.same_padding(n, k, s) for n, k, s in zip(x.shape, window, strides, strict=True)
        ]
        x = jnp.pad(x, pads, constant_values=lowest)
    places = [(n - k) // s + 1 for n, k, s in zip(x.shape, window, strides, strict=True)]
    taps = [
        x[
            tuple(
                slice(i, i + (n - 1) * s + 1, s)
                for i, n, s in zip(at, places, strides, strict=True)
            )
        ]
        for at in np.ndindex(*window)
    ]
    while len(taps) > 1:
        pairs = zip(taps[::2], taps[1::2], strict=False)
        taps = [_larger(a, b) for a, b in pairs] + taps[len(taps) // 2 * 2 :]
    return taps[0]


def _larger(a, b):
    # The first of equals; not-a-number wins, and is the one that differs from itself.
    return jnp.where((a >= b) | (a != a), a, b)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    window, strides = _window(pool_size, strides, inputs.ndim - 2, _is_last(data_format))
    padding = _windows.standardize_padding(padding, "average_pool").upper()
    return _average_pool(inputs, window, strides, padding)


@functools.partial(jax.jit, static_argnums=(1, 2, 3), inline=True)
def _average_pool(x, window, strides, padding):
    if padding == "VALID":
        _windows.require_room("average_pool", x.shape, window)

    def total(x):
        zero = np.zeros((), x.dtype)
        return jax.lax.reduce_window(x, zero, jax.lax.add, window, strides, padding)

    if padding == "VALID":
        count = 1
        for size in window:
            count *= size
        return total(x) / count
    # The padding is not counted.
    inside = jnp.ones([n if k > 1 else 1 for n, k in zip(x.shape, window, strict=True)], x.dtype)
    return total(x) / total(inside)


def biased_conv(
    inputs, kernel, bias, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """`conv` with a bias a channel; for layers."""
    y = conv(inputs, kernel, strides, padding, data_format, dilation_rate)
    if bias is None:
        return y
    return y + (bias if _is_last(data_format) else bias.reshape(-1, *(1,) * (y.ndim - 2)))
