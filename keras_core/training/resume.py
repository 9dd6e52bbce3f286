"""Where training stands, and all of its state in one file, written at once or not at all.

The file: the eight bytes of `MAGIC`, the length of a JSON text, the text, the arrays that it
names by offset, shape and dtype, and a CRC-32 of all that.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import glob
import json
import os
import struct
import tempfile
import zlib
from typing import Any

import numpy as np

from keras_core.backends.variable import host_dtype
from keras_core.core.errors import InvalidFileError, writing
from keras_core.training import random_state

MAGIC = b"\x89KResum\n"
VERSION = 2
_TEMPORARY = ".backup-"


@dataclasses.dataclass
class Restored:
    """What a file holds, for `fit` to hand on."""

    callbacks: list[Any]
    data: list[Any]
    random: Any
    stopped: bool
    values: list[tuple[Any, np.ndarray]]  # the variables' own

    def hand_on(self, callbacks: Any) -> None:
        """Give callbacks and random generators their states back."""
        callbacks.set_states(copy.deepcopy(self.callbacks))  # theirs to change
        random_state.set(self.random)


@dataclasses.dataclass
class Position:
    """Where `fit` stands.

    Attributes:
        epoch: the epoch that is running, or would be next.
        step: batches of it that are done.
        seed: of the order of the data.
        sources: the data of training and validation, which know where they stand.
        logs: the epoch's results so far, where a file was read in the middle of one.
        restored: what the file held, until `fit` has handed it on.
    """

    epoch: int
    step: int
    seed: int
    sources: tuple[Any, ...] = ()
    logs: dict[str, Any] | None = None
    restored: Restored | None = None

    def go_on(self, callbacks: Any) -> bool:
        """Hand on what a file held; whether training had been told to stop by then."""
        restored = self.restored
        if restored is None:
            return False
        self.sources[0].seed = self.seed
        for source, position in zip(self.sources, restored.data, strict=False):
            if source is not None and position is not None:
                source.go_on(position)
        restored.hand_on(callbacks)  # after the data's own use of random numbers
        return restored.stopped

    def epoch_began(self, callbacks: Any) -> None:
        """Take back what the hooks for an epoch's beginning did to one that was half done.

        The file was written after they had run: a learning rate that one of them lowers was
        lowered by then.
        """
        restored, self.restored = self.restored, None
        if restored is not None and self.step:
            for variable, value in restored.values:
                variable.assign(value)
            restored.hand_on(callbacks)


class Snapshot:
    """The state of a model in training at one moment, in memory of its own.

    Args:
        model: the model.
        position: where it stands.
        callback_states: what the callbacks need to go on.
        logs: the epoch's results so far, if it is in the middle of one.
    """

    def __init__(
        self,
        model: Any,
        position: Position,
        callback_states: list[Any],
        logs: dict[str, Any] | None = None,
    ) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        variables = {
            kind: [[v.path, self._put(np.asarray(v.numpy()))] for v in group]
            for kind, group in _groups(model).items()
        }
        data = [None if s is None else s.position() for s in position.sources]
        self._meta = {
            "version": VERSION,
            "epoch": position.epoch,
            "step": position.step,
            "seed": position.seed,
            "stopped": bool(model.stop_training),
            "variables": variables,
            "logs": self._packed(logs),
            "data": self._packed(data),
            "random": self._packed(random_state.get()),
            "callbacks": self._packed(callback_states),
        }

    def _put(self, array: np.ndarray) -> dict[str, Any]:
        """Where the copy of an array lies."""
        content = array.tobytes()
        place = {"at": self._size, "shape": list(array.shape), "dtype": array.dtype.name}
        self._chunks.append(content)
        self._size += len(content)
        return place

    def _packed(self, x: Any) -> Any:
        """JSON for a structure, its arrays put aside."""
        if isinstance(x, dict):
            return {k: self._packed(v) for k, v in x.items()}
        if isinstance(x, (list, tuple)):
            return [self._packed(v) for v in x]
        if isinstance(x, np.generic):
            return x.item()
        if isinstance(x, bytes):
            return {"bytes": self._put(np.frombuffer(x, np.uint8))}
        if isinstance(x, np.ndarray):
            return {"array": self._put(x)}
        return x

    def write(self, path: str) -> None:
        """Put the snapshot into a file, in the place of one that may be there."""
        folder = os.path.dirname(os.path.abspath(path))
        os.makedirs(folder, exist_ok=True)
        text = json.dumps(self._meta).encode()
        head = MAGIC + struct.pack("<Q", len(text)) + text
        check = 0
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=_TEMPORARY)
        try:
            with writing(path, temporary), os.fdopen(handle, "wb") as file:
                for chunk in (head, *self._chunks):
                    check = zlib.crc32(chunk, check)
                    file.write(chunk)
                file.write(struct.pack("<I", check))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise


def clean(folder: str) -> None:
    """Remove what a process left that was killed while it wrote."""
    for path in glob.glob(os.path.join(glob.escape(folder), _TEMPORARY + "*")):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def read(path: str, model: Any, position: Position) -> None:
    """Put a model back into the state of a snapshot, and `position` too.

    Raises:
        InvalidFileError: if the file is damaged, or of another model; nothing changes then.
    """
    with open(path, "rb") as file:
        content = file.read()
    try:
        if content[:8] != MAGIC:
            raise ValueError("it does not begin as one")
        if zlib.crc32(content[:-4]) != struct.unpack("<I", content[-4:])[0]:
            raise ValueError("it is cut short or damaged")
        start = 16 + struct.unpack("<Q", content[8:16])[0]
        meta = json.loads(content[16:start])
        if meta["version"] != VERSION:
            raise ValueError(f"it has version {meta['version']}, not {VERSION}")
        arrays = memoryview(content)[start:-4]
        values = _checked(meta["variables"], arrays, model, path)
        restored = Restored(
            *(_unpacked(meta[name], arrays) for name in ("callbacks", "data", "random")),
            stopped=meta["stopped"],
            values=values,
        )
        logs = _unpacked(meta["logs"], arrays)
    except InvalidFileError:
        raise
    except Exception as error:
        raise InvalidFileError(f"The backup {path!r} cannot be read: {error}") from error
    for variable, value in values:
        variable.assign(value)
    position.epoch, position.step, position.seed = meta["epoch"], meta["step"], meta["seed"]
    position.logs, position.restored = logs, restored


def _groups(model: Any) -> dict[str, list[Any]]:
    return {
        "trainable": model.trainable_variables,
        "non_trainable": model.non_trainable_variables,
        "optimizer": list(model.optimizer_variables),
        "metrics": model.metrics_variables,
    }


def _array(place: dict[str, Any], arrays: memoryview) -> np.ndarray:
    dtype, shape = np.dtype(host_dtype(place["dtype"])), place["shape"]
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    found = arrays[place["at"] : place["at"] + size]
    return np.frombuffer(found, dtype).reshape(shape)


def _checked(
    stored: dict[str, list[Any]], arrays: memoryview, model: Any, path: str
) -> list[tuple[Any, np.ndarray]]:
    out = []
    for kind, variables in _groups(model).items():
        found = stored[kind]
        if len(found) != len(variables):
            raise InvalidFileError(
                f"The backup {path!r} is of another model: it holds {len(found)} {kind} "
                f"variables, the model has {len(variables)}. Remove it, or use another folder."
            )
        for variable, (name, place) in zip(variables, found, strict=True):
            if tuple(place["shape"]) != tuple(variable.shape):
                raise InvalidFileError(
                    f"The backup {path!r} is of another model: {name!r} has shape "
                    f"{tuple(place['shape'])} there, {variable.path!r} has "
                    f"{tuple(variable.shape)} here. Remove it, or use another folder."
                )
            out.append((variable, _array(place, arrays)))
    return out


def _unpacked(x: Any, arrays: memoryview) -> Any:
    if isinstance(x, list):
        return [_unpacked(v, arrays) for v in x]
    if isinstance(x, dict):
        if set(x) == {"array"}:
            return _array(x["array"], arrays).copy()
        if set(x) == {"bytes"}:
            return _array(x["bytes"], arrays).tobytes()
        return {k: _unpacked(v, arrays) for k, v in x.items()}
    return x
