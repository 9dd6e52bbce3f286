"""Quantizers by name and config."""

from __future__ import annotations

from typing import Any


def _names() -> dict[str, Any]:
    from keras_core import quantizers

    return {name: getattr(quantizers, name) for name in dir(quantizers) if name[0].isupper()}


def get(identifier: Any, **kwargs: Any) -> Any:
    """The quantizer that a name, config, class or callable stands for.

    Args:
        identifier: None, a name such as "abs_max_quantizer", a config, a class or an object.
        **kwargs: the constructor's arguments, for a name or a class.

    Returns:
        A quantizer or callable, None for None.

    Raises:
        ValueError: if it stands for none.

    Example:

    >>> import keras_core as keras
    >>> keras.quantizers.get("abs_max_quantizer", axis=0).axis
    (0,)
    """
    import inspect

    from keras_core.core import registry

    found = registry.lookup(identifier, kind="quantizer", namespace=_names(), instantiate=False)
    return found(**kwargs) if inspect.isclass(found) else found


def serialize(initializer: Any) -> Any:
    """The config of a quantizer.

    Args:
        initializer: the quantizer (the argument's name is Keras's).

    Returns:
        A config dict, for `deserialize`.

    Example:

    >>> import keras_core as keras
    >>> keras.quantizers.serialize(keras.quantizers.AbsMaxQuantizer())["class_name"]
    'AbsMaxQuantizer'
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """A quantizer, or a quantization config, from its config.

    Args:
        config: what `serialize` gave.
        custom_objects: own classes by name.

    Returns:
        The quantizer or config.

    Example:

    >>> import keras_core as keras
    >>> keras.quantizers.deserialize({"class_name": "AbsMaxQuantizer", "config": {}}).axis
    """
    from keras_core.core import registry

    names = {**_names(), **(custom_objects or {})}
    return registry.deserialize_keras_object(config, custom_objects=names)
