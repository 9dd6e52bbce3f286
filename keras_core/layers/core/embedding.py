"""Embedding: a table of vectors, looked up by number."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import dtypes, masks, shapes
from keras_core.core.limits import BOOL, COUNT, NUMBER, POSITIVE_INT, optional
from keras_core.layers.adapted.seam import Adaptable, raw_property, weight_property
from keras_core.layers.base.options import OptionsLayer
from keras_core.symbolic.keras_tensor import KerasTensor

_native = backend.nn.embedding
_arrays = backend.arrays


class Embedding(Adaptable, OptionsLayer):
    """Map integers to vectors that are learnt.

    Args:
        input_dim: how many there are: inputs must lie in `[0, input_dim)`; negative ones, down to
            `-input_dim`, count from the end.
        output_dim: the size of a vector.
        embeddings_initializer: of the table, of shape `(input_dim, output_dim)`.
        embeddings_regularizer: a penalty of the table, or None.
        embeddings_constraint: a projection of the table after each step, or None.
        mask_zero: whether 0 stands for padding, which later layers mask.
        weights: a list of one array, the table's first value; None for the initializer's.
        lora_rank: the rank of trained low-rank updates of a frozen table; None for none.
        lora_alpha: the updates are scaled by `lora_alpha / lora_rank`; None for `lora_rank`.
        quantization_config: how the table is quantized; None for not at all.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or an index where the framework
            looks; JAX does not look, and gives NaN.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.Embedding(10, 4)(keras.ops.ones((2, 3), dtype="int32")).shape)
    (2, 3, 4)
    """

    limits = {
        "input_dim": POSITIVE_INT,
        "output_dim": POSITIVE_INT,
        "mask_zero": BOOL,
        "lora_rank": optional(COUNT),
        "lora_alpha": optional(NUMBER),
    }
    unsaved = frozenset(("lora_rank", "lora_alpha"))
    saves_activity_regularizer = True
    _casts_inputs = False
    embeddings = weight_property("embeddings")
    _embeddings = raw_property("embeddings")
    _adapted = "embeddings"
    _schemes = {"int8": "int8_table", "int4": "int4_table"}

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("input_length", None)  # Keras 2
        super().__init__(**kwargs)
        self._set_options(locals())
        self._keep_strategies()
        self.supports_masking = mask_zero
        if mask_zero:
            masks.start()
        if weights is not None:
            self.build()
            if not (isinstance(weights, (list, tuple)) and len(weights) == 1):
                weights = [weights]
            self.set_weights(weights)

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        self._build_weight((self.input_dim, self.output_dim))
        self._build_updates()

    def quantized_build(self, embeddings_shape: Any, mode: str, config: Any = None) -> None:
        self._quantized_build(embeddings_shape, mode, config)

    def _beside(self) -> list[str]:
        return []

    def call(self, inputs: Any) -> Any:
        if shapes.is_ragged(inputs):
            return inputs.with_flat_values(self.call(inputs.flat_values))
        if _arrays.is_sparse(inputs):
            inputs = _arrays.convert_to_tensor(inputs, sparse=False)
        if ops.dtype(inputs) not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        try:
            rows = _native(self._embeddings.tensor, inputs)
        except Exception:  # each framework has its own for an index that is out of range
            self._check_range(inputs)
            raise
        return self._updated(rows, inputs) if self.lora_enabled else rows

    def _check_range(self, inputs: Any) -> None:
        found = ops.convert_to_numpy(inputs)
        outside = found[(found < -self.input_dim) | (found >= self.input_dim)]
        if outside.size:
            must = f"lie in [0, {self.input_dim}), by input_dim"
            raise self._refuse("inputs", must, outside[:5].tolist()) from None

    def _updated(self, rows: Any, inputs: Any) -> Any:
        """Rows of the table with their low-rank updates."""
        if not self.lora_enabled:
            return rows
        a, b, factor = self._update_factors()
        return ops.add(rows, ops.multiply(ops.matmul(_native(a, inputs), b), factor))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero and not shapes.is_ragged(inputs) else None

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any) -> Any:
        dtype = dtypes.standardize(self.compute_dtype)
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype)


Embedding._quantized_as = Embedding
