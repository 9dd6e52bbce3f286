"""BackupAndRestore: go on after an interruption as if there had been none."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from keras_core.callbacks.background import Background
from keras_core.callbacks.callback import Callback
from keras_core.core.errors import InvalidFileError, message, path_of


class BackupAndRestore(Callback):
    """Keep a backup of the training state, and resume from it when `fit` is called again.

    The backup holds the variables of model, optimizer and metrics, the random states, the
    position in the data and the other callbacks' states. It is replaced in one move, so that a
    process may be killed at any time; the same script run again then ends with the same
    weights, to the bit, as one that was never killed.

    That takes data that comes in the same order again: arrays and `PyDataset` do, whose
    `on_epoch_begin` and `on_epoch_end` are called again for the epochs that are past; Grain's
    iterators are put back to their state, and so is the `torch.Generator` of a `DataLoader`.
    Other iterables are read again up to the position, generators from their very beginning.

    Args:
        backup_dir: the folder of the backup; no other run may use it.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether the backup before the last is kept too, to be used should
            the last one be damaged.
        delete_checkpoint: whether the backup is removed when training ends.
        background: whether files are written in a thread, while training goes on from a copy
            of the state. An error in it is raised by the next backup, or at the end.

    Raises:
        ValueError: if the folder has no name or `save_freq` is not one of those.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.BackupAndRestore("/tmp/backup")
    """

    FILE, PREVIOUS = "state.bin", "previous.bin"

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
        *,
        background: bool = False,
    ) -> None:
        super().__init__()
        self.backup_dir = path_of(backup_dir, "BackupAndRestore", "backup_dir")
        if not self.backup_dir:
            raise ValueError(message("BackupAndRestore", "backup_dir", "name a folder", backup_dir))
        if save_freq != "epoch" and (not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                message("BackupAndRestore", "save_freq", "be 'epoch' or a positive int", save_freq)
            )
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self.background = background
        self._writer = Background("keras-backup")
        self._saved_at = 0
        self._list: Any = None

    def set_list(self, callbacks: Any) -> None:
        """Take the list of all callbacks, whose states are backed up too."""
        self._list = callbacks

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and self.save_freq != "epoch"

    @property
    def _paths(self) -> tuple[str, str]:
        return os.path.join(self.backup_dir, self.FILE), os.path.join(
            self.backup_dir, self.PREVIOUS
        )

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        from keras_core.training import resume

        resume.clean(self.backup_dir)
        found = [path for path in self._paths if os.path.exists(path)]
        position = self.model._compiled.position
        for i, path in enumerate(found):
            try:
                resume.read(path, self.model, position)
                break
            except InvalidFileError:
                if i == len(found) - 1:
                    raise
        self._saved_at = position.step

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq != "epoch" and batch + 1 - self._saved_at >= int(self.save_freq):
            self._saved_at = batch + 1
            self._save(self.model._compiled.position, dict(logs or {}))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._saved_at = 0
        position = self.model._compiled.position
        self._save(dataclasses.replace(position, epoch=epoch + 1, step=0), None)

    def _save(self, position: Any, logs: dict[str, Any] | None) -> None:
        from keras_core.training.resume import Snapshot

        states = self._list.get_states() if self._list is not None else []
        snapshot = Snapshot(self.model, position, states, logs)
        if self.background:
            self._writer.submit(lambda: self._write(snapshot))
        else:
            self._write(snapshot)

    def _write(self, snapshot: Any) -> None:
        path, previous = self._paths
        if self.double_checkpoint and os.path.exists(path):
            os.replace(path, previous)
        snapshot.write(path)

    def close(self) -> None:
        """Finish what is being written."""
        self._writer.wait()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.close()
        if self.delete_checkpoint:
            for path in self._paths:
                if os.path.exists(path):
                    os.unlink(path)
            if os.path.isdir(self.backup_dir) and not os.listdir(self.backup_dir):
                os.rmdir(self.backup_dir)
