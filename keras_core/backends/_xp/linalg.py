"""Decompositions, as NumPy and JAX share them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from keras_core.backends.variable import host_dtype
from keras_core.core.einsum import contraction


def einsum(matmul: Callable, fallback: Callable, subscripts: str, operands: Any) -> Any:
    """One matrix product where the subscripts are one, else the framework's own einsum."""
    count = contraction(subscripts, tuple(x.ndim for x in operands))
    if count:
        x, y = operands
        kept, summed = x.shape[:-count], y.shape[:count]
        if x.shape[-count:] == summed:
            size = math.prod(summed)
            rows, columns = math.prod(kept), math.prod(y.shape[count:])
            out = matmul(x.reshape(rows, size), y.reshape(size, columns))
            return out.reshape((*kept, *y.shape[count:]))
    return fallback(subscripts, operands)


_HALF = frozenset(map(host_dtype, ("float16", "bfloat16")))


def widened(function: Callable) -> Callable:
    """`function` of tensors first, 16-bit floats taken as float32, which no LAPACK has."""

    def run(x: Any, *rest: Any) -> Any:
        dtype = x.dtype
        if dtype not in _HALF:
            return function(x, *rest)
        rest = tuple(a.astype("float32") if getattr(a, "dtype", None) == dtype else a for a in rest)
        out = function(x.astype("float32"), *rest)
        return _narrowed(out, dtype)

    return run


def _narrowed(out: Any, dtype: Any) -> Any:
    if isinstance(out, tuple):
        return tuple(_narrowed(x, dtype) for x in out)
    return out.astype(dtype) if out.dtype == "float32" else out


def columns(solve: Callable, a: Any, b: Any) -> Any:
    """`solve(a, b)` for matrices `b`, or for vectors, which have one axis less than `a`."""
    if b.ndim == a.ndim - 1:
        return solve(a, b[..., None])[..., 0]
    return solve(a, b)


def slogdet(xp: Any, x: Any) -> Any:
    sign, logarithm = xp.linalg.slogdet(x)
    return xp.asarray(sign), xp.asarray(logarithm)


def svd(xp: Any, x: Any, full_matrices: bool, compute_uv: bool) -> Any:
    out = xp.linalg.svd(x, full_matrices, compute_uv)
    return tuple(out) if compute_uv else out


def pinv(xp: Any, x: Any, rcond: float | None) -> Any:
    if rcond is None:
        rcond = 10 * max(x.shape[-2:]) * float(xp.finfo(x.dtype).eps)
    return xp.linalg.pinv(x, rcond)


# Fourier transforms ------------------------------------------------------------------------


def pair(z: Any, like: Any) -> tuple[Any, Any]:
    """Real and imaginary part in a real dtype."""
    return z.real.astype(like.dtype), z.imag.astype(like.dtype)


def _complex(x: Any) -> Any:
    real, imaginary = x
    return real + 1j * imaginary


def _some(shape: Any) -> None:
    """JAX transforms nothing to zeros."""
    if 0 in shape:
        raise ValueError("x must have samples to transform.")


def fft(xp: Any, x: Any) -> Any:
    _some(x[0].shape[-1:])
    return pair(xp.fft.fft(_complex(x)), x[0])


def fft2(xp: Any, x: Any) -> Any:
    _some(x[0].shape[-2:])
    return pair(xp.fft.fft2(_complex(x)), x[0])


def ifft2(xp: Any, x: Any) -> Any:
    _some(x[0].shape[-2:])
    return pair(xp.fft.ifft2(_complex(x)), x[0])


def rfft(xp: Any, x: Any, fft_length: int | None = None) -> Any:
    _some((x.shape[-1] if fft_length is None else fft_length,))
    return pair(xp.fft.rfft(x, fft_length), x)


def irfft(xp: Any, x: Any, fft_length: int | None = None) -> Any:
    _some((x[0].shape[-1], 2 * (x[0].shape[-1] - 1) if fft_length is None else fft_length))
    return xp.fft.irfft(_complex(x), fft_length).astype(x[0].dtype)
