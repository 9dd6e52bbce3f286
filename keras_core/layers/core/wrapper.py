"""Wrapper: the base of layers around another one."""

from __future__ import annotations

from typing import Any

from keras_core.layers.base.layer import Layer
from keras_core.layers.base.options import OptionsLayer


class Wrapper(OptionsLayer):
    """A layer around another one; subclasses define `call`.

    Args:
        layer: the layer inside.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if layer is none.

    Example:

    >>> import keras_core as keras
    >>> class Twice(keras.layers.Wrapper):
    ...     def call(self, inputs):
    ...         return self.layer(self.layer(inputs))
    >>> tuple(Twice(keras.layers.Dense(3))(keras.ops.ones((2, 3))).shape)
    (2, 3)
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise self._refuse("layer", "be a layer", layer)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)

    def get_config(self) -> dict[str, Any]:
        from keras_core.core import registry

        config = super().get_config()
        return {**config, "layer": registry.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """A wrapper from what `get_config` gave."""
        from keras_core.core import registry

        config = dict(config)
        if isinstance(config["layer"], dict):
            config["layer"] = registry.deserialize_keras_object(
                config["layer"], custom_objects=custom_objects
            )
        return cls(**config)
