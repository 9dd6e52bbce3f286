"""Whole-sequence LSTM and GRU on torch, for the recurrent layers; see `backends.contract`."""

from __future__ import annotations

from typing import Any

import torch


def lstm(
    x: Any,
    h0: Any,
    c0: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
) -> tuple[Any, Any, Any]:
    if go_backwards:
        x = x.flip(1)
        mask = None if mask is None else mask.flip(1)
    if mask is None and torch._C._functorch.is_batchedtensor(x):  # its kernels have no such rule
        mask = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
    if mask is None:  # torch's order of gates is ours
        weights = [kernel.t(), recurrent_kernel.t()]
        if bias is not None:
            weights += [bias, torch.zeros_like(bias)]
        if torch.compiler.is_compiling() and _takes_onednn(x):
            from keras_core.backends.torch.opaque import lstm as whole

            weights += [x.new_zeros(kernel.shape[1])] * (4 - len(weights))
            return whole(x, h0, c0, *weights)[:3]
        state = (h0.unsqueeze(0), c0.unsqueeze(0))
        # Has biases, layers, dropout, training (for dropout), bidirectional, batch first.
        outputs, h, c = torch._VF.lstm(
            x, state, weights, bias is not None, 1, 0.0, False, False, True
        )
        return outputs, h.squeeze(0), c.squeeze(0)
    gates = _inputs(x, kernel, bias)
    h, c, out, outputs = h0, c0, torch.zeros_like(h0), []
    for step, keep in zip(gates.unbind(1), _keeps(mask), strict=True):
        i, f, g, o = torch.addmm(step, h, recurrent_kernel).chunk(4, -1)
        new_c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        new_h = torch.sigmoid(o) * torch.tanh(new_c)
        h, c = torch.where(keep, new_h, h), torch.where(keep, new_c, c)
        out = torch.where(keep, new_h, out)
        outputs.append(out)
    return torch.stack(outputs, 1), h, c


def gru(
    x: Any,
    h0: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    mask: Any = None,
    go_backwards: bool = False,
) -> tuple[Any, Any]:
    if go_backwards:
        x = x.flip(1)
        mask = None if mask is None else mask.flip(1)
    if mask is None and torch._C._functorch.is_batchedtensor(x):  # its kernels have no such rule
        mask = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
    if mask is None:  # torch's order of gates is reset, update, candidate
        weights = [_swapped(kernel).t(), _swapped(recurrent_kernel).t()]
        if bias is not None:
            weights += [_swapped(bias[0]), _swapped(bias[1])]
        outputs, h = torch._VF.gru(
            x, h0.unsqueeze(0), weights, bias is not None, 1, 0.0, False, False, True
        )
        return outputs, h.squeeze(0)
    outer, inner = (None, None) if bias is None else bias.unbind(0)
    gates = _inputs(x, kernel, outer)
    h, out, outputs = h0, torch.zeros_like(h0), []
    for step, keep in zip(gates.unbind(1), _keeps(mask), strict=True):
        xz, xr, xh = step.chunk(3, -1)
        product = torch.matmul(h, recurrent_kernel)
        hz, hr, hh = (product if inner is None else product + inner).chunk(3, -1)
        z, r = torch.sigmoid(xz + hz), torch.sigmoid(xr + hr)
        new_h = torch.lerp(torch.tanh(xh + r * hh), h, z)
        h, out = torch.where(keep, new_h, h), torch.where(keep, new_h, out)
        outputs.append(out)
    return torch.stack(outputs, 1), h


def _inputs(x: Any, kernel: Any, bias: Any) -> Any:
    """All steps' inputs to the gates in one product."""
    gates = torch.matmul(x, kernel)
    return gates if bias is None else gates + bias


def _keeps(mask: Any) -> Any:
    return mask.to(torch.bool).unsqueeze(-1).unbind(1)


def _swapped(weight: Any) -> Any:
    z, r, candidate = weight.chunk(3, -1)
    return torch.cat([r, z, candidate], -1)


def _takes_onednn(x: Any) -> bool:
    """Whether torch itself would take oneDNN's kernel."""
    return x.device.type == "cpu" and x.dtype is torch.float32 and x.numel() > 0 and _has_onednn()


def _has_onednn() -> bool:
    mkldnn = torch.backends.mkldnn
    return mkldnn.is_available() and bool(mkldnn.enabled)  # type: ignore[attr-defined]


# Torch's compiler does not follow that: it calls it as it comes by.
_has_onednn._dynamo_marked_constant = True  # pyright: ignore[reportFunctionMemberAccess]
