"""Names: snake case, automatic names, and the one counter behind them."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from typing import Any

_counts: dict[str, int] = defaultdict(int)
_lock = threading.Lock()


def to_snake_case(name: str) -> str:
    """`name` in lower case with underscores at the word borders: "ReLU" is "re_lu"."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


_snake_cases: dict[str, str] = {}


def auto_name(prefix: str) -> str:
    """The next automatic name: the prefix in snake case, with `_1`, `_2`, ... from the second."""
    base = _snake_cases.get(prefix)
    if base is None:
        base = _snake_cases[prefix] = to_snake_case(prefix)
    with _lock:
        count = _counts[base]
        _counts[base] = count + 1
    return f"{base}_{count}" if count else base


def reserve(name: str) -> None:
    """Keep automatic names clear of `name`, which came out of a file."""
    base, _, number = name.rpartition("_")
    with _lock:
        if base and number.isdecimal() and len(number) < 9:
            _counts[base] = max(_counts[base], int(number) + 1)
        else:
            _counts[name] = max(_counts[name], 1)


def get_uid(prefix: str = "") -> int:
    """The next number for a prefix, from 1.

    Example:

    >>> import keras_core as keras
    >>> keras.backend.get_uid("doc") < keras.backend.get_uid("doc")
    True
    """
    with _lock:
        _counts[prefix] += 1
        return _counts[prefix]


def reset_uids() -> None:
    """Start all automatic names anew."""
    with _lock:
        _counts.clear()


def check_name(name: Any, owner: str) -> str:
    """`name`, if an object may be called that.

    Raises:
        ValueError: if it is not a non-empty string without "/".
    """
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(
            f"{owner}: name must be a non-empty string without '/'. Received: {name!r}"
        )
    return name
