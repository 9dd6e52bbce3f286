"""Finding a metric by its name or config."""

from __future__ import annotations

from typing import Any

from keras_core.core import naming

_ALIASES = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
    "rmse": "RootMeanSquaredError",
    "bce": "BinaryCrossentropy",
}
_NOT_METRICS = ("get", "serialize", "deserialize", "Metric", "MeanMetricWrapper")


def namespace() -> dict[str, Any]:
    """Metrics by every name under which `get` finds them; a class goes before its function."""
    from keras_core import metrics

    names = {name: getattr(metrics, name) for name in dir(metrics) if name not in _NOT_METRICS}
    for name, found in list(names.items()):
        if isinstance(found, type):
            names[naming.to_snake_case(name)] = found
    names["log_cosh_error"] = names["logcosh"] = names["LogCoshError"]
    for alias, name in _ALIASES.items():
        names[alias] = names[alias.upper()] = names[name]
    return names


def get(identifier: Any) -> Any:
    """The metric that `identifier` stands for.

    Args:
        identifier: None, a `Metric` or function, the name of one ("mse", "AUC"), or a config
            dict.

    Returns:
        A `Metric` or a function; None for None.

    Raises:
        ValueError: if it stands for no metric.

    Example:

    >>> import keras_core as keras
    >>> keras.metrics.get("auc").curve
    'ROC'
    """
    if identifier is None:
        return None
    if callable(identifier) and not isinstance(identifier, type):
        return identifier
    from keras_core.core import registry

    return registry.lookup(identifier, kind="metric", namespace=namespace())


def serialize(metric: Any) -> Any:
    """A metric as a config dict.

    Args:
        metric: a `Metric`, or a function.

    Returns:
        A config dict, or a name, for `deserialize`.

    Example:

    >>> import keras_core as keras
    >>> keras.metrics.serialize(keras.metrics.MeanIoU(num_classes=3))["config"]["num_classes"]
    3
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The metric that a config dict or a name describes.

    Args:
        config: what `serialize` gave, or a metric's name.
        custom_objects: own classes and functions by name.

    Returns:
        The `Metric` or function.

    Raises:
        ValueError: if it describes no metric.

    Example:

    >>> import keras_core as keras
    >>> config = keras.metrics.serialize(keras.metrics.Mean(name="score"))
    >>> keras.metrics.deserialize(config).name
    'score'
    """
    if custom_objects:
        from keras_core.core import registry

        with registry.CustomObjectScope(custom_objects):
            return get(config)
    return get(config)
