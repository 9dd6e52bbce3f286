"""ExportArchive: a SavedModel with several functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from keras_core.backends.endpoint import Export
from keras_core.backends.select import backend
from keras_core.backends.variable import BaseVariable
from keras_core.core.errors import path_of
from keras_core.export import formats, signature
from keras_core.layers.base.layer import Layer


class ExportArchive:
    """A SavedModel made piece by piece: layers, functions for inference, lists of variables.

    Needs TensorFlow, whatever the backend. PyTorch and NumPy have it write the SavedModel in a
    process of its own; there functions must be made of layers and operations of this package. For
    a model with one function, `Model.export` is shorter.

    Example:

    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> archive = keras.export.ExportArchive()
    >>> archive.track(model)
    >>> spec = keras.InputSpec(shape=(None, 4), dtype="float32")
    >>> _ = archive.add_endpoint("serve", model, input_signature=[spec])
    >>> archive.write_out("saved_model")  # doctest: +SKIP
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args or kwargs:
            raise TypeError("ExportArchive takes no arguments; track() layers and models.")
        self._export = Export()

    def track(self, resource: Any) -> None:
        """Take along a layer's or model's variables.

        Args:
            resource: a built layer or model, or on TensorFlow any trackable object.

        Raises:
            ValueError: if it is something else, or not built.
        """
        if isinstance(resource, Layer):
            if not resource.built:
                raise ValueError(
                    f"ExportArchive: {resource!r} must be built before it is tracked. Call it "
                    "on data, or build() it."
                )
            known = {id(v) for v in self._export.variables}
            self._export.variables += [v for v in resource.variables if id(v) not in known]
        elif not hasattr(resource, "_trackable_children"):
            raise ValueError(
                "ExportArchive: resource must be a layer, a model or a TensorFlow trackable "
                f"object. Received: {resource!r} (of type {type(resource).__name__})"
            )
        if not any(r is resource for r in self._export.resources):
            self._export.resources.append(resource)

    def add_endpoint(
        self, name: str, fn: Callable[..., Any], input_signature: Any = None, **kwargs: Any
    ) -> Any:
        """Add a function.

        Args:
            name: an identifier: the attribute of the loaded object, and the signature's name.
            fn: a model, layer or function of tensors; or a `tf.function`.
            input_signature: a list with the shape and dtype of each argument, as InputSpec,
                KerasTensor or tensor; structures of them for structured arguments. May be left
                out for a `tf.function` with a signature and for a model that is tracked.
            **kwargs: on JAX `jax2tf_kwargs`, a dict of arguments of `jax2tf.convert`, and
                `is_static`, whether the function uses no variables.

        Returns:
            `fn`.

        Raises:
            ValueError: if the name is taken or no identifier, or the signature is missing.
        """
        if not str(name).isidentifier() or name.startswith("_") or hasattr(Export(), name):
            raise ValueError(
                f"ExportArchive: an endpoint's name must be a free identifier. Received: {name!r}"
            )
        if name in self._export.endpoints or name in self._export.collections:
            raise ValueError(f"ExportArchive: the name {name!r} is taken.")
        unknown = set(kwargs) - {"is_static", "jax2tf_kwargs"}
        if unknown:
            raise ValueError(f"ExportArchive: unknown options {sorted(unknown)} of {name!r}.")
        native = hasattr(fn, "get_concrete_function")
        if native and input_signature is None:
            input_signature = getattr(fn, "input_signature", None)
        if input_signature is None and isinstance(fn, Layer) and fn.built:
            input_signature = signature.of_model(fn)
        if input_signature is None:
            raise ValueError(
                f"ExportArchive: endpoint {name!r} needs the shapes and dtypes of its inputs: "
                "input_signature=[keras.InputSpec(shape=(None, 3), dtype='float32')]."
            )
        if isinstance(fn, Layer):
            self.track(fn)
        endpoint = signature.endpoint(name, fn, list(input_signature), kwargs)
        self._export.endpoints[name] = endpoint
        return fn

    def track_and_add_endpoint(
        self, name: str, resource: Any, input_signature: Any, **kwargs: Any
    ) -> Any:
        """`track(resource)` and then `add_endpoint(name, resource, input_signature)`."""
        self.track(resource)
        return self.add_endpoint(name, resource, input_signature, **kwargs)

    def add_variable_collection(self, name: str, variables: Any) -> None:
        """Take along a list of variables under a name.

        Args:
            name: the attribute of the loaded object.
            variables: a list or tuple of variables.

        Raises:
            ValueError: if the name is taken, or there is something else than variables.
        """
        if not isinstance(variables, (list, tuple)) or not all(
            isinstance(v, BaseVariable) for v in variables
        ):
            raise ValueError(
                f"ExportArchive: the collection {name!r} must be a list of keras variables. "
                f"Received: {variables!r}"
            )
        taken = (*self._export.endpoints, *self._export.collections, "variables")
        if not str(name).isidentifier() or name in taken:
            raise ValueError(f"ExportArchive: the name {name!r} is taken, or no identifier.")
        self._export.collections[name] = list(variables)

    def write_out(self, filepath: Any, options: Any = None, verbose: bool = True) -> None:
        """Write the SavedModel.

        Args:
            filepath: a folder.
            options: a `tf.saved_model.SaveOptions`.
            verbose: whether to say where it is and what it has.

        Raises:
            ValueError: if there is no endpoint yet.
        """
        if not self._export.endpoints:
            raise ValueError("ExportArchive: there is no endpoint yet. Call add_endpoint().")
        path = path_of(filepath, "ExportArchive", "filepath")
        with formats.replacing(path, folder=True) as target:
            if "tf_saved_model" in backend.export.WRITERS:
                backend.export.WRITERS["tf_saved_model"](target, self._export, {"options": options})
            else:
                from keras_core.export import elsewhere

                elsewhere.write_archive(target, self._export, options)
        if verbose:
            lines = [f"Saved artifact at '{path}'. Its endpoints:"]
            for name, endpoint in self._export.endpoints.items():
                inputs = ", ".join(f"{s.name}: {s.dtype}{s.shape}" for s in endpoint.flat_inputs)
                outputs = ", ".join(f"{s.name}: {s.dtype}{s.shape}" for s in endpoint.flat_outputs)
                lines.append(f"  {name}({inputs}) -> {outputs}")
            sys.stdout.write("\n".join(lines) + "\n")
