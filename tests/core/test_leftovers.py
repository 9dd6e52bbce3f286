"""Nothing of the backends lies idle: a native function under a wrong name is never found."""

from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator

import keras_core

ROOT = pathlib.Path(keras_core.__file__).parent


def _private(text: str) -> Iterator[ast.FunctionDef]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and re.match("_[^_]", node.name):
            yield node


def _found_by_name() -> set[str]:
    """The names of natives that operations look for: a private operation's own, if it has none."""
    found: set[str] = set()
    for path in (ROOT / "ops").rglob("*.py"):
        text = path.read_text()
        found.update(re.findall(r'native\("(_\w+)"\)', text))
        for node in _private(text):
            marks = [mark for mark in node.decorator_list if isinstance(mark, ast.Call)]
            if marks and all(k.arg != "name" for mark in marks for k in mark.keywords):
                found.add(node.name)
    return found


def test_every_private_function_of_a_backend_is_used() -> None:
    texts = {path: path.read_text() for path in (ROOT / "backends").rglob("*.py")}
    known, idle = _found_by_name(), []
    for path, text in texts.items():
        beside = "\n".join(texts[other] for other in texts if other.parent == path.parent)
        for node in _private(text):
            if node.decorator_list or node.name in known:
                continue
            if len(re.findall(rf"\b{node.name}\b", beside)) == 1:
                idle.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert idle == []
