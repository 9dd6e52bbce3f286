"""Shapes and dtypes of a function's outputs, by the backend's abstract evaluation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import bridge, dtypes, scopes, tree
from keras_core.symbolic.keras_tensor import KerasTensor

# Two sizes stand for an unknown one: where the results differ, the dimension is unknown.
_PROBES = (89, 97)


def compute_output_spec(function: Callable, *args: Any, **kwargs: Any) -> Any:
    """What `function(*args, **kwargs)` would give, its tensors as KerasTensors.

    No variable changes meanwhile. Dimensions that are None are tried with two sizes, unless
    the backend traces unknown sizes itself.
    """
    specs = (args, kwargs)
    leaves = tree.flatten(specs)
    unknown = any(isinstance(x, KerasTensor) and None in x.shape for x in leaves)
    if not unknown or getattr(backend.arrays, "TRACES_UNKNOWN", False):
        return _evaluate(function, specs, None)
    with _unknown_again(leaves, _PROBES[0]):
        first = _evaluate(function, specs, _PROBES[0])
    second = _evaluate(function, specs, _PROBES[1])

    def merge(a: Any, b: Any) -> Any:
        if not isinstance(a, KerasTensor):
            return a
        shape = tuple(m if m == n else None for m, n in zip(a.shape, b.shape, strict=True))
        return KerasTensor(shape, a.dtype, sparse=a.sparse)

    return tree.map_structure(merge, first, second)


@contextlib.contextmanager
def _unknown_again(specs: list[Any], probe: int) -> Iterator[None]:
    """Let layers that are built meanwhile remember None for the sizes that were only tried.

    Those are multiples of `probe` on an axis of which a size is unknown in `specs`.
    """
    axes = {
        axis
        for x in specs
        if isinstance(x, KerasTensor)
        for axis, size in enumerate(x.shape)
        if size is None
    }

    def untried(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return tuple(
            None if axis in axes and size and size % probe == 0 else size
            for axis, size in enumerate(shape)
        )

    local = scopes.local
    outer, local.built = local.built, []
    try:
        yield
    finally:
        for layer in local.built:
            layer._map_build_shapes(untried)
        local.built = outer


def _evaluate(function: Callable, specs: Any, probe: int | None) -> Any:
    def concrete(x: Any) -> Any:
        if isinstance(x, KerasTensor) and None in x.shape:
            return x.with_shape(tuple(probe if dim is None else dim for dim in x.shape))
        return x

    arrays = backend.arrays
    outputs: list[Any] = []

    def run(values: Any) -> Any:
        args, kwargs = values
        out = function(*args, **kwargs)
        return tree.map_structure(as_spec, out)

    def as_spec(x: Any) -> Any:
        if arrays.is_tensor(x):
            return KerasTensor(arrays.static_shape(x), arrays.dtype_name(x))
        if isinstance(x, np.ndarray):  # what the function made in NumPy, of tensors or not
            return KerasTensor(x.shape, dtypes.standardize(x.dtype))
        return x

    # Losses that layers add meanwhile have no values: the scope takes them away with it.
    with scopes.StatelessScope(collect_losses=True), scopes.SymbolicScope():
        try:
            outputs.append(arrays.abstract(run, tree.map_structure(concrete, specs)))
        except Exception as error:
            if probe is not None and str(probe) in str(error):
                error.add_note(f"The size {probe} stands for one that is not known yet.")
            raise
    return outputs[0]


bridge.compute_output_spec = compute_output_spec
