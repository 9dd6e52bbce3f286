"""Losses between samples or along sequences: Circle and CTC."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.errors import message
from keras_core.core.limits import BOOL, NUMBER
from keras_core.losses.loss import LossFunctionWrapper
from keras_core.losses.reduction import as_tensor, dtype_of
from keras_core.ops._door import Tensor, TensorLike


def circle(
    y_true: TensorLike,
    y_pred: TensorLike,
    ref_labels: TensorLike | None = None,
    ref_embeddings: TensorLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Tensor:
    """Circle loss: embeddings of one class together, those of others apart.

    Every pair is weighted by how far it is from its optimum. Sun et al., 2020,
    https://arxiv.org/abs/2002.10857.

    Args:
        y_true: class numbers, shape `(batch,)`.
        y_pred: embeddings of length 1, shape `(batch, dim)`.
        ref_labels: labels of the samples that `y_pred` is compared with; None: `y_true`.
        ref_embeddings: their embeddings; None: `y_pred`.
        remove_diagonal: whether a sample's pair with itself is left out.
        gamma: the scale.
        margin: how much wider than the decision boundary the classes are to be.

    Returns:
        A tensor of shape `(batch,)`.

    Raises:
        ValueError: if `y_pred` does not have two axes.

    Example:

    >>> import keras_core as keras
    >>> x = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> keras.losses.circle([0, 0, 1], x).shape[0]
    3
    """
    y_pred = as_tensor(y_pred, "float32" if not hasattr(y_pred, "dtype") else None)
    if len(y_pred.shape) != 2:
        raise ValueError(
            message("circle", "y_pred", "hold embeddings, of shape (batch, dim)", y_pred)
        )
    name = dtype_of(y_pred)
    labels = ops.cast(as_tensor(y_true), "int32")
    others = y_pred if ref_embeddings is None else as_tensor(ref_embeddings, name)
    other_labels = labels if ref_labels is None else ops.cast(as_tensor(ref_labels), "int32")
    labels, other_labels = ops.reshape(labels, (-1, 1)), ops.reshape(other_labels, (1, -1))
    similarity = ops.matmul(y_pred, ops.transpose(others))
    positive = ops.equal(labels, other_labels)
    negative = ops.logical_not(positive)
    if remove_diagonal:
        itself = ops.cast(ops.eye(*ops.shape(similarity)), "bool")
        positive = ops.logical_and(positive, ops.logical_not(itself))
    pull = ops.stop_gradient(ops.relu(1.0 + margin - similarity))
    push = ops.stop_gradient(ops.relu(similarity + margin))
    attraction = -gamma * pull * (similarity - (1.0 - margin))
    repulsion = gamma * push * (similarity - margin)
    return ops.softplus(
        _masked_logsumexp(attraction, positive) + _masked_logsumexp(repulsion, negative)
    )


def _has_partner(y_true: Any) -> Any:
    """Which samples have another one of their class in the batch; the others teach nothing."""
    labels = ops.reshape(ops.cast(y_true, "int32"), (-1, 1))
    return ops.greater(ops.sum(ops.equal(labels, ops.transpose(labels)), axis=1), 1)


def _masked_logsumexp(x: Any, mask: Any) -> Any:
    """The log of the sum of exponentials over the last axis, of what the mask keeps."""
    return ops.logsumexp(ops.where(mask, x, ops.full_like(x, -1e9)), axis=-1)


def ctc(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Connectionist temporal classification: labels without their places in time.

    Graves et al., 2006. Class 0 is the blank and pads `y_true`.

    Args:
        y_true: class numbers, shape `(batch, label length)`.
        y_pred: logits, shape `(batch, time, classes)`.

    Returns:
        A tensor of shape `(batch,)`.

    Raises:
        ValueError: if the ranks are not 2 and 3.

    Example:

    >>> import keras_core as keras
    >>> keras.losses.ctc([[1, 2]], keras.ops.zeros((1, 4, 3))).shape[0]
    1
    """
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
        raise ValueError(
            "ctc: y_true must have shape (batch, label length) and y_pred (batch, time, "
            f"classes). Received: y_true of shape {tuple(y_true.shape)}, y_pred of shape "
            f"{tuple(y_pred.shape)}"
        )
    labels = ops.cast(y_true, "int32")
    batch, time = ops.shape(y_pred)[:2]
    lengths = ops.cast(ops.sum(ops.cast(ops.not_equal(labels, 0), "int32"), axis=1), "int32")
    return ops.ctc_loss(
        labels, y_pred, lengths, ops.full((batch,), time, dtype="int32"), mask_index=0
    )


class Circle(LossFunctionWrapper):
    """Circle loss: embeddings of one class together, those of others apart.

    Args:
        gamma: the scale.
        margin: how much wider than the decision boundary the classes are to be.
        remove_diagonal: whether a sample's pair with itself is left out.
        reduction: see `keras.Loss`; a mean is over the samples that have a pair.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> x = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> float(keras.losses.Circle()([0, 0, 1], x)) >= 0
    True
    """

    limits = {"gamma": NUMBER, "margin": NUMBER, "remove_diagonal": BOOL}

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            circle,
            name,
            reduction,
            dtype,
            gamma=gamma,
            margin=margin,
            remove_diagonal=remove_diagonal,
        )
        if remove_diagonal:
            self._counts = _has_partner

    def _target(self, y_true: Any) -> Any:
        return as_tensor(y_true)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the samples."""
        return circle(y_true, y_pred, **self._fn_kwargs)


class CTC(LossFunctionWrapper):
    """Connectionist temporal classification: labels without their places in time.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.CTC()([[1, 2]], keras.ops.zeros((1, 4, 3)))) > 0
    True
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "ctc",
        dtype: Any = None,
    ) -> None:
        super().__init__(ctc, name, reduction, dtype)

    def _target(self, y_true: Any) -> Any:
        return as_tensor(y_true)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the sequences."""
        return ctc(y_true, y_pred)
