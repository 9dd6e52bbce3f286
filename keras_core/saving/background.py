"""Saves whose files are written by a thread, from a copy of the state taken at once.

Only one is written at a time: another save, or a load, waits for it. So the memory for copies is
bounded by one model's, and files appear in the order in which they were asked for.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.backends.variable import BaseVariable
from keras_core.saving.state import save_state

_log = logging.getLogger("keras_core")
_lock = threading.Lock()
_running: PendingSave | None = None


class PendingSave:
    """A save that goes on in the background: what `model.save(path, background=True)` returns.

    The interpreter does not exit before it is done. If it fails, the older file stays as it was,
    the error is logged, and `result` raises it.

    Attributes:
        path: the file or folder that is written.

    Example:

    >>> import os, tempfile
    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
    >>> pending = model.save(path, background=True)
    >>> pending.result()
    >>> os.path.exists(path)
    True
    """

    def __init__(self, path: str, write: Callable[[], None]) -> None:
        self.path = path
        self._write: Callable[[], None] | None = write
        self._error: BaseException | None = None
        self._finished = threading.Event()

    def done(self) -> bool:
        """Whether the save has ended, well or not."""
        return self._finished.is_set()

    def result(self, timeout: float | None = None) -> None:
        """Wait until the file is whole and in its place.

        Args:
            timeout: in seconds; None waits for as long as it takes.

        Raises:
            TimeoutError: if the save still goes on after `timeout`.
            Exception: what the save failed with.
        """
        if not self._finished.wait(timeout):
            raise TimeoutError(f"{self.path} is still being written after {timeout} s.")
        if self._error is not None:
            raise self._error

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait as `result` does, and return what the save failed with; None if it went well.

        Args:
            timeout: in seconds; None waits for as long as it takes.
        """
        if not self._finished.wait(timeout):
            raise TimeoutError(f"{self.path} is still being written after {timeout} s.")
        return self._error

    def __repr__(self) -> str:
        state = "failed" if self._error else "done" if self.done() else "running"
        return f"<PendingSave {self.path!r}: {state}>"

    def _run(self) -> None:
        global _running
        try:
            assert self._write is not None
            self._write()
        except BaseException as error:
            self._error = error
            _log.error("Saving %s in the background failed: %s", self.path, error)
        finally:
            self._write = None  # and with it the copies
            with _lock:
                if _running is self:
                    _running = None
            self._finished.set()


def start(path: str, write: Callable[[], None]) -> PendingSave:
    """Have a thread call `write`, which needs nothing of the model any more."""
    global _running
    pending = PendingSave(path, write)
    while True:
        settle()
        with _lock:
            if _running is None:
                _running = pending
                break
    # No daemon: the interpreter waits for it at exit.
    thread = threading.Thread(target=pending._run, name="keras-save", daemon=False)
    try:
        thread.start()
    except RuntimeError:  # the interpreter is exiting and starts no more threads
        pending._run()
    return pending


def settle() -> None:
    """Wait until nothing is being written in the background."""
    with _lock:
        pending = _running
    if pending is not None:
        pending._finished.wait()


class Copies(dict):
    """An object's store that keeps copies on the host."""

    def __init__(self) -> None:
        super().__init__()
        self.attrs: dict[str, Any] = {}

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, host_copy(value))


def host_copy(value: Any) -> np.ndarray:
    """A variable's, tensor's or array's values in memory of their own."""
    if isinstance(value, BaseVariable):
        return value.numpy()
    arrays = backend.arrays
    return np.array(arrays.convert_to_numpy(value) if arrays.is_tensor(value) else value)


class Snapshot:
    """A copy of all state that goes into a file, with the call of `save_state` to write it later.

    Args:
        root: a layer, model or optimizer.
        assets: whether to take what objects keep in files of their own.
        skip: objects inside that are left out.
    """

    def __init__(self, root: Any, assets: bool = False, skip: Sequence[Any] = ()) -> None:
        self._entries: list[tuple[str, str | None, Copies]] = []
        self._assets = tempfile.TemporaryDirectory(prefix="keras-save-") if assets else None
        save_state(root, self, None if self._assets is None else self._assets.name, skip)

    def entry(self, path: str, name: str | None) -> Copies:
        """The store for the object at a path."""
        store = Copies()
        self._entries.append((path, name, store))
        return store

    def __call__(self, writer: Any, assets: str | None = None) -> None:
        """Write it, once: what has been written is let go."""
        self._entries.reverse()
        while self._entries:
            path, name, store = self._entries.pop()
            entry = writer.entry(path, name)
            for key in list(store):
                entry[key] = store.pop(key)
            if store.attrs:
                entry.attrs.update(store.attrs)
        if self._assets is not None:
            if assets is not None:
                shutil.copytree(self._assets.name, assets, dirs_exist_ok=True)
            self._assets.cleanup()
