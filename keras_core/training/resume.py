"""Where training stands, and all of its state in one file, written at once or not at all."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import random
import tempfile
from typing import Any

import numpy as np

from keras_core.backends.variable import host_dtype
from keras_core.core.errors import InvalidFileError

VERSION = 1


@dataclasses.dataclass
class Position:
    """Where `fit` stands.

    Attributes:
        epoch: the epoch that is running, or would be next.
        step: batches of it that are done.
        seed: of the order of the data.
        callback_states: states for the callbacks, of a backup that was restored.
    """

    epoch: int
    step: int
    seed: int
    callback_states: list[Any] | None = None


def write(path: str, model: Any, position: Position, callback_states: list[Any]) -> None:
    """Write the state of a model in training: variables, position, random states, callbacks."""
    arrays: dict[str, np.ndarray] = {}
    groups = {
        kind: [_stored(v, f"{kind}/{i}", arrays) for i, v in enumerate(variables)]
        for kind, variables in _groups(model).items()
    }
    numpy_state = np.random.get_state(legacy=True)
    arrays["numpy_random"] = np.asarray(numpy_state[1])  # pyright: ignore[reportArgumentType]
    meta = {
        "version": VERSION,
        "epoch": position.epoch,
        "step": position.step,
        "seed": position.seed,
        "variables": groups,
        "callbacks": _packed(callback_states, "callbacks", arrays),
        "random": random.getstate(),
        "numpy_random": [numpy_state[0], *numpy_state[2:]],  # pyright: ignore[reportArgumentType]
    }
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".backup-")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read(path: str, model: Any, position: Position) -> None:
    """Put a model back into the state that `write` found it in.

    Raises:
        InvalidFileError: if the file is damaged, or of another model; nothing changes then.
    """
    with open(path, "rb") as file:
        content = io.BytesIO(file.read())
    try:
        with np.load(content, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(arrays["meta"].tobytes())
        if meta["version"] != VERSION:
            raise ValueError(f"version {meta['version']}")
        values = _checked(meta["variables"], arrays, model, path)
        states = _unpacked(meta["callbacks"], arrays)
        name, *rest = meta["numpy_random"]
        version, internal, gauss = meta["random"]
    except InvalidFileError:
        raise
    except Exception as error:
        raise InvalidFileError(f"The backup {path!r} cannot be read: {error}") from error
    for variable, value in values:
        variable.assign(value)
    random.setstate((version, tuple(internal), gauss))
    np.random.set_state((name, arrays["numpy_random"], *rest))
    position.epoch, position.step = meta["epoch"], meta["step"]
    position.seed, position.callback_states = meta["seed"], states


def _groups(model: Any) -> dict[str, list[Any]]:
    return {
        "trainable": model.trainable_variables,
        "non_trainable": model.non_trainable_variables,
        "optimizer": list(model.optimizer.variables),
        "metrics": model.metrics_variables,
    }


def _stored(variable: Any, name: str, arrays: dict[str, np.ndarray]) -> list[Any]:
    value = np.asarray(variable.numpy())
    arrays[name] = np.frombuffer(value.tobytes(), np.uint8)
    return [variable.path, list(value.shape), value.dtype.name]


def _checked(
    stored: dict[str, list[Any]], arrays: dict[str, np.ndarray], model: Any, path: str
) -> list[tuple[Any, np.ndarray]]:
    out = []
    for kind, variables in _groups(model).items():
        found = stored[kind]
        if len(found) != len(variables):
            raise InvalidFileError(
                f"The backup {path!r} is of another model: it holds {len(found)} {kind} "
                f"variables, the model has {len(variables)}. Remove it, or use another folder."
            )
        for i, (variable, (name, shape, dtype)) in enumerate(zip(variables, found, strict=True)):
            if tuple(shape) != tuple(variable.shape):
                raise InvalidFileError(
                    f"The backup {path!r} is of another model: {name!r} has shape {tuple(shape)} "
                    f"there, {variable.path!r} has {tuple(variable.shape)} here. Remove it, or "
                    "use another folder."
                )
            value = np.frombuffer(arrays[f"{kind}/{i}"].tobytes(), host_dtype(dtype))
            out.append((variable, value.reshape(shape)))
    return out


def _packed(x: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """JSON for a structure, its arrays put aside."""
    if isinstance(x, dict):
        return {k: _packed(v, f"{name}/{k}", arrays) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [_packed(v, f"{name}/{i}", arrays) for i, v in enumerate(x)]
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, np.ndarray):
        arrays[name] = np.frombuffer(x.tobytes(), np.uint8)
        return {"array": name, "shape": list(x.shape), "dtype": x.dtype.name}
    return x


def _unpacked(x: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(x, list):
        return [_unpacked(v, arrays) for v in x]
    if isinstance(x, dict):
        if set(x) == {"array", "shape", "dtype"}:
            value = np.frombuffer(arrays[x["array"]].tobytes(), host_dtype(x["dtype"]))
            return value.reshape(x["shape"])
        return {k: _unpacked(v, arrays) for k, v in x.items()}
    return x
