"""JAX's own functions on KerasTensors: JAX asks no argument's class, so there is nothing to teach.

`jax.numpy` hands its arguments to compiled functions, which know arrays and nothing else:
`__jax_array__` is asked for in some, and must give an array there and then. What is left is
`keras_core.utils.lift(jax.numpy)`, which the error names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

NUMPY = False

SAME: dict[Any, tuple[str, int]] = {
    jax.nn.relu: ("relu", 1),
    jax.nn.sigmoid: ("sigmoid", 1),
    jax.nn.softplus: ("softplus", 1),
    jax.nn.silu: ("silu", 1),
    jax.nn.softmax: ("softmax", 2),
    jnp.sum: ("sum", 2),
    jnp.mean: ("mean", 2),
    jnp.max: ("max", 2),
    jnp.min: ("min", 2),
    jnp.matmul: ("matmul", 2),
    jnp.where: ("where", 3),
}


def install(keras_tensor: type, called: Callable) -> None:
    """Nothing can be installed."""


def is_weight(x: Any) -> bool:
    return False
