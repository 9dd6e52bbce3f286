"""The active backend against the contract."""

import ast
import pathlib
import re
import sys

import pytest

import keras_core
from keras_core.backends import contract
from keras_core.backends.select import backend
from keras_core.ops import _door
from keras_core.testing import check_backend

PACKAGE = pathlib.Path(keras_core.__file__).parent


def test_the_backend_keeps_the_contract():
    check_backend()
    assert len(_door.registry) > 250
    assert all(callable(op.run) for op in _door.registry.values())


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.delattr(backend.arrays, "device_scope")
    monkeypatch.setattr(backend, "capabilities", frozenset({"magic"}))
    with pytest.raises(AssertionError, match=r"capability 'magic'.*arrays.device_scope"):
        check_backend()


def test_a_gap_says_why():
    gap = contract.NotSupported("fly", "it has no wings")
    with pytest.raises(NotImplementedError, match=r"ops.fly.*no wings"):
        gap()


def names_asked_for():
    """Each `backend.section.name` in the sources above the backends."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        if "backends" not in path.relative_to(PACKAGE).parts:
            found |= set(re.findall(r"\bbackend\.(\w+)\.(\w+)\b", path.read_text()))
    # What wraps a framework's own modules is there on that framework alone; layers ask first.
    return {(section, name) for section, name in found if section != "wrappers"}


@pytest.mark.parametrize("name", ["numpy", "jax", "torch", "tensorflow"])
def test_a_backend_has_what_is_asked_of_it(name):
    """By its source, so that the backends that are not active are looked at too."""
    lacking = []
    for section, wanted in sorted(names_asked_for()):
        path = PACKAGE / "backends" / name / f"{section}.py"
        if path.exists() and wanted not in bindings(path):
            lacking.append(f"{section}.{wanted}")
    assert not lacking


def bindings(path):
    """The names that a module binds at its top, by assignment, definition or import."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
    return names


def test_devices_are_named_by_strings_or_by_the_framework() -> None:
    kind = next((t for t in backend.arrays.DEVICE_TYPES if t is not str), None)
    own = "cpu"
    if kind is not None:
        found = {
            "jax": lambda: sys.modules["jax"].devices()[0],
            "torch": lambda: sys.modules["torch"].device("cpu"),
            "tensorflow": lambda: sys.modules["tensorflow"].config.list_logical_devices()[0],
        }
        own = found[backend.name]()
        assert isinstance(own, kind)
    for device in ("cpu", own):
        with keras_core.device(device):
            assert keras_core.ops.ones((2,)).shape == (2,)
    with pytest.raises(ValueError, match="device_name must be a string such as 'cpu:0'.*None"):
        keras_core.device(None)
