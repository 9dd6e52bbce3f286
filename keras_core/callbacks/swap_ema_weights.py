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

    def _parts(self) -> list[Any]:
        optimizer = getattr(self.model, "optimizer", None)
        return optimizer._averaging() if optimizer is not None else []

    def get_state(self) -> dict[str, Any] | None:
        return {"swapped": [part._swapped for part in self._parts()]}

    def set_state(self, state: dict[str, Any]) -> None:
        for part, swapped in zip(self._parts(), state["swapped"], strict=False):
            part._swapped = bool(swapped)

    def _swap(self, averaged: bool) -> None:
        """Have the model hold the averages, or what was trained."""
        parts = self._parts()
        if not parts or not all(part.built for part in parts):
            raise ValueError(
                "SwapEMAWeights: the model's optimizer must be made with use_ema=True and have "
                f"trained. Received: optimizer={getattr(self.model, 'optimizer', None)!r}"
            )
        for part in parts:
            if part._swapped != averaged:
                part.swap_averages(self.model.trainable_variables)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.swap_on_epoch and any(part._swapped for part in self._parts()):
            self._swap(False)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.swap_on_epoch:
            self._swap(True)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._swap(True)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._swap(False)

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._swap(True)

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        self._swap(False)
