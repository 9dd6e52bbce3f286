"""Hashing and HashedCrossing: categories to a fixed number of bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.core import settings
from keras_core.core.limits import BOOL, POSITIVE_INT, SALT, one_of, optional
from keras_core.layers.base.call import only_tensors
from keras_core.layers.preprocessing import hashes
from keras_core.layers.preprocessing.host import HostLayer, encoded, encoded_shape, to_host
from keras_core.symbolic.keras_tensor import KerasTensor

_CROSS_KEY = 0xDECAFCAFFE


def _dtype_argument(dtype: Any, mode: Any) -> Any:
    """Indices are integers, vectors floats, unless the user says otherwise."""
    if dtype is not None:
        return dtype
    return "int64" if isinstance(mode, str) and mode == "int" else settings.floatx()


class Hashing(HostLayer):
    """Map strings or integers to bins by their hash.

    Args:
        num_bins: the number of bins.
        mask_value: a value that alone goes to bin 0.
        salt: an int, which stands for two of it, or two, that key the hash (SipHash-2-4); None:
            FarmHash, without a key.
        output_mode: "int" for bins; "one_hot", "multi_hot" or "count" for vectors.
        sparse: kept for compatibility; outputs are dense.
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras, numpy as np
    >>> keras.layers.Hashing(3)(np.array(["A", "B"])).shape
    (2,)
    """

    _by_element = True
    limits = {
        "num_bins": POSITIVE_INT,
        "output_mode": one_of("int", "one_hot", "multi_hot", "count"),
        "sparse": BOOL,
        "salt": optional(SALT),
    }

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs["dtype"] = _dtype_argument(kwargs.get("dtype"), output_mode)
        super().__init__(**kwargs)
        self._key = key_of(self._check("salt", salt))
        salt = None if self._key is None else list(self._key)
        self._set_options(locals())

    def compute(self, inputs: np.ndarray) -> np.ndarray:
        count = self.num_bins
        if inputs.dtype.kind == "f":  # a column of pandas with gaps, say: 3.0 is 3
            with np.errstate(invalid="ignore"):
                inputs = inputs.astype("int64")
        if self.mask_value is None:
            bins = hashes.buckets(inputs, count, self._key)
        else:
            masked = _equals(inputs, self.mask_value)
            rest = hashes.buckets(inputs, count - 1, self._key) + 1 if count > 1 else 0
            bins = np.where(masked, 0, rest)
        return encoded(bins, self.output_mode, count, inputs=inputs)

    def _output_dtype(self) -> str:
        return self.compute_dtype

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dtype": self.compute_dtype}


def key_of(salt: Any) -> tuple[int, int] | None:
    """The key of two words that a salt stands for."""
    if salt is None:
        return None
    return tuple(salt) if isinstance(salt, (tuple, list)) else (salt, salt)


def _equals(inputs: np.ndarray, value: Any) -> np.ndarray:
    if isinstance(value, str) and inputs.dtype.kind in "OS":
        wanted = value.encode()
        found = [data == wanted for data in hashes.as_bytes(inputs)]
        return np.array(found, bool).reshape(inputs.shape)
    return np.asarray(inputs == value)


_FEATURES = "be at least two features of one shape, (batch,) or (batch, 1)"


class HashedCrossing(HostLayer):
    """Map the combination of several features to bins by its hash.

    Args:
        num_bins: the number of bins.
        output_mode: "int" for bins, "one_hot" for vectors.
        sparse: kept for compatibility; outputs are dense.
        name: the layer's name.
        dtype: the outputs' dtype; "int64" for bins by default.
        **kwargs: trainable.

    Call arguments:
        inputs: a list or tuple of features of one shape, (batch,) or (batch, 1): strings or
            integers.

    Raises:
        ValueError: if an argument is outside of its limits, or the features do not fit.

    Example:

    >>> import keras_core as keras, numpy as np
    >>> cross = keras.layers.HashedCrossing(5)
    >>> cross((np.array(["A", "B"]), np.array([101, 101]))).shape
    (2,)
    """

    limits = {
        "num_bins": POSITIVE_INT,
        "output_mode": one_of("int", "one_hot"),
        "sparse": BOOL,
    }

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=_dtype_argument(dtype, output_mode), **kwargs)
        self._set_options(locals())

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            raise self._refuse("inputs", _FEATURES, inputs)
        return super().call(inputs)

    def _inputs(self, inputs: Any) -> Any:
        return [to_host(x) for x in inputs]

    def on_host(self, *inputs: np.ndarray) -> np.ndarray:
        return self.compute(inputs)

    def compute(self, inputs: Any) -> np.ndarray:
        features = [np.asarray(x) for x in inputs]
        shapes = {x.shape for x in features}
        shape = features[0].shape if features else ()
        if (
            len(features) < 2
            or len(shapes) > 1
            or len(shape) > 2
            or (len(shape) == 2 and shape[1] != 1)
        ):
            raise self._refuse("inputs", _FEATURES, [x.shape for x in features])
        columns = []
        for feature in features:
            if feature.dtype.kind in "iub":
                columns.append([int(v) % 2**64 for v in feature.ravel().tolist()])
            elif feature.dtype.kind == "f":
                raise self._refuse("inputs", "hold strings or integers", feature)
            else:
                columns.append([hashes.fingerprint64(v) for v in hashes.as_bytes(feature)])
        out = np.empty(features[0].size, np.int64)
        for i, values in enumerate(zip(*columns, strict=True)):
            hashed = _CROSS_KEY
            for value in values:
                hashed = hashes.fingerprint_cat(hashed, value)
            out[i] = hashed % self.num_bins
        return encoded(out.reshape(shape), self.output_mode, self.num_bins)

    def _output_dtype(self) -> str:
        return self.compute_dtype

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        inputs = only_tensors(args, kwargs)
        return KerasTensor(
            self.compute_output_shape([tuple(x.shape) for x in inputs]), self.compute_dtype
        )

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        return encoded_shape(input_shape[0], self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config() | {"dtype": self.compute_dtype}
        del config["trainable"]
        return config
