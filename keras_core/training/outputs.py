"""Where predictions go: arrays in memory, arrays of the user's, or files."""

from __future__ import annotations

import contextlib
import os
from typing import Any, Protocol

import numpy as np

from keras_core import ops
from keras_core.core import shapes, tree
from keras_core.core.errors import describe, message, writing


def owned(outputs: Any) -> Any:
    """Outputs that a user may write to: copies of arrays that may be a view of a tensor."""
    if type(outputs) is np.ndarray:
        return outputs.copy()
    return tree.map_structure(lambda x: x.copy() if isinstance(x, np.ndarray) else x, outputs)


class Sink(Protocol):
    """Takes the rows of one output, batch by batch."""

    def write(self, rows: np.ndarray) -> None: ...

    def result(self) -> Any: ...

    def abort(self) -> None: ...


class Outputs:
    """The sinks of all of a model's outputs.

    Args:
        out: None for new arrays, or in the structure of the outputs: arrays to write into, or
            paths that end with ".npy".
        total: how many rows will come; None if that is not known.
        owner: what errors name.
    """

    def __init__(self, out: Any, total: int | None, owner: str) -> None:
        self._out, self._total, self._owner = out, total, owner
        self._sinks: list[Sink] | None = None
        self._spec: tree.TreeSpec | None = None

    def write(self, outputs: Any) -> None:
        """Take a batch's outputs."""
        leaves, spec = tree.flatten_spec(outputs)
        if self._sinks is None:
            self._spec = spec
            self._sinks = self._open(leaves, spec)
        for sink, leaf in zip(self._sinks, leaves, strict=True):
            sink.write(leaf if shapes.is_ragged(leaf) else np.asarray(leaf))

    def _open(self, leaves: list[Any], spec: tree.TreeSpec) -> list[Sink]:
        if self._out is None:
            return [Rows() if shapes.is_ragged(x) else Joined(self._total) for x in leaves]
        if any(map(shapes.is_ragged, leaves)):
            must = "be None for outputs whose rows have lengths of their own"
            raise ValueError(message(self._owner, "out", must, self._out))
        targets, given = tree.flatten_spec(self._out)
        if given != spec:
            raise ValueError(
                message(self._owner, "out", "have the structure of the outputs", self._out)
            )
        return [self._sink(target) for target in targets]

    def _sink(self, target: Any) -> Sink:
        if isinstance(target, (str, os.PathLike)) and os.fspath(target).endswith(".npy"):
            return NpyFile(os.fspath(target))
        if isinstance(target, np.ndarray):
            return Into(target, self._owner)
        raise ValueError(
            message(self._owner, "out", "be NumPy arrays, or paths that end with '.npy'", target)
        )

    def result(self) -> Any:
        """All rows, in the structure of the outputs."""
        if self._sinks is None or self._spec is None:
            raise ValueError(
                f"{self._owner}: the data must have at least one batch. Received none."
            )
        return tree.unflatten(self._spec, [sink.result() for sink in self._sinks])

    def abort(self) -> None:
        """Leave nothing half written behind."""
        for sink in self._sinks or ():
            sink.abort()


class Rows:
    """A new ragged tensor."""

    def __init__(self) -> None:
        self._parts: list[Any] = []

    def write(self, rows: Any) -> None:
        self._parts.append(rows)

    def result(self) -> Any:
        return ops.concatenate(self._parts, axis=0)

    def abort(self) -> None:
        self._parts.clear()


class Joined:
    """A new array, filled in place where the number of rows is known."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._parts: list[np.ndarray] = []
        self._whole: np.ndarray | None = None
        self._at = 0

    def write(self, rows: np.ndarray) -> None:
        if self._whole is None and self._total is not None and len(self._parts) == 1:
            first = self._parts[0]
            if first.ndim and len(first) < self._total:
                self._whole = np.empty((self._total, *first.shape[1:]), first.dtype)
                self._whole[: len(first)] = first
                self._parts, self._at = [], len(first)
        whole, stop = self._whole, self._at + len(rows) if rows.ndim else 0
        if whole is None:
            self._parts.append(rows)
        elif stop <= len(whole) and rows.shape[1:] == whole.shape[1:] and rows.ndim:
            whole[self._at : stop] = rows
            self._at = stop
        else:  # not one row a sample, after all
            self._parts = [whole[: self._at], rows]
            self._whole = self._total = None

    def result(self) -> np.ndarray:
        if self._whole is not None:
            return self._whole[: self._at]
        if len(self._parts) == 1:
            return self._parts[0].copy()
        return np.concatenate(self._parts, axis=0)

    def abort(self) -> None:
        pass


class Into:
    """The user's array, which may be a memory-mapped file."""

    def __init__(self, array: np.ndarray, owner: str) -> None:
        self._array, self._owner, self._at = array, owner, 0

    def write(self, rows: np.ndarray) -> None:
        array, stop = self._array, self._at + len(rows)
        if stop > len(array) or rows.shape[1:] != array.shape[1:]:
            raise ValueError(
                f"{self._owner}: out must have room for all rows of shape {rows.shape[1:]}. "
                f"Received: {describe(array)}, for at least {stop} rows."
            )
        if not np.can_cast(rows.dtype, array.dtype, "same_kind"):
            raise ValueError(
                f"{self._owner}: out must have a dtype that {rows.dtype} can be cast to. "
                f"Received: {describe(array)}"
            )
        array[self._at : stop] = rows
        self._at = stop

    def result(self) -> np.ndarray:
        if isinstance(self._array, np.memmap):
            self._array.flush()
        return self._array[: self._at]

    def abort(self) -> None:
        pass


class NpyFile:
    """A file in NumPy's format, which is there once it is whole."""

    ROOM = 256  # of the header, whose number of rows comes last

    def __init__(self, path: str) -> None:
        self._path, self._partly = path, f"{path}.{os.getpid()}.tmp"
        self._file = open(self._partly, "wb")  # noqa: SIM115 - closed by `result` or `abort`
        self._file.write(b"\0" * self.ROOM)
        self._rows, self._form = 0, None

    def write(self, rows: np.ndarray) -> None:
        form = (rows.dtype, rows.shape[1:])
        if self._form is None:
            self._form = form
        elif form != self._form:
            raise ValueError(
                f"{self._path}: all batches must give rows of one shape and dtype. Received: "
                f"{form} after {self._form}"
            )
        with writing(self._path):
            self._file.write(np.ascontiguousarray(rows).data)
        self._rows += len(rows)

    def result(self) -> Any:
        assert self._form is not None
        dtype, shape = self._form
        text = (
            f"{{'descr': {np.lib.format.dtype_to_descr(dtype)!r}, 'fortran_order': False, "
            f"'shape': {(self._rows, *shape)!r}, }}"
        )
        magic = np.lib.format.magic(1, 0)
        size = self.ROOM - len(magic) - 2
        header = magic + size.to_bytes(2, "little") + text.ljust(size - 1).encode() + b"\n"
        with writing(self._path):
            self._file.seek(0)
            self._file.write(header)
            self._file.close()
        os.replace(self._partly, self._path)
        return np.load(self._path, mmap_mode="r")

    def abort(self) -> None:
        with contextlib.suppress(OSError):  # a full disk takes not even what was kept back
            self._file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._partly)
