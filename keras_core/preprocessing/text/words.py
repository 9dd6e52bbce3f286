"""Words of a text, and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from keras_core.core.errors import message

#: Characters that are taken for spaces.
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(
    input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """The words of a text.

    Args:
        input_text: the text.
        filters: characters that are taken for `split`.
        lower: whether letters are made small first.
        split: what stands between words.

    Returns:
        The words, without empty ones.

    Raises:
        TypeError: if the text is no string.

    Example:

    >>> import keras_core as keras
    >>> keras.preprocessing.text.text_to_word_sequence("The cat, the dog!")
    ['the', 'cat', 'the', 'dog']
    """
    if not isinstance(input_text, str):
        raise TypeError(message("text_to_word_sequence", "input_text", "be a string", input_text))
    if not isinstance(split, str) or not split:
        raise ValueError(
            message("text_to_word_sequence", "split", "be a string of a character or more", split)
        )
    text = input_text.lower() if lower else input_text
    text = text.translate(dict.fromkeys(map(ord, filters), split))
    return [word for word in text.split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """The words of a text as indices, by Python's `hash`.

    Python hashes strings differently in every process, unless `PYTHONHASHSEED` is set;
    `hashing_trick` with "md5" does not. In spite of the name nothing is one-hot.

    Args:
        input_text: the text.
        n: indices run from 1 to `n - 1`.
        filters: characters that are taken for `split`.
        lower: whether letters are made small first.
        split: what stands between words.
        analyzer: `analyzer(text)` gives the words, in place of the last three.

    Returns:
        An index for each word; two words may have the same one.

    Raises:
        ValueError: if `n` is below 2.

    Example:

    >>> import keras_core as keras
    >>> len(keras.preprocessing.text.one_hot("The cat sat", 100))
    3
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Callable[[str], int] | str | None = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """The words of a text as indices, by their hashes.

    Args:
        text: the text.
        n: indices run from 1 to `n - 1`.
        hash_function: a function from a word to an int, or "md5", which is the same in every
            process; None for Python's `hash`, which is not.
        filters: characters that are taken for `split`.
        lower: whether letters are made small first.
        split: what stands between words.
        analyzer: `analyzer(text)` gives the words, in place of the last three.

    Returns:
        An index for each word; two words may have the same one.

    Raises:
        ValueError: if `n` is below 2, or for another name of a hash function.

    Example:

    >>> import keras_core as keras
    >>> keras.preprocessing.text.hashing_trick("The cat sat", 50, "md5")
    [43, 32, 29]
    """
    if not isinstance(n, int) or n < 2:
        raise ValueError(message("hashing_trick", "n", "be an int of 2 or more", n))
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    if not callable(hash_function):
        raise ValueError(
            message("hashing_trick", "hash_function", "be a function, 'md5' or None", hash_function)
        )
    words: Any = analyzer(text) if analyzer else text_to_word_sequence(text, filters, lower, split)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)
