"""Native bindings of the elementwise operations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_core.backends.variable import host_dtype as _host_dtype

# Half floats have no fast arithmetic on a CPU, and bfloat16 comes from ml_dtypes without these.
_WIDE = {"bfloat16": "float32"}
VIA = dict.fromkeys(("i0", "erf", "erfc", "view_as_complex", "nan_to_num", "angle", "ldexp"), _WIDE)

VIA |= dict.fromkeys(("conj", "conjugate"), {"bool": "uint8"})

add = np.add
subtract = np.subtract
multiply = np.multiply
divide = np.divide
true_divide = np.true_divide
floor_divide = np.floor_divide
mod = np.mod
fmod = np.fmod
power = np.power
negative = np.negative
absolute = np.absolute
abs = np.absolute
fabs = np.absolute
square = np.square
sqrt = np.sqrt
reciprocal = np.reciprocal
cbrt = np.cbrt
hypot = np.hypot
gcd = np.gcd
lcm = np.lcm
ldexp = np.ldexp
nextafter = np.nextafter
heaviside = np.heaviside
sign = np.sign
signbit = np.signbit
ceil = np.ceil
floor = np.floor
trunc = np.trunc
round = np.round
maximum = np.maximum
minimum = np.minimum
fmax = np.fmax
fmin = np.fmin

equal = np.equal
not_equal = np.not_equal
greater = np.greater
greater_equal = np.greater_equal
less = np.less
less_equal = np.less_equal
isnan = np.isnan
isinf = np.isinf
isfinite = np.isfinite
isreal = np.isreal
logical_and = np.logical_and
logical_or = np.logical_or
logical_xor = np.logical_xor
logical_not = np.logical_not
bitwise_and = np.bitwise_and
bitwise_or = np.bitwise_or
bitwise_xor = np.bitwise_xor
bitwise_not = np.bitwise_not
bitwise_invert = np.bitwise_not
left_shift = np.left_shift
right_shift = np.right_shift
bitwise_left_shift = np.left_shift
bitwise_right_shift = np.right_shift

exp = np.exp
exp2 = np.exp2
expm1 = np.expm1
log = np.log
log2 = np.log2
log10 = np.log10
log1p = np.log1p
logaddexp = np.logaddexp
logaddexp2 = np.logaddexp2

sin = np.sin
cos = np.cos
tan = np.tan
arcsin = np.arcsin
arccos = np.arccos
arctan = np.arctan
arctan2 = np.arctan2
sinh = np.sinh
cosh = np.cosh
tanh = np.tanh
arcsinh = np.arcsinh
arccosh = np.arccosh
arctanh = np.arctanh
deg2rad = np.deg2rad
rad2deg = np.rad2deg
real = np.real
imag = np.imag
conj = np.conjugate
conjugate = np.conjugate
angle = np.angle


_BFLOAT16 = _host_dtype("bfloat16")


def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    if x_min is not None and x_max is not None and x.dtype is not _BFLOAT16:
        return np.clip(x, x_min, x_max)  # one pass, but it makes float32 of bfloat16
    if x_min is not None:
        x = np.maximum(x, x_min)
    return x if x_max is None else np.minimum(x, x_max)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None or x2 is None:
        if x1 is not x2:
            raise ValueError("where: x1 and x2 must be given together or not at all.")
        return tuple(i.astype(np.int32) for i in np.nonzero(condition))
    return np.where(condition, x1, x2)


def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def i0(x: Any) -> Any:
    return np.i0(x).astype(x.dtype)  # computed in float64


def _special(name: str, fallback: Any) -> Any:
    """A function of SciPy, else one of `math` element by element: SciPy is not required."""
    found: Any = None

    def run(x: Any) -> Any:
        nonlocal found
        if found is None:
            try:
                import scipy.special

                found = getattr(scipy.special, name)
            except ImportError:
                found = np.vectorize(fallback, otypes=[np.float64])
        return np.asarray(found(x)).astype(x.dtype, copy=False)

    return run


erf = _special("erf", math.erf)
erfc = _special("erfc", math.erfc)


def view_as_real(x: Any) -> Any:
    return np.stack([np.real(x), np.imag(x)], axis=-1)


def view_as_complex(x: Any) -> Any:
    if x.ndim == 0 or x.shape[-1] != 2:
        raise ValueError(
            f"view_as_complex: x must have a last axis of size 2. Received: shape {x.shape}"
        )
    kind = np.complex128 if x.dtype == np.float64 else np.complex64
    return (x[..., 0] + 1j * x[..., 1]).astype(kind)
