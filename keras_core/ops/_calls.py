"""The nodes that operations record in graphs: one class for each operation, made on first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from keras_core.symbolic.operation import Operation

if TYPE_CHECKING:
    from keras_core.ops._door import Op
    from keras_core.symbolic.operation import Node


class OpCall(Operation):
    """A recorded call of an operation: its arguments that are no tensors are its config."""

    op: Op

    def __init__(self, *, name: str | None = None, **static: Any) -> None:
        super().__init__(name)
        self.static = static

    def __reduce__(self) -> Any:  # the class is made at run time: pickles name the operation
        return _revived, (self.op.body.__module__, self.op.name), self.__dict__

    def _given(self, tensors: tuple, named: dict[str, Any]) -> dict[str, Any]:
        if self.op.splat:
            tensors = (list(tensors),)
        names = (self.op.params[i] for i, _ in self.op.tensors)
        return self.static | dict(zip(names, tensors, strict=False)) | named

    def call(self, *tensors: Any, **named: Any) -> Any:
        return self.op._door(**self._given(tensors, named))

    def __call__(self, *tensors: Any, **kwargs: Any) -> Any:
        return self.call(*tensors, **kwargs)

    def compute_output_spec(self, *tensors: Any, **named: Any) -> Any:
        values = self._given(tensors, named)
        return self.op.infer(tuple(values.get(p) for p in self.op.params))

    def get_config(self) -> dict[str, Any]:
        from keras_core.ops import _saved

        return _saved.config(self)

    @property
    def _serialized_as(self) -> tuple[str, str]:
        """The module and class name under which files hold this operation."""
        from keras_core.ops import _saved

        return _saved.names(self)

    def saved_call(self, node: Node) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of a recorded call as files hold them, next to `get_config`."""
        from keras_core.ops import _saved

        return _saved.call_arguments(self, node.args, node.kwargs)

    def saved_call_of(self, args: tuple, kwargs: dict[str, Any]) -> tuple[list[Any], dict]:
        """The same for a call with other tensors."""
        from keras_core.ops import _saved

        return _saved.call_arguments(self, args, kwargs)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """What stands for this operation out of a file, called with `saved_call`'s arguments."""
        from keras_core.ops import _saved

        return _saved.of_config(cls, config)


def _revived(module: str, name: str) -> OpCall:
    """The operation's graph class, empty: what pickles begin with."""
    from keras_core.ops._door import registry

    importlib.import_module(module)  # where the operation is declared
    cls: Any = registry[name].operation_class()
    return cls.__new__(cls)
