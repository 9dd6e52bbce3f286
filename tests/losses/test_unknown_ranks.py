"""Losses in TensorFlow's graphs that do not know the rank of what they get."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_core import losses
from keras_core.backends.select import backend

if backend.name != "tensorflow":
    pytest.skip("other backends know every rank", allow_module_level=True)
import tensorflow as tf

PRED = np.float32([[0.3, 0.7], [0.6, 0.4], [0.1, 0.9]])
HOT = np.float32([[0, 1], [1, 0], [1, 0]])
WEIGHTS = np.float32([1, 2, 0])


def _graph(function: Any, *unknown: bool) -> Any:
    values = (HOT, PRED, WEIGHTS)
    return tf.function(
        function,
        input_signature=[
            tf.TensorSpec(None if lacks else value.shape, value.dtype)
            for lacks, value in zip(unknown, values, strict=False)
        ],
    )


@pytest.mark.parametrize("loss", [losses.MeanSquaredError(), losses.CategoricalCrossentropy()])
@pytest.mark.parametrize("unknown", [(True, False), (False, True), (True, False, True)])
def test_is_that_of_tensors_with_ranks(loss: Any, unknown: tuple[bool, ...]) -> None:
    given = (HOT, PRED, WEIGHTS)[: len(unknown)]
    np.testing.assert_allclose(_graph(loss, *unknown)(*given), loss(*given), rtol=1e-6)


def test_ranks_that_differ_are_aligned_when_the_graph_runs() -> None:
    loss = losses.MeanSquaredError()
    column = np.float32([[1], [2], [4]])
    graph = tf.function(
        loss,
        input_signature=[tf.TensorSpec(None, tf.float32), tf.TensorSpec((3, 1), tf.float32)],
    )
    for target in (column + 1, column[:, 0] + 1):  # which would broadcast to 3 rows of 3
        np.testing.assert_allclose(graph(target, column), 1.0)


def test_the_function_takes_them_too() -> None:
    graph = _graph(losses.mean_squared_error, True, False)
    np.testing.assert_allclose(graph(HOT, PRED), losses.mean_squared_error(HOT, PRED), rtol=1e-6)


def test_gradients_go_through() -> None:
    loss = losses.CategoricalCrossentropy()

    def slope(y_true: Any, y_pred: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = loss(y_true, y_pred)
        return tape.gradient(value, y_pred)

    found = _graph(slope, True, False)(HOT, PRED)
    wanted = slope(tf.constant(HOT), tf.constant(PRED))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
