"""GroupedQueryAttention, public as `GroupQueryAttention`."""

from __future__ import annotations

from typing import Any

from keras_core.layers.attention.headed import HeadedAttention
from keras_core.layers.base.options import read_only


class GroupedQueryAttention(HeadedAttention):
    """Attention in which groups of query heads share one key and value head.

    Args:
        head_dim: the size of a head.
        num_query_heads: how many heads the query has.
        num_key_value_heads: how many heads key and value have; `num_query_heads` must be a
            multiple.
        dropout: the part of the attention weights set to 0 while training.
        use_bias: whether the projections have biases.
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

    Call arguments: as those of `MultiHeadAttention`, for `(batch, length, features)`.

    Raises:
        ValueError: if an argument is outside of its limits, or shapes do not fit.

    Reference:
        Ainslie et al., 2023, https://arxiv.org/abs/2305.13245

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((2, 5, 8))
    >>> tuple(keras.layers.GroupQueryAttention(4, 4, 2)(x, x).shape)
    (2, 5, 8)
    """

    _attention_axes = (1,)
    _prefix = "_"
    query_dense = read_only("_query_dense", "The query's projection; there once built.")
    key_dense = read_only("_key_dense", "The key's projection; there once built.")
    value_dense = read_only("_value_dense", "The value's projection; there once built.")
    output_dense = read_only("_output_dense", "The result's projection; there once built.")

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
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
        self._set_options(locals())
        if num_query_heads % num_key_value_heads:
            raise ValueError(
                f"{self._owner}: num_query_heads must be a multiple of num_key_value_heads. "
                f"Received: num_query_heads={num_query_heads}, "
                f"num_key_value_heads={num_key_value_heads}"
            )
        self._heads, self._key_heads = num_query_heads, num_key_value_heads
        self._size = self._value_size = head_dim

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        output = self.compute_output_shape(query_shape, value_shape, key_shape)
        if len(query_shape) != 3:
            raise self._refuse("query", "have shape (batch, length, features)", tuple(query_shape))
        self._build_sublayers(query_shape, value_shape, key_shape, output[-1:])  # pyright: ignore[reportArgumentType]


# The same classes under their other public names.
GroupQueryAttention = GroupedQueryAttention
