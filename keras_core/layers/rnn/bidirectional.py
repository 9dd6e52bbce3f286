"""Bidirectional: a recurrent layer run over a sequence in both directions."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import errors, tree
from keras_core.core.limits import keep, one_of
from keras_core.layers.base import Layer
from keras_core.layers.base.options import OptionsLayer


class Bidirectional(Layer):
    """A recurrent layer run forwards and, as a copy with weights of its own, backwards.

    Schuster & Paliwal, 1997, "Bidirectional recurrent neural networks".

    Args:
        layer: a recurrent layer: RNN, LSTM, GRU, or a Layer with `go_backwards`,
            `return_sequences`, `return_state` and `stateful`, that supports masking.
        merge_mode: how the two outputs become one: "concat", "sum", "ave" or "mul"; None: they
            are returned as two.
        weights: first values of the weights, the forward layer's and then the backward one's.
        backward_layer: the layer for the other direction; by default a copy of `layer`.
        **kwargs: name, dtype, trainable.

    Call arguments:
        sequences: (batch, time, features).
        initial_state: the forward layer's states, then the backward one's.
        mask: (batch, time), False at steps to skip.
        training: passed to the layers.

    Raises:
        ValueError: if the two layers do not fit together, or a mode is unknown.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.Bidirectional(keras.layers.LSTM(4))(keras.ops.ones((2, 5, 3))).shape
    (2, 8)
    """

    limits = {"merge_mode": one_of("concat", "sum", "ave", "mul", None)}
    merge_mode: str | None
    _input_must = OptionsLayer._input_must

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = f"Bidirectional {self.name!r}"
        for name, value in (("layer", layer), ("backward_layer", backward_layer)):
            if value is None and name == "backward_layer":
                continue
            wanted = ("go_backwards", "return_sequences", "return_state", "stateful")
            if not isinstance(value, Layer) or not all(hasattr(value, a) for a in wanted):
                raise ValueError(
                    errors.message(owner, name, f"be a recurrent layer, with {wanted}", value)
                )
        if weights is not None and not isinstance(weights, (list, tuple)):
            must = "be a list of arrays, those of the forward layer first"
            raise ValueError(errors.message(owner, "weights", must, weights))
        keep(self, locals(), owner)
        from keras_core.core import registry

        # Copies, so that the layer that was passed can be used by itself.
        self.forward_layer = registry.copy_of(layer)
        if backward_layer is None:
            name = "backward_" + layer.name.removeprefix("forward_")
            self.backward_layer = registry.copy_of(
                layer, go_backwards=not layer.go_backwards, name=name
            )
        else:
            self.backward_layer = backward_layer
        if not layer.name.startswith("forward_"):
            self.forward_layer.__dict__["name"] = "forward_" + layer.name
        for name in ("go_backwards", "return_sequences", "return_state", "stateful"):
            ours = getattr(self.forward_layer, name)
            others = getattr(self.backward_layer, name)
            if (ours == others) is (name == "go_backwards"):
                raise ValueError(
                    f"{owner}: the forward and the backward layer must "
                    f"{'differ' if name == 'go_backwards' else 'agree'} in {name}. Received: "
                    f"{ours} and {others}"
                )
        if layer.return_sequences:  # or the two outputs would not stand at the same steps
            self.forward_layer.zero_output_for_mask = True
            self.backward_layer.zero_output_for_mask = True
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.stateful = layer.stateful
        self.supports_masking = True
        self.input_spec = layer.input_spec
        self._first_weights = weights or None

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
        if self._first_weights is not None:
            half = len(self._first_weights) // 2
            self.forward_layer.set_weights(self._first_weights[:half])
            self.backward_layer.set_weights(self._first_weights[half:])

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        whole = self.forward_layer.compute_output_shape(sequences_shape)
        states: tuple[Any, ...] = ()
        if self.return_state:
            other = self.backward_layer.compute_output_shape(sequences_shape)
            states = (*whole[1:], *other[1:])
            whole = whole[0]
        if self.merge_mode is None:
            return (whole, whole, *states)
        if self.merge_mode == "concat":
            whole = (*whole[:-1], 2 * whole[-1])
        return (whole, *states) if self.return_state else whole

    def compute_mask(self, _: Any, mask: Any) -> Any:
        """The mask of the output: the sequences' own if all steps are returned."""
        mask = tree.flatten(mask)[0] if mask is not None else None
        output = mask if self.return_sequences else None
        outputs = (output, output) if self.merge_mode is None else output
        if not self.return_state:
            return outputs
        count = len(tree.flatten(self.forward_layer.state_size))
        first = outputs if isinstance(outputs, tuple) else (outputs,)
        return (*first, *(None for _ in range(2 * count)))

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        kwargs: dict[str, Any] = {"training": training, "mask": mask}
        first: dict[str, Any] = dict(kwargs)
        second: dict[str, Any] = dict(kwargs)
        if initial_state is not None:
            half = len(initial_state) // 2
            first["initial_state"] = list(initial_state[:half])
            second["initial_state"] = list(initial_state[half:])
        y, there = _parted(self.forward_layer(sequences, **first), self.return_state)
        z, back = _parted(self.backward_layer(sequences, **second), self.return_state)
        if self.return_sequences:
            z = ops.flip(z, axis=1)
        merged = self._merged(ops.cast(y, self.compute_dtype), ops.cast(z, self.compute_dtype))
        if not self.return_state:
            return merged
        return (*(merged if self.merge_mode is None else (merged,)), *there, *back)

    def _merged(self, y: Any, z: Any) -> Any:
        if self.merge_mode == "concat":
            return ops.concatenate([y, z], axis=-1)
        if self.merge_mode == "sum":
            return ops.add(y, z)
        if self.merge_mode == "ave":
            return ops.divide(ops.add(y, z), 2)
        if self.merge_mode == "mul":
            return ops.multiply(y, z)
        return y, z

    @property
    def states(self) -> Any:
        """The variables that carry the states between batches; None if there are none."""
        if self.forward_layer.states is None:
            return None
        return (*self.forward_layer.states, *self.backward_layer.states)

    def reset_state(self) -> None:
        """Set the states carried between batches to their first values."""
        if not self.stateful:
            raise AttributeError(
                f"Bidirectional {self.name!r} carries no state: its layers must be made with "
                "stateful=True."
            )
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self) -> None:
        """`reset_state` under its older name."""
        self.reset_state()

    def get_config(self) -> dict[str, Any]:
        from keras_core.core import registry

        return {
            **super().get_config(),
            "merge_mode": self.merge_mode,
            "layer": registry.serialize_keras_object(self.forward_layer),
            "backward_layer": registry.serialize_keras_object(self.backward_layer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from keras_core.core import registry

        config = dict(config)
        for name in ("layer", "backward_layer"):
            if config.get(name) is not None:
                config[name] = registry.deserialize_keras_object(
                    config[name], custom_objects=custom_objects
                )
        return cls(**config)


def _parted(outputs: Any, return_state: bool) -> tuple[Any, tuple[Any, ...]]:
    """The output and the states."""
    return (outputs[0], tuple(outputs[1:])) if return_state else (outputs, ())
