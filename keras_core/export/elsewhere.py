"""Exports that the active backend has no functions for, by another one in a process of its own.

The model travels as a `.keras` file. So it must be made of what its config can name: layers and
operations of this package.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from keras_core.backends.endpoint import Export, Spec
from keras_core.backends.select import backend
from keras_core.core import builtins_table, errors, tracebacks, tree
from keras_core.export import signature

# Format -> the backends that write it, first choice first, and the packages each needs.
_SAVED_MODEL = {"tensorflow": ("tensorflow",)}
_ONNX = {
    "torch": ("torch", "onnx", "onnxscript"),
    "tensorflow": ("tensorflow", "tf2onnx"),
    "jax": ("jax", "onnx"),
}
_WRITERS = {
    "tf_saved_model": _SAVED_MODEL,
    "litert": _SAVED_MODEL,
    "onnx": _ONNX,
    "openvino": _ONNX,
    "torch": {"torch": ("torch",)},
}
_WARNINGS = "warnings.json"  # what the other process warns of


def export_model(model: Any, path: str, format: str, inputs: Any, options: dict[str, Any]) -> None:
    """Have another backend export a model.

    Raises:
        ImportError: if none of the frameworks that can is installed.
        ValueError: if the model cannot be rebuilt there.
    """
    choices = {name: needs for name, needs in _WRITERS[format].items() if name != backend.name}
    installed = [b for b, needs in choices.items() if all(map(find_spec, needs))]
    if not installed:
        raise ImportError(
            f"Model {model.name!r}: format {format!r} cannot be written by the {backend.name} "
            "backend itself, and for none of the others that can all packages are installed: "
            + "; ".join(f"{b} with {', '.join(needs)}" for b, needs in choices.items())
        )
    specs = signature.named(list(inputs))
    job = {
        "path": os.path.abspath(path),
        "format": format,
        "options": options,
        "inputs": tree.map_structure(_as_json, specs),
    }
    for name in installed:
        try:
            _run(name, model, job, f"Model {model.name!r}", f"format {format!r}")
            return
        except ValueError:
            if name == installed[-1]:
                raise


def write_archive(path: str, export: Export, options: Any) -> None:
    """Have TensorFlow write a SavedModel of several functions.

    They travel as one graph, which their calls on symbolic inputs give.

    Raises:
        ImportError: if TensorFlow is not installed.
        ValueError: if a function is not made of layers and operations of this package.
    """
    if find_spec("tensorflow") is None:
        raise errors.missing_package("tensorflow", "Writing SavedModels")
    if options is not None:
        raise ValueError(
            "ExportArchive: options must be None, since TensorFlow writes the SavedModel in "
            f"another process. Received: {options!r}"
        )
    inputs: list[Any] = []
    outputs: list[Any] = []
    described = []
    for endpoint in export.endpoints.values():
        symbols = [_input(endpoint.name, s) for s in endpoint.flat_inputs]
        try:
            found = endpoint.call_flat(*symbols)
        except Exception as error:
            raise ValueError(
                f"ExportArchive: endpoint {endpoint.name!r} must consist of layers and operations "
                f"of this package, since TensorFlow writes it in another process: {error}"
            ) from error
        described.append(
            {
                "name": endpoint.name,
                "counts": [len(inputs), len(symbols), len(outputs), len(found)],
                "inputs": tree.map_structure(_as_json, endpoint.inputs),
                "outputs": tree.map_structure(_as_json, endpoint.outputs),
            }
        )
        inputs += symbols
        outputs += found
    # Models are built a floor above this one, so the class is found by its name.
    graph = builtins_table.find_class("keras", "Model")(inputs, outputs)  # type: ignore[misc]
    known = [id(v) for v in graph.variables]
    collections = {}
    for name, variables in export.collections.items():
        strange = [v.path for v in variables if id(v) not in known]
        if strange:
            raise ValueError(
                f"ExportArchive: collection {name!r} has variables that no endpoint uses: "
                f"{strange}. TensorFlow, which writes them in another process, knows the others."
            )
        collections[name] = [known.index(id(v)) for v in variables]
    job = {"path": os.path.abspath(path), "endpoints": described, "collections": collections}
    _run("tensorflow", graph, job, "ExportArchive", "SavedModels")


def _input(endpoint: str, spec: Spec) -> Any:
    from keras_core.layers import Input

    name = f"{endpoint}__{spec.name}"
    return Input(batch_shape=spec.shape, dtype=spec.dtype, name=name)


def _as_json(spec: Spec) -> dict[str, Any]:
    return {"_spec": [list(spec.shape), spec.dtype, spec.name]}


def _run(name: str, model: Any, job: dict[str, Any], owner: str, what: str) -> None:
    """Do the job in a process on the backend `name`."""
    with tempfile.TemporaryDirectory(prefix="keras-export-") as folder:
        model.save(os.path.join(folder, "model.keras"))
        try:
            with open(os.path.join(folder, "job.json"), "w") as file:
                json.dump(job, file)
        except TypeError as error:
            raise ValueError(
                f"{owner}: the options of export() must be plain values, since "
                f"{name} writes {what} in another process. Received: {job['options']}"
            ) from error
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        done = subprocess.run(
            [sys.executable, "-m", "keras_core.export.elsewhere", folder],
            env={**os.environ, "KERAS_BACKEND": name, "PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            check=False,
        )
        said = os.path.join(folder, _WARNINGS)
        if os.path.exists(said):
            with open(said) as file:
                for text in json.load(file):
                    tracebacks.warn(text)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ValueError(
            f"{owner}: the {backend.name} backend does not write {what} "
            f"itself, and {name} could not do it from the model's config: {last[0]} Custom "
            f"classes are not known there; run the export with KERAS_BACKEND={name} instead."
        )


def _main(folder: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _do(folder)
    said = [str(w.message) for w in caught if str(w.message).startswith("Exporting to ")]
    if said:
        with open(os.path.join(folder, _WARNINGS), "w") as file:
            json.dump(said, file)


def _do(folder: str) -> None:
    from keras_core import saving

    with open(os.path.join(folder, "job.json")) as file:
        job = json.load(file)

    def spec(item: Any) -> Any:
        if isinstance(item, dict) and set(item) == {"_spec"}:
            shape, dtype, name = item["_spec"]
            return Spec(tuple(shape), dtype, name)
        if isinstance(item, dict):
            return {key: spec(value) for key, value in item.items()}
        return [spec(value) for value in item]

    # The file was written a moment ago, by the process that started this one.
    model = saving.load_model(os.path.join(folder, "model.keras"), compile=False, safe_mode=False)
    if "endpoints" in job:
        _write_archive(model, job, spec)
        return
    from keras_core.export import formats

    inputs = spec(job["inputs"])
    formats.write_here(model, job["path"], job["format"], inputs, job["options"])


def _structured(part: Any, outputs: Any) -> Callable[..., Any]:
    """A model of flat lists as a function of structures."""

    def call(*values: Any) -> Any:
        return tree.pack_sequence_as(outputs, tree.flatten(part(tree.flatten(list(values)))))

    return call


def _write_archive(graph: Any, job: dict[str, Any], spec: Callable[[Any], Any]) -> None:
    from keras_core.export.archive import ExportArchive

    archive = ExportArchive()
    archive.track(graph)
    for item in job["endpoints"]:
        first_in, ins, first_out, outs = item["counts"]
        part = type(graph)(
            graph.inputs[first_in : first_in + ins], graph.outputs[first_out : first_out + outs]
        )

        function = _structured(part, spec(item["outputs"]))
        archive.add_endpoint(item["name"], function, spec(item["inputs"]))
    for name, numbers in job["collections"].items():
        archive.add_variable_collection(name, [graph.variables[i] for i in numbers])
    archive.write_out(job["path"], verbose=False)


if __name__ == "__main__":
    _main(sys.argv[1])
