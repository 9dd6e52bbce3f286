"""Pictures of models, by pydot and Graphviz."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

from keras_core.core import tree
from keras_core.core.errors import message, path_of
from keras_core.layers.base.layer import Layer
from keras_core.models.sequential import Sequential
from keras_core.symbolic.graph import node_of

RANKDIRS = ("TB", "BT", "LR", "RL")
_GRAPHVIZ = "the program `dot` of Graphviz on the PATH (see https://graphviz.org/download)"


def _pydot() -> Any:
    try:
        import pydot
    except ImportError:
        raise ImportError(
            "plot_model and model_to_dot need the package 'pydot', which is not installed. Install "
            f"it with: pip install pydot. To draw its graphs, plot_model also needs {_GRAPHVIZ}."
        ) from None
    return pydot


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """A model as a graph in the DOT language.

    Args:
        model: a built model. A Sequential or functional one is drawn as its layers; what flows
            through others is in their code, so that they are one box.
        show_shapes: whether to write the shapes of inputs and outputs.
        show_dtype: whether to write the dtypes of outputs.
        show_layer_names: whether to write the layers' names.
        rankdir: "TB" for top to bottom, "LR" for left to right; "BT" and "RL" for the reverse.
        expand_nested: whether to draw models in the model as frames with their layers.
        dpi: dots per inch; None for Graphviz's own choice.
        subgraph: whether to give a `pydot.Cluster` rather than a `pydot.Dot`.
        show_layer_activations: whether to write the layers' activations.
        show_trainable: whether to write if a layer is trainable.
        splines: how Graphviz draws edges: "ortho", "curved", "polyline" or "spline".
        **kwargs: none is known.

    Returns:
        A `pydot.Dot`, or a `pydot.Cluster`.

    Raises:
        ImportError: if pydot is not installed.
        ValueError: for wrong or unknown arguments, or a model that is not built.

    Example:

    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> graph = keras.utils.model_to_dot(model)  # doctest: +SKIP
    """
    if kwargs:
        raise ValueError(f"model_to_dot: unknown arguments {sorted(kwargs)}")
    pydot = _pydot()
    if not isinstance(model, Layer):
        raise ValueError(message("model_to_dot", "model", "be a model", model))
    if not model.built:
        must = "be built; call it on data, or build() it, first"
        raise ValueError(message("model_to_dot", "model", must, model))
    if rankdir not in RANKDIRS:
        must = f"be one of {', '.join(RANKDIRS)}"
        raise ValueError(message("model_to_dot", "rankdir", must, rankdir))
    number = isinstance(dpi, (int, float)) and not isinstance(dpi, bool)
    if dpi is not None and not (number and dpi > 0):
        raise ValueError(message("model_to_dot", "dpi", "be None or a positive number", dpi))
    picture = _Picture(
        pydot, show_shapes, show_dtype, show_layer_names, expand_nested, show_layer_activations,
        show_trainable,
    )  # fmt: skip
    if subgraph:
        name = re.sub(r"\W", "_", model.name)
        graph = pydot.Cluster(graph_name=name, label=_quoted(model.name), style="dashed")
    else:
        resolution = {} if dpi is None else {"dpi": dpi}
        graph = pydot.Dot(graph_type="digraph", rankdir=rankdir, splines=splines, **resolution)
    graph.set_node_defaults(shape="plaintext", fontname="Helvetica")
    picture.add(graph, model, "")
    return graph


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw a model into a file.

    Args:
        model: a built model.
        to_file: the file; its ending is the format, such as png, svg or pdf, which Graphviz
            writes, or dot for the graph's text. None only makes the graph.
        show_shapes: whether to write the shapes of inputs and outputs.
        show_dtype: whether to write the dtypes of outputs.
        show_layer_names: whether to write the layers' names.
        rankdir: "TB" for top to bottom, "LR" for left to right; "BT" and "RL" for the reverse.
        expand_nested: whether to draw models in the model as frames with their layers.
        dpi: dots per inch; None for Graphviz's own choice.
        show_layer_activations: whether to write the layers' activations.
        show_trainable: whether to write if a layer is trainable.
        splines: how Graphviz draws edges: "ortho", "curved", "polyline" or "spline".
        **kwargs: none is known.

    Returns:
        In a notebook, the picture; else None.

    Raises:
        ImportError: if pydot is not installed.
        OSError: if Graphviz is not installed, or does not write such files.
        ValueError: for wrong or unknown arguments, or a model that is not built.

    Example:

    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> keras.utils.plot_model(model, "model.png", show_shapes=True)  # doctest: +SKIP
    """
    from keras_core.saving.atomic import replacing

    if kwargs:
        raise ValueError(f"plot_model: unknown arguments {sorted(kwargs)}")
    graph = model_to_dot(
        model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi, False,
        show_layer_activations, show_trainable, splines,
    )  # fmt: skip
    if to_file is None:
        return None
    path = path_of(to_file, "plot_model", "to_file")
    ending = os.path.splitext(path)[1][1:].lower()
    if not ending:
        path, ending = f"{path}.png", "png"
    with replacing(path) as temporary:
        text = graph.to_string()
        if ending == "dot":
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(text)
        else:
            _draw(text, ending, path, temporary)
    return _shown(path) if ending in ("png", "jpg", "jpeg") else None


def _draw(text: str, format: str, path: str, temporary: str) -> None:
    """Have Graphviz write a picture of a graph."""
    command = ["dot", f"-T{format}", "-o", temporary]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    except FileNotFoundError as error:
        raise OSError(
            f"plot_model: to write {path!r} needs {_GRAPHVIZ}. A file ending in .dot needs none."
        ) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise OSError(f"plot_model: Graphviz could not write {path!r}: {said}")


def _shown(path: str) -> Any:
    """The picture, if this is a notebook."""
    import sys

    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        return None
    from IPython import display  # pyright: ignore[reportMissingImports]

    return display.Image(filename=path)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: Any) -> str:
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Picture:
    """Draws layers as boxes, and what flows between them as arrows."""

    def __init__(
        self,
        pydot: Any,
        shapes: bool,
        dtypes: bool,
        names: bool,
        expand: bool,
        activations: bool,
        trainable: bool,
    ) -> None:
        self._pydot, self._shapes, self._dtypes, self._names = pydot, shapes, dtypes, names
        self._expand, self._activations, self._trainable = expand, activations, trainable

    def add(self, graph: Any, model: Any, prefix: str) -> tuple[list[str], list[str]]:
        """Draw a model; gives the boxes that it starts with and ends with."""
        inner = _graph_of(model)
        if inner is None and isinstance(model, Sequential):
            return self._add_column(graph, model, prefix)
        if inner is None:
            return self._add_box(graph, model, prefix)
        ends: dict[int, tuple[list[str], list[str]]] = {}
        own = {id(node) for node in inner.nodes}
        for operation in _operations(model):
            ends[id(operation)] = self._add_one(graph, operation, prefix)
        drawn: set[tuple[str, str]] = set()
        for operation in _operations(model):
            for node in operation._inbound_nodes:
                if id(node) not in own:
                    continue
                for x in node.inputs:
                    parent = node_of(x)
                    if parent is None or id(parent.operation) not in ends:
                        continue
                    sources = ends[id(parent.operation)][1]
                    for source in sources:
                        for target in ends[id(operation)][0]:
                            if (source, target) not in drawn:
                                drawn.add((source, target))
                                graph.add_edge(self._pydot.Edge(source, target))
        first, last = (
            [
                name
                for x in tensors
                if (node := node_of(x)) is not None and id(node.operation) in ends
                for name in ends[id(node.operation)][side]
            ]
            for side, tensors in ((0, inner.inputs), (1, inner.outputs))
        )
        return first, last

    def _add_column(self, graph: Any, model: Any, prefix: str) -> tuple[list[str], list[str]]:
        """Draw a Sequential that has no graph: its layers follow one another all the same."""
        ends = [self._add_one(graph, layer, prefix) for layer in model.layers]
        for before, after in zip(ends, ends[1:], strict=False):
            for source in before[1]:
                for target in after[0]:
                    graph.add_edge(self._pydot.Edge(source, target))
        return ends[0][0], ends[-1][1]

    def _add_one(self, graph: Any, operation: Any, prefix: str) -> tuple[list[str], list[str]]:
        known = isinstance(operation, Sequential) or _graph_of(operation) is not None
        if not (self._expand and known):
            return self._add_box(graph, operation, prefix)
        cluster = self._pydot.Cluster(
            graph_name=f"{prefix}{id(operation)}", label=_quoted(operation.name), style="dashed"
        )
        ends = self.add(cluster, operation, f"{prefix}{id(operation)}_")
        graph.add_subgraph(cluster)
        return ends

    def _add_box(self, graph: Any, operation: Any, prefix: str) -> tuple[list[str], list[str]]:
        key = _quoted(f"{prefix}{id(operation)}")
        graph.add_node(self._pydot.Node(key, label=self._label(operation)))
        return [key], [key]

    def _label(self, operation: Any) -> str:
        kind = type(operation).__name__
        title = f"<b>{_escaped(operation.name)}</b> ({kind})" if self._names else f"<b>{kind}</b>"
        rows = [title]
        activation = getattr(operation, "activation", None)
        if self._activations and activation is not None:
            name = getattr(activation, "__name__", None) or type(activation).__name__
            rows.append(f"Activation: <b>{_escaped(name)}</b>")
        if self._shapes:
            inputs, outputs = _flow(operation)
            if inputs is not None:
                rows.append(f"Input shape: <b>{_escaped(_shape(inputs))}</b>")
            if outputs is not None:
                rows.append(f"Output shape: <b>{_escaped(_shape(outputs))}</b>")
        if self._dtypes:
            _, outputs = _flow(operation)
            if outputs is not None:
                names = sorted({x.dtype for x in tree.flatten(outputs)})
                rows.append(f"Output dtype: <b>{_escaped(', '.join(names))}</b>")
        if self._trainable and getattr(operation, "weights", None):
            rows.append(f"Trainable: <b>{operation.trainable}</b>")
        cells = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
        color = ' bgcolor="#e8eef7"' if self._names else ""
        return f'<<table border="1" cellborder="0" cellspacing="0"{color}>{cells}</table>>'


def _graph_of(model: Any) -> Any:
    """The graph of a functional model, or of what a Sequential has made of its layers."""
    found = getattr(model, "_graph", None)
    return found if found is not None else getattr(_functional(model), "_graph", None)


def _functional(model: Any) -> Any:
    return getattr(model, "_functional", None)


def _operations(model: Any) -> list[Any]:
    found = getattr(model, "_operations", None)
    return list(found if found is not None else _functional(model)._operations)


def _flow(operation: Any) -> tuple[Any, Any]:
    """The first call's inputs and outputs, as KerasTensors."""
    nodes = operation._inbound_nodes
    if not nodes:
        return None, None
    inputs = list(nodes[0].inputs)
    outputs = nodes[0].structure
    return (inputs[0] if len(inputs) == 1 else inputs) if inputs else None, outputs


def _shape(tensors: Any) -> Any:
    return tree.map_structure(lambda x: tuple(x.shape), tensors)
