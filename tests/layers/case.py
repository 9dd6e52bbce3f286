"""Rows of the layers' table: which layer, with what, on what."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

import keras_core as core
from keras_core import config


@dataclasses.dataclass(frozen=True)
class Ints:
    """A placeholder for random integers in [0, high)."""

    shape: tuple[int, ...]
    high: int = 5


@dataclasses.dataclass(frozen=True)
class LayerCase:
    """One row.

    Args:
        layer: the layer's name in `keras.layers`.
        kwargs: the constructor's arguments, or a function of the `layers` module that gives them
            (for layers of layers).
        inputs: a shape, `Ints`, a list or tuple of these for a list of inputs, or a dict by
            names of `call`'s arguments.
        call: more arguments of the call (arrays become tensors).
        random: whether results while training are random.
        tol: absolute and relative tolerance.
        skip: checks that make no sense, with the reason: `{"mixed_precision": "..."}`.
        wrong: backends on which Keras's own result is wrong, or none comes, with the reason.
        low, high: the range of random inputs.
    """

    layer: str
    kwargs: Any = dataclasses.field(default_factory=dict)
    inputs: Any = (2, 3)
    call: dict[str, Any] = dataclasses.field(default_factory=dict)
    random: bool = False
    tol: float = 2e-5
    skip: dict[str, str] = dataclasses.field(default_factory=dict)
    wrong: dict[str, str] = dataclasses.field(default_factory=dict)
    low: float = -2.0
    high: float = 2.0

    def __str__(self) -> str:
        if callable(self.kwargs):
            return self.layer
        text = ",".join(f"{k}={v}" for k, v in self.kwargs.items() if not isinstance(v, np.ndarray))
        return f"{self.layer}({text})"

    def make(self, layers: Any, **more: Any) -> Any:
        """The layer, of this package or another."""
        before = config.dtype_policy()
        try:
            if layers is core.layers and "dtype" in more:  # for layers of layers too
                config.set_dtype_policy(more["dtype"])
            kwargs = self.kwargs(layers) if callable(self.kwargs) else self.kwargs
        finally:
            config.set_dtype_policy(before)
        return getattr(layers, self.layer)(**{**kwargs, **more})

    def draw(self) -> Any:
        """The inputs as NumPy arrays, the same ones every time."""
        rng = np.random.default_rng(zlib.crc32(str(self).encode()))

        def one(spec: Any) -> Any:
            if isinstance(spec, Ints):
                return rng.integers(0, spec.high, spec.shape).astype("int32")
            if isinstance(spec, np.ndarray):
                return spec
            if isinstance(spec, dict):
                return {k: one(v) for k, v in spec.items()}
            if spec and not isinstance(spec[0], int):
                return [one(s) for s in spec]
            return rng.uniform(self.low, self.high, spec).astype("float32")

        return one(self.inputs)


Make = Callable[[], Any]
