"""Ragged tensors of TensorFlow: through operations, layers, pipelines of data and training."""

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend

if backend.name != "tensorflow":
    pytest.skip("TensorFlow's own tensors", allow_module_level=True)

import tensorflow as tf

ops, layers = keras.ops, keras.layers
ROWS = [[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]]
TEXTS = ["the cat sat", "a dog", "the the cat ran home"]


def rows(values=ROWS, **options):
    return tf.ragged.constant(values, **options)


def by_row(function):
    return [np.asarray(function(np.array(row, "float32"))).tolist() for row in ROWS]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("exp", np.exp),
        ("square", np.square),
        ("relu", lambda x: np.maximum(x, 0)),
        ("leaky_relu", lambda x: np.maximum(x, 0)),
        ("softmax", lambda x: np.exp(x) / np.exp(x).sum()),
        ("isnan", np.isnan),
    ],
)
def test_elements(name, function):
    found = getattr(ops, name)(rows())
    assert isinstance(found, tf.RaggedTensor)
    for a, b in zip(found.to_list(), by_row(function), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_elements_beside_others():
    x = rows()
    double = [[2.0, 4.0, 6.0], [8.0], [10.0, 12.0]]
    assert ops.add(x, x).to_list() == ops.multiply(x, 2).to_list() == double
    assert ops.subtract(1, x).to_list() == [[0.0, -1.0, -2.0], [-3.0], [-4.0, -5.0]]
    assert ops.greater(x, np.array([[2], [4], [5]], "float32")).to_list() == [
        [False, False, True],
        [False],
        [False, True],
    ]
    assert ops.where(ops.greater(x, 2), x, 0).to_list() == [[0.0, 0.0, 3.0], [4.0], [5.0, 6.0]]
    assert ops.clip(x, 2, 4).to_list() == [[2.0, 2.0, 3.0], [4.0], [4.0, 4.0]]
    whole = ops.add(rows([[1], [2, 3], []], dtype="int32"), 0.5)
    assert whole.dtype == "float32" and whole.to_list() == [[1.5], [2.5, 3.5], []]
    twice = rows([[[1.0], [2.0, 3.0]], [[4.0]]])
    assert ops.add(twice, rows([[[1.0], [1.0, 1.0]], [[1.0]]])).to_list() == [
        [[2.0], [3.0, 4.0]],
        [[5.0]],
    ]


def test_rows_that_do_not_go_together():
    other = rows([[1.0], [2.0, 3.0], [1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match=r"add: .* same lengths. Received: \[3, 1, 2\], \[1, 2, 3"):
        ops.add(rows(), other)
    with pytest.raises(ValueError, match="add: .* same lengths. Received: shapes"):
        ops.add(rows(), rows([[[1.0]]]))
    with pytest.raises(ValueError, match=r"add: .* broadcast.*\(3, None\), \(2, 1\)"):
        ops.add(rows(), np.ones((2, 1), "float32"))
    with pytest.raises(ValueError, match=r"add: dense tensors must broadcast.*shape \(1, 2\)"):
        ops.add(rows(), np.ones((1, 2), "float32"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="add: ragged tensors"):
        tf.function(ops.add)(rows(), other)
    assert tf.function(ops.add)(rows(), rows()).to_list()[1] == [8.0]


@pytest.mark.parametrize(
    ("name", "axis", "keepdims", "expected"),
    [
        ("sum", None, False, 21.0),
        ("sum", 1, False, [6.0, 4.0, 11.0]),
        ("sum", 0, False, [10.0, 8.0, 3.0]),
        ("mean", -1, True, [[2.0], [4.0], [5.5]]),
        ("mean", (0, 1), False, 3.5),
        ("max", 1, False, [3.0, 4.0, 6.0]),
        ("amin", 1, False, [1.0, 4.0, 5.0]),
        ("prod", 1, False, [6.0, 4.0, 30.0]),
        ("var", 1, False, [2 / 3, 0.0, 0.25]),
        ("std", 1, False, [(2 / 3) ** 0.5, 0.0, 0.5]),
        ("all", 1, False, [True, True, True]),
    ],
)
def test_reductions(name, axis, keepdims, expected):
    found = getattr(ops, name)(rows(), axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_reductions_with_more():
    assert ops.max(rows(), axis=1, initial=5.0).numpy().tolist() == [5.0, 5.0, 6.0]
    assert ops.prod(rows(), axis=1, dtype="float64").dtype == "float64"
    assert ops.any(rows([[0, 1], [0]]), axis=1).numpy().tolist() == [True, False]
    with pytest.raises(ValueError, match="argmax: x must be a dense tensor.*to_tensor"):
        ops.argmax(rows(), axis=1)


def test_what_it_is():
    assert ops.is_tensor(rows()) and ops.shape(rows()) == (3, None)
    assert int(ops.size(rows())) == 6 and ops.ndim(rows()) == 2
    assert ops.cast(rows(), "int32").to_list() == [[1, 2, 3], [4], [5, 6]]

    def sizes(x):
        first, second = ops.shape(x)
        assert second is None
        return first

    signature = [tf.RaggedTensorSpec((None, None), tf.float32)]
    assert int(tf.function(sizes, input_signature=signature)(rows())) == 3


def test_gradients_go_through_the_rows():
    x = rows()
    with tf.GradientTape() as tape:
        tape.watch(x.flat_values)
        y = ops.sum(ops.square(x))
    np.testing.assert_allclose(tape.gradient(y, x.flat_values), [2, 4, 6, 8, 10, 12])


@pytest.mark.parametrize("kind", ["Average", "Max"])
def test_pooling_over_rows(kind):
    given = rows([[[1.0, 8.0]], [[3.0, 4.0], [5.0, 6.0]]], ragged_rank=1)
    layer = getattr(layers, f"Global{kind}Pooling1D")()
    expected = [[1, 8], [4, 5]] if kind == "Average" else [[1, 8], [5, 6]]
    np.testing.assert_allclose(layer(given), expected)
    np.testing.assert_allclose(layer(given), expected)  # built by now


def vectorized(**options):
    layer = layers.TextVectorization(ragged=True, **options)
    layer.adapt(TEXTS)
    return layer


def test_texts_become_ragged():
    expected = [[2, 3, 4], [8, 7], [2, 2, 3, 5, 6]]
    layer = vectorized()
    for given in (TEXTS, np.array(TEXTS), tf.constant(TEXTS), tf.constant(TEXTS)[:, None]):
        found = layer(given)
        assert isinstance(found, tf.RaggedTensor) and found.dtype == "int64"
        assert found.to_list() == expected
    assert layer("the cat").numpy().tolist() == [2, 3] and layer("").shape == (0,)
    assert layer(tf.constant([], tf.string)).to_list() == []
    short = vectorized(output_sequence_length=2)(TEXTS)
    assert short.to_list() == [[2, 3], [8, 7], [2, 2]]
    whole = vectorized(split=None)(TEXTS)
    assert isinstance(whole, tf.Tensor) and whole.shape == (3,)
    model = keras.Sequential([keras.Input((), dtype="string"), layer])
    assert model.predict(tf.constant(TEXTS), batch_size=2, verbose=0).to_list() == expected


def classifier():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            layers.Embedding(9, 4),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


@pytest.mark.parametrize("eager", [False, True])
def test_a_classifier_of_texts_learns(eager):
    x, y = vectorized()(TEXTS), np.array([[1], [0], [1]], "float32")
    model = classifier()
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", run_eagerly=eager)
    losses = model.fit(x, y, epochs=5, batch_size=2, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(2)
    value = model.evaluate(x, y, batch_size=2, verbose=0)
    np.testing.assert_allclose(model.evaluate(data, verbose=0), value, rtol=1e-5)
    model.fit(data, validation_data=(x, y), verbose=0)
    model.fit(x, y, validation_split=0.34, verbose=0)
    model.train_on_batch(x, y)
    expected = model(x)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict(x, batch_size=2, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict_on_batch(x), expected, rtol=1e-5)


def test_training_on_rows_is_training_on_each_row():
    values, y = [[1, 2, 3], [4], [5, 6]], np.array([[1], [0], [1]], "float32")
    ragged, single = classifier(), classifier()
    for model in (ragged, single):
        model.compile("sgd", "mse")
    ragged.fit(tf.ragged.constant(values), y, batch_size=1, shuffle=False, verbose=0)
    for row, target in zip(values, y, strict=True):
        single.train_on_batch(np.array([row]), target[None])
    for a, b in zip(ragged.get_weights(), single.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_predicted_rows():
    model = keras.Sequential([layers.Embedding(9, 2, embeddings_initializer="ones")])
    numbers = rows([[1, 2], [], [3]])
    for given in (numbers, tf.data.Dataset.from_tensor_slices(numbers).batch(2)):
        found = model.predict(given, batch_size=None if given is not numbers else 2, verbose=0)
        assert found.to_list() == [[[1.0, 1.0]] * 2, [], [[1.0, 1.0]]]
    with pytest.raises(ValueError, match="out must be None for outputs whose rows"):
        model.predict(numbers, out=np.zeros((3, 2, 2), "float32"), verbose=0)
