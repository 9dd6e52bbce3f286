"""Learning-rate schedules: exponential, cosine, polynomial, inverse time, piecewise constant."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

from keras_core import ops
from keras_core.core.configs import Configured, owned
from keras_core.ops._door import Tensor
from keras_core.optimizers import scalar
from keras_core.symbolic.operation import captured_arguments


class LearningRateSchedule(Configured):
    """A learning rate as a function of the step. Subclasses define `__call__`.

    Example:

    >>> import keras_core as keras
    >>> class HalfEvery100(keras.optimizers.schedules.LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.1 * 0.5 ** keras.ops.floor(step / 100)
    >>> float(HalfEvery100()(150.0))
    0.05
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        instance.__dict__["_constructed_with"] = (args, kwargs)
        return instance

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __call__(self, step: Any) -> Tensor:
        """The learning rate at a step (from 0), a scalar."""
        raise NotImplementedError(f"{type(self).__name__} must define `__call__`.")

    def rate(self, step: Any) -> scalar.Scalar:
        """As a call, but a Python number for a Python number where the schedule can."""
        return self(step)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return captured_arguments(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """A schedule from what `get_config` gave."""
        return cls(**config)


class OfStep(LearningRateSchedule):
    """A plain function of the step, as optax's schedules are.

    Args:
        function: gives the learning rate at a step, a number or a scalar tensor, from 0.
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, step: Any) -> Tensor:
        """The learning rate at a step (from 0), a scalar."""
        return self.function(step)


def is_rule(rate: Any) -> bool:
    """Whether a learning rate is worked out at every step."""
    return callable(rate) and not hasattr(rate, "shape")


def takes_step(function: Callable[..., Any]) -> bool:
    """Whether a function, no schedule, has exactly one argument that it must be given."""
    if isinstance(function, LearningRateSchedule):
        return False
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some builtins have none
        return False
    needed = [p for p in parameters if p.default is p.empty and p.kind not in (_REST, _NAMED)]
    return len(needed) == 1 and needed[0].kind is not inspect.Parameter.KEYWORD_ONLY


_REST, _NAMED = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD


class _Builtin(LearningRateSchedule):
    """What the schedules below share: a formula for numbers and tensors, and plain arguments."""

    _ARGUMENTS: tuple[str, ...] = ()

    def __call__(self, step: Any) -> Tensor:
        """The learning rate at a step (from 0), a scalar float tensor."""
        if not scalar.is_number(step):
            step = ops.convert_to_tensor(step)
        return ops.convert_to_tensor(self.rate(step), scalar.dtype())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {name: getattr(self, name) for name in self._ARGUMENTS}

    def _positive(self, argument: str, value: Any) -> None:
        if not hasattr(value, "__float__") or not value > 0:
            cls = type(self).__name__
            raise ValueError(f"{cls}: {argument} must be positive. Received: {argument}={value!r}")


class ExponentialDecay(_Builtin):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: after how many steps the rate has been multiplied by `decay_rate`.
        decay_rate: the factor.
        staircase: whether the rate changes at whole multiples of `decay_steps` only.
        name: a string.

    Example:

    >>> import keras_core as keras
    >>> schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 100, 0.5)
    >>> float(schedule(100))
    0.25
    """

    _ARGUMENTS = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name
        self._positive("decay_steps", decay_steps)

    def rate(self, step: Any) -> scalar.Scalar:
        """The learning rate at a step."""
        progress = scalar.as_float(step) / self.decay_steps
        if self.staircase:
            progress = scalar.floor(progress)
        return self.initial_learning_rate * scalar.power(self.decay_rate, progress)


class InverseTimeDecay(_Builtin):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: how many steps are one unit of time.
        decay_rate: how fast it falls.
        staircase: whether the rate changes at whole multiples of `decay_steps` only.
        name: a string.

    Example:

    >>> import keras_core as keras
    >>> schedule = keras.optimizers.schedules.InverseTimeDecay(0.5, 100, 1.0)
    >>> float(schedule(100))
    0.25
    """

    _ARGUMENTS = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name
        self._positive("decay_steps", decay_steps)

    def rate(self, step: Any) -> scalar.Scalar:
        """The learning rate at a step."""
        progress = scalar.as_float(step) / self.decay_steps
        if self.staircase:
            progress = scalar.floor(progress)
        return self.initial_learning_rate / (1.0 + self.decay_rate * progress)


class PolynomialDecay(_Builtin):
    """From an initial to an end rate in a number of steps, along a power of the way left.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: how many steps it takes.
        end_learning_rate: the rate from then on.
        power: the exponent; 1 is a straight line.
        cycle: whether, instead of staying at the end, the way is stretched to the next multiple
            of `decay_steps`.
        name: a string.

    Example:

    >>> import keras_core as keras
    >>> schedule = keras.optimizers.schedules.PolynomialDecay(0.5, 100, 0.25)
    >>> float(schedule(50))
    0.375
    """

    _ARGUMENTS = (
        "initial_learning_rate",
        "decay_steps",
        "end_learning_rate",
        "power",
        "cycle",
        "name",
    )

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.name, self.decay_steps = name, decay_steps
        self.initial_learning_rate = initial_learning_rate
        self.end_learning_rate = end_learning_rate
        self.cycle, self.power = cycle, power
        self._positive("decay_steps", decay_steps)

    def rate(self, step: Any) -> scalar.Scalar:
        """The learning rate at a step."""
        step = scalar.as_float(step)
        if self.cycle:
            total = self.decay_steps * scalar.maximum(scalar.ceil(step / self.decay_steps), 1.0)
        else:
            total = float(self.decay_steps)
            step = scalar.minimum(step, total)
        left = 1.0 - step / total
        span = self.initial_learning_rate - self.end_learning_rate
        return span * left**self.power + self.end_learning_rate


class CosineDecay(_Builtin):
    """A half wave of the cosine from an initial rate down, after an optional linear warm-up.

    Loshchilov and Hutter, 2016, https://arxiv.org/abs/1608.03983.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: how many steps the fall takes (the warm-up not counted).
        alpha: the last rate, as a fraction of the first.
        name: a string.
        warmup_target: the rate to which the warm-up rises; None: no warm-up.
        warmup_steps: how many steps the warm-up takes.

    Example:

    >>> import keras_core as keras
    >>> schedule = keras.optimizers.schedules.CosineDecay(0.5, 100)
    >>> round(float(schedule(50)), 4)
    0.25
    """

    _ARGUMENTS = (
        "initial_learning_rate",
        "decay_steps",
        "alpha",
        "name",
        "warmup_target",
        "warmup_steps",
    )

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps
        self._positive("decay_steps", decay_steps)

    def rate(self, step: Any) -> scalar.Scalar:
        """The learning rate at a step."""
        step = scalar.as_float(step)
        start = self.initial_learning_rate
        if self.warmup_target is None:
            return self._fall(step, start)
        target = self.warmup_target
        fallen = self._fall(scalar.maximum(step - self.warmup_steps, 0.0), target)
        if not self.warmup_steps:
            return fallen
        risen = start + (target - start) * step / self.warmup_steps
        return scalar.where(step < self.warmup_steps, risen, fallen)

    def _fall(self, step: scalar.Scalar, start: float) -> scalar.Scalar:
        progress = scalar.minimum(step, float(self.decay_steps)) / self.decay_steps
        wave = 0.5 * (1.0 + scalar.cos(progress * math.pi))
        return start * ((1.0 - self.alpha) * wave + self.alpha)


class CosineDecayRestarts(_Builtin):
    """Half waves of the cosine, one after the other, each `t_mul` times as long as the last.

    Loshchilov and Hutter, 2016, https://arxiv.org/abs/1608.03983.

    Args:
        initial_learning_rate: the rate at step 0.
        first_decay_steps: how many steps the first wave takes.
        t_mul: how many times longer each wave is.
        m_mul: by how much each wave's height is multiplied.
        alpha: the lowest rate, as a fraction of the first.
        name: a string.

    Example:

    >>> import keras_core as keras
    >>> schedule = keras.optimizers.schedules.CosineDecayRestarts(0.5, 100)
    >>> round(float(schedule(100)), 4)
    0.5
    """

    _ARGUMENTS = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name
        self._positive("first_decay_steps", first_decay_steps)

    def rate(self, step: Any) -> scalar.Scalar:
        """The learning rate at a step."""
        progress = scalar.as_float(step) / self.first_decay_steps
        if self.t_mul == 1.0:
            wave = scalar.floor(progress)
            progress = progress - wave
        else:
            # Wave n starts at (t_mul^n - 1) / (t_mul - 1) lengths of the first one.
            ratio = 1.0 - progress * (1.0 - self.t_mul)
            # The small addition keeps rounding from missing the very step of a restart.
            wave = scalar.floor(scalar.log(ratio) / math.log(self.t_mul) + 1e-6)
            length = scalar.power(self.t_mul, wave)
            progress = (progress - (1.0 - length) / (1.0 - self.t_mul)) / length
        height = scalar.power(self.m_mul, wave)
        fall = 0.5 * height * (1.0 + scalar.cos(progress * math.pi))
        return self.initial_learning_rate * ((1.0 - self.alpha) * fall + self.alpha)


class PiecewiseConstantDecay(_Builtin):
    """One rate up to each boundary, and one after the last.

    Args:
        boundaries: steps in increasing order; a boundary belongs to the piece before it.
        values: the rates, one more than boundaries.
        name: a string.

    Raises:
        ValueError: if the numbers do not fit.

    Example:

    >>> import keras_core as keras
    >>> schedule = keras.optimizers.schedules.PiecewiseConstantDecay([10], [0.5, 0.25])
    >>> float(schedule(10)), float(schedule(11))
    (0.5, 0.25)
    """

    _ARGUMENTS = ("boundaries", "values", "name")

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "PiecewiseConstantDecay: values must have one item more than boundaries. "
                f"Received: boundaries={boundaries}, values={values}"
            )
        self.boundaries = owned(boundaries)
        self.values = owned(values)
        self.name = name

    def rate(self, step: Any) -> scalar.Scalar:
        """The learning rate at a step."""
        step = scalar.as_float(step)
        found: scalar.Scalar = float(self.values[-1])
        pieces = list(zip(self.boundaries, self.values, strict=False))
        for boundary, value in reversed(pieces):
            found = scalar.where(step <= float(boundary), float(value), found)
        return found


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """A schedule as a config dict.

    Args:
        learning_rate_schedule: a `LearningRateSchedule`.

    Returns:
        A config dict, for `deserialize`.

    Example:

    >>> import keras_core as keras
    >>> schedule = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=100)
    >>> keras.optimizers.schedules.serialize(schedule)["config"]["decay_steps"]
    100
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(learning_rate_schedule)


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> LearningRateSchedule:
    """The schedule that a config dict describes.

    Args:
        config: what `serialize` gave.
        custom_objects: own classes by name.

    Returns:
        The `LearningRateSchedule`.

    Example:

    >>> import keras_core as keras
    >>> schedule = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=100)
    >>> config = keras.optimizers.schedules.serialize(schedule)
    >>> float(keras.optimizers.schedules.deserialize(config)(50))
    0.05
    """
    from keras_core.core import registry

    return registry.deserialize_keras_object(config, custom_objects=custom_objects)
