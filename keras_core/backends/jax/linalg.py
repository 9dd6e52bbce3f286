"""Native bindings of products and decompositions."""

from __future__ import annotations

from functools import partial as _partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends._xp import linalg as _shared

_INT8 = np.dtype("int8")


def matmul(x1: Any, x2: Any) -> jax.Array:
    if x1.dtype == _INT8:
        return jnp.matmul(x1, x2, preferred_element_type=jnp.int32)
    return jnp.matmul(x1, x2)


def _einsum(subscripts: str, operands: Any) -> jax.Array:
    if operands[0].dtype == _INT8:
        return jnp.einsum(subscripts, *operands, preferred_element_type=jnp.int32)
    return jnp.einsum(subscripts, *operands)


# As one program: of reshaping outside of one JAX makes copies.
einsum = jax.jit(_partial(_shared.einsum, matmul, _einsum), static_argnums=0, inline=True)
dot = jnp.dot
tensordot = jnp.tensordot


# Decompositions ----------------------------------------------------------------------------


@_shared.widened
def cholesky(x: Any, upper: bool = False) -> jax.Array:
    out = jnp.linalg.cholesky(x, upper=upper)
    if not isinstance(out, jax.core.Tracer) and bool(jnp.isnan(out).any()):
        raise ValueError(
            "cholesky: x must hold positive definite matrices. Received one that is not."
        )
    return out


def _lift(x: Any) -> jax.Array:
    """What to add to singular matrices, some rounding errors, so that they have inverses.

    Their cofactors move as little: they are polynomials, and determinant times inverse.
    """
    factors, _, order = jax.lax.linalg.lu(jax.lax.stop_gradient(x))
    step = 4 * float(jnp.finfo(x.dtype).eps)
    size = jnp.abs(x).max((-2, -1), keepdims=True, initial=0)
    lift = step * jnp.where(size == 0, step, size)
    lift = jnp.where(jnp.diagonal(factors, 0, -2, -1)[..., None, :] == 0, lift, 0)
    low = jnp.tril(factors, -1) + jnp.eye(x.shape[-1], dtype=x.dtype)
    return jax.lax.stop_gradient(
        jnp.take_along_axis(low * lift, jnp.argsort(order, -1)[..., None], -2)
    ).astype(x.dtype)


@jax.custom_jvp
def _det(x: Any) -> jax.Array:
    return jnp.linalg.det(x)


@_det.defjvp
def _slope_of_det(given: Any, slopes: Any) -> Any:
    # JAX's own slope is wrong at some singular matrices.
    x = given[0] + _lift(given[0])
    # Both of one factorization, so that the error of its smallest pivot cancels.
    sign, size = jnp.linalg.slogdet(x)
    cofactors = (sign * jnp.exp(size))[..., None, None] * jnp.linalg.inv(x).mT
    return _det(given[0]), (cofactors * slopes[0]).sum((-2, -1))


det = _shared.widened(jax.jit(_det))
inv = _shared.widened(jnp.linalg.inv)


@_shared.widened
def eig(x: Any) -> Any:
    return tuple(jnp.linalg.eig(x))


@jax.custom_jvp
def _eigh(x: Any) -> tuple[jax.Array, jax.Array]:
    return tuple(jnp.linalg.eigh(x))


@_eigh.defjvp
def _slopes_of_eigh(given: Any, slopes: Any) -> Any:
    # JAX's own are NaN where eigenvalues are equal. Their vectors may be any of one space: what is
    # made of them and depends on the space alone has no slope within it.
    values, vectors = _eigh(given[0])
    turn = (slopes[0] + slopes[0].mT.conj()) / 2  # `eigh` takes the mean of both triangles
    turn = vectors.mT.conj() @ turn @ vectors
    gaps = values[..., None, :] - values[..., :, None]
    equal = gaps == 0
    speed = jnp.where(equal, 0, 1 / jnp.where(equal, 1, gaps))
    moved = jnp.diagonal(turn, 0, -2, -1).real
    return (values, vectors), (moved, vectors @ (speed * turn))


eigh = _shared.widened(jax.jit(_eigh))


@_shared.widened
def lu_factor(x: Any) -> Any:
    return tuple(jax.lax.linalg.lu(x)[:2])


@_shared.widened
def qr(x: Any, mode: str) -> Any:
    return tuple(jnp.linalg.qr(x, mode))


@_shared.widened
def solve(a: Any, b: Any) -> jax.Array:
    return _shared.columns(jnp.linalg.solve, a, b)


@_shared.widened
def solve_triangular(a: Any, b: Any, lower: bool = False) -> jax.Array:
    def run(a: Any, b: Any) -> jax.Array:
        batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a = jnp.broadcast_to(a, (*batch, *a.shape[-2:]))
        b = jnp.broadcast_to(b, (*batch, *b.shape[-2:]))
        return jax.lax.linalg.triangular_solve(a, b, left_side=True, lower=lower)

    return _shared.columns(run, a, b)


def _slogdet(x: Any) -> tuple[jax.Array, jax.Array]:
    if x.shape[-2:] != (2, 2):
        return _shared.slogdet(jnp, x)
    # JAX takes the determinant itself, which is soon out of range: its rows have a size of 1.
    size = jax.lax.stop_gradient(jnp.abs(x).max(-1, keepdims=True))
    size = jnp.where((size == 0) | ~jnp.isfinite(size), 1, size)
    sign, logarithm = _shared.slogdet(jnp, x / size)
    return sign, logarithm + jnp.log(size).sum((-2, -1))


_of_reals = jax.custom_jvp(_slogdet)


@_of_reals.defjvp
def _slope_of_slogdet(given: Any, slopes: Any) -> Any:
    # JAX's own is NaN at singular matrices.
    found = _of_reals(given[0])
    inverse = jnp.linalg.inv(given[0] + _lift(given[0]))
    return found, (jnp.zeros_like(found[0]), (inverse.mT * slopes[0]).sum((-2, -1)))


@_shared.widened
def slogdet(x: Any) -> tuple[jax.Array, jax.Array]:
    return _slogdet(x) if jnp.iscomplexobj(x) else _of_reals(x)


svd = _shared.widened(_partial(_shared.svd, jnp))
pinv = _shared.widened(_partial(_shared.pinv, jnp))
diag = jnp.diag
diagonal = jnp.diagonal
kron = jnp.kron
VIA = {"kron": {"bool": "uint8"}}
tril = jnp.tril
triu = jnp.triu
