"""Adafactor: second moments of matrices by their row and column means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras_core import ops
from keras_core.optimizers import scalar
from keras_core.optimizers.optimizer import SlotOptimizer


class Adafactor(SlotOptimizer):
    """Adam's division without its memory: a matrix's second moment is kept by rows and columns.

    Shazeer and Stern, 2018, https://arxiv.org/abs/1804.04235.

    Args:
        learning_rate: see `keras.optimizers.Optimizer`; an upper bound under `relative_step`.
        beta_2_decay: the exponent by which the second moment's memory grows with the step.
        epsilon_1: added to squared gradients.
        epsilon_2: the least size that a variable counts as having.
        clip_threshold: the largest root mean square of a step before it is scaled.
        relative_step: whether the rate is bounded by `1 / sqrt(step)`.
        weight_decay: see `keras.optimizers.Optimizer`; so with the rest.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([[1.0, 1.0], [1.0, 1.0]])
    >>> keras.optimizers.Adafactor(0.25).apply([keras.ops.ones((2, 2))], [v])
    >>> float(v.numpy()[0, 0])
    0.75
    """

    config_arguments = (
        "beta_2_decay",
        "epsilon_1",
        "epsilon_2",
        "clip_threshold",
        "relative_step",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
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
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def init_slots(self, variables: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Row means, column means (empty below two axes) and the second moment."""
        found = []
        for variable in variables:
            if variable.overwrite_with_gradient:
                found.append((None, None, None))
                continue
            shape, name = tuple(variable.shape), variable.path.replace("/", "_")
            if len(shape) >= 2:
                rows = self.add_variable(shape[:-1], "zeros", variable.dtype, name=name)
                columns = self.add_variable(
                    shape[:-2] + shape[-1:], "zeros", variable.dtype, name=name
                )
            else:  # the files of Keras have a place here
                rows, columns = (self.add_variable((), "zeros", "int32", name=name) for _ in "rc")
            moment = self.add_variable_from_reference(variable, "velocity")
            found.append((rows, columns, moment))
        return found

    def _untold(self) -> dict[int, Callable[[int], Any]]:
        places = (s for slots in self._slots for s in slots[:2] if s is not None)
        return {id(s): lambda steps: 0 for s in places if s.dtype == "int32"}

    def begin(self, learning_rate: Any, step: scalar.Scalar) -> Any:
        """The rate, and how much of the second moment stays."""
        if self.relative_step:
            learning_rate = scalar.minimum(learning_rate, 1.0 / scalar.sqrt(step))
        if scalar.is_number(step):
            return learning_rate, 1.0 - step**self.beta_2_decay
        return learning_rate, 1.0 - ops.power(step, self.beta_2_decay)

    def update(self, gradient: Any, value: Any, slots: tuple, shared: Any) -> tuple[Any, tuple]:
        """The rule."""
        rows, columns, moment = slots
        learning_rate, keep = shared
        square = ops.square(gradient) + self.epsilon_1
        if len(value.shape) >= 2:
            rows = rows * keep + ops.mean(square, axis=-1) * (1.0 - keep)
            columns = columns * keep + ops.mean(square, axis=-2) * (1.0 - keep)
            share = rows / ops.mean(rows, axis=-1, keepdims=True)
            moment = ops.expand_dims(share, -1) * ops.expand_dims(columns, -2)
        else:
            rows = columns = None
            moment = moment * keep + square * (1.0 - keep)
        step = gradient * ops.rsqrt(moment)
        step = step / ops.maximum(_rms(step) / self.clip_threshold, 1.0)
        size = ops.maximum(_rms(value), self.epsilon_2)
        return value - step * (size * learning_rate), (rows, columns, moment)


def _rms(x: Any) -> Any:
    return ops.sqrt(ops.mean(ops.square(x)))
