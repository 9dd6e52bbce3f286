"""Elementwise bodies that need nothing but operators: every framework's arrays take them."""

from __future__ import annotations

from typing import Any


def round_integers(x: Any, decimals: int) -> Any:
    """Integers rounded to tens, hundreds, ..., halves to even; no detour through floats."""
    if decimals >= 0:
        return x
    unit = 10**-decimals
    down = x // unit
    twice = (x - down * unit) * 2
    up = (twice > unit) | ((twice == unit) & (down % 2 == 1))
    return (down + up) * unit
