"""Devices on NumPy: one."""

from __future__ import annotations

from typing import Any

MISSING = "NumPy computes in one process on the CPU. Use the jax backend."


def list_devices(kind: str | None) -> list[str]:
    return ["cpu:0"] if kind in (None, "cpu") else []


def processes() -> tuple[int, int]:
    return 1, 0


def _refuse(*args: Any) -> Any:
    raise NotImplementedError(f"Distribution on the numpy backend: {MISSING}")


initialize = mesh = layout = distribute = _refuse
