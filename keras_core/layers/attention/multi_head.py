"""MultiHeadAttention."""

from __future__ import annotations

from typing import Any

from keras_core.core import shapes
from keras_core.layers.attention.headed import HeadedAttention
from keras_core.layers.base.options import read_only


class MultiHeadAttention(HeadedAttention):
    """Attention in several heads: each sees projections of its own.

    Runs the framework's fused attention wherever neither scores are asked for nor dropout is
    active.

    Args:
        num_heads: how many heads.
        key_dim: the size of a head's queries and keys.
        value_dim: the size of a head's values; None for `key_dim`.
        dropout: the part of the attention weights set to 0 while training.
        use_bias: whether the projections have biases.
        output_shape: the result's sizes in place of the last axis, an int or a tuple; None for
            the query's last size.
        attention_axes: the axes attended over; None for all but the batch and the features.
        sliding_window: places this far apart, or further, do not attend; None for no limit.
        flash_attention: True asks for the flash kernel, False forbids it.
        kernel_initializer: of the projections' kernels.
        bias_initializer: of their biases.
        kernel_regularizer: a penalty of the kernels, or None.
        bias_regularizer: a penalty of the biases, or None.
        activity_regularizer: a penalty of the result, or None.
        kernel_constraint: a projection of the kernels after each step, or None.
        bias_constraint: a projection of the biases after each step, or None.
        use_gate: whether heads' results are scaled by a sigmoid of another projection of the
            query.
        seed: of the dropout, an int or None for the global seed.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Call arguments:
        query: `(batch, *target, features)`.
        value: `(batch, *source, features)`.
        key: as `value`, which it is if None.
        query_mask, value_mask, key_mask: bool, `(batch, length)`: what is no padding.
        attention_mask: bool, `(batch, *target, *source)`: who may see whom.
        return_attention_scores: whether to return `(result, weights)`.
        use_causal_mask: whether no place sees later ones.

    Raises:
        ValueError: if an argument is outside of its limits, or shapes do not fit.

    Reference:
        Vaswani et al., 2017, https://arxiv.org/abs/1706.03762

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((2, 5, 8))
    >>> layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
    >>> tuple(layer(x, x, use_causal_mask=True).shape)
    (2, 5, 8)
    """

    num_heads = read_only("num_heads", "How many heads.")
    key_dim = read_only("key_dim", "The size of a head's queries and keys.")
    value_dim = read_only("value_dim", "The size of a head's values.")
    dropout = read_only("dropout", "The part of the attention weights set to 0 while training.")
    use_bias = read_only("use_bias", "Whether the projections have biases.")
    attention_axes = read_only("attention_axes", "The axes attended over, None for the inner ones.")
    query_dense = read_only("query_dense", "The query's projection; there once built.")
    key_dense = read_only("key_dense", "The key's projection; there once built.")
    value_dense = read_only("value_dense", "The value's projection; there once built.")
    output_dense = read_only("output_dense", "The result's projection; there once built.")

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if value_dim is None:
            value_dim = key_dim
        if isinstance(output_shape, int):
            output_shape = (output_shape,)
        elif output_shape is not None:
            output_shape = tuple(output_shape)
        if attention_axes is not None:
            several = isinstance(attention_axes, (list, tuple))
            attention_axes = tuple(attention_axes) if several else (attention_axes,)
        self._set_options(locals())
        self._heads = self._key_heads = num_heads
        self._size, self._value_size = key_dim, value_dim
        if flash_attention and dropout > 0:
            raise self._refuse("dropout", "be 0 with flash_attention=True", dropout)

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        self.compute_output_shape(query_shape, value_shape, key_shape)
        rank = len(query_shape)
        if rank < 3:
            raise self._refuse("query", "have a rank of at least 3", tuple(query_shape))
        if self.attention_axes is None:
            self._attention_axes = tuple(range(1, rank - 1))
        else:
            self._attention_axes = tuple(
                shapes.axis_index(a, rank, f"{self._owner}: attention_axes")
                for a in self.attention_axes
            )
        self._build_sublayers(query_shape, value_shape, key_shape, self._output_sizes(query_shape))

    def _output_sizes(self, query_shape: Any) -> tuple[int, ...]:
        return self.output_shape or (query_shape[-1],)
