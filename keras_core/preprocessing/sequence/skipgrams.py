"""Pairs of words that stand near each other, for word2vec (Mikolov et al., 2013)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core.core.errors import message

_EULER = 0.577  # the limit of harmonic numbers less the logarithm, to the places Keras takes


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """How likely a word is kept, by its rank, so that frequent ones do not outweigh the rest.

    Frequencies are taken for those of Zipf's law: the word of rank `r` is one in
    `r * H(r)` words, where `H` is the harmonic number.

    Args:
        size: how many words there are.
        sampling_factor: the frequency up to which words are kept always.

    Returns:
        Shape `(size,)`, `min(1, sqrt(sampling_factor / frequency))`.

    Raises:
        ValueError: if `size` is no positive int.

    Example:

    >>> import keras_core as keras
    >>> keras.preprocessing.sequence.make_sampling_table(4, 1e-2).round(3).tolist()
    [0.1, 0.1, 0.173, 0.235]

    Source: Mikolov et al., Distributed Representations of Words and Phrases and their
    Compositionality, 2013, https://arxiv.org/abs/1310.4546.
    """
    if not isinstance(size, (int, np.integer)) or size < 1:
        raise ValueError(message("make_sampling_table", "size", "be a positive int", size))
    rank = np.arange(size)
    rank[0] = 1
    harmonic = np.log(rank) + _EULER + 0.5 / rank - 1 / (12 * rank**2)
    return np.minimum(1.0, np.sqrt(sampling_factor * rank * harmonic))


def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of a word and one near it, labelled 1, and pairs with words by chance, labelled 0.

    Args:
        sequence: indices of words; 0 stands for none.
        vocabulary_size: one more than the largest index.
        window_size: how far apart the words of a pair may be.
        negative_samples: pairs by chance for each of the others.
        shuffle: whether pairs come in an order by chance.
        categorical: whether labels are `[0, 1]` and `[1, 0]`.
        sampling_table: how likely a word is kept, by its index, as from `make_sampling_table`.
        seed: of all that is drawn; None takes Python's own `random`.

    Returns:
        Pairs `[word, other]`, and their labels.

    Raises:
        ValueError: if `vocabulary_size` is below 2 or `negative_samples` below 0.

    Example:

    >>> import keras_core as keras
    >>> pairs, labels = keras.preprocessing.sequence.skipgrams(
    ...     [1, 2, 3], 4, window_size=1, negative_samples=0, shuffle=False
    ... )
    >>> pairs
    [[1, 2], [2, 1], [2, 3], [3, 2]]
    """
    if not isinstance(vocabulary_size, (int, np.integer)) or vocabulary_size < 2:
        raise ValueError(
            message("skipgrams", "vocabulary_size", "be an int of 2 or more", vocabulary_size)
        )
    if not negative_samples >= 0:
        raise ValueError(
            message("skipgrams", "negative_samples", "be a number of at least 0", negative_samples)
        )
    draw = random if seed is None else random.Random(seed)
    pairs: list[list[int]] = []
    for i, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < draw.random()):
            continue
        near = range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        pairs += [[word, sequence[j]] for j in near if j != i and sequence[j]]
    labels: list[Any] = [[0, 1] if categorical else 1] * len(pairs)
    words = [word for word, _ in pairs]
    draw.shuffle(words)
    for k in range(int(len(pairs) * negative_samples)):
        pairs.append([words[k % len(words)], draw.randint(1, vocabulary_size - 1)])
        labels.append([1, 0] if categorical else 0)
    if shuffle:
        order = list(range(len(pairs)))
        draw.shuffle(order)
        pairs, labels = [pairs[i] for i in order], [labels[i] for i in order]
    return pairs, labels
