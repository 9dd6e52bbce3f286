"""Optimizers on NumPy: the pure rules run as they are, on gradients that the caller has."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

#: Kernels by the rule's name; see torch/optimizers.py for what they take.
FUSED: dict[str, Callable[..., bool]] = {}


def no_gradients() -> contextlib.AbstractContextManager[Any]:
    """A block in which nothing is recorded for differentiation."""
    return contextlib.nullcontext()


def number(variable: Any) -> Any:
    """A scalar variable's value as a Python number."""
    return variable.tensor.item()


def concrete(x: Any) -> Any:
    """A scalar array as a Python number."""
    return x.item() if hasattr(x, "item") else x


def increment(variable: Any) -> None:
    """Add 1 to a scalar integer variable."""
    variable.assign(variable.tensor + 1)


OWN_VARIABLES = "nothing else: NumPy has none"


def across_replicas(gradients: list[Any]) -> list[Any]:
    """Gradients summed over the replicas that run this step: there is one."""
    return gradients


def is_variable(x: Any) -> bool:
    """Whether it is the framework's own variable."""
    return False


def dense(gradient: Any) -> Any:
    """A gradient as a tensor."""
    return np.asarray(gradient)


def global_norm(gradients: list[Any]) -> Any:
    """The norm of all gradients together."""
    return np.sqrt(sum(np.sum(np.square(g)) for g in gradients))
