"""Constraints by name and config."""

from __future__ import annotations

from typing import Any


def get(identifier: Any) -> Any:
    """The constraint that a name, config or callable stands for.

    Args:
        identifier: None, a name such as "non_neg", a config, or a callable.

    Returns:
        A constraint or callable, None for None.

    Raises:
        ValueError: if it names none.

    Example:

    >>> import keras_core as keras
    >>> keras.constraints.get("non_neg")
    """
    if identifier is None:  # for most variables, and before anything is imported
        return None
    from keras_core.constraints import projections
    from keras_core.core import registry

    return registry.lookup(identifier, kind="constraint", namespace=projections.NAMES)


def serialize(constraint: Any) -> Any:
    """The config of a constraint.

    Args:
        constraint: a `Constraint`, or a function.

    Returns:
        A config dict, for `deserialize`.

    Example:

    >>> import keras_core as keras
    >>> keras.constraints.serialize(keras.constraints.get("non_neg"))["config"]
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """A constraint from its config.

    Args:
        config: what `serialize` gave.
        custom_objects: own classes and functions by name, for this call.

    Returns:
        The constraint.

    Example:

    >>> import keras_core as keras
    >>> keras.constraints.deserialize({"class_name": "NonNeg", "config": {}})
    """
    from keras_core.constraints import projections
    from keras_core.core import registry

    names = {**projections.NAMES, **(custom_objects or {})}
    return registry.deserialize_keras_object(config, custom_objects=names)
