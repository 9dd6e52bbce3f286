"""Attention and AdditiveAttention: without projections, over a list of inputs."""

from __future__ import annotations

from typing import Any

from keras_core import ops, random
from keras_core.backends.select import backend
from keras_core.core import shapes
from keras_core.core.limits import BOOL, FRACTION, SEED, one_of
from keras_core.layers.attention.headed import lower_triangle
from keras_core.layers.base.options import OptionsLayer
from keras_core.symbolic.keras_tensor import KerasTensor


class Attention(OptionsLayer):
    """Means of values, weighted by a softmax of how queries and keys match.

    Inputs are `[query, value]` or `[query, value, key]`. Runs PyTorch's fused
    kernel for dot products wherever neither scores are asked for nor dropout is active.

    Args:
        use_scale: whether scores are scaled by a learnt number.
        score_mode: "dot" for dot products, "concat" for the sum of the tanh of query plus key.
        dropout: the part of the weights set to 0 while training.
        seed: of the dropout, an int or None for the global seed.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Call arguments:
        inputs: a list of query `(batch, target, size)`, value `(batch, source, size)`, and key.
        mask: a list of masks of query and value, bool `(batch, length)`, or None.
        return_attention_scores: whether to return `(result, weights)`.
        use_causal_mask: whether no place sees later ones.

    Raises:
        ValueError: if an argument is outside of its limits, or the inputs are not two or three.

    Reference:
        Luong et al., 2015, https://arxiv.org/abs/1508.04025

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((2, 5, 8))
    >>> tuple(keras.layers.Attention()([x, x]).shape)
    (2, 5, 8)
    """

    limits = {
        "use_scale": BOOL,
        "score_mode": one_of("dot", "concat"),
        "dropout": FRACTION,
        "seed": SEED,
    }
    passes_masks = True

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        if dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        self._checked(input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )

    def _checked(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)) or len(inputs) not in (2, 3):
            raise self._refuse("inputs", "be a list of query, value and optionally key", inputs)
        for x in inputs:
            shape = getattr(x, "shape", x)  # or a shape itself
            if isinstance(shape, int):  # the shape of one tensor
                raise self._refuse(
                    "inputs", "be a list of query, value and optionally key", tuple(inputs)
                )
            if shape is not None and len(shape) < 2:
                raise self._refuse("inputs", "have axes of steps and features", inputs)
        return inputs

    def _fits_kernel(self, query: Any, value: Any, key: Any) -> bool:
        """Whether there is a fused kernel, which has dot products alone, that takes the inputs."""
        dots = type(self)._scores is Attention._scores and self.score_mode == "dot"
        batches = query.shape[0], value.shape[0], key.shape[0]
        return (
            backend.has("fused_attention")
            and dots
            and [len(x.shape) for x in (query, value, key)] == [3, 3, 3]
            and batches[0] == batches[1] == batches[2]  # it does not broadcast
        )

    def _scores(self, query: Any, key: Any) -> Any:
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
            return scores if self.scale is None else ops.multiply(scores, self.scale.tensor)
        total = ops.add(ops.expand_dims(query, -2), ops.expand_dims(key, -3))
        if self.scale is not None:
            total = ops.multiply(total, self.scale.tensor)
        return ops.multiply(self.concat_score_weight.tensor, ops.sum(ops.tanh(total), axis=-1))  # pyright: ignore[reportOptionalMemberAccess]

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._checked(inputs)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) == 3 else value
        query_mask, value_mask = self._masks(mask)
        keep = None
        if value_mask is not None:
            keep = ops.expand_dims(ops.cast(value_mask, "bool"), -2)
        dropping = training and self.dropout > 0
        weights = None
        if return_attention_scores or dropping or not self._fits_kernel(query, value, key):
            scores = self._scores(query, key)
            if use_causal_mask:
                lower = lower_triangle(*ops.shape(scores)[-2:])
                keep = lower if keep is None else ops.logical_and(keep, lower)
            if keep is not None:
                low = -65504.0 if ops.dtype(scores) == "float16" else -1e9
                scores = ops.where(keep, scores, ops.full_like(scores, low))
            weights = ops.softmax(scores, axis=-1)
            if dropping:
                weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
            out = ops.matmul(weights, value)
        else:
            if self.scale is not None:
                query = ops.multiply(query, self.scale.tensor)
            query, key, value = (ops.expand_dims(x, 2) for x in (query, key, value))  # one head
            if keep is not None:
                keep = ops.expand_dims(keep, 1)
            out = ops.dot_product_attention(
                query, key, value, mask=keep, scale=1.0, is_causal=use_causal_mask
            )
            out = ops.squeeze(out, axis=2)
        if query_mask is not None:
            keep = ops.cast(ops.expand_dims(query_mask, -1), ops.dtype(out))
            out = ops.multiply(out, keep)
        return (out, weights) if return_attention_scores else out

    def _masks(self, mask: Any) -> tuple[Any, Any]:
        if mask is None:
            return None, None
        if not isinstance(mask, (list, tuple)) or len(mask) not in (2, 3):
            raise self._refuse("mask", "be a list of the masks of query and value", mask)
        return mask[0], mask[1]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None if mask is None else self._masks(mask)[0]

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        query, value = self._checked(list(input_shape))[:2]
        return (*query[:-1], value[-1])

    def compute_output_spec(
        self,
        inputs: Any,
        mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        query, value = self._checked(inputs)[:2]
        output = KerasTensor((*query.shape[:-1], value.shape[-1]), self.compute_dtype)
        if not return_attention_scores:
            return output
        return output, KerasTensor((*query.shape[:-1], value.shape[-2]), self.compute_dtype)


class AdditiveAttention(Attention):
    """Means of values, weighted by a softmax of the sum of `tanh(query + key)`.

    Inputs are `[query, value]` or `[query, value, key]`.

    Args:
        use_scale: whether each feature of the sum has a learnt weight.
        dropout: the part of the weights set to 0 while training.
        **kwargs: `name`, `dtype`, `trainable` of `Layer`, and `seed`.

    Call arguments: as those of `Attention`.

    Raises:
        ValueError: if an argument is outside of its limits, or the inputs are not two or three.

    Reference:
        Bahdanau et al., 2015, https://arxiv.org/abs/1409.0473

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((2, 5, 8))
    >>> tuple(keras.layers.AdditiveAttention()([x, x]).shape)
    (2, 5, 8)
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        seed = kwargs.pop("seed", None)
        super().__init__(use_scale=use_scale, dropout=dropout, seed=seed, **kwargs)
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        query = self._checked(input_shape)[0]
        self.scale = None
        if self.use_scale:
            self.scale = self.add_weight(
                name="scale", shape=(query[-1],), initializer="glorot_uniform"
            )

    def _scores(self, query: Any, key: Any) -> Any:
        total = ops.tanh(ops.add(ops.expand_dims(query, -2), ops.expand_dims(key, -3)))
        if self.scale is not None:
            total = ops.multiply(total, self.scale.tensor)
        return ops.sum(total, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dropout": self.dropout, "seed": self.seed}
