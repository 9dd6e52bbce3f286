"""Callback: what is called at the turns of the training loop."""

from __future__ import annotations

from typing import Any

from keras_core.core.console import write

BATCH_HOOKS = (
    "on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end",
    "on_test_batch_begin", "on_test_batch_end", "on_predict_batch_begin", "on_predict_batch_end",
)  # fmt: skip


class Callback:
    """Base of callbacks: override the hooks you need.

    The model's variables are current at every hook and may be changed there. A callback that
    overrides none of the hooks of single batches lets the loop run several steps at a time.

    Attributes:
        params: a dict with "verbose", "epochs" and "steps" (None where it is not known).
        model: the model that is trained.

    Example:

    >>> import keras_core as keras
    >>> class Stop(keras.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         if logs["loss"] < 0.1:
    ...             self.model.stop_training = True
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The model that is trained, evaluated or asked to predict."""
        return getattr(self, "_model", None)

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the run's parameters."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take the model."""
        self._model = model

    def watches_batches(self, mode: str) -> bool:
        """Whether single batches of `mode` ("train", "test" or "predict") must be shown.

        By default: whether a hook of single batches is overridden.
        """
        names = [f"on_{mode}_batch_begin", f"on_{mode}_batch_end"]
        if mode == "train":
            names += ["on_batch_begin", "on_batch_end"]
        return any(overrides(self, name) for name in names)

    def get_state(self) -> dict[str, Any] | None:
        """What the callback needs to go on after an interruption; None for nothing.

        Numbers, strings, None, NumPy arrays, and lists and dicts of them: `BackupAndRestore`
        writes it into its file.
        """
        return None

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what `get_state` gave."""
        self.__dict__.update(state)

    def on_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Another name for `on_train_batch_begin`, which calls it unless overridden itself."""

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Another name for `on_train_batch_end`, which calls it unless overridden itself."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Called before an epoch of `fit`, which count from 0."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Called after an epoch of `fit` and its validation, with their results."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called before a batch of `fit`."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called after a batch of `fit`, with the epoch's results so far."""
        self.on_batch_end(batch, logs)

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called before a batch of `evaluate` or of validation."""

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called after a batch of `evaluate` or of validation, with the results so far."""

    def on_predict_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called after a batch of `predict`, with its "outputs"."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `fit` begins."""

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `fit` ends, with the last epoch's results."""

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `evaluate` or a validation begins."""

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `evaluate` or a validation ends, with its results."""

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `predict` begins."""

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `predict` ends."""


def overrides(callback: Any, name: str) -> bool:
    """Whether a callback has its own hook of this name, on its class or on the object."""
    own = getattr(callback, name, None)
    return own is not None and getattr(own, "__func__", own) is not getattr(Callback, name)


def say(text: str) -> None:
    """Print a line for the user."""
    write(text + "\n")
