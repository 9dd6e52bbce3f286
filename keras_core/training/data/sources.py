"""Sources: what `fit` is given, seen as epochs of batches.

A source has `num_batches` (None: not known), `batch_size` (None: not known) and
`feed(epoch)`; the feed's `take(limit)` gives a `Portion` of at most `limit` steps, or None
when the epoch is over. Arrays give portions that the backend gathers on the device by index;
everything else gives batches.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.core.errors import describe
from keras_core.training.data.prefetch import Prefetcher, Workers

Batch = tuple[list[Any], tree.TreeSpec]


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

    def first(self) -> Any:
        """The first batch, not used up: for building the model."""

    def feed(self, epoch: int, skip: int = 0) -> Feed:  # pyright: ignore[reportReturnType]
        """The epoch's data without its first `skip` batches."""

    seed: int

    def close(self) -> None: ...


# Arrays --------------------------------------------------------------------------------------


class ArraySource:
    """Arrays in memory, or what slices like them.

    Args:
        data: a tuple `(x,)`, `(x, y)` or `(x, y, sample_weight)` of structures of arrays
            with a common first dimension, by `arrays.collect`.
        batch_size: samples in a step.
        shuffle: False, True (samples, anew every epoch) or "batch" (whole batches).
        seed: of the shuffling; the order is a function of it and of the epoch's number.
        steps: batches in an epoch; the next one goes on where it ended. None: all of them.
        goes_on: whether with `steps` the data starts anew when it is used up.
    """

    def __init__(
        self,
        data: Any,
        batch_size: int,
        shuffle: bool | str = False,
        seed: int = 0,
        steps: int | None = None,
        goes_on: bool = False,
    ) -> None:
        self._leaves, self._spec = tree.flatten_spec(data)
        self.samples = next(len(leaf) for leaf in self._leaves if leaf is not None)
        self.batch_size = min(batch_size, self.samples)
        self._shuffle, self.seed = shuffle, seed
        self._whole = self.num_batches = -(-self.samples // self.batch_size)
        self._goes_on = goes_on and steps is not None
        if steps is not None:
            self.num_batches = steps if goes_on else min(steps, self._whole)
        self._placed: list[Any] | None = None
        size = sum(getattr(leaf, "nbytes", 0) for leaf in self._leaves if leaf is not None)
        whole = all(leaf is None or not is_lazy(leaf) for leaf in self._leaves)
        self._resident = whole and size <= backend.execute.RESIDENT_BYTES
        sample = max(1, size // self.samples)
        self._window = max(1, (64 << 20) // (sample * self.batch_size))  # batches

    def first(self) -> Any:
        rows = slice(0, self.batch_size)
        return tree.unflatten(
            self._spec, [leaf if leaf is None else leaf[rows] for leaf in self._leaves]
        )

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
        if self._goes_on:
            return _EndlessFeed(self, epoch * self.num_batches + skip, self.num_batches - skip)
        return self.pass_over(epoch, skip, self.num_batches)

    def pass_over(self, number: int, skip: int, stop: int) -> Feed:
        """The batches `skip` to `stop - 1` of one pass over the data."""
        if self._resident:
            if self._placed is None:
                self._placed = backend.execute.place(self._leaves)
            window = ArrayWindow(self.batch_size, stop)
            return _GatherFeed(self._placed, self._spec, self.order(number), window, skip)  # pyright: ignore[reportArgumentType]
        return _WindowFeed(self, self.order(number), skip, stop)

    def rows(self, indices: np.ndarray) -> list[Any]:
        """These samples of every array, on the host."""
        return [leaf if leaf is None else take_rows(leaf, indices) for leaf in self._leaves]

    def close(self) -> None:
        self._placed = None


class _EndlessFeed:
    """Some of the batches of pass after pass over the data."""

    def __init__(self, source: ArraySource, first: int, count: int) -> None:
        self._source, self._at, self._stop = source, first, first + count
        self._feed: Feed | None = None

    def take(self, limit: int) -> Portion | None:
        portion = self._feed.take(limit) if self._feed is not None else None
        if portion is None and self._at < self._stop:
            whole = self._source._whole
            number, skip = divmod(self._at, whole)
            stop = min(whole, skip + self._stop - self._at)
            self._at += stop - skip
            self._feed = self._source.pass_over(number, skip, stop)
            portion = self._feed.take(limit)
        return portion

    def close(self) -> None:
        self._feed = None


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
        size, steps = window
        self._placed, self._spec = placed, spec
        full = min(len(order) // size, steps)
        self._full, self._steps, self._at = full, steps, skip
        self._order = backend.execute.place_order(order[: full * size].reshape(full, size))
        self._rest = order[full * size : steps * size]

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
        self._at = skip  # the batch at which the next window starts
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
            placed = backend.execute.place(source.rows(rows))
            window = ArrayWindow(size, stop - self._at)
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
    num_batches: int


def is_lazy(array: Any) -> bool:
    """Whether slicing is what reads the data (h5py, zarr, memory maps of other packages)."""
    return not isinstance(array, np.ndarray) and not backend.arrays.is_tensor(array)


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


# Batches -------------------------------------------------------------------------------------


class BatchSource:
    """Batches from an iterable: a generator, a data set of another package, a PyDataset.

    Args:
        open_epoch: `open_epoch(epoch, ready)` gives an iterator over `ready(item)` of the
            items, made in the background; None if there is no more data.
        prepare: makes a batch `(x, y, sample_weight)` of arrays out of an item.
        num_batches: per epoch, None: not known.
        steps: batches in an epoch as the user wants it; then an epoch goes on in the data
            where the last one stopped.
        on_stop: called when an iterator that was opened is used no more.
        on_close: called when no more epochs will come.
    """

    def __init__(
        self,
        open_epoch: Callable[[int, Callable[[Any], Batch]], Iterator[Batch] | None],
        prepare: Callable[[Any], Any],
        num_batches: int | None = None,
        steps: int | None = None,
        on_stop: Callable[[], None] | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self._open, self._prepare = open_epoch, prepare
        self.num_batches = num_batches if steps is None else steps
        self.batch_size: int | None = None
        self.seed = 0
        self._steps = steps
        self.once = False  # whether the data can be gone through once only
        self._on_stop, self._on_close = on_stop, on_close
        self._running: Iterator[Batch] | None = None
        self._peeked: list[Batch] = []

    def _ready(self, item: Any) -> Batch:
        leaves, spec = tree.flatten_spec(self._prepare(item))
        return backend.execute.place(leaves), spec

    def _start(self, epoch: int) -> Iterator[Batch] | None:
        return self._open(epoch, self._ready)

    def first(self) -> Any:
        if self._running is None:
            self._running = self._start(0)
        if not self._peeked and self._running is not None:
            batch = next(self._running, None)
            if batch is None:
                raise ValueError(
                    "The data must have at least one batch. Received an iterable that is empty."
                )
            self._peeked.append(batch)
        leaves, spec = self._peeked[0]
        return tree.unflatten(spec, leaves)

    def feed(self, epoch: int, skip: int = 0) -> Feed:
        if self._running is None:
            self._running = self._start(epoch)
        elif self._peeked and epoch > 0 and self._steps is None and not self.once:
            # A batch that was peeked at is the first epoch's.
            self.restart(epoch)
        feed = _BatchFeed(self, epoch)
        for _ in range(skip):
            feed.take(1)
        return feed

    def next_batch(self) -> Batch | None:
        """The next batch of the running iterator, None at its end."""
        if self._peeked:
            return self._peeked.pop()
        return next(self._running, None) if self._running is not None else None

    def restart(self, epoch: int) -> bool:
        """Open the data anew; False if it has no more."""
        self.stop()
        self._running = self._start(epoch)
        return self._running is not None

    def stop(self) -> None:
        """End the running iterator."""
        running, self._running = self._running, None
        self._peeked.clear()
        if running is None:
            return
        close = getattr(running, "close", None)
        if close is not None:
            close()
        if self._on_stop is not None:
            self._on_stop()

    def close(self) -> None:
        self.stop()
        if self._on_close is not None:
            self._on_close()


class _BatchFeed:
    """An epoch of a `BatchSource`."""

    def __init__(self, source: BatchSource, epoch: int) -> None:
        self._source, self._epoch = source, epoch
        self._taken = 0
        self._fresh = not source._peeked
        self._over = False

    def take(self, limit: int) -> Portion | None:
        source, steps = self._source, self._source._steps
        if self._over or (steps is not None and self._taken >= steps):
            return None
        batch = source.next_batch()
        if batch is None and steps is not None and source.restart(self._epoch + 1):
            batch = source.next_batch()  # the data is shorter than the steps asked for
        if batch is None:
            self._over = True
            source.stop()
            if steps is not None:
                warnings.warn(
                    f"The data ran out after {self._taken} of {steps} steps. Let it give at "
                    "least steps_per_epoch * epochs batches, or leave steps_per_epoch out.",
                    stacklevel=2,
                )
            elif source.num_batches is None and self._taken:
                source.num_batches = self._taken
            return None
        self._taken += 1
        leaves, spec = batch
        if limit > 1:
            return self._several(leaves, spec, limit)
        return Portion(1, lambda step: step.batch(leaves, spec))

    def _several(self, leaves: list[Any], spec: tree.TreeSpec, limit: int) -> Portion:
        """As many batches as `steps_per_execution` asks for, run one after the other."""
        batches, steps = [(leaves, spec)], self._source._steps
        while len(batches) < limit and (steps is None or self._taken < steps):
            batch = self._source.next_batch()
            if batch is None:
                self._over = steps is None
                break
            self._taken += 1
            batches.append(batch)

        def run(step: Any) -> Any:
            out = None
            for leaves, spec in batches:
                out = step.batch(leaves, spec)
            return out

        if self._over:
            self._source.stop()
            if self._source.num_batches is None:
                self._source.num_batches = self._taken
        return Portion(len(batches), run)

    def close(self) -> None:
        if self._source._steps is None:
            self._source.stop()


def iterable_source(
    items: Any,
    prepare: Callable[[Any], Any],
    num_batches: int | None = None,
    steps: int | None = None,
) -> BatchSource:
    """A source over an iterable of batches; a generator gives its items once."""
    once = iter(items) is items

    def open_epoch(epoch: int, ready: Callable[[Any], Batch]) -> Iterator[Batch] | None:
        nonlocal opened
        if once and opened:
            return None
        opened = True
        return Prefetcher(iter(items), ready)

    opened = False
    source = BatchSource(open_epoch, prepare, num_batches, steps)
    source.once = once
    return source


def py_dataset_source(
    dataset: Any,
    prepare: Callable[[Any], Any],
    shuffle: bool = False,
    seed: int = 0,
    steps: int | None = None,
) -> BatchSource:
    """A source over a PyDataset, or anything with its methods."""
    count = dataset.num_batches
    if count == 0:
        raise ValueError(
            f"The data must have at least one batch. Received: {describe(dataset)}, whose "
            "num_batches is 0"
        )
    workers = Workers(dataset)
    source: BatchSource

    def open_epoch(epoch: int, ready: Callable[[Any], Batch]) -> Iterator[Batch]:
        dataset.on_epoch_begin()
        count = dataset.num_batches  # may change from epoch to epoch
        if count is None:
            indices: Any = itertools.count()
        elif shuffle:
            rng = np.random.Generator(np.random.Philox(key=[source.seed, epoch]))
            indices = rng.permutation(count).tolist()
        else:
            indices = range(count)
        if dataset.workers == 0:  # in the caller's own thread
            return (ready(dataset[index]) for index in indices)
        return workers.batches(indices, ready)

    source = BatchSource(
        open_epoch, prepare, count, steps, on_stop=dataset.on_epoch_end, on_close=workers.close
    )
    source.seed = seed
    return source
