"""Activation functions: elementwise ones, and those that normalise along an axis."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops
from keras_core.core import errors, shapes
from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, arrays, op

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
_DIGITS = {"float16": 10, "float32": 23, "float64": 52}  # binary ones of a float's fraction


@op(shape=rules.elementwise, dtype=rules.same)
def relu(x: TensorLike) -> Tensor:
    """Rectified linear unit, `max(x, 0)`.

    Args:
        x: a tensor.

    Returns:
        A tensor of the same shape and dtype. The gradient at 0 is 0.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.relu([-1.0, 0.0, 2.0])).tolist()
    [0.0, 0.0, 2.0]
    """
    return ops.where(ops.less_equal(x, 0), ops.zeros_like(x), x)


@op(shape=rules.elementwise, dtype=rules.floating)
def relu6(x: TensorLike) -> Tensor:
    """Rectified linear unit capped at 6, `min(max(x, 0), 6)`.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.relu6([-1.0, 2.0, 9.0])).tolist()
    [0.0, 2.0, 6.0]
    """
    inside = ops.where(ops.less_equal(x, 0.0), ops.zeros_like(x), x)
    return ops.where(ops.greater_equal(x, 6.0), ops.full_like(x, 6.0), inside)


@op(shape=rules.elementwise, dtype=rules.floating)
def sigmoid(x: TensorLike) -> Tensor:
    """Logistic function, `1 / (1 + exp(-x))`, without overflow.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape, between 0 and 1.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.sigmoid(0.0))
    0.5
    """
    return ops.multiply(ops.add(ops.tanh(ops.multiply(x, 0.5)), 1.0), 0.5)


@op(shape=rules.elementwise, dtype=rules.floating)
def sparse_sigmoid(x: TensorLike) -> Tensor:
    """Piecewise linear sigmoid that reaches 0 and 1: `(x + 1) / 2` between -1 and 1.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape, between 0 and 1.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.sparse_sigmoid([-2.0, 0.0, 2.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    middle = ops.multiply(ops.add(x, 1.0), 0.5)
    high = ops.where(ops.greater_equal(x, 1.0), ops.ones_like(x), middle)
    return ops.where(ops.less_equal(x, -1.0), ops.zeros_like(x), high)


@op(shape=rules.elementwise, dtype=rules.floating)
def softplus(x: TensorLike) -> Tensor:
    """Smooth rectifier, `log(1 + exp(x))`, without overflow.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.softplus(0.0)), 4)
    0.6931
    """
    return ops.logaddexp(x, ops.zeros_like(x))


@op(shape=rules.elementwise, dtype=rules.floating)
def softsign(x: TensorLike) -> Tensor:
    """Rational sigmoid, `x / (1 + |x|)`.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape, between -1 and 1.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.softsign(1.0))
    0.5
    """
    return ops.divide(x, ops.add(ops.absolute(x), 1.0))


@op(shape=rules.elementwise, dtype=rules.floating)
def silu(x: TensorLike) -> Tensor:
    """Sigmoid-weighted linear unit, `x * sigmoid(x)`; also called swish.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape.

    Reference:
        Elfwing et al., 2017, https://arxiv.org/abs/1702.03118

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.silu(1.0)), 4)
    0.7311
    """
    return ops.multiply(x, ops.sigmoid(x))


@op(shape=rules.elementwise, dtype=rules.floating)
def log_sigmoid(x: TensorLike) -> Tensor:
    """Logarithm of the logistic function, exact where `sigmoid(x)` would underflow.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape, at most 0.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.log_sigmoid(-1000.0))
    -1000.0
    """
    return ops.negative(ops.softplus(ops.negative(x)))


@op(shape=rules.elementwise, dtype=rules.floating)
def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Tensor:
    """Rectifier that lets a fraction of negative values through.

    Args:
        x: a tensor.
        negative_slope: the factor of negative values.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.leaky_relu([-10.0, 1.0])).tolist()
    [-2.0, 1.0]
    """
    return ops.where(ops.greater(x, 0), x, ops.multiply(x, negative_slope))


@op(shape=rules.elementwise, dtype=rules.floating)
def hard_sigmoid(x: TensorLike) -> Tensor:
    """Piecewise linear approximation of the sigmoid: `relu6(x + 3) / 6`.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape, between 0 and 1.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.hard_sigmoid([-4.0, 0.0, 4.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return ops.divide(ops.relu6(ops.add(x, 3.0)), 6.0)


@op(shape=rules.elementwise, dtype=rules.floating)
def hard_silu(x: TensorLike) -> Tensor:
    """Piecewise quadratic approximation of the silu: `x * hard_sigmoid(x)`.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape.

    Reference:
        Howard et al., 2019, https://arxiv.org/abs/1905.02244

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.hard_silu([-4.0, 0.0, 4.0])).tolist()
    [0.0, 0.0, 4.0]
    """
    return ops.multiply(x, ops.hard_sigmoid(x))


@op(shape=rules.elementwise, dtype=rules.floating)
def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Exponential linear unit: `x` above 0, `alpha * (exp(x) - 1)` below.

    Args:
        x: a tensor.
        alpha: minus the limit at minus infinity.

    Returns:
        A float tensor of the same shape.

    Reference:
        Clevert et al., 2016, https://arxiv.org/abs/1511.07289

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.elu(-1.0)), 4)
    -0.6321
    """
    below = ops.multiply(ops.expm1(ops.minimum(x, 0.0)), alpha)
    return ops.where(ops.greater(x, 0), x, below)


@op(shape=rules.elementwise, dtype=rules.floating)
def selu(x: TensorLike) -> Tensor:
    """Scaled exponential linear unit, which keeps mean 0 and variance 1 through deep networks.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape.

    Reference:
        Klambauer et al., 2017, https://arxiv.org/abs/1706.02515

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.selu(1.0)), 4)
    1.0507
    """
    return ops.multiply(ops.elu(x, SELU_ALPHA), SELU_SCALE)


@op(shape=rules.elementwise, dtype=rules.floating)
def celu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Continuously differentiable ELU: `max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))`.

    Args:
        x: a tensor.
        alpha: where the negative side saturates; not 0.

    Returns:
        A float tensor of the same shape.

    Reference:
        Barron, 2017, https://arxiv.org/abs/1704.07483

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.celu(-1.0)), 4)
    -0.6321
    """
    below = ops.multiply(ops.expm1(ops.divide(ops.minimum(x, 0.0), alpha)), alpha)
    return ops.where(ops.greater(x, 0), x, below)


@op(shape=rules.elementwise, dtype=rules.floating)
def gelu(x: TensorLike, approximate: bool = True) -> Tensor:
    """Gaussian error linear unit, `x * P(X <= x)` for a standard normal `X`.

    Args:
        x: a tensor.
        approximate: whether to use the approximation by tanh, which is faster.

    Returns:
        A float tensor of the same shape.

    Reference:
        Hendrycks and Gimpel, 2016, https://arxiv.org/abs/1606.08415

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.gelu(1.0, approximate=False)), 4)
    0.8413
    """
    if approximate:
        cubic = ops.multiply(ops.add(ops.multiply(ops.square(x), 0.044715), 1.0), x)
        inner = ops.tanh(ops.multiply(cubic, 0.7978845608028654))
    else:
        inner = ops.erf(ops.multiply(x, 0.7071067811865476))
    return ops.multiply(ops.multiply(x, 0.5), ops.add(inner, 1.0))


@op(shape=rules.elementwise, dtype=rules.floating)
def hard_tanh(x: TensorLike) -> Tensor:
    """`x` clipped to -1 and 1.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.hard_tanh([-2.0, 0.5])).tolist()
    [-1.0, 0.5]
    """
    return ops.clip(x, -1.0, 1.0)


@op(shape=rules.elementwise, dtype=rules.floating)
def hard_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """0 for values within `threshold` of 0, `x` for others.

    Args:
        x: a tensor.
        threshold: a number of at least 0.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.hard_shrink([-1.0, 0.25])).tolist()
    [-1.0, 0.0]
    """
    return ops.where(ops.less_equal(ops.absolute(x), threshold), ops.zeros_like(x), x)


@op(shape=rules.elementwise, dtype=rules.floating)
def soft_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """`x` moved towards 0 by `threshold`, and 0 where that would cross 0.

    Args:
        x: a tensor.
        threshold: a number of at least 0.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.soft_shrink([-1.0, 0.25])).tolist()
    [-0.5, 0.0]
    """
    return ops.subtract(x, ops.clip(x, -threshold, threshold))


@op(shape=rules.elementwise, dtype=rules.floating)
def tanh_shrink(x: TensorLike) -> Tensor:
    """`x - tanh(x)`.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.tanh_shrink(1.0)), 4)
    0.2384
    """
    return ops.subtract(x, ops.tanh(x))


@op(shape=rules.elementwise, dtype=rules.floating)
def sparse_plus(x: TensorLike) -> Tensor:
    """Smooth rectifier with exact zeros: 0 below -1, `(x + 1)^2 / 4` up to 1, `x` above.

    Args:
        x: a tensor.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.sparse_plus([-2.0, 0.0, 2.0])).tolist()
    [0.0, 0.25, 2.0]
    """
    low = ops.multiply(ops.square(ops.add(ops.clip(x, -1.0, 1.0), 1.0)), 0.25)
    return ops.where(ops.greater_equal(x, 1.0), x, low)


@op(shape=rules.elementwise, dtype=rules.floating)
def squareplus(x: TensorLike, b: float = 4) -> Tensor:
    """Smooth rectifier from a square root, `(x + sqrt(x^2 + b)) / 2`.

    Args:
        x: a tensor.
        b: how smooth; 0 gives the rectifier.

    Returns:
        A float tensor of the same shape.

    Reference:
        Barron, 2021, https://arxiv.org/abs/2112.11687

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.squareplus(0.0))
    1.0
    """
    if b <= 0:
        return ops.multiply(ops.add(x, ops.sqrt(ops.add(ops.square(x), float(b)))), 0.5)
    half = ops.multiply(x, 0.5)  # twice as much might be out of range
    size = ops.absolute(half)
    # From here on b is less than a rounding error; squares are soon out of range.
    far = math.sqrt(b * 2.0 ** _DIGITS.get(arrays.dtype_name(x), 7)) / 2
    length = ops.sqrt(ops.add(ops.square(ops.minimum(size, far)), 0.25 * b))
    length = ops.where(ops.greater(size, far), size, length)
    # The same below 0, where it is a difference, as a quotient: nothing cancels.
    below = ops.divide(0.25 * b, ops.add(length, size))
    return ops.where(ops.less(x, 0.0), below, ops.add(half, length))


@op(shape=rules.elementwise, dtype=rules.floating)
def threshold(x: TensorLike, threshold: float, default_value: float) -> Tensor:
    """`x` where it is above `threshold`, and `default_value` elsewhere.

    Args:
        x: a tensor.
        threshold: a number.
        default_value: a number.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.threshold([0.5, 2.0], 1.0, -1.0)).tolist()
    [-1.0, 2.0]
    """
    return ops.where(ops.greater(x, threshold), x, ops.full_like(x, default_value))


# Along an axis ---------------------------------------------------------------------------


def _normalized(x: Any, axis: Any = -1, *_: Any) -> shapes.Shape:
    shape = rules.shape_of(x)
    if shape:
        shapes.axis_tuple(axis, len(shape))
    return shape


@op(shape=_normalized, dtype=rules.floating)
def softmax(x: TensorLike, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    """Exponentials that sum to 1 along an axis.

    Args:
        x: a tensor.
        axis: an int; a tuple of ints to normalise over several axes together; None for all.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.softmax([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    e = ops.exp(ops.subtract(x, ops.max(x, axis=axis, keepdims=True)))
    return ops.divide(e, ops.sum(e, axis=axis, keepdims=True))


@op(shape=_normalized, dtype=rules.floating)
def log_softmax(x: TensorLike, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    """Logarithm of the softmax, exact where the softmax would underflow.

    Args:
        x: a tensor.
        axis: an int; a tuple of ints to normalise over several axes together; None for all.

    Returns:
        A float tensor of the same shape.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.log_softmax([0.0, 1000.0])).tolist()
    [-1000.0, 0.0]
    """
    shifted = ops.subtract(x, ops.stop_gradient(ops.max(x, axis=axis, keepdims=True)))
    return ops.subtract(shifted, ops.log(ops.sum(ops.exp(shifted), axis=axis, keepdims=True)))


@op(shape=_normalized, dtype=rules.floating)
def sparsemax(x: TensorLike, axis: int = -1) -> Tensor:
    """Projection on the probability simplex: like softmax, with exact zeros.

    Args:
        x: a tensor.
        axis: an int.

    Returns:
        A float tensor of the same shape that sums to 1 along `axis`.

    Reference:
        Martins and Astudillo, 2016, https://arxiv.org/abs/1602.02068

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.sparsemax([2.0, 1.5, -1.0])).tolist()
    [0.75, 0.25, 0.0]
    """
    z = ops.moveaxis(x, axis, -1)
    descending = ops.flip(ops.sort(z, axis=-1), axis=-1)
    total = ops.cumsum(descending, axis=-1)
    rank = ops.cast(ops.arange(1, ops.shape(z)[-1] + 1), total.dtype)
    kept = ops.cast(ops.greater(ops.add(ops.multiply(rank, descending), 1.0), total), total.dtype)
    count = ops.sum(kept, axis=-1, keepdims=True)
    excess = ops.subtract(ops.sum(ops.multiply(descending, kept), axis=-1, keepdims=True), 1.0)
    return ops.moveaxis(ops.relu(ops.subtract(z, ops.divide(excess, count))), -1, axis)


def _gated(x: Any, axis: int = -1) -> shapes.Shape:
    shape = list(rules.shape_of(x))
    i = shapes.axis_index(axis, len(shape))
    size = shape[i]
    if size is not None:
        if size % 2:
            raise ValueError(
                errors.message("glu", "x", f"have an even size along axis {axis}", tuple(shape))
            )
        shape[i] = size // 2
    return tuple(shape)


@op(shape=_gated, dtype=rules.floating)
def glu(x: TensorLike, axis: int = -1) -> Tensor:
    """Gated linear unit: the first half along `axis` times the sigmoid of the second half.

    Args:
        x: a tensor with an even size along `axis`.
        axis: an int.

    Returns:
        A float tensor, half as large along `axis`.

    Raises:
        ValueError: if the size is odd.

    Reference:
        Dauphin et al., 2017, https://arxiv.org/abs/1612.08083

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.glu([3.0, 0.0])).tolist()
    [1.5]
    """
    if not x.shape or (x.shape[axis] is not None and x.shape[axis] % 2):
        raise ValueError(errors.message("glu", "x", f"have an even size along axis {axis}", x))
    value, gate = ops.split(x, 2, axis=axis)
    return ops.multiply(value, ops.sigmoid(gate))


swish = silu
hard_swish = hard_silu
