"""8-bit floats: values scaled into their small range, by the maxima of past steps."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import dtypes
from keras_core.core.errors import message

#: The largest number of each format.
LARGEST = {"float8_e4m3fn": 448.0, "float8_e5m2": 57344.0}


def compute_float8_scale(amax: Any, scale: Any, dtype_max: float, margin: int = 0) -> Any:
    """The scale by which values up to `amax` fit into an 8-bit float.

    Args:
        amax: the largest magnitude seen.
        scale: the scale so far, which stays if `amax` is not positive and finite.
        dtype_max: the format's largest number: 448 for float8_e4m3fn.
        margin: how many powers of two to leave free.

    Returns:
        The scale that values are divided by.

    Example:

    >>> import keras_core as keras
    >>> float(keras.quantizers.compute_float8_scale(896.0, 1.0, 448.0))
    2.0
    """
    amax, scale = ops.convert_to_tensor(amax), ops.convert_to_tensor(scale)
    usable = ops.logical_and(ops.greater(amax, 0.0), ops.isfinite(amax))
    # The reciprocal is what Transformer Engine's recipe keeps: rounded twice, as there.
    inverse = ops.divide(ops.divide(dtype_max, ops.where(usable, amax, 1.0)), 2**margin)
    return ops.where(usable, ops.reciprocal(inverse), scale)


def compute_float8_amax_history(x: Any, amax_history: Any) -> Any:
    """Shift a history of maxima by one step and put the largest magnitude of `x` in front.

    Args:
        x: a tensor.
        amax_history: a vector of the last steps' maxima.

    Returns:
        The new history, of the same shape.

    Example:

    >>> import keras_core as keras
    >>> history = keras.quantizers.compute_float8_amax_history([-3.0, 2.0], [1.0, 5.0, 6.0])
    >>> keras.ops.convert_to_numpy(history).tolist()
    [3.0, 6.0, 1.0]
    """
    history = ops.convert_to_tensor(amax_history)
    largest = ops.cast(ops.max(ops.abs(ops.convert_to_tensor(x))), ops.dtype(history))
    # A rotation by one to the left, whose first place is overwritten.
    return ops.concatenate([ops.reshape(largest, (1,)), ops.roll(history, -1)[1:]])


def quantize_and_dequantize(
    inputs: Any, scale: Any, quantized_dtype: str, compute_dtype: str
) -> Any:
    """Round a tensor to what an 8-bit float can hold at a scale.

    Args:
        inputs: a float tensor.
        scale: what values are divided by before rounding, a scalar.
        quantized_dtype: "float8_e4m3fn" or "float8_e5m2".
        compute_dtype: the dtype in which is computed.

    Returns:
        A tensor of `compute_dtype`; what is beyond the format's largest number is cut to it.

    Raises:
        ValueError: for another `quantized_dtype`.

    Example:

    >>> import keras_core as keras
    >>> y = keras.quantizers.quantize_and_dequantize([1.1, 500.0], 1.0, "float8_e4m3fn", "float32")
    >>> keras.ops.convert_to_numpy(y).tolist()
    [1.125, 448.0]
    """
    quantized_dtype = dtypes.standardize(quantized_dtype)
    if quantized_dtype not in LARGEST:
        raise ValueError(
            message(
                "quantize_and_dequantize", "quantized_dtype",
                f"be one of {', '.join(map(repr, LARGEST))}", quantized_dtype,
            )
        )  # fmt: skip
    limit = LARGEST[quantized_dtype]
    scale = ops.cast(scale, compute_dtype)
    x = ops.divide(ops.cast(inputs, compute_dtype), scale)
    x = ops.cast(ops.clip(x, -limit, limit), quantized_dtype)
    return ops.multiply(ops.cast(x, compute_dtype), scale)
