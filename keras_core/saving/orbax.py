"""Orbax checkpoints: folders of steps, each with the state as a tree and the model's config.

They are read and written by the package orbax-checkpoint, which needs JAX whatever the backend;
the arrays are NumPy's.
"""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.saving import archive

STATE, CONFIG = "pytree", "model_config"
_SLACK = 1 << 28  # bytes


def package() -> Any:
    """The package's present interface.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        return importlib.import_module("orbax.checkpoint.experimental.v1")
    except ImportError as error:
        raise ImportError(
            "Orbax checkpoints need the package orbax-checkpoint: pip install orbax-checkpoint"
        ) from error


def step_folder(path: str) -> str | None:
    """The newest step's folder in a folder of steps, or `path` if it is a step; else None."""
    if os.path.isdir(os.path.join(path, STATE)):
        return path
    if not os.path.isdir(path):
        return None
    steps = [int(name) for name in os.listdir(path) if name.isdecimal()]
    found = [s for s in steps if os.path.isdir(os.path.join(path, str(s), STATE))]
    return os.path.join(path, str(max(found))) if found else None


def content(model: Any, weights_only: bool) -> dict[str, Any]:
    """What a step holds of a model: copies, as NumPy arrays."""
    from keras_core.core import registry, tree

    state = model.get_state_tree("numpy_array")
    kinds = ("trainable_variables", "non_trainable_variables")
    state = {k: v for k, v in state.items() if k in kinds or not weights_only}
    found: dict[str, Any] = {STATE: tree.map_structure(lambda x: x.copy(), state)}
    if not weights_only:
        owner = f"{type(model).__name__} {model.name!r}"
        config = archive.dumps(registry.serialize_keras_object(model), owner)
        found[CONFIG] = {"config": config.decode()}
    return found


def load_model(path: str, custom_objects: Any, compile: bool, safe_mode: bool) -> Any:
    """The model of a step; see `api.load_model`."""
    library, path = package(), os.path.abspath(path)
    with archive.building(path):
        described = library.checkpointables_metadata(path).metadata
        if CONFIG not in described:
            raise InvalidFileError(
                f"load_model: {path} holds weights alone. Make the model, then call "
                "model.load_weights(...)."
            )
        text = library.load_checkpointables(path, {CONFIG: None})[CONFIG]["config"]
    config = archive.loads(text, f"{path}: {CONFIG}")
    model = archive.build(config, path, custom_objects, compile, safe_mode, None)
    with archive.building(path):
        _set(model, library, path, whole=compile)
    return model


def load_weights(model: Any, path: str) -> None:
    """Set a model's weights from a step; they are told apart by their paths below the model."""
    library = package()
    with archive.building(path):
        _set(model, library, os.path.abspath(path), whole=False)


def _set(model: Any, library: Any, path: str, whole: bool) -> None:
    """Set variables, once what is described fits them: then it is read, and not before."""
    described = library.checkpointables_metadata(path).metadata[STATE]
    pairs: list[tuple[Any, str, str]] = []
    groups = {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
    }
    if whole and model.optimizer is not None:
        groups["optimizer_variables"] = list(model.optimizer.variables)
    for kind, variables in groups.items():
        values = dict(_flat(described.get(kind) or {}))
        missing = [v.path for v in variables if _below_root(v.path) not in values]
        if missing or len(values) != len(variables):
            raise InvalidFileError(
                f"{path} does not fit the model: it holds {len(values)} {kind}, the model has "
                f"{len(variables)}"
                + (f", among them {missing[0]!r}, which it lacks." if missing else ".")
            )
        for variable in variables:
            shape = _shape(values[_below_root(variable.path)])
            if shape != tuple(variable.shape):
                raise InvalidFileError(
                    f"{path} does not fit the model: {variable.path!r} has shape "
                    f"{shape} there and {tuple(variable.shape)} in the model."
                )
            pairs.append((variable, kind, _below_root(variable.path)))
    _check_sizes(dict(_flat(described)).values(), pairs, path)
    state = library.load_checkpointables(path, {STATE: None})[STATE]
    found = {kind: dict(_flat(state.get(kind) or {})) for kind in groups}
    values = [np.asarray(found[kind][name]) for _, kind, name in pairs]
    for (variable, _, _), value in zip(pairs, values, strict=True):
        variable.assign(value)
    model._weights_changed()


def _check_sizes(arrays: Iterable[Any], pairs: list[tuple[Any, str, str]], path: str) -> None:
    size = 0
    for array in arrays:
        storage = getattr(array, "storage_metadata", None)
        shape = _shape(array)
        piece = getattr(storage, "chunk_shape", None) or shape
        itemsize = np.dtype(getattr(array, "dtype", "float64")).itemsize
        size += max(math.prod(shape), math.prod(piece)) * itemsize
    # With weights come an optimizer's state and what metrics have counted.
    limit = 8 * sum(math.prod(v.shape) * 8 for v, _, _ in pairs) + _SLACK
    if size > limit:
        raise UnsafeFileError(
            f"{path} describes arrays of {size:,} bytes, far more than the model's variables take."
        )


def _shape(described: Any) -> tuple[int, ...]:
    """The shape of what a step holds: Keras on PyTorch keeps scalars as plain numbers."""
    return tuple(getattr(described, "shape", ()))


def _below_root(path: str) -> str:
    """A path without the model's or optimizer's own name, which may differ."""
    return path.partition("/")[2] or path


def _flat(nested: dict[str, Any], prefix: str = "") -> Any:
    for name, value in nested.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}/")
        else:
            yield _below_root(f"{prefix}{name}"), value
