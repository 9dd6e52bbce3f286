"""Flatten, Reshape, Permute, RepeatVector: the same data in another arrangement."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops
from keras_core.core import settings, shapes
from keras_core.core.limits import DATA_FORMAT, PERMUTATION, POSITIVE_INT, TARGET_SHAPE
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer
from keras_core.symbolic.keras_tensor import KerasTensor


class _Rearrangement(OptionsLayer):
    """A layer whose result has the dtype of what it is given."""

    def compute_output_spec(self, inputs: Any) -> Any:
        return KerasTensor(
            self.compute_output_shape(inputs.shape), inputs.dtype, sparse=inputs.sparse
        )


class Flatten(_Rearrangement):
    """Flatten each sample to a vector.

    Args:
        data_format: "channels_last" or "channels_first"; the latter is moved to the former
            before flattening. None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if data_format is neither.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.Flatten()(keras.ops.ones((2, 3, 4))).shape)
    (2, 12)
    """

    limits = {"data_format": DATA_FORMAT}

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        self.data_format = settings.standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        shape = inputs.shape
        rank = len(shape)
        if self.data_format == "channels_first" and rank > 2:
            inputs = ops.transpose(inputs, (0, *range(2, rank), 1))
        size = shapes.size(tuple(shape)[1:])
        if size is None:
            return ops.reshape(inputs, (ops.shape(inputs)[0], -1))
        return ops.reshape(inputs, (-1 if size else shape[0], size))

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return (input_shape[0], shapes.size(input_shape[1:]))


class Reshape(_Rearrangement):
    """Give each sample another shape.

    Args:
        target_shape: the shape without the batch axis; one size may be -1, which follows from
            the others.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if the numbers of elements differ.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.Reshape((-1, 2))(keras.ops.ones((3, 8))).shape)
    (3, 4, 2)
    """

    limits = {"target_shape": TARGET_SHAPE}
    target_shape: tuple[int, ...]

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        size = shapes.size(input_shape[1:])
        known = math.prod([t for t in self.target_shape if t != -1])
        open_ = -1 in self.target_shape
        if size is not None and (size % known if open_ and known else not open_ and size != known):
            raise ValueError(
                f"{self._owner}: target_shape must have as many elements as a sample. Received: "
                f"target_shape={self.target_shape}, inputs of shape {tuple(input_shape)}"
            )
        rest = None if size is None or not known else size // known
        return (input_shape[0], *(rest if t == -1 else t for t in self.target_shape))

    def call(self, inputs: Any) -> Any:
        target = self.compute_output_shape(tuple(inputs.shape))[1:]
        if None in target:
            target = tuple(-1 if t is None else t for t in target)
            return ops.reshape(inputs, (ops.shape(inputs)[0], *target))
        batch = -1 if math.prod(target) else ops.shape(inputs)[0]  # pyright: ignore[reportArgumentType, reportCallIssue]
        return ops.reshape(inputs, (batch, *target))  # pyright: ignore[reportArgumentType]


class Permute(_Rearrangement):
    """Permute the axes of each sample.

    Args:
        dims: the axes in their new order, counted from 1: the batch axis stays.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if dims is no permutation of 1 .. n.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.Permute((2, 1))(keras.ops.ones((3, 8, 5))).shape)
    (3, 5, 8)
    """

    limits = {"dims": PERMUTATION}
    dims: tuple[int, ...]

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return (input_shape[0], *(input_shape[d] for d in self.dims))


class RepeatVector(OptionsLayer):
    """Repeat each sample's vector along a new axis.

    Args:
        n: how often, a positive int.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if n is not a positive int.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.RepeatVector(3)(keras.ops.ones((2, 5))).shape)
    (2, 3, 5)
    """

    limits = {"n": POSITIVE_INT}

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return (input_shape[0], self.n, input_shape[1])
