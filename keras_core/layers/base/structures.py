"""Structures of tensors, shapes and masks, as layers take and give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import dtypes, errors, masks, settings, tree
from keras_core.symbolic.keras_tensor import KerasTensor

arrays = backend.arrays


def holds_tensor(value: Any) -> bool:
    """Whether there is a tensor in a structure."""
    leaves = [value] if not tree.is_nested(value) else tree.flatten(value)
    return any(hasattr(x, "shape") and hasattr(x, "dtype") for x in leaves)


def holds_nothing(value: Any) -> bool:
    """Whether a value is a structure of Nones alone."""
    return tree.is_nested(value) and all(x is None for x in tree.flatten(value))


def shape_or_none(x: Any) -> Any:
    """The static shape of a tensor; None for anything else."""
    if isinstance(x, KerasTensor):
        return x.shape
    if arrays.is_tensor(x):
        return arrays.static_shape(x)
    shape = getattr(x, "shape", None)
    return None if shape is None else tuple(shape)


def tree_of_shapes(shape: Any, function: Callable) -> Any:
    """`function` applied to the shapes in a structure of shapes."""
    if isinstance(shape, dict):
        return {k: tree_of_shapes(v, function) for k, v in shape.items()}
    if shape is None:
        return None
    if all(dim is None or isinstance(dim, (int, np.integer)) for dim in shape):
        return function(tuple(shape))
    items = [tree_of_shapes(s, function) for s in shape]
    return tuple(items) if isinstance(shape, tuple) else items


def as_shapes(value: Any) -> Any:
    """Lists from a file as the tuples that `build` expects."""
    return tree_of_shapes(value, lambda s: s)


def masks_of(inputs: Any) -> Any:
    """The masks of a structure of tensors."""
    if not isinstance(inputs, (list, tuple, dict)):
        return masks.get_mask(inputs)
    return tree.map_structure(masks.get_mask, inputs)


def without_history(x: Any) -> Any:
    """A KerasTensor that records nothing; anything else as it is."""
    if isinstance(x, KerasTensor):
        plain = KerasTensor(
            x.shape, x.dtype, sparse=x.sparse, ragged=x.ragged, record_history=False
        )
        plain._keras_mask = x._keras_mask
        return plain
    return x


def as_cast(x: Any, dtype: str) -> Any:
    """A KerasTensor of floats in another dtype; anything else as it is."""
    if isinstance(x, KerasTensor) and x.dtype in dtypes.FLOATS and x.dtype != dtype:
        out = KerasTensor(x.shape, dtype, x.sparse, x.ragged, record_history=x.record_history)
        out._keras_mask = x._keras_mask
        return out
    return x


def fresh(x: Any) -> Any:
    """A KerasTensor like another, made by nothing; anything else as it is."""
    if isinstance(x, KerasTensor):
        return KerasTensor(x.shape, x.dtype, sparse=x.sparse, ragged=x.ragged)
    return x


def goes_with(shape: Any, sizes: tuple[Any, ...]) -> bool:
    """Whether the axes of a shape, counted from the last, are 1 or those of `sizes`, or unknown."""
    pairs = zip(reversed(tuple(shape)), reversed(sizes), strict=False)
    return all(a in (1, None) or b is None or a == b for a, b in pairs)


def from_foreign(x: Any) -> Any:
    """Another framework's tensor or a table as one of our tensors; what else there is stays.

    So do sparse tensors and strings.
    """
    if not hasattr(x, "__array__") or hasattr(x, "_keras_raw"):
        return x
    table = hasattr(x, "to_numpy")  # of pandas and the like, which may mix numbers with bools
    if not table and not hasattr(x, "dtype"):
        return x
    try:
        values = x.to_numpy() if table else x
        if table and values.dtype == object:
            values = values.astype(settings.floatx())
        return arrays.convert_to_tensor(values)
    except (TypeError, ValueError):
        return x


def no_numbers(layer: Any, args: tuple, error: Exception) -> ValueError | None:
    """What to raise in place of `error` where a layer's first argument holds no numbers.

    Looked at after a call has failed, so that calls that work pay nothing and what a layer
    does take is never refused.
    """
    cls = type(layer)
    must, owner = layer._input_must, f"{cls.__name__} {layer.name!r}"
    if must is None or not args or not cls.call.__module__.startswith("keras_core."):
        return None
    if owner in str(error) and "Received" in str(error):
        return None
    first = args[0]
    leaves = tree.flatten(first) if isinstance(first, (list, tuple)) else [first]
    if leaves and all(map(_of_numbers, leaves)):
        return None
    name = layer._info.positional[0] if layer._info.positional else "inputs"
    return ValueError(errors.message(owner, name, must, first))


def _of_numbers(x: Any) -> bool:
    if isinstance(x, dict):
        return "images" in x
    if isinstance(x, np.ndarray):
        return x.dtype.kind not in "OSUMm"
    if hasattr(x, "to_numpy") or hasattr(x, "toarray"):  # a table of texts, SciPy's sparse matrix
        return False
    return hasattr(x, "dtype") or isinstance(x, (int, float, complex)) or hasattr(x, "__array__")
