"""Discovery of state: which variables, layers and metrics an object holds.

Nothing is intercepted when an attribute is set. What an object holds is found when somebody
asks, by scanning its attributes, in order of assignment, through lists, tuples, dicts and
sets; so a plain Python list of layers stays a plain Python list and may change at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Trackable:
    """What an owner finds in its attributes: layers, metrics, optimizers, seed generators.

    `_untracked` names the attributes that are the object's own bookkeeping.
    """

    _untracked: frozenset[str] = frozenset()


class SeedSource(Trackable):
    """The base of SeedGenerator, by which layers recognise one: it has a `state` variable."""


class MetricBase(Trackable):
    """The base of Metric, by which layers recognise one: it has `variables`."""


_PLAIN = (str, int, float, bool, bytes, type(None))


def children(owner: Any, kind: type | tuple[type, ...]) -> list[Any]:
    """The objects of `kind` among the attributes of `owner`, each once, in order.

    Containers are looked into; other objects are not.
    """
    found: dict[int, Any] = {}
    skip = owner._untracked
    for name, value in vars(owner).items():
        if name in skip or type(value) in _PLAIN:
            continue
        _collect(value, kind, found, None)
    return list(found.values())


def _collect(
    value: Any, kind: type | tuple[type, ...], found: dict[int, Any], seen: set[int] | None
) -> None:
    if isinstance(value, kind):
        found[id(value)] = value
        return
    if isinstance(value, dict):
        items: Any = value.values()
    elif isinstance(value, (list, tuple, set, frozenset)):
        items = value
    else:
        return
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    for item in list(items):
        if type(item) not in _PLAIN:
            _collect(item, kind, found, seen)


def named_children(owner: Any, kind: type | tuple[type, ...]) -> Iterator[tuple[str, Any]]:
    """Pairs of attribute path ("dense", "blocks.0") and object, each object once."""
    found: set[int] = set()
    skip = owner._untracked

    def walk(path: str, value: Any, outer: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
        if isinstance(value, kind):
            if id(value) not in found:
                found.add(id(value))
                yield path, value
            return
        if id(value) in outer:
            return
        if isinstance(value, dict):
            pairs: Any = [(str(key), item) for key, item in value.items()]
        elif isinstance(value, (list, tuple)):
            pairs = [(str(i), item) for i, item in enumerate(value)]
        else:
            return
        for key, item in pairs:
            if type(item) not in _PLAIN:
                yield from walk(f"{path}.{key}", item, (*outer, id(value)))

    for name, value in list(vars(owner).items()):
        if name not in skip and value.__class__ not in _PLAIN:
            yield from walk(name, value, ())
