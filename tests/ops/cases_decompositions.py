"""Linear algebra; what is unique only up to signs is tested in test_decompositions.py."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, arr

SPD = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]], "float32")
SPDS = np.stack([SPD, 2 * SPD]).astype("float32")
REGULAR = SPDS + np.array([[0, 1, 0], [0, 0, 1], [2, 0, 0]], "float32")
TALL = np.array([[1, 2], [3, 4], [5, 7]], "float32")
HALF = SPD.astype("float16")


def _tri(lower):
    def oracle(a, b, **_):
        a = np.tril(a) if lower else np.triu(a)
        return (
            np.linalg.solve(a, b[..., None])[..., 0]
            if b.ndim == a.ndim - 1
            else np.linalg.solve(a, b)
        )

    return oracle


def _solve(a, b):
    return (
        np.linalg.solve(a, b[..., None])[..., 0] if b.ndim == a.ndim - 1 else np.linalg.solve(a, b)
    )


CASES = [
    OpCase("cholesky", (SPDS,), oracle=np.linalg.cholesky, grad=False),
    OpCase("cholesky", (SPD,), {"upper": True}, grad=False,
           oracle=lambda x, upper: np.linalg.cholesky(x).T),
    OpCase("cholesky", (HALF,), oracle=np.linalg.cholesky, dtype="float16", grad=False),
    OpCase("cholesky_inverse", (np.linalg.cholesky(SPDS),), grad=False, dynamic=False,
           oracle=lambda x: np.linalg.inv(x @ x.swapaxes(-1, -2))),
    OpCase("cholesky_inverse", (np.linalg.cholesky(SPD).T.copy(),), {"upper": True},
           oracle=lambda x, upper: np.linalg.inv(x.T @ x), dynamic=False, grad=False),
    OpCase("det", (REGULAR,), oracle=np.linalg.det, tol=1e-4),
    OpCase("det", (arr((2, 2)),), dtypes=("int32",), oracle=np.linalg.det, grad=False,
           dtype="float32", dynamic=False),
    OpCase("inv", (REGULAR,), oracle=np.linalg.inv),
    OpCase("slogdet", (REGULAR,), oracle=lambda x: tuple(np.linalg.slogdet(x))),
    OpCase("logdet", (REGULAR,), oracle=lambda x: np.linalg.slogdet(x)[1]),
    OpCase("solve", (REGULAR, arr((2, 3, 2))), oracle=_solve, tol=1e-4),
    OpCase("solve", (REGULAR, arr((2, 3))), oracle=_solve, tol=1e-4),
    OpCase("solve", (SPD, arr((3,))), oracle=_solve, dynamic=False),
    OpCase("solve", (SPD, arr((4, 3, 1))), oracle=_solve, dynamic=False),
    OpCase("solve_triangular", (SPDS, arr((2, 3, 2))), oracle=_tri(False)),
    OpCase("solve_triangular", (SPD, arr((3,))), {"lower": True}, oracle=_tri(True), dynamic=False),
    OpCase("svd", (TALL,), {"compute_uv": False}, dynamic=False, tol=1e-4,
           oracle=lambda x, compute_uv: np.linalg.svd(x, compute_uv=False)),
    OpCase("pinv", (TALL,), oracle=np.linalg.pinv, dynamic=False, tol=1e-4),
    OpCase("matrix_rank", (np.array([[[1, 2], [2, 4]], [[1, 0], [0, 1]]], "float32"),),
           oracle=lambda x: np.linalg.matrix_rank(x).astype("int32"), grad=False),
    OpCase("matrix_rank", (SPD,), {"tol": 2.5}, grad=False, dynamic=False,
           oracle=lambda x, tol: np.int32((np.linalg.svd(x)[1] > tol).sum())),
    OpCase("lstsq", (TALL, arr((3,))), oracle=lambda a, b: np.linalg.lstsq(a, b)[0],
           dynamic=False, tol=1e-4),
    OpCase("lstsq", (TALL.T.copy(), arr((2, 3))), oracle=lambda a, b: np.linalg.lstsq(a, b)[0],
           dynamic=False, tol=1e-4),
    OpCase("lu_factor", (REGULAR,), grad=False),
    OpCase("lu_factor", (TALL,), grad=False, dynamic=False),
    OpCase("lu_factor", (TALL.T.copy(),), grad=False, dynamic=False),
]  # fmt: skip
