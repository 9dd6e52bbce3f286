"""Counts of right and wrong predictions at thresholds, precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.metrics import thresholds as at
from keras_core.metrics.means import safe_divide


class _Count(at.ThresholdMetric):
    """What the four counts share."""

    config_arguments = ("init_thresholds",)
    _counted = ""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.thresholds = at.check_thresholds(type(self).__name__, thresholds, 0.5)
        self.accumulator = self.add_variable((len(self.thresholds),), None, name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in.

        Args:
            y_true: labels 0 and 1.
            y_pred: predictions from 0 to 1, of the same shape.
            sample_weight: None, or weights that fit.
        """
        found = at.counts(
            self._owner, y_true, y_pred, self.thresholds, sample_weight, dtype=self._dtype
        )
        self.accumulator.assign_add(found[self._counted])

    def result(self) -> Any:
        """The count so far, a scalar, or one a threshold."""
        value = ops.copy(self.accumulator.tensor)  # which later updates may change in place
        return value[0] if len(self.thresholds) == 1 else value

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        config["thresholds"] = config.pop("init_thresholds")
        return config


class TruePositives(_Count):
    """How many positives were predicted as such.

    Args:
        thresholds: predictions above are positive: a float, or several; None: 0.5.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.TruePositives()
    >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1])
    >>> float(metric.result())
    2.0
    """

    _counted = at.TRUE_POSITIVES


class FalsePositives(_Count):
    """How many negatives were predicted as positive.

    Args:
        thresholds: predictions above are positive: a float, or several; None: 0.5.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.FalsePositives()
    >>> metric.update_state([0, 1, 0, 0], [0, 0, 1, 1])
    >>> float(metric.result())
    2.0
    """

    _counted = at.FALSE_POSITIVES


class TrueNegatives(_Count):
    """How many negatives were predicted as such.

    Args:
        thresholds: predictions above are positive: a float, or several; None: 0.5.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.TrueNegatives()
    >>> metric.update_state([0, 1, 0, 0], [1, 1, 0, 0])
    >>> float(metric.result())
    2.0
    """

    _counted = at.TRUE_NEGATIVES


class FalseNegatives(_Count):
    """How many positives were predicted as negative.

    Args:
        thresholds: predictions above are positive: a float, or several; None: 0.5.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.FalseNegatives()
    >>> metric.update_state([0, 1, 1, 1], [0, 1, 0, 0])
    >>> float(metric.result())
    2.0
    """

    _counted = at.FALSE_NEGATIVES


class _Ratio(at.ThresholdMetric):
    """What precision and recall share: true positives over a sum."""

    true_positives: Any

    config_arguments = ("thresholds", "top_k", "class_id")
    _other = ""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.top_k = at.check_int(type(self).__name__, "top_k", top_k, 0)
        self.class_id = at.check_int(type(self).__name__, "class_id", class_id)
        # Of the k best predictions each is positive, unless a threshold says otherwise.
        default = 0.5 if top_k is None else float("-inf")
        self.thresholds = at.check_thresholds(type(self).__name__, thresholds, default)
        self._make_counts((len(self.thresholds),))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in.

        Args:
            y_true: labels 0 and 1.
            y_pred: predictions from 0 to 1, of the same shape.
            sample_weight: None, or weights that fit.
        """
        self._add_counts(
            at.counts(
                self._owner,
                y_true,
                y_pred,
                self.thresholds,
                sample_weight,
                dtype=self._dtype,
                top_k=self.top_k,
                class_id=self.class_id,
            )
        )

    def result(self) -> Any:
        """The ratio so far, a scalar, or one a threshold; 0 where nothing counts."""
        hits = self.true_positives.tensor
        value = safe_divide(hits, hits + getattr(self, self._other).tensor)
        return value[0] if len(self.thresholds) == 1 else value

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class Precision(_Ratio):
    """How many of the predicted positives are positive.

    Args:
        thresholds: predictions above are positive: a float, or several; None: 0.5, or all
            under `top_k`.
        top_k: how many of the last axis's highest predictions can be positive; None: all.
        class_id: the class that is looked at; None: all.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.Precision()
    >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1])
    >>> round(float(metric.result()), 4)
    0.6667
    """

    _kept = (at.TRUE_POSITIVES, at.FALSE_POSITIVES)
    _other = at.FALSE_POSITIVES


class Recall(_Ratio):
    """How many of the positives are predicted as such.

    Args:
        thresholds: predictions above are positive: a float, or several; None: 0.5, or all
            under `top_k`.
        top_k: how many of the last axis's highest predictions can be positive; None: all.
        class_id: the class that is looked at; None: all.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.Recall()
    >>> metric.update_state([0, 1, 1, 1], [1, 0, 1, 1])
    >>> round(float(metric.result()), 4)
    0.6667
    """

    _kept = (at.TRUE_POSITIVES, at.FALSE_NEGATIVES)
    _other = at.FALSE_NEGATIVES
