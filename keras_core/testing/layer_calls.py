"""How checks call a layer: NumPy arrays go in, by position or by name, and come out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import tree

arrays = backend.arrays
Make = Callable[..., Any]


def tensors(structure: Any) -> Any:
    """A structure with its NumPy arrays as native tensors."""
    return tree.map_structure(
        lambda x: arrays.convert_to_tensor(x) if isinstance(x, np.ndarray) else x, structure
    )


def values(structure: Any) -> list[np.ndarray]:
    """The tensors of a structure as arrays, floats of 16 bits as float32."""
    found = [
        np.asarray(arrays.convert_to_numpy(x)) for x in tree.flatten(structure) if x is not None
    ]
    return [x.astype("float32") if x.dtype.name in ("bfloat16", "float16") else x for x in found]


def by_name(layer: Any, inputs: Any) -> bool:
    """Whether the inputs are a dict of arguments of the layer's `call`."""
    return isinstance(inputs, dict) and set(inputs) <= set(layer._info.names)


def passed(layer: Any, inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The inputs as positional and keyword arguments of `layer`."""
    return ((), dict(inputs)) if by_name(layer, inputs) else ((inputs,), {})


def called(layer: Any, inputs: Any, call: dict[str, Any]) -> Any:
    """The layer's result for arrays."""
    args, kwargs = passed(layer, inputs)
    return layer(*tensors(args), **tensors(kwargs), **tensors(call))


def compare(found: Any, wanted: Any, tol: float = 1e-6) -> None:
    """Hold two lists of arrays against each other.

    Raises:
        AssertionError: if they differ.
    """
    assert len(found) == len(wanted), f"{len(wanted)} results were expected, {len(found)} came"
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape, f"shape {b.shape} was expected, {a.shape} came"
        np.testing.assert_allclose(a, b, rtol=tol, atol=tol)


def random_weights(shapes: list[tuple[int, ...]], names: list[str]) -> list[np.ndarray]:
    """Values away from zero and of both signs, but for variances, for weights of these shapes."""
    rng = np.random.default_rng(1)
    found = [rng.uniform(0.2, 0.9, s) * rng.choice([-1, 1], s) for s in shapes]
    return [
        np.abs(x) if "variance" in name or "std" in name else x
        for x, name in zip(found, names, strict=True)
    ]


def starts(package: Any, inputs: Any) -> Any:
    """An `Input` of `package` for each of the arrays."""
    if isinstance(inputs, dict):
        return {
            k: package.Input(x.shape[1:], dtype=x.dtype.name, name=k) for k, x in inputs.items()
        }
    return tree.map_structure(lambda x: package.Input(x.shape[1:], dtype=x.dtype.name), inputs)
