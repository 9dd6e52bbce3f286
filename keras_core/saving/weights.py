"""Weights alone, in the formats that hold them."""

from __future__ import annotations

import contextlib
import functools
import os
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.saving import archive, atomic, background, keras2_training
from keras_core.saving.hdf5 import H5Reader, H5Writer, is_hdf5
from keras_core.saving.state import load_state, save_state
from keras_core.saving.zipio import ZipSource


def prepare(
    model: Any,
    path: str,
    max_shard_size: float | None = None,
    copied: bool = False,
    skip: Sequence[Any] = (),
) -> Callable[[], None]:
    """What writes the weights: those of later on, or with `copied` those of this moment."""
    if not getattr(model, "built", True):
        raise ValueError(
            f"{type(model).__name__} {model.name!r} has no weights to save yet: call it on data, "
            "or build(input_shape), first."
        )
    if path.endswith(".safetensors"):
        from keras_core.saving import safetensors

        _no_skipping(skip, path)
        return safetensors.prepare(model, path, copied)
    state = (
        background.Snapshot(model, skip=skip)
        if copied
        else functools.partial(save_state, model, skip=skip)
    )
    if path.endswith(".weights.json"):
        return functools.partial(_write_shards, path, max_shard_size, state)
    return functools.partial(_write, path, state)


def _write_shards(path: str, max_shard_size: float | None, state: Callable[..., None]) -> None:
    from keras_core.saving import sharded

    sharded.write(path, sharded.DEFAULT_SIZE if max_shard_size is None else max_shard_size, state)


def _write(path: str, state: Callable[..., None]) -> None:
    with atomic.replacing(path, sync=True) as temporary:
        file = H5Writer(temporary)
        try:
            state(file)
        finally:
            file.close()


def load(
    model: Any,
    path: str,
    skip_mismatch: bool = False,
    by_name: bool = False,
    skip: Sequence[Any] = (),
) -> None:
    """Set weights; see `api.load_weights`."""
    if os.path.isdir(path):
        path = archive.file_in(path, archive.WEIGHTS)
    if path.endswith(".safetensors"):
        from keras_core.saving import safetensors

        _no_skipping(skip, path)
        safetensors.load(model, path, skip_mismatch)
        return
    if path.endswith(".json"):
        from keras_core.saving import sharded

        shards = sharded.ShardedReader(path)
        try:
            load_state(model, shards, path, skip_mismatch=skip_mismatch, skip=skip)
        finally:
            shards.close()
        return
    if is_hdf5(path):
        from keras_core.saving import legacy_h5

        if legacy_h5.is_legacy(path):
            _no_skipping(skip, path)
            legacy_h5.load_weights(model, path, skip_mismatch, by_name)
            return
        _no_names(by_name, path)
        reader = H5Reader(path, path)
        try:
            store = keras2_training.OldReader(
                reader, model
            )  # nothing in the file says who wrote it
            load_state(model, store, path, skip_mismatch=skip_mismatch, skip=skip)
        finally:
            reader.close()
        return
    if path.endswith(".keras"):
        _no_names(by_name, path)
        _no_skipping(skip, path)
        archive.load_weights(model, path, skip_mismatch)
        return
    if _is_pickled(path):
        raise UnsafeFileError(
            f"load_weights: {path} is pickled, as torch.save() writes it, and unpickling can run "
            "any code. Write it as safetensors, whose names may be those of a state_dict: "
            "safetensors.torch.save_file(torch.load(path, weights_only=True), 'w.safetensors')."
        )
    raise InvalidFileError(
        f"load_weights: {path} is no HDF5 file; filepath must be a '.weights.h5', "
        "'.weights.json', '.keras', '.safetensors' or older '.h5' file."
    )


def _is_pickled(path: str) -> bool:
    """Whether a file begins as a pickle, or is an archive with one as torch makes it."""
    with open(path, "rb") as file:
        start = file.read(2)
    if start == b"PK":
        with contextlib.suppress(OSError, zipfile.BadZipFile, ValueError):
            with ZipSource(path) as source, source.archive() as archive:
                return any(name.endswith("/data.pkl") for name in archive.namelist())
    return start[:1] == b"\x80"


def _no_names(by_name: bool, path: str) -> None:
    if by_name:
        raise ValueError(
            "load_weights: by_name=True is for the older '.h5' files, whose weights are found by "
            f"layer names; newer ones go by the model's structure. Received: filepath={path!r}"
        )


def _no_skipping(skip: Sequence[Any], path: str) -> None:
    if skip:
        raise ValueError(
            "objects_to_skip is for '.weights.h5' and '.weights.json' files. Received: "
            f"filepath={path!r}"
        )
