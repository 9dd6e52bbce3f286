"""HDF5 files of weights: written as Keras 3 does, read as if a stranger had made them.

A reader follows hard links only, and looks at a dataset's type, layout and sizes before it
allocates; external storage, virtual datasets and links to elsewhere are refused. Contiguous
data (all that Keras writes) is read from the file directly into the array that is returned.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from keras_core.backends.variable import BaseVariable, empty_to_keep, host_dtype
from keras_core.core import dtypes
from keras_core.core.errors import InvalidFileError, UnsafeFileError, missing_package
from keras_core.saving import chunks
from keras_core.saving.zipio import Scratch, Window

MAX_RATIO = 1100  # what deflate can reach at most is 1032
MAX_CHUNK = 1 << 26
_MAX_DEPTH = 512  # of folders, of which a model within a model takes two
_MAX_SHARED = 1 << 30  # bytes that the texts of one attribute could at most come to
_HEAP = b"GCOL\x01"  # what a heap of texts begins with; of what follows h5py reads the size alone
_EXOTIC = ("bfloat16", *dtypes.FLOAT8_TYPES)  # kept as opaque bytes


def h5py() -> Any:
    """The package h5py, or an error that says how to get it."""
    try:
        import h5py
    except ImportError as error:
        raise missing_package("h5py", "Reading and writing HDF5 files") from error
    return h5py


def to_host(value: Any) -> tuple[np.ndarray, str | None]:
    """A variable, tensor or array as a NumPy array, and its dtype's name if HDF5 has none."""
    if isinstance(value, BaseVariable):
        array = value._on_host()
    else:
        from keras_core.backends.select import backend

        arrays = backend.arrays
        array = arrays.convert_to_numpy(value) if arrays.is_tensor(value) else np.asarray(value)
    array = np.asarray(array)
    name = array.dtype.name
    if name in _EXOTIC:
        return array.view(f"V{array.dtype.itemsize}"), name
    return array, None


# Writing -----------------------------------------------------------------------------------


class WriteEntry(MutableMapping):
    """The store of one object: what it puts in goes to the file at once."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def __setitem__(self, key: str, value: Any) -> None:
        array, exotic = to_host(value)
        if array.dtype.kind == "U":
            array = np.asarray(array, dtype=h5py().string_dtype())
        if array.dtype.hasobject and h5py().check_string_dtype(array.dtype) is None:
            raise ValueError(
                f"save_own_variables: the value for {key!r} must be an array of numbers. "
                f"Received: an array of Python objects, {value!r}"
            )
        if key in self._group:
            del self._group[key]
        dataset = self._group.create_dataset(key, data=array)
        if exotic is not None:
            dataset.attrs["dtype"] = exotic

    def __getitem__(self, key: str) -> np.ndarray:
        return self._group[key][()]

    def __delitem__(self, key: str) -> None:
        del self._group[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._group.keys())

    def __len__(self) -> int:
        return len(self._group)

    @property
    def attrs(self) -> Any:
        """The attributes of the group."""
        return self._group.attrs


class H5Writer:
    """Writes one file of weights.

    Args:
        target: a path, or a `Window` of a larger file.
    """

    def __init__(self, target: Any) -> None:
        self._own = -1
        if not isinstance(target, Window):
            self._own = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
        self._window = Window(self._own, 0) if self._own >= 0 else target
        self.file = h5py().File(self._window, "w")

    def entry(self, path: str, name: str | None) -> WriteEntry:
        """The store for the object at a path."""
        self._window.check()
        group = self.file.create_group(f"{path}/vars" if path else "vars")
        if name:
            group.attrs["name"] = name
        return WriteEntry(group)

    def close(self) -> None:
        """Finish the file.

        Raises:
            OSError: if a part of it could not be written.
        """
        try:
            self.file.close()
        finally:
            if self._own >= 0:
                os.close(self._own)
            self._window.check()


# Reading -----------------------------------------------------------------------------------


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what h5py raises for broken files into `InvalidFileError`."""
    try:
        yield
    except (InvalidFileError, UnsafeFileError):
        raise
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, OverflowError,
            NotImplementedError, IndexError, AttributeError, UnicodeError) as error:  # fmt: skip
        if isinstance(error, FileNotFoundError):
            raise
        raise InvalidFileError(f"{what} cannot be read: {error}") from error


def is_hdf5(path: str) -> bool:
    """Whether a file begins as an HDF5 file does."""
    with open(path, "rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def _numbers_first(name: str) -> tuple[bool, int, str]:
    # By length, for Python reads no number of as many digits as a name may have.
    return not name.isdecimal(), len(name) if name.isdecimal() else 0, name


class SafeFile:
    """An HDF5 file in which only its own contents can be reached.

    Args:
        source: a path, or a `Window` onto an archive's member.
        what: how to call it in errors.
    """

    def __init__(self, source: Any, what: str) -> None:
        self.what = what
        self._scratch = Scratch()
        if isinstance(source, Window):
            self._window, self._own = source, None
            opened: Any = source
        else:
            self._own = open(source, "rb")  # noqa: SIM115 - closed by close()
            size = os.fstat(self._own.fileno()).st_size
            self._window = opened = Window(self._own.fileno(), 0, size)
        try:
            with reading(what):
                self.root = h5py().File(opened, "r")
        except BaseException:
            self.close()
            raise
        self._groups: dict[str, Any] = {"": self.root}

    @property
    def size(self) -> int:
        """The number of bytes in the file."""
        return self._window.size

    def member(self, parent: Any, name: str) -> Any:
        """A group's or dataset in `parent`, None if there is none; only by a hard link."""
        library = h5py()
        with reading(self.what):
            link = parent.get(name, getlink=True)
            if link is None:
                return None
            if not isinstance(link, library.HardLink):
                raise UnsafeFileError(
                    f"{self.what}: {parent.name}/{name} is a link to elsewhere, which is never "
                    "followed."
                )
            return parent[name]

    def names(self, group: Any) -> list[str]:
        """The names of a group's members, numbers first and in their order.

        Raises:
            InvalidFileError: if one is no text.
        """
        with reading(self.what):
            found = list(group.keys())
        if not all(isinstance(name, str) for name in found):
            raise InvalidFileError(f"{self.what}: a name in {group.name} is no UTF-8.")
        return sorted(found, key=_numbers_first)

    def group(self, path: str) -> Any:
        """The group at a path, None if there is none.

        Raises:
            UnsafeFileError: if a part of the path is a soft or an external link.
        """
        known = self._groups.get(path)
        if known is not None:
            return known
        head, _, name = path.rpartition("/")
        parent = self.group(head)
        if parent is None or not name:
            return None
        found = self.member(parent, name)
        if not isinstance(found, h5py().Group):
            return None
        self._groups[path] = found
        return found

    def attribute(self, holder: Any, name: str) -> Any:
        """An attribute's value, None if there is none.

        Raises:
            InvalidFileError: if it claims more than the file has.
            UnsafeFileError: if it is a list of texts that may all be the same large one.
        """
        with reading(self.what):
            if name not in holder.attrs:
                return None
            stored = holder.attrs.get_id(name)
            where = f"{self.what}: {name!r} of {holder.name}"
            count = math.prod(stored.shape or ())
            if count * stored.dtype.itemsize > self.size:
                raise InvalidFileError(f"{where} claims more than the file has.")
            shared = stored.dtype.hasobject and count > 1 and count * self.size > _MAX_SHARED
            if shared and count * self._longest_text > _MAX_SHARED:
                raise UnsafeFileError(
                    f"{where} holds {count} texts of any length, and the file's longest has "
                    f"{self._longest_text} bytes. Write them as texts of one length."
                )
            return holder.attrs[name]

    @functools.cached_property
    def _longest_text(self) -> int:
        """What no text of any length is longer than: they lie in heaps, which begin with a mark.

        How long each is, and whether all are the same one, h5py does not tell without reading it.
        """
        longest, step = 0, 1 << 24
        memory = bytearray(step + 16)  # a mark, and the heap's size 8 bytes on
        for start in range(0, self.size, step):
            data = memoryview(memory)[: self._window.read_at(start, memoryview(memory))]
            at = memory.find(_HEAP, 0, len(data))
            while 0 <= at < step:
                size = int.from_bytes(data[at + 8 : at + 16], "little")
                longest = max(longest, min(size, self.size))
                at = memory.find(_HEAP, at + 1, len(data))
        return longest

    def once(self, found: Any, seen: set[tuple[int, int]]) -> None:
        """Note that a group was reached.

        Raises:
            UnsafeFileError: if it is in `seen`: a few links can make any number of paths.
        """
        about = h5py().h5o.get_info(found.id)
        place = about.fileno, about.addr
        if place in seen:
            raise UnsafeFileError(f"{self.what}: {found.name} can be reached in several ways.")
        seen.add(place)

    def read(self, dataset: Any, hint: str | None = None, keep: bool = False) -> np.ndarray:
        """A dataset's values.

        Args:
            dataset: a dataset of this file.
            hint: the dtype's name, where the file says only how wide it is.
            keep: whether the array is for a variable to take over.

        Raises:
            InvalidFileError: if it does not hold what it claims.
            UnsafeFileError: if it points out of the file or claims far more than is there.
        """
        with reading(f"{self.what}: {dataset.name}"):
            shape, dtype = self.check(dataset)
            if dtype.hasobject:
                return self._texts(dataset, shape)
            out = (empty_to_keep if keep else self._scratch.empty)(shape, dtype)
            offset = dataset.id.get_offset()
            if offset is not None and out.nbytes:
                # Straight from the file: neither the library nor Python copies it once more.
                if offset + out.nbytes > self.size:
                    raise InvalidFileError(f"{self.what}: {dataset.name} is cut off.")
                view = out.reshape(-1).view(np.uint8).data
                if self._window.read_at(offset, view) != out.nbytes:
                    raise InvalidFileError(f"{self.what}: {dataset.name} is cut off.")
            elif out.nbytes and offset is None and dataset.chunks is not None:
                library, where = h5py(), f"{self.what}: {dataset.name}"
                filters = chunks.check_filters(library, dataset.id.get_create_plist(), where)
                if library.h5z.FILTER_DEFLATE in filters:
                    out[...] = chunks.read_deflated(library, dataset, filters, where)
                else:
                    dataset.read_direct(out)
            elif out.nbytes:
                dataset.read_direct(out)
            if dtype.kind == "V":
                name = self._exotic(dataset, dtype, hint)
                out = out.view(host_dtype(name)) if name else out
            return out

    def _texts(self, dataset: Any, shape: tuple[int, ...]) -> np.ndarray:
        """Texts, one at a time: all of them may point to the same large one."""
        out, left = np.empty(shape, object), self.size
        texts = dataset.asstr(errors="surrogateescape")
        for index in np.ndindex(shape):
            out[index] = texts[index]
            left -= len(out[index])
            if left < 0:
                raise UnsafeFileError(
                    f"{self.what}: {dataset.name} would unpack to more than the file has."
                )
        return out

    def _exotic(self, dataset: Any, dtype: np.dtype, hint: str | None) -> str | None:
        name = self.attribute(dataset, "dtype")
        name = name.decode() if isinstance(name, bytes) else name
        if name not in _EXOTIC or host_dtype(name).itemsize != dtype.itemsize:
            name = hint
        return name if name in _EXOTIC and host_dtype(name).itemsize == dtype.itemsize else None

    def check(self, dataset: Any) -> tuple[tuple[int, ...], np.dtype]:
        """A dataset's shape and dtype, after comparing what it claims with what is there."""
        library = h5py()
        if not isinstance(dataset, library.Dataset):
            raise InvalidFileError(f"{self.what}: {dataset.name} must be a dataset.")
        plist = dataset.id.get_create_plist()
        layout = plist.get_layout()
        if plist.get_external_count():
            raise UnsafeFileError(f"{self.what}: {dataset.name} keeps its data in another file.")
        if layout == library.h5d.VIRTUAL:
            raise UnsafeFileError(f"{self.what}: {dataset.name} is a view of other files.")
        if dataset.shape is None:
            raise InvalidFileError(f"{self.what}: {dataset.name} is empty.")
        shape, dtype = tuple(int(n) for n in dataset.shape), dataset.dtype
        text = library.check_string_dtype(dtype) is not None
        plain = dtype.kind in "biufcSV" and not dtype.hasobject and dtype.names is None
        if not (plain or text) or (dtype.kind == "V" and dtype.itemsize > 2):
            raise UnsafeFileError(
                f"{self.what}: {dataset.name} has the dtype {dtype}; weights are numbers."
            )
        nbytes = math.prod(shape) * dtype.itemsize
        stored = dataset.id.get_storage_size()
        if stored > self.size:
            raise InvalidFileError(f"{self.what}: {dataset.name} claims more than the file has.")
        if layout == library.h5d.CHUNKED:
            chunk = math.prod(dataset.chunks) * dtype.itemsize
            if nbytes > MAX_RATIO * stored or chunk > max(MAX_CHUNK, 4 * nbytes):
                raise UnsafeFileError(
                    f"{self.what}: {dataset.name} of shape {shape} would unpack {stored} bytes to "
                    f"{nbytes}."
                )
            chunks.check_filters(library, plist, f"{self.what}: {dataset.name}")
        elif nbytes > stored:
            raise UnsafeFileError(
                f"{self.what}: {dataset.name} of shape {shape} claims {nbytes} bytes, {stored} "
                "are there."
            )
        return shape, dtype

    def close(self) -> None:
        """Close the file."""
        self._scratch.release()
        root = self.__dict__.get("root")
        if root is not None:
            with contextlib.suppress(Exception):
                root.close()
        if self._own is not None:
            self._own.close()


class ReadEntry(Mapping):
    """The store of one object, read key by key."""

    def __init__(self, file: SafeFile, group: Any) -> None:
        self._file, self._group = file, group
        self.hints: dict[str, str] = {}
        self.keep = False  # whether variables take over what is read

    def _find(self, key: str) -> Any:
        found = self._group
        for part in str(key).split("/"):
            found = self._file.member(found, part) if found is not None else None
        return found

    def __getitem__(self, key: str) -> np.ndarray:
        found = self._find(key)
        if found is None:
            raise KeyError(f"{self._file.what}: {self._group.name} holds no {key!r}")
        return self._file.read(found, self.hints.get(key), self.keep)

    def describe(self, key: str) -> tuple[tuple[int, ...], str]:
        """A value's shape and NumPy's letter for its kind of dtype, without reading it."""
        found = self._find(key)
        if found is None:
            raise InvalidFileError(f"{self._file.what}: {self._group.name}/{key} is missing.")
        with reading(self._file.what):
            shape, dtype = self._file.check(found)
        return shape, dtype.kind

    def shape(self, key: str) -> tuple[int, ...]:
        """A value's shape, without reading it."""
        return self.describe(key)[0]

    def nbytes(self, key: str) -> int:
        """How much memory a value takes, without reading it."""
        with reading(self._file.what):
            shape, dtype = self._file.check(self._find(key))
        return math.prod(shape) * dtype.itemsize

    def leaves(self) -> Iterator[str]:
        """The names of all values, those in folders as "folder/name"."""
        library = h5py()

        seen: set[tuple[int, int]] = set()

        def visit(group: Any, prefix: str, depth: int) -> Iterator[str]:
            if depth > 32:
                raise UnsafeFileError(f"{self._file.what} is nested too deeply.")
            self._file.once(group, seen)
            for name in self._file.names(group):
                member = self._file.member(group, name)
                if isinstance(member, library.Group):
                    yield from visit(member, f"{prefix}{name}/", depth + 1)
                else:
                    yield f"{prefix}{name}"

        with reading(self._file.what):
            found = list(visit(self._group, "", 0))
        yield from sorted(found, key=_numbers_first)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._find(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.names(self._group))

    def __len__(self) -> int:
        with reading(self._file.what):
            return len(self._group)


class H5Reader:
    """Reads one file of weights.

    Args:
        source: a path, or a `Window` onto an archive's member.
        what: how to call it in errors.
    """

    def __init__(self, source: Any, what: str) -> None:
        self._file = SafeFile(source, what)
        self.size = self._file.size

    def entry(self, path: str) -> ReadEntry | None:
        """The store of the object at a path; None if the file has none."""
        group = self._file.group(f"{path}/vars" if path else "vars")
        return None if group is None else ReadEntry(self._file, group)

    def paths(self) -> list[str]:
        """The paths of all objects that have values in the file."""
        found: list[str] = []
        library = h5py()
        seen: set[tuple[int, int]] = set()

        waiting: list[tuple[Any, str, int]] = [(self._file.root, "", 0)]
        with reading(self._file.what):
            while waiting:
                group, path, depth = waiting.pop()
                if depth > _MAX_DEPTH or len(found) > 1_000_000:
                    raise UnsafeFileError(f"{self._file.what} is nested too deeply.")
                self._file.once(group, seen)
                inside: list[tuple[Any, str, int]] = []
                for name in self._file.names(group):
                    member = self._file.member(group, name)
                    if not isinstance(member, library.Group):
                        continue
                    if name == "vars":
                        self._file.once(member, seen)
                        if len(member):
                            found.append(path)
                    else:
                        inside.append((member, f"{path}/{name}" if path else name, depth + 1))
                waiting += reversed(inside)
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()
