"""From a loss a sample to the number that is minimized: ranks, weights, masks, reductions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import dtypes
from keras_core.core.errors import message

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)
_arrays = backend.arrays
_TYPES = _arrays.TENSOR_TYPES
_by_rank: Callable[..., Any] | None = getattr(_arrays, "by_rank", None)


def at_any_rank(function: Callable[..., Any], *args: Any) -> Any:
    """What `function` makes of `args`, rank by rank where a graph does not know a tensor's."""
    try:
        return function(*args)
    except ValueError:
        again = partial(at_any_rank, function)  # another argument may lack its rank too
        found = _by_rank(again, args) if _by_rank is not None else None
        if found is None:
            raise
        return found[0]


def as_tensor(x: Any, dtype: str | None = None) -> Any:
    """`x` as a tensor (a KerasTensor stays one), of `dtype` if one is given."""
    if type(x) in _TYPES:
        return x if dtype is None or _arrays.dtype_name(x) == dtype else _arrays.cast(x, dtype)
    if dtype is None:
        return ops.convert_to_tensor(x)
    return ops.cast(ops.convert_to_tensor(x), dtype)


def dtype_of(x: Any) -> str:
    """The dtype of a tensor or KerasTensor, by name."""
    return _arrays.dtype_name(x) if _arrays.is_tensor(x) else dtypes.standardize(x.dtype)


def float_pair(y_true: Any, y_pred: Any, owner: str | None = None) -> tuple[Any, Any]:
    """Targets and predictions as float tensors of the predictions' dtype and of one rank.

    Args:
        y_true: targets.
        y_pred: predictions.
        owner: the loss, for the error; None: whoever calls looks at the shapes.

    Raises:
        ValueError: if an owner is given and the shapes do not broadcast together.
    """
    y_pred = as_tensor(y_pred)
    name = dtype_of(y_pred)
    if name not in dtypes.FLOATS:
        name = dtypes.result_type(name, float)
        y_pred = as_tensor(y_pred, name)
    y_true, y_pred = at_any_rank(align, as_tensor(y_true, name), y_pred)
    if owner is not None and y_true.shape != y_pred.shape:
        if None in [getattr(x.shape, "rank", 0) for x in (y_true, y_pred)]:
            return y_true, y_pred  # a graph that does not know them compares them when it runs
        pairs = zip(reversed(y_true.shape), reversed(y_pred.shape), strict=False)
        if not all(a == b or 1 in (a, b) or None in (a, b) for a, b in pairs):
            must = f"have a shape that broadcasts with that of y_pred, {tuple(y_pred.shape)}"
            raise ValueError(message(owner, "y_true", must, y_true))
    return y_true, y_pred


def align(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Two tensors at one rank, where the ranks differ by a last axis of size 1.

    A vector is expanded to meet a matrix of one column; otherwise the axis is squeezed.
    """
    difference = len(x1.shape) - len(x2.shape)
    if difference == 1 and x1.shape[-1] == 1:
        if len(x2.shape) == 1:
            return x1, ops.expand_dims(x2, -1)
        return ops.squeeze(x1, -1), x2
    if difference == -1 and x2.shape[-1] == 1:
        if len(x1.shape) == 1:
            return ops.expand_dims(x1, -1), x2
        return x1, ops.squeeze(x2, -1)
    return x1, x2


def align_weights(weights: Any, values: Any) -> Any:
    """Weights in a shape that broadcasts with `values`.

    Weights given for the leading axes (one a sample) get new last axes; a last axis of size 1
    that `values` lacks is dropped; anything else broadcasts as in NumPy.

    Raises:
        ValueError: if the shapes do not go together.
    """
    rank, wanted = len(weights.shape), len(values.shape)
    if rank == 0 or tuple(weights.shape) == tuple(values.shape):
        return weights
    if rank == wanted + 1 and weights.shape[-1] == 1:
        return ops.squeeze(weights, -1) if wanted else weights
    if rank < wanted and all(
        a in (b, 1) or a is None or b is None
        for a, b in zip(weights.shape, values.shape, strict=False)
    ):
        return ops.reshape(weights, (*ops.shape(weights), *(1,) * (wanted - rank)))
    trailing = zip(reversed(weights.shape), reversed(values.shape), strict=False)
    if wanted and (
        rank > wanted or not all(a in (b, 1) or a is None or b is None for a, b in trailing)
    ):
        raise ValueError(
            message(
                "Loss",
                "sample_weight",
                f"have a shape that fits the losses' shape {tuple(values.shape)}, such as "
                f"{tuple(values.shape[:1])}",
                weights,
            )
        )
    return weights


def reduce_weighted(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: str | None = "sum_over_batch_size",
    dtype: str | None = None,
) -> Any:
    """Weigh losses and reduce them.

    Args:
        values: a loss tensor, often one value a sample.
        sample_weight: weights that fit `values` (see `align_weights`), or None.
        mask: what counts at all, in the same way; the mean is over that. None: everything.
        reduction: "sum_over_batch_size" or "mean" (the sum over the number of values that
            count), "sum", "mean_with_sample_weight" (over the sum of weights), None or "none".
        dtype: the name of the result's dtype; None: that of `values`.

    Returns:
        A scalar, zero if nothing counts; without a reduction the weighted values, a column for
        weights that are one.
    """
    values = as_tensor(values, dtype)
    if sample_weight is None and mask is None:
        if reduction == "sum":
            return ops.sum(values)
        if reduction is None or reduction == "none":
            return values
        return _mean(values)
    name = dtype_of(values)
    valid = weights = None
    if mask is not None:
        valid = weights = align_weights(as_tensor(mask, name), values)
    if sample_weight is not None:
        sample_weight = as_tensor(sample_weight, name)
        weights = align_weights(sample_weight, values)
        if valid is not None:
            if len(values.shape) == 0:  # one loss for all: what fits it need not fit each other
                valid = align_weights(valid, weights)
            weights = ops.multiply(weights, valid)
    weighted = ops.multiply(values, weights)
    if reduction is None or reduction == "none":
        # A vector of losses meets a column of weights as in `align`.
        column = sample_weight is not None and len(values.shape) == 1 < len(sample_weight.shape)
        return ops.expand_dims(weighted, -1) if column else weighted
    total = ops.sum(weighted)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight":
        return _ratio(total, ops.sum(ops.broadcast_to(weights, ops.shape(weighted))))
    if valid is not None:
        return _ratio(total, ops.sum(ops.broadcast_to(valid, ops.shape(weighted))))
    return _mean(weighted)


def _mean(values: Any) -> Any:
    """The mean of losses, zero if there are none."""
    shape = values.shape
    if 0 in shape:
        return ops.sum(values)
    mean = ops.mean(values)
    if None in shape:  # known only when it runs
        return ops.where(ops.equal(ops.size(values), 0), ops.zeros_like(mean), mean)
    return mean


def _ratio(total: Any, count: Any) -> Any:
    """`total / count`, zero where nothing counts."""
    some = ops.not_equal(count, 0)
    one = ops.ones_like(count)
    return ops.where(some, ops.divide(total, ops.where(some, count, one)), ops.zeros_like(total))
