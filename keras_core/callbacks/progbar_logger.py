"""ProgbarLogger: draws the progress bar."""

from __future__ import annotations

from typing import Any

from keras_core.callbacks.callback import Callback
from keras_core.callbacks.progbar import Progbar
from keras_core.core.console import write

INTERVAL = 0.1  # seconds between redraws, at the least


class ProgbarLogger(Callback):
    """Shows each epoch's progress and results; `fit` adds one unless `verbose=0`.

    While `fit` validates, a bar of the validation's own steps is drawn over that of the epoch.
    Results are read from the device only when the bar is redrawn, ten times a second at most.

    Example:

    >>> import keras_core as keras
    >>> bar = keras.callbacks.ProgbarLogger()
    """

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progbar | None = None
        self._outer: Progbar | None = None  # the epoch's, while `fit` validates
        self._seen = self._outer_seen = 0
        self._fitting = False

    def watches_batches(self, mode: str) -> bool:
        return False  # several steps at a time are shown as well

    @property
    def _verbose(self) -> int:
        return int((self.params or {}).get("verbose", 1))

    def _steps(self, source: int) -> int | None:
        """Steps in an epoch of `fit`'s data, or its validation data: what is known by now."""
        position = getattr(getattr(self.model, "_compiled", None), "position", None)
        if position is None:  # in a loop of the user's
            return None if source else (self.params or {}).get("steps")
        return position.sources[source].num_batches

    def _open(self, target: int | None) -> None:
        self._seen = 0
        self._bar = Progbar(target, verbose=self._verbose, interval=INTERVAL, stateless_metrics=())

    def _move(self, batch: int, logs: dict[str, Any] | None) -> None:
        self._seen = batch + 1
        bar = self._bar
        if bar is not None and bar.due():
            if bar.target is not None and self._seen > bar.target:
                bar.target = None  # the data is longer than it was, or than it said
            bar.update(self._seen, list((logs or {}).items()), finalize=False)

    def _finish(self, logs: dict[str, Any] | None) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.target = self._seen  # stopped early, or the data was not as long as it said
            bar.update(self._seen, list((logs or {}).items()), finalize=True)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._fitting = True

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        params = self.params or {}
        self._open(self._steps(0))
        if self._verbose and params.get("epochs", 1) > 1:
            write(f"Epoch {epoch + 1}/{params['epochs']}\n")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._move(batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._finish(logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._fitting = False

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self._fitting:
            self._open((self.params or {}).get("steps"))
        elif self._bar is not None:
            self._outer, self._outer_seen = self._bar, self._seen
            self._bar, self._seen = self._outer.inner(self._steps(1), "Validation "), 0

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._move(batch, logs)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        if not self._fitting:
            self._finish(logs)
        elif self._outer is not None:  # whose last line has the results of both
            self._bar, self._seen = self._outer, self._outer_seen
            self._outer = None

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._open((self.params or {}).get("steps"))

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._move(batch, None)

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        self._finish(None)

    def close(self) -> None:
        """Leave the terminal on a fresh line after an interrupt or an error."""
        if self._bar is not None:
            self._bar.close()
            self._bar = self._outer = None
        self._fitting = False
