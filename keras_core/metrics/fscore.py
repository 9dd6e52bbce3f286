"""F-beta and F1 scores."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import settings
from keras_core.losses.reduction import align_weights, as_tensor
from keras_core.metrics.means import safe_divide
from keras_core.metrics.metric import Metric, after_a_batch, same_columns


class FBetaScore(Metric):
    """The weighted harmonic mean of precision and recall.

    `(1 + beta^2) * precision * recall / (beta^2 * precision + recall)`.

    Args:
        average: None: a score for each class; "micro": of all counts together; "macro": the
            mean over classes; "weighted": weighted by how frequent classes are.
        beta: how many times as much recall weighs as precision.
        threshold: predictions above it are positive; None: the highest one is.
        name: a string.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.FBetaScore(beta=2.0, threshold=0.5, average="micro")
    >>> metric.update_state([[1, 0], [1, 1]], [[0.9, 0.2], [0.8, 0.1]])
    >>> round(float(metric.result()), 4)
    0.7143
    """

    true_positives: Any
    false_positives: Any
    false_negatives: Any

    config_arguments = ("average", "beta", "threshold")

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        cls = type(self).__name__
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                f"{cls}: average must be None, 'micro', 'macro' or 'weighted'. Received: "
                f"average={average!r}"
            )
        if isinstance(beta, bool) or not isinstance(beta, (int, float)) or not beta > 0:
            raise ValueError(f"{cls}: beta must be a positive float. Received: beta={beta!r}")
        if threshold is not None and (
            isinstance(threshold, bool)
            or not isinstance(threshold, (int, float))
            or not 0 < threshold <= 1
        ):
            raise ValueError(
                f"{cls}: threshold must be a float above 0 and at most 1, or None. Received: "
                f"threshold={threshold!r}"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self._built = False

    def _build(self, y_pred: Any) -> None:
        shape = () if self.average == "micro" else (y_pred.shape[-1],)
        for name in ("true_positives", "false_positives", "false_negatives"):
            setattr(self, name, self.add_variable(shape, None, name=name))
        self.intermediate_weights = self.add_variable(shape, None, name="intermediate_weights")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in.

        Args:
            y_true: labels 0 and 1, shape `(batch, classes)`.
            y_pred: predictions of the same shape.
            sample_weight: None, or weights of shape `(batch,)`.
        """
        y_true, y_pred = as_tensor(y_true, self._dtype), as_tensor(y_pred, self._dtype)
        counted = self._built and self.average != "micro"
        same_columns(self, y_true, y_pred, self.true_positives if counted else None)
        if not self._built:
            self._build(y_pred)
        if self.threshold is None:
            best = ops.equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
            positive = ops.logical_and(best, ops.greater(ops.absolute(y_pred), 1e-9))
        else:
            positive = ops.greater(y_pred, self.threshold)
        y_pred = ops.cast(positive, self._dtype)
        axis = None if self.average == "micro" else 0
        weights = None
        if sample_weight is not None:
            weights = align_weights(as_tensor(sample_weight, self._dtype), y_true)

        def total(x: Any) -> Any:
            return ops.sum(x if weights is None else x * weights, axis=axis)

        self.true_positives.assign_add(total(y_pred * y_true))
        self.false_positives.assign_add(total(y_pred * (1.0 - y_true)))
        self.false_negatives.assign_add(total((1.0 - y_pred) * y_true))
        self.intermediate_weights.assign_add(total(y_true))

    def result(self) -> Any:
        """The score so far, a scalar, or one a class."""
        after_a_batch(self)
        hits = self.true_positives.tensor
        epsilon, square = settings.epsilon(), self.beta**2
        precision = safe_divide(hits, hits + self.false_positives.tensor)
        recall = safe_divide(hits, hits + self.false_negatives.tensor)
        both = precision * square + recall
        score = precision * recall * (1.0 + square) / (both + epsilon)
        if self.average == "weighted":
            weights = self.intermediate_weights.tensor
            return ops.sum(score * weights / (ops.sum(weights) + epsilon))
        return score if self.average is None else ops.mean(score)


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall.

    Args:
        average: see `keras.metrics.FBetaScore`.
        threshold: predictions above it are positive; None: the highest one is.
        name: a string.
        dtype: see `keras.Metric`.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.F1Score(threshold=0.5, average="micro")
    >>> metric.update_state([[1, 0], [1, 1]], [[0.9, 0.2], [0.8, 0.1]])
    >>> round(float(metric.result()), 4)
    0.8
    """

    config_arguments = ("average", "threshold")

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
