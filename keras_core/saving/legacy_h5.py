"""Whole models and weights in the HDF5 layout of Keras 2, which Keras 3 writes for `.h5` too.

Weights lie by layer and are matched by position, or by layer name on request.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from keras_core.backends.variable import BaseVariable
from keras_core.core import registry
from keras_core.core.errors import InvalidFileError
from keras_core.core.tracebacks import warn
from keras_core.saving import archive, atomic, keras2, keras2_training
from keras_core.saving.background import host_copy
from keras_core.saving.hdf5 import H5Writer, SafeFile, h5py, reading, to_host
from keras_core.saving.paths import by_path
from keras_core.saving.state import TAKES_OVER, PendingValues, listed, unfit

MAX_ATTRIBUTE = 64512  # bytes; longer ones are split
_SLACK = 1 << 28
_OWN = "top_level_model_weights"


# Writing -----------------------------------------------------------------------------------


# Variables, or copies of their values, by the names that they have in the file.
_Named = dict[str, Any]


class _Content(NamedTuple):
    """What goes into a file."""

    config: str
    training: str | None
    layer_names: list[str]
    groups: list[tuple[str, _Named]]  # by layer
    optimizer: _Named | None


def prepare(
    model: Any, path: str, include_optimizer: bool = True, copied: bool = False
) -> Callable[[], None]:
    """What writes the file: the values of later on, or with `copied` those of this moment."""
    config = registry.serialize_keras_object(model)
    training = config.get("compile_config") or None
    owner = f"{type(model).__name__} {model.name!r}"
    named = functools.partial(_named, copied=copied)
    optimizer = getattr(model, "optimizer", None) if include_optimizer and training else None
    content = _Content(
        archive.dumps(keras2.legacy_form(config), owner).decode(),
        archive.dumps(keras2.legacy_training(training), owner).decode()
        if include_optimizer and training
        else None,
        *_layout(model, named),
        named(optimizer.variables) if optimizer is not None and optimizer.built else None,
    )
    return functools.partial(_write, path, content)


def _write(path: str, content: _Content) -> None:
    with (
        atomic.replacing(path, sync=True) as temporary,
        contextlib.closing(H5Writer(temporary)) as writer,
    ):
        file = writer.file
        _write_versions(file)
        file.attrs["model_config"] = content.config
        weights = file.create_group("model_weights")
        _write_versions(weights)
        _write_names(weights, "layer_names", content.layer_names)
        for name, values in content.groups:
            _write_group(weights.create_group(name), values)
        if content.training is not None:
            file.attrs["training_config"] = content.training
        if content.optimizer is not None:
            _write_group(file.create_group("optimizer_weights"), content.optimizer)


def _write_versions(group: Any) -> None:
    from keras_core.backends.select import backend

    group.attrs["backend"] = backend.name
    group.attrs["keras_version"] = archive.FORMAT_VERSION


def _layout(
    model: Any, named: Callable[[list[BaseVariable]], _Named]
) -> tuple[list[str], list[tuple[str, _Named]]]:
    """The layers' names, and each one's weights; at the end those of no layer."""
    layers = getattr(model, "layers", None)
    layers = [model] if layers is None else layers
    groups: list[tuple[str, _Named]] = []
    inside: set[int] = set()
    names = collections.Counter(layer.name for layer in layers)
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        raise ValueError(
            f"{type(model).__name__} {model.name!r}: an '.h5' file holds layers by name, and "
            f"several have the name {_few(map(repr, twice))}. Rename them, or save to a '.keras' "
            "file."
        )
    for layer in sorted(layers, key=lambda x: x.name):
        ordered = weights_of(layer)
        inside.update(map(id, ordered))
        groups.append((layer.name, named(ordered)))
    own = [v for v in weights_of(model) if id(v) not in inside]
    return [layer.name for layer in layers], [*groups, (_OWN, named(own))]


def weights_of(layer: Any) -> list[BaseVariable]:
    """A layer's weights in the order of these files: trainable ones, then the others."""
    return list(layer.trainable_weights) + list(layer.non_trainable_weights)


def _named(variables: list[BaseVariable], copied: bool) -> _Named:
    found = by_path(variables)
    return {name: host_copy(v) for name, v in found.items()} if copied else {**found}


def _write_group(group: Any, values: _Named) -> None:
    _write_names(group, "weight_names", list(values))
    for name, value in values.items():
        array, exotic = to_host(value)
        dataset = group.create_dataset(name, data=array)
        if exotic is not None:
            dataset.attrs["dtype"] = exotic


def _write_names(group: Any, key: str, names: list[str]) -> None:
    encoded = [name.encode("utf-8") for name in names]
    if sum(map(len, encoded)) <= MAX_ATTRIBUTE // 2:
        group.attrs[key] = encoded
        return
    parts: list[list[bytes]] = [[]]
    longest = max(map(len, encoded))
    each = max(1, MAX_ATTRIBUTE // max(longest, 1))
    for name in encoded:
        if len(parts[-1]) >= each:
            parts.append([])
        parts[-1].append(name)
    for i, part in enumerate(parts):
        group.attrs[f"{key}{i}"] = part


# Reading -----------------------------------------------------------------------------------


def is_legacy(path: str) -> bool:
    """Whether an HDF5 file has the layout of Keras 2."""
    file = SafeFile(path, path)
    try:
        with reading(path):
            attributes = set(file.root.attrs.keys())
            return bool(
                attributes & {"layer_names", "layer_names0", "model_config"}
                or "model_weights" in file.root
            )
    finally:
        file.close()


def load(path: str, custom_objects: dict[str, Any] | None, compile: bool, safe_mode: bool) -> Any:
    """Read a whole model."""
    file = SafeFile(path, path)
    try:
        config = _json(file, "model_config")
        if config is None:
            raise InvalidFileError(
                f"{path} holds no model configuration. If it holds weights, build the model in "
                "code and call its load_weights()."
            )
        training = _json(file, "training_config") if compile else None
        pending = PendingValues(4 * file.size + _SLACK)
        with archive.building(path):
            modern, report = keras2.modern_form(config, custom_objects)
        model = archive.build(modern, path, custom_objects, True, safe_mode, pending)
        keras2.tell(path, report)
        loaded = _load_weights(model, file, file.group("model_weights"), path, False, False)
        pending.draw(loaded)
        if training:
            _compile(model, training, config, file, path, custom_objects, safe_mode, pending)
        return model
    finally:
        file.close()


def load_weights(model: Any, path: str, skip_mismatch: bool, by_name: bool) -> None:
    """Set the weights of a built model."""
    file = SafeFile(path, path)
    try:
        group = file.group("model_weights")
        group = file.root if group is None else group
        _load_weights(model, file, group, path, skip_mismatch, by_name)
    finally:
        file.close()


def _json(file: SafeFile, key: str) -> Any:
    text = file.attribute(file.root, key)
    if text is None:
        return None
    if not isinstance(text, (str, bytes)):
        raise InvalidFileError(f"{file.what}: {key} must be JSON text.")
    return archive.loads(text, f"{file.what}: {key}")


def _names(file: SafeFile, group: Any, key: str) -> list[str]:
    """A list of names, from one attribute or several numbered ones."""
    with reading(file.what):
        parts = [file.attribute(group, key)]
        if parts[0] is None:
            numbered = (file.attribute(group, f"{key}{n}") for n in itertools.count())
            parts = list(itertools.takewhile(lambda part: part is not None, numbered))
        found = [name for part in parts for name in np.atleast_1d(part)]
        names = [n.decode("utf-8") if isinstance(n, bytes) else n for n in found]
    if not all(isinstance(n, str) for n in names):
        raise InvalidFileError(f"{file.what}: {key} of {group.name} must hold names.")
    return names


class _Stored:
    """One layer's weights in the file: shapes at once, values when they are wanted."""

    def __init__(self, file: SafeFile, parent: Any, name: str) -> None:
        self.name, self._file = name, file
        group = parent
        for part in name.split("/"):
            group = file.member(group, part) if group is not None else None
        if not isinstance(group, h5py().Group):
            raise InvalidFileError(f"{file.what}: the weights of layer {name!r} are missing.")
        self.names = _names(file, group, "weight_names")
        self._datasets = [self._find(group, weight) for weight in self.names]

    def _find(self, group: Any, weight: str) -> Any:
        for part in weight.split("/"):
            group = self._file.member(group, part) if isinstance(group, h5py().Group) else None
        if not isinstance(group, h5py().Dataset):
            raise InvalidFileError(f"{self._file.what}: the weight {weight!r} is missing.")
        return group

    def in_order_of(self, variables: list[BaseVariable]) -> _Stored:
        """The weights as the variables stand, if the names are the same in another order.

        A layer that was quantized has made its variables in another order than one built from
        its config.
        """
        own = [name.rpartition("/")[2] for name in self.names]
        wanted = [v.name for v in variables]
        if own != wanted and sorted(own) == sorted(wanted) and len(set(own)) == len(own):
            order = [own.index(name) for name in wanted]
            self.names = [self.names[i] for i in order]
            self._datasets = [self._datasets[i] for i in order]
        return self

    @property
    def described(self) -> list[tuple[tuple[int, ...], np.dtype]]:
        return [self._file.check(dataset) for dataset in self._datasets]

    def values(self, variables: list[BaseVariable]) -> Iterator[np.ndarray]:
        for dataset, v in zip(self._datasets, variables, strict=False):
            yield self._file.read(dataset, v._dtype, TAKES_OVER)

    def read(self) -> list[np.ndarray]:
        return [self._file.read(dataset) for dataset in self._datasets]


def _load_weights(
    model: Any, file: SafeFile, group: Any, what: str, skip_mismatch: bool, by_name: bool
) -> set[int]:
    """Set weights; returns the ids of the variables that were set."""
    if group is None:
        raise InvalidFileError(f"{what} holds no weights.")
    stored = [_Stored(file, group, name) for name in _names(file, group, "layer_names")]
    layers = getattr(model, "layers", None)
    layers = [model] if layers is None else list(layers)
    pairs = _by_name(layers, stored, what) if by_name else _by_order(layers, stored, what)
    inside = {id(v) for layer in layers for v in weights_of(layer)}
    own = [v for v in weights_of(model) if id(v) not in inside]
    if own and file.member(group, _OWN) is not None:
        pairs.append((model.name, own, _Stored(file, group, _OWN)))
    plan, problems = [], []
    for name, variables, stored_values in pairs:
        values = stored_values.in_order_of(variables)
        have = values.described
        if len(have) != len(variables):
            problems.append(
                f"{name}: the layer has {len(variables)} weights "
                f"({_few(v.name for v in variables)}), "
                f"the file holds {len(have)} ({_few(values.names)})"
            )
            continue
        differing = [
            f"{v.name} {problem}"
            for v, (shape, dtype) in zip(variables, have, strict=True)
            if (problem := unfit(v, shape, dtype.kind == "c"))
        ]
        if differing:
            problems.append(f"{name}: {'; '.join(differing)}")
        else:
            plan.append((variables, values))
    if problems:
        if not skip_mismatch:
            raise InvalidFileError(listed(what, problems))
        warn(listed(what, problems, skipped=True))
    loaded: set[int] = set()
    for variables, values in plan:
        for v, value in zip(variables, values.values(variables), strict=True):
            v.assign(value)
            loaded.add(id(v))
    model._weights_changed()
    return loaded


def _by_order(layers: list[Any], stored: list[_Stored], what: str) -> list[tuple[str, Any, Any]]:
    have = [layer for layer in layers if weights_of(layer)]
    # Keras 2 wrote the frequencies of a vocabulary as weights, which are in the config too.
    lookups = {layer.name for layer in layers if hasattr(layer, "get_vocabulary")}
    given = [values for values in stored if values.names and values.name not in lookups]
    if len(have) != len(given):
        raise InvalidFileError(
            f"{what} holds weights for {len(given)} layers ({_few(v.name for v in given)}), the "
            f"model has {len(have)} layers with weights ({_few(x.name for x in have) or 'none'})."
            + (
                " Pass by_name=True to load_weights() to match layers by name."
                if have
                else " Build the model before loading weights."
            )
        )
    return [(x.name, weights_of(x), v) for x, v in zip(have, given, strict=True)]


def _by_name(layers: list[Any], stored: list[_Stored], what: str) -> list[tuple[str, Any, Any]]:
    by_name: dict[str, list[Any]] = {}
    for layer in layers:
        by_name.setdefault(layer.name, []).append(layer)
    given = {values.name for values in stored if values.names}
    lacking = [layer.name for layer in layers if layer.name not in given and weights_of(layer)]
    unused = [name for name in sorted(given) if name not in by_name]
    if lacking or unused:
        warn(
            f"{what}: by_name=True skipped what stands on one side only."
            + (f" Layers that keep their weights: {_few(lacking)}." if lacking else "")
            + (f" Unused in the file: {_few(unused)}." if unused else "")
        )
    return [
        (layer.name, weights_of(layer), values)
        for values in stored
        if values.names
        for layer in by_name.get(values.name, ())
    ]


def _few(names: Any) -> str:
    names = list(names)
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _compile(
    model: Any,
    training: Any,
    described: Any,
    file: SafeFile,
    path: str,
    custom_objects: dict[str, Any] | None,
    safe_mode: bool,
    pending: PendingValues,
) -> None:
    with archive.building(path), registry.deserialization(safe_mode):
        with registry.CustomObjectScope(custom_objects):
            names = keras2_training.output_names(described)
            config = keras2_training.modern_training(training, names)
            model.compile_from_config(config)
    optimizer = getattr(model, "optimizer", None)
    group = file.group("optimizer_weights")
    if optimizer is None or group is None:
        return
    if not getattr(optimizer, "built", True):
        optimizer.build(model.trainable_variables)
    stored = _Stored(file, file.root, "optimizer_weights")
    described = stored.described
    shapes = [shape for shape, _ in described]
    order = keras2_training.kept_variables(optimizer, stored.names, len(shapes), shapes.__getitem__)
    if (
        order is None
        or len(order) > len(described)
        or any(unfit(v, s, t.kind == "c") for v, (s, t) in zip(order, described, strict=False))
    ):
        warn(
            f"{path}: the optimizer's state was written by another kind of optimizer, or "
            "is of complex numbers, and is left out; training goes on from a fresh one."
        )
        return
    for v, value in zip(order, stored.values(order), strict=True):
        v.assign(value)
    held = {id(v) for v in order}
    for v in optimizer.variables:
        if id(v) not in held:
            v.assign(keras2_training.unsaved(optimizer, v, optimizer.iterations.numpy(), pending))
