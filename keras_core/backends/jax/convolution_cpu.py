"""Convolutions on the CPU, written so that XLA's compiler for it makes them fast.

What is fast there was measured with JAX 0.10, on one core:

- Kernels of one element are a product of matrices; gradients take a quarter of the time.
- Depthwise convolutions are a sum over the kernel's elements, 10 to 60 times as fast; so are
  three-dimensional ones, and gradients of those of few channels, as products with patches.
- All others are XLA's own. But its compiler brings the axes of a convolution into the order for
  which it has fast kernels only outside of loops: in a loop, as in fused steps or recurrent
  layers, gradients take 10 to 30 times as long. Here they come in that order.
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.core import windows as _windows

_LETTERS = {1: "W", 2: "HW", 3: "DHW"}

# For so few input channels gradients by patches are faster: images and sequences as they come.
_FEW_CHANNELS = 4
_PATCHES = 12 * 2**20  # bytes of patches, about a cache's
_TAPS = 25  # elements of depthwise kernels: each is a part of the program to compile


def conv(x, kernel, strides, padding, dilation):
    """A convolution of channels that come last, all sizes known.

    Args:
        x: of shape (batch, *spatial, channels).
        kernel: of shape (*window, channels in a group, filters).
        strides: a tuple of ints.
        padding: "SAME" or "VALID".
        dilation: a tuple of ints.
    """
    shape = _windows.conv_shape(
        x.shape, kernel.shape, strides, padding.lower(), "channels_last", dilation
    )
    *window, width, _ = kernel.shape
    channels, taps = x.shape[-1], math.prod(window)
    if channels != width:
        exact = x.dtype.itemsize >= 4  # shorter floats are summed up in longer ones
        if width == 1 and taps <= _TAPS and exact:
            return _depthwise(x, kernel, strides, padding, dilation)
        return general(x, kernel, strides, padding, dilation)
    if taps == 1:
        return _by_patches(x, kernel, strides, padding, dilation)
    if math.prod(shape[:-1]) * taps * channels * x.dtype.itemsize <= _PATCHES:
        if len(window) == 3:
            return _by_patches(x, kernel, strides, padding, dilation)
        if channels <= _FEW_CHANNELS:
            return _small_conv(x, kernel, strides, padding, dilation)
    return ordered(x, kernel, strides, padding, (1,) * len(window), dilation)


def general(x, kernel, strides, padding, dilation):
    """XLA's convolution, with XLA's gradients."""
    letters = _LETTERS[x.ndim - 2]
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding,
        rhs_dilation=dilation,
        dimension_numbers=(f"N{letters}C", f"{letters}IO", f"N{letters}C"),
        feature_group_count=x.shape[-1] // kernel.shape[-2],
    )


@functools.partial(jax.custom_jvp, nondiff_argnums=(2, 3, 4, 5))
def ordered(x, kernel, strides, padding, expansion, dilation):
    """XLA's convolution, in one group, whose gradients are convolutions in the usual order.

    Args:
        x: of shape (batch, *spatial, channels).
        kernel: of shape (*window, channels, filters).
        strides: a tuple of ints.
        padding: "SAME", "VALID", or a tuple of pairs of ints.
        expansion: how far apart the elements of `x` are put first; a tuple of ints.
        dilation: a tuple of ints.
    """
    letters = _LETTERS[x.ndim - 2]
    order = f"N{letters}C", f"{letters}IO", f"N{letters}C"
    return _ordered(x, kernel, strides, padding, expansion, dilation, order)


@ordered.defjvp
def _(strides, padding, expansion, dilation, primals, tangents):
    (x, kernel), (dx, dkernel) = primals, tangents
    y = ordered(x, kernel, strides, padding, expansion, dilation)
    options = strides, padding, expansion, dilation
    letters = _LETTERS[x.ndim - 2]
    # The axes lie so that they are in the usual order when JAX transposes these two, for which it
    # exchanges batch and channels, or input and output channels.
    order = f"N{letters}C", f"{letters}OI", f"N{letters}C"
    along_x = _ordered(dx, jnp.swapaxes(kernel, -1, -2), *options, order)
    order = f"C{letters}N", f"I{letters}O", f"{letters}NC"
    along_kernel = _ordered(jnp.swapaxes(x, 0, -1), jnp.moveaxis(dkernel, -2, 0), *options, order)
    return y, along_x + jnp.moveaxis(along_kernel, -2, 0)


def _ordered(x, kernel, strides, padding, expansion, dilation, order):
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding,
        lhs_dilation=expansion,
        rhs_dilation=dilation,
        dimension_numbers=order,
    )


@functools.partial(jax.custom_jvp, nondiff_argnums=(2, 3, 4))
def _small_conv(x, kernel, strides, padding, dilation):
    """A convolution whose gradients are products of matrices of patches.

    XLA's own are convolutions with windows as large as images, which take twice as long where
    channels are few.
    """
    return general(x, kernel, strides, padding, dilation)


@_small_conv.defjvp
def _(strides, padding, dilation, primals, tangents):
    (x, kernel), (dx, dkernel) = primals, tangents
    # By patches here too, since the gradient needs them anyway.
    y = _by_patches(x, kernel, strides, padding, dilation)
    moved = _by_patches(dx, kernel, strides, padding, dilation)
    return y, moved + _by_patches(x, dkernel, strides, padding, dilation)


def _taps(x, window, strides, padding, dilation):
    """What of `x` meets each of a kernel's elements, by their places."""
    spans = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    if padding == "SAME":
        pads = [
            _windows.same_padding(n, k, s)
            for n, k, s in zip(x.shape[1:-1], spans, strides, strict=True)
        ]
        x = jnp.pad(x, [(0, 0), *pads, (0, 0)])
    places = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:-1], spans, strides, strict=True)]
    for at in np.ndindex(*window):
        spatial = (
            slice(i * d, i * d + max((n - 1) * s + 1, 0), s)
            for i, d, n, s in zip(at, dilation, places, strides, strict=True)
        )
        yield at, x[(slice(None), *spatial)]


def _by_patches(x, kernel, strides, padding, dilation):
    *window, channels, filters = kernel.shape
    taps = [tap for _, tap in _taps(x, window, strides, padding, dilation)]
    patches = taps[0] if len(taps) == 1 else jnp.concatenate(taps, -1)
    rows, columns = math.prod(patches.shape[:-1]), math.prod(window) * channels
    y = patches.reshape(rows, columns) @ kernel.reshape(columns, filters)
    return y.reshape(*patches.shape[:-1], filters)


def _depthwise(x, kernel, strides, padding, dilation):
    *window, _, filters = kernel.shape
    channels = x.shape[-1]
    by_channel = kernel.reshape(*window, channels, filters // channels)
    parts = [
        tap[..., None] * by_channel[at] for at, tap in _taps(x, window, strides, padding, dilation)
    ]
    y = functools.reduce(jnp.add, parts)
    return y.reshape(*y.shape[:-2], filters)
