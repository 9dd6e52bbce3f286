"""What the inputs and outputs of an exported function are: shapes, dtypes, names."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from keras_core.backends.endpoint import Endpoint, Spec
from keras_core.backends.select import backend
from keras_core.core import dtypes, scopes, tree
from keras_core.layers.base.layer import Layer
from keras_core.symbolic.abstract import compute_output_spec
from keras_core.symbolic.keras_tensor import KerasTensor


def endpoint(
    name: str, function: Callable[..., Any], inputs: list[Any], options: dict[str, Any]
) -> Endpoint:
    """An endpoint from a function and `inputs` as the user gave them, its outputs inferred."""
    if isinstance(function, Layer):
        # Some layers change images unless they are told not to; on torch train() tells all.
        function = partial(function, training=False)
    if not hasattr(function, "get_concrete_function"):
        function = _in_file(function)
    specs = named(inputs)
    symbols = tree.map_structure(lambda s: KerasTensor(s.shape, s.dtype), specs)
    found = compute_output_spec(function, *symbols)
    taken = {spec.name for spec in tree.flatten(specs)}
    flat = []
    for i, (path, x) in enumerate(tree.flatten_with_path(found)):
        if not isinstance(x, KerasTensor):
            raise ValueError(
                f"Endpoint {name!r}: the function must return tensors. Received: {x!r}"
            )
        key = path[-1] if path and isinstance(path[-1], str) else f"output_{i}"
        flat.append(Spec(tuple(x.shape), x.dtype, _unique(str(key), taken)))
    return Endpoint(name, function, specs, tree.pack_sequence_as(found, flat), options)


def _in_file(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, telling the layers inside that this package will not be there when it runs."""

    def call(*values: Any) -> Any:
        outer, scopes.local.exporting = scopes.local.exporting, True
        try:
            return function(*values)
        finally:
            scopes.local.exporting = outer

    return call


def of_model(model: Any) -> list[Any]:
    """The inputs of a model: those of its graph, or what it was built for.

    Raises:
        ValueError: if the model is not built, or takes several arguments and was never told.
    """
    owner = f"Model {getattr(model, 'name', model)!r}"
    symbols = _graph_inputs(model)
    if symbols is not None:
        return [symbols]
    shapes = getattr(model, "_build_shapes", None)
    if not model.built or not shapes:
        raise ValueError(
            f"{owner} must be built before it is exported, so that its inputs are known. "
            "Call it on data, build() it, or pass input_signature=[keras.InputSpec(shape=..., "
            "dtype=...)]."
        )
    from keras_core.layers.base.structures import tree_of_shapes

    dtype = getattr(model, "input_dtype", None) or model.compute_dtype

    def spec(shape: Any) -> Spec:
        return Spec((None, *shape[1:]), dtype, "")

    return [tree_of_shapes(shape, spec) for shape in shapes.values()]


def _graph_inputs(model: Any) -> Any:
    """The structure of a functional or sequential model's inputs, named by its Inputs."""
    try:
        inputs = model.input
    except (AttributeError, ValueError):
        return None
    if any(not isinstance(x, KerasTensor) for x in tree.flatten(inputs)):
        return None

    def spec(x: KerasTensor) -> Spec:
        return Spec(tuple(x.shape), x.dtype, x.name or "")

    return tree.map_structure(spec, inputs)


def named(inputs: list[Any]) -> list[Any]:
    """Specs from whatever has a shape and a dtype, each with a name of its own."""
    taken: set[str] = set()
    flat = []
    for i, (path, x) in enumerate(tree.flatten_with_path(inputs)):
        if isinstance(x, Spec):
            shape, dtype = x.shape, x.dtype
        else:
            shape, dtype = getattr(x, "shape", None), getattr(x, "dtype", None)
            if shape is None or dtype is None:
                raise ValueError(
                    "input_signature: every input must have a shape and a dtype, as "
                    "keras.InputSpec(shape=(None, 3), dtype='float32') has. "
                    f"Received: {x!r}"
                )
            if backend.arrays.is_tensor(x):
                dtype = backend.arrays.dtype_name(x)
            dims = shape.as_list() if hasattr(shape, "as_list") else shape
            shape = tuple(None if d is None else int(d) for d in dims)
            dtype = dtypes.standardize(getattr(dtype, "name", dtype))
        name = getattr(x, "name", None) or ""
        if not name:
            key = path[-1] if path and isinstance(path[-1], str) else None
            name = key or f"args_{i}"
        flat.append(Spec(shape, dtype, _unique(name, taken)))
    return tree.pack_sequence_as(inputs, flat)


def _unique(name: str, taken: set[str]) -> str:
    """`name`, in letters that all formats take, and followed by a number if it is taken."""
    base = name = re.sub(r"[^A-Za-z0-9_]", "_", name) or "x"
    count = 0
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    taken.add(name)
    return name
