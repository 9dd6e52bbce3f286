"""Reductions, running sums, order statistics, histograms, norms."""

from __future__ import annotations

import functools

import numpy as np
import scipy.special

from tests.ops.case import OpCase, arr

INTS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "bool")
FLOATS = ("float32", "float16", "bfloat16", "float64")
NAN = np.array([[1, np.nan, 3, -2], [np.nan] * 4, [0.5, -1, np.inf, 2]], "float32")
AXES = (
    {},
    {"axis": 1},
    {"axis": -2, "keepdims": True},
    {"axis": (0, 2)},
    {"axis": [0, -1], "keepdims": True},
    {"keepdims": True},
)
TIES = np.array([[1, 3, 3], [2, 2, 0]], "float32")


def numpy_axes(function):
    """A NumPy reduction that takes lists of axes, as ours does."""

    @functools.wraps(function)
    def run(x, *args, axis=None, **kwargs):
        return function(x, *args, axis=tuple(axis) if isinstance(axis, list) else axis, **kwargs)

    return run


def every(op, oracle, shape=(2, 3, 4), dtypes=("float32",), axes=AXES, low=-2, high=2, **kw):
    """A row for every form of axis, the first one for all the dtypes."""
    return [
        OpCase(op, (arr(shape, None, low, high),), kwargs, oracle=numpy_axes(oracle),
               dtypes=dtypes if i == 0 else dtypes[:1], **kw)
        for i, kwargs in enumerate(axes)
    ]  # fmt: skip


def _lse(x, axis=None, keepdims=False):
    return scipy.special.logsumexp(x, axis=axis, keepdims=keepdims)


def _trapezoid(y, x=None, dx=1.0, axis=-1):
    return np.trapezoid(y, x, dx, axis)


def _histogram(x, bins=10, range=None):
    counts, edges = np.histogram(x, bins, range)
    return counts.astype("float64"), edges


SUMS = [
    *every("sum", np.sum, dtypes=(*FLOATS, *INTS, "int64", "complex64"), tol=1e-4),
    *every("prod", np.prod, dtypes=(*FLOATS, *INTS, "complex64"), tol=1e-4, shape=(2, 2, 2)),
    OpCase("prod", (arr((2, 3)),), {"dtype": "float32"}, oracle=lambda x, dtype: np.prod(x.astype("float64")), dtypes=("int32",), dtype="float32"),
    OpCase("prod", (np.array([[0, 2, 3], [0, 0, 2]], "float32"),), {"axis": 1}, oracle=np.prod, name="zeros"),
    *every("mean", np.mean, dtypes=(*FLOATS, *INTS, "complex64")),
    *every("var", np.var, dtypes=(*FLOATS, *INTS)),
    *every("std", np.std, dtypes=(*FLOATS, *INTS), tol=1e-4),
    OpCase("var", (arr((2, 3)),), oracle=np.var, dtypes=("complex64",), dtype="float32"),
    *every("logsumexp", _lse, dtypes=("float32", "float16", "bfloat16", "float64"), gaps={"numpy/dtype/bfloat16": "Keras gives float64"}),
    OpCase("logsumexp", (arr((2, 3)),), oracle=_lse, dtypes=("int32",), dtype="float32"),
    OpCase("logsumexp", (np.array([[-np.inf, -np.inf], [np.inf, 1], [1e30, -1e30], [-np.inf, 1]], "float32"),), {"axis": 1}, oracle=_lse, grad=False, name="edges"),
    OpCase("average", (arr((2, 3)),), oracle=np.average, dtypes=("float32", "int32", "bfloat16", "bool")),
    OpCase("average", (arr((2, 3)),), {"axis": 1, "weights": arr((2, 3), None, 1, 3)}, oracle=np.average, dtypes=("float32", "int32")),
    OpCase("average", (arr((2, 3)),), {"axis": 0, "weights": arr((2,), None, 1, 3)}, oracle=np.average),
    OpCase("average", (arr((2, 3, 4)),), {"axis": (0, 2), "weights": arr((2, 4), None, 1, 3)}, oracle=np.average),
    *every("count_nonzero", np.count_nonzero, axes=({}, {"axis": 1}, {"axis": (0, 2)}), dtypes=("int32", "float32", "bool", "bfloat16", "uint32"), low=-1, grad=False),
    OpCase("sum", (arr((0, 3)),), {"axis": 0}, oracle=np.sum, name="empty"),
    OpCase("mean", (arr((2, 0)),), {"axis": 0}, oracle=np.mean, name="empty", grad=False),
    OpCase("sum", (arr((2, 3)),), {"axis": ()}, oracle=np.sum, name="noaxis"),
    OpCase("sum", (arr(()),), oracle=np.sum, name="scalar"),
    OpCase("mean", (arr(()),), oracle=np.mean, name="scalar"),
]  # fmt: skip

EXTREMA = [
    *(
        row
        for op, oracle in (("max", np.max), ("min", np.min), ("amax", np.amax), ("amin", np.amin))
        for row in every(op, oracle, dtypes=(*FLOATS, *INTS))
    ),
    *(
        case
        for op, oracle in (("max", np.max), ("min", np.min))
        for case in (
            OpCase(op, (NAN,), {"axis": 1}, oracle=oracle, grad=False, name="nan"),
            OpCase(op, (arr((2, 3)),), {"axis": 1, "initial": 1.0}, oracle=oracle, grad=False, dtype="float32"),
            OpCase(op, (arr((0, 3)),), {"axis": 0, "initial": 1}, oracle=oracle, grad=False, dtype="float32"),
        )
    ),
    *every("ptp", np.ptp, dtypes=(*FLOATS, "int32", "uint8", "uint32")),
    *every("all", np.all, dtypes=("bool", "int32", "float32", "bfloat16"), low=0, grad=False),
    *every("any", np.any, dtypes=("bool", "int32", "float32", "uint16"), low=0, grad=False),
    OpCase("all", (arr((0, 2), "bool"),), oracle=np.all, grad=False, name="empty"),
    *(
        row
        for op, oracle in (("argmax", np.argmax), ("argmin", np.argmin))
        for row in (
            *every(op, oracle, axes=({}, {"axis": 1}, {"axis": -2, "keepdims": True}, {"keepdims": True}), dtypes=(*FLOATS, *INTS), grad=False),
            OpCase(op, (NAN,), {"axis": 1}, oracle=oracle, grad=False, name="nan", gaps={"tensorflow/value": "TensorFlow passes over NaN"}),
            OpCase(op, (NAN,), oracle=oracle, grad=False, name="nanflat", gaps={"tensorflow/value": "TensorFlow passes over NaN"}),
            OpCase(op, (TIES,), {"axis": 1}, oracle=oracle, grad=False, name="ties"),
        )
    ),
]  # fmt: skip

RUNNING = [
    OpCase(op, (arr((2, 3)),), kwargs, oracle=oracle, dtypes=dtypes)
    for op, oracle in (("cumsum", np.cumsum), ("cumprod", np.cumprod))
    for kwargs, dtypes in (
        ({"axis": 1}, (*FLOATS, *INTS, "complex64")), ({"axis": -2}, ("float32",)), ({}, ("float32", "int32")),
    )
] + [
    OpCase("cumsum", (arr((2, 3)),), {"axis": 0, "dtype": "float32"}, oracle=lambda x, axis, dtype: np.cumsum(x, axis), dtypes=("int32", "bool"), dtype="float32"),
    OpCase("nancumsum", (NAN,), {"axis": 1}, oracle=np.nancumsum, grad=False),
    OpCase("nancumprod", (NAN,), {"axis": 1}, oracle=np.nancumprod, grad=False),
    OpCase("nancumprod", (arr((2, 3)),), {}, oracle=np.nancumprod, dtypes=("float32", "int32", "bool")),
    OpCase("nancumsum", (arr((2, 3)),), {"axis": 0}, oracle=np.nancumsum, dtypes=("float32", "int32", "bfloat16")),
]  # fmt: skip


def _nanarg(function):
    def run(x, axis=None, keepdims=False):
        bad = np.isnan(x).all(axis=axis, keepdims=keepdims)
        fill = -np.inf if function is np.argmax else np.inf
        return np.where(
            bad, -1, function(np.where(np.isnan(x), fill, x), axis=axis, keepdims=keepdims)
        )

    return run


SKIPPING = [
    *(
        row
        for op, oracle in (
            ("nanmax", np.nanmax), ("nanmin", np.nanmin), ("nansum", np.nansum), ("nanprod", np.nanprod),
            ("nanmean", np.nanmean), ("nanvar", np.nanvar), ("nanstd", np.nanstd), ("nanmedian", np.nanmedian),
        )
        for row in (
            OpCase(op, (NAN,), {"axis": 1}, oracle=oracle, grad=False, name="nan"),
            OpCase(op, (NAN[:2],), {"axis": (0, 1), "keepdims": True}, oracle=oracle, grad=False, name="nanall"),
            OpCase(op, (arr((2, 3)),), {"axis": -1}, oracle=oracle, dtypes=("float32", "int32", "bfloat16"), tol=1e-4),
        )
    ),
    *(
        OpCase(op, (NAN,), kwargs, oracle=_nanarg(oracle), grad=False, name=f"nan{i}")
        for op, oracle in (("nanargmax", np.argmax), ("nanargmin", np.argmin))
        for i, kwargs in enumerate(({"axis": 1}, {}, {"axis": 0, "keepdims": True}))
    ),
    OpCase("nanargmax", (arr((2, 3)),), {"axis": 1}, oracle=_nanarg(np.argmax), grad=False, dtypes=("float32", "int32", "bfloat16")),
    OpCase("nanargmin", (arr((2, 3)),), {"axis": 1}, oracle=_nanarg(np.argmin), grad=False, dtypes=("float32", "int32")),
]  # fmt: skip

Q = np.array([0.0, 0.3, 0.55, 1.0], "float32")
QUANTILES = [
    *every("median", np.median, dtypes=(*FLOATS, "int32", "bool")),
    *(
        OpCase("quantile", (arr((3, 4)), 0.3), {"method": method, "axis": 1}, oracle=np.quantile, name=method, tol=1e-4)
        for method in ("linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf")
    ),
    *(
        OpCase("quantile", (arr((2, 3, 4)), Q), kwargs, oracle=numpy_axes(np.quantile), dtypes=dtypes, name=f"q{i}", tol=1e-4, grad=False,
               )
        for i, (kwargs, dtypes) in enumerate((
            ({}, ("float32", "float16", "bfloat16", "int32")), ({"axis": 1}, ("float32",)),
            ({"axis": (0, 2), "keepdims": True}, ("float32",)),
        ))
    ),
    OpCase("quantile", (NAN, 0.5), {"axis": 1}, oracle=np.quantile, grad=False, name="nan"),
    OpCase("percentile", (arr((3, 4)), 30.0), {"axis": 0}, oracle=np.percentile, dtypes=("float32", "int32"), tol=1e-4),
    OpCase("percentile", (arr((3, 4)), np.array([20.0, 70.0], "float32")), {"axis": 0, "keepdims": True}, oracle=np.percentile, grad=False, tol=1e-4),
    OpCase("nanquantile", (NAN[:2], Q), {"axis": 1}, oracle=np.nanquantile, grad=False, name="nan", tol=1e-4),
    OpCase("nanquantile", (NAN[:2], 0.25), {"axis": (0, 1), "method": "nearest"}, oracle=np.nanquantile, grad=False, name="nanall"),
    OpCase("nanpercentile", (NAN[:2], 40.0), {"axis": 1, "keepdims": True}, oracle=np.nanpercentile, grad=False, tol=1e-4),
]  # fmt: skip

COUNTING = [
    OpCase("bincount", (np.array([1, 2, 2, 5], "int32"),), oracle=np.bincount, sized=False, grad=False, gaps={"jax/traced": "the size of the result depends on the values"}),
    OpCase("bincount", (arr((6,), None, 0, 4),), {"minlength": 7}, oracle=lambda x, minlength: np.bincount(x, minlength=minlength), dtypes=("int32", "uint8", "int64"), grad=False, sized=False),
    OpCase("bincount", (arr((6,), "int32", 0, 4),), {"weights": arr((6,)), "minlength": 7}, oracle=np.bincount, dtypes=("float32", "int32"), sized=False),
    OpCase("bincount", (np.array([[1, 2, 2], [0, 0, 1]], "int32"),), oracle=lambda x: np.stack([np.bincount(r, minlength=3) for r in x]), grad=False, dtype="int32", sized=False, gaps={"jax/compiled": "the size of the result depends on the values"}),
    OpCase("histogram", (arr((20,)),), {"bins": 5}, oracle=_histogram, grad=False, dtype="float32"),
    OpCase("histogram", (arr((4, 5)),), {"bins": 3, "range": (-1, 1)}, oracle=_histogram, dtypes=("float32", "int32"), grad=False, dtype="float32"),
    OpCase("histogram", (np.full((3,), 2.0, "float32"),), {"bins": 4}, oracle=_histogram, grad=False, dtype="float32", name="flat"),
    OpCase("histogram", (np.zeros((0,), "float32"),), {"bins": 4}, oracle=_histogram, grad=False, dtype="float32", name="empty", dynamic=False),
    *(
        OpCase("searchsorted", (np.array([1, 2, 2, 4], d), np.array([[0, 2], [3, 9]], d)), {"side": side}, oracle=np.searchsorted, grad=False, dynamic=False)
        for side in ("left", "right") for d in ("float32", "int32", "uint8")
    ),
    OpCase("digitize", (arr((2, 3)), np.array([-1, 0, 1], "float32")), oracle=np.digitize, dtypes=("float32", "int32", "float16"), grad=False),
]  # fmt: skip

OTHERS = [
    *(OpCase("diff", (arr((3, 4)),), kwargs, oracle=np.diff, dtypes=("float32", "int32", "bfloat16", "bool", "uint8"))
      for kwargs in ({}, {"axis": 0}, {"n": 2})),
    OpCase("diff", (arr((3, 4)),), {"n": 0}, oracle=np.diff),
    OpCase("trapezoid", (arr((3, 4)),), oracle=_trapezoid, dtypes=("float32", "int32", "bfloat16")),
    OpCase("trapezoid", (arr((3, 4)),), {"dx": 0.5, "axis": 0}, oracle=_trapezoid),
    OpCase("trapezoid", (arr((3, 4)), np.array([0, 1, 3, 4], "float32")), oracle=_trapezoid),
    OpCase("trapezoid", (arr((4, 3)), np.array([0, 1, 3, 4], "float32")), {"axis": 0}, oracle=_trapezoid),
    OpCase("corrcoef", (arr((3, 5)),), oracle=np.corrcoef, dtypes=("float32", "float64", "int32", "bfloat16"), tol=1e-4),
    OpCase("corrcoef", (arr((5,)),), oracle=np.corrcoef, grad=False),
    *(
        OpCase("norm", (arr((2, 3)),), kwargs, oracle=np.linalg.norm, tol=1e-4, name=f"ord{kwargs.get('ord')}axis{kwargs.get('axis')}")
        for kwargs in (
            {}, {"axis": 1}, {"axis": 0, "keepdims": True}, {"ord": 1, "axis": 1}, {"ord": 2, "axis": -1}, {"ord": 3, "axis": -1},
            {"ord": np.inf, "axis": 1}, {"ord": -np.inf, "axis": 1}, {"ord": 1}, {"ord": -1}, {"ord": np.inf},
            {"ord": -np.inf, "keepdims": True}, {"ord": "fro"}, {"ord": "nuc"}, {"ord": 2}, {"ord": -2},
        )
    ),
    OpCase("norm", (arr((2, 3)),), {"ord": 0, "axis": 1}, oracle=np.linalg.norm, grad=False),
    OpCase("norm", (arr((2, 3, 2)),), {"ord": 1, "axis": (2, 0), "keepdims": True}, oracle=np.linalg.norm),
    OpCase("norm", (arr((2, 3, 2)),), {"ord": "nuc", "axis": (2, 0), "keepdims": True}, oracle=np.linalg.norm, tol=1e-4),
    OpCase("norm", (arr((2, 3, 2)),), oracle=lambda x: np.sqrt(np.sum(np.abs(x) ** 2)), dtypes=("float32", "float64", "int32", "bfloat16")),
]  # fmt: skip

CASES = SUMS + EXTREMA + RUNNING + SKIPPING + QUANTILES + COUNTING + OTHERS
