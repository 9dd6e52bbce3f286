"""Joining tensors and cutting them into parts."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

from keras_core.core import shapes
from keras_core.ops import elementwise, rules
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, arrays, op
from keras_core.ops.rules import shape_of
from keras_core.ops.shaping import expand_dims


def _merge(name: str, left: shapes.Shape, right: shapes.Shape) -> shapes.Shape:
    if not shapes.compatible(left, right):
        raise ValueError(
            f"{name}: the tensors must have one shape, but for the joined axis. "
            f"Received shapes: {left} and {right}"
        )
    return tuple(b if a is None else a for a, b in zip(left, right, strict=True))


def _concatenate_shape(xs: Any, axis: int | None = 0, name: str = "concatenate") -> shapes.Shape:
    all_shapes = [shape_of(x) for x in xs]
    if not all_shapes:
        raise ValueError(f"{name}: xs must hold at least one tensor. Received: {xs}")
    if axis is None:
        sizes = [shapes.size(s) for s in all_shapes]
        return (None if None in sizes else sum(sizes),)  # type: ignore[arg-type]
    first = all_shapes[0]
    at = shapes.axis_index(axis, len(first), f"{name}: axis")
    total: int | None = 0
    merged: shapes.Shape | None = None
    for s in all_shapes:
        if len(s) != len(first):
            raise ValueError(
                f"{name}: the tensors must have one rank. Received shapes: {all_shapes}"
            )
        rest = (*s[:at], *s[at + 1 :])
        merged = rest if merged is None else _merge(name, merged, rest)
        total = None if total is None or s[at] is None else total + s[at]  # pyright: ignore[reportOperatorIssue]
    return (*merged[:at], total, *merged[at:])  # type: ignore[index]


@op(shape=_concatenate_shape, dtype=rules.same, native_required=True)
def concatenate(xs: Sequence[TensorLike], axis: int | None = 0) -> Tensor:
    """Join tensors along an axis that they have.

    Args:
        xs: tensors of one shape, but for that axis.
        axis: the axis; None joins the flattened tensors.

    Returns:
        A tensor of their promoted dtype.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.concatenate([keras.ops.zeros((2, 3)), keras.ops.ones((1, 3))]).shape[0]
    3
    """


def _stack_shape(x: Any, axis: int = 0) -> shapes.Shape:
    all_shapes = [shape_of(item) for item in x]
    if not all_shapes:
        raise ValueError(f"stack: x must hold at least one tensor. Received: {x}")
    merged = all_shapes[0]
    for s in all_shapes[1:]:
        merged = _merge("stack", merged, s)
    at = shapes.axis_index(axis, len(merged) + 1, "stack: axis")
    return (*merged[:at], len(all_shapes), *merged[at:])


@op(shape=_stack_shape, dtype=rules.same, native_required=True)
def stack(x: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join tensors along a new axis.

    Args:
        x: tensors of one shape.
        axis: where the new axis goes.

    Returns:
        A tensor of their promoted dtype.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.stack([keras.ops.zeros((2,)), keras.ops.ones((2,))], axis=1).shape[1]
    2
    """


_MOST_PARTS = 1 << 16


def _counted(name: str, parts: int) -> int:
    """The number of an operation's outputs in a graph: a config must not ask for any number."""
    if parts > _MOST_PARTS:
        raise ValueError(
            f"{name}: the number of parts must be at most {_MOST_PARTS} in a graph. Received: "
            f"{parts}"
        )
    return parts


def _split_shapes(name: str, x: Any, parts: Any, axis: int, uneven: bool) -> list[shapes.Shape]:
    old = shape_of(x)
    at = shapes.axis_index(axis, len(old), f"{name}: axis")
    size = old[at]
    sizes: list[int | None]
    if isinstance(parts, int):
        if parts <= 0:
            raise ValueError(f"{name}: the number of parts must be positive. Received: {parts}")
        if size is None:
            sizes = [None] * _counted(name, parts)
        elif size % parts and not uneven:
            raise ValueError(
                f"{name}: axis {axis} must divide into {parts} equal parts. Received: x of "
                f"shape {old}. ops.array_split makes parts of different sizes"
            )
        else:
            sizes = [size // parts + (i < size % parts) for i in range(_counted(name, parts))]
    else:
        ends = [operator.index(i) for i in parts]
        if size is None:
            sizes = [b - a if a >= 0 and b >= a else None for a, b in zip([0, *ends], ends)]  # noqa: B905
            sizes.append(None)
        else:
            spans = (range(size)[a:b] for a, b in zip([0, *ends], [*ends, size], strict=True))
            sizes = [len(span) for span in spans]
    return [(*old[:at], part, *old[at + 1 :]) for part in sizes]


def _split_shape(x: Any, indices_or_sections: Any, axis: int = 0) -> list[shapes.Shape]:
    return _split_shapes("split", x, indices_or_sections, axis, uneven=False)


@op(shape=_split_shape, dtype=rules.keep, native_required=True)
def split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:  # pyright: ignore[reportReturnType]
    """Cut a tensor into parts along an axis.

    Args:
        x: a tensor.
        indices_or_sections: the number of equal parts, or the indices at which to cut.
        axis: the axis.

    Returns:
        A list of tensors.

    Raises:
        ValueError: if the axis does not divide into equal parts.

    Example:

    >>> import keras_core as keras
    >>> [x.shape[0] for x in keras.ops.split(keras.ops.zeros((6,)), [1, 3])]
    [1, 2, 3]
    """


def _array_split_shape(x: Any, indices_or_sections: Any, axis: int = 0) -> list[shapes.Shape]:
    return _split_shapes("array_split", x, indices_or_sections, axis, uneven=True)


@op(shape=_array_split_shape, dtype=rules.keep)
def array_split(
    x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[Tensor]:
    """Cut a tensor into parts along an axis, the first ones larger if they cannot be equal.

    Args:
        x: a tensor.
        indices_or_sections: the number of parts, or the indices at which to cut.
        axis: the axis.

    Returns:
        A list of tensors.

    Example:

    >>> import keras_core as keras
    >>> [x.shape[0] for x in keras.ops.array_split(keras.ops.zeros((7,)), 3)]
    [3, 2, 2]
    """
    if not isinstance(indices_or_sections, int):
        return split(x, indices_or_sections, axis)
    at = shapes.axis_index(axis, len(shape_of(x)), "array_split: axis")
    ends, total = [], 0
    for part in _split_shapes("array_split", x, indices_or_sections, axis, uneven=True)[:-1]:
        if part[at] is None:
            return _dynamic_parts(x, indices_or_sections, at)
        total += part[at]  # pyright: ignore[reportOperatorIssue]
        ends.append(total)
    return split(x, ends, axis)


def _dynamic_parts(x: Tensor, count: int, axis: int) -> list[Tensor]:
    """Parts as equal as can be of an axis whose size is known only at run time."""
    size = arrays.shape(x)[axis]
    ends = [i * (size // count) + elementwise.minimum(size % count, i) for i in range(count + 1)]
    front = (slice(None),) * axis
    return [x[(*front, slice(a, b))] for a, b in itertools.pairwise(ends)]


def _along(name: str, axis: int, least: int) -> tuple[Any, Any]:
    """The declaration of a split along one axis: shape rule and body."""

    def shape(x: Any, indices_or_sections: Any) -> list[shapes.Shape]:
        return _split_shapes(name, x, indices_or_sections, _axis(x), uneven=False)

    def _axis(x: Any) -> int:
        rank = len(shape_of(x))
        if rank < least:
            raise ValueError(f"{name}: x must have at least {least} axes. Received: {rank}")
        return 0 if name == "hsplit" and rank == 1 else axis

    return shape, _axis


_hsplit_shape, _hsplit_axis = _along("hsplit", 1, 1)
_vsplit_shape, _vsplit_axis = _along("vsplit", 0, 2)
_dsplit_shape, _dsplit_axis = _along("dsplit", 2, 3)


@op(shape=_hsplit_shape, dtype=rules.keep)
def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Cut a tensor along its second axis (its only one if it has one).

    Args:
        x: a tensor.
        indices_or_sections: the number of equal parts, or the indices at which to cut.

    Returns:
        A list of tensors.

    Example:

    >>> import keras_core as keras
    >>> len(keras.ops.hsplit(keras.ops.zeros((2, 4)), 2))
    2
    """
    return split(x, indices_or_sections, _hsplit_axis(x))


@op(shape=_vsplit_shape, dtype=rules.keep)
def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Cut a tensor along its first axis.

    Args:
        x: a tensor of at least two axes.
        indices_or_sections: the number of equal parts, or the indices at which to cut.

    Returns:
        A list of tensors.

    Example:

    >>> import keras_core as keras
    >>> len(keras.ops.vsplit(keras.ops.zeros((4, 2)), 2))
    2
    """
    return split(x, indices_or_sections, _vsplit_axis(x))


@op(shape=_dsplit_shape, dtype=rules.keep)
def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Cut a tensor along its third axis.

    Args:
        x: a tensor of at least three axes.
        indices_or_sections: the number of equal parts, or the indices at which to cut.

    Returns:
        A list of tensors.

    Example:

    >>> import keras_core as keras
    >>> len(keras.ops.dsplit(keras.ops.zeros((1, 2, 4)), 2))
    2
    """
    return split(x, indices_or_sections, _dsplit_axis(x))


def _unstack_shape(x: Any, num: int | None = None, axis: int = 0) -> list[shapes.Shape]:
    old = shape_of(x)
    at = shapes.axis_index(axis, len(old), "unstack: axis")
    count = old[at] if num is None else num
    if count is None:
        raise ValueError(
            "unstack: num must be given when the axis has no known size. "
            f"Received: x of shape {old}, axis={axis}, num=None"
        )
    if old[at] is not None and old[at] != count:
        raise ValueError(
            f"unstack: num must be the size of the axis. Received: num={num}, x of shape {old}"
        )
    return [(*old[:at], *old[at + 1 :])] * _counted("unstack", count)


@op(shape=_unstack_shape, dtype=rules.keep, native_required=True)
def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> list[Tensor]:  # pyright: ignore[reportReturnType]
    """Cut a tensor into slices along an axis, which disappears.

    Args:
        x: a tensor.
        num: the size of the axis; needed only where it is unknown.
        axis: the axis.

    Returns:
        A list of tensors.

    Example:

    >>> import keras_core as keras
    >>> len(keras.ops.unstack(keras.ops.zeros((3, 2))))
    3
    """


def _stacked(name: str, least: int, axis: int) -> tuple[Any, Any]:
    """Shape rule and expansion of `vstack`, `hstack` and `dstack`."""

    def expanded(s: shapes.Shape) -> shapes.Shape:
        if len(s) >= least:
            return s
        if name == "dstack":
            return {0: (1, 1, 1), 1: (1, *s, 1), 2: (*s, 1)}[len(s)]
        return (1,) * (least - len(s)) + tuple(s)

    def at(xs: Any) -> int:
        rank = max(len(expanded(shape_of(x))) for x in xs)
        return 0 if name == "hstack" and rank == 1 else axis

    def shape(xs: Any) -> shapes.Shape:
        return _concatenate_shape([KerasTensor(expanded(shape_of(x))) for x in xs], at(xs), name)

    def join(xs: Any) -> Tensor:
        parts = []
        for x in xs:
            old = shape_of(x)
            new = expanded(old)
            if len(new) != len(old):
                front = 1 if name == "dstack" and len(old) == 1 else len(new) - len(old)
                before = 0 if name == "dstack" and len(old) == 2 else front
                where = (*range(before), *range(before + len(old), len(new)))
                x = expand_dims(x, where)
            parts.append(x)
        return concatenate(parts, at(xs))

    return shape, join


_vstack_shape, _vstack = _stacked("vstack", 2, 0)
_hstack_shape, _hstack = _stacked("hstack", 1, 1)
_dstack_shape, _dstack = _stacked("dstack", 3, 2)


@op(shape=_vstack_shape, dtype=rules.same)
def vstack(xs: Sequence[TensorLike]) -> Tensor:
    """Join tensors along the first axis; tensors of one axis are rows.

    Args:
        xs: tensors of one shape, but for that axis.

    Returns:
        A tensor of at least two axes.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.vstack([[1, 2], [3, 4]]).shape[0]
    2
    """
    return _vstack(xs)


@op(shape=_hstack_shape, dtype=rules.same)
def hstack(xs: Sequence[TensorLike]) -> Tensor:
    """Join tensors along the second axis, or the only one.

    Args:
        xs: tensors of one shape, but for that axis.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.hstack([[1, 2], [3, 4]]).shape[0]
    4
    """
    return _hstack(xs)


@op(shape=_dstack_shape, dtype=rules.same)
def dstack(xs: Sequence[TensorLike]) -> Tensor:
    """Join tensors along the third axis, which is added to those that lack it.

    Args:
        xs: tensors of one shape, but for that axis.

    Returns:
        A tensor of at least three axes.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.dstack([[1, 2], [3, 4]]).shape[2]
    2
    """
    return _dstack(xs)


def _append_shape(x1: Any, x2: Any, axis: int | None = None) -> shapes.Shape:
    return _concatenate_shape([x1, x2], axis, "append")


@op(shape=_append_shape, dtype=rules.same)
def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> Tensor:
    """Join two tensors.

    Args:
        x1: a tensor.
        x2: a tensor of the same shape, but for the axis.
        axis: the axis; None joins the flattened tensors.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.append([1, 2], [3])]
    [1, 2, 3]
    """
    return concatenate([x1, x2], axis)
