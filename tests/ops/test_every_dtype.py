"""Every operation of every dtype: what comes out is what graphs say, or the error is ours.

`test_cases.py` compares values, and dtypes with Keras's, at the dtypes of each row; here are all the
others. Whole numbers become `floatx()` where Keras would compute in them and cut fractions off.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from keras_core import config, ops
from keras_core.backends.select import backend
from keras_core.core import dtypes
from tests.ops.case import OpCase, native
from tests.ops.test_cases import WIDE, _for_keras, _keras_dtypes, _result_dtypes
from tests.ops.test_unusual_dtypes import ROWS, _names, _symbols

NAMES = [
    x
    for x in ("bool", *dtypes.INT_TYPES, "float16", "bfloat16", "float32", "float64", "complex64")
    if dtypes.canonical(x) == x
]
INTS = (*dtypes.INT_TYPES, "bool")
#: Where Keras differs on purpose of ours: (its operation, of which dtypes).
_FLOATS = (
    "image.sobel_edges image.ssim relu6 hard_tanh threshold conv conv_transpose depthwise_conv "
    "average_pool separable_conv layer_normalization rms_normalization dot_product_attention moments "
    "histogram"
).split()
DIFFERENT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_FLOATS, INTS),
    "sign": ("bool",),  # an int32, as of other functions of bools
    "select": ("bool",),  # its default is an int, no int64
    "ctc_decode": ("float16", "bfloat16"),  # scores of the dtype of what they are of
    "categorical_crossentropy": ("float16", "bfloat16"),  # of float32 targets
    "top_k": tuple(NAMES),  # indices are int32 everywhere
    "nonzero": tuple(NAMES),  # a tuple, as NumPy's
    "image.scale_and_translate": INTS,  # a float on JAX alone
    "sparse_categorical_crossentropy": ("float16", "bfloat16"),  # a float32 on JAX alone
    "relu": ("bool",),  # an int32 on JAX alone
    # Keras compares with -1, which no uint64 is: TensorFlow in eager mode gives an OverflowError, and
    # now and then aborts the process.
    "sparse_sigmoid": ("uint64",),
    "sparse_plus": ("uint64",),
    "saturate_cast": ("uint64",),  # alike, of an int beyond int64
}
#: Operations that need values, which `jax.eval_shape` has not.
_OF_VALUES = ("nonzero", "unique")


def _dtypes(case: OpCase, args: Any, kwargs: Any) -> list[str]:
    """The dtypes of our results; on JAX without compiling anything."""

    def call() -> Any:
        with np.errstate(all="ignore"):
            return case.function(ops)(*native(args), **native(kwargs))

    if backend.name == "jax" and case.op not in _OF_VALUES:
        import jax

        return _result_dtypes(jax.eval_shape(call))
    return _result_dtypes(call())


def _clear(case: OpCase, error: Exception) -> bool:
    """Whether an error names an operation, or is one of division by integers of 0."""
    text, name = str(error), case.op.rpartition(".")[2]
    named = text.partition(":")[0].rpartition(".")[2]
    return named == name or named in dir(ops) or "is not available on" in text


def _wide(names: list[str]) -> list[str]:
    return [WIDE.get(name, name) for name in names]


def _fault(case: OpCase, dtype: str, keras: Any) -> str | None:
    try:
        args, kwargs = case.draw(dtype)
        symbols = _symbols(args), _symbols(kwargs)
    except (TypeError, ValueError):
        return None  # the row's values are none of this dtype
    try:
        found = _dtypes(case, args, kwargs)
    except Exception as error:
        by_zero = "ZeroDivision" in str(error) or "nteger" in str(error) or "Truncate" in str(error)
        ours = _clear(case, error) or (by_zero and dtype in INTS)
        return None if ours else f"{type(error).__name__}: {str(error)[:120]}"
    inferred = _names(case.function(ops)(*symbols[0], **symbols[1]))
    if inferred != found:
        return f"{found}, in graphs {inferred}"
    if keras is None or dtype in case.dtypes or dtype in DIFFERENT.get(case.op, ()):
        return None
    if dtype == "complex64":  # which Keras takes for real numbers here and there
        return None
    try:
        stored = _result_dtypes(_for_keras(keras, [args, kwargs]))
        expected = _keras_dtypes(case, args, kwargs, keras)
    except Exception:
        return None
    given = _names([args, kwargs])
    if stored != given:  # Keras on PyTorch has neither uint16 nor uint32
        return None
    if any("64" in name for name in given):  # which it narrows now and then: see `test_cases.py`
        found, expected = _wide(found), _wide(expected)
    return None if found == expected else f"{found}, Keras's {expected}"


@pytest.mark.parametrize("dtype", NAMES)
def test_dtypes_of_results(dtype: str, keras: Any) -> None:
    if backend.name == "numpy":
        keras = None  # NumPy's own promotion shows through there
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        faults = {case.op: _fault(case, dtype, keras) for case in ROWS.values()}
    wrong = [f"{name}: {fault}" for name, fault in faults.items() if fault is not None]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("floatx", ["float64", "float16", "bfloat16"])
def test_dtypes_of_results_under_another_floatx(floatx: str) -> None:
    """Whole numbers become it; floats do not."""
    if dtypes.canonical(floatx) != floatx:
        pytest.skip("JAX has no 64 bits unless told to")
    floats = 0
    config.set_floatx(floatx)
    try:
        wrong = []
        for case in ROWS.values():
            for dtype in ("bool", "int32", "float32"):
                fault = _fault(case, dtype, None)
                if fault is not None:
                    wrong.append(f"{case.op} of {dtype}: {fault}")
            args, kwargs = case.draw("int32")
            if set(_names([args, kwargs])) == {"int32"}:
                found = _names(case.function(ops)(*_symbols(args), **_symbols(kwargs)))
                floats += found == [floatx]
    finally:
        config.set_floatx("float32")
    assert not wrong, "\n".join(wrong)
    assert floats > 60
