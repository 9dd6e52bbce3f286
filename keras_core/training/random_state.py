"""The states of all random generators that a step, a callback or data may draw from."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from keras_core.backends.select import backend


def get() -> dict[str, Any]:
    """The states of Python's, NumPy's, the framework's and our own global generators.

    Returns:
        Numbers, strings, None and arrays in dicts and lists, as a file can hold them.
    """
    from keras_core.random import seed_generator

    version, internal, gauss = random.getstate()
    name, key, *rest = np.random.get_state(legacy=True)
    return {
        "python": [version, np.array(internal, np.uint32), gauss],
        "numpy": [name, np.array(key), *rest],
        "framework": backend.execute.random_state(),
        "default": seed_generator.default_state(),
    }


def set(state: dict[str, Any]) -> None:
    """Put all generators back to where `get` found them."""
    from keras_core.random import seed_generator

    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal.tolist()), gauss))
    np.random.set_state(tuple(state["numpy"]))
    backend.execute.set_random_state(state["framework"])
    seed_generator.set_default_state(state["default"])
