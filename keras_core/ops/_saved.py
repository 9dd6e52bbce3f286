"""Recorded operations in files: the class, config and call arguments that Keras 3 writes.

Keras splits an operation's arguments between its config and its calls in its own way
(`core.operation_names`); here they are all arguments of one function, so both ways are a
matter of sorting arguments by name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from keras_core.core import builtins_table, operation_names, tree
from keras_core.core.errors import InvalidFileError
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.symbolic.operation import Operation

_HOMES = {
    "keras.src.activations.activations": "keras_core.activations",
    "keras.src.ops.image": "keras_core.ops.image",
    "keras.src.quantizers.quantizers": "keras_core.quantizers",
}


def names(operation: Any) -> tuple[str, str]:
    """The module and class name under which a recorded operation is written."""
    entry = operation_names.of_operation(operation.op.name)
    if entry is None:  # Keras composes it of others; no class of its own to exchange
        return "keras.src.ops.numpy", type(operation).__name__
    return entry.module, entry.class_name


def config(operation: Any) -> dict[str, Any]:
    """The config of a recorded operation: its name and what Keras counts as config."""
    entry = operation_names.of_operation(operation.op.name)
    if entry is None:
        return {"name": operation.name, **operation.static}
    values = dict(operation.static)
    if operation._inbound_nodes:
        first = operation._inbound_nodes[0]
        values |= _tensors(operation, first.args, first.kwargs)
    return {"name": operation.name, **{p: values.get(p) for p in entry.config}}


def of_config(cls: Any, config: dict[str, Any]) -> Any:
    """An operation of a recorded operation's class, from what `config` gave."""
    entry = operation_names.of_operation(cls.op.name)
    found = find_class(entry.module, entry.class_name) if entry is not None else None
    return cls(**config) if found is None else found(**config)


def call_arguments(
    operation: Any, args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a recorded call as files hold them, those in the config left out.

    Args:
        operation: the recorded operation.
        args: the tensors of the call.
        kwargs: those given by name.
    """
    entry = operation_names.of_operation(operation.op.name)
    if entry is None or operation.op.splat:
        return list(args), dict(kwargs)
    values = operation.static | _tensors(operation, args, kwargs)
    saved = [values.get(p) for p in operation.op.params if p not in entry.config]
    named = saved.pop() if isinstance(saved[-1], dict) else {}  # of a function with **keywords
    while len(saved) > entry.asked and saved[-1] is None:
        saved.pop()
    return saved, dict(named)


def _tensors(operation: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    if operation.op.splat:
        return {operation.op.params[operation.op.tensors[0][0]]: list(args)}
    params = [operation.op.params[i] for i, _ in operation.op.tensors]
    return dict(zip(params, args, strict=False)) | dict(kwargs)


class _OperationType(type):
    """The type of `SavedOperation`'s subclasses: recorded operations are their instances too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        entry, op = cls.__dict__.get("_entry"), getattr(instance, "op", None)
        return (
            entry is not None
            and isinstance(instance, Operation)
            and (getattr(op, "name", None) == entry.operation)
        )


class SavedOperation(Operation, metaclass=_OperationType):
    """An operation by the class that Keras has for it, out of a file or made by hand.

    Calling it records the operation under that class's name, or computes it.

    Args:
        *options: the values of its config, in order.
        name: a string without "/"; made from the class name if None.
        **config: values of its config by name.
    """

    _entry: operation_names.Written

    def __init__(self, *options: Any, name: str | None = None, **config: Any) -> None:
        super().__init__(name)
        config = dict(zip(self._entry.config, options, strict=False)) | config
        unknown = set(config) - set(self._entry.config)
        if unknown or len(options) > len(self._entry.config):
            raise InvalidFileError(
                f"The operation {self._entry.class_name} {self.name!r} has unknown arguments in "
                f"its config: {sorted(unknown) or options}"
            )
        self.config = {key: _revived(value) for key, value in config.items()}
        self._made: list[Any] = []  # held, for a node does not hold its operation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        outputs = self.call(*args, **kwargs)
        self._adopt(outputs)
        return outputs

    symbolic_call = __call__

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = tree.map_structure(
            lambda x: x.with_shape(x.shape) if isinstance(x, KerasTensor) else x, (args, kwargs)
        )
        return self.call(*args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        function = _function(self._entry)
        positional, keyword = _call_parameters(self._entry)
        if len(args) > len(positional) and not keyword:
            raise InvalidFileError(
                f"The operation {self._entry.class_name} {self.name!r} takes {len(positional)} "
                f"arguments. Received: {len(args)}"
            )
        if self._entry.class_name == "GetItem":  # lists in JSON, tuples of slices in Python
            args = tuple(tuple(a) if isinstance(a, list) else a for a in args)
        if keyword:  # *operands
            values = inspect.signature(function).bind_partial(**self.config, **kwargs)
            named = {p: self.config[p] for p in _keyword_only(function) if p in self.config}
            return function(*_in_order(function, values.arguments, args), **named, **kwargs)
        given = dict(zip(positional, args, strict=False))
        return function(**given, **self.config, **kwargs)

    def _adopt(self, outputs: Any) -> None:
        for x in tree.flatten(outputs):
            if isinstance(x, KerasTensor) and x._keras_history is not None:
                made = x._keras_history.operation
                node = made._inbound_nodes[x._keras_history.node_index]
                if not self._inbound_nodes:
                    made.__dict__["name"] = self.name
                self._inbound_nodes.append(node)
                self._made.append(made)
                return

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self.config}

    @property
    def _serialized_as(self) -> tuple[str, str]:
        return self._entry.module, self._entry.class_name


def _keyword_only(function: Callable) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]


def _in_order(function: Callable, config: dict[str, Any], args: tuple) -> list[Any]:
    """Config and call arguments as one positional list, for functions with *operands."""
    out: list[Any] = []
    for p in inspect.signature(function).parameters.values():
        if p.kind is p.KEYWORD_ONLY:
            break
        if p.kind is p.VAR_POSITIONAL:
            out.extend(args)
            args = ()
        elif p.name in config:
            out.append(config[p.name])
        elif args and p.kind is not p.VAR_KEYWORD:
            out.append(args[0])
            args = args[1:]
    return out


def _function(entry: operation_names.Written) -> Callable:
    package = _HOMES.get(entry.module, "keras_core.ops")
    found = builtins_table.public_name(package, entry.operation)
    if not callable(found):
        raise InvalidFileError(f"The operation {entry.class_name} is not available here.")
    return found


@functools.cache
def _call_parameters(entry: operation_names.Written) -> tuple[tuple[str, ...], bool]:
    parameters = inspect.signature(_function(entry)).parameters.values()
    varargs = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return tuple(
        p.name for p in parameters if p.name not in entry.config and p.kind is not p.VAR_KEYWORD
    ), varargs


def _revived(value: Any) -> Any:
    """A config's value out of JSON, where tuples are lists and seed generators their configs."""
    if isinstance(value, list):
        return tuple(_revived(item) for item in value)
    if isinstance(value, dict) and value.get("class_name") == "SeedGenerator":
        from keras_core.random import SeedGenerator

        return SeedGenerator.from_config(value.get("config", {}))
    return value


@functools.cache
def find_class(module: str, class_name: str) -> type | None:
    """The class of an operation by the module and name a file gives; None if unknown."""
    entry = operation_names.of_class(module, class_name)
    if entry is None:
        return None
    return _OperationType(class_name, (SavedOperation,), {"_entry": entry, "__module__": __name__})
