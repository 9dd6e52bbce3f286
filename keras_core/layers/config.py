"""Layers as config dicts, and back."""

from __future__ import annotations

from typing import Any

from keras_core.core import errors, registry
from keras_core.layers.base.layer import Layer


def serialize(layer: Any) -> dict[str, Any]:
    """A layer as a config dict that JSON can hold.

    Args:
        layer: a layer.

    Returns:
        A dict with the class, and in "config" what its constructor needs.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.serialize(keras.layers.Dense(2))["class_name"]
    'Dense'
    """
    return registry.serialize_keras_object(layer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The layer that a config dict describes, with new weights.

    Args:
        config: what `serialize` gave, or a dict of "class_name", the name of a layer of this
            package, and "config".
        custom_objects: own classes and functions by name.

    Returns:
        A layer.

    Raises:
        ValueError: if it describes no layer.

    Example:

    >>> import keras_core as keras
    >>> config = keras.layers.serialize(keras.layers.Dense(2))
    >>> keras.layers.deserialize(config).units
    2
    """
    from keras_core import layers

    name = str(config.get("class_name")) if isinstance(config, dict) else ""
    known = {name: getattr(layers, name)} if name in dir(layers) else {}
    layer = registry.deserialize_keras_object(config, custom_objects, module_objects=known)
    if not isinstance(layer, Layer):
        raise ValueError(errors.message("layers.deserialize", "config", "describe a layer", config))
    return layer
