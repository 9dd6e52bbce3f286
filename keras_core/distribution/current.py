"""The distribution that variables and data follow from now on."""

from __future__ import annotations

from typing import Any

from keras_core.backends.select import backend
from keras_core.core import placement
from keras_core.core.errors import message


def distribution() -> Any:
    """The distribution that is set, None without one.

    Example:

    >>> import keras_core as keras
    >>> keras.distribution.distribution() is None
    True
    """
    return placement.current


def set_distribution(value: Any) -> None:
    """Lay out variables and batches by a distribution from now on.

    Set it before models are made.

    Args:
        value: a `DataParallel`, a `ModelParallel`, or None for none.

    Raises:
        ValueError: if it is something else.
        NotImplementedError: if the backend cannot train over several devices.

    Example:

    >>> import keras_core as keras
    >>> keras.distribution.set_distribution(None)
    """
    from keras_core.distribution.strategies import Distribution

    if value is not None and not isinstance(value, Distribution):
        raise ValueError(
            message("set_distribution", "value", "be DataParallel, ModelParallel or None", value)
        )
    if value is not None and not backend.has("sharding"):
        raise NotImplementedError(
            f"set_distribution: the {backend.name} backend does not lay models out over devices: "
            f"{backend.distribution.MISSING}"
        )
    placement.current = value
