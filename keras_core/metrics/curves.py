"""AUC, and one rate at a given value of another, along all thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.core import settings
from keras_core.core.errors import message
from keras_core.core.limits import FRACTION, checked
from keras_core.losses.reduction import as_tensor
from keras_core.metrics import thresholds as at
from keras_core.metrics.means import safe_divide
from keras_core.metrics.metric import after_a_batch


class _AtRate(at.ThresholdMetric):
    """What the four metrics share: the best of one rate where another one is high enough."""

    _rate = ""  # the constructor's argument

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        cls = type(self).__name__
        value = checked({self._rate: FRACTION}, {self._rate: value}, cls)[self._rate]
        if not hasattr(num_thresholds, "__index__") or num_thresholds <= 0:
            raise ValueError(message(cls, "num_thresholds", "be a positive int", num_thresholds))
        self.value = value
        setattr(self, self._rate, value)
        self.num_thresholds = num_thresholds
        self.class_id = at.check_int(cls, "class_id", class_id)
        self.thresholds = [0.5] if num_thresholds == 1 else at.spread_thresholds(num_thresholds)
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
                class_id=self.class_id,
            )
        )

    def _rates(self) -> tuple[Any, Any]:
        """The given rate and the wanted one at each threshold."""
        raise NotImplementedError

    def result(self) -> Any:
        """The best rate so far, a scalar; 0 if the other one is nowhere high enough."""
        given, wanted = self._rates()
        return ops.max(
            ops.where(ops.greater_equal(given, self.value), wanted, ops.zeros_like(wanted))
        )

    def _share(self, first: str, second: str) -> Any:
        one, other = getattr(self, first).tensor, getattr(self, second).tensor
        return safe_divide(one, one + other)

    def _sensitivity(self) -> Any:
        return self._share(at.TRUE_POSITIVES, at.FALSE_NEGATIVES)

    def _specificity(self) -> Any:
        return self._share(at.TRUE_NEGATIVES, at.FALSE_POSITIVES)

    def _precision(self) -> Any:
        return self._share(at.TRUE_POSITIVES, at.FALSE_POSITIVES)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "class_id": self.class_id,
            "num_thresholds": self.num_thresholds,
            self._rate: self.value,
        }


class SensitivityAtSpecificity(_AtRate):
    """The best share of positives found, where at least a share of negatives is kept out.

    Args:
        specificity: the least `tn / (tn + fp)`, from 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the class that is looked at; None: all.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.SensitivityAtSpecificity(0.5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> float(metric.result())
    0.5
    """

    _rate = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def _rates(self) -> tuple[Any, Any]:
        return self._specificity(), self._sensitivity()


class SpecificityAtSensitivity(_AtRate):
    """The best share of negatives kept out, where at least a share of positives is found.

    Args:
        sensitivity: the least `tp / (tp + fn)`, from 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the class that is looked at; None: all.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.SpecificityAtSensitivity(0.5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> round(float(metric.result()), 4)
    0.6667
    """

    _rate = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def _rates(self) -> tuple[Any, Any]:
        return self._sensitivity(), self._specificity()


class PrecisionAtRecall(_AtRate):
    """The best precision where recall is high enough.

    Args:
        recall: the least recall, from 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the class that is looked at; None: all.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.PrecisionAtRecall(0.5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> float(metric.result())
    0.5
    """

    _rate = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def _rates(self) -> tuple[Any, Any]:
        return self._sensitivity(), self._precision()


class RecallAtPrecision(_AtRate):
    """The best recall where precision is high enough.

    Args:
        precision: the least precision, from 0 to 1.
        num_thresholds: how many thresholds are tried.
        class_id: the class that is looked at; None: all.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.RecallAtPrecision(0.8)
    >>> metric.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    >>> float(metric.result())
    0.5
    """

    _rate = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def _rates(self) -> tuple[Any, Any]:
        return self._precision(), self._sensitivity()


_CURVES = ("ROC", "PR", "PRGAIN")
_SUMMATIONS = ("interpolation", "minoring", "majoring")


class AUC(at.ThresholdMetric):
    """The area under a curve that thresholds draw: ROC, or precision against recall.

    Args:
        num_thresholds: how many thresholds are tried, at least 2.
        curve: "ROC", "PR", or "PRGAIN" (precision and recall gain: Flach and Kull, 2015).
        summation_method: "interpolation" (trapezoids for ROC, Davis and Goadrich's for PR),
            "minoring" or "majoring" (lower or upper sums).
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.
        thresholds: floats between 0 and 1 in place of `num_thresholds`; 0 and 1 are added.
        multi_label: whether each label has its own curve, and the result is the mean area.
        num_labels: how many labels there are; None: told from the first batch.
        label_weights: a weight for each label, in the mean or, without `multi_label`, in the
            counts.
        from_logits: whether predictions are before the sigmoid.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.AUC(num_thresholds=3)
    >>> metric.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    >>> round(float(metric.result()), 4)
    0.75
    """

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        if str(curve).upper() not in _CURVES:
            raise ValueError(f"AUC: curve must be one of {_CURVES}. Received: curve={curve!r}")
        if str(summation_method).lower() not in _SUMMATIONS:
            raise ValueError(
                f"AUC: summation_method must be one of {_SUMMATIONS}. Received: "
                f"summation_method={summation_method!r}"
            )
        if num_labels is not None and not multi_label:
            raise ValueError("AUC: num_labels must only be given with multi_label=True.")
        margin = settings.epsilon()
        self._given_thresholds = None if thresholds is None else np.ravel(thresholds).tolist()
        if thresholds is not None:
            inner = sorted(at.check_thresholds("AUC", thresholds, 0.5))
            self._thresholds = [0.0 - margin, *inner, 1.0 + margin]
        elif isinstance(num_thresholds, bool) or not (
            hasattr(num_thresholds, "__index__") and num_thresholds > 1
        ):
            raise ValueError(
                f"AUC: num_thresholds must be an integer of at least 2. Received: {num_thresholds}"
            )
        else:
            self._thresholds = at.spread_thresholds(num_thresholds, margin)
        self.num_thresholds = len(self._thresholds)
        self.curve = str(curve).upper()
        self.summation_method = str(summation_method).lower()
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self.from_logits = from_logits
        self._built = False
        if not multi_label:
            self._build(None)
        elif num_labels:
            self._build(num_labels)

    @property
    def thresholds(self) -> list[float]:
        """The thresholds, with the outer ones just below 0 and above 1."""
        return list(self._thresholds)

    def _build(self, labels: int | None) -> None:
        shape = (self.num_thresholds,) if labels is None else (self.num_thresholds, labels)
        self._make_counts(shape)
        self._built = True

    def _labels_fit(self, y_pred: Any, labels: int | None) -> None:
        """Refuses predictions that are not `(batch, labels)`, with a weight for each if given."""
        given, weights = tuple(y_pred.shape), self.label_weights
        wanted = labels if labels is not None or weights is None else len(weights)
        if len(given) != 2 or given[-1] is None or wanted not in (None, given[-1]):
            wanted = "labels" if wanted is None else wanted
            raise ValueError(
                f"{self._owner}: under multi_label y_pred must have shape (batch, {wanted}). "
                f"Received: shape {given}"
            )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in.

        Args:
            y_true: labels 0 and 1; of shape `(batch, labels)` under `multi_label`.
            y_pred: predictions from 0 to 1 (logits if `from_logits`) of the same shape.
            sample_weight: None, or weights that fit.
        """
        y_pred = as_tensor(y_pred, self._dtype)
        if self.multi_label:
            labels = self.true_positives.shape[-1] if self._built else None
            self._labels_fit(y_pred, labels)
            if labels is None:
                self._build(y_pred.shape[-1])
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        elif self._given_thresholds is None:
            # What lies outside counts as 0 or 1, so that the curve has both of its ends.
            y_pred = ops.clip(y_pred, 0.0, 1.0)
        self._add_counts(
            at.counts(
                self._owner,
                y_true,
                y_pred,
                self._thresholds,
                sample_weight,
                dtype=self._dtype,
                multi_label=self.multi_label,
                label_weights=None if self.multi_label else self.label_weights,
            )
        )

    def interpolate_pr_auc(self) -> Any:
        """The area under the precision-recall curve with counts interpolated between thresholds.

        Between two thresholds true positives grow in proportion to predicted ones, which makes
        precision a hyperbola, integrated in closed form. Davis and Goadrich, 2006, "The
        relationship between precision-recall and ROC curves".
        """
        hits = self.true_positives.tensor
        predicted = hits + self.false_positives.tensor
        gained = hits[:-1] - hits[1:]
        slope = safe_divide(gained, ops.maximum(predicted[:-1] - predicted[1:], 0.0))
        offset = hits[1:] - slope * predicted[1:]
        usable = ops.logical_and(predicted[:-1] > 0, predicted[1:] > 0)
        one = ops.ones_like(slope)
        ratio = ops.where(usable, predicted[:-1] / ops.where(usable, predicted[1:], one), one)
        area = slope * (gained + offset * ops.log(ratio))
        positives = ops.maximum(hits[1:] + self.false_negatives.tensor[1:], 0.0)
        return self._combined(safe_divide(area, positives))

    def _combined(self, pieces: Any) -> Any:
        """Pieces of areas added up, and labels' areas averaged."""
        if not self.multi_label:
            return ops.sum(pieces)
        areas = ops.sum(pieces, axis=0)
        if self.label_weights is None:
            return ops.mean(areas)
        weights = as_tensor(self.label_weights, self._dtype)
        return safe_divide(ops.sum(areas * weights), ops.sum(weights))

    def result(self) -> Any:
        """The area so far, a scalar."""
        after_a_batch(self, "Or give num_labels.")
        hits, alarms = self.true_positives.tensor, self.false_positives.tensor
        misses, rejected = self.false_negatives.tensor, self.true_negatives.tensor
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        recall = safe_divide(hits, hits + misses)
        if self.curve == "ROC":
            x, y = safe_divide(alarms, alarms + rejected), recall
        elif self.curve == "PR":
            x, y = recall, safe_divide(hits, hits + alarms)
        else:
            # The odds of the positive class; gains are linear in what is wrong for each hit.
            odds = safe_divide(hits + misses, alarms + rejected)
            gain = ops.maximum(1.0 - odds * safe_divide(misses, hits), 0.0)
            x = ops.where(ops.equal(hits, 0), ops.zeros_like(gain), gain)
            y = 1.0 - odds * safe_divide(alarms, hits)
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        elif self.summation_method == "minoring":
            heights = ops.minimum(y[:-1], y[1:])
        else:
            heights = ops.maximum(y[:-1], y[1:])
        return self._combined((x[:-1] - x[1:]) * heights)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        weights = self.label_weights
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": weights if weights is None else [float(w) for w in weights],
            "from_logits": self.from_logits,
        }
        if self._given_thresholds is not None:
            config["thresholds"] = [float(t) for t in self._given_thresholds]
        return config
