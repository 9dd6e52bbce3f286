"""Adam and its kin: AdamW, Adamax, Nadam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.optimizers import scalar
from keras_core.optimizers.initial import Constant
from keras_core.optimizers.optimizer import SlotOptimizer


class Adam(SlotOptimizer):
    """Steps along a moving average of gradients, divided by the root of that of their squares.

    Kingma and Ba, 2014, https://arxiv.org/abs/1412.6980, with epsilon beside the uncorrected
    second moment ("epsilon hat" in the paper).

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        beta_1: how much of the average gradient stays every step.
        beta_2: how much of the average square stays every step.
        epsilon: keeps the division finite.
        amsgrad: whether the largest average square so far is divided by (Reddi et al., 2018).
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Adam(0.25).apply([keras.ops.convert_to_tensor([3.0])], [v])
    >>> round(float(v.numpy()[0]), 4)
    0.75
    """

    fused = "adam"
    config_arguments = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.amsgrad = amsgrad

    def slot_groups(self) -> tuple[dict[str, Any], ...]:
        """First and second moment; the largest second moment for AMSGrad."""
        moments = {"momentum": "zeros", "velocity": "zeros"}
        return (moments, {"velocity_hat": "zeros"}) if self.amsgrad else (moments,)

    def begin(self, learning_rate: Any, step: scalar.Scalar) -> Any:
        """The learning rate with both moments' bias corrections."""
        second = scalar.sqrt(1.0 - scalar.power(self.beta_2, step))
        return learning_rate * second / (1.0 - scalar.power(self.beta_1, step))

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule; `shared` is the corrected learning rate."""
        momentum, velocity, *largest = slots
        momentum = momentum + (gradient - momentum) * (1.0 - self.beta_1)
        velocity = velocity + (ops.square(gradient) - velocity) * (1.0 - self.beta_2)
        news = [momentum, velocity]
        if self.amsgrad:
            velocity = ops.maximum(largest[0], velocity)
            news.append(velocity)
        value = value - momentum * shared / (ops.sqrt(velocity) + self.epsilon)
        return value, tuple(news)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient.

    Loshchilov and Hutter, 2017, https://arxiv.org/abs/1711.05101.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        weight_decay: the fraction, times the learning rate, by which variables shrink.
        beta_1: how much of the average gradient stays every step.
        beta_2: how much of the average square stays every step.
        epsilon: keeps the division finite.
        amsgrad: see `keras.optimizers.Adam`.
        clipnorm: see `keras.optimizers.Optimizer`; so with the rest.

    Raises:
        ValueError: if `weight_decay` is None.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.AdamW(0.25, weight_decay=0.4)
    >>> optimizer.apply([keras.ops.convert_to_tensor([3.0])], [v])
    >>> round(float(v.numpy()[0]), 4)
    0.65
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
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
        if weight_decay is None:
            raise ValueError("AdamW: weight_decay must be a float. Received: None. Or use Adam.")


class Adamax(SlotOptimizer):
    """Adam with the largest recent gradient in place of the root of the average square.

    Kingma and Ba, 2014, section 7.1, https://arxiv.org/abs/1412.6980.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        beta_1: how much of the average gradient stays every step.
        beta_2: how fast the largest gradient is forgotten.
        epsilon: keeps the division finite.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Adamax(0.25).apply([keras.ops.convert_to_tensor([3.0])], [v])
    >>> round(float(v.numpy()[0]), 4)
    0.75
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
        """The average gradient and the largest one."""
        return ({"momentum": "zeros", "norm": "zeros"},)

    def begin(self, learning_rate: Any, step: scalar.Scalar) -> Any:
        """The learning rate with the bias correction."""
        return learning_rate / (1.0 - scalar.power(self.beta_1, step))

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule; `shared` is the corrected learning rate."""
        momentum, norm = slots
        momentum = momentum + (gradient - momentum) * (1.0 - self.beta_1)
        norm = ops.maximum(norm * self.beta_2, ops.absolute(gradient))
        return value - momentum * shared / (norm + self.epsilon), (momentum, norm)


class Nadam(SlotOptimizer):
    """Adam with Nesterov's momentum.

    Dozat, 2016, "Incorporating Nesterov momentum into Adam", with its schedule of momenta
    `beta_1 * (1 - 0.5 * 0.96 ** t)`.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`.
        beta_1: how much of the average gradient stays every step, in the long run.
        beta_2: how much of the average square stays every step.
        epsilon: keeps the division finite.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> keras.optimizers.Nadam(0.25).apply([keras.ops.convert_to_tensor([3.0])], [v])
    >>> float(v.numpy()[0]) < 1
    True
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

    def build(self, var_list: Any) -> None:
        """Make the slots, and the variable that holds the product of all momenta so far."""
        if self.built:
            return
        super().build(var_list)
        self._product = self._new_variable("momentum_product", (), scalar.dtype(), Constant(1.0))

    def _untold(self) -> dict[int, Callable[[int], Any]]:
        def product(steps: int) -> np.ndarray:
            momenta = [self._momentum(float(step)) for step in range(1, steps + 1)]
            return np.asarray(np.prod(momenta), self._product.dtype)

        return {id(self._product): product}

    def _momentum(self, step: scalar.Scalar) -> scalar.Scalar:
        return self.beta_1 * (1.0 - 0.5 * scalar.power(0.96, step))

    def begin(self, learning_rate: Any, step: scalar.Scalar) -> Any:
        """The factors of the gradient, of its average, and of the average square."""
        now, following = self._momentum(step), self._momentum(step + 1.0)
        product = self._product.tensor * now
        self._product.assign(product)
        return (
            learning_rate * (1.0 - now) / (1.0 - product),
            learning_rate * following / (1.0 - product * following),
            1.0 / (1.0 - scalar.power(self.beta_2, step)),
        )

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule."""
        momentum, velocity = slots
        of_gradient, of_momentum, of_velocity = shared
        momentum = momentum + (gradient - momentum) * (1.0 - self.beta_1)
        velocity = velocity + (ops.square(gradient) - velocity) * (1.0 - self.beta_2)
        direction = gradient * of_gradient + momentum * of_momentum
        spread = ops.sqrt(velocity * of_velocity) + self.epsilon
        return value - direction / spread, (momentum, velocity)
