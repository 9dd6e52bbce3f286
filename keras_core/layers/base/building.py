"""What stands around a layer's `build`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from keras_core.backends.select import backend
from keras_core.core import scopes


class _Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


NOTHING = _Nothing()


def scoped_build(build: Callable) -> Callable:
    """`build` under the layer's name scope, remembering its shapes, settling the calls after."""

    @functools.wraps(build)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self._building:  # super().build()
            return build(self, *args, **kwargs)
        state = self.__dict__
        if self.built and state["_added_variables"] and state.get("_build_shapes") is not None:
            if build.__module__.startswith("keras_core."):
                raise built_twice(self)
            # One that sees that the layer is built does nothing; a new variable is refused.
            state["_rebuilding"] = True
            try:
                return build(self, *args, **kwargs)
            finally:
                state["_rebuilding"] = False
        state["_building"] = True
        given = dict(zip(build_parameters(build), args, strict=False)) | kwargs
        state["_build_shapes"] = {k: v for k, v in given.items() if v is not None}
        local = scopes.local
        # Called from `__call__` of this very layer or by hand: the scope is the layer's own.
        local.names.append(self.name)
        state["_path"] = "/".join(local.names)
        try:
            with (
                scopes.AutocastScope(None) if local.autocast is not None else NOTHING,
                backend.arrays.outside_of_traces(),  # of a caller, who is built by its call
            ):
                build(self, *args, **kwargs)
        finally:
            local.names.pop()
            state["_building"] = False
        self._after_build()

    wrapped._parameters = _parameter_names(build)  # type: ignore[attr-defined]
    flags = getattr(getattr(build, "__code__", None), "co_flags", inspect.CO_VARARGS)
    wrapped._flags = flags  # type: ignore[attr-defined]
    return wrapped


def built_twice(layer: Any) -> ValueError:
    """The error for a second `build` that would make the variables again."""
    return ValueError(
        f"{type(layer).__name__} {layer.name!r}: build() must be called once. Received: a second "
        f"call, of a layer that has its {len(layer.weights)} variables. Make a new layer for "
        "inputs of another shape."
    )


def names_no_shape(build: Callable) -> bool:
    """Whether a layer's `build` is one of no argument, or takes any by name: `**shapes`."""
    return not build_parameters(build) and not build._flags & inspect.CO_VARARGS


def unnamed_shapes(build: Callable, shapes: dict[str, Any]) -> dict[str, Any]:
    """What a `build` that names no shape is called with."""
    return shapes if build._flags & inspect.CO_VARKEYWORDS else {}


def _parameter_names(function: Callable) -> tuple[str, ...]:
    code = getattr(function, "__code__", None)
    if code is None:
        return ("input_shape",)
    return code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]


def build_parameters(function: Callable) -> tuple[str, ...]:
    """The names of what a layer's `build`, or a method like it, takes."""
    found = getattr(function, "_parameters", None)
    return (
        found if found is not None else _parameter_names(getattr(function, "__wrapped__", function))
    )
