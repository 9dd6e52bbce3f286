"""Configurations of Keras 2, and of `.h5` files, as today's; and the other way for `.h5`.

What was renamed, moved or dropped since is listed here, class by class, and what was changed
is reported to the caller. Weights need no translation but for some names.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

from keras_core.core import builtins_table, naming, old_names, operation_names
from keras_core.core import custom_objects as custom
from keras_core.core.errors import InvalidFileError
from keras_core.core.tracebacks import warn
from keras_core.saving import keras2_functions

Config = dict[str, Any]

_MODELS = ("Functional", "Model", "Sequential")

# Arguments that have gone, or that stated what is not an option any more.
DROPPED = frozenset((
    # layers
    "batch_input_shape", "trainable", "dtype", "activity_regularizer", "ragged", "input_dtype",
    # recurrent layers
    "implementation", "time_major", "input_length",
    # what SpatialDropout stated though it follows from the input
    "noise_shape",
    # attention
    "softmax_robust_masking", "query_shape", "key_shape", "value_shape",
    # normalization
    "fused", "virtual_batch_size", "renorm", "renorm_clipping", "renorm_momentum",
    # separable and depthwise convolution, which listed what they inherited
    "groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint",
    # lookups
    "pad_to_max_tokens", "sparse", "has_value",
    # random layers
    "rng_type",
    # Lambda
    "function_type", "output_shape_type", "mask_type", "module", "output_shape_module",
    # optimizers, losses and metrics
    "is_legacy_optimizer", "jit_compile", "decay", "fn",
))  # fmt: skip
_RENAMED = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "ReLU": {"theta": "threshold"},
    "InputLayer": {"batch_input_shape": "batch_shape", "input_shape": "shape"},
}
_CLASSES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "ThresholdedReLU": "ReLU",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "ModelV2": "Model",
}
# Classes of today whose name in `.h5` files is not their public one.
_IN_H5 = {"GroupedQueryAttention": "GroupQueryAttention"}
_RECURRENT = frozenset(
    ("RNN", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
)
# What an activation of this name is today: Keras 2's had another slope.
_HARD_SIGMOID = {
    "module": "builtins",
    "class_name": "function",
    "config": "keras2>hard_sigmoid",
    "registered_name": "function",
}


def tell(path: str, report: list[str]) -> None:
    """Warn about what was changed in a configuration."""
    if report:
        lines = list(dict.fromkeys(report))
        more = f"\n  ... and {len(lines) - 20} more" if len(lines) > 20 else ""
        warn(
            f"{path} was written by an older Keras. Changed in its configuration:\n  "
            + "\n  ".join(lines[:20])
            + more
        )


def is_old(version: Any) -> bool:
    """Whether a file's `keras_version` is one of Keras 2 or 1."""
    return isinstance(version, str) and version.split(".")[0] in ("0", "1", "2")


# To today's form ---------------------------------------------------------------------------


def modern_form(config: Any, custom_objects: Any = None) -> tuple[Config, list[str]]:
    """A whole model's configuration in today's form, and what was changed."""
    report: list[str] = []
    with custom.scope(custom_objects):
        modern = _object(_without_slashes(config, report), report)
    _mark_ids(modern)
    return modern, report


def _without_slashes(config: Any, report: list[str]) -> Any:
    """The configuration with "_" in layers' names for "/", as in Keras 2's MobileNetV3.

    Weights have their places by the order of layers, so that their names may differ.
    """
    found: set[str] = set()
    queue = [config]
    while queue:
        value = queue.pop()
        if isinstance(value, dict):
            inner = value.get("config")
            name = inner.get("name") if isinstance(inner, dict) else None
            found |= {name} if "class_name" in value and isinstance(name, str) else set()
            queue.extend(value.values())
        elif isinstance(value, list):
            queue.extend(value)
    names: dict[str, str] = {}
    for name in sorted(name for name in found if "/" in name):
        new = name.strip("/").replace("/", "_") or "layer"
        while new in found:
            new += "_"
        found.add(new)
        names[name] = new
    if names:
        one, new = next(iter(names.items()))
        report.append(f"{len(names)} names of layers have '_' for '/': {one!r} is {new!r}")

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                k: names.get(v, v) if k == "name" and isinstance(v, str) else renamed(v)
                for k, v in value.items()
            }
        if not isinstance(value, list):
            return value
        out = [renamed(v) for v in value]
        if len(out) >= 3 and isinstance(out[0], str) and isinstance(out[1], int):
            out[0] = names.get(out[0], out[0])  # [name, node, tensor, ...]
        return out

    return renamed(config) if names else config


def _mark_ids(config: Any) -> None:
    """Make texts of shared ids, which tell that the first place of an object lacks its id."""
    queue = [config]
    while queue:
        value = queue.pop()
        if isinstance(value, dict):
            if isinstance(value.get("shared_object_id"), int):
                value["shared_object_id"] = f"keras2/{value['shared_object_id']}"
            queue.extend(value.values())
        elif isinstance(value, (list, tuple)):
            queue.extend(value)


def _object(config: Any, report: list[str]) -> Config:
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise InvalidFileError("A layer's configuration must have a class_name and a config.")
    name: str = config["class_name"]
    inner, kind = config.get("config"), _kind(config)
    if kind is not None:
        return _model(config, kind, report)
    name = _CLASSES.get(name, _IN_H5.get(name, name))
    out = {k: v for k, v in config.items() if k not in ("config", "inbound_nodes", "name")}
    if custom.get_registered_object(config["class_name"]) is not None:
        return out | {"registered_name": config["class_name"], "config": inner}
    if config.get("registered_name") and not str(config.get("module", "")).startswith("tf_keras"):
        return out | {"config": inner}
    module = builtins_table.module_of_layer(name)
    cls = builtins_table.find_class(module, name)
    if cls is None:
        if _operation_module(name) is not None:
            return _as_operation(config)
        instead = old_names.MODULES["keras_core.layers"].get(name)
        if instead is not None and not config.get("registered_name"):
            raise InvalidFileError(
                f"The layer {name} of Keras 2 is gone. In a model built anew use {instead}; to "
                f"load this one, define the layer and pass custom_objects={{{name!r}: ...}}."
            )
        return out | {"registered_name": config.get("registered_name") or name, "config": inner}
    if name != config["class_name"] and config["class_name"] not in _IN_H5:
        report.append(f"{config['class_name']} is {name}")
    if "quantized" not in (out.get("build_config") or ()):
        out.pop("build_config", None)  # its graph's calls, or its Sequential's input, build it
    out |= {"module": module, "class_name": name, "registered_name": None}
    out["config"] = _arguments(cls, name, inner, report)
    return out


def _kind(config: Config) -> str | None:
    """Which of "Functional" and "Sequential" it is, or is made from; None if neither."""
    name, inner = config.get("class_name"), config.get("config")
    if name in ("Functional", "Sequential"):
        return str(name)
    own = custom.get_registered_object(name) if isinstance(name, str) else None
    model, stack = (builtins_table.find_class("keras.models", x) for x in ("Model", "Sequential"))
    if name != "Model" and not (inspect.isclass(own) and model and issubclass(own, model)):
        return None
    if _is_graph(inner):
        return "Functional"
    listed = isinstance(inner, dict) and "layers" in inner
    return "Sequential" if listed and own and stack and issubclass(own, stack) else None


def _is_graph(config: Any) -> bool:
    return isinstance(config, dict) and "layers" in config and "output_layers" in config


@functools.cache
def accepted(cls: type) -> frozenset[str]:
    """The names of what a class's constructor takes, by way of its bases too."""
    found: set[str] = set()
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if init is None:
            continue
        parameters = inspect.signature(init).parameters.values()
        found.update(p.name for p in parameters)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return frozenset(found)


def _arguments(cls: type, name: str, config: Any, report: list[str]) -> Any:
    if not isinstance(config, dict):
        return config
    out: Config = {}
    known = accepted(cls)
    renames = _RENAMED.get(name, {})
    for key, value in config.items():
        if key in renames and key not in known:
            report.append(f"{name}: {key} is {renames[key]}")
            key = renames[key]
        if key not in known and key in DROPPED:
            if value is not None and key not in ("batch_input_shape", "dtype", "trainable"):
                report.append(f"{name}: {key} was dropped")
            continue
        out[key] = value
    for key in ("activation", "recurrent_activation"):
        value = out.get(key)
        if isinstance(value, dict) and value.get("class_name") == "function":
            value = value.get("config")
        if value == "hard_sigmoid":
            out[key] = dict(_HARD_SIGMOID)
            report.append(f"{name}: {key} hard_sigmoid is of Keras 2, whose slope is 0.2")
    dtype = out.get("dtype")
    if isinstance(dtype, dict) and dtype.get("class_name") in ("Policy", "PolicyV1"):
        out["dtype"] = dtype.get("config", {}).get("name")
    if name == "BatchNormalization" and isinstance(out.get("axis"), list) and len(out["axis"]) == 1:
        out["axis"] = out["axis"][0]
    if name == "RandomCrop":
        report.append("RandomCrop: takes the middle but for training, where Keras 2 resized")
    if name == "Lambda":
        out["function"] = _lambda(config.get("function"), config.get("function_type"))
    for key in ("layer", "backward_layer", "cell"):
        if isinstance(out.get(key), dict) and "class_name" in out[key]:
            out[key] = _object(out[key], report)
    for key in ("cells", "layers"):
        if isinstance(out.get(key), list):
            out[key] = [_object(part, report) for part in out[key]]
    return out


def _lambda(function: Any, kind: Any) -> Any:
    if isinstance(function, (list, tuple)) and len(function) == 3:
        code, defaults, closure = function
        inner = {"code": code, "defaults": defaults, "closure": closure}
        return {"class_name": "__lambda__", "config": inner}
    if kind == "function" and isinstance(function, str):
        return {"module": "builtins", "class_name": "function", "config": function,
                "registered_name": "function"}  # fmt: skip
    return function


def _model(config: Config, kind: str, report: list[str]) -> Config:
    inner = config.get("config")
    if isinstance(inner, list):  # Sequential of Keras 1 and early 2
        inner = {"layers": inner}
    if not isinstance(inner, dict) or not isinstance(inner.get("layers"), list):
        raise InvalidFileError(f"{config['class_name']}: the configuration must list its layers.")
    name = config["class_name"]
    names: Config
    if name not in _MODELS:
        names = {"module": config.get("module"), "class_name": name, "registered_name": name}
    elif kind == "Sequential":
        names = {"module": "keras", "class_name": "Sequential", "registered_name": None}
    else:
        names = {"module": "keras.src.models.functional", "class_name": "Functional",
                 "registered_name": "Functional"}  # fmt: skip
    changed = _sequential(inner, report) if kind == "Sequential" else _graph(inner, report)
    rest = {k: v for k, v in config.items() if k in ("shared_object_id", "build_config")}
    return {**rest, **names, "config": changed}


def _sequential(config: Config, report: list[str]) -> Config:
    layers: list[Any] = []
    for i, entry in enumerate(config["layers"]):
        inner = entry.get("config") if isinstance(entry, dict) else None
        shape = inner.get("batch_input_shape") if isinstance(inner, dict) else None
        if i == 0 and shape is not None and entry.get("class_name") != "InputLayer":
            name = f"{inner.get('name', 'layer')}_input"  # type: ignore[union-attr]
            dtype = inner.get("dtype")  # type: ignore[union-attr]
            made = {"batch_shape": shape, "name": name}
            if entry["class_name"] == "Embedding":
                made["dtype"] = "float32"
            elif isinstance(dtype, str):
                made["dtype"] = dtype
            layers.append({"module": "keras.layers", "class_name": "InputLayer", "config": made,
                           "registered_name": None})  # fmt: skip
        layers.append(_object(entry, report))
    return {"name": naming.auto_name("sequential"), **config, "layers": layers}


# Graphs ------------------------------------------------------------------------------------


def _graph(config: Config, report: list[str]) -> Config:
    nested = {
        entry.get("name") or entry.get("config", {}).get("name"): kind
        for entry in config["layers"]
        if isinstance(entry, dict) and (kind := _kind(entry))
    }
    of_today = any(
        isinstance(call, dict)
        for entry in config["layers"]
        if isinstance(entry, dict) and isinstance(entry.get("inbound_nodes"), list)
        for call in entry["inbound_nodes"]
    )
    layers = [x for entry in config["layers"] for x in _graph_layers(entry, nested, report)]

    def end(value: Any) -> Any:
        if _is_place(value):
            name, node, tensor = value
            # A nested Functional goes on counting from 1 here, a Sequential does not, and did
            # in Keras 2.
            if not of_today and nested.get(name) == "Sequential" and node >= 1:
                node -= 1
            return [name, node, tensor]
        if isinstance(value, dict):
            return {k: end(v) for k, v in value.items()}
        return [end(v) for v in value] if isinstance(value, list) else value

    out = {**config, "layers": layers}
    for key in ("input_layers", "output_layers"):
        places = end(config.get(key))
        if isinstance(places, list) and len(places) == 1 and _is_place(places[0]):
            places = places[0]  # a model of one tensor takes and gives it bare
        out[key] = places
    return out


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) == 3
        and isinstance(value[0], str)
        and all(isinstance(n, int) for n in value[1:])
    )


def _graph_layers(entry: Config, nested: dict[str, str], report: list[str]) -> list[Config]:
    if not isinstance(entry, dict) or not isinstance(entry.get("inbound_nodes", []), list):
        raise InvalidFileError("A graph's layers must be dicts with their inbound_nodes.")
    inner = entry.get("config")
    name = entry.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
    calls = [_call(call, nested) for call in entry.get("inbound_nodes", ())]
    if entry.get("class_name") in ("TFOpLambda", "SlicingOpLambda"):
        found = keras2_functions.as_operations(entry, calls, report)
        return [
            {**out, "name": out["config"]["name"], "inbound_nodes": calls} for out, calls in found
        ]
    if _is_operation(entry, calls):
        out = _as_operation(entry)
    else:
        out = _object(entry, report)
        if out["class_name"] in _RECURRENT:
            calls = [_with_states(call) for call in calls]
    return [{**out, "name": name, "inbound_nodes": calls}]


def _with_states(call: Config) -> Config:
    """A call of a recurrent layer on a list, of which all but the first tensor are its state."""
    args = call["args"]
    if call["kwargs"].get("constants", 0) is None:  # only some layers have constants today
        call = {**call, "kwargs": {k: v for k, v in call["kwargs"].items() if k != "constants"}}
    if len(args) != 1 or not isinstance(args[0], list) or len(args[0]) < 2:
        return call
    first, *states = args[0]
    return {"args": [first], "kwargs": {**call["kwargs"], "initial_state": states}}


def _is_operation(entry: Config, calls: list[Config]) -> bool:
    """Whether a class name that a layer and an operation share means the operation."""
    if entry.get("module") or _operation_module(entry.get("class_name")) is None:
        return False
    if builtins_table.find_class("keras.layers", entry["class_name"]) is None:
        return True
    if any(len(call["args"]) > 1 for call in calls):
        return True
    operation = operation_names.of_class(
        str(_operation_module(entry["class_name"])), entry["class_name"]
    )
    keys = set(entry["config"]) - {"name"} if isinstance(entry.get("config"), dict) else set()
    return operation is not None and bool(keys) and keys == set(operation.config)


def _operation_module(name: Any) -> str | None:
    for module in ("numpy", "nn", "core", "linalg", "math", "image"):
        if operation_names.of_class(f"keras.src.ops.{module}", str(name)) is not None:
            return f"keras.src.ops.{module}"
    return None


def _as_operation(entry: Config) -> Config:
    name = entry["class_name"]
    return {"module": _operation_module(name), "class_name": name, "config": entry["config"],
            "registered_name": name}  # fmt: skip


def _call(call: Any, nested: dict[str, str]) -> Config:
    """A call in today's form; Keras 2 wrote it as nested lists of [name, node, tensor, kwargs]."""
    if isinstance(call, dict):
        return call
    if not isinstance(call, list) or not call:
        raise InvalidFileError(f"A call in a graph must be a list or a dict. Received: {call!r}")
    single = isinstance(call[0], str)
    places = [call] if single else call
    tensors: list[Any] = []
    kwargs: Config = {}
    for place in places:
        if _are_places(place):  # the state of a cell that has several tensors
            tensors.append([_tensor(inner, nested) for inner in place])
            continue
        if not isinstance(place, list) or len(place) < 3:
            raise InvalidFileError(
                f"A call's tensor must be [name, node, tensor]. Received: {place!r}"
            )
        if place[0] in ("_CONSTANT_VALUE",):
            tensors.append(place[2])
        else:
            tensors.append(_tensor(place, nested))
        if len(place) > 3 and isinstance(place[3], dict):
            kwargs |= {k: _old_value(v, nested) for k, v in place[3].items()}
    return {"args": [tensors[0] if len(tensors) == 1 else tensors], "kwargs": kwargs}


def _are_places(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(v, list) and len(v) >= 3 and isinstance(v[0], str) for v in value)
    )


def _tensor(place: list[Any], nested: dict[str, str]) -> Config:
    name, node, tensor = place[:3]
    if name in nested and isinstance(node, int) and node >= 1:
        node -= 1  # its first node was its own making
    inner = {"shape": [], "dtype": "float32", "keras_history": [name, node, tensor]}
    return {"class_name": "__keras_tensor__", "config": inner}


def _old_value(value: Any, nested: dict[str, str]) -> Any:
    if _is_place(value):
        return _tensor(list(value), nested)
    if isinstance(value, list):
        return [_old_value(v, nested) for v in value]
    return value


# To the form of .h5 files ------------------------------------------------------------------


def legacy_form(config: Any) -> Config:
    """A model's configuration as `.h5` files hold it: classes by their bare names."""
    out: Config = {"class_name": _bare_name(config), "config": config["config"]}
    inner = config["config"]
    if config["class_name"] == "Sequential" or _is_graph(inner):
        out["config"] = {**inner, "layers": [legacy_form(layer) for layer in inner["layers"]]}
    elif (built := config.get("build_config")) and (
        config.get("registered_name") or "quantized" in built
    ):
        out["build_config"] = built  # nothing else says it of one's own classes and of these
    for key in ("name", "inbound_nodes", "shared_object_id"):
        if key in config:
            out[key] = config[key]
    return out


def _bare_name(config: Config) -> str:
    registered, name = config.get("registered_name"), config["class_name"]
    if registered and ">" in registered:
        return registered
    return next((written for written, public in _IN_H5.items() if public == name), name)


def legacy_training(config: Config) -> Config:
    """A compile configuration as `.h5` files hold it."""
    from keras_core.losses import lookup

    known = lookup.namespace()

    def bare(value: Any) -> Any:
        if isinstance(value, dict) and "class_name" in value and "config" in value:
            if value["class_name"] == "function":
                return value["config"]
            return {"class_name": _bare_name(value), "config": value["config"]}
        if isinstance(value, dict):
            return {k: bare(v) for k, v in value.items()}
        return [bare(v) for v in value] if isinstance(value, (list, tuple)) else value

    def whole(value: Any) -> Any:  # Keras does not find losses by their short names here
        function = known.get(value) if isinstance(value, str) else None  # one's own: by its name
        return getattr(function, "__name__", value)

    out = {k: bare(v) for k, v in config.items() if k != "optimizer"}
    loss = out.get("loss")
    if isinstance(loss, dict) and "class_name" not in loss:
        out["loss"] = {k: whole(v) for k, v in loss.items()}
    else:
        out["loss"] = [whole(v) for v in loss] if isinstance(loss, list) else whole(loss)
    out["optimizer_config"] = bare(config.get("optimizer"))
    return out
