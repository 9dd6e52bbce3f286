"""Complex numbers in the operations that have a meaning for them, 8-bit floats, 64-bit integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.backends.variable import host_dtype
from keras_core.core import dtypes
from keras_core.ops._door import registry
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.autodiff import to_numpy
from tests.ops.case import OpCase, arr, exact, leaves, map_arrays, native
from tests.ops.test_cases import CASES, assert_close

#: What NumPy's functions of these names, or the rows' oracles, say of complex numbers.
COMPLEX = (
    "add subtract multiply divide true_divide negative square sqrt rsqrt reciprocal power sign "
    "absolute abs real imag conj conjugate angle equal not_equal isnan isinf isfinite isreal "
    "isclose allclose where logical_not logical_and logical_or exp exp2 expm1 log log2 log10 "
    "log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh view_as_real "
    "sum prod mean var moments std nansum nanprod nanmean nanvar nanstd count_nonzero all any cumsum "
    "cumprod average norm diff trapezoid corrcoef segment_sum matmul dot tensordot inner outer "
    "kron vdot einsum cross det solve vander trace zeros_like ones_like full_like copy reshape "
    "ravel transpose expand_dims squeeze moveaxis swapaxes broadcast_to repeat tile pad flip "
    "fliplr flipud roll rot90 concatenate stack vstack hstack dstack append split array_split "
    "hsplit vsplit dsplit unstack diag diagonal diagflat tril triu take take_along_axis get_item "
    "slice scatter meshgrid"
).split()


def _rows() -> dict[str, OpCase]:
    """The first row of each operation of which the dtype of an argument is open."""
    found: dict[str, OpCase] = {}
    for _, case in CASES:
        open_: list[arr] = []
        map_arrays(open_.append, [list(case.args), dict(case.kwargs)], arr)
        if any(x.dtype is None for x in open_) and not isinstance(case.dtypes[0], tuple):
            found.setdefault(case.op, case)
    return found


ROWS = _rows()


def _run(calls: list[Any]) -> list[Any]:
    """The results of calls; on JAX compiled together."""
    if backend.name != "jax":
        return [call() for call in calls]
    import jax

    def whole() -> Any:
        return [[x for x in leaves(call()) if hasattr(x, "dtype")] for call in calls]

    return list(jax.jit(whole)())


def _symbols(value: Any) -> Any:
    return map_arrays(lambda x: KerasTensor(x.shape, dtypes.standardize(x.dtype)), value)


def _names(result: Any) -> list[str]:
    return [dtypes.standardize(x.dtype) for x in leaves(result) if hasattr(x, "dtype")]


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers(dtype: str) -> None:
    if dtypes.canonical(dtype) != dtype:
        pytest.skip("JAX has no 64 bits unless told to")
    drawn = [ROWS[name].draw(dtype) for name in COMPLEX]
    calls = [
        lambda name=name, args=args, kwargs=kwargs: ROWS[name].function(ops)(
            *native(args), **native(kwargs)
        )
        for name, (args, kwargs) in zip(COMPLEX, drawn, strict=True)
    ]
    wrong = []
    for name, (args, kwargs), result in zip(COMPLEX, drawn, _run(calls), strict=True):
        oracle = ROWS[name].oracle or getattr(np, name, None)
        assert oracle is not None, name
        with np.errstate(all="ignore"):
            expected = oracle(*exact(args), **exact(kwargs))
        try:
            assert_close(result, expected, 1e-4, name)
            inferred = _names(ROWS[name].function(ops)(*_symbols(args), **_symbols(kwargs)))
            assert inferred in ([], _names(result)), f"{name}: {inferred}, {_names(result)}"
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "name", ["inv", "det", "slogdet", "qr", "svd", "eigh", "cholesky", "solve"]
)
def test_complex_matrices(name: str) -> None:
    a = np.array([[4, 1 + 1j], [1 - 1j, 3]], "complex64")
    x = backend.arrays.convert_to_tensor(a)
    if name == "solve":
        assert_close(ops.solve(x, x), np.eye(2, dtype="complex64"), 1e-4)
    elif name == "qr":
        assert_close(ops.matmul(*ops.qr(x)), a, 1e-4)
    elif name == "svd":
        u, s, vh = ops.svd(x)
        assert_close(ops.matmul(u, ops.cast(ops.expand_dims(s, -1), "complex64") * vh), a, 1e-4)
    elif name == "eigh":
        assert_close(ops.eigh(x)[0], np.linalg.eigh(a)[0], 1e-4)
    else:
        expected = getattr(np.linalg, name)(a)
        assert_close(
            getattr(ops, name)(x), tuple(expected) if name == "slogdet" else expected, 1e-4
        )


@pytest.mark.parametrize("name", ["fft", "fft2", "ifft2", "rfft", "irfft"])
def test_transforms_refuse_complex_parts(name: str) -> None:
    x = backend.arrays.convert_to_tensor(np.ones((2, 4), "complex64"))
    with pytest.raises(TypeError, match=f"{name}: x must be real.*complex64"):
        getattr(ops, name)(x if name == "rfft" else (x, x))


# 8-bit floats ------------------------------------------------------------------------------

MOVING = (
    "reshape ravel transpose expand_dims squeeze moveaxis swapaxes broadcast_to repeat tile pad "
    "flip fliplr flipud roll rot90 concatenate stack vstack hstack dstack append split unstack "
    "take get_item slice copy where meshgrid diagonal"
).split()


def _takes(name: str, dtype: str) -> bool:
    """Whether an operation computes 8-bit floats in float32, or moves them."""
    if name in MOVING or name not in registry:
        return name in MOVING
    rule = registry[name].dtype
    if rule is None or rule.compute is None or ROWS[name].oracle is None:
        return False
    try:
        rule.compute((dtype,))
    except TypeError:  # integers only
        return False
    drawn = [x for x in leaves(list(ROWS[name].draw(dtype))) if isinstance(x, np.ndarray)]
    return all(dtypes.standardize(x.dtype) == dtype for x in drawn)


def _wide(x: np.ndarray) -> np.ndarray:
    return x.astype("float32") if x.dtype.name.startswith("float8") else x


@pytest.mark.parametrize("dtype", dtypes.FLOAT8_TYPES)
def test_float8_is_computed_in_float32_and_moved_as_it_is(dtype: str) -> None:
    names = [name for name in ROWS if _takes(name, dtype)]
    assert len(names) > 120
    wrong = []
    for name in names:
        function, values = ROWS[name].function(ops), ROWS[name].draw(dtype)
        right = _names(function(*_symbols(values[0]), **_symbols(values[1])))
        wide = [map_arrays(_wide, part) for part in values]

        def call(part: Any, function: Any = function) -> Any:
            return lambda: function(*native(part[0]), **native(part[1]))

        if backend.name == "jax":  # without compiling each: the door is the same everywhere
            import jax

            found = expected = jax.eval_shape(call(values))
        else:
            with np.errstate(all="ignore"):
                found, expected = call(values)(), call(wide)()
        if _names(found) != right:
            wrong.append(f"{name}: {_names(found)}, not {right}")
            continue
        for x, y in zip(leaves(found), leaves(expected), strict=True):
            if backend.name == "jax" or dtypes.standardize(x.dtype) != dtype:
                continue
            x = backend.arrays.convert_to_numpy(x).astype("float32")
            y = to_numpy(y).astype(host_dtype(dtype)).astype("float32")
            if not np.allclose(x, y, 0.13, 1e-2, equal_nan=True):
                wrong.append(f"{name}: {x}, not {y}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("dtype", dtypes.FLOAT8_TYPES)
def test_float8_out_of_every_dtype_and_of_none(dtype: str) -> None:
    def check(found: Any, right: Any) -> None:
        assert dtypes.standardize(found.dtype) == dtype
        right = np.asarray(right).astype("float32").astype(host_dtype(dtype)).astype("float32")
        found = backend.arrays.convert_to_numpy(ops.cast(found, "float32"))
        np.testing.assert_array_equal(found, right)

    values = np.array([0.0, 1.0, 3.0, 17.0, 100.0])
    for source in ("bool", *dtypes.INT_TYPES, *dtypes.FLOAT_TYPES):
        if dtypes.canonical(source) == source:
            given = values.astype(host_dtype(source))
            check(ops.cast(backend.arrays.convert_to_tensor(given), dtype), given)
    eights = ops.cast(values, dtype)
    for wide in ("int32", "bool"):
        right = values.astype("float32").astype(host_dtype(dtype)).astype(wide)
        np.testing.assert_array_equal(to_numpy(ops.cast(eights, wide)), right)
    check(ops.zeros((2, 0), dtype), np.zeros((2, 0)))
    check(ops.ones((3,), dtype), np.ones(3))
    check(ops.eye(2, dtype=dtype), np.eye(2))
    check(ops.eye(2, k=1, dtype=dtype), np.eye(2, k=1))
    for x in (eights, np.ones(5, "int32")):
        check(ops.zeros_like(x, dtype), np.zeros(5))
        check(ops.ones_like(x, dtype), np.ones(5))
    check(ops.ones_like(eights), np.ones(5))


def test_float8_without_a_kernel_is_refused_by_name() -> None:
    x = backend.arrays.convert_to_tensor(np.ones((4,), host_dtype("float8_e4m3fn")))
    if backend.name in ("torch", "tensorflow"):
        with pytest.raises(TypeError, match="cumsum: dtype float8_e4m3fn is not available"):
            ops.cumsum(x)
    else:
        assert dtypes.standardize(ops.cumsum(x).dtype) == "float8_e4m3fn"
    with pytest.raises(ValueError, match="cannot be promoted.*Cast"):
        ops.add(x, np.ones((4,), "float32"))


# 64 bits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int64", "uint64", "float64"])
def test_sixty_four_bits_are_kept_or_their_loss_is_the_backends(dtype: str) -> None:
    big = 2**53 if dtype == "float64" else 2**63 - 1
    x = ops.convert_to_tensor(np.array([1, big], dtype))
    kept = dtypes.canonical(dtype)
    assert dtypes.standardize(x.dtype) == kept
    for name in ("add", "maximum", "where", "concatenate", "take"):
        if name == "concatenate":
            y = ops.concatenate([x, x])
        elif name == "where":
            y = ops.where(True, x, x)
        elif name == "take":
            y = ops.take(x, [0, 1])
        else:
            y = getattr(ops, name)(x, ops.zeros_like(x))
        assert dtypes.standardize(y.dtype) == kept
        if kept == dtype:
            assert int(to_numpy(y).reshape(-1)[1]) == big


def test_bools_are_combined_at_places() -> None:
    x = backend.arrays.convert_to_tensor(np.array([True, False, True, False]))
    new = backend.arrays.convert_to_tensor(np.array([True, True, False]))
    for reduction, right in (
        (None, [True, True, False, False]),
        ("add", [True, True, True, False]),
        ("max", [True, True, True, False]),
        ("mul", [True, False, False, False]),
        ("min", [True, False, False, False]),
    ):
        found = ops.scatter_update(x, [[0], [1], [2]], new, reduction)
        assert dtypes.standardize(found.dtype) == "bool"
        assert to_numpy(found).tolist() == right, reduction


@pytest.mark.parametrize("dtype", dtypes.UNSIGNED_TYPES)
def test_unsigned_ranges_and_identities(dtype: str) -> None:
    for found, right in (
        (ops.arange(5, dtype=dtype), np.arange(5)),
        (ops.arange(7, 1, -2, dtype=dtype), np.arange(7, 1, -2)),
        (ops.eye(2, 3, dtype=dtype), np.eye(2, 3)),
        (ops.identity(2, dtype=dtype), np.eye(2)),
        (ops.tri(3, dtype=dtype), np.tri(3)),
    ):
        assert dtypes.standardize(found.dtype) == dtypes.canonical(dtype)
        np.testing.assert_array_equal(to_numpy(found), right)
