"""What the callbacks that watch one result share: which way is better, and how to compare."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from keras_core.callbacks.callback import Callback

MODES = ("auto", "min", "max")
# Results of which more is better, by the ends of their names.
_RISING = (
    "acc", "accuracy", "auc", "precision", "recall", "score", "hits", "similarity", "iou",
    "positives_rate", "specificity", "sensitivity", "r2", "psnr", "ssim", "bleu", "rouge",
)  # fmt: skip
_FALLING = ("loss", "false_positives", "false_negatives")


def rises(monitor: str, mode: str, model: Any) -> bool:
    """Whether more of a result is better.

    Args:
        monitor: the result's name.
        mode: "min", "max" or "auto": by the metric's own direction, else by its name.
        model: whose metrics may say their direction; None is allowed.

    Raises:
        ValueError: if it cannot be told.
    """
    if mode != "auto":
        return mode == "max"
    name = monitor.removeprefix("val_")
    for metric in _metrics_of(model):
        direction = getattr(metric, "_direction", None)
        own = getattr(metric, "name", "")
        if direction in ("up", "down") and (own == name or name.endswith(f"_{own}")):
            return direction == "up"
    if name.endswith(_FALLING) or "error" in name:
        return False
    if name.endswith(_RISING) or "acc" in name or "auc" in name:
        return True
    raise ValueError(
        f"mode must be 'min' or 'max' for monitor={monitor!r}, whose better direction is not "
        "known. Received: mode='auto'"
    )


def _metrics_of(model: Any) -> list[Any]:
    found: list[Any] = []
    for metric in getattr(model, "metrics", None) or ():
        found.extend(getattr(metric, "metrics", None) or [metric])
    return found


class MonitorCallback(Callback):
    """Base of callbacks that compare a result with the best one so far.

    Args:
        monitor: the result's name.
        mode: "auto", "min" or "max".
        best: where the comparison starts; None: anything is better.
        min_delta: how much better is better.
    """

    def __init__(
        self, monitor: str, mode: str, best: float | None = None, min_delta: float = 0.0
    ) -> None:
        super().__init__()
        if mode not in MODES:
            warnings.warn(
                f"{type(self).__name__}: mode must be one of {', '.join(MODES)}. Received: "
                f"{mode!r}; 'auto' is used.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = best
        self.min_delta = abs(min_delta)
        self._rising: bool | None = None

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether a result is better than `reference` by more than `min_delta`."""
        if self._rising is None:
            self._rising = rises(self.monitor, self.mode, self.model)
        if reference is None:
            return not math.isnan(value)
        if self._rising:
            return value - self.min_delta > reference
        return value + self.min_delta < reference

    def get_monitor_value(self, logs: dict[str, Any] | None) -> Any:
        """The watched result, None with a warning if there is none or it is no single number."""
        logs = logs or {}
        value = logs.get(self.monitor)
        if value is None:
            validation = " Pass validation_data= or validation_split= to fit()."
            self._warn(
                f"is not among the results: {', '.join(logs) or 'none'}."
                + (validation if self.monitor.startswith("val_") else "")
            )
        elif isinstance(value, np.ndarray):
            if value.size == 1:
                return value.item()
            self._warn(f"is no single number but has the shape {value.shape}.")
            return None
        return value

    def _warn(self, text: str) -> None:
        warnings.warn(f"{type(self).__name__}: monitor={self.monitor!r} {text}", stacklevel=5)
