"""ModelCheckpoint: save the model while it trains."""

from __future__ import annotations

import os
from typing import Any

from keras_core.callbacks.callback import say
from keras_core.callbacks.monitor import MonitorCallback
from keras_core.core.errors import message, path_of
from keras_core.core.tracebacks import trimmed


class ModelCheckpoint(MonitorCallback):
    """Save the model, or its weights, every epoch or every so many batches.

    Args:
        filepath: the file; may hold `{epoch}` (from 1), `{batch}` and the results' names, as
            in "model-{epoch:02d}-{val_loss:.2f}.keras". It ends with ".keras", or with
            ".weights.h5" for weights alone.
        monitor: the result that `save_best_only` looks at.
        verbose: 1 to say when a file is written.
        save_best_only: whether to save only when the result is better than ever before. While
            there has been no such result, models are saved with a warning.
        save_weights_only: whether to save the weights alone.
        mode: "min", "max", or "auto" by the metric.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: a result that must be beaten before anything is saved.
        background: whether files are written in a thread, while training goes on from a copy
            of the state. An error in it is raised by the next save, or at the end.

    Raises:
        ValueError: if the file's name or `save_freq` is not one of those.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True)
    """

    @trimmed
    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        *,
        background: bool = False,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = path_of(filepath, "ModelCheckpoint", "filepath")
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        if save_freq != "epoch" and (not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                message("ModelCheckpoint", "save_freq", "be 'epoch' or a positive int", save_freq)
            )
        ending = (".weights.h5", ".weights.json") if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(ending):
            raise ValueError(
                message(
                    "ModelCheckpoint",
                    "filepath",
                    f"end with {' or '.join(repr(e) for e in ending)} when "
                    f"save_weights_only={save_weights_only}",
                    self.filepath,
                )
            )
        self.background = background
        self._pending: Any = None
        self._seen_batches = 0
        self._last_batch = -1
        self._epoch = 0

    def get_state(self) -> dict[str, Any] | None:
        return {name: self.__dict__[name] for name in ("best", "_seen_batches", "_last_batch")}

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and self.save_freq != "epoch"

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch
        self._last_batch = -1

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq == "epoch":
            return
        # Some steps may have run together: count all of them.
        self._seen_batches += batch - self._last_batch
        self._last_batch = batch
        if self._seen_batches >= int(self.save_freq):
            self._seen_batches = 0
            self._save(self._epoch, batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs)

    def _save(self, epoch: int, batch: int | None, logs: dict[str, Any] | None) -> None:
        path = self._path(epoch, batch, logs)
        if self.save_best_only and not self._is_worth_saving(logs):
            if self.verbose > 0:
                say(f"\nEpoch {epoch + 1}: {self.monitor} did not improve on {self.best}")
            return
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        self.close()
        save = self.model.save_weights if self.save_weights_only else self.model.save
        self._pending = save(path, overwrite=True, background=self.background)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: the model was saved to {path}")

    def _is_worth_saving(self, logs: dict[str, Any] | None) -> bool:
        """Whether a result is the best so far, which is remembered."""
        value = self.get_monitor_value(logs)
        if value is None:  # any model is better than none, but a best one is not replaced
            return self.best is None
        if not self._is_improvement(value, self.best):
            return False
        self.best = value
        return True

    def close(self) -> None:
        """Finish what is being written."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.close()

    def _path(self, epoch: int, batch: int | None, logs: dict[str, Any] | None) -> str:
        values = dict(logs or {}) if "{" in self.filepath else {}
        values["epoch"] = epoch + 1
        if batch is not None:
            values["batch"] = batch + 1
        try:
            return self.filepath.format(**values)
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint: filepath={self.filepath!r} names {error}, which is not among "
                f"{', '.join(values)}"
            ) from None
