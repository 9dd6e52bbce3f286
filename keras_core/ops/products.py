"""Products of tensors: matmul, dot, einsum and their kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core.core import dtypes, shapes
from keras_core.core.einsum import parse_subscripts
from keras_core.ops import rules
from keras_core.ops._door import DType, Tensor, TensorLike, op
from keras_core.ops.rules import shape_of
from keras_core.ops.shaping import reshape


def _wide(compute: str) -> str:
    return "int32" if compute == "int8" else compute  # a product of int8s does not fit int8


#: Arguments are promoted together; a product of int8 is int32.
_product = DType(dtypes.join, _wide)


def _mismatch(name: str, a: shapes.Shape, b: shapes.Shape) -> ValueError:
    return ValueError(
        f"{name}: the axes that are summed over must have one size. Received: x1 of shape {a}, "
        f"x2 of shape {b}"
    )


def _meets(a: int | None, b: int | None) -> bool:
    return a is None or b is None or a == b


def _matmul_shape(x1: Any, x2: Any) -> shapes.Shape:
    a, b = shape_of(x1), shape_of(x2)
    if not a or not b:
        raise ValueError(
            f"matmul: x1 and x2 must have at least one axis. Received: shapes {a} and {b}. "
            "Use ops.multiply with scalars"
        )
    if not _meets(a[-1], b[-2] if len(b) > 1 else b[0]):  # pyright: ignore[reportGeneralTypeIssues]
        raise _mismatch("matmul", a, b)
    batch = shapes.broadcast(a[:-2], b[:-2])
    return (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


@op(shape=_matmul_shape, dtype=_product, native_required=True)
def matmul(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The matrix product; the axes before the last two are batch axes that broadcast.

    Args:
        x1: a tensor of shape `(..., n, k)`, or `(k,)`.
        x2: a tensor of shape `(..., k, m)`, or `(k,)`.

    Returns:
        A tensor of shape `(..., n, m)`, without the axis that a vector does not have; int32
        if both are int8.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.matmul(keras.ops.ones((2, 3)), keras.ops.ones((3, 4))).shape[1]
    4
    """


def _dot_shape(x1: Any, x2: Any) -> shapes.Shape:
    a, b = shape_of(x1), shape_of(x2)
    if not a or not b:
        return a or b
    if not _meets(a[-1], b[-2] if len(b) > 1 else b[0]):  # pyright: ignore[reportGeneralTypeIssues]
        raise _mismatch("dot", a, b)
    return (*a[:-1], *b[:-2], *(b[-1:] if len(b) > 1 else ()))


@op(shape=_dot_shape, dtype=rules.same, native_required=True, modular=True)
def dot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The sum of products over the last axis of `x1` and the last but one of `x2`.

    Args:
        x1: a tensor.
        x2: a tensor. Its only axis is summed over if it is a vector.

    Returns:
        A tensor with the remaining axes of both. With a scalar, the plain product.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.dot([1.0, 2.0], [3.0, 4.0]))
    11.0
    """


def _tensordot_axes(
    a: shapes.Shape, b: shapes.Shape, axes: Any
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if isinstance(axes, int):
        if not 0 <= axes <= min(len(a), len(b)):
            raise ValueError(
                f"tensordot: axes must be within the ranks. Received: axes={axes}, x1 of shape "
                f"{a}, x2 of shape {b}"
            )
        return tuple(range(len(a) - axes, len(a))), tuple(range(axes))
    left, right = axes
    one = shapes.axis_tuple(left, len(a), "tensordot: axes")
    two = shapes.axis_tuple(right, len(b), "tensordot: axes")
    if len(one) != len(two):
        raise ValueError(f"tensordot: axes must name pairs of axes. Received: axes={axes}")
    return one, two


def _tensordot_shape(x1: Any, x2: Any, axes: Any = 2) -> shapes.Shape:
    a, b = shape_of(x1), shape_of(x2)
    one, two = _tensordot_axes(a, b, axes)
    if not all(_meets(a[i], b[j]) for i, j in zip(one, two, strict=True)):
        raise _mismatch("tensordot", a, b)
    left = (dim for i, dim in enumerate(a) if i not in one)
    return (*left, *(dim for j, dim in enumerate(b) if j not in two))


@op(shape=_tensordot_shape, dtype=rules.same, native_required=True, modular=True)
def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[Any] = 2) -> Tensor:
    """The sum of products over pairs of axes.

    Args:
        x1: a tensor.
        x2: a tensor.
        axes: how many of the last axes of `x1` meet the first ones of `x2`; or two lists of
            axes, one for each.

    Returns:
        A tensor with the remaining axes of `x1`, then those of `x2`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.tensordot(keras.ops.ones((2, 3)), keras.ops.ones((3, 4)), axes=1).shape[1]
    4
    """


def _inner_shape(x1: Any, x2: Any) -> shapes.Shape:
    a, b = shape_of(x1), shape_of(x2)
    if not a or not b:
        return a or b
    if not _meets(a[-1], b[-1]):
        raise _mismatch("inner", a, b)
    return (*a[:-1], *b[:-1])


@op(shape=_inner_shape, dtype=rules.same, modular=True)
def inner(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The sum of products over the last axes of both.

    Args:
        x1: a tensor.
        x2: a tensor.

    Returns:
        A tensor with the remaining axes of both. With a scalar, the plain product.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.inner([1.0, 2.0], [3.0, 4.0]))
    11.0
    """
    if not shape_of(x1) or not shape_of(x2):
        return dot(x1, x2)
    return tensordot(x1, x2, axes=((-1,), (-1,)))


def _outer_shape(x1: Any, x2: Any) -> shapes.Shape:
    return (shapes.size(shape_of(x1)), shapes.size(shape_of(x2)))


@op(shape=_outer_shape, dtype=rules.same, modular=True)
def outer(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The product of each element of `x1` with each of `x2`.

    Args:
        x1: a tensor, which is flattened.
        x2: a tensor, which is flattened.

    Returns:
        A matrix.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.outer([1, 2], [3, 4])).tolist()
    [[3, 4], [6, 8]]
    """
    from keras_core.ops.elementwise import multiply

    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


# Einsum ------------------------------------------------------------------------------------


def _einsum_shape(subscripts: str, operands: Any) -> shapes.Shape:
    all_shapes = [shape_of(x) for x in operands]
    inputs, output = parse_subscripts(subscripts, tuple(map(len, all_shapes)))
    sizes: dict[str, int | None] = {}
    for labels, shape in zip(inputs, all_shapes, strict=True):
        for label, dim in zip(labels, shape, strict=True):
            known = sizes.setdefault(label, dim)
            if known != dim:
                if known not in (None, 1) and dim not in (None, 1):
                    raise ValueError(
                        f"einsum: axes of one letter must have one size. Received: "
                        f"{subscripts!r} with shapes {all_shapes}"
                    )
                if known in (None, 1) and dim is not None and dim != 1 or known == 1:
                    sizes[label] = dim
    return tuple(sizes[label] for label in output)


@op(shape=_einsum_shape, dtype=_product, native_required=True, splat=True, name="einsum")
def _einsum(subscripts: str, operands: Sequence[TensorLike]) -> Tensor:
    """See `einsum`."""


def einsum(subscripts: str, *operands: TensorLike, **kwargs: Any) -> Tensor:
    """Sum of products in Einstein's notation.

    Args:
        subscripts: a letter for each axis of each operand, commas between operands, and the
            result's letters after "->"; "..." stands for batch axes, which broadcast.
        *operands: tensors.
        **kwargs: accepted for compatibility (`optimize`); the order of contraction is chosen
            in any case.

    Returns:
        A tensor of the promoted dtype; int32 if all are int8.

    Raises:
        ValueError: if the subscripts do not fit the operands.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.einsum("ij,jk->ik", keras.ops.ones((2, 3)), keras.ops.ones((3, 4))).shape[1]
    4
    """
    if kwargs.keys() - {"optimize"}:
        raise TypeError(f"einsum: unknown arguments {sorted(kwargs.keys() - {'optimize'})}")
    return _einsum(subscripts, operands)
