"""`keras.ops.linalg`: the operations of linear algebra, the same objects as in `keras.ops`."""

from __future__ import annotations

from typing import Any

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach_stub(__package__, __file__)  # pyright: ignore[reportArgumentType]


def __getattr__(name: str) -> Any:
    found = globals()[name] = _load(name)
    return found
