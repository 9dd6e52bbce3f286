"""Creating tensors: constants, ranges, identity and triangular matrices, windows."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core.core import dtypes, settings, shapes, tree
from keras_core.core.errors import message
from keras_core.ops import (
    _arguments,
    comparison,
    core,
    elementwise,
    exponential,
    joining,
    reductions,
    rules,
    shaping,
)
from keras_core.ops._door import (
    BEYOND_FLOAT32,
    KerasTensor,
    Tensor,
    TensorLike,
    arrays,
    op,
    weak_dtype,
)


def _made_spec(shape: Any, dtype: Any = None) -> KerasTensor:
    return KerasTensor(shapes.standardize_shape(rules.sizes(shape)), dtypes.standardize(dtype))


@op(spec=_made_spec, native_required=True)
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


@op(spec=_made_spec, native_required=True)
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


@op(spec=_made_spec, native_required=True)
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
    wanted, given = rules.sizes(shape), rules.shape_of(fill_value)
    if None not in wanted and shapes.broadcast(wanted, given) != wanted:
        raise ValueError(
            "full: fill_value must be a number, or broadcast to shape. Received: fill_value of "
            f"shape {given}, shape={wanted}"
        )
    return KerasTensor(wanted, dtypes.standardize(dtype))


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


@op(spec=_full_like_spec, native_required=True, like={"fill_value": "x"})
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
    if isinstance(step, (int, float)) and step == 0:
        raise ValueError("arange: step must not be 0.")
    known = all(isinstance(x, (int, float, type(None))) for x in (start, stop, step))
    if not known:
        return KerasTensor((None,), dtype)
    if any(isinstance(x, float) and x - x != 0 for x in (start, stop, step)):
        raise ValueError(
            "arange: start, stop and step must be finite. Received: "
            f"start={start}, stop={stop}, step={step}"
        )
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    return KerasTensor((max(0, -int(-(stop - start) // step)),), dtype)


def _check_range_held(start: Any, stop: Any, step: Any, dtype: str) -> None:
    """Refuse a range of Python's numbers that leaves an integer dtype."""
    if all(isinstance(x, (int, float, type(None))) for x in (start, stop, step)):
        count = _arange_spec(start, stop, step, dtype).shape[0]
        first = 0 if stop is None else start
        if count:
            last = first + (count - 1) * (1 if step is None else step)
            dtypes.check_range(min(first, last), max(first, last), dtype)


def _wide_enough(*ends: Any) -> str:
    """int32, or int64 for Python's ints beyond it."""
    if all(not isinstance(n, int) or -(2**31) <= n < 2**31 for n in ends):
        return "int32"
    if dtypes.canonical("int64") != "int64":
        raise OverflowError(
            "arange: start and stop must fit into int32, the widest integers that the backend has "
            f"as it is set up. Received: {ends}"
        )
    return "int64"


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
    if start is None:
        raise ValueError(message("arange", "start", "be a number", start, _arguments.UNKNOWN))
    if dtype is None:
        dtype = _spans(start, stop, step)
        if dtype == "int32":
            dtype = _wide_enough(start, stop)
    dtype = dtypes.standardize(dtype)
    if dtypes.is_int(dtype):
        _check_range_held(start, stop, step, dtype)
    if dtypes.is_int(dtype) and any(isinstance(x, float) for x in (start, stop, step)):
        # Cut off once counted: frameworks cut the ends and the step off first, each in its way.
        return core.cast(_arange(start, stop, step, dtypes.canonical("float64")), dtype)
    return _arange(start, stop, step, dtype)


def _spaced_shape(start: Any, stop: Any, num: int, axis: int) -> shapes.Shape:
    ends = shapes.broadcast(rules.shape_of(start), rules.shape_of(stop))
    at = shapes.axis_index(axis, len(ends) + 1)
    return (*ends[:at], num, *ends[at:])


def _check_num(name: str, num: Any) -> None:
    if not isinstance(num, (int, np.integer)) or num < 0:
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
    step = _spaced_dtype(None, start, stop)
    exact = dtype is not None and dtypes.standardize(dtype) in BEYOND_FLOAT32
    return out, KerasTensor(ends, dtypes.canonical("float64") if exact else step)


def _given(*ends: Any) -> tuple[np.ndarray, ...] | None:
    """The ends of a range as arrays, if they are Python's or NumPy's numbers, or lists of them."""
    leaves = tree.flatten(list(ends))
    if not all(isinstance(x, (int, float, np.ndarray, np.number)) for x in leaves):
        return None
    return np.broadcast_arrays(*map(np.asarray, ends))


def _check_held(first: np.ndarray, last: np.ndarray, dtype: Any, num: int) -> None:
    """Refuse numbers from `first` to `last`, of which there are some, beyond an integer dtype."""
    if num > 0 and first.size:
        ends = (first, last if num > 1 else first)
        low, high = min(x.min() for x in ends), max(x.max() for x in ends)
        dtypes.check_range(low.item(), high.item(), dtype)


def _check_linspace(
    start: Any, stop: Any, num: int, endpoint: bool, retstep: bool, dtype: Any, axis: int
) -> None:
    if dtype in dtypes.INTS and (ends := _given(start, stop)) is not None:
        _check_num("linspace", num)
        first, last = ends
        if not endpoint and num > 0:
            last = last - (last - first) / num
        first, last = (x if x.dtype.kind in "iu" else np.floor(x) for x in (first, last))
        _check_held(first, last, dtype, num)


@op(spec=_linspace_spec, dtype=rules.floating, native_required=True, check=_check_linspace)
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


def _eye_spec(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> KerasTensor:
    return _made_spec((N, N if M is None else M), dtype)


@op(spec=_eye_spec, native_required=True)
def eye(N: int, M: int | None = None, k: int = 0, dtype: str | None = None) -> Tensor:
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


def _logspace_spec(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: Any = None,
    axis: int = 0,
) -> KerasTensor:
    _check_num("logspace", num)
    return KerasTensor(_spaced_shape(start, stop, num, axis), _spaced_dtype(dtype, start, stop))


def _check_logspace(
    start: Any, stop: Any, num: int, endpoint: bool, base: Any, dtype: Any, axis: int
) -> None:
    if dtype in dtypes.INTS and (ends := _given(start, stop, base)) is not None:
        _check_num("logspace", num)
        first, last, base = (x.astype("float64") for x in ends)
        if not endpoint and num > 0:
            last = last - (last - first) / num
        with np.errstate(all="ignore"):
            _check_held(base**first, base**last, dtype, num)


@op(spec=_logspace_spec, dtype=rules.floating, check=_check_logspace)
def logspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: str | None = None,
    axis: int = 0,
) -> Tensor:
    """Numbers whose logarithms lie at equal distances.

    Args:
        start: the first number's exponent, or a tensor of them.
        stop: the last number's exponent, or a tensor of them.
        num: how many.
        endpoint: whether the last exponent is `stop`; else it is one step before.
        base: of the logarithm.
        dtype: the name of the result's dtype; None for a float type.
        axis: where the new axis goes if the ends are tensors.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [round(float(x)) for x in keras.ops.logspace(0, 2, 3)]
    [1, 10, 100]
    """
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    out = elementwise.power(full_like(exponents, base), exponents)
    return _to(out, dtype)


def _to(x: Any, dtype: str | None) -> Any:
    """`x` in the dtype asked for; whole numbers are rounded, as their logarithms were."""
    if dtype is None:
        return x
    if dtypes.is_int(dtypes.standardize(dtype)):
        # Cut off, as NumPy has it; but a whole number that came out a little small is that one.
        whole = elementwise.round(x)
        near = comparison.isclose(x, whole, 1e-5, 0)
        x = elementwise.where(near, whole, elementwise.trunc(x))
    return core.cast(x, dtype)


def _geomspace_spec(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> KerasTensor:
    _check_num("geomspace", num)
    return KerasTensor(_spaced_shape(start, stop, num, axis), _spaced_dtype(dtype, start, stop))


def _check_geomspace(
    start: Any, stop: Any, num: int, endpoint: bool, dtype: Any, axis: int
) -> None:
    if dtype in dtypes.INTS and (ends := _given(start, stop)) is not None:
        _check_num("geomspace", num)
        first, last = ends
        if not endpoint and num > 0:
            with np.errstate(all="ignore"):
                last = last * (first / last) ** (1 / num)
        _check_held(first, last, dtype, num)


@op(spec=_geomspace_spec, dtype=rules.floating, check=_check_geomspace)
def geomspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: str | None = None,
    axis: int = 0,
) -> Tensor:
    """Numbers of which each is the one before times the same factor.

    Args:
        start: the first number, or a tensor of them; not 0.
        stop: the last number, of the same sign.
        num: how many.
        endpoint: whether `stop` is the last of them.
        dtype: the name of the result's dtype; None for a float type.
        axis: where the new axis goes if the ends are tensors.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> [round(float(x)) for x in keras.ops.geomspace(1, 100, 3)]
    [1, 10, 100]
    """
    first = exponential.log(elementwise.absolute(start))
    last = exponential.log(elementwise.absolute(stop))
    size = exponential.exp(linspace(first, last, num, endpoint, axis=axis))
    sign = shaping.expand_dims(elementwise.sign(elementwise.add(start, zeros_like(stop))), axis)
    return _to(elementwise.multiply(sign, size), dtype)


@_arguments.named()
def tri(N: int, M: int | None = None, k: int = 0, dtype: str | None = None) -> Tensor:
    """A matrix with ones on and below a diagonal, and zeros above it.

    Args:
        N: its rows.
        M: its columns; None for as many as rows.
        k: which diagonal: 0 for the main one, above it for positive numbers.
        dtype: the name of its dtype; None for `floatx()`.

    Returns:
        A tensor of shape `(N, M)`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.tri(2)).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    rows, columns = operator.index(N), operator.index(N if M is None else M)
    triangle = np.tri(rows, columns, operator.index(k))
    return arrays.convert_to_tensor(triangle, dtypes.standardize(dtype))


# Windows -----------------------------------------------------------------------------------


def _window(name: str, x: Any, *args: Any) -> Tensor:
    if isinstance(x, KerasTensor):
        raise TypeError(
            f"{name}: x must be a number: it is the result's size. Received: a KerasTensor"
        )
    values = getattr(np, name)(int(x), *args)
    return arrays.convert_to_tensor(values, settings.floatx())


@_arguments.named()
def bartlett(x: int) -> Tensor:
    """The Bartlett window: a triangle that is zero at both ends.

    Args:
        x: how many values.

    Returns:
        A tensor of shape `(x,)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.bartlett(5)[2])
    1.0
    """
    return _window("bartlett", x)


@_arguments.named()
def blackman(x: int) -> Tensor:
    """The Blackman window: a sum of three cosines with low side lobes.

    Args:
        x: how many values.

    Returns:
        A tensor of shape `(x,)`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.blackman(5).shape[0]
    5
    """
    return _window("blackman", x)


@_arguments.named()
def hamming(x: int) -> Tensor:
    """The Hamming window: a raised cosine that does not reach zero.

    Args:
        x: how many values.

    Returns:
        A tensor of shape `(x,)`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.hamming(5).shape[0]
    5
    """
    return _window("hamming", x)


@_arguments.named()
def hanning(x: int) -> Tensor:
    """The Hann window: a raised cosine that is zero at both ends.

    Args:
        x: how many values.

    Returns:
        A tensor of shape `(x,)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.hanning(5)[2])
    1.0
    """
    return _window("hanning", x)


@_arguments.named()
def kaiser(x: int, beta: float) -> Tensor:
    """The Kaiser window, which trades the main lobe's width for the side lobes' height.

    Args:
        x: how many values.
        beta: the shape: 0 is a rectangle, about 14 is a good start.

    Returns:
        A tensor of shape `(x,)`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.kaiser(5, 14.0).shape[0]
    5
    """
    return _window("kaiser", x, float(beta))


# Grids -------------------------------------------------------------------------------------


def _vander_shape(x: Any, N: int | None = None, increasing: bool = False) -> shapes.Shape:
    old = rules.shape_of(x)
    if len(old) != 1:
        raise ValueError(f"vander: x must have one axis. Received: x of shape {old}")
    return (old[0], old[0] if N is None else N)


@op(shape=_vander_shape, dtype=rules.same)
def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:
    """The Vandermonde matrix: powers of each element in its row.

    Args:
        x: a tensor of one axis.
        N: how many powers, from 0 on; None for as many as elements.
        increasing: whether the powers grow from left to right.

    Returns:
        A tensor of shape `(len(x), N)`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.convert_to_numpy(keras.ops.vander([2, 3], 3)).tolist()
    [[4, 2, 1], [9, 3, 1]]
    """
    count = _vander_shape(x, N)[1]
    if count is None:
        count = arrays.shape(x)[0]
        row = shaping.expand_dims(x, 1)
        factors = shaping.broadcast_to(row, (count, count))[:, 1:]
        powers = joining.concatenate([ones_like(row), reductions.cumprod(factors, 1)], 1)
        return powers if increasing else shaping.flip(powers, 1)
    if count == 0:
        return shaping.expand_dims(x, 1)[:, :0]
    powers = [ones_like(x)]
    for _ in range(count - 1):  # products: unlike powers they have a gradient at 0
        powers.append(elementwise.multiply(powers[-1], x))
    return joining.stack(powers if increasing else powers[::-1], axis=1)


def _check_indexing(indexing: str) -> None:
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij'. Received: {indexing!r}")


def _meshgrid_spec(x: Any, indexing: str = "xy") -> list[KerasTensor]:
    _check_indexing(indexing)
    sizes = [shapes.size(rules.shape_of(item)) for item in x]
    if indexing == "xy" and len(sizes) > 1:
        sizes[:2] = sizes[1::-1]
    return [KerasTensor(tuple(sizes), dtypes.join((weak_dtype(item),))) for item in x]


@op(spec=_meshgrid_spec, splat=True, name="meshgrid")
def _meshgrid(x: Sequence[TensorLike], indexing: str = "xy") -> list[Tensor]:
    """See `meshgrid`."""
    _check_indexing(indexing)
    flat = [shaping.reshape(item, (-1,)) for item in x]
    places = list(range(len(flat)))
    if indexing == "xy" and len(flat) > 1:
        places[:2] = [1, 0]
    sizes: list[Any] = [None] * len(flat)
    for item, place in zip(flat, places, strict=True):
        sizes[place] = arrays.shape(item)[0]
    out = []
    for item, place in zip(flat, places, strict=True):
        form = [1] * len(flat)
        form[place] = -1
        out.append(shaping.broadcast_to(shaping.reshape(item, form), tuple(sizes)))
    return out


def meshgrid(*x: TensorLike, indexing: str = "xy") -> list[Tensor]:
    """The coordinates of all points of a grid.

    Args:
        *x: the coordinates along each axis; flattened.
        indexing: "ij": the first axis of the results is that of the first argument; "xy": it
            is that of the second one, as images have it.

    Returns:
        A list of tensors, one for each argument.

    Example:

    >>> import keras_core as keras
    >>> rows, columns = keras.ops.meshgrid([1, 2], [3, 4, 5], indexing="ij")
    >>> rows.shape[1]
    3
    """
    return _meshgrid(list(x), indexing)
