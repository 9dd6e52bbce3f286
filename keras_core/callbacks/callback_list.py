"""CallbackList: several callbacks called as one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from keras_core.callbacks.backup_and_restore import BackupAndRestore
from keras_core.callbacks.callback import Callback, overrides
from keras_core.callbacks.history import History
from keras_core.callbacks.progbar_logger import ProgbarLogger
from keras_core.core import tree
from keras_core.training.logs import Logs, as_numbers

# The other name that a callback may have a hook under; of both, the newer one is called.
_OLDER = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}

_OUTPUTS = ("on_predict_batch_begin", "on_predict_batch_end")  # whose logs are no results


def _taking_logs(hook: Callable[..., None], of_batches: bool) -> Callable[..., None]:
    """A hook that takes `logs` as its last argument, also if it is to be named."""
    try:
        parameters = inspect.signature(hook).parameters
    except (TypeError, ValueError):
        return hook
    if (logs := parameters.get("logs")) is not None:
        named = logs.kind is logs.KEYWORD_ONLY
    else:  # Keras names the logs of batches, so that hooks may take them as **kwargs
        named = of_batches and any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    if not named:
        return hook
    return lambda *args: hook(*args[:-1], logs=args[-1])


class CallbackList(Callback):
    """A list of callbacks whose hooks are called in order. `fit` makes one.

    In a loop of your own, call its hooks with tensors as results: callbacks get floats.

    Args:
        callbacks: a callback or a list of them.
        add_history: whether to add a `History` if there is none.
        add_progbar: whether to add a `ProgbarLogger` if there is none.
        model: the model to hand to the callbacks.
        **params: the run's parameters to hand to the callbacks.

    Raises:
        TypeError: if an item is not a callback.

    Example:

    >>> import keras_core as keras
    >>> events = []
    >>> log = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: events.append("begin"))
    >>> keras.callbacks.CallbackList([log]).on_train_begin()
    >>> events
    ['begin']
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Any] = tree.flatten(callbacks) if callbacks is not None else []
        for callback in self.callbacks:
            if not hasattr(callback, "set_model") or isinstance(callback, type):
                mend = (
                    f" That is a class: write {callback.__name__}()."
                    if isinstance(callback, type)
                    else ""
                )
                raise TypeError(
                    "callbacks must be Callback objects. Received: "
                    f"{callback!r} (of type {type(callback).__name__}).{mend}"
                )
        self._called: dict[str, list[Callable[..., None]]] = {}
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        if add_history and not any(isinstance(c, History) for c in self.callbacks):
            self.callbacks.append(History())
        # A backup comes last, when all others have seen what it is a backup of.
        self.callbacks.sort(key=lambda callback: isinstance(callback, BackupAndRestore))
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    @property
    def history(self) -> Any:
        """The `History` among the callbacks, or None."""
        return next((c for c in self.callbacks if isinstance(c, History)), None)

    def append(self, callback: Any) -> None:
        """Add a callback."""
        self.callbacks.append(callback)
        self._called.clear()

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        self._model = model
        for callback in self.callbacks:
            callback.set_model(model)
            if isinstance(callback, BackupAndRestore):
                callback.set_list(self)
        history = self.history
        if history is not None:
            model.history = history

    def watches_batches(self, mode: str) -> bool:
        return any(
            callback.watches_batches(mode) if hasattr(callback, "watches_batches") else True
            for callback in self.callbacks
        )

    def get_states(self) -> list[Any]:
        """The callbacks' states, in order."""
        return [
            [type(c).__name__, c.get_state() if hasattr(c, "get_state") else None]
            for c in self.callbacks
        ]

    def set_states(self, states: list[Any]) -> None:
        """Hand states from `get_states` back to the callbacks of the same classes."""
        rest = list(states)
        for callback in self.callbacks:
            for i, (name, state) in enumerate(rest):
                if name == type(callback).__name__:
                    if state is not None:
                        callback.set_state(state)
                    del rest[i]
                    break

    def _call(self, name: str, *args: Any) -> None:
        called = self._called.get(name)
        if called is None:
            names = (name, _OLDER[name]) if name in _OLDER else (name,)
            called = [
                _taking_logs(getattr(callback, own[0]), "batch" in name)
                for callback in self.callbacks
                if (own := [n for n in names if overrides(callback, n)])
            ]
            self._called[name] = called
        if not called:
            return
        *where, logs = args
        # Callbacks share a dict of their own: what they write into it is nobody else's result.
        if logs is None:
            logs = {}
        elif type(logs) is Logs:
            source = logs
            logs = Logs(lambda: source)
        elif name in _OUTPUTS or all(type(value) is float for value in logs.values()):
            logs = dict(logs)
        else:
            logs = as_numbers(logs)  # a loop of the user's has tensors
        for hook in called:
            hook(*where, logs)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call("on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call("on_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call("on_train_batch_end", batch, logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._call("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._call("on_epoch_end", epoch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call("on_predict_batch_end", batch, logs)

    def on_train_begin(self, logs: Any = None) -> None:
        self._call("on_train_begin", logs)

    def on_train_end(self, logs: Any = None) -> None:
        self._call("on_train_end", logs)

    def on_test_begin(self, logs: Any = None) -> None:
        self._call("on_test_begin", logs)

    def on_test_end(self, logs: Any = None) -> None:
        self._call("on_test_end", logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._call("on_predict_begin", logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._call("on_predict_end", logs)
