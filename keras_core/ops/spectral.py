"""Fourier transforms, short-time ones, and sliding windows.

Complex numbers come and go as pairs of real tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core.core import dtypes, shapes
from keras_core.ops import (
    comparison,
    creation,
    elementwise,
    indexing,
    joining,
    ordering,
    products,
    rules,
    shaping,
)
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, arrays, op, weak_dtype
from keras_core.ops.rules import shape_of


def _pair(name: str, x: Any, least: int = 1) -> shapes.Shape:
    if len(x) != 2:
        raise ValueError(
            f"{name}: x must be a pair of tensors, the real and the imaginary part. "
            f"Received: {len(x)} of them"
        )
    shape = shapes.broadcast(shape_of(x[0]), shape_of(x[1]))
    if len(shape) < least:
        raise ValueError(f"{name}: x must have at least {least} axes. Received: shape {shape}")
    if 0 in shape[len(shape) - least :]:
        raise ValueError(f"{name}: x must have samples to transform. Received: shape {shape}")
    return shape


def _float(*values: Any) -> str:
    dtype = dtypes.join((*map(weak_dtype, values), "float"))
    return dtype if dtype == "float64" else "float32"


def _transformed(name: str, least: int) -> Any:
    def spec(x: Any) -> tuple[KerasTensor, KerasTensor]:
        shape = _pair(name, x, least)
        return KerasTensor(shape, _float(*x)), KerasTensor(shape, _float(*x))

    return spec


@op(spec=_transformed("fft", 1), dtype=rules.spectral, native_required=True)
def fft(x: Sequence[TensorLike]) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """The discrete Fourier transform along the last axis.

    Args:
        x: a pair of tensors: the real and the imaginary part.

    Returns:
        A pair of tensors.

    Example:

    >>> import keras_core as keras
    >>> real, imaginary = keras.ops.fft(([1.0, 1.0], [0.0, 0.0]))
    >>> float(real[0])
    2.0
    """


@op(spec=_transformed("fft2", 2), dtype=rules.spectral, native_required=True)
def fft2(x: Sequence[TensorLike]) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """The discrete Fourier transform along the last two axes.

    Args:
        x: a pair of tensors: the real and the imaginary part.

    Returns:
        A pair of tensors.

    Example:

    >>> import keras_core as keras
    >>> real, imaginary = keras.ops.fft2(([[1.0, 1.0]], [[0.0, 0.0]]))
    >>> float(real[0, 0])
    2.0
    """


@op(spec=_transformed("ifft2", 2), dtype=rules.spectral, native_required=True)
def ifft2(x: Sequence[TensorLike]) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """The inverse discrete Fourier transform along the last two axes.

    Args:
        x: a pair of tensors: the real and the imaginary part.

    Returns:
        A pair of tensors.

    Example:

    >>> import keras_core as keras
    >>> real, imaginary = keras.ops.ifft2(([[2.0, 0.0]], [[0.0, 0.0]]))
    >>> float(real[0, 0])
    1.0
    """


def _rfft_spec(x: Any, fft_length: int | None = None) -> tuple[KerasTensor, KerasTensor]:
    shape = shape_of(x)
    if not shape:
        raise ValueError("rfft: x must have at least one axis. Received: a scalar")
    size = shape[-1] if fft_length is None else fft_length
    if size == 0:
        raise ValueError(
            "rfft: x must have samples to transform. "
            f"Received: shape {shape}, fft_length={fft_length}"
        )
    out = (*shape[:-1], None if size is None else size // 2 + 1)
    return KerasTensor(out, _float(x)), KerasTensor(out, _float(x))


@op(spec=_rfft_spec, dtype=rules.spectral, native_required=True)
def rfft(x: TensorLike, fft_length: int | None = None) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """The discrete Fourier transform of real numbers along the last axis.

    Args:
        x: a tensor.
        fft_length: to what size the axis is cut or filled up with zeros; None leaves it.

    Returns:
        A pair of tensors, the real and the imaginary part of the `fft_length // 2 + 1`
        frequencies that are not negative.

    Example:

    >>> import keras_core as keras
    >>> real, imaginary = keras.ops.rfft([1.0, 1.0, 1.0])
    >>> real.shape[0]
    2
    """


def _irfft_spec(x: Any, fft_length: int | None = None) -> KerasTensor:
    shape = _pair("irfft", x)
    size = None if shape[-1] is None else 2 * (shape[-1] - 1)
    if fft_length is not None:
        size = fft_length
    if size == 0:
        raise ValueError(
            "irfft: the result must have samples. "
            f"Received: x of shape {shape}, fft_length={fft_length}"
        )
    return KerasTensor((*shape[:-1], size), _float(*x))


@op(spec=_irfft_spec, dtype=rules.spectral, native_required=True)
def irfft(x: Sequence[TensorLike], fft_length: int | None = None) -> Tensor:
    """The inverse of `rfft`.

    Args:
        x: a pair of tensors: the real and the imaginary part.
        fft_length: the size of the result's last axis; None for twice that of `x` less two.

    Returns:
        A tensor of real numbers.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.irfft(([3.0, 0.0], [0.0, 0.0]), fft_length=3)
    >>> float(x[0])
    1.0
    """


# Windows that slide ------------------------------------------------------------------------


def _frames(size: Any, length: int, stride: int) -> Any:
    return max(0, (size - length) // stride + 1) if isinstance(size, int) else size


def _extract_shape(x: Any, sequence_length: int, sequence_stride: int) -> shapes.Shape:
    shape = shape_of(x)
    if not shape or sequence_length < 1 or sequence_stride < 1:
        raise ValueError(
            "extract_sequences: x must have an axis, and sequence_length and sequence_stride must "
            f"be positive. Received: x of shape {shape}, sequence_length={sequence_length}, "
            f"sequence_stride={sequence_stride}"
        )
    return (*shape[:-1], _frames(shape[-1], sequence_length, sequence_stride), sequence_length)


@op(shape=_extract_shape, dtype=rules.keep)
def extract_sequences(x: TensorLike, sequence_length: int, sequence_stride: int) -> Tensor:
    """Cut the last axis into sequences that may overlap.

    Args:
        x: a tensor.
        sequence_length: the size of each sequence.
        sequence_stride: how far each starts behind the one before.

    Returns:
        A tensor of shape `(..., sequences, sequence_length)`.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.extract_sequences(keras.ops.arange(6), 4, 2).shape[0]
    2
    """
    _extract_shape(x, sequence_length, sequence_stride)
    size = arrays.shape(x)[-1]
    count = (
        _frames(size, sequence_length, sequence_stride)
        if isinstance(size, int)
        else elementwise.maximum((size - sequence_length) // sequence_stride + 1, 0)
    )
    starts = elementwise.multiply(creation.arange(count), sequence_stride)
    places = elementwise.add(shaping.expand_dims(starts, 1), creation.arange(sequence_length))
    return indexing.take(x, places, axis=-1)


def _check_length(name: str, sequence_length: int, fft_length: int) -> None:
    if fft_length < sequence_length:
        raise ValueError(
            f"{name}: fft_length must be at least sequence_length. Received: "
            f"sequence_length={sequence_length}, fft_length={fft_length}"
        )


def _window(name: str, window: Any, sequence_length: int, fft_length: int, dtype: str) -> Any:
    """The window in the middle of `fft_length` places, None for no window."""
    _check_length(name, sequence_length, fft_length)
    left = (fft_length - sequence_length) // 2
    pads = (left, fft_length - sequence_length - left)
    if window is None:
        return creation.ones((fft_length,), dtype)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(
                f"{name}: window must be 'hann', 'hamming', a tensor or None. "
                f"Received: window={window!r}"
            )
        full = np.hanning if window == "hann" else np.hamming
        window = full(sequence_length + 1)[:-1]  # periodic: without the next one's first value
    elif shape_of(window) != (sequence_length,):
        raise ValueError(
            f"{name}: window must have sequence_length={sequence_length} values. "
            f"Received: shape {shape_of(window)}"
        )
    return shaping.pad(arrays.convert_to_tensor(window, dtype), (pads,))


def _stft_spec(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> tuple[KerasTensor, KerasTensor]:
    shape = shape_of(x)
    if not shape:
        raise ValueError("stft: x must have at least one axis. Received: a scalar")
    _check_length("stft", sequence_length, fft_length)
    size = shape[-1]
    if size is not None:
        size = _frames(size + 2 * (fft_length // 2) * center, fft_length, sequence_stride)
    out = (*shape[:-1], size, fft_length // 2 + 1)
    return KerasTensor(out, _float(x)), KerasTensor(out, _float(x))


@op(spec=_stft_spec, dtype=rules.spectral)
def stft(
    x: TensorLike,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> tuple[Tensor, Tensor]:
    """The short-time Fourier transform along the last axis.

    Args:
        x: a tensor of samples.
        sequence_length: the size of each sequence, that of the window.
        sequence_stride: how far each starts behind the one before.
        fft_length: the size of the transform, at least `sequence_length`.
        window: "hann", "hamming", a tensor of `sequence_length` values, or None for
            ones all over `fft_length`.
        center: whether `x` is mirrored at both ends, so that sequence t is centred at sample
            `t * sequence_stride`.

    Returns:
        The real and the imaginary part, of shape `(..., sequences, fft_length // 2 + 1)`.

    Example:

    >>> import keras_core as keras
    >>> real, imaginary = keras.ops.stft(keras.ops.ones((16,)), 4, 2, 4)
    >>> real.shape[0]
    9
    """
    values = _window("stft", window, sequence_length, fft_length, arrays.dtype_name(x))
    if center:
        rank = len(shape_of(x))
        half = fft_length // 2
        x = shaping.pad(x, ((0, 0),) * (rank - 1) + ((half, half),), mode="reflect")
    frames = extract_sequences(x, fft_length, sequence_stride)
    return rfft(elementwise.multiply(frames, values), fft_length)


def _istft_spec(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> KerasTensor:
    _check_length("istft", sequence_length, fft_length)
    shape = _pair("istft", x, 2)
    size = length
    if size is None and shape[-2] is not None:
        size = (shape[-2] - 1) * sequence_stride + fft_length - 2 * (fft_length // 2) * center
    return KerasTensor((*shape[:-2], size), _float(*x))


@op(spec=_istft_spec, dtype=rules.spectral)
def istft(
    x: Sequence[TensorLike],
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Tensor:
    """The inverse of `stft`, in the sense of least squares.

    Griffin & Lim, "Signal estimation from modified short-time Fourier transform", 1984.

    Args:
        x: the real and the imaginary part, of shape `(..., sequences, fft_length // 2 + 1)`.
        sequence_length: the size of each sequence, that of the window.
        sequence_stride: how far each starts behind the one before.
        fft_length: the size of the transform.
        length: the number of samples to return; None for all that the sequences cover.
        window: as for `stft`.
        center: as for `stft`.

    Returns:
        A tensor of samples.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.stft(keras.ops.ones((16,)), 4, 2, 4)
    >>> keras.ops.istft(x, 4, 2, 4).shape[0]
    16
    """
    frames = irfft(x, fft_length)
    values = _window("istft", window, sequence_length, fft_length, arrays.dtype_name(frames))
    *batch, count, _ = arrays.shape(frames)
    total = (count - 1) * sequence_stride + fft_length
    starts = elementwise.multiply(creation.arange(count), sequence_stride)
    places = elementwise.add(shaping.expand_dims(starts, 1), creation.arange(fft_length))
    places = shaping.reshape(places, (-1,))

    def overlapped(rows: Any) -> Any:
        """Add sequences up where they belong: `(n * fft_length, batch) -> (total, batch)`."""
        return ordering._segment_sum(rows, places, total, False)

    weighted = shaping.reshape(elementwise.multiply(frames, values), (-1, count * fft_length))
    samples = shaping.transpose(overlapped(shaping.transpose(weighted)))
    weights = overlapped(shaping.tile(elementwise.square(values), count))
    covered = comparison.greater(weights, 1e-10)
    samples = elementwise.where(
        covered,
        elementwise.divide(samples, elementwise.where(covered, weights, 1.0)),
        samples,
    )
    start = fft_length // 2 if center else 0
    end = total - start
    if length is not None:
        end = start + length
    samples = samples[:, start:end]
    if length is not None:
        missing = length - (arrays.shape(samples)[-1])
        if not isinstance(missing, int) or missing > 0:
            samples = _filled(samples, length)
    return shaping.reshape(samples, (*batch, length if length is not None else end - start))


def _filled(samples: Any, length: int) -> Any:
    """Zeros behind what the sequences do not cover."""
    zeros = creation.zeros((arrays.shape(samples)[0], length), arrays.dtype_name(samples))
    return joining.concatenate([samples, zeros], axis=1)[:, :length]


def _dynamic_correlation(x1: Any, x2: Any, m: Any, n: Any, mode: str) -> Tensor:
    """As `correlate` where the sizes are known only at run time: a part of the whole."""
    rim = creation.zeros((n - 1,), arrays.dtype_name(x1))
    padded = joining.concatenate([rim, x1, rim], 0)
    places = creation.arange(m + n - 1)[:, None] + creation.arange(n)
    whole = products.matmul(indexing.take(padded, places, axis=0), x2)
    if mode == "full":
        return whole
    shorter, longer = elementwise.minimum(m, n), elementwise.maximum(m, n)
    if mode == "valid":
        return whole[shorter - 1 : longer]
    start = elementwise.where(m < n, m // 2, (n - 1) // 2)
    return whole[start : start + longer]


def _correlate_shape(x1: Any, x2: Any, mode: str = "valid") -> shapes.Shape:
    a, b = shape_of(x1), shape_of(x2)
    if mode not in ("valid", "same", "full"):
        raise ValueError(
            f"correlate: mode must be 'valid', 'same' or 'full'. Received: mode={mode!r}"
        )
    if len(a) != 1 or len(b) != 1:
        raise ValueError(f"correlate: x1 and x2 must have one axis. Received: {a} and {b}")
    m, n = a[0], b[0]
    if m == 0 or n == 0:
        raise ValueError(f"correlate: x1 and x2 must have elements. Received: {a} and {b}")
    if m is None or n is None:
        return (None,)
    return ({"valid": abs(m - n) + 1, "same": max(m, n), "full": m + n - 1}[mode],)


@op(shape=_correlate_shape, dtype=rules.floating)
def correlate(x1: TensorLike, x2: TensorLike, mode: str = "valid") -> Tensor:
    """The cross-correlation of two sequences.

    Args:
        x1: a tensor of one axis.
        x2: a tensor of one axis.
        mode: "valid" for places where they overlap completely, "same" for as many as the longer
            one has, "full" for all places where they overlap.

    Returns:
        A tensor of one axis.

    Example:

    >>> import keras_core as keras
    >>> [float(x) for x in keras.ops.correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5])]
    [3.5]
    """
    _correlate_shape(x1, x2, mode)
    m, n = arrays.shape(x1)[0], arrays.shape(x2)[0]
    if not (isinstance(m, int) and isinstance(n, int)):
        return _dynamic_correlation(x1, x2, m, n, mode)
    if m < n:
        return shaping.flip(correlate(x2, x1, mode), 0)
    before = {"valid": 0, "same": n // 2, "full": n - 1}[mode]
    after = {"valid": 0, "same": n - 1 - n // 2, "full": n - 1}[mode]
    padded = shaping.pad(x1, ((before, after),))
    return products.matmul(extract_sequences(padded, n, 1), x2)
