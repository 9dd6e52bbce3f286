"""Sums and means of values, and the metrics that are means of a function."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import dtypes, masks
from keras_core.losses.reduction import align, align_weights, as_tensor, dtype_of
from keras_core.metrics.metric import Metric

_arrays = backend.arrays
_TYPES = _arrays.TENSOR_TYPES


def _mask_into(sample_weight: Any, mask: Any, values: Any, dtype: str) -> Any:
    """Sample weights with those that a mask leaves out set to zero."""
    if mask is None:
        return sample_weight
    mask = align_weights(as_tensor(mask, dtype), values)
    if sample_weight is None:
        return mask
    return ops.multiply(align_weights(as_tensor(sample_weight, dtype), values), mask)


class Sum(Metric):
    """The sum of all values.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.Sum()
    >>> metric.update_state([1.0, 3.0])
    >>> float(metric.result())
    4.0
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), None, self._dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add values, weighted or not.

        Args:
            values: a tensor.
            sample_weight: weights whose shape is a leading part of that of `values`, or
                broadcasts with it.
        """
        mask = masks.get_mask(values)
        values = as_tensor(values, self._dtype)
        weights = _mask_into(sample_weight, mask, values, self._dtype)
        if weights is not None:
            weights = align_weights(as_tensor(weights, self._dtype), values)
            values = ops.multiply(values, weights)
        self.total.assign_add(ops.sum(values))

    def result(self) -> Any:
        """The sum so far, a scalar."""
        return ops.copy(self.total.tensor)  # a later update may change the variable in place


def weighted_total(values: Any, sample_weight: Any, dtype: str) -> tuple[Any, Any]:
    """The sum of values and of their weights, where a sample's values count by their mean."""
    mask = masks.get_mask(values)
    if type(values) not in _TYPES:
        values = as_tensor(values)
    if sample_weight is None and mask is None:
        shape = values.shape
        rank = len(shape)
        if rank == 0:
            return as_tensor(values, dtype), 1.0
        values = values if _arrays.dtype_name(values) == dtype else ops.cast(values, dtype)
        if rank == 1:
            return ops.sum(values), _count(shape[0], values, dtype)
        inner = math.prod(shape[1:]) if None not in shape[1:] else None
        if inner is None:
            values = ops.mean(values, axis=tuple(range(1, rank)))
            return ops.sum(values), _count(shape[0], values, dtype)
        return ops.sum(values) * (1.0 / inner if inner else 0.0), _count(shape[0], values, dtype)
    values = as_tensor(values, dtype)
    weights = _mask_into(sample_weight, mask, values, dtype)
    weights = align_weights(as_tensor(weights, dtype), values)
    weighted = ops.multiply(values, weights)
    weights = ops.broadcast_to(weights, ops.shape(weighted))
    if len(weighted.shape) > 1:
        axes = tuple(range(1, len(weighted.shape)))
        weighted, weights = ops.mean(weighted, axis=axes), ops.mean(weights, axis=axes)
    return ops.sum(weighted), ops.sum(weights)


def _count(size: Any, values: Any, dtype: str) -> Any:
    if size is None:
        size = ops.shape(values)[0]
    return float(size) if isinstance(size, int) else ops.cast(size, dtype)


class Mean(Metric):
    """The mean of all values.

    Args:
        name: a string.
        dtype: see `keras.Metric`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.Mean()
    >>> metric.update_state([1.0, 3.0])
    >>> metric.update_state([8.0])
    >>> float(metric.result())
    4.0
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), None, self._dtype, name="total")
        self.count = self.add_variable((), None, self._dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take values in, weighted or not.

        Args:
            values: a tensor; of several axes, each sample counts by its mean.
            sample_weight: weights whose shape is a leading part of that of `values`, or
                broadcasts with it.
        """
        scalar = sample_weight is None and type(values) in _TYPES and len(values.shape) == 0
        if scalar and masks.get_mask(values) is None:
            # A loss, every step of training: nothing to reduce.
            self.total.assign_add(values)
            self.count.assign_add(1.0)
            return
        total, count = weighted_total(values, sample_weight, self._dtype)
        self.total.assign_add(total)
        self.count.assign_add(count)

    def result(self) -> Any:
        """The mean so far, a scalar; 0 before the first batch."""
        return safe_divide(self.total.tensor, self.count.tensor)


def safe_divide(x: Any, y: Any) -> Any:
    """`x / y`, zero where `y` is."""
    return ops.divide_no_nan(x, y)


class MeanMetricWrapper(Mean):
    """The mean of a function of targets and predictions.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)`, giving a value a sample.
        name: a string; made from the class name if None.
        dtype: see `keras.Metric`.
        **kwargs: passed on to `fn`.

    Example:

    >>> import keras_core as keras
    >>> metric = keras.metrics.MeanMetricWrapper(keras.losses.mean_absolute_error)
    >>> metric.update_state([[1.0], [2.0]], [[2.0], [4.0]])
    >>> float(metric.result())
    1.5
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(name, dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        # A function such as argmax's comparison has no gradient to be recorded.
        self._no_gradients = backend.optimizers.no_gradients

    #: Whether integer targets stay integers (class numbers).
    _class_numbers = False

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in.

        Args:
            y_true: targets.
            y_pred: predictions.
            sample_weight: None, or weights; see `Mean.update_state`.
        """
        with self._no_gradients():
            mask = masks.get_mask(y_pred)
            if type(y_pred) not in _TYPES:
                y_pred = as_tensor(y_pred)
            if not self._class_numbers:
                y_pred = as_tensor(y_pred, self._dtype)
                y_true = as_tensor(y_true, self._dtype)
                if len(y_true.shape) != len(y_pred.shape):
                    y_true, y_pred = align(y_true, y_pred)
            elif type(y_true) not in _TYPES:
                y_true = as_tensor(y_true)
            values = self._fn(y_true, y_pred, **self._fn_kwargs)
            if sample_weight is not None or mask is not None:
                values = as_tensor(values, self._dtype)
                sample_weight = _mask_into(sample_weight, mask, values, self._dtype)
            super().update_state(values, sample_weight)

    def __getattr__(self, name: str) -> Any:
        kwargs = self.__dict__.get("_fn_kwargs")
        if kwargs is not None and name in kwargs:  # `metric.threshold` and so on
            return kwargs[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {**super().get_config(), **self._fn_kwargs}
        if type(self) is MeanMetricWrapper:
            from keras_core.core import registry

            config["fn"] = registry.serialize_keras_object(self._fn)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """A metric from what `get_config` gave."""
        if cls is MeanMetricWrapper and not callable(config.get("fn")):
            from keras_core.core import registry

            fn = registry.deserialize_keras_object(config["fn"])
            if not callable(fn):
                from keras_core import losses

                fn = losses.get(fn)
            config = {**config, "fn": fn}
        return cls(**config)


def is_integer(x: Any) -> bool:
    """Whether a tensor holds integers or bools."""
    name = dtype_of(x)
    return name in dtypes.INTS or name == "bool"
