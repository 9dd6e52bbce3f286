"""Draws from distributions. The same int seed gives the same numbers on one backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core.backends.select import backend
from keras_core.backends.variable import BaseVariable
from keras_core.core import dtypes, errors, settings, shapes
from keras_core.ops import _arguments
from keras_core.random.seed_generator import Seed, draw_seed

Shape = Sequence[int]
TensorLike = Any
_TENSORS = backend.arrays.TENSOR_TYPES
_FRAMEWORKS = backend.random  # now: torch's compiler follows no import


def _source() -> Any:
    """Where draws come from: the framework, or what is shared by all of them."""
    if not settings.flags["shared_random_numbers"]:
        return _FRAMEWORKS
    from keras_core.random import shared

    return shared


def _shape(shape: Any, owner: str) -> Any:
    if backend.arrays.is_tensor(shape):
        return shape
    if isinstance(shape, (tuple, list)) and any(backend.arrays.is_tensor(n) for n in shape):
        return shape  # sizes known only at run time
    found = shapes.standardize_shape(shape, f"random.{owner}: shape")
    if None in found:
        text = errors.message(f"random.{owner}", "shape", "hold sizes", shape, _arguments.UNKNOWN)
        raise ValueError(text)
    return found


def _float(dtype: Any, owner: str) -> str:
    name = dtypes.standardize(dtype)
    if name not in dtypes.FLOAT_TYPES:
        raise ValueError(errors.message(f"random.{owner}", "dtype", "be a float type", dtype))
    return dtypes.canonical(name)


def _tensor(x: Any, dtype: str | None = None) -> Any:
    if dtype is None and type(x) in _TENSORS:
        return x
    if x is None:
        raise TypeError("None is no tensor")
    if isinstance(x, BaseVariable):
        x = x.tensor
    return backend.arrays.convert_to_tensor(x, dtype)


@_arguments.named("random.")
def uniform(
    shape: Shape, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Seed = None
) -> Any:
    """Draw uniformly from `[minval, maxval)`.

    Args:
        shape: of the result.
        minval: the lower end.
        maxval: the upper end, excluded.
        dtype: a float type; None for `floatx()`.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        A tensor.

    Raises:
        ValueError: if dtype is not a float type.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.random.uniform((2, 3), seed=1).shape)
    (2, 3)
    """
    dtype = _float(dtype, "uniform")
    return _source().uniform(_shape(shape, "uniform"), minval, maxval, dtype, draw_seed(seed))


@_arguments.named("random.")
def normal(
    shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None
) -> Any:
    """Draw from a normal distribution.

    Args:
        shape: of the result.
        mean: the distribution's mean.
        stddev: its standard deviation.
        dtype: a float type; None for `floatx()`.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        A tensor.

    Raises:
        ValueError: if dtype is not a float type.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.random.normal((2, 3), seed=1).shape)
    (2, 3)
    """
    dtype = _float(dtype, "normal")
    return _source().normal(_shape(shape, "normal"), mean, stddev, dtype, draw_seed(seed))


@_arguments.named("random.")
def truncated_normal(
    shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None
) -> Any:
    """Draw from a normal distribution cut off at two standard deviations from the mean.

    Args:
        shape: of the result.
        mean: the distribution's mean.
        stddev: its standard deviation before the cut.
        dtype: a float type; None for `floatx()`.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        A tensor.

    Raises:
        ValueError: if dtype is not a float type.

    Example:

    >>> import keras_core as keras
    >>> x = keras.random.truncated_normal((100,), seed=1)
    >>> bool(keras.ops.max(keras.ops.absolute(x)) <= 2)
    True
    """
    dtype = _float(dtype, "truncated_normal")
    shape = _shape(shape, "truncated_normal")
    return _source().truncated_normal(shape, mean, stddev, dtype, draw_seed(seed))


@_arguments.named("random.")
def randint(shape: Shape, minval: int, maxval: int, dtype: Any = "int32", seed: Seed = None) -> Any:
    """Draw integers uniformly from `[minval, maxval)`.

    Args:
        shape: of the result.
        minval: the smallest one.
        maxval: one more than the largest one.
        dtype: an integer type.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        A tensor.

    Raises:
        ValueError: if dtype is not an integer type.

    Example:

    >>> import keras_core as keras
    >>> x = keras.random.randint((100,), 0, 6, seed=1)
    >>> int(keras.ops.min(x)) >= 0 and int(keras.ops.max(x)) <= 5
    True
    """
    name = dtypes.standardize(dtype)
    if name not in dtypes.INTS:
        raise ValueError(errors.message("random.randint", "dtype", "be an integer type", dtype))
    shape = _shape(shape, "randint")
    return _source().randint(shape, minval, maxval, dtypes.canonical(name), draw_seed(seed))


@_arguments.named("random.")
def categorical(
    logits: TensorLike, num_samples: int, dtype: Any = "int32", seed: Seed = None
) -> Any:
    """Draw class codes, with replacement.

    Args:
        logits: `(batch, classes)`, unnormalised log-probabilities.
        num_samples: how many for each row.
        dtype: an integer type.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        `(batch, num_samples)`.

    Raises:
        ValueError: if logits is not a matrix.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.random.categorical([[0.0, 1.0, 2.0]], 5, seed=1).shape)
    (1, 5)
    """
    logits = _tensor(logits)
    if len(logits.shape) != 2:
        raise ValueError(
            errors.message("random.categorical", "logits", "have shape (batch, classes)", logits)
        )
    dtype = dtypes.canonical(dtypes.standardize(dtype))
    return _source().categorical(logits, num_samples, dtype, draw_seed(seed))


@_arguments.named("random.")
def binomial(
    shape: Shape, counts: Any, probabilities: Any, dtype: Any = None, seed: Seed = None
) -> Any:
    """Draw the numbers of successes among `counts` tosses.

    Args:
        shape: of the result.
        counts: how often is tossed; broadcasts to `shape`.
        probabilities: of a success; broadcasts to `shape`.
        dtype: a float or integer type; None for `floatx()`.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        A tensor.

    Raises:
        ValueError: if dtype is neither.

    Example:

    >>> import keras_core as keras
    >>> x = keras.random.binomial((100,), 10.0, 0.5, seed=1)
    >>> 0 <= float(keras.ops.min(x)) and float(keras.ops.max(x)) <= 10
    True
    """
    whole = dtypes.standardize(dtype)
    if whole in dtypes.INTS:
        drawn = binomial(shape, counts, probabilities, "float32", seed)
        return backend.arrays.cast(drawn, dtypes.canonical(whole))
    dtype = _float(dtype, "binomial")
    wide = "float64" if dtype == "float64" else "float32"
    counts, probabilities = _tensor(counts, wide), _tensor(probabilities, wide)
    shape = _shape(shape, "binomial")
    return _source().binomial(shape, counts, probabilities, dtype, draw_seed(seed))


@_arguments.named("random.")
def beta(shape: Shape, alpha: Any, beta: Any, dtype: Any = None, seed: Seed = None) -> Any:
    """Draw from a beta distribution, of density `x^(alpha - 1) (1 - x)^(beta - 1)`.

    Args:
        shape: of the result.
        alpha: positive; broadcasts to `shape`.
        beta: positive; broadcasts to `shape`.
        dtype: a float type; None for `floatx()`.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        A tensor of numbers between 0 and 1.

    Raises:
        ValueError: if dtype is not a float type.

    Example:

    >>> import keras_core as keras
    >>> x = keras.random.beta((100,), 2.0, 3.0, seed=1)
    >>> 0 <= float(keras.ops.min(x)) and float(keras.ops.max(x)) <= 1
    True
    """
    dtype = _float(dtype, "beta")
    wide = "float64" if dtype == "float64" else "float32"
    alpha, beta = _tensor(alpha, wide), _tensor(beta, wide)
    return _source().beta(_shape(shape, "beta"), alpha, beta, dtype, draw_seed(seed))


@_arguments.named("random.")
def gamma(shape: Shape, alpha: Any, dtype: Any = None, seed: Seed = None) -> Any:
    """Draw from a gamma distribution of scale 1, of density `x^(alpha - 1) exp(-x)`.

    Args:
        shape: of the result.
        alpha: positive; broadcasts to `shape`.
        dtype: a float type; None for `floatx()`.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        A tensor of positive numbers.

    Raises:
        ValueError: if dtype is not a float type.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.min(keras.random.gamma((100,), 2.0, seed=1))) > 0
    True
    """
    dtype = _float(dtype, "gamma")
    alpha = _tensor(alpha, "float64" if dtype == "float64" else "float32")
    return _source().gamma(_shape(shape, "gamma"), alpha, dtype, draw_seed(seed))


@_arguments.named("random.")
def dropout(
    inputs: TensorLike,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    seed: Seed = None,
) -> Any:
    """Set a random part to 0 and scale the rest so that the expectation stays.

    Args:
        inputs: a tensor; integers are taken as `floatx()`.
        rate: the part that becomes 0, from 0 to 1.
        noise_shape: the shape of the random mask, which broadcasts to that of `inputs`; None in
            it for the size of `inputs`.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: if rate is outside of [0, 1].

    Reference:
        Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html

    Example:

    >>> import keras_core as keras
    >>> x = keras.random.dropout(keras.ops.ones((100,)), 0.5, seed=1)
    >>> sorted(set(keras.ops.convert_to_numpy(x).tolist()))
    [0.0, 2.0]
    """
    if type(inputs) not in _TENSORS:
        inputs = _tensor(inputs)
    if not 0 <= rate <= 1:
        raise ValueError(errors.message("random.dropout", "rate", "be between 0 and 1", rate))
    if not rate:
        return inputs
    if backend.arrays.dtype_name(inputs) not in dtypes.FLOAT_TYPES:
        inputs = backend.arrays.cast(inputs, dtypes.standardize(None))
    seed = draw_seed(seed)
    if noise_shape is not None:
        sizes = backend.arrays.shape(inputs)
        noise_shape = tuple(noise_shape)
        if len(noise_shape) != len(sizes):
            raise ValueError(
                errors.message(
                    "random.dropout", "noise_shape", f"have {len(sizes)} sizes", noise_shape
                )
            )
        noise_shape = tuple(n if m is None else m for m, n in zip(noise_shape, sizes, strict=True))
    return _source().dropout(inputs, float(rate), noise_shape, seed)


@_arguments.named("random.")
def shuffle(x: TensorLike, axis: int = 0, seed: Seed = None) -> Any:
    """Permute the slices along an axis at random.

    Args:
        x: a tensor.
        axis: an int.
        seed: an int, a SeedGenerator, or None for the global seed.

    Returns:
        A tensor of the same shape and dtype.

    Example:

    >>> import keras_core as keras
    >>> x = keras.random.shuffle(keras.ops.arange(5), seed=1)
    >>> sorted(keras.ops.convert_to_numpy(x).tolist())
    [0, 1, 2, 3, 4]
    """
    x = _tensor(x)
    axis = shapes.axis_index(axis, len(x.shape), "random.shuffle: axis")
    return _source().shuffle(x, axis, draw_seed(seed))
