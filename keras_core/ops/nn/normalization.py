"""Moments of data, and what divides by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core import dtypes, errors, settings, shapes
from keras_core.ops import rules
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, op


def _moments_spec(
    x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[KerasTensor, KerasTensor]:
    shape = shapes.reduced(rules.shape_of(x), axes, keepdims)
    dtype = dtypes.join((rules.dtype_of(x), "float"))
    return KerasTensor(shape, dtype), KerasTensor(shape, rules.real_floating.output(dtype))


@op(spec=_moments_spec, dtype=rules.floating)
def moments(
    x: TensorLike,
    axes: int | Sequence[int] | None,
    keepdims: bool = False,
    synchronized: bool = False,
) -> tuple[Tensor, Tensor]:
    """Mean and (biased) variance over some axes.

    float16 is computed in float32 and the result clipped to float16's range.

    Args:
        x: a tensor.
        axes: the axes to reduce; None for all.
        keepdims: whether they stay, with size 1.
        synchronized: whether to take the moments over all replicas, on backends with such a
            strategy.

    Returns:
        A pair `(mean, variance)`.

    Example:

    >>> import keras_core as keras
    >>> mean, variance = keras.ops.moments([1.0, 3.0], axes=[0])
    >>> float(mean), float(variance)
    (2.0, 1.0)
    """
    axes = None if axes is None else tuple(axes) if isinstance(axes, (list, tuple)) else axes
    half = ops.dtype(x) == "float16"
    wide = ops.cast(x, "float32") if half else x
    mean = ops.mean(wide, axis=axes, keepdims=True)
    centred = ops.subtract(wide, mean)
    if rules.dtype_of(wide) in dtypes.COMPLEX:
        centred = ops.absolute(centred)
    variance = ops.mean(ops.square(centred), axis=axes, keepdims=keepdims)
    if not keepdims:
        mean = ops.squeeze(mean, axis=axes if axes is not None else tuple(range(len(x.shape))))
    if half:
        mean, variance = (
            ops.cast(ops.clip(v, -65504.0, 65504.0), "float16") for v in (mean, variance)
        )
    return mean, variance


def _batch_shape(x: Any, mean: Any, variance: Any, axis: int, *_: Any) -> shapes.Shape:
    shape = rules.shape_of(x)
    i = shapes.axis_index(axis, len(shape), "batch_normalization: axis")
    for name, value in (("mean", mean), ("variance", variance)):
        found = rules.shape_of(value)
        if len(found) == 1 and None not in (found[0], shape[i]) and found[0] != shape[i]:
            raise ValueError(
                f"batch_normalization: {name} must have shape ({shape[i]},), the size of x along "
                f"axis {axis}. Received: {name} of shape {found}, x of shape {shape}"
            )
    return shape


@op(shape=_batch_shape, dtype=rules.floating)
def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike | None = None,
    scale: TensorLike | None = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """Normalise by given moments: `(x - mean) / sqrt(variance + epsilon) * scale + offset`.

    Args:
        x: a tensor.
        mean: of shape `(x.shape[axis],)`.
        variance: of the same shape.
        axis: the axis that `mean`, `variance`, `offset` and `scale` belong to.
        offset: added at the end; None for 0.
        scale: a factor; None for 1.
        epsilon: added to the variance.

    Returns:
        A tensor of the shape of `x`.

    Reference:
        Ioffe and Szegedy, 2015, https://arxiv.org/abs/1502.03167

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.convert_to_tensor([[1.0], [3.0]])
    >>> y = keras.ops.batch_normalization(x, [2.0], [1.0], axis=-1, epsilon=0.0)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[-1.0], [1.0]]
    """
    rank = len(x.shape)
    at = shapes.axis_index(axis, rank)
    shape = tuple(-1 if i == at else 1 for i in range(rank))
    factor = ops.rsqrt(ops.add(variance, epsilon))
    if scale is not None:
        factor = ops.multiply(factor, scale)
    shift = ops.negative(ops.multiply(mean, factor))
    if offset is not None:
        shift = ops.add(shift, offset)
    return ops.add(ops.multiply(x, ops.reshape(factor, shape)), ops.reshape(shift, shape))


def _same_shape(x: Any, *_: Any) -> shapes.Shape:
    return rules.shape_of(x)


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    return shapes.axis_tuple(list(axis) if isinstance(axis, (list, tuple)) else axis, rank)


def aligned(weight: Any, shape: Sequence[Any], axes: tuple[int, ...]) -> Any:
    """A weight of shape `[shape[a] for a in axes]` reshaped to broadcast against `shape`."""
    if len(weight.shape) in (0, len(shape)) or axes == (len(shape) - 1,):
        return weight
    order = sorted(range(len(axes)), key=axes.__getitem__)
    if order != list(range(len(axes))) and len(weight.shape) == len(axes):
        weight = ops.transpose(weight, order)
    return ops.reshape(weight, tuple(s if i in axes else 1 for i, s in enumerate(shape)))


@op(shape=_same_shape, dtype=rules.floating, name="layer_normalization")
def _layer_normalization(
    x: TensorLike,
    gamma: TensorLike | None = None,
    beta: TensorLike | None = None,
    axis: int | Sequence[int] = -1,
    epsilon: float = 1e-3,
    rms_scaling: bool = False,
) -> Tensor:
    axes = _axes(axis, len(x.shape))
    dtype = ops.dtype(x)
    half = dtype in ("float16", "bfloat16")  # whose sums of squares are too coarse
    wide = ops.cast(x, "float32") if half else x
    if rms_scaling:
        variance = ops.var(wide, axis=axes, keepdims=True)
        out = ops.multiply(wide, ops.rsqrt(ops.add(variance, epsilon)))
    else:
        mean = ops.mean(wide, axis=axes, keepdims=True)
        centred = ops.subtract(wide, mean)
        variance = ops.mean(ops.square(centred), axis=axes, keepdims=True)
        out = ops.multiply(centred, ops.rsqrt(ops.add(variance, epsilon)))
    if half:
        out = ops.cast(out, dtype)
    if gamma is not None:
        out = ops.multiply(out, aligned(gamma, x.shape, axes))
    if beta is not None and not rms_scaling:
        out = ops.add(out, aligned(beta, x.shape, axes))
    return out


def layer_normalization(
    x: TensorLike,
    gamma: TensorLike | None = None,
    beta: TensorLike | None = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Tensor:
    """Give every sample mean 0 and variance 1 over some axes, then scale and shift.

    Args:
        x: a tensor.
        gamma: factors, of the shape of `x` along `axis`; None for 1.
        beta: offsets, of the same shape; None for 0.
        axis: an int or several.
        epsilon: added to the variance; None for `epsilon()`.
        **kwargs: `rms_scaling=True` leaves the mean where it is and ignores `beta`, an old
            form; use `rms_normalization`.

    Returns:
        A tensor of the shape of `x`.

    Reference:
        Ba et al., 2016, https://arxiv.org/abs/1607.06450

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.layer_normalization([[1.0, 3.0]], epsilon=0.0)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[-1.0, 1.0]]
    """
    rms_scaling = kwargs.pop("rms_scaling", False) if kwargs else False
    if kwargs:
        raise TypeError(f"layer_normalization: unknown arguments {sorted(kwargs)}")
    if epsilon is None:
        epsilon = settings.epsilon()
    return _layer_normalization(x, gamma, beta, axis, epsilon, rms_scaling)


def _rms_shape(x: Any, scale: Any = None, axis: Any = -1, *_: Any) -> shapes.Shape:
    _axes(axis, len(rules.shape_of(x)))
    return rules.shape_of(x)


@op(shape=_rms_shape, dtype=rules.floating)
def rms_normalization(
    x: TensorLike,
    scale: TensorLike | None = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
) -> Tensor:
    """Divide by the root of the mean square over some axes.

    Args:
        x: a tensor.
        scale: factors, of the shape of `x` along `axis`, or a number; None for 1.
        axis: an int or several.
        epsilon: added to the mean square; None for `epsilon()`.

    Returns:
        A tensor of the shape of `x`.

    Reference:
        Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467

    Example:

    >>> import keras_core as keras
    >>> y = keras.ops.rms_normalization([[2.0, -2.0]], epsilon=0.0)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[1.0, -1.0]]
    """
    if epsilon is None:
        epsilon = settings.epsilon()
    axes = _axes(axis, len(x.shape))
    dtype = ops.dtype(x)
    half = dtype in ("float16", "bfloat16")
    wide = ops.cast(x, "float32") if half else x
    square = ops.mean(ops.square(wide), axis=axes, keepdims=True)
    out = ops.multiply(wide, ops.rsqrt(ops.add(square, epsilon)))
    if half:
        out = ops.cast(out, dtype)
    return out if scale is None else ops.multiply(out, aligned(scale, x.shape, axes))


def _normalize_shape(x: Any, axis: Any = -1, *_: Any) -> shapes.Shape:
    if rules.shape_of(x):
        _axes(axis, len(rules.shape_of(x)))
    return rules.shape_of(x)


@op(shape=_normalize_shape, dtype=rules.floating)
def normalize(
    x: TensorLike,
    axis: int | Sequence[int] = -1,
    order: float = 2,
    epsilon: float | None = None,
) -> Tensor:
    """Scale to norm 1 along some axes.

    Args:
        x: a tensor.
        axis: an int or several.
        order: of the norm, a number of at least 1.
        epsilon: the smallest norm that is divided by (for order 2, its square is compared
            with the sum of squares); None for `epsilon()`.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.normalize([3.0, 4.0], order=1)).round(3).tolist()
    [0.429, 0.571]
    """
    if not isinstance(order, (int, float)) or not order >= 1:
        raise ValueError(errors.message("normalize", "order", "be a number of at least 1", order))
    if epsilon is None:
        epsilon = settings.epsilon()
    axes = _axes(axis, len(x.shape)) if len(x.shape) else None
    if order == 2:
        square = ops.sum(ops.square(x), axis=axes, keepdims=True)
        return ops.multiply(x, ops.rsqrt(ops.maximum(square, epsilon**2)))
    if order == float("inf"):
        norm = ops.max(ops.absolute(x), axis=axes, keepdims=True)
    else:
        powers = ops.power(ops.absolute(x), order)
        norm = ops.power(ops.sum(powers, axis=axes, keepdims=True), 1.0 / order)
    return ops.divide(x, ops.maximum(norm, epsilon))
