"""Names: snake case, automatic names, and the one counter behind them."""

from __future__ import annotations

import itertools
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from keras_core.core.errors import message

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


def local_names(layers: list[Any]) -> list[tuple[str, Any]]:
    """Layers with their names within a model, the same in each model of one architecture.

    A name that was made automatically counts all layers of the program ("dense_7"); here it
    counts those of its class in the list. Other names stay.
    """
    automatic = {}
    for layer in layers:
        for cls in type(layer).__mro__[:3]:  # torch's fully_shard puts a class before the layer's
            base = to_snake_case(cls.__name__)
            if re.fullmatch(rf"{base}(_\d+)?", layer.name):
                automatic[id(layer)] = base
                break
    used = {layer.name for layer in layers if id(layer) not in automatic}
    found = []
    for layer in layers:
        name = layer.name
        if id(layer) in automatic:
            base = automatic[id(layer)]
            name = next(n for n in _numbered(base) if n not in used)
            used.add(name)
        found.append((name, layer))
    return found


def _numbered(base: str) -> Iterator[str]:
    yield base
    for i in itertools.count(1):
        yield f"{base}_{i}"


def get_uid(prefix: str = "") -> int:
    """The next number for a prefix, from 1.

    Args:
        prefix: what is counted; each prefix has numbers of its own.

    Returns:
        The number, which is not given again until `clear_session()`.

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


def given_or_auto(name: Any, cls: str) -> str:
    """The name that an object of a class was given, else one made from the class's.

    Raises:
        ValueError: if it is neither a string nor None.
    """
    if name is None:
        return auto_name(cls)
    if not isinstance(name, str):
        raise ValueError(message(cls, "name", "be a string or None", name))
    return name


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
