"""Helpers on arrays of labels and sequences, on the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import errors, limits
from keras_core.core.errors import array_of, message


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Class indices as one-hot rows.

    Args:
        x: an array-like of class indices from 0; a last axis of size 1 is dropped.
        num_classes: the number of classes; by default the largest index plus one.

    Returns:
        A float array of shape `x.shape + (num_classes,)`; a tensor for a tensor.

    Raises:
        ValueError: if `x` has no class indices, or some that are not below `num_classes`.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if num_classes is not None and limits.COUNT.settled(num_classes) is limits.REFUSED:
        raise ValueError(
            message("to_categorical", "num_classes", "be an int, 0 or more, or None", num_classes)
        )
    if backend.arrays.is_tensor(x) and not isinstance(x, np.ndarray):
        from keras_core import ops

        if len(x.shape) > 1 and x.shape[-1] == 1:
            x = ops.squeeze(x, -1)
        if num_classes is None:
            num_classes = int(np.max(backend.arrays.convert_to_numpy(x), initial=-1)) + 1
        return ops.one_hot(x, num_classes)
    indices = array_of(x, "to_categorical", "x", "be an array of class indices", "int64")
    shape = indices.shape
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    flat = indices.reshape(-1)
    if num_classes is None:
        num_classes = int(flat.max(initial=-1)) + 1
    if flat.size and (flat.min() < -num_classes or flat.max() >= num_classes):
        raise ValueError(
            f"to_categorical: x must hold class indices below num_classes={num_classes}. "
            f"Received: indices from {flat.min()} to {flat.max()}"
        )
    out = np.zeros((flat.size, num_classes))
    out[np.arange(flat.size), flat] = 1
    return out.reshape((*shape, num_classes))


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """Vectors of norm one; a zero vector stays.

    Args:
        x: an array or tensor.
        axis: the axis of the vectors.
        order: the order of the norm.

    Returns:
        An array like `x`; a tensor for a tensor.

    Raises:
        ValueError: if `x` is no array of numbers, or has no such axis.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.normalize(keras.ops.ones((1, 4))).shape
    """
    if backend.arrays.is_tensor(x) and not isinstance(x, np.ndarray):
        from keras_core import ops

        return ops.normalize(x, axis=axis, order=order)
    array = np.atleast_1d(array_of(x, "normalize", "x", "be an array of numbers"))
    for one in axis if isinstance(axis, tuple) else (axis,):
        if not isinstance(one, (int, np.integer)) or not -array.ndim <= one < array.ndim:
            raise ValueError(
                message("normalize", "axis", f"be an axis of x, which has {array.ndim}", axis)
            )
    if not isinstance(order, (int, float, np.number)):
        raise ValueError(message("normalize", "order", "be a number", order))
    norms = np.atleast_1d(np.linalg.norm(array, order, axis, keepdims=True))
    return array / np.where(norms == 0, 1, norms)


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Sequences of different lengths as one array.

    Args:
        sequences: a list of sequences, of numbers or of arrays of one shape.
        maxlen: the length of the rows; by default the longest sequence's.
        dtype: the result's dtype.
        padding: "pre" or "post": where a short sequence is filled up.
        truncating: "pre" or "post": where a long one is cut.
        value: what is filled in.

    Returns:
        An array of shape `(len(sequences), maxlen, ...)`.

    Raises:
        ValueError: for an unknown option, or items of different shapes.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.pad_sequences([[1], [2, 3]]).tolist()
    [[0, 1], [2, 3]]
    """
    for name, option in (("padding", padding), ("truncating", truncating)):
        if option not in ("pre", "post"):
            raise ValueError(f"pad_sequences: {name} must be 'pre' or 'post'. Received: {option!r}")
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"pad_sequences: sequences must be a list. Received: {sequences!r}")
    for row in sequences:
        if not hasattr(row, "__len__"):
            raise ValueError(
                f"pad_sequences: sequences must be a list of sequences. Received the item {row!r}"
            )
    if maxlen is not None and limits.COUNT.settled(maxlen) is limits.REFUSED:
        raise ValueError(
            message("pad_sequences", "maxlen", "be an int, 0 or more, or None", maxlen)
        )
    if maxlen is None:
        maxlen = max((len(row) for row in sequences), default=0)
    item: tuple[int, ...] = ()
    for row in sequences:
        if len(row):
            item = np.asarray(row).shape[1:]
            break
    is_text = np.issubdtype(dtype, np.str_) if dtype is not object else False
    if isinstance(value, str) and dtype is not object and not is_text:
        raise ValueError(
            f"pad_sequences: dtype must be object for a value of text. Received: {dtype!r}"
        )
    out = np.full((len(sequences), maxlen, *item), value, dtype=dtype)
    for i, row in enumerate(sequences):
        if not len(row) or maxlen == 0:
            continue
        cut = row[-maxlen:] if truncating == "pre" else row[:maxlen]
        try:
            cut = np.asarray(cut, dtype=dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"pad_sequences: sequence {i} must hold items of dtype {dtype}, all of one shape. "
                f"Received: {errors.describe(row)}. For text: dtype=object, value=''."
            ) from error
        if cut.shape[1:] != item:
            raise ValueError(
                f"pad_sequences: all items must have shape {item}. Received: {cut.shape[1:]} in "
                f"sequence {i}"
            )
        if padding == "post":
            out[i, : len(cut)] = cut
        else:
            out[i, -len(cut) :] = cut
    return out
