"""Native bindings of products and decompositions."""

from __future__ import annotations

import math as _math
from typing import Any

import torch

from keras_core.backends.torch import arrays as _arrays
from keras_core.core.einsum import contraction as _contraction

# Types without matrix products of their own are multiplied in another one.
_VIA = {
    torch.bool: torch.int32,
    torch.uint16: torch.int64,
    torch.uint32: torch.int64,
    torch.uint64: torch.int64,
}


def _products(function: Any) -> Any:
    """`function` of a list of tensors, for dtypes that torch multiplies and those it doesn't."""

    def run(tensors: Any) -> torch.Tensor:
        dtype = tensors[0].dtype
        if dtype is torch.int8:
            return function([x.to(torch.int32) for x in tensors])
        via = _VIA.get(dtype)
        if via is None:
            return function(tensors)
        return function([x.to(via) for x in tensors]).to(dtype)

    return run


_matmul = _products(lambda tensors: torch.matmul(*tensors))
_FLOATS = frozenset((torch.float32, torch.float64, torch.bfloat16, torch.float16))


def matmul(x1: Any, x2: Any) -> torch.Tensor:
    if x1.dtype in _FLOATS:
        return torch.matmul(x1, x2)
    return _matmul((x1, x2))


def outer(x1: Any, x2: Any) -> torch.Tensor:
    return torch.outer(
        x1 if x1.ndim == 1 else x1.reshape(-1), x2 if x2.ndim == 1 else x2.reshape(-1)
    )


def einsum(subscripts: str, operands: Any) -> torch.Tensor:
    count = _contraction(subscripts, tuple(x.ndim for x in operands))
    if count:  # one matrix product: its gradient is several times faster than einsum's
        x, y = operands
        kept, summed = x.shape[:-count], y.shape[:count]
        if x.shape[-count:] == summed:
            size = _math.prod(summed)
            rows, columns = _math.prod(kept), _math.prod(y.shape[count:])
            out = matmul(x.reshape(rows, size), y.reshape(size, columns))
            return out.reshape(kept + y.shape[count:])
    if operands[0].dtype in _FLOATS:
        return torch.einsum(subscripts, *operands)
    return _products(lambda tensors: torch.einsum(subscripts, *tensors))(operands)


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> torch.Tensor:
    if not isinstance(axes, int):
        axes = tuple([a] if isinstance(a, int) else list(a) for a in axes)
    if x1.dtype in _FLOATS:
        return torch.tensordot(x1, x2, axes)
    dtype = x1.dtype
    return _products(lambda tensors: torch.tensordot(*tensors, axes))((x1, x2)).to(dtype)


def dot(x1: Any, x2: Any) -> torch.Tensor:
    if x1.dtype in _FLOATS and x1.ndim == 2 == x2.ndim:
        return torch.mm(x1, x2)
    if x1.ndim == 0 or x2.ndim == 0:
        return torch.mul(x1, x2)
    if x2.ndim <= 2:
        return matmul(x1, x2).to(x1.dtype)
    return tensordot(x1, x2, ((-1,), (-2,)))


# Decompositions ----------------------------------------------------------------------------


def _widened(function: Any) -> Any:
    """`function` of tensors first, 16-bit floats taken as float32, which no LAPACK has."""

    def run(x: Any, *rest: Any) -> Any:
        dtype = x.dtype
        if dtype not in (torch.float16, torch.bfloat16):
            return function(x, *rest)
        rest = tuple(
            a.float() if isinstance(a, torch.Tensor) and a.dtype is dtype else a for a in rest
        )
        return _narrowed(function(x.float(), *rest), dtype)

    return run


def _narrowed(out: Any, dtype: torch.dtype) -> Any:
    if isinstance(out, tuple):
        return tuple(_narrowed(x, dtype) for x in out)
    return out.to(dtype) if out.dtype is torch.float32 else out


@_widened
def cholesky(x: Any, upper: bool = False) -> torch.Tensor:
    return torch.linalg.cholesky(x, upper=upper)


def _missing(factors: torch.Tensor) -> torch.Tensor:
    """What to put in the place of pivots of 0, some rounding errors, so that there are inverses.

    The cofactors move as little: they are polynomials, and determinant times inverse.
    """
    step = 4 * torch.finfo(factors.dtype).eps
    pivots = torch.diagonal(factors, 0, -2, -1)
    size = factors.abs().amax(-1).amax(-1, True) if factors.numel() else pivots.real
    return torch.where(pivots == 0, step * torch.where(size == 0, step, size), 0).to(pivots.dtype)


def _sign(pivots: torch.Tensor) -> torch.Tensor:
    """The sign of the permutation that a factorization's pivots make."""
    places = torch.arange(1, pivots.shape[-1] + 1, dtype=pivots.dtype, device=pivots.device)
    return 1 - 2 * ((pivots != places).sum(-1) & 1)


def _inverse(x: Any, factors: Any, pivots: Any) -> tuple[Any, Any, Any]:
    """The inverse, with its factors; of singular matrices, that of regular ones next to them."""
    missing = _missing(factors)
    if torch.is_grad_enabled():  # the gradient may be differentiated: its factors with it
        p, low, _ = torch.lu_unpack(factors, pivots)
        x = x + (p @ (low * missing.unsqueeze(-2))).detach()
        factors, pivots, _ = torch.linalg.lu_factor_ex(x)
    else:
        factors = factors + torch.diag_embed(missing)
    eye = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device).expand(x.shape)
    return torch.linalg.lu_solve(factors, pivots, eye), factors, pivots


class _Determinant(torch.autograd.Function):
    """The determinant, by whose gradient singular matrices have cofactors too."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        factors, pivots, _ = torch.linalg.lu_factor_ex(x)
        sign = _sign(pivots)
        return torch.diagonal(factors, 0, -2, -1).prod(-1) * sign, factors, pivots, sign

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*inputs, *output[1:])

    @staticmethod
    def backward(ctx: Any, upstream: Any, *_: Any) -> Any:
        x, factors, pivots, _ = ctx.saved_tensors
        # Both of one factorization, so that the error of its smallest pivot cancels.
        inverse, factors, pivots = _inverse(x, factors, pivots)
        value = torch.diagonal(factors, 0, -2, -1).prod(-1) * _sign(pivots)
        return (upstream * value.conj())[..., None, None] * inverse.mH


class _LogDeterminant(torch.autograd.Function):
    """Sign and logarithm of the determinant, with slopes at singular matrices: torch's are NaN."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        factors, pivots, _ = torch.linalg.lu_factor_ex(x)
        return *torch.linalg.slogdet(x), factors, pivots

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(output[0], *output[2:])
        ctx.save_for_backward(*inputs, *output[2:])

    @staticmethod
    def backward(ctx: Any, _: Any, upstream: Any, *__: Any) -> Any:
        inverse = _inverse(*ctx.saved_tensors)[0]
        return upstream[..., None, None] * inverse.mT


@_widened
def det(x: Any) -> Any:
    return _Determinant.apply(x)[0] if _arrays.recorded(x) else torch.linalg.det(x)


class _Eigen(torch.autograd.Function):
    """Eigenvalues and vectors, with a gradient where eigenvalues are equal: torch's is NaN there.

    Their vectors may be any of one space: what is made of them and depends on the space alone has
    no slope within it.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return tuple(torch.linalg.eigh(x))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*output)

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        values, vectors = ctx.saved_tensors
        gaps = values.unsqueeze(-2) - values.unsqueeze(-1)
        equal = gaps == 0
        speed = torch.where(equal, 0, 1 / torch.where(equal, 1, gaps))
        turn = speed * (vectors.mH @ upstream[1]) + torch.diag_embed(upstream[0])
        return vectors @ turn.to(vectors.dtype) @ vectors.mH


@_widened
def eigh(x: Any) -> Any:
    return _Eigen.apply(x) if _arrays.recorded(x) else tuple(torch.linalg.eigh(x))


inv = _widened(torch.linalg.inv)


@_widened
def slogdet(x: Any) -> Any:
    if _arrays.recorded(x) and not x.is_complex():
        return _LogDeterminant.apply(x)[:2]
    return tuple(torch.linalg.slogdet(x))


eig = _widened(lambda x: tuple(torch.linalg.eig(x)))
qr = _widened(lambda x, mode: tuple(torch.linalg.qr(x, mode)))


@_widened
def lu_factor(x: Any) -> Any:
    lu, pivots = torch.linalg.lu_factor(x)
    return lu, (pivots - 1).to(torch.int32)  # LAPACK counts from 1


def _columns(solve: Any, a: Any, b: Any) -> torch.Tensor:
    if b.ndim == a.ndim - 1:
        return solve(a, b.unsqueeze(-1)).squeeze(-1)
    return solve(a, b)


@_widened
def solve(a: Any, b: Any) -> torch.Tensor:
    return _columns(torch.linalg.solve, a, b)


@_widened
def solve_triangular(a: Any, b: Any, lower: bool = False) -> torch.Tensor:
    return _columns(lambda a, b: torch.linalg.solve_triangular(a, b, upper=not lower), a, b)


@_widened
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return torch.linalg.svdvals(x)
    return tuple(torch.linalg.svd(x, full_matrices))


@_widened
def pinv(x: Any, rcond: float | None = None) -> torch.Tensor:
    if rcond is None:
        rcond = 10 * max(x.shape[-2:]) * torch.finfo(x.dtype).eps
    return torch.linalg.pinv(x, rtol=rcond)


# Diagonals and triangles -------------------------------------------------------------------

diag = torch.diag
diagonal = torch.diagonal
kron = torch.kron
tril = torch.tril
triu = torch.triu
