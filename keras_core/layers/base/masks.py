"""Masks that travel with tensors.

A mask is kept on its tensor as `_keras_mask`. Tensors that take no attributes are looked up in a
table instead: NumPy arrays in one that forgets them with the array, others (JAX tracers) in that
of the running call. Nothing is looked up at all until the first mask is set.
"""

from __future__ import annotations

import warnings
import weakref
from typing import Any

import numpy as np

from keras_core.core import scopes, tree

in_use = False
_of_arrays: dict[int, tuple[weakref.ref, Any]] = {}  # by the array's id, which goes with it


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
        if isinstance(x, np.ndarray):
            key = id(x)
            _of_arrays[key] = (weakref.ref(x, lambda _: _of_arrays.pop(key, None)), mask)
            return
        call = scopes.local.call
        if call is not None:
            call.masks[id(x)] = (x, mask)  # holding x keeps its id its own


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
    if mask is None and isinstance(x, np.ndarray):
        entry = _of_arrays.get(id(x))
        return entry[1] if entry is not None else None
    if mask is None:
        call = scopes.local.call
        if call is not None and call.masks:
            entry = call.masks.get(id(x))
            if entry is not None:
                return entry[1]
    return mask
