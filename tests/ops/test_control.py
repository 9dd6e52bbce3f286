"""Control flow: eager, compiled, symbolic, with Variables and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from keras_core import ops
from keras_core.backends.select import backend, variable_class
from keras_core.core import scopes
from keras_core.symbolic.graph import Graph
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.autodiff import gradients, to_numpy

#: torch's compiler makes an instance of its class, and its rules for forward mode are scripts.
TORCHS_OWN = pytest.mark.filterwarnings(
    "ignore:.*torch.autograd.function.Function.*should not be instantiated:DeprecationWarning",
    "ignore:.*torch.jit.script.*:DeprecationWarning",
)
X = np.arange(6, dtype="float32").reshape(2, 3)
Variable = variable_class()


def values(structure: Any) -> Any:
    if isinstance(structure, (tuple, list)):
        return [values(x) for x in structure]
    return to_numpy(structure).tolist()


def compiled(function: Callable) -> Callable:
    """The function under the backend's compiler (or as it is, where there is none)."""
    if backend.name == "jax":
        import jax

        return jax.jit(function)
    if backend.name == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    if backend.name == "torch":
        import torch

        return torch.compile(function, backend="aot_eager", fullgraph=True)
    return function


def tensor(x: Any, dtype: str | None = None) -> Any:
    return ops.convert_to_tensor(x, dtype)


WAYS = pytest.mark.parametrize("way", [lambda f: f, compiled], ids=["eager", "compiled"])


@WAYS
def test_cond(way: Callable) -> None:
    run = way(lambda p, x: ops.cond(p, lambda: x + 1, lambda: x * 2))
    assert values(run(tensor(True), tensor(X))) == (X + 1).tolist()
    assert values(run(tensor(False), tensor(X))) == (X * 2).tolist()


def test_cond_of_python_values() -> None:
    assert ops.cond(True, lambda: "a", lambda: "b") == "a"
    assert ops.cond(Variable(0.0), lambda: "a", lambda: "b") == "b"
    assert ops.cond(tensor(True), lambda: None, lambda: None) is None
    with pytest.raises(TypeError, match="true_fn"):
        ops.cond(True, 1, lambda: 2)


@WAYS
def test_switch(way: Callable) -> None:
    branches = [lambda x: x + 1, lambda x: x * 10, lambda x: -x]
    run = way(lambda i, x: ops.switch(i, branches, x))
    for i, expected in [(0, X + 1), (1, X * 10), (2, -X), (7, -X), (-3, X + 1)]:
        assert values(run(tensor(i), tensor(X))) == expected.tolist()


@WAYS
def test_while_loop(way: Callable) -> None:
    run = way(
        lambda x: ops.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, y * 2), (tensor(0), x))
    )
    assert values(run(tensor(X))) == [5, (X * 32).tolist()]


def test_python_numbers_in_while_loop_take_the_dtype_of_the_turns() -> None:
    one = ops.while_loop(lambda x: x < 3, lambda x: x + 0.5, 0)
    assert ops.dtype(one) == "float32" and float(one) == 3.0
    i, x = ops.while_loop(
        lambda i, x: i < 3, lambda i, x: (i + 1, x + ops.ones((2,))), (0, ops.zeros((2,)))
    )
    assert (ops.dtype(i), ops.dtype(x)) == ("int32", "float32")
    # What comes out is no Python number any more: beside int8 it stays what it is.
    assert ops.dtype(ops.add(i, ops.ones((), "int8"))) == "int32"


def test_while_loop_forms() -> None:
    assert int(ops.while_loop(lambda i: i < 10, lambda i: i + 1, 0)) == 10
    assert int(ops.while_loop(lambda i: i < 10, lambda i: i + 1, 0, maximum_iterations=3)) == 3
    (out,) = ops.while_loop(lambda i: i < 10, lambda i: i + 1, [0])
    assert int(out) == 10
    found = ops.while_loop(lambda d: d["a"] < 10, lambda d: {"a": d["a"] + 1}, {"a": 0})
    assert int(found["a"]) == 10


@WAYS
def test_fori_loop(way: Callable) -> None:
    run = way(lambda x: ops.fori_loop(1, 4, lambda i, y: y + ops.cast(i, "float32"), x))
    assert values(run(tensor(X))) == (X + 6).tolist()


@WAYS
def test_scan(way: Callable) -> None:
    run = way(lambda x: ops.scan(lambda c, a: (c + a, c * 2), tensor([1.0, 1.0, 1.0]), x))
    last, out = run(tensor(X))
    assert values(last) == [4.0, 6.0, 8.0]
    assert values(out) == [[2.0, 2.0, 2.0], [2.0, 4.0, 6.0]]


def test_scan_forms() -> None:
    last, out = ops.scan(lambda c, a: (c + a, c), 0.0, X[:, 0], reverse=True)
    assert float(last) == 3.0 and values(out) == [3.0, 0.0]
    last, out = ops.scan(lambda c, _: (c + 1, None), tensor(0), length=4)
    assert int(last) == 4 and out is None
    last, out = ops.scan(lambda c, a: (c, {"s": a["p"] + a["q"]}), tensor(0), {"p": X, "q": X})
    assert values(out["s"]) == (2 * X).tolist()
    last, out = ops.scan(lambda c, a: (c + 1, a * 2), tensor(0), np.zeros((0, 3), "float32"))
    assert int(last) == 0 and tuple(out.shape) == (0, 3)
    with pytest.raises(ValueError, match="length"):
        ops.scan(lambda c, a: (c, a), 0)
    with pytest.raises(ValueError, match="length"):
        ops.scan(lambda c, a: (c, a), 0, X, length=3)
    with pytest.raises(ValueError, match="one size"):
        ops.scan(lambda c, a: (c, a[0]), 0, (X, X.T))


@WAYS
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 13])
def test_associative_scan(way: Callable, size: int) -> None:
    if way is compiled and size != 5:
        pytest.skip("one size is enough")
    x = np.arange(1, 2 * size + 1, dtype="float32").reshape(2, size)
    run = way(lambda x: ops.associative_scan(lambda a, b: a + b, x, axis=1))
    np.testing.assert_allclose(to_numpy(run(tensor(x))), np.cumsum(x, 1), 1e-5)
    back = ops.associative_scan(lambda a, b: a + b, tensor(x), reverse=True, axis=-1)
    np.testing.assert_allclose(to_numpy(back), np.cumsum(x[:, ::-1], 1)[:, ::-1], 1e-5)


def test_associative_scan_of_structures() -> None:
    # Linear recurrences y = a y + b compose associatively, but do not commute.
    a, b = np.linspace(0.5, 1.5, 7, dtype="float32"), np.arange(7, dtype="float32")
    _, y = ops.associative_scan(
        lambda p, q: (q[0] * p[0], q[0] * p[1] + q[1]), (tensor(a), tensor(b))
    )
    expected, last = [], 0.0
    for i in range(7):
        last = a[i] * last + b[i]
        expected.append(last)
    np.testing.assert_allclose(to_numpy(y), expected, 1e-5)


@WAYS
def test_map_and_vectorized_map(way: Callable) -> None:
    for name in ("map", "vectorized_map"):
        run = way(lambda x, name=name: getattr(ops, name)(lambda r: (r * 2, r[0]), x))
        double, first = run(tensor(X))
        assert values(double) == (X * 2).tolist() and values(first) == X[:, 0].tolist()
        out = getattr(ops, name)(lambda r: r["a"] + r["b"], {"a": tensor(X), "b": tensor(X)})
        assert values(out) == (2 * X).tolist()


def test_vectorize() -> None:
    assert values(ops.vectorize(lambda a, b: a + b)(X, X[0])) == (X + X[0]).tolist()
    dot = ops.vectorize(ops.dot, signature="(n),(n)->()")
    np.testing.assert_allclose(to_numpy(dot(X, X[0])), X @ X[0])
    for signature, args, right in (
        ("(n),()->()", (X, X[:, 0]), X.sum(-1) * X[:, 0]),
        ("(),(n)->()", (X[:, 0], X), X.sum(-1) * X[:, 0]),
    ):
        product = ops.vectorize(lambda a, b: ops.sum(a) * ops.sum(b), signature=signature)
        np.testing.assert_allclose(to_numpy(product(*args)), right, 1e-5)
    for wrong in ("(n),(n)", "(n->()", "n,n->()", "(n)(n)->()"):
        with pytest.raises(ValueError, match="signature must be like"):
            ops.vectorize(ops.dot, signature=wrong)
    scaled = ops.vectorize(lambda a, b: a * b, excluded={1})
    assert values(scaled(X, 2.0)) == (X * 2).tolist()
    assert ops.vectorize(lambda a: a + 1)(KerasTensor((None, 3))).shape == (None, 3)


@TORCHS_OWN
@pytest.mark.parametrize("grad_form", ["positional", "keyword", "either"])
def test_custom_gradient(grad_form: str) -> None:
    @ops.custom_gradient
    def square(x: Any) -> Any:
        def positional(upstream: Any) -> Any:
            return upstream * 7

        def keyword(*args: Any, upstream: Any) -> Any:
            return upstream * 7

        def either(*args: Any, upstream: Any = None) -> Any:
            if upstream is None:
                (upstream,) = args
            return upstream * 7

        return x * x, {"positional": positional, "keyword": keyword, "either": either}[grad_form]

    assert values(square(tensor(X))) == (X * X).tolist()
    assert square(KerasTensor((None, 3))).shape == (None, 3)
    if backend.has("gradients"):
        for way in (lambda f: f, compiled):
            (found,) = gradients(way(lambda x: _total(square(x))), [X])
            np.testing.assert_allclose(found, np.full_like(X, 7))


def _total(x: Any) -> Any:
    return ops.matmul(ops.reshape(x, (1, -1)), ops.ones((6, 1)))[0, 0]


@TORCHS_OWN
def test_custom_gradient_of_two() -> None:
    @ops.custom_gradient
    def product(x: Any, y: Any) -> Any:
        return x * y, lambda upstream: (upstream * 2, upstream * 3)

    if not backend.has("gradients"):
        pytest.skip("no gradients")
    for way in (lambda f: f, compiled):
        found = gradients(way(lambda x, y: _total(product(x, y))), [X, X + 1])
        np.testing.assert_allclose(found[0], np.full_like(X, 2))
        np.testing.assert_allclose(found[1], np.full_like(X, 3))


def test_results_that_are_arguments_in_compiled_code() -> None:
    """Of which torch's operators of control flow take none."""
    run = compiled(lambda p, x: ops.cond(p, lambda: x, lambda: x * 2))
    assert values(run(tensor(True), tensor(X))) == X.tolist()
    run = compiled(lambda i, x: ops.switch(i, [lambda a: a, lambda a: a * 3], x))
    assert values(run(tensor(0, "int32"), tensor(X))) == X.tolist()
    run = compiled(
        lambda x: ops.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, y * x), (0, x))[1]
    )
    assert values(run(tensor(X))) == (X**3).tolist()


@TORCHS_OWN
def test_vectorize_and_jvp_in_compiled_code() -> None:
    run = compiled(lambda x: ops.vectorize(lambda a: a * 2 + 1)(x))
    assert values(run(tensor(X))) == (X * 2 + 1).tolist()
    if backend.has("gradients"):
        run = compiled(lambda x: ops.jvp(lambda y: y * y, (x,), (x,))[1])
        assert values(run(tensor(X))) == (2 * X * X).tolist()


@pytest.mark.parametrize("kind", ["scan", "fori_loop", "cond", "map", "associative_scan", "switch"])
def test_gradients(kind: str) -> None:
    if not backend.has("gradients"):
        pytest.skip("no gradients")
    functions = {
        "scan": lambda x: _total(ops.scan(lambda c, a: (c * a, c * a), ops.ones((3,)), x)[1]),
        "fori_loop": lambda x: _total(ops.fori_loop(0, 3, lambda i, y: y * x, x)),
        "cond": lambda x: _total(ops.cond(x[0, 0] < 100, lambda: x * x, lambda: x)),
        "map": lambda x: _total(ops.map(lambda r: r * r, x)),
        "associative_scan": lambda x: _total(ops.associative_scan(lambda a, b: a * b, x)),
        "switch": lambda x: _total(ops.switch(tensor(1), [lambda a: a, lambda a: a * a], x)),
    }
    products = np.stack([1 + X[1], X[0]])
    expected = {
        "scan": products, "associative_scan": products, "fori_loop": 4 * X**3, "cond": 2 * X,
        "map": 2 * X, "switch": 2 * X,
    }  # fmt: skip
    (found,) = gradients(functions[kind], [X])
    np.testing.assert_allclose(found, expected[kind], 1e-5)
    (found,) = gradients(compiled(functions[kind]), [X])
    np.testing.assert_allclose(found, expected[kind], 1e-5)


def test_gradient_of_while_loop() -> None:
    if backend.name not in ("torch", "tensorflow"):
        pytest.skip("the framework differentiates no loops of unknown length backwards")

    def function(x: Any) -> Any:
        out = ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), (tensor(0), x))
        return _total(out[1])

    (found,) = gradients(function, [X])
    np.testing.assert_allclose(found, 4 * X**3, 1e-5)


def test_variables_are_read_and_assigned_inside() -> None:
    v = Variable(np.float32(2.0), trainable=False)

    def bump() -> Any:
        v.assign(v + 1.0)
        return v * 1.0

    assert float(ops.cond(tensor(True), bump, lambda: v * 10.0)) == 3.0
    assert float(v) == 3.0

    def body(i: Any, total: Any) -> Any:
        v.assign(v * 2.0)
        return total + v

    assert float(ops.fori_loop(0, 3, body, tensor(0.0))) == 42.0
    assert float(v) == 24.0

    def step(c: Any, a: Any) -> Any:
        v.assign(v + a)
        return c, v + 0.0

    _, out = ops.scan(step, tensor(0.0), tensor(X[0]))
    assert values(out) == [24.0, 25.0, 27.0] and float(v) == 27.0

    def turn(i: Any) -> Any:
        v.assign(v - 1.0)
        return i + 1

    ops.while_loop(lambda i: v.value > 25.5, turn, tensor(0))
    assert float(v) == 25.0


def test_variables_are_assigned_under_jit() -> None:
    if backend.name != "jax":
        pytest.skip("pure functions of variables' values are JAX's way")
    import jax

    v = Variable(np.float32(2.0), trainable=False)

    @jax.jit
    def step(value: Any, p: Any, x: Any) -> Any:
        with scopes.StatelessScope([(v, value)]) as scope:

            def bump() -> Any:
                v.assign(v + 1.0)
                return x

            ops.cond(p, bump, lambda: x * 2)
            ops.scan(lambda c, a: (v.assign(v * 2.0) + c, None), x, length=3)
        return scope.get_current_value(v)

    assert float(step(2.0, True, 1.0)) == 24.0
    assert float(step(2.0, False, 1.0)) == 16.0
    assert float(v) == 2.0


def evaluate(inputs: list[KerasTensor], output: Any, given: list[Any]) -> Any:
    leaves = list(output) if isinstance(output, (tuple, list)) else [output]
    found = Graph(inputs, leaves).run([tensor(x) for x in given])
    return values(found) if isinstance(output, (tuple, list)) else values(found[0])


def test_symbolic_cond_runs_one_branch_of_the_outer_graph() -> None:
    p, x = KerasTensor((), "bool"), KerasTensor((None, 3))
    y = x * 2
    out = ops.cond(p, lambda: y + 1, lambda: y - x)
    assert out.shape == (None, 3) and out.dtype == "float32"
    assert evaluate([p, x], out, [True, X]) == (2 * X + 1).tolist()
    assert evaluate([p, x], out, [False, X]) == X.tolist()
    constant = ops.cond(p, lambda: tensor([1.0]), lambda: tensor([2.0]))
    assert evaluate([p], constant, [True]) == [1.0]
    with pytest.raises(ValueError, match="one rank"):
        ops.cond(p, lambda: x, lambda: x[0])


def test_symbolic_loops() -> None:
    x = KerasTensor((None, 3))
    w = x[0]
    _, out = ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * w), (0, x))
    assert out.shape == (None, 3)
    assert evaluate([x], out, [X]) == (X * X[0] ** 3).tolist()
    out = ops.fori_loop(0, 2, lambda i, y: y + w, x)
    assert evaluate([x], out, [X]) == (X + 2 * X[0]).tolist()
    last, ys = ops.scan(lambda c, a: (c + a, c * w), w, x)
    assert last.shape == (3,) and ys.shape == (None, 3)
    assert evaluate([x], (last, ys), [X])[0] == (X[0] + X.sum(0)).tolist()
    out = ops.map(lambda r: r * w, x)
    assert out.shape == (None, 3) and evaluate([x], out, [X]) == (X * X[0]).tolist()
    out = ops.vectorized_map(lambda r: r[0] + w, x)
    assert evaluate([x], out, [X]) == (X[:, :1] + X[0]).tolist()
    out = ops.associative_scan(lambda a, b: a + b, x, axis=1)
    assert evaluate([x], out, [X]) == np.cumsum(X, 1).tolist()
    i = KerasTensor((), "int32")
    out = ops.switch(i, [lambda a: a + 1, lambda a: a * w], x)
    assert evaluate([i, x], out, [1, X]) == (X * X[0]).tolist()


def test_jvp() -> None:
    if not backend.has("gradients"):
        with pytest.raises(NotImplementedError):
            ops.jvp(lambda x: x, (1.0,), (1.0,))
        return
    value, slope = ops.jvp(
        lambda x, y: x * y, (tensor(X), tensor(X + 1)), (tensor(X), tensor(X * 2))
    )
    np.testing.assert_allclose(to_numpy(value), X * (X + 1))
    np.testing.assert_allclose(to_numpy(slope), X * (X + 1) + X * X * 2)
    value, slope, aux = ops.jvp(lambda x: (x * x, x), (tensor(X),), (tensor(X),), has_aux=True)
    np.testing.assert_allclose(to_numpy(aux), X)
