"""ReversibleEmbedding: an embedding that also maps back to scores of its numbers."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import dtypes, masks, registry, shapes
from keras_core.core.limits import BOOL, DTYPE, NOT_NEGATIVE, POSITIVE_INT, optional
from keras_core.layers.core.embedding import Embedding
from keras_core.symbolic.keras_tensor import KerasTensor


class ReversibleEmbedding(Embedding):
    """Map integers to vectors, and with `reverse=True` vectors to a score for each integer.

    Args:
        input_dim: how many integers there are.
        output_dim: the size of a vector.
        tie_weights: whether both directions use the same table.
        embeddings_initializer: of the table, or tables.
        embeddings_regularizer: a penalty of the table, or None.
        embeddings_constraint: a projection of the table after each step, or None.
        mask_zero: whether 0 stands for padding, which later layers mask.
        reverse_dtype: the dtype in which scores are computed; None for the layer's.
        logit_soft_cap: scores become `cap * tanh(scores / cap)`; None for no cap.
        **kwargs: `name`, `dtype`, `trainable` and other arguments of `Embedding`.

    Call arguments:
        inputs: integers, or vectors if `reverse`.
        reverse: whether to map back.

    Raises:
        ValueError: if an argument is outside of its limits.

    Reference:
        Press and Wolf, 2017, https://arxiv.org/abs/1608.05859

    Example:

    >>> import keras_core as keras
    >>> layer = keras.layers.ReversibleEmbedding(10, 4)
    >>> vectors = layer(keras.ops.ones((2, 3), dtype="int32"))
    >>> tuple(layer(vectors, reverse=True).shape)
    (2, 3, 10)
    """

    limits = {
        "reverse_dtype": optional(DTYPE),
        "input_dim": POSITIVE_INT,
        "output_dim": POSITIVE_INT,
        "tie_weights": BOOL,
        "mask_zero": BOOL,
        "logit_soft_cap": optional(NOT_NEGATIVE),
    }

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.__dict__["_own"] = {
            "tie_weights": tie_weights,
            "reverse_dtype": reverse_dtype,
            "logit_soft_cap": logit_soft_cap,
        }
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )

    def _set_options(self, values: Any) -> None:
        super()._set_options({**values, **self._own})
        self.quantization_config = values["quantization_config"]
        self.lora_rank = values["lora_rank"]

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        super().build(input_shape)
        if not self.tie_weights and not self.quantization_mode:
            self.reverse_embeddings = self.add_weight(
                name="reverse_embeddings",
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
                regularizer=self.embeddings_regularizer,
                constraint=self.embeddings_constraint,
            )

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            return super().call(inputs)
        table: Any = self.reverse_embeddings.tensor if not self.tie_weights else None
        if table is None:
            table = self.embeddings if self.lora_enabled else self._embeddings.tensor
        dtype = self.reverse_dtype or self.compute_dtype
        inputs, table = ops.cast(inputs, dtype), ops.cast(table, dtype)
        scores = ops.matmul(inputs, ops.transpose(table) if self.tie_weights else table)
        return self._capped(scores)

    def _beside(self) -> list[str]:
        return [] if self.tie_weights else ["reverse_embeddings"]

    def _capped(self, scores: Any) -> Any:
        if self.logit_soft_cap is not None:
            cap = self.logit_soft_cap
            scores = ops.multiply(ops.tanh(ops.divide(scores, cap)), cap)
        return scores

    def _set_output_masks(self, bound: dict[str, Any], outputs: Any) -> None:
        if bound.get("reverse"):  # zeros are padding among ids; vectors hand on the mask they have
            masks.set_mask(outputs, masks.get_mask(bound["inputs"]))
        else:
            super()._set_output_masks(bound, outputs)

    def compute_output_shape(self, input_shape: Any, reverse: bool = False) -> shapes.Shape:
        if reverse:
            return (*input_shape[:-1], self.input_dim)
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any, reverse: bool = False) -> Any:
        shape = self.compute_output_shape(inputs.shape, reverse)
        dtype = (self.reverse_dtype if reverse else None) or self.compute_dtype
        return KerasTensor(shape, dtypes.standardize(dtype))

    def get_config(self) -> dict[str, Any]:
        quantized = registry.serialize_keras_object(self.quantization_config)
        return {**super().get_config(), "quantization_config": quantized}


ReversibleEmbedding._quantized_as = ReversibleEmbedding
