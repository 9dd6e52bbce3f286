"""Optimizers on JAX: the pure rules run as they are, and `jax.jit` fuses them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from keras_core.core import scopes

#: Kernels by the rule's name; see torch/optimizers.py for what they take.
FUSED: dict[str, Callable[..., bool]] = {}


def no_gradients() -> contextlib.AbstractContextManager[Any]:
    """A block in which nothing is recorded for differentiation: JAX records nothing anyway."""
    return contextlib.nullcontext()


def number(variable: Any) -> Any:
    """A scalar variable's value as a Python number; a tensor where it is traced."""
    value = variable.tensor
    return value if isinstance(value, jax.core.Tracer) else value.item()


def concrete(x: Any) -> Any:
    """A scalar array as a Python number; itself where it is traced."""
    return x.item() if isinstance(x, jax.Array) and not isinstance(x, jax.core.Tracer) else x


def increment(variable: Any) -> None:
    """Add 1 to a scalar integer variable."""
    if scopes.local.stateless is not None:
        variable.assign(variable.tensor + 1)
    else:
        variable._value = variable._value + 1


OWN_VARIABLES = "nothing else: JAX has none"


def across_replicas(gradients: list[Any]) -> list[Any]:
    """Gradients summed over the replicas that run this step: there is one."""
    return gradients


def is_variable(x: Any) -> bool:
    """Whether it is the framework's own variable."""
    return False


def dense(gradient: Any) -> Any:
    """A gradient as a tensor."""
    if hasattr(gradient, "todense"):
        return gradient.todense()
    return jnp.asarray(gradient)


def global_norm(gradients: list[Any]) -> Any:
    """The norm of all gradients together."""
    return jnp.sqrt(sum(jnp.sum(jnp.square(g)) for g in gradients))
