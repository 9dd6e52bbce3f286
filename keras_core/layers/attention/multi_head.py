"""MultiHeadAttention."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops
from keras_core.core import shapes
from keras_core.layers.attention.headed import HeadedAttention, lower_triangle
from keras_core.layers.base.options import read_only
from keras_core.layers.core.einsum_dense import EinsumDense


def _kept(name: str) -> Any:
    """A member by its older, private name, which subclasses read and set."""

    def set_value(self: Any, value: Any) -> None:
        self.__dict__[name] = value

    return property(lambda self: self.__dict__[name], set_value)


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
        output_shape = self._check("output_shape", output_shape)
        if output_shape is not None:
            several = isinstance(output_shape, (list, tuple))
            output_shape = tuple(output_shape) if several else (int(output_shape),)
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

    # What subclasses in well-known packages use ------------------------------------------

    _num_heads = _kept("num_heads")
    _key_dim = _kept("key_dim")
    _value_dim = _kept("value_dim")
    _dropout = _kept("dropout")
    _use_bias = _kept("use_bias")
    _output_shape = _kept("output_shape")
    _kernel_initializer = _kept("kernel_initializer")
    _bias_initializer = _kept("bias_initializer")
    _kernel_regularizer = _kept("kernel_regularizer")
    _bias_regularizer = _kept("bias_regularizer")
    _activity_regularizer = _kept("activity_regularizer")
    _kernel_constraint = _kept("kernel_constraint")
    _bias_constraint = _kept("bias_constraint")
    _query_dense = _kept("query_dense")
    _key_dense = _kept("key_dense")
    _value_dense = _kept("value_dense")
    _output_dense = _kept("output_dense")

    @property
    def _inverse_sqrt_key_dim(self) -> float:
        return 1 / math.sqrt(self.key_dim)

    def _get_common_kwargs_for_sublayer(self) -> dict[str, Any]:
        """The arguments that all projections share."""
        return self._weight_options()

    def _build_attention(self, rank: int) -> None:
        """Make what attention of inputs of a rank needs beside the projections."""
        if self.attention_axes is None:
            self._attention_axes = tuple(range(1, rank - 2))
        self._make_inner()
        axes = self._attention_axes
        target = "a" + "bcdfghij"[: rank - 3]  # of the query: batch, inner axes
        source = "".join("klmnopqr"[i] if i in axes else letter for i, letter in enumerate(target))
        rest = "".join(letter for i, letter in enumerate(target) if i not in axes)
        inner = "".join(target[i] for i in axes) + "".join(source[i] for i in axes)
        scores = f"{rest}y{inner}"  # y: heads, z: their features
        self._dot_product_equation = f"{source}yz,{target}yz->{scores}"
        self._combine_equation = f"{scores},{source}yz->{target}yz"

    def _make_output_dense(
        self, query_shape: Any, common_kwargs: dict[str, Any], name: str | None = None
    ) -> EinsumDense:
        """The projection of the heads' results, not built."""
        return self._output_projection(
            query_shape, self._output_sizes(query_shape), name, common_kwargs
        )

    def _masked_softmax(self, attention_scores: Any, attention_mask: Any = None) -> Any:
        """The weights of `(batch, heads, target, source)` scores; masked places get none."""
        if attention_mask is not None:
            while len(attention_mask.shape) < len(attention_scores.shape):
                attention_mask = ops.expand_dims(attention_mask, 1)
            low = -3e4 if ops.dtype(attention_scores) == "float16" else -1e9
            attention_scores = ops.where(
                ops.cast(attention_mask, "bool"),
                attention_scores,
                ops.full_like(attention_scores, low),
            )
        return self._softmax(attention_scores)

    def _compute_attention(
        self,
        query: Any,
        key: Any,
        value: Any,
        attention_mask: Any = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Any, Any]:
        """Attention of projected `(batch, length, heads, size)` tensors, and the weights."""
        if attention_mask is not None:
            attention_mask = ops.cast(attention_mask, "bool")
        attend = self._attend if len(query.shape) == 4 else self._attend_over_axes
        return attend(
            query, key, value, attention_mask, training, return_attention_scores, use_causal_mask
        )

    def _compute_causal_mask(self, query: Any, value: Any = None) -> Any:
        """Which places are no later ones: `(1, target, source)`."""
        return ops.expand_dims(
            lower_triangle(ops.shape(query)[1], ops.shape(query if value is None else value)[1]), 0
        )

    def _compute_attention_mask(
        self,
        query: Any,
        value: Any,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """All masks as one; None where there is none."""
        mask = self._combined_mask(query, value, query_mask, value_mask, key_mask, attention_mask)
        if not use_causal_mask:
            return mask
        causal = self._compute_causal_mask(query, value)
        return causal if mask is None else ops.logical_and(mask, causal)
