"""Zip files of stored members: written in one pass, read with suspicion.

Python's `zipfile` cannot write a member in place and out of order, as HDF5 needs it; so the
writer is our own, some headers long. Reading goes through `zipfile`'s parsing of the central
directory and then checks everything that an archive could lie about.
"""

from __future__ import annotations

import contextlib
import errno
import io
import math
import os
import stat
import struct
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_core.core.errors import InvalidFileError, UnsafeFileError

MAX_MEMBERS = 65_000
MAX_RATIO = 250  # of a compressed member; Keras stores them uncompressed
_BLOCK = 1 << 20
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_DATE = (1 << 5) | 1  # 1980-01-01: the same model gives the same bytes


class Window(io.RawIOBase):
    """A part of an open file as a file of its own.

    HDF5 gets into a state of its own when a write fails. So `write` does not raise: it keeps the
    error, which `check` raises once HDF5 is done.

    Args:
        fd: a file descriptor.
        start: where the part begins.
        size: its length for reading; None: it starts empty and grows with writing.
    """

    def __init__(self, fd: int, start: int, size: int | None = None) -> None:
        self.fd, self.start = fd, start
        self.fixed = size is not None
        self.size = size or 0
        self._at = 0
        self._failed: OSError | None = None

    def check(self) -> None:
        """Raise what an earlier write failed with."""
        if self._failed is not None:
            raise self._failed

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return not self.fixed

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self.size)[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")[: max(0, self.size - self._at)]
        done = len(view) if self._failed else self.read_at(self._at, view)
        self._at += done
        return done

    def read_at(self, offset: int, view: memoryview) -> int:
        """Fill `view` from an offset within the part; returns the number of bytes read."""
        done = 0
        while done < len(view):
            got = os.preadv(self.fd, [view[done:]], self.start + offset + done)
            if not got:
                break
            done += got
        return done

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        try:
            if self._failed is None:
                _write_all(self.fd, view, self.start + self._at)
        except OSError as error:
            self._failed = error
        self._at += len(view)
        self.size = max(self.size, self._at)
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        self.size = self._at if size is None else size
        try:
            os.ftruncate(self.fd, self.start + self.size)
        except OSError as error:
            self._failed = self._failed or error
        return self.size


class Scratch:
    """Arrays to read into, in one piece of memory that is used again once nobody holds it.

    Fresh memory for each tensor would cost as much time as reading it.
    """

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint8)
        self._unused = sys.getrefcount(self._memory)

    def empty(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """An uninitialized array."""
        size = math.prod(shape) * dtype.itemsize
        if size < _BLOCK:
            return np.empty(shape, dtype)
        # An array made of it earlier, or a tensor that shares its memory, counts as a holder.
        if self._memory.nbytes < size or sys.getrefcount(self._memory) > self._unused:
            self._memory = np.empty(size, np.uint8)
        return self._memory[:size].view(dtype).reshape(shape)

    def release(self) -> None:
        """Give the memory back."""
        self._memory = np.empty(0, np.uint8)


def trim_heap() -> None:
    """Have the C library give freed memory back, which it otherwise keeps in pieces (glibc)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)


class ZipWriter:
    """Writes stored members one after the other; `close` adds the directory."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_TRUNC)
        self._end = 0
        self._members: list[tuple[bytes, int, int, int]] = []  # name, CRC, size, offset

    @contextlib.contextmanager
    def member(self, name: str) -> Iterator[Window]:
        """A file in which the member is written; its end is the member's end."""
        encoded = name.encode("utf-8")
        header = self._end
        window = Window(self._fd, header + _LOCAL.size + len(encoded) + 20)
        yield window
        window.check()
        crc = _crc(window)
        size = window.size
        # Sizes stand in the zip64 field, so that their width does not depend on them.
        extra = struct.pack("<HHQQ", 1, 16, size, size)
        local = _LOCAL.pack(
            b"PK\3\4", 45, 0x800, 0, 0, _DATE, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(encoded), 20
        )
        _write_all(self._fd, local + encoded + extra, header)
        self._members.append((encoded, crc, size, header))
        self._end = window.start + size
        os.ftruncate(self._fd, self._end)

    def add(self, name: str, data: bytes) -> None:
        """A member from bytes."""
        with self.member(name) as window:
            window.write(data)

    def add_file(self, name: str, path: str) -> None:
        """A member from a file."""
        with self.member(name) as window, open(path, "rb") as file:
            while block := file.read(_BLOCK):
                window.write(block)

    def close(self) -> None:
        """Write the directory of members."""
        parts = []
        for name, crc, size, offset in self._members:
            extra = struct.pack("<HHQQQ", 1, 24, size, size, offset)
            parts.append(
                _CENTRAL.pack(
                    b"PK\1\2", (3 << 8) | 45, 45, 0x800, 0, 0, _DATE, crc, 0xFFFFFFFF,
                    0xFFFFFFFF, len(name), len(extra), 0, 0, 0, 0o600 << 16, 0xFFFFFFFF,
                )
                + name
                + extra
            )  # fmt: skip
        directory = b"".join(parts)
        at, count = self._end, len(self._members)
        end64 = struct.pack(
            "<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), at
        )
        locator = struct.pack("<4sIQI", b"PK\6\7", 0, at + len(directory), 1)
        end = struct.pack(
            "<4sHHHHIIH", b"PK\5\6", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF),
            min(len(directory), 0xFFFFFFFF), 0xFFFFFFFF, 0,
        )  # fmt: skip
        _write_all(self._fd, directory + end64 + locator + end, at)
        self.abandon()

    def abandon(self) -> None:
        """Close the file as it is."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _write_all(fd: int, data: bytes | memoryview, at: int) -> None:
    view = memoryview(data)
    while view:
        done = os.pwrite(fd, view, at)
        view, at = view[done:], at + done


def _crc(window: Window) -> int:
    crc, at = 0, 0
    block = bytearray(min(_BLOCK, max(window.size, 1)))
    view = memoryview(block)
    while at < window.size:
        part = view[: min(len(block), window.size - at)]
        got = window.read_at(at, part)
        if not got:
            raise OSError("A file that is being written became shorter.")
        crc = zlib.crc32(part[:got], crc)
        at += got
    return crc


class ZipSource(io.BufferedReader):
    """A zip file that somebody else may have made, for `zipfile` to read the directory of.

    That makes an object of every entry before it gives any, at some 6 µs and 600 bytes each. So
    they are counted in the bytes that it asks for, wherever these lie, before it gets them.

    Args:
        path: of the file.
        most: how many entries it may have.
    """

    def __init__(self, path: str, most: int = MAX_MEMBERS) -> None:
        super().__init__(io.FileIO(path))
        self.path = path
        self._most: int | None = most

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self._most is not None and data.count(b"PK\1\2") > self._most:
            raise UnsafeFileError(f"{self.path} has more than {self._most} members.")
        return data

    def archive(self) -> zipfile.ZipFile:
        """The archive, its directory read.

        Raises:
            UnsafeFileError: if it has too many entries.
            Exception: what `zipfile` raises where it is broken.
        """
        found = zipfile.ZipFile(self)
        self._most = None  # contents may be anything
        return found


class ZipReader:
    """The members of an archive that somebody else may have made.

    Raises:
        InvalidFileError: if it is no zip file, or its sizes contradict each other.
        UnsafeFileError: if a name leaves the archive, a member is a link, or it claims to
            unpack to a multiple of what is there.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = ZipSource(path)
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        self._length = os.fstat(self._file.fileno()).st_size
        try:
            self._zip = self._file.archive()
            infos = self._zip.infolist()
        except UnsafeFileError:
            raise
        except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError,
                EOFError, IndexError, UnicodeError, OverflowError) as error:  # fmt: skip
            raise InvalidFileError(f"{self.path} is not a whole zip file: {error}") from error
        self.members: dict[str, zipfile.ZipInfo] = {}
        packed, seen = 0, set()
        for info in infos:
            check_name(info.filename, self.path)
            # What is one file on some systems.
            folded = unicodedata.normalize("NFC", info.filename).casefold()
            if folded in seen:
                raise UnsafeFileError(f"{self.path} holds {info.filename!r} twice.")
            seen.add(folded)
            self._check(info)
            packed += info.compress_size
            self.members[info.filename] = info
        if packed > self._length:
            raise UnsafeFileError(
                f"{self.path}: its members claim {packed} bytes, the file has {self._length}."
            )

    def _check(self, info: zipfile.ZipInfo) -> None:
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UnsafeFileError(f"{self.path}: {info.filename!r} is a link or a special file.")
        if info.flag_bits & 0x1:
            raise InvalidFileError(f"{self.path}: {info.filename!r} is encrypted.")
        if info.compress_type == zipfile.ZIP_STORED:
            if info.file_size != info.compress_size:
                raise InvalidFileError(
                    f"{self.path}: {info.filename!r} claims {info.file_size} bytes, "
                    f"{info.compress_size} are stored."
                )
        elif info.compress_type != zipfile.ZIP_DEFLATED:
            raise InvalidFileError(f"{self.path}: {info.filename!r} is compressed in an odd way.")
        elif info.file_size > max(1 << 16, MAX_RATIO * info.compress_size):
            raise UnsafeFileError(
                f"{self.path}: {info.filename!r} would unpack from {info.compress_size} to "
                f"{info.file_size} bytes."
            )

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def read(self, name: str, limit: int) -> bytes:
        """A member's bytes.

        Raises:
            InvalidFileError: if there is none, or its checksum is wrong.
            UnsafeFileError: if it is larger than `limit`.
        """
        info = self.members.get(name)
        if info is None:
            raise InvalidFileError(f"{self.path} has no member {name!r}.")
        if info.file_size > limit:
            raise UnsafeFileError(
                f"{self.path}: {name!r} has {info.file_size} bytes, over the limit of {limit}."
            )
        with _zip_errors(self.path, name), self._zip.open(info) as file:
            data = file.read(info.file_size + 1)
        if len(data) != info.file_size:
            raise InvalidFileError(f"{self.path}: {name!r} has not the size it claims.")
        return data

    def window(self, name: str) -> Window | None:
        """A stored member as a file, without copying it; None if it is compressed.

        Raises:
            InvalidFileError: if it is cut off, or its checksum is wrong.
        """
        info = self.members[name]
        if info.compress_type != zipfile.ZIP_STORED:
            return None
        fd = self._file.fileno()
        header = os.pread(fd, _LOCAL.size, info.header_offset)
        if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
            raise InvalidFileError(f"{self.path}: {name!r} has no header where it should be.")
        *_, name_length, extra_length = _LOCAL.unpack(header)
        start = info.header_offset + _LOCAL.size + name_length + extra_length
        if start + info.file_size > self._length:
            raise InvalidFileError(f"{self.path}: {name!r} is cut off.")
        window = Window(fd, start, info.file_size)
        if _crc(window) != info.CRC:
            raise InvalidFileError(f"{self.path}: {name!r} does not match its checksum.")
        return window

    def extract(self, name: str, target: str) -> None:
        """Unpack a member into the file `target`, which must not exist."""
        info = self.members[name]
        written = 0
        with (
            _zip_errors(self.path, name),
            self._zip.open(info) as source,
            open(target, "xb") as out,
        ):
            while block := source.read(_BLOCK):
                written += len(block)
                if written > info.file_size:
                    raise UnsafeFileError(f"{self.path}: {name!r} is larger than it claims.")
                out.write(block)

    def extract_under(self, prefix: str, folder: str) -> bool:
        """Unpack all members below `prefix` into `folder`; whether there were any."""
        found = False
        for name in self.members:
            if not name.startswith(prefix) or name.endswith("/"):
                continue
            target = os.path.join(folder, *name[len(prefix) :].split("/"))
            try:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                self.extract(name, target)
            except (FileExistsError, NotADirectoryError) as error:
                raise UnsafeFileError(
                    f"{self.path}: {name!r} would lie in or over another member."
                ) from error
            found = True
        return found

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()


@contextlib.contextmanager
def _zip_errors(path: str, name: str) -> Iterator[None]:
    try:
        yield
    except (UnsafeFileError, InvalidFileError):
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError,
            struct.error, ValueError, OSError) as error:  # fmt: skip
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise  # the disk's fault, not an offset out of the file
        raise InvalidFileError(f"{path}: {name!r} cannot be read: {error}") from error


def check_name(name: str, path: str) -> None:
    """Raise `UnsafeFileError` unless `name` is a plain relative path that stays inside."""
    parts = name.rstrip("/").split("/")
    odd = (
        not name
        or len(name) > 1024
        or any(len(part.encode("utf-8", "replace")) > 255 for part in parts)
        or name.startswith("/")
        or any(part in ("", ".", "..") for part in parts)
        or any(c in '\\:*?"<>|' or ord(c) < 32 or ord(c) == 127 for c in name)
        or any("\ud800" <= c <= "\udfff" for c in name)  # no text at all
    )
    if odd:
        raise UnsafeFileError(f"{path} holds a member of the name {name!r}, which is not allowed.")


def copy_tree(source: str, writer: ZipWriter, prefix: str) -> None:
    """Add all files below a folder as members below `prefix`."""
    for folder, folders, files in os.walk(source):
        folders.sort()
        inner = os.path.relpath(folder, source)
        for name in sorted(files):
            parts = [] if inner == "." else inner.split(os.sep)
            writer.add_file("/".join([prefix, *parts, name]), os.path.join(folder, name))
