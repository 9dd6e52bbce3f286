"""Where the parts of a model lie in a weights file.

The paths are those of Keras 3: a model's `layers` first, then attributes in sorted order
with the private ones last; a list or dict names its members by class. They follow from
what an object holds in its attributes, and from what the properties of a user's class show: a
layer's place is the first name that leads to it. Keras runs all properties, of its own classes too,
of which only `Pipeline.layers` shows something.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from keras_core.backends.variable import BaseVariable
from keras_core.core.naming import to_snake_case
from keras_core.layers import Layer
from keras_core.training.trainer import Trainer

_PLAIN = frozenset((str, int, float, bool, bytes, complex, type(None)))
_CONTAINERS = (list, tuple, dict, set, frozenset)
_SHOWN_AS_LAYERS = frozenset(("_stack", "_operations", "_functional"))


def is_saveable(value: Any) -> bool:
    """Whether an object has its own place in a weights file: layers, models, optimizers.

    Metrics have none: what they have counted belongs to a run, not to the model.
    """
    cls = type(value)
    is_metric = hasattr(cls, "update_state") and hasattr(cls, "result")
    return hasattr(cls, "save_own_variables") and not is_metric


def walk(root: Any, skip: Sequence[Any] = (), properties: bool = True) -> Iterator[tuple[str, Any]]:
    """Pairs of path and object, each object once, in the order of Keras 3 files.

    The root's own path is "". Objects in `skip`, and what only they hold, are left out.
    Without `properties`, places follow from attributes alone.
    """
    yield from _walk("", root, {id(obj) for obj in skip}, properties)


def by_path(variables: Iterable[BaseVariable]) -> dict[str, BaseVariable]:
    """Variables by their own paths; a path that stands twice gets a number."""
    return by_name((v.path, v) for v in variables)


def by_name(named: Iterable[tuple[str, BaseVariable]]) -> dict[str, BaseVariable]:
    """Variables by names; one that stands twice gets a number."""
    out: dict[str, BaseVariable] = {}
    for wanted, v in named:
        name, n = wanted, 1
        while name in out:
            name, n = f"{wanted}_{n}", n + 1
        out[name] = v
    return out


def _walk(path: str, obj: Any, visited: set[int], properties: bool) -> Iterator[tuple[str, Any]]:
    if id(obj) in visited:
        return
    visited.add(id(obj))
    yield path, obj
    for name, child in _attributes(obj, properties):
        inner = f"{path}/{name}" if path else name
        if isinstance(child, _CONTAINERS):
            yield from _walk_container(inner, child, visited, (), properties)
        elif is_saveable(child):
            yield from _walk(inner, child, visited, properties)


def _attributes(obj: Any, properties: bool) -> Iterator[tuple[str, Any]]:
    held = (_shown(obj) if properties else {}) | vars(obj)
    skip = getattr(obj, "_untracked", frozenset())
    found = {
        name: value
        for name, value in held.items()
        if value.__class__ not in _PLAIN and name not in skip and not name.startswith("__")
    }
    if isinstance(obj, Trainer):  # a model: its `layers` and its optimizer have places too
        if held.get("optimizer") is not None:
            found["optimizer"] = held["optimizer"]
        if obj._layers_come_first:
            yield "layers", obj.layers
            found = {n: value for n, value in found.items() if n not in _SHOWN_AS_LAYERS}
        else:
            found["layers"] = obj.layers
    # In ASCII order capitals come before "_"; private names come after all others.
    for name in sorted(found, key=lambda n: (n.startswith("_"), n)):
        yield name, found[name]


def _shown(obj: Any) -> dict[str, Any]:
    """What the properties give that a user's class has beyond those of every layer."""
    out: dict[str, Any] = {}
    for cls in type(obj).__mro__:
        own = cls.__module__.startswith("keras_core.")
        for name, value in vars(cls).items():
            if own and name != "layers" or hasattr(Layer, name):
                continue
            if isinstance(value, (property, functools.cached_property)):
                # It may compute something, of what is not there yet: then it shows no layer.
                with contextlib.suppress(Exception), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    out[name] = getattr(obj, name)
    return out


def _walk_container(
    path: str, container: Any, visited: set[int], outer: tuple[int, ...], properties: bool
) -> Iterator[tuple[str, Any]]:
    if id(container) in outer:
        return
    outer = (*outer, id(container))
    used: dict[str, int] = {}
    if isinstance(container, dict):
        items: Any = list(container.values())
    elif isinstance(container, (set, frozenset)):
        items = sorted(container, key=lambda x: str(getattr(x, "name", "")))
    else:
        items = list(container)
    for item in items:
        if item.__class__ in _PLAIN:
            continue
        nested = isinstance(item, _CONTAINERS)
        if not nested and not is_saveable(item):
            continue
        name = "container" if nested else to_snake_case(type(item).__name__)
        count = used.get(name, 0)
        used[name] = count + 1
        inner = f"{path}/{name}_{count}" if count else f"{path}/{name}"
        if nested:
            yield from _walk_container(inner, item, visited, outer, properties)
        else:
            yield from _walk(inner, item, visited, properties)
