"""Comparison, predicates, logic and bits, element by element."""

from __future__ import annotations

from typing import Any

from keras_core.core import dtypes
from keras_core.ops import elementwise, reductions, rules, trigonometry
from keras_core.ops._door import DType, Tensor, TensorLike, arrays, op
from keras_core.ops._families import binary, binary_xy, unary

# Comparison --------------------------------------------------------------------------------


@binary(rules.boolean, scalars=True, native_required=True)
def equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether `x1 == x2`, element by element.

    >>> y = keras.ops.equal([1, 2], [1, 3])  # [True, False]
    """


@binary(rules.boolean, scalars=True)
def not_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether `x1 != x2`, element by element.

    >>> y = keras.ops.not_equal([1, 2], [1, 3])  # [False, True]
    """
    return logical_not(equal(x1, x2))


@binary(rules.boolean, scalars=True, native_required=True)
def greater(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether `x1 > x2`, element by element.

    >>> y = keras.ops.greater([1, 2], 1)  # [False, True]
    """


@binary(rules.boolean, scalars=True)
def greater_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether `x1 >= x2`, element by element.

    >>> y = keras.ops.greater_equal([1, 2], 2)  # [False, True]
    """
    return logical_or(greater(x1, x2), equal(x1, x2))


@binary(rules.boolean, scalars=True)
def less(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether `x1 < x2`, element by element.

    >>> y = keras.ops.less([1, 2], 2)  # [True, False]
    """
    return greater(x2, x1)


@binary(rules.boolean, scalars=True)
def less_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether `x1 <= x2`, element by element.

    >>> y = keras.ops.less_equal([1, 2], 1)  # [True, False]
    """
    return greater_equal(x2, x1)


def _close_shape(x1: Any, x2: Any, *_: Any) -> tuple[int | None, ...]:
    return rules.broadcast(x1, x2)


def _close_dtype(names: tuple[str, ...]) -> str:
    return dtypes.join((*names, "float"))


@op(shape=_close_shape, dtype=DType(_close_dtype, "bool"))
def isclose(
    x1: TensorLike,
    x2: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Tensor:
    """Whether `|x1 - x2| <= atol + rtol · |x2|`, element by element.

    Args:
        x1: a tensor.
        x2: a tensor whose shape broadcasts with that of `x1`.
        rtol: the tolerated difference relative to `x2`.
        atol: the tolerated absolute difference.
        equal_nan: whether NaN counts as close to NaN.

    Returns:
        A bool tensor of the broadcast shape.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.isclose([1.0, 2.0], [1.000001, 2.1])  # [True, False]
    """
    # An infinity is close to its like only: the bound would be infinite, too.
    bound = elementwise.add(elementwise.multiply(elementwise.absolute(x2), rtol), atol)
    near = elementwise.absolute(elementwise.subtract(x1, x2))
    found = logical_and(less_equal(near, bound), isfinite(x2))
    found = logical_or(found, equal(x1, x2))
    return logical_or(found, logical_and(isnan(x1), isnan(x2))) if equal_nan else found


def _scalar(*_: Any) -> tuple[int, ...]:
    return ()


@op(shape=_scalar, dtype=DType(_close_dtype, "bool"))
def allclose(
    x1: TensorLike,
    x2: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Tensor:
    """Whether all elements are close to each other; see `isclose`.

    Args:
        x1: a tensor.
        x2: a tensor whose shape broadcasts with that of `x1`.
        rtol: the tolerated difference relative to `x2`.
        atol: the tolerated absolute difference.
        equal_nan: whether NaN counts as close to NaN.

    Returns:
        A bool scalar.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.allclose([1.0, 2.0], [1.000001, 2.0])  # True
    """
    return reductions.all(isclose(x1, x2, rtol, atol, equal_nan))


# Predicates --------------------------------------------------------------------------------


@unary(rules.boolean)
def isnan(x: TensorLike) -> Tensor:
    """Whether every element is NaN.

    >>> y = keras.ops.isnan([1.0, float("nan")])  # [False, True]
    """
    return not_equal(x, x)


@unary(rules.boolean)
def isinf(x: TensorLike) -> Tensor:
    """Whether every element is an infinity.

    >>> y = keras.ops.isinf([1.0, float("-inf")])  # [False, True]
    """
    name = arrays.dtype_name(x)
    if name in dtypes.COMPLEX:
        return logical_or(isinf(trigonometry.real(x)), isinf(trigonometry.imag(x)))
    if name not in dtypes.FLOATS:
        return not_equal(x, x)
    return equal(elementwise.absolute(x), float("inf"))


@unary(rules.boolean)
def isfinite(x: TensorLike) -> Tensor:
    """Whether every element is neither NaN nor an infinity.

    >>> y = keras.ops.isfinite([1.0, float("inf")])  # [True, False]
    """
    return logical_not(logical_or(isnan(x), isinf(x)))


@unary(rules.boolean)
def isposinf(x: TensorLike) -> Tensor:
    """Whether every element is positive infinity.

    >>> y = keras.ops.isposinf([float("inf"), float("-inf")])  # [True, False]
    """
    if arrays.dtype_name(x) not in dtypes.FLOATS:
        return not_equal(x, x)
    return equal(x, float("inf"))


@unary(rules.boolean)
def isneginf(x: TensorLike) -> Tensor:
    """Whether every element is negative infinity.

    >>> y = keras.ops.isneginf([float("inf"), float("-inf")])  # [False, True]
    """
    if arrays.dtype_name(x) not in dtypes.FLOATS:
        return not_equal(x, x)
    return equal(x, float("-inf"))


@unary(rules.boolean)
def isreal(x: TensorLike) -> Tensor:
    """Whether the imaginary part of every element is 0, as it is of all real dtypes.

    >>> y = keras.ops.isreal([1.0, 2.0])  # [True, True]
    """
    if arrays.dtype_name(x) in dtypes.COMPLEX:
        return equal(trigonometry.imag(x), 0)
    found = equal(x, x)
    return logical_or(found, logical_not(found))  # of NaN, too


# Logic -------------------------------------------------------------------------------------


@binary(rules.logical, native_required=True)
def logical_and(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether both elements are true.

    >>> y = keras.ops.logical_and([True, True], [True, False])  # [True, False]
    """


@binary(rules.logical, native_required=True)
def logical_or(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether at least one of two elements is true.

    >>> y = keras.ops.logical_or([True, False], [False, False])  # [True, False]
    """


@binary(rules.logical)
def logical_xor(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether exactly one of two elements is true.

    >>> y = keras.ops.logical_xor([True, True], [True, False])  # [False, True]
    """
    return not_equal(x1, x2)


@unary(rules.logical, native_required=True)
def logical_not(x: TensorLike) -> Tensor:
    """The contrary of every element.

    >>> y = keras.ops.logical_not([True, False])  # [False, True]
    """


# Bits --------------------------------------------------------------------------------------


@binary_xy(rules.bits, native_required=True, modular=True)
def bitwise_and(x: TensorLike, y: TensorLike) -> Tensor:
    """The bits that are set in both of two integers.

    >>> y = keras.ops.bitwise_and([6, 5], 3)  # [2, 1]
    """


@binary_xy(rules.bits, native_required=True, modular=True)
def bitwise_or(x: TensorLike, y: TensorLike) -> Tensor:
    """The bits that are set in at least one of two integers.

    >>> y = keras.ops.bitwise_or([6, 5], 3)  # [7, 7]
    """


@binary_xy(rules.bits, native_required=True, modular=True)
def bitwise_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """The bits that are set in exactly one of two integers.

    >>> y = keras.ops.bitwise_xor([6, 5], 3)  # [5, 6]
    """


@unary(rules.bits, native_required=True)
def bitwise_not(x: TensorLike) -> Tensor:
    """Every bit flipped; of bools the contrary.

    >>> y = keras.ops.bitwise_not([0, 5])  # [-1, -6]
    """


@unary(rules.bits)
def bitwise_invert(x: TensorLike) -> Tensor:
    """Every bit flipped: `bitwise_not` under its other name.

    >>> y = keras.ops.bitwise_invert([0, 5])  # [-1, -6]
    """
    return bitwise_not(x)


@binary_xy(rules.integers, native_required=True)
def left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Shift the bits of `x` to the left by `y` places, filling with zeros.

    >>> y = keras.ops.left_shift([1, 3], 2)  # [4, 12]
    """


@binary_xy(rules.integers, native_required=True)
def right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Shift the bits of `x` to the right by `y` places, keeping the sign.

    >>> y = keras.ops.right_shift([8, -8], 2)  # [2, -2]
    """


@binary_xy(rules.integers)
def bitwise_left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Shift bits to the left: `left_shift` under its other name.

    >>> y = keras.ops.bitwise_left_shift([1, 3], 2)  # [4, 12]
    """
    return left_shift(x, y)


@binary_xy(rules.integers)
def bitwise_right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Shift bits to the right: `right_shift` under its other name.

    >>> y = keras.ops.bitwise_right_shift([8, -8], 2)  # [2, -2]
    """
    return right_shift(x, y)
