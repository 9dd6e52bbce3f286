"""Exponentials, logarithms and the error function, element by element."""

from __future__ import annotations

import math

from keras_core.ops import comparison, elementwise, rules
from keras_core.ops._door import Tensor, TensorLike, arrays
from keras_core.ops._families import binary, unary


@unary(rules.floating, native_required=True)
def exp(x: TensorLike) -> Tensor:
    """E to the power of every element.

    >>> y = keras.ops.exp([0.0, 1.0])  # [1.0, 2.718...]
    """


@unary(rules.floating)
def exp2(x: TensorLike) -> Tensor:
    """2 to the power of every element.

    >>> y = keras.ops.exp2([0.0, 3.0])  # [1.0, 8.0]
    """
    return exp(elementwise.multiply(x, math.log(2.0)))


@unary(rules.floating, native_required=True)
def expm1(x: TensorLike) -> Tensor:
    """`exp(x) - 1`, exact for small `x`, too.

    >>> y = keras.ops.expm1([0.0, 1e-8])  # [0.0, 1e-8]
    """


@unary(rules.floating, native_required=True)
def log(x: TensorLike) -> Tensor:
    """The natural logarithm of every element.

    >>> y = keras.ops.log([1.0, 2.718281828])  # [0.0, 1.0]
    """


@unary(rules.floating)
def log2(x: TensorLike) -> Tensor:
    """The logarithm to base 2 of every element.

    >>> y = keras.ops.log2([1.0, 8.0])  # [0.0, 3.0]
    """
    return elementwise.multiply(log(x), 1.0 / math.log(2.0))


@unary(rules.floating)
def log10(x: TensorLike) -> Tensor:
    """The logarithm to base 10 of every element.

    >>> y = keras.ops.log10([1.0, 100.0])  # [0.0, 2.0]
    """
    return elementwise.multiply(log(x), 1.0 / math.log(10.0))


@unary(rules.floating, native_required=True)
def log1p(x: TensorLike) -> Tensor:
    """`log(1 + x)`, exact for small `x`, too.

    >>> y = keras.ops.log1p([0.0, 1e-8])  # [0.0, 1e-8]
    """


@binary(rules.floating)
def logaddexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`log(exp(x1) + exp(x2))` without overflow.

    >>> y = keras.ops.logaddexp([0.0], [0.0])  # [0.693...]
    """
    first = comparison.greater(x1, x2)
    large, small = elementwise.where(first, x1, x2), elementwise.where(first, x2, x1)
    # Equal infinities differ by NaN: they are their own result.
    same = comparison.logical_and(comparison.equal(x1, x2), comparison.isinf(x1))
    gap = elementwise.where(same, 0, elementwise.subtract(small, large))
    found = elementwise.add(large, log1p(exp(gap)))
    return elementwise.where(same, arrays.stop_gradient(x1), found)


@binary(rules.floating)
def logaddexp2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`log2(2 ** x1 + 2 ** x2)` without overflow.

    >>> y = keras.ops.logaddexp2([1.0], [1.0])  # [2.0]
    """
    scale = math.log(2.0)
    x1, x2 = elementwise.multiply(x1, scale), elementwise.multiply(x2, scale)
    return elementwise.multiply(logaddexp(x1, x2), 1.0 / scale)


@unary(rules.floating, native_required=True)
def erf(x: TensorLike) -> Tensor:
    """The error function of every element.

    >>> y = keras.ops.erf([0.0, 1.0])  # [0.0, 0.842...]
    """


@unary(rules.floating)
def erfc(x: TensorLike) -> Tensor:
    """One minus the error function of every element.

    >>> y = keras.ops.erfc([0.0, 1.0])  # [1.0, 0.157...]
    """
    return elementwise.subtract(1.0, erf(x))


# Giles, "Approximating the erfinv function" (GPU Computing Gems, 2011): w = -log(1 - x²), a
# polynomial in w - 2.5 near the middle and one in sqrt(w) - 3 in the tails.
_MIDDLE = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
    -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
    -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip


def _polynomial(coefficients: tuple[float, ...], x: Tensor) -> Tensor:
    total = elementwise.add(elementwise.multiply(x, coefficients[0]), coefficients[1])
    for c in coefficients[2:]:
        total = elementwise.add(elementwise.multiply(total, x), c)
    return total


@unary(rules.floating)
def erfinv(x: TensorLike) -> Tensor:
    """The inverse of the error function; infinite at -1 and 1, NaN outside.

    Where it is composed: M. Giles, "Approximating the erfinv function" (GPU Computing Gems
    Jade Edition, 2011), and one Newton step.

    >>> y = keras.ops.erfinv([0.0, 0.5])  # [0.0, 0.476...]
    """
    edge = comparison.equal(elementwise.absolute(x), 1)
    inner = elementwise.where(edge, 0, x)
    w = elementwise.negative(log1p(elementwise.negative(elementwise.square(inner))))
    tail = comparison.greater_equal(w, 5)
    middle = _polynomial(_MIDDLE, elementwise.subtract(w, 2.5))
    root = elementwise.sqrt(elementwise.where(tail, w, 1))
    outer = _polynomial(_TAIL, elementwise.subtract(root, 3.0))
    found = elementwise.multiply(elementwise.where(tail, outer, middle), inner)
    # Newton: erf'(y) = 2 / sqrt(π) · exp(-y²).
    slope = elementwise.multiply(exp(elementwise.square(found)), math.sqrt(math.pi) / 2)
    step = elementwise.multiply(elementwise.subtract(erf(found), inner), slope)
    found = elementwise.subtract(found, step)
    limit = elementwise.where(comparison.greater(x, 0), float("inf"), float("-inf"))
    return elementwise.where(edge, arrays.cast(limit, arrays.dtype_name(found)), found)


@unary(rules.floating, native_required=True)
def i0(x: TensorLike) -> Tensor:
    """The modified Bessel function of the first kind of order 0.

    >>> y = keras.ops.i0([0.0, 1.0])  # [1.0, 1.266...]
    """
