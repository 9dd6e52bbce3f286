"""Logs: a dict whose numbers are fetched from the device when somebody first reads one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class Logs(dict[str, Any]):
    """A dict that fills itself when it is first looked at.

    Args:
        load: called once, gives the entries.
    """

    __slots__ = ("_load",)

    def __init__(self, load: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._load: Callable[[], dict[str, Any]] | None = load

    def fetch(self) -> Logs:
        """Read the numbers now if they have not been read yet."""
        if self._load is not None:
            load, self._load = self._load, None
            entries = load()
            for key, value in entries.items():
                dict.setdefault(self, key, value)  # what was set meanwhile stays
        return self

    def __reduce__(self) -> Any:
        return dict, (dict(self),)

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self.fetch())

    def copy(self) -> dict[str, Any]:
        return dict(self)


def _reading(name: str) -> Callable[..., Any]:
    plain = getattr(dict, name)

    def method(self: Logs, *args: Any, **kwargs: Any) -> Any:
        if self._load is not None:
            self.fetch()
        return plain(self, *args, **kwargs)

    method.__name__ = name
    return method


for _name in (
    "__getitem__", "__contains__", "__len__", "__eq__", "__ne__", "__repr__", "__or__", "__ror__",
    "__delitem__", "__reversed__", "get", "items", "keys", "values", "pop", "popitem",
    "setdefault",
):  # fmt: skip
    setattr(Logs, _name, _reading(_name))


def as_numbers(entries: dict[str, Any]) -> dict[str, Any]:
    """Host values by name, as Python floats where they are scalars; nested dicts are merged in."""
    out: dict[str, Any] = {}
    for name, value in sorted(entries.items()):
        if isinstance(value, dict):
            out.update(as_numbers(value))
            continue
        try:
            out[name] = float(value)
        except (TypeError, ValueError):
            out[name] = value
    return out
