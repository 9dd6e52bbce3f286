"""Configs as Keras 2 wrote them: a class name and a config, without a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras_core.core import registry

__all__ = ["deserialize_keras_object", "serialize_keras_object"]


def serialize_keras_object(instance: Any) -> Any:
    """The config of an object in the form of Keras 2.

    Args:
        instance: an object with `get_config`, a function, or None.

    Returns:
        `{"class_name": ..., "config": ...}`, a function's name, or None.

    Raises:
        ValueError: if it is neither.

    Example:

    >>> import keras_core as keras
    >>> keras.legacy.saving.serialize_keras_object(keras.regularizers.L2(0.5))
    {'class_name': 'L2', 'config': {'l2': 0.5}}
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        return {
            "class_name": registry.get_registered_name(type(instance)),
            "config": registry.serialize_keras_object(instance.get_config()),
        }
    if hasattr(instance, "__name__"):
        return registry.get_registered_name(instance)
    raise ValueError(
        "serialize_keras_object: instance must have a get_config() method or a __name__. "
        f"Received: {instance!r}"
    )


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: dict[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """The object that a config of Keras 2, or a name, stands for.

    Args:
        identifier: None, a name, or `{"class_name": ..., "config": ...}`; anything else is
            returned as it is.
        module_objects: the built-in classes and functions by name.
        custom_objects: the user's.
        printable_module_name: what is looked for, in errors.

    Returns:
        The object.

    Raises:
        ValueError: if the name is unknown.

    Example:

    >>> import keras_core as keras
    >>> config = {"class_name": "L2", "config": {"l2": 0.5}}
    >>> known = {"L2": keras.regularizers.L2}
    >>> keras.legacy.saving.deserialize_keras_object(config, known).l2
    0.5
    """
    if not isinstance(identifier, (str, dict)):
        return identifier
    return registry.lookup(
        identifier,
        printable_module_name,
        module_objects or {},
        custom_objects=custom_objects,
    )
