"""Metric: variables that batches update, and a result made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core import dtype_policies
from keras_core.backends.select import state_base, variable_class
from keras_core.backends.variable import host_dtype
from keras_core.core import dtypes, naming, old_names, scopes, settings
from keras_core.core.configs import Configured
from keras_core.core.tracking import MetricBase, children
from keras_core.metrics.stateless import Stateless


class _Zeros:
    @staticmethod
    def host_values(shape: tuple[int, ...], dtype: str) -> np.ndarray:
        return np.zeros(shape, host_dtype(dtype))

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return self.host_values(tuple(shape), dtypes.standardize(dtype))


_ZEROS = _Zeros()
_StateBase = state_base()
_take_waiting: Callable[[Any], None] | None = getattr(_StateBase, "_take_waiting", None)


class Metric(Stateless, MetricBase, _StateBase, Configured):
    """What all metrics share. A subclass defines `update_state` and `result`.

    Args:
        dtype: the dtype, or policy, of the variables and the result; None: `floatx()`.
        name: a string; made from the class name if None.

    Example:

    >>> import keras_core as keras
    >>> class Largest(keras.Metric):
    ...     def __init__(self, name=None, dtype=None):
    ...         super().__init__(dtype, name)
    ...         self.largest = self.add_weight(name="largest")
    ...
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.largest.assign(keras.ops.maximum(self.largest, keras.ops.max(y_pred)))
    ...
    ...     def result(self):
    ...         return self.largest.value
    >>> metric = Largest()
    >>> metric.update_state([0.0], [3.0])
    >>> float(metric.result())
    3.0
    """

    _untracked = getattr(_StateBase, "_bookkeeping", frozenset()) | {"_variables"}

    def __getattr__(self, name: str) -> Any:
        raise old_names.missing_attribute(self, name)

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = naming.given_or_auto(name, type(self).__name__)
        self._dtype_policy = dtype_policies.get(dtype or settings.floatx())
        self._dtype = self._dtype_policy.compute_dtype
        self._variables: list[Any] = []

    @property
    def dtype(self) -> str:
        """The dtype of the variables and the result."""
        return self._dtype

    @property
    def variables(self) -> list[Any]:
        """The metric's variables, then those of metrics that it holds."""
        inner = children(self, MetricBase)
        return [*self._variables, *(v for metric in inner for v in metric.variables)]

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Any:
        """A new variable of the metric.

        Args:
            shape: a tuple of ints.
            initializer: an initializer, its name, or None for zeros.
            dtype: a dtype name; None: the metric's.
            aggregation: how replicas' values are combined; see `keras.Variable`.
            name: a string; made up if None.
        """
        if initializer is None or (isinstance(initializer, str) and initializer == "zeros"):
            initializer = _ZEROS
        else:
            from keras_core import initializers

            initializer = initializers.get(initializer)
        with scopes.name_scope(self.name.replace("/", "_") or "metric"):
            variable = variable_class()(
                initializer,
                shape=tuple(shape),
                dtype=dtype or self._dtype,
                trainable=False,
                autocast=False,
                aggregation=aggregation,
                name=name,
            )
        self._variables.append(variable)
        if _take_waiting is not None:
            _take_waiting(self)
        return variable

    @old_names.name_first("name", "shape", "aggregation", "synchronization", "initializer", "dtype")
    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Any:
        """As `add_variable`, for a scalar of zero if nothing else is said."""
        return self.add_variable(shape, initializer, dtype, name=name)

    def reset_state(self) -> None:
        """Set all variables to zero."""
        for variable in self.variables:
            variable._assign_zeros()

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take a batch in. Subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define `update_state`.")

    def result(self) -> Any:
        """The number (a scalar tensor, a dict of them) so far. Subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define `result`.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take a batch in and give the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    # Configuration -----------------------------------------------------------------------

    #: What a metric adds to the config: attributes named as the constructor's arguments.
    config_arguments: tuple[str, ...] = ()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {argument: getattr(self, argument) for argument in self.config_arguments}
        return {"name": self.name, "dtype": self._dtype_policy.name, **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """A metric from what `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name!r}>"


def after_a_batch(metric: Any, mend: str = "") -> None:
    """Refuses a result of a metric that learns its shape from its first batch, before that.

    Args:
        metric: the metric, with `_built`.
        mend: what else would tell it the shape, a sentence.

    Raises:
        ValueError: if no batch came.
    """
    if not metric._built:
        raise ValueError(
            f"{type(metric).__name__} {metric.name!r}: result needs a batch first, which tells its "
            f"shape. Received: none. Call update_state before it. {mend}".rstrip()
        )


def same_columns(metric: Metric, y_true: Any, y_pred: Any, counted: Any = None) -> None:
    """Refuses targets and predictions that are not two matrices of one shape.

    Args:
        metric: the metric, for the error.
        y_true: targets.
        y_pred: predictions.
        counted: a variable that has a place for each column, from an earlier batch.

    Raises:
        ValueError: if they are none, or have other columns than the batches before.
    """
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if (
        len(true) == len(pred) == 2
        and pred[-1] is not None
        and all(a == b or a is None or b is None for a, b in zip(true, pred, strict=True))
        and (counted is None or counted.shape == pred[-1:])
    ):
        return
    must = "(batch, columns)" if counted is None else f"(batch, {counted.shape[0]})"
    raise ValueError(
        f"{type(metric).__name__} {metric.name!r}: y_true and y_pred must have one shape, {must}. "
        f"Received: y_true of shape {true}, y_pred of shape {pred}"
    )
