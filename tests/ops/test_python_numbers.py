"""Python numbers beside tensors and on their own: of every kind, beside every dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_core import Variable, ops
from keras_core.backends.select import backend
from keras_core.core import dtypes
from keras_core.ops import rules
from keras_core.ops._door import registry, weak_dtype
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.autodiff import to_numpy
from tests.ops import edges  # which has every operation declared
from tests.ops.case import native

DTYPES = [x for x in ("bool", *dtypes.INT_TYPES, "float16", "bfloat16", "float32")
          if dtypes.canonical(x) == x]  # fmt: skip
NUMBERS = (True, 2, 1.5)
assert edges


def _pairs() -> list[str]:
    """The operations of two tensors that broadcast, and nothing else."""
    return sorted(
        name
        for name, op in registry.items()
        if op.shape is rules.broadcast
        and len(op.promoted) == len(op.params) == 2
        and op.dtype is not None
        and op.dtype.compute is not None
    )


def _traced(function: Any, *args: Any) -> Any:
    """The result; on JAX its shape and dtype only, which needs no compilation."""
    if backend.name != "jax":
        with np.errstate(all="ignore"):
            return function(*args)
    import jax

    return jax.eval_shape(lambda: function(*args))


@pytest.mark.parametrize("name", _pairs())
def test_numbers_beside_tensors(name: str) -> None:
    op, function = registry[name], registry[name]._door
    tried = 0
    for dtype in DTYPES:
        x = native(np.array([1, 1, 1] if dtype == "bool" else [1, 3, 5], dtype=_host(dtype)))
        for number in NUMBERS:
            for first in (False, True):
                weak = weak_dtype(number)
                try:
                    compute = op._computed_in((weak, dtype) if first else (dtype, weak))
                    if op.via.get(compute, "") is None:
                        continue  # the framework has no kernel, which another test has in words
                except TypeError:
                    continue  # of integers only
                tried += 1
                args = (number, x) if first else (x, number)
                found = _traced(function, *args)
                symbols = [KerasTensor((3,), dtype) if i is x else i for i in args]
                where = f"{name} of {dtype} and {number!r}"
                assert dtypes.standardize(found.dtype) == function(*symbols).dtype, where
                if backend.name == "jax":
                    continue
                arrays = [native(np.asarray(to_numpy(i)).astype(_host(compute))) for i in args]
                np.testing.assert_array_equal(
                    to_numpy(found), to_numpy(_traced(function, *arrays)), where
                )
    assert tried >= 20


INT32 = backend.arrays.NATIVE_DTYPES["int32"]


@pytest.mark.parametrize(
    "name", sorted(n for n, op in registry.items() if op.scalars and INT32 in op.accepted())
)
def test_ints_beside_integers_go_to_the_native_function_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    op = registry[name]
    x, numbers = native(np.array([1, 3, 5], "int32")), (2, 1000)[: len(op.tensors) - 1]
    expected = op.slow((x, *numbers))
    monkeypatch.setitem(op._door.__globals__, "_slow", None)
    found = op._door(x, *numbers)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(to_numpy(found), to_numpy(expected))


def _host(dtype: str) -> Any:
    from keras_core.backends.variable import host_dtype

    return host_dtype(dtype)


def test_numbers_on_their_own() -> None:
    for name, number, right in (
        ("logical_not", 2, False), ("logical_not", 0.0, True), ("all", 1.5, True), ("any", 0, False),
        ("max", True, True), ("amin", False, False), ("sum", True, 1), ("mean", True, 1.0),
        ("relu", 2, 2), ("square", 1.5, 2.25),
    ):  # fmt: skip
        found = to_numpy(getattr(ops, name)(number))
        assert found == right, name
        assert (found.dtype == bool) == isinstance(right, bool), name
    assert to_numpy(ops.logical_and(2, [0, 1])).tolist() == [False, True]
    assert to_numpy(ops.logical_or(0.0, native(np.array([0, 3])))).tolist() == [False, True]


def test_ints_beyond_a_small_dtype_wrap_around() -> None:
    x = native(np.array([1, 3], "uint8"))
    y = native(np.array([1, 3], "int8"))
    for found, right in (
        (ops.add(x, -1), [0, 2]), (ops.add(300, x), [45, 47]),
        (ops.multiply(y, 200), [-56, 88]), (ops.subtract(y, 2**20 + 1), [0, 2]),
    ):  # fmt: skip
        assert to_numpy(found).tolist() == right
        assert dtypes.standardize(found.dtype) in ("uint8", "int8")


def test_ints_that_no_dtype_holds_are_refused() -> None:
    if dtypes.canonical("int64") == "int64":
        for number in (2**40, -(2**31) - 1, [1, 2**31], [[2**40]]):
            assert to_numpy(ops.convert_to_tensor(number)).tolist() == number
        return
    for number in (2**40, -(2**31) - 1, [1, 2**31], [[2**63]]):
        with pytest.raises(OverflowError, match="must fit into int32"):
            ops.convert_to_tensor(number)
    assert int(ops.convert_to_tensor(-(2**31))) == -(2**31)


@pytest.mark.parametrize(
    ("number", "dtype"),
    [(2**31, "int32"), (-(2**31) - 1, "int32"), (300, "uint8"), (-1, "uint8"), (-129, "int8"),
     (2**63, "int64"), (2**64, "uint64"), (-1, "uint64")],
)  # fmt: skip
def test_ints_beyond_the_dtype_asked_for_are_refused(number: int, dtype: str) -> None:
    dtype = dtypes.canonical(dtype)
    for make in (
        lambda: ops.convert_to_tensor(number, dtype), lambda: ops.convert_to_tensor([1, number], dtype),
        lambda: ops.array([[number]], dtype), lambda: ops.cast(number, dtype),
        lambda: ops.full((2,), number, dtype), lambda: ops.full((2,), [0, number], dtype),
    ):  # fmt: skip
        with pytest.raises(OverflowError, match=f"must fit into the dtype asked for, {dtype}"):
            make()
    for end in dtypes.limits(dtype):
        for x in (
            ops.convert_to_tensor(end, dtype),
            ops.cast([end], dtype),
            ops.full((), end, dtype),
        ):
            assert int(to_numpy(x).item()) == end


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**32 + 1, 2**63])
def test_ints_beyond_int32_beside_a_tensor_are_refused(number: int) -> None:
    x = native(np.array([1, 2], "int32"))
    for call in (
        lambda: ops.add(x, number), lambda: ops.maximum(number, x), lambda: ops.clip(x, 0, number),
        lambda: ops.where(x > 1, x, number), lambda: ops.bitwise_and(x, number),
        lambda: ops.floor_divide(x, number), lambda: ops.stack([number, x[0]]),
    ):  # fmt: skip
        with pytest.raises(OverflowError, match="must fit into the dtype asked for, int32"):
            call()


SMALL = [(dtype, number) for dtype in ("int8", "uint8") for number in (300, -200)]


@pytest.mark.parametrize(("dtype", "number"), SMALL)
def test_ints_beside_a_smaller_dtype(dtype: str, number: int) -> None:
    """They wrap around where the result does; else they are held, or refused."""
    values = np.array([1, 2, number % 256 if dtype == "uint8" else (number + 128) % 256 - 128])
    x, wide = native(values.astype(dtype)), native(values.astype("int32"))
    for name in _pairs():
        op = registry[name]
        if op._computed_in(("int8", "int8")) != "int8":
            continue  # computed in floats
        for place in (0, 1):
            args, right = ([number, t] if place else [t, number] for t in (x, wide))
            if op.modular or op.dtype.result == "bool":
                found, right = op._door(*args), op._door(*right)
                right = ops.cast(right, found.dtype)
                np.testing.assert_array_equal(to_numpy(found), to_numpy(right), name)
            else:
                with pytest.raises(OverflowError, match=f"must fit into the dtype .*, {dtype}"):
                    op._door(*args)


#: Calls with an int beside a tensor, of all other operations that keep the dtype of integers.
BESIDE: dict[str, Any] = {
    "append": lambda x, n: ops.append(x, n),
    "clip": lambda x, n: ops.clip(x, n, 100),
    "stack": lambda x, n: ops.stack([x[0], n]),
    "hstack": lambda x, n: ops.hstack([n, x]),
    "vstack": lambda x, n: ops.vstack([x[0], n]),
    "dstack": lambda x, n: ops.dstack([x[0], n]),
    "full_like": lambda x, n: ops.full_like(x, n),
    "full_like, of a list": lambda x, n: ops.full_like(x, [1, 2, n]),
    "full_like, asked for": lambda x, n: ops.full_like(ops.cast(x, "int32"), n, x.dtype),
    "max": lambda x, n: ops.max(x, initial=n),
    "min": lambda x, n: ops.min(x, initial=n),
    "max, of a Variable": lambda x, n: ops.max(Variable(x, dtype=x.dtype, trainable=False), initial=n),
    "pad": lambda x, n: ops.pad(x, 1, constant_values=n),
    "scatter_update": lambda x, n: ops.scatter_update(x, [[0]], [n]),
    "scatter_update, max": lambda x, n: ops.scatter_update(x, [[0]], [n], reduction="max"),
    "select": lambda x, n: ops.select([x > 1], [x], n),
    "slice_update": lambda x, n: ops.slice_update(x, [0], [n]),
    "unique": lambda x, n: ops.unique(x, size=4, fill_value=n),
    "where": lambda x, n: ops.where(x > 1, x, n),
    "where, first": lambda x, n: ops.where(x > 1, n, x),
    "resize": lambda x, n: ops.image.resize(
        ops.reshape(x, (1, 3, 1)), (3, 3), pad_to_aspect_ratio=True, fill_value=n
    ),
}  # fmt: skip
#: What has no such call: it takes ranks above 0, or its numbers are indices or weights.
_NOT_BESIDE = {
    "concatenate", "cross", "einsum", "matmul", "meshgrid", "scatter", "take", "take_along_axis",
    "in_top_k", "_beam_search", "affine_transform", "displaced", "map_coordinates",
    "perspective_transform", "scale_and_translate",
}  # fmt: skip
_COMPARED = {"digitize", "isin", "searchsorted"}


def test_every_operation_that_keeps_integers_is_looked_at() -> None:
    known = {name.partition(",")[0] for name in BESIDE} | _NOT_BESIDE | _COMPARED | set(_pairs())
    for name, op in registry.items():
        many = len(op.promoted) > 1 or any(op.params[i] == "xs" for i, _ in op.promoted)
        if op.raw or op.modular or not (op.like or many):
            continue
        kept = op.dtype is None or op.dtype.compute is None
        if kept or op._computed_in(("int8",)) == "int8":
            assert name in known, f"{name} needs a row in BESIDE"


@pytest.mark.parametrize("name", BESIDE)
def test_ints_that_the_result_does_not_hold_are_refused(name: str) -> None:
    for dtype, number in (*SMALL, ("int32", 2**31), ("int32", -(2**40)), ("uint8", -1)):
        x = native(np.array([1, 2, 3], dtype))
        with pytest.raises(OverflowError, match=f"must fit into the dtype .*, {dtype}"):
            BESIDE[name](x, number)
        number = dtypes.limits(dtype)[number > 0]
        assert number in to_numpy(BESIDE[name](x, number)) or name[:3] in (
            "max",
            "min",
            "cli",
            "sca",
        )
        assert BESIDE[name](x, number).dtype == x.dtype


def test_places_of_ints_that_the_dtype_does_not_hold() -> None:
    x = native(np.array([1, 44, 200], "uint8"))
    for number, place in ((300, 3), (-1, 0), (100, 2)):
        assert int(ops.searchsorted(x, number)) == place
        assert int(ops.digitize(number, x)) == place
        assert not to_numpy(ops.isin(x, number)).any()
    assert int(ops.searchsorted(x, 44, "right")) == 2


def test_fractions_to_fill_with_are_cut_off() -> None:
    x = native(np.array([1, 2], "uint8"))
    for found in (
        ops.full_like(x, 2.7), ops.slice_update(x, [0], [2.7, 2.7]), ops.max(x, initial=2),
        ops.scatter_update(x, [[0], [1]], [2.7, True + 1]), ops.pad(x[:0], 1, constant_values=2.7),
    ):  # fmt: skip
        assert set(to_numpy(found).ravel().tolist()) == {2}


def test_comparisons_with_ints_that_the_dtype_does_not_hold() -> None:
    x = native(np.array([1, 2], "uint8"))
    for found, right in (
        (ops.equal(x, 257), False), (ops.not_equal(258, x), True), (ops.less(x, -1), False),
        (ops.greater(x, -1), True), (ops.less_equal(300, x), False), (ops.greater_equal(300, x), True),
    ):  # fmt: skip
        assert to_numpy(found).tolist() == [right] * 2
    if dtypes.canonical("int64") == "int64":
        y = native(np.array([1, 2], "int32"))
        assert to_numpy(ops.equal(y, 2**32 + 1)).tolist() == [False, False]
        assert to_numpy(ops.less(y, 2**31)).tolist() == [True, True]


def test_ints_beyond_int64() -> None:
    top = 2**63 + 1
    for number in (top, [1, top]):
        if dtypes.canonical("uint64") != "uint64":
            with pytest.raises(OverflowError, match="must fit into int32"):
                ops.convert_to_tensor(number)
            continue
        for x in (ops.convert_to_tensor(number), ops.convert_to_tensor(number, "uint64")):
            assert (weak_dtype(x), to_numpy(x).tolist()) == ("uint64", number)
    for number in (2**64, [2**64], -(2**63) - 1):
        with pytest.raises(OverflowError, match="must fit into"):
            ops.convert_to_tensor(number)


def test_complex_numbers_of_python_are_as_wide_as_floats() -> None:
    for value in (0.1 + 2j, [0.1 + 2j, 3]):
        assert weak_dtype(ops.convert_to_tensor(value)) == "complex64"
    x = ops.multiply(native(np.ones(2, "float32")), [0.1j, 1])
    assert weak_dtype(x) == "complex64"
    if dtypes.canonical("float64") == "float64":
        x = ops.multiply(native(np.ones(2)), [0.1j, 1])
        assert to_numpy(x).tolist() == [0.1j, 1]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "bool", "bfloat16"])
def test_numbers_in_a_dtype_asked_for(dtype: str) -> None:
    for number in (True, 0, 2, 1.7):
        right = np.asarray(number).astype(_host(dtype))
        for found in (ops.convert_to_tensor(number, dtype), ops.full((), number, dtype)):
            assert dtypes.standardize(found.dtype) == dtype
            assert to_numpy(found) == right, number
    if dtype == "int8":
        assert int(ops.full((), -1.7, dtype)) == -1


def test_bools_among_numbers_in_lists_are_numbers() -> None:
    for values, kind in (([True, 2], "int"), ([[0.5, True], [2, False]], "float")):
        found = ops.convert_to_tensor(values)
        assert kind in weak_dtype(found)
        np.testing.assert_array_equal(to_numpy(found), np.array(values))
        for dtype in ("float16", "int8", "bool"):
            found = ops.convert_to_tensor(values, dtype)
            assert weak_dtype(found) == dtype
            np.testing.assert_array_equal(to_numpy(found), np.array(values).astype(dtype))


def test_what_is_no_tensor_is_not_said_to_be_symbolic() -> None:
    with pytest.raises((TypeError, ValueError)) as info:
        ops.convert_to_tensor([[1, 2], [3]])
    assert "KerasTensor" not in str(info.value)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("logspace", (0, 2, 5)), ("logspace", (0, 1, 5, True, 2)), ("logspace", (0, 3, 4)),
        ("geomspace", (1, 20, 5)), ("geomspace", (1, 1000, 4)), ("geomspace", (-1, -20, 5)),
        ("linspace", (0, 5, 7)), ("linspace", (-2, 2, 6)),
    ],
)  # fmt: skip
def test_integer_ranges_are_cut_off(name: str, args: tuple) -> None:
    found = getattr(ops, name)(*args, dtype="int32")
    assert to_numpy(found).tolist() == getattr(np, name)(*args, dtype="int32").tolist()


RANGES = [
    ("linspace", (0, 1e12, 5), "int32"),
    ("linspace", (0, 10**12, 5), "int32"),
    ("linspace", (-1, 1, 5), "uint8"),
    ("linspace", (-0.5, 1, 5), "uint8"),  # rounded down
    ("linspace", ([0.0, 1.0], [3.0, 1e12], 4), "int32"),
    ("linspace", (0.0, np.array([3.0, np.inf]), 4), "int32"),
    ("logspace", (0, 12, 4), "int32"),
    ("logspace", (0, 5000, 4), "int32"),
    ("geomspace", (1, 1e12, 4), "int32"),
    ("arange", (0.0, 1e12, 2.5e11), "int32"),
    ("arange", (0, 10**12, 2 * 10**11), "int32"),
    ("arange", (0, -3, -1), "uint8"),
    ("full", ((2,), 1e12), "int32"),
    ("full", ((2,), float("nan")), "int32"),
    ("cast", (1e12,), "int32"),
    ("convert_to_tensor", (300.5,), "uint8"),
    ("convert_to_tensor", ([1.0, -1.5],), "uint8"),
    ("convert_to_tensor", ([[1.0], [float("inf")]],), "int32"),
]


@pytest.mark.parametrize(("name", "args", "dtype"), RANGES)
def test_floats_and_ranges_beyond_an_integer_dtype_are_refused(
    name: str, args: tuple, dtype: str
) -> None:
    with pytest.raises(OverflowError, match=rf"must fit into the dtype asked for, {dtype}:"):
        getattr(ops, name)(*args, dtype=dtype)


def test_floats_and_ranges_at_the_limits_of_an_integer_dtype() -> None:
    for name, args, dtype, expected in (
        ("linspace", (0, 256, 4, False), "uint8", [0, 64, 128, 192]),
        ("linspace", (0, 1e12, 1), "int32", [0]),
        ("linspace", (0, 1e12, 0), "int32", []),
        ("logspace", (0, 8, 8, False, 2), "uint8", [1, 2, 4, 8, 16, 32, 64, 128]),
        ("geomspace", (1, 256, 8, False), "uint8", [1, 2, 4, 8, 16, 32, 64, 128]),
        ("arange", (3, -1, -1), "uint8", [3, 2, 1, 0]),
        ("arange", (0, 255.5, 100), "uint8", [0, 100, 200]),
        ("arange", (0, -3), "uint8", []),
        ("convert_to_tensor", ([255.9, -0.9],), "uint8", [255, 0]),
        ("convert_to_tensor", ([2147483647.0],), "int32", [2147483647]),
        ("full", ((1,), 255.5), "uint8", [255]),
    ):
        found = to_numpy(getattr(ops, name)(*args, dtype=dtype))
        assert found.tolist() == expected, (name, args)
    for number in (float("inf"), float("nan")):
        with pytest.raises(ValueError, match="arange: start, stop and step must be finite"):
            ops.arange(0, number)


def test_ranges_beyond_int32() -> None:
    ends = (2**31 - 2, 2**31 + 2)
    if dtypes.canonical("int64") != "int64":
        with pytest.raises(OverflowError, match="arange: start and stop must fit into int32"):
            ops.arange(*ends)
    else:
        for args in (ends, (*ends, 3), (-(2**31) - 2, -(2**31)), (2**40, 2**40 - 3, -1)):
            found = to_numpy(ops.arange(*args))
            assert (found.dtype, found.tolist()) == (np.int64, list(range(*args)))
    narrow = to_numpy(ops.arange(2**31 - 3, 2**31 - 1))
    assert (narrow.dtype, narrow.tolist()) == (np.int32, [2**31 - 3, 2**31 - 2])


def test_variables_of_complex_numbers() -> None:
    for value in (1 + 2j, [1 + 2j, 3]):
        x = Variable(value, trainable=False)
        assert x.dtype == "complex64"
        np.testing.assert_array_equal(to_numpy(x.value), np.array(value, "complex64"))


def test_variables_of_large_ints() -> None:
    for value in (2**40, [1, -(2**31) - 1]):
        if dtypes.canonical("int64") != "int64":
            with pytest.raises(OverflowError):
                Variable(value, trainable=False)
        else:
            x = Variable(value, trainable=False)
            assert (x.dtype, to_numpy(x.value).tolist()) == ("int64", value)
    assert Variable([1, 2], trainable=False).dtype == "int32"


def test_sizes_and_places_of_numpy() -> None:
    """NumPy's integers, alone, in tuples and in arrays of any integer dtype."""
    x = np.arange(12, dtype="float32").reshape(3, 4)
    for kind in (np.int64, np.int32, np.uint8):
        for start, size in (
            (np.array([1, 1], kind), np.array([2, 2], kind)),
            ((kind(1), 1), (kind(2), 2)),
            ([1, 1], np.array([2, 2], kind)),
        ):
            y = ops.slice(x, start, size)
            assert tuple(y.shape) == (2, 2)
            np.testing.assert_array_equal(to_numpy(y), x[1:, 1:3])
            changed = ops.slice_update(x, start, np.zeros((2, 2), "float32"))
            assert to_numpy(changed).sum() == x.sum() - x[1:, 1:3].sum()


def test_products_as_bools() -> None:
    for values, right in (([1, 2], True), ([1, 0], False), ([0.5, 3.0], True)):
        y = ops.prod(values, dtype="bool")
        assert to_numpy(y).dtype == bool
        assert bool(y) is right
    assert to_numpy(ops.prod([[1, 0], [1, 1]], 1, True, "bool")).tolist() == [[False], [True]]


@pytest.mark.parametrize("x", [{"a": 1}, {1, 2}, "a", None])
def test_what_holds_numbers_and_is_no_list_is_refused(x: Any) -> None:
    if backend.name == "numpy" or (isinstance(x, str) and backend.has("strings")):
        pytest.skip("strings are tensors there, or any object an array")
    with pytest.raises((TypeError, ValueError)):
        ops.convert_to_tensor(x)
