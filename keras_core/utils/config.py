"""Config: settings by attribute, which can be frozen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


class Config:
    """Settings that are attributes and items at the same time.

    Args:
        **kwargs: the settings.

    Example:

    >>> import keras_core as keras
    >>> config = keras.utils.Config(units=32, activation="relu")
    >>> config.units, config["activation"]
    (32, 'relu')
    >>> config.freeze()
    >>> config.units = 64
    Traceback (most recent call last):
    ValueError: Config: it is frozen. Received: units=64. Call unfreeze() first.
    """

    def __init__(self, **kwargs: Any) -> None:
        object.__setattr__(self, "_values", dict(kwargs))
        object.__setattr__(self, "_frozen", False)

    _values: dict[str, Any]
    _frozen: bool

    def _check(self, change: str) -> None:
        if self._frozen:
            raise ValueError(f"Config: it is frozen. Received: {change}. Call unfreeze() first.")

    @property
    def frozen(self) -> bool:
        """Whether the settings can no longer be changed."""
        return self._frozen

    def freeze(self) -> None:
        """Refuse changes from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allow changes again."""
        object.__setattr__(self, "_frozen", False)

    def __getattr__(self, name: str) -> Any:
        # Copying and unpickling ask for names before there are values.
        values = self.__dict__.get("_values")
        if name.startswith("__") or values is None or name not in values:
            known = ", ".join(values or ()) or "none"
            raise AttributeError(f"Config: no setting {name!r}. There are: {known}")
        return values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self._values:
            raise AttributeError(f"Config: no setting {name!r}.")
        del self[name]

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._check(f"{name}={value!r}")
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        self._check(f"del {name}")
        del self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self._values == other._values

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._values]

    def __repr__(self) -> str:
        return f"<Config {self._values!r}>"

    def get(self, keyname: str, value: Any = None) -> Any:
        """A setting, or `value` where there is none."""
        return self._values.get(keyname, value)

    def pop(self, *args: Any) -> Any:
        """Take a setting out: `pop(name)` or `pop(name, default)`."""
        self._check(f"pop{args!r}")
        return self._values.pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several settings, from a mapping, pairs or keywords."""
        self._check("update")
        self._values.update(*args, **kwargs)

    def keys(self) -> Any:
        """The settings' names."""
        return self._values.keys()

    def values(self) -> Any:
        """The settings' values."""
        return self._values.values()

    def items(self) -> Any:
        """Pairs of name and value."""
        return self._values.items()

    def as_dict(self) -> dict[str, Any]:
        """The settings as a dict of its own."""
        return dict(self._values)

    def to_json(self) -> str:
        """The settings as JSON, those within settings included."""
        return json.dumps(self._values, default=_jsonable)


def _jsonable(value: Any) -> Any:
    if isinstance(value, Config):
        return value.as_dict()
    raise TypeError(f"Config: {type(value).__name__} has no form in JSON. Received: {value!r}")
