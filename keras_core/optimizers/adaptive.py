"""Adagrad, Adadelta and FTRL: rates that adapt to the squares of past gradients."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.optimizers.initial import Constant
from keras_core.optimizers.optimizer import SlotOptimizer


class Adagrad(SlotOptimizer):
    """Gradients divided by the root of the sum of all their squares so far.

    `a += g^2; w -= lr * g / sqrt(a + epsilon)`. Duchi et al., 2011, "Adaptive subgradient
    methods for online learning and stochastic optimization".

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        initial_accumulator_value: what the sums start with, at least 0.
        epsilon: keeps the division finite.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Adagrad(0.5, 0.0).apply([keras.ops.convert_to_tensor([2.0])], [v])
    >>> round(float(v.numpy()[0]), 4)
    0.5
    """

    fused = "adagrad"
    config_arguments = ("initial_accumulator_value", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
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
        if not initial_accumulator_value >= 0:
            raise ValueError(
                "Adagrad: initial_accumulator_value must be at least 0. "
                f"Received: {initial_accumulator_value}"
            )
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def slot_groups(self) -> tuple[dict[str, Any], ...]:
        """The sum of squares."""
        return ({"accumulator": Constant(self.initial_accumulator_value)},)

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule; `shared` is the learning rate."""
        total = slots[0] + ops.square(gradient)
        return value - gradient * shared * ops.rsqrt(total + self.epsilon), (total,)


class Adadelta(SlotOptimizer):
    """Steps in the units of the variable: gradients times past steps over past gradients.

    Zeiler, 2012, https://arxiv.org/abs/1212.5701.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`; 1.0 is the paper's.
        rho: how much of the averages stays every step.
        epsilon: keeps the division finite, and starts the steps.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Adadelta(1.0).apply([keras.ops.convert_to_tensor([2.0])], [v])
    >>> round(float(v.numpy()[0]), 4)
    0.9986
    """

    config_arguments = ("rho", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
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
        self.rho = rho
        self.epsilon = epsilon

    def slot_groups(self) -> tuple[dict[str, Any], ...]:
        """The average squares of gradients and of steps."""
        return ({"accumulated_grad": "zeros", "accumulated_delta_var": "zeros"},)

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule; `shared` is the learning rate."""
        grads, steps = slots
        grads = grads * self.rho + ops.square(gradient) * (1.0 - self.rho)
        ratio = ops.sqrt((steps + self.epsilon) / (grads + self.epsilon))
        step = ratio * gradient
        steps = steps * self.rho + ops.square(step) * (1.0 - self.rho)
        return value - step * shared, (grads, steps)

    def update_step(self, grad: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable and its slots by the rule."""
        super().update_step(grad, variable, learning_rate)


class Ftrl(SlotOptimizer):
    """Follow the regularized leader: sparse linear models online.

    McMahan et al., 2013, "Ad click prediction: a view from the trenches".

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        learning_rate_power: at most 0, how the rate falls with the sum of squares.
        initial_accumulator_value: what the sums of squares start with, at least 0.
        l1_regularization_strength: at least 0.
        l2_regularization_strength: at least 0, for the objective.
        l2_shrinkage_regularization_strength: at least 0, for the gradient.
        beta: added to the root of the sum in the rate.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Ftrl(0.1).apply([keras.ops.convert_to_tensor([1.0])], [v])
    >>> round(float(v.numpy()[0]), 4)
    0.6031
    """

    config_arguments = (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        for argument, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if not value >= 0:
                raise ValueError(f"Ftrl: {argument} must be at least 0. Received: {value}")
        if learning_rate_power > 0:
            raise ValueError(
                f"Ftrl: learning_rate_power must be at most 0. Received: {learning_rate_power}"
            )
        self.beta, self.learning_rate_power = beta, learning_rate_power
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l1_regularization_strength = l1_regularization_strength
        self.initial_accumulator_value = initial_accumulator_value

    def slot_groups(self) -> tuple[dict[str, Any], ...]:
        """The sum of squares and the linear term."""
        start = Constant(self.initial_accumulator_value)
        return ({"accumulator": start, "linear": "zeros"},)

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule; `shared` is the learning rate."""
        total, linear = slots
        power, l1 = -self.learning_rate_power, self.l1_regularization_strength
        # The usual power is a root, which compilers do not always see and take much longer for.
        raised: Any = ops.sqrt if power == 0.5 else lambda x: ops.power(x, power)
        old = raised(total)
        total = total + ops.square(gradient)
        new = raised(total)
        shrunk = gradient
        if self.l2_shrinkage_regularization_strength:
            shrunk = gradient + value * (2.0 * self.l2_shrinkage_regularization_strength)
        linear = linear + shrunk - (new - old) / shared * value
        curvature = (new + self.beta) / shared + 2.0 * self.l2_regularization_strength
        if l1:
            return (ops.clip(linear, -l1, l1) - linear) / curvature, (total, linear)
        return -linear / curvature, (total, linear)
