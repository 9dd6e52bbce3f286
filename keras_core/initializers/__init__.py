"""First values of variables, drawn on the host so that a seed means one thing everywhere."""

from __future__ import annotations

from typing import Any

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


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
    from keras_core.initializers import base, constant, random

    if isinstance(identifier, base.Initializer):
        return identifier
    return registry.lookup(
        identifier,
        kind="initializer",
        namespace={**constant.NAMES, **random.NAMES},
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
    from keras_core.initializers import constant, random

    names = {**constant.NAMES, **random.NAMES}
    return registry.deserialize_keras_object(
        config, custom_objects={**names, **(custom_objects or {})}
    )


__all__ = [*__all__, "deserialize", "get", "serialize"]
