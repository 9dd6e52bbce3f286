"""Counts of true and false positives and negatives at thresholds: what many metrics keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.core.errors import message
from keras_core.losses.reduction import align, align_weights, as_tensor
from keras_core.metrics.metric import Metric

TRUE_POSITIVES = "true_positives"
FALSE_POSITIVES = "false_positives"
TRUE_NEGATIVES = "true_negatives"
FALSE_NEGATIVES = "false_negatives"
#: From how many thresholds on predictions are sorted into buckets, and not compared with each.
_MANY = 8


def check_thresholds(owner: str, thresholds: Any, default: float) -> list[float]:
    """Thresholds as a list; a number stands for a list of one.

    Raises:
        ValueError: if one is not between 0 and 1.
    """
    if thresholds is None:
        return [default]
    try:
        found = np.atleast_1d(np.asarray(thresholds, "float64"))
    except (TypeError, ValueError):
        found = np.zeros(0)
    if found.ndim != 1 or not len(found) or not ((found >= 0) & (found <= 1)).all():
        raise ValueError(f"{owner}: thresholds must be from 0 to 1. Received: {thresholds!r}")
    return found.tolist()


def check_int(owner: str, argument: str, value: Any, least: int | None = None) -> Any:
    """An int, not below `least`, or None.

    Raises:
        ValueError: if it is none.
    """
    whole = hasattr(value, "__index__") and not isinstance(value, (bool, np.bool_))
    if value is None or (whole and (least is None or value >= least)):
        return value
    must = "be an int" if least is None else f"be an int of at least {least}"
    raise ValueError(message(owner, argument, must, value))


def spread_thresholds(count: int, margin: float = 0.0) -> list[float]:
    """`count` thresholds at equal distances from 0 to 1, the outer ones moved out by `margin`."""
    inner = [(i + 1) / (count - 1) for i in range(count - 2)]
    return [0.0 - margin, *inner, 1.0 + margin]


def keep_top_k(y_pred: Any, k: int) -> Any:
    """Predictions with all but the `k` highest of the last axis at minus infinity."""
    _, best = ops.top_k(y_pred, k)
    kept = ops.any(ops.equal(ops.expand_dims(best, -1), ops.arange(y_pred.shape[-1])), axis=-2)
    return ops.where(kept, y_pred, ops.full_like(y_pred, float("-inf")))


def counts(
    owner: str,
    y_true: Any,
    y_pred: Any,
    thresholds: Sequence[float],
    sample_weight: Any = None,
    *,
    dtype: str = "float32",
    top_k: int | None = None,
    class_id: int | None = None,
    multi_label: bool = False,
    label_weights: Any = None,
) -> dict[str, Any]:
    """The weights of true and false positives and negatives at each threshold.

    Args:
        owner: the metric, for errors.
        y_true: labels; what is not 0 is positive.
        y_pred: predictions of the same shape.
        thresholds: floats; a prediction above one is positive.
        sample_weight: None, or weights that fit `y_pred`.
        dtype: the name of the counts' dtype.
        top_k: how many of the last axis's predictions can be positive; None: all.
        class_id: the only place in the last axis that counts; None: all do.
        multi_label: whether each place in the last axis has its own counts.
        label_weights: a weight for each place in the last axis.

    Returns:
        A dict of four tensors of shape `(thresholds,)`, or `(thresholds, labels)`.

    Raises:
        ValueError: if the shapes differ, or have no such class.
    """
    y_pred = as_tensor(y_pred, dtype)
    y_true, y_pred = align(ops.cast(as_tensor(y_true), "bool"), y_pred)
    known = y_true.shape, y_pred.shape
    if len(known[0]) != len(known[1]) or not all(
        a == b or a is None or b is None for a, b in zip(*known, strict=True)
    ):
        raise ValueError(
            f"{owner}: y_true and y_pred must have one shape. Received: y_true of shape "
            f"{tuple(y_true.shape)}, y_pred of shape {tuple(y_pred.shape)}"
        )
    for name, number, least in (("class_id", class_id, None), ("top_k", top_k, 0)):
        _fits_last_axis(owner, name, number, least, y_pred.shape)
    weights = None
    if sample_weight is not None:
        weights = align_weights(as_tensor(sample_weight, dtype), y_pred)
        weights = ops.broadcast_to(weights, ops.shape(y_pred))
    if label_weights is not None:
        own = ops.broadcast_to(as_tensor(label_weights, dtype), ops.shape(y_pred))
        weights = own if weights is None else weights * own
    if top_k is not None:
        y_pred = keep_top_k(y_pred, top_k)
    if class_id is not None:
        y_true, y_pred = y_true[..., class_id], y_pred[..., class_id]
        weights = None if weights is None else weights[..., class_id]
    labels = y_pred.shape[-1] if multi_label else 1
    flat = (-1, labels)
    positive = ops.reshape(ops.cast(y_true, dtype), flat)
    negative = 1.0 - positive
    if weights is not None:
        weights = ops.reshape(weights, flat)
        positive, negative = positive * weights, negative * weights
    y_pred = ops.reshape(y_pred, flat)
    if len(thresholds) <= _MANY or list(thresholds) != sorted(thresholds):
        found = _compared(positive, negative, y_pred, thresholds, dtype)
    else:
        found = _bucketed(positive, negative, y_pred, thresholds, dtype)
    hits, alarms = found if multi_label else (x[:, 0] for x in found)
    axis = 0 if multi_label else None
    return {
        TRUE_POSITIVES: hits,
        FALSE_POSITIVES: alarms,
        TRUE_NEGATIVES: ops.sum(negative, axis=axis) - alarms,
        FALSE_NEGATIVES: ops.sum(positive, axis=axis) - hits,
    }


def _fits_last_axis(owner: str, name: str, number: int | None, least: Any, shape: Any) -> None:
    """Refuses the number of a class, or a number of classes, that the last axis does not have."""
    size = shape[-1] if len(shape) else 0
    if number is None or size is None:
        return
    lowest, highest = (-size, size - 1) if least is None else (least, size)
    if not lowest <= number <= highest:
        raise ValueError(
            f"{owner}: {name} must be from {lowest} to {highest}, for the last axis of y_pred of "
            f"shape {tuple(shape)}. Received: {name}={number}"
        )


def _compared(
    positive: Any, negative: Any, y_pred: Any, thresholds: Sequence[float], dtype: str
) -> tuple[Any, Any]:
    limits = ops.reshape(ops.convert_to_tensor(list(thresholds), dtype), (-1, 1, 1))
    above = ops.cast(ops.greater(ops.expand_dims(y_pred, 0), limits), dtype)
    return ops.sum(above * positive, axis=1), ops.sum(above * negative, axis=1)


def _bucketed(
    positive: Any, negative: Any, y_pred: Any, thresholds: Sequence[float], dtype: str
) -> tuple[Any, Any]:
    """Each prediction goes to the bucket of the thresholds below it; then buckets are added up."""
    labels, buckets = y_pred.shape[-1], len(thresholds) + 1
    limits = ops.convert_to_tensor(list(thresholds), dtype)
    below = ops.searchsorted(limits, ops.reshape(y_pred, (-1,)), side="left")
    place = ops.reshape(ops.cast(below, "int32"), (-1, labels))
    place = ops.reshape(place + ops.arange(labels, dtype="int32") * buckets, (-1,))

    def above(weights: Any) -> Any:
        sums = ops.segment_sum(ops.reshape(weights, (-1,)), place, num_segments=labels * buckets)
        sums = ops.reshape(sums, (labels, buckets))
        return ops.transpose(ops.flip(ops.cumsum(ops.flip(sums, axis=1), axis=1), axis=1)[:, 1:])

    return above(positive), above(negative)


class ThresholdMetric(Metric):
    """What metrics share that keep some of the four counts at thresholds."""

    #: Which counts are kept, as variables of these names.
    _kept: tuple[str, ...] = (TRUE_POSITIVES, FALSE_POSITIVES, TRUE_NEGATIVES, FALSE_NEGATIVES)

    @property
    def _owner(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def _make_counts(self, shape: tuple[int, ...]) -> None:
        for name in self._kept:
            setattr(self, name, self.add_variable(shape, None, self._dtype, name=name))

    def _add_counts(self, found: dict[str, Any]) -> None:
        for name in self._kept:
            getattr(self, name).assign_add(found[name])
