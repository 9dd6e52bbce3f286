"""Class weights: the sample weights that follow from the classes of targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.core.errors import describe
from keras_core.training.compiled import CompiledLoss
from keras_core.training.data.arrays import host_floatx


class ClassWeights:
    """Gives sample weights for targets and the weights that they came with.

    Args:
        given: weights by class; for several outputs such dicts in a list, or in a dict by name.
        owner: what errors name.
        loss: the model's losses.
        matched: gives the losses matched to the outputs, for a batch's inputs and targets.

    Raises:
        ValueError: if it is neither.
    """

    def __init__(
        self,
        given: Any,
        owner: str,
        loss: CompiledLoss,
        matched: Callable[[Any, Any], CompiledLoss],
    ) -> None:
        self._given, self._owner, self._matched = given, owner, matched
        self._table = None if _is_by_output(given) else class_weight_table(given, owner)
        self._tables: list[np.ndarray | None] = []  # by output, once they are known
        self._numbers = loss.takes_class_numbers()

    def __call__(self, x: Any, y: Any, sample_weight: Any) -> Any:
        """The weights for a batch, in the structure of the outputs if there are several."""
        if self._table is not None:
            return weigh_classes(y, sample_weight, self._table, self._owner, self._numbers)
        loss = self._matched(x, y)
        if not self._tables:
            found = loss.by_output(self._given, "class_weight", _is_table, spread=False)
            self._tables = [
                None if table is None else class_weight_table(table, self._owner) for table in found
            ]
        targets, weights = loss.by_output(y, "y"), loss.by_output(sample_weight, "sample_weight")
        for i, table in enumerate(self._tables):
            if table is None:
                continue
            if targets[i] is None:
                raise ValueError(
                    f"{self._owner}: class_weight is given for {loss.where(i)}, which has no "
                    f"target. Received: y={describe(y)}"
                )
            weights[i] = weigh_classes(
                targets[i], weights[i], table, self._owner, loss.takes_class_numbers(i)
            )
        return loss.in_structure(weights)


def _is_table(x: Any) -> bool:
    """Whether `x` is meant to be the weights of one output's classes."""
    return isinstance(x, dict) and not any(
        value is None or isinstance(value, (dict, list, tuple)) for value in x.values()
    )


def _is_by_output(given: Any) -> bool:
    """Whether `given` holds the weights of several outputs' classes."""
    if isinstance(given, dict):
        return not _is_table(given)
    return isinstance(given, (list, tuple)) and all(
        item is None or isinstance(item, dict) or _is_by_output(item) for item in given
    )


def class_weight_table(class_weight: Any, owner: str) -> np.ndarray:
    """Weights by class, from the user's dict.

    Raises:
        ValueError: if it is not a dict from class indices to numbers.
    """
    if not isinstance(class_weight, dict) or not class_weight:
        raise ValueError(
            f"{owner}: class_weight must be a dict from class indices to weights, such as "
            "{0: 1.0, 1: 5.0}, or for several outputs a dict of such dicts by the outputs' names, "
            f"or a list of them. Received: {describe(class_weight)}"
        )
    try:
        pairs = {int(key): float(value) for key, value in class_weight.items()}
        whole = all(int(key) == float(key) for key in class_weight)
    except (TypeError, ValueError, OverflowError):
        pairs, whole = {}, False
    if not whole or min(pairs) < 0:
        raise ValueError(
            f"{owner}: class_weight must map class indices (0, 1, ...) to numbers. Received: "
            f"{describe(class_weight)}"
        )
    table = np.ones(max(pairs) + 1, host_floatx())
    for key, value in pairs.items():
        table[key] = value
    return table


def _check_rows(labels: np.ndarray, owner: str) -> None:
    """Raise for pictures of bits, whose rows would count as a class each.

    Not for targets of two axes: of several labels a sample the first counts, as in Keras.
    """
    if labels.ndim > 2 and labels.size and labels.sum(-1).max() > 1.01:
        raise ValueError(
            f"{owner}: with class_weight targets must be numbers of classes or one-hot rows. "
            f"Received: targets of shape {labels.shape} with several classes in a row. For bits, "
            "such as a mask, give them an axis of their own, y[..., None], and the predictions the "
            "same shape; or use sample_weight."
        )


def weigh_classes(
    y: Any, sample_weight: Any, table: np.ndarray, owner: str, numbers: bool = False
) -> Any:
    """Sample weights that include the class weights: one number a target.

    Args:
        y: the targets: the numbers of classes or, with several axes, one-hot rows.
        sample_weight: weights for the leading axes of the targets, or None.
        table: weights by class.
        owner: what errors name.
        numbers: whether every target is the number of a class, such as each pixel's.
    """
    targets = tree.flatten(y)
    if len(targets) != 1:
        raise ValueError(
            f"{owner}: class_weight must say which of several targets its weights are for: a dict "
            "by the outputs' names, such as {'a': {0: 1.0, 1: 5.0}}, or a list with one for each "
            f"output, None for those without. Received: y={describe(y)}"
        )
    labels = targets[0]
    labels = backend.arrays.convert_to_numpy(labels)
    if labels.ndim > 1:
        if labels.shape[-1] == 1:
            labels = labels[..., 0]
        elif not numbers:
            _check_rows(labels, owner)
            labels = labels.argmax(-1)
    labels = np.round(labels).astype(np.int64)
    known = (labels >= 0) & (labels < len(table))
    weights = np.where(known, table[np.where(known, labels, 0)], 1).astype(table.dtype)
    if sample_weight is None:
        return weights
    given = backend.arrays.convert_to_numpy(tree.flatten(sample_weight)[0])
    if given.ndim == weights.ndim + 1 and given.shape[-1] == 1:
        given = given[..., 0]
    given = given.reshape(given.shape + (1,) * (weights.ndim - given.ndim))
    try:
        weighted = weights * given
    except ValueError:
        weighted = None
    if weighted is None or weighted.shape != weights.shape:
        raise ValueError(
            f"{owner}: sample_weight must fit the classes of the targets, of shape "
            f"{weights.shape}, to be multiplied with class_weight. Received: sample_weight of "
            f"shape {given.shape}"
        )
    return weighted
