"""Activation functions by name and config."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_core.activations import functions

NAMES: dict[str, Callable] = {
    name: value
    for name, value in vars(functions).items()
    if callable(value) and name.islower() and not name.startswith("_")
}
# Every name under which one is known, and the first of several.
_NAME_OF = {function: name for name, function in reversed(NAMES.items())}


def get(identifier: Any) -> Callable[..., Any]:
    """The activation function that a name, config or callable stands for.

    Args:
        identifier: None (for `linear`), a name, a config, or a callable such as a layer.

    Returns:
        A function of a tensor.

    Raises:
        ValueError: if it names none.

    Example:

    >>> import keras_core as keras
    >>> keras.activations.get("relu") is keras.activations.relu
    True
    """
    if identifier is None:
        return functions.linear
    if identifier.__class__ is str:
        found = NAMES.get(identifier)
        if found is not None:
            return found
    elif callable(identifier) and not isinstance(identifier, type):
        return identifier
    from keras_core.core import registry

    return registry.lookup(identifier, kind="activation function", namespace=NAMES)


def serialize(activation: Any) -> Any:
    """The name of a built-in activation function, the config of any other.

    Args:
        activation: an activation function, or a layer or function of one's own.

    Returns:
        Its name where it is built in, else a config dict.

    Example:

    >>> import keras_core as keras
    >>> keras.activations.serialize(keras.activations.tanh)
    'tanh'
    """
    try:
        name = _NAME_OF.get(activation)
    except TypeError:  # not hashable
        name = None
    if name is not None:
        return name
    if getattr(getattr(activation, "op", None), "name", None) in NAMES:  # keras.ops.relu
        return activation.op.name
    from keras_core.core import registry

    return registry.serialize_keras_object(activation)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """An activation function from its name or config.

    Args:
        config: a name, or what `serialize` gave.
        custom_objects: own classes and functions by name, for this call.

    Returns:
        The function.

    Example:

    >>> import keras_core as keras
    >>> keras.activations.deserialize("tanh") is keras.activations.tanh
    True
    """
    from keras_core.core import registry

    if isinstance(config, str) and config in NAMES and not custom_objects:
        return NAMES[config]
    return registry.lookup(
        config, kind="activation function", namespace=NAMES, custom_objects=custom_objects
    )
