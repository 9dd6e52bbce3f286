"""Attention by scaled dot products."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import shapes
from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, op


def _attention_shape(query: Any, key: Any, value: Any, *_: Any) -> shapes.Shape:
    q, k, v = map(rules.shape_of, (query, key, value))
    if len(q) not in (3, 4) or len(k) != len(q) or len(v) != len(q):
        raise ValueError(
            "dot_product_attention: query, key and value must have the same rank, 3 or 4: "
            f"(batch, length, heads, size). Received shapes: {q}, {k}, {v}"
        )
    if not shapes.compatible(k[:-1], v[:-1]) or None not in (q[-1], k[-1]) and q[-1] != k[-1]:
        raise ValueError(
            "dot_product_attention: query and key must have the same size, key and value the same "
            f"length and heads. Received shapes: {q}, {k}, {v}"
        )
    if None not in (q[-2], k[-2]) and (k[-2] == 0 or q[-2] % k[-2]):  # pyright: ignore[reportOperatorIssue]
        raise ValueError(
            "dot_product_attention: the query's heads must be a multiple of the key's. Received "
            f"shapes: {q}, {k}, {v}"
        )
    return (*q[:-1], v[-1])


@op(shape=_attention_shape, dtype=rules.floating.on("query", "key", "value"))
def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike | None = None,
    mask: TensorLike | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """Means of `value` weighted by the softmax of scaled dot products of `query` and `key`.

    Runs the framework's fused kernel where it has one for the arguments.

    Args:
        query: `(batch, target length, heads, size)`, or without the batch.
        key: `(batch, source length, key heads, size)`; `heads` must be a multiple of
            `key heads` (grouped-query attention).
        value: `(batch, source length, key heads, value size)`.
        bias: added to the scores; broadcasts to `(batch, heads, target, source)`.
        mask: bool, of such a shape; places that are False get no weight.
        scale: the factor of the scores; None for `size ** -0.5`.
        is_causal: whether places after a query's own get no weight.
        flash_attention: True asks for the fused flash kernel, False forbids it, as
            `config.disable_flash_attention` does for all. On PyTorch that kernel has no
            derivatives forwards: for those say False. Where its slopes are to have slopes
            (`create_graph=True`), they are computed anew without it, in the memory of all scores.
        attn_logits_soft_cap: scores become `cap * tanh(scores / cap)`.

    Returns:
        `(batch, target length, heads, value size)`.

    Raises:
        ValueError: if the shapes do not fit.

    Reference:
        Vaswani et al., 2017, https://arxiv.org/abs/1706.03762

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((2, 5, 4, 8))
    >>> tuple(keras.ops.dot_product_attention(x, x, x, is_causal=True).shape)
    (2, 5, 4, 8)
    """
    unbatched = len(query.shape) == 3
    if unbatched:
        query, key, value = (ops.expand_dims(x, 0) for x in (query, key, value))
    heads, groups = query.shape[2], key.shape[2]
    if heads != groups:
        key, value = (ops.repeat(x, heads // groups, axis=2) for x in (key, value))
    dtype = ops.dtype(query)
    if scale is None:
        scale = query.shape[-1] ** -0.5
    scores = ops.einsum("btnh,bsnh->bnts", query, key)
    half = dtype in ("float16", "bfloat16")
    if half:
        scores = ops.cast(scores, "float32")
    scores = ops.multiply(scores, scale)
    if bias is not None:
        scores = ops.add(scores, ops.cast(bias, ops.dtype(scores)))
    if attn_logits_soft_cap is not None:
        cap = float(attn_logits_soft_cap)
        scores = ops.multiply(ops.tanh(ops.divide(scores, cap)), cap)
    keep = None if mask is None else ops.cast(mask, "bool")
    if is_causal:
        target, source = ops.shape(scores)[-2:]
        lower = ops.greater_equal(ops.expand_dims(ops.arange(target), 1), ops.arange(source))
        keep = lower if keep is None else ops.logical_and(keep, lower)
    if keep is not None:
        lowest = -0.7 * 3.4e38 if dtype != "float64" else -1e300
        scores = ops.where(keep, scores, ops.full_like(scores, lowest))
    weights = ops.softmax(scores, axis=-1)
    if half:
        weights = ops.cast(weights, dtype)
    out = ops.einsum("bnts,bsnh->btnh", weights, value)
    return ops.squeeze(out, axis=0) if unbatched else out
