"""Trigonometry, hyperbolic functions, and complex numbers, element by element."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops
from keras_core.core import dtypes
from keras_core.ops import comparison, elementwise, exponential, rules
from keras_core.ops._door import Tensor, TensorLike, arrays, op
from keras_core.ops._families import binary, unary


@unary(rules.floating, native_required=True)
def sin(x: TensorLike) -> Tensor:
    """The sine of angles in radians.

    >>> y = keras.ops.sin([0.0, 1.5707964])  # [0.0, 1.0]
    """


@unary(rules.floating, native_required=True)
def cos(x: TensorLike) -> Tensor:
    """The cosine of angles in radians.

    >>> y = keras.ops.cos([0.0, 3.1415927])  # [1.0, -1.0]
    """


@unary(rules.floating)
def tan(x: TensorLike) -> Tensor:
    """The tangent of angles in radians.

    >>> y = keras.ops.tan([0.0, 0.7853982])  # [0.0, 1.0]
    """
    return elementwise.divide(sin(x), cos(x))


@unary(rules.floating, native_required=True)
def arcsin(x: TensorLike) -> Tensor:
    """The angle in radians, from -π/2 to π/2, whose sine is `x`.

    >>> y = keras.ops.arcsin([0.0, 1.0])  # [0.0, 1.570...]
    """


@unary(rules.floating, native_required=True)
def arccos(x: TensorLike) -> Tensor:
    """The angle in radians, from 0 to π, whose cosine is `x`.

    >>> y = keras.ops.arccos([1.0, 0.0])  # [0.0, 1.570...]
    """


@unary(rules.floating, native_required=True)
def arctan(x: TensorLike) -> Tensor:
    """The angle in radians, from -π/2 to π/2, whose tangent is `x`.

    >>> y = keras.ops.arctan([0.0, 1.0])  # [0.0, 0.785...]
    """


@binary(rules.floating, native_required=True)
def arctan2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The angle in radians, from -π to π, of the point `(x2, x1)`.

    >>> y = keras.ops.arctan2([1.0, -1.0], [-1.0, 1.0])  # [2.356..., -0.785...]
    """


@unary(rules.floating)
def sinh(x: TensorLike) -> Tensor:
    """The hyperbolic sine.

    >>> y = keras.ops.sinh([0.0, 1.0])  # [0.0, 1.175...]
    """
    e = exponential.expm1(x)
    return elementwise.multiply(
        elementwise.add(e, elementwise.divide(e, elementwise.add(e, 1.0))), 0.5
    )


@unary(rules.floating)
def cosh(x: TensorLike) -> Tensor:
    """The hyperbolic cosine.

    >>> y = keras.ops.cosh([0.0, 1.0])  # [1.0, 1.543...]
    """
    half = elementwise.multiply(exponential.exp(x), 0.5)
    other = elementwise.multiply(exponential.exp(elementwise.negative(x)), 0.5)
    return elementwise.add(half, other)


@unary(rules.floating, native_required=True)
def tanh(x: TensorLike) -> Tensor:
    """The hyperbolic tangent.

    >>> y = keras.ops.tanh([0.0, 1.0])  # [0.0, 0.761...]
    """


@unary(rules.floating, native_required=True)
def arcsinh(x: TensorLike) -> Tensor:
    """The inverse of the hyperbolic sine.

    >>> y = keras.ops.arcsinh([0.0, 1.0])  # [0.0, 0.881...]
    """


@unary(rules.floating, native_required=True)
def arccosh(x: TensorLike) -> Tensor:
    """The inverse of the hyperbolic cosine; NaN below 1.

    >>> y = keras.ops.arccosh([1.0, 2.0])  # [0.0, 1.316...]
    """


@unary(rules.floating)
def arctanh(x: TensorLike) -> Tensor:
    """The inverse of the hyperbolic tangent; NaN outside of -1 to 1.

    >>> y = keras.ops.arctanh([0.0, 0.5])  # [0.0, 0.549...]
    """
    twice = elementwise.subtract(exponential.log1p(x), exponential.log1p(elementwise.negative(x)))
    return elementwise.multiply(twice, 0.5)


@unary(rules.floating)
def deg2rad(x: TensorLike) -> Tensor:
    """Angles in degrees as radians.

    >>> y = keras.ops.deg2rad([180.0])  # [3.141...]
    """
    return elementwise.multiply(x, math.pi / 180)


@unary(rules.floating)
def rad2deg(x: TensorLike) -> Tensor:
    """Angles in radians as degrees.

    >>> y = keras.ops.rad2deg([3.1415927])  # [180.0]
    """
    return elementwise.multiply(x, 180 / math.pi)


@unary(rules.floating)
def sinc(x: TensorLike) -> Tensor:
    """`sin(πx) / (πx)`, 1 at 0.

    >>> y = keras.ops.sinc([0.0, 0.5])  # [1.0, 0.636...]
    """
    zero = comparison.equal(x, 0)
    angle = elementwise.multiply(elementwise.where(zero, 1, x), math.pi)
    return elementwise.where(zero, 1, elementwise.divide(sin(angle), angle))


# Complex numbers ---------------------------------------------------------------------------


@unary(rules.to_real, native_required=True)
def real(x: TensorLike) -> Tensor:
    """The real part; a real tensor is its own.

    >>> y = keras.ops.real([1 + 2j])  # [1.0]
    """


@unary(rules.to_real, native_required=True)
def imag(x: TensorLike) -> Tensor:
    """The imaginary part, 0 of a real tensor.

    >>> y = keras.ops.imag([1 + 2j])  # [2.0]
    """


@unary(rules.same, native_required=True)
def conjugate(x: TensorLike) -> Tensor:
    """The complex conjugate; a real tensor is its own.

    >>> y = keras.ops.conjugate([1 + 2j])  # [1 - 2j]
    """


@unary(rules.same)
def conj(x: TensorLike) -> Tensor:
    """The complex conjugate: `conjugate` under its short name.

    >>> y = keras.ops.conj([1 + 2j])  # [1 - 2j]
    """
    return conjugate(x)


@unary(rules.real_floating)
def angle(x: TensorLike) -> Tensor:
    """The angle of complex numbers in radians; of real ones 0, or π where they are negative.

    >>> y = keras.ops.angle([1j, -1 + 0j])  # [1.570..., 3.141...]
    """
    if arrays.dtype_name(x) in dtypes.COMPLEX:
        return arctan2(imag(x), real(x))
    turned = elementwise.where(elementwise.signbit(x), math.pi, ops.zeros_like(x))
    return elementwise.where(comparison.isnan(x), x, turned)


def _complex_dtype(name: str) -> str:
    return "complex128" if name == "float64" else "complex64"


def _view_real_shape(x: Any) -> tuple[int | None, ...]:
    return (*rules.shape_of(x), 2)


@op(shape=_view_real_shape, dtype=rules.to_real, native_required=True)
def view_as_real(x: TensorLike) -> Tensor:
    """Real and imaginary parts of complex numbers along a new last axis.

    Args:
        x: a complex tensor of shape `(...)`.

    Returns:
        A real tensor of shape `(..., 2)`.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.view_as_real([1 + 2j])  # [[1.0, 2.0]]
    """


def _view_complex_shape(x: Any) -> tuple[int | None, ...]:
    shape = rules.shape_of(x)
    if not shape or shape[-1] not in (2, None):
        raise ValueError(
            f"view_as_complex: x must have a last axis of size 2. Received: shape {shape}"
        )
    return shape[:-1]


@op(shape=_view_complex_shape, dtype=rules.floating.to(_complex_dtype), native_required=True)
def view_as_complex(x: TensorLike) -> Tensor:
    """Complex numbers from their real and imaginary parts along the last axis.

    Args:
        x: a real tensor of shape `(..., 2)`.

    Returns:
        A complex tensor of shape `(...)`: complex128 from float64, else complex64.

    Raises:
        ValueError: if the last axis is not of size 2.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.view_as_complex([[1.0, 2.0]])  # [1 + 2j]
    """
