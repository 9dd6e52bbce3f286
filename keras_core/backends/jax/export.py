"""Exports from JAX: SavedModel through jax2tf, ONNX from the traced program."""

from __future__ import annotations

from typing import Any

import jax
import jax.export

from keras_core.backends import _saved_model
from keras_core.backends.endpoint import Endpoint, Export
from keras_core.backends.jax.arrays import NATIVE_DTYPES
from keras_core.backends.variable import BaseVariable
from keras_core.core import errors, scopes, tree


def saved_model(path: str, export: Export, options: dict[str, Any]) -> None:
    """Write a SavedModel whose functions are StableHLO; see `contract.Exports`."""
    tf = _saved_model.tensorflow()
    from jax.experimental import jax2tf

    mirrors = {
        id(v): tf.Variable(v._value, trainable=v.trainable, name=v.name)
        for v in [*export.variables, *(v for vs in export.collections.values() for v in vs)]
    }

    def converted(endpoint: Endpoint) -> Any:
        if hasattr(endpoint.function, "get_concrete_function"):
            return endpoint.function
        values = [] if endpoint.options.get("is_static") else export.variables
        function = jax2tf.convert(
            with_values(endpoint, values),
            polymorphic_shapes=[None, *symbolic(endpoint)],
            **{"with_gradient": False, **endpoint.options.get("jax2tf_kwargs", {})},
        )
        own = [mirrors[id(v)] for v in values]

        def call(*args: Any) -> Any:
            flat = function(own, *tree.flatten(list(args)))
            return tree.pack_sequence_as(endpoint.outputs, list(flat))

        return call

    functions = {name: converted(endpoint) for name, endpoint in export.endpoints.items()}
    _saved_model.write(
        path,
        export,
        functions,
        lambda v: mirrors[id(v)] if isinstance(v, BaseVariable) else v,
        options.get("options"),
    )


def with_values(endpoint: Endpoint, variables: list[Any]) -> Any:
    """The endpoint as a pure function of variables' values and flat inputs."""

    def pure(values: list[Any], *inputs: Any) -> list[Any]:
        with scopes.StatelessScope(list(zip(variables, values, strict=True))):
            return endpoint.call_flat(*inputs)

    return pure


def symbolic(endpoint: Endpoint) -> list[str]:
    """The inputs' shapes in JAX's notation; unknown sizes of one axis are one symbol."""
    return [
        "("
        + "".join(
            f"{('b' if axis == 0 else f'n{axis}') if size is None else size}, "
            for axis, size in enumerate(spec.shape)
        )
        + ")"
        for spec in endpoint.flat_inputs
    ]


def onnx(path: str, export: Export, options: dict[str, Any]) -> None:
    """Write the only endpoint as ONNX; see `contract.Exports`."""
    try:
        import onnx as _  # noqa: F401
    except ImportError:
        raise errors.missing_package("onnx", "Exporting to ONNX from JAX") from None
    from keras_core.backends.jax import onnx as graphs

    if options.get("opset_version") not in (None, graphs.OPSET):
        raise ValueError(
            errors.message(
                "export()",
                "opset_version",
                f"be {graphs.OPSET}, or None, on the jax backend",
                options["opset_version"],
            )
        )
    (endpoint,) = export.endpoints.values()
    scope = jax.export.SymbolicScope()
    structs = [
        jax.ShapeDtypeStruct(jax.export.symbolic_shape(text, scope=scope), NATIVE_DTYPES[s.dtype])
        for text, s in zip(symbolic(endpoint), endpoint.flat_inputs, strict=True)
    ]
    names = [s.name for s in endpoint.flat_inputs]
    symbols: dict[str, tuple[str, int]] = {}
    for name, struct in zip(names, structs, strict=True):
        for axis, size in enumerate(struct.shape):
            if not isinstance(size, int):
                symbols.setdefault(str(size), (name, axis))
    pure = with_values(endpoint, export.variables)
    values = [v._value for v in export.variables]
    content = graphs.convert(
        lambda *inputs: pure(values, *inputs),
        list(zip(names, structs, strict=True)),
        [s.name for s in endpoint.flat_outputs],
        symbols,
    )
    _saved_model.replace(path, content)


WRITERS = {"tf_saved_model": saved_model, "onnx": onnx}
