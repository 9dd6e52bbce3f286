"""Shapes of operations' results, by the operations' own rules. Sizes may be None (unknown)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core import shapes, windows
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.utils.session import get_source_inputs

__all__ = [
    "broadcast_shapes",
    "compute_conv_output_shape",
    "compute_expand_dims_output_shape",
    "compute_matmul_output_shape",
    "compute_pooling_output_shape",
    "compute_reshape_output_shape",
    "compute_take_along_axis_output_shape",
    "compute_transpose_output_shape",
    "get_source_inputs",
    "reduce_shape",
]

Shape = Sequence[int | None]


def _spec(shape: Shape, dtype: str = "float32") -> KerasTensor:
    return KerasTensor(tuple(shape), dtype, record_history=False)


def broadcast_shapes(shape1: Shape, shape2: Shape) -> list[int | None]:
    """The shape of the result of two tensors place by place."""
    return list(shapes.broadcast(tuple(shape1), tuple(shape2)))


def compute_conv_output_shape(
    input_shape: Shape,
    filters: int,
    kernel_size: Sequence[int],
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = "channels_last",
    dilation_rate: Any = 1,
) -> tuple[int | None, ...]:
    """The shape of a convolution's result."""
    padding = "same" if padding == "causal" else padding  # the same sizes
    spatial, _, found = windows.slide(
        "conv", tuple(input_shape), kernel_size, strides, padding, data_format, dilation_rate
    )
    return windows.join_shape(input_shape[0], spatial, filters, found)


def compute_pooling_output_shape(
    input_shape: Shape,
    pool_size: Sequence[int],
    strides: Any,
    padding: str = "valid",
    data_format: str | None = "channels_last",
) -> tuple[int | None, ...]:
    """The shape of a pooling's result."""
    spatial, channels, found = windows.slide(
        "pooling", tuple(input_shape), pool_size, strides or pool_size, padding, data_format
    )
    return windows.join_shape(input_shape[0], spatial, channels, found)


def compute_expand_dims_output_shape(
    input_shape: Shape, axis: int | Sequence[int]
) -> tuple[int | None, ...]:
    """The shape of `ops.expand_dims`."""
    return ops.expand_dims(_spec(input_shape), axis).shape


def compute_matmul_output_shape(shape1: Shape, shape2: Shape) -> tuple[int | None, ...]:
    """The shape of `ops.matmul`."""
    return ops.matmul(_spec(shape1), _spec(shape2)).shape


def compute_reshape_output_shape(
    input_shape: Shape, newshape: Sequence[int], newshape_arg_name: str = "newshape"
) -> tuple[int | None, ...]:
    """The shape of `ops.reshape`."""
    return ops.reshape(_spec(input_shape), tuple(newshape)).shape


def compute_take_along_axis_output_shape(
    input_shape: Shape, indices_shape: Shape, axis: int | None
) -> tuple[int | None, ...]:
    """The shape of `ops.take_along_axis`."""
    return ops.take_along_axis(_spec(input_shape), _spec(indices_shape, "int32"), axis).shape


def compute_transpose_output_shape(
    input_shape: Shape, axes: Sequence[int] | None
) -> tuple[int | None, ...]:
    """The shape of `ops.transpose`."""
    return ops.transpose(_spec(input_shape), axes).shape


def reduce_shape(shape: Shape, axis: Any = None, keepdims: bool = False) -> tuple[int | None, ...]:
    """The shape of a reduction's result."""
    return shapes.reduced(tuple(shape), axis, keepdims)
