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
