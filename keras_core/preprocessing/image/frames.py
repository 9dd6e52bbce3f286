"""Columns of a data frame as paths, targets and weights."""

from __future__ import annotations

import dataclasses
import os
import warnings
from typing import Any

import numpy as np

from keras_core.core.errors import message
from keras_core.preprocessing.image.iterators import ENDINGS

_OF_CLASSES = ("categorical", "binary", "sparse")


@dataclasses.dataclass
class Table:
    """Files, and what belongs to each."""

    names: list[str]  # as the frame has them
    paths: list[str]
    targets: Any  # an array, a list of arrays, or a list of tuples of classes
    weights: np.ndarray | None
    classes: list[Any] | None

    def part(self, rows: slice) -> Table:
        """Some of them."""
        targets = self.targets
        if isinstance(targets, list) and targets and isinstance(targets[0], np.ndarray):
            targets = [column[rows] for column in targets]
        elif targets is not None:
            targets = targets[rows]
        weights = None if self.weights is None else self.weights[rows]
        return Table(self.names[rows], self.paths[rows], targets, weights, self.classes)


def read(
    owner: str,
    frame: Any,
    directory: Any,
    columns: tuple[str, Any, str | None],
    classes: Any,
    mode: str | None,
    validate: bool,
) -> Table:
    """Check a data frame, leave out what cannot be used, and take it apart.

    Args:
        owner: for errors.
        frame: a pandas data frame.
        directory: the folder that paths start from, or None.
        columns: of paths, targets and weights.
        classes: those to keep, in the order of their labels; None for all.
        mode: what the targets are.
        validate: whether files must be there.
    """
    x_col, y_col, weight_col = columns
    wanted = [("x_col", x_col), ("weight_col", weight_col)]
    if mode not in ("input", None):
        several = list(y_col) if isinstance(y_col, (list, tuple)) else [y_col]
        wanted += [("y_col", name) for name in several]
        if mode == "multi_output" and not isinstance(y_col, (list, tuple)):
            raise TypeError(message(owner, "y_col", "be a list, for multi_output", y_col))
    for argument, name in wanted:
        if name is not None and name not in frame.columns:
            raise ValueError(
                message(owner, argument, f"be among the columns {list(frame.columns)}", name)
            )
    names = frame[x_col].tolist()
    if not all(isinstance(name, (str, os.PathLike)) for name in names):
        raise TypeError(message(owner, "x_col", "name a column of paths", x_col))
    kept = np.ones(len(names), bool)
    labels: list[Any] | None = None
    if mode in _OF_CLASSES:
        held = frame[y_col].tolist()
        labels = [tuple(label) if isinstance(label, list) else label for label in held]
        allowed: tuple[type, ...] = (str, tuple) if mode == "categorical" else (str,)
        if not all(isinstance(label, allowed) for label in labels):
            raise TypeError(
                message(
                    owner,
                    "y_col",
                    f"name a column of strings, for class_mode={mode!r}",
                    y_col,
                    'Give class_mode="raw" for numbers.',
                )
            )
        if classes:
            wanted_classes = set(classes)
            kept &= [not wanted_classes.isdisjoint(_tuple(label)) for label in labels]
    paths = [os.path.join(directory or "", name) for name in names]
    if validate:
        kept &= [path.lower().endswith(ENDINGS) and os.path.isfile(path) for path in paths]
        missing = int((~kept).sum())
        if missing:
            warnings.warn(
                f"{owner}: {missing} rows are left out: their files in column {x_col!r} are not "
                "there or are no images, or their classes are not wanted.",
                stacklevel=4,
            )
    rows = np.flatnonzero(kept)
    weights = None
    if weight_col is not None:
        weights = frame[weight_col].to_numpy()[rows]
        if weights.dtype.kind not in "iuf":
            raise TypeError(message(owner, "weight_col", "name a column of numbers", weight_col))
    targets: Any = None
    if labels is not None:
        labels = [labels[i] for i in rows]
        classes = list(classes or sorted({c for label in labels for c in _tuple(label)}))
        if mode == "binary" and len(classes) != 2:
            raise ValueError(
                message(owner, "y_col", "have two classes, for class_mode='binary'", classes)
            )
        index = {name: i for i, name in enumerate(classes)}
        if any(isinstance(label, tuple) for label in labels):
            targets = [tuple(index[c] for c in _tuple(label) if c in index) for label in labels]
        else:
            targets = np.array([index[label] for label in labels], "int64")
    elif mode == "multi_output":
        targets = [np.stack(frame[name].tolist())[rows] for name in y_col]
    elif mode == "raw":
        targets = frame[list(y_col) if isinstance(y_col, tuple) else y_col].to_numpy()[rows]
    return Table(
        [names[i] for i in rows],
        [paths[i] for i in rows],
        targets,
        weights,
        classes if labels is not None else None,
    )


def _tuple(label: Any) -> tuple[Any, ...]:
    return label if isinstance(label, tuple) else (label,)
