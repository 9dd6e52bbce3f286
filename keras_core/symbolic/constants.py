"""Tensors that layers computed, and that must not end up as constants in a graph unnoticed.

A layer called on an array while a functional model is described gives an array: what is then
joined with KerasTensors is a constant of the model, and the layer is no part of it. The common
case, a new layer's first call, is remembered here, and said when its result enters a graph.
"""

from __future__ import annotations

import warnings
import weakref
from typing import Any

# By id: a reference to the tensor, and which layer computed it.
computed: dict[int, tuple[Any, str]] = {}


def remember(x: Any, owner: str) -> None:
    """Note that a layer with weights computed `x`, for as long as `x` lives."""
    key = id(x)
    try:
        reference = weakref.ref(x, lambda _: computed.pop(key, None))
    except TypeError:  # no tensor, or a kind that is not followed
        return
    computed[key] = reference, owner


def warn_about(leaves: list[Any], operation: Any) -> None:
    """Say which of the arguments of an operation on KerasTensors a layer had computed."""
    for x in leaves:
        found = computed.get(id(x))
        if found is not None and found[0]() is x:
            warnings.warn(
                f"{operation.name}: one of its inputs is an array that {found[1]} computed from an "
                "array. It becomes a constant of the model: the layer is no part of it, and its "
                "weights are not trained. Call the layer on a keras.Input() instead.",
                UserWarning,
                stacklevel=2,
            )


def warn_of_weights(caller: str, count: int) -> None:
    """Say that a framework's weights became constants of a graph."""
    warnings.warn(
        f"{caller}: {count} of its inputs are weights of the framework. They become constants of "
        "the model, which does not know of them: they are neither trained nor saved with it. "
        "Put a torch module into layers.TorchModuleWrapper, or make the weights in a Layer "
        "subclass by add_weight().",
        UserWarning,
        stacklevel=2,
    )
