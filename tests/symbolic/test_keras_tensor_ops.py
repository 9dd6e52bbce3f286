"""KerasTensors under operators, keys and reshaping: inferred shapes, recorded graphs, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_core import ops
from keras_core.symbolic.graph import Graph
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.autodiff import to_numpy

X = np.arange(24, dtype="float32").reshape(2, 3, 4)


def run(inputs: list[KerasTensor], output: KerasTensor, *values: np.ndarray) -> np.ndarray:
    return to_numpy(Graph(inputs, [output]).run([ops.convert_to_tensor(v) for v in values])[0])


@pytest.mark.parametrize(
    "key",
    [
        0, -1, slice(1, None), (slice(None), 1), (..., None, slice(None, None, 2)),
        (slice(None), slice(None, None, -1)), (None, 0, ..., 2), (slice(0, 1), slice(-2, None)),
        (slice(None), np.array([0, 2])), (np.array([1, 0]), slice(None), np.array([3, 1])),
        (slice(None), [0, 2]),
    ],
    ids=str,
)  # fmt: skip
def test_keys(key: Any) -> None:
    expected = X[key]
    known, unknown = KerasTensor((2, 3, 4)), KerasTensor((None, 3, 4))
    assert known[key].shape == expected.shape
    shape = unknown[key].shape
    assert len(shape) == expected.ndim
    assert all(a in (None, b) for a, b in zip(shape, expected.shape, strict=True))
    np.testing.assert_array_equal(run([unknown], unknown[key], X), expected)


def test_keys_that_are_symbolic() -> None:
    x, i = KerasTensor((None, 3, 4)), KerasTensor((5,), "int32")
    assert x[i].shape == (5, 3, 4)
    picks = np.array([0, 1, 1, 0, 1], "int32")
    np.testing.assert_array_equal(run([x, i], x[i], X, picks), X[picks])
    mask = KerasTensor((None,), "bool")
    assert x[mask].shape == (None, 3, 4)
    np.testing.assert_array_equal(run([x, mask], x[mask], X, np.array([True, False])), X[:1])


@pytest.mark.parametrize("key", [(slice(None), 5), (0, 0, 0, 0), (..., ...), 1.5], ids=str)
def test_bad_keys(key: Any) -> None:
    with pytest.raises(ValueError, match="get_item"):
        KerasTensor((None, 3, 4))[key]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((None, 3, 4), (-1, 12), (None, 12)), ((None, 3, 4), (-1, 6), (None, 6)),
        ((None, None, 4), (2, -1), (2, None)), ((2, 3, 4), (2, -1), (2, 12)),
        ((None, 3, 4), -1, (None,)), ((None, 3, 4), (None, 12), (None, 12)),
        ((None, 3, 4), (None, -1), (None, 12)),
    ],
)  # fmt: skip
def test_reshape(old: Any, new: Any, expected: Any) -> None:
    assert ops.reshape(KerasTensor(old), new).shape == expected


def test_shape_errors() -> None:
    x = KerasTensor((None, 3, 4))
    for call in (
        lambda: ops.reshape(KerasTensor((2, 3)), (4, -1)),
        lambda: ops.reshape(KerasTensor((2, 3)), (7,)),
        lambda: ops.squeeze(x, 1),
        lambda: ops.transpose(x, (0, 1)),
        lambda: ops.concatenate([x, KerasTensor((None, 3, 5))], axis=1),
        lambda: ops.stack([x, KerasTensor((3,))]),
        lambda: ops.split(x, 2, axis=1),
        lambda: ops.matmul(x, KerasTensor((5, 2))),
        lambda: ops.einsum("abc,cd->abd", x, KerasTensor((5, 2))),
        lambda: ops.unstack(x),
        lambda: ops.expand_dims(x, 7),
        lambda: ops.pad(x, ((1, 1), (2, 2))),
        lambda: ops.broadcast_to(x, (2, 5, 4)),
        lambda: ops.take_along_axis(x, KerasTensor((5,), "int32"), axis=1),
    ):
        with pytest.raises(ValueError, match="Received"):
            call()


def test_methods_and_operators() -> None:
    x = KerasTensor((None, 4))
    np.testing.assert_array_equal(run([x], (x @ np.eye(4, dtype="float32")), X[0]), X[0])
    np.testing.assert_array_equal(run([x], x.reshape(-1, 2), X[0]), X[0].reshape(-1, 2))
    assert ops.expand_dims(x, 1).squeeze(1).shape == (None, 4)
    assert ops.shape(x) == (None, 4) and ops.ndim(x) == 2 and ops.dtype(x) == "float32"
    with pytest.raises(ValueError, match="values"):
        ops.convert_to_numpy(x)
