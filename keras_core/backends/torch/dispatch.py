"""torch's own functions on KerasTensors: by `__torch_function__`, which KerasTensor has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from keras_core.core import operators

NUMPY = False

SAME: dict[Any, tuple[str, int]] = {
    torch.relu: ("relu", 1),
    F.relu: ("relu", 1),
    torch.add: ("add", 2),
    torch.sub: ("subtract", 2),
    torch.mul: ("multiply", 2),
    torch.div: ("divide", 2),
    torch.matmul: ("matmul", 2),
    torch.softmax: ("softmax", 2),
    F.softmax: ("softmax", 2),
    F.softplus: ("softplus", 1),
    F.silu: ("silu", 1),
    F.sigmoid: ("sigmoid", 1),
    F.tanh: ("tanh", 1),
    torch.cat: ("concatenate", 2),
    torch.sum: ("sum", 3),
    torch.mean: ("mean", 3),
    torch.amax: ("max", 3),
    torch.amin: ("min", 3),
    torch.unsqueeze: ("expand_dims", 2),
    torch.where: ("where", 3),
}

# Methods behind Python's operators, where a tensor stands on the left.
_OPERATORS = {
    torch.Tensor.add: "add",
    torch.Tensor.sub: "subtract",
    torch.Tensor.mul: "multiply",
    torch.Tensor.div: "true_divide",
    torch.Tensor.matmul: "matmul",
    torch.Tensor.pow: "power",
    torch.Tensor.remainder: "mod",
    torch.Tensor.floor_divide: "floor_divide",
    torch.Tensor.__floordiv__: "floor_divide",
    torch.Tensor.eq: "equal",
    torch.Tensor.ne: "not_equal",
    torch.Tensor.gt: "greater",
    torch.Tensor.ge: "greater_equal",
    torch.Tensor.lt: "less",
    torch.Tensor.le: "less_equal",
    torch.Tensor.__and__: "logical_and",
    torch.Tensor.__or__: "logical_or",
    torch.Tensor.__xor__: "logical_xor",
}

# What functions written in Python hand on beside what they were called with.
_PLAIN = {"inplace": False, "dtype": None, "_stacklevel": 3}

_called: Callable


def install(keras_tensor: type, called: Callable) -> None:
    """Where `called` below goes on."""
    global _called
    _called = called


def called(function: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """A call of torch's, recorded."""
    operation = _OPERATORS.get(function)
    if operation is not None and not kwargs and len(args) == 2:
        return operators.table[operation](*args)
    plain = {k: v for k, v in kwargs.items() if _PLAIN.get(k, kwargs) != v}
    return _called(function, args, plain)


def is_weight(x: Any) -> bool:
    return isinstance(x, torch.nn.Parameter) and x.requires_grad
