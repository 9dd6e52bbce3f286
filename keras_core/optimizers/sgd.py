"""Stochastic gradient descent, with or without momentum."""

from __future__ import annotations

from typing import Any

from keras_core.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent: `w -= lr * g`; with momentum `m = momentum * m - lr * g; w += m`.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        momentum: from 0 to 1, how much of the last step is kept.
        nesterov: whether the gradient is taken ahead of the step (Nesterov's momentum).
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Raises:
        ValueError: if the momentum is out of range.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.SGD(0.5).apply([keras.ops.convert_to_tensor([1.0])], [v])
    >>> v.numpy().tolist()
    [0.5]
    """

    fused = "sgd"
    config_arguments = ("momentum", "nesterov")

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        if not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ValueError(f"SGD: momentum must be from 0 to 1. Received: {momentum!r}")
        self.momentum = momentum
        self.nesterov = nesterov

    def slot_groups(self) -> tuple[dict[str, Any], ...]:
        """One slot, if there is momentum."""
        return ({"momentum": "zeros"},) if self.momentum else ()

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule; `shared` is the learning rate."""
        if not slots:
            return value - shared * gradient, ()
        step = shared * gradient
        moment = slots[0] * self.momentum - step
        if self.nesterov:
            return value + moment * self.momentum - step, (moment,)
        return value + moment, (moment,)
