"""This framework has no data sets of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

OWN = False


def from_samples(get: Callable[[int], Any], rows: np.ndarray) -> Any:
    return None
