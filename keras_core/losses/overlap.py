"""Losses of segmentation by the overlap of regions: Dice and Tversky."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core import settings
from keras_core.core.limits import NUMBER
from keras_core.losses.loss import LossFunctionWrapper
from keras_core.losses.reduction import float_pair
from keras_core.ops._door import Tensor, TensorLike


def dice(y_true: TensorLike, y_pred: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """1 minus the Dice coefficient `2 sum(y p) / (sum(y) + sum(p))`.

    Args:
        y_true: labels from 0 to 1.
        y_pred: probabilities of the same shape.
        axis: the axes of the sums; None: all.

    Returns:
        A tensor of the shape without `axis`; a scalar for None.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.dice([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """
    y_true, y_pred = float_pair(y_true, y_pred, "dice")
    axis = tuple(axis) if isinstance(axis, list) else axis
    common = 2.0 * ops.sum(y_true * y_pred, axis=axis)
    total = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1.0 - common / (total + settings.epsilon())


def tversky(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: int | Sequence[int] | None = None,
) -> Tensor:
    """1 minus the Tversky index: Dice with weights for what is too much and what is missed.

    `1 - tp / (tp + alpha fn + beta fp)`. Salehi et al., 2017,
    https://arxiv.org/abs/1706.05721, with the two weights the other way round, as in Keras 3.

    Args:
        y_true: labels from 0 to 1.
        y_pred: probabilities of the same shape.
        alpha: the weight of false negatives (what is missed).
        beta: the weight of false positives (what is too much).
        axis: the axes of the sums; None: all.

    Returns:
        A tensor of the shape without `axis`; a scalar for None.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.tversky([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """
    y_true, y_pred = float_pair(y_true, y_pred, "tversky")
    axis = tuple(axis) if isinstance(axis, list) else axis
    both = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum(y_true * (1.0 - y_pred), axis=axis)
    excess = ops.sum((1.0 - y_true) * y_pred, axis=axis)
    return 1.0 - both / (both + alpha * missed + beta * excess + settings.epsilon())


class Dice(LossFunctionWrapper):
    """1 minus the Dice coefficient.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        axis: the axes of the sums; None: all.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.Dice()([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: int | Sequence[int] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dice, name, reduction, dtype, axis=axis)


class Tversky(LossFunctionWrapper):
    """1 minus the Tversky index.

    Args:
        alpha: the weight of false negatives (what is missed).
        beta: the weight of false positives (what is too much).
        reduction: see `keras.Loss`.
        name: a string.
        axis: the axes of the sums; None: all.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.Tversky()([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """

    limits = {"alpha": NUMBER, "beta": NUMBER}

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: int | Sequence[int] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(tversky, name, reduction, dtype, alpha=alpha, beta=beta, axis=axis)
