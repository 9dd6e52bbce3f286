"""Regularizers by name and config."""

from __future__ import annotations

from typing import Any


def get(identifier: Any) -> Any:
    """The regularizer that a name, config or callable stands for.

    Args:
        identifier: None, a name such as "l2", a config, or a callable.

    Returns:
        A regularizer or callable, None for None.

    Raises:
        ValueError: if it names none.

    Example:

    >>> import keras_core as keras
    >>> keras.regularizers.get("l2")
    """
    if identifier is None:  # for most variables, and before anything is imported
        return None
    from keras_core.core import registry
    from keras_core.regularizers import penalties

    return registry.lookup(identifier, kind="regularizer", namespace=penalties.NAMES)


def serialize(regularizer: Any) -> Any:
    """The config of a regularizer.

    Args:
        regularizer: a `Regularizer`, or a function.

    Returns:
        A config dict, for `deserialize`.

    Example:

    >>> import keras_core as keras
    >>> keras.regularizers.serialize(keras.regularizers.get("l2"))["config"]
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """A regularizer from its config.

    Args:
        config: what `serialize` gave.
        custom_objects: own classes and functions by name, for this call.

    Returns:
        The regularizer.

    Example:

    >>> import keras_core as keras
    >>> keras.regularizers.deserialize({"class_name": "L2", "config": {}})
    """
    from keras_core.core import registry
    from keras_core.regularizers import penalties

    names = {**penalties.NAMES, **(custom_objects or {})}
    return registry.deserialize_keras_object(config, custom_objects=names)
