"""Native bindings of the elementwise operations.

Eager calls of `jnp` functions that are jitted themselves cost 4 µs, those of `lax` twice that:
what is not jitted in `jnp` is jitted here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends._xp import elementwise as _xp
from keras_core.backends.jax import arrays as _arrays
from keras_core.core import dtypes as _dtypes

add = jnp.add
subtract = jnp.subtract
multiply = jnp.multiply
divide = jnp.true_divide
true_divide = jnp.true_divide
floor_divide = jnp.floor_divide
mod = jnp.mod
fmod = jnp.fmod
negative = jnp.negative
absolute = jnp.abs
abs = jnp.abs
fabs = jnp.abs
square = jnp.square
sqrt = jnp.sqrt
rsqrt = jax.jit(jax.lax.rsqrt)
reciprocal = jnp.reciprocal
cbrt = jnp.cbrt
nextafter = jnp.nextafter
heaviside = jnp.heaviside
sign = jnp.sign
signbit = jnp.signbit
ceil = jnp.ceil
floor = jnp.floor
trunc = jnp.trunc
maximum = jnp.maximum
minimum = jnp.minimum
fmax = jnp.fmax
fmin = jnp.fmin

equal = jnp.equal
not_equal = jnp.not_equal
greater = jnp.greater
greater_equal = jnp.greater_equal
less = jnp.less
less_equal = jnp.less_equal
isnan = jnp.isnan
isinf = jnp.isinf
isfinite = jnp.isfinite
isposinf = jnp.isposinf
isneginf = jnp.isneginf
isreal = jnp.isreal
logical_and = jnp.logical_and
logical_or = jnp.logical_or
logical_xor = jnp.logical_xor
logical_not = jnp.logical_not
bitwise_and = jnp.bitwise_and
bitwise_or = jnp.bitwise_or
bitwise_xor = jnp.bitwise_xor
bitwise_not = jnp.bitwise_not
bitwise_invert = jnp.bitwise_not
left_shift = jnp.left_shift
right_shift = jnp.right_shift
bitwise_left_shift = jnp.left_shift
bitwise_right_shift = jnp.right_shift

exp = jnp.exp
exp2 = jnp.exp2
expm1 = jnp.expm1
log = jnp.log
log2 = jnp.log2
log10 = jnp.log10
log1p = jnp.log1p
erf = jax.jit(jax.lax.erf)
erfc = jax.jit(jax.lax.erfc)
erfinv = jax.jit(jax.lax.erf_inv)
i0 = jnp.i0

sin = jnp.sin
cos = jnp.cos
tan = jnp.tan
arcsin = jnp.arcsin
arccos = jnp.arccos
arctan = jnp.arctan
sinh = jnp.sinh
cosh = jnp.cosh
tanh = jnp.tanh
arcsinh = jnp.arcsinh
arccosh = jnp.arccosh
arctanh = jnp.arctanh
deg2rad = jnp.deg2rad
rad2deg = jnp.rad2deg


@jax.custom_jvp
def _sinc(x: Any) -> jax.Array:
    return jnp.sinc(x)


@_sinc.defjvp
def _slope_of_sinc(points: Any, slopes: Any) -> Any:
    # JAX's own slope is infinite at the smallest numbers, and lost in rounding at small ones.
    t = jnp.pi * points[0]
    near = jnp.abs(t) < 0.5
    square, far = jnp.where(near, t * t, 0), jnp.where(near, 1, t)
    series = jnp.polyval(jnp.array(_SLOPE_OF_SINC, t.dtype), square) * t
    slope = jnp.pi * jnp.where(near, series, (jnp.cos(far) - jnp.sin(far) / far) / far)
    return _sinc(*points), slope * slopes[0]


#: The Taylor series of the slope of sin(t) / t, divided by t, in powers of t**2.
_SLOPE_OF_SINC = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(6, 0, -1)]
sinc = jax.jit(_sinc)
real = jnp.real
imag = jnp.imag
conj = jnp.conjugate
conjugate = jnp.conjugate


def _level_at(function: Callable, moved: Callable, sloped: Callable | None = None) -> Callable:
    """`function` with a slope of 0 at the points that `moved` tells, and takes elsewhere.

    `sloped` is the same function, in the form whose slope is taken.
    """
    own = jax.custom_jvp(function)

    @own.defjvp
    def rule(points: Any, slopes: Any) -> Any:
        level, *elsewhere = moved(*jnp.broadcast_arrays(*points))
        _, slope = jax.jvp(
            sloped or function, tuple(elsewhere), tuple(jnp.broadcast_arrays(*slopes))
        )
        return own(*points), jnp.where(level, 0, slope)

    return jax.jit(own)


def _both_zero(x1: Any, x2: Any) -> Any:
    return (x1 == 0) & (x2 == 0)


def _angle_in_range(y: Any, x: Any) -> Any:
    """The angle; JAX's own slope divides by the sum of the squares, which must stay in range."""
    enough, factor = _dtypes.SQUARED[_arrays.dtype_name(x)]
    size = jax.lax.stop_gradient(jnp.maximum(jnp.abs(y), jnp.abs(x)))
    scale = jnp.where(size > 2.0**enough, jnp.asarray(2.0**-factor, x.dtype), 1)
    scale = jnp.where(size < 2.0**-enough, jnp.asarray(2.0**factor, x.dtype), scale)
    return jnp.arctan2(y * scale, x * scale)


# JAX's own slopes of both are NaN at (0, 0).
arctan2 = _level_at(
    jnp.arctan2, lambda y, x: (z := _both_zero(y, x), y, jnp.where(z, 1, x)), _angle_in_range
)
_power = _level_at(jnp.power, lambda x, n: (z := _both_zero(x, n), jnp.where(z, 1, x), n))


def power(x1: Any, x2: Any) -> Any:
    # Of integers and of numbers, which `jnp.power` multiplies out, its own slopes are right.
    whole = not isinstance(x2, jax.Array) or x1.dtype.kind in "biu"
    return jnp.power(x1, x2) if whole else _power(x1, x2)


def _sum_of_powers(function: Callable, scale: float) -> Callable:
    """A logarithm of a sum of two powers, whose slopes are the powers' shares of the sum.

    JAX's own slopes are those shares of the rounded result: both are 1 for two large equals, and
    NaN at infinite ones.
    """
    own = jax.custom_jvp(function)

    @own.defjvp
    def rule(points: Any, slopes: Any) -> Any:
        x1, x2 = points
        same = (x1 == x2) & jnp.isinf(x1)
        gap = scale * jnp.where(same, 0, x1 - x2)
        slope = jax.nn.sigmoid(gap) * slopes[0] + jax.nn.sigmoid(-gap) * slopes[1]
        return own(*points), jnp.where(same, 0, slope)

    return jax.jit(own)


logaddexp = _sum_of_powers(jnp.logaddexp, 1.0)
logaddexp2 = _sum_of_powers(jnp.logaddexp2, math.log(2.0))


@jax.custom_jvp
def _hypot(x1: Any, x2: Any) -> Any:
    return jnp.hypot(x1, x2)


@_hypot.defjvp
def _slope_of_hypot(points: Any, slopes: Any) -> Any:
    # JAX's own slope squares the length, out of range, and is NaN at 0 and infinity.
    top = jax.lax.stop_gradient(jnp.fmax(*map(jnp.abs, points)))
    far = jnp.isinf(top)
    scale = jnp.where(far | (top == 0), 1, top)
    legs = [jnp.where(far, jnp.where(jnp.isinf(x), jnp.sign(x), 0), x / scale) for x in points]
    size = jnp.where(top == 0, 1, legs[0] ** 2 + legs[1] ** 2) ** 0.5
    return _hypot(*points), sum(x / size * t for x, t in zip(legs, slopes, strict=True))


hypot = jax.jit(_hypot)


@jax.jit
def angle(x: Any) -> Any:
    if x.dtype.kind == "c":
        return jnp.angle(x)
    # By the signs alone: the gradient of jnp.angle at 0 is NaN.
    turned = jnp.where(jnp.signbit(x), x.dtype.type(np.pi), x.dtype.type(0))
    return jnp.where(jnp.isnan(x), x, turned)


@jax.jit
def gcd(x1: Any, x2: Any) -> Any:
    # Of the least integer, whose absolute value is itself, jnp.gcd never comes to an end.
    kind = np.dtype(x1.dtype.name if x1.dtype.kind == "u" else f"u{x1.dtype.name}")
    return jnp.gcd(jnp.abs(x1).astype(kind), jnp.abs(x2).astype(kind)).astype(x1.dtype)


@jax.jit
def lcm(x1: Any, x2: Any) -> Any:
    return jnp.abs(x1 // jnp.maximum(gcd(x1, x2), 1) * x2)


def round(x: Any, decimals: int = 0) -> Any:
    if x.dtype.kind in "iu":
        return _xp.round_integers(x, decimals)
    return jnp.round(x, decimals)


@jax.jit
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    if x_min is not None:
        x = jnp.maximum(x, jnp.asarray(x_min, x.dtype))
    return x if x_max is None else jnp.minimum(x, jnp.asarray(x_max, x.dtype))


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None or x2 is None:
        if x1 is not x2:
            raise ValueError("where: x1 and x2 must be given together or not at all.")
        return tuple(i.astype("int32") for i in jnp.nonzero(condition))
    return jnp.where(condition, x1, x2)


def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return jnp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@jax.jit
def view_as_real(x: Any) -> Any:
    return jnp.stack([jnp.real(x), jnp.imag(x)], axis=-1)


@jax.jit
def view_as_complex(x: Any) -> Any:
    if x.ndim == 0 or x.shape[-1] != 2:
        raise ValueError(
            f"view_as_complex: x must have a last axis of size 2. Received: shape {x.shape}"
        )
    x = x if x.dtype == jnp.float64 else x.astype(jnp.float32)
    return jax.lax.complex(x[..., 0], x[..., 1])
