"""Two 4-bit integers in a byte."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.errors import message
from keras_core.core.shapes import axis_index

_BYTES = ("int8", "uint8")


def _moved(x: Any, axis: int, to_front: bool) -> Any:
    return ops.moveaxis(x, axis, 0) if to_front else ops.moveaxis(x, 0, axis)


def pack_int4(arr: Any, axis: int = 0, dtype: str = "int8") -> tuple[Any, tuple[int, ...], int]:
    """Put neighbours along an axis into one byte: the even one in the low half.

    Args:
        arr: integers of `dtype`, within -8 to 7 (or 0 to 15 for uint8).
        axis: the axis that is halved; an odd size is filled up with a zero.
        dtype: "int8" or "uint8".

    Returns:
        `(packed, packed_shape, orig_rows)`: the bytes, their shape, and the size that `axis`
        had.

    Raises:
        ValueError: if `dtype` is another one, or there is no such axis.
        TypeError: if `arr` is not of `dtype`.

    Example:

    >>> import keras_core as keras
    >>> packed, shape, size = keras.quantizers.pack_int4(keras.ops.array([1, -2, 3], "int8"))
    >>> keras.ops.convert_to_numpy(packed).tolist(), size
    ([-31, 3], 3)
    """
    if dtype not in _BYTES:
        raise ValueError(message("pack_int4", "dtype", "be 'int8' or 'uint8'", dtype))
    arr = ops.convert_to_tensor(arr)
    if ops.dtype(arr) != dtype:
        raise TypeError(message("pack_int4", "arr", f"be of dtype {dtype}", arr))
    axis = axis_index(axis, len(arr.shape), "pack_int4: axis")
    size = arr.shape[axis]
    arr = _moved(arr, axis, True)
    if size % 2:
        arr = ops.pad(arr, [(0, 1)] + [(0, 0)] * (len(arr.shape) - 1))
    # In 32 bits, where all backends shift alike.
    wide = ops.cast(arr, "int32")
    packed = ops.bitwise_or(
        ops.bitwise_and(wide[::2], 15), ops.left_shift(ops.bitwise_and(wide[1::2], 15), 4)
    )
    if dtype == "int8":
        packed = ops.where(ops.greater(packed, 127), ops.subtract(packed, 256), packed)
    packed = _moved(ops.cast(packed, dtype), axis, False)
    return packed, tuple(packed.shape), size


def unpack_int4(packed: Any, orig_len: int, axis: int = 0, dtype: str = "int8") -> Any:
    """Take apart what `pack_int4` put together.

    Args:
        packed: bytes of dtype int8 or uint8.
        orig_len: the size of the axis before packing.
        axis: the axis that was halved.
        dtype: "int8" for integers from -8 to 7, "uint8" for 0 to 15.

    Returns:
        The integers, of `dtype`.

    Raises:
        ValueError: if `dtype` is another one, or there is no such axis.
        TypeError: if `packed` does not hold bytes.

    Example:

    >>> import keras_core as keras
    >>> packed, _, size = keras.quantizers.pack_int4(keras.ops.array([1, -2, 3], "int8"))
    >>> keras.ops.convert_to_numpy(keras.quantizers.unpack_int4(packed, size)).tolist()
    [1, -2, 3]
    """
    if dtype not in _BYTES:
        raise ValueError(message("unpack_int4", "dtype", "be 'int8' or 'uint8'", dtype))
    packed = ops.convert_to_tensor(packed)
    if ops.dtype(packed) not in _BYTES:
        raise TypeError(message("unpack_int4", "packed", "be of dtype int8 or uint8", packed))
    axis = axis_index(axis, len(packed.shape), "unpack_int4: axis")
    packed = _moved(packed, axis, True)
    wide = ops.bitwise_and(ops.cast(packed, "int32"), 255)
    pair = ops.stack([ops.bitwise_and(wide, 15), ops.right_shift(wide, 4)], axis=1)
    if dtype == "int8":
        pair = ops.where(ops.greater(pair, 7), ops.subtract(pair, 16), pair)
    flat = ops.reshape(pair, (-1, *packed.shape[1:]))[:orig_len]
    return _moved(ops.cast(flat, dtype), axis, False)
