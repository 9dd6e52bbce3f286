"""Shapes as tuples of ints and None (a dimension known only at run time)."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

Shape = tuple[int | None, ...]


class ShapeTuple(tuple[int | None, ...]):
    """A shape that also answers what TensorFlow's and `tf.keras`'s code asks a `TensorShape`."""

    __slots__ = ()

    @property
    def rank(self) -> int:
        return len(self)

    ndims = rank

    def as_list(self) -> list[int | None]:
        return list(self)

    def num_elements(self) -> int | None:
        return math.prod(self) if self.is_fully_defined() else None  # type: ignore[arg-type]

    def is_fully_defined(self) -> bool:
        return None not in self


_TUPLES = (tuple, ShapeTuple)


def is_ragged(x: Any) -> bool:
    """Whether `x` is TensorFlow's tensor of rows that have lengths of their own."""
    return type(x).__name__ == "RaggedTensor"


def must_be_dense(ragged: Any) -> str:
    """What is wrong with a ragged tensor where rows must have one length, and how to mend it."""
    return (
        f"must be a dense tensor. Received: a ragged one of shape {tuple(ragged.shape)}. Fill up "
        "its rows with to_tensor(), and mask what they are filled with."
    )


def standardize_shape(shape: Any, what: str = "shape") -> Shape:
    """`shape` as a tuple of non-negative ints and None.

    Raises:
        ValueError: if it is not a sequence, or a dimension is negative or not an int.
    """
    if shape.__class__ in _TUPLES:
        for dim in shape:
            if type(dim) is not int and dim is not None or dim is not None and dim < 0:
                break
        else:
            return shape
    if shape is None or isinstance(shape, str):
        raise ValueError(f"{what} must be a tuple of ints or None. Received: {shape!r}")
    if not hasattr(shape, "__iter__"):
        try:
            shape = (operator.index(shape),)
        except TypeError:
            raise ValueError(
                f"{what} must be a tuple of ints or None. Received: {shape!r}"
            ) from None
    out: list[int | None] = []
    for dim in shape:
        # A size in a program for any size stays as it is: torch would fix it, JAX raise.
        if dim is not None and dim.__class__.__name__ not in ("SymInt", "_DimExpr"):
            try:
                dim = operator.index(dim)
            except (TypeError, AttributeError):  # the latter of TensorFlow's tensors of floats
                raise ValueError(
                    f"{what} must hold ints or None. Received: {shape!r} with {dim!r} of "
                    f"type {type(dim).__name__}"
                ) from None
            if dim < 0:
                raise ValueError(f"{what} must not hold negative sizes. Received: {shape!r}")
        out.append(dim)
    return tuple(out)


def whole(x: Any) -> int:
    """A number, or a tensor of one, as an int: but no fraction, which `int` would cut off.

    Raises:
        TypeError: if it is none.
    """
    if isinstance(x, int):
        return int(x)
    if isinstance(x, float) or "int" not in str(getattr(x, "dtype", "int")):
        raise TypeError(f"A place or a size must be an int. Received: {x!r}")
    return int(x)


def broadcast(*shapes: Shape) -> Shape:
    """The common shape of arrays that are broadcast together.

    A None meets any size: with a size above 1 the result has that size, with 1 or None it
    stays None.

    Raises:
        ValueError: if two sizes differ and neither is 1.
    """
    rank = max([0, *map(len, shapes)])
    out: list[int | None] = []
    for i in range(-rank, 0):
        size: int | None = 1
        for shape in shapes:
            if len(shape) < -i:
                continue
            dim = shape[i]
            if dim == size or dim == 1:
                continue
            if size == 1 or (size is None and dim is not None):
                size = dim
            elif dim is not None:
                raise ValueError(
                    "Arguments must have shapes that broadcast together. Received shapes: "
                    + ", ".join(map(str, shapes))
                )
        out.append(size)
    return tuple(out)


def axis_index(axis: int, rank: int, what: str = "axis") -> int:
    """`axis` counted from 0.

    Raises:
        ValueError: if it is outside of [-rank, rank).
    """
    try:
        index = operator.index(axis)
    except TypeError:
        raise ValueError(f"{what} must be an int. Received: {axis!r}") from None
    if not -rank <= index < rank:
        raise ValueError(
            f"{what} must be in [{-rank}, {rank}) for an array of rank {rank}. Received: {axis}"
        )
    return index + rank if index < 0 else index


def axis_tuple(axis: int | Iterable[int] | None, rank: int, what: str = "axis") -> tuple[int, ...]:
    """`axis` (None for all) as a tuple of distinct indices from 0.

    Raises:
        ValueError: if one is out of range or stands twice.
    """
    if axis is None:
        return tuple(range(rank))
    if not isinstance(axis, (tuple, list)):
        return (axis_index(axis, rank, what),)  # type: ignore[arg-type]
    out = tuple(axis_index(a, rank, what) for a in axis)
    if len(set(out)) != len(out):
        raise ValueError(f"{what} must not hold an axis twice. Received: {axis}")
    return out


def reduced(shape: Shape, axis: int | Iterable[int] | None, keepdims: bool = False) -> Shape:
    """The shape after reducing over `axis` (None for all)."""
    axes = axis_tuple(axis, len(shape))
    if keepdims:
        return tuple(1 if i in axes else dim for i, dim in enumerate(shape))
    return tuple(dim for i, dim in enumerate(shape) if i not in axes)


def size(shape: Sequence[int | None]) -> int | None:
    """The number of elements, None if a dimension is unknown (and none is zero)."""
    total, unknown = 1, False
    for dim in shape:
        if dim is None:
            unknown = True
        else:
            total *= dim
    return None if unknown and total else total


def check_block(shape: Sequence[int], sizes: Sequence[int]) -> None:
    """Refuse sizes of a block that the tensor of a shape has no room for; -1 is for all."""
    for dim, n in zip(shape, sizes, strict=True):
        if n < -1 or n > dim:
            raise ValueError(
                f"slice: shape must fit into inputs. Received: shape={tuple(sizes)}, inputs of "
                f"shape {tuple(shape)}"
            )


def compatible(left: Shape, right: Shape) -> bool:
    """Whether two shapes have one rank and agree wherever both sizes are known."""
    return len(left) == len(right) and all(
        a is None or b is None or a == b for a, b in zip(left, right, strict=True)
    )
