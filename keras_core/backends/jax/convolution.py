"""Native convolutions and poolings of JAX."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.core import settings as _settings
from keras_core.core import windows as _windows

_LETTERS = {1: "W", 2: "HW", 3: "DHW"}


def _each(value, rank):
    if value.__class__ is int:
        return (value,) * rank
    return tuple(value) if len(value) == rank else tuple(value) * rank


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
    if (
        kernel.ndim != inputs.ndim
        or not 1 <= rank <= 3
        or channels % (kernel.shape[-2] or 1)
    ):
        _windows.conv_shape(
            inputs.shape, kernel.shape, strides, padding, data_format, dilation_rate
        )
    padding = _windows.standardize_padding(padding, "conv").upper()
    strides, dilation = _each(strides, rank), _each(dilation_rate, rank)
    try:
        return _conv(inputs, kernel, strides, padding, last, dilation)
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


@functools.partial(jax.jit, static_argnums=(2, 3, 4, 5), inline=True)
def _conv(x, kernel, strides, padding, last, dilation):
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


def depthwise_conv(
    inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1
):
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
    spatial, _ = _windows.split_shape(
        inputs.shape, "channels_last" if last else "channels_first"
    )
    out, _ = _windows.split_shape(shape, "channels_last" if last else "channels_first")
    pads = []
    for i, extra in enumerate(_windows.output_paddings(output_padding, rank)):
        window = (kernel.shape[i] - 1) * dilation[i] + 1
        before, _ = _windows.transposed_crop(window, strides[i], padding.lower(), extra)
        low = window - 1 - before
        pads.append(
            (low, out[i] + window - 1 - ((spatial[i] - 1) * strides[i] + 1) - low)
        )
    return _transposed(inputs, kernel, strides, tuple(pads), last, dilation)


@functools.partial(jax.jit, static_argnums=(2, 3, 4, 5), inline=True)
def _transposed(x, kernel, strides, pads, last, dilation):
    rank = x.ndim - 2
    kernel = jnp.swapaxes(jnp.flip(kernel, range(rank)), -1, -2)
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
    if last:
        return (1, *window, 1), (1, *strides, 1)
    return (1, 1, *window), (1, 1, *strides)


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    window, strides = _window(
        pool_size, strides, inputs.ndim - 2, _is_last(data_format)
    )
    padding = _windows.standardize_padding(padding, "max_pool").upper()
    return _max_pool(inputs, window, strides, padding)


@functools.partial(jax.jit, static_argnums=(1, 2, 3), inline=True)
def _max_pool(x, window, strides, padding):
    lowest = (
        -np.inf if jnp.issubdtype(x.dtype, jnp.floating) else jnp.iinfo(x.dtype).min
    )
    lowest = np.asarray(lowest, x.dtype)  # concrete, by which JAX knows the gradient
    return jax.lax.reduce_window(x, lowest, jax.lax.max, window, strides, padding)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    window, strides = _window(
        pool_size, strides, inputs.ndim - 2, _is_last(data_format)
    )
    padding = _windows.standardize_padding(padding, "average_pool").upper()
    return _average_pool(inputs, window, strides, padding)


@functools.partial(jax.jit, static_argnums=(1, 2, 3), inline=True)
def _average_pool(x, window, strides, padding):
    def total(x):
        zero = np.zeros((), x.dtype)
        return jax.lax.reduce_window(x, zero, jax.lax.add, window, strides, padding)

    if padding == "VALID":
        count = 1
        for size in window:
            count *= size
        return total(x) / count
    # The padding is not counted.
    inside = jnp.ones(
        [n if k > 1 else 1 for n, k in zip(x.shape, window, strict=True)], x.dtype
    )
    return total(x) / total(inside)


def biased_conv(
    inputs, kernel, bias, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """`conv` with a bias a channel; for layers."""
    y = conv(inputs, kernel, strides, padding, data_format, dilation_rate)
    if bias is None:
        return y
    return y + (bias if _is_last(data_format) else bias.reshape(-1, *(1,) * (y.ndim - 2)))
