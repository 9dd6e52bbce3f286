"""Numbers of Python stay what they are where float64 is asked for, or stands beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import keras_core as keras
from keras_core import Variable, initializers, layers, ops
from keras_core.core import dtypes
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.ops.case import OpCase, leaves, native
from tests.ops.test_cases import CASES

if dtypes.canonical("float64") != "float64":
    pytest.skip("JAX has float64 behind a switch", allow_module_level=True)

ONE = native(np.ones(3))
TENTH: dict[str, Callable[[], Any]] = {
    "list": lambda: ops.convert_to_tensor([0.1], "float64"),
    "number": lambda: ops.convert_to_tensor(0.1, "float64"),
    "array": lambda: ops.array([0.1], "float64"),
    "cast": lambda: ops.cast([0.1], "float64"),
    "full": lambda: ops.full((2,), 0.1, "float64"),
    "full_like": lambda: ops.full_like(ONE, 0.1),
    "multiply": lambda: ops.multiply(ONE, 0.1),
    "multiply by a list": lambda: ops.multiply(ONE, [0.1] * 3),
    "power": lambda: ops.power(0.1, ONE),
    "pad": lambda: ops.pad(ONE, 1, constant_values=0.1),
    "concatenate": lambda: ops.concatenate([[0.1], ONE]),
    "slice_update": lambda: ops.slice_update(ONE, [0], [0.1]),
    "scatter_update": lambda: ops.scatter_update(ONE, [[0]], [0.1]),
    "dot": lambda: ops.dot(ONE, [0.1, 0, 0]),
    "einsum": lambda: ops.einsum("i,i->i", ONE, [0.1] * 3),
    "Variable": lambda: Variable([0.1], dtype="float64"),
    "assign": lambda: Variable([0.0], dtype="float64").assign([0.1]),
    "assign_add": lambda: Variable([0.0], dtype="float64").assign_add([0.1]),
    "Constant": lambda: initializers.Constant(0.1)((2,), "float64"),
    "quantile": lambda: ops.quantile(ops.multiply(ONE, 0.1), 0.3),
    "LeakyReLU": lambda: -layers.LeakyReLU(0.1, dtype="float64")(-ONE),
    "ReLU": lambda: -layers.ReLU(negative_slope=0.1, dtype="float64")(-ONE),
    "Rescaling": lambda: layers.Rescaling(0.1, dtype="float64")(ONE),
}


@pytest.mark.parametrize("name", TENTH)
def test_a_tenth_is_a_tenth(name: str) -> None:
    found = ops.convert_to_numpy(TENTH[name]())
    assert found.dtype == np.float64
    assert abs(found.flat[0] - 0.1) < 1e-16


# What NumPy gives of the same arguments; `full_like` of something narrow beside.
RANGES: list[tuple[str, tuple, dict[str, Any]]] = [
    *((name, (0.1, 0.7, num, endpoint), {}) for name in ("linspace", "logspace", "geomspace")
      for num in (0, 1, 2, 7) for endpoint in (True, False)),
    ("linspace", ([0.1, 0.3], [0.7, 1.1], 5), {"axis": 1}),
    ("logspace", (0.1, 0.7, 5), {"base": 2.7}), ("logspace", (0, 1, 5), {"base": 0.3}),
    ("geomspace", (-0.1, -0.7, 5), {}), ("geomspace", (np.array([0.1, 3]), 7, 5), {}),
    ("arange", (0.1, 0.7, 0.1), {}), ("arange", (0.7,), {}), ("arange", (10, 0, -0.7), {}),
    ("full", ((2,), 0.1), {}), ("full", ((2,), [0.1, 0.3]), {}), ("full", ((), 2**53 - 1), {}),
    ("full_like", (np.zeros(2, "float32"), 0.1), {}), ("full_like", (np.zeros(2, "int8"), [0.1, 0.3]), {}),
    ("array", ([0.1, 0.3],), {}), ("array", (0.1,), {}), ("eye", (3,), {}), ("tri", (3, 4, 1), {}),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "int64"])
@pytest.mark.parametrize(("name", "args", "kwargs"), RANGES)
def test_arguments_reach_the_dtype_asked_for_unrounded(
    name: str, args: tuple, kwargs: dict[str, Any], dtype: str
) -> None:
    expected = getattr(np, name)(*args, dtype=dtype, **kwargs)
    if dtype == "int64" and name == "arange":  # NumPy cuts the step off too
        expected = np.arange(*args).astype(dtype)
    for asked in (dtype, np.dtype(dtype)):
        found = ops.convert_to_numpy(getattr(ops, name)(*args, dtype=asked, **kwargs))
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14)


def test_ranges_of_integers_that_float32_has_not() -> None:
    top = 2**24 + 1
    found, step = ops.linspace(0, top, 3, retstep=True, dtype="int32")
    assert ops.convert_to_numpy(found).tolist() == [0, 2**23, top]
    assert float(step) == top / 2
    symbols = ops.linspace(0, KerasTensor((), "int32"), 3, retstep=True, dtype="int32")
    assert [x.dtype for x in symbols] == ["int32", "float64"]
    found = ops.full_like(native(np.zeros(1, "int32")), float(top), "int32")
    assert int(found[0]) == top


X = np.array([-1.3, -0.2, 0.4, 2.5])
BY_HAND: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "leaky_relu": (lambda x: ops.leaky_relu(x, 0.3), np.where(X > 0, X, 0.3 * X)),
    "elu": (lambda x: ops.elu(x, 0.3), np.where(X > 0, X, 0.3 * np.expm1(X))),
    "gelu": (lambda x: ops.gelu(x, False), 0.5 * X * (1 + special.erf(X / np.sqrt(2)))),
    "gelu, approximate": (
        ops.gelu,
        0.5 * X * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3))),
    ),
    "layer_normalization": (
        lambda x: ops.layer_normalization(x, epsilon=0.3),
        (X - X.mean()) / np.sqrt(X.var() + 0.3),
    ),
    "rms_normalization": (
        lambda x: ops.rms_normalization(x, epsilon=0.3),
        X / np.sqrt((X**2).mean() + 0.3),
    ),
    "batch_normalization": (
        lambda x: ops.batch_normalization(x, x * 0.0, x * 0.0 + 1.0, 0, epsilon=0.3),
        X / np.sqrt(1.3),
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_constants_are_not_rounded(name: str) -> None:
    function, expected = BY_HAND[name]
    found = ops.convert_to_numpy(function(native(X)))
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


# Rows whose results have few digits: whole numbers, choices among them, or dtypes of their own.
_COARSE = {"round", "sign", "one_hot", "multi_hot", "eye", "identity", "sparsemax"}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case.op} {case.name}")
        for _, case in CASES
        if "float32" in case.dtypes and case.op not in _COARSE
    ],
)
def test_results_are_no_float32_in_disguise(case: OpCase) -> None:
    """Of numbers with 53 bits each, results with 24 bits throughout come from a float32."""
    args, kwargs = case.draw("float64")
    with np.errstate(all="ignore"):
        found = case.function(ops)(*native(args), **native(kwargs))
    for x in map(ops.convert_to_numpy, filter(ops.is_tensor, leaves([found]))):
        if x.dtype == np.float64:
            there = x[np.isfinite(x) & (x != np.round(x))]
            assert not there.size or (there.astype(np.float32) != there).any()


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, (2, 1, 2)])
def test_three_axes_are_pooled(strides: Any, padding: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 4, 6, 3))
    for pool in (ops.max_pool, ops.average_pool):
        found = ops.convert_to_numpy(pool(native(x), (3, 2, 3), strides, padding))
        narrow = ops.convert_to_numpy(
            pool(native(x.astype("float32")), (3, 2, 3), strides, padding)
        )
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, narrow, rtol=1e-5, atol=1e-6)


def test_ctc_loss_of_sizes_that_are_not_known() -> None:
    rng = np.random.default_rng(0)
    target, lengths = np.array([[1, 2, 2], [1, 3, 0]]), np.array([[3, 2], [7, 6]])
    output = rng.normal(size=(2, 7, 4)).astype("float32").astype("float64")  # `predict` rounds
    args = (target, output, *lengths)
    right = ops.convert_to_numpy(ops.ctc_loss(*native(args)))
    for dtype, close in (("float64", 1e-14), ("float32", 1e-5)):
        x = keras.Input((None, 4), dtype=dtype)
        others = [keras.Input(shape, dtype="int32") for shape in ((None,), (), ())]
        model = keras.Model([others[0], x, *others[1:]], ops.ctc_loss(others[0], x, *others[1:]))
        found = model.predict(list(args), verbose=0)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, right, close)
