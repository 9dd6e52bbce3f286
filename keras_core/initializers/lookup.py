"""Initializers by name and config."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from keras_core.backends.select import backend


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
    from keras_core.initializers import base

    if isinstance(identifier, base.Initializer):
        return identifier
    if isinstance(identifier, np.ndarray) or backend.arrays.is_tensor(identifier):
        return functools.partial(_given, identifier)
    return registry.lookup(identifier, kind="initializer", namespace=_names())


@functools.cache
def _names() -> dict[str, Any]:
    """The initializers by all of their names."""
    from keras_core.core import naming
    from keras_core.initializers import deterministic, drawn

    names = {**deterministic.NAMES, **drawn.NAMES}
    return {naming.to_snake_case(name): found for name, found in names.items()} | names


def _given(value: Any, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """A value in place of an initializer's."""
    if tuple(shape) != tuple(value.shape):
        raise ValueError(
            f"A tensor as initializer must have the variable's shape {tuple(shape)}. Received: a "
            f"tensor of shape {tuple(value.shape)}"
        )
    return backend.arrays.convert_to_tensor(value, dtype)


def serialize(initializer: Any) -> Any:
    """The config of an initializer.

    Args:
        initializer: an `Initializer`, or a function.

    Returns:
        A config dict, for `deserialize`.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.serialize(keras.initializers.Zeros())["class_name"]
    'Zeros'
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """An initializer from its config.

    Args:
        config: what `serialize` gave.
        custom_objects: own classes and functions by name, for this call.

    Returns:
        The initializer.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.deserialize({"class_name": "Zeros", "config": {}})
    """
    from keras_core.core import registry

    return registry.deserialize_keras_object(
        config, custom_objects={**_names(), **(custom_objects or {})}
    )
