"""One step of time: SimpleRNNCell, GRUCell and LSTMCell, and what the three share."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from keras_core import initializers, ops, random
from keras_core.backends.variable import fresh
from keras_core.core.limits import BOOL, FRACTION, POSITIVE_INT, SEED
from keras_core.layers.base import InputSpec
from keras_core.layers.base.options import OptionsLayer
from keras_core.symbolic.keras_tensor import KerasTensor


class DropoutMasks:
    """Dropout of a cell's inputs and states: one mask a sequence, the same at every step.

    Gal & Ghahramani, 2016, "A theoretically grounded application of dropout in recurrent
    neural networks".
    """

    dropout: float
    recurrent_dropout: float
    seed_generator: Any
    _dropout_mask: Any = None
    _recurrent_dropout_mask: Any = None

    def get_dropout_mask(self, step_input: Any) -> Any:
        """The mask of the inputs, drawn when first asked for; None without dropout."""
        if self._dropout_mask is None and self.dropout > 0:
            self._dropout_mask = self._create_dropout_mask(step_input, self.dropout)
        return self._dropout_mask

    def get_recurrent_dropout_mask(self, step_input: Any) -> Any:
        """The mask of the states, drawn when first asked for; None without dropout."""
        if self._recurrent_dropout_mask is None and self.recurrent_dropout > 0:
            self._recurrent_dropout_mask = self._create_dropout_mask(
                step_input, self.recurrent_dropout
            )
        return self._recurrent_dropout_mask

    def _create_dropout_mask(self, like: Any, rate: float) -> Any:
        return random.dropout(ops.ones_like(like), rate, seed=self.seed_generator)

    def reset_dropout_mask(self) -> None:
        """Have the next sequence draw another mask for its inputs."""
        self._dropout_mask = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Have the next sequence draw another mask for its states."""
        self._recurrent_dropout_mask = None

    def _dropped_input(self, inputs: Any, training: Any) -> Any:
        if training and self.dropout > 0 and not isinstance(inputs, KerasTensor):
            return ops.multiply(inputs, self.get_dropout_mask(inputs))
        return inputs

    def _dropped_sequences(self, sequences: Any, training: Any) -> Any:
        """Sequences (batch, time, ...) with one mask for all of their steps."""
        if training and self.dropout > 0:
            mask = self.get_dropout_mask(sequences[:, 0])
            return ops.multiply(sequences, ops.expand_dims(mask, 1))
        return sequences

    def _dropped_state(self, state: Any, training: Any) -> Any:
        if training and self.recurrent_dropout > 0 and not isinstance(state, KerasTensor):
            return ops.multiply(state, self.get_recurrent_dropout_mask(state))
        return state


class DenseCell(DropoutMasks, OptionsLayer):
    """A cell of `gates` dense products of the input and of the last output.

    `call` is `_step(_product(inputs), states)`, so that a layer can make the products of all steps
    at once, before its loop.
    """

    limits = {
        "units": POSITIVE_INT,
        "use_bias": BOOL,
        "dropout": FRACTION,
        "recurrent_dropout": FRACTION,
        "unit_forget_bias": BOOL,
        "reset_after": BOOL,
        "seed": SEED,
    }
    _gates: ClassVar[int]
    units: int

    def _set_up(self, options: dict[str, Any]) -> None:
        self._set_options(options)
        self.seed_generator = random.SeedGenerator(self.seed)
        self.state_size: Any = self.units
        self.output_size = self.units

    def build(self, input_shape: Any) -> None:
        width = self._gates * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], width),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, width),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                self._bias_shape(),
                self._first_bias(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(ndim=2, axes={-1: input_shape[-1]})

    def _bias_shape(self) -> tuple[int, ...]:
        return (self._gates * self.units,)

    def _first_bias(self) -> Any:
        return self.bias_initializer

    def _outer_bias(self) -> Any:
        """The bias that is added to the product with the inputs, or None."""
        return self.bias

    def _product(self, inputs: Any) -> Any:
        """What the inputs add to the gates: those of a step, or (batch, time, features)."""
        x, bias = ops.matmul(inputs, self.kernel), self._outer_bias()
        return x if bias is None else ops.add(x, bias)

    def _step(self, x: Any, states: Any, training: Any) -> tuple[Any, Any]:
        """The output and the next states, from the inputs' product."""
        raise NotImplementedError

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """States of zeros for a batch."""
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]


class SimpleRNNCell(DenseCell):
    """One step of a fully connected recurrent layer: `activation(x W + h U + b)`.

    Args:
        units: size of the output and of the state.
        activation: of the output; None: linear.
        use_bias: whether there is a bias.
        kernel_initializer: of the matrix (features, units) applied to the input.
        recurrent_initializer: of the matrix (units, units) applied to the state.
        bias_initializer: of the bias.
        kernel_regularizer: penalty of the kernel.
        recurrent_regularizer: penalty of the recurrent kernel.
        bias_regularizer: penalty of the bias.
        kernel_constraint: projection of the kernel after each step of training.
        recurrent_constraint: projection of the recurrent kernel.
        bias_constraint: projection of the bias.
        dropout: fraction of the input's features to drop, in [0, 1].
        recurrent_dropout: fraction of the state's features to drop, in [0, 1].
        seed: seed of the dropout.
        **kwargs: name, dtype, trainable.

    Call arguments:
        sequence: the step's input, (batch, features).
        states: [state], (batch, units).
        training: whether dropout is applied.

    Example:

    >>> import keras_core as keras
    >>> cell = keras.layers.SimpleRNNCell(4)
    >>> y, states = cell(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 4))])
    >>> y.shape
    (2, 4)
    """

    _gates = 1

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def call(self, sequence: Any, states: Any, training: Any = False) -> tuple[Any, Any]:
        return self._step(self._product(self._dropped_input(sequence, training)), states, training)

    def _step(self, x: Any, states: Any, training: Any) -> tuple[Any, Any]:
        last = states[0] if isinstance(states, (list, tuple)) else states
        h = ops.matmul(self._dropped_state(last, training), self.recurrent_kernel)
        output = self.activation(ops.add(x, h))
        return output, [output] if isinstance(states, (list, tuple)) else output


class GRUCell(DenseCell):
    """One step of a gated recurrent unit (Cho et al., 2014; Chung et al., 2014).

    Args:
        units: size of the output and of the state.
        activation: of the candidate; None: linear.
        recurrent_activation: of the update and reset gates.
        use_bias: whether there are biases.
        kernel_initializer: of the matrix (features, 3 units): update, reset, candidate.
        recurrent_initializer: of the matrix (units, 3 units).
        bias_initializer: of the biases: (2, 3 units) with `reset_after`, else (3 units,).
        kernel_regularizer: penalty of the kernel.
        recurrent_regularizer: penalty of the recurrent kernel.
        bias_regularizer: penalty of the biases.
        kernel_constraint: projection of the kernel after each step of training.
        recurrent_constraint: projection of the recurrent kernel.
        bias_constraint: projection of the biases.
        dropout: fraction of the input's features to drop, in [0, 1].
        recurrent_dropout: fraction of the state's features to drop, in [0, 1].
        reset_after: whether the reset gate is applied after the product with the recurrent
            kernel (as cuDNN does) rather than to the state before it.
        seed: seed of the dropout.
        **kwargs: name, dtype, trainable.

    Call arguments:
        inputs: the step's input, (batch, features).
        states: [state], (batch, units).
        training: whether dropout is applied.

    Example:

    >>> import keras_core as keras
    >>> cell = keras.layers.GRUCell(4)
    >>> y, states = cell(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 4))])
    """

    _gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _bias_shape(self) -> tuple[int, ...]:
        # The product with the state has a bias of its own where the gate comes after it.
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def call(self, inputs: Any, states: Any, training: Any = False) -> tuple[Any, Any]:
        return self._step(self._product(self._dropped_input(inputs, training)), states, training)

    def _outer_bias(self) -> Any:
        return self.bias.tensor[0] if self.bias is not None and self.reset_after else self.bias

    def _step(self, x: Any, states: Any, training: Any) -> tuple[Any, Any]:
        last = states[0] if isinstance(states, (list, tuple)) else states
        h = self._dropped_state(last, training)
        xz, xr, xh = ops.split(x, 3, axis=-1)
        if self.reset_after:
            product = ops.matmul(h, self.recurrent_kernel)
            if self.bias is not None:
                product = ops.add(product, self.bias.tensor[1])
            hz, hr, hh = ops.split(product, 3, axis=-1)
            z = self.recurrent_activation(ops.add(xz, hz))
            r = self.recurrent_activation(ops.add(xr, hr))
            candidate = self.activation(ops.add(xh, ops.multiply(r, hh)))
        else:
            kernel = ops.convert_to_tensor(self.recurrent_kernel)
            gates = ops.matmul(h, kernel[:, : 2 * self.units])
            hz, hr = ops.split(gates, 2, axis=-1)
            z = self.recurrent_activation(ops.add(xz, hz))
            r = self.recurrent_activation(ops.add(xr, hr))
            hh = ops.matmul(ops.multiply(r, h), kernel[:, 2 * self.units :])
            candidate = self.activation(ops.add(xh, hh))
        output = ops.add(candidate, ops.multiply(z, ops.subtract(last, candidate)))
        return output, [output] if isinstance(states, (list, tuple)) else output


class LSTMCell(DenseCell):
    """One step of a long short-term memory (Hochreiter & Schmidhuber, 1997).

    Args:
        units: size of the output and of both states.
        activation: of the candidate and of the carry; None: linear.
        recurrent_activation: of the input, forget and output gates.
        use_bias: whether there is a bias.
        kernel_initializer: of the matrix (features, 4 units): input, forget, candidate, output.
        recurrent_initializer: of the matrix (units, 4 units).
        bias_initializer: of the bias (4 units,).
        unit_forget_bias: whether the forget gate's bias starts at one (Jozefowicz et al., 2015).
        kernel_regularizer: penalty of the kernel.
        recurrent_regularizer: penalty of the recurrent kernel.
        bias_regularizer: penalty of the bias.
        kernel_constraint: projection of the kernel after each step of training.
        recurrent_constraint: projection of the recurrent kernel.
        bias_constraint: projection of the bias.
        dropout: fraction of the input's features to drop, in [0, 1].
        recurrent_dropout: fraction of the state's features to drop, in [0, 1].
        seed: seed of the dropout.
        **kwargs: name, dtype, trainable.

    Call arguments:
        inputs: the step's input, (batch, features).
        states: [output, carry], each (batch, units).
        training: whether dropout is applied.

    Example:

    >>> import keras_core as keras
    >>> cell = keras.layers.LSTMCell(4)
    >>> y, (h, c) = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
    """

    _gates = 4

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())
        self.state_size = [self.units, self.units]

    def _first_bias(self) -> Any:
        return ForgetBias(self.bias_initializer) if self.unit_forget_bias else self.bias_initializer

    def call(self, inputs: Any, states: Any, training: Any = False) -> tuple[Any, list[Any]]:
        if not isinstance(states, (list, tuple)) or len(states) != 2:
            raise self._refuse(
                "states", "be a list of two tensors, the output and the cell's", states
            )
        return self._step(self._product(self._dropped_input(inputs, training)), states, training)

    def _step(self, x: Any, states: Any, training: Any) -> tuple[Any, list[Any]]:
        h, c = states
        gates = ops.add(x, ops.matmul(self._dropped_state(h, training), self.recurrent_kernel))
        i, f, candidate, o = ops.split(gates, 4, axis=-1)
        sigmoid = self.recurrent_activation
        c = ops.add(
            ops.multiply(sigmoid(f), c), ops.multiply(sigmoid(i), self.activation(candidate))
        )
        h = ops.multiply(sigmoid(o), self.activation(c))
        return h, [h, c]


class ForgetBias(initializers.Initializer):
    """The bias of four gates, the second of which starts at one.

    Args:
        initializer: gives the values of the other gates; None for zeros.
    """

    def __init__(self, initializer: Any) -> None:
        self.initializer = initializer or initializers.Zeros()

    @fresh
    def host_values(self, shape: Any, dtype: str) -> np.ndarray:
        width = shape[0] // 4
        draw = getattr(self.initializer, "host_values", None)
        if draw is not None:
            rest = draw((3 * width,), dtype)
        else:
            rest = ops.convert_to_numpy(self.initializer((3 * width,), dtype=dtype))
        return np.concatenate([rest[:width], np.ones(width, rest.dtype), rest[width:]])
