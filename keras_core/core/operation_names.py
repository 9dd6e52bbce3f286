"""What a graph's operations are called in files, and which of their arguments are config."""

from __future__ import annotations


def find_class(module: str, class_name: str) -> type | None:
    """The class of a recorded operation by the module and name a file gives; None if unknown."""
    return None
