"""Callbacks that report: to functions, to a CSV file, to a server."""

from __future__ import annotations

import csv
import json
import os
import warnings
from collections.abc import Callable, Iterable
from typing import Any, TextIO

import numpy as np

from keras_core.callbacks.callback import Callback
from keras_core.core.errors import missing_package, path_of, writing


class LambdaCallback(Callback):
    """Call functions at the hooks.

    Args:
        on_epoch_begin: called with `(epoch, logs)`.
        on_epoch_end: called with `(epoch, logs)`.
        on_train_begin: called with `(logs)`.
        on_train_end: called with `(logs)`.
        on_train_batch_begin: called with `(batch, logs)`.
        on_train_batch_end: called with `(batch, logs)`.
        **kwargs: functions for the other hooks; other names become attributes.

    Example:

    >>> import keras_core as keras
    >>> show = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch))
    >>> show.on_epoch_end(3, {})
    3
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        } | kwargs
        for name, function in given.items():
            if function is not None:
                setattr(self, name, function)


class CSVLogger(Callback):
    """Write every epoch's results as a line of a CSV file.

    Training that `BackupAndRestore` resumes goes on in the file where the backup was made: what
    was written after it is written again.

    Args:
        filename: the file.
        separator: between values.
        append: whether to go on with a file that exists instead of replacing it.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.CSVLogger("log.csv")
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = path_of(filename, "CSVLogger", "filename")
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._file: TextIO | None = None
        self._writer: Any = None
        self._begin: int | None = None  # where the first row comes, which replaces the rest

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._close()
        self._file = open(  # noqa: SIM115 - closed when training ends
            self.filename, "a", newline="", encoding="utf-8"
        )
        self._writer = csv.writer(self._file, delimiter=self.sep)
        self._go_on_at(self._size() if self.append else 0)

    def _go_on_at(self, begin: int) -> None:
        """Let the next row come there; the columns are those of the file."""
        self._begin, self.keys = begin, None
        if begin:
            with open(self.filename, newline="", encoding="utf-8") as file:
                self.keys = next(csv.reader(file, delimiter=self.sep), [""])[1:] or None

    def _size(self) -> int:
        assert self._file is not None
        return os.fstat(self._file.fileno()).st_size

    def get_state(self) -> dict[str, Any] | None:
        if self._file is None:
            return None
        return {"size": self._size() if self._begin is None else self._begin}

    def set_state(self, state: dict[str, Any]) -> None:
        if self._file is not None:  # the file may be another one by now
            self._go_on_at(min(state["size"], self._size()))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._file is None:
            raise ValueError("CSVLogger: on_train_begin must be called before on_epoch_end.")
        with writing(self.filename):
            self._write(epoch, logs or {})

    def _write(self, epoch: int, logs: dict[str, Any]) -> None:
        assert self._file is not None
        self._replace()
        if self.keys is None:
            self.keys = sorted(logs)
            # Validation may come later: with validation_freq, or in a run that appends.
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
            self._writer.writerow(["epoch", *self.keys])
        self._writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        self._file.flush()

    def _replace(self) -> None:
        """Drop what the first row of this run comes in place of."""
        if self._file is not None and self._begin is not None:
            self._file.truncate(self._begin)
            self._begin = None

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._replace()
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            file, self._file, self._writer = self._file, None, None
            with writing(self.filename):
                file.close()

    close = _close


def _cell(value: Any) -> Any:
    if isinstance(value, str) or np.ndim(value) == 0:
        return value
    if isinstance(value, Iterable):
        return f'"[{", ".join(map(str, value))}]"'
    return value


class RemoteMonitor(Callback):
    """Send every epoch's results to a server by HTTP POST; needs the package requests.

    Args:
        root: the server's address.
        path: the path to which the results are sent.
        field: the form field that holds them, as JSON, unless they are sent as JSON.
        headers: more HTTP headers.
        send_as_json: whether the request's body is JSON.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.RemoteMonitor("http://localhost:9000")
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        self.root, self.path, self.headers = root, path, headers
        self.field, self.send_as_json = field, send_as_json

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        try:
            import requests
        except ImportError:
            raise missing_package("requests", "RemoteMonitor") from None
        send: dict[str, Any] = {"epoch": epoch}
        for name, value in (logs or {}).items():
            send[name] = value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value
        body: dict[str, Any] = (
            {"json": send} if self.send_as_json else {"data": {self.field: json.dumps(send)}}
        )
        try:
            requests.post(self.root + self.path, headers=self.headers, timeout=10, **body)
        except requests.exceptions.RequestException as error:
            warnings.warn(
                f"RemoteMonitor: the results could not be sent to {self.root}: {error}",
                stacklevel=2,
            )
