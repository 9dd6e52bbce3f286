"""Rows of the operations' tables: which operation, with what, against which oracle."""

from __future__ import annotations

import dataclasses
import functools
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.backends.variable import host_dtype
from keras_core.core import dtypes


@dataclasses.dataclass(frozen=True)
class arr:
    """A placeholder for a random array; `dtype=None`: each of the case's dtypes in turn.

    Floats are uniform in [low, high), integers too (unsigned ones from 0 on), bools are coin
    tosses, and complex numbers have both parts uniform.
    """

    shape: tuple[int, ...] = ()
    dtype: str | None = None
    low: float = -2
    high: float = 2

    def draw(self, dtype: str, rng: np.random.Generator) -> np.ndarray:
        """The array."""
        native = host_dtype(dtype)
        if dtype == "bool":
            return np.asarray(rng.integers(0, 2, self.shape), native)
        if dtype in dtypes.INTS:
            low = int(max(self.low, 0) if dtype.startswith("u") else self.low)
            return np.asarray(rng.integers(low, max(int(self.high), low + 1), self.shape), native)
        x = rng.uniform(self.low, self.high, self.shape)
        if dtype in dtypes.COMPLEX:
            x = x + 1j * rng.uniform(self.low, self.high, self.shape)
        return np.asarray(x, native)


@dataclasses.dataclass(frozen=True)
class OpCase:
    """One row.

    Args:
        op: the operation's name in `keras_core.ops`, "linalg.norm" for one of a namespace.
        args: positional arguments; `arr` and NumPy arrays become tensors, also inside of lists,
            tuples and dicts; the rest is passed as it is.
        kwargs: keyword arguments, likewise.
        oracle: a NumPy or SciPy function of the same arguments (float inputs come as float64,
            16-bit ones as float32 of what they hold); None: Keras's operation.
        dtypes: what `arr`s without a dtype take in turn. A tuple among them gives one to each
            of these `arr`s in order.
        grad: whether gradients are right (checked for float32 and float64).
        tol: relative and absolute tolerance at float32 and float64.
        gaps: reasons by "backend", "backend/check" or "backend/check/dtype" ("*" for any): known
            failures, strict for values. The checks: value, dtype, symbolic, gradient, reference,
            inputs, traced, compiled.
        dtype: the expected dtype of the result where it is deliberately not Keras's: a name, or
            a function of the case's dtype.
        dynamic: whether the first tensor's leading size may be unknown.
        sized: whether the shapes of the arguments tell the shape of the result.
        name: shown in the test's id when the arguments would not tell.
    """

    op: str
    args: tuple = ()
    kwargs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    oracle: Callable | None = None
    dtypes: tuple = ("float32",)
    grad: bool = True
    tol: float = 1e-5
    gaps: Mapping[str, str] = dataclasses.field(default_factory=dict)
    dtype: str | Callable[[Any], str] | None = None
    dynamic: bool = True
    sized: bool = True
    name: str = ""

    def gap(self, backend_name: str, check: str, dtype: Any) -> str | None:
        """Why this check fails on a backend, None if it must pass."""
        for key, reason in self.gaps.items():
            parts = key.split("/")
            if all(
                p in ("*", q)
                for p, q in zip(parts, (backend_name, check, str(dtype)), strict=False)
            ):
                return reason
        return None

    def function(self, namespace: Any) -> Callable:
        """The operation in a namespace: ours or Keras's `ops`."""
        return functools.reduce(getattr, self.op.split("."), namespace)

    def draw(self, dtype: Any) -> tuple[list, dict]:
        """Arguments with every placeholder drawn: NumPy arrays and static values.

        Arrays that the row itself has are narrow where the backend has no wide types.
        """
        rng = np.random.default_rng(zlib.crc32(f"{self.op}{self.name}{dtype}".encode()))
        each: Iterator[str] | None = iter(dtype) if isinstance(dtype, tuple) else None

        def concrete(x: Any) -> Any:
            if isinstance(x, arr):
                name = x.dtype or (next(each) if each is not None else dtype)
                return x.draw(name, rng)
            narrow = x.astype(host_dtype(dtypes.canonical(dtypes.standardize(x.dtype))))
            return x if x.dtype.kind in "iu" and not np.array_equal(narrow, x) else narrow

        kinds = (arr, np.ndarray)
        return map_arrays(concrete, list(self.args), kinds), map_arrays(
            concrete, dict(self.kwargs), kinds
        )


def map_arrays(function: Callable, value: Any, kind: Any = np.ndarray) -> Any:
    """`function` of every instance of `kind` in lists, tuples and dicts."""
    if isinstance(value, kind):
        return function(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map_arrays(function, x, kind) for x in value)
    if isinstance(value, dict):
        return {k: map_arrays(function, x, kind) for k, x in value.items()}
    return value


def native(value: Any) -> Any:
    """Every NumPy array in a structure as a native tensor of its own dtype."""
    return map_arrays(
        lambda x: backend.arrays.convert_to_tensor(x, dtypes.standardize(x.dtype)), value
    )


def exact(value: Any) -> Any:
    """Arguments for a NumPy oracle: floats in float64, so that it is the more exact one."""

    def widen(x: np.ndarray) -> np.ndarray:
        if x.dtype.name in ("bfloat16", "float16", "float32") or x.dtype.name.startswith("float8"):
            return x.astype(np.float64)
        return x.astype(np.complex128) if x.dtype == np.complex64 else x

    return map_arrays(widen, value)


def leaves(value: Any) -> list:
    """The tensors of a result."""
    if isinstance(value, (list, tuple)):
        return [leaf for x in value for leaf in leaves(x)]
    if isinstance(value, dict):
        return [leaf for x in value.values() for leaf in leaves(x)]
    return [value]
