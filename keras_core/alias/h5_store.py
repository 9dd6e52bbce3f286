"""H5IOStore: values by path in an HDF5 file of weights, one at a time."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np

from keras_core.saving.hdf5 import H5Reader, H5Writer


class H5IOStore(MutableMapping):
    """A file of weights, in which every object has a mapping of names to arrays.

    `make(path)` begins an object's part and `get(path)` finds it; both give the store itself,
    which then is that part's mapping.

    Args:
        path_or_io: a path, or a file object to read from or write to.
        archive: a `zipfile.ZipFile` that has, or gets, the file under the name `path_or_io`.
        mode: "r" or "w".

    Raises:
        ValueError: for another mode.
    """

    def __init__(
        self, path_or_io: Any, archive: zipfile.ZipFile | None = None, mode: str = "r"
    ) -> None:
        if mode not in ("r", "w"):
            raise ValueError(f"H5IOStore: mode must be 'r' or 'w'. Received: mode={mode!r}")
        self.path_or_io, self.archive, self.mode = path_or_io, archive, mode
        self._temporary: str | None = None
        self._entry: Any = {}
        path = path_or_io
        if archive is not None or isinstance(path_or_io, io.IOBase):
            handle, path = tempfile.mkstemp(suffix=".h5")
            os.close(handle)
            self._temporary = path
            if mode == "r":
                self._copy_in(path)
        self._file: Any = H5Writer(path) if mode == "w" else H5Reader(os.fspath(path), str(path))

    def _copy_in(self, path: str) -> None:
        with open(path, "wb") as target:
            if self.archive is None:
                shutil.copyfileobj(self.path_or_io, target)
            else:
                with self.archive.open(str(self.path_or_io)) as source:
                    shutil.copyfileobj(source, target)

    def make(self, path: str, metadata: dict[str, Any] | None = None) -> H5IOStore:
        """Begin the part of the object at `path`; `metadata` becomes its attributes."""
        self._entry = self._file.entry(path, None)
        for key, value in (metadata or {}).items():
            self._entry.attrs[key] = value
        return self

    def get(self, path: str, default: Any = None) -> Any:
        """The part of the object at `path`; an empty one if the file has none."""
        self._entry = self._file.entry(path) or {}
        return self

    def has_path(self, path: str) -> bool:
        """Whether the file has a part for the object at `path`."""
        return self._file.entry(path) is not None

    def __getitem__(self, key: str) -> np.ndarray:
        return self._entry[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._entry[key] = value

    def __delitem__(self, key: str) -> None:
        del self._entry[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entry)

    def __len__(self) -> int:
        return len(self._entry)

    def __bool__(self) -> bool:
        return True

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
        if self._temporary is None:
            return
        if self.mode == "w":
            if self.archive is not None:
                self.archive.write(self._temporary, str(self.path_or_io))
            else:
                with open(self._temporary, "rb") as source:
                    shutil.copyfileobj(source, self.path_or_io)
        os.remove(self._temporary)
        self._temporary = None
