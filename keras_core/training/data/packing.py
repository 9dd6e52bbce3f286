"""Batches: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`."""

from __future__ import annotations

from typing import Any

from keras_core.core.errors import describe


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Take a batch apart, in a `train_step` of your own.

    Args:
        data: what the step was given: a tuple `(x,)`, `(x, y)` or `(x, y, sample_weight)`,
            a list of two or three of them, or `x` alone.

    Returns:
        `(x, y, sample_weight)`, with None for what is missing.

    Raises:
        ValueError: if `data` is a tuple with no items or more than three.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "A batch must be x, (x,), (x, y) or (x, y, sample_weight). "
            f"Received a tuple of {len(data)} items: {describe(data)}"
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Put a batch together, so that `unpack_x_y_sample_weight` gives the same parts.

    Args:
        x: the inputs: a tensor or any structure of them.
        y: the targets, or None.
        sample_weight: the weights, or None.

    Returns:
        A tuple of what is not None, or `x` itself where it is alone and no tuple or list.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.pack_x_y_sample_weight(1, 2)
    (1, 2)
    """
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, tuple | list) else x
