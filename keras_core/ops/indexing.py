"""Picking and placing elements: take, slices, keys, scatter."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core.core import dtypes, errors, shapes
from keras_core.ops import rules
from keras_core.ops._door import KerasTensor, Nested, Tensor, TensorLike, op, weak_dtype
from keras_core.ops.rules import shape_of

_Slice = slice  # the builtin: `slice` is an operation here


def _take_shape(x: Any, indices: Any, axis: int | None = None) -> shapes.Shape:
    old, picked = shape_of(x), shape_of(indices)
    if axis is None:
        return picked
    at = shapes.axis_index(axis, len(old), "take: axis")
    return (*old[:at], *picked, *old[at + 1 :])


@op(shape=_take_shape, dtype=rules.keep, native_required=True, whole=("indices",))
def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """Pick elements by their index along an axis.

    Args:
        x: a tensor.
        indices: integers; negative ones count from the end.
        axis: the axis; None picks from the flattened tensor.

    Returns:
        A tensor in which the shape of `indices` stands in place of the axis. What an index
        out of range gives depends on the backend: an error, NaN, or zero.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.take([10, 20, 30], [2, 0])]
    [30, 10]
    """


def _along_shape(x: Any, indices: Any, axis: int | None = None) -> shapes.Shape:
    old, picked = shape_of(x), shape_of(indices)
    if axis is None:
        return picked
    if len(old) != len(picked):
        raise ValueError(
            "take_along_axis: x and indices must have one rank. Received: x of shape "
            f"{old}, indices of shape {picked}"
        )
    at = shapes.axis_index(axis, len(old), "take_along_axis: axis")
    common = shapes.broadcast((*old[:at], 1, *old[at + 1 :]), (*picked[:at], 1, *picked[at + 1 :]))
    return (*common[:at], picked[at], *common[at + 1 :])


@op(shape=_along_shape, dtype=rules.keep, native_required=True, whole=("indices",))
def take_along_axis(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """Pick elements along an axis by an index of their own for each position.

    Args:
        x: a tensor.
        indices: integers, of the rank of `x`; their shape broadcasts with that of `x` but for
            the axis.
        axis: the axis; None picks from the flattened tensor.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1)
    >>> keras.ops.convert_to_numpy(x).tolist()
    [[2], [3]]
    """


# Keys --------------------------------------------------------------------------------------


def _slice_size(size: int | None, key: _Slice) -> int | None:
    """How many elements a slice picks; None if that is unknown before running."""

    def whole(x: Any) -> bool:
        return x is None or isinstance(x, int) or hasattr(x, "__index__")

    if isinstance(key.start, KerasTensor) or isinstance(key.stop, KerasTensor):
        return None
    if size is None:
        if (key.start, key.stop) == (None, None) or not (whole(key.start) and whole(key.stop)):
            return None
        start, stop, step = key.start or 0, key.stop, key.step or 1
        if stop is not None and step > 0 and (start < 0) == (stop < 0) and stop <= start:
            return 0
        return None
    try:
        return len(range(size)[key])
    except TypeError:  # tensors without a value yet
        return None


def _is_mask(key: Any) -> bool:
    return not isinstance(key, (bool, int)) and weak_dtype(key) == "bool"


def _get_item_shape(x: Any, key: Any) -> shapes.Shape:
    """The shape under NumPy's rules for basic and advanced keys."""
    old = shape_of(x)
    keys = list(key) if isinstance(key, tuple) else [key]

    def spent(k: Any) -> int:
        if k is None or k is Ellipsis:
            return 0
        return len(shape_of(k)) if not isinstance(k, (int, _Slice)) and _is_mask(k) else 1

    used = sum(map(spent, keys))
    if sum(k is Ellipsis for k in keys) > 1:
        raise ValueError(f"get_item: key must hold at most one Ellipsis. Received: key={key}")
    if used > len(old):
        raise ValueError(
            f"get_item: key must index at most the {len(old)} axes of x. Received: key={key}, "
            f"x of shape {old}"
        )
    if Ellipsis not in [k for k in keys if k is Ellipsis]:
        keys.append(Ellipsis)
    at = next(i for i, k in enumerate(keys) if k is Ellipsis)
    keys[at : at + 1] = [_Slice(None)] * (len(old) - used)

    out: list[int | None] = []
    picked: list[shapes.Shape] = []
    places: list[int] = []  # positions among keys, to see whether advanced ones are together
    place, axis = 0, 0
    advanced = any(not isinstance(k, (int, _Slice, type(None))) and shape_of(k) != () for k in keys)
    for i, k in enumerate(keys):
        if k is None:
            out.append(1)
            continue
        if isinstance(k, _Slice):
            out.append(_slice_size(old[axis], k))
            axis += 1
            continue
        if isinstance(k, int) and not isinstance(k, bool):
            size = old[axis]
            if size is not None and not -size <= k < size:
                raise ValueError(
                    f"get_item: key must be within the shape of x. Received: index {k} for axis "
                    f"{axis} of x of shape {old}"
                )
            axis += 1
            if not advanced:
                continue
            picked.append(())
        elif _is_mask(k):
            count = len(shape_of(k))
            if not shapes.compatible(shape_of(k), old[axis : axis + count]):
                raise ValueError(
                    f"get_item: a mask must have the shape of what it masks. Received: mask of "
                    f"shape {shape_of(k)}, x of shape {old}"
                )
            axis += count
            known = None
            if not isinstance(k, KerasTensor) and hasattr(k, "sum"):
                known = int(k.sum())  # pyright: ignore[reportAttributeAccessIssue]
            picked.append((known,))
        else:
            if not _holds_ints(k):
                raise ValueError(
                    errors.message(
                        "get_item", "key", "hold ints, slices, None, Ellipsis, and tensors of "
                        "integers or bools", k,
                    )
                )  # fmt: skip
            axis += 1
            picked.append(shape_of(k))
        if len(picked) == 1:
            place = len(out)
        places.append(i)
    if picked:
        together = places == list(range(places[0], places[0] + len(places)))
        place = place if together else 0
        out[place:place] = shapes.broadcast(*picked)
    return tuple(out)


@op(shape=_get_item_shape, dtype=rules.keep, native_required=True)
def get_item(x: TensorLike, key: Nested) -> Tensor:
    """Index a tensor: what `x[key]` is for KerasTensors and Variables.

    Args:
        x: a tensor.
        key: ints, slices, None (a new axis), Ellipsis, integer or bool tensors, or a tuple of
            them, under NumPy's rules. A list counts as a tensor.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.get_item(keras.ops.arange(6), slice(1, None, 2))]
    [1, 3, 5]
    """


def _check_starts(owner: str, starts: Any, rank: int) -> None:
    """Refuse what is no place for each axis."""
    each = starts if isinstance(starts, (list, tuple)) else None
    if each is None and hasattr(starts, "shape") and _holds_ints(starts):
        return
    if each is None or len(each) != rank or not all(map(_is_place, each)):
        raise ValueError(
            errors.message(owner, "start_indices", f"have an int for each of {rank} axes", starts)
        )


def _is_place(x: Any) -> bool:
    return x is not None and not isinstance(x, str) and _holds_ints(x)


def _holds_ints(x: Any) -> bool:
    return dtypes.is_int(dtypes.join((weak_dtype(x),)))


def _slice_shape(inputs: Any, start_indices: Any, shape: Any) -> shapes.Shape:
    old = shape_of(inputs)
    _check_starts("slice", start_indices, len(old))
    sizes = tuple(operator.index(i) for i in shape)
    if len(sizes) != len(old):
        raise ValueError(
            f"slice: shape must have a size for each axis of inputs. Received: shape={shape}, "
            f"inputs of shape {old}"
        )
    out: list[int | None] = []
    for axis, (size, dim) in enumerate(zip(sizes, old, strict=True)):
        if size == -1:
            fixed = isinstance(start_indices, (list, tuple, np.ndarray))
            start = start_indices[axis] if fixed else None
            known = dim is not None and isinstance(start, (int, np.integer))
            out.append(dim - int(start) if known else None)  # type: ignore[operator]
        elif size < -1 or (dim is not None and size > dim):
            raise ValueError(
                f"slice: shape must fit into inputs. Received: shape={shape}, inputs of shape {old}"
            )
        else:
            out.append(size)
    return tuple(out)


@op(shape=_slice_shape, dtype=rules.keep, native_required=True)
def slice(inputs: TensorLike, start_indices: Nested, shape: Sequence[int]) -> Tensor:
    """Cut a block out of a tensor, at a place that may be computed.

    Args:
        inputs: a tensor.
        start_indices: where the block starts on each axis: ints or scalar tensors, or one
            tensor of them; counted from the end if negative. A block that would reach beyond
            the end is moved back.
        shape: the block's sizes; -1 for up to the end.

    Returns:
        A tensor of that shape.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.slice(keras.ops.arange(6), (2,), (3,))]
    [2, 3, 4]
    """


def _first_spec(inputs: Any, *_: Any) -> KerasTensor:
    return KerasTensor(shape_of(inputs), dtypes.join((weak_dtype(inputs),)))


def _slice_update_spec(inputs: Any, start_indices: Any, updates: Any) -> KerasTensor:
    old, new = shape_of(inputs), shape_of(updates)
    _check_starts("slice_update", start_indices, len(old))
    if len(new) != len(old) or any(
        None not in (n, size) and n > size  # type: ignore[operator]
        for n, size in zip(new, old, strict=True)
    ):
        raise ValueError(
            "slice_update: updates must fit into inputs. Received: updates of shape "
            f"{new}, inputs of shape {old}"
        )
    return _first_spec(inputs)


@op(spec=_slice_update_spec, native_required=True, like={"updates": "inputs"})
def slice_update(inputs: TensorLike, start_indices: Nested, updates: TensorLike) -> Tensor:
    """Replace a block of a tensor, at a place that may be computed.

    Args:
        inputs: a tensor; it stays as it is.
        start_indices: where the block starts on each axis: ints or scalar tensors, or one
            tensor of them.
        updates: the new block, cast to the dtype of `inputs`.

    Returns:
        A new tensor in the shape of `inputs`.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.slice_update(keras.ops.zeros((4,)), (1,), [5.0, 6.0])
    >>> [float(i) for i in x]
    [0.0, 5.0, 6.0, 0.0]
    """


def _scatter_spec(indices: Any, values: Any, shape: Any) -> KerasTensor:
    _check_scatter("scatter", shape_of(indices), len(tuple(shape)))
    return KerasTensor(tuple(shape), dtypes.join((weak_dtype(values),)))


def _check_scatter(name: str, indices: shapes.Shape, rank: int) -> None:
    if not indices or (indices[-1] is not None and indices[-1] > rank):
        raise ValueError(
            f"{name}: indices must have a last axis of at most {rank} entries, the rank of what "
            f"they point into. Received: indices of shape {indices}"
        )


@op(spec=_scatter_spec, native_required=True, whole=("indices",))
def scatter(indices: TensorLike, values: TensorLike, shape: Sequence[int]) -> Tensor:
    """Put values into zeros; values for one place are added up.

    Args:
        indices: integers of shape `(..., k)`: where each value goes, on the first `k` axes.
        values: of shape `(..., *shape[k:])`.
        shape: the result's shape.

    Returns:
        A tensor of the dtype of `values`.

    Example:

    >>> import keras_core as keras
    >>> [float(i) for i in keras.ops.scatter([[0], [2], [0]], [1.0, 2.0, 3.0], (3,))]
    [4.0, 0.0, 2.0]
    """


_REDUCTIONS = (None, "add", "max", "min", "mul")


def _scatter_update_spec(
    inputs: Any, indices: Any, updates: Any, reduction: Any = None
) -> KerasTensor:
    _check_reduction(reduction)
    _check_scatter("scatter_update", shape_of(indices), len(shape_of(inputs)))
    return _first_spec(inputs)


def _check_reduction(reduction: Any) -> None:
    if reduction not in _REDUCTIONS:
        raise ValueError(
            f"scatter_update: reduction must be one of {_REDUCTIONS}. "
            f"Received: reduction={reduction!r}"
        )


@op(
    spec=_scatter_update_spec,
    native_required=True,
    name="scatter_update",
    like={"updates": "inputs"},
    whole=("indices",),
)
def _scatter_update(
    inputs: TensorLike,
    indices: TensorLike,
    updates: TensorLike,
    reduction: str | None = None,
) -> Tensor:
    """See `scatter_update`."""


def scatter_update(
    inputs: TensorLike,
    indices: TensorLike,
    updates: TensorLike,
    reduction: str | None = None,
) -> Tensor:
    """Replace values of a tensor at given places, or combine them with new ones.

    Args:
        inputs: a tensor; it stays as it is.
        indices: integers of shape `(..., k)`: where each update goes, on the first `k` axes.
        updates: of shape `(..., *inputs.shape[k:])`, cast to the dtype of `inputs`.
        reduction: None to replace; "add", "max", "min" or "mul" to combine.

    Returns:
        A new tensor in the shape of `inputs`. Which of several updates for one place is kept
        when they replace is not defined.

    Raises:
        ValueError: for any other reduction.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.scatter_update(keras.ops.ones((3,)), [[0], [2]], [5.0, 6.0])
    >>> [float(i) for i in x]
    [5.0, 1.0, 6.0]
    """
    _check_reduction(reduction)
    return _scatter_update(inputs, indices, updates, reduction)


def _check_choices(condlist: Any, choicelist: Any) -> None:
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            "select: condlist and choicelist must have one length, at least 1. Received: "
            f"{len(condlist)} and {len(choicelist)}"
        )


def _select_shape(condlist: Any, choicelist: Any, default: Any = 0) -> shapes.Shape:
    _check_choices(condlist, choicelist)
    return shapes.broadcast(*map(shape_of, [*condlist, *choicelist, default]))


@op(shape=_select_shape, dtype=rules.same.on("choicelist", "default"))
def select(
    condlist: Sequence[TensorLike], choicelist: Sequence[TensorLike], default: TensorLike = 0
) -> Tensor:
    """At each place, the first choice whose condition holds.

    Args:
        condlist: bool tensors.
        choicelist: tensors, one for each condition.
        default: what stands where no condition holds.

    Returns:
        A tensor of the promoted dtype.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.arange(4)
    >>> [int(i) for i in keras.ops.select([x < 1, x > 2], [x + 10, x * 10], -1)]
    [10, -1, -1, 30]
    """
    from keras_core.ops.elementwise import where

    _check_choices(condlist, choicelist)
    out = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        out = where(condition, choice, out)
    return out
