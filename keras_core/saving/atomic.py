"""Files that are either the old one or the new one, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator


def _beside(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name[:64]}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
    """Give the path of a temporary file beside `path`; it takes its place if all went well.

    A symbolic link stays one: the file it leads to is replaced, with its permissions kept.
    """
    path = os.path.realpath(path)
    temporary = _beside(path)
    # Exclusive creation: nobody else's file or link is written through.
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield temporary
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def replacing_folder(path: str) -> Iterator[str]:
    """The same for a folder.

    Where the system can, old and new one change places in one step; elsewhere the old one is
    moved aside first, and for that moment neither is at its place.
    """
    path = os.path.realpath(path)
    temporary = _beside(path)
    os.mkdir(temporary)
    try:
        yield temporary
        if not os.path.isdir(path):
            os.rename(temporary, path)
        elif _exchange(temporary, path):
            shutil.rmtree(temporary)
        else:
            aside = _beside(path)
            os.rename(path, aside)
            try:
                os.rename(temporary, path)
            except BaseException:
                os.rename(aside, path)
                raise
            shutil.rmtree(aside)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


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
