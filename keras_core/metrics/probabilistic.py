"""Cross-entropies and other metrics of probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
)
from keras_core.losses.reduction import align_weights, as_tensor
from keras_core.metrics.means import MeanMetricWrapper


class KLDivergence(MeanMetricWrapper):
    """The Kullback-Leibler divergence of predicted from true distributions.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.KLDivergence()
    >>> metric.update_state([[0.5, 0.5]], [[0.25, 0.75]])
    >>> round(float(metric.result()), 4)
    0.1438
    """

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(kl_divergence, name, dtype)


class Poisson(MeanMetricWrapper):
    """The mean of `y_pred - y_true log(y_pred)`, for counts.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.Poisson()
    >>> metric.update_state([[2.0, 3.0]], [[1.0, 1.0]])
    >>> float(metric.result())
    1.0
    """

    def __init__(self, name: str | None = "poisson", dtype: Any = None) -> None:
        super().__init__(poisson, name, dtype)


class BinaryCrossentropy(MeanMetricWrapper):
    """Cross-entropy of labels 0 and 1.

    Args:
        name: a string.
        dtype: see `keras.Metric`.
        from_logits: whether predictions are before the sigmoid.
        label_smoothing: from 0 to 1, how far labels are moved to 0.5.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.BinaryCrossentropy()
    >>> metric.update_state([[0.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(metric.result()), 4)
    0.6931
    """

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )


class CategoricalCrossentropy(MeanMetricWrapper):
    """Cross-entropy of one-hot labels.

    Args:
        name: a string.
        dtype: see `keras.Metric`.
        from_logits: whether predictions are before the softmax.
        label_smoothing: from 0 to 1, how far labels are moved to the uniform distribution.
        axis: the axis of the classes; several over which they lie together.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.CategoricalCrossentropy()
    >>> metric.update_state([[0.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(metric.result()), 4)
    0.6931
    """

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int | Sequence[int] = -1,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Cross-entropy of labels that are class numbers.

    Args:
        name: a string.
        dtype: see `keras.Metric`.
        from_logits: whether predictions are before the softmax.
        ignore_class: a class number that does not count, or None.
        axis: the axis of the classes.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.SparseCategoricalCrossentropy()
    >>> metric.update_state([1], [[0.5, 0.5]])
    >>> round(float(metric.result()), 4)
    0.6931
    """

    _class_numbers = True

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int | Sequence[int] = -1,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; labels of the ignored class weigh nothing."""
        ignored = self._fn_kwargs["ignore_class"]
        if ignored is not None:
            y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
            if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
                y_true = ops.squeeze(y_true, -1)
            counts = ops.cast(ops.not_equal(y_true, ignored), self._dtype)
            if sample_weight is None:
                sample_weight = counts
            else:
                weights = align_weights(as_tensor(sample_weight, self._dtype), counts)
                sample_weight = ops.multiply(weights, counts)
        super().update_state(y_true, y_pred, sample_weight)
