"""TensorFlow tensors: recognition, conversion, dtypes, abstract evaluation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_core.backends.tensorflow.ranks import by_rank  # noqa: F401 (of the arrays' protocol)
from keras_core.backends.variable import BaseVariable
from keras_core.core import dtypes, errors, shapes, tree

try:  # TensorFlow does not show this one; without it gradients are always prepared for
    from tensorflow.python.eager.record import could_possibly_record as may_record
except ImportError:

    def may_record() -> bool:
        """Whether a gradient may be asked for of what is computed now."""
        return True


def recorded() -> bool:
    """Whether what is computed now may be differentiated: on a tape, or in a graph, always."""
    return not tf.executing_eagerly() or may_record()


Tensor = tf.Tensor
_NO_RANK = (
    "the tensor's rank must be known. Received a tensor without one. Say its shape by "
    "tf.ensure_shape(x, shape), after tf.py_function for example."
)
TRACES_UNKNOWN = True  # `abstract` takes specs with sizes of None
# Eager tensors; graph tensors are added when they are met: see `ops._door`.
TENSOR_TYPES: set[type] = {tf.__internal__.EagerTensor}  # no tensor is made: that starts devices
NATIVE_DTYPES = {
    name: tf.as_dtype(name) for name in dtypes.ALL_TYPES if not name.startswith("float8")
} | {"float8_e4m3fn": tf.dtypes.experimental.float8_e4m3fn,
     "float8_e5m2": tf.dtypes.experimental.float8_e5m2}  # fmt: skip
_NAMES = {native: name for name, native in NATIVE_DTYPES.items()}
EIGHT_BITS = frozenset(NATIVE_DTYPES[name] for name in dtypes.FLOAT8_TYPES)  # few kernels have them


def native_dtype(dtype: Any) -> tf.DType:
    """The native dtype of a name."""
    return NATIVE_DTYPES[dtypes.standardize(dtype)]


def is_tensor(x: Any) -> bool:
    """Whether `x` is a native tensor of this backend."""
    return isinstance(x, tf.Tensor)


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse tensor of this backend."""
    return isinstance(x, (tf.SparseTensor, tf.IndexedSlices))


def dtype_name(x: Any) -> str:
    """The dtype of a native tensor, by name."""
    return _NAMES[x.dtype]


def convert_to_tensor(
    x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None
) -> tf.Tensor:
    """`x` (array, number, nested list, Variable, another framework's tensor) as a tensor."""
    if isinstance(x, BaseVariable):
        x = x.tensor
    if isinstance(x, (tf.SparseTensor, tf.RaggedTensor, tf.IndexedSlices)):
        if sparse is False and not isinstance(x, tf.RaggedTensor):
            x = _dense(x)
        elif ragged is False and isinstance(x, tf.RaggedTensor):
            x = x.to_tensor()
        return x if dtype is None else tf.cast(x, NATIVE_DTYPES[dtypes.standardize(dtype)])
    if isinstance(x, tf.Variable):
        x = tf.convert_to_tensor(x)
    native = None if dtype is None else NATIVE_DTYPES[dtypes.standardize(dtype)]
    if isinstance(x, tf.Tensor):
        return x if native is None or x.dtype == native else _cast(x, native)
    if native is None and not hasattr(x, "dtype"):  # Python numbers and lists of them
        if type(x) is float or _holds_floats(x):
            native = NATIVE_DTYPES[dtypes.standardize(None)]
        found = _from_python(x, native)
        if found.dtype == tf.complex128:
            found = tf.cast(found, NATIVE_DTYPES[dtypes.of_python(np.zeros((), complex)) or ""])
        return found
    if hasattr(x, "detach"):  # a torch tensor that requires grad
        x = np.asarray(x.detach().cpu())
    if isinstance(x, (int, float)) or native is None:
        if native is not None and type(x) is not bool:
            dtypes.check_range(x, x, _NAMES[native])
        # TensorFlow takes no number for a bool, no bool for a number and no fraction for an int.
        if native is tf.bool:
            x = bool(x)
        elif native is not None and (native.is_integer or isinstance(x, bool)):
            x = int(x)
        return tf.convert_to_tensor(x, native)
    # On the way no narrower than floats are in Python, where the dtype asked for is not.
    given = hasattr(x, "dtype")
    beyond = native.is_integer or native in (tf.float64, tf.complex128)
    x = _from_python(x, tf.float64 if beyond and not given and _holds_floats(x) else None)
    if not given and native.is_integer:
        numbers = tf.get_static_value(x)
        if numbers is not None:
            dtypes.of_python(numbers, _NAMES[native])
    return x if x.dtype == native else _cast(x, native)


def _cast(x: tf.Tensor, native: tf.DType) -> tf.Tensor:
    if native in EIGHT_BITS and not x.dtype.is_floating:
        x = tf.cast(x, tf.float32)
    return tf.cast(x, native)


def _dense(x: Any) -> tf.Tensor:
    if isinstance(x, tf.SparseTensor):
        return tf.sparse.to_dense(x, validate_indices=False)
    shape = tf.cast(x.dense_shape, tf.int64)
    return tf.scatter_nd(tf.cast(x.indices, tf.int64)[:, None], x.values, shape)


def _holds_floats(x: Any) -> bool:
    while isinstance(x, (list, tuple)):
        if any(type(i) is float for i in x):
            return True
        if not x:
            return True
        x = x[0]
    return type(x) is float


def _from_python(x: Any, native: tf.DType | None = None) -> tf.Tensor:
    try:
        return tf.convert_to_tensor(x, native)
    except (TypeError, ValueError):  # TensorFlow refuses bools among numbers
        types = {type(leaf) for leaf in tree.flatten(x)}
        if isinstance(x, (int, list, tuple)) and types <= {bool, int}:  # or ints beyond int64
            array = dtypes.array_of(x)
            return tf.constant(array, NATIVE_DTYPES[dtypes.of_python(array) or "bool"])
        if not {bool} < types <= {bool, int, float}:
            raise
        return tf.convert_to_tensor(np.array(x).tolist(), native)


def cast(x: Any, dtype: Any) -> tf.Tensor:
    """`x` in another dtype."""
    native = NATIVE_DTYPES[dtypes.standardize(dtype)]
    if isinstance(x, tf.Tensor):
        return x if x.dtype == native else _cast(x, native)
    return convert_to_tensor(x, dtype)


def scalar(x: Any, native: tf.DType) -> tf.Tensor:
    """A number, or a tensor of one, in a dtype: `tf.cast` takes numbers by way of float32."""
    if not isinstance(x, (int, float)):
        return tf.cast(x, native)
    return tf.constant(int(x) if native.is_integer else x, native)


def convert_to_numpy(x: Any) -> np.ndarray:
    """A native tensor as a NumPy array."""
    if isinstance(x, BaseVariable):
        x = x.tensor
    if is_sparse(x):
        x = _dense(x)
    elif isinstance(x, tf.RaggedTensor):
        x = x.to_tensor()
    if isinstance(x, tf.Tensor) and x.dtype.size <= 2 and x.dtype.is_floating:
        # At rank 0, __array__ gives no array of the types of ml_dtypes.
        return np.asarray(x.numpy(), x.dtype.as_numpy_dtype)
    return np.asarray(x)


def shape(x: Any) -> tuple[Any, ...]:
    """The shape: ints where known, scalar tensors for sizes known only at run time."""
    static = x.shape
    if isinstance(x, tf.SparseTensor) and not static.is_fully_defined():
        sizes = tf.cast(x.dense_shape, tf.int32)
        return tuple(sizes[i] if n is None else n for i, n in enumerate(static))
    if static.rank is None:
        raise ValueError(f"shape: {_NO_RANK}")
    out = static.as_list()
    if isinstance(x, tf.RaggedTensor):
        sizes = x.bounding_shape(out_type=tf.int32) if out[0] is None else None
        return tuple(sizes[0] if i == 0 and n is None else n for i, n in enumerate(out))
    if None in out:
        dynamic = tf.shape(x)
        return tuple(dynamic[i] if dim is None else dim for i, dim in enumerate(out))
    return tuple(out)


def static_shape(x: Any) -> tuple[int | None, ...]:
    """The shape as far as it is known before running."""
    if x.shape.rank is None:
        raise ValueError(_NO_RANK)
    return tuple(x.shape.as_list())


def axis_index(x: Any, axis: int) -> int:
    """`axis` counted from 0; as it is where the rank is known only at run time."""
    rank = x.shape.rank
    return axis if rank is None else shapes.axis_index(axis, rank)


def ints(values: Any) -> Any:
    """A list or tuple of ints as a tensor: calls of kernels take several times as long with it."""
    for value in values:
        if type(value) is not int:
            return values
    return tf.constant(values, tf.int32 if not values or max(values) < 2**31 else tf.int64)


def stop_gradient(variable: Any) -> Any:
    if isinstance(variable, BaseVariable):
        variable = variable.tensor
    return tf.stop_gradient(variable)


def abstract(function: Callable, specs: Any) -> Any:
    """Trace `function` on `(shape, dtype)` specs; see the contract."""
    with tf.__internal__.FuncGraph("abstract").as_default():
        values = tree.map_structure(
            lambda s: (
                tf.compat.v1.placeholder(NATIVE_DTYPES[s.dtype], s.shape)
                if hasattr(s, "with_shape")
                else s
            ),
            specs,
        )
        return function(values)


def wants_values(error: BaseException) -> bool:
    """Whether something failed for want of a tensor's values; see the contract."""
    return any(
        isinstance(e, tf.errors.OperatorNotAllowedInGraphError)
        or (isinstance(e, NotImplementedError) and "symbolic tf.Tensor" in str(e))
        or (isinstance(e, (AttributeError, TypeError)) and "SymbolicTensor" in str(e))
        for e in errors.with_causes(error)
    )


def outside_of_traces() -> Any:
    """A context in which new tensors have values; see the contract."""
    return _INSIDE if tf.executing_eagerly() else tf.init_scope()


_INSIDE = contextlib.nullcontext()  # of no trace


DEVICE_TYPES = (str, tf.config.LogicalDevice)


def device_scope(name: Any) -> Any:
    """A context manager under which new tensors go to a device."""
    return tf.device(name)
