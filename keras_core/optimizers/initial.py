"""What an optimizer's variables hold before the first step."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.variable import fresh, full_to_keep
from keras_core.core import dtypes


class Constant:
    """The initial value of a slot."""

    def __init__(self, value: float) -> None:
        self.value = value

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        return full_to_keep(shape, dtype, self.value)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return self.host_values(tuple(shape), dtypes.standardize(dtype))


ZEROS = Constant(0.0)


def initializer_of(identifier: Any) -> Any:
    """The initializer of a slot: given as one, by name, or as a number."""
    if identifier == "zeros":
        return ZEROS
    if isinstance(identifier, (int, float)):
        return Constant(float(identifier))
    if isinstance(identifier, str):
        from keras_core import initializers

        return initializers.get(identifier)
    return identifier
