"""Callbacks that change the learning rate: by the epoch, or when a result stands still."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core.callbacks.callback import Callback, say
from keras_core.callbacks.monitor import MonitorCallback
from keras_core.core.errors import message


def learning_rate_of(model: Any, owner: str) -> float:
    """The optimizer's learning rate.

    Raises:
        ValueError: if the model has no optimizer with one.
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not hasattr(optimizer, "learning_rate"):
        mend = ""
        if getattr(optimizer, "optimizers", None):
            mend = ". It has groups: give each group's optimizer a schedule of its own"
        raise ValueError(
            f"{owner}: the model's optimizer must have a learning_rate. "
            f"Received: {optimizer!r}{mend}"
        )
    return _rate(optimizer)


def _rate(optimizer: Any) -> float:
    rate = optimizer.learning_rate
    return float(rate.numpy() if hasattr(rate, "numpy") else np.asarray(rate))


class LearningRateScheduler(Callback):
    """Set the learning rate before every epoch.

    Args:
        schedule: a function of the epoch's number (from 0) and the present rate, or of the
            number alone, that returns the new rate.
        verbose: 1 to print it.

    Example:

    >>> import keras_core as keras
    >>> halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        rate = learning_rate_of(self.model, "LearningRateScheduler")
        try:
            new = self.schedule(epoch, rate)
        except TypeError:  # a function of the epoch alone
            new = self.schedule(epoch)
        if not isinstance(new, (float, np.floating)) or isinstance(new, bool):
            raise ValueError(message("LearningRateScheduler", "schedule", "return a float", new))
        self.model.optimizer.learning_rate = float(new)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: the learning rate is {float(new)}.")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = learning_rate_of(self.model, "LearningRateScheduler")


class ReduceLROnPlateau(MonitorCallback):
    """Reduce the learning rate when a result has not become better for some epochs.

    With a `MultiOptimizer` each group's rate is reduced; the first one's is logged.

    Args:
        monitor: the result's name.
        factor: what the rate is multiplied with, below 1.
        patience: epochs without a better result before that.
        verbose: 1 to print the new rate.
        mode: "min", "max", or "auto" by the metric.
        min_delta: how much better is better.
        cooldown: epochs after a reduction in which nothing is counted.
        min_lr: the rate is never reduced below.

    Raises:
        ValueError: if `factor` is not below 1.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=2)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, None, min_delta)
        if kwargs:
            raise TypeError(f"ReduceLROnPlateau: unknown arguments {sorted(kwargs)}")
        if factor >= 1.0:
            raise ValueError(message("ReduceLROnPlateau", "factor", "be below 1", factor))
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.wait = 0
        self.cooldown_counter = 0

    def in_cooldown(self) -> bool:
        """Whether the last reduction is so recent that nothing is counted."""
        return self.cooldown_counter > 0

    def get_state(self) -> dict[str, Any] | None:
        return {name: self.__dict__[name] for name in ("wait", "best", "cooldown_counter")}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.wait = 0
        self.cooldown_counter = 0
        self.best = None
        self._rising = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        groups = getattr(self.model.optimizer, "optimizers", None) or [self.model.optimizer]
        value = self.get_monitor_value(logs)
        if logs is not None:
            logs["learning_rate"] = _rate(groups[0])
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                for optimizer in groups:
                    self._reduce(epoch, optimizer)

    def _reduce(self, epoch: int, optimizer: Any) -> None:
        rate = _rate(optimizer)
        if rate <= np.float32(self.min_lr):
            return
        new = max(rate * self.factor, self.min_lr)
        try:
            optimizer.learning_rate = new
        except (TypeError, ValueError, AttributeError) as error:  # a schedule
            warnings.warn(f"ReduceLROnPlateau: the learning rate stays: {error}", stacklevel=3)
            return
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: the learning rate is reduced to {new}.")
        self.cooldown_counter = self.cooldown
        self.wait = 0
