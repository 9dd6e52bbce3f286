"""Sorting, sets, segments, selection."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, arr

MIXED = ("float32", "int32", "bool", "bfloat16", "uint8")
IDS = np.array([0, 0, 2, 3, 2, -1, 9], "int32")
INDICES = np.array([3, 0, 5], "int32")
VALUES = {
    "jax/traced": "how many there are depends on values",
    "*/symbolic": "how many there are depends on values",
}
WIDER = {"numpy/dtype": "Keras's indices are int64 on NumPy"}
WIDE = WIDER | {"torch/dtype": "Keras's indices are int64 on torch"}


def _segments(ufunc, start):
    def oracle(data, ids, count):
        out = np.full((count, *data.shape[1:]), start, data.dtype)
        inside = (ids >= 0) & (ids < count)
        ufunc.at(out, ids[inside], data[inside])
        return out

    return oracle


def _unique(x, **kwargs):
    out = np.unique(x, **kwargs)
    return (
        tuple(i.astype("int32") if n else i for n, i in enumerate(out))
        if isinstance(out, tuple)
        else out
    )


def _top_k(x, k):
    order = np.argsort(-x, axis=-1, kind="stable")[..., :k].astype("int32")
    return np.take_along_axis(x, order, -1), order


ALL = {"return_index": True, "return_inverse": True, "return_counts": True}
CASES = [
    OpCase("sort", (arr((3, 4)),), dtypes=MIXED),
    OpCase("sort", (arr((3, 4)), 0), oracle=np.sort),
    OpCase("sort", (arr((3, 4)), None), oracle=np.sort),
    OpCase("argsort", (arr((3, 4)),), dtypes=("float32", "int32", "bool"), grad=False,
           oracle=lambda x: np.argsort(x, kind="stable").astype("int32")),
    OpCase("argsort", (arr((3, 4)), 0), grad=False,
           oracle=lambda x, a: np.argsort(x, a, kind="stable").astype("int32")),
    OpCase("argsort", (arr((3, 4)), None), grad=False,
           oracle=lambda x, a: np.argsort(x, a, kind="stable").astype("int32")),
    OpCase("argpartition", (arr((1, 2)), 0), grad=False),
    OpCase("top_k", (arr((3, 5)), 2), oracle=_top_k, gaps=WIDE),
    OpCase("top_k", (arr((3, 5), "int32", high=100), 3), oracle=_top_k, dtypes=("int32",), gaps=WIDE),
    OpCase("in_top_k", (np.array([0, 2, 4, 7, -1], "int32"), arr((5, 5)), 2), grad=False,
           dtype="bool"),
    OpCase("isin", (arr((3, 4)), arr((3,))), dtypes=("int32", "bool", "uint8"), grad=False,
           oracle=np.isin),
    OpCase("isin", (arr((3, 4), "int32"), [1, 2]), {"invert": True}, dtypes=("int32",),
           oracle=np.isin, grad=False),
    OpCase("nonzero", (arr((3, 4)),), dtypes=("int32", "bool"), grad=False, gaps=VALUES,
           oracle=lambda x: tuple(i.astype("int32") for i in np.nonzero(x)), dynamic=False,
           dtype="int32"),
    OpCase("unravel_index", (np.array([3, 0, 5], "int32"), (2, 3)), grad=False),
    OpCase("unravel_index", (np.array([True, False]), (2, 3)), grad=False, name="bools", dtype="int32"),
    OpCase("unravel_index", (np.array([[-1, 40], [2, 3]], "int32"), (2, 3)), grad=False,
           oracle=lambda i, s: tuple(np.stack(np.unravel_index(np.clip(np.where(i < 0, i + 6, i), 0, 5), s)).astype("int32"))),
    OpCase("unique", (arr((12,)),), dtypes=("int32", "float32", "bool"), grad=False, gaps=VALUES,
           oracle=_unique, dynamic=False),
    OpCase("unique", (arr((3, 4)),), ALL, dtypes=("int32",), grad=False, oracle=_unique,
           gaps=VALUES | WIDER, dynamic=False),
    OpCase("unique", (np.array([[1, 2], [0, 5], [1, 2]], "int32"),), {"axis": 0, **ALL},
           grad=False, gaps=VALUES | WIDE, dynamic=False,
           oracle=lambda x, **kw: (x[[1, 0]], np.int32([1, 0]), np.int32([1, 0, 1]), np.int32([1, 2]))),
    OpCase("unique", (np.array([[1, 0, 1], [2, 5, 2]], "int32"),), {"axis": 1}, grad=False,
           gaps=VALUES, oracle=_unique, dynamic=False),
    OpCase("unique", (np.array([3, 1, 3, 2], "int32"),), {"size": 5, **ALL}, grad=False,
           dynamic=False, gaps=WIDE, oracle=lambda x, **kw: tuple(map(np.int32, (
               [1, 2, 3, 1, 1], [1, 3, 0, 1, 1], [2, 0, 2, 1], [1, 1, 2, 0, 0])))),
    OpCase("unique", (np.array([3, 1, 3, 2], "int32"),), {"size": 5, "fill_value": -1},
           grad=False, dynamic=False, oracle=lambda x, **kw: np.int32([1, 2, 3, -1, -1])),
    OpCase("unique", (np.array([3, 1, 3, 2], "int32"),), {"size": 2}, grad=False,
           dynamic=False, oracle=lambda x, **kw: np.int32([1, 2])),
    OpCase("segment_sum", (arr((7, 2)), IDS, 5), dtypes=("float32", "int32", "bfloat16"),
           oracle=_segments(np.add, 0), dynamic=False),
    OpCase("segment_prod", (arr((7,)), IDS, 5), dtypes=("float32", "int32"), dynamic=False,
           oracle=_segments(np.multiply, 1)),
    OpCase("segment_max", (arr((7, 2)), IDS, 5), oracle=_segments(np.maximum, -np.inf),
           dynamic=False, grad=False),
    OpCase("segment_min", (arr((7, 2)), IDS, 5), oracle=_segments(np.minimum, np.inf),
           dynamic=False, grad=False),
    OpCase("segment_max", (arr((7,)), IDS, 5), dtypes=("int32",), dynamic=False,
           oracle=_segments(np.maximum, -(2**31))),
    OpCase("select", ([arr((2, 3), "bool"), arr((2, 3), "bool")], [arr((2, 3)), arr((2, 3))], 1),
           dtypes=("float32", "int32", ("int32", "float32")),
           dtype=lambda d: "int32" if d == "int32" else "float32"),
]  # fmt: skip
