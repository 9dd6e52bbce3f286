"""The `.keras` file: configuration, weights and assets in one zip file or folder."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import gc
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from keras_core.backends.select import backend
from keras_core.core import registry, scopes
from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.saving import atomic, background, keras2, keras2_training, zipio
from keras_core.saving.hdf5 import H5Reader, H5Writer
from keras_core.saving.state import PendingValues, load_state, save_state

FORMAT_VERSION = "3.15.1"  # of Keras, whose files these are
METADATA, CONFIG, WEIGHTS, ASSETS = "metadata.json", "config.json", "model.weights.h5", "assets"
MAX_JSON = 1 << 26
MAX_VALUES = 1 << 22  # in JSON, where three bytes can make an object of a hundred
_LARGE = 1 << 25
_SLACK = 1 << 28  # bytes of variables beyond what the file's size accounts for


def prepare(model: Any, path: str, zipped: bool, copied: bool = False) -> Callable[[], None]:
    """What writes the file: the state of later on, or with `copied` that of this moment."""
    config = dumps(registry.serialize_keras_object(model), f"{type(model).__name__} {model.name!r}")
    now = dt.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = json.dumps({"keras_version": FORMAT_VERSION, "date_saved": now}).encode()
    if not zipped and os.path.isdir(path) and CONFIG not in (found := os.listdir(path)) and found:
        raise ValueError(
            f"save_model: filepath must be a new folder or one that holds a saved model, which is "
            f"replaced. Received: filepath={path!r}, which holds other files"
        )
    state = background.Snapshot(model, True) if copied else functools.partial(save_state, model)
    return functools.partial(_write, path, zipped, metadata, config, state)


def _write(
    path: str, zipped: bool, metadata: bytes, config: bytes, write_state: Callable[..., None]
) -> None:
    if zipped:
        with (
            atomic.replacing(path, sync=True) as temporary,
            tempfile.TemporaryDirectory() as assets,
        ):
            writer = zipio.ZipWriter(temporary)
            try:
                writer.add(METADATA, metadata)
                writer.add(CONFIG, config)
                with writer.member(WEIGHTS) as window:
                    _write_weights(write_state, window, assets)
                zipio.copy_tree(assets, writer, ASSETS)
                writer.close()
            finally:
                writer.abandon()
        return
    with atomic.replacing_folder(path, sync=True) as temporary:
        for name, data in ((METADATA, metadata), (CONFIG, config)):
            with open(os.path.join(temporary, name), "wb") as file:
                file.write(data)
        assets = os.path.join(temporary, ASSETS)
        os.mkdir(assets)
        _write_weights(write_state, os.path.join(temporary, WEIGHTS), assets)
        _drop_empty(assets)


def _write_weights(write_state: Callable[..., None], target: Any, assets: str) -> None:
    writer = H5Writer(target)
    try:
        write_state(writer, assets)
    finally:
        writer.close()


def _drop_empty(folder: str) -> None:
    for inner, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(inner)


def dumps(config: Any, owner: str) -> bytes:
    """JSON of a config, with an error that says where a value is that JSON cannot hold."""
    try:
        return json.dumps(config).encode("utf-8")
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{owner} cannot be saved: its config holds a value that JSON cannot: {error}. "
            "get_config() must return plain values or objects that can be serialized."
        ) from error


def loads(data: bytes | str, what: str) -> Any:
    """Parsed JSON of a stranger.

    Raises:
        InvalidFileError: if it is none, or nested too deeply.
        UnsafeFileError: if it is larger than any configuration.
    """
    if len(data) > MAX_JSON:
        raise UnsafeFileError(f"{what} has {len(data)} bytes of JSON, over {MAX_JSON}.")
    signs = ("[", "{", ",") if isinstance(data, str) else (b"[", b"{", b",")
    values = sum(data.count(sign) for sign in signs)  # type: ignore[arg-type]
    if values > MAX_VALUES:
        raise UnsafeFileError(f"{what} has {values} values of JSON, over {MAX_VALUES}.")
    try:
        return json.loads(data, object_pairs_hook=_only_once)
    except (ValueError, RecursionError) as error:
        raise InvalidFileError(f"{what} is not valid JSON: {error}") from error


def _only_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON: one that says something twice may mean another thing to each reader."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def load(path: str, custom_objects: dict[str, Any] | None, compile: bool, safe_mode: bool) -> Any:
    """Read a model; see `api.load_model`."""
    with contextlib.ExitStack() as stack:
        if os.path.isdir(path):
            metadata, config, weights, assets = _open_folder(path)
        else:
            reader = zipio.ZipReader(path)
            stack.callback(reader.close)
            metadata, config, weights, assets = _open_zip(reader, stack)
        found = loads(config, f"{path}: {CONFIG}")
        about = loads(metadata, f"{path}: {METADATA}") if metadata else {}
        old = isinstance(about, dict) and keras2.is_old(about.get("keras_version"))
        if old:
            found = _of_keras2(found, path, custom_objects)
        file = H5Reader(weights, f"{path}: {WEIGHTS}")
        stack.callback(file.close)
        if file.size > _LARGE and backend.has("graph"):
            gc.collect()  # an earlier model's variables may be held by its graphs, which are cycles
        pending = PendingValues(4 * file.size + _SLACK)
        model = build(found, path, custom_objects, compile, safe_mode, pending)
        store = keras2_training.OldReader(file, model, pending) if old else file
        with building(path):
            load_state(model, store, path, assets, pending=pending)
        return model


def _of_keras2(config: Any, path: str, custom_objects: dict[str, Any] | None) -> Any:
    """A first-generation file's configuration in today's form."""
    with building(path):
        modern, report = keras2.modern_form(config, custom_objects)
        keras2.tell(path, report)
        if config.get("compile_config"):
            modern["compile_config"] = keras2_training.modern_training(
                config["compile_config"], keras2_training.output_names(config)
            )
        return modern


def load_weights(model: Any, path: str, skip_mismatch: bool) -> None:
    """Set a model's weights from those of another model's file."""
    with contextlib.ExitStack() as stack:
        reader = zipio.ZipReader(path)
        stack.callback(reader.close)
        _, _, weights, assets = _open_zip(reader, stack)
        store = H5Reader(weights, f"{path}: {WEIGHTS}")
        stack.callback(store.close)
        load_state(model, keras2_training.OldReader(store, model), path, assets, skip_mismatch)


def build(
    config: Any,
    what: str,
    custom_objects: dict[str, Any] | None,
    compile: bool,
    safe_mode: bool,
    pending: PendingValues | None,
) -> Any:
    """A model from its whole configuration, its variables waiting for values if `pending`."""
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise InvalidFileError(f"{what}: the configuration must describe one object.")
    if not compile:
        config = {key: value for key, value in config.items() if key != "compile_config"}
    outer = scopes.local.skip_initial_values
    scopes.local.skip_initial_values = pending
    try:
        with building(what):
            model = registry.deserialize_keras_object(config, custom_objects, safe_mode)
    finally:
        scopes.local.skip_initial_values = outer
    if not hasattr(model, "save_own_variables"):
        raise InvalidFileError(
            f"{what}: the configuration must describe a model or layer. It describes a "
            f"{type(model).__name__}."
        )
    return model


@contextlib.contextmanager
def building(what: str) -> Iterator[None]:
    """Turn whatever a malformed configuration leads to into one class of error."""
    try:
        yield
    except (InvalidFileError, UnsafeFileError, ImportError, MemoryError):
        raise
    except RecursionError as error:
        raise InvalidFileError(f"{what}: the configuration is nested too deeply.") from error
    except Exception as error:
        raise InvalidFileError(f"{what} could not be loaded: {error}") from error


def _open_zip(
    reader: zipio.ZipReader, stack: contextlib.ExitStack
) -> tuple[bytes, bytes, Any, str | None]:
    metadata = reader.read(METADATA, MAX_JSON) if METADATA in reader else b""
    config = reader.read(CONFIG, MAX_JSON)
    if WEIGHTS not in reader:
        if "model.weights.npz" in reader:
            raise UnsafeFileError(
                f"{reader.path} keeps its weights in pickled form (NPZ), which can run any code. "
                "Save it again with the default weights format."
            )
        raise InvalidFileError(f"{reader.path} has no member {WEIGHTS!r}.")
    weights: Any = reader.window(WEIGHTS)
    folder: str | None = None
    if weights is None or any(name.startswith(f"{ASSETS}/") for name in reader.members):
        folder = stack.enter_context(tempfile.TemporaryDirectory())
    if weights is None:
        assert folder is not None
        weights = os.path.join(folder, WEIGHTS)
        reader.extract(WEIGHTS, weights)
    assets = None
    if folder is not None:
        inner = os.path.join(folder, ASSETS)
        if reader.extract_under(f"{ASSETS}/", inner):
            assets = inner
    return metadata, config, weights, assets


def _open_folder(path: str) -> tuple[bytes, bytes, str, str | None]:
    weights = file_in(path, WEIGHTS)
    with open(file_in(path, CONFIG), "rb") as file:
        config = file.read(MAX_JSON + 1)
    metadata = b""
    if os.path.lexists(os.path.join(path, METADATA)):
        with open(file_in(path, METADATA), "rb") as file:
            metadata = file.read(MAX_JSON + 1)
    assets = os.path.join(path, ASSETS)
    if not os.path.lexists(assets):
        return metadata, config, weights, None
    _check_folder(assets)
    for folder, folders, files in os.walk(assets):
        for name in folders:
            _check_folder(os.path.join(folder, name))
        for name in files:
            file_in(folder, name)
    return metadata, config, weights, assets


def file_in(folder: str, name: str) -> str:
    """The path of a file that must be in a folder itself.

    Raises:
        InvalidFileError: if there is none.
        UnsafeFileError: if it is a link, a folder or a special file.
    """
    path = os.path.join(folder, name)
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InvalidFileError(f"{folder} has no file {name!r}.") from error
    if not stat.S_ISREG(mode):
        raise UnsafeFileError(f"{path} is a link, a folder or a special file.")
    return path


def _check_folder(path: str) -> None:
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        raise UnsafeFileError(f"{path} must be a folder, and is a link or a file.")
