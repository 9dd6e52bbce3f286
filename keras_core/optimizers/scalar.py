"""Arithmetic of scalars that are Python numbers where they can be, tensors where they must.

Learning rates and bias corrections are computed once a step. Where the backend runs eagerly
they are plain floats; under a trace (`jax.jit`, `tf.function`) they are scalar tensors. These
functions, and Python's operators, take both.
"""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops
from keras_core.core import settings

Scalar = Any


def is_number(x: Any) -> bool:
    """Whether `x` is a Python number (and not a tensor)."""
    return isinstance(x, (int, float))


def dtype() -> str:
    """The dtype of scalars that are tensors: float32, float64 where `floatx()` is."""
    return "float64" if settings.floatx() == "float64" else "float32"


def as_float(x: Scalar) -> Scalar:
    """`x` as a float, or as a tensor of floats."""
    return float(x) if isinstance(x, (int, float)) else ops.cast(x, dtype())


def sqrt(x: Scalar) -> Scalar:
    """The square root."""
    return math.sqrt(x) if isinstance(x, (int, float)) else ops.sqrt(x)


def floor(x: Scalar) -> Scalar:
    """The largest whole number not above `x`."""
    return float(math.floor(x)) if isinstance(x, (int, float)) else ops.floor(x)


def ceil(x: Scalar) -> Scalar:
    """The smallest whole number not below `x`."""
    return float(math.ceil(x)) if isinstance(x, (int, float)) else ops.ceil(x)


def cos(x: Scalar) -> Scalar:
    """The cosine."""
    return math.cos(x) if isinstance(x, (int, float)) else ops.cos(x)


def log(x: Scalar) -> Scalar:
    """The natural logarithm."""
    return math.log(x) if isinstance(x, (int, float)) else ops.log(x)


def power(base: float, exponent: Scalar) -> Scalar:
    """`base ** exponent`."""
    if isinstance(exponent, (int, float)) and isinstance(base, (int, float)):
        return base**exponent
    return ops.power(base, exponent)


def minimum(x: Scalar, y: Scalar) -> Scalar:
    """The smaller of the two."""
    if isinstance(x, (int, float)) and isinstance(y, (int, float)):
        return min(x, y)
    return ops.minimum(x, y)


def maximum(x: Scalar, y: Scalar) -> Scalar:
    """The larger of the two."""
    if isinstance(x, (int, float)) and isinstance(y, (int, float)):
        return max(x, y)
    return ops.maximum(x, y)


def where(condition: Any, x: Scalar, y: Scalar) -> Scalar:
    """`x` where the condition holds, else `y`."""
    if isinstance(condition, bool):
        return x if condition else y
    return ops.where(condition, x, y)
