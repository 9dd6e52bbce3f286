"""SwapEMAWeights: evaluate with the averaged weights."""

from __future__ import annotations

from typing import Any

from keras_core.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Put the optimizer's averaged weights into the model for evaluation.

    Args:
        swap_on_epoch: whether to swap at the end of every epoch too, so that what other
            callbacks save then are the averaged weights; they are swapped back when the next
            epoch begins.

    Raises:
        ValueError: in training, if the optimizer was not made with `use_ema=True`.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.SwapEMAWeights()
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._averaged = False  # whether the model holds the averages now

    def get_state(self) -> dict[str, Any] | None:
        return {"_averaged": self._averaged}

    def _swap(self) -> None:
        optimizer = getattr(self.model, "optimizer", None)
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        averages = getattr(optimizer, "_averages", None)
        if not getattr(optimizer, "use_ema", False) or not averages:
            raise ValueError(
                "SwapEMAWeights: the model's optimizer must be made with use_ema=True and have "
                f"trained. Received: optimizer={optimizer!r}"
            )
        for variable, average in zip(self.model.trainable_variables, averages, strict=True):
            value = variable.numpy().copy()
            variable.assign(average.numpy())
            average.assign(value)
        self._averaged = not self._averaged

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._averaged:
            self._swap()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self._averaged:
            self._swap()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._averaged:
            self._swap()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.swap_on_epoch and not self._averaged:
            self._swap()

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self._averaged:
            self._swap()

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._averaged:
            self._swap()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._averaged and not self.swap_on_epoch:
            self._swap()
