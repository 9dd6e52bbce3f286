"""TimeDistributed: a layer applied to every step of time."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import tree
from keras_core.layers.base.structures import tree_of_shapes
from keras_core.layers.core.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """A layer applied to each step of a sequence by itself.

    Where the layer treats the examples of a batch alike and keeps no state, all steps go
    through it at once, as a larger batch; else one after the other.

    Args:
        layer: the layer to apply.
        **kwargs: name, dtype, trainable.

    Call arguments:
        inputs: (batch, time, ...).
        training: passed to the layer.
        mask: (batch, time); each step's part is passed to a layer that takes masks.

    Raises:
        ValueError: if `layer` is no Layer, or the inputs have no axis of time.

    Example:

    >>> import keras_core as keras
    >>> frames = keras.ops.ones((2, 10, 8, 8, 3))
    >>> keras.layers.TimeDistributed(keras.layers.Conv2D(4, 3))(frames).shape
    (2, 10, 6, 6, 4)
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        if len(input_shape) < 3 and not isinstance(input_shape[0], (list, tuple)):
            raise ValueError(
                f"TimeDistributed {self.name!r}: inputs must have at least the axes (batch, time, "
                f"features). Received: shape {tuple(input_shape)}"
            )
        super().build((input_shape[0], *input_shape[2:]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        step = self.layer.compute_output_shape((input_shape[0], *input_shape[2:]))
        return tree_of_shapes(step, lambda s: (s[0], input_shape[1], *s[1:]))

    def _folds(self, training: Any) -> bool:
        """Whether all steps at once give what they give one by one."""
        layers = self.layer._flatten_layers()
        if not all(type(layer).__module__.startswith("keras_core.") for layer in layers):
            return False
        return not training or not self.layer.non_trainable_weights

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        kwargs: dict[str, Any] = {}
        if self.layer._info.training:
            kwargs["training"] = training
        masked = mask is not None and "mask" in self.layer._info.names
        if self._folds(training):
            sizes = ops.shape(inputs)
            if masked:
                kwargs["mask"] = ops.reshape(mask, (-1, *ops.shape(mask)[2:]))
            flat = ops.reshape(inputs, (-1, *sizes[2:]))
            outputs = self.layer(flat, **kwargs)
            return tree.map_structure(
                lambda y: ops.reshape(y, (-1, sizes[1], *ops.shape(y)[1:])), outputs
            )
        outputs = []
        for t in range(inputs.shape[1]):
            if masked:
                kwargs["mask"] = mask[:, t]  # pyright: ignore[reportOptionalSubscript]
            outputs.append(self.layer(inputs[:, t], **kwargs))
        return tree.map_structure(lambda *y: ops.stack(y, axis=1), *outputs)
