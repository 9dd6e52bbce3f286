"""Functional models as configs and back, in the form of Keras 3 files.

A layer is written with its config and its calls (`inbound_nodes`): each call's arguments,
where a KerasTensor is `__keras_tensor__` with the layer's name, the call's number and the
output's. Keras 2 files write calls as nested lists; they are read too.
"""

from __future__ import annotations

from typing import Any

from keras_core.core import naming, registry, scopes, tree
from keras_core.layers.base.layer import Layer
from keras_core.layers.core.input_layer import InputLayer
from keras_core.symbolic.graph import node_of
from keras_core.symbolic.keras_tensor import KerasTensor


def graph_to_config(model: Any) -> dict[str, Any]:
    """The config of a functional model: layers with their calls, inputs and outputs."""
    from keras_core.models.functional import Functional

    graph = model._graph
    kept: dict[int, int] = {}  # id of node -> its number among the operation's kept calls
    counts: dict[int, int] = {}
    for node in sorted(graph.nodes, key=lambda n: n.index):
        number = counts.get(id(node.operation), 0)
        counts[id(node.operation)] = number + 1
        kept[id(node)] = number

    def place(x: KerasTensor) -> list[Any]:
        node = node_of(x)
        return [x._keras_history.operation.name, kept[id(node)], x._keras_history.tensor_index]  # type: ignore[union-attr,arg-type]

    def written(value: Any) -> Any:
        if isinstance(value, KerasTensor):
            return {
                "class_name": "__keras_tensor__",
                "config": {
                    "shape": list(value.shape),
                    "dtype": value.dtype,
                    "keras_history": place(value),
                },
            }
        if isinstance(value, dict):
            return {k: written(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [written(v) for v in value]
        return registry.serialize_keras_object(value)

    def call(operation: Any, node: Any) -> dict[str, Any]:
        # An operation's arguments are split between its config and its calls as Keras does.
        saved = getattr(operation, "saved_call", None)
        args, kwargs = saved(node) if saved is not None else (node.args, node.kwargs)
        return {"args": [written(a) for a in args], "kwargs": written(kwargs)}

    layers = []
    for operation in model._operations:
        config = registry.serialize_keras_object(operation)
        config["name"] = operation.name
        config["inbound_nodes"] = [
            call(operation, node)
            for node in operation._inbound_nodes
            if id(node) in kept and not node.is_input
        ]
        layers.append(config)

    def end(x: KerasTensor) -> list[Any]:
        name, number, index = place(x)
        # A nested model's first node is its own making, in this place of the file only.
        inner = isinstance(x._keras_history.operation, Functional)  # type: ignore[union-attr]
        return [name, number + inner, index]

    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": tree.map_structure(end, model._inputs_struct),
        "output_layers": tree.map_structure(end, model._outputs_struct),
    }


def graph_from_config(cls: type, config: dict[str, Any], custom_objects: Any = None) -> Any:
    """A functional model from its config.

    Raises:
        ValueError: if the config is not one, or its calls refer to tensors that do not exist.
    """
    made: dict[str, Any] = {}
    # Calls waiting for the tensors they need: (layer, call).
    waiting: list[tuple[Any, Any]] = []
    # A nested model has calls before the config's own (from its own making).
    first_call: dict[str, int] = {}
    for entry in config["layers"]:
        name = entry.get("name") or entry["config"]["name"]
        plain = {k: v for k, v in entry.items() if k not in ("inbound_nodes", "name")}
        with scopes.only_scopes():  # a graph gives its layers' variables no prefix
            layer = registry.deserialize_keras_object(plain, custom_objects)
        made[name] = layer
        if not isinstance(layer, Layer):
            naming.reserve(layer.name)  # masks may take names while the graph is rebuilt
        first_call[name] = 0 if isinstance(layer, InputLayer) else len(layer._inbound_nodes)
        waiting.extend((layer, call) for call in entry.get("inbound_nodes", ()))

    def tensor_at(place: Any) -> Any:
        name, number, index = place[0], place[1], place[2]
        if name not in made:
            raise ValueError(f"The config refers to a layer {name!r} that it does not hold.")
        nodes = made[name]._inbound_nodes
        at = first_call[name] + number
        return nodes[at].outputs[index] if at < len(nodes) else None

    while waiting:
        left = []
        for layer, call in waiting:
            try:
                args, kwargs = _read_call(call, tensor_at)
            except _NotYet:
                left.append((layer, call))
                continue
            if not any(isinstance(x, KerasTensor) for x in tree.flatten((args, kwargs))):
                # No graph records one; and it would be computed here and now.
                raise ValueError(f"The config calls {layer.name} without any of its tensors.")
            layer(*args, **kwargs)
        if len(left) == len(waiting):
            names = sorted({layer.name for layer, _ in left})
            raise ValueError(
                f"The config's graph cannot be rebuilt: the calls of {names} need "
                "tensors that nothing makes."
            )
        waiting = left

    def end_at(place: Any) -> Any:
        return tensor_at(_normal(place, made, first_call))

    inputs, outputs = _ends(config["input_layers"], end_at), _ends(config["output_layers"], end_at)
    if isinstance(inputs, list) and len(inputs) == 1 and _is_place(config["input_layers"][0]):
        inputs = inputs[0] if config.get("_bare", False) else inputs
    others = {
        k: v for k, v in config.items() if k not in ("layers", "input_layers", "output_layers")
    }
    trainable = others.pop("trainable", True)
    model = cls(inputs, outputs, **others)
    if not trainable:
        model._freeze_again()
    return model


def _ends(places: Any, at: Any) -> Any:
    """What stands at a structure's places.

    A function of its own, for one that refers to itself would keep all it sees in a cycle.
    """
    if _is_place(places):
        return at(places)
    if isinstance(places, dict):
        return {k: _ends(v, at) for k, v in places.items()}
    return type(places)(_ends(p, at) for p in places)


def _normal(place: Any, made: dict[str, Any], first_call: dict[str, int]) -> Any:
    """A nested model's calls count from 1 in `input_layers` and `output_layers`: from 0 here."""
    from keras_core.models.functional import Functional

    layer = made.get(place[0])
    if isinstance(layer, Functional) and place[1] >= 1:
        return [place[0], place[1] - 1, place[2]]
    return place


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) == 3
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and isinstance(value[2], int)
    )


class _NotYet(Exception):
    """A tensor that a call needs has not been made yet."""


def _read_call(call: Any, tensor_at: Any) -> tuple[list[Any], dict[str, Any]]:
    if isinstance(call, dict):
        return (
            [_read_value(a, tensor_at) for a in call["args"]],
            {k: _read_value(v, tensor_at) for k, v in call["kwargs"].items()},
        )
    # Keras 2: a list of [name, call, output, kwargs], one entry for each tensor.
    if call and isinstance(call[0], str):
        call = [call]
    tensors, kwargs = [], {}
    for place in call:
        x = tensor_at(place)
        if x is None:
            raise _NotYet
        tensors.append(x)
        if len(place) > 3:
            kwargs = {k: _read_old_value(v, tensor_at) for k, v in place[3].items()}
    return [tensors[0] if len(tensors) == 1 else tensors], kwargs


def _read_old_value(value: Any, tensor_at: Any) -> Any:
    if _is_place(value):
        x = tensor_at(value)
        if x is None:
            raise _NotYet
        return x
    return value


def _read_value(value: Any, tensor_at: Any) -> Any:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            x = tensor_at(value["config"]["keras_history"])
            if x is None:
                raise _NotYet
            return x
        if "class_name" in value:
            return registry.deserialize_keras_object(value)
        return {k: _read_value(v, tensor_at) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_read_value(v, tensor_at) for v in value]
    return value
