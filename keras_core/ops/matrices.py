"""Diagonals, triangles, and products of matrices and vectors beyond matmul."""

from __future__ import annotations

from typing import Any

from keras_core.core import shapes
from keras_core.ops import (
    comparison,
    creation,
    elementwise,
    joining,
    products,
    reductions,
    rules,
    shaping,
    trigonometry,
)
from keras_core.ops._door import Tensor, TensorLike, arrays, op
from keras_core.ops.rules import shape_of


def _diag_shape(x: Any, k: int = 0) -> shapes.Shape:
    old = shape_of(x)
    if len(old) == 1:
        side = None if old[0] is None else old[0] + abs(k)
        return (side, side)
    if len(old) != 2:
        raise ValueError(f"diag: x must have one or two axes. Received: x of shape {old}")
    return (_diagonal_size(old[0], old[1], k),)


def _diagonal_size(rows: int | None, columns: int | None, k: int) -> int | None:
    if rows is None or columns is None:
        return None
    return max(0, min(rows, columns - k) if k >= 0 else min(rows + k, columns))


@op(shape=_diag_shape, dtype=rules.keep, native_required=True)
def diag(x: TensorLike, k: int = 0) -> Tensor:
    """A matrix from its diagonal, or the diagonal of a matrix.

    Args:
        x: a tensor of one axis, which becomes a diagonal, or of two, whose diagonal is taken.
        k: which diagonal: 0 for the main one, above it for positive numbers.

    Returns:
        A matrix, or a tensor of one axis.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.diag([1, 2])).tolist()
    [[1, 0], [0, 2]]
    """


def _diagonal_shape(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> shapes.Shape:
    old = shape_of(x)
    if len(old) < 2:
        raise ValueError(f"diagonal: x must have at least two axes. Received: x of shape {old}")
    a, b = shapes.axis_tuple((axis1, axis2), len(old), "diagonal: axis1 and axis2")
    rest = (dim for i, dim in enumerate(old) if i not in (a, b))
    return (*rest, _diagonal_size(old[a], old[b], offset))


@op(shape=_diagonal_shape, dtype=rules.keep, native_required=True)
def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonals of the matrices that two axes span.

    Args:
        x: a tensor of at least two axes.
        offset: which diagonal: 0 for the main one, above it for positive numbers.
        axis1: the axis of the rows.
        axis2: the axis of the columns.

    Returns:
        A tensor without these axes, the diagonal's axis being the last.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.diagonal([[1, 2], [3, 4]])]
    [1, 4]
    """


def _diagflat_shape(x: Any, k: int = 0) -> shapes.Shape:
    size = shapes.size(shape_of(x))
    side = None if size is None else size + abs(k)
    return (side, side)


@op(shape=_diagflat_shape, dtype=rules.keep)
def diagflat(x: TensorLike, k: int = 0) -> Tensor:
    """A matrix with the elements of a tensor, flattened, on a diagonal.

    Args:
        x: a tensor.
        k: which diagonal: 0 for the main one, above it for positive numbers.

    Returns:
        A matrix.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.diagflat([[1, 2], [3, 4]]).shape[0]
    4
    """
    return diag(shaping.ravel(x), k)


def _trace_shape(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> shapes.Shape:
    return _diagonal_shape(x, offset, axis1, axis2)[:-1]


@op(shape=_trace_shape, dtype=reductions.sum.op.dtype)
def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The sum along the diagonals of the matrices that two axes span.

    Args:
        x: a tensor of at least two axes.
        offset: which diagonal: 0 for the main one, above it for positive numbers.
        axis1: the axis of the rows.
        axis2: the axis of the columns.

    Returns:
        A tensor without these axes; of small integers the sum is int32 or uint32.

    Example:

    >>> import keras_core as keras
    >>> int(keras.ops.trace([[1, 2], [3, 4]]))
    5
    """
    return reductions.sum(diagonal(x, offset, axis1, axis2), axis=-1)


def _triangle(x: Any, k: int, upper: bool) -> Tensor:
    rows, columns = (creation.arange(n) for n in arrays.shape(x)[-2:])
    rows = elementwise.add(shaping.expand_dims(rows, 1), k)
    inside = (
        comparison.greater_equal(columns, rows)
        if upper
        else comparison.greater_equal(rows, columns)
    )
    return elementwise.where(inside, x, creation.zeros_like(x))


def _triangle_shape(x: Any, k: int = 0) -> shapes.Shape:
    if len(shape_of(x)) < 2:
        raise ValueError(
            f"tril and triu: x must have at least two axes. Received: x of shape {shape_of(x)}"
        )
    return shape_of(x)


@op(shape=_triangle_shape, dtype=rules.keep)
def tril(x: TensorLike, k: int = 0) -> Tensor:
    """Matrices with zeros above a diagonal.

    Args:
        x: a tensor of shape `(..., n, m)`.
        k: which diagonal: 0 for the main one, above it for positive numbers.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.tril([[1, 2], [3, 4]])).tolist()
    [[1, 0], [3, 4]]
    """
    return _triangle(x, k, upper=False)


@op(shape=_triangle_shape, dtype=rules.keep)
def triu(x: TensorLike, k: int = 0) -> Tensor:
    """Matrices with zeros below a diagonal.

    Args:
        x: a tensor of shape `(..., n, m)`.
        k: which diagonal: 0 for the main one, above it for positive numbers.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.triu([[1, 2], [3, 4]])).tolist()
    [[1, 2], [0, 4]]
    """
    return _triangle(x, k, upper=True)


# Products ----------------------------------------------------------------------------------


def _kron_shape(x1: Any, x2: Any) -> shapes.Shape:
    a, b = shape_of(x1), shape_of(x2)
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + tuple(a), (1,) * (rank - len(b)) + tuple(b)
    return tuple(None if m is None or n is None else m * n for m, n in zip(a, b, strict=True))


@op(shape=_kron_shape, dtype=rules.same, modular=True)
def kron(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The Kronecker product: each element of `x1` is replaced by its product with `x2`.

    Args:
        x1: a tensor.
        x2: a tensor. The one of lower rank gets leading axes of size 1.

    Returns:
        A tensor whose sizes are the products of theirs.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.kron([1, 10], [1, 2])]
    [1, 2, 10, 20]
    """
    a, b = arrays.shape(x1), arrays.shape(x2)
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + tuple(a), (1,) * (rank - len(b)) + tuple(b)
    left = [n for dim in a for n in (dim, 1)]
    right = [n for dim in b for n in (1, dim)]
    out = elementwise.multiply(shaping.reshape(x1, left), shaping.reshape(x2, right))
    return shaping.reshape(out, tuple(m * n for m, n in zip(a, b, strict=True)))


def _scalar_shape(x1: Any, x2: Any) -> shapes.Shape:
    m, n = shapes.size(shape_of(x1)), shapes.size(shape_of(x2))
    if m is not None and n is not None and m != n:
        raise ValueError(
            f"vdot: x1 and x2 must have as many elements. Received: shapes {shape_of(x1)} and "
            f"{shape_of(x2)}"
        )
    return ()


@op(shape=_scalar_shape, dtype=rules.same, modular=True)
def vdot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The sum of products of all elements, those of `x1` conjugated.

    Args:
        x1: a tensor.
        x2: a tensor of as many elements.

    Returns:
        A scalar.

    Example:

    >>> import keras_core as keras
    >>> int(keras.ops.vdot([[1, 2], [3, 4]], [[1, 0], [0, 1]]))
    5
    """
    return products.dot(trigonometry.conj(shaping.ravel(x1)), shaping.ravel(x2))


def _cross_axes(axisa: int, axisb: int, axisc: int, axis: int | None) -> tuple[int, int, int]:
    return (axisa, axisb, axisc) if axis is None else (axis, axis, axis)


def _entries(x: Tensor, axis: int) -> list[Tensor]:
    """Of vectors; 3 where their size is known only at run time, as the shape's rule has it."""
    if shape_of(x)[axis] is not None:
        return joining.unstack(x, axis=axis)
    rows = shaping.moveaxis(x, axis, 0)
    rows = joining.concatenate([rows, creation.zeros_like(rows)[: 3 - arrays.shape(rows)[0]]], 0)
    return joining.unstack(rows, 3)


def _cross_shape(
    x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> shapes.Shape:
    a, b = list(shape_of(x1)), list(shape_of(x2))
    axisa, axisb, axisc = _cross_axes(axisa, axisb, axisc, axis)
    m = a.pop(shapes.axis_index(axisa, len(a), "cross: axisa"))
    n = b.pop(shapes.axis_index(axisb, len(b), "cross: axisb"))
    if not {m, n} <= {2, 3, None}:
        raise ValueError(
            f"cross: the vectors must have 2 or 3 entries. Received: x1 of shape {shape_of(x1)}, "
            f"x2 of shape {shape_of(x2)}"
        )
    batch = shapes.broadcast(tuple(a), tuple(b))
    if m == n == 2:
        return batch
    at = shapes.axis_index(axisc, len(batch) + 1, "cross: axisc")
    return (*batch[:at], 3, *batch[at:])


@op(shape=_cross_shape, dtype=rules.integral)
def cross(
    x1: TensorLike,
    x2: TensorLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Tensor:
    """The cross product of vectors with 3 entries (2: the third one is 0).

    Args:
        x1: a tensor of vectors.
        x2: a tensor of vectors.
        axisa: the axis of `x1` along which the vectors lie.
        axisb: that of `x2`.
        axisc: that of the result.
        axis: in place of all three.

    Returns:
        A tensor of vectors; without the axis, only the third entry, if both have 2.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.cross([1, 0, 0], [0, 1, 0])]
    [0, 0, 1]
    """
    _cross_shape(x1, x2, axisa, axisb, axisc, axis)
    axisa, axisb, axisc = _cross_axes(axisa, axisb, axisc, axis)
    a, b = _entries(x1, axisa), _entries(x2, axisb)
    multiply, subtract = elementwise.multiply, elementwise.subtract
    third = subtract(multiply(a[0], b[1]), multiply(a[1], b[0]))
    if len(a) == len(b) == 2:
        return third
    a = a if len(a) == 3 else [*a, creation.zeros_like(a[0])]
    b = b if len(b) == 3 else [*b, creation.zeros_like(b[0])]
    first = subtract(multiply(a[1], b[2]), multiply(a[2], b[1]))
    second = subtract(multiply(a[2], b[0]), multiply(a[0], b[2]))
    return joining.stack([first, second, third], axis=axisc)


def _cdist_shape(x: Any, y: Any) -> shapes.Shape:
    a, b = shape_of(x), shape_of(y)
    if len(a) < 2 or len(b) < 2:
        raise ValueError(f"cdist: x and y must have at least two axes. Received: {a} and {b}")
    if a[-1] is not None and b[-1] is not None and a[-1] != b[-1]:
        raise ValueError(f"cdist: points must have as many coordinates. Received: {a} and {b}")
    return (*shapes.broadcast(a[:-2], b[:-2]), a[-2], b[-2])


@op(shape=_cdist_shape, dtype=rules.floating)
def cdist(x: TensorLike, y: TensorLike) -> Tensor:
    """Euclidean distances of each point of one set from each of another.

    Args:
        x: points, of shape `(..., n, d)`.
        y: points, of shape `(..., m, d)`.

    Returns:
        A tensor of shape `(..., n, m)`. The gradient where two points coincide is 0.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.cdist([[0.0, 0.0]], [[3.0, 4.0]])[0, 0])
    5.0
    """
    apart = elementwise.subtract(shaping.expand_dims(x, -2), shaping.expand_dims(y, -3))
    squares = reductions.sum(elementwise.square(apart), axis=-1)
    positive = comparison.greater(squares, 0)
    one, zero = creation.ones_like(squares), creation.zeros_like(squares)
    root = elementwise.sqrt(elementwise.where(positive, squares, one))
    return elementwise.where(positive, root, zero)
