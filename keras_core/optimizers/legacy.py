"""Names of Keras 2's optimizers, which tell what to use in their place."""

from __future__ import annotations

from typing import Any


class Optimizer:
    """Not available: use the class of the same name in `keras.optimizers`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        name = type(self).__name__
        raise ImportError(
            f"keras.optimizers.legacy.{name} is Keras 2's and not available. "
            f"Use keras.optimizers.{name}, or the tf_keras package for Keras 2."
        )


class Adagrad(Optimizer):
    """Not available: use `keras.optimizers.Adagrad`."""


class Adam(Optimizer):
    """Not available: use `keras.optimizers.Adam`."""


class Ftrl(Optimizer):
    """Not available: use `keras.optimizers.Ftrl`."""


class RMSprop(Optimizer):
    """Not available: use `keras.optimizers.RMSprop`."""


class SGD(Optimizer):
    """Not available: use `keras.optimizers.SGD`."""
