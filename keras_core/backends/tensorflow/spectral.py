"""Native bindings of the Fourier transforms and sliding windows."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def _parts(z: Any) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.math.real(z), tf.math.imag(z)


def _complex(x: Any) -> tf.Tensor:
    real, imaginary = x
    return tf.complex(real, imaginary)


def _with_samples(x: Any, axes: int = 1, least: int = 1) -> Any:
    """`x`; of no samples the kernels end the whole process, some of them on the next call."""
    if x.shape.rank is not None and any(n is not None and n < least for n in x.shape[-axes:]):
        raise ValueError("x must have samples to transform.")
    return x


def fft(x: Any) -> Any:
    _with_samples(x[0])
    return _parts(tf.signal.fft(_complex(x)))


def fft2(x: Any) -> Any:
    _with_samples(x[0], 2)
    return _parts(tf.signal.fft2d(_complex(x)))


def ifft2(x: Any) -> Any:
    _with_samples(x[0], 2)
    return _parts(tf.signal.ifft2d(_complex(x)))


def _resized(x: Any, size: int) -> tf.Tensor:
    """The last axis cut or filled up: the transforms do it too, but not in their gradients."""
    x = x[..., :size]
    known = x.shape[-1]
    missing = size - (known if known is not None else tf.shape(x)[-1])
    if known is None or missing:
        if x.shape.rank is None:
            front = tf.zeros((tf.rank(x) - 1, 2), tf.int32)
            return tf.pad(x, tf.concat([front, [[0, missing]]], 0))
        x = tf.pad(x, [[0, 0]] * (x.shape.rank - 1) + [[0, missing]])
        x.set_shape([*x.shape[:-1], size])
    return x


def rfft(x: Any, fft_length: int | None = None) -> Any:
    if fft_length is None:
        return _parts(tf.signal.rfft(_with_samples(x)))
    if fft_length == 0:
        raise ValueError("rfft: x must have samples to transform.")
    return _parts(tf.signal.rfft(_resized(x, fft_length), [fft_length]))


def irfft(x: Any, fft_length: int | None = None) -> tf.Tensor:
    if fft_length is None:
        _with_samples(x[0], least=2)
        return tf.signal.irfft(_complex(x))
    if fft_length == 0:
        raise ValueError("irfft: the result must have samples.")
    z = tf.complex(*(_resized(part, fft_length // 2 + 1) for part in x))
    return tf.signal.irfft(z, [fft_length])
