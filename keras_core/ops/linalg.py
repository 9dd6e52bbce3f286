"""`keras.ops.linalg`: the operations of linear algebra, the same objects as in `keras.ops`."""

from __future__ import annotations

from typing import Any

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach_stub("keras_core.ops", __file__)


def __getattr__(name: str) -> Any:
    found = globals()[name] = _load(name)
    return found
