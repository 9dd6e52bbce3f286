"""Masks that travel with tensors.

A mask is kept on its tensor as `_keras_mask`. Tensors that take no attributes (NumPy arrays, what
JAX traces) are looked up in a table instead, which forgets them with the tensor. Nothing is looked
up at all until the first mask is set.
"""

from __future__ import annotations

import warnings
import weakref
from typing import Any

from keras_core.core import tree

in_use = False
_apart: dict[int, tuple[weakref.ref, Any]] = {}  # by the tensor's id, which goes with it


def start() -> None:
    """From now on masks are looked for: a layer that makes some was constructed."""
    global in_use
    in_use = True


def set_mask(x: Any, mask: Any) -> None:
    """Give tensor `x` a mask, or take it away with None."""
    global in_use
    if mask is None and not in_use:
        return
    in_use = True
    try:
        x._keras_mask = mask
    except AttributeError:
        key = id(x)
        _apart[key] = (weakref.ref(x, lambda _: _apart.pop(key, None)), mask)


def set_missing(outputs: list[Any], computed: Any) -> None:
    """Give tensors that have no mask theirs out of what `compute_mask` returned."""
    several = isinstance(computed, (list, tuple, dict))
    for x, mask in zip(outputs, tree.flatten(computed) if several else [computed], strict=False):
        if mask is not None and get_mask(x) is None:
            set_mask(x, mask)


def warn_of_loss(owner: str) -> None:
    """Say that a layer lets a mask get lost."""
    warnings.warn(
        f"{owner}: its input has a mask, which the layer neither uses nor hands on: what comes "
        "after it counts padding like data. Set self.supports_masking = True in __init__ to hand "
        "it on, take it by call(self, x, mask=None), or drop it before, knowingly, by "
        "mask_zero=False.",
        UserWarning,
        stacklevel=5,
    )


def get_mask(x: Any) -> Any:
    """The mask of tensor `x`, None if it has none."""
    if not in_use:
        return None
    mask = getattr(x, "_keras_mask", None)
    if mask is None and _apart:
        entry = _apart.get(id(x))
        return None if entry is None else entry[1]
    return mask


def of(structure: Any) -> list[Any]:
    """The masks of all tensors of a structure, flat; an empty list if there are none at all."""
    return [get_mask(x) for x in tree.flatten(structure)] if in_use else []


def give(structure: Any, found: list[Any]) -> None:
    """Give the tensors of a structure the masks that `of` found."""
    for x, mask in zip(tree.flatten(structure) if found else (), found, strict=True):
        if mask is not None:
            set_mask(x, mask)
