"""A model's state out to a store of weights, and back."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from keras_core.backends.select import backend, variable_class
from keras_core.backends.variable import BaseVariable, HandedOver, host_dtype
from keras_core.core import dtypes, tracebacks
from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.layers import Layer
from keras_core.saving.paths import walk

_SHOWN = 10  # mismatches listed in an error
TAKES_OVER = variable_class().takes_over


class Writer(Protocol):
    """A file of weights that is being written."""

    def entry(self, path: str, name: str | None) -> Any:
        """The mutable mapping for the object at a path."""


class Reader(Protocol):
    """A file of weights that is being read."""

    def entry(self, path: str) -> Any:
        """The mapping of the object at a path, None if the file has none."""

    def paths(self) -> list[str]:
        """The paths of all objects that have values in the file."""
        ...


class PendingValues:
    """Stands in for initial values while a model is built whose values come from a file.

    What the file turns out not to hold is drawn afterwards. The total is limited, so that a
    file cannot ask for more memory than its own size accounts for.

    Args:
        limit: in bytes; None for no limit.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit, self.total = limit, 0
        self._waiting: dict[int, tuple[Any, Any, tuple[int, ...]]] = {}
        self._first: dict[tuple[tuple[int, ...], str], Any] = {}

    def stand_in(self, variable: Any, initializer: Any, shape: tuple[int, ...]) -> Any:
        """Zeros of the variable's shape, which cost no memory until they are written to."""
        self.total += math.prod(shape) * dtypes.ITEMSIZE.get(variable._dtype, 8)
        if self.limit is not None and self.total > self.limit:
            raise UnsafeFileError(
                f"The file describes variables of over {self.total:,} bytes, which its own size "
                f"does not account for (variable {variable.path!r} of shape {shape})."
            )
        self._waiting[id(variable)] = variable, initializer, shape
        if backend.has("functional"):
            # Where tensors never change, variables of one shape can wait on the same one.
            first = self._first.setdefault((shape, variable._dtype), variable)
            if first is not variable:
                return first._value
        return np.zeros(shape, host_dtype(variable._dtype)).view(HandedOver)

    def initial(self, variable: Any) -> np.ndarray:
        """The value that a variable has now, or is to get if the file does not hold it."""
        if id(variable) not in self._waiting:
            return variable.numpy()
        _, initializer, shape = self._waiting[id(variable)]
        return np.asarray(variable._initial_value(initializer, shape))

    def forget(self, variable: Any) -> None:
        """Let a variable go that another one has taken the place of."""
        self._waiting.pop(id(variable), None)

    def draw(self, loaded: set[int]) -> None:
        """Give the variables that are not in `loaded` (ids) their initial values."""
        for variable, initializer, shape in self._waiting.values():
            if id(variable) not in loaded:
                variable.assign(variable._initial_value(initializer, shape))
        self._waiting.clear()
        self._first.clear()


def save_state(
    root: Any, writer: Writer, assets: str | None = None, skip: Sequence[Any] = ()
) -> None:
    """Write the variables of an object and of all in it, one at a time.

    Args:
        root: a layer, model or optimizer.
        writer: where to.
        assets: an empty folder for what objects keep in files of their own.
        skip: objects inside that are left out, with what is in them.
    """
    for path, obj in walk(root, skip):
        entry = writer.entry(path, getattr(obj, "name", None))
        obj.save_own_variables(entry)
        if assets is not None and hasattr(obj, "save_assets"):
            folder = os.path.join(assets, *path.split("/")) if path else assets
            os.makedirs(folder, exist_ok=True)
            obj.save_assets(folder)


def load_state(
    root: Any,
    reader: Reader,
    what: str,
    assets: str | None = None,
    skip_mismatch: bool = False,
    pending: PendingValues | None = None,
    skip: Sequence[Any] = (),
) -> None:
    """Set the variables of an object and of all in it.

    Objects that follow the common protocol are all checked before the first one changes.

    Args:
        root: a layer, model or optimizer.
        reader: where from.
        what: how to call the file in errors.
        assets: the folder of what objects keep in files of their own.
        skip_mismatch: whether what does not fit is left as it is, with a warning.
        pending: the variables that wait for a value.
        skip: objects inside that stay as they are, with what is in them.

    Raises:
        InvalidFileError: if something does not fit; it lists paths and shapes.
    """
    problems: list[str] = []

    def problem_at(path: str, obj: Any, text: str) -> None:
        problems.append(f"{_where(path, obj)}: {text}")

    plan: list[tuple[str, Any, Any]] = []
    known: set[str] = set()
    loaded: set[int] = set()
    for path, obj, entry in _places(root, reader, skip):
        known.add(path)
        if entry is None or not len(entry):
            missing = _expected(obj) if isinstance(obj, Layer) else []
            if missing and _common(obj):
                expected = _describe(missing)
                problem_at(path, obj, f"the file has no values for it; expected {expected}")
                continue
            if entry is None:
                if not missing:
                    plan.append((path, obj, None))
                else:
                    problem_at(path, obj, "the file has no values for it")
                continue
        if not isinstance(obj, Layer):
            _build_optimizer(obj, root)
        problem = _mismatch(obj, entry)
        if problem is not None:
            problem_at(path, obj, problem)
            continue
        if _ours(obj):
            loaded.update(id(v) for v in _expected(obj))
        plan.append((path, obj, entry))
    if problems and not skip_mismatch:
        raise InvalidFileError(listed(what, problems))
    if pending is not None:
        pending.draw(loaded)
    for path, obj, entry in plan:
        problem = _load_one(path, obj, entry, assets)
        if problem is not None:
            problems.append(problem)
    if problems and not skip_mismatch:
        raise InvalidFileError(listed(what, problems))
    if problems:
        tracebacks.warn(listed(what, problems, skipped=True))
    unused = [p for p in reader.paths() if p not in known and p.partition("/")[0] != "optimizer"]
    if unused:
        tracebacks.warn(not_used(what, unused))


def _places(root: Any, reader: Reader, skip: Sequence[Any]) -> list[tuple[str, Any, Any]]:
    """The paths, objects and entries; those by attributes alone if the file has more of them.

    What properties show may have changed since it was written.
    """

    def found(properties: bool) -> list[tuple[str, Any, Any]]:
        pairs = walk(root, skip, properties)
        return [(path, obj, reader.entry(path)) for path, obj in pairs]

    def lacking(places: list[tuple[str, Any, Any]]) -> int:
        return sum(
            isinstance(obj, Layer) and bool(_expected(obj)) and not entry
            for _, obj, entry in places
        )

    places = found(properties=True)
    if missing := lacking(places):
        others = found(properties=False)
        return others if lacking(others) < missing else places
    return places


def _load_one(path: str, obj: Any, entry: Any, assets: str | None) -> str | None:
    try:
        if entry is not None and (len(entry) or not _common(obj)):
            entry.keep = TAKES_OVER and _ours(obj)
            obj.load_own_variables(entry)
        if assets is not None and hasattr(obj, "load_assets"):
            folder = os.path.join(assets, *path.split("/")) if path else assets
            if os.path.isdir(folder):
                obj.load_assets(folder)
    except (UnsafeFileError, MemoryError):
        raise
    except Exception as error:
        return f"{_where(path, obj)}: {error}"
    return None


def _where(path: str, obj: Any) -> str:
    """How to call a part of a model: by its place in files, and by its name if it was given one."""
    if not path:
        return "the model"
    name = str(getattr(obj, "name", ""))
    automatic = name.rstrip("0123456789_") == path.rpartition("/")[2].rstrip("0123456789_")
    return path if automatic or not name else f"{path} ({name})"


def _common(obj: Any) -> bool:
    """Whether an object loads its variables as every layer does."""
    return type(obj).load_own_variables is getattr(Layer, "load_own_variables", None)


def _ours(obj: Any) -> bool:
    return type(obj).load_own_variables.__module__.startswith("keras_core.")


def _expected(obj: Any) -> list[BaseVariable]:
    if isinstance(obj, Layer):
        return obj._saved_state()
    return list(getattr(obj, "variables", ()))


def _describe(variables: Iterable[BaseVariable]) -> str:
    return ", ".join(f"{v.name} {v.shape}" for v in variables)


def unfit(v: BaseVariable, shape: tuple[int, ...], complex_values: bool) -> str | None:
    """What keeps a variable from taking a file's values: another shape, or an imaginary part.

    That part would be dropped without a word; any other dtype is cast, as Keras does.
    """
    if shape != v.shape:
        return f"has shape {v.shape}, the file holds {shape}"
    if complex_values and v._dtype not in dtypes.COMPLEX:
        return f"is {v._dtype}, the file holds complex numbers"
    return None


def _mismatch(obj: Any, entry: Mapping[str, Any]) -> str | None:
    """What does not fit between an object of the common protocol and its values."""
    if not _common(obj):
        return None
    expected = _expected(obj)
    keys = list(entry)
    if len(keys) != len(expected):
        hint = "" if obj.built else " (the layer is not built; call the model on data first)"
        return (
            f"the file holds {len(keys)} values, the layer has {len(expected)}: "
            f"{_describe(expected) or 'none'}{hint}"
        )
    differing = []
    for i, v in enumerate(expected):
        if str(i) not in entry:
            return f"the file has no value {i}; it has {', '.join(keys[:_SHOWN])}"
        shape, kind = entry.describe(str(i))  # type: ignore[attr-defined]
        if (kind in "OSU") != (v._dtype == "string"):
            return f"the file's value for {v.name} is not of the kind {v._dtype}"
        problem = unfit(v, shape, kind == "c")
        if problem is not None:
            differing.append(f"{v.name} {problem}")
        entry.hints[str(i)] = v._dtype  # type: ignore[attr-defined]
    return "; ".join(differing) or None


def _build_optimizer(obj: Any, root: Any) -> None:
    # Another optimizer of the user's, as GANs have, is not of all the model's variables.
    if getattr(root, "optimizer", None) is obj and not getattr(obj, "built", True):
        obj.build(root.trainable_variables)


def listed(what: str, problems: list[str], skipped: bool = False) -> str:
    """What a file does not fit a model in, for an error, or for a warning of what was skipped."""
    shown = [*problems[:_SHOWN], *_more(problems)]
    end = "" if skipped else "\nPass skip_mismatch=True to load_weights() to take over what fits."
    begin = "Skipped what did not fit: " if skipped else ""
    return f"{begin}{what} does not fit the model in {len(problems)} place(s):\n  " + (
        "\n  ".join(shown) + end
    )


def not_used(what: str, names: list[str]) -> str:
    """What a file holds that no part of a model took, for a warning."""
    shown = ", ".join([*names[:_SHOWN], *_more(names)])
    return f"{what} also holds weights that the model has no place for: {shown}"


def _more(items: list[str]) -> list[str]:
    return [f"... and {len(items) - _SHOWN} more"] if len(items) > _SHOWN else []
