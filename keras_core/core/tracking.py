"""Discovery of state: which variables, layers and metrics an object holds.

What an object holds is found when somebody asks, by scanning its attributes, in order of
assignment, through lists, tuples, dicts and sets; so a plain Python list of layers stays a plain
Python list and may change at any time. Of layers it is noted when they were made and set, or a
container was: what was put into a list later than other attributes were set comes after them.
"""

from __future__ import annotations

import itertools
import operator
import threading
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any


class Tracked:
    """The base of all kinds that `children` is asked for."""

    __slots__ = ()


class Trackable(Tracked):
    """What an owner finds in its attributes: layers, metrics, optimizers, seed generators.

    `_untracked` names the attributes that are the object's own bookkeeping.
    """

    _untracked: frozenset[str] = frozenset()


class SeedSource(Trackable):
    """The base of SeedGenerator, by which layers recognise one: it has a `state` variable."""


class MetricBase(Trackable):
    """The base of Metric, by which layers recognise one: it has `variables`."""


_PLAIN = (str, int, float, bool, bytes, type(None))
CONTAINERS = (dict, list, tuple, set, frozenset)
_OTHER, _CONTAINER, _WANTED = range(3)
# What the values of a type are to someone who looks for a kind: by kind, then by type.
_roles: dict[Any, dict[type, int]] = {}
_MOST = 4096  # types, some of which may be made anew all the time


def _role(roles: dict[type, int], cls: type, kind: type | tuple[type, ...]) -> int:
    if len(roles) >= _MOST:
        roles.clear()
    if issubclass(cls, kind):
        role = _WANTED
    else:
        role = _CONTAINER if issubclass(cls, CONTAINERS) else _OTHER
    roles[cls] = role
    return role


class _Known(threading.local):
    found: dict[int, dict[Any, list[Any]]] | None = None


_known = _Known()


class steady:
    """Within it, each object of this thread is looked at once, for all kinds together.

    For code that asks several times and changes nothing in between; `forget` tells of a change.
    """

    def __enter__(self) -> None:
        self._outer = _known.found
        if self._outer is None:
            _known.found = {}

    def __exit__(self, *exc: Any) -> None:
        _known.found = self._outer


def forget() -> None:
    """Look again, also within `steady`: something may have been added."""
    if _known.found:
        _known.found.clear()


def children(owner: Any, kind: type | tuple[type, ...]) -> list[Any]:
    """The objects of `kind` among the attributes of `owner`, each once, in order.

    Containers are looked into; other objects are not.
    """
    known = _known.found
    if known is None:
        return _look(owner, kind)
    by_kind = known.get(id(owner))
    if by_kind is None:
        by_kind = known[id(owner)] = {None: _look(owner, Tracked)}
    found = by_kind.get(kind)
    if found is None:
        found = by_kind[kind] = [x for x in by_kind[None] if isinstance(x, kind)]
    return list(found)


now = itertools.count(1).__next__
"""The time, as far as the order of events goes."""


def in_order(owner: Any, kind: type) -> list[Any]:
    """`children`, but what was put into a container later stands behind what was set before.

    Args:
        owner: an object that noted in `_attached`, by name, when its attributes were set.
        kind: a class whose objects note in `_made` when they were made.
    """
    found = children(owner, kind)
    times = owner.__dict__.get("_attached")
    if len(found) < 2 or not times:
        return found
    roles, skip = _roles.setdefault(kind, {}), owner._untracked
    at: dict[int, float] = {}
    last = 0.0
    for name, value in vars(owner).items():
        role = roles.get(type(value))
        if role is None:
            role = _role(roles, type(value), kind)
        if not role or name in skip:
            continue
        last = times.get(name, last)
        if role is _WANTED:
            at.setdefault(id(value), last)
        elif value:
            inside: dict[int, Any] = {}
            _collect(value, kind, roles, inside, set())
            for item in inside.values():
                # One made after its container was set was put in then, as far as is known.
                at.setdefault(id(item), max(last, getattr(item, "_made", last)))
    return sorted(found, key=lambda x: at.get(id(x), last))


def _look(owner: Any, kind: type | tuple[type, ...]) -> list[Any]:
    found: dict[int, Any] = {}
    roles = _roles.get(kind)
    if roles is None:
        roles = _roles[kind] = {}
    skip = owner._untracked
    for name, value in vars(owner).items():
        role = roles.get(type(value))
        if role is None:
            role = _role(roles, type(value), kind)
        if role and name not in skip:
            if role is _WANTED:
                found[id(value)] = value
            elif value:
                _collect(value, kind, roles, found, set())
    return list(found.values())


def _collect(
    container: Any,
    kind: type | tuple[type, ...],
    roles: dict[type, int],
    found: dict[int, Any],
    seen: set[int],
) -> None:
    if id(container) in seen:
        return
    seen.add(id(container))
    for item in list(container.values() if isinstance(container, dict) else container):
        role = roles.get(type(item))
        if role is None:
            role = _role(roles, type(item), kind)
        if role is _WANTED:
            found[id(item)] = item
        elif role is _CONTAINER:
            _collect(item, kind, roles, found, seen)


class Snapshot:
    """What objects hold at present, to tell later whether they still hold the same.

    That is several times cheaper than to look for it again. Whatever hides what it holds, such
    as a framework's own module, cannot be told about: then there is no `Snapshot`.

    Args:
        owners: the objects. The first is not kept, so that it may keep the snapshot itself.
        watched: attributes that count although they are bookkeeping; missing ones do not.

    Raises:
        LookupError: if an object holds something that may hide more.
    """

    def __init__(self, owners: Iterable[Any], watched: Iterable[str]) -> None:
        self._owners: list[tuple[Any, list[type], tuple[str, ...]]] = []
        self._values: list[Any] = []
        self._containers: list[Any] = []
        for owner in owners:
            state = vars(owner)
            skip = owner._untracked.difference(watched)
            names = tuple(
                name
                for name, value in state.items()
                if name not in skip and (_is_seen(value) or name in watched)
            )
            self._values += [state[name] for name in names]
            first = not self._owners
            self._owners.append((None if first else owner, [*map(type, state.values())], names))
        for value in self._values:
            if isinstance(value, CONTAINERS):
                self._add(value)
        self._sizes = [*map(len, self._containers)]
        self._inside = [*map(_items, self._containers)]
        self._items = [*chain.from_iterable(self._inside)]

    def _add(self, container: Any) -> None:
        if not any(container is known for known in self._containers):
            self._containers.append(container)
            for item in _items(container):
                if _is_seen(item) and isinstance(item, CONTAINERS):
                    self._add(item)

    def holds(self, first: Any) -> bool:
        """Whether nothing has changed.

        Args:
            first: the first of the objects.
        """
        known = _known.found
        if known is not None and id(self) in known:
            return True
        values: list[Any] = []
        for owner, types, names in self._owners:
            state = vars(first if owner is None else owner)
            if [*map(type, state.values())] != types:
                return False
            values += map(state.get, names)
        same = (
            all(map(operator.is_, values, self._values))
            and [*map(len, self._containers)] == self._sizes
            and all(map(operator.is_, chain.from_iterable(self._inside), self._items))
        )
        if same and known is not None:
            known[id(self)] = {}  # looked at, like any object
        return same


def _items(container: Any) -> Iterable[Any]:
    """What a container holds, also when it has changed since."""
    return container.values() if isinstance(container, dict) else container


_OPEN = ("builtins", "collections", "functools", "keras_core", "numpy", "types", "weakref")


def _is_seen(value: Any) -> bool:
    """Whether a value is tracked, or a container; raises for what may hide something."""
    if isinstance(value, (Tracked, *CONTAINERS)):
        return True
    if type(value).__module__.partition(".")[0] not in _OPEN:
        raise LookupError(type(value).__module__)
    return False


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
