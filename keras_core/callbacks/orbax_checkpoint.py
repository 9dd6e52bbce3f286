"""OrbaxCheckpoint: save the model while it trains, in Orbax's format."""

from __future__ import annotations

import os
from typing import Any

from keras_core.callbacks.callback import say
from keras_core.callbacks.monitor import MonitorCallback
from keras_core.core.errors import message, path_of


class OrbaxCheckpoint(MonitorCallback):
    """Save the model's state as steps of an Orbax checkpoint, of which the newest are kept.

    `keras.saving.load_model(directory)` reads the newest step, `model.load_weights(directory)`
    its weights; the folder of a step will do as well. Needs the package orbax-checkpoint.

    Args:
        directory: the folder of the steps.
        monitor: the result that `save_best_only` looks at.
        verbose: 1 to say when a step is saved.
        save_best_only: whether to save only when the result is better than ever before.
        mode: "min", "max", or "auto" by the metric.
        save_freq: "epoch", or a number of batches. Steps are numbered by epochs, or batches.
        initial_value_threshold: a result that must be beaten before anything is saved.
        max_to_keep: how many steps are kept; None for all.
        save_on_background: whether a thread writes while training goes on.
        save_weights_only: whether to save without optimizer, metrics and configuration.

    Raises:
        ImportError: if orbax-checkpoint is not installed.
        ValueError: if `save_freq` or `max_to_keep` is not one of those.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="head")])
    >>> model.compile("sgd", "mse")
    >>> callback = keras.callbacks.OrbaxCheckpoint("checkpoints", monitor="loss", max_to_keep=3)
    >>> x, y = np.ones((8, 2)), np.ones((8, 1))
    >>> _ = model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    >>> keras.saving.load_model("checkpoints").layers[-1].name
    'head'
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        from keras_core.saving import orbax

        super().__init__(monitor, mode, initial_value_threshold)
        for name, value, fits in (
            ("save_freq", save_freq, save_freq == "epoch" or _positive(save_freq)),
            ("max_to_keep", max_to_keep, max_to_keep is None or _positive(max_to_keep)),
        ):
            if not fits:
                want = "be 'epoch' or a positive int"
                if name == "max_to_keep":
                    want = "be a positive int or None"
                raise ValueError(message("OrbaxCheckpoint", name, want, value))
        self._package = orbax.package()
        self.directory = os.path.abspath(path_of(directory, "OrbaxCheckpoint", "directory"))
        self.save_freq, self.max_to_keep = save_freq, max_to_keep
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.save_on_background, self.verbose = save_on_background, verbose
        self._checkpointer: Any = None
        self._pending: Any = None
        self._batches, self._saved_at, self._last_batch = 0, 0, -1

    def get_state(self) -> dict[str, Any] | None:
        names = ("best", "_batches", "_saved_at", "_last_batch")
        return {name: self.__dict__[name] for name in names}

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and self.save_freq != "epoch"

    def is_multihost_enabled(self) -> bool:
        """Whether several processes train together."""
        return self._package.multihost.process_count() > 1

    def is_primary_host(self) -> bool:
        """Whether this is the only process, or the first of several."""
        return self._package.multihost.process_index() == 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._last_batch = -1

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += batch - self._last_batch
        self._last_batch = batch
        if self._batches - self._saved_at >= int(self.save_freq):
            self._saved_at = self._batches
            self._save(self._batches, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.close()

    def _save(self, step: int, logs: dict[str, Any] | None) -> None:
        from keras_core.saving import orbax

        if self.save_best_only:
            value = self.get_monitor_value(logs)
            if value is None or not self._is_improvement(value, self.best):
                return
            self.best = value
        self.wait_until_finished()
        if self._checkpointer is None:
            policies = self._package.training.preservation_policies
            keep = policies.PreserveAll()
            if self.max_to_keep is not None:
                keep = policies.LatestN(self.max_to_keep)
            self._checkpointer = self._package.training.Checkpointer(
                self.directory, preservation_policy=keep, cleanup_tmp_directories=True
            )
        found = orbax.content(self.model, self.save_weights_only)
        save = self._checkpointer.save_checkpointables_async
        self._pending = save(step, found, force=True, overwrite=True)
        if not self.save_on_background:
            self.wait_until_finished()
        if self.verbose > 0:
            say(f"\nStep {step} of the checkpoint {self.directory} was saved")

    def wait_until_finished(self) -> None:
        """Return when nothing is being written any more; raise the error if it failed."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def close(self) -> None:
        """Finish what is being written."""
        try:
            self.wait_until_finished()
        finally:
            checkpointer, self._checkpointer = self._checkpointer, None
            if checkpointer is not None:
                checkpointer.close()


def _positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
