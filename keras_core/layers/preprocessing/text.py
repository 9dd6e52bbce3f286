"""TextVectorization: sentences to sequences of indices, or to vectors."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core import dtype_policies
from keras_core.backends.select import backend
from keras_core.core import dtypes
from keras_core.core.limits import (
    BOOL,
    ENCODING,
    POSITIVE_INT,
    SIZES,
    VOCABULARY,
    Limit,
    one_of,
    one_of_or_function,
    optional,
)
from keras_core.layers.preprocessing.host import HostLayer, arrays, is_tensorflow, to_host
from keras_core.layers.preprocessing.lookup import StringLookup, batches
from keras_core.symbolic.keras_tensor import KerasTensor

_PUNCTUATION = re.compile(r"[!\"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']")
_WHITESPACE = re.compile(r"[ \t\n\v\f\r]+")
_STANDARDIZE: dict[str, Callable[[str], str]] = {
    "lower_and_strip_punctuation": lambda s: _PUNCTUATION.sub("", s.lower()),
    "lower": str.lower,
    "strip_punctuation": lambda s: _PUNCTUATION.sub("", s),
}
_SPLIT: dict[str, Callable[[str], list[str]]] = {
    "whitespace": lambda s: [word for word in _WHITESPACE.split(s) if word],
    "character": list,
}


_NGRAMS = Limit(
    "be a positive int, a tuple of them, or None",
    lambda v: v is None or SIZES.holds(v),
    (0, "a", ()),
)


class TextVectorization(HostLayer):
    """Standardize, split and index text.

    Args:
        max_tokens: the largest vocabulary, special tokens included; None: no limit.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a
            function of an array of strings.
        split: "whitespace", "character", None, or a function of an array of strings that gives a
            list of words for each.
        ngrams: an int, to use all n-grams of up to so many words; or a tuple of the lengths.
        output_mode: "int" for indices; "multi_hot", "count" or "tf_idf" for vectors.
        output_sequence_length: with "int", the length that sequences are cut or padded to.
        pad_to_max_tokens: whether vectors have the length `max_tokens`.
        vocabulary: tokens, or the path of a text file with a token a line.
        idf_weights: with "tf_idf", one weight a token of `vocabulary`.
        sparse: kept for compatibility; outputs are dense.
        ragged: whether sequences keep their own lengths: on TensorFlow, and in a `tf.data`
            pipeline, the result is a ragged tensor, else a list of arrays.
        encoding: of byte strings.
        name: the layer's name.
        **kwargs: dtype, trainable.

    Raises:
        ValueError: if arguments do not fit together.

    Example:

    >>> import keras_core as keras
    >>> layer = keras.layers.TextVectorization(vocabulary=["hello", "world"])
    >>> keras.ops.convert_to_numpy(layer(["Hello, world!", "hello you"])).tolist()
    [[2, 3], [2, 1]]
    """

    _entries = "string"
    limits = {
        "max_tokens": optional(POSITIVE_INT),
        "output_mode": one_of("int", "multi_hot", "count", "tf_idf", binary="multi_hot"),
        "output_sequence_length": optional(POSITIVE_INT),
        "pad_to_max_tokens": BOOL,
        "sparse": BOOL,
        "ragged": BOOL,
        "ngrams": _NGRAMS,
        "vocabulary": optional(VOCABULARY),
        "encoding": ENCODING,
        "standardize": one_of_or_function(*_STANDARDIZE),
        "split": one_of_or_function(*_SPLIT),
    }

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        expected_size = kwargs.pop("vocabulary_size", None)
        super().__init__(name=name, **kwargs)
        self._check("vocabulary", vocabulary)
        self._set_options({**locals(), "vocabulary": None, "idf_weights": None})
        if output_mode != "int" and output_sequence_length is not None:
            raise self._refuse(
                "output_sequence_length", "be None unless output_mode='int'", output_sequence_length
            )
        if ragged and output_mode != "int":
            raise self._refuse("ragged", "be False unless output_mode='int'", ragged)
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="" if output_mode == "int" else None,
            output_mode=output_mode,
            encoding=encoding,
        )
        self._lookup_layer._expect(expected_size)

    # Text --------------------------------------------------------------------------------

    def _words(self, inputs: Any) -> list[list[str]]:
        """The words of each text, n-grams made."""
        values = to_host(inputs)
        if self.split is None and values.ndim > 2:
            raise self._refuse("inputs", "have the shape (batch,) or (batch, words)", values.shape)
        if values.ndim > 1 and self.split is not None:
            if values.ndim > 2 or values.shape[-1] != 1:
                raise self._refuse("inputs", "have the shape (batch,) or (batch, 1)", values.shape)
            values = values[:, 0]
        if values.ndim > 1:
            rows = [self._clean(row) for row in values]
        else:
            texts = self._clean(np.atleast_1d(values))
            if self.split is None:
                rows = [[text] for text in texts]
            elif callable(self.split):
                given = np.array(texts, dtype=object)
                rows = [list(map(self._lookup_layer._plain, row)) for row in self.split(given)]  # pyright: ignore[reportGeneralTypeIssues]
            else:
                rows = [_SPLIT[self.split](text) for text in texts]
        if self.ngrams is None:
            return rows
        lengths = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams
        return [_ngrams(row, lengths) for row in rows]

    def _clean(self, texts: Any) -> list[str]:
        plain = [self._lookup_layer._plain(t) for t in texts.tolist()]
        if self.standardize is None:
            return plain
        if callable(self.standardize):
            given = self.standardize(np.array(plain, dtype=object))
            return [self._lookup_layer._plain(t) for t in to_host(given).tolist()]
        function = _STANDARDIZE[self.standardize]
        return [function(text) for text in plain]

    def compute(self, inputs: Any) -> np.ndarray:
        lookup = self._lookup_layer
        values = to_host(inputs)
        if values.size and values.dtype.kind not in "OSU":
            raise self._refuse("inputs", "be strings, in a list or an array", inputs)
        cut = self.output_sequence_length is not None and values.ndim > 1
        if self.split is None and self.ngrams is None and self.output_mode == "int" and not cut:
            texts = np.array(self._clean(values.ravel()), dtype=object)
            return lookup.compute(texts.reshape(values.shape))
        rows = self._words(values)
        width = max(map(len, rows), default=0)
        if self.output_mode == "int" and self.output_sequence_length is not None:
            width = self.output_sequence_length
        fill = "" if self.output_mode == "int" else None
        padded = np.full((len(rows), width), fill, dtype=object)
        for target, row in zip(padded, rows, strict=True):
            row = row[:width]
            target[: len(row)] = row
        if self.output_mode == "int":
            out = lookup.compute(padded)
        else:
            out = self._counted(padded)
        return out[0] if values.ndim == 0 else out

    def _counted(self, padded: np.ndarray) -> np.ndarray:
        """Vectors of rows of words, None standing for no word."""
        from keras_core.layers.preprocessing.host import encoded

        lookup = self._lookup_layer
        present = np.array([[w is not None for w in row] for row in padded], bool)
        ids = np.full(padded.shape, -1, np.int64)
        if present.any():
            ids[present] = lookup._indices(padded[present])
        elif lookup._tokens is None:
            lookup.compute(padded)  # for its error
        depth = lookup._depth() or 0
        return encoded(ids, self.output_mode, depth, lookup._padded_idf(depth))

    def call(self, inputs: Any) -> Any:
        if arrays.is_tensor(inputs) and arrays.dtype_name(inputs) != "string":
            raise self._refuse("inputs", "be strings, in a list or an array", inputs)
        if not self._gives_rows(len(inputs.shape) if is_tensorflow(inputs) else np.ndim(inputs)):
            return super().call(inputs)
        values, lengths = self._rows(inputs)
        if np.ndim(lengths) == 0:
            return arrays.convert_to_tensor(values)
        if backend.has("ragged"):
            return _of_lengths(values, lengths)
        return np.split(values, np.cumsum(lengths)[:-1]) if len(lengths) else []

    # Rows of their own lengths ------------------------------------------------------------

    def _gives_rows(self, rank: int) -> bool:
        """Whether texts of a rank become rows that keep their own lengths."""
        return self.ragged and not (self.split is None and (rank > 1 or self.ngrams is None))

    def _rows(self, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        """The indices of all texts one after the other, and how many each has.

        Of a single text the second is a number.
        """
        rows = [row[: self.output_sequence_length] for row in self._words(inputs)]
        words = [word for row in rows for word in row]
        values = self._lookup_layer.compute(np.array(words, dtype=object))
        lengths = np.array([len(row) for row in rows], np.int64)
        return values, lengths if np.ndim(to_host(inputs)) else lengths[0]

    def _on_tensorflow(self, *args: Any, **kwargs: Any) -> Any:
        texts = args[0]
        if not (is_tensorflow(texts) and self._gives_rows(texts.shape.rank or 0)):
            return super()._on_tensorflow(*args, **kwargs)
        tf = sys.modules["tensorflow"]
        values, lengths = tf.numpy_function(self._rows, [texts], [tf.int64, tf.int64])
        values.set_shape((None,))
        lengths.set_shape(texts.shape[:1])
        return values if texts.shape.rank == 0 else _of_lengths(values, lengths)

    # Shapes ------------------------------------------------------------------------------

    def _output_dtype(self) -> str:
        return self._lookup_layer._output_dtype()

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        if self.output_mode != "int":
            return (input_shape[0], self._lookup_layer._depth())
        cut = self.output_sequence_length is not None and len(input_shape) > 1
        if self.split is None and self.ngrams is None and not cut:
            return tuple(input_shape)
        return (*input_shape[:1], self.output_sequence_length)

    def build(self, input_shape: Any = None) -> None:
        """There are no weights: the vocabulary is the constructor's or `adapt`'s."""

    def compute_output_spec(self, inputs: Any) -> Any:
        return KerasTensor(
            self.compute_output_shape(tuple(inputs.shape)), dtypes.canonical(self._output_dtype())
        )

    # Vocabulary --------------------------------------------------------------------------

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learn the vocabulary of texts.

        Args:
            data: an array or list of texts, or batches of such.
            batch_size: kept for compatibility.
            steps: how many batches to read; all by default.
        """
        self.reset_state()
        for batch in batches(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the words of a batch of texts."""
        lookup = self._lookup_layer
        if lookup._given:
            lookup.update_state(np.array([], dtype=object))  # for its error
        for row in self._words(data):
            lookup._counts.update(row)
            lookup._documents.update(set(row))
            lookup._number += 1

    def reset_state(self) -> None:
        """Forget what `update_state` has counted."""
        self._lookup_layer.reset_state()

    def finalize_state(self) -> None:
        """Make what was counted the vocabulary."""
        self._lookup_layer.finalize_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The tokens in order of their indices."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary: see `StringLookup.set_vocabulary`."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def vocabulary_size(self) -> int:
        """The number of tokens, special ones included."""
        return self._lookup_layer.vocabulary_size()

    def save_assets(self, dir_path: str) -> None:
        """Write `vocabulary.txt`, unless the config holds the vocabulary."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str) -> None:
        """Read `vocabulary.txt`, if there is one."""
        self._lookup_layer.load_assets(dir_path)

    def save_own_variables(self, store: Any) -> None:
        """Keep the tokens' weights, as the layer inside does: files have them at both places."""
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Any) -> None:
        """Take the tokens' weights."""
        self._lookup_layer.load_own_variables(store)

    def get_config(self) -> dict[str, Any]:
        lookup = self._lookup_layer.get_config()
        return super().get_config() | {
            "vocabulary": lookup["vocabulary"],
            "idf_weights": lookup["idf_weights"],
            "vocabulary_size": self.vocabulary_size(),
            "dtype": dtype_policies.serialize(self.dtype_policy),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer from what `get_config` gave; a path of a vocabulary in it is not read."""
        from keras_core.core import registry

        config = dict(config)
        if any(isinstance(config.get(name), str) for name in ("vocabulary", "idf_weights")):
            config["vocabulary"] = config["idf_weights"] = None
        for name in ("standardize", "split"):
            if isinstance(config.get(name), dict):
                config[name] = registry.deserialize_keras_object(config[name])
        if isinstance(config.get("ngrams"), list):
            config["ngrams"] = tuple(config["ngrams"])
        return cls(**config)


def _of_lengths(values: Any, lengths: Any) -> Any:
    """TensorFlow's ragged tensor of rows that lie one after the other."""
    return sys.modules["tensorflow"].RaggedTensor.from_row_lengths(values, lengths)


def _ngrams(words: list[str], lengths: Any) -> list[str]:
    return [" ".join(words[i : i + n]) for n in lengths for i in range(len(words) - n + 1)]
