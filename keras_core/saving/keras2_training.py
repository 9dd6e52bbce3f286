"""What Keras 2 wrote of training, as today's: compile configurations, and optimizers' state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from keras_core import losses, metrics
from keras_core.backends.variable import BaseVariable
from keras_core.core import builtins_table
from keras_core.core.errors import InvalidFileError
from keras_core.saving import keras2
from keras_core.saving.state import PendingValues

Config = dict[str, Any]

_NEVER = 1 << 30
_LOSS_SCALE = ("LossScaleOptimizer", "LossScaleOptimizerV3")


def modern_training(config: Any, outputs: Sequence[str] = ()) -> Config:
    """What `compile_from_config` takes, from a `training_config`.

    Args:
        config: the training configuration.
        outputs: the names of the model's outputs, where it has several.
    """
    if not isinstance(config, dict):
        raise InvalidFileError("The training configuration must be a dict.")
    out = {
        k: v
        for k, v in config.items()
        if v is not None and k not in ("optimizer_config", "sample_weight_mode")
    }
    optimizer = config.get("optimizer_config", config.get("optimizer"))
    if optimizer is not None:
        out["optimizer"] = _optimizer(optimizer)
    for key in ("loss", "metrics", "weighted_metrics"):
        if key in out:
            if key != "loss" and isinstance(out[key], list):
                for name, part in zip(outputs, out[key], strict=False):
                    _strip_prefix(part, f"{name}_")
            out[key] = _training_part(
                out[key], "keras.losses" if key == "loss" else "keras.metrics"
            )
    found = out.get("metrics")
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
        out["metrics"] = found[0]
    return out


def output_names(config: Any) -> list[str]:
    """The names of a model's outputs by its configuration, where it has several in a list."""
    inner = config.get("config") if isinstance(config, dict) else None
    ends = inner.get("output_layers") if isinstance(inner, dict) else None
    if not isinstance(ends, list) or len(ends) < 2:
        return []
    return [end[0] if isinstance(end, list) and end else "" for end in ends]


def _strip_prefix(part: Any, prefix: str) -> None:
    """Take from metrics' names what Keras 2 put before them: the name of their output."""
    for metric in part if isinstance(part, list) else ():
        inner = metric.get("config") if isinstance(metric, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("name"), str):
            inner["name"] = inner["name"].removeprefix(prefix)


def _optimizer(config: Any) -> Any:
    if not isinstance(config, dict) or not _is_built_in(config):
        return config
    name = str(config.get("class_name")).removeprefix("Custom>")
    name = "LossScaleOptimizer" if name in _LOSS_SCALE else name
    cls = builtins_table.find_class("keras.optimizers", name)
    inner = config.get("config")
    if cls is None or not isinstance(inner, dict):
        return config | {"registered_name": config.get("class_name")}
    accepted = keras2.accepted(cls) | {"learning_rate", "inner_optimizer"}
    decay = inner.get("decay")
    inner = {"learning_rate" if k == "lr" else k: v for k, v in inner.items()}
    inner = {k: v for k, v in inner.items() if k in accepted or k not in keras2.DROPPED}
    if "inner_optimizer" in inner:
        if inner.pop("dynamic", True) is False:
            inner["dynamic_growth_steps"] = _NEVER
        inner["inner_optimizer"] = _optimizer(inner["inner_optimizer"])
    rate = inner.get("learning_rate")
    if isinstance(rate, (int, float)) and decay and name != "Nadam":
        arguments = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay}
        inner["learning_rate"] = rate = {"class_name": "InverseTimeDecay", "config": arguments}
    if isinstance(rate, dict) and "module" not in rate:
        inner["learning_rate"] = rate | {
            "module": "keras.optimizers.schedules",
            "registered_name": None,
        }
    return {
        "module": "keras.optimizers",
        "class_name": name,
        "config": inner,
        "registered_name": None,
    }


def _is_built_in(config: Config) -> bool:
    """Whether a training object may be of Keras: by its module, or it names none."""
    module = config.get("module")
    return not module or builtins_table.is_keras_module(module)


def _is_known(name: Any, module: str) -> bool:
    """Whether a loss or metric may be named by this, abbreviations and "accuracy" included."""
    if name in ("accuracy", "acc"):
        return module == "keras.metrics"
    package: Any = losses if module == "keras.losses" else metrics
    try:
        return isinstance(name, str) and package.get(name) is not None
    except (TypeError, ValueError):
        return False


def _training_part(value: Any, module: str) -> Any:
    if isinstance(value, list):
        return [_training_part(v, module) for v in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value or "config" not in value:
        return {k: _training_part(v, module) for k, v in value.items()}
    if not _is_built_in(value):
        return value
    name, inner = value["class_name"], value["config"]
    if name in ("MeanMetricWrapper", "LossFunctionWrapper") and isinstance(inner, dict):
        short = inner.get("name")
        return short if _is_known(short, module) else inner.get("fn")
    cls = builtins_table.find_class(module, name)
    if cls is None:
        return value | {"registered_name": value.get("registered_name") or name}
    accepted = keras2.accepted(cls)
    inner = {k: v for k, v in inner.items() if k in accepted or k not in keras2.DROPPED}
    if inner.get("reduction") in ("auto", "AUTO"):
        inner["reduction"] = "sum_over_batch_size"
    return {"module": module, "class_name": name, "config": inner, "registered_name": None}


# Weights -----------------------------------------------------------------------------------


def kept_variables(
    optimizer: Any,
    names: Sequence[str] | None,
    count: int,
    shape_of: Callable[[int], tuple[int, ...]],
) -> list[Any] | None:
    """The optimizer's variables in the order of a file's arrays; None if they do not correspond.

    They are fewer than the arrays where the last of these say nothing.

    Args:
        optimizer: one that is built.
        names: what an `.h5` file calls the arrays; None where they have no names.
        count: how many the file holds.
        shape_of: gives the shape of one of them.
    """
    own = list(optimizer.variables)
    of_slots = names is not None and names[0].endswith("/iter:0")  # one slot after another
    inner = getattr(optimizer, "inner_optimizer", None) or optimizer
    rate = getattr(inner, "_learning_rate", None)  # which Keras 2 did not keep
    found = [v for v in inner.variables if v is not rate]
    if count == 1:
        return found[:1]  # saved before its first step
    trained = inner._trainable_variables
    if len(found) == 1 and count == 1 + len(trained) and shape_of(1) == trained[0].shape != ():
        return found  # Keras 2's SGD wrote momenta also where it had none
    if count == len(own) and not of_slots:
        return own
    if names is not None and of_slots:
        found = _by_slots(found, optimizer, names)
    untold = inner._untold()
    for kept in (found, [v for v in found if id(v) not in untold]):
        if len(kept) == count:
            return kept
    return None


def _by_slots(found: list[Any], optimizer: Any, names: Sequence[str]) -> list[Any]:
    """Variables in the order of optimizers of before 2.11."""
    prefixes = [f"{v.path.replace('/', '_')}_" for v in optimizer._trainable_variables]
    slots: dict[str, list[Any]] = {}
    for v in found:
        name = v.path.rpartition("/")[2]
        start = max((p for p in prefixes if name.startswith(p)), key=len, default=None)
        if start is not None:
            slots.setdefault(name.removeprefix(start), []).append(v)
    scalars = [v for v in found if not v.shape]
    before = 2 if names[1].endswith("/momentum_cache:0") else 1
    places = [name.rpartition("/")[::2] for name in names[before:]]
    variables, kinds = (list(dict.fromkeys(part)) for part in zip(*places, strict=True))
    groups = list(slots.values())
    if len(kinds) != len(groups) or any(len(variables) != len(group) for group in groups):
        return found
    ordered = [groups[kinds.index(kind)][variables.index(name)] for name, kind in places]
    return [*scalars[:before], *ordered]


def unsaved(optimizer: Any, variable: Any, iteration: Any, pending: PendingValues) -> np.ndarray:
    """The value of an optimizer's variable that Keras 2 did not write down."""
    inner = getattr(optimizer, "inner_optimizer", None) or optimizer
    value_after = inner._untold().get(id(variable))
    if value_after is None:
        return pending.initial(variable)
    return np.asarray(value_after(int(iteration)))


class OldReader:
    """A file of weights that may be of Keras 2, under today's paths."""

    _ALIASES = {
        "query_dense": "_query_dense",
        "key_dense": "_key_dense",
        "value_dense": "_value_dense",
        "output_dense": "_output_dense",
    }

    def __init__(self, reader: Any, model: Any, pending: PendingValues | None = None) -> None:
        self._reader, self._model = reader, model
        self._pending = PendingValues() if pending is None else pending

    def entry(self, path: str) -> Any:
        """The store of the object at a path, None if the file has none."""
        head, _, name = path.rpartition("/")
        found = self._reader.entry(path)
        if found is None and name in self._ALIASES:
            return self._reader.entry(f"{head}/{self._ALIASES[name]}")
        optimizer = getattr(self._model, "optimizer", None)
        if path == "optimizer/inner_optimizer":
            optimizer = getattr(optimizer, "inner_optimizer", None)
        elif path != "optimizer":
            return found
        if optimizer is None or found is None or not len(found):
            return found
        if not optimizer.built:
            optimizer.build(self._model.trainable_variables)
        kept = kept_variables(optimizer, None, len(found), lambda i: found.shape(str(i)))
        if kept is None or len(kept) == len(optimizer.variables):
            return found
        return _Aligned(found, optimizer, kept, self._pending)

    def paths(self) -> list[str]:
        """The paths of all objects that have values in the file; metrics' count for nothing."""
        today = {old: new for new, old in self._ALIASES.items()}
        return [
            "/".join(today.get(part, part) for part in path.split("/"))  # pyright: ignore[reportArgumentType, reportCallIssue]
            for path in self._reader.paths()
            if not path.startswith("metrics/")
        ]


class _Aligned(Mapping[str, Any]):
    """An optimizer's state with what Keras 2 did not keep at its place."""

    def __init__(self, entry: Any, optimizer: Any, kept: list[Any], pending: PendingValues) -> None:
        self._entry = entry
        places = {id(v): str(i) for i, v in enumerate(kept)}
        self._own: list[BaseVariable] = list(optimizer.variables)
        self._places = [places.get(id(v)) for v in self._own]
        self._others = {
            str(i): unsaved(optimizer, v, entry["0"], pending)
            for i, v in enumerate(self._own)
            if id(v) not in places
        }
        self.hints: dict[str, str] = {}
        self.keep = False

    def __getitem__(self, key: str) -> Any:
        place = self._places[int(key)]
        return self._others[key] if place is None else self._entry[place]

    def describe(self, key: str) -> tuple[tuple[int, ...], str]:
        """A value's shape and NumPy's letter for its kind of dtype, without reading it."""
        place = self._places[int(key)]
        if place is None:
            return self._own[int(key)].shape, np.asarray(self._others[key]).dtype.kind
        return self._entry.describe(place)

    def __iter__(self) -> Iterator[str]:
        return iter([str(i) for i in range(len(self))])

    def __len__(self) -> int:
        return len(self._own)
