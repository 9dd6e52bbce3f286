"""Loss: the base of all losses, and the wrapper that makes one of a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_core import dtype_policies
from keras_core.backends.select import backend
from keras_core.core import dtypes, masks, naming, settings, tree
from keras_core.core.configs import Configured
from keras_core.core.limits import Limit, checked
from keras_core.losses.reduction import (
    REDUCTIONS,
    align,
    as_tensor,
    at_any_rank,
    dtype_of,
    reduce_weighted,
)

_arrays = backend.arrays
_TYPES = _arrays.TENSOR_TYPES


class Loss(Configured):
    """What all losses share. A subclass defines `call`, which gives a loss a sample.

    Args:
        name: a string; made from the class name if None.
        reduction: "sum_over_batch_size" or "mean": the mean over all values; "sum";
            "mean_with_sample_weight": the sum over the sum of weights; None or "none".
        dtype: the dtype, or policy, in which targets and predictions are taken; None: `floatx()`.

    Raises:
        ValueError: if `reduction` is unknown.

    Example:

    >>> import keras_core as keras
    >>> class WorstError(keras.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return keras.ops.max(abs(y_true - y_pred), axis=-1)
    >>> float(WorstError()([[0.0, 0.0]], [[1.0, 2.0]]))
    2.0
    """

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        if reduction == "auto":  # as `tf.keras` has it
            reduction = "sum_over_batch_size"
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"{type(self).__name__}: reduction must be one of {REDUCTIONS}. "
                f"Received: reduction={reduction!r}"
            )
        self.name = naming.given_or_auto(name, type(self).__name__)
        self.reduction = reduction
        self._given_dtype = dtype
        self._dtype_policy = dtype_policies.get(dtype or settings.floatx())
        self._dtype = self._dtype_policy.compute_dtype
        self._inner_dtype = self._dtype

    @property
    def dtype(self) -> str:
        """The dtype in which the loss is computed."""
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss.

        Args:
            y_true: targets, of a shape that fits `y_pred`.
            y_pred: predictions.
            sample_weight: None, a number, or weights for the leading axes of the losses: one a
                sample, or one a sample and time step.

        Returns:
            A scalar tensor; without a reduction a tensor of losses.
        """
        mask = masks.get_mask(y_pred)
        if type(y_pred) in _TYPES:
            y_pred = as_tensor(y_pred, self._inner_dtype)
            y_true = self._target(y_true)
        else:
            # A plain list of numbers is one array; with arrays in it, it is a structure of them.
            y_pred = (
                tree.map_structure(lambda x: as_tensor(x, self._inner_dtype), y_pred)
                if _deep(y_pred)
                else as_tensor(y_pred, self._inner_dtype)
            )
            y_true = (
                tree.map_structure(self._target, y_true) if _deep(y_true) else self._target(y_true)
            )
        return at_any_rank(self._weighed, y_true, y_pred, sample_weight, mask)

    def _weighed(self, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> Any:
        values = self.call(y_true, y_pred)
        if sample_weight is None and mask is None and self._counts is None:
            return reduce_weighted(values, None, None, self.reduction, self._dtype)
        counts = self._counts(y_true) if self._counts is not None else None
        if counts is not None:
            mask = counts if mask is None else as_tensor(mask, "bool") & as_tensor(counts, "bool")
        return reduce_weighted(values, sample_weight, mask, self.reduction, self._dtype)

    #: A method that tells from the targets which losses count; None: all do.
    _counts: Callable[[Any], Any] | None = None

    def _target(self, y_true: Any) -> Any:
        """A target as a tensor of the loss's dtype."""
        return y_true if y_true is None else as_tensor(y_true, self._inner_dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Losses, before weights and reduction. Subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define `call`.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {"name": self.name, "reduction": self.reduction}
        if self._given_dtype is not None:
            config["dtype"] = self._dtype_policy.name
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """A loss from what `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name!r}, reduction={self.reduction!r}>"


def _deep(x: Any) -> bool:
    """Whether targets are a structure of tensors, and not one array written as lists."""
    return isinstance(x, dict) or (isinstance(x, (list, tuple)) and any(map(_holds_arrays, x)))


def _holds_arrays(x: Any) -> bool:
    return hasattr(x, "shape") or _deep(x)


class LossFunctionWrapper(Loss):
    """A function of targets and predictions as a Loss.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)`, giving a loss a sample.
        name: a string; the function's name if None.
        reduction: see `Loss`.
        dtype: see `Loss`.
        **kwargs: passed on to `fn`.
    """

    #: What the function's arguments must be, in built-in losses.
    limits: dict[str, Limit] = {}

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        if name is None or (isinstance(name, str) and not name):
            name = getattr(fn, "__name__", None)
        super().__init__(name, reduction, dtype)
        self.fn = fn
        self._fn_kwargs = checked(self.limits, kwargs, type(self).__name__)
        if type(self) is not LossFunctionWrapper and self._dtype in ("float16", "bfloat16"):
            # There 1 - epsilon() is 1, whose logarithms and ratios are NaN at sure predictions.
            self._inner_dtype = "float32"

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The function's losses."""
        if (
            hasattr(y_true, "shape")
            and hasattr(y_pred, "shape")
            and len(y_true.shape) != len(y_pred.shape)
        ):
            y_true, y_pred = align(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def __getattr__(self, name: str) -> Any:
        kwargs = self.__dict__.get("_fn_kwargs")
        if kwargs is not None and name in kwargs:  # `loss.delta` and so on
            return kwargs[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {**super().get_config(), **self._fn_kwargs}
        if type(self) is LossFunctionWrapper:
            from keras_core.losses.lookup import serialize

            config["fn"] = serialize(self.fn)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """A loss from what `get_config` gave."""
        if cls is LossFunctionWrapper and not callable(config.get("fn")):
            from keras_core.losses.lookup import get

            config = {**config, "fn": get(config["fn"])}
        return cls(**config)


def is_integer(x: Any) -> bool:
    """Whether a tensor holds integers or bools."""
    name = dtype_of(x)
    return name in dtypes.INTS or name == "bool"
