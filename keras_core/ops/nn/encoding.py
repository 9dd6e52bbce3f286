"""Integer codes as indicator vectors, and pairs of polar coordinates as complex numbers."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import dtypes, errors, shapes
from keras_core.ops import rules
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, op


def _one_hot_spec(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> KerasTensor:
    _check_classes("one_hot", num_classes)
    shape = rules.shape_of(x)
    at = shapes.axis_index(axis, len(shape) + 1)
    dtype = dtype or dtypes.standardize(None)
    return KerasTensor((*shape[:at], num_classes, *shape[at:]), dtype, sparse=sparse)


def _check_classes(owner: str, count: Any) -> None:
    if isinstance(count, int) and count < 0:
        raise ValueError(errors.message(owner, "num_classes", "not be negative", count))


@op(spec=_one_hot_spec)
def one_hot(
    x: TensorLike,
    num_classes: int,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
) -> Tensor:
    """Indicator vectors of integer codes: 1 at the code's place, 0 elsewhere.

    Args:
        x: an integer tensor. Codes outside of `[0, num_classes)` give all zeros; of fractions
            the whole part counts.
        num_classes: the length of the new axis.
        axis: where the new axis goes.
        dtype: of the result; None for `floatx()`.
        sparse: whether to give a sparse tensor, on backends that have them.

    Returns:
        A tensor with one more axis than `x`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.one_hot([2, 0], 3)).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    _check_classes("one_hot", num_classes)
    if not dtypes.is_int(ops.dtype(x)):  # in float32 at least: in 16 bits few codes differ
        x = ops.trunc(ops.cast(x, dtypes.result_type(ops.dtype(x), "float32")))
    hot = ops.equal(ops.expand_dims(x, -1), ops.arange(num_classes, dtype=ops.dtype(x)))
    return ops.moveaxis(ops.cast(hot, dtypes.standardize(dtype)), -1, axis)


def _multi_hot_spec(
    inputs: Any,
    num_classes: int,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
) -> KerasTensor:
    shape = rules.shape_of(inputs)
    kept = shape[:-1] if len(shape) > 1 else ()
    at = shapes.axis_index(axis, len(kept) + 1)
    dtype = dtype or dtypes.standardize(None)
    return KerasTensor((*kept[:at], num_classes, *kept[at:]), dtype, sparse=sparse)


@op(spec=_multi_hot_spec, name="multi_hot")
def _multi_hot(
    inputs: TensorLike,
    num_classes: int,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
) -> Tensor:
    hot = ops.one_hot(inputs, num_classes, axis=-1, dtype=dtype)
    least = 0 if rules.shape_of(inputs)[-1:] == (0,) else None  # of no codes, all is 0
    found = ops.moveaxis(ops.max(hot, axis=-2, initial=least), -1, axis)
    return backend.sparse.from_dense(found) if sparse else found


def multi_hot(
    inputs: TensorLike,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Tensor:
    """Indicator vectors of sets of integer codes: 1 at the place of each code in the last axis.

    Args:
        inputs: an integer tensor whose last axis holds a sample's codes.
        num_classes: the length of the new axis.
        axis: where the new axis goes.
        dtype: of the result; None for `floatx()`.
        sparse: whether to give a sparse tensor, on backends that have them.
        **kwargs: `num_tokens`, an old name of `num_classes`.

    Returns:
        A tensor in which the axis of codes is replaced by one of length `num_classes`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.multi_hot([0, 2, 2], 4)).tolist()
    [1.0, 0.0, 1.0, 0.0]
    """
    if num_classes is None:
        num_classes = kwargs.pop("num_tokens", None)
    if kwargs:
        raise TypeError(f"multi_hot: unknown arguments {sorted(kwargs)}")
    if num_classes is None:
        raise ValueError(errors.message("multi_hot", "num_classes", "be an int", num_classes))
    _check_classes("multi_hot", num_classes)
    return _multi_hot(inputs, num_classes, axis, dtype, sparse)


def _polar_spec(abs_: Any, angle: Any) -> KerasTensor:
    shape = shapes.broadcast(rules.shape_of(abs_), rules.shape_of(angle))
    real = dtypes.join((rules.dtype_of(abs_), rules.dtype_of(angle), "float"))
    return KerasTensor(shape, "complex128" if real == "float64" else "complex64")


@op(spec=_polar_spec, dtype=rules.floating)
def polar(abs_: TensorLike, angle: TensorLike) -> Tensor:
    """Complex numbers from their absolute values and angles.

    Args:
        abs_: a float tensor of absolute values.
        angle: a float tensor of angles, in radians.

    Returns:
        A complex tensor.

    Example:

    >>> import keras_core as keras
    >>> complex(keras.ops.convert_to_numpy(keras.ops.polar(2.0, 0.0)))
    (2+0j)
    """
    abs_ = ops.cast(abs_, "complex128" if ops.dtype(abs_) == "float64" else "complex64")
    return ops.multiply(abs_, ops.exp(ops.multiply(ops.cast(angle, abs_.dtype), 1j)))
