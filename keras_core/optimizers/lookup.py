"""Finding an optimizer by its name or config."""

from __future__ import annotations

from typing import Any

from keras_core.optimizers.optimizer import Optimizer

_NOT_NAMED = ("LossScaleOptimizer", "MultiOptimizer", "Optimizer", "OptimizerMap")


def _namespace(needs_arguments: bool = False) -> dict[str, Any]:
    """Optimizers by class name, also in lower case."""
    from keras_core import optimizers

    names: dict[str, Any] = {}
    for name in dir(optimizers):
        if name[0].isupper() and (needs_arguments or name not in _NOT_NAMED):
            names[name] = names[name.lower()] = getattr(optimizers, name)
    return names


def get(identifier: Any) -> Any:
    """The optimizer that `identifier` stands for.

    Args:
        identifier: None, an `Optimizer`, a name ("adam", "RMSprop"), or a config dict.

    Returns:
        An `Optimizer`; None for None.

    Raises:
        ValueError: if it stands for no optimizer.

    Example:

    >>> import keras_core as keras
    >>> type(keras.optimizers.get("adamw")).__name__
    'AdamW'
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    from keras_core.core import registry

    namespace = _namespace()
    if isinstance(identifier, str) and identifier.lower() in namespace:
        return namespace[identifier.lower()]()
    return registry.lookup(identifier, kind="optimizer", namespace=namespace)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """An optimizer as a config dict.

    Args:
        optimizer: an `Optimizer`.

    Returns:
        A config dict, for `deserialize`, without the optimizer's variables.

    Example:

    >>> import keras_core as keras
    >>> keras.optimizers.serialize(keras.optimizers.SGD(momentum=0.9))["config"]["momentum"]
    0.9
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(optimizer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The optimizer that a config dict describes.

    Args:
        config: what `serialize` gave; a class name in lower case is understood too.
        custom_objects: own classes by name.

    Returns:
        The `Optimizer`, not built.

    Raises:
        ValueError: if it describes no optimizer.

    Example:

    >>> import keras_core as keras
    >>> config = keras.optimizers.serialize(keras.optimizers.SGD(momentum=0.9))
    >>> keras.optimizers.deserialize(config).momentum
    0.9
    """
    name = config.get("class_name") if isinstance(config, dict) else None
    found = _namespace(needs_arguments=True).get(name) if isinstance(name, str) else None
    if found is not None and name not in (custom_objects or {}) and _is_builtin(config):
        return found.from_config(dict(config.get("config") or {}), custom_objects)
    from keras_core.core import registry

    return registry.deserialize_keras_object(config, custom_objects=custom_objects)


def _is_builtin(config: dict[str, Any]) -> bool:
    registered = config.get("registered_name")
    # Keras on torch writes its own subclasses' module paths.
    return registered is None or registered == config["class_name"]
