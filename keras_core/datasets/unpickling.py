"""Reading pickled numbers without running what a pickle says.

Python's unpickler can only reach what `find_class` gives it: here, stand-ins that note what they
are given. Arrays are then made from these notes, once their shape, dtype and length agree.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from typing import Any

import numpy as np

from keras_core.core.errors import InvalidFileError, UnsafeFileError

_MAX_MEMBER = 1 << 31  # bytes


class _DType:
    def __init__(self, *args: Any) -> None:
        self.args = args

    def __setstate__(self, state: Any) -> None:
        pass


class _Array:
    """What stands for a NumPy array while a pickle is read."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self) -> np.ndarray:
        try:
            _, shape, dtype, fortran, content = self.state
            name = dtype.args[0]
            name = name.decode() if isinstance(name, bytes) else name
            shape = tuple(int(n) for n in shape)
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise InvalidFileError(f"A pickled array is malformed: {error}") from error
        if name in ("O", "O8", "|O"):
            return _rows(content, shape)
        known = {"u1", "|u1", "i4", "<i4", "i8", "<i8", "f4", "<f4", "f8", "<f8"}
        if name not in known or not isinstance(content, bytes):
            raise UnsafeFileError(f"A pickled array must hold numbers. Received: dtype {name!r}")
        out = np.dtype(name)
        if len(content) != math.prod(shape) * out.itemsize:
            raise InvalidFileError("A pickled array's length and shape differ.")
        return np.frombuffer(content, out).reshape(shape, order="F" if fortran else "C")


def _rows(content: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Lists of ints as an array of objects."""
    if not isinstance(content, list) or shape != (len(content),):
        raise InvalidFileError("A pickled array of lists is malformed.")
    for row in content:
        if type(row) is not list or any(type(item) is not int for item in row):
            raise UnsafeFileError("A pickled array of objects must hold lists of ints.")
    out = np.empty(len(content), dtype=object)
    out[:] = content
    return out


def _reconstruct(*args: Any) -> _Array:
    return _Array()


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
        raise UnsafeFileError("A pickle encodes text in an unexpected way.")
    return text.encode("latin1")


_KNOWN = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _DType,
    ("_codecs", "encode"): _encode,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        found = _KNOWN.get((module_name, global_name))
        if found is None:
            raise UnsafeFileError(
                f"A data file may hold numbers only. Received a pickle that asks for "
                f"{module_name}.{global_name}"
            )
        return found

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafeFileError("A data file may hold numbers only. Received: a reference.")


def load(content: bytes) -> Any:
    """A pickle of dicts, lists, strings, numbers and arrays of numbers.

    Raises:
        InvalidFileError: if it is broken.
        UnsafeFileError: if it asks for anything else.
    """
    try:
        found = _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except UnsafeFileError:
        raise
    except Exception as error:  # a broken pickle may fail in any way
        raise InvalidFileError(f"A pickle is broken: {error}") from error
    return _arrays(found)


def _arrays(value: Any) -> Any:
    if isinstance(value, _Array):
        return value.array()
    if isinstance(value, dict):
        return {key: _arrays(item) for key, item in value.items()}
    if isinstance(value, _DType):
        raise UnsafeFileError("A data file may hold numbers only.")
    return value


def load_npz(path: str, *names: str) -> list[np.ndarray]:
    """Arrays of an `.npz` file; those of objects hold lists of ints.

    Raises:
        InvalidFileError: if the file is broken or lacks one.
        UnsafeFileError: if one holds other objects.
    """
    out = []
    try:
        with zipfile.ZipFile(path) as archive:
            for name in names:
                info = archive.getinfo(f"{name}.npy")
                if info.file_size > _MAX_MEMBER:
                    raise UnsafeFileError(f"{path!r}: the array {name!r} is above 2 GiB.")
                out.append(_read_npy(archive.read(info)))
    except (zipfile.BadZipFile, KeyError, EOFError, OSError) as error:
        raise InvalidFileError(f"{path!r} must be an .npz file with {names}: {error}") from error
    return out


def _read_npy(content: bytes) -> np.ndarray:
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        if not dtype.hasobject:
            file.seek(0)
            return np.lib.format.read_array(file, allow_pickle=False)
    except ValueError as error:
        raise InvalidFileError(f"An array is broken: {error}") from error
    found = load(content[file.tell() :])
    if not isinstance(found, np.ndarray) or found.shape != shape:
        raise InvalidFileError(f"An array must have the shape {shape} that its header says.")
    return found
