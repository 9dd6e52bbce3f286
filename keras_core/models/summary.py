"""The table that `Model.summary` prints: by rich on a terminal, as plain text elsewhere."""

from __future__ import annotations

import math
import re
from typing import Any

from keras_core.core import dtypes, tree
from keras_core.layers.base.layer import Layer
from keras_core.symbolic.graph import node_of


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: list[float] | None = None,
    print_fn: Any = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """See `Model.summary`."""
    connected = _branches(model)
    columns = ["Layer (type)", "Output Shape", "Param #"]
    if connected:
        columns.append("Connected to")
    if show_trainable:
        columns.append("Trainable")
    rows: list[list[str]] = []
    for layer in _chosen(_rows_of(model), layer_range):
        _add_rows(rows, layer, model, connected, show_trainable, expand_nested, 0)

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=True, width=line_length)
    widths = _widths(positions, line_length, len(columns))
    for i, column in enumerate(columns):
        table.add_column(
            column,
            justify="right" if column == "Param #" else "left",
            overflow="fold",
            width=widths[i] if widths else None,
        )
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    optimizer = getattr(model, "optimizer", None)
    slots = optimizer.variables if optimizer is not None and optimizer.built else []
    lines = [
        f" Total params: {_with_size([*model.weights, *slots])}",
        f" Trainable params: {_with_size(model.trainable_weights)}",
        f" Non-trainable params: {_with_size(model.non_trainable_weights)}",
    ]
    if any(not layer.built for layer in model.layers):
        lines.append(
            " Not built yet: weights are made when shapes are known. Put keras.Input(shape) in "
            "front, call model.build((None, features)), or call the model on data."
        )
    if slots:
        lines.append(f" Optimizer params: {_with_size(slots)}")
    title = f'Model: "{model.name}"'
    if print_fn is None:
        console = Console(width=line_length, highlight=False, soft_wrap=False)
        console.print(Text(title, style="bold"))
        console.print(table)
        for line in lines:
            console.print(Text(line))
        return
    console = Console(width=line_length or 100, highlight=False, record=False, color_system=None)
    with console.capture() as capture:
        console.print(Text(title))
        console.print(table)
        for line in lines:
            console.print(Text(line))
    print_fn(capture.get())


def _rows_of(model: Any) -> list[Any]:
    operations = getattr(model, "_operations", None)
    return list(operations) if operations is not None else list(model.layers)


def _branches(model: Any) -> bool:
    """Whether the graph is more than a chain, so that it says what each layer is fed with."""
    graph = getattr(model, "_graph", None)
    if graph is None:
        return False
    return any(len(node.inputs) > 1 for node in graph.nodes) or len(graph.inputs) > 1


def _chosen(layers: list[Any], layer_range: Any) -> list[Any]:
    if layer_range is None:
        return layers
    if len(layer_range) != 2:
        raise ValueError(
            f"summary: layer_range must be a pair of layer names. Received: {layer_range!r}"
        )
    found = []
    for pattern in layer_range:
        at = [i for i, layer in enumerate(layers) if re.match(pattern, layer.name)]
        if not at:
            raise ValueError(f"summary: no layer has a name like {pattern!r}.")
        found.append(at)
    low, high = min(found[0]), max(found[1])
    low, high = min(low, high), max(low, high)
    return layers[low : high + 1]


def _add_rows(
    rows: list[list[str]],
    layer: Any,
    model: Any,
    connected: bool,
    show_trainable: bool,
    expand_nested: bool,
    depth: int,
) -> None:
    name = "    " * depth + ("└ " if depth else "") + layer.name
    row = [f"{name} ({type(layer).__name__})", _output_shape(layer), _count(layer)]
    if connected:
        row.append(_sources(layer, model))
    if show_trainable:
        trainable = getattr(layer, "trainable", None)
        row.append("-" if not getattr(layer, "weights", None) else ("Y" if trainable else "N"))
    rows.append(row)
    if expand_nested and isinstance(layer, Layer) and hasattr(layer, "layers"):
        for inner in layer.layers:
            _add_rows(rows, inner, model, connected, show_trainable, expand_nested, depth + 1)


def _output_shape(layer: Any) -> str:
    nodes = layer._inbound_nodes
    if nodes:
        shapes = tree.map_structure(lambda x: x.shape, nodes[0].structure)
        return str(shapes)
    shapes = getattr(layer, "_build_shapes", None)
    try:
        if shapes:  # inside of a subclassed model: for the shapes with which the layer was built
            return str(layer.compute_output_shape(*shapes.values()))
        return str(layer.output_shape)
    except Exception:  # whatever a user's `call` raises
        return "?"


def _count(layer: Any) -> str:
    if not isinstance(layer, Layer):
        return "0"
    if not layer.built:
        return "0 (unbuilt)"
    return f"{layer.count_params():,}"


def _sources(layer: Any, model: Any) -> str:
    graph = getattr(model, "_graph", None)
    own = {id(node) for node in graph.nodes} if graph is not None else set()
    names = []
    for node in layer._inbound_nodes:
        if id(node) not in own:
            continue
        for x in node.inputs:
            parent = node_of(x)
            if parent is not None:
                names.append(
                    f"{parent.operation.name}[{parent.index}][{x._keras_history.tensor_index}]"
                )
    return ", ".join(names) or "-"


def _with_size(variables: Any) -> str:
    count = sum(math.prod(v.shape) for v in variables)
    size = float(sum(math.prod(v.shape) * dtypes.ITEMSIZE.get(v.dtype, 4) for v in variables))
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            break
        size /= 1024
    return f"{count:,} ({size:.2f} {unit})"


def _widths(positions: Any, line_length: int | None, columns: int) -> list[int] | None:
    if not positions:
        return None
    width = line_length or 100
    edges = [int(p * width) if p <= 1 else int(p) for p in positions[:columns]]
    return [max(4, edge - start) for edge, start in zip(edges, [0, *edges], strict=False)]
