"""Every operation inside the frameworks' transformations: one row of the tables each.

`test_cases.py` has jit on JAX, unknown sizes in `tf.function` and gradients. Here: `jax.vmap`,
`tf.function(jit_compile=True)` with static sizes, `torch.compile(fullgraph=True)`. Compiling
takes its time, so a group of operations is compiled as one function; where that fails, each by
itself, to name the culprits. `IMPOSSIBLE` has those that cannot work, with the reason, and so
have the rows themselves ("compiled" among their gaps); they are tried too, and must fail.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from keras_core import ops
from keras_core.backends.select import backend
from tests.autodiff import to_numpy
from tests.ops.case import OpCase, leaves, map_arrays, native
from tests.ops.test_cases import CASES, _call, _result_dtypes, _supported, _tolerance, assert_close

SIZE = 20
_NO_KERNEL = "XLA has no kernel for TensorFlow's operation"
IMPOSSIBLE: dict[str, dict[str, str]] = {
    "tensorflow": {
        **dict.fromkeys(("det", "slogdet", "logdet", "lu_factor", "i0"), _NO_KERNEL),
        "unique": "how many there are depends on values, and XLA has static shapes only",
    },
}


#: Operations of which every row is tried: their arguments lead into different code.
EVERY = ("get_item", "unique", "ctc_decode", "image.resize", "bincount")
#: Operations whose gradients are compared in torch's compiled functions.
DIFFERENTIATED = (
    "ctc_loss", "image.affine_transform", "image.map_coordinates", "image.ssim", "stft", "istft",
    "image.extract_patches", "cross", "rearrange", "segment_sum", "conv_transpose",
)  # fmt: skip


def _first_rows() -> dict[str, list[OpCase]]:
    """The first case of each operation that the backend can run, by family."""
    found: dict[str, list[OpCase]] = {}
    seen: set[str] = set()
    for family, case in CASES:
        dtype = case.dtypes[0]
        if (case.op in seen and case.op not in EVERY) or case.gap(
            backend.name, "traced", dtype
        ) is not None:
            continue
        if backend.name == "numpy" or not _supported(case, dtype):
            continue
        seen.add(case.op)
        found.setdefault(family, []).append(case)
    return found


ROWS = _first_rows()


def _impossible(case: OpCase) -> bool:
    known = IMPOSSIBLE.get(backend.name, {})
    return case.op in known or case.gap(backend.name, "compiled", case.dtypes[0]) is not None


def _groups() -> list[Any]:
    found = []
    for family, cases in ROWS.items():
        cases = [case for case in cases if not _impossible(case)]
        for start in range(0, len(cases), SIZE):
            name = f"{family}-{start // SIZE}"
            found.append(pytest.param(cases[start : start + SIZE], id=name))
    return found


def _tensors(case: OpCase) -> list[Any]:
    inputs: list[np.ndarray] = []
    map_arrays(inputs.append, list(case.draw(case.dtypes[0])))
    return native(inputs)


def _function(cases: list[OpCase]) -> Callable:
    """All of these operations as one function of their tensors."""
    prepared = [(case, case.draw(case.dtypes[0])) for case in cases]

    def function(inputs: list[list[Any]]) -> list[list[Any]]:
        found = []
        for (case, (args, kwargs)), tensors in zip(prepared, inputs, strict=True):
            given = iter(tensors)
            args = map_arrays(lambda _, given=given: next(given), args)
            kwargs = map_arrays(lambda _, given=given: next(given), kwargs)
            result = case.function(ops)(*args, **kwargs)
            found.append([x for x in leaves(result) if hasattr(x, "dtype")])
        return found

    return function


def _check(cases: list[OpCase]) -> None:
    inputs = [_tensors(case) for case in cases]
    function = _function(cases)
    expected = []
    for case in cases:
        args, kwargs = case.draw(case.dtypes[0])
        result = _call(case, native(args), native(kwargs))
        expected.append([x for x in leaves(result) if hasattr(x, "dtype")])
    if backend.name == "jax":
        import jax

        # Shapes are enough: whether each primitive has a rule for batches shows in tracing.
        def batched(x: Any) -> Any:
            return jax.ShapeDtypeStruct((2, *x.shape), x.dtype)

        found = jax.eval_shape(jax.vmap(function), jax.tree.map(batched, inputs))
        for case, ours, theirs in zip(cases, found, expected, strict=True):
            assert [x.shape for x in ours] == [(2, *x.shape) for x in theirs], case.op
            assert [x.dtype for x in ours] == [x.dtype for x in theirs], case.op
        return
    if backend.name == "tensorflow":
        import tensorflow as tf

        found = tf.function(function, jit_compile=True, autograph=False)(inputs)
    else:
        import torch

        torch._dynamo.reset()  # the cases share their code, whose recompilations are limited
        found = torch.compile(function, backend="eager", fullgraph=True)(inputs)
    for case, ours, theirs in zip(cases, found, expected, strict=True):
        dtype = case.dtypes[0]
        names = [dtype] if isinstance(dtype, str) else list(dtype)
        assert_close(
            ours, theirs, max(_tolerance(case, names + _result_dtypes(theirs)), 1e-5), case.op
        )


@pytest.mark.skipif(backend.name == "numpy", reason="NumPy has no transformations")
@pytest.mark.parametrize("cases", _groups())
def test_transformed(cases: list[OpCase]) -> None:
    try:
        _check(cases)
    except Exception:
        culprits = {}
        for case in cases:
            try:
                _check([case])
            except Exception as error:
                culprits[case.op] = f"{type(error).__name__}: {error}"[:300]
        if not culprits:
            raise
        pytest.fail("\n".join(f"{name}: {said}" for name, said in culprits.items()))


#: Public operations without a row in the tables of cases, and which test has them in compiled
#: functions: `test_control.py` those of control flow, here the rest.
_OF_CONTROL = {
    "associative_scan", "cond", "custom_gradient", "fori_loop", "jvp", "map", "scan", "switch",
    "vectorize", "vectorized_map", "while_loop",
}  # fmt: skip
_OF_DECOMPOSITIONS = {"eig", "eigh", "qr", "convert_to_tensor"}
_UNCOMPILED = {"convert_to_numpy": "values that are traced are not there yet"}
#: Of a tensor of shape (2, 3): what has no values of its own to compare, or other names.
_WITHOUT_ROWS: dict[str, Callable[[Any], Any]] = {
    "array": lambda x: ops.array(x, "float32"),
    "dtype": lambda x: ops.cast(x, ops.dtype(x)),
    "elastic_transform": lambda x: ops.image.elastic_transform(ops.reshape(x, (2, 3, 1)), seed=3),
    "empty": lambda x: ops.multiply(ops.ones_like(ops.empty((2, 3), "int32")), 3),
    "empty_like": lambda x: ops.ones_like(ops.empty_like(x)),
    "hard_swish": ops.hard_swish,
    "is_tensor": lambda x: ops.add(x, 1) if ops.is_tensor(x) else x,
    "ndim": lambda x: ops.expand_dims(x, ops.ndim(x)),
    "shape": lambda x: ops.reshape(x, ops.shape(x)[::-1]),
    "size": lambda x: ops.divide(x, ops.size(x)),
    "swish": ops.swish,
}


def test_every_public_operation_is_transformed() -> None:
    rows = {case.op.rpartition(".")[2] for cases in ROWS.values() for case in cases}
    gaps = {c.op.rpartition(".")[2] for _, c in CASES if c.gap(backend.name, "traced", c.dtypes[0])}
    others = _OF_CONTROL | _OF_DECOMPOSITIONS | _UNCOMPILED.keys() | _WITHOUT_ROWS.keys()
    public = {
        name
        for space in (ops, ops.numpy, ops.nn, ops.linalg, ops.image)
        for name in dir(space)
        if not name.startswith("_") and inspect.isfunction(getattr(space, name))
    }
    assert len(public) > 300
    if backend.name != "numpy":
        assert not public - rows - gaps - others
    assert not (others - {"convert_to_tensor"}) & {c.op for _, c in CASES}


@pytest.mark.skipif(backend.name == "numpy", reason="NumPy has no transformations")
def test_operations_without_rows() -> None:
    def function(x: Any) -> dict[str, Any]:
        return {name: run(x) for name, run in _WITHOUT_ROWS.items()}

    x = native(np.linspace(-4, 4, 6, dtype="float32").reshape(2, 3))
    expected = function(x)
    if backend.name == "jax":
        import jax

        for found in (jax.jit(function)(x), jax.vmap(function)(x[None])):
            for name, right in expected.items():
                value = to_numpy(found[name]).reshape(right.shape)
                np.testing.assert_allclose(value, to_numpy(right), 1e-5, 1e-5, err_msg=name)
        return
    if backend.name == "tensorflow":
        import tensorflow as tf

        spec = [tf.TensorSpec((None, None), tf.float32)]
        compiled = [tf.function(function, input_signature=spec, autograph=False)]
        compiled.append(tf.function(function, jit_compile=True, autograph=False))
    else:
        import torch

        torch._dynamo.reset()
        compiled = [torch.compile(function, backend="eager", fullgraph=True)]
    for run in compiled:
        found = run(x)
        for name, right in expected.items():
            assert found[name].shape == right.shape, name
            if name != "elastic_transform":  # compilers draw numbers of their own
                np.testing.assert_allclose(
                    to_numpy(found[name]), to_numpy(right), 1e-5, 1e-5, err_msg=name
                )


@pytest.mark.skipif(backend.name != "torch", reason="the others derive what is not compiled yet")
@pytest.mark.parametrize("dynamic", [False, True], ids=["sizes known", "sizes unknown"])
def test_gradients_of_compiled_functions(dynamic: bool) -> None:
    import torch

    cases = [c for cases in ROWS.values() for c in cases if c.op in DIFFERENTIATED]
    assert len(cases) == len(DIFFERENTIATED)
    function = _function(cases)
    inputs = [_tensors(case) for case in cases]
    floats = [x.requires_grad_() for xs in inputs for x in xs if x.is_floating_point()]

    def loss(inputs: list[list[Any]]) -> Any:
        results = [x for xs in function(inputs) for x in xs if x.is_floating_point()]
        return torch.stack([torch.square(x).sum() for x in results]).sum()

    expected = torch.autograd.grad(loss(inputs), floats, materialize_grads=True)
    torch._dynamo.reset()
    compiled = torch.compile(loss, backend="aot_eager", fullgraph=True, dynamic=dynamic)
    found = torch.autograd.grad(compiled(inputs), floats, materialize_grads=True)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c.op) for cases in ROWS.values() for c in cases if _impossible(c)]
)
def test_impossible_ones_fail(case: OpCase) -> None:
    with pytest.raises(Exception, match="XLA|where the values are traced"):
        _check([case])


@pytest.mark.skipif(backend.name == "numpy", reason="NumPy has no transformations")
def test_decompositions_without_rows() -> None:
    """Of which any sign is right; `eig` is no part of XLA."""

    def function(x: Any) -> list[Any]:
        values, vectors = ops.eigh(ops.add(x, ops.transpose(x)))
        q, r = ops.qr(x)
        return [values, ops.abs(vectors), ops.abs(q), ops.abs(r), ops.convert_to_tensor(x)]

    x = native(np.array([[2, 1, 0], [1, 3, 1], [1, 1, 5]], "float32"))
    if backend.name == "jax":
        import jax

        found = jax.vmap(function)(x[None])
        found = [value[0] for value in found]
    elif backend.name == "tensorflow":
        import tensorflow as tf

        found = tf.function(function, jit_compile=True, autograph=False)(x)
        with pytest.raises(tf.errors.InvalidArgumentError, match="unsupported operations"):
            tf.function(ops.eig, jit_compile=True, autograph=False)(x)
    else:
        import torch

        found = torch.compile(function, backend="aot_eager", fullgraph=True)(x)
        values = torch.compile(ops.eig, backend="aot_eager", fullgraph=True)(x)[0]
        np.testing.assert_allclose(to_numpy(values), to_numpy(ops.eig(x)[0]), 1e-5)
    for ours, theirs in zip(found, function(x), strict=True):
        np.testing.assert_allclose(to_numpy(ours), to_numpy(theirs), 1e-4, 1e-4)


@pytest.mark.skipif(backend.name == "numpy", reason="NumPy has no transformations")
def test_a_block_is_replaced_where_the_compiled_code_computes() -> None:
    def function(x: Any, start: Any, block: Any) -> Any:
        return ops.slice_update(x, (0, start + 1), block)

    if backend.name == "jax":
        import jax

        compiled = jax.jit(function)
    elif backend.name == "tensorflow":
        import tensorflow as tf

        compiled = tf.function(function, jit_compile=True)
    else:
        import torch

        compiled = torch.compile(function, backend="eager", fullgraph=True)
    x, block = np.zeros((2, 5), "float32"), np.ones((2, 2), "float32")
    found = compiled(native(x), native(np.int32(1)), native(block))
    expected = x.copy()
    expected[:, 2:4] = 1
    np.testing.assert_array_equal(to_numpy(found), expected)
