"""Reuters: 11,228 newswires on 46 topics."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from keras_core.datasets import source
from keras_core.datasets.unpickling import load_npz

_TOPICS = tuple(
    """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves
    ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold
    tin strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange
    pet-chem dlr gas silver wpi hog lead
    """.split()
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> tuple[Any, Any]:
    """Newswires of 1987 as sequences of words' ranks by frequency (Reuters-21578, Lewis).

    Args:
        path: the file's name in the cache.
        num_words: words of this index and above count as unknown; None: none does.
        skip_top: words below this index count as unknown.
        maxlen: leave out newswires of this length and above.
        test_split: the fraction to hold out.
        seed: of the shuffling before the split.
        start_char: what every newswire begins with; None for nothing.
        oov_char: what stands for unknown words; None to leave them out.
        index_from: what is added to every rank, to make room for the two above.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists of ints, and int64 arrays of
        topics; see `get_label_names`.

    Raises:
        ValueError: for a fraction that is none, or if `maxlen` leaves no newswire.

    Example:

    >>> import keras_core as keras
    >>> (x, y), test = keras.datasets.reuters.load_data(num_words=10000)  # doctest: +SKIP
    """
    test_split = source.check_split("reuters.load_data", test_split)
    x, y = load_npz(source.fetch("reuters.npz", path), "x", "y")
    x, y = source.shuffled(seed, x, y)
    rows, labels = source.short_enough(x, y, maxlen, start_char is not None)
    rows = source.words(rows, num_words, skip_top, start_char, oov_char, index_from)
    return source.split(source.objects(rows), np.array(labels, "int64"), test_split)


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The words' ranks by frequency, from 1; `load_data` adds `index_from` to them.

    Args:
        path: the file's name in the cache.

    Returns:
        A dict from words to ints.

    Example:

    >>> import keras_core as keras
    >>> index = keras.datasets.reuters.get_word_index()  # doctest: +SKIP
    """
    with open(source.fetch("reuters_word_index.json", path), encoding="utf-8") as file:
        return json.load(file)


def get_label_names() -> tuple[str, ...]:
    """The topics' names, in order of their labels.

    Returns:
        A tuple of 46 strings.

    Example:

    >>> import keras_core as keras
    >>> keras.datasets.reuters.get_label_names()[3]
    'earn'
    """
    return _TOPICS
