"""Native convolutions and poolings of TensorFlow.

Its kernels for the CPU want channels last: other tensors are transposed there and back.
"""

from __future__ import annotations

import functools

import tensorflow as tf

from keras_core.backends.tensorflow import arrays as _arrays
from keras_core.core import settings as _settings
from keras_core.core import windows as _windows

VIA = {"max_pool": {"bool": "uint8", "uint32": "int64", "uint64": None}}


def _is_last(data_format):
    return _settings.standardize_data_format(data_format) == "channels_last"


_TO_LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}
_TO_FIRST = {3: (0, 2, 1), 4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}


def _to_last(x, data_format):
    return x if _is_last(data_format) else tf.transpose(x, _TO_LAST[x.shape.rank])


def _from_last(x, data_format):
    return x if _is_last(data_format) else tf.transpose(x, _TO_FIRST[x.shape.rank])


def _static(x):
    return tuple(x.shape.as_list())


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    data_format = _settings.standardize_data_format(data_format)
    y = _conv_to_last(inputs, kernel, strides, padding, data_format, dilation_rate)
    return _from_last(y, data_format)


_conv_shape = functools.lru_cache(256)(_windows.conv_shape)
_depthwise_shape = functools.lru_cache(256)(_windows.depthwise_shape)


def _conv_to_last(inputs, kernel, strides, padding, data_format, dilation_rate):
    """The convolution with its channels last, whatever the format of the inputs."""
    given = _static(inputs), _static(kernel), strides, padding, data_format, dilation_rate
    plain = type(strides) is int is type(dilation_rate) and data_format is not None
    shape = (_conv_shape if plain else _windows.conv_shape)(*given)
    if shape[0] == 0:  # for which oneDNN's kernel gives the shape of the input
        return _to_last(tf.zeros(shape, inputs.dtype), data_format)
    rank = kernel.shape.rank - 2
    x = _to_last(inputs, data_format)
    strides, dilation = _windows.each(strides, rank), _windows.each(dilation_rate, rank)
    return _grouped(x, kernel, strides, padding.upper(), dilation)


def _grouped(x, kernel, strides, padding, dilation):
    if None in kernel.shape.as_list():  # only the kernels tell how many groups there are
        return tf.nn.convolution(x, kernel, strides, padding, dilations=dilation)
    groups = 1 if x.shape[-1] is None else x.shape[-1] // kernel.shape[-2]
    if groups == 1:
        return _conv(x, kernel, strides, padding, dilation)
    if kernel.shape[-2] == 1:
        *window, _, filters = kernel.shape
        deep = tf.reshape(kernel, (*window, groups, filters // groups))
        return _depthwise(x, deep, strides, padding, dilation)
    # The CPU has no kernel for groups' gradients.
    parts = zip(tf.split(x, groups, -1), tf.split(kernel, groups, -1), strict=True)
    return tf.concat([_conv(a, b, strides, padding, dilation) for a, b in parts], -1)


def _conv(x, kernel, strides, padding, dilation):
    if any(d > 1 for d in dilation):
        if any(s > 1 for s in strides):
            # What a stride skips is thrown away, for want of a kernel that does both.
            x, padding = _pad_same(x, kernel, strides, padding, dilation)
            y = tf.nn.convolution(x, kernel, 1, padding, dilations=dilation)
            return y[(slice(None), *(slice(None, None, s) for s in strides))]
        return tf.nn.convolution(x, kernel, 1, padding, dilations=dilation)
    if len(strides) == 1:
        # As an image of height 1.
        y = tf.nn.conv2d(x[:, None], kernel[None], (1, *strides), padding)
        return tf.squeeze(y, 1)
    if len(strides) == 2:  # the kernel itself: what stands before it takes as long as a small one
        return tf.raw_ops.Conv2D(input=x, filter=kernel, strides=[1, *strides, 1], padding=padding)
    return tf.nn.conv3d(x, kernel, (1, *strides, 1), padding)


def _pad_same(x, kernel, strides, padding, dilation):
    """`x` padded as "same" wants it for these strides; (x, "VALID")."""
    if padding == "SAME":
        pads = []
        sizes = tf.shape(x)
        for i, (s, d) in enumerate(zip(strides, dilation, strict=True)):
            length = kernel.shape[i] if kernel.shape[i] is not None else tf.shape(kernel)[i]
            window = (length - 1) * d + 1
            size = x.shape[i + 1] if x.shape[i + 1] is not None else sizes[i + 1]
            total = (-(-size // s) - 1) * s + window - size
            total = max(total, 0) if isinstance(total, int) else tf.maximum(total, 0)
            pads.append((total // 2, total - total // 2))
        x = tf.pad(x, [(0, 0), *pads, (0, 0)])
    return x, "VALID"


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    data_format = _settings.standardize_data_format(data_format)
    given = _static(inputs), _static(kernel), strides, padding, data_format, dilation_rate
    plain = type(strides) is int is type(dilation_rate)
    shape = (_depthwise_shape if plain else _windows.depthwise_shape)(*given)
    if shape[0] == 0:  # as for conv
        return tf.zeros(shape, inputs.dtype)
    rank = kernel.shape.rank - 2
    x = _to_last(inputs, data_format)
    strides, dilation = _windows.each(strides, rank), _windows.each(dilation_rate, rank)
    return _from_last(_depthwise(x, kernel, strides, padding.upper(), dilation), data_format)


def _depthwise(x, kernel, strides, padding, dilation):
    """By the kernel for images where it can: it wants equal strides."""
    rank = len(strides)
    if rank == 3:
        channels, multiplier = kernel.shape[-2:]
        parts = zip(tf.split(x, channels, -1), tf.split(kernel, channels, -2), strict=True)
        return tf.concat([_conv(a, b, strides, padding, dilation) for a, b in parts], -1)
    if rank == 1:
        x, kernel = x[:, None], kernel[None]
        if padding == "SAME":  # on the axis that is there, so that strides can be equal
            x, padding = _pad_same(x, kernel, (1, *strides), padding, (1, *dilation))
        y = (
            tf.nn.depthwise_conv2d(
                x,
                kernel,
                (1, strides[0], strides[0], 1),
                padding,
                dilations=(1, dilation[0]),
            )
            if max(dilation) == 1 or strides[0] == 1
            else _strided_after(x, kernel, (1, *strides), padding, (1, *dilation))
        )
        return tf.squeeze(y, 1)
    if strides[0] == strides[1] and max(dilation) == 1:
        return tf.raw_ops.DepthwiseConv2dNative(
            input=x, filter=kernel, strides=[1, *strides, 1], padding=padding
        )
    if strides[0] == strides[1] == 1:
        return tf.nn.depthwise_conv2d(x, kernel, (1, *strides, 1), padding, dilations=dilation)
    return _strided_after(x, kernel, strides, padding, dilation)


def _strided_after(x, kernel, strides, padding, dilation):
    x, padding = _pad_same(x, kernel, strides, padding, dilation)
    y = tf.nn.depthwise_conv2d(x, kernel, (1, 1, 1, 1), padding, dilations=dilation)
    return y[:, :: strides[0], :: strides[1]]


def conv_transpose(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format=None,
    dilation_rate=1,
):
    _windows.transposed_shape(
        _static(inputs),
        _static(kernel),
        strides,
        padding,
        output_padding,
        data_format,
        dilation_rate,
    )
    rank = kernel.shape.rank - 2
    x = _to_last(inputs, data_format)
    strides, dilation = _windows.each(strides, rank), _windows.each(dilation_rate, rank)
    window = [(kernel.shape[i] - 1) * dilation[i] + 1 for i in range(rank)]
    extra = _windows.output_paddings(output_padding, rank)
    crops = [
        _windows.transposed_crop(k, s, padding.lower(), e)
        for k, s, e in zip(window, strides, extra, strict=True)
    ]
    if any(d > 1 for d in dilation):
        y = _zero_filled(x, strides)
        flipped = tf.reverse(kernel, list(range(rank)))
        flipped = tf.transpose(flipped, [*range(rank), rank + 1, rank])
        y = tf.pad(y, [(0, 0), *((k - 1, k - 1) for k in window), (0, 0)])
        y = tf.nn.convolution(y, flipped, 1, "VALID", dilations=dilation)
    else:
        batch, *spatial = _arrays.shape(x)[:-1]
        pads = "VALID"
        if all(c == _same_crop(k, s) for c, k, s in zip(crops, window, strides, strict=True)):
            # What "same" cuts off in the other direction: the kernel need not compute it.
            pads, crops = "SAME", [(0, 0)] * rank
            full = [n * s for n, s in zip(spatial, strides, strict=True)]
        else:
            full = [(n - 1) * s + k for n, s, k in zip(spatial, strides, window, strict=True)]
        y = _backwards(x, kernel, [batch, *full, kernel.shape[-2]], strides, pads)
    if any(back < 0 for _, back in crops):
        y = tf.pad(y, [(0, 0), *((0, max(0, -back)) for _, back in crops), (0, 0)])
    if any(front > 0 or back > 0 for front, back in crops):
        cut = tuple(slice(front, -back if back > 0 else None) for front, back in crops)
        y = y[(slice(None), *cut)]
    return _from_last(y, data_format)


def _same_crop(window, stride):
    """What a convolution with padding "same" pads an input of a multiple of the stride with."""
    return _windows.same_padding(stride, window, stride)


def _backwards(x, kernel, shape, strides, padding):
    """A convolution's gradient for an input of this shape."""
    if len(strides) == 3:
        return tf.nn.conv3d_transpose(x, kernel, shape, (1, *strides, 1), padding)
    if len(strides) == 1:
        y = _backwards(x[:, None], kernel[None], [shape[0], 1, *shape[1:]], (1, *strides), padding)
        return tf.squeeze(y, 1)
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=_arrays.ints(shape),
        filter=kernel,
        out_backprop=x,
        strides=[1, *strides, 1],
        padding=padding,
    )


def _zero_filled(x, strides):
    """`x` (channels last) with `stride - 1` zeros between its elements."""
    for axis, stride in enumerate(strides, 1):
        if stride > 1:
            gap = tf.expand_dims(x, axis + 1)
            pads = [(0, 0)] * gap.shape.rank
            pads[axis + 1] = (0, stride - 1)
            sizes = tf.shape(x)
            shape = [sizes[i] * stride if i == axis else sizes[i] for i in range(x.shape.rank)]
            static = x.shape.as_list()
            x = tf.reshape(tf.pad(gap, pads), shape)
            static[axis] = None if static[axis] is None else static[axis] * stride
            x.set_shape(static)
            x = x[(slice(None),) * axis + (slice(None, 1 - stride),)]
    return x


def _pooled(kind, inputs, pool_size, strides, padding, data_format):
    rank = inputs.shape.rank - 2
    window = _windows.each(pool_size, rank)
    strides = window if strides is None else _windows.each(strides, rank)
    padding = _windows.standardize_padding(padding, f"{kind.lower()}_pool").upper()
    x = _to_last(inputs, data_format)
    if padding == "VALID":
        # Where it does not fit, a kernel may end the process, or give no elements.
        owner = "max_pool" if kind == "MAX" else "average_pool"
        _windows.require_room(owner, x.shape.as_list()[1:-1], window)
    if rank == 2:  # the kernel itself: what stands before it takes as long as a small one
        sizes = {"ksize": [1, *window, 1], "strides": [1, *strides, 1], "padding": padding}
        if kind == "MAX":
            return _from_last(tf.raw_ops.MaxPool(input=x, **sizes), data_format)
        return _from_last(tf.raw_ops.AvgPool(value=x, **sizes), data_format)
    if kind == "MAX":
        function = {1: tf.nn.max_pool1d, 3: tf.nn.max_pool3d}[rank]
    else:
        function = {1: tf.nn.avg_pool1d, 3: tf.nn.avg_pool3d}[rank]
    if rank == 3 and x.dtype == tf.float16:  # for which there is no kernel on CPUs
        y = tf.cast(function(tf.cast(x, tf.float32), window, strides, padding), tf.float16)
    elif rank == 3 and x.dtype == tf.float64:  # nor for this one
        y = _pooled_in_turn(kind, x, window, strides, padding)
    else:
        y = function(x, window, strides, padding)
    return _from_last(y, data_format)


def _pooled_in_turn(kind, x, window, strides, padding):
    """Pooling of three axes as pooling of two and then of the first.

    Windows are products of ranges, padded or not, so that their means are means of means.
    """
    function = tf.nn.max_pool2d if kind == "MAX" else tf.nn.avg_pool2d
    batch, depth, _, _, channels = tf.unstack(tf.shape(x))
    y = tf.reshape(x, tf.concat([[batch * depth], tf.shape(x)[2:]], 0))
    y = function(y, window[1:], strides[1:], padding)
    _, height, width, _ = tf.unstack(tf.shape(y))
    y = tf.reshape(y, tf.stack([batch, depth, height * width, channels]))
    y = function(y, (window[0], 1), (strides[0], 1), padding)
    y = tf.reshape(y, tf.stack([batch, tf.shape(y)[1], height, width, channels]))
    each = zip(x.shape.as_list()[1:-1], window, strides, strict=True)
    sizes = [_windows.output_length(*sizes, padding.lower()) for sizes in each]
    return tf.ensure_shape(y, (x.shape[0], *sizes, x.shape[-1]))


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    return _pooled("MAX", inputs, pool_size, strides, padding, data_format)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    return _pooled("AVG", inputs, pool_size, strides, padding, data_format)


def biased_conv(
    inputs, kernel, bias, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """`conv` with a bias a channel; for layers."""
    y = _conv_to_last(inputs, kernel, strides, padding, data_format, dilation_rate)
    if bias is not None:
        # Before the channels move: LiteRT's converter takes biases of other axes for images only.
        y = tf.nn.bias_add(y, bias)
    return _from_last(y, data_format)
