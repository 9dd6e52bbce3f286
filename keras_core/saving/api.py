"""Saving and loading models and weights; the file's name decides on the format."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras_core.core.custom_objects import check
from keras_core.core.errors import InvalidFileError, refuse_pipe
from keras_core.core.old_names import advice
from keras_core.core.tracebacks import trimmed

if TYPE_CHECKING:
    from keras_core.saving.background import PendingSave

_H5 = (".h5", ".hdf5")


@trimmed
def save_model(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    zipped: bool | None = None,
    *,
    background: bool = False,
    **kwargs: Any,
) -> PendingSave | None:
    """Write a model: configuration, weights, and the optimizer's state.

    The file is written beside its place and then moved there: a save that fails leaves an
    older file whole.

    Args:
        model: the model.
        filepath: ends with ".keras", or with ".h5" for the older format of Keras 2; or a file
            object that takes bytes, to which a `.keras` file is written.
        overwrite: whether an existing file is replaced; else the user is asked, where there is
            a terminal to ask on.
        zipped: False writes a folder with the content of the `.keras` file; `filepath` then
            has no extension.
        background: whether to return once the state has been copied, and have a thread write
            the file. Training can go on; the program does not exit before it is written.
        **kwargs: `include_optimizer` (".h5" only): whether the optimizer is written.

    Returns:
        With `background` a handle to wait for the end with; else None.

    Raises:
        ValueError: if the extension is another, or the file exists and must not be replaced.
        TypeError: if something in the model cannot be written.

    Example:

    >>> import os, tempfile
    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
    >>> keras.saving.save_model(model, path)
    >>> keras.saving.load_model(path).count_params()
    8
    """
    if hasattr(filepath, "write"):
        if background or zipped is False:
            given = f"background={background}" if background else "zipped=False"
            raise ValueError(
                "save_model: filepath must be a path, not a file object, to write in the "
                f"background or to write a folder. Received: {given}, filepath={filepath!r}"
            )
        with tempfile.TemporaryDirectory() as folder:
            inner = os.path.join(folder, "model.keras")
            save_model(model, inner, **kwargs)
            with open(inner, "rb") as source:
                shutil.copyfileobj(source, filepath)
        return None
    path = _path(filepath)
    include_optimizer = kwargs.pop("include_optimizer", True)
    save_format = kwargs.pop("save_format", None)
    if kwargs:
        raise ValueError(f"save_model: unknown arguments {sorted(kwargs)}")
    if save_format in ("h5", "hdf5") and not path.endswith(_H5):
        path += ".h5"
    elif save_format not in (None, "keras", "h5", "hdf5"):
        raise ValueError(
            "save_model: save_format must be 'keras' or 'h5'. For a SavedModel use model.export()."
            f" Received: save_format={save_format!r}"
        )
    if zipped is False and path.endswith((".keras", *_H5)):
        raise ValueError(
            "save_model: filepath must have no extension when zipped=False, since a folder is "
            f"written. Received: filepath={path!r}"
        )
    if zipped is not False and not path.endswith((".keras", *_H5)):
        raise ValueError(
            "save_model: filepath must end with '.keras' (or '.h5' for the older format). For "
            f"serving use model.export(). Received: filepath={path!r}"
        )
    _ask_before_overwriting(path, overwrite)
    if path.endswith(_H5):
        from keras_core.saving import legacy_h5

        return _written(
            path, legacy_h5.prepare(model, path, include_optimizer, background), background
        )
    from keras_core.saving import archive

    return _written(path, archive.prepare(model, path, zipped is not False, background), background)


@trimmed
def load_model(
    filepath: Any,
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """Read a model that `save_model`, Keras 3 or Keras 2 wrote.

    What a file may name is a closed table: the built-in classes, and those that were
    registered or are passed here. Nothing it says is imported, evaluated or fetched.

    Args:
        filepath: a `.keras` file, its unzipped folder, an Orbax checkpoint, or an `.h5` file of a
            whole model; or a file object that gives the bytes of a file.
        custom_objects: classes and functions by name that the file mentions.
        compile: whether the model is compiled as it was.
        safe_mode: False lets Python code in the file run (lambdas). Only for files whose
            origin you trust.

    Returns:
        The model, built, with its weights.

    Raises:
        FileNotFoundError: if there is no such file.
        TypeError: if custom_objects is no dict.
        InvalidFileError: if it is broken, or names something unknown; a ValueError.
        UnsafeFileError: if it asks for what loading never does; a ValueError.

    Example:

    >>> import os, tempfile
    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
    >>> model.save(path)
    >>> keras.models.load_model(path).name == model.name
    True
    """
    check(custom_objects, "load_model")
    if hasattr(filepath, "read"):
        with tempfile.TemporaryDirectory() as folder:
            inner = os.path.join(folder, "model.keras")
            with open(inner, "wb") as target:
                shutil.copyfileobj(filepath, target)
            return load_model(inner, custom_objects, compile, safe_mode)
    path = _existing(filepath)
    if os.path.isdir(path):
        if os.path.exists(os.path.join(path, "saved_model.pb")):
            raise InvalidFileError(
                f"load_model: {path} is a SavedModel, which holds no Keras model. Use "
                "keras_core.layers.TFSMLayer to call it."
            )
        from keras_core.saving import orbax

        step = orbax.step_folder(path)
        if step is not None:
            return orbax.load_model(step, custom_objects, compile, safe_mode)
    else:
        from keras_core.saving import hdf5

        if hdf5.is_hdf5(path):
            from keras_core.saving import legacy_h5

            return legacy_h5.load(path, custom_objects, compile, safe_mode)
    from keras_core.saving import archive

    return archive.load(path, custom_objects, compile, safe_mode)


@trimmed
def save_weights(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    max_shard_size: float | None = None,
    *,
    background: bool = False,
    **kwargs: Any,
) -> PendingSave | None:
    """Write the weights of a model or layer, and its optimizer's state.

    Args:
        model: a model or layer.
        filepath: ends with ".weights.h5"; with ".weights.json" for several files with a map;
            with ".safetensors" for the weights alone, by their paths.
        overwrite: whether an existing file is replaced; else the user is asked.
        max_shard_size: in GiB, the most that one of several files holds.
        background: whether to return once the weights have been copied, as in `save_model`.
        **kwargs: `objects_to_skip`: a list of layers inside that are left out.

    Returns:
        With `background` a handle to wait for the end with; else None.

    Raises:
        ValueError: if the extension is another, or a tensor is larger than a shard.

    Example:

    >>> import os, tempfile
    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
    >>> keras.saving.save_weights(model, path)
    >>> keras.saving.load_weights(model, path)
    """
    skip = kwargs.pop("objects_to_skip", None) or ()
    if kwargs:
        raise ValueError(f"save_weights: unknown arguments {sorted(kwargs)}.{advice(kwargs)}")
    path = _path(filepath)
    if max_shard_size is not None and path.endswith(".weights.h5"):
        path = path.removesuffix(".h5") + ".json"
    if not path.endswith((".weights.h5", ".weights.json", ".safetensors")):
        raise ValueError(
            "save_weights: filepath must end with '.weights.h5', '.weights.json' or "
            f"'.safetensors'. Received: filepath={path!r}"
        )
    _ask_before_overwriting(path, overwrite)
    from keras_core.saving import weights

    write = weights.prepare(model, path, max_shard_size, background, skip)
    return _written(path, write, background)


@trimmed
def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Set the weights of a model or layer from a file.

    Args:
        model: a built model or layer.
        filepath: a ".weights.h5", ".weights.json", ".keras", ".safetensors" or older ".h5" file,
            or an Orbax checkpoint.
        skip_mismatch: whether what does not fit is left as it is, with a warning.
        **kwargs: `by_name` (older ".h5" only): whether layers are matched by name and not by
            their order. `objects_to_skip`: a list of layers inside that stay as they are.

    Raises:
        FileNotFoundError: if there is no such file.
        InvalidFileError: if it is broken or does not fit; it lists what differs. A ValueError.

    Example:

    >>> import os, tempfile
    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> keras.saving.save_weights(model, path)
    >>> keras.saving.load_weights(model, path)
    """
    by_name = kwargs.pop("by_name", False)
    skip = kwargs.pop("objects_to_skip", None) or ()
    if kwargs:
        raise ValueError(f"load_weights: unknown arguments {sorted(kwargs)}.{advice(kwargs)}")
    path = _existing(filepath)
    from keras_core.saving import orbax, weights

    step = orbax.step_folder(path)
    if step is not None:
        orbax.load_weights(model, step)
        return
    weights.load(model, path, skip_mismatch, by_name, skip)


def _written(path: str, write: Callable[[], None], background: bool) -> PendingSave | None:
    if background:
        from keras_core.saving.background import start

        return start(path, write)
    write()
    return None


def _path(filepath: Any) -> str:
    running = sys.modules.get("keras_core.saving.background")
    if running is not None:
        running.settle()  # what is being written may be this file
    try:
        return os.fsdecode(os.path.expanduser(os.fspath(filepath)))
    except TypeError:
        raise ValueError(f"filepath must be a path. Received: {filepath!r}") from None


def _existing(filepath: Any) -> str:
    path = _path(filepath)
    if not os.path.exists(path):
        raise FileNotFoundError(f"There is no file {path!r}.")
    refuse_pipe(path)
    return path


def _ask_before_overwriting(path: str, overwrite: bool) -> None:
    if overwrite or not os.path.exists(path):
        return
    if sys.stdin is not None and sys.stdin.isatty():
        answer = ""
        while answer not in ("y", "n"):
            answer = input(f"{path} exists already. Replace it? [y/n] ").strip().lower()
        if answer == "y":
            return
    raise FileExistsError(f"{path} exists already, and overwrite=False.")
