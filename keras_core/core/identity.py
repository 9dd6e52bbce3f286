"""Tables by which object it is, for objects whose `==` says something else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class ByIdentity(dict[int, Any]):
    """Values by the `id` of objects, which are held, so that no id is given to another one.

    A copy or an unpickled one has the ids of its own objects, which are others.

    Args:
        pairs: objects with their values.
    """

    def __init__(self, pairs: Iterable[tuple[Any, Any]] = ()) -> None:
        super().__init__()
        self._objects: list[Any] = []
        for thing, value in pairs:
            self.enter(thing, value)

    def enter(self, thing: Any, value: Any) -> None:
        """Set the value of an object."""
        if id(thing) not in self:
            self._objects.append(thing)
        self[id(thing)] = value

    def __reduce__(self) -> Any:
        return ByIdentity, (), [(thing, self[id(thing)]) for thing in self._objects]

    def __setstate__(self, pairs: list[tuple[Any, Any]]) -> None:
        for thing, value in pairs:
            self.enter(thing, value)
