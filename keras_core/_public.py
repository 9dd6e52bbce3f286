"""Public names of the package itself that are defined nowhere else."""

from __future__ import annotations

import sys
from typing import Any

from keras_core.backends.select import backend
from keras_core.core.errors import message


def version() -> str:
    """The package's version, or under `keras_core.alias` that of the Keras it stands for.

    Example:

    >>> import keras_core as keras
    >>> keras.version() == keras.__version__
    True
    """
    return sys.modules["keras_core"].__version__


def device(device_name: Any) -> Any:
    """A context in which new tensors and variables are put on a device.

    Args:
        device_name: such as "cpu", "cpu:0" or "gpu:1"; or one of the framework's own devices.

    Returns:
        A context manager.

    Raises:
        ValueError: if it is neither, or the backend has no such device.

    Example:

    >>> import keras_core as keras
    >>> with keras.device("cpu"):
    ...     x = keras.ops.ones((2,))
    """
    if isinstance(device_name, backend.arrays.DEVICE_TYPES):
        return backend.arrays.device_scope(device_name)
    must = "be a string such as 'cpu:0', or a device of the framework"
    raise ValueError(message("device", "device_name", must, device_name))
