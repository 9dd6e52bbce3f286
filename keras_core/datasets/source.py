"""Where the files come from, and steps that several data sets share."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.core.errors import message
from keras_core.utils.files import get_file

HOST = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
CIFAR_HOST = "https://www.cs.toronto.edu/~kriz/"


def fetch(name: str, path: str | None = None, subdir: str = "datasets") -> str:
    """The local path of one of the files, kept under the name `path`."""
    return get_file(path or name, HOST + name, cache_subdir=subdir)


def check_split(owner: str, test_split: Any) -> float:
    """A fraction to hold out."""
    if not isinstance(test_split, (int, float)) or not 0 <= test_split < 1:
        raise ValueError(message(owner, "test_split", "be from 0 to below 1", test_split))
    return float(test_split)


def shuffled(seed: int, *arrays: Any) -> list[Any]:
    """Arrays in one shuffled order: Keras's, so that a seed gives the same split."""
    order = np.arange(len(arrays[0]))
    np.random.RandomState(seed).shuffle(order)
    return [array[order] for array in arrays]


def split(x: Any, y: Any, test_split: float) -> tuple[Any, Any]:
    """The first rows for training, the rest for testing."""
    at = int(len(x) * (1 - test_split))
    return (x[:at], y[:at]), (x[at:], y[at:])


def words(
    rows: list[list[int]],
    num_words: int | None,
    skip_top: int,
    start_char: int | None,
    oov_char: int | None,
    index_from: int | None,
) -> list[list[int]]:
    """Sequences of words' ranks as they are asked for: shifted, begun, and without rare words."""
    shift = index_from or 0
    if start_char is not None:
        rows = [[start_char, *(word + shift for word in row)] for row in rows]
    elif shift:
        rows = [[word + shift for word in row] for row in rows]
    if num_words is None:
        num_words = max((max(row) for row in rows if row), default=0) + 1
    if oov_char is None:
        return [[w for w in row if skip_top <= w < num_words] for row in rows]
    return [[w if skip_top <= w < num_words else oov_char for w in row] for row in rows]


def short_enough(x: Any, y: Any, maxlen: int | None, index_from_start: bool) -> tuple[Any, Any]:
    """The sequences below a length, with their labels."""
    if maxlen is None:
        return list(x), list(y)
    longest = maxlen - index_from_start
    kept = [(row, label) for row, label in zip(x, y, strict=True) if len(row) < longest]
    if not kept:
        raise ValueError(
            message("load_data", "maxlen", "leave some sequences", maxlen, "Use a larger maxlen.")
        )
    rows, labels = zip(*kept, strict=True)
    return list(rows), list(labels)


def objects(rows: list[list[int]]) -> np.ndarray:
    """Lists of different lengths as an array."""
    out = np.empty(len(rows), dtype=object)
    out[:] = rows
    return out
