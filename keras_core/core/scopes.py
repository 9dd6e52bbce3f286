"""Thread-local contexts: stateless and autocast scopes, name scopes, the running call.

`Variable.value` is read in every layer call, so what it has to look at is one module
global, `watched`: an entry for each scope open in any thread that changes what reading a
variable means. While it is empty a variable gives its own value at once.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

# A list, which threads may add to and take from without a lock: torch's compiler knows of none.
watched: list[None] = []


class _Local(threading.local):
    def __init__(self) -> None:
        self.stateless: StatelessScope | None = None
        self.autocast: str | None = None  # dtype to which float variables are cast on reading
        self.symbolic = False  # inside abstract evaluation: no variable may be assigned
        self.names: list[str] = []
        self.call: Any = None  # the outermost running Layer call's context
        self.skip_initial_values: Any = None  # saving's PendingValues while a model is loaded
        self.custom_objects: dict[str, Any] = {}
        self.remat: Any = None  # the RematScope in which layers are being made
        self.exporting = False  # inside a program that will run without this package
        self.recomputed = False  # inside of what is computed again for gradients
        self.losses: dict[int, list[Any]] | None = None  # of layers, in place of their own lists
        self.built: list[Any] | None = None  # the layers that were built while sizes are tried


local = _Local()


class StatelessScope:
    """Swap variables' values in for the duration of a block, and collect what is assigned.

    Inside the block reading a variable gives the value from `state_mapping` if it is there,
    and assigning one changes only the scope. Losses added meanwhile are collected too if
    `collect_losses`.

    Args:
        state_mapping: pairs `(variable, value)`, or None; a variable as a value stands for what
            it holds.
        collect_losses: whether `Layer.add_loss` collects here.
        initialize_variables: kept for compatibility; values are always drawn on the host.

    Raises:
        ValueError: if a value's shape differs from its variable's.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable(1.0)
    >>> with keras.StatelessScope([(v, keras.ops.ones(()) * 5)]) as scope:
    ...     value = float(v + 1)
    >>> value, float(v)
    (6.0, 1.0)
    """

    def __init__(
        self,
        state_mapping: Any = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        self.state_mapping: dict[int, Any] = {}
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Any] = []
        self._held: list[Any] = []  # keeps ids valid
        for variable, value in state_mapping or ():
            shape = getattr(value, "shape", None)
            if shape is not None and tuple(shape) != tuple(variable.shape):
                raise ValueError(
                    f"StatelessScope: the value for variable {variable.path!r} must have shape "
                    f"{tuple(variable.shape)}. Received shape: {tuple(shape)}"
                )
            if isinstance(value, type(variable)):  # a variable stands for what it holds
                value = value.tensor
            self.state_mapping[id(variable)] = value
            self._held.append(variable)

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Record `(variable, value)` as the variable's value inside of the scope."""
        variable, value = update
        if id(variable) not in self.state_mapping:
            self._held.append(variable)
        self.state_mapping[id(variable)] = value

    def get_current_value(self, variable: Any) -> Any:
        """The value of `variable` inside of the scope; None if the scope does not hold it."""
        return self.state_mapping.get(id(variable))

    def add_loss(self, loss: Any) -> None:
        """Collect a loss."""
        self.losses.append(loss)

    def __enter__(self) -> StatelessScope:
        self._outer = local.stateless
        local.stateless = self
        watched.append(None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        local.stateless = self._outer
        watched.pop()


def in_stateless_scope() -> bool:
    """Whether a `StatelessScope` is open in this thread."""
    return local.stateless is not None


class AutocastScope:
    """Cast float variables to `dtype` when they are read inside of the block (None: don't)."""

    __slots__ = ("dtype", "_outer")

    def __init__(self, dtype: str | None) -> None:
        self.dtype = dtype

    def __enter__(self) -> AutocastScope:
        self._outer = local.autocast
        local.autocast = self.dtype
        watched.append(None)
        return self

    def __exit__(self, *error: object) -> None:
        local.autocast = self._outer
        watched.pop()


class SymbolicScope:
    """A block in which shapes and dtypes are inferred: assignments to variables do nothing.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable(1.0)
    >>> with keras.SymbolicScope():
    ...     _ = v.assign(2.0)
    >>> float(v)
    1.0
    """

    __slots__ = ("_outer",)

    def __enter__(self) -> SymbolicScope:
        self._outer = local.symbolic
        local.symbolic = True
        watched.append(None)
        return self

    def __exit__(self, *error: object) -> None:
        local.symbolic = self._outer
        watched.pop()


class name_scope:
    """Prefix the paths of variables made inside of the block.

    Args:
        name: a non-empty string without "/".
        **kwargs: ignored; Keras passes `caller=` here.

    Raises:
        ValueError: if the name is not such a string.

    Example:

    >>> import keras_core as keras
    >>> with keras.name_scope("tower"):
    ...     v = keras.Variable(1.0, name="gain")
    >>> v.path
    'tower/gain'
    """

    __slots__ = ("name",)

    def __init__(self, name: str, **kwargs: Any) -> None:
        if not isinstance(name, str) or not name or "/" in name:
            raise ValueError(
                f"name_scope: name must be a non-empty string without '/'. Received: {name!r}"
            )
        self.name = name

    def __enter__(self) -> name_scope:
        local.names.append(self.name)
        return self

    def __exit__(self, *error: object) -> None:
        local.names.pop()


class only_scopes:
    """Put other name scopes in place of the open ones.

    Args:
        *names: the scopes, outermost first.
    """

    def __init__(self, *names: str) -> None:
        self.names = list(names)

    def __enter__(self) -> None:
        self._outer, local.names = local.names, self.names

    def __exit__(self, *error: object) -> None:
        local.names = self._outer


def current_path() -> str:
    """The open name scopes joined by "/", an empty string outside of any."""
    return "/".join(local.names)
