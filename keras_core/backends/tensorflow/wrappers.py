"""What `TFSMLayer` needs of TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


class SavedModels:
    """Functions of SavedModels."""

    @staticmethod
    def load(path: str) -> Any:
        """The loaded object."""
        return tf.saved_model.load(path)

    @staticmethod
    def endpoint(loaded: Any, name: str) -> Callable | None:
        """The function of a name: an attribute, else a signature; None if there is none."""
        found = getattr(loaded, name, None)
        if callable(found):
            return found
        signature = getattr(loaded, "signatures", {}).get(name)
        if signature is None:
            return None

        def call(inputs: Any, **kwargs: Any) -> Any:
            if isinstance(inputs, dict):
                return signature(**inputs)
            several = inputs if isinstance(inputs, (list, tuple)) else [inputs]
            names = sorted(signature.structured_input_signature[1])
            return signature(**dict(zip(names, several, strict=True)))

        return call

    @staticmethod
    def endpoints(loaded: Any) -> list[str]:
        """Names of the functions there are."""
        own = [k for k, v in vars(loaded).items() if callable(v) and not k.startswith("_")]
        return sorted({*own, *getattr(loaded, "signatures", {})})

    @staticmethod
    def variables(loaded: Any) -> list[tuple[Any, bool]]:
        """The variables, and whether each is trainable."""
        found: dict[int, tuple[Any, bool]] = {}
        listed = (
            getattr(loaded, "trainable_variables", None),
            getattr(loaded, "non_trainable_variables", None),
            getattr(loaded, "variables", None),
        )
        if not any(listed):  # a plain module has no lists: what its functions use
            functions = [*vars(loaded).values(), *getattr(loaded, "signatures", {}).values()]
            called = [g for f in functions for g in getattr(f, "concrete_functions", [f])]
            listed = (None, None, [v for f in called for v in getattr(f, "variables", ())])
        trained = {id(v) for v in listed[0] or ()}
        for group in listed:
            for v in group or ():
                if isinstance(v, tf.Variable):
                    found[id(v)] = (v, id(v) in trained or (listed[0] is None and v.trainable))
        return list(found.values())

    @staticmethod
    def adopt(variable: Any, native: Any) -> None:
        """Make a variable stand for one of the SavedModel's."""
        variable.__dict__["_value"] = native
