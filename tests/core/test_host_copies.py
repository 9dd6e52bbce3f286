"""`ops.convert_to_numpy` gives arrays of the caller's own."""

from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import ops
from keras_core.backends.select import backend


def sources() -> list[tuple[str, Any]]:
    found = [
        ("tensor", ops.convert_to_tensor(np.ones((3, 2), "float32"))),
        ("bfloat16", ops.ones((3, 2), "bfloat16")),
        ("transposed", ops.transpose(ops.ones((2, 3)))),
        ("array", np.ones((3, 2), "float32")),
        ("Variable", keras.Variable(np.ones((3, 2), "float32"))),
        ("scalar", ops.ones(())),
    ]
    return found


@pytest.mark.parametrize(("name", "x"), sources(), ids=[name for name, _ in sources()])
def test_writing_to_the_copy_changes_nothing_else(name: str, x: Any) -> None:
    copy = ops.convert_to_numpy(x)
    copy[...] = 5
    assert np.all(np.asarray(backend.arrays.convert_to_numpy(x), "float32") == 1)


def _room(count: int) -> np.ndarray:
    """Zeros at an address from which a framework may take memory over as it is."""
    raw = np.zeros(count * 4 + 64, "uint8")
    start = -raw.ctypes.data % 64
    return raw[start : start + count * 4].view("float32")


@pytest.mark.skipif(backend.name == "numpy", reason="NumPy's tensors are arrays")
@pytest.mark.parametrize("count", [4, 300_000])
@pytest.mark.parametrize(
    "make",
    [
        ops.convert_to_tensor,
        ops.array,
        keras.Variable,
        lambda x: keras.layers.Activation("linear")(x),
        lambda x: keras.layers.Reshape((-1,))(x[None]),
        lambda x: ops.reshape(x, (2, -1)),
    ],
    ids=["convert_to_tensor", "array", "Variable", "layer", "reshaping layer", "reshape"],
)
def test_writing_to_an_array_changes_no_tensor(make: Any, count: int) -> None:
    x = _room(count)
    out = make(x)
    x[...] = 5
    assert not np.any(ops.convert_to_numpy(out))


def test_assigned_arrays_stay_the_callers() -> None:
    x = _room(300_000)
    variable = keras.Variable(np.ones(300_000, "float32"))
    variable.assign(x)
    with keras.StatelessScope() as scope:
        variable.assign(x)
    layer = keras.layers.Dense(2, use_bias=False)
    layer.build((None, 3))
    weights = [np.zeros((3, 2), "float32")]
    layer.set_weights(weights)
    x[...] = weights[0][...] = 5
    for value in (variable, layer.kernel):
        assert not np.any(ops.convert_to_numpy(value))
    if backend.name != "numpy":
        assert not np.any(ops.convert_to_numpy(scope.get_current_value(variable)))
