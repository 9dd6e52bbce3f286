"""A vocabulary by frequency."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from keras_core.core.errors import message
from keras_core.preprocessing.text.words import FILTERS, text_to_word_sequence

_MODES = ("binary", "count", "freq", "tfidf")
_TABLES = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


class Tokenizer:
    """Words as indices, the most frequent ones first.

    0 stands for padding. `keras_core.layers.TextVectorization` is the successor: it is saved
    with a model and works within one.

    Args:
        num_words: indices that are used: those below it. None for all.
        filters: characters that are taken for `split`.
        lower: whether letters are made small first.
        split: what stands between words.
        char_level: whether every character is a word.
        oov_token: stands for words that are not known, as index 1; None leaves them out.
        analyzer: `analyzer(text)` gives the words, in place of `filters` and `split`.

    Raises:
        TypeError: for an argument that there is not.
        ValueError: if `num_words` is no positive int.

    Example:

    >>> import keras_core as keras
    >>> tokenizer = keras.preprocessing.text.Tokenizer(oov_token="?")
    >>> tokenizer.fit_on_texts(["the cat sat", "the dog"])
    >>> tokenizer.texts_to_sequences(["The cat ran"])
    [[2, 3, 1]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        num_words = kwargs.pop("nb_words", num_words)
        document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Tokenizer: there are no arguments {sorted(kwargs)}.")
        if num_words is not None and (
            not isinstance(num_words, (int, np.integer))
            or isinstance(num_words, bool)
            or num_words < 1
        ):
            raise ValueError(message("Tokenizer", "num_words", "be a positive int", num_words))
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: defaultdict[str, int] = defaultdict(int)
        self.filters = filters
        self.split = split
        self.lower = lower
        self.num_words = num_words
        self.document_count: int = document_count
        self.char_level = char_level
        self.oov_token = oov_token
        self.index_docs: defaultdict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.analyzer = analyzer

    def _words(self, text: Any) -> Iterable[str]:
        if self.char_level or not isinstance(text, str):  # words that are parted already
            if not isinstance(text, (str, list, tuple, np.ndarray)):
                raise TypeError(
                    message("Tokenizer", "texts", "hold strings, or lists of words", text)
                )
            if not self.lower:
                return text
            return text.lower() if isinstance(text, str) else [word.lower() for word in text]
        if self.analyzer is None:
            return text_to_word_sequence(text, self.filters, self.lower, self.split)
        return self.analyzer(text)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Count the words of texts, and number them anew.

        Args:
            texts: strings, or lists of words.

        Raises:
            TypeError: if one of them is neither.
        """
        for text in texts:
            words = list(self._words(text))
            self.document_count += 1
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in dict.fromkeys(words):
                self.word_docs[word] += 1
        # Those that are as frequent as others stay in the order in which they came.
        ranked = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        if self.oov_token is not None:
            ranked.insert(0, self.oov_token)
        self.word_index = {word: i for i, word in enumerate(ranked, 1)}
        self.index_word = {i: word for word, i in self.word_index.items()}
        self.index_docs = defaultdict(int)
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Iterable[Iterable[int]]) -> None:
        """Count in how many sequences indices stand, for "tfidf", where there are no texts.

        Args:
            sequences: lists of indices.
        """
        for sequence in sequences:
            self.document_count += 1
            for index in set(sequence):
                self.index_docs[index] += 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """Texts as lists of indices.

        Args:
            texts: strings, or lists of words.

        Returns:
            A list for each; words that are not known, or not among the `num_words` first, are
            left out or stand as `oov_token`.
        """
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """`texts_to_sequences`, one after the other.

        Args:
            texts: strings, or lists of words.

        Yields:
            The indices of each.
        """
        oov = self._oov()
        for text in texts:
            found = (self.word_index.get(word, oov) for word in self._words(text))
            known = (oov if i is not None and not self._used(i) else i for i in found)
            yield [i for i in known if i is not None]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """Lists of indices as texts, with a space between words.

        Args:
            sequences: lists of indices.

        Returns:
            A text for each; unknown indices are left out or stand as `oov_token`.
        """
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        """`sequences_to_texts`, one after the other.

        Args:
            sequences: lists of indices.

        Yields:
            The text of each.
        """
        for sequence in sequences:
            words = (self.index_word.get(i) if self._used(i) else None for i in sequence)
            known = (self.oov_token if word is None else word for word in words)
            yield " ".join(word for word in known if word is not None)

    def _oov(self) -> int | None:
        return None if self.oov_token is None else self.word_index.get(self.oov_token)

    def _used(self, index: int) -> bool:
        return not self.num_words or index < self.num_words

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """Texts as rows of a matrix with a column for each index.

        Args:
            texts: strings, or lists of words.
            mode: as for `sequences_to_matrix`.

        Returns:
            Shape `(texts, num_words)`, float64.
        """
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(
        self, sequences: Iterable[Iterable[int]], mode: str = "binary"
    ) -> np.ndarray:
        """Lists of indices as rows of a matrix with a column for each index.

        Args:
            sequences: lists of indices.
            mode: "binary", whether an index is there; "count", how often; "freq", its share;
                "tfidf", `1 + log(count)` by `log(1 + documents / (1 + documents with it))`.

        Returns:
            Shape `(sequences, num_words)`, or as many columns as there are words and one more;
            float64.

        Raises:
            ValueError: for another mode, or if there is nothing yet to tell the columns from.
        """
        if mode not in _MODES:
            raise ValueError(message("Tokenizer", "mode", f"be one of {', '.join(_MODES)}", mode))
        if not self.num_words and not self.word_index:
            raise ValueError(
                "Tokenizer: the number of columns is not known. Give num_words to Tokenizer, or "
                "call fit_on_texts() first."
            )
        if mode == "tfidf" and not self.document_count:
            raise ValueError(
                "Tokenizer: mode='tfidf' needs counts of documents. Call fit_on_texts() or "
                "fit_on_sequences() first."
            )
        columns = self.num_words or len(self.word_index) + 1
        rows = [Counter(i for i in sequence if i < columns) for sequence in sequences]
        matrix = np.zeros((len(rows), columns))
        for row, counts in zip(matrix, rows, strict=True):
            for index, count in counts.items():
                row[index] = count
        if mode == "binary":
            return (matrix > 0).astype(float)
        if mode == "freq":
            return matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
        if mode == "tfidf":
            documents = np.array([self.index_docs.get(i, 0) for i in range(columns)])
            weights = np.log(1 + self.document_count / (1 + documents))
            return np.where(matrix > 0, 1 + np.log(np.maximum(matrix, 1)), 0) * weights
        return matrix

    def get_config(self) -> dict[str, Any]:
        """The arguments, and what was counted as JSON.

        Returns:
            A dict; `analyzer` is not in it.
        """
        config = {
            "num_words": self.num_words,
            "filters": self.filters,
            "lower": self.lower,
            "split": self.split,
            "char_level": self.char_level,
            "oov_token": self.oov_token,
            "document_count": self.document_count,
        }
        return config | {name: json.dumps(getattr(self, name)) for name in _TABLES}

    def to_json(self, **kwargs: Any) -> str:
        """The tokenizer as JSON, which `tokenizer_from_json` reads.

        Args:
            **kwargs: for `json.dumps`.

        Returns:
            JSON, the same as Keras's.
        """
        state = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(state, **kwargs)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """A tokenizer from what its `to_json()` gave.

    Args:
        json_string: JSON.

    Returns:
        The tokenizer.

    Raises:
        ValueError: if it is no such JSON.

    Example:

    >>> import keras_core as keras
    >>> tokenizer = keras.preprocessing.text.Tokenizer()
    >>> tokenizer.fit_on_texts(["the cat"])
    >>> keras.preprocessing.text.tokenizer_from_json(tokenizer.to_json()).word_index
    {'the': 1, 'cat': 2}
    """
    try:
        config = dict(json.loads(json_string)["config"])
        tables = {name: dict(json.loads(config.pop(name))) for name in _TABLES}
        by_index = {
            name: {int(i): value for i, value in tables[name].items()}
            for name in ("index_docs", "index_word")
        }
        tokenizer = Tokenizer(**config)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(
            message(
                "tokenizer_from_json",
                "json_string",
                "be what Tokenizer.to_json() gave",
                json_string,
            )
        ) from error
    tokenizer.word_counts = OrderedDict(tables["word_counts"])
    tokenizer.word_docs = defaultdict(int, tables["word_docs"])
    tokenizer.word_index = tables["word_index"]
    tokenizer.index_docs = defaultdict(int, by_index["index_docs"])
    tokenizer.index_word = by_index["index_word"]
    return tokenizer
