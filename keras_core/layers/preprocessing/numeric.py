"""Normalization, Discretization and CategoryEncoding: numbers made fit for a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core import ops
from keras_core.core.limits import (
    AXES_OR_NONE,
    BOOL,
    FINITE,
    NUMBERS,
    POSITIVE,
    POSITIVE_INT,
    VARIANCE,
    one_of,
    optional,
)
from keras_core.layers.preprocessing.host import DataLayer, encoded_shape, masked_on_host, to_host
from keras_core.layers.preprocessing.lookup import batches
from keras_core.symbolic.keras_tensor import KerasTensor

_FEW = 16  # edges up to which comparing with each is as quick as searching
_ENCODINGS = ("one_hot", "multi_hot", "count")


class Normalization(DataLayer):
    """Shift and scale features to mean 0 and variance 1.

    Args:
        axis: the axis, or axes, along which each entry has a mean and variance of its own; None:
            one for all.
        mean: a number or array; learnt by `adapt` if None.
        variance: a number or array, given exactly if the mean is.
        invert: whether normalized values are mapped back.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if only one of mean and variance is given, or an axis is not in the inputs.

    Example:

    >>> import keras_core as keras, numpy as np
    >>> layer = keras.layers.Normalization()
    >>> layer.adapt(np.array([[1.0], [3.0]]))
    >>> keras.ops.convert_to_numpy(layer(np.array([[5.0]]))).tolist()
    [[3.0]]
    """

    limits = {
        "invert": BOOL,
        "axis": AXES_OR_NONE,
        "mean": optional(FINITE),
        "variance": optional(VARIANCE),
    }
    unsaved = frozenset(("mean", "variance"))

    def __init__(
        self,
        axis: Any = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        axis = self.axis
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        if (mean is None) != (variance is None):
            raise self._refuse("mean and variance", "be given both, or neither", (mean, variance))
        self.input_mean, self.input_variance = _jsonable(mean), _jsonable(variance)
        self._moments: tuple[Any, Any, Any] | None = None  # mean, variance, standard deviation
        self._kept: tuple[int, ...] = ()

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        if any(not -rank <= a < rank for a in self.axis):
            raise self._refuse("axis", f"lie in the inputs' {rank} axes", self.axis)
        self._kept = tuple(sorted(a % rank for a in self.axis))
        sizes = tuple(input_shape[a] for a in self._kept)
        if None in sizes:
            raise self._refuse("axis", "be of known sizes in the inputs", tuple(input_shape))
        self._broadcast = tuple(input_shape[a] if a in self._kept else 1 for a in range(rank))
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(sizes, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(sizes, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", dtype="int32", trainable=False, name="count")
        self.finalize_state()

    def adapt(self, data: Any) -> None:
        """Learn mean and variance of data.

        Args:
            data: an array, or batches of arrays (a dataset, a loader, a generator).

        Raises:
            ValueError: if mean and variance were given to the constructor.
        """
        if self.input_mean is not None:
            raise ValueError(
                f"{self._owner}: adapt() cannot change a mean and variance that were passed to "
                "the constructor."
            )
        total: Any = 0
        mean: Any = 0.0
        variance: Any = 0.0
        for batch in batches(data, None):
            x = masked_on_host(batch).astype(np.float64)
            if not self.built:
                by_row = x.ndim == 1 or any(a in (0, -x.ndim) for a in self.axis)
                self.build(x.shape if by_row else (None, *x.shape[1:]))
            known = self._broadcast
            if x.ndim != len(known) or any(x.shape[a] != known[a] for a in self._kept):
                raise self._refuse("data", f"be of sizes {known} along axis={self.axis}", x)
            others = tuple(a for a in range(x.ndim) if a not in self._kept)
            count = int(np.prod([x.shape[a] for a in others]))
            if isinstance(x, np.ma.MaskedArray):  # rows of their own lengths, filled up
                counts = np.ravel(x.count(others))
                if counts.min() != counts.max():
                    must = "leave out the axis along which rows have lengths of their own"
                    raise self._refuse("axis", must, self.axis)
                count = int(counts[0])
            here, spread = x.mean(others), x.var(others)
            # Means and variances of parts into those of the whole (Chan et al., 1979).
            both = total + count
            delta = here - mean
            variance = (
                variance * (total / both)
                + spread * (count / both)
                + np.square(delta) * (total * count / both**2)
            )
            mean, total = mean + delta * (count / both), both
        if total:
            self.adapt_mean.assign(np.asarray(mean, np.float32))
            self.adapt_variance.assign(np.asarray(variance, np.float32))
        self.finalize_state()

    def finalize_state(self) -> None:
        """Make what was learnt, or loaded, effective."""
        if not self._kept and not hasattr(self, "_broadcast"):
            return
        if self.input_mean is None:
            values = (self.adapt_mean.numpy(), self.adapt_variance.numpy())
        else:
            values = tuple(
                np.asarray(v, np.float32) for v in (self.input_mean, self.input_variance)
            )
        shape = self._broadcast
        entries = int(np.prod(shape))
        try:
            mean, variance = (
                np.broadcast_to(v.reshape({entries: shape, 1: ()}.get(v.size, v.shape)), shape)
                for v in values
            )
        except ValueError:
            raise self._refuse(
                "mean and variance", f"broadcast to {shape}", [v.shape for v in values]
            ) from None
        deviation = np.maximum(np.sqrt(variance), 1e-7)
        self._moments = tuple(v.astype(np.float32) for v in (mean, variance, deviation))  # type: ignore[assignment]

    @property
    def mean(self) -> Any:
        """The mean that is subtracted, of the inputs' rank; None before there is one."""
        return None if self._moments is None else ops.convert_to_tensor(self._moments[0])

    @property
    def variance(self) -> Any:
        """The variance by whose root is divided, of the inputs' rank; None before there is one."""
        return None if self._moments is None else ops.convert_to_tensor(self._moments[1])

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, self.compute_dtype)
        mean, _, deviation = (ops.cast(v, self.compute_dtype) for v in self._moments or ())
        if self.invert:
            return ops.add(mean, ops.multiply(x, deviation))
        return ops.divide(ops.subtract(x, mean), deviation)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def load_own_variables(self, store: Any) -> None:
        super().load_own_variables(store)
        self.finalize_state()

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"mean": self.input_mean, "variance": self.input_variance}


def _jsonable(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return value
    return to_host(value).tolist()


class Discretization(DataLayer):
    """Numbers to the bins that they fall into.

    Args:
        bin_boundaries: the rising boundaries between bins; the first and the last bin are open.
        num_bins: in place of boundaries: how many bins `adapt` is to find, of about the same
            number of values each.
        epsilon: the error of quantiles that `adapt` allows.
        output_mode: "int" for bins; "one_hot", "multi_hot" or "count" for vectors.
        sparse: kept for compatibility; outputs are dense.
        dtype: the outputs' dtype policy.
        name: the layer's name.

    Raises:
        ValueError: if neither or both of bin_boundaries and num_bins are given.

    Example:

    >>> import keras_core as keras, numpy as np
    >>> layer = keras.layers.Discretization([0.0, 1.0])
    >>> keras.ops.convert_to_numpy(layer(np.array([-1.0, 0.5, 3.0]))).tolist()
    [0, 1, 2]
    """

    _by_element = True
    _casts_inputs = False  # a value rounded to 16 bits may fall into another bin
    limits = {
        "num_bins": optional(POSITIVE_INT),
        "output_mode": one_of("int", *_ENCODINGS),
        "sparse": BOOL,
        "bin_boundaries": optional(NUMBERS),
        "epsilon": POSITIVE,
    }

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self._set_options(locals())
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                f"{self._owner}: either bin_boundaries or num_bins must be given: the boundaries, "
                "or how many bins adapt() is to make. Received: "
                f"{'neither' if num_bins is None else 'both'}"
            )
        self._learns = bin_boundaries is None
        if bin_boundaries is not None:
            self.bin_boundaries = [float(b) for b in bin_boundaries]
            if sorted(self.bin_boundaries) != self.bin_boundaries:
                raise self._refuse("bin_boundaries", "rise", self.bin_boundaries)
        self.reset_state()

    @property
    def output_dtype(self) -> str:
        """The outputs' dtype."""
        return self.compute_dtype if self.output_mode != "int" else "int32"

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Find boundaries between which about the same number of values of data lie.

        Args:
            data: an array, or batches of arrays.
            steps: how many batches to read; all by default.
        """
        if not self._learns:
            raise ValueError(f"{self._owner}: adapt() needs num_bins in place of bin_boundaries.")
        self.reset_state()
        for batch in batches(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget what `update_state` has seen."""
        self._seen = np.zeros((2, 0), np.float32)

    def update_state(self, data: Any) -> None:
        """Take in a batch of values."""
        values = np.sort(np.ma.compressed(masked_on_host(data)).astype(np.float32))
        more = _summary(values, self.epsilon)
        self._seen = _thinned(np.concatenate([self._seen, more], axis=1), self.epsilon)

    def finalize_state(self) -> None:
        """Make boundaries of the values taken in."""
        if not self._learns or not self._seen.size:
            return
        values, weights = self._seen
        rising = np.cumsum(weights)
        bins = min(self.num_bins, len(values))  # no more than there is to put into them
        at = np.arange(1, bins) * (rising[-1] / bins)
        self.bin_boundaries = np.interp(at, rising, values).astype(np.float32).tolist()

    def call(self, inputs: Any) -> Any:
        if self.bin_boundaries is None:
            raise ValueError(
                f"{self._owner} has no boundaries yet: call adapt() first, or pass bin_boundaries."
            )
        edges = ops.convert_to_tensor(self.bin_boundaries, "float32")
        if len(self.bin_boundaries) <= _FEW:
            # As many comparisons: ONNX and LiteRT know no search. NaN goes above all, as there.
            below = ops.less(ops.expand_dims(inputs, -1), edges)
            ids = ops.sum(ops.cast(ops.logical_not(below), "int32"), axis=-1)
        else:
            ids = ops.digitize(inputs, edges)
        return _encoded(ids, self.output_mode, len(self.bin_boundaries) + 1, self.output_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        depth = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        return encoded_shape(input_shape, self.output_mode, depth)

    def compute_output_spec(self, inputs: Any) -> Any:
        return KerasTensor(self.compute_output_shape(tuple(inputs.shape)), self.output_dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config() | {"dtype": self.dtype_policy.name}
        del config["trainable"]
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        if config.get("bin_boundaries") is not None and config.get("num_bins") is not None:
            # What `adapt` had found.
            layer = cls(**{**config, "bin_boundaries": None})
            layer.bin_boundaries = list(config["bin_boundaries"])
            return layer
        return cls(**{k: v for k, v in config.items() if k != "trainable"})

    def save_own_variables(self, store: Any) -> None:
        """The boundaries are in the config."""

    def load_own_variables(self, store: Any) -> None:
        """The boundaries are in the config."""


def _summary(ordered: np.ndarray, epsilon: float) -> np.ndarray:
    """Every so manieth of sorted values, with how many it stands for."""
    step = max(1, int(1 / epsilon) and int(len(ordered) * epsilon))
    kept = ordered[step - 1 :: step]
    return np.stack([kept, np.full_like(kept, step)])


def _thinned(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """A summary of about 1 / epsilon values."""
    summary = summary[:, np.argsort(summary[0], kind="stable")]
    rising = np.cumsum(summary[1])
    count = int(1 / epsilon)
    if len(rising) <= count:
        return summary
    at = np.arange(1, count + 1) * (rising[-1] / count)
    values = np.interp(at, rising, summary[0]).astype(np.float32)
    return np.stack([values, np.full_like(values, rising[-1] / count)])


class CategoryEncoding(DataLayer):
    """Indices of categories as vectors.

    Args:
        num_tokens: the number of categories.
        output_mode: "one_hot": a vector for each index; "multi_hot" or "count": one vector for
            the last axis.
        sparse: kept for compatibility; outputs are dense.
        **kwargs: name, dtype, trainable.

    Call arguments:
        inputs: integers in [0, num_tokens); others count for nothing.
        count_weights: with "count", how much each index counts.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras, numpy as np
    >>> layer = keras.layers.CategoryEncoding(3, output_mode="count")
    >>> keras.ops.convert_to_numpy(layer(np.array([[0, 2, 2]]))).tolist()
    [[1.0, 0.0, 2.0]]
    """

    _casts_inputs = False  # an index rounded to 16 bits is another
    limits = {
        "num_tokens": POSITIVE_INT,
        "output_mode": one_of(*_ENCODINGS, binary="multi_hot"),
        "sparse": BOOL,
    }
    unsaved = frozenset(("sparse",))

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        self._allow_non_tensor_positional_args = True
        self._counts_for_nothing = -1

    def _keeps_ragged(self) -> bool:
        return self.output_mode == "one_hot" and self._can_be_ragged()

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None and self.output_mode != "count":
            raise self._refuse("count_weights", "be None unless output_mode='count'", count_weights)
        ids = ops.convert_to_tensor(inputs)
        depth = self.num_tokens
        # Not the compute dtype: 16 bits would round counts.
        return _encoded(ids, self.output_mode, depth, self.variable_dtype, count_weights)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)

    def compute_output_spec(self, inputs: Any, count_weights: Any = None) -> Any:
        return KerasTensor(self.compute_output_shape(tuple(inputs.shape)), self.variable_dtype)


def _encoded(ids: Any, mode: str, depth: Any, dtype: str, weights: Any = None) -> Any:
    """Indices as they are, or as vectors of length `depth`."""
    if mode == "int":
        return ops.cast(ids, dtype)
    ids = ops.cast(ids, "int32")
    if mode == "one_hot":
        if not len(ids.shape):
            ids = ops.reshape(ids, (1,))
        elif len(ids.shape) > 1 and ids.shape[-1] == 1:
            ids = ops.squeeze(ids, -1)
        return ops.one_hot(ids, depth, dtype=dtype)
    if not len(ids.shape):
        ids = ops.reshape(ids, (1,))
    vectors = ops.one_hot(ids, depth, dtype=dtype)
    if weights is not None:
        weights = ops.cast(ops.convert_to_tensor(weights), dtype)
        vectors = ops.multiply(vectors, ops.expand_dims(weights, -1))
    return ops.sum(vectors, axis=-2) if mode == "count" else ops.max(vectors, axis=-2)
