"""Sparse tensors as arguments: the values of the dense operation, and what stays sparse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core import layers, ops
from keras_core.backends.select import backend
from keras_core.ops import _sparse
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.autodiff import gradients

pytestmark = [
    pytest.mark.skipif(not backend.has("sparse"), reason="has no sparse tensors"),
    pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta"),  # torch's products
]

A = np.array([[0, 0.5, 0, -0.75], [0.25, 0, 0, 0], [0, 0, 0, 0.5]], "float32")
B = np.array([[0, 1.5, 0, 0], [0, 0, 2, 0], [1, 0, 0, 0.5]], "float32")
ROW = np.array([1, 2, 3, 4], "float32")
ONES = np.ones((3, 4), "float32")


class S:
    """A dense array that is handed over as a sparse tensor."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __repr__(self) -> str:
        return "s"


def sparse(x: np.ndarray) -> Any:
    if backend.name == "tensorflow":
        import tensorflow as tf

        return tf.sparse.from_dense(x)
    if backend.name == "jax":
        from jax.experimental import sparse as jax_sparse

        return jax_sparse.BCOO.fromdense(x)
    import torch

    return torch.tensor(x).to_sparse()


def _map(function: Callable, value: Any) -> Any:
    if isinstance(value, list):
        return [_map(function, x) for x in value]
    return function(value)


def _as(value: Any, of_sparse: Callable) -> Any:
    def one(x: Any) -> Any:
        if isinstance(x, S):
            return of_sparse(x.array)
        return ops.convert_to_tensor(x) if isinstance(x, np.ndarray) else x

    return _map(one, value)


def _close(found: Any, expected: Any) -> None:
    found, expected = ops.convert_to_numpy(found), ops.convert_to_numpy(expected)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.astype("float64"), expected.astype("float64"), 1e-5, 1e-6)


UNARY = sorted(_sparse.ZERO_KEEPING - {"saturate_cast"})
#: Of these Keras has symbolic results, but nothing sparse at run time.
OURS_ALONE = frozenset(
    "cbrt celu deg2rad elu erf fabs gelu hard_shrink hard_tanh isinf isnan isneginf isposinf "
    "leaky_relu nan_to_num rad2deg relu relu6 selu silu soft_shrink softsign swish "
    "tanh_shrink trunc stop_gradient".split()
)


@pytest.mark.parametrize("name", UNARY)
def test_what_keeps_zero_stays_sparse(name: str, keras: Any) -> None:
    operation = getattr(ops, name)
    found, expected = operation(sparse(A)), operation(A)
    _close(found, expected)
    assert operation(KerasTensor((3, 4), sparse=True)).sparse
    if backend.name != "torch":  # whose own functions may give dense results
        assert backend.arrays.is_sparse(found)
        if name not in OURS_ALONE:
            assert type(getattr(keras.ops, name)(sparse(A))) is type(found)


BOTH = np.stack([A, B])
ROWS: list[tuple] = [
    *[(name, S(A), S(B)) for name in ("add", "subtract", "multiply", "maximum", "minimum")],
    *[(name, S(A), ONES) for name in ("add", "subtract", "multiply", "divide", "maximum")],
    *[(name, ONES, S(B)) for name in ("add", "subtract", "multiply", "minimum")],
    *[(name, S(A), 2.0) for name in ("add", "multiply", "divide", "maximum")],
    ("multiply", 2.0, S(A)),
    ("divide", ONES, S(ONES)),
    ("matmul", S(A), S(B.T.copy())),
    ("matmul", S(A), B.T.copy()),
    ("matmul", A, S(B.T.copy())),
    ("matmul", S(A), ROW),
    ("sum", S(A)),
    ("sum", S(A), 0),
    ("sum", S(BOTH), (0, -1), True),
    ("reshape", S(A), (4, -1)),
    ("transpose", S(A)),
    ("transpose", S(BOTH), (2, 0, 1)),
    ("squeeze", S(A[:, None]), 1),
    ("squeeze", S(A[:, None])),
    ("expand_dims", S(A), -1),
    ("concatenate", [S(A), S(B)], 1),
    ("concatenate", [S(A), B]),
    ("cast", S(A), "float16"),
    ("convert_to_tensor", S(A)),
]
MORE: list[tuple] = [
    ("matmul", S(BOTH), np.ones((2, 4, 3), "float32")),
    ("multiply", S(A), ROW),
    ("divide", S(A), ROW),
    ("multiply", S(A), S(A)),
    ("mean", S(A)),
    ("mean", S(A), 1, True),
    ("expand_dims", S(A), (0, 2)),
    ("matmul", S(BOTH), S(np.ones((2, 4, 3), "float32"))),
    ("matmul", S(BOTH), B.T.copy()),
    ("get_item", S(A), 1),
    ("saturate_cast", S(A), "float16"),
    ("add", S(A.astype("int32")), S(B)),
    ("exp", S(A)),
    ("max", S(A), 0),
    ("softmax", S(A)),
    ("where", A > 0, S(A), 0.0),
    ("stack", [S(A), S(B)]),
    ("power", S(A), 2.0),
    ("take", S(A), np.array([2, 0]), 0),
    ("tensordot", S(A), B.T.copy(), 1),
    ("einsum", "ab,cb->ac", S(A), B),
]


def _rows() -> Any:
    for rows, compared in ((ROWS, True), (MORE, False)):
        for row in rows:
            said = [f"{x.shape}" if isinstance(x, np.ndarray) else str(x) for x in row[1:]]
            yield pytest.param(row, compared, id=f"{row[0]}-{'-'.join(said)}")


@pytest.mark.parametrize(("row", "compared"), list(_rows()))
def test_values_and_kind(row: tuple, compared: bool, keras: Any) -> None:
    name, *args = row
    operation = getattr(ops, name)
    found = operation(*_as(args, sparse))
    _close(found, operation(*_as(args, lambda x: x)))
    if backend.name == "torch":
        return
    if compared:  # what Keras takes too
        theirs = getattr(keras.ops, name)(*_as(args, sparse))
        assert backend.arrays.is_sparse(found) == backend.arrays.is_sparse(theirs)
    if name not in ("where", "stack", "concatenate", "einsum") and name != "convert_to_tensor":
        symbols = _map(
            lambda x: KerasTensor(x.array.shape, str(x.array.dtype), sparse=True)
            if isinstance(x, S) else x, args,
        )  # fmt: skip
        assert operation(*symbols).sparse == backend.arrays.is_sparse(found)


def test_sparse_results_of_dense_arguments() -> None:
    for found, expected in (
        (ops.one_hot([1, 3, -1], 4, sparse=True), ops.one_hot([1, 3, -1], 4)),
        (ops.multi_hot([[1, 3], [0, 0]], 4, sparse=True), ops.multi_hot([[1, 3], [0, 0]], 4)),
        (ops.bincount(np.array([1, 3, 1]), sparse=True), ops.bincount(np.array([1, 3, 1]))),
    ):
        assert backend.arrays.is_sparse(found)
        _close(found, expected)
    symbol = KerasTensor((3,), "int32")
    assert ops.one_hot(symbol, 4, sparse=True).sparse
    assert not ops.one_hot(symbol, 4).sparse


def test_what_a_sparse_tensor_says_of_itself() -> None:
    x = sparse(A)
    assert ops.is_tensor(x)
    assert ops.shape(x) == (3, 4)
    assert (ops.ndim(x), ops.size(x), ops.dtype(x)) == (2, 12, "float32")
    assert not backend.arrays.is_sparse(ops.convert_to_tensor(x, sparse=False))
    np.testing.assert_array_equal(ops.convert_to_numpy(x), A)
    assert ops.convert_to_numpy(ops.convert_to_tensor(x, "float16")).dtype == np.float16


def test_errors_of_dense_operations_stay() -> None:
    with pytest.raises(Exception, match=r"(?i)shape|size|broadcast"):
        ops.add(sparse(A), sparse(np.ones((2, 2), "float32")))


def test_gradient_through_a_product() -> None:
    x = sparse(A)
    kernel = np.ones((4, 2), "float32")
    found = gradients(lambda w: ops.sum(ops.square(ops.matmul(x, w))), [kernel])
    np.testing.assert_allclose(found[0], 2 * A.T @ (A @ kernel), 1e-5)


def test_compiled() -> None:
    def function(x: Any) -> Any:
        return ops.matmul(ops.multiply(ops.sin(x), 2.0), ops.ones((4, 2)))

    x, expected = sparse(A), 2 * np.sin(A) @ np.ones((4, 2), "float32")
    if backend.name == "jax":
        import jax

        found = jax.jit(function)(x)
    elif backend.name == "tensorflow":
        import tensorflow as tf

        spec = tf.SparseTensorSpec([None, 4], tf.float32)
        found = tf.function(function, input_signature=[spec])(x)
    else:
        found = function(x)
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, 1e-5)


@pytest.mark.skipif(backend.name != "tensorflow", reason="TensorFlow has slices of rows")
def test_indexed_slices() -> None:
    import tensorflow as tf

    def slices() -> Any:  # with row 2 twice
        values = tf.constant([[1.0, -2.0], [3.0, 4.0], [0.5, 0.5]])
        return tf.IndexedSlices(values, tf.constant([0, 2, 2]), tf.constant([3, 2]))

    dense = np.array([[1, -2], [0, 0], [3.5, 4.5]], "float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(slices()), dense)
    kept = (ops.square, ops.negative, lambda x: ops.multiply(x, 2.0), lambda x: ops.divide(x, 2.0),
            lambda x: ops.add(x, x), lambda x: ops.subtract(x, x))  # fmt: skip
    for function in kept:
        assert isinstance(function(slices()), tf.IndexedSlices)
        _close(function(slices()), function(dense))
    for function in (ops.sum, ops.exp, lambda x: ops.add(x, 1.0), lambda x: ops.maximum(x, x)):
        assert isinstance(function(slices()), tf.Tensor)
        _close(function(slices()), function(dense))


def test_layers_and_models_take_them() -> None:
    inputs = keras_core.Input((4,), sparse=True)
    assert inputs.sparse
    dense = layers.Dense(2, activation="tanh")
    model = keras_core.Model(inputs, layers.Dense(1)(dense(inputs)))
    _close(dense(sparse(A)), dense(A))
    _close(model(sparse(A)), model(A))
    ids = np.array([[1, 0, 2], [0, 0, 4]], "int32")
    embedding = layers.Embedding(5, 2)
    _close(embedding(sparse(ids)), embedding(ids))


def test_training_on_them() -> None:
    scipy_sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(0)
    x = np.where(rng.uniform(size=(12, 4)) < 0.3, 1, 0).astype("float32")
    y = rng.uniform(size=(12, 1)).astype("float32")
    losses, weights = [], None
    for data in (x, sparse(x), scipy_sparse.csr_matrix(x)):
        inputs = keras_core.Input((4,), sparse=True)
        model = keras_core.Model(inputs, layers.Dense(1)(inputs))
        weights = model.get_weights() if weights is None else weights
        model.set_weights(weights)
        model.compile("sgd", "mse")
        history = model.fit(data, y, batch_size=4, epochs=1, shuffle=False, verbose=0)
        losses.append(history.history["loss"][0])
        assert model.predict(data, verbose=0).shape == (12, 1)
    np.testing.assert_allclose(losses, losses[0], 1e-5)
