"""NumPy's own functions on KerasTensors: by NumPy's protocols, which KerasTensor follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

NUMPY = True

SAME: dict[Any, tuple[str, int]] = {
    np.sum: ("sum", 2),
    np.mean: ("mean", 2),
    np.max: ("max", 2),
    np.min: ("min", 2),
    np.matmul: ("matmul", 2),
    np.where: ("where", 3),
    np.clip: ("clip", 3),
}


def install(keras_tensor: type, called: Callable) -> None:
    """The class itself follows NumPy's protocols."""


def is_weight(x: Any) -> bool:
    return False
