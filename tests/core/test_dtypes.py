"""Dtype names and promotion, against Keras."""

import itertools

import numpy as np
import pytest

from keras_core.backends.select import backend
from keras_core.core import dtypes

NAMES = [n for n in dtypes.ALL_TYPES if n != "string"]
OPERANDS = [*NAMES, int, float, bool, None]
NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


def ours(*args):
    try:
        return dtypes.result_type(*args)
    except ValueError:
        return "error"


def theirs(keras, *args):
    try:
        return keras.backend.result_type(*args)
    except ValueError:
        return "error"


def test_promotion_of_all_pairs_is_that_of_keras(keras):
    different = []
    for a, b in itertools.product(OPERANDS, repeat=2):
        if any(str(x).startswith("float8") for x in (a, b)):
            continue
        mine, reference = ours(a, b), theirs(keras, a, b)
        # Keras narrows 64-bit results where it need not (its torch and NumPy backends); nothing
        # is downcast in silence here, so there the narrowed results are compared.
        if mine != reference and NARROW.get(mine, mine) != NARROW.get(reference, reference):
            widened = {str(x) for x in (a, b)} & {"uint32", "int64", "uint64"}
            if not widened:
                different.append((a, b, mine, reference))
    assert not different


def test_names_of_python_types_are_dtypes():
    assert dtypes.result_type("int8", "int") == "int32"
    assert dtypes.result_type("int8", int) == "int8"
    assert dtypes.result_type("float16", "float") == "float32"


def test_promotion_keeps_64_bits_where_the_backend_has_them():
    wide = "float64" if backend.has("x64") or backend.name == "numpy" else "float32"
    assert dtypes.result_type("float64", "float32") == wide
    assert dtypes.result_type("float64", float) == wide


def test_promotion_is_commutative_and_idempotent():
    for a, b in itertools.product(OPERANDS[:-1], repeat=2):
        assert ours(a, b) == ours(b, a)
    for name in NAMES[:-2]:
        assert ours(name, name) == dtypes.canonical(name)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (int, "int32"), (float, "float32"), (bool, "bool"), (np.float64, "float64"),
        (np.dtype("int8"), "int8"), ("half", "float16"), (None, "float32"), (str, "string"),
    ],
)  # fmt: skip
def test_standard_names(given, name):
    assert dtypes.standardize(given) == name


@pytest.mark.parametrize("wrong", ["float31", 3, object(), "keras"])
def test_unknown_dtype_is_an_error_that_shows_it(wrong):
    with pytest.raises(ValueError, match="dtype must be one of"):
        dtypes.standardize(wrong)
