"""Geometry of sliding windows: what convolutions and poolings give for which shapes.

Windows are dilated already: `(kernel size - 1) * dilation + 1`. Sizes may be None (unknown).
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

from keras_core.core import settings
from keras_core.core.shapes import Shape


def _counts(value: Any) -> bool:
    """Whether a value is a whole number from 1 on, of any type of numbers, below 2**63."""
    if type(value) is int:
        return 1 <= value < 2**63
    return (
        isinstance(value, Real)
        and type(value) is not bool
        and 1 <= float(value) < 2**63
        and float(value).is_integer()
    )


def sizes(value: Any, rank: int, owner: str, name: str) -> tuple[int, ...]:
    """An int, or one a spatial axis, as a tuple of positive ints.

    Raises:
        ValueError: if there are not as many as axes, or one is not positive.
    """
    if value.__class__ is int and value >= 1:
        return (value,) * rank
    one = isinstance(value, (str, bytes)) or not isinstance(value, Iterable)
    found: tuple[Any, ...] = (value,) if one else tuple(value)
    if len(found) == 1:
        found *= rank
    if len(found) != rank or not all(map(_counts, found)):
        raise ValueError(
            f"{owner}: {name} must be a positive int or {rank} of them. Received: {name}={value!r}"
        )
    return tuple(int(v) for v in found)


def each(value: Any, rank: int) -> tuple[int, ...]:
    """As `sizes`, for values that the caller checks: TypeError or ValueError tells it to."""
    if value.__class__ is int:
        return (value,) * rank
    found = tuple(value) if isinstance(value, Iterable) else (operator.index(value),)
    if len(found) == rank:
        return found
    if len(found) != 1:
        raise ValueError(f"There must be 1 or {rank} of them. Received: {value}")
    return found * rank


def standardize_padding(padding: Any, owner: str) -> str:
    """`padding` in lower case; ValueError if it is not "valid" or "same"."""
    if padding.__class__ is str and padding in ("valid", "same"):
        return padding
    name = padding.lower() if isinstance(padding, str) else padding
    if not isinstance(name, str) or name not in ("valid", "same"):
        raise ValueError(f"{owner}: padding must be 'valid' or 'same'. Received: {padding!r}")
    return name


def output_length(size: int | None, window: int | None, stride: int, padding: str) -> int | None:
    """How many places a window has along an axis."""
    if size is None:
        return None
    if padding == "same":
        return -(-size // stride)
    if window is None:
        return None
    return max(0, (size - window) // stride + 1)


def same_padding(size: Any, window: int, stride: int) -> tuple[int, int]:
    """The zeros in front and behind that make `ceil(size / stride)` places."""
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def split_shape(shape: Sequence[Any], data_format: str) -> tuple[tuple[Any, ...], Any]:
    """Spatial sizes and the number of channels."""
    if data_format == "channels_last":
        return tuple(shape[1:-1]), shape[-1]
    return tuple(shape[2:]), shape[1]


def join_shape(batch: Any, spatial: Sequence[Any], channels: Any, data_format: str) -> Shape:
    """The shape of a batch from its parts."""
    if data_format == "channels_last":
        return (batch, *spatial, channels)
    return (batch, channels, *spatial)


def slide(
    owner: str,
    shape: Shape,
    window: Sequence[int | None],
    strides: Any,
    padding: Any,
    data_format: Any,
    dilation: Any = 1,
) -> tuple[tuple[int | None, ...], int | None, str]:
    """The result's spatial sizes, the input's channels, and the data format.

    Raises:
        ValueError: if anything does not fit.
    """
    data_format = settings.standardize_data_format(data_format)
    rank = len(shape) - 2
    if not 1 <= rank <= 3 or len(window) != rank:
        raise ValueError(
            f"{owner}: inputs must have rank 3, 4 or 5, and the window as many axes as they have "
            f"spatial ones. Received: inputs of shape {shape}, a window of {tuple(window)}"
        )
    require_window(owner, window)
    padding = standardize_padding(padding, owner)
    strides = sizes(strides, rank, owner, "strides")
    dilation = sizes(dilation, rank, owner, "dilation_rate")
    spatial, channels = split_shape(shape, data_format)
    out = []
    for size, k, s, d in zip(spatial, window, strides, dilation, strict=True):
        length = output_length(size, None if k is None else (k - 1) * d + 1, s, padding)
        if length == 0 and size != 0:
            raise ValueError(
                f"{owner}: inputs must be at least as large as the window (size {tuple(window)}, "
                f"dilation {dilation}) with padding='valid'. Received: inputs of shape {shape}"
            )
        out.append(length)
    return tuple(out), channels, data_format


def require_window(owner: str, window: Sequence[Any]) -> None:
    """Refuse a kernel without elements: frameworks give zeros for it, or crash."""
    if 0 in window:
        raise ValueError(
            f"{owner}: the kernel's window must have a size of at least 1 on each axis. Received: "
            f"a window of {tuple(window)}"
        )


def require_room(owner: str, shape: Sequence[Any], window: Sequence[int]) -> None:
    """Refuse a window larger than what it slides over with padding "valid", axis by axis.

    Raises:
        ValueError: on an axis of known size; of none, nothing comes out.
    """
    for size, k in zip(shape, window, strict=True):
        if isinstance(size, int) and 0 < size < k:
            raise ValueError(
                f"{owner}: inputs must be at least as large as the window (size {tuple(window)}) "
                f"with padding='valid'. Received: inputs of shape {tuple(shape)}"
            )


def conv_shape(
    shape: Shape,
    kernel: Shape,
    strides: Any = 1,
    padding: Any = "valid",
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Shape:
    """The shape of a convolution; ValueError if anything does not fit."""
    spatial, channels, data_format = slide(
        "conv",
        shape,
        kernel[:-2],
        strides,
        padding,
        data_format,
        dilation_rate,
    )
    inner, filters = kernel[-2:]
    known = None not in (channels, inner, filters)
    if known and (not inner or channels % inner or not channels or filters % (channels // inner)):  # type: ignore[operator]
        raise ValueError(
            "conv: the inputs' channels must be a multiple of the kernel's, and the filters a "
            f"multiple of the groups. Received: inputs of shape {shape}, kernel of shape {kernel}"
        )
    return join_shape(shape[0], spatial, filters, data_format)


def depthwise_shape(
    shape: Shape,
    kernel: Shape,
    strides: Any = 1,
    padding: Any = "valid",
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Shape:
    """The shape of a depthwise convolution; ValueError if anything does not fit."""
    spatial, channels, data_format = slide(
        "depthwise_conv",
        shape,
        kernel[:-2],
        strides,
        padding,
        data_format,
        dilation_rate,
    )
    inner, multiplier = kernel[-2:]
    if None not in (channels, inner) and channels != inner:
        raise ValueError(
            "depthwise_conv: the kernel must have as many channels as the inputs. Received: "
            f"inputs of shape {shape}, kernel of shape {kernel}"
        )
    filters = None if inner is None or multiplier is None else inner * multiplier
    return join_shape(shape[0], spatial, filters, data_format)


def transposed_shape(
    shape: Shape,
    kernel: Shape,
    strides: Any = 1,
    padding: Any = "valid",
    output_padding: Any = None,
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Shape:
    """The shape of a transposed convolution; ValueError if anything does not fit."""
    owner = "conv_transpose"
    data_format = settings.standardize_data_format(data_format)
    rank = len(shape) - 2
    if not 1 <= rank <= 3 or len(kernel) != rank + 2:
        raise ValueError(
            f"{owner}: inputs must have rank 3, 4 or 5, the kernel the same. Received: inputs of "
            f"shape {shape}, kernel of shape {kernel}"
        )
    require_window(owner, kernel[:-2])
    padding = standardize_padding(padding, owner)
    strides = sizes(strides, rank, owner, "strides")
    dilation = sizes(dilation_rate, rank, owner, "dilation_rate")
    spatial, channels = split_shape(shape, data_format)
    if channels is not None and channels != kernel[-1]:
        raise ValueError(
            f"{owner}: the kernel's last axis must be the inputs' channels. Received: inputs of "
            f"shape {shape}, kernel of shape {kernel}"
        )
    out = [
        transposed_length(n, (k - 1) * d + 1, s, padding, e)  # pyright: ignore[reportOptionalOperand]
        for n, k, s, d, e in zip(
            spatial,
            kernel,
            strides,
            dilation,
            output_paddings(output_padding, rank),
            strict=False,
        )
    ]
    return join_shape(shape[0], out, kernel[-2], data_format)


def output_paddings(value: Any, rank: int) -> tuple[int | None, ...]:
    """`output_padding` as a tuple: one a spatial axis."""
    if value is None or isinstance(value, int):
        return (value,) * rank
    return tuple(value)


def transposed_length(
    size: int | None, window: int, stride: int, padding: str, output_padding: int | None
) -> int | None:
    """The size of a transposed convolution's result along an axis."""
    if size is None:
        return None
    if output_padding is None:
        return size * stride + (max(window - stride, 0) if padding == "valid" else 0)
    crop = 0 if padding == "valid" else window // 2 * 2
    return (size - 1) * stride + window - crop + output_padding


def transposed_crop(
    window: int, stride: int, padding: str, output_padding: int | None
) -> tuple[int, int]:
    """How much of the full transposed convolution is cut off in front and behind.

    The full one has `(size - 1) * stride + window` elements. Negative: zeros are appended.
    """
    if output_padding is not None:
        total = (0 if padding == "valid" else window // 2 * 2) - output_padding
    else:
        total = min(window - stride, 0) if padding == "valid" else window - stride
    before = 0 if padding == "valid" else max(total, 0) // 2
    return before, total - before
