"""Correlations of targets and predictions."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.losses.reduction import dtype_of, float_pair
from keras_core.metrics.means import MeanMetricWrapper, safe_divide
from keras_core.ops._door import Tensor, TensorLike

# What rounding may make of a constant's deviations, in parts of it: some units in the last place.
_NOISE = {"float16": 2.0**-8, "bfloat16": 2.0**-5, "float32": 2.0**-21, "float64": 2.0**-50}


def pearson_correlation(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """Pearson's correlation coefficient: 1 where predictions are a rising line of targets.

    Where targets or predictions are constant, which correlates with nothing, it is 0.

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
    y_true, y_pred = (_standardized(y, axis) for y in float_pair(y_true, y_pred))
    return ops.mean(y_true * y_pred, axis=axis)


def concordance_correlation(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """Lin's concordance correlation coefficient: 1 where predictions equal targets.

    It is 0 where targets and predictions are the same constant.
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
    return safe_divide(2.0 * together, spread + apart)


def _standardized(y: Any, axis: int) -> Any:
    """Numbers of mean 0 and deviation 1, whatever their scale; zeros for what is constant.

    Deviations that rounding alone can make do not count.
    """
    mean = ops.mean(y, axis=axis, keepdims=True)
    apart = y - mean
    size = ops.max(ops.abs(apart), axis=axis, keepdims=True)
    varies = ops.greater(size, _NOISE[dtype_of(y)] * ops.abs(mean))
    # In parts of the largest one: squares of very small numbers would be zero.
    apart = ops.where(varies, apart / ops.where(varies, size, ops.ones_like(size)), apart * 0.0)
    return safe_divide(apart, ops.sqrt(ops.mean(ops.square(apart), axis=axis, keepdims=True)))


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
