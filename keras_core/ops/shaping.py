"""Rearranging elements: reshape, transpose, repeat, pad, flip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keras_core.core import dtypes, errors, shapes
from keras_core.ops import _arguments, rules
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, arrays, op, weak_dtype
from keras_core.ops.rules import shape_of

# Shapes ------------------------------------------------------------------------------------


def _reshape_shape(x: Any, newshape: Any) -> shapes.Shape:
    old, new = shape_of(x), list(rules.sizes(newshape))
    if new.count(-1) > 1 or any(dim is not None and dim < -1 for dim in new):
        raise ValueError(
            f"reshape: newshape must hold sizes and at most one -1. Received: newshape={newshape}"
        )
    total = shapes.size(old)
    known = math.prod(dim for dim in new if dim is not None and dim != -1)
    open_ = [i for i, dim in enumerate(new) if dim is None or dim == -1]
    if total is not None and len(open_) <= 1:
        if open_:
            if known == 0 or total % known:
                raise _unfit(old, newshape)
            new[open_[0]] = total // known
        elif known != total:
            raise _unfit(old, newshape)
    elif total is None:
        # Unknown sizes cancel if they stand on both sides: (None, 3, 4) -> (None, -1).
        rest = math.prod(dim for dim in old if dim is not None)
        free = [i for i in open_ if new[i] is None]
        if -1 in new and len(free) == old.count(None) and known and not rest % known:
            new[new.index(-1)] = rest // known
    return tuple(None if dim == -1 else dim for dim in new)


def _unfit(old: shapes.Shape, newshape: Any) -> ValueError:
    return ValueError(
        f"reshape: newshape must hold as many elements as x. Received: x of shape {old}, "
        f"newshape={newshape}"
    )


@op(shape=_reshape_shape, dtype=rules.keep, native_required=True)
def reshape(x: TensorLike, newshape: Sequence[int]) -> Tensor:
    """Give a tensor another shape; its elements keep their order.

    Args:
        x: a tensor.
        newshape: a tuple of sizes, of which one may be -1: what is left. An int for one axis.

    Returns:
        A tensor of that shape.

    Raises:
        ValueError: if the number of elements differs.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.reshape(keras.ops.zeros((2, 6)), (3, -1)).shape[1]
    4
    """


def _ravel_shape(x: Any) -> shapes.Shape:
    return (shapes.size(shape_of(x)),)


@op(shape=_ravel_shape, dtype=rules.keep)
def ravel(x: TensorLike) -> Tensor:
    """Flatten to one axis.

    Args:
        x: a tensor.

    Returns:
        A tensor of one axis.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.ravel(keras.ops.zeros((2, 3))).shape[0]
    6
    """
    return reshape(x, (-1,))


def _transpose_shape(x: Any, axes: Any = None) -> shapes.Shape:
    old = shape_of(x)
    if axes is None:
        return old[::-1]
    order = shapes.axis_tuple(tuple(axes), len(old), "transpose: axes")
    if len(order) != len(old):
        raise ValueError(
            f"transpose: axes must name each of the {len(old)} axes of x once. "
            f"Received: axes={axes}, x of shape {old}"
        )
    return tuple(old[i] for i in order)


@op(shape=_transpose_shape, dtype=rules.keep, native_required=True)
def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Permute the axes.

    Args:
        x: a tensor.
        axes: for each axis of the result, which one of `x` it is; None reverses them.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.transpose(keras.ops.zeros((2, 3, 4)), (0, 2, 1)).shape[1]
    4
    """


def _expand_shape(x: Any, axis: Any) -> shapes.Shape:
    old = shape_of(x)
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    new = shapes.axis_tuple(axis, len(old) + count, "expand_dims: axis")
    rest = iter(old)
    return tuple(1 if i in new else next(rest) for i in range(len(old) + count))


@op(shape=_expand_shape, dtype=rules.keep, native_required=True)
def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> Tensor:
    """Insert axes of size 1.

    Args:
        x: a tensor.
        axis: where in the result's shape: an int or a tuple.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.expand_dims(keras.ops.zeros((2, 3)), -1).shape[2]
    1
    """


def _squeeze_shape(x: Any, axis: Any = None) -> shapes.Shape:
    old = shape_of(x)
    if axis is None:
        return tuple(dim for dim in old if dim != 1)
    axes = shapes.axis_tuple(axis, len(old), "squeeze: axis")
    if any(old[i] not in (1, None) for i in axes):
        raise ValueError(
            f"squeeze: axis must name axes of size 1. Received: axis={axis}, x of shape {old}"
        )
    return tuple(dim for i, dim in enumerate(old) if i not in axes)


@op(shape=_squeeze_shape, dtype=rules.keep, native_required=True)
def squeeze(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Remove axes of size 1.

    Args:
        x: a tensor.
        axis: which: an int or a tuple; None for all of them. In a graph, beside sizes that are
            known, axes whose size is known only at run time stay: name those that shall go.

    Returns:
        A tensor.

    Raises:
        ValueError: if one of `axis` has another size.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.squeeze(keras.ops.zeros((2, 1, 3))).shape[1]
    3
    """


def _move_order(rank: int, source: Any, destination: Any) -> list[int]:
    taken = shapes.axis_tuple(source, rank, "moveaxis: source")
    put = shapes.axis_tuple(destination, rank, "moveaxis: destination")
    if len(taken) != len(put):
        raise ValueError(
            "moveaxis: source and destination must have one length. Received: "
            f"source={source}, destination={destination}"
        )
    order = [i for i in range(rank) if i not in taken]
    for to, axis in sorted(zip(put, taken, strict=True)):
        order.insert(to, axis)
    return order


def _moveaxis_shape(x: Any, source: Any, destination: Any) -> shapes.Shape:
    old = shape_of(x)
    return tuple(old[i] for i in _move_order(len(old), source, destination))


@op(shape=_moveaxis_shape, dtype=rules.keep)
def moveaxis(
    x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]
) -> Tensor:
    """Move axes to other places; the rest keep their order.

    Args:
        x: a tensor.
        source: the axes to move: an int or a tuple.
        destination: where they go.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.moveaxis(keras.ops.zeros((2, 3, 4)), 0, -1).shape[2]
    2
    """
    return transpose(x, _move_order(len(shape_of(x)), source, destination))


def _swapped(rank: int, axis1: int, axis2: int) -> list[int]:
    order = list(range(rank))
    a, b = shapes.axis_index(axis1, rank), shapes.axis_index(axis2, rank)
    order[a], order[b] = b, a
    return order


def _swapaxes_shape(x: Any, axis1: int, axis2: int) -> shapes.Shape:
    old = shape_of(x)
    return tuple(old[i] for i in _swapped(len(old), axis1, axis2))


@op(shape=_swapaxes_shape, dtype=rules.keep)
def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """Exchange two axes.

    Args:
        x: a tensor.
        axis1: one of them.
        axis2: the other.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.swapaxes(keras.ops.zeros((2, 3, 4)), 0, 2).shape[0]
    4
    """
    return transpose(x, _swapped(len(shape_of(x)), axis1, axis2))


def _broadcast_to_shape(x: Any, shape: Any) -> shapes.Shape:
    old, new = shape_of(x), rules.sizes(shape)
    if shapes.broadcast(old, new) != new and None not in (*old, *new):
        raise ValueError(
            f"broadcast_to: shape must be one that x broadcasts to. Received: x of shape {old}, "
            f"shape={tuple(new)}"
        )
    return new


@op(shape=_broadcast_to_shape, dtype=rules.keep, native_required=True)
def broadcast_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """Repeat a tensor along new axes and axes of size 1 until it has a shape.

    Args:
        x: a tensor.
        shape: the result's shape.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.broadcast_to([1, 2, 3], (2, 3)).shape[0]
    2
    """


# Repeat, pad, flip -------------------------------------------------------------------------


def _repeat_shape(x: Any, repeats: Any, axis: int | None = None) -> shapes.Shape:
    old = shape_of(x)
    if axis is None:
        old, at = (shapes.size(old),), 0
    else:
        at = shapes.axis_index(axis, len(old), "repeat: axis")
    size: int | None
    if old[at] is not None and shape_of(repeats) not in ((), (1,), (old[at],), (None,)):
        raise ValueError(
            "repeat: repeats must be an int, or as many as the axis has elements. Received: "
            f"{shape_of(repeats)[0]} of them for {old[at]} elements (x of shape {shape_of(x)})"
        )
    if isinstance(repeats, KerasTensor):
        if repeats.dtype not in dtypes.INTS and repeats.dtype != "bool":
            raise _arguments.not_whole("repeat", "repeats", repeats, repeats.dtype)
        size = None
    elif shape_of(repeats) in ((), (1,)):
        times = int(
            repeats if isinstance(repeats, int) else repeats[0] if shape_of(repeats) else repeats
        )
        size = None if old[at] is None else old[at] * times  # type: ignore[operator]
    else:
        size = int(sum(int(i) for i in repeats))
    return (*old[:at], size, *old[at + 1 :])


@op(shape=_repeat_shape, dtype=rules.keep, native_required=True)
def repeat(x: TensorLike, repeats: int | Sequence[int], axis: int | None = None) -> Tensor:
    """Repeat each element along an axis.

    Args:
        x: a tensor.
        repeats: how often: an int, or one for each index of the axis.
        axis: the axis; None flattens first.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.repeat([1, 2], 2)]
    [1, 1, 2, 2]
    """


def _tile_shape(x: Any, repeats: Any) -> shapes.Shape:
    old, times = shape_of(x), rules.sizes(repeats)
    rank = max(len(old), len(times))
    old = (1,) * (rank - len(old)) + tuple(old)
    times = (1,) * (rank - len(times)) + times
    return tuple(
        None if dim is None or by is None else dim * by for dim, by in zip(old, times, strict=True)
    )


@op(shape=_tile_shape, dtype=rules.keep, native_required=True)
def tile(x: TensorLike, repeats: int | Sequence[int]) -> Tensor:
    """Repeat a whole tensor along its axes.

    Args:
        x: a tensor.
        repeats: how often along each of the last axes: an int or a tuple.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.tile([1, 2], 2)]
    [1, 2, 1, 2]
    """


def pad_pairs(pad_width: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """`pad_width` as one pair for each axis.

    Raises:
        ValueError: if it is no int, no pair, and not one pair for each axis.
    """
    width = pad_width.tolist() if hasattr(pad_width, "tolist") else pad_width
    if isinstance(width, int):
        return ((width, width),) * rank
    try:
        pairs = list(width)
        if len(pairs) == 1 and isinstance(pairs[0], int):
            return ((pairs[0], pairs[0]),) * rank
        if len(pairs) == 2 and isinstance(pairs[0], int) and isinstance(pairs[1], int):
            return ((pairs[0], pairs[1]),) * rank
        if len(pairs) == 1:
            pairs = pairs * rank
        if len(pairs) == rank:
            return tuple([(_width(a), _width(b)) for a, b in pairs])
    except (TypeError, ValueError):
        pass
    raise ValueError(
        "pad: pad_width must be an int, a pair, or a pair for each axis. "
        f"Received: pad_width={pad_width} for a tensor of rank {rank}"
    )


def _width(n: Any) -> Any:
    """An int; a scalar tensor whose value is known only at run time stays as it is."""
    if type(n) is int:
        return n
    try:
        return shapes.whole(n)
    except TypeError:
        if arrays.is_tensor(n) and dtypes.is_int(weak_dtype(n)):
            return n
        raise


def _pad_spec(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    old = shape_of(x)
    pairs = pad_pairs(pad_width, len(old))
    shape = tuple(
        dim + a + b if isinstance(dim, int) and isinstance(a + b, int) else None
        for dim, (a, b) in zip(old, pairs, strict=True)
    )
    return KerasTensor(shape, dtypes.join((weak_dtype(x),)))


@op(spec=_pad_spec, native_required=True, name="pad", like={"constant_values": "x"})
def _pad(
    x: TensorLike,
    pad_width: Any,
    mode: str = "constant",
    constant_values: TensorLike | None = None,
) -> Tensor:
    """See `pad`: here the widths are pairs and the rest has been checked."""


_PAD_MODES = ("constant", "reflect", "symmetric", "edge", "wrap")


def pad(
    x: TensorLike,
    pad_width: int | Sequence[Any],
    mode: str = "constant",
    constant_values: float | None = None,
) -> Tensor:
    """Add elements around a tensor.

    Args:
        x: a tensor.
        pad_width: how many before and after: an int, a pair, or a pair for each axis.
        mode: "constant"; "reflect" (mirrored about the edge element), "symmetric" (the edge
            element is mirrored too), "edge" (it is repeated) or "wrap" (from the other end).
        constant_values: the value to pad with; None for 0. Only for "constant".

    Returns:
        A tensor.

    Raises:
        ValueError: if the mode is unknown, the widths do not fit, or a value is given that
            the mode does not use.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.pad([1, 2, 3], (1, 2), mode="reflect")]
    [2, 1, 2, 3, 2, 1]
    """
    if mode not in _PAD_MODES:
        raise ValueError(f"pad: mode must be one of {_PAD_MODES}. Received: mode={mode!r}")
    if mode == "constant":
        if type(constant_values) is int and constant_values == 0:
            constant_values = None  # what there is to convert
    elif constant_values is not None:
        raise ValueError(
            f"pad: constant_values must be None for mode={mode!r}. "
            f"Received: constant_values={constant_values}"
        )
    pairs = pad_pairs(pad_width, len(shape_of(x)))
    for before, after in pairs:
        if (type(before) is int and before < 0) or (type(after) is int and after < 0):
            raise ValueError(errors.message("pad", "pad_width", "not be negative", pad_width))
    return _pad(x, pairs, mode, constant_values)


def _flip_shape(x: Any, axis: Any = None) -> shapes.Shape:
    shapes.axis_tuple(axis, len(shape_of(x)), "flip: axis")
    return shape_of(x)


@op(shape=_flip_shape, dtype=rules.keep, native_required=True)
def flip(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Reverse the order of the elements along axes.

    Args:
        x: a tensor.
        axis: an int or a tuple; None for all axes.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.flip([1, 2, 3])]
    [3, 2, 1]
    """


@op(shape=lambda x: _flip_shape(x, 1), dtype=rules.keep)
def fliplr(x: TensorLike) -> Tensor:
    """Reverse the second axis.

    Args:
        x: a tensor of at least two axes.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.fliplr([[1, 2, 3]])[0]]
    [3, 2, 1]
    """
    return flip(x, 1)


@op(shape=lambda x: _flip_shape(x, 0), dtype=rules.keep)
def flipud(x: TensorLike) -> Tensor:
    """Reverse the first axis.

    Args:
        x: a tensor of at least one axis.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.flipud([1, 2, 3])]
    [3, 2, 1]
    """
    return flip(x, 0)


def _roll_shape(x: Any, shift: Any, axis: Any = None) -> shapes.Shape:
    axes = axis if isinstance(axis, (tuple, list)) else () if axis is None else (axis,)
    if isinstance(shift, (tuple, list)) and len(shift) not in (1, len(axes) or 1):
        raise ValueError(
            f"roll: shift must be an int, or one for each axis. Received: shift={shift}, "
            f"axis={axis}"
        )
    for a in axes:
        shapes.axis_index(a, len(shape_of(x)), "roll: axis")  # one may stand twice
    return shape_of(x)


@op(shape=_roll_shape, dtype=rules.keep, native_required=True)
def roll(
    x: TensorLike, shift: int | Sequence[int], axis: int | Sequence[int] | None = None
) -> Tensor:
    """Shift elements along axes; what leaves at one end enters at the other.

    Args:
        x: a tensor.
        shift: by how many places, an int or one for each of `axis`.
        axis: an int or a tuple; None rolls the flattened tensor and restores the shape.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.roll([1, 2, 3], 1)]
    [3, 1, 2]
    """


def _rot90_shape(array: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> shapes.Shape:
    old = shape_of(array)
    if len(old) < 2 or len(axes) != 2:
        raise ValueError(
            "rot90: array must have at least two axes, and axes must name two. "
            f"Received: array of shape {old}, axes={axes}"
        )
    a, b = shapes.axis_tuple(tuple(axes), len(old), "rot90: axes")
    if k % 2 == 0:
        return old
    out = list(old)
    out[a], out[b] = old[b], old[a]
    return tuple(out)


@op(shape=_rot90_shape, dtype=rules.keep)
def rot90(array: TensorLike, k: int = 1, axes: Sequence[int] = (0, 1)) -> Tensor:
    """Rotate by 90 degrees in the plane of two axes.

    Args:
        array: a tensor of at least two axes.
        k: how often, from the first axis towards the second.
        axes: the two axes.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.rot90([[1, 2], [3, 4]])).tolist()
    [[2, 4], [1, 3]]
    """
    _rot90_shape(array, k, axes)
    a, b = axes
    k %= 4
    if k == 0:
        return flip(array, ())
    if k == 2:
        return flip(array, (a, b))
    if k == 1:
        return swapaxes(flip(array, b), a, b)
    return flip(swapaxes(array, a, b), b)
