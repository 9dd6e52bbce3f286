"""Edges of each family of operations: calls, and the NumPy function that says what comes out.

An edge whose oracle raises must be refused. The reductions and what runs along one axis come from
the declarations: a new operation of these forms is here without a row.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import scipy.special

from keras_core import ops
from keras_core.core import dtypes
from keras_core.ops._door import registry


@dataclasses.dataclass(frozen=True)
class Edge:
    """A call; `oracle` None: Keras's operation. `refused`: whether it must raise."""

    op: str
    args: tuple
    kwargs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    oracle: Callable | None = None
    refused: bool = False
    tol: float = 1e-5

    def __str__(self) -> str:
        given = [_shown(x) for x in self.args]
        given += [f"{k}={_shown(v)}" for k, v in self.kwargs.items()]
        return f"{self.op}({', '.join(given)})"

    def function(self, namespace: Any) -> Callable:
        """The operation in a namespace: ours or Keras's `ops`."""
        return functools.reduce(getattr, self.op.split("."), namespace)


def _shown(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"{x.dtype}{list(x.shape)}"
    if isinstance(x, (list, tuple)) and any(isinstance(i, np.ndarray) for i in x):
        return f"[{', '.join(map(_shown, x))}]"
    return repr(x)


def f(*shape: int, start: float = -1.5) -> np.ndarray:
    """Floats of a shape, rising by a half."""
    size = int(np.prod(shape))
    return (start + np.arange(size, dtype="float32") / 2).reshape(shape)


def f32(values: Any) -> np.ndarray:
    """Given floats."""
    return np.array(values, "float32")


def i(*values: int) -> np.ndarray:
    """A vector of int32."""
    return np.array(values, "int32")


ODD = np.array(
    [[np.nan, 1, np.inf], [-np.inf, 2, 3], [np.inf, -np.inf, 0], [np.nan] * 3], "float32"
)
#: Neighbours that a detour through floats, or through signed integers, would not tell apart.
LARGE = {
    "int32": np.array([[2**31 - 2, 2**31 - 1, -(2**31)], [2**24, 2**24 + 1, 7]], "int32"),
    "uint32": np.array([[2**32 - 2, 2**32 - 1, 0], [2**24, 2**24 + 1, 7]], "uint32"),
    "int64": np.array([[2**63 - 2, 2**63 - 1, -(2**63)], [2**53, 2**53 + 1, 7]], "int64"),
    "uint64": np.array([[2**64 - 2, 2**64 - 1, 0], [2**53, 2**53 + 1, 2**63]], "uint64"),
}
LARGE = {name: x for name, x in LARGE.items() if dtypes.canonical(name) == name}


def _declared() -> None:
    """Have every operation declared."""
    for space in (ops, ops.image, ops.linalg, ops.nn):
        for name in dir(space):
            getattr(space, name)


_declared()

# Along axes --------------------------------------------------------------------------------


def nanarg(function: Callable) -> Callable:
    """`np.argmax` or `np.argmin` past NaN, -1 where there is nothing else."""
    fill = -np.inf if function is np.argmax else np.inf

    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if x.dtype.kind != "f":
            return function(x, axis=axis, keepdims=keepdims)
        bad = np.isnan(x)
        found = function(np.where(bad, fill, x), axis=axis, keepdims=keepdims)
        return np.where(bad.all(axis=axis, keepdims=keepdims), -1, found)

    return run


def _listed(function: Callable) -> Callable:
    """NumPy's reductions want a tuple where ours take a list."""

    @functools.wraps(function)
    def run(x: Any, axis: Any = None, **kwargs: Any) -> Any:
        return function(x, axis=tuple(axis) if isinstance(axis, list) else axis, **kwargs)

    return run


def _in_own_dtype(function: Callable) -> Callable:
    """Sums and products in 32 bits at least, which NumPy would take in 64."""

    def run(x: Any, axis: Any = None, **kwargs: Any) -> Any:
        return function(x, axis=axis, dtype=x.dtype, **kwargs)

    return run


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    found = scipy.special.logsumexp(x, axis=axis, keepdims=keepdims)
    return np.reshape(found, ()) if np.ndim(x) == 0 else found


ORACLES: dict[str, Callable] = {
    "logsumexp": _logsumexp,
    "nanargmax": nanarg(np.argmax),
    "nanargmin": nanarg(np.argmin),
    **{
        name: _in_own_dtype(getattr(np, name))
        for name in ("sum", "prod", "nansum", "nanprod", "cumsum", "cumprod")
    },
}


def oracle_of(name: str) -> Callable | None:
    """NumPy's function of this name, if it has one."""
    return ORACLES.get(name) or getattr(np, name, None) or getattr(np.linalg, name, None)


# One axis only, or all.
SINGLE = ("argmax", "argmin", "nanargmax", "nanargmin")
TUPLES = ({"axis": (0, -1)}, {"axis": (0, 2), "keepdims": True}, {"axis": [1, 0]}, {"axis": ()})
WRONG = (3, -4, (0, 0), (0, -3), (0, 3))
# Their results of integers are floats, which do not hold the large ones.
INEXACT = ("mean", "var", "std", "logsumexp", "nanmean", "nanvar", "nanstd", "median", "nanmedian")


def reductions() -> Iterator[Edge]:
    """All that is declared as `(x, axis, keepdims)`."""
    for name, declared in registry.items():
        if declared.params[:3] != ("x", "axis", "keepdims") or name.startswith("_"):
            continue
        oracle = oracle_of(name)
        assert oracle is not None, f"{name}: its oracle must stand among ORACLES"
        oracle = _listed(oracle)
        tol = 1e-4 if name in ("std", "nanstd") else 1e-5
        x = f(2, 3, 2)
        forms: list[dict] = [{}, {"keepdims": True}, {"axis": -1}, {"axis": -3, "keepdims": True}]
        if name not in SINGLE:
            forms += TUPLES
        for kwargs in forms:
            yield Edge(name, (x,), kwargs, oracle, tol=tol)
        for axis in WRONG:
            yield Edge(name, (x,), {"axis": axis}, refused=True)
        for kwargs in ({}, {"keepdims": True}):
            yield Edge(name, (f(),), kwargs, oracle)
        yield Edge(name, (f(1, 3),), {"axis": 0}, oracle)
        yield Edge(name, (ODD,), {"axis": 1}, oracle)
        yield Edge(name, (ODD,), {"keepdims": True}, oracle)
        yield Edge(name, (f(0),), {}, oracle)
        for axis in (0, 1):
            yield Edge(name, (f(2, 0),), {"axis": axis}, oracle)
        yield Edge(name, (f(2, 0),), {"axis": 1, "keepdims": True}, oracle)
        if name not in INEXACT:
            for large in LARGE.values():
                yield Edge(name, (large,), {"axis": 1}, oracle)


def _sort(x: Any, axis: Any = -1) -> Any:
    return np.sort(x, axis)


def _argsort(x: Any, axis: Any = -1) -> Any:
    return np.argsort(x, axis, kind="stable")


def _softmax(x: Any, axis: Any = -1) -> Any:
    return np.exp(_log_softmax(x, axis))


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    x = x - np.max(x, axis, keepdims=True, initial=-np.inf)
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


ALONG: dict[str, Callable | None] = {
    "cumsum": ORACLES["cumsum"],
    "cumprod": ORACLES["cumprod"],
    "nancumsum": np.nancumsum,
    "nancumprod": np.nancumprod,
    "sort": _sort,
    "argsort": _argsort,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "flip": np.flip,
    "diff": np.diff,
    "roll": np.roll,
    "count_nonzero": np.count_nonzero,
    "trapezoid": lambda x, axis=-1: np.trapezoid(x, axis=axis),
    "normalize": None,
    "quantile": np.quantile,
    "percentile": np.percentile,
    "nanquantile": np.nanquantile,
    "nanpercentile": np.nanpercentile,
    "average": np.average,
    "repeat": np.repeat,
}
SECOND = {
    "roll": 1,
    "quantile": 0.3,
    "percentile": 30.0,
    "nanquantile": 0.3,
    "nanpercentile": 30.0,
    "repeat": 2,
}
NO_NONE = ("softmax", "log_softmax", "diff", "trapezoid", "normalize")
INTEGRAL = (
    "cumsum",
    "cumprod",
    "sort",
    "argsort",
    "flip",
    "roll",
    "count_nonzero",
    "diff",
    "repeat",
)


def along() -> Iterator[Edge]:
    """What runs along one axis and keeps it, sorts or picks."""
    for name, oracle in ALONG.items():
        more = (SECOND[name],) if name in SECOND else ()

        def edge(
            x: Any, name: str = name, oracle: Any = oracle, more: Any = more, **kw: Any
        ) -> Edge:
            return Edge(name, (x, *more), kw, oracle)

        x = f(2, 3, 2)[:, ::-1]
        for axis in (0, -1, -3):
            yield edge(x, axis=axis)
        if name not in NO_NONE:
            yield edge(x, axis=None)
            yield edge(f(), axis=None)
            if name not in ("quantile", "percentile"):  # NumPy fails
                yield edge(f(0), axis=None)
        for axis in (3, -4):
            yield Edge(name, (x, *more), {"axis": axis}, refused=True)
        yield edge(f(1, 3), axis=0)
        if name != "average":  # NumPy's fails
            yield edge(f(2, 0), axis=0)
            yield edge(f(0, 2), axis=1)
        if name != "normalize":
            yield edge(ODD, axis=1)
        if name not in ("quantile", "percentile", "nanquantile", "nanpercentile", "average"):
            yield edge(f(2, 0), axis=1)
        if name in INTEGRAL:
            for large in LARGE.values():
                yield edge(large, axis=1)
    for kwargs in ({"axis": (0, -1)}, {"axis": (2, 1)}):
        yield Edge("softmax", (f(2, 3, 2),), kwargs, _softmax)
        yield Edge("log_softmax", (f(2, 3, 2),), kwargs, _log_softmax)
        yield Edge("flip", (f(2, 3, 2),), kwargs, np.flip)
        yield Edge("count_nonzero", (f(2, 3, 2),), kwargs, np.count_nonzero)
        yield Edge("roll", (f(2, 3, 2), (1, -1)), kwargs, np.roll)
        yield Edge("average", (f(2, 3, 2),), kwargs, np.average)
        yield Edge("quantile", (f(2, 3, 2), 0.3), {**kwargs, "keepdims": True}, np.quantile)
        yield Edge("nanpercentile", (f(2, 3, 2), 30.0), kwargs, np.nanpercentile)


# Elementwise -------------------------------------------------------------------------------

WIDE_INTEGERS = {
    1: ("negative", "absolute", "sign", "square", "bitwise_not", "isfinite", "signbit", "trunc", "round", "conj", "logical_not"),
    2: ("add", "subtract", "multiply", "maximum", "minimum", "fmax", "fmin", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "bitwise_and", "bitwise_or", "bitwise_xor", "floor_divide", "mod", "fmod", "gcd", "logical_and", "divide"),
}  # fmt: skip


def integers() -> Iterator[Edge]:
    """Elementwise operations of large integers: no detour may change them."""
    for x in LARGE.values():
        other = np.array([3, 2, 5], x.dtype)
        turned = x[:, ::-1].copy()
        for name in WIDE_INTEGERS[1]:
            yield Edge(name, (x,), {}, getattr(np, name))
        for name in WIDE_INTEGERS[2]:
            yield Edge(name, (x, other), {}, getattr(np, name))
            if name not in ("floor_divide", "mod", "fmod", "divide", "gcd"):
                yield Edge(name, (x, turned), {}, getattr(np, name))
        yield Edge("clip", (x, 8, 2**24), {}, np.clip)
        yield Edge("where", (x > 9, x, turned), {}, np.where)
        yield Edge("left_shift", (x, other), {}, np.left_shift)
        yield Edge("right_shift", (x, other), {}, np.right_shift)
        yield Edge("isin", (x, x[1]), {}, np.isin)
        yield Edge("take", (x, i(2, -1)), {"axis": 1}, np.take)
        yield Edge("searchsorted", (np.sort(x[1]), x[1]), {}, np.searchsorted)
        yield Edge("top_k", (x, 2), {}, _top_k)
        yield Edge("unique", (x,), {}, np.unique)
        yield Edge("matmul", (x, x.T.copy()), {}, np.matmul)
        yield Edge("dot", (x[0], x[1]), {}, np.dot)
        yield Edge("trace", (x,), {}, lambda x: np.trace(x, dtype=x.dtype))
        yield Edge("tril", (x,), {}, np.tril)
        yield Edge("concatenate", ([x, turned],), {}, np.concatenate)
        yield Edge(
            "segment_sum", (x, i(0, 0), 2), {}, lambda x, *_: np.stack([x[0] + x[1], 0 * x[0]])
        )
        yield Edge("segment_max", (x, i(0, 0), 1), {}, lambda x, *_: np.max(x, 0, keepdims=True))
        yield Edge("segment_min", (x, i(0, 0), 1), {}, lambda x, *_: np.min(x, 0, keepdims=True))
        for how, function in (("add", np.add), ("max", np.maximum), ("min", np.minimum)):
            update = (x, i(0, 2)[None], x[0, :1])
            yield Edge("scatter_update", update, {"reduction": how}, _scattered(function))


def _scattered(function: Callable) -> Callable:
    def run(x: Any, index: Any, values: Any, reduction: str) -> Any:
        x = x.copy()
        x[0, 2] = function(x[0, 2], values[0])
        return x

    return run


def _top_k(x: Any, k: int) -> Any:
    order = np.flip(np.argsort(x[..., ::-1], -1, kind="stable"), -1)
    order = (x.shape[-1] - 1 - order)[..., :k]
    return np.take_along_axis(x, order, -1), order


def broadcasting() -> Iterator[Edge]:
    """Pairs of shapes for all that takes two tensors and joins them."""
    for name, declared in registry.items():
        if declared.params != ("x1", "x2") or not hasattr(np, name) or name in PRODUCTS:
            continue
        if name in ("ldexp", "gcd", "lcm", "bitwise_and"):
            continue
        yield Edge(name, (f(2, 1), f(3)), {}, getattr(np, name))
        yield Edge(name, (f(), f(1, 2)), {}, getattr(np, name))
        yield Edge(name, (f(2, 0), f(1)), {}, getattr(np, name))
        yield Edge(name, (f(2, 3), f(2)), refused=True)
        yield Edge(name, (f(0), f(2)), refused=True)


# Shapes ------------------------------------------------------------------------------------

PRODUCTS = ("matmul", "dot", "inner", "outer", "kron", "vdot")
_SHAPES: tuple[tuple, ...] = (
    ("reshape", f(), (1, 1)), ("reshape", f(0), (2, 0)), ("reshape", f(1), ()),
    ("reshape", f(2, 3), (4, -1)), ("reshape", f(2, 3), (7,)), ("reshape", f(2, 3), (-1, -1)),
    ("ravel", f()), ("ravel", f(2, 0)),
    ("transpose", f()), ("transpose", f(2, 0, 3)), ("transpose", f(2, 0, 3), (-1, 0, 1)),
    ("transpose", f(2, 3), (0, 0)), ("transpose", f(2, 3), (0,)), ("transpose", f(2, 3), (0, 2)),
    ("expand_dims", f(), 0), ("expand_dims", f(2), (0, -1)), ("expand_dims", f(2), 2 + 1), ("expand_dims", f(2), (0, 0)),
    ("squeeze", f()), ("squeeze", f(1, 1)), ("squeeze", f(1, 2, 1), (0, -1)), ("squeeze", f(2, 1), 0), ("squeeze", f(2, 1), 5),
    ("squeeze", f(0, 1)),
    ("moveaxis", f(2, 0, 3), -1, 0), ("moveaxis", f(2, 3), (0, 1), (1, 0)), ("moveaxis", f(2, 3), 0, 2),
    ("moveaxis", f(2, 3), (0, 0), (0, 1)), ("swapaxes", f(2, 0, 3), -1, 0), ("swapaxes", f(2, 3), 0, 2),
    ("broadcast_to", f(), (2, 0)), ("broadcast_to", f(1), (0,)), ("broadcast_to", f(2), (3,)), ("broadcast_to", f(2, 1), (2,)),
    ("tile", f(), 2), ("tile", f(), (2, 1)), ("tile", f(0), 3), ("tile", f(2), 0), ("tile", f(2, 1), (1, 2, 2)),
    ("repeat", f(2, 1), 0), ("repeat", f(2), i(0, 3), 0), ("repeat", f(0, 2), 2, 0), ("repeat", f(2), i(1, 2, 3), 0),
    ("repeat", f(3), [True, False, True], 0), ("repeat", f(3), np.array([True, False, True]), 0), ("repeat", f(3), np.True_),
    ("repeat", f(2), f(2), 0),
    ("pad", f(0), 1), ("pad", f(1), (0, 2)), ("pad", f(), 1), ("pad", f(2, 0), ((1, 1), (0, 0))),
    ("pad", f(1, 1), ((1, 1), (2, 0)), "edge"), ("pad", f(2), ((0, 0), (1, 1))), ("pad", f(2), 0, "reflect"),
    ("roll", f(), 1), ("roll", f(0), 1), ("roll", f(3), 7), ("roll", f(3), -4, 0), ("roll", f(2, 3), (1, 1, 1), (0, 1)),
    ("rot90", f(0, 2)), ("rot90", f(1, 1)), ("rot90", f(2)), ("fliplr", f(2, 0)), ("flipud", f(0)), ("fliplr", f(2)),
    ("concatenate", [f(0), f(2)]), ("concatenate", [f(1, 2), f(0, 2)], -2), ("concatenate", [f(2), f(1, 2)]),
    ("concatenate", [f(1, 2), f(1, 3)]), ("concatenate", [f(), f()]), ("concatenate", []),
    ("stack", [f(), f()]), ("stack", [f(0), f(0)], -1), ("stack", [f(2), f(3)]), ("stack", [f(2)], 2), ("stack", []),
    ("vstack", [f(), f()]), ("hstack", [f(), f()]), ("dstack", [f(), f()]), ("vstack", [f(0, 2), f(2)]),
    ("append", f(), f(2)), ("append", f(0), f(0)),
    ("split", f(0, 2), 2), ("split", f(3), 2), ("split", f(3), [1, 5]), ("split", f(3), [-1]), ("split", f(2, 2), 2, -1),
    ("split", f(2, 2), 2, 2), ("array_split", f(1), 3), ("array_split", f(0), 2), ("split", f(), 1),
    ("meshgrid", f(), f(2)), ("meshgrid", f(0), f(2)),
    ("diag", f(0)), ("diag", f(2, 0)), ("diag", f(1), 2), ("diag", f(2, 3), 3), ("diag", f()), ("diag", f(1, 2, 3)),
    ("diagonal", f(2, 0)), ("diagonal", f(1, 2, 3), 0, -1, 0), ("diagonal", f(2, 2), -2), ("diagonal", f(2)),
    ("diagonal", f(2, 2), 0, 0, 0), ("diagonal", f(2, 2), 0, 0, 2),
    ("diagflat", f()), ("diagflat", f(0)), ("trace", f(0, 2)), ("trace", f(1, 1)), ("trace", f(2)), ("trace", f(2, 2), 5),
    ("tril", f(0, 2)), ("triu", f(1, 1)), ("tril", f(2, 3), -5), ("triu", f(2, 3), 5), ("triu", f(2, 0, 2)),
    ("vander", f(0)), ("vander", f(2), 0), ("vander", f(2, 2)), ("vander", f(1)),
    ("take", f(3), i()), ("take", f(2, 3), i(-1, -2), 0), ("take", f(2, 3), i(0), -1), ("take", f(2, 3), i(1), 2),
    ("take_along_axis", f(0, 2), np.zeros((0, 2), "int32"), 0), ("take_along_axis", f(2, 3), np.zeros((2, 1), "int32"), -1),
    ("take_along_axis", f(2, 3), np.zeros((2, 1), "int32"), 2), ("take_along_axis", f(2, 3), i(0), 1),
    ("where", np.array(True), f(2), f()), ("where", np.zeros((0,), bool), f(), f(1)), ("where", np.array([True, False]), f(2, 3), f()),
    ("unique", f(0)), ("unique", f()), ("unique", ODD[:1]), ("nonzero", f(0)), ("nonzero", f(2, 0)),
    ("searchsorted", f(0), f(2)), ("searchsorted", f(3), f()), ("searchsorted", f(3), f(0)), ("searchsorted", f(3), ODD[0]), ("searchsorted", f(2, 2), f(1)),
    ("digitize", f(2), f(0)), ("digitize", f(), f(3)), ("digitize", ODD, f(3)),
    ("bincount", i()), ("bincount", i(0)),
    ("histogram", f(1)), ("histogram", f(3), 1), ("histogram", f(3), 0), ("histogram", f(3), 2, (5.0, 1.0)),
    ("isin", f(0), f(2)), ("isin", f(2), f(0)), ("isin", f(), f()), ("isin", ODD, f(2)),
    ("isclose", ODD, ODD), ("allclose", f(0), f(0)), ("array_equal", f(2), f(3)), ("array_equal", ODD, ODD), ("array_equal", f(0), f(0)),
    ("cross", f(0, 3), f(3)), ("cross", f(2), f(3, 1)), ("cross", f(4), f(4)), ("convolve", f(1), f(1)),
    ("correlate", f(1), f(1)), ("correlate", f(0), f(2)), ("interp", f(), f(2), f(2)),
    ("matmul", f(0, 2), f(2, 0)), ("matmul", f(2, 0), f(0)), ("matmul", f(0), f(0)), ("matmul", f(), f(2)), ("matmul", f(1, 1), f(3, 1, 2)),
    ("matmul", f(2, 3), f(2, 3)), ("matmul", f(2, 1, 2), f(3, 2, 1)), ("matmul", ODD, ODD.T.copy()),
    ("dot", f(), f()), ("dot", f(0), f(0)), ("dot", f(2, 0), f(0, 3)), ("dot", f(2), f(3)), ("dot", f(), f(2, 2)),
    ("inner", f(), f()), ("inner", f(0), f(0)), ("inner", f(2, 0), f(0)), ("inner", f(2), f(3)),
    ("outer", f(), f()), ("outer", f(0), f(2)), ("kron", f(), f(2)), ("kron", f(0), f(2)), ("kron", f(1, 1), f(2)),
    ("vdot", f(), f()), ("vdot", f(0), f(0)), ("vdot", f(2), f(3)),
    ("tensordot", f(2, 0), f(0, 3), 1), ("tensordot", f(), f(2), 0), ("tensordot", f(2, 3), f(2, 3), 1), ("tensordot", f(2, 3), f(3, 2), [[-1], [0]]),
    ("tensordot", f(2, 3), f(3, 2), [[2], [0]]),
    ("einsum", "ij,j", f(0, 2), f(2)), ("einsum", "i,i", f(0), f(0)), ("einsum", "...,...", f(), f(2)), ("einsum", "ij,jk", f(2, 3), f(2, 3)),
    ("einsum", "ij->ij", f(2)), ("einsum", "i->ij", f(2)), ("einsum", "ii", f(1, 1)),
    ("linspace", 0.0, 1.0, 0), ("linspace", 0.0, 1.0, 1), ("linspace", 0.0, 1.0, -1), ("linspace", f(0), 1.0, 2), ("logspace", 0.0, 1.0, 0),
    ("geomspace", 1.0, 2.0, 1), ("arange", 0), ("arange", 3, 1), ("arange", 1, 3, -1), ("arange", 0, 1, 0),
    ("eye", 0), ("eye", 1, 3, 5), ("eye", 2, 2, -5), ("eye", -1), ("tri", 0), ("tri", 2, 2, -5), ("zeros", (2, 0)), ("full", (), 1.0), ("full", (0,), f(1)), ("full", (2,), f(3)),
    ("identity", 0), ("bartlett", 0), ("hanning", 1), ("kaiser", 1, 2.0),
    ("fmod", f(3, start=1), f32([np.inf, -np.inf, 1])), ("unravel_index", i(), (2, 3)), ("unravel_index", np.array(5, "int32"), (2, 3)),
    ("sort", ODD[0]), ("round", ODD, 2), ("clip", ODD, -1.0, 1.0), ("clip", f(0), 0.0, 1.0), ("clip", f(2), 1.0, 0.0),
    ("trapezoid", f(1)), ("trapezoid", f(0)), ("diff", f(1)), ("diff", f(2), 3), ("diff", f(2), -1), ("diff", f()),
)  # fmt: skip


def shapes() -> Iterator[Edge]:
    """Rank 0, empty and single elements in whatever changes, makes or joins shapes."""
    for name, *args in _SHAPES:
        oracle = getattr(np, name)
        if name in ("vstack", "hstack", "dstack", "stack", "concatenate"):
            args[0] = list(args[0])
        if hasattr(ops, name):
            yield Edge(name, tuple(args), {}, oracle)


# Linear algebra, signals, segments, images, networks ------------------------------------------

SQUARE = np.array([[4, 1], [1, 3]], "float32")
NAN2 = np.array([[np.nan, 1], [1, 3]], "float32")


def _solve(a: Any, b: Any) -> Any:
    return (
        np.linalg.solve(a, b[..., None])[..., 0] if b.ndim == a.ndim - 1 else np.linalg.solve(a, b)
    )


def matrices() -> Iterator[Edge]:
    """Matrices without rows, of one element, singular, and what is none."""
    for name in ("det", "inv", "slogdet", "cholesky"):
        oracle = getattr(np.linalg, name)
        full = oracle if name != "slogdet" else lambda x: tuple(np.linalg.slogdet(x))
        for x in (
            SQUARE,
            SQUARE[:1, :1],
            f(0, 0),
            np.zeros((2, 0, 0), "float32"),
            np.zeros((0, 2, 2), "float32"),
        ):
            yield Edge(name, (x,), {}, full)
        for x in (f(2), f(), f(2, 3)):
            yield Edge(name, (x,), refused=True)
    yield Edge("det", (np.ones((2, 2), "float32"),), {}, np.linalg.det)
    yield Edge("det", (NAN2,), {}, np.linalg.det)
    for x in (
        np.zeros((2, 2)),
        [[-1e-30, 0], [0, 1e-30]],
        [[[1e30, 1], [0, 1e30]]],
        np.eye(3) * 1e30,
    ):
        yield Edge("slogdet", (f32(x),), {}, lambda x: tuple(np.linalg.slogdet(x)))
    yield Edge("solve", (SQUARE, f(2, 0)), {}, np.linalg.solve)
    yield Edge(
        "solve",
        (np.zeros((0, 2, 2), "float32"), np.zeros((0, 2, 1), "float32")),
        {},
        np.linalg.solve,
    )
    yield Edge("solve", (f(0, 0), f(0)), {}, _solve)
    yield Edge("solve", (SQUARE, f(3)), refused=True)
    yield Edge("solve", (f(2, 3), f(2)), refused=True)
    yield Edge("solve", (f(), f(2)), refused=True)
    yield Edge("solve_triangular", (SQUARE, f(2, 0)), {"lower": True}, lambda a, b, lower: b)
    yield Edge("solve_triangular", (f(2, 3), f(2)), refused=True)
    for x in (f(0, 2), f(2, 0), f(0, 2, 2), f(1, 1)):
        yield Edge(
            "svd",
            (x,),
            {"compute_uv": False},
            lambda x, compute_uv: np.linalg.svd(x, compute_uv=False),
        )
        yield Edge("pinv", (x,), {}, np.linalg.pinv)
        yield Edge(
            "matrix_rank",
            (x,),
            {},
            lambda x: np.linalg.matrix_rank(x) if x.size else np.zeros(x.shape[:-2]),
        )
    for name in ("svd", "qr", "pinv", "lu_factor"):
        yield Edge(name, (f(2),), refused=True)
    yield Edge("qr", (f(0, 2),), {}, lambda x: tuple(np.linalg.qr(x)))
    yield Edge("qr", (f(2, 0),), {}, lambda x: tuple(np.linalg.qr(x)))
    yield Edge("eigh", (f(0, 0),), {}, lambda x: tuple(np.linalg.eigh(x)))
    yield Edge("eigh", (SQUARE[:1, :1],), {}, lambda x: tuple(np.linalg.eigh(x)))
    yield Edge("eigh", (f(2, 3),), refused=True)
    yield Edge("eig", (f(2, 3),), refused=True)
    yield Edge("lstsq", (SQUARE, f(2, 0)), {}, lambda a, b: np.linalg.lstsq(a, b)[0])
    yield Edge("norm", (f(),), {}, np.linalg.norm)
    yield Edge("norm", (f(0),), {}, np.linalg.norm)
    yield Edge("norm", (f(0),), {"ord": 1}, np.linalg.norm)
    yield Edge("norm", (f(0),), {"ord": np.inf}, np.linalg.norm)
    yield Edge("norm", (f(2, 0),), {"axis": 1}, np.linalg.norm)
    yield Edge("norm", (f(2, 0),), {"axis": (0, 1), "keepdims": True}, np.linalg.norm)
    yield Edge("norm", (ODD,), {"axis": 1}, np.linalg.norm)
    yield Edge("norm", (ODD,), {"axis": 1, "ord": -np.inf}, np.linalg.norm)
    for axis in (2, -3, (0, 2), (1, 1)):
        yield Edge("norm", (f(2, 3),), {"axis": axis}, refused=True)


def _pair(function: Callable) -> Callable:
    def run(x: Any, *args: Any) -> Any:
        if isinstance(x, (tuple, list)):
            x, (real, imaginary) = np.zeros(x[0].shape, complex), x
            x.real, x.imag = real, imaginary  # 1j * inf would be NaN
        z = function(x, *args)
        return (z.real, z.imag) if np.iscomplexobj(z) else z

    return run


def signals() -> Iterator[Edge]:
    """Transforms of one sample, of no rows, of nothing."""
    for name in ("fft", "ifft2", "fft2", "irfft"):
        oracle = _pair(getattr(np.fft, name))
        for shape in ((1, 2), (0, 2)) if name in ("fft", "irfft") else ((1, 1), (0, 2, 2)):
            yield Edge(name, ((f(*shape), f(*shape)),), {}, oracle)
        yield Edge(name, ((f(), f()),), refused=True)
        yield Edge(name, ((f(2, 2), f(2, 3)),), refused=True)
    yield Edge("fft", ((f(1), f(1)),), {}, _pair(np.fft.fft))
    yield Edge("fft", ((f(0), f(0)),), refused=True)
    yield Edge("fft2", ((f(2), f(2)),), refused=True)
    yield Edge("rfft", (f(1),), {}, _pair(np.fft.rfft))
    yield Edge("rfft", (f(0, 3),), {}, _pair(np.fft.rfft))
    yield Edge("rfft", (f(3), 1), {}, _pair(np.fft.rfft))
    yield Edge("rfft", (f(3), 0), refused=True)
    yield Edge("rfft", (f(),), refused=True)
    yield Edge("irfft", ((f(3), f(3)), 1), {}, _pair(np.fft.irfft))
    yield Edge("extract_sequences", (f(0, 5), 3, 2), {}, lambda x, *_: np.zeros((0, 2, 3)))
    yield Edge("extract_sequences", (f(3), 3, 1), {}, lambda x, *_: x[None])
    yield Edge("extract_sequences", (f(), 1, 1), refused=True)
    yield Edge("stft", (f(0, 9), 4, 2, 4), {}, lambda *_: (np.zeros((0, 5, 3)),) * 2)
    yield Edge("stft", (f(9), 4, 2, 3), refused=True)
    for name, start in (("sum", 0), ("prod", 1), ("max", -np.inf), ("min", np.inf)):

        def nothing(x: Any, ids: Any, n: int, start: float = start) -> Any:
            return np.full((n, *x.shape[1:]), start)

        yield Edge(f"segment_{name}", (f(0), i(), 2), {}, nothing)
        yield Edge(f"segment_{name}", (f(0, 3), i(), 1), {}, nothing)
        yield Edge(f"segment_{name}", (f(2, 0), i(0, 1), 3), {}, nothing)
        yield Edge(f"segment_{name}", (f(2), i(5, -1), 2), {}, nothing)
        yield Edge(f"segment_{name}", (ODD[:, 0], i(0, 1, 1, 0), 2), {}, None)
        yield Edge(f"segment_{name}", (f(3), i(0, 1), 2), refused=True)
    yield Edge("top_k", (f(0, 3), 2), {}, _top_k)
    yield Edge("top_k", (f(2, 3), 0), {}, _top_k)
    yield Edge("top_k", (f(3), 3), {}, _top_k)
    yield Edge("top_k", (f(2, 3), 4), refused=True)
    yield Edge("top_k", (f(), 1), refused=True)
    yield Edge("in_top_k", (i(), f(0, 3), 1), {}, lambda *_: np.zeros((0,), bool))
    yield Edge("one_hot", (i(), 3), {}, lambda *_: np.zeros((0, 3)))
    yield Edge("one_hot", (np.array(1, "int32"), 3), {}, lambda *_: np.eye(3)[1])
    yield Edge("one_hot", (i(0, 2), 3, 2), refused=True)
    yield Edge("multi_hot", (np.zeros((2, 0), "int32"), 3), {}, lambda *_: np.zeros((2, 3)))
    yield Edge("scatter", (np.zeros((0, 1), "int32"), f(0), (3,)), {}, lambda *_: np.zeros(3))
    yield Edge("scatter_update", (f(3), np.zeros((0, 1), "int32"), f(0)), {}, lambda x, *_: x)
    yield Edge("slice", (f(3), (1,), (0,)), {}, lambda *_: f(0))
    yield Edge("slice", (f(3), (1,), (4,)), refused=True)
    yield Edge("slice", (f(), (), ()), {}, lambda x, *_: x)
    yield Edge("slice", (f(3), (1, 1), (1, 1)), refused=True)
    yield Edge("slice_update", (f(3), (0,), f(0)), {}, lambda x, *_: x)
    yield Edge("slice_update", (f(2), (0,), f(3)), refused=True)
    yield Edge("cdist", (f(0, 2), f(3, 2)), {}, lambda *_: np.zeros((0, 3)))
    yield Edge("cdist", (f(2, 2), f(3, 3)), refused=True)
    yield Edge("unstack", (f(0, 2),), {}, lambda x: [])
    yield Edge("unstack", (f(),), refused=True)


def networks() -> Iterator[Edge]:
    """Layers' operations on no images, on single pixels, on what has the wrong rank."""
    for x in (f(0, 4, 4, 2), f(1, 1, 1, 2)):
        out = (len(x), *x.shape[1:3])
        yield Edge("conv", (x, f(1, 1, 2, 3)), {}, lambda x, k: x @ k[0, 0])
        yield Edge("depthwise_conv", (x, f(1, 1, 2, 1)), {}, lambda x, k: x * k[0, 0, :, 0])
        yield Edge("conv_transpose", (x, f(1, 1, 3, 2), 1), {}, lambda x, k, s: x @ k[0, 0].T)
        yield Edge("max_pool", (x, 1), {}, lambda x, n: x)
        yield Edge("average_pool", (x, 1), {}, lambda x, n: x)
        yield Edge("adaptive_average_pool", (x, 1), {}, lambda x, n: x.mean((1, 2), keepdims=True))
        yield Edge("image.rgb_to_grayscale", (f(*out, 3),), {}, None)
        yield Edge(
            "image.resize",
            (x, (2, 3)),
            {},
            lambda x, s: np.broadcast_to(x[:, :1, :1], (len(x), 2, 3, 2)),
        )
        yield Edge(
            "image.resize",
            (x, (2, 3), "nearest"),
            {},
            lambda x, *s: np.broadcast_to(x[:, :1, :1], (len(x), 2, 3, 2)),
        )
        yield Edge(
            "image.affine_transform",
            (x, f32([[1, 0, 0, 0, 1, 0, 0, 0]] * len(x)).reshape(len(x), 8)),
            {},
            lambda x, t: x,
        )
        yield Edge("image.extract_patches", (x, 1), {}, lambda x, n: x)
        yield Edge("image.gaussian_blur", (x, (1, 1), (1.0, 1.0)), {}, lambda x, *_: x)
        yield Edge(
            "image.pad_images",
            (x, 0, 0, 1, 1),
            {},
            lambda x, *_: np.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0))),
        )
        yield Edge("image.crop_images", (x, 0, 0, 0, 0), {}, lambda x, *_: x)
    yield Edge("depthwise_conv", (f(0, 5, 4, 2), f(3, 2, 2, 2)), {}, lambda x, k: f(0, 3, 3, 4))
    yield Edge("conv", (f(2, 3), f(1, 1, 3, 1)), refused=True)
    yield Edge("conv", (f(1, 3, 3, 2), f(1, 1, 3, 1)), refused=True)
    yield Edge("max_pool", (f(2, 3), 2), refused=True)
    yield Edge("image.resize", (f(2, 3), (2, 2)), refused=True)
    yield Edge("image.rgb_to_grayscale", (f(2, 2),), refused=True)
    yield Edge("image.map_coordinates", (f(2, 3), f(2, 0), 1), {}, lambda *_: np.zeros(0))
    yield Edge("image.map_coordinates", (f(3), f32([[0, 2]]), 0), {}, lambda x, *_: x[[0, 2]])
    yield Edge("softmax", (f(),), {}, lambda x: np.ones(()))
    yield Edge("softmax", (f(), None), {}, lambda x, axis: np.ones(()))
    yield Edge("log_softmax", (f(), None), {}, lambda x, axis: np.zeros(()))
    yield Edge("max_pool", (f(1, 3, 3, 1), 2), {"padding": "other"}, refused=True)
    yield Edge("average_pool", (f(1, 3, 3, 1), 2), {"padding": "other"}, refused=True)
    yield Edge("conv", (f(1, 3, 1), f(2, 1, 1)), {"padding": "other"}, refused=True)
    yield Edge("conv_transpose", (f(1, 3, 1), f(2, 1, 1)), {"padding": "other"}, refused=True)
    yield Edge(
        "image.scale_and_translate",
        (f(2, 4, 4), (3, 4, 4), f(1, 1), f(1, 1), (1, 2), "linear"),
        refused=True,
    )
    for name in (
        "relu",
        "gelu",
        "elu",
        "selu",
        "silu",
        "sigmoid",
        "softplus",
        "relu6",
        "leaky_relu",
        "hard_tanh",
        "hard_sigmoid",
        "softsign",
        "celu",
        "log_sigmoid",
        "sparse_plus",
        "tanh_shrink",
        "threshold",
        "hard_silu",
        "sparse_sigmoid",
    ):
        more = (0.5, 1.0) if name == "threshold" else ()
        yield Edge(name, (ODD[0], *more), {}, None)
    odd = f32([-np.inf, -3e38, -1e5, 0, 3e38, np.inf, np.nan])  # Keras squares, out of range
    half = np.array([-300, -20, 300, 60000], "float16")
    yield Edge("squareplus", (half,), {}, lambda x: (x + np.sqrt(x * x + 4)) / 2, tol=1e-3)
    yield Edge("squareplus", (odd,), {}, lambda x: f32([0, 0, 1e-5, 1, 3e38, np.inf, np.nan]))
    yield Edge("moments", (f(2, 3), ()), {}, lambda x, a: (x, 0 * x))
    yield Edge(
        "moments",
        (f(2, 3), (0, -1)),
        {"keepdims": True},
        lambda x, a, keepdims: (x.mean(keepdims=True), x.var(keepdims=True)),
    )
    yield Edge("moments", (f(2, 3), (2,)), refused=True)
    yield Edge("layer_normalization", (f(0, 3),), {}, lambda x: x)
    yield Edge("layer_normalization", (f(2, 1),), {}, lambda x: 0 * x)
    yield Edge("rms_normalization", (f(0, 3),), {}, lambda x: x)
    yield Edge("normalize", (np.zeros((2, 3), "float32"),), {}, lambda x: x)
    yield Edge("batch_normalization", (f(0, 3), f(3), f(3, start=1), -1), {}, lambda x, *_: x)
    yield Edge("batch_normalization", (f(2, 3), f(2), f(2), -1), refused=True)
    yield Edge("dot_product_attention", (f(0, 2, 1, 4),) * 3, {}, lambda q, k, v: q)
    yield Edge("dot_product_attention", (f(1, 1, 1, 4),) * 3, {}, lambda q, k, v: v)
    yield Edge("dot_product_attention", (f(2, 3),) * 3, refused=True)
    yield Edge("binary_crossentropy", (f(0), f(0)), {}, lambda t, o: t)
    yield Edge("binary_crossentropy", (f32([0, 1, 0, 1]), f32([0, 1, 1, 0])), {}, None)
    yield Edge("categorical_crossentropy", (f(0, 3), f(0, 3)), {}, lambda t, o: np.zeros(0))
    yield Edge("categorical_crossentropy", (f32([[0, 1]]), f32([[1, 0]])), {}, None)
    yield Edge("sparse_categorical_crossentropy", (i(), f(0, 3)), {}, lambda t, o: np.zeros(0))
    yield Edge("sparse_categorical_crossentropy", (i(0), f(2, 3)), refused=True)
    yield Edge("psnr", (f(2), f(2), 1.0), {}, None)


_AFFINE = f32([0.9, 0.1, 0.4, -0.1, 1.1, 0.3, 0, 0])
_CORNERS = f32([[0, 0], [0, 4], [5, 0], [5, 4]])


def images() -> Iterator[Edge]:
    """Images that are none, of one pixel, without pixels, and of too many axes or too few."""
    calls: dict[str, tuple] = {
        **{f"image.resize {kind}": ((3, 4), kind) for kind in ("nearest", "bilinear", "bicubic")},
        "image.resize lanczos3": ((3, 4), "lanczos3", True),
        "image.affine_transform": (_AFFINE,),
        "image.affine_transform nearest": (_AFFINE, "nearest", "reflect"),
        "image.perspective_transform": (_CORNERS, _CORNERS),
        "image.gaussian_blur": (),
        "image.sobel_edges": (),
        "image.rgb_to_grayscale": (),
        "image.rgb_to_hsv": (),
        "image.hsv_to_rgb": (),
        "image.extract_patches": (1,),
        "image.pad_images": (1, 1, 1, 1),
        "image.crop_images": (0, 0, 0, 0),
    }
    looked_up = ("resize", "affine", "perspective", "blur", "sobel")
    for call, args in calls.items():
        name = call.split()[0]
        for x in (f(), f(3), f(4, 3), f(1, 2, 4, 4, 3)):
            yield Edge(name, (x, *args), refused=True)
        if any(part in name for part in looked_up):
            for x in (f(2, 0, 5, 3), f(2, 6, 0, 3), f(2, 6, 5, 0), f(0, 5, 3)):
                yield Edge(name, (x, *args), refused=True)
        sizes = {"resize": (3, 4), "pad": (7, 6)}
        height, width = next((n for part, n in sizes.items() if part in name), (5, 4))
        tail = (1,) if "gray" in name else (3, 2) if "sobel" in name else (3,)

        def none(x: Any, *_: Any, shape: tuple = (0, height, width, *tail)) -> Any:
            return np.zeros(shape)

        yield Edge(name, (f(0, 5, 4, 3), *args), {}, none)
        if "sobel" in name:  # nothing is mirrored about a single pixel
            continue
        blurred = (lambda x: x / (1 + 2 * np.exp(-0.5)) ** 2) if "blur" in name else None
        yield Edge(name, (f(1, 1, 3, start=0.25), *args), {}, blurred)
    for x in (f(2, 0, 5, 3), f(2, 2, 5, 3), f(5, 5)):
        yield Edge("image.ssim", (x, x, 1.0, 3), refused=True)
    yield Edge("image.ssim", (f(1, 3, 3, 1), f(1, 3, 3, 1), 1.0, 3), {}, lambda *_: np.ones(1))
    yield Edge("image.map_coordinates", (f(0, 3), f(2, 2), 1), refused=True)
    yield Edge("image.map_coordinates", (f(2, 3), f(3, 2), 1), refused=True)
    yield Edge("image.map_coordinates", (f(2, 3), f(2, 2), 3), refused=True)
    yield Edge("image.map_coordinates", (f(2, 3), f(2, 2), 1, "other"), refused=True)
    yield Edge("image.map_coordinates", (ODD, f32([[0, 1], [0, 1]]), 1), {}, None)
    yield Edge("image.resize", (f(2, 2, 3), (0, 4)), refused=True)
    yield Edge("image.resize", (f(2, 2, 3), (2.5, 4)), refused=True)
    yield Edge("image.resize", (f(2, 2, 3), 4), refused=True)
    yield Edge("image.resize", (f(2, 2, 3), (4, 4), "other"), refused=True)
    yield Edge("image.affine_transform", (f(2, 2, 3), f(7)), refused=True)
    yield Edge("image.affine_transform", (f(2, 2, 3), _AFFINE, "other"), refused=True)
    yield Edge("image.affine_transform", (f(2, 2, 3), _AFFINE, "nearest", "other"), refused=True)
    yield Edge("image.perspective_transform", (f(2, 2, 3), _CORNERS[:3], _CORNERS), refused=True)
    yield Edge("image.gaussian_blur", (f(4, 4, 3), (0, 3)), refused=True)
    yield Edge("image.gaussian_blur", (f(4, 4, 3), (3, 3), (0.0, 1.0)), refused=True)
    yield Edge("image.crop_images", (f(4, 4, 3), 3, 0, 2, 0), refused=True)
    yield Edge("image.crop_images", (f(4, 4, 3), -1, 0, 0, 0), refused=True)
    yield Edge("image.pad_images", (f(4, 4, 3), -1, 0, 0, 0), refused=True)
    yield Edge("image.extract_patches", (f(1, 4, 4, 3), 0), refused=True)
    yield Edge("image.rgb_to_hsv", (f(2, 2, 2),), refused=True)


FAMILIES = {
    "reductions": reductions, "along": along, "integers": integers, "broadcasting": broadcasting,
    "shapes": shapes, "matrices": matrices, "signals": signals, "networks": networks,
    "images": images,
}  # fmt: skip
