"""NumPy has no sparse arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def map_values(function: Callable, x: Any) -> Any:
    raise NotImplementedError("NumPy has no sparse arrays.")


def from_dense(x: Any, arguments: Any = ()) -> Any:
    raise NotImplementedError("NumPy has no sparse arrays.")
