"""Sources: what `fit` is given, seen as epochs of batches; and those of arrays.

A source has `num_batches` (None: not known), `batch_size` (None: not known) and
`feed(epoch)`; the feed's `take(limit)` gives a `Portion` of at most `limit` steps, or None
when the epoch is over. Arrays give portions that the backend gathers on the device by index;
everything else gives batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.training.data.arrays import is_mapped, is_ragged, narrowed


class Portion(NamedTuple):
    """Some steps' worth of data, and how a backend's step runs over it."""

    steps: int
    run: Callable[[Any], Any]  # called with the backend's step


class Feed(Protocol):
    """One epoch's data."""

    def take(self, limit: int) -> Portion | None: ...

    def close(self) -> None: ...


class Source(Protocol):
    """Data for any number of epochs."""

    num_batches: int | None
    batch_size: int | None
    steps: int | None  # batches in an epoch as the user wants it; None: as many as there are

    def first(self) -> Any:
        """The first batch, not used up: for building the model."""

    def targets(self) -> Any:
        """As many of the targets as are at hand on the host, None if there are none."""

    def feed(self, epoch: int, skip: int = 0) -> Feed:
        """The epoch's data without its first `skip` batches, which a run before this one used."""
        ...

    seed: int

    def position(self) -> Any:
        """What `go_on` needs beside the epoch and the step, for a file; None for nothing."""

    def go_on(self, position: Any) -> None:
        """Stand where the source stood that gave `position`, before the first feed."""

    def rewind(self) -> None:
        """Start anew with the next feed, if the data can."""

    def close(self) -> None: ...


WINDOW_BYTES = 64 << 20  # what is placed on the device at once of data too large to lie there

# Arrays --------------------------------------------------------------------------------------


class ArraySource:
    """Arrays in memory, or what slices like them.

    Args:
        data: a tuple `(x,)`, `(x, y)` or `(x, y, sample_weight)` of structures of arrays
            with a common first dimension, by `arrays.collect`.
        batch_size: samples in a step.
        shuffle: False, True (samples, anew every epoch) or "batch" (whole batches).
        seed: of the shuffling; the order is a function of it and of the epoch's number.
        steps: batches in an epoch; the next one goes on where it ended, and one in which the
            data is used up ends with it. None: all of them.
        start: the number of the epoch that is the first one.
    """

    def __init__(
        self,
        data: Any,
        batch_size: int,
        shuffle: bool | str = False,
        seed: int = 0,
        steps: int | None = None,
        start: int = 0,
    ) -> None:
        self._leaves, self._spec = tree.flatten_spec(data)
        self.samples = next(int(leaf.shape[0]) for leaf in self._leaves if leaf is not None)
        self.batch_size = min(batch_size, self.samples)
        self._shuffle, self.seed = shuffle, seed
        self._whole = -(-self.samples // self.batch_size)
        self.steps, self._start = steps, start
        self.num_batches = self._whole if steps is None else steps
        self._placed: list[Any] | None = None
        size = sum(getattr(leaf, "nbytes", 0) for leaf in self._leaves if leaf is not None)
        whole = all(leaf is None or not is_lazy(leaf) for leaf in self._leaves)
        self._resident = whole and size <= backend.execute.RESIDENT_BYTES
        sample = max(1, size // self.samples)
        self._window = max(1, WINDOW_BYTES // (sample * self.batch_size))  # batches

    def first(self) -> Any:
        rows = slice(0, self.batch_size)
        return tree.unflatten(
            self._spec,
            [leaf if leaf is None else narrowed(leaf[rows]) for leaf in self._leaves],
        )

    def targets(self) -> Any:
        data = tree.unflatten(self._spec, self._leaves)
        return data[1] if len(data) > 1 else None

    def order(self, epoch: int) -> np.ndarray:
        """The samples' indices in the order of an epoch."""
        count = self.samples
        if not self._shuffle:
            return np.arange(count, dtype=np.int32)
        rng = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        if self._shuffle == "batch":
            size = self.batch_size
            starts = rng.permutation(count // size) * size
            order = (starts[:, None] + np.arange(size)).reshape(-1)
            order = np.concatenate([order, np.arange(len(order), count)])
            return order.astype(np.int32)
        return rng.permutation(count).astype(np.int32)

    def feed(self, epoch: int, skip: int = 0) -> Feed:
        # An epoch is a part of a pass over the data, which is ordered by its first epoch's number.
        part = (epoch - self._start) % -(-self._whole // self.num_batches)
        first = part * self.num_batches
        skip, stop = first + skip, min(first + self.num_batches, self._whole)
        order = self.order(epoch - part)
        if self._resident:
            if self._placed is None:
                self._placed = backend.execute.place([narrowed(x) for x in self._leaves])
            window = ArrayWindow(self.batch_size, self.samples, stop)
            return _GatherFeed(self._placed, self._spec, order, window, skip)  # pyright: ignore[reportArgumentType]
        return _WindowFeed(self, order, skip, stop)

    def position(self) -> Any:
        return None  # the order is a function of seed and epoch

    def go_on(self, position: Any) -> None:
        pass

    def rewind(self) -> None:
        pass

    def rows(self, indices: np.ndarray) -> list[Any]:
        """These samples of every array, on the host."""
        return [
            leaf if leaf is None else narrowed(take_rows(leaf, indices)) for leaf in self._leaves
        ]

    def close(self) -> None:
        self._placed = None


class _GatherFeed:
    """Samples gathered on the device from arrays that lie there whole."""

    def __init__(
        self,
        placed: list[Any],
        spec: tree.TreeSpec,
        order: np.ndarray,
        window: ArrayWindow,
        skip: int = 0,
    ) -> None:
        size, samples, steps = window
        self._placed, self._spec = placed, spec
        full = min(samples // size, steps)
        self._full, self._steps, self._at = full, steps, skip
        # All of it, so that programs meet one shape.
        whole = len(order) // size
        self._order = backend.execute.place_order(order[: whole * size].reshape(whole, size))
        self._rest = order[full * size : min(samples, steps * size)]

    def take(self, limit: int) -> Portion | None:
        at, placed, spec = self._at, self._placed, self._spec
        if at >= self._steps:
            return None
        if at < self._full:
            stop = min(at + limit, self._full)
            order = self._order
            self._at = stop
            return Portion(stop - at, lambda step: step.gather(placed, spec, order, at, stop))
        self._at = at + 1
        order = backend.execute.place_order(self._rest[None])
        return Portion(1, lambda step: step.gather(placed, spec, order, 0, 1))

    def close(self) -> None:
        pass


class _WindowFeed:
    """Samples gathered on the host, some batches' worth at a time: for data too large to keep."""

    def __init__(self, source: ArraySource, order: np.ndarray, skip: int, stop: int) -> None:
        self._source, self._order, self._stop = source, order, stop
        self._at = self._first = skip  # the batch at which the next window starts
        self._feed: _GatherFeed | None = None

    def take(self, limit: int) -> Portion | None:
        portion = self._feed.take(limit) if self._feed is not None else None
        if portion is None:
            source = self._source
            if self._at >= self._stop:
                return None
            size = source.batch_size
            stop = min(self._at + source._window, self._stop)
            rows = self._order[self._at * size : stop * size]
            window = ArrayWindow(size, len(rows), stop - self._at)
            if self._at > self._first:  # the last window is given the size of those before
                rows = np.resize(rows, source._window * size)
            placed = backend.execute.place(source.rows(rows))
            order = np.arange(len(rows), dtype=np.int32)
            self._feed = _GatherFeed(placed, source._spec, order, window)
            self._at = stop
            portion = self._feed.take(limit)
        return portion

    def close(self) -> None:
        self._feed = None


class ArrayWindow(NamedTuple):
    """The part of an `ArraySource` that `_GatherFeed` reads."""

    batch_size: int
    samples: int
    num_batches: int


def is_lazy(array: Any) -> bool:
    """Whether slicing is what reads the data (memory maps, h5py, zarr)."""
    if isinstance(array, np.ndarray):
        return is_mapped(array)
    return not (backend.arrays.is_tensor(array) or is_ragged(array))


def take_rows(array: Any, indices: np.ndarray) -> Any:
    """`array[indices]`, with indices sorted for what reads from a file."""
    if isinstance(array, np.ndarray):
        return array.take(indices, axis=0)
    if backend.arrays.is_tensor(array):
        return backend.arrays.convert_to_numpy(array)[indices]
    by_place = np.argsort(indices, kind="stable")
    rows = np.asarray(array[indices[by_place]])
    out = np.empty_like(rows)
    out[by_place] = rows
    return out
