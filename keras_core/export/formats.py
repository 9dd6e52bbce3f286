"""`Model.export`: one file, or folder, in a format that others run."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_core.backends.endpoint import Export
from keras_core.backends.select import backend
from keras_core.core import errors
from keras_core.export import signature
from keras_core.saving import atomic

# Format -> (the path's ending, the options it takes; None: the converter's own).
FORMATS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "tf_saved_model": ("", ("is_static", "jax2tf_kwargs", "options")),
    "onnx": (".onnx", ("opset_version",)),
    "openvino": (".xml", ("opset_version",)),
    "litert": (".tflite", None),
    "torch": (".pt2", ()),
}


class ConversionError(RuntimeError):
    """A converter could not take what the active backend made; another's may do."""


# These are made from another format's file.
_FROM = {"openvino": "onnx", "litert": "tf_saved_model"}


def export_model(
    model: Any,
    filepath: Any,
    format: str = "tf_saved_model",
    verbose: bool | None = None,
    input_signature: Any = None,
    **options: Any,
) -> None:
    """Write a model's inference function; see `Model.export`."""
    owner = f"Model {model.name!r}: export()"
    path = errors.path_of(filepath, owner, "filepath")
    if format not in FORMATS:
        raise ValueError(errors.message(owner, "format", f"be one of {list(FORMATS)}", format))
    ending, known = FORMATS[format]
    if ending and not path.endswith(ending):
        raise ValueError(
            errors.message(owner, "filepath", f"end with {ending!r} for format {format!r}", path)
        )
    unknown = set() if known is None else set(options) - set(known)
    if unknown:
        raise ValueError(
            f"{owner}: unknown options {sorted(unknown)}. Format {format!r} takes "
            f"{list(known or ())}."
        )
    inputs = signature.of_model(model) if input_signature is None else input_signature
    if not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    with replacing(path, folder=not ending) as target:
        if _FROM.get(format, format) in backend.export.WRITERS:
            try:
                write_here(model, target, format, inputs, options)
            except (ConversionError, NotImplementedError) as error:
                _write_elsewhere(model, target, format, inputs, options, error)
        else:
            _write_elsewhere(model, target, format, inputs, options, None)
    if verbose or verbose is None:
        sys.stdout.write(f"Saved artifact at '{path}'.\n")


def replacing(path: str, folder: bool) -> contextlib.AbstractContextManager[str]:
    """Where to write what takes the place of an older file, or SavedModel, once it is whole."""
    Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
    if not folder:
        return atomic.replacing_files(path, sync=True)
    if os.path.isdir(path) and os.listdir(path) and not os.path.exists(f"{path}/saved_model.pb"):
        return _among_others(path)
    return atomic.replacing_folder(path, sync=True)


@contextlib.contextmanager
def _among_others(path: str) -> Iterator[str]:
    """The same in somebody's folder: other things stay; the file that makes it one comes last."""
    with atomic.replacing_files(os.path.join(path, "saved_model.pb"), sync=True) as target:
        yield os.path.dirname(target)


def write_here(model: Any, path: str, format: str, inputs: Any, options: dict[str, Any]) -> None:
    """Write the file with the active backend, through another format's if it is made of that.

    Raises:
        ConversionError: if a converter could not take the model.
        NotImplementedError: if something in it has no form in this format.
    """
    base = _FROM.get(format, format)
    export = of_endpoint(model, inputs, options)
    write = backend.export.WRITERS[base]
    if format == base:
        write(path, export, options)
        _CHECKS.get(base, str)(path)
        return
    with tempfile.TemporaryDirectory(prefix="keras-export-") as folder:
        source = os.path.join(folder, "model" + FORMATS[base][0])
        write(source, export, {})
        _CHECKS.get(base, str)(source)
        _CONVERTERS[format](path, source, options)


def _write_elsewhere(
    model: Any, path: str, format: str, inputs: Any, options: dict[str, Any], error: Any
) -> None:
    """Have another backend write the file; if it cannot either, `error` comes first."""
    from keras_core.export import elsewhere

    try:
        elsewhere.export_model(model, path, format, inputs, options)
    except (ImportError, ValueError):
        if error is not None:
            raise error from error.__cause__
        raise


def of_endpoint(model: Any, inputs: Any, options: dict[str, Any]) -> Export:
    """An export with a model's call as its only endpoint, "serve"."""
    endpoint = signature.endpoint("serve", model, list(inputs), options)
    return Export({"serve": endpoint}, [model], list(model.variables))


def _to_openvino(path: str, source: str, options: dict[str, Any]) -> None:
    """Turn an ONNX file into OpenVINO's: the graph in `.xml`, the weights in `.bin` beside it."""
    try:
        import openvino
    except ImportError:
        raise errors.missing_package("openvino", "Exporting to OpenVINO") from None
    # The weights stay as they are, in place of OpenVINO's default of half precision.
    # Core, not convert_model(), which reports to OpenVINO's makers over the network.
    model = openvino.Core().read_model(source)
    try:
        openvino.save_model(model, path, compress_to_fp16=False)
    except RuntimeError as error:  # of its streams, which do not say why
        text = f"OpenVINO could not write it ({error}). Is the disk full?"
        raise OSError(errno.EIO, text, path) from error


def _to_litert(path: str, source: str, options: dict[str, Any]) -> None:
    from keras_core.backends import _saved_model

    try:
        _saved_model.write_litert(path, source, options)
    except (ValueError, ImportError):
        raise
    except Exception as error:  # the converter's own kind
        if not backend.has("functional"):
            raise
        raise ConversionError(f"LiteRT's converter could not take the program: {error}") from error


def _check_onnx(path: str) -> None:
    """Look whether dtypes and shapes go together: some converters write what nothing can run."""
    import onnx

    try:
        onnx.checker.check_model(path, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ConversionError(
            f"The converter to ONNX of the {backend.name} backend made a graph that is none: "
            f"{str(error).strip()}"
        ) from error


_CHECKS = {"onnx": _check_onnx}
_CONVERTERS = {"openvino": _to_openvino, "litert": _to_litert}
