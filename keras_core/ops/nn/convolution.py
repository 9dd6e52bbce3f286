"""Convolutions of any rank from 1 to 3, and what cuts images into patches and joins them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from keras_core import ops
from keras_core.core import settings, shapes, windows
from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, op

Sizes = int | Sequence[int]


def _conv_shape(inputs: Any, kernel: Any, *rest: Any) -> shapes.Shape:
    return windows.conv_shape(rules.shape_of(inputs), rules.shape_of(kernel), *rest)


@op(shape=_conv_shape, dtype=rules.floating, native_required=True)
def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Convolution over 1, 2 or 3 spatial axes.

    Args:
        inputs: `(batch, *spatial, channels)`, or with channels second.
        kernel: `(*window, channels / groups, filters)`; the number of groups follows.
        strides: an int, or one an axis.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between the window's elements, an int or one an axis.

    Returns:
        A tensor with `filters` channels.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 5, 5, 3))
    >>> keras.ops.conv(x, keras.ops.ones((3, 3, 3, 8)), padding="same").shape[-1]
    8
    """


def _depthwise_shape(inputs: Any, kernel: Any, *rest: Any) -> shapes.Shape:
    return windows.depthwise_shape(rules.shape_of(inputs), rules.shape_of(kernel), *rest)


@op(shape=_depthwise_shape, dtype=rules.floating)
def depthwise_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Convolution of every channel by itself.

    Args:
        inputs: `(batch, *spatial, channels)`, or with channels second.
        kernel: `(*window, channels, multiplier)`.
        strides: an int, or one an axis.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between the window's elements, an int or one an axis.

    Returns:
        A tensor with `channels * multiplier` channels, those of one input channel in a row.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 5, 5, 3))
    >>> keras.ops.depthwise_conv(x, keras.ops.ones((3, 3, 3, 2))).shape[-1]
    6
    """
    *window, channels, multiplier = kernel.shape
    grouped = ops.reshape(kernel, (*window, 1, channels * multiplier))
    return ops.conv(inputs, grouped, strides, padding, data_format, dilation_rate)


def _separable_shape(
    inputs: Any, depthwise_kernel: Any, pointwise_kernel: Any, *rest: Any
) -> shapes.Shape:
    shape = _depthwise_shape(inputs, depthwise_kernel, *rest)
    data_format = settings.standardize_data_format(rest[2] if len(rest) > 2 else None)
    spatial, _ = windows.split_shape(shape, data_format)
    return windows.join_shape(shape[0], spatial, rules.shape_of(pointwise_kernel)[-1], data_format)


@op(shape=_separable_shape, dtype=rules.floating)
def separable_conv(
    inputs: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Depthwise convolution followed by one with a window of size 1 that mixes the channels.

    Args:
        inputs: `(batch, *spatial, channels)`, or with channels second.
        depthwise_kernel: `(*window, channels, multiplier)`.
        pointwise_kernel: `(1, ..., channels * multiplier, filters)`.
        strides: of the depthwise part, an int, or one an axis.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: of the depthwise part.

    Returns:
        A tensor with `filters` channels.

    Raises:
        ValueError: if the shapes do not fit.

    Reference:
        Chollet, 2017, https://arxiv.org/abs/1610.02357

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 5, 5, 3))
    >>> w, p = keras.ops.ones((3, 3, 3, 2)), keras.ops.ones((1, 1, 6, 4))
    >>> keras.ops.separable_conv(x, w, p).shape[-1]
    4
    """
    deep = ops.depthwise_conv(
        inputs, depthwise_kernel, strides, padding, data_format, dilation_rate
    )
    return ops.conv(deep, pointwise_kernel, 1, "valid", data_format)


def _transpose_shape(inputs: Any, kernel: Any, *rest: Any) -> shapes.Shape:
    return windows.transposed_shape(rules.shape_of(inputs), rules.shape_of(kernel), *rest)


@op(shape=_transpose_shape, dtype=rules.floating, native_required=True)
def conv_transpose(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Sizes | None = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Transposed convolution: what the gradient of a convolution is to its input.

    Args:
        inputs: `(batch, *spatial, channels)`, or with channels second.
        kernel: `(*window, filters, channels)`.
        strides: an int, or one an axis.
        padding: "valid", or "same": `size * stride` elements come out.
        output_padding: how many elements are appended to the result, below the strides; None
            for what undoes a convolution.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between the window's elements, an int or one an axis.

    Returns:
        A tensor with `filters` channels.

    Raises:
        ValueError: if the shapes do not fit.

    Reference:
        Dumoulin and Visin, 2016, https://arxiv.org/abs/1603.07285

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 4, 3))
    >>> tuple(keras.ops.conv_transpose(x, keras.ops.ones((3, 2, 3)), 2, "same").shape)
    (1, 8, 2)
    """


# Patches and blocks ----------------------------------------------------------------------


def _pair(value: Any, owner: str, name: str, least: int = 1) -> tuple[int, int]:
    found = tuple(value) if isinstance(value, Iterable) else (value, value)
    if len(found) != 2 or any(int(v) != v or v < least for v in found):
        raise ValueError(
            f"{owner}: {name} must be an int of at least {least} or two of them. "
            f"Received: {name}={value!r}"
        )
    return int(found[0]), int(found[1])


def _places(size: int | None, k: int, d: int, p: int, s: int) -> int | None:
    return None if size is None else (size + 2 * p - d * (k - 1) - 1) // s + 1


def _unfold_shape(
    x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> shapes.Shape:
    shape = rules.shape_of(x)
    if len(shape) != 4:
        raise ValueError(
            f"unfold: x must have shape (batch, channels, height, width). Received: {shape}"
        )
    k, d = (
        _pair(kernel_size, "unfold", "kernel_size"),
        _pair(dilation, "unfold", "dilation"),
    )
    p, s = _pair(padding, "unfold", "padding", 0), _pair(stride, "unfold", "stride")
    count = shapes.size([_places(shape[2 + i], k[i], d[i], p[i], s[i]) for i in (0, 1)])
    return (shape[0], shapes.size((shape[1], *k)), count)


@op(shape=_unfold_shape, dtype=rules.keep)
def unfold(
    x: TensorLike,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Sliding windows of images as columns.

    Args:
        x: `(batch, channels, height, width)`.
        kernel_size: the window's size, an int or two.
        dilation: the distance between the window's elements.
        padding: how many zeros go on either side.
        stride: the windows' distance.

    Returns:
        `(batch, channels * window, number of windows)`.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.unfold(keras.ops.ones((1, 3, 4, 4)), 2).shape)
    (1, 12, 9)
    """
    _unfold_shape(x, kernel_size, dilation, padding, stride)
    (kh, kw), (dh, dw) = _pair(kernel_size, "", ""), _pair(dilation, "", "")
    (ph, pw), (sh, sw) = _pair(padding, "", "", 0), _pair(stride, "", "")
    x = ops.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    b, c, h, w = ops.shape(x)
    oh, ow = (h - dh * (kh - 1) - 1) // sh + 1, (w - dw * (kw - 1) - 1) // sw + 1
    taps = [
        x[
            :,
            :,
            i * dh : i * dh + (oh - 1) * sh + 1 : sh,
            j * dw : j * dw + (ow - 1) * sw + 1 : sw,
        ]
        for i in range(kh)
        for j in range(kw)
    ]
    return ops.reshape(ops.stack(taps, axis=2), (b, c * kh * kw, oh * ow))


def _fold_shape(
    x: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> shapes.Shape:
    shape = rules.shape_of(x)
    k, d = (
        _pair(kernel_size, "fold", "kernel_size"),
        _pair(dilation, "fold", "dilation"),
    )
    p, s = _pair(padding, "fold", "padding", 0), _pair(stride, "fold", "stride")
    size = _pair(output_size, "fold", "output_size")
    if len(shape) != 3 or (shape[1] is not None and shape[1] % (k[0] * k[1])):
        raise ValueError(
            "fold: x must have shape (batch, channels * window, number of windows) with a window "
            f"of {k}. Received: {shape}"
        )
    places = [_places(size[i], k[i], d[i], p[i], s[i]) for i in (0, 1)]
    if shape[2] is not None and shapes.size(places) != shape[2]:
        raise ValueError(
            f"fold: x must hold {shapes.size(places)} windows for these sizes. Received: {shape}"
        )
    return (shape[0], None if shape[1] is None else shape[1] // (k[0] * k[1]), *size)


@op(shape=_fold_shape, dtype=rules.keep)
def fold(
    x: TensorLike,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Images as sums of overlapping windows: the transpose of `unfold`.

    Args:
        x: `(batch, channels * window, number of windows)`.
        output_size: the images' height and width.
        kernel_size: the window's size, an int or two.
        dilation: the distance between the window's elements.
        padding: how many zeros `unfold` would put on either side.
        stride: the windows' distance.

    Returns:
        `(batch, channels, height, width)`.

    Raises:
        ValueError: if the sizes do not fit.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.fold(keras.ops.ones((1, 12, 9)), 4, 2).shape)
    (1, 3, 4, 4)
    """
    _, channels, height, width = _fold_shape(x, output_size, kernel_size, dilation, padding, stride)
    (kh, kw), (dh, dw) = _pair(kernel_size, "", ""), _pair(dilation, "", "")
    (ph, pw), (sh, sw) = _pair(padding, "", "", 0), _pair(stride, "", "")
    full = height + 2 * ph, width + 2 * pw  # pyright: ignore[reportOptionalOperand]
    oh, ow = (
        (full[0] - dh * (kh - 1) - 1) // sh + 1,
        (full[1] - dw * (kw - 1) - 1) // sw + 1,
    )
    batch = ops.shape(x)[0]
    taps = ops.reshape(x, (batch, channels, kh * kw, oh, ow))  # pyright: ignore[reportArgumentType]
    tall, wide = (oh - 1) * sh + 1, (ow - 1) * sw + 1
    if sh > 1 or sw > 1:  # zeros between the windows' places
        taps = ops.reshape(taps, (batch, channels, kh * kw, oh, 1, ow, 1))  # pyright: ignore[reportArgumentType]
        gaps = ((0, 0),) * 4 + ((0, sh - 1), (0, 0), (0, sw - 1))
        taps = ops.reshape(ops.pad(taps, gaps), (batch, channels, kh * kw, oh * sh, ow * sw))  # pyright: ignore[reportArgumentType]
        taps = taps[:, :, :, :tall, :wide]
    total = None
    for i in range(kh):
        for j in range(kw):
            below, right = full[0] - tall - i * dh, full[1] - wide - j * dw
            around = ((0, 0), (0, 0), (i * dh, below), (j * dw, right))
            part = ops.pad(taps[:, :, i * kw + j], around)
            total = part if total is None else ops.add(total, part)
    return total[:, :, ph : full[0] - ph, pw : full[1] - pw]  # pyright: ignore[reportOptionalSubscript]


def _blocks(
    owner: str, x: Any, block_size: Any, data_format: str
) -> tuple[shapes.Shape, shapes.Shape, int | None, str]:
    shape = rules.shape_of(x)
    data_format = settings.standardize_data_format(data_format)
    if len(shape) != 4 or not isinstance(block_size, int) or block_size < 2:
        raise ValueError(
            f"{owner}: x must have rank 4 and block_size must be an int of at least 2. Received: "
            f"x of shape {shape}, block_size={block_size!r}"
        )
    return shape, *windows.split_shape(shape, data_format), data_format


def _depth_to_space_shape(
    x: Any, block_size: int, data_format: str = "channels_last"
) -> shapes.Shape:
    shape, spatial, channels, data_format = _blocks("depth_to_space", x, block_size, data_format)
    if channels is not None and channels % block_size**2:
        raise ValueError(
            f"depth_to_space: the channels must be a multiple of block_size^2. Received: x of "
            f"shape {shape}, block_size={block_size}"
        )
    larger = [None if n is None else n * block_size for n in spatial]
    return windows.join_shape(
        shape[0],
        larger,
        None if channels is None else channels // block_size**2,
        data_format,
    )


@op(shape=_depth_to_space_shape, dtype=rules.keep)
def depth_to_space(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Move blocks of channels to blocks of pixels.

    A block's channels lie together with "channels_last" (block, then channel), and apart with
    "channels_first" (channel, then block), as torch's pixel shuffle has them.

    Args:
        x: a batch of images whose channels are a multiple of `block_size` squared.
        block_size: the blocks' height and width.
        data_format: "channels_last" or "channels_first".

    Returns:
        Images that are `block_size` times as high and wide.

    Raises:
        ValueError: if the channels do not divide.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.depth_to_space(keras.ops.ones((1, 2, 2, 12)), 2).shape)
    (1, 4, 4, 3)
    """
    _depth_to_space_shape(x, block_size, data_format)
    n, data_format = block_size, settings.standardize_data_format(data_format)
    if data_format == "channels_last":
        b, h, w, c = ops.shape(x)
        x = ops.transpose(ops.reshape(x, (b, h, w, n, n, c // n**2)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (b, h * n, w * n, c // n**2))
    b, c, h, w = ops.shape(x)
    x = ops.transpose(ops.reshape(x, (b, c // n**2, n, n, h, w)), (0, 1, 4, 2, 5, 3))
    return ops.reshape(x, (b, c // n**2, h * n, w * n))


def _space_to_depth_shape(
    x: Any, block_size: int, data_format: str = "channels_last"
) -> shapes.Shape:
    shape, spatial, channels, data_format = _blocks("space_to_depth", x, block_size, data_format)
    if any(n is not None and n % block_size for n in spatial):
        raise ValueError(
            "space_to_depth: height and width must be multiples of block_size. Received: x of "
            f"shape {shape}, block_size={block_size}"
        )
    smaller = [None if n is None else n // block_size for n in spatial]
    return windows.join_shape(
        shape[0],
        smaller,
        None if channels is None else channels * block_size**2,
        data_format,
    )


@op(shape=_space_to_depth_shape, dtype=rules.keep)
def space_to_depth(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Move blocks of pixels to blocks of channels: the inverse of `depth_to_space`.

    Args:
        x: a batch of images whose height and width are multiples of `block_size`.
        block_size: the blocks' height and width.
        data_format: "channels_last" or "channels_first".

    Returns:
        Images with `block_size` squared times as many channels.

    Raises:
        ValueError: if the sizes do not divide.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.space_to_depth(keras.ops.ones((1, 4, 4, 3)), 2).shape)
    (1, 2, 2, 12)
    """
    _space_to_depth_shape(x, block_size, data_format)
    n, data_format = block_size, settings.standardize_data_format(data_format)
    if data_format == "channels_last":
        b, h, w, c = ops.shape(x)
        x = ops.transpose(ops.reshape(x, (b, h // n, n, w // n, n, c)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (b, h // n, w // n, c * n**2))
    b, c, h, w = ops.shape(x)
    x = ops.transpose(ops.reshape(x, (b, c, h // n, n, w // n, n)), (0, 1, 3, 5, 2, 4))
    return ops.reshape(x, (b, c * n**2, h // n, w // n))
