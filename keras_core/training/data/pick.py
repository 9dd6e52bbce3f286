"""Picks the source for whatever the user passes as data."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.core.errors import describe
from keras_core.training.data import arrays
from keras_core.training.data.batches import BatchSource, IterableSource, PyDatasetSource
from keras_core.training.data.packing import unpack_x_y_sample_weight
from keras_core.training.data.py_dataset import PyDataset
from keras_core.training.data.sources import ArraySource, Source

Weigh = Callable[[Any, Any, Any], Any]


def source_for(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: bool | str = False,
    weigh: Weigh | None = None,
    owner: str = "fit",
    start: int = 0,
    seed: int | None = None,
) -> Source:
    """The source over `x`, `y` and `sample_weight`, or over the batches in `x`.

    Args:
        x: arrays, or an object that gives batches.
        y: arrays; None where `x` gives batches.
        sample_weight: arrays; None where `x` gives batches.
        batch_size: of arrays, 32 if None.
        steps: batches in an epoch, None: as many as there are.
        shuffle: whether arrays and PyDatasets are shuffled, anew every epoch.
        weigh: gives sample weights for inputs, targets and the weights that they came with.
        start: the number of the epoch that is the first one.
        owner: what errors name: "Sequential 'net'.fit".
        seed: of the shuffling; None: drawn from Python's global generator.

    Raises:
        ValueError: if the data does not fit together.
    """
    if steps is not None and (not isinstance(steps, (int, np.integer)) or steps < 1):
        raise ValueError(
            f"{owner}: the number of steps must be a positive int. Received: {steps!r}"
        )
    if batch_size is not None and (not isinstance(batch_size, (int, np.integer)) or batch_size < 1):
        raise ValueError(
            f"{owner}: batch_size must be a positive int or None. Received: {batch_size!r}"
        )
    if x is None:
        raise ValueError(f"{owner}: x must be given. Received: x=None")
    if seed is None:
        seed = random.getrandbits(63) if shuffle else 0
    if not gives_batches(x):
        data = _arrays(x, y, sample_weight, weigh, owner)
        return ArraySource(data, batch_size or 32, shuffle, seed, steps, start)  # pyright: ignore[reportReturnType]
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None and (isinstance(x, PyDataset) or hasattr(x, "__iter__")):
            raise ValueError(
                f"{owner}: {name} must be None when x gives batches, which hold the targets and "
                f"weights themselves. Received: x={describe(x)}, {name}={describe(value)}"
            )
    return _batch_source(x, steps, bool(shuffle), weigh, owner, seed)


def gives_batches(x: Any) -> bool:
    """Whether iterating over `x` gives batches; else it is arrays."""
    if isinstance(x, PyDataset):
        return True
    return not arrays.holds_arrays(x)


def _arrays(x: Any, y: Any, sample_weight: Any, weigh: Weigh | None, owner: str) -> Any:
    x, y, sample_weight = (
        arrays.as_arrays(part, name)
        for part, name in ((x, "x"), (y, "y"), (sample_weight, "sample_weight"))
    )
    arrays.check_lengths(owner, x=x, y=y, sample_weight=sample_weight)
    if weigh is not None:
        sample_weight = weigh(x, y, sample_weight)
    return x, y, sample_weight


def _batch_source(
    x: Any, steps: int | None, shuffle: bool, weigh: Weigh | None, owner: str, seed: int
) -> BatchSource:
    def prepare(item: Any) -> Any:
        x, y, sample_weight = unpack_x_y_sample_weight(item)
        x, y, sample_weight = (_batch_part(part) for part in (x, y, sample_weight))
        if weigh is not None:
            sample_weight = weigh(x, y, sample_weight)
        return x, y, sample_weight

    if isinstance(x, PyDataset):
        return PyDatasetSource(x, prepare, shuffle, seed, steps)
    if not hasattr(x, "__iter__") and not hasattr(x, "__next__"):
        raise ValueError(
            f"{owner}: x must be arrays, or give batches (PyDataset, tf.data.Dataset, torch "
            f"DataLoader, generator or another iterable). Received: {describe(x)}"
        )
    return IterableSource(x, prepare, _length(x), steps)


def _batch_part(structure: Any) -> Any:
    """A batch's x, y or weights as arrays."""
    if structure is None:
        return None
    if isinstance(structure, np.ndarray) or backend.arrays.is_tensor(structure):
        return arrays.narrowed(arrays.as_array(structure, "batch"))
    return tree.map_structure(arrays.narrowed, arrays.as_arrays(structure, "batch"))


def _length(x: Any) -> int | None:
    """How many batches an iterable gives, if it says so."""
    cardinality = getattr(x, "cardinality", None)
    if callable(cardinality):  # tf.data: negative for infinite and for unknown
        count = int(cardinality())  # pyright: ignore[reportArgumentType]
        return count if count >= 0 else None
    try:
        return len(x)
    except TypeError:
        return None
