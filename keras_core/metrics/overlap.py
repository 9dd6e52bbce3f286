"""Intersection over union of classes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core import dtypes, shapes
from keras_core.core.limits import INT, NUMBER, POSITIVE_INT, checked, keep, plain
from keras_core.losses.reduction import align_weights, as_tensor
from keras_core.metrics.means import is_integer, safe_divide
from keras_core.metrics.metric import Metric

_LIMITS = {"num_classes": POSITIVE_INT}
# The metrics whose targets are always one-hot, and those that can be told otherwise.
_SPARSE = {"OneHotIoU": "IoU", "OneHotMeanIoU": "MeanIoU"}


class _ConfusionMatrix(Metric):
    """What the metrics below share: a confusion matrix over batches."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(dtype or "int32", name)
        cls = type(self).__name__
        self.num_classes = checked(_LIMITS, {"num_classes": num_classes}, cls)["num_classes"]
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_confusion_matrix = self.add_variable(
            (num_classes, num_classes), None, name="total_confusion_matrix"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in.

        Args:
            y_true: class numbers, or one-hot labels if not `sparse_y_true`.
            y_pred: class numbers, or predictions if not `sparse_y_pred`.
            sample_weight: None, or weights that fit the class numbers. They are cast to the
                metric's dtype, int32 unless another one is given.

        Raises:
            ValueError: if the targets or predictions are not of the form that the metric was
                told, or not as many.
        """
        y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
        given = tuple(y_true.shape), tuple(y_pred.shape)
        if not self.sparse_y_true:
            y_true = self._highest("y_true", y_true)
        if not self.sparse_y_pred:
            y_pred = self._highest("y_pred", y_pred)
        sizes = shapes.size(y_true.shape), shapes.size(y_pred.shape)
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: y_true and y_pred must tell the class of as "
                f"many places. Received: y_true of shape {given[0]} "
                f"(sparse_y_true={self.sparse_y_true}), y_pred of shape {given[1]} "
                f"(sparse_y_pred={self.sparse_y_pred}). Sparse ones hold class numbers, others "
                f"{self.num_classes} numbers for each place."
            )
        weights = None
        if sample_weight is not None:
            weights = as_tensor(sample_weight)
            if self._dtype in dtypes.INTS and not is_integer(weights):
                warnings.warn(
                    f"{type(self).__name__}: float weights are cut to its dtype {self._dtype}. "
                    "Give integers, or make the metric with dtype='float32'.",
                    stacklevel=2,
                )
            weights = align_weights(ops.cast(weights, self._dtype), y_true)
            weights = ops.reshape(ops.broadcast_to(weights, ops.shape(y_true)), (-1,))
        y_true = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        y_pred = ops.reshape(ops.cast(y_pred, "int32"), (-1,))
        size = self.num_classes
        # A number that is no class would land in the cell of another pair.
        counts = ops.logical_and(_among(y_true, size), _among(y_pred, size))
        if self.ignore_class is not None:
            counts = ops.logical_and(counts, ops.not_equal(y_true, int(self.ignore_class)))
        y_true = ops.where(counts, y_true, ops.zeros_like(y_true))
        y_pred = ops.where(counts, y_pred, ops.zeros_like(y_pred))
        counts = ops.cast(counts, self._dtype)
        weights = counts if weights is None else weights * counts
        sums = ops.segment_sum(weights, y_true * size + y_pred, num_segments=size * size)
        self.total_confusion_matrix.assign_add(
            ops.cast(ops.reshape(sums, (size, size)), self._dtype)
        )

    def _highest(self, argument: str, x: Any) -> Any:
        """The class numbers that one-hot labels or predictions stand for."""
        if len(x.shape) < 2 or (x.shape[self.axis] == 1 and self.num_classes > 1):
            kind = type(self).__name__
            sparse = _SPARSE.get(kind, kind) if argument == "y_true" else kind
            raise ValueError(
                f"{kind} {self.name!r}: {argument} must hold {self.num_classes} "
                f"numbers for each place along the axis {self.axis}, as sparse_{argument}=False "
                f"says. Received: {argument} of shape {tuple(x.shape)}. For class numbers use "
                f"{sparse}(..., sparse_{argument}=True)."
            )
        return ops.argmax(x, axis=self.axis)

    def _mean_over(self, classes: Sequence[int] | None) -> Any:
        """The mean intersection over union of classes, of those that occur at all."""
        matrix = ops.cast(self.total_confusion_matrix.tensor, "float32")
        both = ops.diagonal(matrix)
        union = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - both
        if classes is not None:
            chosen = ops.convert_to_tensor(list(classes), "int32")
            both, union = ops.take(both, chosen, axis=0), ops.take(union, chosen, axis=0)
        occurring = ops.sum(ops.cast(ops.not_equal(union, 0), "float32"))
        return safe_divide(ops.sum(safe_divide(both, union)), occurring)


def _among(numbers: Any, size: int) -> Any:
    """Which numbers are those of classes."""
    return ops.logical_and(ops.greater_equal(numbers, 0), ops.less(numbers, size))


class IoU(_ConfusionMatrix):
    """Intersection over union of chosen classes: `tp / (tp + fp + fn)`, then their mean.

    Args:
        num_classes: the number of classes.
        target_class_ids: the classes whose overlap counts.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`; None: "int32".
        ignore_class: a label that does not count, such as -1 or 255, or None.
        sparse_y_true: whether targets are class numbers; else they are one-hot.
        sparse_y_pred: whether predictions are class numbers; else the highest one is taken.
        axis: the axis of the classes.

    Raises:
        ValueError: if a target class is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])
    >>> round(float(metric.result()), 4)
    0.3333
    """

    config_arguments = (
        "num_classes",
        "target_class_ids",
        "ignore_class",
        "sparse_y_true",
        "sparse_y_pred",
        "axis",
    )

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        ids = plain(target_class_ids)
        if not isinstance(ids, (list, tuple)) or not all(
            INT.holds(i) and 0 <= i < num_classes for i in ids
        ):
            raise ValueError(
                f"{type(self).__name__}: target_class_ids must be a list of ints, all in "
                f"[0, {num_classes}). Received: {target_class_ids!r}"
            )
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        self.target_class_ids = list(ids)

    def result(self) -> Any:
        """The mean over the target classes so far, a scalar."""
        return self._mean_over(self.target_class_ids)


class BinaryIoU(IoU):
    """Intersection over union of two classes told apart by a threshold.

    Args:
        target_class_ids: which of the classes 0 and 1 count.
        threshold: predictions of at least this are of class 1.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`; None: "int32".

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.BinaryIoU(threshold=0.3)
    >>> metric.update_state([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])
    >>> round(float(metric.result()), 4)
    0.3333
    """

    config_arguments = ("target_class_ids", "threshold")
    limits = {"threshold": NUMBER}
    threshold: float

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        keep(self, {"threshold": threshold})

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in: labels 0 and 1, and predictions from 0 to 1."""
        y_pred = ops.cast(ops.greater_equal(as_tensor(y_pred), self.threshold), "int32")
        super().update_state(y_true, y_pred, sample_weight)


class MeanIoU(_ConfusionMatrix):
    """The mean over all classes of intersection over union.

    Args:
        num_classes: the number of classes.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`; None: "int32".
        ignore_class: a label that does not count, such as -1 or 255, or None.
        sparse_y_true: whether targets are class numbers; else they are one-hot.
        sparse_y_pred: whether predictions are class numbers; else the highest one is taken.
        axis: the axis of the classes.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.MeanIoU(num_classes=2)
    >>> metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])
    >>> round(float(metric.result()), 4)
    0.3333
    """

    config_arguments = ("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")

    def result(self) -> Any:
        """The mean over the classes so far, a scalar."""
        return self._mean_over(None)


class OneHotIoU(IoU):
    """`IoU` of one-hot labels.

    Args:
        num_classes: the number of classes.
        target_class_ids: the classes whose overlap counts.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`; None: "int32".
        ignore_class: a class that does not count, or None.
        sparse_y_pred: whether predictions are class numbers; else the highest one is taken.
        axis: the axis of the classes.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.OneHotIoU(num_classes=2, target_class_ids=[0])
    >>> metric.update_state([[1, 0], [0, 1]], [[0.9, 0.1], [0.6, 0.4]])
    >>> float(metric.result())
    0.5
    """

    config_arguments = (
        "num_classes",
        "target_class_ids",
        "ignore_class",
        "sparse_y_pred",
        "axis",
    )

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of one-hot labels.

    Args:
        num_classes: the number of classes.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`; None: "int32".
        ignore_class: a class that does not count, or None.
        sparse_y_pred: whether predictions are class numbers; else the highest one is taken.
        axis: the axis of the classes.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.OneHotMeanIoU(num_classes=2)
    >>> metric.update_state([[1, 0], [0, 1]], [[0.9, 0.1], [0.6, 0.4]])
    >>> float(metric.result())
    0.25
    """

    config_arguments = ("num_classes", "ignore_class", "sparse_y_pred", "axis")

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
