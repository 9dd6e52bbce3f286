"""A data set in two parts."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import seeds, tree
from keras_core.core.errors import describe, message, missing_package
from keras_core.training.data.arrays import module_of
from keras_core.training.data.py_dataset import PyDataset

_OWNER = "split_dataset"


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Any, Any]:
    """Split data into a left part and a right part, which do not overlap.

    Args:
        dataset: an array, or a list, tuple or dict of arrays of one length; a `PyDataset`, a
            torch `Dataset`, or a finite `tf.data.Dataset`.
        left_size: a fraction from 0 to 1, or a number of samples.
        right_size: the same for the right part; by default what the left part leaves.
        shuffle: whether to shuffle before splitting.
        seed: of the shuffling.
        preferred_backend: "tensorflow" for two `tf.data.Dataset`, "torch" for two torch
            `Subset`; None for whatever the active backend has of these, else two `PyDataset`
            of single samples.

    Returns:
        Two data sets: of the kind given, for one of those; else as `preferred_backend` says.

    Raises:
        TypeError: for data or sizes of another kind.
        ValueError: for sizes that leave a part without samples, or do not fit.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> left, right = keras.utils.split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), len(right)
    (8, 2)
    """
    if preferred_backend not in (None, "tensorflow", "torch", "jax", "numpy"):
        raise ValueError(
            message(
                _OWNER, "preferred_backend", "be None, 'tensorflow' or 'torch'", preferred_backend
            )
        )
    modules = module_of(dataset)
    if "tensorflow" in modules and hasattr(dataset, "cardinality"):
        return _split_tensorflow(dataset, left_size, right_size, shuffle, seed)
    samples = _samples(dataset, modules)
    left, right = _counts(left_size, right_size, len(samples))
    order = np.arange(len(samples))
    if shuffle:
        order = np.random.default_rng(seeds.make_seed() if seed is None else seed).permutation(
            order
        )
    parts = order[:left], order[len(order) - right :]
    return tuple(samples.part(rows, preferred_backend) for rows in parts)


def _counts(left: Any, right: Any, total: int) -> tuple[int, int]:
    """How many samples the parts have."""
    if left is None and right is None:
        raise ValueError(f"{_OWNER}: left_size or right_size must be given.")
    for name, size in (("left_size", left), ("right_size", right)):
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, (int, float, np.number)):
            raise TypeError(message(_OWNER, name, "be an int or a float", size))
        whole = isinstance(size, (int, np.integer))
        if (whole and not 0 < size < total) or (not whole and not 0 < size < 1):
            raise ValueError(
                message(
                    _OWNER,
                    name,
                    f"be an int from 1 to {total - 1} or a float between 0 and 1",
                    size,
                )
            )
    if isinstance(left, float) and isinstance(right, float) and left + right > 1 + 1e-9:
        raise ValueError(
            f"{_OWNER}: left_size and right_size must add up to at most 1. Received: "
            f"{left}, {right}"
        )
    counts = [
        None if size is None else round(size * total) if isinstance(size, float) else int(size)
        for size in (left, right)
    ]
    first = counts[0] if counts[0] is not None else total - counts[1]  # type: ignore[operator]
    second = counts[1] if counts[1] is not None else total - first
    if min(first, second) < 1 or first + second > total:
        raise ValueError(
            f"{_OWNER}: both parts must have samples, of {total} in all. Received: "
            f"left_size={left}, right_size={right}, which gives {first} and {second}"
        )
    return first, second


class _Samples:
    """Arrays of one length, or a data set by index, as single samples."""

    def __init__(self, length: int, get: Any, source: Any = None) -> None:
        self._length, self.get, self.source = length, get, source

    def __len__(self) -> int:
        return self._length

    def part(self, rows: np.ndarray, preferred: str | None) -> Any:
        if isinstance(self.source, PyDataset):
            return Subset(self, rows)
        if self.source is not None:  # a torch Dataset
            return framework_data("torch").subset(self.source, rows)
        if preferred in (None, "torch", "tensorflow"):
            own = framework_data(preferred).from_samples(self.get, rows)
            if own is not None:
                return own
        return Subset(self, rows)


def framework_data(name: str | None = None) -> Any:
    """A framework's module of data sets, the active backend's by default; imports the framework.

    Where the active one has no data sets, TensorFlow's are used if it is installed.

    Raises:
        ImportError: if the framework that was named is not installed.
    """
    if name is None:
        if backend.datasets.OWN or not installed("tensorflow"):
            return backend.datasets
        name = "tensorflow"
    if not installed(name):
        raise missing_package(name, f"preferred_backend={name!r}")
    loaded = sys.modules.get(name) is not None
    module = importlib.import_module(f"keras_core.backends.{name}.datasets")
    seed = seeds.global_seed()
    if not loaded and seed is not None:  # as if it had been there when the seed was set
        module.seed_framework(seed % 2**32)
    return module


def seed_other_data(seed: int) -> None:
    """Seed the loaded frameworks whose data sets feed this backend too."""
    for name in ("tensorflow", "torch"):
        if name != backend.name and sys.modules.get(name) is not None:
            framework_data(name).seed_framework(seed)


def installed(package: str) -> bool:
    """Whether a package can be imported."""
    return importlib.util.find_spec(package) is not None


class Subset(PyDataset):
    """Some of the samples of a data set, one an index."""

    def __init__(self, samples: _Samples, rows: np.ndarray) -> None:
        super().__init__()
        self._samples, self._rows = samples, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._samples.get(int(self._rows[index]))


def _samples(dataset: Any, modules: str) -> _Samples:
    if isinstance(dataset, PyDataset):
        count = dataset.num_batches
        if count is None:
            raise ValueError(message(_OWNER, "dataset", "have an end", dataset))
        return _Samples(count, dataset.__getitem__, dataset)
    if isinstance(dataset, (str, bytes, int, float)):
        raise _unknown(dataset)
    if "torch" in modules and hasattr(dataset, "__getitem__") and not hasattr(dataset, "dtype"):
        return _Samples(len(dataset), dataset.__getitem__, dataset)
    leaves, spec = _arrays(dataset)
    lengths = {len(leaf) for leaf in leaves}
    if len(lengths) != 1:
        raise ValueError(
            message(_OWNER, "dataset", "hold arrays of one length", dataset)
            if leaves
            else message(_OWNER, "dataset", "hold at least one array", dataset)
        )
    return _Samples(lengths.pop(), lambda i: tree.unflatten(spec, [leaf[i] for leaf in leaves]))


def _unknown(dataset: Any) -> TypeError:
    return TypeError(
        f"{_OWNER}: dataset must be arrays, a PyDataset, a torch Dataset or a tf.data.Dataset. "
        f"Received: {describe(dataset)}"
    )


def _arrays(dataset: Any) -> tuple[list[Any], Any]:
    from keras_core.training.data.arrays import as_arrays, holds_arrays

    if not holds_arrays(dataset):
        raise _unknown(dataset)
    leaves, spec = tree.flatten_spec(as_arrays(dataset, _OWNER))
    given = tree.flatten(dataset)
    if len(given) == len(leaves):  # else there are lists of numbers among them
        # Arrays are split as they are; for training their floats would be made shorter.
        leaves = [
            own if isinstance(own, np.ndarray) and own.dtype.kind == "f" else leaf
            for own, leaf in zip(given, leaves, strict=True)
        ]
    return [
        leaf if isinstance(leaf, np.ndarray) else np.asarray(backend.arrays.convert_to_numpy(leaf))
        for leaf in leaves
    ], spec


def _split_tensorflow(
    dataset: Any, left: Any, right: Any, shuffle: bool, seed: int | None
) -> tuple[Any, Any]:
    total = int(dataset.cardinality())
    if total == -1:
        raise ValueError(message(_OWNER, "dataset", "have an end", dataset))
    if total < 0:  # not known
        total = sum(1 for _ in dataset)
    first, second = _counts(left, right, total)
    if shuffle:
        seed = seeds.make_seed() if seed is None else seed
        # One order for both parts, and for every epoch: else they would overlap.
        dataset = dataset.shuffle(total, seed=seed, reshuffle_each_iteration=False)
    return dataset.take(first), dataset.skip(total - second)
