"""Models as graphs in the DOT language."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import keras_core as keras


class Graph:
    """As much of pydot as a model's picture needs, for where pydot is not installed."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        self.args, self.attributes = args, attributes
        self.nodes: list[Any] = []
        self.edges: list[tuple[str, str]] = []
        self.subgraphs: list[Any] = []

    def set_node_defaults(self, **attributes: Any) -> None: ...

    def add_node(self, node: Graph) -> None:
        self.nodes.append(node)

    def add_edge(self, edge: Graph) -> None:
        self.edges.append(edge.args)  # pyright: ignore[reportArgumentType]

    def add_subgraph(self, graph: Graph) -> None:
        self.subgraphs.append(graph)

    def to_string(self) -> str:
        return "digraph {}"

    def write(self, path: str, format: str) -> None:
        raise FileNotFoundError("dot")


class Stand:
    Dot = Cluster = Node = Edge = Graph


@pytest.fixture
def pydot(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "pydot", Stand)


def branched() -> Any:
    x = keras.Input((4,), name="in")
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, name="deep")], name="inner")
    left = keras.layers.Dense(4, activation="relu", name="left")(x)
    return keras.Model(x, keras.layers.Add(name="sum")([left, inner(x)]) * 2.0)


def labels(graph: Any) -> dict[str, str]:
    return {node.args[0]: node.attributes["label"] for node in graph.nodes}


def edges(graph: Any) -> set[tuple[str, str]]:
    names = {}
    for key, label in labels(graph).items():
        names[key] = label.partition("<b>")[2].partition("</b>")[0]
    return {(names[a], names[b]) for a, b in graph.edges}


def test_a_graph(pydot: None) -> None:
    graph = keras.utils.model_to_dot(branched(), rankdir="LR")
    found = edges(graph)
    assert {("in", "left"), ("in", "inner"), ("left", "sum"), ("inner", "sum")} <= found
    assert len(found) == 5 and graph.attributes["rankdir"] == "LR"
    full = keras.utils.model_to_dot(
        branched(), show_shapes=True, show_dtype=True, show_layer_activations=True,
        show_trainable=True, show_layer_names=False,
    )  # fmt: skip
    (dense,) = (label for label in labels(full).values() if "relu" in label)
    assert "Input shape: <b>(None, 4)" in dense and "Output dtype: <b>float32" in dense
    assert "Trainable: <b>True" in dense and "left" not in dense


def test_nested_and_sequential(pydot: None) -> None:
    graph = keras.utils.model_to_dot(branched(), expand_nested=True)
    (cluster,) = graph.subgraphs
    assert any("deep" in label for label in labels(cluster).values())
    deep = next(key for key, label in labels(cluster).items() if "deep" in label)
    outer = {key for key, label in labels(graph).items() if "sum" in label}
    assert any(a == deep and b in outer for a, b in graph.edges)
    plain = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="a")])
    plain.add(keras.layers.Dense(1, name="b"))
    assert ("a", "b") in edges(keras.utils.model_to_dot(plain))


def test_files(pydot: None, tmp_path: Any) -> None:
    model = branched()
    assert keras.utils.plot_model(model, tmp_path / "m.dot") is None
    assert (tmp_path / "m.dot").read_text() == "digraph {}"
    with pytest.raises(OSError, match="Graphviz"):
        keras.utils.plot_model(model, tmp_path / "m.png")
    assert [p.name for p in tmp_path.iterdir()] == ["m.dot"]


def test_bad_input(monkeypatch: Any, pydot: None) -> None:
    with pytest.raises(ValueError, match="must be built"):
        keras.utils.model_to_dot(keras.Sequential([keras.layers.Dense(2)]))
    with pytest.raises(ValueError, match="unknown arguments"):
        keras.utils.plot_model(branched(), foo=1)
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ImportError, match="pip install pydot"):
        keras.utils.plot_model(branched())
