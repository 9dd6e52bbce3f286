"""Trainer: what makes a layer trainable as a whole (compile, fit, evaluate, predict)."""

from __future__ import annotations

from typing import Any


class Trainer:
    """The half of `Model` that trains it."""

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was called with."""
        return {}
