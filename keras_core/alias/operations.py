"""Keras's classes of operations, under the name of their module: `numpy.Add`, `nn.Softmax`.

`keras.src.ops.numpy.Add()(x, y)` is `ops.add(x, y)`. An operation that a functional model
recorded is an instance of its class here.
"""

from __future__ import annotations

from typing import Any

from keras_core.core import operation_names

#: The modules of `keras.src.ops` that have such classes.
MODULES = ("core", "einops", "image", "linalg", "math", "nn", "numpy")


def names(module: str) -> list[str]:
    """The classes of a module, `names("numpy")`."""
    return operation_names.class_names(f"keras.src.ops.{module}")


def __getattr__(name: str) -> Any:
    module, _, class_name = name.partition(".")
    from keras_core.ops import _saved

    found = _saved.find_class(f"keras.src.ops.{module}", class_name) if class_name else None
    if found is None:
        raise AttributeError(name)
    return found
