"""Operations that the compiler takes as they are, since it cannot look into torch's own.

Imported when something is compiled, or computed on the host.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor

from keras_core.backends.torch.arrays import convert_to_numpy
from keras_core.core import beam_search

# LSTM of oneDNN. What torch calls keeps a workspace for gradients or not, by the mode in which it
# runs, and in a size that only a run tells: neither holds in a graph.

_LSTM = 2  # its number among the kinds of cells


def _run(x: Tensor, h: Tensor, c: Tensor, weights: list[Tensor]) -> list[Tensor]:
    with torch.enable_grad():  # it asks for this before it keeps a workspace
        found = torch.ops.aten.mkldnn_rnn_layer(
            x.transpose(0, 1).contiguous(), *weights, h, c, False, [], _LSTM, h.shape[-1], 1, True,
            False, False, False,
        )  # fmt: skip
    return [y.detach() for y in found]


@torch.library.custom_op("keras_core::lstm", mutates_args=())
def lstm(
    x: Tensor, h: Tensor, c: Tensor, kernel: Tensor, recurrent: Tensor, bias: Tensor, zero: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """All outputs, the last states, and the workspace.

    Args:
        x: (batch, steps, inputs).
        h: the first output, (batch, units).
        c: the first cell state, (batch, units).
        kernel: (4 units, inputs), gates in torch's order.
        recurrent: (4 units, units).
        bias: (4 units,).
        zero: torch's second bias, zeros.
    """
    outputs, h, c, kept = _run(x, h, c, [kernel, recurrent, bias, zero])
    return outputs.transpose(0, 1).contiguous(), h.clone(), c.clone(), kept


@functools.cache
def _workspace(batch: int, steps: int, inputs: int, units: int) -> int:
    """The bytes that a run keeps."""
    from torch._subclasses.fake_tensor import unset_fake_temporarily

    with unset_fake_temporarily():
        h = torch.zeros(batch, units)
        weights = [torch.zeros(4 * units, n) for n in (inputs, units)]
        weights += [torch.zeros(4 * units)] * 2
        return _run(torch.zeros(batch, steps, inputs), h, h, weights)[3].numel()


@lstm.register_fake
def _(x: Any, h: Any, c: Any, *weights: Any) -> Any:
    batch, steps, inputs = x.shape
    kept = x.new_empty(_workspace(batch, steps, inputs, h.shape[-1]), dtype=torch.uint8)
    outputs = x.new_empty(batch, steps, h.shape[-1])
    return outputs, h.new_empty(h.shape), c.new_empty(c.shape), kept


@torch.library.custom_op("keras_core::lstm_gradients", mutates_args=())
def _gradients(
    x: Tensor, h: Tensor, c: Tensor, kernel: Tensor, recurrent: Tensor, bias: Tensor, zero: Tensor,
    outputs: Tensor, last_h: Tensor, last_c: Tensor, kept: Tensor,
    of_outputs: Tensor, of_h: Tensor, of_c: Tensor,
) -> list[Tensor]:  # fmt: skip
    of_x, of_kernel, of_recurrent, of_bias, _, of_h, of_c = (
        torch.ops.aten.mkldnn_rnn_layer_backward(
            x.transpose(0, 1).contiguous(), kernel, recurrent, bias, zero, h, c,
            outputs.transpose(0, 1).contiguous(), last_h, last_c,
            of_outputs.transpose(0, 1).contiguous(), of_h.contiguous(), of_c.contiguous(),
            False, _LSTM, h.shape[-1], 1, True, True, False, [], False, kept,
        )
    )  # fmt: skip
    found = (of_x.transpose(0, 1), of_h, of_c, of_kernel, of_recurrent, of_bias)
    return [
        g.reshape(own.shape).clone(memory_format=torch.contiguous_format)
        for g, own in zip(found, (x, h, c, kernel, recurrent, bias), strict=True)
    ]


@_gradients.register_fake
def _(*tensors: Any) -> Any:
    return [x.new_empty(x.shape) for x in tensors[:6]]


def _keep(ctx: Any, inputs: Any, output: Any) -> None:
    ctx.save_for_backward(*inputs, *output)


def _backward(ctx: Any, *given: Any) -> Any:
    *_, outputs, h, c, _ = ctx.saved_tensors
    given = tuple(
        torch.zeros_like(y) if g is None else g
        for g, y in zip(given[:3], (outputs, h, c), strict=True)
    )
    return (*_gradients(*ctx.saved_tensors, *given), None)


lstm.register_autograd(_backward, setup_context=_keep)


# Connectionist temporal classification: torch looks at the lengths.


def _alignments(log: Tensor, target: Tensor, frames: Tensor, labels: Tensor, blank: int) -> Any:
    return torch.ops.aten._ctc_loss(log, target, frames, labels, blank, True)


@torch.library.custom_op("keras_core::ctc", mutates_args=())
def ctc(log: Tensor, target: Tensor, frames: Tensor, labels: Tensor, blank: int) -> Tensor:
    """The loss of each sequence.

    Args:
        log: logarithms of probabilities, (frames, batch, classes).
        target: labels, (batch, most labels).
        frames: how many frames are valid, (batch,).
        labels: how many labels are valid, (batch,).
        blank: the class of blanks.
    """
    return _alignments(log, target, frames, labels, blank)[0].clone()


@ctc.register_fake
def _(log: Any, target: Any, *rest: Any) -> Any:
    return log.new_empty(log.shape[1])


@torch.library.custom_op("keras_core::ctc_gradient", mutates_args=())
def _ctc_gradient(
    given: Tensor, log: Tensor, target: Tensor, frames: Tensor, labels: Tensor, blank: int
) -> Tensor:
    # What the forward pass found has a size that depends on the lengths: it is found again.
    loss, alpha = _alignments(log, target, frames, labels, blank)
    return torch.ops.aten._ctc_loss_backward(
        given.contiguous(), log, target, frames, labels, loss, alpha, blank, True
    ).contiguous()


@_ctc_gradient.register_fake
def _(given: Any, log: Any, *rest: Any) -> Any:
    return log.new_empty(log.shape)


def _keep_ctc(ctx: Any, inputs: Any, output: Any) -> None:
    *tensors, ctx.blank = inputs
    ctx.save_for_backward(*tensors)


def _ctc_backward(ctx: Any, given: Any) -> Any:
    return _ctc_gradient(given, *ctx.saved_tensors, ctx.blank), None, None, None, None


ctc.register_autograd(_ctc_backward, setup_context=_keep_ctc)


# Beam search, on the host.


@torch.library.custom_op("keras_core::beam_search", mutates_args=())
def search(
    logits: Tensor, lengths: Tensor, width: int, paths: int, blank: int
) -> tuple[Tensor, Tensor]:
    """The best sequences, and their scores; see `core.beam_search`."""
    out, scores = beam_search.search(
        convert_to_numpy(logits), convert_to_numpy(lengths), width, paths, blank
    )
    return torch.from_numpy(out).to(logits.device), torch.from_numpy(scores).to(logits.device)


@search.register_fake
def _(logits: Any, lengths: Any, width: int, paths: int, blank: int) -> Any:
    batch, frames, _ = logits.shape
    out = logits.new_empty((paths, batch, frames), dtype=torch.int32)
    return out, logits.new_empty((batch, paths))
