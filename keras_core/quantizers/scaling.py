"""Floats as integers with a scale: by the largest magnitude, by blocks, and simulated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import dtypes
from keras_core.core.errors import message


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(rank))
    return tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)


def _floats(inputs: Any) -> Any:
    inputs = ops.convert_to_tensor(inputs)
    return inputs if ops.dtype(inputs) in dtypes.FLOATS else ops.cast(inputs, "float32")


def abs_max_quantize(
    inputs: Any,
    axis: Any,
    value_range: tuple[int, int] = (-127, 127),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple[Any, Any]:
    """Scale so that the largest magnitude becomes the largest integer, and round.

    Args:
        inputs: a float tensor.
        axis: the axis or axes that share a scale; None for all.
        value_range: the smallest and the largest integer that come out.
        dtype: the result's dtype.
        epsilon: added to the largest magnitude, so that zeros have a finite scale.
        to_numpy: whether to compute on the host, which spares the device the copies.

    Returns:
        `(outputs, scale)`: integers, and the factor that was used, with size 1 along `axis`;
        `outputs / scale` is close to `inputs`.

    Example:

    >>> import keras_core as keras
    >>> q, scale = keras.quantizers.abs_max_quantize([[0.25, -1.0]], axis=-1)
    >>> keras.ops.convert_to_numpy(q).tolist()
    [[32, -127]]
    """
    inputs = _floats(inputs)
    axes = _axes(axis, len(inputs.shape))
    low, high = value_range
    if to_numpy:
        found = ops.dtype(inputs)
        x = ops.convert_to_numpy(inputs)
        largest = np.max(np.abs(x), axis=axes, keepdims=True)
        factor = np.divide(high, np.add(largest, epsilon, dtype=x.dtype), dtype=x.dtype)
        rounded = np.clip(np.round(np.multiply(x, factor)), low, high)
        return (
            ops.cast(ops.convert_to_tensor(rounded), dtype),
            ops.convert_to_tensor(factor, dtype=found),
        )
    scale = ops.divide(high, ops.add(ops.max(ops.abs(inputs), axis=axes, keepdims=True), epsilon))
    scale = ops.cast(scale, ops.dtype(inputs))
    rounded = ops.clip(ops.round(ops.multiply(inputs, scale)), low, high)
    return ops.cast(rounded, dtype), scale


def abs_max_quantize_grouped_with_zero_point(
    inputs: Any,
    block_size: int,
    value_range: tuple[int, int] = (-8, 7),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple[Any, Any, Any]:
    """Map each block's range of values to a range of integers, and round.

    Args:
        inputs: a float matrix of shape `(rows, columns)`.
        block_size: how many consecutive rows of a column share a scale and a zero point; the
            last block is filled up with zeros.
        value_range: the smallest and the largest integer that come out.
        dtype: the result's dtype.
        epsilon: added to a block's range, so that none is zero.
        to_numpy: whether to compute on the host, which spares the device the copies.

    Returns:
        `(outputs, scale, zero_point)`: integers of shape `(rows, columns)`, and two tensors of
        shape `(blocks, columns)`; `(outputs - zero_point) * scale`, each row with its block's,
        is close to `inputs`. The zero point is an int8, centred on zero.

    Raises:
        ValueError: if `inputs` is no matrix, or `block_size` no positive int.

    Example:

    >>> import keras_core as keras
    >>> q, scale, zero = keras.quantizers.abs_max_quantize_grouped_with_zero_point(
    ...     [[0.0], [1.5], [-1.0], [0.5]], block_size=2
    ... )
    >>> keras.ops.convert_to_numpy(q)[:, 0].tolist()
    [-8, 7, -8, 7]
    """
    name = "abs_max_quantize_grouped_with_zero_point"
    if isinstance(block_size, bool) or not isinstance(block_size, int) or block_size < 1:
        raise ValueError(message(name, "block_size", "be a positive int", block_size))
    inputs = _floats(inputs)
    if len(inputs.shape) != 2:
        raise ValueError(message(name, "inputs", "have rank 2", inputs))
    found = ops.dtype(inputs)
    if to_numpy:
        inputs = ops.convert_to_numpy(inputs)
        xp: Any = np
    else:
        xp = ops
    rows, columns = inputs.shape
    if not to_numpy:  # on the host a short block is filled up, so that its range holds zero
        block_size = min(block_size, rows)
    blocks = math.ceil(rows / block_size)
    low, high = value_range
    levels = high - low
    half = (levels + 1) // 2
    padded = xp.pad(inputs, ((0, blocks * block_size - rows), (0, 0)))
    padded = xp.reshape(padded, (blocks, block_size, columns))
    smallest, largest = xp.min(padded, axis=1), xp.max(padded, axis=1)
    # A block of one value gets a range around it.
    flat = xp.equal(smallest, largest)
    if to_numpy:
        flat = flat & (largest != 0)
    smallest = xp.where(flat, xp.subtract(smallest, 1), smallest)
    largest = xp.where(flat, xp.add(largest, 1), largest)
    scale = xp.divide(xp.add(xp.subtract(largest, smallest), epsilon), levels)
    zero = xp.clip(xp.subtract(-half, xp.round(xp.divide(smallest, scale))), -half, half - 1)
    each = [xp.reshape(t, (blocks, 1, columns)) for t in (scale, zero)]
    q = xp.clip(xp.add(xp.round(xp.divide(padded, each[0])), each[1]), low, high)
    q = xp.reshape(q, (blocks * block_size, columns))[:rows]
    q, scale, zero = (ops.convert_to_tensor(t) for t in (q, scale, zero))
    return ops.cast(q, dtype), ops.cast(scale, found), ops.cast(zero, "int8")


def fake_quant_with_min_max_vars(
    inputs: Any,
    min_vals: Any,
    max_vals: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Any:
    """Round floats as quantization would, and keep them floats: for training with it in view.

    The range is nudged so that zero is hit exactly. Gradients pass where an input lies in the
    range; outside of it they go to `min_vals` or `max_vals`.

    Args:
        inputs: a float tensor.
        min_vals: the smallest value that can be told apart: a number, or one for each place
            along `axis`.
        max_vals: the largest value, likewise.
        num_bits: how many bits a value would have, 1 to 16 for most uses.
        narrow_range: whether the smallest integer is left out, so that the others are
            symmetric.
        axis: the axis along which ranges differ; None for one range.

    Returns:
        A tensor of the inputs' shape and dtype.

    Raises:
        ValueError: if `num_bits` is no positive int.

    Reference:
        Jacob et al., 2018, https://arxiv.org/abs/1712.05877

    Example:

    >>> import keras_core as keras
    >>> y = keras.quantizers.fake_quant_with_min_max_vars([0.1, 0.4, 2.0], 0.0, 1.5, num_bits=2)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [0.0, 0.5, 1.5]
    """
    if isinstance(num_bits, bool) or not isinstance(num_bits, int) or num_bits < 1:
        raise ValueError(
            message("fake_quant_with_min_max_vars", "num_bits", "be a positive int", num_bits)
        )
    inputs = _floats(inputs)
    dtype = ops.dtype(inputs)
    low, high = (ops.cast(ops.convert_to_tensor(v), dtype) for v in (min_vals, max_vals))
    if axis is not None and len(low.shape):
        shape = [1] * len(inputs.shape)
        shape[axis] = -1
        low, high = ops.reshape(low, shape), ops.reshape(high, shape)
    first, last = int(narrow_range), 2**num_bits - 1
    scale = ops.divide(ops.subtract(high, low), last - first)
    zero = ops.clip(ops.subtract(first, ops.divide(low, scale)), first, last)
    zero = ops.round(zero)
    nudged_low = ops.multiply(ops.subtract(first, zero), scale)
    nudged_high = ops.multiply(ops.subtract(last, zero), scale)
    clamped = ops.clip(inputs, nudged_low, nudged_high)
    steps = ops.floor(ops.add(ops.divide(ops.subtract(clamped, nudged_low), scale), 0.5))
    value = ops.multiply(ops.subtract(steps, ops.subtract(zero, first)), scale)
    if not backend.has("gradients"):
        return value
    # The value is the rounded one; the gradient is that of clipping, as a difference of zero.
    below, above = ops.less(inputs, nudged_low), ops.greater(inputs, nudged_high)
    through = ops.where(below, low, ops.where(above, high, inputs))
    return ops.add(ops.stop_gradient(value), ops.subtract(through, ops.stop_gradient(through)))
