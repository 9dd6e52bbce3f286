"""`tf.keras.preprocessing`: texts and series. What is expected here, Keras 3.15.1 gave."""

import json

import numpy as np
import pytest

import keras_core as keras

T = keras.preprocessing.text
S = keras.preprocessing.sequence
TEXTS = ["The cat, the dog!", "a cat sat on the mat", "Dog's life\tis good", ""]


def fitted(**options):
    tokenizer = T.Tokenizer(**options)
    tokenizer.fit_on_texts(TEXTS)
    return tokenizer


def test_words_are_numbered_by_frequency_then_by_their_place():
    tokenizer = fitted()
    assert list(tokenizer.word_index)[:5] == ["the", "cat", "dog", "a", "sat"]
    assert tokenizer.word_docs["the"] == 2
    assert tokenizer.index_docs[1] == 2
    assert tokenizer.document_count == 4
    assert tokenizer.texts_to_sequences(["the CAT flew"]) == [[1, 2]]
    assert tokenizer.sequences_to_texts([[1, 2, 99]]) == ["the cat"]
    tokenizer.fit_on_texts(["new cat cat"])
    assert list(tokenizer.word_index)[:2] == ["cat", "the"]


def test_rare_and_unknown_words():
    tokenizer = fitted(num_words=5, oov_token="<oov>")
    wanted = [[2, 3, 2, 4], [1, 3, 1, 1, 2, 1], [1, 1, 1, 1], [], [1, 3]]
    assert tokenizer.texts_to_sequences([*TEXTS, "unknown cat"]) == wanted
    assert tokenizer.sequences_to_texts([[1, 2, 3], [99], []]) == ["<oov> the cat", "<oov>", ""]
    assert fitted(num_words=3).texts_to_sequences(["the cat dog"]) == [[1, 2]]


@pytest.mark.parametrize(
    ("mode", "row"),
    [
        ("binary", [0, 1, 1, 1, 0]),
        ("count", [0, 4, 1, 1, 0]),
        ("freq", [0, 4 / 6, 1 / 6, 1 / 6, 0]),
        ("tfidf", [0, 3.840593, 0.847298, 0.847298, 0]),
    ],
)
def test_matrices(mode, row):
    found = fitted(num_words=5, oov_token="<oov>").texts_to_matrix(TEXTS, mode)
    assert found.shape == (4, 5)
    np.testing.assert_allclose(found[1], row, atol=1e-6)
    assert not found[3].any()


def test_characters_lists_and_a_splitter_of_ones_own():
    tokenizer = T.Tokenizer(char_level=True, lower=False)
    tokenizer.fit_on_texts(["abA", "b"])
    assert tokenizer.word_index == {"b": 1, "a": 2, "A": 3}
    assert tokenizer.texts_to_sequences(["aAbz"]) == [[2, 3, 1]]
    tokenizer = T.Tokenizer()
    tokenizer.fit_on_texts([["The", "Cat"], ["cat"]])
    assert tokenizer.word_index == {"cat": 1, "the": 2}
    tokenizer = T.Tokenizer(analyzer=lambda text: text.split("-"))
    tokenizer.fit_on_texts(["A-b", "b"])
    assert tokenizer.word_index == {"b": 1, "A": 2}


def test_json_both_ways():
    tokenizer = fitted(num_words=5, oov_token="<oov>")
    again = T.tokenizer_from_json(tokenizer.to_json())
    for name in ("word_index", "index_word", "word_counts", "word_docs", "index_docs"):
        assert getattr(again, name) == getattr(tokenizer, name), name
    assert again.texts_to_sequences(TEXTS) == tokenizer.texts_to_sequences(TEXTS)
    of_keras = (
        '{"class_name": "Tokenizer", "config": {"num_words": null, "filters": "!", "lower": true, '
        '"split": " ", "char_level": false, "oov_token": null, "document_count": 1, '
        '"word_counts": "{\\"b\\": 1, \\"a\\": 2}", "word_docs": "{\\"a\\": 1, \\"b\\": 1}", '
        '"index_docs": "{\\"1\\": 1, \\"2\\": 1}", "index_word": "{\\"1\\": \\"a\\", \\"2\\": '
        '\\"b\\"}", "word_index": "{\\"a\\": 1, \\"b\\": 2}"}}'
    )
    read = T.tokenizer_from_json(of_keras)
    assert read.texts_to_sequences(["b a!"]) == [[2, 1]]
    assert json.loads(read.to_json())["config"].keys() == json.loads(of_keras)["config"].keys()


@pytest.mark.parametrize(
    ("use", "error", "text"),
    [
        (lambda: T.Tokenizer(num_words=0), ValueError, "num_words must be a positive int"),
        (lambda: T.Tokenizer(words=3), TypeError, r"no arguments \['words'\]"),
        (lambda: T.Tokenizer().texts_to_matrix(["a"]), ValueError, r"fit_on_texts\(\) first"),
        (lambda: T.Tokenizer(3).texts_to_matrix(["a"], "tfidf"), ValueError, "counts of documents"),
        (lambda: fitted().texts_to_matrix(["a"], "rare"), ValueError, "mode must be one of"),
        (lambda: T.Tokenizer().fit_on_texts([None]), TypeError, "hold strings"),
        (lambda: T.tokenizer_from_json("[]"), ValueError, r"Tokenizer\.to_json\(\) gave"),
        (lambda: T.tokenizer_from_json('{"config": {}}'), ValueError, r"to_json\(\) gave"),
        (lambda: T.text_to_word_sequence(3), TypeError, "input_text must be a string"),
        (lambda: T.one_hot("a", 1), ValueError, "n must be an int of 2 or more"),
        (lambda: T.hashing_trick("a", 9, "sha"), ValueError, "hash_function must be"),
        (lambda: S.skipgrams([1, 2], 1), ValueError, "vocabulary_size must be"),
        (lambda: S.skipgrams([1], 3, negative_samples=-1), ValueError, "negative_samples must"),
        (lambda: S.make_sampling_table(0), ValueError, "size must be a positive int"),
        (lambda: series(targets=np.arange(5)), ValueError, "as many as the data's 20 steps"),
        (lambda: series(length=30), ValueError, "shorter length"),
        (lambda: series(length=0), ValueError, "length must be a positive int"),
        (lambda: series(end_index=20), ValueError, "end_index must be from 0 to 19"),
        (lambda: series()[4], IndexError, "index must be below 4"),
    ],
)
def test_wrong_arguments(use, error, text):
    with pytest.raises(error, match=text):
        use()


def test_hashes():
    assert T.hashing_trick("The cat sat", 50, "md5") == [43, 32, 29]
    assert T.one_hot("cat Dog", 50) == [hash("cat") % 49 + 1, hash("dog") % 49 + 1]
    assert T.hashing_trick("The cat", 50, len) == [4, 4]
    assert T.text_to_word_sequence("a,,b,c", filters="", split=",") == ["a", "b", "c"]


def test_pairs_of_words():
    pairs, labels = S.skipgrams([1, 2, 0, 3], 9, window_size=1, shuffle=False, seed=0)
    assert pairs[:2] == [[1, 2], [2, 1]]
    assert labels == [1, 1, 0, 0]
    assert sorted(word for word, _ in pairs[2:]) == [1, 2]
    assert all(0 < other < 9 for _, other in pairs)
    words = list(range(1, 9))
    shuffled = S.skipgrams(words, 9, seed=3, categorical=True)
    assert shuffled == S.skipgrams(words, 9, seed=3, categorical=True)
    near = {(a, b) for (a, b), label in zip(*shuffled, strict=True) if label == [0, 1]}
    assert near == {(a, b) for a in words for b in words if 0 < abs(a - b) <= 4}
    none = S.skipgrams(words, 9, sampling_table=np.zeros(9), seed=1)
    assert none == ([], [])
    table = S.make_sampling_table(4, 1e-2)
    np.testing.assert_allclose(table, [0.099683, 0.099683, 0.173165, 0.234501], atol=1e-6)


def series(targets=None, length=4, **options):
    data = np.arange(20)
    targets = data * 10 if targets is None else targets
    return S.TimeseriesGenerator(data, targets, length, **{"batch_size": 4, **options})


@pytest.mark.parametrize(
    ("options", "batches", "first", "last", "target"),
    [
        ({}, 4, [0, 1, 2, 3], [15, 16, 17, 18], 190),
        ({"sampling_rate": 2}, 4, [0, 2], [15, 17], 190),
        ({"stride": 3, "batch_size": 2}, 3, [0, 1, 2, 3], [15, 16, 17, 18], 190),
        ({"reverse": True}, 4, [3, 2, 1, 0], [18, 17, 16, 15], 190),
        ({"start_index": 4, "end_index": 12}, 2, [4, 5, 6, 7], [8, 9, 10, 11], 120),
    ],
)
def test_windows(options, batches, first, last, target):
    windows = series(**options)
    assert len(windows) == batches
    assert windows[0][0][0].tolist() == first
    assert windows[0][1][0] == 10 * (max(first) + 1 if "sampling_rate" not in options else 4)
    x, y = windows[len(windows) - 1]
    assert (x[-1].tolist(), y[-1]) == (last, target)
    assert windows.get_config()["start_index"] == options.get("start_index", 0)
    assert json.loads(windows.to_json())["class_name"] == "TimeseriesGenerator"


def test_windows_are_fed_to_fit():
    if keras.backend.backend() == "numpy":
        pytest.skip("NumPy does not train")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    windows = S.TimeseriesGenerator(np.ones(40), np.ones(40), 4, batch_size=8, shuffle=True)
    assert len(model.fit(windows, epochs=2, verbose=0).history["loss"]) == 2
