"""TensorFlow's own variables and modules in layers' attributes: `fit` trains them, files hold them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import layers
from tests.conftest import BACKEND

pytestmark = pytest.mark.skipif(BACKEND != "tensorflow", reason="of TensorFlow")

if TYPE_CHECKING or BACKEND == "tensorflow":
    import tensorflow as tf

    X = tf.reshape(tf.linspace(-1.0, 1.0, 32), (8, 4))

    class Linear(tf.Module):
        """A matrix that is trained, and a count of the calls."""

        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable(tf.ones((4, 2)), name="w")
            self.calls = tf.Variable(tf.zeros(()), trainable=False, name="calls")

        def __call__(self, x: Any) -> Any:
            self.calls.assign_add(1.0)
            return tf.matmul(x, self.w)


@keras.saving.register_keras_serializable("tests>tensorflow_modules")
class Mixed(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = Linear()
        self.scales = [tf.Variable(tf.ones(()), name="scale")]
        self.dense = layers.Dense(2)

    def build(self, input_shape: Any) -> None:
        self.shift = tf.Variable(tf.zeros(2), name="shift")

    def call(self, x: Any) -> Any:
        return self.dense(self.inner(x) * self.scales[0] + self.shift)


def mixed() -> Any:
    return keras.Sequential([keras.Input((4,)), Mixed(), layers.Dense(1)])


def fit(model: Any) -> Any:
    if model.optimizer is None:
        model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(X, X[:, :1], verbose=0)
    return model


def test_they_are_trained() -> None:
    model = mixed()
    trained = [v.name for v in model.trainable_variables]
    assert trained == ["w", "scale", "shift", "kernel", "bias", "kernel", "bias"]
    assert [v.name for v in model.non_trainable_variables] == ["calls"]
    before = model.get_weights()
    fit(model)
    after = model.get_weights()
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    np.testing.assert_array_equal(model.layers[0].inner.w, after[0])


def test_they_are_frozen_with_the_layer() -> None:
    model = mixed()
    model.layers[0].trainable = False
    before = model.layers[0].inner.w.numpy()
    np.testing.assert_array_equal(fit(model).layers[0].inner.w, before)


def test_they_are_saved(tmp_path: Any) -> None:
    model = fit(mixed())
    expected = model.predict(X, verbose=0)
    model.save(tmp_path / "model.keras")
    other = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(other.predict(X, verbose=0), expected)
    other = mixed()
    path = tf.train.Checkpoint(model=model).save(tmp_path / "checkpoint")
    tf.train.Checkpoint(model=other).restore(path).assert_consumed()
    np.testing.assert_array_equal(other.predict(X, verbose=0), expected)
    tf.saved_model.save(model, str(tmp_path / "saved"))
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"](X)
    np.testing.assert_allclose(served["output_0"], expected, rtol=1e-5)


def test_they_are_copied() -> None:
    model = fit(mixed())
    expected = model.predict(X, verbose=0)
    other = copy.deepcopy(model)
    assert any(v.value is other.layers[0].inner.w for v in other.trainable_variables)
    fit(other)
    np.testing.assert_array_equal(model.predict(X, verbose=0), expected)


def test_a_loop_in_a_function_trains_them() -> None:
    model, optimizer = mixed(), keras.optimizers.SGD(0.01)

    @tf.function
    def step() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(X) - X[:, :1]))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    losses = [float(step()) for _ in range(5)]
    assert losses[-1] < losses[0]
    assert len(model.trainable_variables) == 7
