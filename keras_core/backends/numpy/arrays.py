"""NumPy arrays: recognition, conversion, dtypes, abstract evaluation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core.backends.variable import BaseVariable, host_dtype
from keras_core.core import dtypes, tree

Tensor = np.ndarray
TENSOR_TYPES: set[type] = {np.ndarray}
NATIVE_DTYPES = {name: host_dtype(name) for name in dtypes.ALL_TYPES if name != "string"}
# NumPy makes float32 of ml_dtypes' bfloat16 and a Python number.
WIDENED_BY_NUMBERS = ("bfloat16",)
_NAMES = {native: name for name, native in NATIVE_DTYPES.items()}


def native_dtype(dtype: Any) -> np.dtype:
    """The native dtype of a name."""
    return NATIVE_DTYPES[dtypes.standardize(dtype)]


def is_tensor(x: Any) -> bool:
    """Whether `x` is a native tensor of this backend."""
    return isinstance(x, (np.ndarray, np.generic))


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse tensor of this backend."""
    return False


def dtype_name(x: Any) -> str:
    """The dtype of a native tensor, by name."""
    name = _NAMES.get(x.dtype)
    return name if name is not None else dtypes.standardize(x.dtype)


def convert_to_tensor(
    x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None
) -> np.ndarray:
    """`x` (array, number, nested list, Variable, another framework's tensor) as a tensor."""
    if isinstance(x, BaseVariable):
        x = x.tensor
    if hasattr(x, "dtype"):
        return np.asarray(x, None if dtype is None else NATIVE_DTYPES[dtypes.standardize(dtype)])
    array = dtypes.array_of(x)
    name = dtypes.of_python(array, None if dtype is None else dtypes.standardize(dtype))
    return array if name is None else array.astype(NATIVE_DTYPES[name], copy=False)


def cast(x: Any, dtype: Any) -> np.ndarray:
    """`x` in another dtype."""
    if not hasattr(x, "dtype"):
        return convert_to_tensor(x, dtype)
    return np.asarray(x).astype(NATIVE_DTYPES[dtypes.standardize(dtype)], copy=False)


def convert_to_numpy(x: Any) -> np.ndarray:
    """A native tensor as a NumPy array."""
    return np.asarray(x.tensor if isinstance(x, BaseVariable) else x)


def shape(x: Any) -> tuple[int, ...]:
    """The shape; every size is an int."""
    return np.shape(x)


def static_shape(x: Any) -> tuple[int | None, ...]:
    """The shape as far as it is known before running."""
    return np.shape(x)


def stop_gradient(variable: Any) -> Any:
    return variable


def abstract(function: Callable, specs: Any) -> Any:
    """Run `function` on zeros of the given `(shape, dtype)` specs; see the contract."""
    values = tree.map_structure(
        lambda s: np.zeros(s.shape, NATIVE_DTYPES[s.dtype]) if hasattr(s, "with_shape") else s,
        specs,
    )
    with np.errstate(all="ignore"):
        return function(values)


def wants_values(error: BaseException) -> bool:
    """Never: arrays have values; see the contract."""
    return False


def outside_of_traces() -> Any:
    """A context in which new tensors have values; see the contract."""
    return contextlib.nullcontext()


DEVICE_TYPES = (str,)


def device_scope(name: Any) -> Any:
    """A context manager under which new tensors go to a device."""
    if name.lower().split(":")[0] != "cpu":
        raise ValueError(f"device must be 'cpu' on the numpy backend. Received: {name!r}")
    return contextlib.nullcontext()
