"""Layers that only `tf.keras` has."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.limits import NOT_NEGATIVE
from keras_core.layers.base.options import OptionsLayer

__all__ = ["ThresholdedReLU"]


class ThresholdedReLU(OptionsLayer):
    """What is above a threshold, and zeros for the rest.

    `keras_core.layers.ReLU(threshold=theta)` is the same.

    Args:
        theta: the threshold, not negative.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if `theta` is negative.
    """

    limits = {"theta": NOT_NEGATIVE}
    passes_masks = True

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())

    def call(self, inputs: Any) -> Any:
        return ops.where(ops.less_equal(inputs, self.theta), 0, inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)
