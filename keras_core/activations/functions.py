"""The activation functions: most are the operations themselves."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import dtypes, errors

celu = ops.celu
elu = ops.elu
glu = ops.glu
hard_shrink = ops.hard_shrink
hard_sigmoid = ops.hard_sigmoid
hard_silu = ops.hard_silu
hard_swish = ops.hard_swish
hard_tanh = ops.hard_tanh
leaky_relu = ops.leaky_relu
log_sigmoid = ops.log_sigmoid
log_softmax = ops.log_softmax
relu6 = ops.relu6
selu = ops.selu
sigmoid = ops.sigmoid
silu = ops.silu
soft_shrink = ops.soft_shrink
softmax = ops.softmax
softplus = ops.softplus
softsign = ops.softsign
sparse_plus = ops.sparse_plus
sparse_sigmoid = ops.sparse_sigmoid
sparsemax = ops.sparsemax
squareplus = ops.squareplus
swish = ops.swish
tanh_shrink = ops.tanh_shrink
threshold = ops.threshold


def linear(x: Any) -> Any:
    """The identity.

    Args:
        x: a tensor.

    Returns:
        `x` itself.

    Example:

    >>> import keras_core as keras
    >>> keras.activations.linear(3.0)
    3.0
    """
    return x


def _floats(x: Any) -> bool:
    dtype = getattr(x, "dtype", None)
    return dtype is not None and dtypes.is_float(dtypes.standardize(dtype))


def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """Rectified linear unit, with its knee, its slope below and a cap as options.

    Args:
        x: a tensor.
        negative_slope: the slope below `threshold`, where the result is
            `negative_slope * (x - threshold)`.
        max_value: the largest result; None for no limit.
        threshold: below it values are cut off (or scaled).

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ValueError: if `max_value` or `negative_slope` is negative.

    Example:

    >>> import keras_core as keras
    >>> y = keras.activations.relu(keras.ops.convert_to_tensor([-2.0, 1.0, 9.0]), 0.5, 6.0)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [-1.0, 1.0, 6.0]
    """
    if negative_slope == 0.0 and max_value is None and threshold == 0.0:
        return ops.relu(x)
    for name, value in (("max_value", max_value), ("negative_slope", negative_slope)):
        if value is not None and value < 0:
            raise ValueError(errors.message("relu", name, "not be negative", value))
    if threshold == 0.0:
        if max_value is None:
            return ops.leaky_relu(x, negative_slope)
        # Integers stay such; the kernel's are floats.
        if max_value == 6 and negative_slope == 0.0 and _floats(x):
            return ops.relu6(x)
        rising = ops.relu(x)
    else:
        rising = ops.where(ops.greater(x, threshold), x, ops.zeros_like(x))
    if max_value is not None:
        rising = ops.minimum(rising, max_value)
    if negative_slope == 0.0:
        return rising
    falling = ops.multiply(ops.relu(ops.subtract(threshold, x)), negative_slope)
    return ops.subtract(rising, falling)


def gelu(x: Any, approximate: bool = False) -> Any:
    """Gaussian error linear unit: `x` times the normal distribution function of `x`.

    Args:
        x: a tensor.
        approximate: whether to use the form with tanh.

    Returns:
        A tensor of the shape of `x`.

    Reference:
        Hendrycks and Gimpel, 2016, https://arxiv.org/abs/1606.08415

    Example:

    >>> import keras_core as keras
    >>> float(keras.activations.gelu(keras.ops.convert_to_tensor(0.0)))
    0.0
    """
    return ops.gelu(x, approximate)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent.

    Args:
        x: a tensor.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.activations.tanh(keras.ops.convert_to_tensor(0.0)))
    0.0
    """
    return ops.tanh(x)


def exponential(x: Any) -> Any:
    """The exponential function.

    Args:
        x: a tensor.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.activations.exponential(keras.ops.convert_to_tensor(0.0)))
    1.0
    """
    return ops.exp(x)


def mish(x: Any) -> Any:
    """`x * tanh(softplus(x))`.

    Args:
        x: a tensor.

    Returns:
        A tensor of the shape of `x`.

    Reference:
        Misra, 2019, https://arxiv.org/abs/1908.08681

    Example:

    >>> import keras_core as keras
    >>> float(keras.activations.mish(keras.ops.convert_to_tensor(0.0)))
    0.0
    """
    return ops.multiply(x, ops.tanh(ops.softplus(x)))
