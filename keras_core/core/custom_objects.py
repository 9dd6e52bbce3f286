"""Custom objects: classes and functions that users register or pass so that files can name them.

A class is known by its registered name, "package>Name". Nothing is looked up anywhere else:
what a file names must have been registered, put into a scope, or passed to the loader.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from keras_core.core import scopes
from keras_core.core.errors import message

T = TypeVar("T")

_objects: dict[str, Any] = {}  # by registered name
_names: dict[Any, str] = {}


def get_custom_objects() -> dict[str, Any]:
    """The registered objects by name: changing the dict changes the registry.

    Example:

    >>> import keras_core as keras
    >>> keras.saving.get_custom_objects()["my_gain"] = lambda x: x * 2
    >>> "my_gain" in keras.saving.get_custom_objects()
    True
    """
    return _objects


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[T], T]:
    """Register a class or function, so that files naming it can be loaded.

    Args:
        package: who it belongs to; kept in files, so choose it once.
        name: the name within the package; its own `__name__` if None.

    Returns:
        A decorator that gives back what it decorates.

    Raises:
        TypeError: if the package is no string (the parentheses of the decorator were left out,
            say), or what is decorated is neither a class nor a function.
        ValueError: if a class has no `get_config`.

    Example:

    >>> import keras_core as keras
    >>> @keras.saving.register_keras_serializable("my_package")
    ... def double(x):
    ...     return 2 * x
    >>> keras.saving.get_registered_name(double)
    'my_package>double'
    """
    if not isinstance(package, str):
        raise TypeError(
            message("register_keras_serializable", "package", "be a string", package)
            + ". As a decorator it needs its parentheses: @register_keras_serializable()"
        )

    def register(target: T) -> T:
        if not hasattr(target, "__name__"):
            raise TypeError(
                f"register_keras_serializable goes with a class or function. Received: {target!r}"
            )
        own = name if name is not None else target.__name__  # type: ignore[attr-defined]
        key = f"{package}>{own}"
        if inspect.isclass(target) and not hasattr(target, "get_config"):
            raise ValueError(
                f"register_keras_serializable: the class {target.__name__} must have a "
                "get_config() method, whose dict goes into files. Define it, and from_config() "
                "if the dict is more than the constructor's arguments."
            )
        _objects[key] = target
        _names[target] = key
        return target

    return register


def check(custom_objects: Any, owner: str) -> None:
    """Raise `TypeError` unless it is a dict from names to objects, or None."""
    if custom_objects is not None and not isinstance(custom_objects, Mapping):
        must = "be a dict from the names in files to classes and functions"
        raise TypeError(message(owner, "custom_objects", must, custom_objects))


class CustomObjectScope:
    """Make objects known by name inside of a `with` block.

    Args:
        custom_objects: a dict from name to class or function.

    Example:

    >>> import keras_core as keras
    >>> def double(x):
    ...     return 2 * x
    >>> with keras.saving.CustomObjectScope({"double": double}):
    ...     layer = keras.layers.Activation("double")
    """

    def __init__(self, custom_objects: dict[str, Any] | None) -> None:
        check(custom_objects, "CustomObjectScope")
        self.custom_objects = custom_objects or {}

    def __enter__(self) -> CustomObjectScope:
        self._outer = scopes.local.custom_objects
        scopes.local.custom_objects = {**self._outer, **self.custom_objects}
        return self

    def __exit__(self, *error: object) -> None:
        scopes.local.custom_objects = self._outer


custom_object_scope = CustomObjectScope


def get_registered_name(obj: Any) -> str:
    """The name under which a class or function was registered, else its `__name__`.

    Args:
        obj: a class or function.

    Returns:
        The name: "package>name" of what was registered.

    Example:

    >>> import keras_core as keras
    >>> keras.saving.get_registered_name(keras.layers.Dense)
    'Dense'
    """
    try:
        found = _names.get(obj)
    except TypeError:  # unhashable
        found = None
    return found if found is not None else obj.__name__


def is_registered(obj: Any) -> bool:
    """Whether `register_keras_serializable` was applied to this class or function."""
    try:
        return obj in _names
    except TypeError:
        return False


def get_registered_object(
    name: str,
    custom_objects: dict[str, Any] | None = None,
    module_objects: dict[str, Any] | None = None,
) -> Any:
    """The class or function known by a name; None if there is none.

    Args:
        name: a registered name ("package>Name") or a key of one of the dicts.
        custom_objects: a dict that is searched after the open scopes and before the registry.
        module_objects: a dict that is searched last.

    Returns:
        The class or function, or None.

    Example:

    >>> import keras_core as keras
    >>> keras.saving.get_registered_object("nobody>Nothing") is None
    True
    """
    for table in (scopes.local.custom_objects, custom_objects, _objects, module_objects):
        if table and name in table:
            return table[name]
    return None


@contextlib.contextmanager
def scope(custom_objects: dict[str, Any] | None) -> Iterator[None]:
    """`CustomObjectScope` that costs nothing when there is nothing to add."""
    if not custom_objects:
        yield
        return
    with CustomObjectScope(custom_objects):
        yield
