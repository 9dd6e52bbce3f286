"""Exports from NumPy: none of its own; `export.elsewhere` lets another backend write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

WRITERS: dict[str, Callable[..., Any]] = {}
