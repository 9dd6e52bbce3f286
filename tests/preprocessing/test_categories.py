"""Hashing, lookups and text against Keras (which needs TensorFlow for them)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from keras_core.core.errors import InvalidFileError
from keras_core.layers.preprocessing import hashes
from tests.autodiff import to_numpy
from tests.conftest import BACKEND

WORDS = np.array([["a", "z"], ["c", "b"], ["", "hello"]])
TEXTS = np.array(["Hello, World! foo", "foo bar-baz  a", ""])
NUMBERS = np.array([[12, 1138, 42], [42, 1000, -36]])
ADAPTED = object()  # adapt() on the input first

Make = Callable[[Any], Any]
CASES: list[tuple[Make, Any, bool]] = [
    (lambda L: L.Hashing(7), WORDS, False),
    (lambda L: L.Hashing(7, salt=133), WORDS, False),
    (lambda L: L.Hashing(7, salt=[133, 137]), WORDS, False),
    (lambda L: L.Hashing(7), NUMBERS, False),
    (lambda L: L.Hashing(7, salt=5), NUMBERS, False),
    (lambda L: L.Hashing(7, mask_value=""), WORDS, False),
    (lambda L: L.Hashing(7, mask_value=42), NUMBERS, False),
    *((lambda L, m=m: L.Hashing(5, output_mode=m), WORDS, False)
      for m in ("one_hot", "multi_hot", "count")),
    (lambda L: L.HashedCrossing(5), (WORDS[:, 0], np.array([101, 102, 7])), False),
    (lambda L: L.HashedCrossing(1000), (WORDS[:, :1], WORDS[:, 1:]), False),
    (lambda L: L.HashedCrossing(5, output_mode="one_hot"), (WORDS[:, 0], WORDS[:, 1]), False),
    (lambda L: L.StringLookup(vocabulary=["a", "b", "c"]), WORDS, False),
    (lambda L: L.StringLookup(vocabulary=["a", "b", "c"], mask_token=""), WORDS, False),
    (lambda L: L.StringLookup(vocabulary=["a", "b"], num_oov_indices=4), WORDS, False),
    (lambda L: L.StringLookup(vocabulary=["[UNK]", "b"]), WORDS, False),
    *((lambda L, m=m, p=p: L.StringLookup(
        vocabulary=["a", "b", "c"], output_mode=m, max_tokens=6, pad_to_max_tokens=p,
        idf_weights=[0.5, 0.6, 0.7] if m == "tf_idf" else None), WORDS, False)
      for m in ("one_hot", "multi_hot", "count", "tf_idf") for p in (False, True)),
    # What masks is neither counted nor among the tokens, but where the indices come as they are.
    *((lambda L, m=m, n=n: L.StringLookup(
        vocabulary=["a", "b"], mask_token="c", num_oov_indices=n, output_mode=m,
        idf_weights=[0.5, 0.6] if m == "tf_idf" else None), WORDS, False)
      for m, n in (("multi_hot", 1), ("count", 2), ("tf_idf", 1))),
    (lambda L: L.StringLookup(mask_token="a", output_mode="count"), WORDS, True),
    (lambda L: L.IntegerLookup(vocabulary=[12], mask_token=42, output_mode="count"),
     NUMBERS, False),
    (lambda L: L.StringLookup(), WORDS, True),
    (lambda L: L.StringLookup(max_tokens=4), WORDS, True),
    (lambda L: L.StringLookup(output_mode="tf_idf"), WORDS, True),
    (lambda L: L.IntegerLookup(vocabulary=[12, 36, 42]), NUMBERS, False),
    (lambda L: L.IntegerLookup(vocabulary=[12], num_oov_indices=5), NUMBERS, False),
    (lambda L: L.IntegerLookup(vocabulary=[12], num_oov_indices=2, mask_token=42), NUMBERS, False),
    (lambda L: L.IntegerLookup(vocabulary=[12, 36], invert=True), np.array([0, 1, 2]), False),
    *((lambda L, n=n, m=m: L.IntegerLookup(
        vocabulary=[12, 36], num_oov_indices=n, mask_token=m, invert=True),
       np.array([0, 1, 2, 3, 9]), False) for n, m in ((0, None), (3, None), (3, 7))),
    (lambda L: L.IntegerLookup(), NUMBERS, True),
    *((lambda L, kw=kw: L.TextVectorization(**kw), TEXTS, True) for kw in (
        {}, {"standardize": None}, {"standardize": "lower"}, {"standardize": "strip_punctuation"},
        {"split": "character"}, {"ngrams": 2}, {"ngrams": (2,)}, {"max_tokens": 4},
        {"output_sequence_length": 2}, {"output_sequence_length": 7}, {"output_mode": "multi_hot"},
        {"output_mode": "count"}, {"output_mode": "tf_idf"}, {"split": None},
        {"output_mode": "multi_hot", "max_tokens": 12, "pad_to_max_tokens": True})),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*requested dtype int64")  # Keras on JAX
@pytest.mark.parametrize("number", range(len(CASES)))
def test_against_keras(keras: Any, number: int) -> None:
    make, data, adapts = CASES[number]
    if BACKEND == "numpy" and np.asarray(data[0]).dtype.kind == "U":
        pytest.skip("Keras takes no strings on NumPy")
    ours, theirs = make(core.layers), make(keras.layers)
    if adapts:
        ours.adapt(data)
        theirs.adapt(data)
    if hasattr(ours, "get_vocabulary"):
        assert ours.get_vocabulary() == [
            v if isinstance(v, str) else int(v) for v in map(_plain, theirs.get_vocabulary())
        ]
    got, wanted = ours(data), theirs(data)
    np.testing.assert_allclose(to_numpy(got), to_numpy(wanted), rtol=1e-6)
    if BACKEND != "numpy":  # where Keras narrows integers
        assert backend.arrays.dtype_name(got) == backend.arrays.dtype_name(wanted)
    assert ours.get_config().keys() == theirs.get_config().keys()
    again = type(ours).from_config(theirs.get_config())
    if not adapts:
        np.testing.assert_array_equal(to_numpy(again(data)), to_numpy(got))
    type(theirs).from_config(ours.get_config())
    if not isinstance(data, tuple):
        spec = ours.compute_output_spec(core.KerasTensor(data.shape, "string"))
        assert len(spec.shape) == len(got.shape)
        assert all(m in (None, n) for m, n in zip(spec.shape, got.shape, strict=True))
        assert spec.dtype == backend.arrays.dtype_name(got)


def _plain(token: Any) -> Any:
    return str(token) if isinstance(token, str) else token


def test_hash_of_every_length(keras: Any) -> None:
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(0)
    data = np.array([bytes(rng.integers(1, 255, n).astype("uint8")) for n in range(140)], object)
    fast = tf.strings.to_hash_bucket_fast(data, 1 << 40).numpy()
    np.testing.assert_array_equal(hashes.buckets(data, 1 << 40), fast)
    strong = tf.strings.to_hash_bucket_strong(data, 1 << 40, [3, 1 << 60]).numpy()
    np.testing.assert_array_equal(hashes.buckets(data, 1 << 40, (3, 1 << 60)), strong)


def test_inverse() -> None:
    layer = core.layers.StringLookup(vocabulary=["a", "b"], invert=True)
    assert layer(np.array([[0, 1], [2, 9]])).tolist() == [["[UNK]", "a"], ["b", "[UNK]"]]


def test_lists_and_bytes() -> None:
    layer = core.layers.StringLookup(vocabulary=["a", "b"])
    assert to_numpy(layer(["a", "q"])).tolist() == [1, 0]
    assert to_numpy(layer(np.array([b"b", b"q"], object))).tolist() == [2, 0]
    text = core.layers.TextVectorization(vocabulary=["a", "b"])
    assert to_numpy(text("a q b")).tolist() == [2, 1, 3]
    rows = text.__class__(vocabulary=["a"], ragged=True)(["a a", ""])
    assert [to_numpy(row).tolist() for row in rows] == [[2, 2], []]


def test_files(tmp_path: Any) -> None:
    path = tmp_path / "words.txt"
    path.write_text("x\ny\n")
    layer = core.layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", "x", "y"]
    config = layer.get_config()
    assert config["vocabulary"] is None
    # A path in a config is somebody else's: it is never opened.
    stranger = core.layers.StringLookup.from_config({**config, "vocabulary": str(path)})
    assert stranger.get_vocabulary() == ["[UNK]"]
    with pytest.raises(ValueError, match="no vocabulary yet"):
        stranger(np.array(["x"]))
    layer.save_assets(tmp_path)
    assert (tmp_path / "vocabulary.txt").read_text() == "[UNK]\nx\ny"
    stranger.load_assets(tmp_path)
    assert to_numpy(stranger(np.array(["y"]))).tolist() == [2]
    text = core.layers.TextVectorization()
    text.adapt(["b a b"])
    text.save_assets(tmp_path)
    other = core.layers.TextVectorization.from_config(text.get_config())
    other.load_assets(tmp_path)
    assert other.get_vocabulary() == ["", "[UNK]", "b", "a"]
    with pytest.raises(ValueError, match="cannot change"):
        layer.adapt(["z"])


@pytest.mark.parametrize(
    "words",
    [["b", "a", ""], ["", "b"], ["a\nb", "c"], ["a\r", "b"], ["a\x0bb", "\x85"], [b"\xff", b"a"]],
)
def test_tokens_that_are_no_lines_of_a_file(words: list[Any], tmp_path: Any) -> None:
    for name, kind in (
        ("lookup", core.layers.StringLookup),
        ("text", core.layers.TextVectorization),
    ):
        only = {} if name == "lookup" else {"standardize": None, "split": None}
        layer = kind(**only)
        layer.adapt(
            np.array([word for word in words for _ in range(9 - words.index(word))], object)
        )
        assert len(layer.get_vocabulary()) >= len(words)
        model = core.Sequential([core.Input((1,), dtype="string"), layer])
        model.save(tmp_path / f"{name}.keras")
        loaded = core.saving.load_model(tmp_path / f"{name}.keras").layers[-1]
        assert loaded.get_vocabulary() == layer.get_vocabulary()


def test_a_vocabulary_in_json_that_is_no_list_of_strings(tmp_path: Any) -> None:
    layer = core.layers.StringLookup()
    for text in ("{", '{"a": 1}', '["a", 1]', "[" * 100_000):
        (tmp_path / "vocabulary.json").write_text(text)
        with pytest.raises(InvalidFileError, match="list of strings in JSON"):
            layer.load_assets(tmp_path)


def test_adapt_on_batches() -> None:
    layer = core.layers.StringLookup()
    layer.adapt(iter([np.array(["a", "b"]), np.array(["b", "c"])]))
    assert layer.get_vocabulary() == ["[UNK]", "b", "c", "a"]
    layer.adapt([np.array(["a", "b"]), np.array(["b", "c"])], steps=1)
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"]


@pytest.mark.skipif(BACKEND not in ("tensorflow", "torch"), reason="one foreign backend is enough")
def test_in_a_dataset() -> None:
    tf = pytest.importorskip("tensorflow")
    text = core.layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=3)
    data = tf.data.Dataset.from_tensor_slices(["a b", "q"]).batch(2).map(text)
    assert data.element_spec.shape.as_list() == [None, 3]
    assert next(iter(data)).numpy().tolist() == [[2, 3, 0], [1, 0, 0]]
    scale = core.layers.Normalization(mean=1.0, variance=4.0)
    numbers = tf.data.Dataset.from_tensor_slices(np.ones((2, 3), "float32")).batch(2)
    assert (next(iter(numbers.map(scale))).numpy() == 0).all()
    hashed = tf.data.Dataset.from_tensor_slices(["a", "b"]).batch(2).map(core.layers.Hashing(7))
    assert next(iter(hashed)).numpy().shape == (2,)


def test_bad_input() -> None:
    L = core.layers
    for wrong in (
        lambda: L.Hashing(0),
        lambda: L.Hashing(3, salt="x"),
        lambda: L.HashedCrossing(3)([np.array(["a"])]),
        lambda: L.StringLookup(vocabulary=["a", "a"]),
        lambda: L.StringLookup(vocabulary=[]),
        lambda: L.StringLookup(max_tokens=1),
        lambda: L.StringLookup(max_tokens=2, vocabulary=["a", "b"]),
        lambda: L.StringLookup(output_mode="many"),
        lambda: L.StringLookup(vocabulary=["a"], num_oov_indices=0)(np.array(["b"])),
        lambda: L.IntegerLookup(vocabulary=[1], salt=3),
        lambda: L.TextVectorization(split="words"),
        lambda: L.TextVectorization(vocabulary=["a"])(np.array([["a", "b"]])),
    ):
        with pytest.raises(ValueError, match="Received"):
            wrong()


def test_floats_are_hashed_as_integers(keras: Any) -> None:
    values = np.array([[10.0, 20.5], [99.0, -3.25]], "float32")
    for options in ({}, {"salt": [1, 2]}, {"output_mode": "multi_hot"}):
        ours, theirs = core.layers.Hashing(7, **options), keras.layers.Hashing(7, **options)
        np.testing.assert_array_equal(to_numpy(ours(values)), to_numpy(theirs(values)))
        whole = to_numpy(ours(values.astype("int64")))
        np.testing.assert_array_equal(to_numpy(ours(values)), whole)
    layer = core.layers.Hashing(7, salt=3)
    assert layer.get_config()["salt"] == keras.layers.Hashing(7, salt=3).get_config()["salt"]
    assert to_numpy(layer(np.array([np.nan, 1.0]))).shape == (2,)


MAKES = {
    "StringLookup": lambda mode: core.layers.StringLookup(vocabulary=["a"], output_mode=mode),
    "IntegerLookup": lambda mode: core.layers.IntegerLookup(vocabulary=[1], output_mode=mode),
    "Hashing": lambda mode: core.layers.Hashing(1, output_mode=mode),
}


@pytest.mark.parametrize("mode", ["multi_hot", "count"])
@pytest.mark.parametrize("name", MAKES)
def test_what_fills_up_ragged_rows_is_not_counted(name: str, mode: str) -> None:
    tf = pytest.importorskip("tensorflow")
    rows = [[1, 7, 7], [], [1]] if name == "IntegerLookup" else [["a", "z", "z"], [], ["a"]]
    ragged = tf.ragged.constant(rows, dtype=tf.int64 if name == "IntegerLookup" else tf.string)
    layer = MAKES[name](mode)
    wanted = {
        ("Hashing", "count"): [[3], [0], [1]],
        ("Hashing", "multi_hot"): [[1], [0], [1]],
        ("Lookup", "count"): [[2, 1], [0, 0], [0, 1]],
        ("Lookup", "multi_hot"): [[1, 1], [0, 0], [0, 1]],
    }["Hashing" if name == "Hashing" else "Lookup", mode]
    assert to_numpy(layer(ragged)).tolist() == wanted
    data = tf.data.Dataset.from_tensors(ragged).map(layer)
    assert next(iter(data)).numpy().tolist() == wanted


def test_categories_of_rows_count_what_is_there() -> None:
    tf = pytest.importorskip("tensorflow")
    ragged = tf.ragged.constant([[1, 0, 1], [], [2]])
    wanted = {
        "count": [[1, 2, 0], [0, 0, 0], [0, 0, 1]],
        "multi_hot": [[1, 1, 0], [0, 0, 0], [0, 0, 1]],
    }
    for mode, expected in wanted.items():
        layer = core.layers.CategoryEncoding(3, mode)
        assert to_numpy(layer(ragged)).tolist() == expected
        (batch,) = tf.data.Dataset.from_tensors(ragged).map(layer)
        assert batch.numpy().tolist() == expected
    layer = core.layers.CategoryEncoding(3, "count")
    weights = tf.ragged.constant([[0.5, 1.0, 2.0], [], [3.0]])
    assert to_numpy(layer(ragged, count_weights=weights)).tolist()[0] == [1.0, 2.5, 0.0]
    one_hot = core.layers.CategoryEncoding(3, "one_hot")
    (batch,) = tf.data.Dataset.from_tensors(ragged).map(one_hot)
    assert batch.to_list() == [[[0, 1, 0], [1, 0, 0], [0, 1, 0]], [], [[0, 0, 1]]]


def test_what_fills_up_rows_is_no_number_of_theirs() -> None:
    tf = pytest.importorskip("tensorflow")
    ragged = tf.ragged.constant([[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]])
    layer = core.layers.Normalization(axis=None)
    layer.adapt(ragged)
    np.testing.assert_allclose(to_numpy(layer.adapt_mean), 3.5)
    np.testing.assert_allclose(to_numpy(layer.adapt_variance), np.var(np.arange(1, 7)), rtol=1e-6)
    with pytest.raises(ValueError, match="axis must leave out the axis along which rows have"):
        core.layers.Normalization().adapt(ragged)
    bins = core.layers.Discretization(num_bins=2)
    bins.adapt(ragged)
    assert bins.bin_boundaries == [3.0]
    images = tf.RaggedTensor.from_tensor(tf.ones((2, 4, 4, 3)), lengths=[4, 3])
    for other, given in (
        (layer, ragged),
        (core.layers.Rescaling(np.ones(3)), ragged),
        (core.layers.Resizing(2, 2), images),
        (core.layers.RandomFlip(), images),
    ):
        with pytest.raises(ValueError, match="inputs must be a dense tensor.*to_tensor"):
            other(given)


def test_texts_keep_their_lengths_in_a_dataset() -> None:
    tf = pytest.importorskip("tensorflow")
    texts = ["a b", "", "b"]
    layer = core.layers.TextVectorization(vocabulary=["a", "b"], ragged=True)
    (batch,) = tf.data.Dataset.from_tensor_slices(texts).batch(3).map(layer)
    assert batch.to_list() == [[2, 3], [], [3]]
    one, *_ = tf.data.Dataset.from_tensor_slices(texts).map(layer)
    assert one.numpy().tolist() == [2, 3]
    assert [to_numpy(row).tolist() for row in layer(texts)] == [[2, 3], [], [3]]
    assert to_numpy(layer("b a")).tolist() == [3, 2]
    words = core.layers.TextVectorization(
        vocabulary=["a"], split=None, output_sequence_length=3, ragged=True
    )
    assert to_numpy(words([["a", "q"]])).tolist() == [[2, 1, 0]]


def test_rows_of_their_own_lengths_keep_them() -> None:
    tf = pytest.importorskip("tensorflow")
    words = tf.ragged.constant([["a", "z"], [], ["b"]])
    numbers = tf.ragged.constant([[1.0, 5.0], [], [3.0]])
    lookup = core.layers.StringLookup(vocabulary=["a", "b"])
    back = core.layers.StringLookup(vocabulary=["[UNK]", "a", "b"], invert=True)
    bins = core.layers.Discretization(bin_boundaries=[2.0, 4.0])
    hashing = core.layers.Hashing(1)
    ids = core.layers.IntegerLookup(vocabulary=[1, 3])
    for layer, given, wanted in (
        (lookup, words, [[1, 0], [], [2]]),
        (lambda x: back(lookup(x)), words, [[b"a", b"[UNK]"], [], [b"b"]]),
        (bins, numbers, [[0, 2], [], [1]]),
        (hashing, words, [[0, 0], [], [0]]),
        (ids, tf.cast(numbers, "int64"), [[1, 0], [], [2]]),
    ):
        data = tf.data.Dataset.from_tensors(given).map(layer)
        assert next(iter(data)).to_list() == wanted
        if core.config.backend() == "tensorflow":
            assert layer(given).to_list() == wanted


def test_what_fills_up_ragged_rows_is_not_learnt() -> None:
    tf = pytest.importorskip("tensorflow")
    ragged = tf.ragged.constant([["a", "b", "b"], ["z"]])
    for data in (ragged, tf.data.Dataset.from_tensor_slices(ragged).batch(2)):
        layer = core.layers.StringLookup(output_mode="tf_idf")
        layer.adapt(data)
        assert layer.get_vocabulary() == ["[UNK]", "b", "z", "a"]
    text = core.layers.TextVectorization(vocabulary=["a", "b"], split=None)
    assert to_numpy(text(ragged)).tolist() == [[2, 3, 3], [1, 0, 0]]
