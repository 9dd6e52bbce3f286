"""Functions inside of a graph: branches and loop bodies of control flow, traced on KerasTensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_core.core import tree
from keras_core.symbolic.abstract import compute_output_spec
from keras_core.symbolic.graph import Graph, node_of
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.symbolic.operation import Node, Operation


class Region:
    """A function traced once on KerasTensors.

    Args:
        function: what to trace. KerasTensors of the outer graph that it uses by closure are
            found and become its `captured` tensors.
        args: its arguments; KerasTensors among them are replaced by fresh ones.

    Attributes:
        spec: the result, KerasTensors in place of tensors.
        captured: the outer KerasTensors that the function uses.
    """

    def __init__(self, function: Callable, *args: Any) -> None:
        self.function = function
        leaves, structure = tree.flatten_spec(args)
        self._at = [i for i, x in enumerate(leaves) if isinstance(x, KerasTensor)]
        stand_ins = list(leaves)
        for i in self._at:
            stand_ins[i] = KerasTensor(leaves[i].shape, leaves[i].dtype)
        mark = Node.count
        self.captured: list[KerasTensor] = []
        self._graph: Graph | None = None
        try:
            self.spec = function(*tree.unflatten(structure, stand_ins))
        except Exception as error:
            try:  # a function of the framework's own operations
                self.spec = compute_output_spec(function, *tree.unflatten(structure, stand_ins))
            except Exception:
                raise error from None
            return
        outputs, self._out = tree.flatten_spec(self.spec)
        self._outputs = outputs
        symbolic = [x for x in outputs if isinstance(x, KerasTensor)]
        inputs = [stand_ins[i] for i in self._at]
        self.captured = _frontier(symbolic, {id(x) for x in inputs}, mark)
        if self.captured:
            self._graph = Graph([*inputs, *self.captured], symbolic)

    def bind(self, captured: list[Any]) -> Callable:
        """The function for execution, given the values of the captured tensors."""
        graph = self._graph
        if graph is None:
            return self.function

        def run(*args: Any) -> Any:
            leaves = tree.flatten(args)
            values = iter(graph.run([*(leaves[i] for i in self._at), *captured]))
            merged = [next(values) if isinstance(x, KerasTensor) else x for x in self._outputs]
            return tree.unflatten(self._out, merged)

        return run


def _frontier(outputs: list[KerasTensor], given: set[int], mark: int) -> list[KerasTensor]:
    """The tensors made before `mark` that the outputs were made from."""
    found: dict[int, KerasTensor] = {}
    seen: set[int] = set()
    stack = list(reversed(outputs))
    while stack:
        x = stack.pop()
        if id(x) in seen or id(x) in given:
            continue
        seen.add(id(x))
        node = node_of(x)
        if node is None or node.serial <= mark or node.is_input:
            found[id(x)] = x
        else:
            stack.extend(reversed(node.inputs))
    return list(found.values())


class ControlFlow(Operation):
    """A recorded loop or branch: `run(*tensors)` on values, `spec` as its result."""

    def __init__(self, kind: str, run: Callable, spec: Any, name: str | None = None) -> None:
        super().__init__(name or None)
        self.kind, self.run, self.spec = kind, run, spec

    def call(self, *tensors: Any) -> Any:
        return self.run(*tensors)

    def compute_output_spec(self, *tensors: Any) -> Any:
        return tree.map_structure(
            lambda x: KerasTensor(x.shape, x.dtype) if isinstance(x, KerasTensor) else x, self.spec
        )

    def get_config(self) -> dict[str, Any]:
        raise ValueError(
            f"ops.{self.kind} holds Python functions, which a config cannot. Put it into the "
            "call() of a Layer subclass."
        )


def record(kind: str, regions: list[Region], args: Any, run: Callable[..., Any], spec: Any) -> Any:
    """Record control flow as a node of the graph.

    Args:
        kind: the operation's name.
        regions: the traced functions.
        args: its arguments, KerasTensors among them.
        run: `run(functions, args)` computes the result from the regions' functions and args.
        spec: the result, KerasTensors in place of tensors.
    """
    leaves, structure = tree.flatten_spec(args)
    at = [i for i, x in enumerate(leaves) if isinstance(x, KerasTensor)]
    counts = [len(region.captured) for region in regions]

    def execute(*tensors: Any) -> Any:
        given = iter(tensors)
        values = list(leaves)
        for i in at:
            values[i] = next(given)
        functions = [
            region.bind([next(given) for _ in range(count)])
            for region, count in zip(regions, counts, strict=True)
        ]
        return run(functions, tree.unflatten(structure, values))

    tensors = [leaves[i] for i in at]
    for region in regions:
        tensors += region.captured
    return ControlFlow(kind, execute, spec).symbolic_call(*tensors)
