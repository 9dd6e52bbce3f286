"""Arithmetic, rounding, extrema and selection, element by element."""

from __future__ import annotations

from typing import Any

from keras_core.core import dtypes
from keras_core.ops import comparison, exponential, rules
from keras_core.ops._door import DType, Tensor, TensorLike, arrays, op
from keras_core.ops._families import binary, unary


def _cast(x: Any, dtype: str) -> Any:
    return arrays.cast(x, dtype)


def _dtype(x: Any) -> str:
    return arrays.dtype_name(x)


# Arithmetic --------------------------------------------------------------------------------


@binary(rules.same, scalars=True, native_required=True, modular=True)
def add(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Add two tensors element by element.

    >>> y = keras.ops.add([1, 2], [3, 4])  # [4, 6]
    """


@binary(rules.integral, scalars=True, native_required=True, modular=True)
def subtract(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Subtract `x2` from `x1` element by element.

    >>> y = keras.ops.subtract([3, 4], 1)  # [2, 3]
    """


@binary(rules.same, scalars=True, native_required=True, modular=True)
def multiply(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Multiply two tensors element by element.

    >>> y = keras.ops.multiply([1, 2], [3, 4])  # [3, 8]
    """


@binary(rules.floating, scalars=True, native_required=True)
def divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Divide `x1` by `x2` element by element; the quotient is a float.

    >>> y = keras.ops.divide([1, 2], 2)  # [0.5, 1.0]
    """


@binary(rules.floating, scalars=True)
def true_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Divide `x1` by `x2` element by element: `divide` under NumPy's other name.

    >>> y = keras.ops.true_divide([1, 2], 2)  # [0.5, 1.0]
    """
    return divide(x1, x2)


@binary(rules.floating)
def divide_no_nan(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Divide `x1` by `x2` element by element, with 0 wherever `x2` is 0.

    The gradient is 0 there, too.

    >>> y = keras.ops.divide_no_nan([1.0, 2.0], [0.0, 4.0])  # [0.0, 0.5]
    """
    zero = comparison.equal(x2, 0)
    return where(zero, 0, divide(x1, where(zero, 1, x2)))


@binary(rules.integral, scalars=True, native_required=True)
def floor_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Divide `x1` by `x2` element by element and round down.

    >>> y = keras.ops.floor_divide([7, -7], 2)  # [3, -4]
    """


@binary(rules.integral, scalars=True)
def mod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The remainder of a division rounded down: it has the sign of `x2`.

    >>> y = keras.ops.mod([7, -7], 3)  # [1, 2]
    """
    return subtract(x1, multiply(floor_divide(x1, x2), x2))


@binary(rules.integral)
def fmod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The remainder of a division rounded towards 0: it has the sign of `x1`.

    >>> y = keras.ops.fmod([7, -7], 3)  # [1, -1]
    """
    return multiply(sign(x1), mod(absolute(x1), absolute(x2)))


@binary(rules.integral, scalars=True, native_required=True)
def power(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Raise `x1` to the power `x2` element by element.

    >>> y = keras.ops.power([2, 3], 2)  # [4, 9]
    """


@unary(rules.integral, native_required=True)
def negative(x: TensorLike) -> Tensor:
    """The negative of every element.

    >>> y = keras.ops.negative([1, -2])  # [-1, 2]
    """


@unary(rules.to_real, native_required=True)
def absolute(x: TensorLike) -> Tensor:
    """The absolute value of every element, of complex ones their modulus, which is real.

    >>> y = keras.ops.absolute([-1.5, 2.0])  # [1.5, 2.0]
    """


@unary(rules.to_real)
def abs(x: TensorLike) -> Tensor:
    """The absolute value: `absolute` under its short name.

    >>> y = keras.ops.abs([-1.5, 2.0])  # [1.5, 2.0]
    """
    return absolute(x)


@unary(rules.real_floating)
def fabs(x: TensorLike) -> Tensor:
    """The absolute value as a float.

    >>> y = keras.ops.fabs([-1, 2])  # [1.0, 2.0]
    """
    return absolute(x)


@unary(rules.integral)
def square(x: TensorLike) -> Tensor:
    """The square of every element.

    >>> y = keras.ops.square([1, -2])  # [1, 4]
    """
    return multiply(x, x)


@unary(rules.floating, native_required=True)
def sqrt(x: TensorLike) -> Tensor:
    """The square root of every element.

    >>> y = keras.ops.sqrt([4.0, 9.0])  # [2.0, 3.0]
    """


@unary(rules.floating)
def rsqrt(x: TensorLike) -> Tensor:
    """One over the square root of every element.

    >>> y = keras.ops.rsqrt([4.0, 16.0])  # [0.5, 0.25]
    """
    return reciprocal(sqrt(x))


@unary(rules.floating)
def reciprocal(x: TensorLike) -> Tensor:
    """One over every element.

    >>> y = keras.ops.reciprocal([2.0, 4.0])  # [0.5, 0.25]
    """
    return divide(1.0, x)


@unary(rules.floating)
def cbrt(x: TensorLike) -> Tensor:
    """The real cube root of every element, negative for negative ones.

    >>> y = keras.ops.cbrt([8.0, -27.0])  # [2.0, -3.0]
    """
    below = comparison.less(x, 0)
    cube = where(below, negative(x), x)  # whose gradient at 0, unlike that of |x|, is not 0
    size = power(cube, 1 / 3)
    # One Newton step: 1/3 is no float, and the error shows at large numbers.
    stays = comparison.logical_or(comparison.equal(size, 0), comparison.isinf(size))
    safe = where(stays, 1, size)
    error = where(stays, 0, subtract(safe, divide(where(stays, 1, cube), square(safe))))
    size = subtract(size, divide(error, 3))
    return where(below, negative(size), size)


@binary(rules.real_floating)
def hypot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The length of the hypotenuse, `sqrt(x1² + x2²)`, without overflow on the way.

    >>> y = keras.ops.hypot([3.0], [4.0])  # [5.0]
    """
    x1, x2 = absolute(x1), absolute(x2)
    infinite = comparison.logical_or(comparison.isinf(x1), comparison.isinf(x2))
    large = maximum(x1, x2)
    trivial = comparison.logical_or(infinite, comparison.equal(large, 0))
    scale = arrays.stop_gradient(where(trivial, 1, large))
    legs = [divide(where(trivial, 1, x), scale) for x in (x1, x2)]
    length = multiply(scale, sqrt(add(square(legs[0]), square(legs[1]))))
    return where(trivial, fmax(x1, x2), length)  # infinite also beside a NaN


@binary(rules.integers, native_required=True)
def gcd(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The greatest common divisor of two integer tensors.

    >>> y = keras.ops.gcd([12, 20], 8)  # [4, 4]
    """


@binary(rules.integers)
def lcm(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The least common multiple of two integer tensors.

    >>> y = keras.ops.lcm([4, 6], 10)  # [20, 30]
    """
    x1, x2 = absolute(x1), absolute(x2)
    return multiply(floor_divide(x1, maximum(gcd(x1, x2), 1)), x2)


@binary(rules.floating.on("x1"))
def ldexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """`x1 · 2 ** x2`, where `x2` holds integers.

    >>> y = keras.ops.ldexp([1.0, 3.0], [2, -1])  # [4.0, 1.5]
    """
    name = arrays.dtype_name(x2)
    if name not in dtypes.INTS:
        raise TypeError(f"ldexp: x2 must hold integers. Received: dtype {name}")
    # Two halves, so that neither overflows where the product does not.
    half = comparison.right_shift(x2, _cast(1, name))
    rest = subtract(x2, half)
    dtype = arrays.dtype_name(x1)
    first = exponential.exp2(_cast(half, dtype))
    return multiply(multiply(x1, first), exponential.exp2(_cast(rest, dtype)))


@binary(rules.floating, native_required=True)
def nextafter(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The next float after `x1` towards `x2`.

    >>> y = keras.ops.nextafter([1.0], [2.0])  # [1.0000001]
    """


@binary(rules.floating)
def heaviside(x1: TensorLike, x2: TensorLike) -> Tensor:
    """0 where `x1` is negative, 1 where it is positive, `x2` where it is 0.

    >>> y = keras.ops.heaviside([-2.0, 0.0, 2.0], 0.5)  # [0.0, 0.5, 1.0]
    """
    one = where(comparison.less(x1, 0), 0, 1)
    found = where(comparison.equal(x1, 0), x2, _cast(one, _dtype(x1)))
    return where(comparison.isnan(x1), x1, found)


# Sign and rounding -------------------------------------------------------------------------


@unary(rules.integral, native_required=True)
def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1 as every element is negative, 0 or positive; of complex ones `x / |x|`.

    >>> y = keras.ops.sign([-2.0, 0.0, 3.0])  # [-1.0, 0.0, 1.0]
    """


@unary(rules.boolean, native_required=True)
def signbit(x: TensorLike) -> Tensor:
    """Whether the sign bit is set: true of negative elements and of -0.0.

    >>> y = keras.ops.signbit([-1.0, -0.0, 0.0])  # [True, True, False]
    """


@unary(rules.floating, native_required=True)
def ceil(x: TensorLike) -> Tensor:
    """Round up to whole numbers, which stay floats.

    >>> y = keras.ops.ceil([1.2, -1.2])  # [2.0, -1.0]
    """


@unary(rules.floating, native_required=True)
def floor(x: TensorLike) -> Tensor:
    """Round down to whole numbers, which stay floats.

    >>> y = keras.ops.floor([1.2, -1.2])  # [1.0, -2.0]
    """


@unary(rules.same)
def trunc(x: TensorLike) -> Tensor:
    """Round towards 0 to whole numbers; integers stay as they are.

    >>> y = keras.ops.trunc([1.7, -1.7])  # [1.0, -1.0]
    """
    if _dtype(x) not in dtypes.FLOATS:
        return x
    return where(comparison.less(x, 0), ceil(x), floor(x))


@op(shape=rules.elementwise, dtype=rules.integral, native_required=True)
def round(x: TensorLike, decimals: int = 0) -> Tensor:
    """Round to a number of decimals, halves to the even neighbour.

    Args:
        x: a tensor; bools are taken as int32.
        decimals: how many decimals to keep; a negative number rounds to tens, hundreds, ...

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.round([1.25, 2.5], decimals=1)  # [1.2, 2.5]
    """


# Extrema and selection ---------------------------------------------------------------------


@binary(rules.same, scalars=True, native_required=True)
def maximum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The larger of two elements, NaN if either is.

    >>> y = keras.ops.maximum([1, 4], 3)  # [3, 4]
    """


@binary(rules.same, scalars=True, native_required=True)
def minimum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The smaller of two elements, NaN if either is.

    >>> y = keras.ops.minimum([1, 4], 3)  # [1, 3]
    """


@binary(rules.same)
def fmax(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The larger of two elements; a NaN gives way to the other element.

    >>> y = keras.ops.fmax([1.0, float("nan")], 0.5)  # [1.0, 0.5]
    """
    return where(comparison.isnan(x1), x2, where(comparison.isnan(x2), x1, maximum(x1, x2)))


@binary(rules.same)
def fmin(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The smaller of two elements; a NaN gives way to the other element.

    >>> y = keras.ops.fmin([1.0, float("nan")], 0.5)  # [0.5, 0.5]
    """
    return where(comparison.isnan(x1), x2, where(comparison.isnan(x2), x1, minimum(x1, x2)))


@op(shape=rules.broadcast, dtype=rules.integral, scalars=True)
def clip(x: TensorLike, x_min: TensorLike | None, x_max: TensorLike | None) -> Tensor:
    """Limit every element to the range from `x_min` to `x_max`.

    Args:
        x: a tensor; bools are taken as int32.
        x_min: the least value, a number or a tensor that broadcasts with `x`; None: no limit.
        x_max: the largest value, likewise; it wins where it is below `x_min`.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.clip([-1.0, 0.5, 3.0], 0.0, 1.0)  # [0.0, 0.5, 1.0]
    """
    if x_min is not None:
        x = maximum(x, x_min)
    return x if x_max is None else minimum(x, x_max)


def _where_shape(condition: Any, x1: Any = None, x2: Any = None) -> tuple[int | None, ...]:
    if x1 is None or x2 is None:
        raise ValueError(
            "where: x1 and x2 must be given for a KerasTensor: the number of elements that are "
            f"true is unknown. Received: x1={x1}, x2={x2}"
        )
    return rules.broadcast(condition, x1, x2)


def _where_dtype(names: tuple[str, ...]) -> str:
    return dtypes.join(names) if names else "bool"


@op(shape=_where_shape, dtype=DType(_where_dtype).on("x1", "x2"), native_required=True)
def where(
    condition: TensorLike, x1: TensorLike | None = None, x2: TensorLike | None = None
) -> Tensor:
    """Elements of `x1` where `condition` is true and of `x2` elsewhere.

    Args:
        condition: a tensor; what is not bool counts as its being nonzero.
        x1: a tensor that broadcasts with `condition` and `x2`, or a number.
        x2: likewise. Without `x1` and `x2` the result is that of `nonzero(condition)`.

    Returns:
        A tensor of the broadcast shape and the dtype to which `x1` and `x2` are promoted.

    Raises:
        ValueError: if only one of `x1` and `x2` is given.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.where([True, False], [1, 2], 0)  # [1, 0]
    """


@op(shape=rules.elementwise, dtype=rules.same)
def nan_to_num(
    x: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Replace NaN and the infinities by finite numbers.

    Args:
        x: a tensor.
        nan: what stands in for NaN.
        posinf: what stands in for positive infinity; None: the dtype's largest number.
        neginf: what stands in for negative infinity; None: the dtype's least number.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.nan_to_num([float("nan"), 1.0])  # [0.0, 1.0]
    """
    name = _dtype(x)
    if name not in dtypes.FLOATS:
        return x
    largest = dtypes.LARGEST[name]
    x = where(comparison.isnan(x), nan, x)
    x = where(comparison.isposinf(x), largest if posinf is None else posinf, x)
    return where(comparison.isneginf(x), -largest if neginf is None else neginf, x)
