"""What a training writes on a full disk: the error says which file, and older ones stay whole."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as keras

resource = pytest.importorskip("resource")
BACKEND = keras.backend.backend()
X = np.zeros((8, 40), "float32")


@contextlib.contextmanager
def full(limit: int = 0) -> Iterator[None]:
    """No file may grow beyond so many bytes, which fails as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def refused(path: Path | str) -> Any:
    """The error that names a file; its folder may be all that is known of it."""
    text = f"{os.strerror(errno.EFBIG)}: '{re.escape(str(path))}"
    return pytest.raises(OSError, match=text)


def model() -> Any:
    made = keras.Sequential([keras.Input((40,)), keras.layers.Dense(200)])
    if BACKEND != "numpy":
        made.compile("sgd", "mse", jit_compile=False)
    return made


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy does not train")
@pytest.mark.parametrize("kind", ["csv", "events", "backup"])
def test_callbacks(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    make = {
        "csv": lambda: keras.callbacks.CSVLogger(path),
        "events": lambda: keras.callbacks.TensorBoard(path, write_graph=False),
        "backup": lambda: keras.callbacks.BackupAndRestore(path),
    }[kind]
    trained, y = model(), np.zeros((8, 200), "float32")
    with full(), refused(path):
        trained.fit(X, y, verbose=0, callbacks=[make()])
    trained.fit(X, y, verbose=0, callbacks=[make()])  # once there is room again


def test_predictions_into_a_file(tmp_path: Path) -> None:
    path, made = tmp_path / "out.npy", model()
    made.predict(X, verbose=0, out=str(path))
    older = path.read_bytes()
    for limit in (0, 300):  # when the rest is flushed, and when rows are written
        with full(limit), refused(path):
            made.predict(np.ones((8, 40), "float32"), batch_size=2, verbose=0, out=str(path))
        assert os.listdir(tmp_path) == ["out.npy"] and path.read_bytes() == older


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy does not train")
@pytest.mark.parametrize("limit", [0, 3000, 20_000])
@pytest.mark.parametrize("form", ["m.keras", "m.weights.h5"])
def test_checkpoints(tmp_path: Path, form: str, limit: int) -> None:
    path, trained, y = tmp_path / form, model(), np.zeros((8, 200), "float32")
    callback = keras.callbacks.ModelCheckpoint(path, save_weights_only="weights" in form)
    trained.fit(X, y, verbose=0, callbacks=[callback])
    older = path.read_bytes()
    with full(limit), refused(path):
        trained.fit(X, y, verbose=0, callbacks=[callback])
    assert os.listdir(tmp_path) == [form] and path.read_bytes() == older


@pytest.mark.parametrize("limit", [0, 3000, 20_000])
@pytest.mark.parametrize("kind", ["editor", "download"])
def test_files_of_no_training(tmp_path: Path, kind: str, limit: int) -> None:
    source, path = tmp_path / "source.weights.h5", tmp_path / "kept" / "m.weights.h5"
    model().save_weights(source)

    def write() -> None:
        if kind == "editor":
            keras.saving.KerasFileEditor(source).save(path)
        else:
            keras.utils.get_file(
                path.name,
                source.as_uri(),
                cache_dir=tmp_path,
                cache_subdir="kept",
                force_download=True,
            )

    path.parent.mkdir()
    write()
    older = path.read_bytes()
    with full(limit), refused(path):
        write()
    assert os.listdir(path.parent) == [path.name] and path.read_bytes() == older
