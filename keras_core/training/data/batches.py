"""Sources that are given batches: by an iterable, a generator, or a PyDataset by index."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.core.errors import describe
from keras_core.training import random_state
from keras_core.training.data.packing import unpack_x_y_sample_weight
from keras_core.training.data.prefetch import Prefetcher, Workers
from keras_core.training.data.sources import Feed, Portion


class Batch(NamedTuple):
    """A batch that is ready to be used."""

    leaves: list[Any]  # as `Step.batch` takes them
    spec: tree.TreeSpec
    state: Any = None  # of the iterator after it, where it has one


class BatchSource:
    """What iterable data of all kinds share; subclasses say how it is opened.

    Args:
        prepare: makes a batch `(x, y, sample_weight)` of arrays out of an item.
        num_batches: per epoch, None: not known.
        steps: batches in an epoch as the user wants it; then an epoch goes on in the data
            where the last one stopped, and one in which the data is used up ends with it.
    """

    once = False  # whether the data can be gone through once only

    def __init__(
        self,
        prepare: Callable[[Any], Any],
        num_batches: int | None = None,
        steps: int | None = None,
    ) -> None:
        self._prepare = prepare
        self.num_batches = num_batches if steps is None else steps
        self.batch_size: int | None = None
        self.seed = 0
        self.steps = steps
        self._running: Iterator[Batch] | None = None
        self._peeked: list[Batch] = []
        # Where it stands: how often the data was opened and used up before, the number that it
        # was opened with now, the batches handed out since, and the iterator's state.
        self._ended, self._number, self._read = 0, 0, 0
        self._state: Any = None
        self._random: Any = None  # the random states when it was opened
        self._drawn: Any = None  # and those of the data's own generators

    # For subclasses --------------------------------------------------------------------------

    def open(self, number: int, skip: int = 0, state: Any = None) -> Iterator[Batch] | None:
        """An iterator over the batches, made in the background; None if there is no more data.

        Args:
            number: of the pass over the data, on which the shuffling depends.
            skip: how many batches to leave out.
            state: of the iterator, instead of leaving out.
        """
        raise NotImplementedError

    def begun(self) -> None:
        """Called before the data is opened."""

    def ended(self) -> None:
        """Called when an iterator that was opened is used no more."""

    def generators(self) -> list[Any]:
        """The random generators that the data keeps to itself, as torch's are."""
        return []

    def ready(self, item: Any) -> Batch:
        """An item as a batch for the step.

        Arrays are copied: who made them may write the next batch to them, while this one waits.
        """
        leaves, spec = tree.flatten_spec(self._prepare(item))
        leaves = [x.copy() if isinstance(x, np.ndarray) else x for x in leaves]
        return Batch(backend.execute.stage(leaves), spec)

    # Passes over the data --------------------------------------------------------------------

    def _start(self, number: int) -> None:
        self.begun()
        self._number, self._read, self._state = number, 0, None
        self._random = random_state.get()
        self._drawn = self._generator_states()
        self._running = self.open(number)

    def _generator_states(self) -> list[np.ndarray]:
        return [generator.get_state().numpy().copy() for generator in self.generators()]

    def _set_generators(self, states: list[np.ndarray]) -> None:
        for generator, state in zip(self.generators(), states, strict=False):
            tensor = generator.get_state()
            tensor.numpy()[:] = state
            generator.set_state(tensor)

    def first(self) -> Any:
        if self._running is None:
            self._start(0)
        if not self._peeked and self._running is not None:
            batch = next(self._running, None)
            if batch is None:
                raise ValueError(
                    "The data must have at least one batch. Received an iterable that is empty."
                )
            self._peeked.append(batch)
        leaves, spec, _ = self._peeked[0]
        return tree.unflatten(spec, leaves)

    def targets(self) -> Any:
        if not self._peeked:  # not worth opening the data for
            return None
        dense = backend.arrays.TENSOR_TYPES
        return tree.map_structure(
            lambda x: backend.execute.host(x) if type(x) in dense else x,
            unpack_x_y_sample_weight(self.first())[1],
        )

    def feed(self, epoch: int, skip: int = 0) -> Feed:
        if self._running is None:
            self._start(epoch)
        elif self._peeked and epoch > 0 and self.steps is None and not self.once:
            # A batch that was peeked at is the first epoch's.
            self.restart(epoch)
        return _BatchFeed(self, epoch, skip)

    def next_batch(self) -> Batch | None:
        """The next batch of the running iterator, None at its end."""
        if self._peeked:
            batch = self._peeked.pop()
        else:
            batch = next(self._running, None) if self._running is not None else None
        if batch is not None:
            self._read += 1
            self._state = batch.state
        return batch

    def restart(self, number: int) -> bool:
        """Open the data anew; False if it has no more."""
        self.stop()
        self._start(number)
        return self._running is not None

    def _drop(self) -> bool:
        """Let go of the running iterator; whether there was one."""
        running, self._running = self._running, None
        self._peeked.clear()
        if running is None:
            return False
        close = getattr(running, "close", None)
        if close is not None:
            close()
        return True

    def stop(self) -> None:
        """End the running iterator."""
        if self._drop():
            self._ended += 1
            self.ended()

    def rewind(self) -> None:
        if not self.once and self._read:
            self.stop()

    def close(self) -> None:
        self.stop()

    # Resuming --------------------------------------------------------------------------------

    def position(self) -> Any:
        running = self._running is not None
        return {
            "ended": self._ended,
            "number": self._number if running else None,
            "read": self._read,
            "state": self._state,
            "random": self._random if running else None,
            "generators": self._drawn if running else self._generator_states(),
        }

    def go_on(self, position: Any) -> None:
        ended, number = position["ended"], position["number"]
        self._replay(ended, number is not None)
        self._ended = ended
        if ended or number is not None:  # else what may have been opened stays so
            self._drawn = position.get("generators", [])
            self._set_generators(self._drawn)
        read, state = position["read"], position["state"]
        if self.once and state is None:
            if self._running is None:
                self._running = self.open(0)
            for _ in range(read - self._read):
                self.next_batch()
        elif number is not None:
            self._drop()
            random_state.set(position["random"])
            self._random = position["random"]
            self._running = self.open(number, read, state)
            self._number, self._read, self._state = number, read, state

    def _replay(self, ended: int, running: bool) -> None:
        """Call the hooks that a run up to here had called, for data that changes in them."""
        begun = self._running is not None
        for _ in range(ended):
            if not begun:
                self.begun()
            self.ended()
            begun = False
        if ended and not self.once:
            self._drop()  # what was peeked at is an earlier epoch's
        if running and not begun:
            self.begun()


class _BatchFeed:
    """An epoch of a `BatchSource`, of which `taken` batches were used before."""

    def __init__(self, source: BatchSource, epoch: int, taken: int) -> None:
        self._source, self._epoch = source, epoch
        self._taken = taken
        self._over = False

    def take(self, limit: int) -> Portion | None:
        source, steps = self._source, self._source.steps
        if self._over or (steps is not None and self._taken >= steps):
            return None
        batch = source.next_batch()
        if batch is None and not self._taken and steps is not None and source.restart(self._epoch):
            batch = source.next_batch()  # the epoch before ended with the data
        if batch is None:
            self._over = True
            source.stop()
            if source.num_batches is None and self._taken:
                source.num_batches = self._taken
            return None
        self._taken += 1
        leaves, spec, _ = batch
        if limit > 1:
            return self._several(leaves, spec, limit)
        return Portion(1, lambda step: step.batch(leaves, spec))

    def _several(self, leaves: list[Any], spec: tree.TreeSpec, limit: int) -> Portion:
        """As many batches as `steps_per_execution` asks for, run one after the other."""
        batches, steps = [(leaves, spec)], self._source.steps
        while len(batches) < limit and (steps is None or self._taken < steps):
            batch = self._source.next_batch()
            if batch is None:
                self._over = steps is None
                break
            self._taken += 1
            batches.append(batch[:2])

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
        if self._source.steps is None:
            self._source.stop()


class IterableSource(BatchSource):
    """A source over an iterable of batches; a generator gives its items once.

    Iterators with `get_state` and `set_state`, as Grain's have, are put back to where they
    stood; others are read again up to there.
    """

    def __init__(
        self,
        items: Any,
        prepare: Callable[[Any], Any],
        num_batches: int | None = None,
        steps: int | None = None,
    ) -> None:
        super().__init__(prepare, num_batches, steps)
        self._items, self._opened = items, False
        self.once = iter(items) is items

    def generators(self) -> list[Any]:
        """Those of a `DataLoader` and of its sampler."""
        parts = (self._items, getattr(self._items, "sampler", None))
        found = [getattr(part, "generator", None) for part in parts]
        return list({id(x): x for x in found if hasattr(x, "manual_seed")}.values())

    def open(self, number: int, skip: int = 0, state: Any = None) -> Iterator[Batch] | None:
        if self.once and self._opened and state is None:
            return None
        self._opened = True
        iterator = iter(self._items)
        keeps_state = hasattr(iterator, "get_state") and hasattr(iterator, "set_state")
        if state is not None and keeps_state:
            iterator.set_state(state)
        else:
            for _ in range(skip):
                next(iterator, None)
        if not keeps_state:
            return Prefetcher(iterator, self.ready)
        return Prefetcher(
            iterator, lambda item: self.ready(item)._replace(state=iterator.get_state())
        )


class PyDatasetSource(BatchSource):
    """A source over a PyDataset, or anything with its methods."""

    def __init__(
        self,
        dataset: Any,
        prepare: Callable[[Any], Any],
        shuffle: bool = False,
        seed: int = 0,
        steps: int | None = None,
    ) -> None:
        count = dataset.num_batches
        if count == 0:
            raise ValueError(
                f"The data must have at least one batch. Received: {describe(dataset)}, whose "
                "num_batches is 0"
            )
        super().__init__(prepare, count, steps)
        self._dataset, self._shuffle, self.seed = dataset, shuffle, seed
        self._workers = Workers(dataset)

    def begun(self) -> None:
        self._dataset.on_epoch_begin()

    def ended(self) -> None:
        self._dataset.on_epoch_end()

    def open(self, number: int, skip: int = 0, state: Any = None) -> Iterator[Batch]:
        dataset = self._dataset
        count = dataset.num_batches  # may change from epoch to epoch
        if count is None:
            indices: Any = itertools.count(skip)
        elif self._shuffle:
            rng = np.random.Generator(np.random.Philox(key=[self.seed, number]))
            indices = rng.permutation(count).tolist()[skip:]
        else:
            indices = range(skip, count)
        if dataset.workers == 0:  # in the caller's own thread
            return (self.ready(dataset[index]) for index in indices)
        return self._workers.batches(indices, self.ready)

    def close(self) -> None:
        super().close()
        self._workers.close()
