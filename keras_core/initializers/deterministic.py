"""Initializers without chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.variable import fresh, full_to_keep
from keras_core.core import limits
from keras_core.core.limits import BOOL, NUMBER, NUMERIC, WINDOW, one_of
from keras_core.initializers.base import Initializer, as_dtype


class Constant(Initializer):
    """The same value everywhere.

    Args:
        value: a number, or an array that broadcasts to the shape.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.Constant(3.0)(shape=(2,))
    """

    limits = {"value": NUMERIC}
    value: Any

    def __init__(self, value: Any = 0.0) -> None:
        limits.keep(self, locals())

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        value = as_dtype(np.asarray(self.value), dtype)
        return np.array(np.broadcast_to(value, shape))

    def get_config(self) -> dict[str, Any]:
        from keras_core.core import registry

        return {"value": registry.serialize_keras_object(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        from keras_core.core import registry

        return cls(registry.deserialize_keras_object(config["value"]))


class Zeros(Initializer):
    """Zeros.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.Zeros()(shape=(2, 3))
    """

    def __init__(self) -> None:
        pass

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        return full_to_keep(shape, dtype, 0)


class Ones(Initializer):
    """Ones.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.Ones()(shape=(2, 3))
    """

    def __init__(self) -> None:
        pass

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        return full_to_keep(shape, dtype, 1)


class Identity(Initializer):
    """A multiple of the identity matrix.

    Args:
        gain: the value on the diagonal.

    Raises:
        ValueError: when called with a shape that is no matrix's.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.Identity()(shape=(2, 2))
    """

    limits = {"gain": NUMBER}
    gain: float

    def __init__(self, gain: float = 1.0) -> None:
        limits.keep(self, locals())

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        if len(shape) != 2:
            raise ValueError(f"Identity: shape must have two dimensions. Received: shape={shape}")
        return as_dtype(self.gain * np.eye(*shape), dtype)


def window_values(window: Any, length: int, periodic: bool) -> np.ndarray:
    """A window of so many values: by its name, or as it was given.

    Raises:
        ImportError: if the window is none of hann and hamming, and SciPy is missing.
        ValueError: if SciPy knows no such window, or a list has another length.
    """
    if window is None:
        return np.ones(length)
    if isinstance(window, list):
        if len(window) != length:
            raise ValueError(f"A window must have length {length}. Received: {len(window)} values.")
        return np.asarray(window, "float64")
    if window in ("hann", "hamming"):
        offset = 0.5 if window == "hann" else 0.54
        turns = np.arange(length) / max(1, length if periodic else length - 1)
        return offset - (1 - offset) * np.cos(2 * np.pi * turns)
    from scipy.signal import get_window

    return get_window(window, length, fftbins=periodic)  # pyright: ignore[reportReturnType]


class STFT(Initializer):
    """Windowed rows of the discrete Fourier transform, for a convolution that computes one.

    Args:
        side: "real" for the cosines, "imag" for the negated sines.
        window: the name of a window, as SciPy knows it, an array of its values, or None for none.
        scaling: None, "density" or "spectrum": how the result is normalized.
        periodic: whether the window is made periodic, as fits a transform.

    Raises:
        ValueError: for an unknown side or scaling, or a shape without three dimensions.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.STFT("real", "hann")(shape=(128, 1, 513)).shape
    """

    limits = {
        "side": one_of("real", "imag"),
        "scaling": one_of("density", "spectrum", None),
        "periodic": BOOL,
        "window": WINDOW,
    }
    side: str
    scaling: str | None
    periodic: bool
    window: Any

    def __init__(
        self,
        side: str = "real",
        window: Any = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ) -> None:
        limits.keep(self, locals())

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        if len(shape) != 3:
            raise ValueError(f"STFT: shape must have three dimensions. Received: shape={shape}")
        length, channels, bins = shape
        size = (bins - 1) * 2
        scale = 1.0
        window = window_values(self.window, length, self.periodic)
        if self.window is not None:
            if self.scaling == "density":
                scale = np.sqrt(np.sum(window**2))
            elif self.scaling == "spectrum":
                scale = np.sum(np.abs(window))
        angle = 2 * np.pi * np.outer(np.arange(length), np.arange(bins)) / size
        rows = np.cos(angle) if self.side == "real" else -np.sin(angle)
        values = (rows * (window / scale)[:, None])[:, None, :]
        return as_dtype(np.broadcast_to(values, (length, channels, bins)), dtype).copy()

    def get_config(self) -> dict[str, Any]:
        return {
            "side": self.side,
            "window": self.window,
            "periodic": self.periodic,
            "scaling": self.scaling,
        }


NAMES = {c.__name__: c for c in (Constant, Zeros, Ones, Identity, STFT)} | {
    "IdentityInitializer": Identity,
    "zero": Zeros,
    "one": Ones,
}

# The same classes under their other public names.
IdentityInitializer = Identity
STFTInitializer = STFT
constant = Constant
identity = Identity
ones = Ones
zeros = Zeros
stft = STFT
