"""History: the results of every epoch."""

from __future__ import annotations

import weakref
from typing import Any

from keras_core.callbacks.callback import Callback


class History(Callback):
    """Keeps the results of every epoch; `fit` adds one and returns it.

    It is the model's attribute `history`, and does not keep the model alive.

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

    @property
    def model(self) -> Any:
        """The model that is trained; None when nobody holds it any more."""
        return None if self._model is None else self._model()

    def set_model(self, model: Any) -> None:
        self._model = None if model is None else weakref.ref(model)

    def __getstate__(self) -> dict[str, Any]:  # copies and pickles hold no weak references
        return self.__dict__ | {"_model": self.model}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.set_model(state["_model"])

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
