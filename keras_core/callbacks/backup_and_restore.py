"""BackupAndRestore: go on after an interruption as if there had been none."""

from __future__ import annotations

import os
from typing import Any

from keras_core.callbacks.callback import Callback
from keras_core.core.errors import InvalidFileError, message


class BackupAndRestore(Callback):
    """Keep a backup of the training state, and resume from it when `fit` is called again.

    The backup holds the variables of model, optimizer and metrics, the random states, the
    position in the data and the other callbacks' states. It is replaced in one move, so that a
    process may be killed at any time; the same script run again then ends with the same
    weights, to the bit, as one that was never killed. Iterators that cannot start anew are
    read from the beginning up to the position.

    Args:
        backup_dir: the folder of the backup; no other run may use it.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether the backup before the last is kept too, to be used should
            the last one be damaged.
        delete_checkpoint: whether the backup is removed when training ends.

    Raises:
        ValueError: if the folder has no name or `save_freq` is not one of those.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.BackupAndRestore("/tmp/backup")
    """

    FILE, PREVIOUS = "state.npz", "previous.npz"

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        self.backup_dir = os.fspath(backup_dir)
        if not self.backup_dir:
            raise ValueError(message("BackupAndRestore", "backup_dir", "name a folder", backup_dir))
        if save_freq != "epoch" and (not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                message("BackupAndRestore", "save_freq", "be 'epoch' or a positive int", save_freq)
            )
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
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

        found = [path for path in self._paths if os.path.exists(path)]
        position = self.model._position
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
            self._save(None)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._saved_at = 0
        self._save(epoch)

    def _save(self, ended: int | None) -> None:
        from keras_core.training import resume

        path, previous = self._paths
        position = self.model._position
        if ended is not None:
            position = resume.Position(ended + 1, 0, position.seed)
        if self.double_checkpoint and os.path.exists(path):
            os.replace(path, previous)
        states = self._list.get_states() if self._list is not None else []
        resume.write(path, self.model, position, states)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.delete_checkpoint:
            for path in self._paths:
                if os.path.exists(path):
                    os.unlink(path)
            if os.path.isdir(self.backup_dir) and not os.listdir(self.backup_dir):
                os.rmdir(self.backup_dir)
