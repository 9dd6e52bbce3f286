"""Losses of regression: mean errors, Huber, log-cosh, cosine similarity."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops
from keras_core.core import settings
from keras_core.core.limits import UPPER_BOUND
from keras_core.losses.loss import LossFunctionWrapper
from keras_core.losses.reduction import float_pair
from keras_core.ops._door import Tensor, TensorLike


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The mean of the squared errors over the last axis.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.mean_squared_error([[0.0, 0.0]], [[1.0, 3.0]])[0])
    5.0
    """
    y_true, y_pred = float_pair(y_true, y_pred, "mean_squared_error")
    return ops.mean(ops.square(ops.subtract(y_true, y_pred)), axis=-1)


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The mean of the absolute errors over the last axis.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.mean_absolute_error([[0.0, 0.0]], [[1.0, -3.0]])[0])
    2.0
    """
    y_true, y_pred = float_pair(y_true, y_pred, "mean_absolute_error")
    return ops.mean(ops.absolute(ops.subtract(y_true, y_pred)), axis=-1)


def mean_absolute_percentage_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The mean over the last axis of the errors in percent of the targets' size.

    Args:
        y_true: targets, shape `(batch, ..., n)`; those near zero count as `epsilon()`.
        y_pred: predictions of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 3.0]])[0])
    37.5
    """
    y_true, y_pred = float_pair(y_true, y_pred, "mean_absolute_percentage_error")
    size = ops.maximum(ops.absolute(y_true), settings.epsilon())
    return ops.mean(ops.absolute((y_true - y_pred) / size), axis=-1) * 100.0


def mean_squared_logarithmic_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The mean over the last axis of `(log(1 + y_true) - log(1 + y_pred))^2`.

    Args:
        y_true: targets of at least 0, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape; negative ones count as `epsilon()`.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.mean_squared_logarithmic_error([[0.0]], [[1.0]])[0]), 4)
    0.4805
    """
    y_true, y_pred = float_pair(y_true, y_pred, "mean_squared_logarithmic_error")
    epsilon = settings.epsilon()
    logs = [ops.log(ops.maximum(y, epsilon) + 1.0) for y in (y_true, y_pred)]
    return ops.mean(ops.square(logs[0] - logs[1]), axis=-1)


def huber(y_true: TensorLike, y_pred: TensorLike, delta: float = 1.0) -> Tensor:
    """Squared for small errors, linear for large ones, as a mean over the last axis.

    `e^2 / 2` where `|e| <= delta`, else `delta * |e| - delta^2 / 2`.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.
        delta: where the two parts meet, a positive float.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.huber([[0.0, 0.0]], [[1.0, 3.0]])[0])
    1.5
    """
    y_true, y_pred = float_pair(y_true, y_pred, "huber")
    error = ops.absolute(ops.subtract(y_pred, y_true))
    small = ops.minimum(error, delta)
    # e^2 / 2 and delta * (e - delta / 2) in one expression, which has no branch to differentiate.
    return ops.mean(small * (error - small * 0.5), axis=-1)


def log_cosh(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The mean over the last axis of `log(cosh(y_pred - y_true))`.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.log_cosh([[0.0]], [[1.0]])[0]), 4)
    0.4338
    """
    y_true, y_pred = float_pair(y_true, y_pred, "log_cosh")
    error = ops.subtract(y_pred, y_true)
    # log(cosh(e)) = e + log(1 + exp(-2 e)) - log(2), which does not overflow
    return ops.mean(error + ops.softplus(error * -2.0) - math.log(2.0), axis=-1)


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """The negative cosine of the angle between targets and predictions: -1 is agreement.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.
        axis: the axis along which the vectors lie.

    Returns:
        A tensor of the shape without `axis`; zero vectors give 0.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.cosine_similarity([[0.0, 2.0]], [[0.0, 1.0]])[0]), 4)
    -1.0
    """
    y_true, y_pred = float_pair(y_true, y_pred, "cosine_similarity")
    return -ops.sum(ops.normalize(y_true, axis=axis) * ops.normalize(y_pred, axis=axis), axis=axis)


class MeanSquaredError(LossFunctionWrapper):
    """The mean of the squared errors.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.MeanSquaredError()([[0.0, 0.0]], [[1.0, 3.0]]))
    5.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_error, name, reduction, dtype)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of the absolute errors.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.MeanAbsoluteError()([[0.0, 0.0]], [[1.0, -3.0]]))
    2.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_error, name, reduction, dtype)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean of the errors in percent of the targets' size.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 3.0]]))
    37.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, name, reduction, dtype)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean of the squared differences of `log(1 + y)`.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.MeanSquaredLogarithmicError()([[0.0]], [[1.0]])), 4)
    0.4805
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, name, reduction, dtype)


class CosineSimilarity(LossFunctionWrapper):
    """The negative cosine of the angle between targets and predictions.

    Args:
        axis: the axis along which the vectors lie.
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.CosineSimilarity()([[0.0, 2.0]], [[0.0, 1.0]])), 4)
    -1.0
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(cosine_similarity, name, reduction, dtype, axis=axis)


class Huber(LossFunctionWrapper):
    """Squared for small errors, linear for large ones.

    Args:
        delta: the size of an error at which the two parts meet.
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.Huber()([[0.0, 0.0]], [[1.0, 3.0]]))
    1.5
    """

    limits = {"delta": UPPER_BOUND}

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(huber, name, reduction, dtype, delta=delta)


class LogCosh(LossFunctionWrapper):
    """The mean of `log(cosh(y_pred - y_true))`.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.LogCosh()([[0.0]], [[1.0]])), 4)
    0.4338
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(log_cosh, name, reduction, dtype)
