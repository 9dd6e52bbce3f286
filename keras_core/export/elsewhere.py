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
from typing import Any

from keras_core.backends.select import backend
from keras_core.core import tree
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


def export_model(model: Any, path: str, format: str, inputs: Any, options: dict[str, Any]) -> None:
    """Have another backend export a model.

    Raises:
        ImportError: if none of the frameworks that can is installed.
        ValueError: if the model cannot be rebuilt there.
    """
    from importlib.util import find_spec

    choices = {name: needs for name, needs in _WRITERS[format].items() if name != backend.name}
    installed = (b for b, needs in choices.items() if all(map(find_spec, needs)))
    name = next(installed, None)
    if name is None:
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
        "inputs": tree.map_structure(lambda s: {"_spec": [list(s.shape), s.dtype, s.name]}, specs),
    }
    with tempfile.TemporaryDirectory(prefix="keras-export-") as folder:
        model.save(os.path.join(folder, "model.keras"))
        try:
            with open(os.path.join(folder, "job.json"), "w") as file:
                json.dump(job, file)
        except TypeError as error:
            raise ValueError(
                f"Model {model.name!r}: the options of export() must be plain values, since "
                f"{name} writes format {format!r} in another process. Received: {options}"
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
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ValueError(
            f"Model {model.name!r}: the {backend.name} backend does not write format {format!r} "
            f"itself, and {name} could not do it from the model's config: {last[0]} Custom "
            f"classes are not known there; run the export with KERAS_BACKEND={name} instead."
        )


def _main(folder: str) -> None:
    from keras_core import saving
    from keras_core.backends.endpoint import Spec

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
    model.export(
        job["path"],
        format=job["format"],
        verbose=False,
        input_signature=spec(job["inputs"]),
        **job["options"],
    )


if __name__ == "__main__":
    _main(sys.argv[1])
