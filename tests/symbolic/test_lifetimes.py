"""What a graph keeps alive: a model nobody holds is freed at once; a dropped output comes back."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import keras_core as keras
from keras_core import layers, ops
from keras_core.backends.select import backend


@pytest.fixture(autouse=True)
def _no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def sequential():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])


def functional():
    x = keras.Input((6, 4))
    y, *_ = layers.LSTM(3, return_state=True)(layers.Masking()(x))
    return keras.Model(x, ops.concatenate([y * 2, ops.tanh(y)], axis=-1))


def nested():
    x = keras.Input((4,))
    return keras.Model(x, sequential()(layers.Dense(4)(x)))


@pytest.mark.parametrize("make", [sequential, functional, nested])
@pytest.mark.parametrize("how", ["made", "called", "saved", "loaded", "cloned"])
def test_a_model_nobody_holds_is_freed_at_once(make, how, tmp_path):
    model = make()
    if how == "called":
        model(np.ones((2, *model.input_shape[1:]), "float32"))
    elif how in ("saved", "loaded"):
        model.save(tmp_path / "model.keras")
        if how == "loaded":
            model = keras.models.load_model(tmp_path / "model.keras")
    elif how == "cloned":
        model = keras.models.clone_model(model)
    held = [weakref.ref(x) for x in (*model.variables, *model.layers)]
    del model
    assert [type(x()).__name__ for x in held if x() is not None] == []


@pytest.mark.skipif(
    backend.name in ("numpy", "tensorflow"),
    reason="NumPy trains nothing; TensorFlow's graphs are cycles of its own",
)
@pytest.mark.parametrize("make", [sequential, functional])
@pytest.mark.parametrize("loaded", [False, True])
def test_a_trained_model_nobody_holds_is_freed_at_once(make, loaded, tmp_path):
    model = make()
    model.compile("adam", "mse", metrics=["mae"])
    if loaded:
        model.save(tmp_path / "model.keras")
        model = keras.models.load_model(tmp_path / "model.keras")
    x = np.ones((4, *model.input_shape[1:]), "float32")
    y = np.zeros((4, model.output_shape[-1]), "float32")
    history = model.fit(x, y, validation_data=(x, y), verbose=0)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    model.train_on_batch(x, y)
    assert history.model is model
    again = pickle.loads(pickle.dumps(history))
    assert again.history == history.history
    held = [weakref.ref(v) for v in (*model.variables, *model.optimizer.variables)]
    del model
    assert [type(v()).__name__ for v in held if v() is not None] == []
    assert history.model is None and history.history["loss"]


def test_an_output_that_died_comes_back_as_it_was():
    layer = layers.Embedding(5, 3, mask_zero=True)
    y = layer(keras.Input((4,), dtype="int32"))
    assert layer.output is y
    y.name, y.remark = "words", "the user's"
    mask = weakref.ref(y._keras_mask)
    gone = weakref.ref(y)
    del y
    assert gone() is None
    again = layer.output
    assert again is layer.output
    assert (again.shape, again.dtype, again.name) == ((None, 4, 3), "float32", "words")
    assert again.remark == "the user's"
    assert again._keras_mask is mask() is not None
    model = keras.Model(layer.input, layers.LSTM(2)(again))
    x = np.array([[1, 2, 0, 0]])
    assert ops.shape(model(x)) == (1, 2)
    assert model.layers[1] is layer


def test_results_of_many_tensors_come_back_in_their_structure():
    class Parts(layers.Layer):
        def call(self, x):
            return {"a": x, "b": [x + 1, None]}

    layer = Parts()
    layer(keras.Input((2,)))
    a, b = layer.output["a"], layer.output["b"]
    assert a.shape == b[0].shape == (None, 2) and b[1] is None
    assert layer._inbound_nodes[0].outputs[1] is b[0]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copied_layer_keeps_what_its_call_gave(copied):
    layer = layers.Dense(3)
    layer(keras.Input((2,)))
    other = copied(layer)
    assert other.output.shape == (None, 3)
    node = other._inbound_nodes[0]
    assert node.operation is other
    assert other.output._keras_history.operation is other
    model = keras.Model(other.input, other.output)
    x = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(*map(ops.convert_to_numpy, (model(x), layer(x))))
