"""ActivityRegularization."""

from __future__ import annotations

from typing import Any

from keras_core import regularizers
from keras_core.core import shapes
from keras_core.core.limits import NOT_NEGATIVE, optional
from keras_core.layers.base.options import OptionsLayer


class ActivityRegularization(OptionsLayer):
    """Pass the inputs on, and add a penalty of their size to the losses.

    Args:
        l1: the weight of the sum of absolute values; None for none.
        l2: the weight of the sum of squares; None for none.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if a weight is negative.

    Example:

    >>> import keras_core as keras
    >>> layer = keras.layers.ActivityRegularization(l1=0.5)
    >>> y = layer(keras.ops.ones((1, 4)))
    >>> float(layer.losses[0])
    2.0
    """

    limits = {"l1": optional(NOT_NEGATIVE), "l2": optional(NOT_NEGATIVE)}
    passes_masks = True

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        self.activity_regularizer = regularizers.L1L2(l1=self.l1 or 0.0, l2=self.l2 or 0.0)

    def build(self, input_shape: Any) -> None:
        """The layer has no weights."""

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)  # made of l1 and l2
        return config
