"""Matching what the user gives for each output (losses, metrics, weights, targets) to outputs.

A model's outputs are a tensor or a structure of them. What belongs to them may come in the
same structure, by the outputs' names, as a list in their order, or as one thing for all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from keras_core.core import tree
from keras_core.core.errors import describe


class Output(NamedTuple):
    """One of a model's outputs."""

    path: tuple[Any, ...]  # keys and indices in the structure of outputs
    name: str | None  # of its metrics' results; None for an only or unnamed output

    def label(self, unnamed: str) -> str:
        """What its loss is called: its place, with the output's name for its last index.

        Args:
            unnamed: stands for the name of an output that has none.
        """
        *outer, last = self.path
        if isinstance(last, int):
            last = self.name or unnamed
        return "/".join(map(str, (*outer, last)))


def outputs_of(y_pred: Any, names: Sequence[str] | None) -> list[Output]:
    """The outputs in a structure, with their names.

    Args:
        y_pred: tensors, or a structure of them.
        names: the outputs' names in flat order, where the model knows them.
    """
    found = tree.flatten_with_path(y_pred)
    if len(found) == 1:
        return [Output(found[0][0], None)]
    keyed = isinstance(y_pred, dict) and all(len(path) == 1 for path, _ in found)
    known = names if names is not None and len(names) == len(found) else [None] * len(found)
    out = [
        Output(path, str(path[0]) if keyed else name)
        for (path, _), name in zip(found, known, strict=True)
    ]
    if len({o.name for o in out}) < len(out):
        # One layer gives two outputs: its name alone does not tell them apart.
        seen: dict[str | None, int] = {}
        for i, o in enumerate(out):
            if o.name is not None:
                count = seen[o.name] = seen.get(o.name, -1) + 1
                out[i] = Output(o.path, f"{o.name}_{count}" if count else o.name)
    return out


class _Unlike(Exception):
    """A value does not have the structure of the outputs."""


def align(
    value: Any,
    y_pred: Any,
    outputs: Sequence[Output],
    owner: str,
    what: str,
    is_item: Callable[[Any], bool],
    spread: bool = True,
    among: Sequence[int] = (),
    written: Any = None,
) -> list[Any]:
    """What belongs to each output, flat; None for outputs without anything.

    Args:
        value: what the user gave: in the outputs' structure, by their names in a dict, or in
            lists that hold as many as there are outputs.
        y_pred: the structure of outputs.
        outputs: `outputs_of(y_pred)`.
        owner: the model, for errors.
        what: the argument's name, for errors.
        is_item: tells a thing that belongs to one output from a structure of them.
        spread: whether one item may stand for all outputs.
        among: the outputs that need one; a value with just as many items is for these alone.
        written: what the user wrote, for errors, where `value` was made of it.

    Raises:
        ValueError: if it does not match the outputs.
    """
    count = len(outputs)
    written = value if written is None else written
    if value is None:
        return [None] * count
    if spread and is_item(value):
        return [value] * count
    if len(among) < count and (items := _items(value, is_item)) and len(items) == len(among):
        found = dict(zip(among, items, strict=True))
        return [found.get(i) for i in range(count)]
    if is_item(value):
        if count > 1:
            raise _mismatch(owner, what, written, outputs)
        return [value]
    with contextlib.suppress(_Unlike):
        return _walk(value, y_pred, is_item)
    if count == 1:
        if not isinstance(y_pred, dict):  # a list of one output, and the one thing by a name
            with contextlib.suppress(_Unlike):
                return [_only(value, is_item)]
        raise ValueError(
            f"{owner}: {what} must be one for the model's one output. Received {len(value)}: "
            f"{what}={describe(written)}"
        )
    names = [output.name for output in outputs]
    if isinstance(value, dict):
        unknown = [key for key in value if key not in names]
        if not unknown:
            return [value.get(name) for name in names]
        if not isinstance(y_pred, dict) and all(len(output.path) == 1 for output in outputs):
            raise ValueError(
                f"{owner}: {what} names {unknown[0]!r}, which is no output. The outputs are "
                f"{[n if n is not None else i for i, n in enumerate(names)]}"
            )
    else:
        with contextlib.suppress(_Unlike):
            flat = list(_flat(value, is_item))
            if len(flat) == count:
                return flat
    raise _mismatch(owner, what, written, outputs)


def _items(value: Any, is_item: Callable[[Any], bool]) -> list[Any]:
    """The one item that a value is, or those of a plain list."""
    if is_item(value):
        return [value]
    plain = isinstance(value, (list, tuple)) and all(map(is_item, value))
    return list(value) if plain else []


def _flat(value: Any, is_item: Callable[[Any], bool]) -> Iterator[Any]:
    """The items in lists of lists."""
    for item in value:
        if item is None or is_item(item):
            yield item
        elif isinstance(item, (list, tuple)):
            yield from _flat(item, is_item)
        else:
            raise _Unlike  # a dict, whose names would not be heeded


def _only(value: Any, is_item: Callable[[Any], bool]) -> Any:
    """The one thing in a list or dict that is given for one output."""
    items = list(value.values()) if isinstance(value, dict) else list(value)
    if len(items) != 1:
        raise _Unlike
    item = items[0]
    return item if item is None or is_item(item) else _only(item, is_item)


def _walk(value: Any, y_pred: Any, is_item: Callable[[Any], bool]) -> list[Any]:
    if not tree.is_nested(y_pred):
        return [value if value is None or is_item(value) else _only(value, is_item)]
    children, keys = _children(y_pred)
    listed = isinstance(value, (list, tuple)) and len(value) == len(children)
    # A list is what one output has, unless it is the list of several outputs'.
    if value is None or (is_item(value) and not (listed and not isinstance(y_pred, dict))):
        return [value] * len(tree.flatten(y_pred))
    if isinstance(value, dict):
        if not isinstance(y_pred, dict) or not value.keys() <= set(keys):
            raise _Unlike
        items = [value.get(key) for key in keys]
    elif listed:
        items = list(value)
    else:
        raise _Unlike
    found = []
    for item, child in zip(items, children, strict=True):
        found.extend(_walk(item, child, is_item))
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
