"""Initializers by name and config."""

from __future__ import annotations

from typing import Any


def get(identifier: Any) -> Any:
    """The initializer that a name, config or callable stands for.

    Args:
        identifier: None, a name such as "glorot_uniform", a config, an initializer, an array
            (the value itself), or a function `(shape, dtype)`.

    Returns:
        An initializer or callable, None for None.

    Raises:
        ValueError: if it names none.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.get("he_normal")
    """
    from keras_core.core import registry
    from keras_core.initializers import base, deterministic, drawn

    if isinstance(identifier, base.Initializer):
        return identifier
    return registry.lookup(
        identifier,
        kind="initializer",
        namespace={**deterministic.NAMES, **drawn.NAMES},
    )


def serialize(initializer: Any) -> Any:
    """The config of an initializer.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.serialize(keras.initializers.Zeros())["class_name"]
    'Zeros'
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """An initializer from its config.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.deserialize({"class_name": "Zeros", "config": {}})
    """
    from keras_core.core import registry
    from keras_core.initializers import deterministic, drawn

    names = {**deterministic.NAMES, **drawn.NAMES}
    return registry.deserialize_keras_object(
        config, custom_objects={**names, **(custom_objects or {})}
    )
