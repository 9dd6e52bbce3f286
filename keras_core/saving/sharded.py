"""Weights in several files: a map of groups to files, and the files beside it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.saving import archive, atomic, zipio
from keras_core.saving.hdf5 import H5Reader, H5Writer, ReadEntry, WriteEntry, to_host

DEFAULT_SIZE = 10.0  # GiB
_ENDING = ".weights.h5"
_MANY = 256


class _Entry(WriteEntry):
    """An object's store that goes on in the next file when one is full."""

    def __init__(self, writer: ShardedWriter, path: str, name: str | None) -> None:
        self._writer, self._path, self._name = writer, path, name
        self._number, self._keys = -1, []

    def __setitem__(self, key: str, value: Any) -> None:
        array, _ = to_host(value)
        self._writer.make_room(array.nbytes, f"{self._path}/{key}")
        if self._number != self._writer.number:
            self._number = self._writer.number
            self._group = self._writer.group(self._path, self._name)
        super().__setitem__(key, value)
        self._keys.append(key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)


class ShardedWriter:
    """Writes groups into numbered files, none of them over a size.

    Args:
        path: the map's path; it ends with ".weights.json".
        max_shard_size: in GiB.
    """

    def __init__(self, path: str, max_shard_size: float) -> None:
        self.limit = max_shard_size * 1024**3
        self.folder, name = os.path.split(path)
        self._name = name.removesuffix(".weights.json")
        # Names of their own: an older set of files stays whole until the map names the new ones.
        self._stem = f"{self._name}_{secrets.token_hex(3)}"
        self.number, self._used, self.total = -1, 0.0, 0
        self.files: list[str] = []
        self._written: list[str] = []
        self._linked: list[str] = []
        self._marks: list[str] = []
        self.map: dict[str, list[str]] = {}
        self._writer: H5Writer | None = None
        self._next()

    def _next(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self.number += 1
        self._used = 0.0
        name = f"{self._stem}_{self.number:05d}{_ENDING}"
        self.files.append(name)
        self._written.append(name)
        self._writer = H5Writer(os.path.join(self.folder, name))

    def make_room(self, size: int, what: str) -> None:
        """Begin another file if `size` bytes more would be too much for this one."""
        if size > self.limit:
            raise ValueError(
                f"save_weights: max_shard_size must hold every tensor. Received: max_shard_size="
                f"{self.limit / 1024**3:g} GiB, {what} has {size} bytes"
            )
        if self._used + size > self.limit:
            self._next()
        self._used += size
        self.total += size

    def group(self, path: str, name: str | None) -> Any:
        """The current file's group for an object."""
        assert self._writer is not None
        files = self.map.setdefault(f"/{path}/vars" if path else "/vars", [])
        files.append(self.files[-1])
        return self._writer.entry(path, name)._group

    def entry(self, path: str, name: str | None) -> _Entry:
        """The store for the object at a path."""
        return _Entry(self, path, name)

    def close(self, target: str) -> None:
        """Write the map to `target`, which then takes its place."""
        assert self._writer is not None
        self._writer.close()
        self.take_plain_names()
        self.write_map(target)

    def write_map(self, target: str) -> None:
        """Write which groups are in which files."""
        with open(target, "w") as file:
            content = {"metadata": {"total_size": self.total}, "weight_map": self.map}
            json.dump(content, file, indent=4)
        for name in self.files:
            atomic.to_disk(os.path.join(self.folder, name))
        atomic.to_disk(self.folder or os.curdir)

    def take_plain_names(self) -> bool:
        """Call the files as Keras does, which finds no others, if nothing else has such a name.

        Returns:
            Whether they have other names now than before.
        """
        if self._linked:
            return False
        plain = [name.replace(self._stem, self._name, 1) for name in self.files]
        if any(os.path.lexists(os.path.join(self.folder, name)) for name in plain):
            return False
        renamed = dict(zip(self.files, plain, strict=True))
        try:
            for old, new in renamed.items():
                # A second name, so that what a killed process leaves shows whose it is.
                os.link(os.path.join(self.folder, old), os.path.join(self.folder, new))
                self._linked.append(new)
        except OSError:  # a file system without links: the names stay what they are
            self._unlink(self._linked)
            self._linked.clear()
            return False
        self.files = plain
        self.map = {group: [renamed[n] for n in names] for group, names in self.map.items()}
        return True

    def mark(self, names: set[str]) -> None:
        """Give files that this save will remove a second name, which shows whose they are.

        Where the process is killed before it removes them, the next save does.
        """
        for name in names:
            marked = f"{self._name}_{secrets.token_hex(3)}_00000{_ENDING}"
            with contextlib.suppress(OSError):  # a file system without links
                os.link(os.path.join(self.folder, name), os.path.join(self.folder, marked))
                self._marks.append(marked)

    def abandon(self) -> None:
        """Remove what has been written."""
        if self._writer is not None:
            with contextlib.suppress(Exception):
                self._writer.close()
        self._unlink([*self._linked, *self._written, *self._marks])

    def _unlink(self, names: list[str]) -> None:
        for name in names:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self.folder, name))


def write(path: str, max_shard_size: float, state: Callable[[ShardedWriter], None]) -> None:
    """Have `state` write the weights, and remove the files of the older ones."""
    path = os.path.realpath(path)
    # A copied map, or a stranger's, names files that belong to others: those stay.
    old = {name for name in _files_of(path) if _own_names(path).fullmatch(name)}
    if old:
        _remove_unnamed(path, old)
    with atomic.replacing(path, sync=True) as temporary:
        writer = ShardedWriter(path, max_shard_size)
        try:
            state(writer)
            writer.mark(old)
            writer.close(temporary)
        except BaseException:
            writer.abandon()
            raise
    folder = os.path.dirname(path)
    for name in old - set(writer.files):
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(folder, name))
    _remove_unnamed(path, set(writer.files))
    if writer.take_plain_names():  # which the older files had until now
        with atomic.replacing(path, sync=True) as temporary:
            writer.write_map(temporary)
        _remove_unnamed(path, set(writer.files))


def _own_names(path: str) -> re.Pattern[str]:
    """What the files that go with a map are called."""
    stem = re.escape(os.path.basename(path).removesuffix(".weights.json"))
    return re.compile(rf"{stem}_([0-9a-f]{{6}}_)?\d{{5,}}{re.escape(_ENDING)}")


def _remove_unnamed(path: str, named: set[str]) -> None:
    """Remove what a killed process has left: files of a save's own naming, in no map.

    Files with plain names are somebody else's, but for those that have such a name as well.
    """
    if atomic.is_being_written(path):
        return
    folder = os.path.dirname(path)
    found = list(filter(None, map(_own_names(path).fullmatch, sorted(os.listdir(folder)))))
    unnamed = [match for match in found if match[0] not in named]
    ours = [match[0] for match in unnamed if match[1]]
    with contextlib.suppress(OSError):
        files = [os.lstat(os.path.join(folder, match[0])) for match in found if match[1]]
        for match in unnamed:
            path = os.path.join(folder, match[0])
            if not match[1] and any(os.path.samestat(os.lstat(path), file) for file in files):
                os.unlink(path)
    for name in ours:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(folder, name))


def _files_of(path: str) -> set[str]:
    try:
        return {name for names in read_map(path).values() for name in names}
    except (OSError, ValueError):
        return set()


def read_map(path: str) -> dict[str, list[str]]:
    """The map of groups to file names, all of them plain names beside the map.

    Raises:
        InvalidFileError: if it is no such map.
        UnsafeFileError: if a name leads elsewhere.
    """
    with open(path, "rb") as file:
        found = archive.loads(file.read(archive.MAX_JSON + 1), path)
    groups = found.get("weight_map") if isinstance(found, dict) else None
    if not isinstance(groups, dict):
        raise InvalidFileError(f"{path} must hold a weight_map.")
    out: dict[str, list[str]] = {}
    for group, names in groups.items():
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise InvalidFileError(f"{path}: {group!r} must have a file name or a list of them.")
        for name in dict.fromkeys(names):
            if os.path.basename(name) != name or not name.endswith(_ENDING):
                raise UnsafeFileError(f"{path}: {group!r} lies in {name!r}, outside of its folder.")
            zipio.check_name(name, path)
        out[group] = names
    return out


class _Union(Mapping):
    """One object's values out of several files."""

    def __init__(self, parts: list[ReadEntry]) -> None:
        self._parts = parts
        self.hints: dict[str, str] = {}
        self.keep = False

    def _part(self, key: object) -> ReadEntry | None:
        return next((part for part in self._parts if key in part), None)

    def __getitem__(self, key: str) -> np.ndarray:
        part = self._part(key)
        if part is None:
            raise KeyError(key)
        part.hints, part.keep = self.hints, self.keep
        return part[key]

    def describe(self, key: str) -> tuple[tuple[int, ...], str]:
        """A value's shape and NumPy's letter for its kind of dtype, without reading it."""
        part = self._part(key)
        if part is None:
            raise KeyError(key)
        return part.describe(key)

    def shape(self, key: str) -> tuple[int, ...]:
        """A value's shape, without reading it."""
        return self.describe(key)[0]

    def __contains__(self, key: object) -> bool:
        return self._part(key) is not None

    def __iter__(self) -> Iterator[str]:
        for part in self._parts:
            yield from part

    def __len__(self) -> int:
        return sum(map(len, self._parts))


class ShardedReader:
    """Reads the files that a map names."""

    def __init__(self, path: str) -> None:
        self._folder = os.path.dirname(os.path.realpath(path))  # a link's files lie where it leads
        self._map = read_map(path)
        self._open: dict[str, H5Reader] = {}
        names = {name for names in self._map.values() for name in names}
        if len(names) > _MANY:  # each of them takes half a megabyte while it is open
            size = sum(os.path.getsize(archive.file_in(self._folder, name)) for name in names)
            if size < len(names) << 20:
                raise UnsafeFileError(
                    f"{path} names {len(names)} files of {size} bytes together, far more than "
                    "it needs."
                )

    def _reader(self, name: str) -> H5Reader:
        if name not in self._open:
            path = archive.file_in(self._folder, name)
            self._open[name] = H5Reader(path, path)
        return self._open[name]

    def entry(self, path: str) -> Any:
        """The store of the object at a path; None if the map has none."""
        names = self._map.get(f"/{path}/vars" if path else "/vars")
        if names is None:
            return None
        parts = [self._reader(name).entry(path) for name in dict.fromkeys(names)]
        return _Union([part for part in parts if part is not None])

    def paths(self) -> list[str]:
        """The paths of all objects that have values in the files."""
        return [group.removesuffix("/vars").lstrip("/") for group in self._map]

    def close(self) -> None:
        """Close the files."""
        for reader in self._open.values():
            reader.close()
