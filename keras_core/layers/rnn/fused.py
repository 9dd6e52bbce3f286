"""What LSTM and GRU share: the kernel for whole sequences, wherever the options allow it."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core import activations, ops
from keras_core.backends.select import backend
from keras_core.core.limits import BOOL, Limit
from keras_core.layers.rnn.base import CellLayer


class FusedLayer(CellLayer):
    """A recurrent layer for which every backend has a kernel that runs whole sequences."""

    limits = {
        **CellLayer.limits,
        "use_cudnn": Limit(
            'be "auto", True or False',
            lambda v: v == "auto" if isinstance(v, str) else v is not None and BOOL.holds(v),
            ("no such choice", 7, None, 0.5, np.ones(2)),
            lambda v: v if isinstance(v, str) else bool(v),
        ),
    }
    use_cudnn: bool | str

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        super().build(sequences_shape, initial_state_shape)
        _ = backend.recurrent  # loaded now, and not while torch.compile traces a call

    def _whole_sequence(self, x: Any, states: list[Any], mask: Any) -> tuple[Any, list[Any]]:
        """All outputs and the last states, from the backend's kernel."""
        raise NotImplementedError

    def _weights(self) -> tuple[Any, Any, Any]:
        cell = self.cell
        bias = None if cell.bias is None else cell.bias.tensor
        return cell.kernel.tensor, cell.recurrent_kernel.tensor, bias

    def _fusable(self, training: Any) -> bool:
        """Whether the kernel computes what the options say."""
        cell = self.cell
        return (
            cell.activation is activations.tanh
            and cell.recurrent_activation is activations.sigmoid
            and not self.unroll
            and not (training and cell.recurrent_dropout > 0)
            and cell.dtype_policy.quantization_mode is None
        )

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: Any = False
    ) -> tuple[Any, Any, Any]:
        fused = self.use_cudnn is not False and self._fusable(training)
        if not fused:
            if self.use_cudnn is True:
                raise ValueError(
                    f"{self._owner}: use_cudnn=True needs activation='tanh', "
                    "recurrent_activation='sigmoid', unroll=False, no recurrent_dropout in "
                    "training, and for GRU reset_after=True. Use use_cudnn='auto' to run step by "
                    "step where the options ask for it."
                )
            return super().inner_loop(sequences, initial_state, mask, training)
        sequences = ops.cast(sequences, self.compute_dtype)  # from ints: kernels take one dtype
        sequences = self.cell._dropped_sequences(sequences, training)
        outputs, states = self._whole_sequence(sequences, list(initial_state), mask)
        if mask is None:
            return states[0], outputs, states
        if self.zero_output_for_mask:
            keep = ops.flip(mask, 1) if self.go_backwards else mask
            keep = ops.expand_dims(ops.cast(keep, "bool"), -1)
            outputs = ops.where(keep, outputs, ops.zeros_like(outputs))
        return outputs[:, -1], outputs, states
