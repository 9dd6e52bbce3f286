"""Native bindings of the elementwise operations."""

from __future__ import annotations

from typing import Any

import torch

from keras_core.backends._xp import elementwise as _xp
from keras_core.backends.torch import arrays as _arrays
from keras_core.core import dtypes as _dtypes


def _unsigned_quotient(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Quotient and remainder of uint64 numbers, as int64 of the same bits."""
    a, b = x1.view(torch.int64), x2.view(torch.int64)
    half = (a >> 1) & (2**63 - 1)
    small = torch.where(b > 0, b, 1)
    quotient = torch.div(half, small, rounding_mode="floor") << 1
    rest = a - quotient * b
    top = -(2**63)
    more = (rest ^ top) >= (b ^ top)
    quotient = torch.where(b > 0, quotient + more, ((a ^ top) >= (b ^ top)).to(torch.int64))
    return quotient, a - quotient * b


def _unsigned_floor_divide(_: Any, x1: Any, x2: Any) -> Any:
    return _unsigned_quotient(x1, x2)[0].view(torch.uint64)


def _unsigned_mod(_: Any, x1: Any, x2: Any) -> Any:
    return _unsigned_quotient(x1, x2)[1].view(torch.uint64)


def _unsigned_right_shift(_: Any, x1: Any, x2: Any) -> Any:
    a, n = x1.view(torch.int64), x2.view(torch.int64)
    shifted = (a >> n) & ((2**63 - 1) >> (n - 1).clamp(0, 63))  # without the sign's copies
    return torch.where(n == 0, a, shifted).view(torch.uint64)


def _unsigned_sign(_: Any, x: Any) -> Any:
    return (x != 0).to(x.dtype)


# Torch has few kernels for the wide unsigned integers. Modulo 2**64 the signed ones agree in
# sums and products; in comparisons and quotients they do not.
_UNSIGNED = {"uint16": "int32", "uint32": "int64", "uint64": "int64"}
_ORDERED = _UNSIGNED | {"uint64": _arrays.by_order}
VIA = dict.fromkeys(
    (
        "add",
        "subtract",
        "where",
        "negative",
        "power",
        "square",
        "left_shift",
        "bitwise_left_shift",
        "bitwise_not",
        "bitwise_invert",
        "round",
    ),
    _UNSIGNED,
)
VIA |= dict.fromkeys(
    (
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "greater",
        "greater_equal",
        "less",
        "less_equal",
        "clip",
    ),
    _ORDERED,
)
VIA |= dict.fromkeys(
    ("right_shift", "bitwise_right_shift"), _UNSIGNED | {"uint64": _unsigned_right_shift}
)
VIA |= dict.fromkeys(("mod", "fmod"), _UNSIGNED | {"uint64": _unsigned_mod})
VIA |= dict.fromkeys(("gcd", "lcm"), _UNSIGNED | {"uint64": None})
VIA["floor_divide"] = _UNSIGNED | {"uint64": _unsigned_floor_divide}
VIA["sign"] = _UNSIGNED | {"uint64": _unsigned_sign}
VIA |= dict.fromkeys(
    ("absolute", "abs"), {"bool": "uint8"} | _UNSIGNED | {"uint64": lambda _, x: x}
)
VIA["trunc"] = {"bool": "uint8"}
_NUMBERS = (float, int)

add = torch.add
subtract = torch.subtract
multiply = torch.multiply
divide = torch.true_divide


def divide_no_nan(x1, x2):
    if not _arrays.recorded(x1, x2):
        return (x1 / x2).masked_fill_(torch.logical_not(x2), 0.0)
    zero = x2 == 0
    # The slope of what is not chosen must be a number too.
    return torch.where(zero, 0.0, x1 / torch.where(zero, 1.0, x2))


true_divide = torch.true_divide
mod = torch.remainder
fmod = torch.fmod
power = torch.pow
negative = torch.negative
absolute = torch.abs
abs = torch.abs
fabs = torch.abs
square = torch.square
sqrt = torch.sqrt
rsqrt = torch.rsqrt
reciprocal = torch.reciprocal


def hypot(x1, x2):
    if not _arrays.recorded(x1, x2):
        return torch.hypot(x1, x2)
    # Torch's own slopes are x / hypot, which at zero, infinity and beyond the range are none.
    edge = torch.fmax(x1.abs(), x2.abs())
    trivial = x1.isinf() | x2.isinf() | ((x1 == 0) & (x2 == 0))
    scale = torch.where(trivial, 1.0, edge).detach()
    legs = [torch.where(trivial, 1.0, x) / scale for x in (x1, x2)]
    return torch.where(trivial, edge, scale * torch.hypot(*legs))


lcm = torch.lcm
nextafter = torch.nextafter
signbit = torch.signbit
ceil = torch.ceil
floor = torch.floor
trunc = torch.trunc
fmax = torch.fmax
fmin = torch.fmin

equal = torch.eq
not_equal = torch.ne
greater = torch.gt
greater_equal = torch.ge
less = torch.lt
less_equal = torch.le
isnan = torch.isnan
isinf = torch.isinf
isfinite = torch.isfinite
isreal = torch.isreal
isclose = torch.isclose
logical_and = torch.logical_and
logical_or = torch.logical_or
logical_xor = torch.logical_xor
logical_not = torch.logical_not
bitwise_and = torch.bitwise_and
bitwise_or = torch.bitwise_or
bitwise_xor = torch.bitwise_xor
bitwise_not = torch.bitwise_not
bitwise_invert = torch.bitwise_not
left_shift = torch.bitwise_left_shift
right_shift = torch.bitwise_right_shift
bitwise_left_shift = torch.bitwise_left_shift
bitwise_right_shift = torch.bitwise_right_shift

exp = torch.exp
exp2 = torch.exp2
expm1 = torch.expm1
log = torch.log
log2 = torch.log2
log10 = torch.log10
log1p = torch.log1p


def _sum_of_powers(function):
    def run(x1, x2):
        if not _arrays.recorded(x1, x2):
            return function(x1, x2)
        same = (x1 == x2) & torch.isinf(x1)  # torch's own gradient is NaN there
        found = function(torch.where(same, 0.0, x1), torch.where(same, 0.0, x2))
        return torch.where(same, x1.detach(), found)

    return run


logaddexp = _sum_of_powers(torch.logaddexp)
logaddexp2 = _sum_of_powers(torch.logaddexp2)
erf = torch.erf
erfc = torch.erfc
erfinv = torch.erfinv
i0 = torch.special.i0

sin = torch.sin
cos = torch.cos
tan = torch.tan
arcsin = torch.arcsin
arccos = torch.arccos
arctan = torch.arctan


def arctan2(x1: Any, x2: Any) -> Any:
    if not _arrays.recorded(x1, x2):
        return torch.arctan2(x1, x2)
    # torch's own gradient divides by the sum of the squares, which must stay in range.
    enough, factor = _dtypes.SQUARED[_arrays.dtype_name(x1)]
    size = torch.maximum(x1.detach().abs(), x2.detach().abs())
    scale = torch.ones_like(size).masked_fill(size > 2.0**enough, 2.0**-factor)
    scale = scale.masked_fill((size < 2.0**-enough) & (size > 0), 2.0**factor)
    return torch.arctan2(x1 * scale, x2 * scale)


sinh = torch.sinh
cosh = torch.cosh
tanh = torch.tanh
arcsinh = torch.arcsinh
arccosh = torch.arccosh
arctanh = torch.arctanh
sinc = torch.sinc
angle = torch.angle
conj = torch.conj_physical
conjugate = torch.conj_physical


def gcd(x1: Any, x2: Any) -> Any:
    return torch.abs(torch.gcd(x1, x2))  # of the least number torch gives a negative one


def floor_divide(x1: Any, x2: Any) -> Any:
    return torch.div(x1, x2, rounding_mode="floor")  # torch.floor_divide has no gradient


def sign(x: Any) -> Any:
    return torch.sgn(x) if x.is_complex() else torch.sign(x)


def maximum(x1: Any, x2: Any) -> Any:
    if type(x2) in _NUMBERS:
        return torch.clamp_min(x1, x2)
    return torch.maximum(x1, x2)


def minimum(x1: Any, x2: Any) -> Any:
    if type(x2) in _NUMBERS:
        return torch.clamp_max(x1, x2)
    return torch.minimum(x1, x2)


def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    if x_min is None and x_max is None:
        return x
    return torch.clamp(x, x_min, x_max)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if condition.dtype is not torch.bool:
        condition = condition != 0
    if x1 is None or x2 is None:
        if x1 is not x2:
            raise ValueError("where: x1 and x2 must be given together or not at all.")
        return tuple(i.to(torch.int32) for i in torch.nonzero(condition, as_tuple=True))
    return torch.where(condition, x1, x2)


def round(x: Any, decimals: int = 0) -> Any:
    if decimals == 0:
        return torch.round(x)
    if x.is_floating_point():
        return torch.round(x, decimals=decimals)
    return _xp.round_integers(x, decimals)


def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return torch.nan_to_num(x, nan, posinf, neginf)


def real(x: Any) -> Any:
    return torch.real(x)


def imag(x: Any) -> Any:
    return torch.imag(x) if x.is_complex() else torch.zeros_like(x)


def _parts(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype is torch.float64 else torch.float32


def view_as_real(x: Any) -> Any:
    if not x.is_complex():
        return torch.stack([x, torch.zeros_like(x)], dim=-1)
    return torch.view_as_real(x.resolve_conj())


def view_as_complex(x: Any) -> Any:
    if x.ndim == 0 or x.shape[-1] != 2:
        raise ValueError(
            f"view_as_complex: x must have a last axis of size 2. Received: shape {tuple(x.shape)}"
        )
    return torch.view_as_complex(x.to(_parts(x.dtype)).contiguous())
