"""Reductions over axes: sums, extrema, moments, norms, and their NaN-skipping forms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core import dtypes, shapes
from keras_core.ops import comparison, elementwise, exponential, rules, trigonometry
from keras_core.ops._door import Tensor, TensorLike, arrays, op
from keras_core.ops._families import reduction, selection
from keras_core.symbolic.keras_tensor import KerasTensor

Axis = int | Sequence[int] | None


def _dtype(x: Any) -> str:
    return arrays.dtype_name(x)


# Sums and products -------------------------------------------------------------------------


@reduction(rules.accumulated, native_required=True)
def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over axes. Bools and small integers are summed in 32 bits.

    >>> y = keras.ops.sum([[1, 2], [3, 4]], axis=0)  # [4, 6]
    """


def _prod_spec(
    x: Any, axis: Axis = None, keepdims: bool = False, dtype: str | None = None
) -> KerasTensor:
    name = rules.accumulated.compute((rules.dtype_of(x),)) if dtype is None else dtype  # pyright: ignore[reportOptionalCall]
    return KerasTensor(rules.reduce(x, axis, keepdims), dtypes.canonical(dtypes.standardize(name)))


@op(spec=_prod_spec, dtype=rules.keep, native_required=True)
def prod(
    x: TensorLike, axis: Axis = None, keepdims: bool = False, dtype: str | None = None
) -> Tensor:
    """Multiply over axes. Bools and small integers are multiplied in 32 bits.

    Args:
        x: a tensor.
        axis: an int, or a tuple of ints, counted from the end if negative; None for all axes.
        keepdims: whether the reduced axes stay, with size 1.
        dtype: the dtype to multiply in and of the result.

    Returns:
        The tensor without the reduced axes.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.prod([[1, 2], [3, 4]], axis=0)  # [3, 8]
    """


@reduction(rules.floating, native_required=True)
def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The arithmetic mean over axes.

    >>> y = keras.ops.mean([[1, 2], [3, 4]], axis=0)  # [2.0, 3.0]
    """


@reduction(rules.real_floating)
def var(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The variance over axes: the mean squared distance from the mean.

    >>> y = keras.ops.var([1.0, 3.0])  # 1.0
    """
    apart = elementwise.subtract(x, mean(x, axis, True))
    return mean(elementwise.square(elementwise.absolute(apart)), axis, keepdims)


@reduction(rules.real_floating)
def std(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The standard deviation over axes: the square root of `var`. Its gradient is 0 at 0.

    >>> y = keras.ops.std([1.0, 3.0])  # 1.0
    """
    return _root(var(x, axis, keepdims))


def _root(x: Any) -> Any:
    """The square root, with a gradient of 0 at 0 in place of an infinite one."""
    zero = comparison.equal(x, 0)
    return elementwise.where(zero, 0, elementwise.sqrt(elementwise.where(zero, 1, x)))


def _average_shape(x: Any, axis: Axis = None, weights: Any = None) -> shapes.Shape:
    return rules.reduce(x, axis)


@op(shape=_average_shape, dtype=rules.floating)
def average(x: TensorLike, axis: Axis = None, weights: TensorLike | None = None) -> Tensor:
    """The weighted mean over axes.

    Args:
        x: a tensor.
        axis: an int, or a tuple of ints; None for all axes.
        weights: a tensor of the shape of `x`, or of the sizes of `axis`; None: all equal.

    Returns:
        The tensor without the reduced axes.

    Raises:
        ValueError: if the shape of `weights` is neither.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.average([1.0, 4.0], weights=[3.0, 1.0])  # 1.75
    """
    if weights is None:
        return mean(x, axis)
    shape, given = arrays.shape(x), arrays.shape(weights)
    axes = shapes.axis_tuple(axis, len(shape))
    if len(given) != len(shape):
        if len(given) != len(axes):
            raise ValueError(
                "average: weights must have the shape of x or the sizes of axis. Received: "
                f"weights of shape {tuple(given)}, x of shape {tuple(shape)}, axis={axis}"
            )
        target = [1] * len(shape)
        for i, size in zip(axes, given, strict=True):
            target[i] = size
        weights = ops.reshape(weights, tuple(target))
    weights = ops.broadcast_to(weights, shape)
    return elementwise.divide(sum(elementwise.multiply(x, weights), axes), sum(weights, axes))


@reduction(rules.floating)
def logsumexp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """`log(sum(exp(x)))` over axes, without overflow.

    >>> y = keras.ops.logsumexp([0.0, 0.0])  # 0.693...
    """
    top = max(x, axis, True, float("-inf") if 0 in x.shape else None)
    top = arrays.stop_gradient(top)
    far = comparison.isinf(top)  # the result then, without a slope: it would be 0 times infinity
    known = elementwise.where(far, 0, top)
    powers = exponential.exp(elementwise.where(far, 0, elementwise.subtract(x, known)))
    found = elementwise.add(exponential.log(sum(powers, axis, True)), known)
    found = elementwise.where(far, top, found)
    return found if keepdims else ops.squeeze(found, shapes.axis_tuple(axis, len(found.shape)))


def _count_shape(x: Any, axis: Axis = None) -> shapes.Shape:
    return rules.reduce(x, axis)


@op(shape=_count_shape, dtype=rules.index)
def count_nonzero(x: TensorLike, axis: Axis = None) -> Tensor:
    """Count the elements that are not 0.

    Args:
        x: a tensor.
        axis: an int, or a tuple of ints; None for all axes.

    Returns:
        An int32 tensor without the reduced axes.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.count_nonzero([[1, 0], [3, 4]], axis=0)  # [2, 1]
    """
    return sum(arrays.cast(comparison.not_equal(x, 0), "int32"), axis)


# Extrema -----------------------------------------------------------------------------------


def _extremum_shape(
    x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None
) -> shapes.Shape:
    return (rules.reduce_some if initial is None else rules.reduce)(x, axis, keepdims)


@op(
    shape=_extremum_shape,
    dtype=rules.same.on("x"),
    native_required=True,
    like={"initial": "x"},
)
def max(
    x: TensorLike,
    axis: Axis = None,
    keepdims: bool = False,
    initial: float | None = None,
) -> Tensor:
    """The largest element over axes, NaN if there is one.

    Args:
        x: a tensor.
        axis: an int, or a tuple of ints, counted from the end if negative; None for all axes.
        keepdims: whether the reduced axes stay, with size 1.
        initial: the least result: what an empty tensor gives.

    Returns:
        The tensor without the reduced axes.

    Raises:
        ValueError: if a reduced axis is empty and there is no `initial`.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.max([[1, 5], [3, 4]], axis=0)  # [3, 5]
    """


@op(
    shape=_extremum_shape,
    dtype=rules.same.on("x"),
    native_required=True,
    like={"initial": "x"},
)
def min(
    x: TensorLike,
    axis: Axis = None,
    keepdims: bool = False,
    initial: float | None = None,
) -> Tensor:
    """The least element over axes, NaN if there is one.

    Args:
        x: a tensor.
        axis: an int, or a tuple of ints, counted from the end if negative; None for all axes.
        keepdims: whether the reduced axes stay, with size 1.
        initial: the largest result: what an empty tensor gives.

    Returns:
        The tensor without the reduced axes.

    Raises:
        ValueError: if a reduced axis is empty and there is no `initial`.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.min([[1, 5], [3, 4]], axis=0)  # [1, 4]
    """


@selection(rules.same)
def amax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element over axes: `max` under its other name.

    >>> y = keras.ops.amax([[1, 5], [3, 4]], axis=0)  # [3, 5]
    """
    return max(x, axis, keepdims)


@selection(rules.same)
def amin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The least element over axes: `min` under its other name.

    >>> y = keras.ops.amin([[1, 5], [3, 4]], axis=0)  # [1, 4]
    """
    return min(x, axis, keepdims)


@selection(rules.integral)
def ptp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The range over axes, from the least element to the largest.

    >>> y = keras.ops.ptp([[1, 5], [3, 4]], axis=0)  # [2, 1]
    """
    return elementwise.subtract(max(x, axis, keepdims), min(x, axis, keepdims))


@reduction(rules.logical, native_required=True)
def all(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether all elements over axes are true.

    >>> y = keras.ops.all([[True, False], [True, True]], axis=0)  # [True, False]
    """


@reduction(rules.logical, native_required=True)
def any(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether any element over axes is true.

    >>> y = keras.ops.any([[False, False], [True, False]], axis=0)  # [True, False]
    """


def _arg_shape(x: Any, axis: int | None = None, keepdims: bool = False) -> shapes.Shape:
    return rules.reduce_some(x, axis, keepdims)


@op(shape=_arg_shape, dtype=rules.index, native_required=True)
def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the largest element along an axis, of the first one among equals.

    Args:
        x: a tensor.
        axis: an int; None: the index counts through all elements.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        An int32 tensor without the axis.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.argmax([[1, 5], [3, 4]], axis=1)  # [1, 1]
    """


@op(shape=_arg_shape, dtype=rules.index, native_required=True)
def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the least element along an axis, of the first one among equals.

    Args:
        x: a tensor.
        axis: an int; None: the index counts through all elements.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        An int32 tensor without the axis.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.argmin([[1, 5], [3, 4]], axis=1)  # [0, 0]
    """


# Running sums and products -----------------------------------------------------------------


def _cumulative_spec(x: Any, axis: int | None = None, dtype: str | None = None) -> KerasTensor:
    shape = rules.shape_of(x)
    if axis is None:
        shape = (shapes.size(shape),)
    else:
        shapes.axis_index(axis, len(shape))
    name = rules.integral.compute((rules.dtype_of(x),)) if dtype is None else dtype  # pyright: ignore[reportOptionalCall]
    return KerasTensor(shape, dtypes.canonical(dtypes.standardize(name)))


@op(spec=_cumulative_spec, dtype=rules.keep, native_required=True)
def cumsum(x: TensorLike, axis: int | None = None, dtype: str | None = None) -> Tensor:
    """The running sum along an axis.

    Args:
        x: a tensor.
        axis: an int; None: `x` is flattened.
        dtype: the dtype to sum in and of the result.

    Returns:
        A tensor of the shape of `x`, flat if `axis` is None.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.cumsum([1, 2, 3])  # [1, 3, 6]
    """


@op(spec=_cumulative_spec, dtype=rules.keep, native_required=True)
def cumprod(x: TensorLike, axis: int | None = None, dtype: str | None = None) -> Tensor:
    """The running product along an axis.

    Args:
        x: a tensor.
        axis: an int; None: `x` is flattened.
        dtype: the dtype to multiply in and of the result.

    Returns:
        A tensor of the shape of `x`, flat if `axis` is None.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.cumprod([1, 2, 3])  # [1, 2, 6]
    """


# Skipping NaN ------------------------------------------------------------------------------


def _without_nan(x: Any, value: float) -> Any:
    return elementwise.where(comparison.isnan(x), value, x) if _may_hold_nan(x) else x


def _may_hold_nan(x: Any) -> bool:
    name = _dtype(x)
    return name in dtypes.FLOATS or name in dtypes.COMPLEX


def _extremum_without_nan(reduce: Any, x: Any, axis: Axis, keepdims: bool, limit: float) -> Any:
    if not _may_hold_nan(x):
        return reduce(x, axis, keepdims)
    bad = comparison.isnan(x)
    found = reduce(elementwise.where(bad, limit, x), axis, keepdims)
    return elementwise.where(all(bad, axis, keepdims), float("nan"), found)


@selection(rules.same)
def nanmax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element that is not NaN, NaN where there is none.

    >>> y = keras.ops.nanmax([1.0, float("nan"), 3.0])  # 3.0
    """
    return _extremum_without_nan(max, x, axis, keepdims, float("-inf"))


@selection(rules.same)
def nanmin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The least element that is not NaN, NaN where there is none.

    >>> y = keras.ops.nanmin([1.0, float("nan"), 3.0])  # 1.0
    """
    return _extremum_without_nan(min, x, axis, keepdims, float("inf"))


@reduction(rules.accumulated)
def nansum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over axes, NaN counting as 0.

    >>> y = keras.ops.nansum([1.0, float("nan"), 3.0])  # 4.0
    """
    return sum(_without_nan(x, 0.0), axis, keepdims)


@reduction(rules.accumulated)
def nanprod(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Multiply over axes, NaN counting as 1.

    >>> y = keras.ops.nanprod([2.0, float("nan"), 3.0])  # 6.0
    """
    return prod(_without_nan(x, 1.0), axis, keepdims)


def _valid(x: Any, axis: Axis, keepdims: bool) -> Any:
    """How many elements are not NaN, in the dtype of `x`."""
    good = comparison.logical_not(comparison.isnan(x))
    return arrays.cast(sum(good, axis, keepdims), _dtype(x))


@reduction(rules.floating)
def nanmean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean of the elements that are not NaN, NaN where there is none.

    >>> y = keras.ops.nanmean([1.0, float("nan"), 3.0])  # 2.0
    """
    return elementwise.divide(nansum(x, axis, keepdims), _valid(x, axis, keepdims))


@reduction(rules.real_floating)
def nanvar(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The variance of the elements that are not NaN, NaN where there is none.

    >>> y = keras.ops.nanvar([1.0, float("nan"), 3.0])  # 1.0
    """
    apart = elementwise.subtract(_without_nan(x, 0.0), nanmean(x, axis, True))
    apart = elementwise.where(comparison.isnan(x), 0.0, apart)
    total = sum(elementwise.square(elementwise.absolute(apart)), axis, keepdims)
    count = trigonometry.real(_valid(x, axis, keepdims))
    return elementwise.divide(total, count)


@reduction(rules.real_floating)
def nanstd(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The standard deviation of the elements that are not NaN, NaN where there is none.

    >>> y = keras.ops.nanstd([1.0, float("nan"), 3.0])  # 1.0
    """
    return _root(nanvar(x, axis, keepdims))


def _arg_without_nan(find: Any, x: Any, axis: int | None, keepdims: bool, limit: float) -> Any:
    if not _may_hold_nan(x):
        return find(x, axis, keepdims)
    bad = comparison.isnan(x)
    found = find(elementwise.where(bad, limit, x), axis, keepdims)
    return elementwise.where(all(bad, axis, keepdims), arrays.cast(-1, "int32"), found)


@op(shape=_arg_shape, dtype=rules.index)
def nanargmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the largest element that is not NaN, -1 where there is none.

    Args:
        x: a tensor.
        axis: an int; None: the index counts through all elements.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        An int32 tensor without the axis.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.nanargmax([float("nan"), 1.0, 3.0])  # 2
    """
    return _arg_without_nan(argmax, x, axis, keepdims, float("-inf"))


@op(shape=_arg_shape, dtype=rules.index)
def nanargmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the least element that is not NaN, -1 where there is none.

    Args:
        x: a tensor.
        axis: an int; None: the index counts through all elements.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        An int32 tensor without the axis.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.nanargmin([float("nan"), 1.0, 3.0])  # 1
    """
    return _arg_without_nan(argmin, x, axis, keepdims, float("inf"))


@op(spec=_cumulative_spec, dtype=rules.keep)
def nancumsum(x: TensorLike, axis: int | None = None, dtype: str | None = None) -> Tensor:
    """The running sum along an axis, NaN counting as 0.

    Args:
        x: a tensor.
        axis: an int; None: `x` is flattened.
        dtype: the dtype to sum in and of the result.

    Returns:
        A tensor of the shape of `x`, flat if `axis` is None.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.nancumsum([1.0, float("nan"), 3.0])  # [1.0, 1.0, 4.0]
    """
    return cumsum(_without_nan(x, 0.0), axis, dtype)


@op(spec=_cumulative_spec, dtype=rules.keep)
def nancumprod(x: TensorLike, axis: int | None = None, dtype: str | None = None) -> Tensor:
    """The running product along an axis, NaN counting as 1.

    Args:
        x: a tensor.
        axis: an int; None: `x` is flattened.
        dtype: the dtype to multiply in and of the result.

    Returns:
        A tensor of the shape of `x`, flat if `axis` is None.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.nancumprod([2.0, float("nan"), 3.0])  # [2.0, 2.0, 6.0]
    """
    return cumprod(_without_nan(x, 1.0), axis, dtype)


# Norms -------------------------------------------------------------------------------------


@op(shape=rules.reduce, dtype=rules.real_floating)
def _length(x: TensorLike, axis: Axis, keepdims: bool) -> Tensor:
    """The Euclidean norm over axes, with a gradient of 0 at 0."""
    return _root(sum(elementwise.square(elementwise.absolute(x)), axis, keepdims))


def _norm_shape(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> shapes.Shape:
    return rules.reduce(x, axis, keepdims)


@op(shape=_norm_shape, dtype=rules.real_floating)
def norm(
    x: TensorLike,
    ord: int | float | str | None = None,
    axis: Axis = None,
    keepdims: bool = False,
) -> Tensor:
    """The norm of vectors or matrices. At 0 its gradient is 0.

    Args:
        x: a tensor.
        ord: for vectors a number, infinity among them; for matrices "fro" (the default), "nuc"
            (sum of the singular values), 1 and -1 (extreme column sums), inf and -inf (extreme
            row sums), 2 and -2 (extreme singular values).
        axis: an int for vectors, two ints for matrices. None: all of `x` as one vector without
            `ord`, else `x` must be a vector or a matrix.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A real tensor without the reduced axes.

    Raises:
        ValueError: if `ord` does not fit the number of axes.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.norm([3.0, 4.0])  # 5.0
    """
    if ord is None and type(axis) is int:
        return _length(x, axis, keepdims)
    rank = len(x.shape)
    axes = shapes.axis_tuple(axis, rank)
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        return _length(x, axes[0] if len(axes) == 1 else axes, keepdims)
    size = elementwise.absolute(x)
    if len(axes) == 1 and not isinstance(ord, str):
        return _vector_norm(size, ord, axes, keepdims)
    if len(axes) == 2 and ord in (1, -1, math.inf, -math.inf):
        within, across = axes if ord in (1, -1) else axes[::-1]
        totals = sum(size, within, True)
        found = (max if ord > 0 else min)(totals, across, True)
        return found if keepdims else ops.squeeze(found, axes)
    if len(axes) == 2 and ord in (2, -2, "nuc"):
        values = ops.svd(ops.moveaxis(x, axes, (-2, -1)), compute_uv=False)
        found = sum(values, -1) if ord == "nuc" else (max if ord == 2 else min)(values, -1)
        return ops.expand_dims(found, tuple(sorted(axes))) if keepdims else found
    raise ValueError(
        "norm: ord must be a number for vectors, and one of 'fro', 'nuc', 1, -1, 2, -2, inf, -inf "
        f"for matrices. Received: ord={ord!r} for {len(axes)} axes (axis={axis}, x of rank {rank})"
    )


def _vector_norm(size: Any, ord: float, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord == math.inf:
        return max(size, axes, keepdims, 0.0 if 0 in size.shape else None)
    if ord == -math.inf:
        return min(size, axes, keepdims)
    if ord == 0:
        return sum(arrays.cast(comparison.not_equal(size, 0), _dtype(size)), axes, keepdims)
    if ord == 1:
        return sum(size, axes, keepdims)
    total = sum(_power(size, ord), axes, keepdims)
    return _power(total, 1.0 / ord)


def _power(x: Any, exponent: float) -> Any:
    """A power of what is not negative, with a gradient of 0 at 0 in place of an infinite one."""
    if exponent >= 1:
        return elementwise.power(x, exponent)
    zero = comparison.equal(x, 0)
    found = elementwise.power(elementwise.where(zero, 1, x), exponent)
    return elementwise.where(zero, 0 if exponent > 0 else math.inf, found)
