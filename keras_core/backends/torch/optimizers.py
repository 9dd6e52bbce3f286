"""Optimizers on torch: fused and foreach kernels, and a step count that needs no sync.

A kernel is called as `kernel(optimizer, gradients, variables, slots, learning_rate, step,
decays)`, with each variable's slot variables, Python numbers for the learning rate and step,
and each variable's weight decay (None: none at all). It updates in place and returns True,
or returns False to have the rule run instead.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable
from typing import Any

import torch

from keras_core.core import scopes


def no_gradients() -> contextlib.AbstractContextManager[Any]:
    """Record nothing for gradients; where that is so already, it costs nothing either."""
    return torch.no_grad() if torch.is_grad_enabled() else contextlib.nullcontext()


def number(variable: Any) -> Any:
    """A scalar variable's value as a Python number; a tensor inside of `torch.compile`.

    The number is remembered with the tensor's version, so that reading it again copies nothing
    from the device.
    """
    if torch.compiler.is_compiling():
        return variable.tensor
    if scopes.local.stateless is not None:
        return variable.tensor.item()
    value = variable._value
    known = variable.__dict__.get("_number")
    if known is not None and known[0] is value and known[1] == value._version:
        return known[2]
    found = value.item()
    variable.__dict__["_number"] = (value, value._version, found)
    return found


def concrete(x: Any) -> Any:
    """A scalar tensor as a Python number (a copy from the device); itself inside of a trace."""
    if not isinstance(x, torch.Tensor) or torch.compiler.is_compiling():
        return x
    return x.item()


def increment(variable: Any) -> None:
    """Add 1 to a scalar integer variable."""
    if scopes.local.stateless is not None or torch.compiler.is_compiling():
        variable.assign(variable.tensor + 1)
        return
    following = number(variable) + 1
    value = variable._value
    value.add_(1)
    variable.__dict__["_number"] = (value, value._version, following)


OWN_VARIABLES = "a torch tensor that requires a gradient, such as torch.nn.Parameter"


def across_replicas(gradients: list[Any]) -> list[Any]:
    """Gradients summed over the replicas that run this step: there is one."""
    return gradients


def is_variable(x: Any) -> bool:
    """Whether it is the framework's own variable."""
    return isinstance(x, torch.Tensor) and x.is_leaf and x.requires_grad


def dense(gradient: Any) -> Any:
    """A gradient as a dense tensor."""
    from keras_core.backends.torch.arrays import convert_to_tensor

    gradient = convert_to_tensor(gradient)
    return gradient.to_dense() if gradient.is_sparse else gradient


def global_norm(gradients: list[Any]) -> Any:
    """The norm of all gradients together."""
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))


_dtype, _sparse = operator.attrgetter("dtype"), operator.attrgetter("is_sparse")
_stride = torch.Tensor.stride


def _tensors(gradients: list[Any], variables: list[Any], slots: list[Any]) -> Any:
    """Values, gradients and slots as lists of tensors; None if they are not all of one kind."""
    if not isinstance(gradients[0], torch.Tensor) or torch.compiler.is_compiling():
        return None
    values = [v._value for v in variables]
    if len({*map(_dtype, values), *map(_dtype, gradients)}) > 1 or True in map(_sparse, gradients):
        return None
    if values[-1].device != values[0].device:
        return None
    strides = [*map(_stride, values)]
    if [*map(_stride, gradients)] != strides:
        # Fused kernels walk memory in order; a convolution's gradient may lie otherwise.
        gradients[:] = [
            g if g.stride() == v.stride() else torch.empty_like(v).copy_(g)
            for g, v in zip(gradients, values, strict=True)
        ]
    lists = [[x._value for x in kept] for kept in zip(*slots, strict=True)]
    for kept in lists:
        if [*map(_stride, kept)] != strides:  # `to(memory_format=...)` was called
            return None
    return values, lists


def _decay(values: list[Any], decays: list[float] | None, learning_rate: float) -> None:
    for decay in set(decays or ()) - {0.0}:
        chosen = [v for v, own in zip(values, decays, strict=True) if own == decay]  # type: ignore[arg-type]
        torch._foreach_mul_(chosen, 1.0 - learning_rate * decay)


_FUSED_DEVICES = ("cpu", "cuda", "mps", "xpu")


def _adam(
    optimizer: Any,
    gradients: list[Any],
    variables: list[Any],
    slots: list[Any],
    learning_rate: Any,
    step: Any,
    decays: list[float] | None,
) -> bool:
    found = _tensors(gradients, variables, slots)
    if found is None or _device_kind(found[0]) not in _FUSED_DEVICES:
        return False
    values, (moments, velocities, *largest) = found
    _decay(values, decays, learning_rate)
    # torch divides by sqrt(v) / correction + epsilon, Keras by (sqrt(v) + epsilon) / correction.
    correction = math.sqrt(1.0 - optimizer.beta_2**step)
    count = _step_tensor(optimizer, step, values[0].device)
    torch._fused_adam_(
        values,
        gradients,
        moments,
        velocities,
        largest[0] if largest else [],
        [count] * len(values),
        lr=learning_rate,
        beta1=optimizer.beta_1,
        beta2=optimizer.beta_2,
        weight_decay=0.0,
        eps=optimizer.epsilon / correction,
        amsgrad=optimizer.amsgrad,
        maximize=False,
    )
    return True


def _device_kind(values: list[Any]) -> str:
    """The kind of device that the values lie on."""
    return values[0].device.type


def _step_tensor(optimizer: Any, step: float, device: Any) -> Any:
    """The step as the float tensor that the kernel reads: one, kept and set in place."""
    tensor = optimizer.__dict__.get("_native_step")
    if tensor is None or tensor.device != device:
        tensor = torch.zeros((), dtype=torch.float32, device=device)
        optimizer.__dict__["_native_step"] = tensor
    tensor.fill_(step)
    return tensor


def _sgd(
    optimizer: Any,
    gradients: list[Any],
    variables: list[Any],
    slots: list[Any],
    learning_rate: Any,
    step: Any,
    decays: list[float] | None,
) -> bool:
    found = _tensors(gradients, variables, slots)
    if found is None:
        return False
    values, moments = found
    _decay(values, decays, learning_rate)
    if moments:
        torch._foreach_mul_(moments[0], optimizer.momentum)
        torch._foreach_add_(moments[0], gradients, alpha=-learning_rate)
        if not optimizer.nesterov:
            torch._foreach_add_(values, moments[0])
            return True
        torch._foreach_add_(values, moments[0], alpha=optimizer.momentum)
    torch._foreach_add_(values, gradients, alpha=-learning_rate)
    return True


def _rmsprop(
    optimizer: Any,
    gradients: list[Any],
    variables: list[Any],
    slots: list[Any],
    learning_rate: Any,
    step: Any,
    decays: list[float] | None,
) -> bool:
    found = _tensors(gradients, variables, slots)
    if found is None:
        return False
    values, (velocities, *rest) = found
    _decay(values, decays, learning_rate)
    rho = optimizer.rho
    torch._foreach_mul_(velocities, rho)
    torch._foreach_addcmul_(velocities, gradients, gradients, 1.0 - rho)
    if optimizer.centered:
        torch._foreach_lerp_(rest[-1], gradients, 1.0 - rho)
        spread = torch._foreach_addcmul(velocities, rest[-1], rest[-1], -1.0)
        torch._foreach_add_(spread, optimizer.epsilon)
    else:
        spread = torch._foreach_add(velocities, optimizer.epsilon)
    torch._foreach_sqrt_(spread)
    if optimizer.momentum > 0:
        torch._foreach_mul_(rest[0], optimizer.momentum)
        torch._foreach_addcdiv_(rest[0], gradients, spread, learning_rate)
        torch._foreach_sub_(values, rest[0])
    else:
        torch._foreach_addcdiv_(values, gradients, spread, -learning_rate)
    return True


#: Kernels by the rule's name.
FUSED: dict[str, Callable[..., bool]] = {"adam": _adam, "sgd": _sgd, "rmsprop": _rmsprop}
