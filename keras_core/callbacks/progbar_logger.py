"""ProgbarLogger: draws the progress bar."""

from __future__ import annotations

import sys
from typing import Any

from keras_core.callbacks.callback import Callback
from keras_core.callbacks.progbar import Progbar


class ProgbarLogger(Callback):
    """Shows each epoch's progress and results; `fit` adds one unless `verbose=0`.

    Results are read from the device only when the bar is redrawn, ten times a second at most.

    Example:

    >>> import keras_core as keras
    >>> bar = keras.callbacks.ProgbarLogger()
    """

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progbar | None = None
        self._seen = 0
        self._fitting = False

    def watches_batches(self, mode: str) -> bool:
        return False  # several steps at a time are shown as well

    @property
    def _verbose(self) -> int:
        return int((self.params or {}).get("verbose", 1))

    def _open(self, target: int | None) -> None:
        self._seen = 0
        self._bar = Progbar(target, verbose=self._verbose, interval=0.1, stateless_metrics=())

    def _move(self, batch: int, logs: dict[str, Any] | None) -> None:
        self._seen = batch + 1
        bar = self._bar
        if bar is not None and bar.due():
            bar.update(self._seen, list((logs or {}).items()), finalize=False)

    def _finish(self, logs: dict[str, Any] | None) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            if bar.target is not None and self._seen < bar.target:
                bar.target = self._seen  # stopped early, or the data was shorter than said
            bar.update(self._seen, list((logs or {}).items()), finalize=True)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._fitting = True

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        params = self.params or {}
        self._open(params.get("steps"))
        if self._verbose and params.get("epochs", 1) > 1:
            sys.stdout.write(f"Epoch {epoch + 1}/{params['epochs']}\n")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._move(batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._finish(logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._fitting = False

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self._fitting:
            self._open((self.params or {}).get("steps"))

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if not self._fitting:
            self._move(batch, logs)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        if not self._fitting:
            self._finish(logs)

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
            self._bar = None
        self._fitting = False
