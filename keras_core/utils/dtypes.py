"""`standardize_dtype` and friends under `keras_core.utils`."""

from keras_core.core.dtypes import standardize as standardize_dtype
from keras_core.core.naming import get_uid
from keras_core.symbolic.framework import lift
from keras_core.symbolic.keras_tensor import is_keras_tensor

__all__ = ["get_uid", "is_keras_tensor", "lift", "standardize_dtype"]
