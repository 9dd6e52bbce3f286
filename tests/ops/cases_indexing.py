"""Picking and placing elements."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, arr

MIXED = ("float32", "int32", "bool", "bfloat16")
I2 = np.array([[1, 0], [-1, 1]], "int32")
PLACES = np.array([[0], [2], [0]], "int32")
PAIRS = np.array([[0, 1], [2, 0], [-1, 2]], "int32")


def _scatter(indices, values, shape):
    out = np.zeros(shape, values.dtype)
    np.add.at(out, tuple(np.moveaxis(indices, -1, 0)), values)
    return out


def _key(x, key):
    return x[key]


NO_GRADIENT = {"jax/gradient": "JAX has none for several factors at one place"}

CASES = [
    OpCase("take", (arr((3, 4)), I2), {"axis": 0}, dtypes=MIXED, oracle=np.take),
    OpCase("take", (arr((3, 4)), I2), {"axis": -1}, oracle=np.take),
    OpCase("take", (arr((3, 4)), I2), oracle=np.take),
    OpCase("take", (arr((3, 4)), 1), {"axis": 1}, oracle=np.take),
    OpCase("take", (arr((3, 4)), np.array([0, 2], "uint8")), {"axis": 0}, oracle=np.take),
    OpCase("take_along_axis", (arr((2, 3)), np.array([[2, 0], [-1, 1]], "int32")), {"axis": 1},
           oracle=np.take_along_axis, dtypes=MIXED),
    OpCase("take_along_axis", (arr((3, 2)), np.array([[2, 0]], "int32")), {"axis": 0},
           oracle=np.take_along_axis),
    OpCase("take_along_axis", (arr((2, 3, 2)), np.array([[[2], [0]]], "int32")), {"axis": 1},
           oracle=np.take_along_axis),
    OpCase("take_along_axis", (arr((2, 3)), np.array([5, 0], "int32")),
           oracle=lambda x, i: np.take_along_axis(x, i, None)),
    *[
        OpCase("get_item", (arr((3, 4, 5)), key), oracle=_key, name=name, dtypes=dtypes)
        for name, key, dtypes in [
            ("int", 1, MIXED),
            ("negative", (slice(None), -1), ("float32",)),
            ("slice", slice(1, None), ("float32",)),
            ("steps", (slice(None), slice(None, None, 2), slice(1, -1)), ("float32",)),
            ("reverse", (slice(None), slice(None, None, -1)), ("float32",)),
            ("reverse2", (slice(None), slice(2, 0, -1), slice(4, None, -2)), ("float32",)),
            ("ellipsis", (..., 0), ("float32",)),
            ("none", (slice(None), None, ..., None), ("float32",)),
            ("array", np.array([2, 0], "int32"), ("float32", "bool")),
            ("array2", (slice(None), np.array([2, 0], "int32")), ("float32",)),
            ("arrays", (np.array([[2], [0]], "int32"), np.array([1, 3], "int32")), ("float32",)),
            ("apart", (np.array([2, 0], "int32"), slice(None), np.array([1, -1], "int32")),
             ("float32",)),
            ("mixed", (slice(None), np.array([1, 0], "int32"), 2), ("float32",)),
            ("mixed2", (0, slice(None), np.array([1, 0], "int32")), ("float32",)),
            ("newaxis", (None, slice(None), np.array([1, 0], "int32")), ("float32",)),
        ]
    ],
    OpCase("get_item", (arr((3, 4)), (slice(None), np.array([0, 3, 1]))), oracle=_key, name="list"),
    OpCase("slice", (arr((3, 4)), (1, 0), (2, 3)), dtypes=MIXED,
           oracle=lambda x, a, n: x[1:3, 0:3], dynamic=False),
    OpCase("slice", (arr((3, 4)), np.array([1, 2], "int32"), (1, 2)),
           oracle=lambda x, a, n: x[1:2, 2:4], dynamic=False),
    OpCase("slice", (arr((3, 4)), (2, 3), (2, 3)), oracle=lambda x, a, n: x[1:3, 1:4],
           dynamic=False, name="clamped"),
    OpCase("slice", (arr((3, 4)), (-2, -9), (1, 2)), oracle=lambda x, a, n: x[1:2, 0:2],
           dynamic=False, name="from the end"),
    OpCase("slice", (arr((3, 4)), np.array([-1, -3], "int32"), (1, -1 + 3)),
           oracle=lambda x, a, n: x[2:, 1:3], dynamic=False, name="from the end, computed"),
    OpCase("slice_update", (arr((3, 4)), (1, 2), arr((2, 2))), dtypes=("float32", "int32"),
           dynamic=False),
    OpCase("slice_update", (arr((3, 4)), np.array([0, 1], "int32"), arr((1, 2))), dynamic=False),
    OpCase("scatter", (PLACES, arr((3,)), (4,)), oracle=_scatter, dtypes=("float32", "int32"),
           dynamic=False),
    OpCase("scatter", (PLACES, arr((3, 2)), (4, 2)), oracle=_scatter, dynamic=False),
    OpCase("scatter", (PAIRS, arr((3,)), (3, 3)), oracle=_scatter, dynamic=False),
    OpCase("scatter", (PAIRS[None], arr((1, 3, 2)), (3, 3, 2)), oracle=_scatter, dynamic=False),
    OpCase("scatter_update", (arr((3, 4)), PAIRS, arr((3,))), dtypes=("float32", "int32")),
    OpCase("scatter_update", (arr((4, 2)), PLACES[:2], arr((2, 2)))),
    *[
        OpCase("scatter_update", (arr((4, 2)), PLACES, arr((3, 2)), how), name=how, gaps=NO_GRADIENT if how == "mul" else {},
               dtypes=("float32", "int32"))
        for how in ("add", "max", "min", "mul")
    ],
]  # fmt: skip
