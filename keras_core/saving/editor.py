"""KerasFileEditor: look into a file of weights, change what lies where, and write it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_core.core.errors import InvalidFileError, UnsafeFileError, path_of, refuse_pipe
from keras_core.saving import archive, atomic, zipio
from keras_core.saving.hdf5 import H5Reader, H5Writer
from keras_core.saving.paths import walk

Weights = dict[str, np.ndarray]
_SLACK = 1 << 28


class KerasFileEditor:
    """The weights of a `.keras` or `.weights.h5` file, as a dict to edit.

    Objects are named by their path ("layers/dense"), or by its end where that is unique
    ("dense"). The file itself does not change; `save` writes another one.

    Args:
        filepath: a `.keras` or `.weights.h5` file.

    Raises:
        InvalidFileError: if it is broken or of another format; a ValueError.

    Attributes:
        weights: by object path, a dict from the weights' names to arrays.
        config: the model's configuration; None for weights alone.

    Example:

    >>> import os, tempfile
    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
    >>> model.save_weights(path)
    >>> editor = keras.saving.KerasFileEditor(path)
    >>> editor.rename_object("dense", new_name="head")
    >>> sorted(editor.weights)
    ['layers/head']
    """

    def __init__(self, filepath: Any) -> None:
        self.filepath = path_of(filepath, "KerasFileEditor", "filepath")
        refuse_pipe(self.filepath)
        self.config: Any = None
        self.metadata: Any = None
        reader: H5Reader | None = None
        archived: zipio.ZipReader | None = None
        try:
            if self.filepath.endswith(".keras"):
                archived = zipio.ZipReader(self.filepath)
                self.config = archive.loads(
                    archived.read(archive.CONFIG, archive.MAX_JSON), f"{self.filepath}: config"
                )
                if archive.METADATA in archived:
                    self.metadata = archive.loads(
                        archived.read(archive.METADATA, archive.MAX_JSON),
                        f"{self.filepath}: metadata",
                    )
                if archive.WEIGHTS not in archived:
                    raise InvalidFileError(f"{self.filepath} has no member {archive.WEIGHTS!r}.")
                window = archived.window(archive.WEIGHTS)
                if window is None:
                    raise InvalidFileError(
                        f"{self.filepath}: the weights are compressed; load the model and save it."
                    )
                reader = H5Reader(window, self.filepath)
            elif self.filepath.endswith(".weights.h5"):
                reader = H5Reader(self.filepath, self.filepath)
            else:
                raise InvalidFileError(
                    "KerasFileEditor: filepath must end with '.keras' or '.weights.h5'. "
                    f"Received: filepath={self.filepath!r}"
                )
            self.weights = _everything(reader, self.filepath)
        finally:
            for opened in (reader, archived):
                if opened is not None:
                    opened.close()

    # Looking -----------------------------------------------------------------------------

    def summary(self) -> None:
        """Print the objects with the names, shapes and dtypes of their weights."""
        _print(f"Weights of {self.filepath}")
        for path, weights in self.weights.items():
            _print(path or "(the model itself)")
            for name, value in weights.items():
                _print(f"    {name}: shape {value.shape}, {value.dtype.name}")

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Compare with a model: which objects and shapes differ, printed and returned.

        Args:
            reference_model: a built model or layer.

        Returns:
            A dict with "status" ("success" or "error"), "error_count", "match_count" (of
            weights), and lists of paths under "missing_in_file", "missing_in_model" and
            "differing".
        """
        expected: dict[str, Weights] = {}
        for path, obj in walk(reference_model):
            kept: dict[str, Any] = {}
            obj.save_own_variables(kept)
            if kept:
                expected[path] = kept
        own = {path for path in self.weights if path.partition("/")[0] != "optimizer"}
        want = {path for path in expected if path.partition("/")[0] != "optimizer"}
        differing, matches = [], 0
        for path in sorted(own & want):
            here = {name: tuple(np.shape(v)) for name, v in self.weights[path].items()}
            there = {name: tuple(np.shape(v)) for name, v in expected[path].items()}
            matches += sum(here[name] == there.get(name) for name in here)
            if here != there:
                differing.append(path)
                _print(f"{path or '(the model itself)'}: the file holds {here}, the model {there}")
        missing, extra = sorted(want - own), sorted(own - want)
        for path in missing:
            _print(f"{path or '(the model itself)'}: only in the model")
        for path in extra:
            _print(f"{path or '(the model itself)'}: only in the file")
        count = len(differing) + len(missing) + len(extra)
        _print("The file fits the model." if not count else f"{count} difference(s).")
        return {
            "status": "error" if count else "success",
            "error_count": count,
            "match_count": matches,
            "missing_in_file": missing,
            "missing_in_model": extra,
            "differing": differing,
        }

    # Editing -----------------------------------------------------------------------------

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Rename an object; what lies inside of it moves along.

        Args:
            object_name: its path, or the end of it.
            new_name: the last part of its new path, or with "/" the whole new path.
        """
        old = self._find_prefix(object_name)
        new = new_name.strip("/") if "/" in new_name else "/".join([*old.split("/")[:-1], new_name])
        _check_path(new, "new_name")
        if new != old and any(_inside(path, new) for path in self.weights):
            raise ValueError(f"rename_object: there is an object {new!r} already.")
        self.weights = {
            new + path[len(old) :] if _inside(path, old) else path: weights
            for path, weights in self.weights.items()
        }

    def delete_object(self, object_name: str) -> None:
        """Delete an object and what lies inside of it."""
        old = self._find_prefix(object_name)
        self.weights = {p: weights for p, weights in self.weights.items() if not _inside(p, old)}

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Add an object with its weights by name.

        Raises:
            ValueError: if there is one at that path.
        """
        path = object_path.strip("/")
        _check_path(path, "object_path")
        if path in self.weights:
            raise ValueError(f"add_object: there is an object {path!r} already.")
        self.weights[path] = {str(name): np.asarray(v) for name, v in weights.items()}

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Add weights to an object, or replace those of the same names."""
        self.weights[self._find(object_name)].update(
            {str(name): np.asarray(value) for name, value in weights.items()}
        )

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Delete one weight of an object."""
        weights = self.weights[self._find(object_name)]
        if weight_name not in weights:
            raise ValueError(
                f"delete_weight: {object_name!r} has no weight {weight_name!r}. It has "
                f"{', '.join(weights)}."
            )
        del weights[weight_name]

    # Writing -----------------------------------------------------------------------------

    def save(self, filepath: Any) -> None:
        """Write the weights as they are now into a `.weights.h5` file.

        Raises:
            ValueError: if the name ends otherwise.
        """
        path = path_of(filepath, "KerasFileEditor", "filepath")
        if not path.endswith(".weights.h5"):
            raise ValueError(
                f"save: filepath must end with '.weights.h5'. Received: filepath={path!r}"
            )
        with atomic.replacing(path, sync=True) as temporary:
            writer = H5Writer(temporary)
            try:
                for name, weights in self.weights.items():
                    writer.entry(name, None).update(weights)
            finally:
                writer.close()

    resave_weights = save

    # Finding -----------------------------------------------------------------------------

    def _find(self, name: str) -> str:
        wanted = name.strip("/")
        if wanted in self.weights:
            return wanted
        return self._only(name, [p for p in self.weights if p.endswith(f"/{wanted}")])

    def _find_prefix(self, name: str) -> str:
        """The path of an object, which may hold nothing itself but objects inside."""
        wanted = name.strip("/")
        prefixes = {prefix for path in self.weights for prefix in _prefixes(path)}
        if wanted in prefixes:
            return wanted
        return self._only(name, sorted(p for p in prefixes if p.endswith(f"/{wanted}")))

    def _only(self, name: str, found: list[str]) -> str:
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(f"{name!r} may be any of {', '.join(found)}. Give the whole path.")
        raise ValueError(f"There is no object {name!r}. There are: {', '.join(self.weights)}.")


def _everything(reader: H5Reader, what: str) -> dict[str, Weights]:
    out: dict[str, Weights] = {}
    limit = 4 * reader.size + _SLACK  # compressed values may not unpack to any size
    for path in sorted(reader.paths()):
        entry = reader.entry(path)
        assert entry is not None
        out[path] = {}
        for name in entry.leaves():
            limit -= entry.nbytes(name)
            if limit < 0:
                raise UnsafeFileError(
                    f"{what} would unpack {reader.size} bytes to a multiple of that."
                )
            # The reader uses its memory again; these arrays are kept.
            out[path][name] = np.array(entry[name])
    return out


def _prefixes(path: str) -> Iterator[str]:
    parts = path.split("/")
    for i in range(1, len(parts) + 1):
        yield "/".join(parts[:i])


def _inside(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def _check_path(path: str, argument: str) -> None:
    if not path or any(part in ("", ".", "..", "vars") for part in path.split("/")):
        raise ValueError(
            f"{argument} must be a path of names other than 'vars'. Received: {path!r}"
        )


def _print(line: str) -> None:
    # A stranger's names must not command the terminal.
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
    print(line)  # noqa: T201 - what these methods are for
