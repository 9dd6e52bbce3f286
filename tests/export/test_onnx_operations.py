"""ONNX operation by operation: onnxruntime gives what the operation gives.

All rows on JAX, whose converter is ours; elsewhere those that needed something beside the
framework's own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import ops
from keras_core.export import formats, signature

BACKEND = os.environ["KERAS_BACKEND"]
CONTENT = np.random.default_rng(0).normal(size=(5, 6, 4)).astype("float32")
WHICH = np.random.default_rng(1).integers(0, 6, (5, 3, 1)).astype("int32")
# Of `x`, of a size that is not known along the first axis.
OF_ONE: dict[str, Callable[[Any], Any]] = {
    "a mean over the batch": lambda x: ops.divide(x, ops.shape(x)[0]),
    "whole remainders": lambda x: ops.cast(x * 4, "int32") % ops.cast([3, -2, 5, -7], "int32"),
    "whole quotients": lambda x: ops.cast(x * 4, "int32") // ops.cast([3, -2, 5, -7], "int32"),
    "remainders": lambda x: ops.mod(x, -0.7) + ops.floor_divide(x, 0.3),
    "of all at once": lambda x: (x - ops.max(x)) / ops.min(x) + ops.mean(x) * ops.ptp(x),
    "of all numbers": lambda x: x * ops.nanmean(x) - ops.nanmax(x) + ops.std(x) * ops.sum(x),
    "any and all": lambda x: (
        ops.where(ops.any(x > 2.5), x, -x) + ops.cast(ops.all(x < 9), "float32")
    ),
    "near one": lambda x: ops.log1p(ops.abs(x)) + ops.expm1(x),
    "steps": lambda x: x[:, ::2, 1:],
    "backwards": lambda x: x[:, ::-1, None],
    "stack": lambda x: ops.stack([x, 2 * x], axis=1),
    "tile": lambda x: ops.tile(x, (1, 2, 3)),
    "sort": lambda x: ops.sort(x, axis=1),
    "argsort": lambda x: ops.argsort(x, axis=1),
    "median": lambda x: ops.median(x, axis=2),
    "digitize": lambda x: ops.digitize(x, np.linspace(-1, 1, 30).tolist()),
    "arctan2": lambda x: ops.arctan2(x[:, :3], ops.relu(x[:, 3:])),
    "cbrt": lambda x: ops.cbrt(x),
    "scatter": lambda x: ops.scatter_update(x[0], [[0], [2]], np.ones((2, 4), "float32")),
    "segments": lambda x: ops.segment_sum(x[0], np.array([0, 1, 1, 0, 2, 2]), 3),
    "a slice": lambda x: ops.slice_update(x[0], (1, 2), np.ones((2, 1), "float32")),
    "a choice": lambda x: ops.cond(ops.sum(x) > 0, lambda: x, lambda: -2 * x),
    "the other choice": lambda x: ops.cond(ops.sum(x) < 0, lambda: x, lambda: -2 * x),
    "a loop": lambda x: ops.while_loop(lambda v: ops.sum(v) < 100, lambda v: (v + 1,), (x,))[0],
    "no round of a loop": lambda x: ops.while_loop(
        lambda v: ops.sum(v) < -999, lambda v: (v + 1,), (x,)
    )[0],
    "a counted loop": lambda x: ops.fori_loop(0, 3, lambda i, v: v * 2 + i, x),
}
OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "take along an axis": lambda x, i: ops.take_along_axis(x, i, axis=1),
    "take along rows": lambda x, i: ops.take_along_axis(x[..., 0], i[..., 0], axis=1),
    "take": lambda x, i: ops.take(x, i[0, :, 0], axis=1),
}


class Given(keras.Model):
    """A function as a model; nothing of it is known to another process."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def call(self, inputs: Any) -> Any:
        return self.function(*inputs)


ROWS = {
    "jax": [*OF_ONE, *OF_TWO],
    "tensorflow": [
        *("whole remainders", "whole quotients", "remainders", "near one", "a mean over the batch"),
        *OF_TWO,
    ],
    "torch": ["a mean over the batch", "of all at once", "of all numbers", "any and all", *OF_TWO],
    "numpy": [],  # it has another backend write files
}[BACKEND]
PACKAGES = {"tensorflow": "tf2onnx", "torch": "onnxscript"}


@pytest.mark.parametrize("name", ROWS)
def test_operations(name: str, tmp_path: Any) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip(PACKAGES.get(BACKEND, "onnx"))
    given = {"x": CONTENT} if name in OF_ONE else {"x": CONTENT, "i": WHICH}
    model = Given((OF_ONE | OF_TWO)[name])
    model.build = lambda input_shape=None: None  # there is nothing to build
    expected = ops.convert_to_numpy(model([ops.convert_to_tensor(v) for v in given.values()]))
    specs = [
        keras.InputSpec(shape=(None, *v.shape[1:]), dtype=v.dtype.name, name=k)
        for k, v in given.items()
    ]
    path = str(tmp_path / "model.onnx")
    model.export(path, format="onnx", verbose=False, input_signature=[specs])
    (found,) = onnxruntime.InferenceSession(path).run(None, given)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


class Roots(keras.Model):
    def call(self, x: Any) -> Any:
        return ops.cholesky(ops.matmul(ops.transpose(x, (0, 2, 1)), x))


@pytest.mark.skipif(BACKEND not in ("jax", "tensorflow"), reason="torch's converter has a form")
def test_what_has_no_form_is_named(tmp_path: Any) -> None:
    model, spec = Roots(), keras.InputSpec(shape=(None, 6, 4), dtype="float32", name="x")
    with pytest.raises(
        NotImplementedError, match="(?i)has no form.*cholesky|cholesky.*has no form"
    ):
        model.export(tmp_path / "model.onnx", format="onnx", verbose=False, input_signature=[spec])
    assert not os.listdir(tmp_path)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="tf2onnx writes float16 in its place")
def test_bfloat16_does_not_become_float16(tmp_path: Any) -> None:
    """What overflows there: another backend writes the file, where one is."""
    dense = keras.layers.Dense(3, dtype="mixed_bfloat16")
    model = keras.Sequential([keras.Input((4,), name="x"), dense])
    path = str(tmp_path / "model.onnx")
    with pytest.raises(NotImplementedError, match="tf2onnx has no bfloat16"):
        formats.write_here(model, path, "onnx", signature.of_model(model), {})
