"""Converting, casting, inspecting: what concerns a tensor as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.variable import BaseVariable
from keras_core.core import dtypes, errors, shapes, tree
from keras_core.ops import rules
from keras_core.ops._door import RAGGED, KerasTensor, Tensor, TensorLike, arrays, op


def _cast_spec(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> KerasTensor:
    if not isinstance(x, KerasTensor) and any(isinstance(i, KerasTensor) for i in tree.flatten(x)):
        raise ValueError(
            "convert_to_tensor: x must be one KerasTensor, not a structure of them. "
            f"Received: {errors.describe(x)}. Use ops.stack to put KerasTensors together"
        )
    keeps = x.sparse and sparse is not False
    return KerasTensor(x.shape, x.dtype if dtype is None else dtype, sparse=keeps)


@op(spec=_cast_spec, raw=True, native_required=True)
def convert_to_tensor(
    x: TensorLike,
    dtype: str | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
) -> Tensor:
    """Make a native tensor of an array, a number, a nested list, a Variable or a tensor.

    Args:
        x: what to convert. Python floats become `floatx()`, Python ints int32.
        dtype: the result's dtype; None keeps that of `x`.
        sparse: False to make a sparse tensor dense.
        ragged: False to make a ragged tensor dense.

    Returns:
        A tensor; `x` itself if it is one already.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_tensor([1.0, 2.0]).shape[0]
    2
    """


def array(x: TensorLike, dtype: str | None = None) -> Tensor:
    """Make a native tensor: `convert_to_tensor` under NumPy's name.

    Args:
        x: an array, a number, a nested list, a Variable or a tensor.
        dtype: the result's dtype; None keeps that of `x`.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.array([[1, 2], [3, 4]]).shape[1]
    2
    """
    return convert_to_tensor(x, dtype)


def convert_to_numpy(x: TensorLike) -> np.ndarray:
    """Copy a tensor, Variable or array to the host, as a NumPy array.

    Args:
        x: anything with values. Sparse and ragged tensors become dense.

    Returns:
        A NumPy array of the same shape and dtype, which shares no memory with `x`: writing to it
        changes nothing else.

    Raises:
        ValueError: for a KerasTensor, which has no values.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.ones((2,))).tolist()
    [1.0, 1.0]
    """
    if isinstance(x, KerasTensor):
        raise ValueError(
            f"convert_to_numpy: x must have values, which a KerasTensor has not. Received: x={x!r}"
        )
    return np.array(arrays.convert_to_numpy(x))


@op(spec=_cast_spec, raw=True, native_required=True)
def cast(x: TensorLike, dtype: str) -> Tensor:
    """Convert to another dtype.

    Args:
        x: a tensor.
        dtype: the name of the new dtype.

    Returns:
        A tensor of that dtype; `x` itself if it has it.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.dtype(keras.ops.cast([1, 2], "float16"))
    'float16'
    """


@op(spec=_cast_spec, native_required=True)
def saturate_cast(x: TensorLike, dtype: str) -> Tensor:
    """Convert to another dtype, values beyond its range becoming the nearest one within.

    Args:
        x: a tensor.
        dtype: the name of the new dtype.

    Returns:
        A tensor of that dtype.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.saturate_cast([300.0, -5.0], "uint8")).tolist()
    [255, 0]
    """


def shape(x: TensorLike) -> tuple[Any, ...]:
    """The shape of a tensor.

    Args:
        x: a tensor, an array or a KerasTensor.

    Returns:
        A tuple of ints. Sizes that are unknown before running are scalar tensors on
        TensorFlow, and None for a KerasTensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.shape(keras.ops.zeros((2, 3)))
    (2, 3)
    """
    if isinstance(x, (KerasTensor, BaseVariable)):
        return x.shape
    return arrays.shape(x if arrays.is_tensor(x) else arrays.convert_to_tensor(x))


def ndim(x: TensorLike) -> int:
    """The number of dimensions.

    Args:
        x: a tensor, an array or a KerasTensor.

    Returns:
        An int.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.ndim(keras.ops.zeros((2, 3)))
    2
    """
    return len(rules.shape_of(x))


def size(x: TensorLike) -> Any:
    """The number of elements.

    Args:
        x: a tensor, an array or a KerasTensor.

    Returns:
        An int; a scalar int32 tensor where sizes are known only at run time: in TensorFlow's
        graphs, and of a KerasTensor with sizes of None, whose elements are counted then.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.size(keras.ops.zeros((2, 3)))
    6
    """
    static = shapes.size(rules.shape_of(x))
    if static is not None:
        return static
    if isinstance(x, KerasTensor) or shapes.is_ragged(x):
        from keras_core.ops import creation, reductions

        return reductions.sum(creation.ones_like(x, dtype="int32"))
    total = 1
    for dim in arrays.shape(x):
        total = total * dim
    return total


def dtype(x: TensorLike) -> str:
    """The name of a tensor's dtype.

    Args:
        x: a tensor, an array, a Variable or a KerasTensor.

    Returns:
        A name such as "float32".

    Example:

    >>> import keras_core as keras
    >>> keras.ops.dtype(keras.ops.zeros((2,)))
    'float32'
    """
    if type(x) in arrays.TENSOR_TYPES:
        return arrays.dtype_name(x)
    found = getattr(x, "dtype", None)
    if found is None:
        return arrays.dtype_name(arrays.convert_to_tensor(x))
    return dtypes.standardize(found)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of the backend's own type.

    Args:
        x: anything.

    Returns:
        A bool; False for KerasTensors, Variables and (except on that backend) NumPy arrays.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.is_tensor(keras.ops.zeros((2,))), keras.ops.is_tensor([0.0])
    (True, False)
    """
    return arrays.is_tensor(x) or arrays.is_sparse(x) or (RAGGED and shapes.is_ragged(x))


@op(shape=rules.elementwise, dtype=rules.keep, native_required=True)
def stop_gradient(variable: TensorLike) -> Tensor:
    """The same values, through which no gradient flows.

    Args:
        variable: a tensor or Variable.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.stop_gradient(2.0))
    2.0
    """


@op(shape=rules.elementwise, dtype=rules.keep, native_required=True)
def copy(x: TensorLike) -> Tensor:
    """A tensor of its own with the same values.

    Args:
        x: a tensor.

    Returns:
        A copy.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.copy(keras.ops.ones((2,))).shape[0]
    2
    """


def _view_spec(x: Any, dtype: Any = None) -> KerasTensor:
    old = dtypes.ITEMSIZE[x.dtype]
    new_dtype = dtypes.standardize(x.dtype if dtype is None else dtype)
    new, out = dtypes.ITEMSIZE[new_dtype], list(x.shape)
    if old != new:
        if not out:
            raise ValueError(
                errors.message("view", "x", "have a last axis for another item size", x)
            )
        if out[-1] is not None:
            if out[-1] * old % new:
                raise ValueError(
                    errors.message("view", "x", f"have a last axis of whole {new_dtype} items", x)
                )
            out[-1] = out[-1] * old // new
    return KerasTensor(tuple(out), new_dtype)


@op(spec=_view_spec, native_required=True, exact=False)
def view(x: TensorLike, dtype: str | None = None) -> Tensor:
    """Read the bits of a tensor as another dtype.

    Args:
        x: a tensor.
        dtype: the name of the dtype; None for that of `x`. If its items have another size,
            the last axis grows or shrinks accordingly.

    Returns:
        A tensor of that dtype.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.view(keras.ops.zeros((2, 4), "float32"), "int16").shape[1]
    8
    """
