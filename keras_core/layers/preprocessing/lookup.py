"""Index lookup: a vocabulary, its special tokens, and how it is learnt and saved."""

from __future__ import annotations

import collections
import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from keras_core.core import dtypes
from keras_core.core.errors import InvalidFileError
from keras_core.core.limits import (
    BOOL,
    COUNT,
    ENCODING,
    INT64,
    POSITIVE_INT,
    SALT,
    TEXT,
    VOCABULARY,
    one_of,
    optional,
)
from keras_core.layers.preprocessing import hashes
from keras_core.layers.preprocessing.hashing import key_of
from keras_core.layers.preprocessing.host import (
    HostLayer,
    encoded,
    encoded_shape,
    masked_on_host,
    to_host,
)
from keras_core.symbolic.keras_tensor import KerasTensor

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_MAX_FILE = 1 << 30

_LEFT_OUT = -2  # the index of what masks, where tokens are counted


class IndexLookup(HostLayer):
    """What StringLookup and IntegerLookup share: tokens to indices, or the other way.

    Indices are, in order: the mask token (if there is one), the out-of-vocabulary indices, and
    the vocabulary.
    """

    _by_element = True
    limits = {
        "max_tokens": optional(POSITIVE_INT),
        "num_oov_indices": COUNT,
        "invert": BOOL,
        "output_mode": one_of(*MODES, binary="multi_hot"),
        "sparse": BOOL,
        "pad_to_max_tokens": BOOL,
        "vocabulary": optional(VOCABULARY),
        "salt": optional(SALT),
        "encoding": ENCODING,
    }
    unsaved = frozenset(("vocabulary", "idf_weights"))
    _strings: ClassVar[bool]

    max_tokens: int | None
    num_oov_indices: int
    mask_token: Any
    oov_token: Any
    invert: bool
    output_mode: str
    pad_to_max_tokens: bool
    oov_method: str
    salt: Any

    def _set_up(self, values: dict[str, Any]) -> None:
        self._check("vocabulary", values["vocabulary"])
        self._set_options({**values, "vocabulary": None, "idf_weights": None})
        self._key = key_of(self.salt)
        if self.max_tokens is not None and self.max_tokens <= 1:
            raise self._refuse("max_tokens", "be above 1, or None", self.max_tokens)
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise self._refuse("max_tokens", "be given with pad_to_max_tokens=True", None)
        if self.invert and self.output_mode != "int":
            raise self._refuse("output_mode", "be 'int' with invert=True", self.output_mode)
        self._tokens: list[Any] | None = None  # the vocabulary without special tokens
        self._expected_size: int | None = None  # by the config, as long as there is none
        self._index: dict[Any, int] = {}
        self._idf: np.ndarray | None = None
        self.reset_state()
        vocabulary, idf = values["vocabulary"], values["idf_weights"]
        # Whether adapt() may change the vocabulary, and what of it the config holds.
        self._given = vocabulary is not None
        self._saved_vocabulary: list[Any] | None = None
        if idf is not None and self.output_mode != "tf_idf":
            raise self._refuse("idf_weights", "be None unless output_mode='tf_idf'", idf)
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf)
            if not isinstance(vocabulary, (str, os.PathLike)):
                self._saved_vocabulary = self._listed(vocabulary)

    # Tokens ------------------------------------------------------------------------------

    def _plain(self, token: Any) -> Any:
        """A token as Python's str or int."""
        if isinstance(token, bytes):
            return token.decode(getattr(self, "encoding", "utf-8"), "surrogateescape")
        return str(token) if self._strings else int(token)

    def _listed(self, vocabulary: Any) -> list[Any]:
        """The tokens of a list or an array: nothing is missing, no fraction cut off."""
        given = vocabulary
        try:
            found = to_host(vocabulary)
            given = found.tolist()
            if found.ndim != 1:
                raise ValueError  # rows of tokens are none
            tokens = [self._plain(t) for t in given]
            wrong = [t for t in given if t is None or t != t]
            if not self._strings:
                wrong += [t for t in given if isinstance(t, float) and not t.is_integer()]
        except (TypeError, ValueError, OverflowError):
            tokens, wrong = [], given
        if wrong:
            kind = "strings" if self._strings else "ints"
            raise self._refuse("vocabulary", f"be a list or an array of {kind}", vocabulary)
        return tokens

    def _plain_all(self, values: np.ndarray) -> list[Any]:
        there = values.compressed() if isinstance(values, np.ma.MaskedArray) else values.ravel()
        flat = there.tolist()
        if self._strings:
            return [v if type(v) is str else self._plain(v) for v in flat]
        return flat

    @property
    def _special(self) -> list[Any]:
        """The tokens in front; where tokens are counted, what masks is left out."""
        masked = self.mask_token is not None and self.output_mode == "int"
        mask = [self.mask_token] if masked else []
        return mask + [self.oov_token] * self.num_oov_indices

    def vocabulary_size(self) -> int:
        """The number of tokens, special ones included."""
        return len(self._special) + len(self._tokens or ())

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in order of their indices."""
        tokens = list(self._tokens or ())
        return self._special + tokens if include_special_tokens else tokens

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary.

        Args:
            vocabulary: tokens, with the special ones in front or without; or the path of a text
                file, a token a line.
            idf_weights: with output_mode="tf_idf", one weight a token.

        Raises:
            ValueError: if tokens repeat, are too many, or the weights do not fit; the
                vocabulary is left as it was.
        """
        if isinstance(vocabulary, (str, os.PathLike)):
            tokens = self._read(os.fspath(vocabulary))
        else:
            tokens = self._listed(vocabulary)
        if self.output_mode == "tf_idf" and idf_weights is None:
            raise self._refuse("idf_weights", "be given with output_mode='tf_idf'", None)
        if self.output_mode != "tf_idf" and idf_weights is not None:
            raise self._refuse("idf_weights", "be None unless output_mode='tf_idf'", idf_weights)
        weights = None
        if idf_weights is not None:
            try:
                weights = [float(w) for w in to_host(idf_weights)]
            except (TypeError, ValueError):
                raise self._refuse("idf_weights", "be a list of numbers", idf_weights) from None
        special = self._special
        if tokens[: len(special)] == special and special and len(tokens) >= len(special):
            tokens = tokens[len(special) :]
            if weights is not None and len(weights) == len(tokens) + len(special):
                weights = weights[len(special) :]
        if not tokens:
            raise self._refuse("vocabulary", "hold at least one token", vocabulary)
        if len(set(tokens)) != len(tokens):
            twice = [t for t, n in collections.Counter(tokens).items() if n > 1]
            raise ValueError(
                f"{self._owner}: vocabulary must hold each token once. Received more than once: "
                f"{', '.join(map(repr, twice[:5]))}"
            )
        if self.mask_token is not None and self.mask_token in tokens:
            ints = self.output_mode == "int"
            must = "hold the mask token in front, or not at all" if ints else "not hold what masks"
            raise self._refuse("vocabulary", must, self.mask_token)
        size = len(special) + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise self._refuse(
                "vocabulary", f"hold at most max_tokens={self.max_tokens} tokens", size
            )
        if weights is not None and len(weights) != len(tokens):
            raise self._refuse(
                "idf_weights", f"hold one weight for each of {len(tokens)} tokens", len(weights)
            )
        self._install(tokens, weights)

    def _install(self, tokens: list[Any], weights: list[float] | None) -> None:
        first = len(self._special)
        self._tokens = tokens
        self._index = {token: first + i for i, token in enumerate(tokens)}
        if self.mask_token is not None:
            self._index[self.mask_token] = 0 if self.output_mode == "int" else _LEFT_OUT
        if weights is not None:
            # Tokens out of the vocabulary count as one of middling rarity.
            idf = [sum(weights) / len(weights)] * self.num_oov_indices + list(weights)
            self._idf = np.asarray(idf, np.float32)
        self._keys = None
        if not self._strings:
            keys = np.array(list(self._index), np.int64)
            order = np.argsort(keys)
            places = np.fromiter(self._index.values(), np.int64, len(keys))
            self._keys = (keys[order], places[order])

    def _read(self, path: str) -> list[Any]:
        if not os.path.exists(path):
            raise FileNotFoundError(f"{self._owner}: there is no vocabulary file {path!r}.")
        self._check_size(path)
        # Bytes that are no UTF-8 are tokens, too: `_plain` reads them the same way.
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            return [self._plain(line) for line in _lines(file.read())]

    def _read_json(self, path: str) -> list[Any]:
        self._check_size(path)
        with open(path, encoding="utf-8") as file:
            try:
                tokens = json.load(file)
            except (ValueError, RecursionError):
                tokens = None
        if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
            raise InvalidFileError(
                f"{self._owner}: the vocabulary file {path!r} must be a list of strings in JSON."
            )
        return [self._plain(token) for token in tokens]

    def _check_size(self, path: str) -> None:
        if os.path.getsize(path) > _MAX_FILE:
            raise InvalidFileError(f"{self._owner}: the vocabulary file {path!r} is above 1 GiB.")

    # Learning ----------------------------------------------------------------------------

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Learn the vocabulary of data: the most frequent tokens come first.

        Args:
            data: an array, a list, or batches of such (a dataset, a loader, a generator).
            steps: how many batches to read; all by default.
        """
        self.reset_state()
        for batch in batches(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget what `update_state` has counted."""
        self._counts: collections.Counter[Any] = collections.Counter()
        self._documents: collections.Counter[Any] = collections.Counter()
        self._number = 0

    def update_state(self, data: Any) -> None:
        """Count the tokens of a batch."""
        if self._given:
            raise ValueError(
                f"{self._owner}: adapt() cannot change a vocabulary that was passed to the "
                "constructor."
            )
        values = masked_on_host(data)
        if values.ndim < 2:
            values = values.reshape(-1, 1)
        self._counts.update(self._plain_all(values))
        if self.output_mode == "tf_idf":
            for row in values.reshape(len(values), -1):
                self._documents.update(set(self._plain_all(row)))
                self._number += 1

    def finalize_state(self) -> None:
        """Make what was counted the vocabulary."""
        if self._given or not self._counts:
            return
        special = {*self._special, self.mask_token}
        found = [(t, n) for t, n in self._counts.items() if t not in special]
        found.sort(key=lambda item: (item[1], item[0]), reverse=True)
        if self.max_tokens is not None:
            found = found[: max(0, self.max_tokens - len(self._special))]
        tokens = [t for t, _ in found]
        weights = None
        if self.output_mode == "tf_idf":
            seen = np.array([self._documents[t] for t in tokens], np.float32)
            weights = np.log(1 + self._number / (1 + seen)).tolist()
        self._install(tokens, weights)

    # Calling -----------------------------------------------------------------------------

    def compute(self, inputs: np.ndarray) -> np.ndarray:
        if self._tokens is None:
            raise ValueError(
                f"{self._owner} has no vocabulary yet. Pass one to the constructor, or call "
                "adapt() or set_vocabulary() first."
            )
        given, inputs = inputs, np.asarray(inputs)
        if self.invert:
            return self._inverted(inputs)
        ids, depth = self._indices(inputs), self._depth()
        return encoded(ids, self.output_mode, depth or 0, self._padded_idf(depth), given)

    def _padded_idf(self, depth: int | None) -> np.ndarray | None:
        if self._idf is None:
            return None
        return np.pad(self._idf, (0, (depth or 0) - len(self._idf)))

    def _indices(self, inputs: np.ndarray) -> np.ndarray:
        if self._keys is not None:
            keys, places = self._keys
            values = inputs.astype(np.int64)
            at = np.minimum(np.searchsorted(keys, values), len(keys) - 1)
            known = keys[at] == values
            out = np.where(known, places[at], -1)
        else:
            get = self._index.get
            flat = [get(token, -1) for token in self._plain_all(inputs)]
            out = np.array(flat, np.int64).reshape(inputs.shape)
            known = out != -1
        if known.all():
            return out
        first = len(self._special) - self.num_oov_indices
        missing = inputs[~known]
        if self.num_oov_indices == 0:
            raise ValueError(
                f"{self._owner}: with num_oov_indices=0 all inputs must be in the vocabulary. "
                f"Received: {sorted(set(map(str, missing.tolist())))[:5]}"
            )
        if self.num_oov_indices == 1:
            out[~known] = first
        elif self._strings or self.oov_method == "farmhash" or self._key is not None:
            out[~known] = first + hashes.buckets(missing, self.num_oov_indices, self._key)
        else:
            out[~known] = first + missing.astype(np.int64) % self.num_oov_indices
        return out

    def _inverted(self, inputs: np.ndarray) -> np.ndarray:
        vocabulary = self.get_vocabulary()
        table = np.array([*vocabulary, self.oov_token], dtype=object if self._strings else np.int64)
        ids = inputs.astype(np.int64)
        ids = np.where((ids < 0) | (ids >= len(vocabulary)), len(vocabulary), ids)
        return table[ids]

    def _depth(self) -> int | None:
        if self.pad_to_max_tokens:
            return self.max_tokens
        # A model is rebuilt from its config before files' assets bring the vocabulary.
        expected = self._expected_size if self._tokens is None else None
        return expected or self.vocabulary_size()

    def _output_dtype(self) -> str:
        if self.invert and self._strings:
            return "string"
        return "float32" if self.output_mode == "tf_idf" else "int64"

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        return encoded_shape(input_shape, self.output_mode, self._depth())

    def compute_output_spec(self, inputs: Any) -> Any:
        name = self._output_dtype()
        shape = self.compute_output_shape(tuple(inputs.shape))
        return KerasTensor(shape, name if name == "string" else dtypes.canonical(name))

    # Files -------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        given = self._saved_vocabulary
        config["vocabulary"] = None if given is None else list(given)
        config["idf_weights"] = (
            None if self._idf is None or given is None else self._idf[len(self._special) :].tolist()
        )
        config["vocabulary_size"] = None if self._tokens is None else self.vocabulary_size()
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer from what `get_config` gave.

        A path in the config is not read: the vocabulary is in the file's assets, or has to be
        set by `set_vocabulary`.
        """
        config = dict(config)
        size = config.pop("vocabulary_size", None)
        if any(isinstance(config.get(name), str) for name in ("vocabulary", "idf_weights")):
            config["vocabulary"] = config["idf_weights"] = None
        layer = cls(**config)
        layer._expect(size)
        return layer

    def _expect(self, size: Any) -> None:
        """Give outputs the shape of a vocabulary of that size until there is one."""
        self._expected_size = size if isinstance(size, int) and size > 0 else None

    def save_assets(self, dir_path: str) -> None:
        """Write `vocabulary.txt`, unless the config holds the vocabulary.

        Tokens that lines cannot hold, with breaks in them, are also written as `vocabulary.json`.
        """
        if self._tokens is None or self._saved_vocabulary is not None:
            return
        tokens = [str(token) for token in self.get_vocabulary()]
        # The end of the last line would else be that of an empty token.
        text = "\n".join(tokens) + ("\n" if tokens and not tokens[-1] else "")
        path = os.path.join(dir_path, "vocabulary")
        with open(f"{path}.txt", "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        if _lines(text) != tokens:
            with open(f"{path}.json", "w", encoding="utf-8") as file:
                json.dump(tokens, file)

    def load_assets(self, dir_path: str) -> None:
        """Read `vocabulary.json` or else `vocabulary.txt`, if there is one."""
        if self._saved_vocabulary is not None:
            return
        path = os.path.join(dir_path, "vocabulary")
        if os.path.isfile(f"{path}.json"):
            tokens = self._read_json(f"{path}.json")
        elif os.path.isfile(f"{path}.txt"):
            tokens = self._read(f"{path}.txt")
        else:
            return
        special = self._special
        if tokens[: len(special)] == special:
            tokens = tokens[len(special) :]
        weights = None
        if self._idf is not None:  # the weights come first, among the variables
            weights = self._idf[-len(tokens) :].tolist()
        self._install(tokens, weights)

    def save_own_variables(self, store: Any) -> None:
        if self.output_mode == "tf_idf" and self._idf is not None:
            store["idf_weights"] = self._idf

    def load_own_variables(self, store: Any) -> None:
        if self.output_mode == "tf_idf" and "idf_weights" in store.keys():  # noqa: SIM118 - a store may be no dict
            self._idf = np.asarray(store["idf_weights"], np.float32)


def _lines(text: str) -> list[str]:
    """The lines of a vocabulary file; the last may have an end or not."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def batches(data: Any, steps: int | None) -> Iterator[Any]:
    """Batches out of an array, a list of values, or an iterable of batches."""
    whole = hasattr(data, "shape") or isinstance(data, (str, bytes))
    if not whole and isinstance(data, (list, tuple)):
        leaf = data[0] if data else None
        while isinstance(leaf, (list, tuple)) and leaf:
            leaf = leaf[0]
        whole = not hasattr(leaf, "shape") or np.ndim(leaf) == 0  # pyright: ignore[reportArgumentType]
    if whole:
        yield data
        return
    if not isinstance(data, Iterable):
        raise ValueError(f"adapt: data must be an array or an iterable. Received: {data!r}")
    for i, batch in enumerate(data):
        if steps is not None and i >= steps:
            return
        yield batch[0] if isinstance(batch, tuple) else batch


class StringLookup(IndexLookup):
    """Map strings to integers by a vocabulary, or integers back to strings.

    Args:
        max_tokens: the largest vocabulary, special tokens included; None: no limit.
        num_oov_indices: how many indices there are for unknown tokens, told apart by hash; 0:
            unknown tokens are an error.
        mask_token: a token that gets index 0; None: no such token.
        oov_token: the token that unknown indices become with `invert=True`.
        vocabulary: tokens, or the path of a text file with a token a line.
        idf_weights: with output_mode="tf_idf", one weight a token of `vocabulary`.
        invert: whether indices are mapped to strings.
        output_mode: "int" for indices; "one_hot", "multi_hot", "count" or "tf_idf" for vectors.
        pad_to_max_tokens: whether vectors have the length `max_tokens` however many tokens there
            are.
        sparse: kept for compatibility; outputs are dense.
        encoding: of byte strings.
        name: the layer's name.
        salt: an int, or two, that keys the hash of unknown tokens.
        **kwargs: oov_method, dtype, trainable.

    Raises:
        ValueError: if arguments do not fit together, or the vocabulary has tokens twice.

    Example:

    >>> import keras_core as keras, numpy as np
    >>> layer = keras.layers.StringLookup(vocabulary=["a", "b"])
    >>> keras.ops.convert_to_numpy(layer(np.array(["b", "z"]))).tolist()
    [2, 0]
    """

    _strings, _entries = True, "string"
    limits = {"mask_token": optional(TEXT), "oov_token": optional(TEXT)}

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        self.__dict__["oov_method"] = kwargs.pop("oov_method", "floormod")
        kwargs.pop("vocabulary_dtype", None)
        super().__init__(name=name, **kwargs)
        self._set_up(locals())

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"oov_method": self.oov_method}


class IntegerLookup(IndexLookup):
    """Map integers to indices by a vocabulary, or indices back to integers.

    Args:
        max_tokens: the largest vocabulary, special tokens included; None: no limit.
        num_oov_indices: how many indices there are for unknown integers; 0: they are an error.
        mask_token: an integer that gets index 0; None: no such one.
        oov_token: the integer that unknown indices become with `invert=True`.
        vocabulary: integers, or the path of a text file with one a line.
        vocabulary_dtype: "int64" or "int32".
        idf_weights: with output_mode="tf_idf", one weight for each of `vocabulary`.
        invert: whether indices are mapped to integers.
        output_mode: "int" for indices; "one_hot", "multi_hot", "count" or "tf_idf" for vectors.
        sparse: kept for compatibility; outputs are dense.
        pad_to_max_tokens: whether vectors have the length `max_tokens`.
        oov_method: how unknown integers share their indices: "floormod" or "farmhash".
        salt: an int, or two, that keys the hash of unknown integers.
        name: the layer's name.
        **kwargs: dtype, trainable.

    Raises:
        ValueError: if arguments do not fit together, or the vocabulary repeats.

    Example:

    >>> import keras_core as keras, numpy as np
    >>> layer = keras.layers.IntegerLookup(vocabulary=[12, 36])
    >>> keras.ops.convert_to_numpy(layer(np.array([36, 5]))).tolist()
    [2, 0]
    """

    _strings, _entries = False, "int64"
    limits = {
        "mask_token": optional(INT64),
        "oov_token": optional(INT64),
        "oov_method": one_of("floormod", "farmhash"),
        "vocabulary_dtype": one_of("int64", "int32"),
    }

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if salt is not None and oov_method != "farmhash":
            raise self._refuse("salt", "be None unless oov_method='farmhash'", salt)
        self._set_up(locals())
