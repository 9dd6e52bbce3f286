"""Wrapper: the base of layers that hold one other layer."""

from __future__ import annotations

from typing import Any

from keras_core.core import errors
from keras_core.layers.base import Layer


class Wrapper(Layer):
    """A layer around another one; subclasses say in `call` what it does with it.

    Args:
        layer: the layer inside.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if `layer` is no Layer.

    Example:

    >>> import keras_core as keras
    >>> class Twice(keras.layers.Wrapper):
    ...     def call(self, x):
    ...         return self.layer(self.layer(x))
    >>> Twice(keras.layers.Dense(3))(keras.ops.ones((2, 3))).shape
    (2, 3)
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(errors.message(type(self).__name__, "layer", "be a Layer", layer))
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)

    def get_config(self) -> dict[str, Any]:
        from keras_core.core import registry

        return {**super().get_config(), "layer": registry.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from keras_core.core import registry

        layer = registry.deserialize_keras_object(config["layer"], custom_objects=custom_objects)
        return cls(**{**config, "layer": layer})
