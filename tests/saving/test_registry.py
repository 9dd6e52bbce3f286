"""The config protocol: literals, custom objects, the closed table, lookup."""

from __future__ import annotations

import json
import os
import sys

import numpy as np
import pytest

from keras_core.core import registry
from keras_core.core.errors import InvalidFileError, UnsafeFileError

BF16 = "bfloat16"


def round_trip(obj, **kwargs):
    config = json.loads(json.dumps(registry.serialize_keras_object(obj)))
    return registry.deserialize_keras_object(config, **kwargs)


@registry.register_keras_serializable("tests")
class Plain:
    def __init__(self, a):
        self.a = a

    def get_config(self):
        return {"a": self.a}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@registry.register_keras_serializable("tests")
def triple(x):
    return 3 * x


class Unregistered(Plain):
    pass


@pytest.mark.parametrize(
    "value",
    [None, 1, 2.5, True, "text", b"ab\xff", [1, [2]], {"a": {"b": [1]}}, slice(1, None, 2), ...],
)
def test_literals(value):
    assert round_trip(value) == value


def test_arrays_and_scalars():
    array = np.arange(6, dtype="int16").reshape(2, 3)
    out = round_trip(array)
    assert out.dtype == array.dtype and np.array_equal(out, array)
    assert round_trip(np.float32(2.5)) == 2.5
    assert registry.serialize_keras_object((1, (2,))) == (1, (2,))
    assert registry.serialize_keras_object(np.dtype("int8")) == "int8"


def test_tensor_literal():
    from keras_core.backends.select import backend

    tensor = backend.arrays.convert_to_tensor(np.array([1.0, 2.0], "float32"))
    config = registry.serialize_keras_object(tensor)
    assert config["class_name"] == "__numpy__" if isinstance(tensor, np.ndarray) else "__tensor__"
    assert config["config"] == {"value": [1.0, 2.0], "dtype": "float32"}
    assert np.array_equal(backend.arrays.convert_to_numpy(round_trip(tensor)), [1.0, 2.0])


def test_registered_objects():
    config = registry.serialize_keras_object(Plain(4))
    assert config["registered_name"] == "tests>Plain" and config["class_name"] == "Plain"
    assert round_trip(Plain(4)).a == 4
    assert round_trip(triple) is triple
    assert registry.get_registered_name(triple) == "tests>triple"
    assert registry.get_registered_object("tests>Plain") is Plain


def test_unregistered_needs_custom_objects():
    with pytest.raises(InvalidFileError, match="register_keras_serializable"):
        round_trip(Unregistered(1))
    assert round_trip(Unregistered(2), custom_objects={"Unregistered": Unregistered}).a == 2
    with registry.CustomObjectScope({"Unregistered": Unregistered}):
        assert round_trip(Unregistered(3)).a == 3
    assert registry.get_registered_object("Unregistered") is None


def test_class_without_config_cannot_be_registered():
    with pytest.raises(ValueError, match="get_config"):
        registry.register_keras_serializable("tests")(type("Bare", (), {}))


def test_lambda_only_when_allowed():
    with pytest.warns(UserWarning, match="bytecode"):
        config = registry.serialize_keras_object(lambda x: x + 1)
    config = json.loads(json.dumps(config))
    with pytest.raises(UnsafeFileError, match="safe_mode"):
        registry.deserialize_keras_object(config)
    assert registry.deserialize_keras_object(config, safe_mode=False)(2) == 3


def test_nested_call_cannot_open_the_door():
    class Opener(Plain):
        @classmethod
        def from_config(cls, config):
            return cls(registry.deserialize_keras_object(config["a"], safe_mode=False))

    with pytest.warns(UserWarning, match="bytecode"):
        inner = registry.serialize_keras_object(lambda x: x)
    config = {"class_name": "Opener", "config": {"a": inner}, "registered_name": "Opener"}
    with pytest.raises(UnsafeFileError):
        registry.deserialize_keras_object(config, custom_objects={"Opener": Opener})
    assert not registry.in_safe_mode()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("subprocess", "Popen"),
        ("keras.utils", "get_file"),
        ("keras.utils.model_to_dot", "x"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.layers", "__class__"),
        ("keras.src.utils.python_utils", "func_load"),
        ("keras.layers.core.os", "system"),
        ("keras_core.core.lambdas", "load"),
        ("builtins", "eval"),
        ("keras.models", "load_model"),
        ("antigravity_module_of_nobody", "X"),
    ],
)
def test_nothing_else_is_reachable(module, name):
    before = set(sys.modules)
    config = {"module": module, "class_name": name, "config": {}, "registered_name": name}
    with pytest.raises(InvalidFileError):
        registry.deserialize_keras_object(config)
    config["registered_name"] = None
    with pytest.raises(InvalidFileError):
        registry.deserialize_keras_object(config)
    loaded = {
        m for m in set(sys.modules) - before if not m.startswith(("keras_core", "_", "encodings"))
    }
    assert "antigravity_module_of_nobody" not in loaded


@pytest.mark.parametrize("name", ["eval", "os.system", "__import__", "load_model", 3, None, ["a"]])
def test_functions_only_from_the_table(name):
    config = {
        "module": "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }
    with pytest.raises(InvalidFileError):
        registry.deserialize_keras_object(config)


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}},
        {"class_name": "__numpy__", "config": {"value": [[1], [2, 3]], "dtype": "int8"}},
        {"class_name": "__numpy__", "config": 3},
        {"class_name": "__slice__", "config": {}},
        {"class_name": "__bytes__", "config": {"value": 3}},
        {"class_name": "__keras_tensor__", "config": {"shape": "ab", "dtype": "float32"}},
        {"class_name": "Plain", "config": 3, "registered_name": "tests>Plain"},
    ],
)
def test_malformed_configs(config):
    with pytest.raises(InvalidFileError):
        registry.deserialize_keras_object(config)


def test_lookup():
    table = {"Plain": Unregistered, "triple": triple}

    class Zero:
        def get_config(self):
            return {}

    table["ZeroCase"] = Zero
    assert registry.lookup(None, "thing", table) is None
    assert registry.lookup("triple", "thing", table) is triple
    assert isinstance(registry.lookup("zero_case", "thing", table), Zero)
    assert registry.lookup("ZeroCase", "thing", table, instantiate=False) is Zero
    assert registry.lookup(triple, "thing", table) is triple
    assert registry.lookup("tests>triple", "thing", table) is triple
    assert registry.lookup(registry.serialize_keras_object(Plain(1)), "thing", table).a == 1
    with pytest.raises(ValueError, match=r"no thing.*'tripel'.*Did you mean 'triple'"):
        registry.lookup("tripel", "thing", table)
    with pytest.raises(ValueError, match="Received"):
        registry.lookup(3, "thing", table)


def test_shared_object_is_built_once():
    class Shared(Plain):
        def build_from_config(self, config):
            pass

    shared = Shared(1)
    config = json.loads(json.dumps(registry.serialize_keras_object([shared, shared])))
    first, second = registry.deserialize_keras_object(config, custom_objects={"Shared": Shared})
    assert first is second


def test_environment_is_not_read(monkeypatch):
    monkeypatch.setitem(os.environ, "SECRET", "value")
    assert registry.deserialize_keras_object({"a": "$SECRET"}) == {"a": "$SECRET"}
