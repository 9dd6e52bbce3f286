"""TimeDistributed: a layer applied to every step of time."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import tree
from keras_core.layers.base.structures import holds_nothing, tree_of_shapes
from keras_core.layers.core.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """A layer applied to each step of a sequence by itself.

    Where the layer treats the examples of a batch alike and keeps no state, all steps go
    through it at once, as a larger batch; else one after the other.

    Args:
        layer: the layer to apply.
        **kwargs: name, dtype, trainable.

    Call arguments:
        inputs: (batch, time, ...); or a list, tuple or dict of such, for a layer that takes one.
        training: passed to the layer.
        mask: (batch, time); each step's part is passed to a layer that takes masks.

    Raises:
        ValueError: if `layer` is no Layer, or the inputs have no axis of time, or not the same
            number of steps.

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
        super().build(tree_of_shapes(input_shape, self._step_shape))

    def _step_shape(self, shape: Any) -> tuple[Any, ...]:
        if len(shape) < 3:
            raise ValueError(
                f"TimeDistributed {self.name!r}: inputs must have at least the axes (batch, time, "
                f"features). Received: shape {tuple(shape)}"
            )
        return (shape[0], *shape[2:])

    def compute_output_shape(self, input_shape: Any) -> Any:
        times: list[Any] = []
        tree_of_shapes(input_shape, lambda s: times.append(s[1]))
        step = self.layer.compute_output_shape(tree_of_shapes(input_shape, self._step_shape))
        return tree_of_shapes(step, lambda s: (s[0], times[0], *s[1:]))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The first mask there is among the inputs': it is that of the steps."""
        return next((m for m in tree.flatten(previous_mask) if m is not None), None)

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
        masked = "mask" in self.layer._info.names and not holds_nothing([mask])
        time = self._time(inputs)
        if self._folds(training):
            if masked:
                kwargs["mask"] = _each(_folded, mask)
            outputs = self.layer(_each(_folded, inputs), **kwargs)
            steps = ops.shape(tree.flatten(inputs)[0])[1]
            return _each(lambda y: ops.reshape(y, (-1, steps, *ops.shape(y)[1:])), outputs)
        if time is None:
            raise ValueError(
                f"TimeDistributed {self.name!r}: the number of steps must be known where they go "
                f"through the layer one after the other. Received: inputs={inputs}"
            )
        outputs = []
        for t in range(time):
            if masked:
                kwargs["mask"] = _each(lambda m, t=t: m[:, t], mask)
            outputs.append(self.layer(_each(lambda x, t=t: x[:, t], inputs), **kwargs))
        return tree.map_structure(lambda *y: ops.stack(y, axis=1), *outputs)

    def _time(self, inputs: Any) -> int | None:
        """The number of steps, which all inputs must have."""
        times = [x.shape[1] for x in tree.flatten(inputs)]
        known = {n for n in times if n is not None}
        if len(known) > 1:
            raise ValueError(
                f"TimeDistributed {self.name!r}: inputs must have the same number of steps. "
                f"Received: {times}"
            )
        return next(iter(known), None)


def _each(function: Any, values: Any) -> Any:
    """`function` of each tensor in a structure; None stays."""
    return tree.map_structure(lambda x: None if x is None else function(x), values)


def _folded(x: Any) -> Any:
    """The steps as further examples of the batch."""
    return ops.reshape(x, (-1, *ops.shape(x)[2:]))
