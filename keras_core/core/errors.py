"""How errors are worded: which object, which argument, what it must be, what came, the mend."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

# What a write fails with, naming no file: a full disk, a quota, a limit on sizes, a broken disk.
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def with_causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__


def describe(value: Any) -> str:
    """A short description of a value: shape and dtype of an array, the repr of the rest."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None and not isinstance(value, type):
        return f"{type(value).__name__}(shape={tuple(shape)}, dtype={dtype})"
    if isinstance(value, (list, tuple)) and len(value) <= 8:
        inner = ", ".join(describe(item) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, dict) and len(value) <= 8:
        return "{" + ", ".join(f"{k!r}: {describe(v)}" for k, v in value.items()) + "}"
    text = repr(value)
    text = text if len(text) <= 120 else text[:117] + "..."
    return (
        text
        if isinstance(value, (str, int, float, bool, type(None)))
        else (f"{text} (of type {type(value).__name__})")
    )


def message(owner: str, argument: str, must: str, received: Any, mend: str = "") -> str:
    """One sentence for a wrong argument.

    Args:
        owner: the object or function: "Dense 'dense_1'".
        argument: the argument's name.
        must: what it must be, after "must".
        received: what came.
        mend: what to do about it, a sentence, where it is known.
    """
    text = f"{owner}: {argument} must {must}. Received: {argument}={describe(received)}"
    return f"{text}. {mend}" if mend else text


def array_of(x: Any, owner: str, argument: str, must: str, dtype: Any = None) -> np.ndarray:
    """An array-like as an array of numbers.

    Args:
        x: the argument.
        owner: the object or function, for the error.
        argument: the argument's name.
        must: what it must be, after "must".
        dtype: the array's dtype; that of `x` if None.

    Raises:
        ValueError: if it is none.
    """
    try:
        array = np.asarray(x, dtype)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(message(owner, argument, must, x)) from None
    if array.dtype.kind in "OSUMmV":  # None, text, dates, rows of different lengths
        raise ValueError(message(owner, argument, must, x))
    return array


def path_of(path: Any, owner: str, argument: str) -> Any:
    """A path as a string.

    Raises:
        TypeError: if it is none.
    """
    try:
        return os.fspath(path)
    except TypeError:
        must = "be a path: a string or a pathlib.Path"
        raise TypeError(message(owner, argument, must, path)) from None


def refuse_pipe(path: str) -> None:
    """Raise for what is no file: a pipe may never say anything, and is not there to look twice.

    Raises:
        InvalidFileError: if it is there, but neither a file nor a folder.
    """
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise InvalidFileError(
            f"filepath must be a file or a folder, not a pipe or a device. Received: {path!r}"
        )


@contextlib.contextmanager
def writing(path: str, temporary: str | None = None) -> Iterator[None]:
    """Have the system's errors name the file that is written, which those of a full disk do not.

    Args:
        path: of the file or folder.
        temporary: where it is written first; it is not what the user asked for either.
    """
    try:
        yield
    except OSError as error:
        named = error.filename
        if named is None:
            ours = error.errno in _OF_THE_DISK
        else:
            ours = isinstance(named, str) and (named + os.sep).startswith(f"{temporary}{os.sep}")
        if ours:
            error.filename = path
            if error.filename2 is not None:  # where it was to go
                del error.filename2
        raise


class InvalidFileError(ValueError):
    """A file is not what it claims to be: truncated, malformed, or of another format."""


class UnsafeFileError(ValueError):
    """A file asks for something that loading never does: run code, reach outside, overallocate."""


def missing_package(package: str, what: str, pip: str | None = None) -> ImportError:
    """The ImportError for an optional package, naming what needs it and how to install it."""
    return ImportError(
        f"{what} needs the package {package!r}, which is not installed. "
        f"Install it with: pip install {pip or package}"
    )
