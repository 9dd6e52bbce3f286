"""Runs every row of the tables in `cases_*.py` on the backend under test."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import pathlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from keras_core import ops
from keras_core.backends.select import backend, variable_class
from keras_core.core import dtypes, shapes
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.autodiff import as_one_program, gradients, to_numpy
from tests.ops.case import OpCase, exact, leaves, map_arrays, native

LOOSE = {"float16": 1e-2, "bfloat16": 6e-2}
WIDE = {
    "int32": "int64", "uint32": "uint64", "float32": "float64", "complex64": "complex128",
}  # fmt: skip


def _cases() -> list[tuple[str, OpCase]]:
    found = []
    for path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
        module = importlib.import_module(f"tests.ops.{path.stem}")
        found += [(path.stem.removeprefix("cases_"), case) for case in module.CASES]
    return found


CASES = _cases()


def _rows(check: str, keep: Callable[[OpCase, Any], bool] = lambda case, dtype: True) -> Any:
    """Every case and dtype for one kind of check, known gaps marked."""
    rows, counts = [], {}
    for _, case in CASES:
        number = counts[case.op] = counts.get(case.op, -1) + 1
        for dtype in case.dtypes:
            if not keep(case, dtype):
                continue
            reason = case.gap(backend.name, check, dtype)
            marks = ()
            if reason is not None:
                whole = backend.name in case.gaps and check != "value"
                marks = (
                    pytest.mark.skip(reason=reason)
                    if whole
                    else pytest.mark.xfail(reason=reason, strict=True),
                )
            short = "+".join(dtype) if isinstance(dtype, tuple) else dtype
            rows.append(
                pytest.param(
                    case, dtype, marks=marks, id=f"{case.op}-{case.name or number}-{short}"
                )
            )
    return pytest.mark.parametrize(("case", "dtype"), rows)


def _names(case: OpCase, dtype: Any) -> list[str]:
    """The dtypes of all arrays among the arguments."""
    found: list[str] = []
    args, kwargs = case.draw(dtype)
    map_arrays(lambda x: found.append(dtypes.standardize(x.dtype)), [args, kwargs])
    return found


def _supported(case: OpCase, dtype: Any) -> bool:
    return all(name in backend.arrays.NATIVE_DTYPES for name in _names(case, dtype))


def _differentiable(case: OpCase, dtype: Any) -> bool:
    return case.grad and backend.has("gradients") and dtype in ("float32", "float64")


def _tolerance(case: OpCase, names: list[str]) -> float:
    return max([case.tol, *(LOOSE.get(name, 0) for name in names)])


def assert_close(ours: Any, theirs: Any, tol: float, what: str = "") -> None:
    """Compare results leaf by leaf, NaN equal to NaN."""
    left, right = leaves(ours), leaves(theirs)
    assert len(left) == len(right), what
    for a, b in zip(left, right, strict=True):
        a = to_numpy(a)
        b = (
            np.asarray(b)
            if isinstance(b, (np.ndarray, np.generic, int, float, complex))
            else to_numpy(b)
        )
        assert a.shape == b.shape, f"{what}: shape {a.shape}, expected {b.shape}"
        if b.dtype.kind in "fcV" or a.dtype.kind in "fcV":
            kind = np.complex128 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64
            np.testing.assert_allclose(a.astype(kind), b.astype(kind), tol, tol, err_msg=what)
        else:
            np.testing.assert_array_equal(a, b, err_msg=what)


def _call(case: OpCase, args: Any, kwargs: Any) -> Any:
    with np.errstate(all="ignore"):
        return case.function(ops)(*args, **kwargs)


def _expected(case: OpCase, dtype: Any, keras: Any) -> Any:
    args, kwargs = case.draw(dtype)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if case.oracle is not None:
            return case.oracle(*exact(args), **exact(kwargs))
        args, kwargs = _for_keras(keras, args), _for_keras(keras, kwargs)
        if backend.name == "jax":
            with contextlib.suppress(Exception):  # it will fail again, or needs values
                return as_one_program(lambda: case.function(keras.ops)(*args, **kwargs))
        return case.function(keras.ops)(*args, **kwargs)


def _for_keras(keras: Any, value: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # JAX says that it narrows 64-bit types
        return map_arrays(
            lambda x: keras.ops.convert_to_tensor(x, dtype=dtypes.standardize(x.dtype)), value
        )


def _keras_dtypes(case: OpCase, args: Any, kwargs: Any, keras: Any) -> list[str]:
    """The dtypes of Keras's results; on JAX without compiling anything."""
    args, kwargs = _for_keras(keras, args), _for_keras(keras, kwargs)

    def call() -> Any:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return case.function(keras.ops)(*args, **kwargs)

    if backend.name == "jax":
        import jax

        try:
            return _result_dtypes(jax.eval_shape(call))
        except Exception:
            pass
    return _result_dtypes(call())


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.op} {case.name}") for _, case in CASES]
)
def test_every_row_runs(case: OpCase) -> None:
    """A row that a backend runs at none of its dtypes shows nothing there."""
    assert any(_supported(case, dtype) for dtype in case.dtypes)


@_rows("value")
def test_value(case: OpCase, dtype: Any, keras: Any) -> None:
    if not _supported(case, dtype):
        pytest.skip("the backend has no such dtype")
    args, kwargs = case.draw(dtype)
    result = _call(case, native(args), native(kwargs))
    if case.oracle is None:
        try:
            expected = _expected(case, dtype, keras)
        except Exception as error:
            pytest.skip(f"Keras itself fails: {type(error).__name__}")
    else:
        expected = _expected(case, dtype, keras)
    assert_close(
        result, expected, _tolerance(case, [*_names(case, dtype), *_result_dtypes(result)])
    )


def _result_dtypes(result: Any) -> list[str]:
    return [dtypes.standardize(x.dtype) for x in leaves(result) if hasattr(x, "dtype")]


@_rows("dtype")
def test_dtype(case: OpCase, dtype: Any, keras: Any) -> None:
    if not _supported(case, dtype):
        pytest.skip("the backend has no such dtype")
    args, kwargs = case.draw(dtype)
    found = _result_dtypes(_call(case, native(args), native(kwargs)))
    if case.dtype is not None:
        name = case.dtype if isinstance(case.dtype, str) else case.dtype(dtype)
        assert found == [dtypes.canonical(name)] * len(found)
        return
    stored = _result_dtypes(
        _for_keras(keras, [x for x in leaves([args, kwargs]) if hasattr(x, "dtype")])
    )
    if stored != [dtypes.canonical(name) for name in _names(case, dtype)]:
        pytest.skip(f"Keras stores these arguments as {stored}")
    try:
        expected = _keras_dtypes(case, args, kwargs, keras)
    except Exception as error:
        pytest.skip(f"Keras itself fails: {type(error).__name__}")
    if found != expected and dtypes.canonical("int64") == "int64":
        # Keras keeps no 64-bit results on some backends; ours follow the lattice. A 64-bit
        # result must come from a 64-bit argument, or from two that only meet there.
        inputs = _names(case, dtype)
        if any("64" in dtypes.result_type(*inputs[: i + 1]) for i in range(len(inputs))):
            expected = [
                WIDE.get(e, e) if f != e else e for e, f in zip(expected, found, strict=True)
            ]
    assert found == expected


@_rows("symbolic")
def test_symbolic(case: OpCase, dtype: Any) -> None:
    if not _supported(case, dtype):
        pytest.skip("the backend has no such dtype")
    if not _names(case, dtype):
        pytest.skip("no argument is a tensor")
    args, kwargs = case.draw(dtype)
    concrete = [x for x in leaves(_call(case, native(args), native(kwargs))) if hasattr(x, "dtype")]

    def infer(unknown: bool) -> list:
        first = unknown

        def spec(x: np.ndarray) -> KerasTensor:
            nonlocal first
            name = dtypes.canonical(dtypes.standardize(x.dtype))
            shape = x.shape
            if first and shape:
                shape, first = (None, *shape[1:]), False
            return KerasTensor(shape, name)

        found = _call(case, map_arrays(spec, args), map_arrays(spec, kwargs))
        return [x for x in leaves(found) if isinstance(x, KerasTensor)]

    known = infer(False)
    assert len(known) == len(concrete)
    for symbol, value in zip(known, concrete, strict=True):
        assert symbol.dtype == dtypes.standardize(value.dtype)
        if case.sized:
            assert symbol.shape == tuple(value.shape)
        else:
            assert shapes.compatible(symbol.shape, tuple(value.shape))
    if case.dynamic:
        for symbol, value in zip(infer(True), concrete, strict=True):
            assert symbol.dtype == dtypes.standardize(value.dtype)
            assert len(symbol.shape) == len(value.shape)
            assert all(a in (None, b) for a, b in zip(symbol.shape, value.shape, strict=True))


def _weighted(case: OpCase, dtype: Any, call: Callable) -> tuple[Callable, list[np.ndarray]]:
    """A scalar function of the float arrays among the arguments, and these arrays."""
    args, kwargs = case.draw(dtype)
    inputs: list[np.ndarray] = []

    def collect(x: np.ndarray) -> np.ndarray:
        if dtypes.standardize(x.dtype) in ("float32", "float64"):
            inputs.append(x)
        return x

    map_arrays(collect, [args, kwargs])

    def function(*tensors: Any) -> Any:
        given = iter(tensors)

        def put(x: np.ndarray) -> Any:
            if dtypes.standardize(x.dtype) in ("float32", "float64"):
                return next(given)
            return native(x) if call is not case.oracle else exact(x)

        values = map_arrays(put, [args, kwargs])
        total: Any = 0.0
        found = leaves(call(*values[0], **values[1]))
        if call is case.oracle:
            found = [
                part for x in found for part in ([x.real, x.imag] if np.iscomplexobj(x) else [x])
            ]
        else:
            found = [part for x in found for part in _parts(x)]
        for x in found:
            if dtypes.standardize(x.dtype) in ("float32", "float64"):
                weights = np.cos(np.arange(1, x.size + 1 if call is case.oracle else _size(x) + 1))
                weights = weights.reshape(tuple(x.shape))
                if call is case.oracle:
                    total = total + np.sum(x * weights)
                else:
                    name = dtypes.standardize(x.dtype)
                    total = total + _sum(x * backend.arrays.convert_to_tensor(weights, name))
        return total

    return function, inputs


def _parts(x: Any) -> list:
    if dtypes.standardize(x.dtype) in dtypes.COMPLEX:
        return [ops.real(x), ops.imag(x)]
    return [x]


def _size(x: Any) -> int:
    return int(np.prod(tuple(x.shape)))


def _sum(x: Any) -> Any:
    """The framework's own sum: the table tests ours."""
    if backend.name == "tensorflow":
        import tensorflow as tf

        return tf.reduce_sum(x)
    return x.sum()


def finite_differences(function: Callable, inputs: list[np.ndarray], step: float = 1e-5) -> list:
    """Central differences of a scalar NumPy function in float64."""
    inputs = [np.array(x, np.float64) for x in inputs]
    found = []
    for x in inputs:
        out = np.zeros_like(x)
        for index in np.ndindex(x.shape):
            old = x[index]
            x[index] = old + step
            above = function(*inputs)
            x[index] = old - step
            below = function(*inputs)
            x[index] = old
            out[index] = (above - below) / (2 * step)
        found.append(out)
    return found


def _gradient_close(ours: list, theirs: list, tol: float) -> None:
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, tol, tol)


@_rows("gradient", _differentiable)
def test_gradient(case: OpCase, dtype: Any, keras: Any) -> None:
    function, inputs = _weighted(case, dtype, case.function(ops))
    if not inputs:
        pytest.skip("no argument is a tensor")
    ours = gradients(function, inputs)
    if case.oracle is not None:
        theirs_function, _ = _weighted(case, dtype, case.oracle)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            theirs = finite_differences(theirs_function, inputs)
    else:
        theirs_function, _ = _weighted(case, dtype, case.function(keras.ops))
        try:
            theirs = gradients(theirs_function, inputs)
        except Exception as error:
            pytest.skip(f"Keras itself fails: {type(error).__name__}")
    _gradient_close(ours, theirs, max(100 * case.tol, 1e-3))


def _declared(case: OpCase) -> Any:
    return getattr(case.function(ops), "op", None)


def _has_two(case: OpCase, dtype: Any) -> bool:
    try:
        declared = _declared(case)
    except AttributeError:
        return False
    return declared is not None and declared.native is not None and not declared.native_required


@_rows("reference", _has_two)
def test_reference(case: OpCase, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The composed body against the native function, values and gradients."""
    if not _supported(case, dtype):
        pytest.skip("the backend has no such dtype")
    declared = _declared(case)
    args, kwargs = case.draw(dtype)
    expected = _call(case, native(args), native(kwargs))
    signature = inspect.signature(declared.body)

    def composed(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return declared.slow(tuple(bound.arguments.values()))

    monkeypatch.setattr(declared, "run", declared.body)
    with np.errstate(all="ignore"):
        result = composed(*native(args), **native(kwargs))
    assert _result_dtypes(result) == _result_dtypes(expected)
    tol = _tolerance(case, [*_names(case, dtype), *_result_dtypes(result)])
    assert_close(result, expected, tol)
    if _differentiable(case, dtype):
        function, inputs = _weighted(case, dtype, composed)
        ours = gradients(function, inputs)
        monkeypatch.undo()
        function, inputs = _weighted(case, dtype, case.function(ops))
        _gradient_close(ours, gradients(function, inputs), max(100 * case.tol, 1e-3))


@_rows("inputs")
def test_inputs(case: OpCase, dtype: Any) -> None:
    """NumPy arrays, Variables and Python numbers in place of native tensors."""
    if not _supported(case, dtype):
        pytest.skip("the backend has no such dtype")
    args, kwargs = case.draw(dtype)
    expected = _call(case, native(args), native(kwargs))
    tol = _tolerance(case, [*_names(case, dtype), *_result_dtypes(expected)])
    assert_close(_call(case, args, kwargs), expected, tol, "NumPy arrays")

    def variable(x: np.ndarray) -> Any:
        return variable_class()(x, dtype=dtypes.standardize(x.dtype), trainable=False)

    found = _call(case, map_arrays(variable, args), map_arrays(variable, kwargs))
    assert_close(found, expected, tol, "Variables")
    assert _result_dtypes(found) == _result_dtypes(expected)
    names = set(_names(case, dtype))
    if names <= {"float32", "int32", "bool"}:
        lists = map_arrays(lambda x: x.tolist(), args), map_arrays(lambda x: x.tolist(), kwargs)
        empty = []
        map_arrays(lambda x: empty.append(x.size == 0), [args, kwargs])
        if not any(empty):
            assert_close(_call(case, *lists), expected, tol, "Python lists and numbers")


_traced: set[str] = set()


def _first_of_its_op(case: OpCase, dtype: Any) -> bool:
    if dtype != case.dtypes[0] or case.op in _traced:
        return False
    if not _supported(case, dtype):
        return False
    _traced.add(case.op)
    return True


# torch.compile takes seconds an operation: these stand for their kinds.
COMPILED = {"add", "mean", "hypot", "clip", "where", "concatenate", "matmul", "softmax", "var"}


@_rows("traced", _first_of_its_op)
def test_traced(case: OpCase, dtype: Any) -> None:
    """Under jax.jit, tf.function with unknown sizes, torch.compile without graph breaks."""
    args, kwargs = case.draw(dtype)
    expected = _call(case, native(args), native(kwargs))
    inputs: list[np.ndarray] = []
    map_arrays(inputs.append, [args, kwargs])

    def function(*tensors: Any) -> Any:
        given = iter(tensors)
        values = map_arrays(lambda _: next(given), [args, kwargs])
        result = case.function(ops)(*values[0], **values[1])
        return [x for x in leaves(result) if hasattr(x, "dtype")]

    tensors = native(inputs)
    if backend.name == "jax":
        import jax

        found = jax.jit(function)(*tensors)
    elif backend.name == "tensorflow":
        import tensorflow as tf

        # All sizes of the first argument are unknown where the case allows it.
        specs = [
            tf.TensorSpec(
                [None, *x.shape[1:]] if case.dynamic and i == 0 and x.shape.rank else x.shape,
                x.dtype,
            )
            for i, x in enumerate(tensors)
        ]
        found = tf.function(function, input_signature=specs, autograph=False)(*tensors)
    elif backend.name == "torch" and case.op in COMPILED:
        import torch

        torch._dynamo.reset()  # the cases share their code, whose recompilations are limited
        found = torch.compile(function, backend="eager", fullgraph=True)(*tensors)
    else:
        pytest.skip("nothing to trace with")
    assert_close(
        list(found),
        [x for x in leaves(expected) if hasattr(x, "dtype")],
        _tolerance(case, [*_names(case, dtype), *_result_dtypes(expected)]),
    )
