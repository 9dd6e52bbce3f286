"""LossScaleOptimizer: half precision without underflow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core import scopes
from keras_core.core.identity import ByIdentity
from keras_core.optimizers.initial import Constant
from keras_core.optimizers.optimizer import Optimizer


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a factor found on the way, for gradients in float16.

    Gradients are divided by the factor before the inner optimizer gets them. A step in which one
    of them is not finite is skipped, and the factor halved; after `dynamic_growth_steps` steps
    in a row that are finite it is doubled. Micikevicius et al., 2017,
    https://arxiv.org/abs/1710.03740.

    Args:
        inner_optimizer: the `Optimizer` that updates the variables.
        initial_scale: the first factor.
        dynamic_growth_steps: after how many finite steps the factor is doubled.
        name: a string; made from the class name if None.

    Raises:
        TypeError: if `inner_optimizer` is no optimizer.
        ValueError: for an option that belongs to the inner optimizer.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5), 8.0)
    >>> optimizer.apply([keras.ops.convert_to_tensor([8.0])], [v])
    >>> v.numpy().tolist()
    [0.5]
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer):
            raise TypeError(
                "LossScaleOptimizer: inner_optimizer must be an Optimizer. "
                f"Received: {inner_optimizer!r} (of type {type(inner_optimizer).__name__})"
            )
        given = sorted(k for k, v in kwargs.items() if v not in (None, False))
        if given:
            raise ValueError(
                f"LossScaleOptimizer: {', '.join(given)} must be set on the inner optimizer. "
                f"Received: {kwargs}"
            )
        if not initial_scale > 0:
            raise ValueError(
                f"LossScaleOptimizer: initial_scale must be positive. Received: {initial_scale}"
            )
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        inner_optimizer._scaled = True
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps

    def build(self, var_list: Sequence[Any]) -> None:
        """Make the scale's variables and the inner optimizer's."""
        if self.built:
            return
        var_list = self._owned(var_list)
        with scopes.name_scope(self.name):
            self._counter = self._new_variable("step_counter", (), "int32", Constant(0))
            self._scale = self._new_variable(
                "dynamic_scale", (), "float32", Constant(self.initial_scale)
            )
        self.inner_optimizer.build(var_list)
        self._trainable_variables = list(var_list)
        self._index = ByIdentity((v, i) for i, v in enumerate(var_list))
        self.built = True

    @property
    def variables(self) -> list[Any]:
        """The scale's variables, then the inner optimizer's."""
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def iterations(self) -> Any:
        """The inner optimizer's count of updates: skipped steps don't count."""
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def dynamic_scale(self) -> Any:
        """The current factor: a variable once the optimizer is built."""
        return self._scale if self.built else self.initial_scale

    @property
    def step_counter(self) -> Any:
        """How many finite steps there were since the factor last changed; a variable once built."""
        return self._counter if self.built else 0

    def check_finite(self, grads: Sequence[Any]) -> Any:
        """Whether all elements of all gradients are finite, a scalar bool tensor."""
        return ops.all(ops.stack([ops.all(ops.isfinite(g)) for g in grads if g is not None]))

    def _apply(self, grads: list[Any], variables: list[Any]) -> None:
        scale = self._scale

        def update() -> None:
            factor = scale.tensor
            self.inner_optimizer._apply([ops.divide(g, factor) for g in grads], variables)
            grow = ops.equal(self._counter.tensor, self.dynamic_growth_steps - 1)
            counted = self._counter.tensor + 1
            self._counter.assign(ops.where(grow, ops.zeros_like(counted), counted))
            scale.assign(ops.where(grow, factor * 2.0, factor))

        def back_off() -> None:
            self._counter.assign(ops.zeros_like(self._counter.tensor))
            scale.assign(scale.tensor / 2.0)

        self._either(self.check_finite(grads), update, back_off)

    def scale_loss(self, loss: Any) -> Any:
        """The loss times the current factor."""
        return ops.multiply(loss, self._scale.tensor if self.built else self.initial_scale)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """As for the inner optimizer."""
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """As for the inner optimizer."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def _averaging(self) -> list[Any]:
        return self.inner_optimizer._averaging()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from keras_core.core import registry

        return {
            "name": self.name,
            "inner_optimizer": registry.serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> LossScaleOptimizer:
        """An optimizer from what `get_config` gave."""
        inner = config["inner_optimizer"]
        if isinstance(inner, dict):
            from keras_core.optimizers.lookup import deserialize

            inner = deserialize(inner, custom_objects)
        return cls(**{**config, "inner_optimizer": inner})
