"""Activation: any activation function as a layer."""

from __future__ import annotations

from typing import Any

from keras_core.layers.base.options import OptionsLayer


class Activation(OptionsLayer):
    """Apply an activation function.

    Args:
        activation: a function, its name, or None for the identity.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if the name is not known.

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.Activation("relu")(keras.ops.convert_to_tensor([-1.0, 2.0]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [0.0, 2.0]
    """

    passes_masks = True

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)
