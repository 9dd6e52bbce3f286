"""Pooling over windows, and over as many windows as the result shall have places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core import settings, shapes, windows
from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, op

Sizes = int | Sequence[int]


def _pool_shape(owner: str) -> Any:
    def shape(
        inputs: Any,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
    ) -> shapes.Shape:
        found = rules.shape_of(inputs)
        window = windows.sizes(pool_size, max(len(found) - 2, 1), owner, "pool_size")
        spatial, channels, data_format = windows.slide(
            owner,
            found,
            window,
            window if strides is None else strides,
            padding,
            data_format,
        )
        return windows.join_shape(found[0], spatial, channels, data_format)

    return shape


@op(shape=_pool_shape("max_pool"), dtype=rules.keep, native_required=True)
def max_pool(
    inputs: TensorLike,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The largest value of each window.

    Args:
        inputs: `(batch, *spatial, channels)`, or with channels second.
        pool_size: the window's size, an int, or one an axis.
        strides: the windows' distance; None for `pool_size`.
        padding: "valid", or "same": `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        A tensor with smaller spatial axes.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.reshape(keras.ops.arange(4.0), (1, 4, 1))
    >>> keras.ops.convert_to_numpy(keras.ops.max_pool(x, 2)).ravel().tolist()
    [1.0, 3.0]
    """


@op(shape=_pool_shape("average_pool"), dtype=rules.floating, native_required=True)
def average_pool(
    inputs: TensorLike,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The mean of each window; of its part inside of the input where padding is "same".

    Args:
        inputs: `(batch, *spatial, channels)`, or with channels second.
        pool_size: the window's size, an int, or one an axis.
        strides: the windows' distance; None for `pool_size`.
        padding: "valid", or "same": `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        A tensor with smaller spatial axes.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.reshape(keras.ops.arange(4.0), (1, 4, 1))
    >>> keras.ops.convert_to_numpy(keras.ops.average_pool(x, 2)).ravel().tolist()
    [0.5, 2.5]
    """


def _adaptive_shape(owner: str) -> Any:
    def shape(inputs: Any, output_size: Any, data_format: str | None = None) -> shapes.Shape:
        data_format = settings.standardize_data_format(data_format)
        found = rules.shape_of(inputs)
        sizes = _adaptive_sizes(output_size, found, owner)
        spatial, channels = windows.split_shape(found, data_format)
        kept = [n if m is None else m for n, m in zip(spatial, sizes, strict=True)]
        return windows.join_shape(found[0], kept, channels, data_format)

    return shape


def _adaptive_sizes(output_size: Any, shape: Any, owner: str) -> tuple[int | None, ...]:
    if not 3 <= len(shape) <= 5:
        raise ValueError(f"{owner}: inputs must have rank 3, 4 or 5. Received: shape {shape}")
    rank = len(shape) - 2
    if output_size is not None and not isinstance(output_size, int):
        output_size = tuple(output_size)
        if None in output_size and len(output_size) == rank:
            return output_size  # None keeps an axis
    elif output_size is None:
        return (None,) * rank
    return windows.sizes(output_size, rank, owner, "output_size")


def _bins(size: int, places: int) -> list[tuple[int, int]]:
    """The windows' first and last index (exclusive) along an axis."""
    return [(i * size // places, -(-(i + 1) * size // places)) for i in range(places)]


def _adaptive(x: Any, output_size: Any, data_format: str | None, owner: str, reduce: Any) -> Any:
    data_format = settings.standardize_data_format(data_format)
    first = 1 if data_format == "channels_last" else 2
    for i, places in enumerate(_adaptive_sizes(output_size, ops.shape(x), owner)):
        axis = first + i
        if places == 1:  # whatever the size
            x = reduce(x, axis=axis, keepdims=True)
            continue
        size = ops.shape(x)[axis]
        if places is None or places == size:
            continue
        if not isinstance(size, int):
            raise ValueError(
                f"{owner}: the spatial sizes of inputs must be known. Received: shape {x.shape}"
            )
        if size % places == 0:
            shape = ops.shape(x)
            split = (*shape[:axis], places, size // places, *shape[axis + 1 :])
            x = reduce(ops.reshape(x, split), axis=axis + 1)
            continue
        before = (slice(None),) * axis
        x = ops.stack(
            [reduce(x[(*before, slice(a, b))], axis=axis) for a, b in _bins(size, places)],
            axis=axis,
        )
    return x


@op(shape=_adaptive_shape("adaptive_average_pool"), dtype=rules.floating)
def adaptive_average_pool(
    inputs: TensorLike, output_size: Sizes, data_format: str | None = None
) -> Tensor:
    """The means of as many windows of nearly equal size as the result shall have places.

    Along an axis of `n` elements window `i` of `m` reaches from `floor(i n / m)` up to
    `ceil((i + 1) n / m)`.

    Args:
        inputs: `(batch, *spatial, channels)`, or with channels second.
        output_size: the result's spatial size, an int, or one an axis.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        A float tensor with spatial axes of `output_size`.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.reshape(keras.ops.arange(4.0), (1, 4, 1))
    >>> keras.ops.convert_to_numpy(keras.ops.adaptive_average_pool(x, 2)).ravel().tolist()
    [0.5, 2.5]
    """
    return _adaptive(inputs, output_size, data_format, "adaptive_average_pool", ops.mean)


@op(shape=_adaptive_shape("adaptive_max_pool"), dtype=rules.keep)
def adaptive_max_pool(
    inputs: TensorLike, output_size: Sizes, data_format: str | None = None
) -> Tensor:
    """The largest values of as many windows as the result shall have places.

    The windows are those of `adaptive_average_pool`.

    Args:
        inputs: `(batch, *spatial, channels)`, or with channels second.
        output_size: the result's spatial size, an int, or one an axis.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        A tensor with spatial axes of `output_size`.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.reshape(keras.ops.arange(4.0), (1, 4, 1))
    >>> keras.ops.convert_to_numpy(keras.ops.adaptive_max_pool(x, 2)).ravel().tolist()
    [1.0, 3.0]
    """
    return _adaptive(inputs, output_size, data_format, "adaptive_max_pool", ops.max)
