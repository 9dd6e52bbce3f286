"""RMSprop."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.optimizers.optimizer import SlotOptimizer


class RMSprop(SlotOptimizer):
    """Gradients divided by the root of a moving average of their squares.

    `v = rho * v + (1 - rho) * g^2; w -= lr * g / sqrt(v + epsilon)`. Hinton, 2012, lecture 6e of
    "Neural networks for machine learning".

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        rho: how much of the average stays every step.
        momentum: from 0 to 1, how much of the last step is kept.
        epsilon: keeps the division finite.
        centered: whether the average gradient's square is subtracted, which leaves the variance.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.RMSprop(0.1, rho=0.75).apply([keras.ops.convert_to_tensor([2.0])], [v])
    >>> round(float(v.numpy()[0]), 4)
    0.8
    """

    fused = "rmsprop"
    config_arguments = ("rho", "momentum", "epsilon", "centered")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def slot_groups(self) -> tuple[dict[str, Any], ...]:
        """The average of squares; the last step; the average gradient."""
        groups = [{"velocity": "zeros"}]
        if self.momentum > 0:
            groups.append({"momentum": "zeros"})
        if self.centered:
            groups.append({"average_gradient": "zeros"})
        return tuple(groups)

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule; `shared` is the learning rate."""
        velocity, *rest = slots
        velocity = velocity * self.rho + ops.square(gradient) * (1.0 - self.rho)
        news = [velocity]
        spread = velocity
        mean = None
        if self.centered:
            mean = rest[-1] * self.rho + gradient * (1.0 - self.rho)
            spread = velocity - ops.square(mean)
        step = shared * gradient * ops.rsqrt(spread + self.epsilon)
        if self.momentum > 0:
            step = rest[0] * self.momentum + step
            news.append(step)
        if self.centered:
            news.append(mean)
        return value - step, tuple(news)
