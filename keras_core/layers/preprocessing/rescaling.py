"""Rescaling."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core import ops
from keras_core.core import shapes
from keras_core.core.limits import FINITE
from keras_core.layers.preprocessing.host import DataLayer


class Rescaling(DataLayer):
    """Multiply by a scale and add an offset: `Rescaling(1 / 255)` takes bytes to [0, 1].

    Args:
        scale: a number, or an array that broadcasts against the inputs.
        offset: a number, or such an array.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if scale or offset is no number, array or list of numbers.

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.Rescaling(0.5, offset=-1.0)(keras.ops.convert_to_tensor([0, 4]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [-1.0, 1.0]
    """

    passes_masks = True
    limits = {"scale": FINITE, "offset": FINITE}

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        from keras_core.core import registry

        if isinstance(scale, dict):  # an array in a config
            scale = registry.deserialize_keras_object(scale)
        if isinstance(offset, dict):
            offset = registry.deserialize_keras_object(offset)
        self._set_options(locals())
        # Arrays go with axes, which the values of a ragged tensor stand in no more.
        self._by_element = not (np.ndim(scale) or np.ndim(offset))

    def build(self, input_shape: Any) -> None:
        """Rescaling has no weights."""

    def call(self, inputs: Any) -> Any:
        dtype = self.compute_dtype
        if ops.dtype(inputs) != dtype:
            inputs = ops.cast(inputs, dtype)
        scale = self.scale if isinstance(self.scale, (int, float)) else ops.cast(self.scale, dtype)
        y = ops.multiply(inputs, scale)
        if isinstance(self.offset, (int, float)):
            return ops.add(y, float(self.offset)) if self.offset else y
        return ops.add(y, ops.cast(self.offset, dtype))

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """A layer from what `get_config` gave; `custom_objects` has nothing to do here."""
        return cls(**config)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        given = [getattr(v, "shape", ()) for v in (self.scale, self.offset)]
        return shapes.broadcast(tuple(input_shape), *map(tuple, given))
