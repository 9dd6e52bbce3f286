"""Models as graphs in the DOT language."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as keras

pydot = pytest.importorskip("pydot", reason="graphs are made by pydot, which is not installed")


def inner() -> Any:
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, name="deep")], name="inner")


def branched() -> Any:
    x = keras.Input((4,), name="in")
    left = keras.layers.Dense(4, activation="relu", name="left")(x)
    return keras.Model(x, keras.layers.Add(name="sum")([left, inner()(x)]) * 2.0)


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="own")
        self.second = keras.layers.Dense(2, name="second")
        self.first = keras.layers.Dense(3, name="first")

    def call(self, x: Any) -> Any:
        return self.second(self.first(x))


def boxes(graph: Any) -> dict[str, str]:
    """The boxes' keys and labels, those of frames included."""
    found = {node.get_name(): node.get("label") for node in graph.get_nodes() if node.get("label")}
    for frame in graph.get_subgraphs():
        found |= boxes(frame)
    return found


def arrows(graph: Any) -> list[tuple[str, str]]:
    """The arrows, by the names of layers."""
    names = {k: v.partition("<b>")[2].partition("</b>")[0] for k, v in boxes(graph).items()}
    every, frames = [], [graph]
    while frames:
        frame = frames.pop()
        every += [(e.get_source(), e.get_destination()) for e in frame.get_edges()]
        frames += frame.get_subgraphs()
    return sorted((names[a], names[b]) for a, b in every)


def test_a_graph() -> None:
    graph = keras.utils.model_to_dot(branched(), rankdir="LR", dpi=60)
    found = arrows(graph)
    assert {("in", "left"), ("in", "inner"), ("left", "sum"), ("inner", "sum")} <= set(found)
    assert len(found) == 5
    assert (graph.get("rankdir"), graph.get("dpi"), graph.get("splines")) == ("LR", 60, "ortho")
    full = keras.utils.model_to_dot(
        branched(), show_shapes=True, show_dtype=True, show_layer_activations=True,
        show_trainable=True, show_layer_names=False,
    )  # fmt: skip
    (dense,) = (label for label in boxes(full).values() if "relu" in label)
    assert "Input shape: <b>(None, 4)" in dense and "Output dtype: <b>float32" in dense
    assert "Trainable: <b>True" in dense and "left" not in dense


def test_nested_and_sequential() -> None:
    nested = {"in", "inner", "deep", "left", "sum"}
    graph = keras.utils.model_to_dot(branched(), expand_nested=True)
    (frame,) = graph.get_subgraphs()
    assert frame.get("label") == '"inner"'
    assert ("deep", "sum") in arrows(graph) and not {
        pair for pair in arrows(graph) if "inner" in pair and set(pair) <= nested
    }
    plain = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="a")])
    plain.add(keras.layers.Dense(1, name="b"))
    assert ("a", "b") in arrows(keras.utils.model_to_dot(plain))


def test_a_shared_layer_has_one_box() -> None:
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    shared = keras.layers.Dense(4, name="shared")
    model = keras.Model([x, y], keras.layers.Add(name="sum")([shared(x), shared(y)]))
    assert arrows(keras.utils.model_to_dot(model)) == [
        ("shared", "sum"), ("x", "shared"), ("y", "shared"),
    ]  # fmt: skip


def test_no_arrows_are_made_up_for_a_model_whose_flow_is_in_its_code() -> None:
    model = Subclassed()
    model(np.zeros((1, 4), "float32"))
    for expand in (False, True):
        graph = keras.utils.model_to_dot(model, expand_nested=expand)
        (label,) = boxes(graph).values()
        assert "<b>own</b> (Subclassed)" in label and not arrows(graph)
    x = keras.Input((4,), name="x")
    around = keras.Model(x, Subclassed()(x))
    graph = keras.utils.model_to_dot(around, expand_nested=True, show_shapes=True)
    assert arrows(graph) == [("x", "own")]
    assert any("Output shape: <b>(None, 2)" in label for label in boxes(graph).values())


def test_a_sequential_without_a_graph_is_a_column() -> None:
    model = keras.Sequential([keras.layers.Dense(2, name="a"), keras.layers.Dense(1, name="b")])
    model(np.zeros((1, 3), "float32"))
    model._functional = None
    assert arrows(keras.utils.model_to_dot(model)) == [("a", "b")]


def test_names_of_any_kind() -> None:
    layer = keras.layers.Dense(2, name='a<b>&"c"')
    model = keras.Sequential([keras.Input((3,)), layer], name='say: "hi"')
    assert "a&lt;b&gt;&amp;" in keras.utils.model_to_dot(model, show_layer_names=True).to_string()
    frame = keras.utils.model_to_dot(model, subgraph=True)
    assert frame.get_name() == "cluster_say___hi_" and frame.get("label") == r'"say: \"hi\""'


@pytest.fixture
def dot(tmp_path: Path, monkeypatch: Any) -> Path:
    """A program in the place of Graphviz, on a PATH with nothing else, that knows one format."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "dot"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "_, format, _, path = sys.argv\n"
        "text = sys.stdin.read()\n"
        "if format != '-Tpng':\n"
        "    sys.exit(f'Format {format} not recognized')\n"
        "open(path, 'w').write(text)\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(folder))
    return program


def test_files(dot: Path, tmp_path: Path) -> None:
    model, folder = branched(), tmp_path / "out"
    folder.mkdir()
    assert keras.utils.plot_model(model, None) is None
    assert keras.utils.plot_model(model, folder / "m.dot") is None
    keras.utils.plot_model(model, folder / "m.png", show_layer_names=True)
    keras.utils.plot_model(model, folder / "bare")
    assert sorted(p.name for p in folder.iterdir()) == ["bare.png", "m.dot", "m.png"]
    assert (folder / "m.dot").read_text().startswith("digraph")
    assert "<b>left</b> (Dense)" in (folder / "m.png").read_text()
    with pytest.raises(OSError, match="could not write .*m.zzz.*: Format -Tzzz not recognized"):
        keras.utils.plot_model(model, folder / "m.zzz")
    dot.unlink()
    with pytest.raises(OSError, match="needs the program `dot` of Graphviz"):
        keras.utils.plot_model(model, folder / "m.png")
    assert sorted(p.name for p in folder.iterdir()) == ["bare.png", "m.dot", "m.png"]
    assert "left" in (folder / "m.png").read_text()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="must be built"):
        keras.utils.model_to_dot(keras.Sequential([keras.layers.Dense(2)]))
    with pytest.raises(ValueError, match="unknown arguments"):
        keras.utils.plot_model(branched(), foo=1)
    bad: list[tuple[dict[str, Any], str]] = [
        ({"rankdir": "down"}, "rankdir must be one of TB, BT, LR, RL"),
        ({"dpi": "high"}, "dpi must be None or a positive number"),
        ({"dpi": 0}, "dpi must be None or a positive number"),
    ]
    for kwargs, match in bad:
        with pytest.raises(ValueError, match=match):
            keras.utils.plot_model(branched(), None, **kwargs)
    for model in (None, "model"):
        with pytest.raises(ValueError, match="model must be a model"):
            keras.utils.plot_model(model)


def test_both_packages_are_named(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ImportError, match="pip install pydot.*Graphviz"):
        keras.utils.plot_model(branched())
