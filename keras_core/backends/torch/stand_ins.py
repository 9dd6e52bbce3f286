"""Variables that stand for what torch modules and parameters in a layer's attributes hold.

So `fit` trains them, files hold them, and pure calls run with other values in their place.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch

from keras_core.backends.torch.arrays import dtype_name
from keras_core.backends.torch.variables import Variable
from keras_core.backends.variable import BaseVariable, Native
from keras_core.core import scopes


class Place(NamedTuple):
    """Where a module keeps a tensor, and the variable that stands for it."""

    table: dict[str, Any]
    name: str
    variable: BaseVariable


def _tensors(owner: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Paths, tables and names of the tensors that a layer holds as a torch module does."""
    state = owner.__dict__
    for kind in ("_parameters", "_buffers"):
        table = state.get(f"_native{kind}") or {}
        yield from ((name, table, name) for name in _kept(owner, table))
    for attribute, module in (state.get("_native_modules") or {}).items():
        for path, inner in module.named_modules(prefix=attribute):
            if not hasattr(inner, "_own_variables"):
                for table in (inner._parameters, inner._buffers):
                    yield from ((f"{path}.{n}", table, n) for n in _kept(inner, table))


def _kept(module: torch.nn.Module, table: dict[str, Any]) -> Iterator[str]:
    lazy = torch.nn.parameter.UninitializedTensorMixin
    for name, tensor in table.items():
        passing = name in module._non_persistent_buffers_set
        if tensor is not None and not passing and not isinstance(tensor, lazy):
            yield name


def places(owner: Any) -> list[Place]:
    """Where the torch modules and parameters among a layer's attributes keep their tensors."""
    known = owner.__dict__.setdefault("_stand_ins", {})
    found, shared = [], {}  # one tensor may be in several places
    for path, table, name in _tensors(owner):
        tensor = table[name]
        variable = shared.get(id(tensor), known.get(path))
        if variable is None or variable.shape != tuple(tensor.shape):
            trained = isinstance(tensor, torch.nn.Parameter) and tensor.requires_grad
            with scopes.name_scope(owner.name):
                native = Native(tensor, tuple(tensor.shape), dtype_name(tensor))
                variable = Variable(native, trainable=trained, name=path.replace(".", "_"))
            known[path] = variable
        variable.__dict__.update(_value=tensor, _dtype=dtype_name(tensor))
        shared[id(tensor)] = variable
        found.append(Place(table, name, variable))
    return found


def layers_inside(owner: Any) -> Iterator[Any]:
    """The Keras layers that torch modules among a layer's attributes hold."""
    for module in (owner.__dict__.get("_native_modules") or {}).values():
        yield from (inner for inner in module.modules() if hasattr(inner, "_own_variables"))


def with_values(call: Callable[..., Any], held: list[Place]) -> Callable[..., Any]:
    """`call`, with the variables' present values where the modules look for theirs."""

    @contextlib.contextmanager
    def inside() -> Iterator[None]:
        before = [place.table[place.name] for place in held]
        buffers = [p for p in held if not isinstance(p.variable._value, torch.nn.Parameter)]
        for table, name, variable in held:
            table[name] = variable.tensor
        for table, name, _ in buffers:  # which the module may change in place
            table[name] = table[name].clone()
        try:
            yield
            for table, name, variable in buffers:
                variable.assign(table[name])
        finally:
            for place, tensor in zip(held, before, strict=True):
                place.table[place.name] = tensor

    def swapped(*args: Any, **kwargs: Any) -> Any:
        with inside():
            return call(*args, **kwargs)

    return swapped
