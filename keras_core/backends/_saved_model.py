"""SavedModel and LiteRT files, written by TensorFlow whatever the backend.

The backends that compute with TensorFlow, or can hand their programs to it, share this; nothing
here runs, nor is TensorFlow imported, before something is exported.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from keras_core.backends.endpoint import Export
from keras_core.core import errors, tracebacks, tree


class _Note:
    """A key for notes in the cache of one `tf.saved_model.save`, whose keys are objects."""


SIGNED = _Note()  # whether the object that is saved has signatures: models inside need none


def tensorflow() -> Any:
    """The package, or an ImportError that says why it is needed."""
    try:
        import tensorflow as tf
    except ImportError:
        raise errors.missing_package("tensorflow", "Exporting a SavedModel") from None
    return tf


def write(
    path: str,
    export: Export,
    functions: dict[str, Callable[..., Any]],
    variable_of: Callable[[Any], Any],
    options: Any = None,
) -> None:
    """Write a SavedModel.

    Args:
        path: a folder.
        export: the endpoints' signatures, and the variables.
        functions: for each endpoint what a `tf.function` is made of.
        variable_of: the `tf.Variable` of one of our variables.
        options: a `tf.saved_model.SaveOptions`.
    """
    tf = tensorflow()

    class Root(tf.__internal__.tracking.AutoTrackable):
        def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> Any:
            if "cache" in kwargs:
                kwargs["cache"][SIGNED] = True
            return super()._trackable_children(save_type, **kwargs)

    root: Any = Root()
    root.variables = [variable_of(v) for v in export.variables]
    root.trainable_variables = [variable_of(v) for v in export.variables if v.trainable]
    root.non_trainable_variables = [variable_of(v) for v in export.variables if not v.trainable]
    for name, found in export.collections.items():
        setattr(root, name, [variable_of(v) for v in found])
    root._resources = [
        r for r in export.resources if isinstance(r, tf.__internal__.tracking.Trackable)
    ]
    signatures = {}
    captured = []
    for name, endpoint in export.endpoints.items():
        function = functions[name]
        if not hasattr(function, "get_concrete_function"):
            specs = tree.map_structure(
                lambda s: tf.TensorSpec(s.shape, s.dtype, name=s.name), endpoint.inputs
            )
            function = tf.function(function, input_signature=specs, autograph=False)
        setattr(root, name, function)
        signatures[name] = function.get_concrete_function()
        captured.extend(signatures[name].graph.variables)
    # What functions use beside the layers that were named: states of seeds, tables.
    known = {id(v) for v in root.variables}
    root._captured = [v for v in captured if id(v) not in known]
    if "serve" in signatures:
        signatures = {"serve": signatures["serve"], **signatures}
    first = next(iter(signatures.values()))
    signatures.setdefault("serving_default", first)
    with quiet():
        tf.saved_model.save(root, path, signatures=signatures, options=options)


def write_litert(path: str, folder: str, options: dict[str, Any]) -> None:
    """Turn a SavedModel in `folder` into one LiteRT file.

    Args:
        path: the file.
        folder: the SavedModel; its "serving_default" is taken.
        options: attributes of `tf.lite.TFLiteConverter`, such as `optimizations`.
    """
    tf = tensorflow()
    with quiet():
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=["serving_default"]
        )
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS,
            tf.lite.OpsSet.SELECT_TF_OPS,
        ]
        for name, value in options.items():
            if not hasattr(converter, name):
                raise ValueError(
                    f"Exporting to LiteRT: {name!r} is no attribute of tf.lite.TFLiteConverter."
                )
            setattr(converter, name, value)
        content = converter.convert()
    replace(path, content)
    lacking = _flex_operations(content)
    if lacking:
        tracebacks.warn(
            f"Exporting to LiteRT: it has no operations of its own for {', '.join(lacking)}. The "
            "file needs a program with TensorFlow's (the Flex delegate), which the interpreters of "
            "Python packages are without."
        )


def _flex_operations(content: bytes) -> list[str]:
    """TensorFlow's operations in a LiteRT file, which LiteRT alone cannot run."""
    from tensorflow.lite.python import (
        schema_py_generated as schema,
    )

    model = schema.Model.GetRootAs(content, 0)
    kinds: list[Any] = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    codes = [kind.CustomCode() or b"" for kind in kinds]
    return [code.decode()[4:] for code in codes if code.startswith(b"Flex")]


def replace(path: str, content: bytes) -> None:
    """Write a file in one step: whole, or not at all."""
    folder = os.path.dirname(os.path.abspath(path))
    handle, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """TensorFlow's remarks about its own formats, unsaid."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
