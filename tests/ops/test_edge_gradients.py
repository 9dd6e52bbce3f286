"""Gradients where functions have corners, ties, poles at the next door, or nothing to work on.

Of a corner any slope between those of its sides is right; of ties any share of the whole.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from keras_core import ops, value_and_grad
from keras_core.backends.select import backend
from tests.autodiff import gradients, to_numpy

pytestmark = pytest.mark.skipif(not backend.has("gradients"), reason="no gradients")

NAN, INF = math.nan, math.inf


def f(*values: Any) -> np.ndarray:
    """Floats."""
    return np.array(values, "float32")


#: An operation, a number, the least and the largest slope that is right there.
CORNERS: list[tuple[Any, ...]] = [
    ("absolute", 0, -1, 1), ("fabs", 0, -1, 1), ("sign", 0, 0, 0), ("square", 0, 0, 0), ("sqrt", 0, INF, INF),
    ("cbrt", 0, INF, INF), ("relu", 0, 0, 1), ("relu6", 0, 0, 1), ("relu6", 6, 0, 1), ("leaky_relu", 0, 0.2, 1),
    ("elu", 0, 1, 1), ("selu", 0, 1.05, 1.7582), ("celu", 0, 1, 1), ("gelu", 0, 0.5, 0.5), ("silu", 0, 0.5, 0.5),
    ("hard_silu", -3, -0.5, 0), ("hard_sigmoid", 3, 0, 0.1667), ("hard_tanh", 1, 0, 1), ("hard_shrink", 0.5, 0, 1),
    ("soft_shrink", -0.5, 0, 1), ("softsign", 0, 1, 1), ("sparse_plus", 1, 1, 1), ("sparse_sigmoid", -1, 0, 0.5),
    ("squareplus", 0, 0.5, 0.5), ("tanh_shrink", 0, 0, 0), ("softplus", 100, 1, 1), ("softplus", -100, 0, 0),
    ("log_sigmoid", -100, 1, 1), ("log_sigmoid", 100, 0, 0), ("sigmoid", -100, 0, 0), ("elu", 100, 1, 1),
    ("celu", 100, 1, 1), ("selu", 100, 1.05, 1.051), ("gelu", 30, 1, 1), ("gelu", -30, 0, 0), ("silu", -100, 0, 0),
    ("tanh", 100, 0, 0), ("erf", 30, 0, 0), ("sinc", 0, 0, 0), ("sinc", 1e-30, -1e-3, 0), ("sinc", 0.1, -0.3259, -0.3257), ("i0", 0, 0, 0), ("arctan", 1e30, 0, 0),
    ("floor", 1, 0, 0), ("round", 0.5, 0, 0), ("angle", 0, 0, 0), ("angle", -1, 0, 0), ("nan_to_num", 0, 1, 1),
    ("norm", 0, -1, 1), ("std", 0, 0, 0), ("var", 0, 0, 0), ("arcsinh", 0, 1, 1), ("arcsinh", -1e4, 0, 1e-3),
    ("expm1", 0, 1, 1), ("log1p", 0, 1, 1), ("rad2deg", 0, 57.2, 57.3),
    *(("hard_silu", x, slope, slope) for x, slope in ((-INF, 0), (-4, 0), (0, 0.5), (1.5, 1), (4, 1), (INF, 1))),
    *((name, x, slope, slope) for name in ("sparse_plus", "squareplus") for x, slope in ((-3e38, 0), (-100, 0), (3e38, 1), (INF, 1))),
]  # fmt: skip
#: An operation, its arguments, the slopes of the sum of the result with respect to each.
EXACT: list[tuple[Any, ...]] = [
    ("power", (f(0, 0, 2), f(2, 1, 0)), f(0, 1, 0), f(0, 0, math.log(2))),
    ("fmod", (f(5, 5, -7), f(INF, 3, -INF)), f(1, 1, 1), f(0, -1, 0)),
    ("divide_no_nan", (f(1, 0), f(0, 0)), f(0, 0), f(0, 0)),
    ("power", (f(0), 0), f(0)),
    ("power", (0.0, f(2)), f(0)),
    ("power", (f(0, 0), f(0)), f(0, 0), f(0)),
    ("hypot", (f(3, 0, 0, 3e30), f(0, -2, 0, 4e30)), f(1, 0, 0, 0.6), f(0, -1, 0, 0.8)),
    ("hypot", (f(INF, 3, -INF, 3e38, 3e38), f(3, -INF, 1, 3e38, 0)), f(1, 0, -1, 0.70711, 1), f(0, -1, 0, 0.70711, 0)),
    ("logaddexp", (f(1, 100), f(1, -100)), f(0.5, 1), f(0.5, 0)),
    *((name, (f(-INF, -INF, 0, INF, INF), f(-INF, 0, -INF, 0, INF)), f(0, 0, 1, 1, 0), f(0, 1, 0, 0, 0))
      for name in ("logaddexp", "logaddexp2")),
    *((name, (f(1e20, -1e8), f(1e20, -1e8)), f(0.5, 0.5), f(0.5, 0.5)) for name in ("logaddexp", "logaddexp2")),
    ("arctan2", (f(0, 1, 0, 0), f(1, 0, 0, -2)), f(1, 0, 0, -0.5), f(0, -1, 0, 0)),
    ("arctan2", (f(2e-30, 3e-25, 0), f(2e-30, 0, 4e-25)), f(2.5e29, 0, 2.5e24), f(-2.5e29, -3.3333e24, 0)),
    ("prod", (f(0, 2, 3),), f(6, 0, 0)),
    ("prod", (f(0, 0, 3),), f(0, 0, 0)),
    ("prod", (f(INF, 2, 3),), f(6, INF, INF)),
    ("prod", (f(INF, INF),), f(INF, INF)),
    ("prod", (f(1e30, 1e30, 3),), f(3e30, 3e30, INF)),
    ("prod", (f([1e-30, 1e-30], [2, 3], [5, 7]), (0, 1)), f([2.1e-28, 2.1e-28], [0, 0], [0, 0])),
    ("cumprod", (f(0, 2, 3),), f(9, 0, 0)),
    ("cumprod", (f([1, 2, 3, 4, 5], [2, 2, 0, 2, 2]), 1), f([153, 76, 50, 36, 24], [3, 2, 28, 0, 0])),
    ("cumprod", (f(2, 0, 0),), f(1, 2, 0)),
    ("cumprod", (f(1e30, 1e30, 3),), f(4e30, 4e30, INF)),
    ("cumprod", (f(1e30, 1e30, 0),), f(1e30, 1e30, INF)),
    ("cumprod", (f(INF, 2, 3),), f(9, INF, INF)),
    ("cumprod", (f([1e-30, 1e-30], [2, 2]), 1), f([1, 0], [3, 2])),
    ("cumprod", (np.zeros((2, 0), "float32"), 1), np.zeros((2, 0))),
    ("logsumexp", (f(-INF, 0),), f(0, 1)),
    ("logsumexp", (f(1000, 0),), f(1, 0)),
    ("logsumexp", (f(1e9, 1e9, 0),), f(0.5, 0.5, 0)),
    ("logsumexp", (f([-1e9, -1e9], [3e38, 3e38]), 1), f([0.5, 0.5], [0.5, 0.5])),
    ("logsumexp", (f(-INF, -INF),), f(0, 0)),
    ("logsumexp", (f([1, 1], [-INF, -INF]), 1), f([0.5, 0.5], [0, 0])),
    ("logsumexp", (f([INF, 0], [1, 1], [INF, INF]), 1), f([0, 0], [0.5, 0.5], [0, 0])),
    ("softmax", (f(1000, 0),), f(0, 0)),
    ("log_softmax", (f(1000, 1000),), f(0, 0)),
    ("std", (f(2, 2, 2),), f(0, 0, 0)),
    ("norm", (f(0, 0),), f(0, 0)),
    ("norm", (f(0, 0), 3), f(0, 0)),
    ("norm", (f(0, 3), 0.5), f(0, 1)),
    ("sort", (f(1, 1, 0),), f(1, 1, 1)),
    ("cumsum", (f(1, 1, 1),), f(3, 2, 1)),
    ("sparsemax", (f(1, 1, 1),), f(0, 0, 0)),
    ("nansum", (f(NAN, 1),), f(0, 1)),
    ("nanmean", (f(NAN, 1, 2),), f(0, 0.5, 0.5)),
    ("nanprod", (f(NAN, 2, 3),), f(0, 3, 2)),
    ("nanmax", (f(NAN, 2, 3),), f(0, 0, 1)),
    ("nanmin", (f(NAN, 2, 3),), f(0, 1, 0)),
    ("nanvar", (f(NAN, 1, 3),), f(0, -1, 1)),
    ("nanstd", (f(NAN, 2, 2),), f(0, 0, 0)),
    ("nancumsum", (f(NAN, 1),), f(0, 1)),
    ("det", (f([1, 1], [1, 1]),), f([1, -1], [-1, 1])),
    ("det", (f([0]),), f([1])),
    ("det", (f([1, 2, 3], [2, 4, 6], [1, 0, 1]),), f([4, 4, -4], [-2, -2, 2], [0, 0, 0])),
    ("det", (f([1, 1, 1], [0, 0, 1], [0, 0, 0]),), f([0, 0, 0], [0, 0, 0], [1, -1, 0])),
    ("det", (f(*3 * [[1, 2, 3]]),), np.zeros((3, 3))),
    ("det", (f([[0, 0], [0, 0]], [[2, 0], [0, 3]]),), f([[0, 0], [0, 0]], [[3, 0], [0, 2]])),
    ("inv", (np.eye(2, dtype="float32"),), f([-1, -1], [-1, -1])),
    ("pinv", (f([1, 0], [0, 1], [0, 0]),), f([-1, -1], [-1, -1], [1, 1])),
    ("lstsq", (np.eye(2, dtype="float32"), f(1, 2)), f([-1, -2], [-1, -2]), f(1, 1)),
    ("segment_prod", (f(0, 2, 0, 0, 3, 5), np.array([0, 0, 1, 1, 2, 9], "int32"), 3), f(2, 0, 0, 0, 1, 0)),
    ("scatter_update", (f(3, 2), np.array([[0], [0], [1]], "int32"), f(0, 4, 5), "mul"), f(0, 5), f(12, 0, 2)),
    ("where", (np.array([True, False]), f(1, 1), f(2, 2)), f(1, 0), f(0, 1)),
    ("cdist", (f([0, 0]), f([0, 0])), f([0, 0]), f([0, 0])),
    ("rms_normalization", (f([0, 0]),), f([3162.2777, 3162.2777])),
    *((name, (f(),), f()) for name in ("sum", "mean", "prod", "cumsum", "cumprod", "logsumexp", "norm", "square", "flip", "softmax", "sort", "sparsemax", "median", "nanmedian", "vander")),
    *((name, (f(), 0.5), f()) for name in ("quantile", "nanquantile")),
    ("median", (np.zeros((0, 3), "float32"), 1), np.zeros((0, 3))),
    ("vander", (f(1, 2), 0), f(0, 0)),
    *((name, (f(), f()), f(), f()) for name in ("add", "maximum", "power", "divide", "hypot", "dot")),
    ("matmul", (np.zeros((2, 0), "float32"), np.zeros((0, 3), "float32")), np.zeros((2, 0)), np.zeros((0, 3))),
]  # fmt: skip
#: What a framework has wrong itself: these must fail.
GAPS = {}
#: Operations that choose among equals, and arguments: what they choose has slopes that sum to 1.
TIES: list[tuple[str, tuple]] = [
    *((name, (f(1, 1, 0),)) for name in ("max", "amax", "nanmax")),
    *((name, (f(1, 2, 1),)) for name in ("min", "amin", "nanmin")),
    *((name, (f(1),) * 2) for name in ("maximum", "minimum", "fmax", "fmin")),
    ("median", (f(1, 1, 1),)), ("median", (f(2, 1, 1, 0),)), ("quantile", (f(1, 1, 1), 0.3)),
    ("clip", (f(1), 1.0, 2.0)), ("clip", (f(2), 1.0, 2.0)),
    ("max_pool", (np.ones((1, 2, 2, 1), "float32"), 2)),
    ("segment_max", (f(1, 1), np.array([0, 0], "int32"), 1)),
]  # fmt: skip


def _tensor(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype == np.float32


Call = tuple[str, tuple]
Slopes = Any  # a list of arrays, or the exception in its place


def _total(op: str, args: tuple) -> Any:
    def total(*tensors: Any) -> Any:
        given = iter(tensors)
        values = [next(given) if _tensor(x) else _fixed(x) for x in args]
        return ops.sum(getattr(ops, op)(*values))

    return total


def _fixed(x: Any) -> Any:
    return backend.arrays.convert_to_tensor(x) if isinstance(x, np.ndarray) else x


def _slopes(calls: list[Call]) -> list[Slopes]:
    """The gradients of each call's sum; on JAX compiled together."""
    inputs = [[x for x in args if _tensor(x)] for _, args in calls]
    if backend.name == "jax":
        import jax

        def whole(inputs: list[list[Any]]) -> Any:
            return [
                jax.grad(_total(*call), tuple(range(len(given))))(*given)
                for call, given in zip(calls, inputs, strict=True)
            ]

        found = jax.jit(whole)(inputs)
        return [[np.asarray(x) for x in part] for part in found]
    found: list[Slopes] = []
    for call, given in zip(calls, inputs, strict=True):
        try:
            found.append(gradients(_total(*call), given))
        except Exception as error:
            found.append(error)
    return found


def test_corners() -> None:
    calls: list[Call] = [(op, (np.array([x], "float32"),)) for op, x, _, _ in CORNERS]
    wrong = []
    for (op, x, low, high), slopes in zip(CORNERS, _slopes(calls), strict=True):
        good = isinstance(slopes, list) and low - 1e-3 <= float(slopes[0][0]) <= high + 1e-3
        if not good:
            wrong.append(f"{op} at {x}: {slopes}, right are {low} to {high}")
    assert not wrong, "\n".join(wrong)


def test_slopes() -> None:
    wrong = []
    for (op, args, *right), slopes in zip(
        EXACT, _slopes([(op, args) for op, args, *_ in EXACT]), strict=True
    ):
        known = GAPS.get(backend.name, {}).get(op)
        good = isinstance(slopes, list) and all(
            np.allclose(a, b, 1e-3, 1e-4) for a, b in zip(slopes, right, strict=True)
        )
        if good == bool(known):
            wrong.append(f"{op}{args}: {slopes}, right is {right} ({known or 'no gap'})")
    assert not wrong, "\n".join(wrong)


def test_ties_share_the_slope() -> None:
    wrong = []
    for (op, args), slopes in zip(TIES, _slopes(TIES), strict=True):
        assert isinstance(slopes, list), slopes
        total = sum(float(x.sum()) for x in slopes)
        share = 0 <= total <= 1 if op == "clip" else abs(total - 1) < 1e-5
        if not share or any((x < 0).any() for x in slopes):
            wrong.append(f"{op}{args}: {slopes}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(backend.name != "jax", reason="the rule is JAX's")
def test_slopes_of_slopes_of_products() -> None:
    import jax

    def product(x: Any) -> Any:
        return ops.sum(ops.segment_prod(x, np.array([0, 0, 0, 1], "int32"), 2))

    for x, right in (
        (f(0, 2, 3, 4), [[0, 3, 2, 0], [3, 0, 0, 0], [2, 0, 0, 0], [0] * 4]),
        (f(0, 0, 3, 4), [[0, 3, 0, 0], [3, 0, 0, 0], [0] * 4, [0] * 4]),
        (f(1, 2, 3, 4), [[0, 3, 2, 0], [3, 0, 1, 0], [2, 1, 0, 0], [0] * 4]),
    ):
        np.testing.assert_allclose(jax.hessian(product)(x), right, 1e-5, 1e-5)


@pytest.mark.skipif(backend.name != "torch", reason="the others' compilers share what is equal")
def test_a_determinant_and_its_slopes_are_of_one_factorization(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    made, factorize = [], torch.linalg.lu_factor_ex
    monkeypatch.setattr(
        torch.linalg, "lu_factor_ex", lambda x: made.append(x.shape) or factorize(x)
    )
    for x in (f([2, 1], [1, 3]), f([1, 1], [1, 1])):
        x = torch.tensor(x, requires_grad=True)
        (found,) = torch.autograd.grad(ops.det(x), x)
        a, b, c, d = x.detach().flatten().tolist()
        np.testing.assert_allclose(to_numpy(found), [[d, -c], [-b, a]], 1e-5)
    assert len(made) == 2


def test_slopes_of_slopes_of_a_singular_determinant() -> None:
    """The second slopes of a 2 by 2 determinant are the same everywhere."""

    def first_cofactor(x: Any) -> Any:
        return value_and_grad(lambda x: ops.det(x))(x)[1][0, 0]

    _, found = value_and_grad(first_cofactor)(ops.ones((2, 2)))
    np.testing.assert_allclose(to_numpy(found), [[0, 0], [0, 1]], atol=1e-4)


def test_slopes_of_the_logarithm_of_a_singular_determinant() -> None:
    """They go where the cofactors do, as far as rounding errors allow, and are numbers."""
    for x, cofactors in (
        (f([1, 2], [2, 4]), f([4, -2], [-2, 1])),
        (f([1, 2, 3], [2, 4, 6], [1, 0, 1]), f([4, 4, -4], [-2, -2, 2], [0, 0, 0])),
    ):
        (found,) = gradients(lambda x: ops.slogdet(x)[1], [x])
        found = found * math.copysign(1, float(found[0, 0])) / np.abs(found).max()
        np.testing.assert_allclose(found, cofactors / np.abs(cofactors).max(), atol=1e-4)
    both = np.stack([np.zeros((2, 2), "float32"), f([2, 1], [0, 4])])
    for x in (both, both[0], np.zeros((0, 0), "float32"), np.zeros((1, 1), "float32")):
        (found,) = gradients(lambda x: ops.sum(ops.slogdet(x)[1]), [x])
        assert np.isfinite(found).all()
        assert found.shape == x.shape
    (found,) = gradients(lambda x: ops.sum(ops.logdet(x)), [both])
    np.testing.assert_allclose(found[1], [[0.5, 0], [-0.125, 0.25]], 1e-5)


def test_slopes_of_slopes_of_running_products() -> None:
    def first(x: Any) -> Any:
        return value_and_grad(lambda x: ops.sum(ops.cumprod(x)))(x)[1][0]

    for x, right in ((f(1, 2, 3), [0, 4, 2]), (f(0, 0, 3), [0, 4, 0])):
        _, found = value_and_grad(first)(backend.arrays.convert_to_tensor(x))
        np.testing.assert_allclose(to_numpy(found), right, 1e-5)


def test_running_products_without_a_slope_beside_an_infinite_factor() -> None:
    for x, weights, right in (
        ([INF, 2, 3], [1, 0, 0], [1, 0, 0]),
        ([2, INF, 3], [1, 0, 0], [1, 0, 0]),
        ([2, -INF, 3], [0, 1, 0], [-INF, 2, 0]),
        ([2, 3, INF], [1, 1, 0], [4, 2, 0]),
        ([2, 3, 1e30, 1e30], [0, 1, 0, 0], [3, 2, 0, 0]),
        ([2, 3, INF], [0, 0, 0], [0, 0, 0]),
    ):
        kept = f(*weights) != 0
        (found,) = gradients(lambda x, kept=kept: ops.sum(ops.cumprod(x)[kept]), [f(*x)])
        np.testing.assert_array_equal(found, right, str(x))


def test_slopes_of_polar_coordinates() -> None:
    radius, angle = f(0, -1, 2), f(0.5, 1, -2)
    found = gradients(lambda r, a: ops.sum(ops.real(ops.polar(r, a))), [radius, angle])
    np.testing.assert_allclose(found[0], np.cos(angle), 1e-5)
    np.testing.assert_allclose(found[1], -radius * np.sin(angle), 1e-5)


def test_slopes_of_what_vectors_of_equal_eigenvalues_span() -> None:
    """The projection on the space of the eigenvalue 2; frameworks share a slope among triangles."""

    def projection(x: Any) -> Any:
        vectors = ops.eigh(x)[1][:, 1:]
        return ops.sum(ops.matmul(vectors, ops.transpose(vectors)))

    (found,) = gradients(projection, [np.diag(f(1, 2, 2))])
    np.testing.assert_allclose((found + found.T) / 2, f([0, 1, 1], [1, 0, 0], [1, 0, 0]), atol=1e-5)
    (found,) = gradients(
        lambda x: ops.sum(ops.square(ops.eigh(x)[0])), [np.eye(3, dtype="float32")]
    )
    np.testing.assert_allclose(found, 2 * np.eye(3), atol=1e-5)


def test_slopes_and_slopes_of_slopes_of_eigenvectors() -> None:
    """Against differences along one direction."""
    x = f([2, 1, 0], [1, -1, 0.5], [0, 0.5, 4])
    along, weights = f([1, 2, -1], [2, 0, 1], [-1, 1, 3]), f([1, 2, 3], [0, 1, -1], [2, -2, 1])

    def total(x: Any) -> Any:
        values, vectors = ops.eigh(x)
        squares = ops.multiply(ops.square(vectors), weights)
        return ops.add(ops.sum(squares), ops.sum(ops.multiply(values, weights[0])))

    def slope(step: Any) -> Any:
        return ops.sum(
            ops.multiply(value_and_grad(total)(ops.add(x, ops.multiply(step, along)))[1], along)
        )

    def difference(function: Any, step: float = 1e-2) -> float:
        return float(function(step) - function(-step)) / (2 * step)

    first = float(slope(ops.convert_to_tensor(0.0)))
    second = float(value_and_grad(slope)(ops.convert_to_tensor(0.0))[1])
    assert abs(first - difference(lambda t: total(ops.convert_to_tensor(x + t * along)))) < 1e-2
    assert abs(second - difference(lambda t: slope(ops.convert_to_tensor(t)))) < 2e-2 * abs(second)
