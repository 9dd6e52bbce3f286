"""The backend, number formats and limits of training."""

from __future__ import annotations

from keras_core.backends import select
from keras_core.core import settings
from keras_core.core.settings import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from keras_core.dtype_policies.policy import dtype_policy, set_dtype_policy

__all__ = [
    "backend",
    "dtype_policy",
    "epsilon",
    "floatx",
    "image_data_format",
    "max_epochs",
    "max_steps_per_epoch",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
]


def backend() -> str:
    """The name of the backend in use.

    Example:

    >>> import keras_core as keras
    >>> keras.config.backend() in ("tensorflow", "jax", "torch", "numpy")
    True
    """
    return select.backend.name


def set_backend(backend: str) -> None:
    """The backend is fixed when the package is imported: any other one is an error.

    Args:
        backend: the name of a backend.

    Raises:
        RuntimeError: if it is not the one in use.

    Example:

    >>> import keras_core as keras
    >>> keras.config.set_backend(keras.config.backend())
    """
    if backend != select.backend.name:
        raise RuntimeError(
            f"The backend cannot be changed after import: it is {select.backend.name!r}. Set "
            f"KERAS_BACKEND={backend} in the environment before keras_core is imported, and "
            f"restart Python. Received: backend={backend!r}"
        )


def max_epochs() -> int | None:
    """The limit on the epochs of any `fit`, None for none; from `KERAS_MAX_EPOCHS`.

    Example:

    >>> import keras_core as keras
    >>> keras.config.max_epochs()
    """
    return settings._current.max_epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the epochs of any `fit`.

    Args:
        max_epochs: a positive int, or None for no limit.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras_core as keras
    >>> keras.config.set_max_epochs(None)
    """
    settings._current.max_epochs = _limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The limit on the steps of an epoch, None for none; from `KERAS_MAX_STEPS_PER_EPOCH`.

    Example:

    >>> import keras_core as keras
    >>> keras.config.max_steps_per_epoch()
    """
    return settings._current.max_steps_per_epoch


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the steps of an epoch of any `fit`, `evaluate` and `predict`.

    Args:
        max_steps_per_epoch: a positive int, or None for no limit.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras_core as keras
    >>> keras.config.set_max_steps_per_epoch(None)
    """
    settings._current.max_steps_per_epoch = _limit("max_steps_per_epoch", max_steps_per_epoch)


def _limit(name: str, value: int | None) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"{name} must be a positive int or None. Received: {name}={value!r}")
    return value
