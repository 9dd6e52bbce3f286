"""STFTSpectrogram and MelSpectrogram: waveforms as images of time and frequency."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_core import initializers, ops
from keras_core.core import settings
from keras_core.core.limits import (
    BOOL,
    DATA_FORMAT,
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_INT,
    UPPER_BOUND,
    WINDOW,
    one_of,
    optional,
)
from keras_core.initializers.deterministic import window_values
from keras_core.layers.preprocessing.host import DataLayer

MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


def _values(layer: Any, length: int, periodic: bool) -> Any:
    """The values of a layer's window; ValueError if it has others in number."""
    try:
        return window_values(layer.window, length, periodic)
    except ValueError as error:
        raise layer._refuse("window", WINDOW.must, layer.window, f"{error}") from None


class STFTSpectrogram(DataLayer):
    """The short-time Fourier transform of waveforms, as a convolution that can be trained.

    Args:
        mode: what comes out: "log" of the magnitude, "magnitude", "psd" (power spectral
            density), "real", "imag", "angle", or "stft" (real and imaginary parts).
        frame_length: samples in a frame.
        frame_step: samples from one frame to the next; half a frame by default.
        fft_length: size of the transform; the next power of two by default.
        window: name of the window, as SciPy knows it, an array of its `frame_length` values, or
            None for none.
        periodic: whether the window is periodic rather than symmetric.
        scaling: "density", "spectrum", or None.
        padding: "valid" or "same".
        expand_dims: whether the channels have an axis of their own behind the frequencies.
        data_format: "channels_last" for (batch, time, channels), or "channels_first".
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.STFTSpectrogram(frame_length=64)(keras.ops.ones((2, 256, 1))).shape
    (2, 7, 33)
    """

    limits = {
        "mode": one_of(*MODES),
        "window": WINDOW,
        "frame_length": POSITIVE_INT,
        "frame_step": optional(POSITIVE_INT),
        "fft_length": optional(POSITIVE_INT),
        "periodic": BOOL,
        "scaling": one_of("density", "spectrum", None),
        "padding": one_of("valid", "same"),
        "expand_dims": BOOL,
        "data_format": DATA_FORMAT,
    }

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        self.data_format = settings.standardize_data_format(data_format)
        length = self.frame_length
        self._step = self.frame_step or max(1, length // 2)
        self._size = self.fft_length or 2 ** math.ceil(math.log2(max(2, length)))
        if self._size < length:
            raise self._refuse("fft_length", f"be at least frame_length={length}", fft_length)

    @property
    def _bins(self) -> int:
        return self._size // 2 + 1

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 3:
            raise self._refuse("inputs", "have the rank 3, channels included", tuple(input_shape))
        window = _values(self, self.frame_length, self.periodic)
        if self.scaling == "density":
            window = window / np.sqrt(np.sum(np.square(window)))
        elif self.scaling == "spectrum":
            window = window / np.abs(np.sum(window))
        turns = np.outer(np.arange(self.frame_length), np.arange(self._bins)) / self._size
        parts = {"real": np.cos, "imag": lambda x: -np.sin(x)}
        for name, function in parts.items():
            if self.mode == ("imag" if name == "real" else "real"):
                continue
            values = window[:, None] * function(2 * np.pi * turns)
            kernel = self.add_weight(
                (self.frame_length, 1, self._bins),
                initializers.Constant(values[:, None].astype("float32")),
                name=f"{name}_kernel",
            )
            setattr(self, f"{name}_kernel", kernel)

    def call(self, inputs: Any) -> Any:
        last = self.data_format == "channels_last"
        x = ops.transpose(inputs, (0, 2, 1)) if last else inputs
        sizes = ops.shape(x)
        channels = x.shape[1]
        x = ops.reshape(x, (-1, sizes[2], 1))
        y = self._spectrum(x)
        y = ops.reshape(y, (-1, channels, *ops.shape(y)[1:]))  # batch, channel, time, frequency
        if self.expand_dims:
            return ops.transpose(y, (0, 2, 3, 1)) if last else y
        if last:
            y = ops.transpose(y, (0, 2, 1, 3))
            return ops.reshape(y, (-1, y.shape[1] or ops.shape(y)[1], channels * y.shape[3]))
        y = ops.transpose(y, (0, 1, 3, 2))
        return ops.reshape(y, (-1, channels * y.shape[2], y.shape[3] or ops.shape(y)[3]))

    def _spectrum(self, x: Any) -> Any:
        """(batch, time, 1) to (batch, frames, frequencies)."""

        def part(kernel: Any) -> Any:
            return ops.conv(x, kernel, self._step, self.padding, "channels_last")

        mode = self.mode
        if mode == "real":
            return part(self.real_kernel)
        if mode == "imag":
            return part(self.imag_kernel)
        real, imag = part(self.real_kernel), part(self.imag_kernel)
        if mode == "angle":
            return ops.arctan2(imag, real)
        if mode == "stft":
            return ops.concatenate([real, imag], axis=-1)
        power = ops.add(ops.square(real), ops.square(imag))
        if mode == "psd":
            # Of the two-sided spectrum only one side is there: its other half counts too.
            twice = np.full(self._bins, 2.0, "float32")
            twice[0] = 1.0
            if self._size % 2 == 0:
                twice[-1] = 1.0
            return ops.multiply(power, ops.cast(twice, self.compute_dtype))
        tiny = settings.epsilon()
        if mode == "log":
            return ops.multiply(ops.log(ops.maximum(power, tiny**2)), 0.5)
        return ops.sqrt(ops.maximum(power, tiny**2))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        last = self.data_format == "channels_last"
        batch, time, channels = (
            input_shape if last else (input_shape[0], input_shape[2], input_shape[1])
        )
        if time is None:
            frames = None
        elif self.padding == "same":
            frames = -(-time // self._step)
        else:
            frames = (time - self.frame_length) // self._step + 1
        bins = 2 * self._bins if self.mode == "stft" else self._bins
        if self.expand_dims:
            return (batch, frames, bins, channels) if last else (batch, channels, frames, bins)
        flat = None if channels is None else bins * channels
        return (batch, frames, flat) if last else (batch, flat, frames)


class MelSpectrogram(DataLayer):
    """Waveforms as power by time and by frequency on the mel scale.

    Stevens, Volkmann & Newman, 1937, "A scale for the measurement of the psychological
    magnitude pitch".

    Args:
        fft_length: size of the transform.
        sequence_stride: samples from one frame to the next.
        sequence_length: samples in a frame; `fft_length` by default.
        window: name of the window, as SciPy knows it, an array of its
            `sequence_length` values, or None for none.
        sampling_rate: samples a second.
        num_mel_bins: how many bands of frequency there are.
        min_freq: the lowest band's lower end, in Hz.
        max_freq: the highest band's upper end, in Hz; half of the sampling rate by default.
        power_to_db: whether the result is in decibels.
        top_db: values further below the largest are raised to this distance.
        mag_exp: exponent of the magnitude: 1 for amplitude, 2 for power.
        min_power: the smallest power that decibels are taken of.
        ref_power: the power that stands at 0 decibels.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.MelSpectrogram()(keras.ops.ones((2, 16000))).shape
    (2, 128, 32)
    """

    limits = {
        "fft_length": POSITIVE_INT,
        "window": WINDOW,
        "sequence_stride": POSITIVE_INT,
        "sequence_length": optional(POSITIVE_INT),
        "sampling_rate": POSITIVE_INT,
        "num_mel_bins": POSITIVE_INT,
        "power_to_db": BOOL,
        "min_freq": NOT_NEGATIVE,
        "max_freq": optional(POSITIVE),
        "mag_exp": POSITIVE,
        "min_power": POSITIVE,
        "ref_power": POSITIVE,
        "top_db": UPPER_BOUND,
    }

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        self.sequence_length = sequence_length or fft_length
        self.max_freq = max_freq or sampling_rate // 2
        if not 0 <= min_freq < self.max_freq <= sampling_rate / 2:
            raise self._refuse(
                "min_freq and max_freq",
                "rise from 0 to half of sampling_rate",
                (min_freq, self.max_freq),
            )
        self._filters = self._bands()
        self._shape = self.window
        if self.window not in (None, "hann", "hamming"):  # those that the operation knows itself
            self._shape = _values(self, self.sequence_length, True)

    def _bands(self) -> np.ndarray:
        """Triangles over the frequencies, even on the mel scale: (frequencies, bands)."""

        def mel(hertz: Any) -> Any:
            return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)

        pitch = mel(np.linspace(0.0, self.sampling_rate / 2, self.fft_length // 2 + 1))[:, None]
        edges = np.linspace(mel(self.min_freq), mel(self.max_freq), self.num_mel_bins + 2)
        low, middle, high = edges[:-2], edges[1:-1], edges[2:]
        rising, falling = (pitch - low) / (middle - low), (high - pitch) / (high - middle)
        bands = np.maximum(0.0, np.minimum(rising, falling))
        bands[0] = 0.0  # the mean of the waveform is no sound
        return bands.astype("float32")

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, self.compute_dtype)
        single = len(x.shape) == 1
        if single:
            x = ops.expand_dims(x, 0)
        real, imag = ops.stft(
            x, self.sequence_length, self.sequence_stride, self.fft_length, self._shape, True
        )
        power = ops.add(ops.square(real), ops.square(imag))
        if self.mag_exp != 2.0:
            power = ops.power(power, self.mag_exp / 2)
        y = ops.matmul(power, ops.cast(self._filters, self.compute_dtype))
        if self.power_to_db:
            y = self._decibels(y)
        y = ops.cast(ops.swapaxes(y, -1, -2), self.compute_dtype)
        return ops.squeeze(y, 0) if single else y

    def _decibels(self, power: Any) -> Any:
        level = ops.multiply(ops.log10(ops.maximum(power, self.min_power)), 10.0)
        reference = 10.0 * math.log10(max(self.min_power, self.ref_power))
        level = ops.subtract(level, reference)
        return ops.maximum(level, ops.subtract(ops.max(level), self.top_db))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        time = input_shape[-1]
        frames = None
        if time is not None:
            padded = time + self.fft_length // 2 * 2
            frames = 1 + (padded - self.fft_length) // self.sequence_stride
        return (*input_shape[:-1], self.num_mel_bins, frames)
