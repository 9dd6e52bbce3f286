"""Metrics of regression: mean errors, R2."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.limits import COUNT, keep
from keras_core.losses.reduction import align_weights, as_tensor, float_pair
from keras_core.losses.regression import (
    cosine_similarity as negative_cosine,
)
from keras_core.losses.regression import (
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from keras_core.metrics.means import Mean, MeanMetricWrapper, safe_divide
from keras_core.metrics.metric import Metric, after_a_batch, same_columns


class MeanSquaredError(MeanMetricWrapper):
    """The mean of the squared errors.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.MeanSquaredError()
    >>> metric.update_state([[0.0, 0.0]], [[1.0, 3.0]])
    >>> float(metric.result())
    5.0
    """

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_error, name, dtype)


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of the absolute errors.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.MeanAbsoluteError()
    >>> metric.update_state([[0.0, 0.0]], [[1.0, -3.0]])
    >>> float(metric.result())
    2.0
    """

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean of the errors in percent of the targets' size.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.MeanAbsolutePercentageError()
    >>> metric.update_state([[2.0, 4.0]], [[1.0, 3.0]])
    >>> float(metric.result())
    37.5
    """

    def __init__(
        self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None
    ) -> None:
        super().__init__(mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean of the squared differences of `log(1 + y)`.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.MeanSquaredLogarithmicError()
    >>> metric.update_state([[0.0]], [[1.0]])
    >>> round(float(metric.result()), 4)
    0.4805
    """

    def __init__(
        self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """The mean of `log(cosh(y_pred - y_true))`.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.LogCoshError()
    >>> metric.update_state([[0.0]], [[1.0]])
    >>> round(float(metric.result()), 4)
    0.4338
    """

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(log_cosh, name, dtype)


class RootMeanSquaredError(Mean):
    """The root of the mean of the squared errors.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.RootMeanSquaredError()
    >>> metric.update_state([[0.0, 0.0]], [[3.0, 3.0]])
    >>> float(metric.result())
    3.0
    """

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in.

        Args:
            y_true: targets.
            y_pred: predictions of the same shape.
            sample_weight: None, or weights; see `Mean.update_state`.
        """
        y_true, y_pred = float_pair(y_true, as_tensor(y_pred, self._dtype))
        super().update_state(ops.square(ops.subtract(y_pred, y_true)), sample_weight)

    def result(self) -> Any:
        """The root of the mean so far, a scalar."""
        return ops.sqrt(super().result())


def _cosine(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    return -negative_cosine(y_true, y_pred, axis)


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between targets and predictions: 1 is agreement.

    Args:
        name: a string.
        dtype: see `keras.Metric`.
        axis: the axis along which the vectors lie.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.CosineSimilarity()
    >>> metric.update_state([[0.0, 2.0]], [[0.0, 1.0]])
    >>> round(float(metric.result()), 4)
    1.0
    """

    def __init__(
        self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(_cosine, name, dtype, axis=axis)


class R2Score(Metric):
    """The share of the targets' variance that predictions explain: 1 is all, 0 as their mean.

    Of targets without variance it is 1 if predictions equal them, else 0; of no data it is NaN.

    Args:
        class_aggregation: how several outputs' scores are combined: "uniform_average",
            "variance_weighted_average", or None: one score an output.
        num_regressors: the number of independent variables; above 0 for the adjusted score.
        name: a string.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.R2Score()
    >>> metric.update_state([[1.0], [2.0], [3.0]], [[1.0], [2.0], [4.0]])
    >>> float(metric.result())
    0.5
    """

    config_arguments = ("class_aggregation", "num_regressors")
    limits = {"num_regressors": COUNT}
    num_regressors: int

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        choices = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in choices:
            raise ValueError(
                f"R2Score: class_aggregation must be one of {choices}. Received: "
                f"class_aggregation={class_aggregation!r}"
            )
        self.class_aggregation = class_aggregation
        keep(self, {"num_regressors": num_regressors})
        self.num_samples = self.add_variable((), None, self._dtype, name="num_samples")
        self._built = False

    def _build(self, y_pred: Any) -> None:
        shape = (y_pred.shape[-1],)
        self.squared_sum = self.add_variable(shape, None, name="squared_sum")
        self.sum = self.add_variable(shape, None, name="sum")
        self.total_mse = self.add_variable(shape, None, name="residual")
        self.count = self.add_variable(shape, None, name="count")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in.

        Args:
            y_true: targets, shape `(batch, outputs)`.
            y_pred: predictions of the same shape.
            sample_weight: None, or weights that fit `(batch,)` or the targets' shape.
        """
        y_true, y_pred = float_pair(y_true, as_tensor(y_pred, self._dtype))
        same_columns(self, y_true, y_pred, self.sum if self._built else None)
        if not self._built:
            self._build(y_pred)
        weights = ops.ones_like(y_true)
        if sample_weight is not None:
            given = align_weights(as_tensor(sample_weight, self._dtype), y_true)
            weights = ops.multiply(weights, given)
        weighted = y_true * weights
        self.sum.assign_add(ops.sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.sum(y_true * weighted, axis=0))
        self.total_mse.assign_add(ops.sum(ops.square(y_true - y_pred) * weights, axis=0))
        self.count.assign_add(ops.sum(weights, axis=0))
        # Every target value counts as a sample of the adjusted score, as in Keras.
        size = ops.shape(y_true)
        self.num_samples.assign_add(ops.cast(size[0] * size[1], self._dtype))

    def result(self) -> Any:
        """The score so far, a scalar, or one an output."""
        after_a_batch(self)
        count = self.count.tensor
        mean, square, error = (
            safe_divide(v.tensor, count) for v in (self.sum, self.squared_sum, self.total_mse)
        )
        variance = ops.relu(square - mean * mean)  # which rounding can make negative
        varies, one = ops.greater(variance, 0), ops.ones_like(variance)
        explained = 1.0 - error / ops.where(varies, variance, one)
        # Of targets that are all the same nothing is there to explain, but they can be met.
        raw = ops.where(varies, explained, ops.cast(ops.equal(error, 0), self._dtype))
        raw = ops.where(ops.equal(count, 0), one * float("nan"), raw)
        if self.class_aggregation == "uniform_average":
            score = ops.mean(raw)
        elif self.class_aggregation == "variance_weighted_average":
            spread = variance * count
            whole = ops.sum(spread)
            score = ops.where(
                ops.equal(whole, 0), ops.mean(raw), ops.sum(raw * safe_divide(spread, whole))
            )
        else:
            score = raw
        if not self.num_regressors:
            return score
        samples = self.num_samples.tensor
        free = samples - self.num_regressors - 1.0
        adjusted = 1.0 - (1.0 - score) * safe_divide(samples - 1.0, free)
        return ops.where(ops.greater(free, 0), adjusted, score)
