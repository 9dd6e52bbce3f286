"""The edges of `edges.py`: values, dtypes, symbolic shapes, refusals."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import dtypes
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.autodiff import gradients, to_numpy
from tests.ops.case import exact, leaves, map_arrays, native
from tests.ops.edges import FAMILIES, Edge
from tests.ops.test_cases import assert_close

#: Edges at which a framework has its own idea, or none: they must fail.
GAPS: dict[str, dict[str, str]] = {
    "torch": {
        "gcd(uint64[2, 3], uint64[3])": "torch has no kernel for uint64, which the error says",
    },
    "tensorflow": {
        "einsum('...,...', float32[], float32[2])": "its kernel has no broadcast with a scalar",
        "softmax(float32[4, 3], axis=1)": "its kernel gives 0 beside NaN and infinity",
        **dict.fromkeys(
            (
                "argmax(float32[4, 3], axis=1)",
                "argmax(float32[4, 3], keepdims=True)",
                "argmin(float32[4, 3], axis=1)",
                "argmin(float32[4, 3], keepdims=True)",
                "sort(float32[4, 3], axis=1)",
                "argsort(float32[4, 3], axis=1)",
                "sort(float32[3])",
                "unique(float32[1, 3])",
                "searchsorted(float32[3], float32[3])",
            ),
            "its kernels pass over NaN, or sort it to the front",
        ),
    },
}
#: What is raised at arguments that do not fit.
REFUSALS = (ValueError, TypeError, IndexError)


def _grouped() -> list[Any]:
    found = []
    for family, edges in FAMILIES.items():
        for op, group in itertools.groupby(sorted(edges(), key=lambda e: e.op), lambda e: e.op):
            found.append(pytest.param(list(group), id=f"{family}-{op}"))
    return found


def _outcome(function: Callable, *args: Any, **kwargs: Any) -> tuple[Any, Exception | None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args, **kwargs), None
        except Exception as error:
            return None, error


def _expected(edge: Edge, keras: Any) -> tuple[Any, Exception | None]:
    if edge.refused:
        return None, ValueError("the table says so")
    if edge.oracle is not None:
        return _outcome(edge.oracle, *exact(list(edge.args)), **exact(dict(edge.kwargs)))
    args, kwargs = (
        map_arrays(lambda x: keras.ops.convert_to_tensor(x, dtype=x.dtype.name), value)
        for value in (list(edge.args), dict(edge.kwargs))
    )
    return _outcome(edge.function(keras.ops), *args, **kwargs)


def _results(edges: list[Edge]) -> list[tuple[Any, Exception | None]]:
    """What each call gives; on JAX compiled together, which takes a tenth of the time."""
    found = [
        _outcome(edge.function(ops), *native(list(edge.args)), **native(dict(edge.kwargs)))
        if backend.name != "jax"
        else _traced(edge)
        for edge in edges
    ]
    if backend.name != "jax":
        return found
    import jax

    def whole() -> list[Any]:
        return [
            [x for x in leaves(value()) if hasattr(x, "dtype")] if error is None else None
            for value, error in found
        ]

    values = jax.jit(whole)()
    return [(value, error) for value, (_, error) in zip(values, found, strict=True)]


def _traced(edge: Edge) -> tuple[Any, Exception | None]:
    """A function that makes the result, in a compiled one or, if it must, already made."""
    import jax

    args, kwargs = native(list(edge.args)), native(dict(edge.kwargs))

    def call() -> Any:
        return edge.function(ops)(*args, **kwargs)

    _, error = _outcome(jax.eval_shape, call)
    if isinstance(error, (jax.errors.JAXTypeError, jax.errors.NonConcreteBooleanIndexError)):
        value, error = _outcome(call)
        return (lambda: value), error
    return call, error


def _symbol(x: np.ndarray) -> KerasTensor:
    return KerasTensor(x.shape, dtypes.canonical(dtypes.standardize(x.dtype)))


def _symbolic(edge: Edge) -> tuple[Any, Exception | None]:
    args, kwargs = map_arrays(_symbol, list(edge.args)), map_arrays(_symbol, dict(edge.kwargs))
    return _outcome(edge.function(ops), *args, **kwargs)


def _check(edge: Edge, result: Any, error: Exception | None, keras: Any) -> None:
    expected, wrong = _expected(edge, keras)
    symbols, unknown = _symbolic(edge)
    symbols = [x for x in leaves(symbols) if isinstance(x, KerasTensor)]
    if wrong is not None and (edge.refused or edge.oracle is not None):
        assert isinstance(error, REFUSALS), f"not refused: {error or result!r}"
        assert not symbols, "not refused when symbolic"
        return
    if error is not None:
        raise AssertionError(f"{type(error).__name__}: {error}") from error
    if wrong is None:
        assert_close(result, expected, edge.tol)
    assert unknown is None, f"symbolic: {unknown}"
    concrete = [x for x in leaves(result) if hasattr(x, "dtype")]
    for symbol, value in zip(symbols, concrete, strict=True) if symbols else ():
        assert symbol.dtype == dtypes.standardize(value.dtype)
        assert len(symbol.shape) == len(value.shape)
        assert all(a in (None, b) for a, b in zip(symbol.shape, value.shape, strict=True)), symbol


@pytest.mark.parametrize("edges", _grouped())
def test_edges(edges: list[Edge], keras: Any) -> None:
    gaps = GAPS.get(backend.name, {})
    wrong = []
    for edge, (result, error) in zip(edges, _results(edges), strict=True):
        known = gaps.get(str(edge))
        try:
            _check(edge, result, error, keras)
        except AssertionError as failure:
            if known is None:
                wrong.append(f"{edge}: {failure}")
        else:
            if known is not None:
                wrong.append(f"{edge} is right: take it off the list of gaps ({known})")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def test_ctc_loss_of_no_labels_and_of_nothing() -> None:
    logits = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    lengths, none = np.array([4, 0], "int32"), np.zeros((2,), "int32")
    blank = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    right = [-blank[i, :n, 0].sum() for i, n in enumerate(lengths)]
    for run in (ops.ctc_loss, ops.ctc_loss.op.body):  # type: ignore[attr-defined]
        for width in (0, 2):
            labels = np.ones((2, width), "int32")
            found = run(*native((labels, logits, none, lengths)))
            np.testing.assert_allclose(to_numpy(found), right, 1e-5)
            found = run(*native((labels[:0], logits[:0], none[:0], lengths[:0])))
            assert to_numpy(found).shape == (0,)


def test_ctc_loss_of_labels_for_which_there_are_too_few_frames() -> None:
    """Frameworks say 1e30, 707 or inf, torch with slopes that are NaN."""
    logits = np.random.default_rng(0).normal(size=(6, 4, 4)).astype("float32")
    labels = np.array(
        [
            [1, 2, 3, 1, 2],
            [1, 1, 1, 0, 0],
            [1, 2, 0, 0, 0],
            [1] + [0] * 4,
            [1, 1, 2, 1, 1],
            [0] * 5,
        ],
        "int32",
    )
    counts, frames = np.array([5, 3, 2, 1, 3, 0], "int32"), np.array([4, 4, 1, 0, 4, 0], "int32")
    never = np.array([True, True, True, True, False, False])
    for run in (ops.ctc_loss, ops.ctc_loss.op.body):  # type: ignore[attr-defined]
        found = to_numpy(run(*native((labels, logits, counts, frames))))
        np.testing.assert_array_equal(np.isposinf(found), never)
        assert np.isfinite(found[~never]).all()
        if backend.name == "numpy":
            continue

        def mean(x: Any, run: Any = run) -> Any:
            return ops.mean(run(native(labels), x, native(counts), native(frames)))

        (slopes,) = gradients(mean, [logits])
        assert np.isfinite(slopes).all() and not slopes[never].any()
        assert slopes[4].any()
