"""Configs share no list, dict or array with what they describe."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np


def owned(value: Any) -> Any:
    """A value with lists, dicts, tuples and NumPy arrays of its own; the rest as it is."""
    kind = type(value)
    if kind is list or kind is tuple:
        return kind(map(owned, value))
    if kind is dict:
        return {key: owned(inner) for key, inner in value.items()}
    return value.copy() if kind is np.ndarray else value


class Configured:
    """The base of what has a `get_config`: those of this package's classes give what is `owned`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "get_config" in cls.__dict__ and cls.__module__.startswith("keras_core."):
            cls.get_config = _owning(cls.__dict__["get_config"])


def _owning(get_config: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(get_config)
    def call(self: Any) -> Any:
        return owned(get_config(self))

    return call
