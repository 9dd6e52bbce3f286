"""A warning where a model's last activation and its loss do not go together."""

from __future__ import annotations

import warnings
from typing import Any

from keras_core.symbolic.graph import node_of

# Last steps whose results are probabilities, and those that leave logits.
_PROBABILITIES = frozenset({"softmax", "sigmoid"})
_LOGITS = frozenset({"linear"})


def warn_of_mismatches(model: Any, loss: Any, owner: str) -> None:
    """Warn of `from_logits=True` after a softmax, of neither, and of a softmax of one unit.

    Only what is certain from the layers is told: a model whose `call` is a function of the user's
    is not looked into.

    Args:
        model: a model that is built.
        loss: its `CompiledLoss`, built.
        owner: the model, for the text.
    """
    outputs = getattr(getattr(model, "_functional", None) or model, "outputs", None)
    if not outputs or len(outputs) != len(loss.losses):
        return
    for one, symbol, output in zip(loss.losses, outputs, loss.outputs, strict=True):
        expects = _from_logits(one)
        last = _last_activation(symbol) if expects is not None else None
        if last is None:
            continue
        place = f"the output {output.name!r}" if len(outputs) > 1 else "the model's output"
        name = getattr(one, "name", type(one).__name__)
        if last == "softmax" and symbol.shape[-1] == 1:
            text = (
                "has a softmax over one unit, which is 1 whatever the input. Write "
                "Dense(1, activation='sigmoid') for two classes."
            )
        elif expects and last in _PROBABILITIES:
            text = (
                f"has the activation {last!r}, and the loss {name!r} takes logits "
                "(from_logits=True): it would be applied twice. Leave one of them out."
            )
        elif not expects and last in _LOGITS:
            wanted = "sigmoid" if "binary" in _function_name(one) else "softmax"
            text = (
                f"has no activation, and the loss {name!r} takes probabilities. Write "
                f"activation={wanted!r} in the last layer, or "
                f"keras.losses.{_class_name(one)}(from_logits=True) in compile()."
            )
        else:
            continue
        warnings.warn(f"{owner}: {place} {text}", UserWarning, stacklevel=4)


def _function_name(loss: Any) -> str:
    return getattr(getattr(loss, "fn", None), "__name__", "")


def _class_name(loss: Any) -> str:
    name = _function_name(loss)
    return "".join(part.capitalize() for part in name.split("_"))


def _from_logits(loss: Any) -> bool | None:
    """Whether a loss of ours takes logits, None where that is no question."""
    if "crossentropy" not in _function_name(loss):
        return None
    return bool((getattr(loss, "_fn_kwargs", None) or {}).get("from_logits", False))


def _last_activation(symbol: Any) -> str | None:
    """The name of the activation that made a tensor, "linear" for none; None if unknown."""
    node = node_of(symbol)
    if node is None:
        return None
    layer = node.operation
    if type(layer).__name__ in ("Softmax", "Sigmoid"):
        return type(layer).__name__.lower()
    if type(layer).__name__ not in ("Dense", "Activation", "EinsumDense"):
        return None
    return getattr(layer.activation, "__name__", None)
