"""The loop: epochs of portions of steps, with callbacks between them."""

from __future__ import annotations

import collections
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from keras_core.callbacks.callback_list import CallbackList
from keras_core.core import settings
from keras_core.training.data.sources import ArraySource, Feed, Source
from keras_core.training.interrupts import InterruptGuard
from keras_core.training.logs import Logs, as_numbers
from keras_core.training.outputs import Outputs


class OutOfData(ValueError):
    """The data has not one batch, or none any more."""


class Loop:
    """Runs a model's steps over sources.

    Args:
        trainer: the model.
        callbacks: what is called between steps and epochs.
        guard: holds interrupts back while a step runs.
    """

    def __init__(self, trainer: Any, callbacks: CallbackList, guard: InterruptGuard) -> None:
        self.trainer, self.callbacks, self.guard = trainer, callbacks, guard

    def epoch(
        self, kind: str, step: Any, source: Source, number: int = 0, position: Any = None
    ) -> dict[str, Any]:
        """Run over the source once; gives the results, read when looked at.

        Args:
            kind: "train" or "test".
            step: the backend's step.
            source: the data.
            number: the epoch, on which the shuffling depends.
            position: where training stands; its `step` is where the epoch starts.

        Raises:
            OutOfData: if the data gave no batch.
        """
        begin = getattr(self.callbacks, f"on_{kind}_batch_begin")
        end = getattr(self.callbacks, f"on_{kind}_batch_end")
        limit = self._limit(kind, source)
        stopped = _stopped(self.trainer, kind)
        done, logs = 0, None
        if position is not None:
            done, logs = position.step, position.logs
        feed = source.feed(number, done)
        most = settings._current.max_steps_per_epoch
        held = [] if step.ran else None
        try:
            while not (done and stopped()):
                start = time.perf_counter()
                # Told to stop before it began, as a hook for an epoch may do, it takes one step.
                count = limit or (1 if stopped() else step.pace.steps())
                if most is not None:
                    count = min(count, most - done)
                if count < 1:
                    break
                portion = feed.take(count)
                if portion is None:
                    _warn_if_short(source, done)
                    break
                begin(done)
                stop = done + count
                while True:
                    raw = step.run(held, self.guard.run, portion.run, step)
                    done += portion.steps
                    if position is not None:
                        position.step = done
                    # Batches of another size come as a portion of their own; nobody is to notice.
                    more = feed.take(stop - done) if limit and done < stop else None
                    if more is None:
                        break
                    portion = more
                if not limit:
                    step.wait(raw)
                    step.pace.record(portion.steps, time.perf_counter() - start)
                logs = Logs(lambda raw=raw: as_numbers(step.fetch(raw)))
                end(done - 1, logs)
        finally:
            _close(feed)
        if logs is None:
            mend = (
                " An iterator gives its batches once: pass what can be gone through again, such "
                "as a PyDataset, or an endless one and the number of steps."
                if getattr(source, "once", False)
                else ""
            )
            raise OutOfData(
                f"{self.trainer._owner(kind)}: the data must have at least one batch. "
                f"Received none.{mend}"
            )
        return logs

    def _limit(self, kind: str, source: Source) -> int:
        """How many steps may run together; 0 lets the pace decide."""
        wanted = self.trainer.steps_per_execution
        if wanted != "auto":
            return int(wanted)
        if not isinstance(source, ArraySource) or self.callbacks.watches_batches(kind):
            return 1
        return 0

    def predict(self, step: Any, source: Source, host: Callable[[Any], Any]) -> Iterator[Any]:
        """Run over the source once; yields the outputs of every batch as NumPy arrays."""
        callbacks = self.callbacks
        stopped = _stopped(self.trainer, "predict")
        waiting: collections.deque[Any] = collections.deque()  # computed while others are read
        feed = source.feed(0)
        done = 0
        wanted = self.trainer.steps_per_execution
        limit = 1 if wanted == "auto" else int(wanted)
        try:
            while not (done and stopped()):
                portion = feed.take(1)
                if portion is None:
                    _warn_if_short(source, done)
                    break
                callbacks.on_predict_batch_begin(done)
                together: list[Any] = []
                while portion is not None:
                    raw = self.guard.run(portion.run, step)
                    together.append(raw)
                    waiting.append(raw)
                    if len(waiting) > 2:
                        yield host(waiting.popleft())
                    portion = feed.take(1) if len(together) < limit else None
                done += len(together)
                callbacks.on_predict_batch_end(done - 1, Logs(lambda x=together: _joined(x, host)))
            while waiting:
                yield host(waiting.popleft())
        finally:
            _close(feed)


def _warn_if_short(source: Source, done: int) -> None:
    """Tell of data that was used up within an epoch."""
    steps = source.steps
    if steps is not None and 0 < done < steps:
        warnings.warn(
            f"The data ran out after {done} of {steps} steps, where the epoch ends; another one "
            "starts with the data. Let it give as many batches as all epochs have steps, or ask "
            "for no number of steps.",
            stacklevel=2,
        )


def _joined(raws: list[Any], host: Callable[[Any], Any]) -> dict[str, Any]:
    """The outputs of batches that ran together, as callbacks are given them."""
    if len(raws) == 1:
        return {"outputs": host(raws[0])}
    outputs = Outputs(None, None, "predict")
    for raw in raws:
        outputs.write(host(raw))
    return {"outputs": outputs.result()}


def _stopped(trainer: Any, kind: str) -> Callable[[], bool]:
    name = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}[kind]
    return lambda: getattr(trainer, name)


def _close(feed: Feed) -> None:
    feed.close()
