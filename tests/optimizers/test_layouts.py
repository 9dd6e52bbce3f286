"""Gradients whose memory is laid out otherwise than their variables'."""

import numpy as np
import pytest

import keras_core
from keras_core import ops
from keras_core.backends.select import backend


@pytest.mark.parametrize("name", ["Adam", "AdamW", "SGD", "RMSprop"])
def test_a_transposed_gradient_updates_the_right_elements(name):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 3, 2, 4)).astype("float32")
    gradient = rng.normal(size=start.shape).astype("float32")

    def trained(g):
        v = keras_core.Variable(start)
        optimizer = getattr(keras_core.optimizers, name)(0.1)
        optimizer.build([v])
        for _ in range(2):
            optimizer.apply([g], [v])
        return v.numpy()

    permuted = ops.transpose(
        ops.convert_to_tensor(np.ascontiguousarray(gradient.transpose(3, 2, 0, 1))), (2, 3, 1, 0)
    )
    plain = ops.convert_to_tensor(gradient)
    assert np.array_equal(backend.arrays.convert_to_numpy(permuted), gradient)
    np.testing.assert_allclose(trained(permuted), trained(plain), rtol=1e-6)
