"""Models out of files and JSON."""

from __future__ import annotations

from typing import Any

from keras_core.core.custom_objects import check
from keras_core.saving.api import load_model, save_model


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model that `model.to_json()` described, with fresh weights.

    Args:
        json_string: the JSON.
        custom_objects: classes and functions by name that it mentions.

    Returns:
        A model.

    Raises:
        TypeError: if custom_objects is no dict.
        InvalidFileError: if it is not such a description; a ValueError.

    Example:

    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> keras.models.model_from_json(model.to_json()).count_params()
    8
    """
    from keras_core.saving import archive, keras2

    check(custom_objects, "model_from_json")
    config = archive.loads(json_string, "model_from_json")
    if isinstance(config, dict) and "module" not in config:  # as Keras 2 wrote it
        with archive.building("model_from_json"):
            config, report = keras2.modern_form(config, custom_objects)
            keras2.tell("The JSON", report)
    return archive.build(config, "model_from_json", custom_objects, True, True, None)


__all__ = ["load_model", "model_from_json", "save_model"]
