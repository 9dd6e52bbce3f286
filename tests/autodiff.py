"""Gradients of a function of native tensors, the same call on every backend that has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_core.backends.select import backend


def to_numpy(x: Any) -> np.ndarray:
    """A native tensor as an array; 16-bit floats as float32."""
    array = np.asarray(backend.arrays.convert_to_numpy(x))
    return array.astype(np.float32) if array.dtype.name in ("bfloat16", "float16") else array


def as_one_program(function: Callable[..., Any], *args: Any) -> Any:
    """What a function gives on JAX, compiled as a whole: else each of its steps would be, apart."""
    import jax

    return jax.jit(function)(*args)


def gradients(function: Callable[..., Any], inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradients of a scalar function with respect to each of its float inputs."""
    if backend.name == "jax":
        import jax

        tensors = [backend.arrays.convert_to_tensor(x) for x in inputs]
        derived = jax.grad(function, argnums=tuple(range(len(tensors))))
        try:
            found = as_one_program(derived, *tensors)
        except jax.errors.ConcretizationTypeError:  # values decide about what is computed
            found = derived(*tensors)
    elif backend.name == "torch":
        import torch

        tensors = [backend.arrays.convert_to_tensor(x).requires_grad_() for x in inputs]
        found = torch.autograd.grad(function(*tensors), tensors, allow_unused=True)
    elif backend.name == "tensorflow":
        import tensorflow as tf

        tensors = [backend.arrays.convert_to_tensor(x) for x in inputs]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = function(*tensors)
        found = tape.gradient(value, tensors)
    else:
        raise NotImplementedError(f"{backend.name} has no gradients")
    return [
        np.zeros_like(x) if g is None else to_numpy(g) for x, g in zip(inputs, found, strict=True)
    ]
