"""GRU: gated recurrent units over a sequence."""

from __future__ import annotations

from typing import Any

from keras_core.backends.select import backend
from keras_core.core.limits import keep
from keras_core.layers.rnn.cells import GRUCell
from keras_core.layers.rnn.fused import FusedLayer


class GRU(FusedLayer):
    """Gated recurrent units (Cho et al., 2014).

    Args:
        units: size of the output and of the state, a positive int.
        activation: of the candidate; None: linear.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias.
        kernel_initializer: of the matrix applied to the inputs.
        recurrent_initializer: of the matrix applied to the state.
        bias_initializer: of the bias.
        kernel_regularizer: penalty of the kernel.
        recurrent_regularizer: penalty of the recurrent kernel.
        bias_regularizer: penalty of the bias.
        activity_regularizer: penalty of the output.
        kernel_constraint: projection of the kernel after each step of training.
        recurrent_constraint: projection of the recurrent kernel.
        bias_constraint: projection of the bias.
        dropout: fraction of the inputs' features to drop, in [0, 1]; the same at every step.
        recurrent_dropout: fraction of the state's features to drop, in [0, 1].
        seed: seed of the dropout.
        return_sequences: whether the outputs of all steps are returned, not the last one alone.
        return_state: whether the last states are returned after the output.
        go_backwards: whether sequences are read backwards (and outputs come in that order).
        stateful: whether a batch starts from the states that the last one ended with.
        unroll: whether the steps are laid out one by one.
        reset_after: whether the reset gate is applied after the product with the recurrent
            kernel (as cuDNN does) rather than to the state before it.
        use_cudnn: "auto" or True: the framework's kernel for whole sequences runs wherever the
            options allow it; False: always step by step. True refuses options that do not.
        **kwargs: zero_output_for_mask, and name, dtype, trainable.

    Call arguments:
        sequences: (batch, time, features).
        initial_state: a tensor (batch, units), or a list of one; zeros by default.
        mask: (batch, time), False at steps to skip.
        training: whether dropout is applied.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.GRU(8)(keras.ops.ones((2, 5, 3))).shape
    (2, 8)
    """

    _cell_class = GRUCell

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
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            self._make_cell(locals(), "gru_cell"),
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        keep(self, {"use_cudnn": use_cudnn}, self._owner)

    def _fusable(self, training: Any) -> bool:
        return self.cell.reset_after and super()._fusable(training)

    def _whole_sequence(self, x: Any, states: list[Any], mask: Any) -> tuple[Any, list[Any]]:
        outputs, h = backend.recurrent.gru(x, *states, *self._weights(), mask, self.go_backwards)
        return outputs, [h]
