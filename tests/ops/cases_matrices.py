"""Diagonals, triangles, grids, windows, and vector products."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, arr

MIXED = ("float32", "int32", "bool", "bfloat16")


def _window(name, size, *args):
    return OpCase(name, (size, *args), oracle=getattr(np, name), dtype="float32")


def _cdist(x, y):
    return np.linalg.norm(x[..., :, None, :] - y[..., None, :, :], axis=-1)


CASES = [
    OpCase("diag", (arr((3,)),), dtypes=MIXED, oracle=np.diag),
    OpCase("diag", (arr((3,)), -2), oracle=np.diag),
    OpCase("diag", (arr((3, 4)), 1), dtypes=MIXED, oracle=np.diag),
    OpCase("diag", (arr((3, 4)), -2), oracle=np.diag),
    OpCase("diagonal", (arr((3, 4)),), dtypes=MIXED, oracle=np.diagonal),
    OpCase("diagonal", (arr((3, 4)), 5), oracle=np.diagonal, grad=False),
    OpCase("diagonal", (arr((2, 3, 4)), -1, 2, 1), oracle=np.diagonal),
    OpCase("diagonal", (arr((2, 3, 4)), 1, 0, -1), oracle=np.diagonal),
    OpCase("diagflat", (arr((2, 2)), 1), oracle=np.diagflat),
    OpCase("trace", (arr((3, 3)),), dtypes=(*MIXED, "int8", "uint8")),
    OpCase("trace", (arr((2, 3, 4)), 1, 1, 2), oracle=np.trace),
    OpCase("tril", (arr((3, 4)),), dtypes=MIXED, oracle=np.tril),
    OpCase("tril", (arr((2, 3, 3)), -1), oracle=np.tril),
    OpCase("triu", (arr((3, 4)), 2), dtypes=MIXED, oracle=np.triu),
    OpCase("triu", (arr((2, 3, 3)), -1), oracle=np.triu),
    OpCase("tri", (3,)),
    OpCase("tri", (3, 4, 1), {"dtype": "int32"}),
    OpCase("kron", (arr((2, 3)), arr((3, 2))), dtypes=("float32", ("int32", "float32"))),
    OpCase("kron", (arr((3,)), arr((2, 2))), oracle=np.kron),
    OpCase("vdot", (arr((2, 3)), arr((2, 3))), dtypes=("float32", "int32", "complex64"),
           oracle=np.vdot, dynamic=False),
    OpCase("cross", (arr((2, 3)), arr((2, 3))), dtypes=("float32", "int32"), oracle=np.cross),
    OpCase("cross", (arr((3,)), arr((4, 3))), oracle=np.cross, dynamic=False),
    OpCase("cross", (arr((3, 4)), arr((3, 4))), {"axis": 0}, oracle=np.cross, dynamic=False),
    OpCase("cross", (arr((3, 4)), arr((4, 3))), {"axisa": 0, "axisc": 0}, oracle=np.cross,
           dynamic=False),
    OpCase("cross", (arr((4, 2)), arr((4, 2))), oracle=lambda a, b: a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]),
    OpCase("cross", (arr((4, 2)), arr((4, 3))),
           oracle=lambda a, b: np.cross(np.pad(a, ((0, 0), (0, 1))), b)),
    OpCase("cdist", (arr((4, 3)), arr((5, 3))), oracle=_cdist),
    OpCase("cdist", (arr((2, 4, 3)), arr((2, 5, 3))), oracle=_cdist),
    OpCase("vander", (arr((3,)),), oracle=np.vander, dynamic=False),
    OpCase("vander", (arr((3,)), 2, True), oracle=np.vander, dtypes=("float32", "int32")),
    OpCase("logspace", (0, 2, 5), oracle=np.logspace),
    OpCase("logspace", (arr((2,)), arr((2,)), 4), {"axis": -1, "base": 2}, oracle=np.logspace),
    OpCase("logspace", (0, 3, 4), {"dtype": "int32"}),
    OpCase("geomspace", (1.0, 256.0, 9), oracle=np.geomspace, tol=1e-4),
    OpCase("geomspace", (-1.0, -100.0, 3), {"endpoint": False}, oracle=np.geomspace, tol=1e-4),
    OpCase("geomspace", (1, 1000, 4), {"dtype": "int32"}, dtype="int32",
           oracle=lambda *a, dtype: np.round(np.geomspace(*a)).astype(dtype)),
    OpCase("geomspace", (arr((2,), low=1, high=2), arr((2,), low=3, high=4), 4), {"axis": 1},
           oracle=np.geomspace, tol=1e-4),
    OpCase("meshgrid", (arr((2,)), arr((3,))), dtypes=("float32", "int32", ("int32", "float32"))),
    OpCase("meshgrid", (arr((2,)), arr((3,)), arr((4,))), {"indexing": "ij"}, oracle=np.meshgrid),
    OpCase("meshgrid", (arr((2,)),), oracle=np.meshgrid),
    _window("bartlett", 7), _window("bartlett", 1), _window("blackman", 6), _window("hamming", 5),
    _window("hanning", 8), _window("hanning", 0), _window("kaiser", 7, 4.0),
    OpCase("rearrange", (arr((2, 6, 3)), "b (h w) c -> b c h w"), {"h": 2},
           oracle=lambda x, _, h: x.reshape(2, 2, 3, 3).transpose(0, 3, 1, 2)),
    OpCase("rearrange", (arr((2, 3, 4)), "a b c -> (c a) b"),
           oracle=lambda x, _: x.transpose(2, 0, 1).reshape(8, 3)),
    OpCase("rearrange", (arr((2, 3, 4)), "... c -> c ..."),
           oracle=lambda x, _: x.transpose(2, 0, 1)),
    OpCase("rearrange", (arr((2, 3, 4)), "a ... -> 1 (a ...)"),
           oracle=lambda x, _: x.reshape(1, 24)),
    OpCase("rearrange", (arr((2, 1, 4)), "a 1 c -> c a"),
           oracle=lambda x, _: x[:, 0].T),
]  # fmt: skip
