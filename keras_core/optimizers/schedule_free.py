"""Schedule-free AdamW: an average of the iterates in the place of a falling learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.optimizers import scalar
from keras_core.optimizers.initial import Constant
from keras_core.optimizers.optimizer import SlotOptimizer


class ScheduleFreeAdamW(SlotOptimizer):
    """AdamW that needs no schedule, since gradients are taken near the average of all iterates.

    Defazio et al., 2024, https://arxiv.org/abs/2405.15682. `z` makes AdamW's steps, `x` is its
    running mean, and the variables are `(1 - beta_1) * z + beta_1 * x`; no first moment is kept.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        beta_1: where between `z` (0) and the average (1) gradients are taken.
        beta_2: how much of the average square stays every step.
        epsilon: keeps the division finite.
        warmup_steps: over how many steps the rate rises linearly.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.ScheduleFreeAdamW(0.25).apply([keras.ops.convert_to_tensor([3.0])], [v])
    >>> round(float(v.numpy()[0]), 4)
    0.75
    """

    config_arguments = ("beta_1", "beta_2", "epsilon", "warmup_steps")

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
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
        self.warmup_steps = warmup_steps

    def init_slots(self, variables: Sequence[Any]) -> list[tuple[Any, ...]]:
        """`z`, which starts at the variable's value, and the second moment."""
        found: list[tuple[Any, ...]] = []
        for variable in variables:
            if variable.overwrite_with_gradient:
                found.append((None, None))
                continue
            iterate = self.add_variable_from_reference(variable, "momentum", Constant(0.0))
            iterate.assign(variable.tensor)
            found.append((iterate, self.add_variable_from_reference(variable, "velocity")))
        return found

    def begin(self, learning_rate: Any, step: scalar.Scalar) -> Any:
        """The rate, the second moment's correction, and the new iterate's share in the mean."""
        if self.warmup_steps:
            learning_rate = learning_rate * scalar.minimum(step / self.warmup_steps, 1.0)
        return learning_rate, 1.0 / (1.0 - scalar.power(self.beta_2, step)), 1.0 / step

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule."""
        iterate, velocity = slots
        learning_rate, correction, share = shared
        velocity = velocity + (ops.square(gradient) - velocity) * (1.0 - self.beta_2)
        step = gradient * learning_rate / (ops.sqrt(velocity * correction) + self.epsilon)
        mean = (value - iterate * (1.0 - self.beta_1)) / self.beta_1
        iterate = iterate - step
        mean = mean + (iterate - mean) * share
        return iterate * (1.0 - self.beta_1) + mean * self.beta_1, (iterate, velocity)
