"""Finding a loss by its name or config."""

from __future__ import annotations

from typing import Any

_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
}
_NOT_LOSSES = ("get", "serialize", "deserialize")


def namespace() -> dict[str, Any]:
    """Losses by every name under which `get` finds them."""
    from keras_core import losses

    names = {name: getattr(losses, name) for name in dir(losses) if name not in _NOT_LOSSES}
    for alias, name in _ALIASES.items():
        names[alias] = names[alias.upper()] = names[name]
    return names


def get(identifier: Any) -> Any:
    """The loss that `identifier` stands for.

    Args:
        identifier: None, a loss or function, the name of one ("mse", "Huber"), or a config dict.

    Returns:
        A `Loss` or a function; None for None.

    Raises:
        ValueError: if it stands for no loss.

    Example:

    >>> import keras_core as keras
    >>> keras.losses.get("mse").__name__
    'mean_squared_error'
    """
    if identifier is None:
        return None
    if callable(identifier) and not isinstance(identifier, type):
        return identifier
    from keras_core.core import registry

    return registry.lookup(identifier, kind="loss function", namespace=namespace())


def serialize(loss: Any) -> Any:
    """A loss as a config dict; a function by its name.

    Args:
        loss: a `Loss`, or a function.

    Returns:
        A config dict, or a name, for `deserialize`.

    Example:

    >>> import keras_core as keras
    >>> keras.losses.serialize(keras.losses.Huber(delta=2.0))["config"]["delta"]
    2.0
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The loss that a name or config dict describes.

    Args:
        name: a loss's name, or what `serialize` gave.
        custom_objects: own classes and functions by name.

    Returns:
        The `Loss` or function.

    Raises:
        ValueError: if it describes no loss.

    Example:

    >>> import keras_core as keras
    >>> config = keras.losses.serialize(keras.losses.Huber(delta=2.0))
    >>> type(keras.losses.deserialize(config)).__name__
    'Huber'
    """
    if custom_objects:
        from keras_core.core import registry

        with registry.CustomObjectScope(custom_objects):
            return get(name)
    return get(name)
