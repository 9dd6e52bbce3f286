"""The regularizers."""

from __future__ import annotations

import numbers
from typing import Any

from keras_core import ops
from keras_core.core.configs import Configured
from keras_core.symbolic.operation import captured_arguments


class Regularizer(Configured):
    """A penalty as a function of a tensor: define `__call__(x)`, giving a scalar.

    Example:

    >>> import keras_core as keras
    >>> class Spread(keras.regularizers.Regularizer):
    ...     def __call__(self, x):
    ...         return keras.ops.std(x)
    >>> float(Spread()(keras.ops.ones((3,))))
    0.0
    """

    _is_a = "regularizer"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        instance.__dict__["_constructed_with"] = (args, kwargs)
        return instance

    def __call__(self, x: Any) -> Any:
        """The penalty of tensor `x`, a scalar."""
        raise NotImplementedError(f"{type(self).__name__} must define `__call__`.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments by name."""
        return captured_arguments(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A regularizer from what `get_config` gave."""
        return cls(**config)


def _factor(owner: str, name: str, value: Any) -> float:
    """A penalty's factor: a finite number that is not negative."""
    plain = isinstance(value, numbers.Real) and not isinstance(value, bool)  # NumPy's among them
    number = float(value) if plain else -1.0
    if not 0 <= number < float("inf"):
        raise ValueError(
            f"{owner}: {name} must be a finite number, zero or above. Received: {name}={value!r}"
        )
    return number


class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x**2)`.

    Args:
        l1: factor of the absolute values, zero or above.
        l2: factor of the squares, zero or above.

    Raises:
        ValueError: if a factor is negative or no number.

    Example:

    >>> import keras_core as keras
    >>> float(keras.regularizers.L1L2(l1=1.0, l2=1.0)(keras.ops.ones((2,)) * 2))
    12.0
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _factor("L1L2", "l1", 0.0 if l1 is None else l1)
        self.l2 = _factor("L1L2", "l2", 0.0 if l2 is None else l2)

    def __call__(self, x: Any) -> Any:
        total = None
        if self.l1 or not self.l2:
            total = ops.multiply(ops.sum(ops.absolute(x)), self.l1)
        if self.l2:
            squares = ops.multiply(ops.sum(ops.square(x)), self.l2)
            total = squares if total is None else ops.add(total, squares)
        return total

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """`l1 * sum(|x|)`.

    Args:
        l1: the factor, zero or above.

    Raises:
        ValueError: if the factor is negative or no number.

    Example:

    >>> import keras_core as keras
    >>> float(keras.regularizers.L1(1.0)(keras.ops.ones((2,)) * -2))
    4.0
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _factor("L1", "l1", 0.01 if l1 is None else l1)

    def __call__(self, x: Any) -> Any:
        return ops.multiply(ops.sum(ops.absolute(x)), self.l1)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(Regularizer):
    """`l2 * sum(x**2)`.

    Args:
        l2: the factor, zero or above.

    Raises:
        ValueError: if the factor is negative or no number.

    Example:

    >>> import keras_core as keras
    >>> float(keras.regularizers.L2(1.0)(keras.ops.ones((2,)) * 3))
    18.0
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _factor("L2", "l2", 0.01 if l2 is None else l2)

    def __call__(self, x: Any) -> Any:
        return ops.multiply(ops.sum(ops.square(x)), self.l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """A penalty on rows (or columns) that are not orthogonal to each other.

    The mean of the absolute cosines between different rows, times a factor.

    Args:
        factor: the factor, zero or above.
        mode: "rows" or "columns": what is to be orthogonal.

    Raises:
        ValueError: for another mode, or when called with a tensor that is no matrix.

    Example:

    >>> import keras_core as keras
    >>> float(keras.regularizers.OrthogonalRegularizer(1.0)(keras.ops.eye(3)))
    0.0
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        if mode not in ("rows", "columns"):
            raise ValueError(
                f"OrthogonalRegularizer: mode must be 'rows' or 'columns'. Received: mode={mode!r}"
            )
        self.factor = _factor("OrthogonalRegularizer", "factor", factor)
        self.mode = mode

    def __call__(self, x: Any) -> Any:
        if len(x.shape) != 2:
            raise ValueError(
                "OrthogonalRegularizer: x must have two dimensions. "
                f"Received: shape {tuple(x.shape)}"
            )
        rows = x if self.mode == "rows" else ops.transpose(x)
        count = x.shape[0 if self.mode == "rows" else 1]
        norm = ops.sqrt(ops.maximum(ops.sum(ops.square(rows), axis=1, keepdims=True), 1e-12))
        unit = ops.divide(rows, norm)
        cosines = ops.matmul(unit, ops.transpose(unit))
        others = ops.multiply(cosines, ops.subtract(1.0, ops.eye(count, dtype=cosines.dtype)))
        pairs = max(count * (count - 1.0), 1.0) / 2.0
        return ops.multiply(ops.sum(ops.absolute(others)), 0.5 * self.factor / pairs)

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


NAMES = {c.__name__: c for c in (L1, L2, L1L2, OrthogonalRegularizer)} | {"l1_l2": L1L2}

# The same classes under their other public names.
l1 = L1
l1_l2 = L1L2
l2 = L2
orthogonal_regularizer = OrthogonalRegularizer
