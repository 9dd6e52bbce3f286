"""Layers whose constructor arguments are data: checked, kept as attributes, written to configs.

The layers of this package stand on `OptionsLayer`: a constructor hands its arguments to
`_set_options`, which checks them against the class's `limits`, turns names of initializers,
regularizers, constraints and activations into the objects, and keeps each as an attribute of
its name; `get_config` writes them back.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from keras_core import activations, constraints, initializers, regularizers
from keras_core.backends.select import backend
from keras_core.core import errors
from keras_core.core.configs import owned
from keras_core.core.limits import REFUSED, Limit
from keras_core.layers.base.layer import Layer
from keras_core.symbolic.keras_tensor import KerasTensor

_KINDS: dict[str, tuple[Callable, Callable]] = {
    "initializer": (initializers.get, initializers.serialize),
    "regularizer": (regularizers.get, regularizers.serialize),
    "constraint": (constraints.get, constraints.serialize),
    "activation": (activations.get, activations.serialize),
}
# What `Layer` itself takes.
_BASE = frozenset(("self", "name", "dtype", "trainable", "activity_regularizer", "weights"))


def read_only(name: str, summary: str) -> Any:
    """A property that shows what the layer itself keeps in its `__dict__` under the same name."""

    def get(self: Any) -> Any:
        return self.__dict__[name]

    get.__doc__ = summary
    return property(get)


class OptionsLayer(Layer):
    """A layer whose options are its constructor's parameters."""

    limits: ClassVar[dict[str, Limit]] = {}
    #: Options that configs leave out.
    unsaved: ClassVar[frozenset[str]] = frozenset()
    #: What `supports_masking` is from the start.
    passes_masks: ClassVar[bool] = False
    #: Whether the config has `activity_regularizer` even where there is none.
    saves_activity_regularizer: ClassVar[bool] = False

    _input_must: ClassVar[str | None] = (
        "be a tensor of numbers, or a list of such where it takes several"
    )

    _plan: ClassVar[tuple[tuple[str, Callable | None, Callable | None, Limit | None], ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" not in cls.__dict__ or not cls.__module__.startswith("keras_core."):
            return
        code = inspect.unwrap(cls.__dict__["__init__"]).__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        plan = tuple(
            (name, *_KINDS.get(name.rsplit("_", 1)[-1], (None, None)), cls._limit(name))
            for name in names
            if name not in _BASE and name != "layer"
        )
        cls._plan = plan  # type: ignore[assignment]

    @classmethod
    def _limit(cls, name: str) -> Limit | None:
        for base in cls.__mro__:
            limit = base.__dict__.get("limits", {}).get(name)
            if limit is not None:
                return limit
        return None

    def _set_options(self, values: Mapping[str, Any]) -> None:
        """Check the constructor's arguments and keep them as attributes.

        Args:
            values: the constructor's `locals()`.

        Raises:
            ValueError: if one is outside of its limits.
        """
        state = self.__dict__
        for name, get, _, limit in self._plan:
            value = values[name]
            if limit is not None:
                value = self._held(name, limit, value)
            elif isinstance(value, np.generic):
                value = value.item()
            if get is not None:
                value = self._found(name, get, value)
            elif type(value) in (list, dict):  # the caller's own, which may change
                value = owned(value)
            state[name] = value
        if self.passes_masks:
            state["_supports_masking"] = True

    def _held(self, name: str, limit: Limit, given: Any) -> Any:
        """An argument that keeps to its limit, in the form in which it is kept."""
        value = limit.settled(given)
        if value is REFUSED:
            raise self._refuse(name, limit.must, given)
        return value

    def _check(self, name: str, value: Any) -> Any:
        """Hold one argument against its limit before the others; what it comes to."""
        limit = self._limit(name)
        return value if limit is None else self._held(name, limit, value)

    def _found(self, name: str, get: Callable, value: Any) -> Any:
        """The object that an argument such as `kernel_initializer` names."""
        try:
            return get(value)
        except ValueError as error:
            kind = name.rsplit("_", 1)[-1]
            must = f"be one of the {kind}s, its name, its config, or a function"
            raise self._refuse(name, must, value, str(error)) from None

    @property
    def _owner(self) -> str:
        """How errors name the layer."""
        return f"{type(self).__name__} {self.name!r}"

    def _refuse(self, argument: str, must: str, received: Any, mend: str = "") -> ValueError:
        """The error for a wrong argument, to be raised."""
        if not mend and (isinstance(received, KerasTensor) or backend.arrays.is_tensor(received)):
            mend = f"Give the tensor to the layer, not to the class: {type(self).__name__}(...)(x)"
        return ValueError(errors.message(self._owner, argument, must, received, mend))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if self.saves_activity_regularizer:
            config.setdefault("activity_regularizer", None)
        for name, _, serialize, _ in self._plan:
            if name not in self.unsaved:
                value = getattr(self, name)
                config[name] = value if serialize is None or value is None else serialize(value)
        return config
