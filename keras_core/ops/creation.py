"""Creating tensors: constants, ranges, identity and triangular matrices, windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core.core import dtypes, shapes
from keras_core.ops import rules
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, op, weak_dtype


@op(native_required=True)
def zeros(shape: Sequence[int], dtype: str | None = None) -> Tensor:
    """A tensor of zeros.

    Args:
        shape: a tuple of sizes; an int for one axis.
        dtype: the name of its dtype; None for `floatx()`.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.zeros((2, 3)).shape[1]
    3
    """


@op(native_required=True)
def ones(shape: Sequence[int], dtype: str | None = None) -> Tensor:
    """A tensor of ones.

    Args:
        shape: a tuple of sizes; an int for one axis.
        dtype: the name of its dtype; None for `floatx()`.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.ones((2,))[0])
    1.0
    """


@op(native_required=True)
def empty(shape: Sequence[int], dtype: str | None = None) -> Tensor:
    """A tensor whose values do not matter, and may be anything.

    Args:
        shape: a tuple of sizes; an int for one axis.
        dtype: the name of its dtype; None for `floatx()`.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.empty((2, 3)).shape[0]
    2
    """


def _full_spec(shape: Any, fill_value: Any, dtype: Any = None) -> KerasTensor:
    return KerasTensor(shape, dtypes.standardize(dtype))


@op(spec=_full_spec, raw=True, native_required=True)
def full(shape: Sequence[int], fill_value: TensorLike, dtype: str | None = None) -> Tensor:
    """A tensor filled with a value.

    Args:
        shape: a tuple of sizes; an int for one axis.
        fill_value: a number, or a tensor that broadcasts to `shape`.
        dtype: the name of its dtype; None for `floatx()`.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.full((2,), 7)[1])
    7.0
    """


def _like_spec(x: Any, dtype: Any = None) -> KerasTensor:
    return KerasTensor(x.shape, x.dtype if dtype is None else dtype)


def _full_like_spec(x: Any, fill_value: Any, dtype: Any = None) -> KerasTensor:
    return KerasTensor(rules.shape_of(x), weak_dtype(x) if dtype is None else dtype)


@op(spec=_like_spec, native_required=True)
def zeros_like(x: TensorLike, dtype: str | None = None) -> Tensor:
    """Zeros in the shape of another tensor.

    Args:
        x: a tensor.
        dtype: the name of the result's dtype; None for that of `x`.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.zeros_like(keras.ops.ones((2, 3))).shape[1]
    3
    """


@op(spec=_like_spec, native_required=True)
def ones_like(x: TensorLike, dtype: str | None = None) -> Tensor:
    """Ones in the shape of another tensor.

    Args:
        x: a tensor.
        dtype: the name of the result's dtype; None for that of `x`.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.ones_like(keras.ops.zeros((2, 3))).shape[1]
    3
    """


@op(spec=_like_spec, native_required=True)
def empty_like(x: TensorLike, dtype: str | None = None) -> Tensor:
    """A tensor in the shape of another one, whose values do not matter.

    Args:
        x: a tensor.
        dtype: the name of the result's dtype; None for that of `x`.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.empty_like(keras.ops.zeros((2, 3))).shape[0]
    2
    """


@op(spec=_full_like_spec, native_required=True)
def full_like(x: TensorLike, fill_value: TensorLike, dtype: str | None = None) -> Tensor:
    """A value in the shape of another tensor.

    Args:
        x: a tensor.
        fill_value: a number, or a tensor that broadcasts to the shape of `x`.
        dtype: the name of the result's dtype; None for that of `x`.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.full_like(keras.ops.zeros((2,)), 3)[0])
    3.0
    """


def _spans(*values: Any) -> str:
    """The dtype of a range, from its ends and its step."""
    return dtypes.join(tuple(weak_dtype(value) for value in values if value is not None))


def _arange_spec(start: Any, stop: Any, step: Any, dtype: str) -> KerasTensor:
    known = all(isinstance(x, (int, float, type(None))) for x in (start, stop, step))
    if not known:
        return KerasTensor((None,), dtype)
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    return KerasTensor((max(0, -int(-(stop - start) // step)),), dtype)


@op(spec=_arange_spec, raw=True, native_required=True, name="arange")
def _arange(
    start: TensorLike,
    stop: TensorLike | None = None,
    step: TensorLike | None = None,
    dtype: str | None = None,
) -> Tensor:
    """See `arange`."""


def arange(
    start: TensorLike,
    stop: TensorLike | None = None,
    step: TensorLike | None = None,
    dtype: str | None = None,
) -> Tensor:
    """Evenly spaced values from `start` up to, but without, `stop`.

    Args:
        start: the first value; the end of a range from 0 if `stop` is None.
        stop: the end.
        step: the distance between values; None for 1.
        dtype: the name of the result's dtype; None for the one the ends and the step promote to.

    Returns:
        A tensor of one axis.

    Example:

    >>> import keras_core as keras
    >>> [int(i) for i in keras.ops.arange(1, 7, 2)]
    [1, 3, 5]
    """
    if dtype is None:
        dtype = _spans(start, stop, step)
    return _arange(start, stop, step, dtypes.standardize(dtype))


def _spaced_shape(start: Any, stop: Any, num: int, axis: int) -> shapes.Shape:
    ends = shapes.broadcast(rules.shape_of(start), rules.shape_of(stop))
    at = shapes.axis_index(axis, len(ends) + 1)
    return (*ends[:at], num, *ends[at:])


def _check_num(name: str, num: Any) -> None:
    if not isinstance(num, int) or num < 0:
        raise ValueError(f"{name}: num must be a non-negative int. Received: num={num!r}")


def _spaced_dtype(dtype: Any, *ends: Any) -> str:
    if dtype is not None:
        return dtypes.standardize(dtype)
    return dtypes.join((*map(weak_dtype, ends), "float"))


def _linspace_spec(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    _check_num("linspace", num)
    out = KerasTensor(_spaced_shape(start, stop, num, axis), _spaced_dtype(dtype, start, stop))
    if not retstep:
        return out
    ends = shapes.broadcast(rules.shape_of(start), rules.shape_of(stop))
    return out, KerasTensor(ends, _spaced_dtype(None, start, stop))


@op(spec=_linspace_spec, dtype=rules.floating, native_required=True)
def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: str | None = None,
    axis: int = 0,
) -> Tensor:
    """Numbers at equal distances from `start` to `stop`.

    Args:
        start: the first number, or a tensor of them.
        stop: the last number, or a tensor of them.
        num: how many.
        endpoint: whether `stop` is the last of them; else it is one step further.
        retstep: whether to return the step too.
        dtype: the name of the result's dtype; None for a float type.
        axis: where the new axis goes if the ends are tensors.

    Returns:
        A tensor, or a pair of it and the step if `retstep`.

    Example:

    >>> import keras_core as keras
    >>> [float(x) for x in keras.ops.linspace(0, 1, 3)]
    [0.0, 0.5, 1.0]
    """


@op(native_required=True)
def eye(N: int, M: int | None = None, k: int = 0, dtype: str | None = None) -> Tensor:  # noqa: N803
    """A matrix with ones on a diagonal and zeros elsewhere.

    Args:
        N: its rows.
        M: its columns; None for as many as rows.
        k: which diagonal: 0 for the main one, above it for positive numbers.
        dtype: the name of its dtype; None for `floatx()`.

    Returns:
        A tensor of shape `(N, M)`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.eye(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """


def identity(n: int, dtype: str | None = None) -> Tensor:
    """The identity matrix.

    Args:
        n: its rows and columns.
        dtype: the name of its dtype; None for `floatx()`.

    Returns:
        A tensor of shape `(n, n)`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.identity(3).shape[0]
    3
    """
    return eye(n, dtype=dtype)
