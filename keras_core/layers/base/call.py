"""What a layer class accepts, worked out once per class, and the context of a running call."""

from __future__ import annotations

import inspect
from typing import Any

from keras_core.core import scopes


def ignores_training(call: Any) -> Any:
    """Mark a `call` that takes `training` for the sake of its signature alone."""
    call.ignores_training = True
    return call


def only_tensors(args: tuple, kwargs: dict[str, Any]) -> Any:
    """The one argument that counts for the result's shape, however it is called by the caller."""
    return args[0] if args else next(iter(kwargs.values()))


class CallInfo:
    """The signature of a class's `call`, as far as calling it depends on it."""

    __slots__ = (
        "names", "positional", "training", "mask_of", "takes_any", "training_default",
        "required", "context", "accepts_positional",
    )  # fmt: skip

    def __init__(self, cls: type) -> None:
        parameters = list(inspect.signature(cls.call).parameters.values())[1:]
        kinds = inspect.Parameter
        self.takes_any = any(p.kind is kinds.VAR_KEYWORD for p in parameters)
        self.accepts_positional = any(p.kind is kinds.VAR_POSITIONAL for p in parameters)
        named = [p for p in parameters if p.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL)]
        self.names = tuple(p.name for p in named)
        self.positional = tuple(p.name for p in named if p.kind is not kinds.KEYWORD_ONLY)
        self.required = tuple(p.name for p in named if p.default is kinds.empty)
        self.training = "training" in self.names and not hasattr(cls.call, "ignores_training")
        default = next((p.default for p in named if p.name == "training"), None)
        self.training_default = None if default is kinds.empty else default
        # Which argument a mask argument belongs to: "mask" to the first, "x_mask" to "x".
        self.mask_of: dict[str, str] = {}
        first = self.positional[0] if self.positional else None
        for name in self.names:
            if name == "mask" and first is not None and first != "mask":
                self.mask_of[name] = first
            elif name.endswith("_mask") and name[:-5] in self.names:
                self.mask_of[name] = name[:-5]
        if first is not None and f"{first}_mask" in self.mask_of:
            self.mask_of.pop("mask", None)

    def bind(self, args: tuple, kwargs: dict[str, Any], owner: str) -> dict[str, Any]:
        """The arguments by name (surplus positional ones under their position's number).

        Raises:
            TypeError: if an argument is unknown, given twice, or missing.
        """
        bound: dict[str, Any] = {}
        for i, value in enumerate(args):
            if i < len(self.positional):
                bound[self.positional[i]] = value
            elif not self.accepts_positional:
                raise TypeError(
                    f"{owner}: call() takes {len(self.positional)} positional argument(s) "
                    f"{self.positional}. Received: {len(args)}"
                    + (
                        ". Several tensors are one list: layer([a, b])"
                        if hasattr(value, "shape") and self.positional[:1] == ("inputs",)
                        else ""
                    )
                )
            else:
                bound[str(i)] = value
        for name, value in kwargs.items():
            if name in bound:
                raise TypeError(f"{owner}: call() got the argument {name!r} twice.")
            if name not in self.names and not self.takes_any and name != "training":
                raise TypeError(f"{owner}: call() has no argument {name!r}; it takes {self.names}.")
            bound[name] = value
        missing = [name for name in self.required if name not in bound]
        if missing:
            raise TypeError(f"{owner}: call() misses the argument(s) {missing}.")
        return bound


class CallContext:
    """What holds during the outermost layer's call and is passed down to the layers inside."""

    __slots__ = ("training", "entry", "values")

    def __init__(self, entry: Any) -> None:
        self.entry = entry
        self.training: bool | None = None
        self.values: dict[str, Any] = {}  # other arguments that a model passes down by name


def current_training() -> bool | None:
    """The `training` value of the running call, None outside of any."""
    call = scopes.local.call
    return None if call is None else call.training
