"""Elementwise operations: arithmetic, comparison, logic, rounding, exponentials, trigonometry."""

from __future__ import annotations

from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, op


@op(shape=rules.broadcast, dtype=rules.same, scalars=True, native_required=True)
def add(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Add two tensors element by element.

    Args:
        x1: a tensor.
        x2: a tensor whose shape broadcasts with that of `x1`.

    Returns:
        The sum, of the broadcast shape and the promoted dtype.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.add([1, 2], [3, 4])
    """


@op(shape=rules.broadcast, dtype=rules.same, scalars=True, native_required=True)
def subtract(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Subtract."""


@op(shape=rules.broadcast, dtype=rules.same, scalars=True, native_required=True)
def multiply(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Multiply."""


@op(shape=rules.elementwise, dtype=rules.floating, native_required=True)
def sqrt(x: TensorLike) -> Tensor:
    """Root."""


@op(shape=rules.elementwise, dtype=rules.same)
def square(x: TensorLike) -> Tensor:
    """Square."""
    return multiply(x, x)


@op(shape=rules.broadcast, dtype=rules.floating)
def hypot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Hypotenuse."""
    return sqrt(add(square(x1), square(x2)))
