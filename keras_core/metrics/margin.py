"""Hinge metrics."""

from __future__ import annotations

from typing import Any

from keras_core.losses.margin import (
    categorical_hinge,
    hinge,
    squared_hinge,
)
from keras_core.metrics.means import MeanMetricWrapper


class Hinge(MeanMetricWrapper):
    """The mean of `max(0, 1 - y_true * y_pred)`.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.Hinge()
    >>> metric.update_state([[1.0, -1.0]], [[0.5, 0.5]])
    >>> float(metric.result())
    1.0
    """

    def __init__(self, name: str | None = "hinge", dtype: Any = None) -> None:
        super().__init__(hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """The mean of `max(0, 1 - y_true * y_pred)^2`.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.SquaredHinge()
    >>> metric.update_state([[1.0, -1.0]], [[0.5, 0.5]])
    >>> float(metric.result())
    1.25
    """

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """By how much the true class's score fails to beat the best other one by 1.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.CategoricalHinge()
    >>> metric.update_state([[0.0, 1.0]], [[0.75, 0.5]])
    >>> float(metric.result())
    1.25
    """

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(categorical_hinge, name, dtype)
