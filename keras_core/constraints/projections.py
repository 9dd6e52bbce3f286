"""The constraints."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import limits, settings
from keras_core.core.configs import Configured
from keras_core.core.limits import AXES_OR_NONE, FRACTION, NOT_NEGATIVE, UPPER_BOUND
from keras_core.symbolic.operation import captured_arguments


class Constraint(Configured):
    """A projection as a function of a weight: define `__call__(w)`, giving the new value.

    Example:

    >>> import keras_core as keras
    >>> class Clip(keras.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return keras.ops.clip(w, -1.0, 1.0)
    >>> float(Clip()(keras.ops.ones(()) * 3))
    1.0
    """

    _is_a = "constraint"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        instance.__dict__["_constructed_with"] = (args, kwargs)
        return instance

    def __call__(self, w: Any) -> Any:
        """The projected value of weight `w`."""
        raise NotImplementedError(f"{type(self).__name__} must define `__call__`.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments by name."""
        return captured_arguments(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A constraint from what `get_config` gave."""
        return cls(**config)


def _norms(w: Any, axis: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


class MaxNorm(Constraint):
    """Norms of at most a value; longer vectors are scaled down.

    Args:
        max_value: the largest norm.
        axis: the axis, or axes, along which the norms are taken: 0 for a Dense kernel; None: all.

    Example:

    >>> import keras_core as keras
    >>> keras.constraints.MaxNorm(1.0)(keras.ops.ones((4, 1)) * 2)
    """

    limits = {"max_value": UPPER_BOUND, "axis": AXES_OR_NONE}
    max_value: float
    axis: Any

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        limits.keep(self, locals())

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        wanted = ops.clip(norms, 0, self.max_value)
        return ops.multiply(w, ops.divide(wanted, ops.add(norms, settings.epsilon())))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Values of at least zero.

    Example:

    >>> import keras_core as keras
    >>> keras.constraints.NonNeg()(keras.ops.convert_to_tensor([-1.0, 1.0]))
    """

    def __call__(self, w: Any) -> Any:
        return ops.maximum(w, ops.zeros_like(w))


class UnitNorm(Constraint):
    """Norms of one.

    Args:
        axis: the axis, or axes, along which the norms are taken: 0 for a Dense kernel; None: all.

    Example:

    >>> import keras_core as keras
    >>> keras.constraints.UnitNorm()(keras.ops.ones((4, 1)))
    """

    limits = {"axis": AXES_OR_NONE}
    axis: Any

    def __init__(self, axis: Any = 0) -> None:
        limits.keep(self, locals())

    def __call__(self, w: Any) -> Any:
        return ops.divide(w, ops.add(_norms(w, self.axis), settings.epsilon()))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Norms between two values; others are moved towards the interval.

    Args:
        min_value: the smallest norm.
        max_value: the largest norm.
        rate: how far vectors outside are moved, 1 for all of the way.
        axis: the axis, or axes, along which the norms are taken: 0 for a Dense kernel; None: all.

    Example:

    >>> import keras_core as keras
    >>> keras.constraints.MinMaxNorm(0.5, 1.0)(keras.ops.ones((4, 1)))
    """

    limits = {
        "min_value": NOT_NEGATIVE,
        "max_value": UPPER_BOUND,
        "rate": FRACTION,
        "axis": AXES_OR_NONE,
    }
    min_value: float
    max_value: float
    rate: float
    axis: Any

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ) -> None:
        limits.keep(self, locals())

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        clipped = ops.clip(norms, self.min_value, self.max_value)
        wanted = ops.add(ops.multiply(clipped, self.rate), ops.multiply(norms, 1 - self.rate))
        return ops.multiply(w, ops.divide(wanted, ops.add(norms, settings.epsilon())))

    def get_config(self) -> dict[str, Any]:
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


NAMES = {c.__name__: c for c in (MaxNorm, NonNeg, UnitNorm, MinMaxNorm)}

# The same classes under their other public names.
max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
