"""Optimizers on TensorFlow: the training operations that update a resource in place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_core.backends.tensorflow import arrays as _arrays
from keras_core.backends.tensorflow import replicas
from keras_core.core import scopes


def no_gradients() -> contextlib.AbstractContextManager[Any]:
    """A block in which nothing is recorded for differentiation: a tape that stands open stays."""
    return contextlib.nullcontext()


def number(variable: Any) -> Any:
    """A scalar variable's value: a tensor; TensorFlow's operations take it without a copy."""
    if tf.executing_eagerly() and scopes.local.stateless is None:
        return variable._value.numpy().item()
    return variable.tensor


def concrete(x: Any) -> Any:
    """A scalar tensor as a Python number; itself in a graph."""
    return x.numpy().item() if hasattr(x, "numpy") else x


def increment(variable: Any) -> None:
    """Add 1 to a scalar integer variable."""
    if scopes.local.stateless is not None:
        variable.assign(variable.tensor + 1)
    else:
        replicas.local(variable._value).assign_add(1, read_value=False)


OWN_VARIABLES = "tf.Variable"


def across_replicas(gradients: list[Any]) -> list[Any]:
    """Gradients summed over the replicas that run this step, in `tf.distribute.Strategy.run`."""
    if not tf.distribute.has_strategy():
        return gradients
    context = tf.distribute.get_replica_context()  # None outside of the strategy's run
    if context is None or context.num_replicas_in_sync == 1:
        return gradients
    return list(context.all_reduce(tf.distribute.ReduceOp.SUM, replicas.weighted(gradients)))


def is_variable(x: Any) -> bool:
    """Whether it is the framework's own variable."""
    return isinstance(x, tf.Variable)


def dense(gradient: Any) -> Any:
    """A gradient as a dense tensor (embeddings' come as IndexedSlices)."""
    return tf.convert_to_tensor(gradient)


def global_norm(gradients: list[Any]) -> Any:
    """The norm of all gradients together."""
    return tf.linalg.global_norm(gradients)


def _fits(gradients: list[Any], variables: list[Any]) -> bool:
    # In half precision beta_2 would be 1, so that the rule runs in float32 there.
    return all(
        g.dtype.base_dtype == v._value.dtype.base_dtype and v._dtype in ("float32", "float64")
        for g, v in zip(gradients, variables, strict=True)
    )


def _decay(variables: list[Any], decays: list[float] | None, learning_rate: Any) -> None:
    for variable, decay in zip(variables, decays or (), strict=False):
        if decay:
            value = replicas.local(variable._value)
            factor = _arrays.scalar(learning_rate * decay, value.dtype)
            value.assign_sub(value * factor, read_value=False)


def _adam(
    optimizer: Any,
    gradients: list[Any],
    variables: list[Any],
    slots: list[Any],
    learning_rate: Any,
    step: Any,
    decays: list[float] | None,
) -> bool:
    if optimizer.amsgrad or not _fits(gradients, variables):
        return False
    _decay(variables, decays, learning_rate)
    betas = optimizer.beta_1, optimizer.beta_2
    if isinstance(step, tf.Tensor):
        powers = [tf.pow(tf.constant(beta, step.dtype), step) for beta in betas]
    else:
        powers = [beta**step for beta in betas]
    for gradient, variable, (moment, velocity) in zip(gradients, variables, slots, strict=True):
        value = replicas.local(variable._value)
        power_1, power_2, rate = (_arrays.scalar(x, value.dtype) for x in (*powers, learning_rate))
        tf.raw_ops.ResourceApplyAdam(
            var=value.handle,
            m=moment._value.handle,
            v=velocity._value.handle,
            beta1_power=power_1,
            beta2_power=power_2,
            lr=rate,
            beta1=tf.constant(betas[0], value.dtype),  # `cast` goes by way of float32
            beta2=tf.constant(betas[1], value.dtype),
            epsilon=tf.constant(optimizer.epsilon, value.dtype),
            grad=gradient,
        )
    return True


def _sgd(
    optimizer: Any,
    gradients: list[Any],
    variables: list[Any],
    slots: list[Any],
    learning_rate: Any,
    step: Any,
    decays: list[float] | None,
) -> bool:
    if not _fits(gradients, variables):
        return False
    _decay(variables, decays, learning_rate)
    for gradient, variable, slot in zip(gradients, variables, slots, strict=True):
        value = replicas.local(variable._value)
        rate = _arrays.scalar(learning_rate, value.dtype)
        if slot:
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=value.handle,
                accum=slot[0]._value.handle,
                lr=rate,
                grad=gradient,
                momentum=tf.constant(optimizer.momentum, value.dtype),
                use_nesterov=optimizer.nesterov,
            )
        else:
            tf.raw_ops.ResourceApplyGradientDescent(var=value.handle, alpha=rate, delta=gradient)
    return True


#: Kernels by the rule's name; see torch/optimizers.py for what they take.
FUSED: dict[str, Callable[..., bool]] = {"adam": _adam, "sgd": _sgd}
