"""TerminateOnNaN: end training when the loss is not a number."""

from __future__ import annotations

import math
from typing import Any

from keras_core.callbacks.callback import Callback, say


class TerminateOnNaN(Callback):
    """Stop training after a batch whose loss is NaN or infinite.

    Args:
        raise_error: whether to raise an error instead of stopping.

    Raises:
        RuntimeError: then, naming batch and loss.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.TerminateOnNaN()
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"The loss after batch {batch} is {loss}. Lower the learning rate, clip the "
                "gradients, or look for bad values in the data."
            )
        say(f"Batch {batch}: the loss is {loss}, training stops.")
        self.model.stop_training = True
