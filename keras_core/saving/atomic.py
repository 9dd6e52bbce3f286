"""Files that are either the old one or the new one, whatever happens while they are written.

What is written has a hidden name beside its place until it is whole: `.NAME.PID-RANDOM.tmp`. Its
writer holds a lock on it, which ends with the process, so that the next one for the same place can
tell what a killed process left from what another process is writing, and removes it.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator

from keras_core.core import errors

_LEFT = re.compile(r"\d+-[0-9a-f]{8}\.tmp")


@contextlib.contextmanager
def replacing(path: str, sync: bool = False) -> Iterator[str]:
    """Give the path of a temporary file beside `path`; it takes its place if all went well.

    A symbolic link stays one: the file it leads to is replaced, with its permissions kept.

    Args:
        path: of the file.
        sync: whether the file is on the disk, and not in the system's memory only, before it takes
            its place and this returns: then power may fail at any moment as well.
    """
    path = os.path.realpath(path)
    with _beside(path, folder=False) as temporary:
        yield temporary
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(path, temporary)
        if sync:
            to_disk(temporary)
        os.replace(temporary, path)
        if sync:
            to_disk(os.path.dirname(path))


@contextlib.contextmanager
def replacing_folder(path: str, sync: bool = False) -> Iterator[str]:
    """The same for a folder.

    Where the system can, old and new one change places in one step; elsewhere the old one is
    moved aside first, and for that moment neither is at its place.
    """
    path = os.path.realpath(path)
    with _beside(path, folder=True) as temporary:
        yield temporary
        if sync:
            all_to_disk(temporary)
        if not os.path.isdir(path):
            os.rename(temporary, path)
        elif not _exchange(temporary, path):
            aside = _name_beside(path)
            os.rename(path, aside)
            try:
                os.rename(temporary, path)
            except BaseException:
                os.rename(aside, path)
                raise
            shutil.rmtree(aside)
        if sync:
            to_disk(os.path.dirname(path))


@contextlib.contextmanager
def replacing_files(path: str, sync: bool = False) -> Iterator[str]:
    """The same for a file and those of a writer's own naming that it puts beside it, or in folders.

    Each is replaced at once, the file itself last. It has its own name where it is written.
    """
    path = os.path.realpath(path)
    parent, name = os.path.split(path)
    with _beside(path, folder=True) as temporary:
        yield os.path.join(temporary, name)
        if sync:
            all_to_disk(temporary)
        last = os.path.join(temporary, name)
        for folder, inner, files in os.walk(temporary):
            place = os.path.normpath(os.path.join(parent, os.path.relpath(folder, temporary)))
            for each in inner:
                os.makedirs(os.path.join(place, each), exist_ok=True)
            for each in files:
                if os.path.join(folder, each) != last:
                    os.replace(os.path.join(folder, each), os.path.join(place, each))
            if sync:
                to_disk(place)
        if os.path.exists(last):
            os.replace(last, path)
        if sync:
            to_disk(parent)


def to_disk(path: str) -> None:
    """Wait until a file, or a folder's list of names, is on the disk, where the system can."""
    folder = os.path.isdir(path)
    try:
        fd = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    except OSError:
        if folder:  # Windows opens none
            return
        raise
    try:
        os.fsync(fd)
    except OSError:
        if not folder:  # some network file systems refuse it for folders
            raise
    finally:
        os.close(fd)


def all_to_disk(folder: str) -> None:
    """The same for all that is in a folder."""
    for inner, _, files in os.walk(folder, topdown=False):
        for name in files:
            to_disk(os.path.join(inner, name))
        to_disk(inner)


def is_being_written(path: str) -> bool:
    """Whether a process holds a temporary file or folder for this place."""
    for left in _left_beside(os.path.realpath(path)):
        lock = _locked(left)
        if lock is None:
            return True
        if lock >= 0:
            os.close(lock)
    return False


def _name_beside(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name[:64]}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


@contextlib.contextmanager
def _beside(path: str, folder: bool) -> Iterator[str]:
    """A temporary file or folder, locked; nothing is left of it afterwards."""
    there = os.path.lexists(path)
    if there:  # else one of those that were left may be all there is
        _remove_left(path)
    while True:
        temporary = _name_beside(path)
        with errors.writing(path, temporary):
            if folder:
                os.mkdir(temporary)
            else:  # Exclusive creation: nobody else's file or link is written through.
                os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        lock = _locked(temporary)
        if lock is not None:
            break  # else another process took it for one that was left, just now
    try:
        with errors.writing(path, temporary):
            yield temporary
    finally:
        _remove(temporary)  # the older folder, if they changed places
        if lock >= 0:
            os.close(lock)
    if not there:
        _remove_left(path)


def _locked(path: str) -> int | None:
    """A descriptor with the lock on a path; None if another holds it, -1 without locks."""
    try:
        import fcntl
    except ImportError:
        return -1
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(fd), os.lstat(path)):
            return fd
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:  # a file system without locks
        os.close(fd)
        return -1
    os.close(fd)
    return None


def _left_beside(path: str) -> list[str]:
    parent, name = os.path.split(path)
    start = f".{name[:64]}."
    with contextlib.suppress(OSError):
        return [
            os.path.join(parent, found)
            for found in os.listdir(parent)
            if found.startswith(start) and _LEFT.fullmatch(found, len(start))
        ]
    return []


def _remove_left(path: str) -> None:
    """Remove what processes that are no more have left for this place."""
    for left in _left_beside(path):
        lock = _locked(left)
        if lock is not None and lock >= 0:
            _remove(left)
            os.close(lock)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _exchange(one: str, other: str) -> bool:
    """Let two paths change places in one step; False where that cannot be done."""
    names = {"linux": ("renameat2", 2), "darwin": ("renameatx_np", 2)}
    if sys.platform not in names:
        return False
    import ctypes

    function, swap = names[sys.platform]
    here = -100 if sys.platform == "linux" else -2  # AT_FDCWD
    try:
        call = getattr(ctypes.CDLL(None), function)
    except (AttributeError, OSError):
        return False
    return call(here, os.fsencode(one), here, os.fsencode(other), swap) == 0
