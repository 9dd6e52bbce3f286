"""Process-wide settings: floatx, epsilon, image data format, and the configured backend.

Their first values come from ``keras.json`` in `KERAS_HOME` or ``~/.keras``, the backend from
`KERAS_BACKEND` before that. The file is only ever read, but for its first creation: a
broken one gives a warning and the defaults, and is never overwritten.
"""

from __future__ import annotations

import json
import os
import warnings
from typing import Any

FLOATX = ("bfloat16", "float16", "float32", "float64")
IMAGE_DATA_FORMATS = ("channels_last", "channels_first")


class _Settings:
    floatx = "float32"
    epsilon = 1e-7
    image_data_format = "channels_last"
    backend: str | None = None  # as configured; None: the first one installed
    max_epochs: int | None = None
    max_steps_per_epoch: int | None = None


_current = _Settings()
# Switches of `config.flags`; None: never set, so whatever is best.
flags: dict[str, bool | None] = {
    "flash_attention": None,
    "interactive_logging": True,
    "shared_random_numbers": False,
    "traceback_filtering": True,
}


def home() -> str:
    """The folder of ``keras.json``, data sets and weights: `KERAS_HOME`, else ``~/.keras``."""
    return os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")


def floatx() -> str:
    """The default float type, a name.

    Returns:
        One of "bfloat16", "float16", "float32", "float64".

    Example:

    >>> import keras_core as keras
    >>> keras.config.floatx()
    'float32'
    """
    return _current.floatx


def set_floatx(value: str) -> None:
    """Set the default float type of new variables and of inputs from Python numbers.

    Args:
        value: "bfloat16", "float16", "float32" or "float64".

    Raises:
        ValueError: for any other value.

    Example:

    >>> import keras_core as keras
    >>> keras.config.set_floatx("float32")
    """
    _check("floatx", value)
    _current.floatx = str(value)


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite.

    Example:

    >>> import keras_core as keras
    >>> keras.config.epsilon()
    1e-07
    """
    return _current.epsilon


def set_epsilon(value: float) -> None:
    """Set the number that `epsilon()` gives.

    Args:
        value: a positive float.

    Raises:
        ValueError: if it is not a positive number.

    Example:

    >>> import keras_core as keras
    >>> keras.config.set_epsilon(1e-7)
    """
    _check("epsilon", value)
    _current.epsilon = float(value)


def image_data_format() -> str:
    """The default place of the channels axis: "channels_last" or "channels_first".

    Example:

    >>> import keras_core as keras
    >>> keras.config.image_data_format()
    'channels_last'
    """
    return _current.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set the default place of the channels axis.

    Args:
        data_format: "channels_last" or "channels_first".

    Raises:
        ValueError: for any other value.

    Example:

    >>> import keras_core as keras
    >>> keras.config.set_image_data_format("channels_last")
    """
    _check("image_data_format", data_format)
    _current.image_data_format = str(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """`data_format` itself, or the configured one for None; ValueError for an unknown one."""
    if data_format is None:
        return _current.image_data_format
    name = str(data_format).lower()
    if name not in IMAGE_DATA_FORMATS:
        raise ValueError(
            f"data_format must be one of {', '.join(IMAGE_DATA_FORMATS)}. Received: {data_format!r}"
        )
    return name


def snapshot() -> tuple[str, float, str, bool | None]:
    """The settings that a computation may depend on, as a key for what is computed once."""
    shared = flags["shared_random_numbers"]
    return _current.floatx, _current.epsilon, _current.image_data_format, shared


def configured_backend() -> str | None:
    """The backend that the environment or keras.json asks for; None if neither does."""
    return os.environ.get("KERAS_BACKEND") or _current.backend


def _check(key: str, value: Any) -> None:
    if key == "floatx" and value not in FLOATX:
        raise ValueError(f"floatx must be one of {', '.join(FLOATX)}. Received: {value!r}")
    if key == "image_data_format" and value not in IMAGE_DATA_FORMATS:
        raise ValueError(
            f"image_data_format must be one of {', '.join(IMAGE_DATA_FORMATS)}. Received: {value!r}"
        )
    if key == "epsilon" and (
        isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0
    ):
        raise ValueError(f"epsilon must be a positive float. Received: {value!r}")
    if key == "backend" and not isinstance(value, str):
        raise ValueError(f"backend must be a string. Received: {value!r}")


def _read() -> None:
    path = os.path.join(home(), "keras.json")
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        return
    except (OSError, ValueError, RecursionError) as error:
        warnings.warn(f"{path} cannot be read, defaults are used: {error}", stacklevel=2)
        return
    if not isinstance(found, dict):
        warnings.warn(f"{path} must hold a JSON object, defaults are used.", stacklevel=2)
        return
    for key in ("floatx", "epsilon", "image_data_format", "backend"):
        if key not in found:
            continue
        try:
            _check(key, found[key])
        except ValueError as error:
            warnings.warn(f"{path}: {error}. The default is used.", stacklevel=2)
        else:
            setattr(_current, key, found[key])
    for key in ("max_epochs", "max_steps_per_epoch"):
        value = os.environ.get(f"KERAS_{key.upper()}", found.get(key))
        if value is not None:
            setattr(_current, key, int(value))


_read()
