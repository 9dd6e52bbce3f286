"""Lion and LAMB: steps of a given size, by the sign or by the variable's norm."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.optimizers import scalar
from keras_core.optimizers.optimizer import SlotOptimizer


class Lion(SlotOptimizer):
    """Steps along the sign of an interpolation of momentum and gradient.

    `w -= lr * sign(beta_1 * m + (1 - beta_1) * g); m = beta_2 * m + (1 - beta_2) * g`. Chen et
    al., 2023, https://arxiv.org/abs/2302.06675. A rate 3 to 10 times below AdamW's, and a weight
    decay as much above, is where to start.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        beta_1: the momentum's share in the step, above 0 and at most 1.
        beta_2: how much of the momentum stays every step.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Raises:
        ValueError: if `beta_1` is out of range.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Lion(0.25).apply([keras.ops.convert_to_tensor([3.0])], [v])
    >>> float(v.numpy()[0])
    0.75
    """

    config_arguments = ("beta_1", "beta_2")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        if not 0 < beta_1 <= 1:
            raise ValueError(f"Lion: beta_1 must be above 0 and at most 1. Received: {beta_1}")
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def slot_groups(self) -> tuple[dict[str, Any], ...]:
        """The momentum."""
        return ({"momentum": "zeros"},)

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule; `shared` is the learning rate."""
        momentum = slots[0]
        direction = ops.sign(momentum * self.beta_1 + gradient * (1.0 - self.beta_1))
        momentum = momentum * self.beta_2 + gradient * (1.0 - self.beta_2)
        return value - direction * shared, (momentum,)


class Lamb(SlotOptimizer):
    """Adam's steps, scaled for each variable to its own norm: for very large batches.

    You et al., 2019, https://arxiv.org/abs/1904.00962.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        beta_1: how much of the average gradient stays every step.
        beta_2: how much of the average square stays every step.
        epsilon: keeps the division finite.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([2.0])
    >>> keras.optimizers.Lamb(0.25).apply([keras.ops.convert_to_tensor([3.0])], [v])
    >>> round(float(v.numpy()[0]), 4)
    1.5
    """

    config_arguments = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def slot_groups(self) -> tuple[dict[str, Any], ...]:
        """First and second moment."""
        return ({"momentum": "zeros", "velocity": "zeros"},)

    def begin(self, learning_rate: Any, step: scalar.Scalar) -> Any:
        """The learning rate and both bias corrections."""
        return (
            learning_rate,
            1.0 / (1.0 - scalar.power(self.beta_1, step)),
            1.0 / (1.0 - scalar.power(self.beta_2, step)),
        )

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule."""
        momentum, velocity = slots
        learning_rate, first, second = shared
        momentum = momentum + (gradient - momentum) * (1.0 - self.beta_1)
        velocity = velocity + (ops.square(gradient) - velocity) * (1.0 - self.beta_2)
        direction = momentum * first / (ops.sqrt(velocity * second) + self.epsilon)
        size, length = (ops.sqrt(ops.sum(ops.square(x))) for x in (value, direction))
        one = ops.ones_like(size)
        usable = ops.logical_and(size > 0, length > 0)
        trust = ops.where(usable, size / ops.where(usable, length, one), one)
        return value - direction * (trust * learning_rate), (momentum, velocity)
