"""Operation: whatever can be called on tensors and recorded in a graph (ops and layers)."""

from __future__ import annotations

import inspect
import weakref
from typing import Any

from keras_core.core import naming, tree
from keras_core.core.configs import Configured
from keras_core.symbolic import constants
from keras_core.symbolic.keras_tensor import History, KerasTensor


def unrecorded(arguments: Any, outputs: Any) -> bool:
    """Whether an argument asks that calls on it leave no trace; the outputs then ask so too."""
    leaves = tree.flatten(arguments)
    if all(x.record_history for x in leaves if isinstance(x, KerasTensor)):
        return False
    for x in tree.flatten(outputs):
        if isinstance(x, KerasTensor):
            x.record_history = False
    return True


_OUTPUT = object()  # the place of a KerasTensor in a result


class Node:
    """One call of an operation on KerasTensors.

    `inputs` are the KerasTensors among the arguments and `outputs` those of the result, both
    flat; the arguments keep their structure.

    A tensor holds the operation that made it, which holds its nodes, which hold their inputs. A
    node refers back to its operation and its outputs weakly: a model that nobody holds any more
    is freed at once, weights and all, and does not wait for Python's collector of cycles. An
    output that died is made anew, from the same attributes, when it is asked for.
    """

    __slots__ = (
        "args", "kwargs", "inputs", "index", "serial",
        "_operation", "_outputs", "_attributes", "_structure", "__weakref__",
    )  # fmt: skip
    count = 0  # how many were made, ever: a node's `serial` says when it was

    def __init__(self, operation: Any, args: tuple, kwargs: dict[str, Any], outputs: Any) -> None:
        Node.count = self.serial = Node.count + 1
        self.args = args
        self.kwargs = kwargs
        if len(args) == 1 and not kwargs and args[0].__class__ is KerasTensor:
            self.inputs = [args[0]]
        else:
            leaves = tree.flatten((args, kwargs) if kwargs else args)
            if constants.computed:
                constants.warn_about(leaves, operation)
            self.inputs = [x for x in leaves if isinstance(x, KerasTensor)]
        nodes = operation._inbound_nodes
        self.index = len(nodes)
        nodes.append(self)
        flat = self._hold(operation, outputs)
        for i, tensor in enumerate(flat):
            tensor._keras_history = History(operation, self.index, i)

    def _hold(self, operation: Any, outputs: Any) -> list[KerasTensor]:
        """Refer to the operation and the outputs; the KerasTensors among them, flat."""
        self._operation = weakref.ref(operation)
        self._structure: tuple[list[Any], Any] | None = None  # of anything but one KerasTensor
        if isinstance(outputs, KerasTensor):
            flat = [outputs]
        else:
            leaves, spec = tree.flatten_spec(outputs)
            flat = [x for x in leaves if isinstance(x, KerasTensor)]
            rest = [_OUTPUT if isinstance(x, KerasTensor) else x for x in leaves]
            self._structure = rest, spec
        self._outputs = [weakref.ref(x) for x in flat]
        self._attributes = [x.__dict__ for x in flat]
        return flat

    @property
    def operation(self) -> Any:
        """What was called."""
        return self._operation()

    @property
    def outputs(self) -> list[KerasTensor]:
        """The KerasTensors of the result, flat."""
        return [self._output(i) for i in range(len(self._outputs))]

    def _output(self, i: int) -> KerasTensor:
        tensor = self._outputs[i]()
        if tensor is None:
            history = History(self.operation, self.index, i)
            tensor = KerasTensor.revived(self._attributes[i], history)
            self._outputs[i] = weakref.ref(tensor)
        return tensor

    @property
    def structure(self) -> Any:
        """The result as it was given."""
        if self._structure is None:
            return self._output(0)
        leaves, spec = self._structure
        tensors = iter(self.outputs)
        return tree.unflatten(spec, [next(tensors) if x is _OUTPUT else x for x in leaves])

    def __getstate__(self) -> tuple[Any, ...]:  # copies and pickles hold no weak references
        return (
            self.args, self.kwargs, self.inputs, self.index, self.serial, self.operation,
            self.structure,
        )  # fmt: skip

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.args, self.kwargs, self.inputs, self.index, self.serial, operation, outputs = state
        self._hold(operation, outputs)

    @property
    def parents(self) -> list[Node]:
        """The nodes that made the inputs, each once, in order."""
        found: dict[int, Node] = {}
        for x in self.inputs:
            if x._keras_history is not None:
                node = x._keras_history.operation._inbound_nodes[x._keras_history.node_index]
                found[id(node)] = node
        return list(found.values())

    @property
    def is_input(self) -> bool:
        """Whether this is where a graph starts."""
        return not self.inputs

    # The names under which well-known packages look these up.
    @property
    def input_tensors(self) -> list[KerasTensor]:
        return self.inputs

    @property
    def output_tensors(self) -> list[KerasTensor]:
        return self.outputs

    def __repr__(self) -> str:
        return f"<Node operation={self.operation.name}, index={self.index}>"


class Operation(Configured):
    """What can be called on tensors, and on KerasTensors to describe a graph.

    Args:
        name: a string without "/"; made from the class name if None.

    Example:

    >>> import keras_core as keras
    >>> class Double(keras.Operation):
    ...     def call(self, x):
    ...         return x * 2
    ...
    ...     def compute_output_spec(self, x):
    ...         return keras.KerasTensor(x.shape, x.dtype)
    >>> Double()(keras.Input((3,))).shape
    (None, 3)
    """

    name: str
    _inbound_nodes: list[Node]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        # What the constructor was called with, for `get_config` of classes that define none.
        instance.__dict__["_constructed_with"] = (args, kwargs)
        return instance

    def __init__(self, name: str | None = None) -> None:
        # An empty name is none, too: scripts for `tf.keras` write it.
        if name is None or (isinstance(name, str) and not name):
            name = naming.auto_name(self.__class__.__name__)
        else:
            naming.check_name(name, self.__class__.__name__)
        self.__dict__["name"] = name
        self.__dict__["_inbound_nodes"] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for leaf in tree.flatten((args, kwargs)):
            if isinstance(leaf, KerasTensor):
                return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Record a call: the outputs' shapes and dtypes, and a node of the graph."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation. Subclasses define it."""
        raise NotImplementedError(f"{self.__class__.__name__} must define `call`.")

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs as KerasTensors. Without an override: abstract evaluation of `call`."""
        from keras_core.symbolic.abstract import compute_output_spec

        return compute_output_spec(self.call, *args, **kwargs)

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """`call` with quantized weights. Subclasses that can be quantized define it."""
        raise NotImplementedError(f"{self.__class__.__name__} has no quantized call.")

    # Graph -------------------------------------------------------------------------------

    @property
    def input(self) -> Any:
        """The KerasTensors of the first call on KerasTensors: itself if it is one, else a list.

        AttributeError if there was no such call.
        """
        inputs = self._first_node("input").inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    @property
    def output(self) -> Any:
        """The result of the first call on KerasTensors; AttributeError if there was none."""
        return self._first_node("output").structure

    def _first_node(self, what: str) -> Node:
        if not self._inbound_nodes:
            raise AttributeError(  # which `hasattr` understands
                f"{self.__class__.__name__} {self.name!r} has no `{what}`: it was never called on "
                "KerasTensors."
            )
        return self._inbound_nodes[0]

    @property
    def _outbound_nodes(self) -> list[Node]:
        raise AttributeError("_outbound_nodes are not kept; walk a graph's nodes instead.")

    # Configuration -----------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments by name, from which `from_config` builds another one."""
        return {"name": self.name, **captured_arguments(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An object built from what `get_config` gave."""
        try:
            return cls(**config)
        except TypeError as error:
            raise TypeError(
                f"{cls.__name__} could not be built from its config: {error}. Its constructor "
                "must take the keys of its get_config(); override get_config() or from_config() "
                f"to make them meet. Received config: {config}"
            ) from error


def captured_arguments(instance: Any) -> dict[str, Any]:
    """The arguments `instance` was constructed with, by parameter name, defaults left out."""
    args, kwargs = instance._constructed_with
    signature = inspect.signature(type(instance).__init__)
    bound = signature.bind(instance, *args, **kwargs)
    out: dict[str, Any] = {}
    for i, (name, value) in enumerate(bound.arguments.items()):
        if i == 0:
            continue  # self
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            out.update(value)
        elif kind is inspect.Parameter.VAR_POSITIONAL:
            raise NotImplementedError(
                f"{type(instance).__name__} takes *{name}, which a config cannot hold by name. "
                f"Take one argument, {name}, in its place; or define get_config(self), which "
                "returns a dict of what __init__ takes by name."
            )
        else:
            out[name] = value
    return out
