"""Variables in TensorFlow's own functions."""

import numpy as np
import pytest

import keras_core as K
from tests.conftest import BACKEND

if BACKEND != "tensorflow":
    pytest.skip("of TensorFlow", allow_module_level=True)

import tensorflow as tf


def layer():
    made = K.layers.Dense(2, name="head")
    made(np.ones((3, 4), "float32"))
    return made


def test_value_is_the_variable():
    dense = layer()
    assert isinstance(dense.kernel.value, tf.Variable)
    assert dense.kernel.value.name == "head/kernel:0"
    assert isinstance(dense.kernel.tensor, tf.Tensor)
    dense.bias.value.assign_add([1.0, 2.0])
    assert dense.bias.numpy().tolist() == [1.0, 2.0]


def test_gradients_of_values():
    dense, x = layer(), tf.ones((3, 4))
    values = [v.value for v in dense.trainable_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        loss = tf.reduce_sum(dense(x))
    assert [g.shape for g in tape.gradient(loss, values)] == [(4, 2), (2,)]
    assert tape.watched_variables()[0] is dense.kernel.value


def test_checkpoint_of_values(tmp_path):
    dense = layer()
    before = dense.kernel.numpy()
    checkpoint = tf.train.Checkpoint(kernel=dense.kernel.value)
    path = checkpoint.save(str(tmp_path / "kept"))
    dense.kernel.assign(np.zeros((4, 2)))
    checkpoint.restore(path)
    np.testing.assert_array_equal(dense.kernel.numpy(), before)


def test_values_in_operations_and_scopes():
    dense = layer()
    doubled = K.ops.add(dense.kernel.value, dense.kernel.value)
    np.testing.assert_array_equal(doubled, 2 * dense.kernel.numpy())
    with K.StatelessScope([(dense.kernel, tf.zeros((4, 2)))]):
        assert not np.any(dense.kernel.value) and not np.any(dense.kernel.tensor)
    values = [v.value for v in dense.trainable_variables]
    y, _ = dense.stateless_call(values, [], np.ones((3, 4), "float32"))
    np.testing.assert_array_equal(y, dense(np.ones((3, 4), "float32")))
