"""History: the results of every epoch."""

from __future__ import annotations

from typing import Any

from keras_core.callbacks.callback import Callback


class History(Callback):
    """Keeps the results of every epoch; `fit` adds one and returns it.

    Attributes:
        epoch: the epochs' numbers, from 0.
        history: by name, the list of results.

    Example:

    >>> import keras_core as keras
    >>> history = keras.callbacks.History()
    >>> history.on_train_begin()
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.history
    {'loss': [0.5]}
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def get_state(self) -> dict[str, Any] | None:
        return {name: self.__dict__[name] for name in ("history", "epoch")}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        if self.model is not None:
            self.model.history = self
