"""Native bindings of products and decompositions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

_INT8 = np.dtype("int8")


def matmul(x1: Any, x2: Any) -> jax.Array:
    if x1.dtype == _INT8:
        return jnp.matmul(x1, x2, preferred_element_type=jnp.int32)
    return jnp.matmul(x1, x2)


def einsum(subscripts: str, operands: Any) -> jax.Array:
    if operands[0].dtype == _INT8:
        return jnp.einsum(subscripts, *operands, preferred_element_type=jnp.int32)
    return jnp.einsum(subscripts, *operands)


dot = jnp.dot
tensordot = jnp.tensordot
