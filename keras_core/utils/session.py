"""Names, seeds and caches of the whole process."""

from __future__ import annotations

import gc
import random
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import naming, seeds
from keras_core.symbolic.graph import node_of
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.utils.splitting import seed_other_data


def clear_session(free_memory: bool = True) -> None:
    """Start automatic names anew, and let unused memory go.

    Args:
        free_memory: whether to collect garbage.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.clear_session()
    """
    naming.reset_uids()
    if free_memory:
        gc.collect()


def set_random_seed(seed: int) -> None:
    """Make everything random that follows reproducible.

    Seeds Python's `random`, NumPy, the framework's own global generator, those of TensorFlow and
    torch where they are loaded (whose data sets feed every backend), and the source of the seeds
    that initializers, dropout and shuffling draw when they are given none.

    Args:
        seed: an int from 0 to 2**32 - 1.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.set_random_seed(0)
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an int from 0 to 2**32 - 1. Received: seed={seed!r}")
    seed = int(seed)
    random.seed(seed)
    np.random.seed(seed)
    seeds.set_global_seed(seed)
    seed_framework = getattr(backend.random, "seed_framework", None)
    if seed_framework is not None:
        seed_framework(seed)
    seed_other_data(seed)


def get_source_inputs(tensor: KerasTensor) -> list[Any]:
    """The inputs that a KerasTensor was computed from.

    Args:
        tensor: a KerasTensor.

    Returns:
        A list of the KerasTensors made by `Input`, each once.

    Example:

    >>> import keras_core as keras
    >>> x = keras.Input((2,))
    >>> keras.utils.get_source_inputs(x * 2)[0] is x
    True
    """
    found: dict[int, KerasTensor] = {}
    seen: set[int] = set()
    stack = [tensor]
    while stack:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        node = node_of(x)
        if node is None or node.is_input:
            found[id(x)] = x
        else:
            stack.extend(reversed(node.inputs))
    return list(found.values())
