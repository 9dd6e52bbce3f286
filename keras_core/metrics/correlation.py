"""Correlations of targets and predictions."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import settings
from keras_core.losses.reduction import float_pair
from keras_core.metrics.means import MeanMetricWrapper
from keras_core.ops._door import Tensor, TensorLike


def pearson_correlation(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """Pearson's correlation coefficient: 1 where predictions are a rising line of targets.

    Args:
        y_true: targets.
        y_pred: predictions of the same shape.
        axis: the axis along which samples lie.

    Returns:
        A tensor of the shape without `axis`.

    Example:

    >>> import keras_core as keras
    >>> r = keras.metrics.pearson_correlation([[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0]])
    >>> round(float(r[0]), 4)
    1.0
    """
    y_true, y_pred = float_pair(y_true, y_pred)
    y_true, y_pred = (y - ops.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred))
    spread = ops.sqrt(ops.mean(ops.square(y_true), axis) * ops.mean(ops.square(y_pred), axis))
    return ops.mean(y_true * y_pred, axis=axis) / (spread + settings.epsilon())


def concordance_correlation(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """Lin's concordance correlation coefficient: 1 where predictions equal targets.

    `2 cov(y, p) / (var(y) + var(p) + (mean(y) - mean(p))^2)`. Lin, 1989, "A concordance
    correlation coefficient to evaluate reproducibility".

    Args:
        y_true: targets.
        y_pred: predictions of the same shape.
        axis: the axis along which samples lie.

    Returns:
        A tensor of the shape without `axis`.

    Example:

    >>> import keras_core as keras
    >>> r = keras.metrics.concordance_correlation([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]])
    >>> round(float(r[0]), 4)
    1.0
    """
    y_true, y_pred = float_pair(y_true, y_pred)
    means = [ops.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred)]
    true, pred = y_true - means[0], y_pred - means[1]
    together = ops.mean(true * pred, axis=axis)
    apart = ops.squeeze(ops.square(means[0] - means[1]), axis)
    spread = ops.mean(ops.square(true), axis=axis) + ops.mean(ops.square(pred), axis=axis)
    return 2.0 * together / (spread + apart + settings.epsilon())


class PearsonCorrelation(MeanMetricWrapper):
    """The mean of Pearson's correlation coefficients.

    Args:
        name: a string.
        dtype: see `keras.Metric`.
        axis: the axis along which samples lie.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.PearsonCorrelation()
    >>> metric.update_state([[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0]])
    >>> round(float(metric.result()), 4)
    1.0
    """

    def __init__(
        self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of Lin's concordance correlation coefficients.

    Args:
        name: a string.
        dtype: see `keras.Metric`.
        axis: the axis along which samples lie.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.ConcordanceCorrelation()
    >>> metric.update_state([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]])
    >>> round(float(metric.result()), 4)
    1.0
    """

    def __init__(
        self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
