"""Edges of every operation in the tables: dtypes, axes, memory layout, numbers that are not finite.

Generated from the tables in `cases_*.py`: an operation stands here with its first row.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from keras_core import config, ops
from keras_core.backends.select import backend
from keras_core.core import dtypes
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.ops.case import OpCase, arr, leaves, map_arrays, native
from tests.ops.test_cases import CASES, assert_close

DTYPES = ("bool", *dtypes.INT_TYPES, *dtypes.FLOAT_TYPES)


def _placeholders(case: OpCase) -> list[arr]:
    found: list[arr] = []
    map_arrays(found.append, [list(case.args), dict(case.kwargs)], arr)
    return found


def _first_rows() -> dict[str, OpCase]:
    """The first row of each operation in which the dtype of an argument is open."""
    rows: dict[str, OpCase] = {}
    for _, case in CASES:
        free = any(x.dtype is None for x in _placeholders(case))
        if (
            free
            and not isinstance(case.dtypes[0], tuple)
            and not case.gap(backend.name, "value", "")
        ):
            rows.setdefault(case.op, case)
    return rows


ROWS = _first_rows()


def _run(case: OpCase, args: Any, kwargs: Any) -> Any:
    """The result; on JAX only its shape and dtype, which needs no compilation."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if backend.name != "jax":
            return case.function(ops)(*args, **kwargs)
        import jax

        try:
            return jax.eval_shape(lambda: case.function(ops)(*args, **kwargs))
        except (jax.errors.JAXTypeError, jax.errors.NonConcreteBooleanIndexError):
            return case.function(ops)(*args, **kwargs)


def _names(result: Any) -> list[str]:
    return [dtypes.standardize(x.dtype) for x in leaves(result) if hasattr(x, "dtype")]


# Operations that take some dtypes only, on every backend.
INTEGERS = ("gcd", "lcm", "bitwise_", "left_shift", "right_shift", "bincount")
FLOATS = ("image.rgb_to_hsv", "image.hsv_to_rgb")


def _refused(op: str, dtype: str) -> bool:
    if op.startswith(INTEGERS):
        return dtype in dtypes.FLOATS
    return op in FLOATS and dtype not in dtypes.FLOATS


@pytest.mark.parametrize("name", ROWS)
def test_every_dtype_is_taken_or_refused_by_name(name: str) -> None:
    case = ROWS[name]
    if name in ("floor_divide", "mod", "fmod", "power"):  # no division by 0, no negative powers
        shape = case.args[1].shape
        case = dataclasses.replace(case, args=(case.args[0], arr(shape, None, 1, 2)))
    declared = getattr(case.function(ops), "op", None)
    for dtype in DTYPES:
        if dtypes.canonical(dtype) != dtype:
            continue  # JAX has no 64 bits unless told to
        args, kwargs = case.draw(dtype)
        if dtype == "bool" and name in ("floor_divide", "mod", "fmod"):
            args[1] = np.ones_like(args[1])
        lacking = declared is not None and declared.via.get(dtype, dtype) is None
        if lacking or _refused(name, dtype):
            with pytest.raises((TypeError, ValueError), match=dtype):
                _run(case, native(args), native(kwargs))
            continue
        found = _names(_run(case, native(args), native(kwargs)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            symbols = case.function(ops)(*map_arrays(_symbol, args), **map_arrays(_symbol, kwargs))
        assert found == _names(symbols), dtype


def _symbol(x: np.ndarray) -> KerasTensor:
    return KerasTensor(x.shape, dtypes.canonical(dtypes.standardize(x.dtype)))


@pytest.fixture
def floatx64() -> Iterator[None]:
    config.set_floatx("float64")
    yield
    config.set_floatx("float32")


# Other arguments in these rows are float32.
MIXED = {"solve", "solve_triangular", "lstsq", "heaviside", "categorical_crossentropy"}


@pytest.mark.skipif(dtypes.canonical("float64") != "float64", reason="no float64")
@pytest.mark.parametrize("name", [name for name in ROWS if name not in MIXED])
def test_floats_of_integers_are_floatx(name: str, floatx64: None) -> None:
    if _refused(name, "int32"):
        pytest.skip("floats only")
    case = ROWS[name]
    args, kwargs = case.draw("int32")
    if any(np.asarray(x).dtype == np.float32 for x in leaves([args, kwargs])):
        pytest.skip("another argument is float32")
    if name == "power":
        args[1] = np.abs(args[1])
    assert "float32" not in _names(_run(case, native(args), native(kwargs)))


def _with_axis() -> dict[str, OpCase]:
    found = {}
    for name, case in ROWS.items():
        declared = getattr(case.function(ops), "op", None)
        if declared is not None and "axis" in declared.params:
            found[name] = case
    return found


AXES = _with_axis()
# Their axis counts in the result, or takes part in another way.
OTHERWISE = {"expand_dims", "stack", "linspace", "logspace", "geomspace", "one_hot", "multi_hot"}


@pytest.mark.parametrize("name", [name for name in AXES if name not in OTHERWISE])
def test_an_axis_out_of_range_is_refused(name: str) -> None:
    case = AXES[name]
    args, kwargs = case.draw(case.dtypes[0])
    declared = case.function(ops).op
    place = declared.params.index("axis")
    tensors = leaves(args)
    rank = max(x.ndim for x in tensors if isinstance(x, np.ndarray))
    for axis in (rank, -rank - 1):
        for wrap in (native, lambda value: map_arrays(_symbol, value)):
            given, named = list(wrap(args)), dict(wrap(kwargs))
            if place < len(given):
                given[place] = axis
            else:
                named["axis"] = axis
            with pytest.raises((ValueError, IndexError), match="axis") as caught:
                _run(case, given, named)
            text = str(caught.value)
            assert str(axis) in text and str(rank) in text, text


@pytest.mark.skipif(backend.name not in ("numpy", "torch"), reason="tensors have no strides")
@pytest.mark.parametrize(
    "name", [n for n, c in ROWS.items() if max(len(x.shape) for x in _placeholders(c)) > 1]
)
def test_memory_layout_does_not_matter(name: str) -> None:
    case = ROWS[name]
    args, kwargs = case.draw(case.dtypes[0])
    turned = [map_arrays(np.asfortranarray, value) for value in (args, kwargs)]
    assert_close(
        _run(case, native(turned[0]), native(turned[1])),
        _run(case, native(args), native(kwargs)),
        case.tol,
    )


SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 1e30], "float32")


def _with_oracle(*families: str) -> list[str]:
    members = {case.op for family, case in CASES if family in families}
    return [n for n, c in ROWS.items() if n in members and c.oracle is not None]


# Rows whose oracle or other arguments fit their own shapes and numbers only.
NARROW = {"divide_no_nan", "ldexp", "heaviside", "where", "view_as_complex"}
# What a framework says of numbers that are not finite, where it is not what NumPy says.
ITS_OWN = {
    "torch": {"sign": "0 of NaN", "angle": "0 of -0.0"},
    "tensorflow": {"fmod": "NaN of a divisor inf", "floor_divide": "-0.0 of -1 by inf"},
}


@pytest.mark.parametrize("name", [n for n in _with_oracle("elementwise") if n not in NARROW])
def test_elementwise_edges(name: str) -> None:
    case = ROWS[name]
    if "float32" not in case.dtypes or name in ITS_OWN.get(backend.name, ()):
        pytest.skip("integers only, or the framework's own idea")
    shapes = [(), (0,), (1, 0, 2)]
    rng = np.random.default_rng(0)
    for shape in [*shapes, (64,)]:

        def put(x: arr, shape: tuple[int, ...] = shape) -> np.ndarray:
            if shape == (64,):
                return rng.choice(SPECIAL, 64) if x.dtype is None else x.draw("float32", rng)
            return arr(shape, x.dtype or "float32", x.low, x.high).draw("float32", rng)

        args = map_arrays(put, list(case.args), arr)
        kwargs = map_arrays(put, dict(case.kwargs), arr)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = case.oracle(*args, **kwargs)
            found = case.function(ops)(*native(args), **native(kwargs))
        assert_close(found, expected, max(case.tol, 1e-5), str(shape))
