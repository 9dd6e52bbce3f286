"""What a file can name, and the same refusals wherever in a file the name stands."""

from __future__ import annotations

import base64
import contextlib
import importlib
import inspect
import json
import logging
import marshal
import re
from typing import Any

import h5py
import numpy as np
import pytest

import keras_core as K
from keras_core.core import builtins_table, guards
from keras_core.core.errors import InvalidFileError, UnsafeFileError
from tests.saving.test_hostile import (  # noqa: F401 - `nothing_ran` looks after every test
    GADGETS,
    LAMBDAS,
    MARK,
    PATHS,
    good_config,
    keras_file,
    lambda_code,
    nothing_ran,
    obj,
    refuse,
    sequential,
    weights_bytes,
)

LAMBDA = LAMBDAS["2024-3660 today's form"]
INNER = {
    "lambda": LAMBDA,
    "older lambda": LAMBDAS["2024-3660 the older form"],
    "path": obj("keras.layers", "StringLookup", None, vocabulary="/etc/passwd"),
    "pickle": obj("keras.layers", "TorchModuleWrapper", None, module="gASVBQAAAAAAAABoAC4="),
    "SavedModel": obj("keras.layers", "TFSMLayer", None, filepath="/tmp/saved"),
    "module": GADGETS["2025-1550 a module of Python"],
    "switch": GADGETS["2025-9906 the switch by config"],
}


def functional(layer: dict[str, Any]) -> dict[str, Any]:
    shape = {"shape": [None, 2], "dtype": "float32", "keras_history": ["in", 0, 0]}
    node = {"args": [{"class_name": "__keras_tensor__", "config": shape}], "kwargs": {}}
    start = obj("keras.layers", "InputLayer", batch_shape=[None, 2], dtype="float32", name="in")
    start |= {"name": "in", "inbound_nodes": []}
    layer = {**layer, "name": "x", "inbound_nodes": [node]}
    inner = {"name": "f", "layers": [start, layer], "input_layers": [["in", 0, 0]],
             "output_layers": [["x", 0, 0]]}  # fmt: skip
    return obj("keras.src.models.functional", "Functional", "Functional", **inner)


PLACES = {
    "a model in a model": lambda x: sequential(sequential(x)),
    "a graph": functional,
    "a graph in a model": lambda x: sequential(functional(x)),
    "TimeDistributed": lambda x: sequential(obj("keras.layers", "TimeDistributed", layer=x)),
    "Bidirectional": lambda x: sequential(obj("keras.layers", "Bidirectional", layer=x)),
    "its backward layer": lambda x: sequential(
        obj("keras.layers", "Bidirectional", backward_layer=x,
            layer=obj("keras.layers", "LSTM", units=2))),
    "SpectralNormalization": lambda x: sequential(
        obj("keras.layers", "SpectralNormalization", layer=x)),
    "a cell": lambda x: sequential(obj("keras.layers", "RNN", cell=x)),
    "cells": lambda x: sequential(
        obj("keras.layers", "RNN", cell=obj("keras.layers", "StackedRNNCells", cells=[x]))),
    "an initializer": lambda x: sequential(
        obj("keras.layers", "Dense", units=2, kernel_initializer=x)),
    "a regularizer": lambda x: sequential(
        obj("keras.layers", "Dense", units=2, activity_regularizer=x)),
    "a pipeline": lambda x: sequential(obj("keras.layers", "Pipeline", layers=[x])),
    "a loss": lambda x: good_config() | {"compile_config": {"optimizer": "sgd", "loss": x}},
    "a metric": lambda x: good_config() | {
        "compile_config": {"optimizer": "sgd", "loss": "mse", "metrics": [x]}},
    "an optimizer": lambda x: good_config() | {"compile_config": {"optimizer": x, "loss": "mse"}},
    "a schedule": lambda x: good_config() | {"compile_config": {
        "optimizer": obj("keras.optimizers", "SGD", learning_rate=x), "loss": "mse"}},
    "a build config": lambda x: sequential(
        {**obj("tests", "Plain", "hostile>Plain", name="p"), "build_config": {"input_shape": x}}),
    "an argument in a graph": lambda x: functional(
        obj("keras.src.ops.numpy", "Add", "Add", x2=x)),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("inner", INNER)
def test_no_place_is_less_guarded(tmp_path: Any, place: str, inner: str) -> None:
    config = PLACES[place](INNER[inner])
    refuse(keras_file(tmp_path / "m.keras", config))
    with pytest.raises((InvalidFileError, UnsafeFileError)):
        K.models.model_from_json(json.dumps(config))


def plain(config: Any) -> Any:
    """Keras 2's form: without modules."""
    if isinstance(config, dict):
        drop = ("module", "registered_name")
        return {k: plain(v) for k, v in config.items() if k not in drop}
    return [plain(v) for v in config] if isinstance(config, list) else config


@pytest.mark.parametrize("place", [p for p in PLACES if p != "an argument in a graph"])
@pytest.mark.parametrize("inner", INNER)
def test_2025_9905_h5_obeys_the_same(tmp_path: Any, place: str, inner: str) -> None:
    config = PLACES[place](INNER[inner])
    training = config.pop("compile_config", None)
    if training is not None:
        training["optimizer_config"] = plain(training.pop("optimizer"))
        config = sequential(obj("keras.layers", "Rescaling", scale=1.0))
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(plain(config))
        if training is not None:
            file.attrs["training_config"] = json.dumps(plain(training))
        file.create_group("model_weights").attrs["layer_names"] = []
    refuse(tmp_path / "m.h5")


@pytest.mark.parametrize("key", ["safe_mode", "custom_objects", "enable_unsafe_deserialization"])
@pytest.mark.parametrize("where", ["root", "config", "layer"])
def test_no_config_opens_the_door(tmp_path: Any, key: str, where: str) -> None:
    layer, config = {**LAMBDA, "config": {**LAMBDA["config"]}}, sequential()
    value = False if key == "safe_mode" else {"Lambda": "Lambda"}
    config["config"]["layers"].append(layer)
    {"root": config, "config": config["config"], "layer": layer["config"]}[where][key] = value
    refuse(keras_file(tmp_path / "m.keras", config))


def test_the_one_door_is_the_callers(tmp_path: Any, caplog: Any) -> None:
    """For one call only; and it says what it will run."""
    code = (lambda x: [ops.multiply(y, 2.0) for y in [x]][0]).__code__  # noqa: F821
    text = base64.encodebytes(marshal.dumps(code)).decode()
    held = {"class_name": "__lambda__", "config": {"code": text, "defaults": None, "closure": None}}
    layer = obj("keras.layers", "Lambda", None, function=held)
    empty = weights_bytes(lambda file: file.pop("layers"))
    path = keras_file(tmp_path / "m.keras", sequential(layer), empty)
    refuse(path, UnsafeFileError)
    with caplog.at_level(logging.WARNING, "keras_core"):
        model = K.models.load_model(path, safe_mode=False)
    assert re.search(r"will run: <lambda>\(x\) of .*using ops, multiply", caplog.text)
    assert np.array_equal(K.ops.convert_to_numpy(model(np.ones((1, 2), "float32"))), [[2, 2]])
    refuse(path, UnsafeFileError)


# The table itself ---------------------------------------------------------------------------

SUSPECT = re.compile(r"path|file|dir|url|origin|command|module|call_fn|init_fn|vocabulary")
# Names that only look like it, with what they are.
HARMLESS = {"direction", "class_id", "vocabulary_dtype", "vocabulary_size"}


def everything() -> dict[str, type]:
    found: dict[str, type] = {}
    for public, (package, _) in builtins_table._PUBLIC.items():
        try:
            module = importlib.import_module(package)
        except ModuleNotFoundError:
            continue
        for name in module.__all__:
            try:
                cls = builtins_table.find_class(public, name)
            except ImportError:
                continue
            if cls is not None:
                found[f"{public}.{name}"] = cls
    return found


def test_what_opens_paths_is_guarded() -> None:
    """Every class that a file can name and whose constructor takes something like a path."""
    table = everything()
    assert len(table) > 250
    unguarded = []
    for name, cls in table.items():
        for parameter in inspect.signature(cls.__init__).parameters:
            if not SUSPECT.search(parameter) or parameter in HARMLESS:
                continue
            try:
                guards.check(cls, {parameter: "/etc/passwd"})
                unguarded.append(f"{name}({parameter})")
            except UnsafeFileError:
                pass
    assert not unguarded


def test_nothing_in_the_table_reaches_out() -> None:
    for module, name in (
        ("keras.utils", "get_file"), ("keras.utils", "PyDataset"), ("keras.saving", "load_model"),
        ("keras.models", "load_model"), ("keras.config", "enable_unsafe_deserialization"),
        ("keras.callbacks", "CSVLogger"), ("keras.callbacks", "ModelCheckpoint"),
        ("keras.datasets.mnist", "load_data"), ("keras.export", "ExportArchive"),
        ("keras.saving", "KerasFileEditor"), ("keras", "Model.load_weights"),
        ("keras.utils.sequence_utils", "os"), ("keras.src.saving", "KerasFileEditor"),
    ):  # fmt: skip
        assert builtins_table.find_class(module, name) is None, (module, name)
        config = {"module": module, "class_name": name, "config": {}, "registered_name": None}
        with pytest.raises((InvalidFileError, UnsafeFileError)):
            K.saving.deserialize_keras_object(config)


@pytest.mark.parametrize("name", PATHS)
def test_the_users_own_hand_may(name: str) -> None:
    """Outside of a file the same arguments reach the class, which says itself what is wrong."""
    class_name, config = PATHS[name]
    cls = getattr(K.layers, class_name)
    with contextlib.suppress(Exception):
        try:
            cls(**{k: v for k, v in config.items() if "127.0.0.1" not in str(v)})
        except (InvalidFileError, UnsafeFileError):
            pytest.fail("the caller's own arguments are not a file's")


def test_lambda_code_itself_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Refused before it is unmarshalled: marshal itself can be made to crash."""
    monkeypatch.setattr(marshal, "loads", lambda *a: MARK.append("marshal"))
    code = {"code": lambda_code(), "defaults": None, "closure": None}
    for config in ({"class_name": "__lambda__", "config": code}, LAMBDA):
        refuse(keras_file(tmp_path / "m.keras", sequential(config)))
