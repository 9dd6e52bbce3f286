"""Decompositions that are unique only up to signs or phases: what they multiply up to."""

from __future__ import annotations

import numpy as np
import pytest

from keras_core import ops
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.autodiff import to_numpy
from tests.ops.cases_decompositions import REGULAR, SPDS, TALL


def arrays(result: object) -> list[np.ndarray]:
    return [to_numpy(x) for x in result]  # type: ignore[attr-defined]


@pytest.mark.parametrize("x", [TALL, TALL.T, REGULAR], ids=["tall", "wide", "batch"])
@pytest.mark.parametrize("full", [True, False])
def test_svd(x: np.ndarray, full: bool) -> None:
    u, s, vh = arrays(ops.svd(x, full_matrices=full))
    k = min(x.shape[-2:])
    np.testing.assert_allclose((u[..., :k] * s[..., None, :]) @ vh[..., :k, :], x, 1e-4, 1e-4)
    spec = ops.svd(KerasTensor(x.shape), full_matrices=full)
    assert [t.shape for t in spec] == [u.shape, s.shape, vh.shape]


@pytest.mark.parametrize("x", [TALL, TALL.T, REGULAR], ids=["tall", "wide", "batch"])
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr(x: np.ndarray, mode: str) -> None:
    q, r = arrays(ops.qr(x, mode))
    np.testing.assert_allclose(q @ r, x, 1e-4, 1e-4)
    np.testing.assert_allclose(
        q.swapaxes(-1, -2) @ q, np.eye(q.shape[-1]) + 0 * q[..., :1, :1], 1e-4, 1e-5
    )
    assert [t.shape for t in ops.qr(KerasTensor(x.shape), mode)] == [q.shape, r.shape]


def test_eigh_and_eig() -> None:
    values, vectors = arrays(ops.eigh(SPDS))
    np.testing.assert_allclose(SPDS @ vectors, vectors * values[..., None, :], 1e-4, 1e-4)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(SPDS), 1e-4)
    values, vectors = arrays(ops.eig(REGULAR))
    assert values.dtype == vectors.dtype == "complex64"
    np.testing.assert_allclose(REGULAR @ vectors, vectors * values[..., None, :], 1e-4, 1e-4)
    spec = ops.eig(KerasTensor((None, 3, 3)))
    assert [(t.shape, t.dtype) for t in spec] == [
        ((None, 3), "complex64"),
        ((None, 3, 3), "complex64"),
    ]


@pytest.mark.parametrize("window", [None, "hann", "hamming"])
@pytest.mark.parametrize("center", [True, False])
def test_istft_inverts_stft(window: str | None, center: bool) -> None:
    x = np.random.default_rng(0).normal(size=(2, 30)).astype("float32")
    found = to_numpy(ops.istft(ops.stft(x, 8, 2, 8, window, center), 8, 2, 8, None, window, center))
    np.testing.assert_allclose(found[:, 1:], x[:, 1:], 1e-4, 1e-5)
    longer = ops.istft(ops.stft(x, 8, 2, 8, window, center), 8, 2, 8, 40, window, center)
    assert tuple(longer.shape) == (2, 40) and not to_numpy(longer)[:, 36:].any()


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_inverse_of_complex_factors(upper: bool) -> None:
    factor = np.array([[2, 0], [1 - 2j, 3]], "complex64")
    right = np.linalg.inv(factor @ factor.conj().T)
    given = ops.convert_to_tensor(factor.conj().T if upper else factor)
    np.testing.assert_allclose(to_numpy(ops.cholesky_inverse(given, upper)), right, 1e-5, 1e-6)


def test_bad_input() -> None:
    for name in ("cholesky", "cholesky_inverse", "det", "inv", "eig", "eigh", "slogdet"):
        with pytest.raises(ValueError, match="square"):
            getattr(ops, name)(KerasTensor((2, 3)))
        with pytest.raises(ValueError, match="two axes"):
            getattr(ops, name)(KerasTensor((3,)))
    with pytest.raises(ValueError, match="mode"):
        ops.qr(TALL, "raw")
    with pytest.raises(Exception, match="(?i)positive"):
        ops.cholesky(-SPDS)
    with pytest.raises(ValueError, match="rows"):
        ops.solve(KerasTensor((3, 3)), KerasTensor((4,)))
