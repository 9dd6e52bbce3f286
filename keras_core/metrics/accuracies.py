"""How often predictions are right."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.limits import FRACTION, checked
from keras_core.losses.reduction import align, as_tensor, dtype_of
from keras_core.metrics.means import MeanMetricWrapper, is_integer
from keras_core.metrics.thresholds import check_int
from keras_core.ops._door import Tensor, TensorLike

_LIMITS = {"threshold": FRACTION}


def accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Whether each prediction equals its target, as floats."""
    y_true, y_pred = align(as_tensor(y_true), as_tensor(y_pred))
    return ops.cast(ops.equal(y_true, y_pred), "float32")


def binary_accuracy(y_true: TensorLike, y_pred: TensorLike, threshold: float = 0.5) -> Tensor:
    """The share of predictions on the right side of a threshold, over the last axis.

    Args:
        y_true: labels 0 and 1, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.
        threshold: what is above counts as label 1.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.metrics.binary_accuracy([[0, 1]], [[0.7, 0.8]])[0])
    0.5
    """
    return ops.mean(_right_sides(y_true, y_pred, threshold), axis=-1)


def _right_sides(y_true: TensorLike, y_pred: TensorLike, threshold: float) -> Tensor:
    """Whether each prediction is on its label's side of a threshold, as floats."""
    y_true, y_pred = align(as_tensor(y_true), as_tensor(y_pred))
    name = "float32" if is_integer(y_pred) else dtype_of(y_pred)
    right = ops.equal(ops.cast(y_true, name), ops.cast(ops.greater(y_pred, threshold), name))
    return ops.cast(right, name)


def categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Whether the highest prediction is that of the true class.

    Args:
        y_true: one-hot labels, shape `(batch, ..., classes)`.
        y_pred: predictions of the same shape.

    Returns:
        A float tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.metrics.categorical_accuracy([[0, 1]], [[0.3, 0.7]])[0])
    1.0
    """
    return ops.cast(_same_class(y_true, y_pred), "float32")


def _same_class(y_true: Any, y_pred: Any) -> Any:
    return ops.equal(ops.argmax(as_tensor(y_true), axis=-1), ops.argmax(as_tensor(y_pred), axis=-1))


def sparse_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Whether the highest prediction is that of the true class.

    Args:
        y_true: class numbers, shape `(batch, ...)` or `(batch, ..., 1)`.
        y_pred: predictions, shape `(batch, ..., classes)`.

    Returns:
        A float tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.metrics.sparse_categorical_accuracy([1], [[0.3, 0.7]])[0])
    1.0
    """
    return ops.cast(_right_class(y_true, y_pred), "float32")


def _right_class(y_true: Any, y_pred: Any) -> Any:
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    if len(y_true.shape) != len(y_pred.shape) - 1:
        raise ValueError(
            "sparse_categorical_accuracy: y_true must hold class numbers, in the shape of y_pred "
            f"without its last axis. Received: y_true of shape {tuple(y_true.shape)}, y_pred of "
            f"shape {tuple(y_pred.shape)}"
        )
    return ops.equal(ops.argmax(y_pred, axis=-1), y_true)


def top_k_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike, k: int = 5) -> Tensor:
    """Whether the true class is among the `k` highest predictions.

    Args:
        y_true: one-hot labels, shape `(batch, ..., classes)`.
        y_pred: predictions of the same shape.
        k: how many predictions count.

    Returns:
        A float tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> y_pred = [[0.2, 0.3, 0.5]]
    >>> float(keras.metrics.top_k_categorical_accuracy([[0, 1, 0]], y_pred, k=2)[0])
    1.0
    """
    return sparse_top_k_categorical_accuracy(ops.argmax(as_tensor(y_true), axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: TensorLike, y_pred: TensorLike, k: int = 5, from_sorted_ids: bool = False
) -> Tensor:
    """Whether the true class is among the `k` highest predictions.

    Args:
        y_true: class numbers, shape `(batch, ...)`.
        y_pred: predictions, shape `(batch, ..., classes)`; if `from_sorted_ids`, class numbers,
            the best one first.
        k: how many predictions count.
        from_sorted_ids: whether `y_pred` holds class numbers.

    Returns:
        A float tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> y_pred = [[0.2, 0.3, 0.5]]
    >>> float(keras.metrics.sparse_top_k_categorical_accuracy([1], y_pred, k=2)[0])
    1.0
    """
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    number = ops.expand_dims(ops.cast(y_true, "int32"), -1)
    if from_sorted_ids:
        found = ops.any(ops.equal(ops.cast(y_pred[..., :k], "int32"), number), axis=-1)
        return ops.cast(found, "float32")
    # The true class is among the best k if fewer than k classes have a higher prediction.
    classes = y_pred.shape[-1]
    inside = ops.logical_and(ops.greater_equal(number, 0), ops.less(number, classes))
    own = ops.take_along_axis(y_pred, ops.clip(number, 0, classes - 1), axis=-1)
    higher = ops.sum(ops.cast(ops.greater(y_pred, own), "int32"), axis=-1)
    found = ops.logical_and(ops.less(higher, k), ops.squeeze(inside, -1))
    return ops.cast(ops.logical_and(found, ops.isfinite(ops.squeeze(own, -1))), "float32")


class Accuracy(MeanMetricWrapper):
    """The share of predictions that equal their targets.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.Accuracy()
    >>> metric.update_state([1, 2, 3, 4], [0, 2, 3, 4])
    >>> float(metric.result())
    0.75
    """

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """The share of predictions on the right side of a threshold.

    Args:
        name: a string.
        dtype: see `keras.Metric`.
        threshold: what is above counts as label 1, from 0 to 1.

    Raises:
        ValueError: if the threshold is out of range.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.BinaryAccuracy()
    >>> metric.update_state([[1], [0]], [[0.9], [0.6]])
    >>> float(metric.result())
    0.5
    """

    def __init__(
        self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5
    ) -> None:
        threshold = checked(_LIMITS, {"threshold": threshold}, type(self).__name__)["threshold"]
        # One value a label, not a sample, so that weights may be given for labels too.
        super().__init__(_right_sides, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the highest prediction is that of the true class; labels are one-hot.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.CategoricalAccuracy()
    >>> metric.update_state([[0, 1], [1, 0]], [[0.3, 0.7], [0.4, 0.6]])
    >>> float(metric.result())
    0.5
    """

    _class_numbers = True

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(_same_class, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the highest prediction is that of the true class; labels are class numbers.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.SparseCategoricalAccuracy()
    >>> metric.update_state([1, 0], [[0.3, 0.7], [0.4, 0.6]])
    >>> float(metric.result())
    0.5
    """

    _class_numbers = True

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(_right_class, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the true class is among the `k` highest predictions; labels are one-hot.

    Args:
        k: how many predictions count.
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.TopKCategoricalAccuracy(k=2)
    >>> metric.update_state([[0, 1, 0]], [[0.2, 0.3, 0.5]])
    >>> float(metric.result())
    1.0
    """

    _class_numbers = True

    def __init__(
        self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None
    ) -> None:
        k = check_int(type(self).__name__, "k", k, 0)
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the true class is among the `k` highest predictions; labels are class numbers.

    Args:
        k: how many predictions count.
        name: a string.
        dtype: see `keras.Metric`.
        from_sorted_ids: whether predictions are class numbers, the best one first.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.SparseTopKCategoricalAccuracy(k=2)
    >>> metric.update_state([1], [[0.2, 0.3, 0.5]])
    >>> float(metric.result())
    1.0
    """

    _class_numbers = True

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        k = check_int(type(self).__name__, "k", k, 0)
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids
        )
