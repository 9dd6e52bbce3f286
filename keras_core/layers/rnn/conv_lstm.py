"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: long short-term memory made of convolutions."""

from __future__ import annotations

from typing import Any, ClassVar

from keras_core import ops
from keras_core.layers.base import InputSpec
from keras_core.layers.rnn.base import CellLayer
from keras_core.layers.rnn.conv_cell import ConvLSTMCell


class ConvLSTM(CellLayer):
    """What the three share."""

    _cell_class = ConvLSTMCell
    rank: ClassVar[int]

    @classmethod
    def _cell_options(cls) -> tuple[str, ...]:
        return tuple(name for name in super()._cell_options() if name != "rank")

    def _set_up(self, options: dict[str, Any]) -> None:
        loop = ("return_sequences", "return_state", "go_backwards", "stateful")
        CellLayer.__init__(
            self,
            self._make_cell(options, "conv_lstm_cell", rank=self.rank),
            activity_regularizer=options["activity_regularizer"],
            **{name: options[name] for name in loop},
            **options["kwargs"],
        )
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        state = self.cell.state_shape((sequences_shape[0], *sequences_shape[2:]))
        output = state
        if self.return_sequences:
            output = (state[0], sequences_shape[1], *state[1:])
        return (output, state, state) if self.return_state else output

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        self._spatial = tuple(sequences_shape[2:])
        super().build(sequences_shape, initial_state_shape)

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """States of zeros for a batch of the sizes that the layer was built for."""
        return self._zeros((batch_size, *self._spatial))

    def _zeros(self, step_shape: tuple[Any, ...]) -> list[Any]:
        shape = self.cell.state_shape((None, *step_shape[1:]))
        state = ops.zeros((step_shape[0], *shape[1:]), dtype=self.compute_dtype)
        return [state, state]

    def _first_states(self, sequences: Any, given: Any) -> list[Any]:
        if given is None and not self.stateful:
            sizes = ops.shape(sequences)
            return self._zeros((sizes[0], *sizes[2:]))
        return super()._first_states(sequences, given)


class ConvLSTM1D(ConvLSTM):
    """LSTM over sequences of rows, whose products are convolutions.

    Shi et al., 2015, "Convolutional LSTM network: a machine learning approach for precipitation
    nowcasting".

    Args:
        filters: channels of the output and of both states.
        kernel_size: of both convolutions, an int.
        strides: of the inputs' convolution.
        padding: "valid" or "same", of the inputs' convolution; the states' is always "same".
        data_format: "channels_last" or "channels_first"; the setting's by default.
        dilation_rate: of the inputs' convolution.
        activation: of the candidate and of the carry; None: linear.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias.
        kernel_initializer: of the inputs' kernel.
        recurrent_initializer: of the states' kernel.
        bias_initializer: of the bias.
        unit_forget_bias: whether the forget gate's bias starts at one.
        kernel_regularizer: penalty of the inputs' kernel.
        recurrent_regularizer: penalty of the states' kernel.
        bias_regularizer: penalty of the bias.
        activity_regularizer: penalty of the output.
        kernel_constraint: projection of the inputs' kernel after each step of training.
        recurrent_constraint: projection of the states' kernel.
        bias_constraint: projection of the bias.
        dropout: fraction of the inputs to drop, in [0, 1].
        recurrent_dropout: fraction of the state to drop, in [0, 1].
        seed: seed of the dropout.
        return_sequences: whether the outputs of all steps are returned, not the last one alone.
        return_state: whether the last states are returned after the output.
        go_backwards: whether sequences are read backwards.
        stateful: whether a batch starts from the states that the last one ended with.
        **kwargs: unroll, zero_output_for_mask, and name, dtype, trainable.

    Call arguments:
        sequences: (batch, time, steps, channels), or channels before the spatial axes.
        initial_state: [output, carry]; zeros by default.
        mask: (batch, time), False at steps to skip.
        training: whether dropout is applied.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.ConvLSTM1D(4, 3)(keras.ops.ones((1, 2, 8, 3))).shape
    (1, 6, 4)
    """

    rank = 1

    def __init__(
        self,
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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        self._set_up(locals())


class ConvLSTM2D(ConvLSTM):
    """LSTM over sequences of images, whose products are convolutions.

    Shi et al., 2015, "Convolutional LSTM network: a machine learning approach for precipitation
    nowcasting".

    Args:
        filters: channels of the output and of both states.
        kernel_size: of both convolutions, an int or 2 of them.
        strides: of the inputs' convolution.
        padding: "valid" or "same", of the inputs' convolution; the states' is always "same".
        data_format: "channels_last" or "channels_first"; the setting's by default.
        dilation_rate: of the inputs' convolution.
        activation: of the candidate and of the carry; None: linear.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias.
        kernel_initializer: of the inputs' kernel.
        recurrent_initializer: of the states' kernel.
        bias_initializer: of the bias.
        unit_forget_bias: whether the forget gate's bias starts at one.
        kernel_regularizer: penalty of the inputs' kernel.
        recurrent_regularizer: penalty of the states' kernel.
        bias_regularizer: penalty of the bias.
        activity_regularizer: penalty of the output.
        kernel_constraint: projection of the inputs' kernel after each step of training.
        recurrent_constraint: projection of the states' kernel.
        bias_constraint: projection of the bias.
        dropout: fraction of the inputs to drop, in [0, 1].
        recurrent_dropout: fraction of the state to drop, in [0, 1].
        seed: seed of the dropout.
        return_sequences: whether the outputs of all steps are returned, not the last one alone.
        return_state: whether the last states are returned after the output.
        go_backwards: whether sequences are read backwards.
        stateful: whether a batch starts from the states that the last one ended with.
        **kwargs: unroll, zero_output_for_mask, and name, dtype, trainable.

    Call arguments:
        sequences: (batch, time, height, width, channels), or channels before the spatial axes.
        initial_state: [output, carry]; zeros by default.
        mask: (batch, time), False at steps to skip.
        training: whether dropout is applied.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.ConvLSTM2D(4, 3)(keras.ops.ones((1, 2, 8, 8, 3))).shape
    (1, 6, 6, 4)
    """

    rank = 2

    def __init__(
        self,
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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        self._set_up(locals())


class ConvLSTM3D(ConvLSTM):
    """LSTM over sequences of volumes, whose products are convolutions.

    Shi et al., 2015, "Convolutional LSTM network: a machine learning approach for precipitation
    nowcasting".

    Args:
        filters: channels of the output and of both states.
        kernel_size: of both convolutions, an int or 3 of them.
        strides: of the inputs' convolution.
        padding: "valid" or "same", of the inputs' convolution; the states' is always "same".
        data_format: "channels_last" or "channels_first"; the setting's by default.
        dilation_rate: of the inputs' convolution.
        activation: of the candidate and of the carry; None: linear.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias.
        kernel_initializer: of the inputs' kernel.
        recurrent_initializer: of the states' kernel.
        bias_initializer: of the bias.
        unit_forget_bias: whether the forget gate's bias starts at one.
        kernel_regularizer: penalty of the inputs' kernel.
        recurrent_regularizer: penalty of the states' kernel.
        bias_regularizer: penalty of the bias.
        activity_regularizer: penalty of the output.
        kernel_constraint: projection of the inputs' kernel after each step of training.
        recurrent_constraint: projection of the states' kernel.
        bias_constraint: projection of the bias.
        dropout: fraction of the inputs to drop, in [0, 1].
        recurrent_dropout: fraction of the state to drop, in [0, 1].
        seed: seed of the dropout.
        return_sequences: whether the outputs of all steps are returned, not the last one alone.
        return_state: whether the last states are returned after the output.
        go_backwards: whether sequences are read backwards.
        stateful: whether a batch starts from the states that the last one ended with.
        **kwargs: unroll, zero_output_for_mask, and name, dtype, trainable.

    Call arguments:
        sequences: (batch, time, depth, height, width, channels), or channels first.
        initial_state: [output, carry]; zeros by default.
        mask: (batch, time), False at steps to skip.
        training: whether dropout is applied.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.ConvLSTM3D(4, 3)(keras.ops.ones((1, 2, 8, 8, 8, 3))).shape
    (1, 6, 6, 6, 4)
    """

    rank = 3

    def __init__(
        self,
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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        self._set_up(locals())
