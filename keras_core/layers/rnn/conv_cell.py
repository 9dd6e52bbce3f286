"""One step of a convolutional LSTM, in any number of spatial dimensions."""

from __future__ import annotations

from typing import Any

from keras_core import ops, random
from keras_core.core import settings, windows
from keras_core.core.limits import BOOL, DATA_FORMAT, FRACTION, POSITIVE_INT, SEED, SIZES, one_of
from keras_core.layers.base.options import OptionsLayer
from keras_core.layers.rnn.cells import DropoutMasks, ForgetBias


class ConvLSTMCell(DropoutMasks, OptionsLayer):
    """One step of an LSTM whose products are convolutions.

    Args:
        rank: the number of spatial dimensions.
        filters: channels of the output and of both states.
        kernel_size: of both convolutions, an int or `rank` of them.
        strides: of the inputs' convolution.
        padding: "valid" or "same", of the inputs' convolution.
        data_format: "channels_last" or "channels_first".
        dilation_rate: of the inputs' convolution.
        activation: of the candidate and of the carry.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias.
        kernel_initializer: of the inputs' kernel.
        recurrent_initializer: of the states' kernel.
        bias_initializer: of the bias.
        unit_forget_bias: whether the forget gate's bias starts at one.
        kernel_regularizer: penalty of the inputs' kernel.
        recurrent_regularizer: penalty of the states' kernel.
        bias_regularizer: penalty of the bias.
        kernel_constraint: projection of the inputs' kernel.
        recurrent_constraint: projection of the states' kernel.
        bias_constraint: projection of the bias.
        dropout: fraction of the inputs to drop.
        recurrent_dropout: fraction of the state to drop.
        seed: seed of the dropout.
        **kwargs: name, dtype, trainable.
    """

    limits = {
        "filters": POSITIVE_INT,
        "use_bias": BOOL,
        "data_format": DATA_FORMAT,
        "dropout": FRACTION,
        "recurrent_dropout": FRACTION,
        "unit_forget_bias": BOOL,
        "kernel_size": SIZES,
        "strides": SIZES,
        "dilation_rate": SIZES,
        "seed": SEED,
        "padding": one_of("valid", "same"),
    }
    unsaved = frozenset(("rank",))

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        values = dict(locals())
        for name in ("kernel_size", "strides", "dilation_rate"):
            size = self._check(name, values[name])
            values[name] = windows.sizes(size, rank, self._owner, name)
        values["padding"] = windows.standardize_padding(padding, self._owner)
        values["data_format"] = settings.standardize_data_format(
            self._check("data_format", data_format)
        )
        self._set_options(values)
        self.seed_generator = random.SeedGenerator(self.seed)
        self.state_size = [self.filters, self.filters]

    @property
    def _last(self) -> bool:
        return self.data_format == "channels_last"

    def build(self, input_shape: Any) -> None:
        _, channels = windows.split_shape(input_shape, self.data_format)
        if channels is None:
            raise self._refuse("the inputs' channel axis", "have a known size", input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, channels, 4 * self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            (*self.kernel_size, self.filters, 4 * self.filters),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )
        self.bias = None
        if self.use_bias:
            first = self.bias_initializer
            self.bias = self.add_weight(
                (4 * self.filters,),
                ForgetBias(first) if self.unit_forget_bias else first,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def state_shape(self, step_shape: Any) -> tuple[Any, ...]:
        """The shape of a state, for the shape of one step's input."""
        kernel = (*self.kernel_size, step_shape[-1 if self._last else 1], self.filters)
        return windows.conv_shape(
            tuple(step_shape),
            kernel,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )

    def call(self, inputs: Any, states: Any, training: Any = False) -> tuple[Any, list[Any]]:
        h, c = states
        gates = ops.conv(
            self._dropped_input(inputs, training),
            self.kernel,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )
        if self.bias is not None:
            bias = self.bias
            if not self._last:
                bias = ops.reshape(bias, (-1, *(1,) * self.rank))
            gates = ops.add(gates, bias)
        recurrent = ops.conv(
            self._dropped_state(h, training), self.recurrent_kernel, 1, "same", self.data_format
        )
        axis = -1 if self._last else 1
        i, f, candidate, o = ops.split(ops.add(gates, recurrent), 4, axis=axis)
        sigmoid = self.recurrent_activation
        c = ops.add(
            ops.multiply(sigmoid(f), c), ops.multiply(sigmoid(i), self.activation(candidate))
        )
        h = ops.multiply(sigmoid(o), self.activation(c))
        return h, [h, c]
