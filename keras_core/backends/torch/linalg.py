"""Native bindings of products and decompositions."""

from __future__ import annotations

from typing import Any

import torch

# Types without matrix products of their own are multiplied in another one.
_VIA = {
    torch.bool: torch.int32,
    torch.uint16: torch.int64,
    torch.uint32: torch.int64,
    torch.uint64: torch.int64,
}


def _products(function: Any) -> Any:
    """`function` of a list of tensors, for dtypes that torch multiplies and those it doesn't."""

    def run(tensors: Any) -> torch.Tensor:
        dtype = tensors[0].dtype
        if dtype is torch.int8:
            return function([x.to(torch.int32) for x in tensors])
        via = _VIA.get(dtype)
        if via is None:
            return function(tensors)
        return function([x.to(via) for x in tensors]).to(dtype)

    return run


_matmul = _products(lambda tensors: torch.matmul(*tensors))
_FLOATS = frozenset((torch.float32, torch.float64, torch.bfloat16, torch.float16))


def matmul(x1: Any, x2: Any) -> torch.Tensor:
    if x1.dtype in _FLOATS:
        return torch.matmul(x1, x2)
    return _matmul((x1, x2))


def einsum(subscripts: str, operands: Any) -> torch.Tensor:
    if operands[0].dtype in _FLOATS:
        return torch.einsum(subscripts, *operands)
    return _products(lambda tensors: torch.einsum(subscripts, *tensors))(operands)


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> torch.Tensor:
    if not isinstance(axes, int):
        axes = tuple([a] if isinstance(a, int) else list(a) for a in axes)
    if x1.dtype in _FLOATS:
        return torch.tensordot(x1, x2, axes)
    dtype = x1.dtype
    return _products(lambda tensors: torch.tensordot(*tensors, axes))((x1, x2)).to(dtype)


def dot(x1: Any, x2: Any) -> torch.Tensor:
    if x1.ndim == 0 or x2.ndim == 0:
        return torch.mul(x1, x2)
    if x2.ndim <= 2:
        return matmul(x1, x2).to(x1.dtype)
    return tensordot(x1, x2, ((-1,), (-2,)))
