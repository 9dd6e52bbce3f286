"""IMDB: 50,000 film reviews, good or bad."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from keras_core.datasets import source
from keras_core.datasets.unpickling import load_npz


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: Any,
) -> tuple[Any, Any]:
    """Film reviews as sequences of words' ranks by frequency (Maas et al., 2011).

    Args:
        path: the file's name in the cache.
        num_words: words of this index and above count as unknown; None: none does.
        skip_top: words below this index count as unknown.
        maxlen: leave out reviews of this length and above.
        seed: of the shuffling.
        start_char: what every review begins with; None for nothing.
        oov_char: what stands for unknown words; None to leave them out.
        index_from: what is added to every rank, to make room for the two above.
        **kwargs: none is known.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists of ints, and int64 arrays of 0
        (bad) and 1 (good); 25,000 each.

    Raises:
        TypeError: for other keywords.
        ValueError: if `maxlen` leaves no review.

    Example:

    >>> import keras_core as keras
    >>> (x, y), test = keras.datasets.imdb.load_data(num_words=10000)  # doctest: +SKIP
    """
    if kwargs:
        raise TypeError(f"imdb.load_data: unknown arguments. Received: {', '.join(kwargs)}")
    names = ("x_train", "y_train", "x_test", "y_test")
    held = load_npz(source.fetch("imdb.npz", path), *names)
    order = np.random.RandomState(seed)  # the order that Keras gives for the seed
    rows: list[list[int]] = []
    labels: list[int] = []
    count = 0
    for x, y in ((held[0], held[1]), (held[2], held[3])):
        places = np.arange(len(x))
        order.shuffle(places)
        rows += list(x[places])
        labels += y[places].tolist()
        count = count or len(x)
    sizes = [count, len(rows) - count]
    if maxlen is not None:
        longest = maxlen - (start_char is not None)
        fits = [len(row) < longest for row in rows]
        sizes = [sum(fits[:count]), sum(fits[count:])]
        rows, labels = source.short_enough(rows, labels, maxlen, start_char is not None)
    rows = source.words(rows, num_words, skip_top, start_char, oov_char, index_from)
    x, y = source.objects(rows), np.array(labels, "int64")
    return (x[: sizes[0]], y[: sizes[0]]), (x[sizes[0] :], y[sizes[0] :])


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The words' ranks by frequency, from 1; `load_data` adds `index_from` to them.

    Args:
        path: the file's name in the cache.

    Returns:
        A dict from words to ints.

    Example:

    >>> import keras_core as keras
    >>> index = keras.datasets.imdb.get_word_index()  # doctest: +SKIP
    """
    with open(source.fetch("imdb_word_index.json", path), encoding="utf-8") as file:
        return json.load(file)
