"""Hinge losses, for classes told apart by the sign or by the largest score."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.losses.loss import LossFunctionWrapper
from keras_core.losses.reduction import float_pair
from keras_core.ops._door import Tensor, TensorLike


def _signs(y_true: Any) -> Any:
    """Labels as -1 and 1, where all of them are 0 or 1."""
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return ops.where(binary, 2.0 * y_true - 1.0, y_true)


def hinge(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The mean over the last axis of `max(0, 1 - y_true * y_pred)`.

    Args:
        y_true: labels -1 and 1 (or 0 and 1, which is told from the values), shape
            `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.hinge([[1.0, -1.0]], [[0.5, 0.5]])[0])
    1.0
    """
    y_true, y_pred = float_pair(y_true, y_pred, "hinge")
    return ops.mean(ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0), axis=-1)


def squared_hinge(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The mean over the last axis of `max(0, 1 - y_true * y_pred)^2`.

    Args:
        y_true: labels -1 and 1 (or 0 and 1, which is told from the values), shape
            `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.squared_hinge([[1.0, -1.0]], [[0.5, 0.5]])[0])
    1.25
    """
    y_true, y_pred = float_pair(y_true, y_pred, "squared_hinge")
    return ops.mean(ops.square(ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0)), axis=-1)


def categorical_hinge(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """By how much the true class's score fails to beat the best other one by 1.

    Args:
        y_true: one-hot labels, shape `(batch, ..., classes)`.
        y_pred: scores of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.categorical_hinge([[0.0, 1.0]], [[0.75, 0.5]])[0])
    1.25
    """
    y_true, y_pred = float_pair(y_true, y_pred, "categorical_hinge")
    own = ops.sum(y_true * y_pred, axis=-1)
    other = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(other - own + 1.0, 0.0)


class Hinge(LossFunctionWrapper):
    """The mean of `max(0, 1 - y_true * y_pred)`.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.Hinge()([[1.0, -1.0]], [[0.5, 0.5]]))
    1.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(hinge, name, reduction, dtype)


class SquaredHinge(LossFunctionWrapper):
    """The mean of `max(0, 1 - y_true * y_pred)^2`.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.SquaredHinge()([[1.0, -1.0]], [[0.5, 0.5]]))
    1.25
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(squared_hinge, name, reduction, dtype)


class CategoricalHinge(LossFunctionWrapper):
    """By how much the true class's score fails to beat the best other one by 1.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.CategoricalHinge()([[0.0, 1.0]], [[0.75, 0.5]]))
    1.25
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(categorical_hinge, name, reduction, dtype)
