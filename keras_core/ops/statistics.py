"""Order statistics, histograms, differences, and correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.core import dtypes, errors, shapes
from keras_core.ops import _arguments, comparison, elementwise, reductions, rules
from keras_core.ops._door import DType, Tensor, TensorLike, arrays, op
from keras_core.ops._families import reduction
from keras_core.symbolic.keras_tensor import KerasTensor

Axis = int | Sequence[int] | None
METHODS = ("linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf")


# Quantiles ---------------------------------------------------------------------------------


def _quantiles(x: Any, q: Any, axis: Axis, method: str, keepdims: bool, skip: bool) -> Any:
    """Quantiles along axes by sorting; NaN spoils a slice, or is left out if `skip`."""
    if method not in METHODS:
        raise ValueError(f"quantile: method must be one of {METHODS}. Received: {method!r}")
    rank, name = len(x.shape), arrays.dtype_name(x)
    axes = shapes.axis_tuple(axis, rank)
    others = [i for i in range(rank) if i not in axes]
    shape = arrays.shape(x)
    kept = tuple(shape[i] for i in others)
    sizes = [shape[i] for i in axes]
    if 0 in rules.shape_of(x):  # no elements, or no slices of them
        lead = () if len(q.shape) == 0 else tuple(arrays.shape(q))
        kept = tuple(1 if i in axes else shape[i] for i in range(rank) if keepdims or i in others)
        nothing = ops.full((*lead, *kept), float("nan"), name)
        return elementwise.add(nothing, reductions.sum(x))  # for its gradient
    elements = math.prod(sizes) if all(isinstance(n, int) for n in sizes) else -1
    rows = ops.reshape(ops.transpose(x, (*axes, *others)), (elements, *kept))
    bad = comparison.isnan(rows)
    rows = ops.sort(elementwise.where(bad, float("inf"), rows), axis=0)

    q = arrays.cast(q, "float64" if name == "float64" else "float32")
    scalar = len(q.shape) == 0
    # What `_within` cannot see, inside of compiled functions: no element is there, and a place
    # before the first would be another one.
    within = comparison.equal(elementwise.clip(q, 0.0, 1.0), q)
    q = elementwise.where(within, q, 0.0)
    q = ops.reshape(q, (-1, *(1,) * (len(others) if skip else 0)))
    within = ops.reshape(within, (-1, *(1,) * len(others)))
    if skip:
        count = reductions.sum(comparison.logical_not(bad), 0, True)
    else:
        count = arrays.cast(arrays.shape(rows)[0], "int32")
    last = arrays.cast(elementwise.maximum(count - 1, 0), arrays.dtype_name(q))
    if method == "inverted_cdf":
        place = elementwise.ceil(q * arrays.cast(count, arrays.dtype_name(q))) - 1.0
        place = elementwise.clip(place, 0.0, last)
    else:
        place = q * last
    low, high = elementwise.floor(place), elementwise.ceil(place)
    if method == "nearest":
        low = high = elementwise.round(place)
    elif method == "lower":
        high = low
    elif method in ("higher", "inverted_cdf"):
        low = high
    # Without NaN to skip, the places are the same in every slice.
    pick = ops.take_along_axis if skip else ops.take
    below = pick(rows, arrays.cast(low, "int32"), axis=0)
    if low is not high:
        above = pick(rows, arrays.cast(high, "int32"), axis=0)
        part = place - low if method == "linear" else elementwise.where(place > low, 0.5, 0.0)
        if not skip:
            part = ops.reshape(part, (-1, *(1,) * len(others)))
        part = arrays.cast(part, name)
        exact = comparison.equal(part, 0)
        # Infinities: inf - inf must not show, and what is finite leads away from none.
        stays = comparison.logical_or(
            comparison.equal(above, below),
            comparison.logical_and(comparison.isneginf(below), comparison.isfinite(above)),
        )
        gap = elementwise.where(comparison.logical_or(exact, stays), 0, above - below)
        below = below + gap * part
    spoilt = comparison.equal(count, 0) if skip else reductions.any(bad, 0, True)
    lacks = comparison.logical_or(spoilt, comparison.logical_not(within))
    found = elementwise.where(lacks, float("nan"), below)
    if scalar:
        found = ops.squeeze(found, 0)
    if keepdims:
        lead = 0 if scalar else 1
        found = ops.expand_dims(found, tuple(i + lead for i in axes))
    return found


def _quantile_shape(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> shapes.Shape:
    head = rules.shape_of(q)
    if len(head) > 1:
        raise ValueError(f"quantile: q must be a scalar or a vector. Received: shape {head}")
    return (*head, *rules.reduce(x, axis, keepdims))


_QUANTILE = rules.floating.on("x")


def _within(owner: str, most: int) -> Any:
    """A check of `q`: beyond the ends there are no elements, and negative places are others."""

    def check(x: Any, q: Any, *_: Any) -> None:
        given = q if isinstance(q, (list, tuple)) else (q,)
        if isinstance(q, (np.ndarray, np.generic)):
            given = q.ravel().tolist()
        known = all(isinstance(n, (int, float)) for n in given)
        if known and not all(0 <= n <= most for n in given):
            raise ValueError(errors.message(owner, "q", f"hold numbers from 0 to {most}", q))

    return check


@op(shape=_quantile_shape, dtype=_QUANTILE, check=_within("quantile", 1))
def quantile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Quantiles over axes; NaN where there is a NaN.

    Args:
        x: a tensor.
        q: numbers from 0 to 1, a scalar or a vector.
        axis: an int, or a tuple of ints; None for all axes.
        method: what lies between two elements: "linear", "lower", "higher", "midpoint",
            "nearest" or "inverted_cdf".
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        The quantiles: the axis of `q`, if it is a vector, before the axes of `x` that remain. NaN
        for a `q` out of range that is a tensor.

    Raises:
        ValueError: for an unknown method, or a `q` of Python's or NumPy's numbers out of range.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.quantile([1.0, 2.0, 3.0, 4.0], 0.5)  # 2.5
    """
    return _quantiles(x, q, axis, method, keepdims, False)


@op(shape=_quantile_shape, dtype=_QUANTILE, check=_within("nanquantile", 1))
def nanquantile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Quantiles of the elements that are not NaN; NaN where there is none.

    Args:
        x: a tensor.
        q: numbers from 0 to 1, a scalar or a vector.
        axis: an int, or a tuple of ints; None for all axes.
        method: as of `quantile`.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        As of `quantile`.

    Raises:
        ValueError: for an unknown method, or a `q` of Python's or NumPy's numbers out of range.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.nanquantile([1.0, float("nan"), 3.0], 0.5)  # 2.0
    """
    return _quantiles(x, q, axis, method, keepdims, True)


@op(shape=_quantile_shape, dtype=_QUANTILE, check=_within("percentile", 100))
def percentile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Percentiles over axes: quantiles whose `q` runs from 0 to 100.

    Args:
        x: a tensor.
        q: numbers from 0 to 100, a scalar or a vector.
        axis: an int, or a tuple of ints; None for all axes.
        method: as of `quantile`.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        As of `quantile`.

    Raises:
        ValueError: for an unknown method, or a `q` of Python's or NumPy's numbers out of range.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.percentile([1.0, 2.0, 3.0], [0, 50])  # [1.0, 2.0]
    """
    return quantile(x, elementwise.divide(q, 100), axis, method, keepdims)


@op(shape=_quantile_shape, dtype=_QUANTILE, check=_within("nanpercentile", 100))
def nanpercentile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Percentiles of the elements that are not NaN; NaN where there is none.

    Args:
        x: a tensor.
        q: numbers from 0 to 100, a scalar or a vector.
        axis: an int, or a tuple of ints; None for all axes.
        method: as of `quantile`.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        As of `quantile`.

    Raises:
        ValueError: for an unknown method, or a `q` of Python's or NumPy's numbers out of range.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.nanpercentile([1.0, float("nan"), 3.0], 50)  # 2.0
    """
    return nanquantile(x, elementwise.divide(q, 100), axis, method, keepdims)


@reduction(rules.floating)
def median(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The median over axes, the mean of the two middle elements if their number is even.

    >>> y = keras.ops.median([1.0, 4.0, 2.0])  # 2.0
    """
    return quantile(x, 0.5, axis, "linear", keepdims)


@reduction(rules.floating)
def nanmedian(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The median of the elements that are not NaN; NaN where there is none.

    >>> y = keras.ops.nanmedian([1.0, float("nan"), 2.0])  # 1.5
    """
    return nanquantile(x, 0.5, axis, "linear", keepdims)


# Counting ----------------------------------------------------------------------------------


def _bincount_spec(
    x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False
) -> KerasTensor:
    shape = rules.shape_of(x)
    if not shape:
        raise ValueError("bincount: x must have at least one axis. Received: a scalar")
    if isinstance(x, KerasTensor) and x.dtype not in (*dtypes.INTS, "bool"):
        raise _arguments.not_whole("bincount", "x", x, x.dtype)
    dtype = "int32" if weights is None else rules.dtype_of(weights)
    return KerasTensor((*shape[:-1], None), dtype, sparse=sparse)


@op(spec=_bincount_spec, dtype=rules.integers.on("x"), native_required=True)
def bincount(
    x: TensorLike,
    weights: TensorLike | None = None,
    minlength: int = 0,
    sparse: bool = False,
) -> Tensor:
    """Count how often every non-negative integer occurs along the last axis.

    Args:
        x: an integer tensor of shape `(..., n)`.
        weights: a tensor of the shape of `x`: what every element counts; None: 1.
        minlength: the least size of the result.
        sparse: whether the result is a sparse tensor, where the backend has them.

    Returns:
        A tensor of shape `(..., max(minlength, max(x) + 1))`, int32 or of the dtype of
        `weights`. Inside of `jax.jit`, where the values are unknown, it has `minlength` bins.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.bincount([1, 2, 2])  # [0, 1, 2]
    """


def _histogram_spec(x: Any, bins: int = 10, range: Any = None) -> tuple[KerasTensor, KerasTensor]:
    _check_bins(bins, range)
    dtype = rules.floating.compute((rules.dtype_of(x),))  # pyright: ignore[reportOptionalCall]
    return KerasTensor((bins,), dtype), KerasTensor((bins + 1,), dtype)


def _check_bins(bins: Any, range: Any) -> None:
    if not isinstance(bins, int) or isinstance(bins, bool) or bins < 1:
        raise ValueError(f"histogram: bins must be a positive int. Received: bins={bins!r}")
    if range is not None and (len(range) != 2 or range[0] > range[1]):
        raise ValueError(
            f"histogram: range must be a pair (low, high) with low <= high. Received: {range!r}"
        )


@op(spec=_histogram_spec, dtype=rules.floating)
def histogram(
    x: TensorLike, bins: int = 10, range: tuple[float, float] | None = None
) -> tuple[Tensor, Tensor]:
    """Count the elements in bins of equal width; the last bin has both its edges.

    Args:
        x: a tensor of any shape.
        bins: how many bins, a positive int.
        range: `(low, high)`; elements outside are not counted. None: from the least element to
            the largest.

    Returns:
        The counts, of shape `(bins,)`, and the edges, of shape `(bins + 1,)`, both floats.

    Raises:
        ValueError: if `bins` is not positive or `range` is no range.

    Example:

    >>> import keras_core as keras
    >>> counts, edges = keras.ops.histogram([1.0, 2.0, 2.0], bins=2)  # [1, 2], [1.0, 1.5, 2.0]
    """
    _check_bins(bins, range)
    name = arrays.dtype_name(x)
    x = ops.reshape(x, (-1,))
    if range is not None:
        low, high = arrays.cast(float(range[0]), name), arrays.cast(float(range[1]), name)
    elif x.shape[0] == 0:
        low, high = arrays.cast(0.0, name), arrays.cast(1.0, name)
    else:
        low, high = reductions.min(x), reductions.max(x)
        if x.shape[0] is None:
            empty = comparison.equal(arrays.shape(x)[0], 0)
            low = elementwise.where(empty, arrays.cast(0.0, name), low)
            high = elementwise.where(empty, arrays.cast(1.0, name), high)
    flat = comparison.equal(low, high)  # one value: a bin of width 1 around it
    low, high = elementwise.where(flat, low - 0.5, low), elementwise.where(flat, high + 0.5, high)
    steps = arrays.cast(ops.arange(bins + 1), name)
    edges = low + (high - low) * (steps / bins)
    edges = ops.concatenate([edges[:-1], ops.reshape(high, (1,))])
    place = elementwise.clip(digitize(x, edges) - 1, 0, bins - 1)
    inside = comparison.logical_and(
        comparison.greater_equal(x, low), comparison.less_equal(x, high)
    )
    counts = ops.segment_sum(arrays.cast(inside, name), place, bins)
    return counts, arrays.cast(edges, name)


def _searchsorted_shape(sorted_sequence: Any, values: Any, side: str = "left") -> shapes.Shape:
    shape = rules.shape_of(sorted_sequence)
    if len(shape) != 1:
        raise ValueError(
            "searchsorted: sorted_sequence must be a vector; apply it to several with "
            f"ops.vectorized_map. Received: shape {shape}"
        )
    return rules.shape_of(values)


_PLACES = DType(dtypes.join, "int32")


@op(shape=_searchsorted_shape, dtype=_PLACES, native_required=True)
def searchsorted(sorted_sequence: TensorLike, values: TensorLike, side: str = "left") -> Tensor:
    """Where values belong in a sorted vector so that it stays sorted.

    Args:
        sorted_sequence: a vector in ascending order.
        values: a tensor of any shape.
        side: "left": before equal elements, "right": after them.

    Returns:
        An int32 tensor of the shape of `values`.

    Raises:
        ValueError: if `sorted_sequence` is no vector.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.searchsorted([1, 2, 3], [0, 2])  # [0, 1]
    """


def _digitize_shape(x: Any, bins: Any) -> shapes.Shape:
    return rules.shape_of(x)


@op(shape=_digitize_shape, dtype=_PLACES)
def digitize(x: TensorLike, bins: TensorLike) -> Tensor:
    """The index of the bin in which every element lies.

    Args:
        x: a tensor.
        bins: the edges, a vector in ascending order. An edge belongs to the bin above it.

    Returns:
        An int32 tensor of the shape of `x`: 0 below the first edge, `len(bins)` above the last.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.digitize([0.2, 1.0, 9.0], [0.0, 1.0, 2.0])  # [1, 2, 3]
    """
    return searchsorted(bins, x, "right")


# Differences and integrals -----------------------------------------------------------------


def _diff_shape(a: Any, n: int = 1, axis: int = -1) -> shapes.Shape:
    shape = list(rules.shape_of(a))
    if n < 0:
        raise ValueError(f"diff: n must not be negative. Received: n={n}")
    index = shapes.axis_index(axis, len(shape))
    size = shape[index]
    shape[index] = None if size is None else max(size - n, 0)
    return tuple(shape)


def _slices(rank: int, axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """All but the first, and all but the last element along an axis."""
    head = (slice(None),) * axis
    return (*head, slice(1, None)), (*head, slice(None, -1))


@op(shape=_diff_shape, dtype=rules.same)
def diff(a: TensorLike, n: int = 1, axis: int = -1) -> Tensor:
    """The differences of neighbours along an axis, taken `n` times; of bools whether they differ.

    Args:
        a: a tensor of rank 1 or more.
        n: how many times, an int from 0 on.
        axis: an int.

    Returns:
        A tensor of the dtype of `a`, by `n` shorter along the axis.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.diff([1, 4, 9, 16])  # [3, 5, 7]
    """
    _diff_shape(a, n, axis)
    rank = len(a.shape)
    later, earlier = _slices(rank, shapes.axis_index(axis, rank))
    apart = comparison.not_equal if arrays.dtype_name(a) == "bool" else elementwise.subtract
    for _ in range(n):
        a = apart(a[later], a[earlier])
    return a


def _trapezoid_shape(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> shapes.Shape:
    return rules.reduce(y, shapes.axis_index(axis, len(rules.shape_of(y))))


@op(shape=_trapezoid_shape, dtype=rules.floating)
def trapezoid(
    y: TensorLike, x: TensorLike | None = None, dx: float = 1.0, axis: int = -1
) -> Tensor:
    """Integrate along an axis by the trapezoidal rule.

    Args:
        y: the values, a tensor of rank 1 or more.
        x: where they lie: a vector, or a tensor that broadcasts with `y`; None: `dx` apart.
        dx: the distance of neighbours, if `x` is None.
        axis: an int.

    Returns:
        The tensor without the axis.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.trapezoid([1.0, 2.0, 3.0], dx=2.0)  # 8.0
    """
    rank = len(y.shape)
    index = shapes.axis_index(axis, rank)
    later, earlier = _slices(rank, index)
    middle = elementwise.multiply(y[later] + y[earlier], 0.5)
    if x is None:
        return elementwise.multiply(reductions.sum(middle, index), dx)
    if len(x.shape) == 1:
        width = ops.reshape(diff(x), (-1, *(1,) * (rank - 1 - index)))
    else:
        width = diff(x, axis=index - rank)
    return reductions.sum(middle * width, index)


def _corrcoef_shape(x: Any) -> shapes.Shape:
    shape = rules.shape_of(x)
    if len(shape) > 2:
        raise ValueError(f"corrcoef: x must be a vector or a matrix. Received: shape {shape}")
    return () if len(shape) < 2 else (shape[0], shape[0])


@op(shape=_corrcoef_shape, dtype=rules.floating)
def corrcoef(x: TensorLike) -> Tensor:
    """Pearson's correlation coefficients of the rows of a matrix.

    Args:
        x: a matrix, a row for every variable and a column for every observation; or a vector.

    Returns:
        The matrix of coefficients from -1 to 1, one row and column for every variable; 1 of a
        vector. NaN for a variable that does not vary.

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])  # [[1, -1], [-1, 1]]
    """
    _corrcoef_shape(x)
    if len(x.shape) < 2:
        return ops.squeeze(corrcoef(ops.reshape(x, (1, -1))))
    apart = x - reductions.mean(x, -1, True)
    covariance = ops.matmul(apart, ops.conjugate(ops.transpose(apart)))
    deviation = reductions.norm(apart, None, -1)
    scale = ops.expand_dims(deviation, 0) * ops.expand_dims(deviation, 1)
    found = elementwise.divide(covariance, scale)
    if arrays.dtype_name(found) in dtypes.COMPLEX:
        return found
    return elementwise.clip(found, -1.0, 1.0)  # rounding may lead outside
