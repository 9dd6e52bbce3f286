"""EarlyStopping: end training when a result gets no better."""

from __future__ import annotations

from typing import Any

from keras_core.callbacks.callback import say
from keras_core.callbacks.monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stop when a result has not become better for some epochs.

    Args:
        monitor: the result's name.
        min_delta: how much better is better.
        patience: epochs without a better result before training ends.
        verbose: 1 to say so when it does.
        mode: "min", "max", or "auto" by the metric.
        baseline: a result that must be beaten, or epochs count as not better.
        restore_best_weights: whether the model gets the weights of its best epoch in the end.
        start_from_epoch: epochs before which nothing is watched.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.EarlyStopping("loss", patience=3)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, None, min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait = 0
        self.stopped_epoch = 0
        self.best_epoch = 0
        self.best_weights: Any = None

    def get_state(self) -> dict[str, Any] | None:
        return {
            name: self.__dict__[name]
            for name in ("wait", "best", "best_epoch", "best_weights", "stopped_epoch")
        }

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_weights = None
        self.best_epoch = 0
        self._rising = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        value = self.get_monitor_value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._remember(epoch)  # in case nothing gets better than no result at all
        self.wait += 1
        if self._is_improvement(value, self.best):
            self.best = value
            self.best_epoch = epoch
            if self.restore_best_weights:
                self._remember(epoch)
            if self.baseline is None or self._is_improvement(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _remember(self, epoch: int) -> None:
        self.best_weights = [w.copy() for w in self.model.get_weights()]
        self.best_epoch = epoch

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: stopped early")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                say(f"The weights of the best epoch are back: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
