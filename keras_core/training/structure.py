"""Matching what the user gives for each output (losses, metrics, weights, targets) to outputs.

A model's outputs are a tensor or a structure of them. What belongs to them may come in the
same structure, by the outputs' names, as a list in their order, or as one thing for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from keras_core.core import tree
from keras_core.core.errors import describe


class Output(NamedTuple):
    """One of a model's outputs."""

    path: tuple[Any, ...]  # keys and indices in the structure of outputs
    name: str | None  # as it stands in the names of results; None for an only or unnamed output


def outputs_of(y_pred: Any, names: Sequence[str] | None) -> list[Output]:
    """The outputs in a structure, with their names.

    Args:
        y_pred: tensors, or a structure of them.
        names: the outputs' names in flat order, where the model knows them.
    """
    found = tree.flatten_with_path(y_pred)
    if len(found) == 1:
        return [Output(found[0][0], None)]
    out = []
    for i, (path, _) in enumerate(found):
        keys = [str(key) for key in path]
        if isinstance(y_pred, dict):
            name = "/".join(keys)
        else:
            name = names[i] if names is not None and len(names) == len(found) else None
        out.append(Output(path, name))
    if len({o.name for o in out}) < len(out) and not isinstance(y_pred, dict):
        # One layer gives two outputs: its name alone does not tell them apart.
        seen: dict[str | None, int] = {}
        for i, o in enumerate(out):
            if o.name is not None:
                count = seen[o.name] = seen.get(o.name, -1) + 1
                out[i] = Output(o.path, f"{o.name}_{count}" if count else o.name)
    return out


def align(
    value: Any,
    y_pred: Any,
    outputs: Sequence[Output],
    owner: str,
    what: str,
    is_item: Callable[[Any], bool],
    spread: bool = True,
) -> list[Any]:
    """What belongs to each output, flat; None for outputs without anything.

    Args:
        value: what the user gave.
        y_pred: the structure of outputs.
        outputs: `outputs_of(y_pred)`.
        owner: the model, for errors.
        what: the argument's name, for errors.
        is_item: tells a thing that belongs to one output from a structure of them.
        spread: whether one item may stand for all outputs.

    Raises:
        ValueError: if it does not match the outputs.
    """
    count = len(outputs)
    if value is None:
        return [None] * count
    if is_item(value):
        if count > 1 and not spread:
            raise _mismatch(owner, what, value, outputs)
        return [value] * count
    if count == 1 and not tree.is_nested(y_pred):
        return [_only(value, owner, what, is_item)]
    names = [output.name for output in outputs]
    flat = not any(len(output.path) > 1 for output in outputs)
    if isinstance(value, dict) and not isinstance(y_pred, dict) and flat:
        unknown = [key for key in value if key not in names]
        if unknown:
            raise ValueError(
                f"{owner}: {what} names {unknown[0]!r}, which is no output. The outputs are "
                f"{[n if n is not None else i for i, n in enumerate(names)]}"
            )
        return [value.get(name) for name in names]
    return _walk(value, y_pred, owner, what, is_item, outputs)


def _only(value: Any, owner: str, what: str, is_item: Callable[[Any], bool]) -> Any:
    """The one thing in a list or dict that is given for a model with one output."""
    items = list(value.values()) if isinstance(value, dict) else list(value)
    if len(items) == 1:
        item = items[0]
        return item if item is None or is_item(item) else _only(item, owner, what, is_item)
    raise ValueError(
        f"{owner}: {what} must be one for the model's one output. Received {len(items)}: "
        f"{what}={describe(value)}"
    )


def _walk(
    value: Any,
    y_pred: Any,
    owner: str,
    what: str,
    is_item: Callable[[Any], bool],
    outputs: Sequence[Output],
) -> list[Any]:
    if value is None or is_item(value):
        return [value] * len(tree.flatten(y_pred))
    if not tree.is_nested(y_pred):
        return [_only(value, owner, what, is_item)]
    children, keys = _children(y_pred)
    if isinstance(value, dict):
        unknown = [key for key in value if key not in keys]
        if unknown or not isinstance(y_pred, dict):
            raise _mismatch(owner, what, value, outputs)
        items = [value.get(key) for key in keys]
    elif isinstance(value, (list, tuple)) and len(value) == len(children):
        items = list(value)
    else:
        raise _mismatch(owner, what, value, outputs)
    found = []
    for item, child in zip(items, children, strict=True):
        found.extend(_walk(item, child, owner, what, is_item, outputs))
    return found


def _children(structure: Any) -> tuple[list[Any], list[Any]]:
    if isinstance(structure, dict):
        keys = sorted(structure)
        return [structure[key] for key in keys], keys
    return list(structure), list(range(len(structure)))


def _mismatch(owner: str, what: str, value: Any, outputs: Sequence[Output]) -> ValueError:
    names = [o.name if o.name is not None else "/".join(map(str, o.path)) for o in outputs]
    return ValueError(
        f"{owner}: {what} must match the model's {len(outputs)} outputs {names}: one in each "
        f"place of a list, or by name in a dict. Received: {what}={describe(value)}"
    )
