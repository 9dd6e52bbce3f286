"""Graph: the nodes between given inputs and outputs, and a flat plan that runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_core.core import scopes, tree
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.symbolic.operation import Node


class _Slot:
    """The place of a tensor's value while a plan runs."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class Graph:
    """The part of a graph that leads from `inputs` to `outputs`.

    Args:
        inputs: a list of KerasTensors, where values will be put in.
        outputs: a list of KerasTensors to be computed.

    Raises:
        ValueError: if an output depends on a tensor that `inputs` do not lead to.

    Attributes:
        nodes: in an order in which they can run, the inputs' first.
        depth: by node id, the longest way to an output.
    """

    def __init__(self, inputs: list[KerasTensor], outputs: list[KerasTensor]) -> None:
        self.inputs, self.outputs = inputs, outputs
        self.nodes = self._sorted_nodes()
        self._tensors = [node.outputs for node in self.nodes]  # held, for they go by their ids
        self.depth = self._depths()
        self._plan: list[tuple] | None = None

    def _sorted_nodes(self) -> list[Node]:
        given = {id(x) for x in self.inputs}
        input_nodes = [node_of(x) for x in self.inputs]
        order: list[Node] = []
        done: set[int] = set()
        for node in input_nodes:
            if node is not None and node.is_input and id(node) not in done:
                done.add(id(node))
                order.append(node)
        open_: set[int] = set()
        self._walk: dict[int, int] = {}  # when the walk from the outputs met each node
        for output in self.outputs:
            stack: list[tuple[KerasTensor, bool]] = [(output, False)]
            while stack:
                tensor, ready = stack.pop()
                node = node_of(tensor)
                if id(tensor) in given:
                    self._walk.setdefault(id(node), len(self._walk))
                    continue
                if node is None or node.is_input:
                    raise ValueError(
                        "The graph is disconnected: an output depends on a tensor that the given "
                        f"inputs do not lead to. Received: {tensor!r}"
                        + (f" made by {node.operation.name!r}" if node is not None else "")
                        + ". Name every Input() that the outputs need: Model([a, b], y)."
                    )
                if ready:
                    if id(node) not in done:
                        done.add(id(node))
                        order.append(node)
                        self._walk.setdefault(id(node), len(self._walk))
                    continue
                if id(node) in done or id(node) in open_:
                    continue
                open_.add(id(node))
                stack.append((tensor, True))
                stack.extend((x, False) for x in reversed(node.inputs))
        return order

    def _depths(self) -> dict[int, int]:
        given = {id(x) for x in self.inputs}
        depth = {id(node): 0 for node in self.nodes}
        for node in reversed(self.nodes):
            below = depth[id(node)] + 1
            for x in node.inputs:
                parent = node_of(x)
                if parent is None or id(parent) not in depth:
                    continue
                if id(x) in given and not parent.is_input:
                    continue
                depth[id(parent)] = max(depth[id(parent)], below)
        return depth

    @property
    def operations(self) -> list[Any]:
        """The operations, each once: by decreasing depth, then in the order of the walk."""
        best: dict[int, tuple[int, int, Any]] = {}
        for node in self.nodes:
            key = id(node.operation)
            depth, i = self.depth[id(node)], self._walk.get(id(node), -1)
            if key not in best:
                best[key] = (-depth, i, node.operation)
            else:
                old = best[key]
                best[key] = (min(old[0], -depth), old[1], node.operation)
        return [operation for _, _, operation in sorted(best.values(), key=lambda e: e[:2])]

    def _make_plan(self) -> list[tuple]:
        """One step a node: (operation, single slot, arguments, leaves, out slots)."""
        slots: dict[int, int] = {}
        for i, x in enumerate(self.inputs):
            slots[id(x)] = i
        count = len(self.inputs)
        steps: list[tuple] = []
        for node in self.nodes:
            if node.is_input:
                continue
            single = -1
            template = spec = None
            if len(node.args) == 1 and not node.kwargs and isinstance(node.args[0], KerasTensor):
                single = slots[id(node.args[0])]
            else:
                given = (node.args, node.kwargs)
                if _is_plain(given):  # which compilers can trace, unlike the structure's spec
                    template = _slotted(given, slots)
                else:
                    leaves, spec = tree.flatten_spec(given)
                    template = [_slotted(x, slots) for x in leaves]
            outs = []
            for x in node.outputs:
                slots[id(x)] = count
                outs.append(count)
                count += 1
            one = outs[0] if isinstance(node.structure, KerasTensor) else -1
            steps.append((node.operation, single, template, spec, one, tuple(outs)))
        self._count = count
        self._out_slots = [slots[id(x)] for x in self.outputs]
        return steps

    def run(
        self, values: list[Any], call: Callable[[Any, tuple, dict], Any] | None = None
    ) -> list[Any]:
        """Compute the outputs.

        Args:
            values: one value for each input.
            call: `call(operation, args, kwargs)` in place of calling the operation, to pass
                more arguments on to it.

        Returns:
            One value for each output.
        """
        plan = self._plan
        if plan is None:
            plan = self._plan = self._make_plan()
        memory = values + [None] * (self._count - len(values))
        for operation, single, template, spec, one, outs in plan:
            if single >= 0:
                if call is None:
                    result = operation(memory[single])
                else:
                    result = call(operation, (memory[single],), {})
            else:
                if spec is None:
                    args, kwargs = _filled(template, memory)
                else:
                    args, kwargs = tree.unflatten(
                        spec, [memory[x.index] if x.__class__ is _Slot else x for x in template]
                    )
                if "training" in kwargs:
                    # What was recorded holds where the run does not say whether it trains.
                    running = scopes.local.call
                    if running is not None and running.training is not None:
                        kwargs["training"] = running.training
                if call is None:
                    result = operation(*args, **kwargs)
                else:
                    result = call(operation, args, kwargs)
            if one >= 0:
                memory[one] = result
            else:
                for slot, value in zip(outs, tree.flatten(result), strict=False):
                    memory[slot] = value
        return [memory[i] for i in self._out_slots]


def _is_plain(structure: Any) -> bool:
    """Whether all nodes of a structure are tuples, lists and dicts themselves."""
    kind = structure.__class__
    if kind is tuple or kind is list:
        return all(map(_is_plain, structure))
    if kind is dict:
        return all(map(_is_plain, structure.values()))
    return not tree.is_nested(structure)


def _slotted(structure: Any, slots: dict[int, int]) -> Any:
    """A plain structure with slots in place of its KerasTensors."""
    kind = structure.__class__
    if kind is tuple or kind is list:
        return kind(_slotted(x, slots) for x in structure)
    if kind is dict:
        return {key: _slotted(x, slots) for key, x in structure.items()}
    return _Slot(slots[id(structure)]) if isinstance(structure, KerasTensor) else structure


def _filled(template: Any, memory: list[Any]) -> Any:
    """A plain structure with the slots' values."""
    kind = template.__class__
    if kind is _Slot:
        return memory[template.index]
    if kind is tuple:
        return tuple([_filled(x, memory) for x in template])
    if kind is list:
        return [_filled(x, memory) for x in template]
    if kind is dict:
        return {key: _filled(x, memory) for key, x in template.items()}
    return template


def node_of(tensor: KerasTensor) -> Node | None:
    """The node that made a KerasTensor."""
    history = tensor._keras_history
    return None if history is None else history.operation._inbound_nodes[history.node_index]
