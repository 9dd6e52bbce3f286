"""Concatenate, and the function of its name."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import shapes
from keras_core.core.limits import AXIS
from keras_core.layers.merging.base import Merge, union


class Concatenate(Merge):
    """Join inputs along an axis.

    Masks are joined too; where only some inputs have one, the others count as all in.

    Args:
        axis: the axis, not that of the batch.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if the inputs differ in other axes than this.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.ones((1, 2)), keras.ops.ones((1, 3))
    >>> tuple(keras.layers.Concatenate()([a, b]).shape)
    (1, 5)
    """

    limits = {"axis": AXIS}

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())

    def call(self, inputs: Any) -> Any:
        return ops.concatenate(self._checked(inputs), axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        given = [tuple(s) for s in input_shape]
        first = given[0]
        rank = len(first)
        axis = shapes.axis_index(self.axis, rank, f"{self._owner}: axis")
        out = list(first)
        for shape in given[1:]:
            if len(shape) != rank or not shapes.compatible(
                (*shape[:axis], *shape[axis + 1 :]), (*first[:axis], *first[axis + 1 :])
            ):
                raise ValueError(
                    f"{self._owner}: inputs must have the same shape but for axis {self.axis}. "
                    f"Received shapes: {', '.join(map(str, given))}"
                )
            for i, size in enumerate(shape):
                if i == axis:
                    out[i] = None if None in (out[i], size) else out[i] + size
                elif out[i] is None:
                    out[i] = size
        return tuple(out)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None or all(m is None for m in mask):
            return None
        rank = len(inputs[0].shape)
        axis = self.axis % rank
        given = next(m for m in mask if m is not None)
        steps = len(given.shape)
        if axis >= steps:  # joined below what the masks speak of
            return union(mask)
        rest = tuple(range(steps, rank))

        def whole(x: Any) -> Any:  # by its values: a symbol's sizes need not be known
            full = ops.ones_like(x, dtype="bool")
            return ops.all(full, axis=rest) if rest else full

        full = [whole(x) if m is None else m for x, m in zip(inputs, mask, strict=True)]
        return ops.concatenate(full, axis=axis)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate` of the inputs.

    Args:
        inputs: a list of tensors.
        axis: the axis along which they are joined.
        **kwargs: of the layer.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.ones((1, 2)), keras.ops.ones((1, 3))
    >>> tuple(keras.layers.concatenate([a, b]).shape)
    (1, 5)
    """
    return Concatenate(axis=axis, **kwargs)(inputs)
