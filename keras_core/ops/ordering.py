"""Sorting, searching and sets: order, largest elements, unique ones, segments."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from keras_core.core import dtypes, errors, shapes
from keras_core.ops import comparison, elementwise, indexing, reductions, rules, shaping
from keras_core.ops._door import DType, KerasTensor, Tensor, TensorLike, arrays, op, weak_dtype
from keras_core.ops.rules import shape_of


def _sort_shape(x: Any, axis: int | None = -1) -> shapes.Shape:
    old = shape_of(x)
    if axis is None:
        return (shapes.size(old),)
    shapes.axis_index(axis, len(old), "axis")
    return old


@op(shape=_sort_shape, dtype=rules.same, native_required=True)
def sort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """Sort along an axis, the smallest elements first.

    Args:
        x: a tensor.
        axis: the axis; None sorts the flattened tensor.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.sort([3, 1, 2])]
    [1, 2, 3]
    """


@op(shape=_sort_shape, dtype=rules.index, native_required=True)
def argsort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """The indices that sort a tensor; equal elements keep their order.

    Args:
        x: a tensor.
        axis: the axis; None sorts the flattened tensor.

    Returns:
        An int32 tensor.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.argsort([3, 1, 2])]
    [1, 2, 0]
    """


def _argpartition_shape(x: Any, kth: int, axis: int | None = -1) -> shapes.Shape:
    return _sort_shape(x, axis)


@op(shape=_argpartition_shape, dtype=rules.index)
def argpartition(x: TensorLike, kth: int, axis: int | None = -1) -> Tensor:
    """Indices that put the k-th smallest element in its place, smaller ones before it.

    Args:
        x: a tensor.
        kth: which element.
        axis: the axis; None takes the flattened tensor.

    Returns:
        An int32 tensor.

    Example:

    >>> import keras_core as keras
    >>> int(keras.ops.argpartition([30, 10, 20], 0)[0])
    1
    """
    size = shapes.size(shape_of(x)) if axis is None else shape_of(x)[axis]
    if size is not None and not -size <= kth < size:
        raise ValueError(f"argpartition: kth must be within the axis. Received: {kth} of {size}")
    return argsort(x, axis)


def _top_k_spec(x: Any, k: int, sorted: bool = True) -> tuple[KerasTensor, KerasTensor]:
    old = shape_of(x)
    if not old or (old[-1] is not None and k > old[-1]) or k < 0:
        raise ValueError(
            f"top_k: k must be at most the size of the last axis. Received: k={k}, x of shape {old}"
        )
    shape = (*old[:-1], k)
    return KerasTensor(shape, dtypes.join((weak_dtype(x),))), KerasTensor(shape, "int32")


@op(spec=_top_k_spec, native_required=True)
def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """The largest elements along the last axis, and where they are.

    Args:
        x: a tensor.
        k: how many.
        sorted: whether they must come in decreasing order.

    Returns:
        A pair: the elements, and their int32 indices.

    Example:

    >>> import keras_core as keras
    >>> values, indices = keras.ops.top_k([1, 5, 3], 2)
    >>> [int(i) for i in indices]
    [1, 2]
    """


def _in_top_k_shape(targets: Any, predictions: Any, k: int) -> shapes.Shape:
    found, scores = shape_of(targets), shape_of(predictions)
    if len(scores) != len(found) + 1:
        raise ValueError(
            "in_top_k: predictions must have one axis more than targets. Received: targets of "
            f"shape {found}, predictions of shape {scores}"
        )
    return found


@op(shape=_in_top_k_shape, dtype=DType(None, "bool"), whole=("targets",))
def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> Tensor:
    """Whether each target is among its row's k best predictions.

    Args:
        targets: class indices, of shape `(batch,)`.
        predictions: scores, of shape `(batch, classes)`.
        k: how many count. A class whose score equals the k-th best counts too.

    Returns:
        A bool tensor of the shape of `targets`; False for targets that are no class, and for
        scores that are not finite.

    Example:

    >>> import keras_core as keras
    >>> bool(keras.ops.in_top_k([1], [[0.1, 0.7, 0.2]], 1)[0])
    True
    """
    classes = arrays.shape(predictions)[-1]
    last = elementwise.subtract(classes, 1)
    valid = comparison.logical_and(
        comparison.greater_equal(targets, 0), comparison.less_equal(targets, last)
    )
    at = elementwise.maximum(elementwise.minimum(targets, last), 0)
    at = shaping.expand_dims(at, -1)
    own = indexing.take_along_axis(predictions, at, axis=-1)
    better = reductions.count_nonzero(comparison.greater(predictions, own), axis=-1)
    finite = comparison.isfinite(shaping.squeeze(own, -1))
    return comparison.logical_and(comparison.logical_and(comparison.less(better, k), finite), valid)


def _isin_shape(
    x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False
) -> shapes.Shape:
    return shape_of(x1)


@op(shape=_isin_shape, dtype=rules.boolean)
def isin(
    x1: TensorLike, x2: TensorLike, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Whether each element of one tensor is among those of another.

    Args:
        x1: a tensor.
        x2: a tensor of what is looked for.
        assume_unique: whether both hold each value once, which may be faster.
        invert: whether to ask for those that are not.

    Returns:
        A bool tensor of the shape of `x1`.

    Example:

    >>> import keras_core as keras
    >>> [bool(b) for b in keras.ops.isin([1, 2, 3], [2, 5])]
    [False, True, False]
    """
    same = comparison.equal(shaping.expand_dims(x1, -1), shaping.ravel(x2))
    found = reductions.any(same, axis=-1)
    return comparison.logical_not(found) if invert else found


def _nonzero_spec(x: Any) -> tuple[KerasTensor, ...]:
    return tuple(KerasTensor((None,), "int32") for _ in shape_of(x))


@op(spec=_nonzero_spec, native_required=True)
def nonzero(x: TensorLike) -> tuple[Tensor, ...]:  # pyright: ignore[reportReturnType]
    """The indices of the elements that are not zero.

    Args:
        x: a tensor. Their number depends on values: not for `jax.jit`.

    Returns:
        One int32 tensor for each axis.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.nonzero([0, 3, 0, 5])[0]]
    [1, 3]
    """


def _unravel_spec(indices: Any, shape: Any) -> tuple[KerasTensor, ...]:
    dtype = dtypes.join((weak_dtype(indices), "int"))  # of bools int32
    if not dtypes.is_int(dtype):
        raise ValueError(errors.message("unravel_index", "indices", "hold integers", indices))
    return tuple(KerasTensor(shape_of(indices), dtype) for _ in shape)


@op(spec=_unravel_spec)
def unravel_index(indices: TensorLike, shape: Sequence[int]) -> tuple[Tensor, ...]:
    """The indices on each axis, from indices into the flattened tensor.

    Args:
        indices: integers; negative ones count from the end, and those beyond it are clipped.
        shape: the tensor's shape.

    Returns:
        One tensor for each axis.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.unravel_index(5, (2, 3))]
    [1, 2]
    """
    _unravel_spec(indices, shape)
    sizes = [operator.index(n) for n in shape]
    total = shapes.size(tuple(sizes)) or 0
    rest = elementwise.where(comparison.less(indices, 0), elementwise.add(indices, total), indices)
    rest = elementwise.maximum(elementwise.minimum(rest, total - 1), 0)
    rest = elementwise.add(rest, elementwise.multiply(indices, 0))  # the dtype of indices
    out = []
    for n in reversed(sizes):
        out.append(elementwise.mod(rest, n))
        rest = elementwise.floor_divide(rest, n)
    return tuple(reversed(out))


# Unique elements ---------------------------------------------------------------------------


def _unique_spec(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    old = shape_of(x)
    if axis is None:
        values: shapes.Shape = (size,)
        inverse = old
    else:
        at = shapes.axis_index(axis, len(old), "unique: axis")
        values = (*old[:at], size, *old[at + 1 :])
        inverse = (old[at],)
    out = [KerasTensor(values, dtypes.join((weak_dtype(x),)))]
    if return_index:
        out.append(KerasTensor((size,), "int32"))
    if return_inverse:
        out.append(KerasTensor(inverse, "int32"))
    if return_counts:
        out.append(KerasTensor((size,), "int32"))
    return out[0] if len(out) == 1 else tuple(out)


@op(spec=_unique_spec, native_required=True, like={"fill_value": "x"})
def unique(
    x: TensorLike,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The distinct elements, or the distinct slices along an axis.

    Args:
        x: a tensor.
        sorted: kept for compatibility: the result is always sorted.
        return_index: whether to return where each element stands first.
        return_inverse: whether to return, for each element of `x`, its place in the result.
        return_counts: whether to return how often each element stands there.
        axis: the axis along which slices are compared; None takes single elements.
        size: the size of the result: what is missing is filled up, what is too much is cut
            off. With it the shape is known, as `jax.jit` needs it.
        fill_value: what to fill up with; None for the smallest element.

    Returns:
        The elements; a tuple of them and the int32 tensors that were asked for.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.unique([3, 1, 3])]
    [1, 3]
    """


# Segments ----------------------------------------------------------------------------------


def _segment_spec(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> KerasTensor:
    old = _check_segments(data, segment_ids)
    return KerasTensor((num_segments, *old[1:]), dtypes.join((weak_dtype(data),)))


def _check_segments(data: Any, segment_ids: Any) -> shapes.Shape:
    """The shape of `data`."""
    old, ids = shape_of(data), shape_of(segment_ids)
    if len(ids) != 1 or not old or (ids[0] != old[0] and None not in (ids[0], old[0])):
        raise ValueError(
            "segment reduction: segment_ids must have one axis, as long as the first one of "
            f"data. Received: segment_ids of shape {ids}, data of shape {old}"
        )
    return old


_DATA = rules.keep.on("data")  # the ids have a dtype of their own
_IDS = ("segment_ids",)


@op(spec=_segment_spec, dtype=_DATA, native_required=True, whole=_IDS, name="segment_sum")
def _segment_sum(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None, sorted: bool
) -> Tensor:
    """See `segment_sum`."""


@op(spec=_segment_spec, dtype=_DATA, native_required=True, whole=_IDS, name="segment_prod")
def _segment_prod(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None, sorted: bool
) -> Tensor:
    """See `segment_prod`."""


@op(spec=_segment_spec, dtype=_DATA, native_required=True, whole=_IDS, name="segment_max")
def _segment_max(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None, sorted: bool
) -> Tensor:
    """See `segment_max`."""


@op(spec=_segment_spec, dtype=_DATA, native_required=True, whole=_IDS, name="segment_min")
def _segment_min(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None, sorted: bool
) -> Tensor:
    """See `segment_min`."""


def _count(name: str, data: Any, segment_ids: Any, num_segments: Any) -> Any:
    if isinstance(data, KerasTensor) or isinstance(segment_ids, KerasTensor):
        return num_segments
    _check_segments(data, segment_ids)
    if num_segments is not None:
        return num_segments
    try:
        ids = arrays.convert_to_numpy(arrays.convert_to_tensor(segment_ids))
        return int(ids.max()) + 1 if ids.size else 0
    except Exception as error:
        raise ValueError(
            errors.message(
                name, "num_segments", "be given inside of compiled functions", num_segments
            )
        ) from error


def segment_sum(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> Tensor:
    """Add up the rows of each segment.

    Args:
        data: a tensor.
        segment_ids: for each row the segment it belongs to; rows of ids out of range are left
            out.
        num_segments: how many segments there are; None for the largest id plus one.
        sorted: whether the ids are known to be sorted, which may be faster.

    Returns:
        A tensor of shape `(num_segments, ...)`; 0 for segments without rows.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.segment_sum([1, 2, 3], [0, 0, 1])]
    [3, 3]
    """
    count = _count("segment_sum", data, segment_ids, num_segments)
    return _segment_sum(data, segment_ids, count, sorted)


def segment_prod(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> Tensor:
    """Multiply the rows of each segment.

    Args:
        data: a tensor.
        segment_ids: for each row the segment it belongs to; rows of ids out of range are left
            out.
        num_segments: how many segments there are; None for the largest id plus one.
        sorted: whether the ids are known to be sorted, which may be faster.

    Returns:
        A tensor of shape `(num_segments, ...)`; 1 for segments without rows.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.segment_prod([1, 2, 3], [0, 0, 1])]
    [2, 3]
    """
    count = _count("segment_prod", data, segment_ids, num_segments)
    return _segment_prod(data, segment_ids, count, sorted)


def segment_max(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> Tensor:
    """The largest elements of each segment.

    Args:
        data: a tensor.
        segment_ids: for each row the segment it belongs to; rows of ids out of range are left
            out.
        num_segments: how many segments there are; None for the largest id plus one.
        sorted: whether the ids are known to be sorted, which may be faster.

    Returns:
        A tensor of shape `(num_segments, ...)`; minus infinity, or the lowest integer, for
        segments without rows.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.segment_max([1, 2, 3], [0, 0, 1])]
    [2, 3]
    """
    count = _count("segment_max", data, segment_ids, num_segments)
    return _segment_max(data, segment_ids, count, sorted)


def segment_min(
    data: TensorLike,
    segment_ids: TensorLike,
    num_segments: int | None = None,
    sorted: bool = False,
) -> Tensor:
    """The smallest elements of each segment.

    Args:
        data: a tensor.
        segment_ids: for each row the segment it belongs to; rows of ids out of range are left
            out.
        num_segments: how many segments there are; None for the largest id plus one.
        sorted: whether the ids are known to be sorted, which may be faster.

    Returns:
        A tensor of shape `(num_segments, ...)`; infinity, or the highest integer, for segments
        without rows.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.segment_min([1, 2, 3], [0, 0, 1])]
    [1, 3]
    """
    count = _count("segment_min", data, segment_ids, num_segments)
    return _segment_min(data, segment_ids, count, sorted)
