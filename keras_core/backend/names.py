"""The names of `keras_core.backend`, from where they are defined."""

from __future__ import annotations

from typing import Any

from keras_core.backends.public import Variable
from keras_core.config.numeric import backend
from keras_core.core import dtypes
from keras_core.core.dtypes import result_type
from keras_core.core.naming import get_uid
from keras_core.core.settings import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from keras_core.symbolic.keras_tensor import is_keras_tensor
from keras_core.utils.session import clear_session

__all__ = [
    "Variable",
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]


def standardize_dtype(dtype: Any) -> str:
    """The name of a dtype given as a name, a Python type or any framework's dtype.

    Args:
        dtype: the dtype; None for `floatx()`.

    Returns:
        The name, such as "float32".

    Raises:
        ValueError: if it is no dtype.

    Example:

    >>> import keras_core as keras
    >>> keras.backend.standardize_dtype(int)
    'int32'
    """
    return dtypes.standardize(dtype)


def is_float_dtype(dtype: Any) -> bool:
    """Whether a dtype is a real floating-point type.

    Args:
        dtype: a dtype, or its name.

    Returns:
        A bool; False for complex dtypes.

    Example:

    >>> import keras_core as keras
    >>> keras.backend.is_float_dtype("bfloat16")
    True
    """
    return dtypes.is_float(dtypes.standardize(dtype))


def is_int_dtype(dtype: Any) -> bool:
    """Whether a dtype is an integer type.

    Args:
        dtype: a dtype, or its name.

    Returns:
        A bool; False for bool.

    Example:

    >>> import keras_core as keras
    >>> keras.backend.is_int_dtype("uint8")
    True
    """
    return dtypes.is_int(dtypes.standardize(dtype))
