"""Gradients in one form for all backends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras_core.backends.select import backend
from keras_core.backends.variable import BaseVariable
from keras_core.core import tree


def value_and_grad(
    function: Callable[..., Any],
    variables: Any = None,
    has_aux: bool = False,
) -> Callable[..., tuple[Any, Any]]:
    """A function that gives a scalar function's value and its gradients.

    The same code runs on TensorFlow, JAX and PyTorch, also in compiled steps. Functions may call
    layers and update their state, and gradients can be taken of gradients.

    Args:
        function: `function(*args)` gives a scalar tensor, or `(scalar, aux)` with `has_aux`.
        variables: what to differentiate by: a list of Variables, or a layer or model, for its
            trainable variables. None for the first argument, a tensor or a structure of them.
        has_aux: whether `function` gives more than the value, passed on as it is.

    Returns:
        `run(*args) -> (value, gradients)`, or `((value, aux), gradients)` with `has_aux`.
        The gradients are a list, one for each variable, or have the structure of the first
        argument. What the value does not depend on has a gradient of zeros.

    Raises:
        NotImplementedError: on the NumPy backend, when it is run.
        TypeError: if `variables` holds something else.

    Example:

    >>> import keras_core as keras
    >>> w = keras.Variable([1.0, 2.0])
    >>> def loss(x):
    ...     return keras.ops.sum(keras.ops.square(w * x))
    >>> run = keras.value_and_grad(loss, [w])  # run(x) gives (loss, [gradient])
    """
    if variables is None:
        sources: list[Any] = []
    else:
        found = getattr(variables, "trainable_variables", variables)
        if not isinstance(found, Sequence) or not all(isinstance(v, BaseVariable) for v in found):
            raise TypeError(
                "value_and_grad: variables must be a list of Variables, a layer or a model. "
                f"Received: {variables!r}"
            )
        sources = list(found)

    def run(*args: Any) -> tuple[Any, Any]:
        if variables is not None:
            taken, spec = [], None
            rest = args
        else:
            if not args:
                raise TypeError(
                    "value_and_grad: without variables, gradients are taken by the first "
                    "argument. Received: no argument"
                )
            leaves, spec = tree.flatten_spec(args[0])
            taken = [backend.arrays.convert_to_tensor(x) for x in leaves]
            rest = args[1:]

        def scalar(*tensors: Any) -> tuple[Any, Any]:
            first = () if spec is None else (tree.unflatten(spec, list(tensors)),)
            out = function(*first, *rest)
            value, aux = out if has_aux else (out, None)
            if len(value.shape) != 0:
                raise ValueError(
                    "value_and_grad: function must give a scalar. Received: a tensor of shape "
                    f"{tuple(value.shape)}. Take its sum or mean."
                )
            return value, aux

        (value, aux), gradients = backend.execute.value_and_grad(scalar, sources, tuple(taken))
        if spec is not None:
            gradients = tree.unflatten(spec, gradients)
        return ((value, aux) if has_aux else value), gradients

    return run
