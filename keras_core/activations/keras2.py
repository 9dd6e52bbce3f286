"""Activation functions that meant something else in Keras 2, for models that were made with it."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.custom_objects import register_keras_serializable


@register_keras_serializable("keras2")
def hard_sigmoid(x: Any) -> Any:
    """The line of slope 0.2 of Keras 1 and 2; that of `ops.hard_sigmoid` has 1/6."""
    return ops.clip(x * 0.2 + 0.5, 0.0, 1.0)
