"""Batches made ready in the background: one thread for iterators, a pool for PyDatasets."""

from __future__ import annotations

import collections
import multiprocessing
import os
import pickle
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

_END = object()


class Prefetcher:
    """Runs an iterator in a thread, a few items ahead.

    An error raised by the iterator is raised again, with its own traceback, by the `next`
    that would have given the item. `close` may be called at any time, by the consumer, and
    does not wait for an item that is being made.

    Args:
        items: the iterator; after `close` it is used no more.
        prepare: applied to every item, in the thread.
        depth: how many items are made ahead.
    """

    def __init__(self, items: Iterator[Any], prepare: Callable[[Any], Any], depth: int = 2) -> None:
        # Two of the plain queues, written in C: the others take longer than a small step does.
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._room: queue.SimpleQueue[None] = queue.SimpleQueue()  # one for each item to be made
        for _ in range(depth):
            self._room.put(None)
        self._closed = False
        self._thread = threading.Thread(
            target=self._work, args=(items, prepare), name="keras-prefetch", daemon=True
        )
        self._thread.start()

    def _work(self, items: Iterator[Any], prepare: Callable[[Any], Any]) -> None:
        try:
            while True:
                self._room.get()
                if self._closed:
                    return
                self._queue.put((prepare(next(items)), None))
        except StopIteration:
            self._queue.put((_END, None))
        except BaseException as error:
            self._queue.put((_END, error))

    def __iter__(self) -> Prefetcher:
        return self

    def __next__(self) -> Any:
        item, error = self._queue.get()
        if item is _END:
            self._queue.put((_END, None))  # and so for every further call
            if error is not None:
                raise error
            raise StopIteration
        self._room.put(None)
        return item

    def close(self) -> None:
        """Stop making items. What the iterator is busy with ends by itself."""
        self._closed = True
        self._room.put(None)
        self._thread.join(timeout=1.0)


class Workers:
    """The threads or processes that fetch a PyDataset's batches, kept from epoch to epoch.

    Processes hold a copy of the data set; when it has changed between epochs (`on_epoch_end`
    may shuffle it) they are started anew.
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        self.processes = bool(dataset.use_multiprocessing) and dataset.workers > 0
        self._pool: Executor | None = None
        self._sent: bytes | None = None

    def pool(self) -> Executor:
        count = max(1, self.dataset.workers)
        if not self.processes:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(count, thread_name_prefix="keras-batches")
            return self._pool
        packed = pickle.dumps(self.dataset)
        if self._pool is None or packed != self._sent:
            self.close()
            # Not forked: the frameworks' threads do not survive in a fork.
            self._pool = ProcessPoolExecutor(
                count, multiprocessing.get_context("spawn"), _receive, (packed,)
            )
            self._sent = packed
        return self._pool

    def close(self) -> None:
        """Let the workers go; what they are busy with is dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def batches(self, indices: Iterable[int], prepare: Callable[[Any], Any]) -> IndexedBatches:
        """The batches of these indices, in order; `prepare` is applied to each."""
        return IndexedBatches(self, indices, prepare)


class IndexedBatches:
    """An iterator over `dataset[i]` for indices that may be endless, some batches ahead."""

    def __init__(
        self, workers: Workers, indices: Iterable[int], prepare: Callable[[Any], Any]
    ) -> None:
        dataset = workers.dataset
        self._indices = iter(indices)
        self._depth = dataset.max_queue_size
        self._pending: collections.deque[Future[Any]] = collections.deque()
        self._submit = workers.pool().submit
        self._get: Callable[[int], Any]
        if workers.processes:
            self._get, self._prepare = _fetch, prepare
        else:
            self._get, self._prepare = lambda index: prepare(dataset[index]), lambda batch: batch
        self._fill()

    def _fill(self) -> None:
        while len(self._pending) < self._depth:
            index = next(self._indices, None)
            if index is None:
                return
            self._pending.append(self._submit(self._get, index))

    def __iter__(self) -> IndexedBatches:
        return self

    def __next__(self) -> Any:
        if not self._pending:
            raise StopIteration
        batch = self._pending.popleft().result()
        self._fill()
        return self._prepare(batch)

    def close(self) -> None:
        """Drop what is pending."""
        for future in self._pending:
            future.cancel()
        self._pending.clear()


_dataset: Any = None  # in a worker process: the data set it serves


def _receive(packed: bytes) -> None:
    global _dataset
    threading.Thread(target=_end_with_parent, name="keras-parent", daemon=True).start()
    _dataset = pickle.loads(packed)


def _end_with_parent() -> None:
    # One that was killed has told nobody, and its workers hold both ends of the pipe they read.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _fetch(index: int) -> Any:
    return _dataset[index]
