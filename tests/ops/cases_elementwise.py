"""Arithmetic, rounding, extrema, exponentials, trigonometry, complex numbers."""

from __future__ import annotations

import numpy as np
import scipy.special

from tests.ops.case import OpCase, arr

INTS = ("int8", "uint8", "int16", "uint16", "int32", "uint32")
FLOATS = ("float32", "float16", "bfloat16", "float64")
COMPLEX = ("complex64",)
EDGES = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan], "float32")
PAIRS = np.array(np.meshgrid(EDGES, EDGES)).reshape(2, -1)
MIXED = (("int32", "float16"), ("uint8", "int8"), ("bool", "float32"), ("float16", "bfloat16"))


def float_unary(
    op,
    oracle,
    low=-2.0,
    high=2.0,
    dtypes=("float32", "float16", "bfloat16", "float64", "int32", "bool"),
    **kw,
):
    def wide(x):  # NumPy computes of bools in float16
        return oracle(x.astype("float64") if x.dtype.kind in "bi" else x)

    return OpCase(op, (arr((2, 3), None, low, high),), oracle=wide, dtypes=dtypes, **kw)


UNARY = [
    float_unary("sqrt", np.sqrt, 0.1, dtypes=(*FLOATS, "int32", "complex64")),
    float_unary("rsqrt", lambda x: 1 / np.sqrt(x), 0.1, dtypes=FLOATS),
    float_unary("rsqrt", lambda x: 1 / np.sqrt(x), 1, 9, dtypes=("int32",), dtype="float32"),
    float_unary("reciprocal", np.reciprocal, 0.1, dtypes=FLOATS),
    float_unary("cbrt", np.cbrt),
    float_unary("exp", np.exp), float_unary("exp2", np.exp2), float_unary("expm1", np.expm1),
    float_unary("log", np.log, 0.1), float_unary("log2", np.log2, 0.1),
    float_unary("log10", np.log10, 0.1), float_unary("log1p", np.log1p, -0.5),
    float_unary("erf", scipy.special.erf, dtypes=FLOATS),
    float_unary("erfc", scipy.special.erfc, dtypes=FLOATS),
    float_unary("erf", scipy.special.erf, dtypes=("int32",), dtype="float32"),
    float_unary("erfinv", scipy.special.erfinv, -0.95, 0.95, dtypes=FLOATS),
    float_unary("i0", np.i0, dtypes=("float32", "float16", "bfloat16", "int32"),
                gaps={"numpy/dtype/bfloat16": "Keras gives float64"}),
    float_unary("sin", np.sin), float_unary("cos", np.cos), float_unary("tan", np.tan, -1, 1),
    float_unary("arcsin", np.arcsin, -0.9, 0.9), float_unary("arccos", np.arccos, -0.9, 0.9),
    float_unary("arctan", np.arctan), float_unary("sinh", np.sinh), float_unary("cosh", np.cosh),
    float_unary("tanh", np.tanh), float_unary("arcsinh", np.arcsinh),
    float_unary("arccosh", np.arccosh, 1.2, 4), float_unary("arctanh", np.arctanh, -0.9, 0.9),
    float_unary("deg2rad", np.deg2rad, -200, 200), float_unary("rad2deg", np.rad2deg, tol=1e-4),
    float_unary("sinc", np.sinc), float_unary("fabs", np.fabs),
    float_unary("ceil", np.ceil), float_unary("floor", np.floor),
    *(
        OpCase(op, (arr((2, 3)),), oracle=oracle, dtypes=COMPLEX, tol=1e-4, name="complex")
        for op, oracle in (("exp", np.exp), ("log", np.log), ("sin", np.sin), ("tanh", np.tanh),
                           ("cosh", np.cosh), ("arctan", np.arctan), ("arcsinh", np.arcsinh))
    ),
    *(
        OpCase(op, (arr((2, 3)),), oracle=oracle, dtypes=(*FLOATS, *INTS))
        for op, oracle in (("negative", np.negative), ("absolute", np.abs), ("abs", np.abs),
                           ("sign", np.sign), ("square", np.square), ("trunc", np.trunc))
    ),
    OpCase("round", (arr((2, 3)),), oracle=np.round, dtypes=(*FLOATS, *INTS)),
    OpCase("round", (np.array([0.5, 1.5, 2.5, -0.5, 1.25], "float32"),), oracle=np.round, grad=False),
    OpCase("round", (arr((2, 3)), 1), oracle=np.round, dtypes=("float32", "int32")),
    OpCase("round", (np.array([15, 25, -15, 149, 151], "int32"), -1),
           oracle=lambda x, d: np.round(x.astype(float), d).astype("int32"), grad=False),
    OpCase("absolute", (arr((2, 3)),), oracle=np.abs, dtypes=("complex64", "bool")),
    OpCase("sign", (arr((2, 3)),), oracle=np.sign, dtypes=COMPLEX),
    OpCase("signbit", (EDGES[:6],), oracle=np.signbit, grad=False),
    OpCase("signbit", (arr((2, 3)),), oracle=np.signbit, grad=False, dtypes=("float32", "bfloat16", "int32", "uint8")),
    OpCase("nan_to_num", (EDGES,), oracle=lambda x: np.nan_to_num(x.astype("float32")), grad=False),
    OpCase("nan_to_num", (EDGES,), {"nan": 1.5, "posinf": 7.0, "neginf": -8.0}, oracle=np.nan_to_num, grad=False),
    OpCase("nan_to_num", (arr((3,)),), oracle=np.nan_to_num, dtypes=("int32", "bool", "bfloat16")),
    *(OpCase(op, (EDGES,), name="edges", grad=False, oracle=getattr(np, op))
      for op in ("isnan", "isinf", "isfinite", "isposinf", "isneginf", "isreal")),
    *(OpCase(op, (arr((2, 3)),), grad=False, oracle=getattr(np, op),
             dtypes=("int32", "float16", "bfloat16", "uint8", "bool"))
      for op in ("isnan", "isinf", "isfinite", "isposinf", "isneginf", "isreal")),
    *(OpCase(op, (arr((2, 3)),), grad=False, oracle=getattr(np, op), dtypes=COMPLEX)
      for op in ("isnan", "isinf", "isfinite", "isreal")),
    *(OpCase(op, (EDGES,), name="edges", grad=False, oracle=oracle)
      for op, oracle in (("sqrt", np.sqrt), ("cbrt", np.cbrt), ("exp", np.exp), ("log", np.log),
                         ("expm1", np.expm1), ("log1p", np.log1p),
                         ("floor", np.floor), ("trunc", np.trunc), ("tanh", np.tanh),
                         ("erf", scipy.special.erf), ("erfc", scipy.special.erfc),
                         ("erfinv", scipy.special.erfinv), ("sinc", np.sinc),
                         ("square", np.square), ("reciprocal", np.reciprocal))),
    OpCase("sign", (EDGES,), name="edges", grad=False, oracle=np.sign,
           gaps={"torch/value": "torch.sign(NaN) is 0"}),
]  # fmt: skip

BINARY = [
    OpCase("add", (arr((2, 3)), arr((3,))), oracle=np.add, dtypes=(*FLOATS, *INTS, "bool", "complex64")),
    OpCase("add", (arr((1,)), arr((2, 1))), dtypes=(*MIXED, ("int32", "uint32"))),
    OpCase("add", (arr((2, 3)), 2), dtypes=("int32", "uint8", "float16", "bool")),
    OpCase("add", (arr((2, 3)), 2.5), dtypes=("int32", "uint8", "float16", "bfloat16")),
    OpCase("add", (2, arr((2, 3))), dtypes=("int32", "float16")),
    OpCase("add", (arr((0, 3)), arr((3,))), oracle=np.add, name="empty"),
    OpCase("subtract", (arr((2, 1, 3)), arr((4, 1))), oracle=np.subtract, dtypes=(*FLOATS, *INTS, "complex64")),
    OpCase("multiply", (arr((2, 3)), arr((2, 3))), oracle=np.multiply, dtypes=(*FLOATS, *INTS, "bool", "complex64")),
    OpCase("multiply", (arr((2, 3)), arr((1,))), dtypes=MIXED),
    *(
        OpCase(op, (arr((2, 3)), arr((3,), None, 1, 3)), oracle=np.divide, dtypes=(*FLOATS, *INTS, "complex64"))
        for op in ("divide", "true_divide", "divide_no_nan")
    ),
    OpCase("divide", (arr((2, 3)), 2), dtypes=("int32", "float16", "bool")),
    OpCase("divide_no_nan", (np.array([1.0, 2, -3], "float32"), np.array([0.0, 4, 0], "float32")), grad=False,
           oracle=lambda a, b: np.array([0, 0.5, 0])),
    *(
        OpCase(op, (arr((2, 3), None, -9, 9), arr((3,), None, 1, 4)), oracle=oracle,
               dtypes=("float32", "float64", *INTS), grad=op != "floor_divide")
        for op, oracle in (("floor_divide", np.floor_divide), ("mod", np.mod), ("fmod", np.fmod))
    ),
    OpCase("mod", (arr((2, 3), None, -9, 9), -4), oracle=np.mod, dtypes=("float32", "int32")),
    OpCase("fmod", (arr((2, 3), None, -9, 9), -4), oracle=np.fmod, dtypes=("float32", "int32", "float16")),
    OpCase("power", (arr((2, 3), None, 0.5, 3), arr((3,))), oracle=np.power, dtypes=(*FLOATS, "complex64"), tol=1e-4),
    OpCase("power", (arr((2, 3), None, -3, 3), arr((3,), None, 0, 4)), oracle=np.power, dtypes=INTS),
    OpCase("power", (arr((2, 3)), 2), dtypes=("float32", "int32", "float16", "uint8")),
    OpCase("power", (arr((2, 3), None, 0.5, 3), 2.5), dtypes=("float32", "int32")),
    *(
        OpCase(op, (arr((2, 3)), arr((3,))), oracle=getattr(np, op), dtypes=(*FLOATS, *INTS, "bool"))
        for op in ("maximum", "minimum", "fmax", "fmin")
    ),
    *(
        OpCase(op, (PAIRS[0], PAIRS[1]), oracle=getattr(np, op), grad=False, name="edges")
        for op in ("maximum", "minimum", "fmax", "fmin", "logaddexp")
    ),
    OpCase("maximum", (arr((2, 3)), 0.5), oracle=np.maximum),
    OpCase("minimum", (arr((2, 3)), 0), oracle=np.minimum, dtypes=("float32", "int32")),
    OpCase("hypot", (arr((2, 3)), arr((3,))), oracle=np.hypot, dtypes=(*FLOATS, "int32")),
    OpCase("hypot", (np.array([3e30, 0, 0], "float32"), np.array([4e30, 0, 2], "float32")), oracle=np.hypot, grad=False),
    OpCase("arctan2", (arr((2, 3)), arr((3,))), oracle=np.arctan2, dtypes=(*FLOATS, "int32")),
    OpCase("logaddexp", (arr((2, 3)), arr((3,))), oracle=np.logaddexp, dtypes=(*FLOATS, "int32")),
    OpCase("logaddexp2", (arr((2, 3)), arr((3,))), oracle=np.logaddexp2, dtypes=(*FLOATS, "int32")),
    OpCase("gcd", (arr((2, 3), None, -40, 40), arr((3,), None, 1, 30)), oracle=np.gcd, dtypes=(*INTS, "int64"), grad=False),
    OpCase("lcm", (arr((2, 3), None, -10, 10), arr((3,), None, 1, 10)), oracle=np.lcm, dtypes=(*INTS, "int64"), grad=False),
    OpCase("gcd", (np.array([0, 0, 12], "int32"), np.array([0, 5, 0], "int32")), oracle=np.gcd, grad=False),
    OpCase("lcm", (np.array([0, 0, 12], "int32"), np.array([0, 5, 0], "int32")), oracle=np.lcm, grad=False),
    OpCase("ldexp", (arr((2, 3)), arr((3,), "int32", -3, 4)), oracle=np.ldexp, dtypes=("float32", "float16", "bfloat16", "int32")),
    OpCase("nextafter", (arr((2, 3)), arr((3,))), oracle=lambda a, b: np.nextafter(a.astype("float32"), b.astype("float32")), tol=1e-7, grad=False),
    OpCase("nextafter", (np.array([0, 0, 1, -1, 1], "float16"), np.array([1, -1, 1, 1, np.nan], "float16")), grad=False, tol=0,
           oracle=lambda a, b: np.nextafter(a.astype("float16"), b.astype("float16"))),
    OpCase("heaviside", (EDGES, arr((1,))), oracle=np.heaviside, grad=False),
    OpCase("heaviside", (arr((2, 3)), arr((3,))), oracle=np.heaviside, dtypes=("float32", "int32", "bfloat16"), grad=False),
    *(
        OpCase(op, (arr((2, 3)), arr((3,))), oracle=getattr(np, op), dtypes=("float32", "int32", "uint8", "bfloat16", "bool"), grad=False)
        for op in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
    ),
    *(
        OpCase(op, (arr((2, 3), None, -1, 2), arr((3,), None, -1, 2)), oracle=getattr(np, op),
               dtypes=("int32", "uint8", "bool"), grad=False)
        for op in ("equal", "greater_equal", "less")
    ),
    *(
        OpCase(op, (arr((2, 3), None, -1, 2), arr((3,), None, -1, 2)), oracle=getattr(np, op),
               dtypes=("bool", "int32", "float32", "bfloat16", "uint32"), grad=False)
        for op in ("logical_and", "logical_or", "logical_xor")
    ),
    OpCase("logical_not", (arr((2, 3), None, -1, 2),), oracle=np.logical_not, dtypes=("bool", "int32", "float32"), grad=False),
    *(
        OpCase(op, (arr((2, 3), None, -9, 9), arr((3,), None, -9, 9)), oracle=getattr(np, op), dtypes=(*INTS, "bool"), grad=False)
        for op in ("bitwise_and", "bitwise_or", "bitwise_xor")
    ),
    OpCase("bitwise_not", (arr((2, 3), None, -9, 9),), oracle=np.bitwise_not, dtypes=(*INTS, "bool"), grad=False),
    OpCase("bitwise_invert", (arr((2, 3), None, -9, 9),), oracle=np.bitwise_not, dtypes=INTS, grad=False),
    *(
        OpCase(op, (arr((2, 3), None, -9, 9), arr((3,), None, 0, 3)), oracle=oracle, dtypes=INTS, grad=False)
        for op, oracle in (("left_shift", np.left_shift), ("right_shift", np.right_shift),
                           ("bitwise_left_shift", np.left_shift), ("bitwise_right_shift", np.right_shift))
    ),
    OpCase("isclose", (np.array([1, 2, np.inf, np.nan, np.inf]), np.array([1 + 1e-6, 2.1, np.inf, np.nan, 1])), oracle=np.isclose, grad=False),
    OpCase("isclose", (EDGES, EDGES), {"equal_nan": True, "rtol": 0.1}, oracle=np.isclose, grad=False),
    OpCase("isclose", (arr((2, 3)), arr((3,))), {"atol": 1.0}, oracle=np.isclose, dtypes=("int32", "bfloat16"), grad=False),
    OpCase("allclose", (arr((2, 3)), arr((3,))), {"atol": 5.0}, oracle=np.allclose, dtypes=("float32", "int32"), grad=False, dtype="bool"),
    OpCase("clip", (arr((2, 3)), -0.5, 0.5), oracle=np.clip, dtypes=FLOATS),
    OpCase("clip", (arr((2, 3)), 0, 1), oracle=np.clip, dtypes=(*INTS, "float16")),
    OpCase("clip", (arr((2, 3)), arr((3,), None, -2, -1), arr((2, 1), None, 1, 2)), oracle=np.clip, dtypes=("float32", "int32", "bfloat16")),
    OpCase("clip", (arr((2, 3)), None, 0.5), oracle=np.clip),
    OpCase("clip", (arr((2, 3)), 0.5, 1.5), oracle=np.clip, dtypes=("int32",), dtype="float32"),
    OpCase("where", (arr((2, 3), "bool"), arr((3,)), arr((2, 1))), oracle=np.where, dtypes=(*FLOATS, *INTS, "bool", "complex64")),
    OpCase("where", (arr((2, 3), "int32", 0, 2), arr((3,)), 0), dtypes=("float32", "int32", "uint8")),
    OpCase("where", (arr((2, 3), "bool"), 1.0, arr((3,))), dtypes=("int32", "float16", "bfloat16")),
]  # fmt: skip

COMPLEX_NUMBERS = [
    *(
        OpCase(op, (arr((2, 3)),), oracle=oracle, dtypes=("complex64", "float32", "int32"), dynamic=True)
        for op, oracle in (("real", np.real), ("conj", np.conj), ("conjugate", np.conj))
    ),
    OpCase("imag", (arr((2, 3)),), oracle=np.imag, dtypes=("complex64",)),
    OpCase("angle", (arr((2, 3)),), oracle=np.angle, dtypes=("complex64", "float32", "int32", "float16"), grad=False),
    OpCase("view_as_real", (arr((2, 3)),), oracle=lambda x: np.stack([x.real, x.imag], -1), dtypes=COMPLEX),
    OpCase("view_as_complex", (arr((2, 3, 2)),), oracle=lambda x: x[..., 0] + 1j * x[..., 1]),
]  # fmt: skip

CASES = UNARY + BINARY + COMPLEX_NUMBERS
