"""What multi-head and grouped-query attention share."""

from __future__ import annotations

import math
from typing import Any

from keras_core import ops
from keras_core.core import shapes
from keras_core.core.limits import (
    AXES,
    BOOL,
    FRACTION,
    OUTPUT_SHAPE,
    POSITIVE_INT,
    SEED,
    optional,
)
from keras_core.layers.activations.advanced import Softmax
from keras_core.layers.base.options import OptionsLayer
from keras_core.layers.base.structures import goes_with
from keras_core.layers.core.einsum_dense import EinsumDense
from keras_core.layers.regularization.dropout import Dropout
from keras_core.symbolic.keras_tensor import KerasTensor


class HeadedAttention(OptionsLayer):
    """Projections to heads, attention in each, and a projection back."""

    limits = {
        "num_heads": POSITIVE_INT,
        "key_dim": POSITIVE_INT,
        "value_dim": optional(POSITIVE_INT),
        "head_dim": POSITIVE_INT,
        "num_query_heads": POSITIVE_INT,
        "num_key_value_heads": POSITIVE_INT,
        "sliding_window": optional(POSITIVE_INT),
        "dropout": FRACTION,
        "use_bias": BOOL,
        "use_gate": BOOL,
        "seed": SEED,
        "flash_attention": optional(BOOL),
        "output_shape": optional(OUTPUT_SHAPE),
        "attention_axes": optional(AXES),
    }
    unsaved = frozenset(("flash_attention",))
    passes_masks = True
    saves_activity_regularizer = True

    _heads: int  # of the query
    _key_heads: int
    _size: int  # of a head's queries and keys
    _value_size: int
    _attention_axes: tuple[int, ...]
    #: What the projections' names start with in `__dict__`, and with that in files.
    _prefix = ""
    query_dense: EinsumDense
    key_dense: EinsumDense
    value_dense: EinsumDense
    output_dense: EinsumDense

    # Building ----------------------------------------------------------------------------

    def _projection(self, name: str, shape: Any, heads: int, size: int) -> EinsumDense:
        """Inputs' features to heads."""
        free = "abfghijlmnopq"[: len(shape) - 1]
        layer = EinsumDense(
            f"{free}c,cde->{free}de",
            output_shape=(*shape[1:-1], heads, size),
            bias_axes="de" if self.use_bias else None,
            name=name,
            **self._weight_options(),
        )
        layer.supports_masking = True  # the attention heeds the masks
        layer.build(tuple(shape))
        return layer

    def _weight_options(self) -> dict[str, Any]:
        """The sublayers' options; initializers are made anew, each draws numbers of its own."""
        options: dict[str, Any] = {"dtype": self.dtype_policy}
        for name in ("kernel", "bias"):
            initializer = getattr(self, f"{name}_initializer")
            clone = getattr(initializer, "clone", None)
            options[f"{name}_initializer"] = initializer if clone is None else clone()
            for kind in ("regularizer", "constraint"):
                options[f"{name}_{kind}"] = getattr(self, f"{name}_{kind}")
        return options

    def _build_sublayers(self, query: Any, value: Any, key: Any, output: tuple[int, ...]) -> None:
        if None in (query[-1], value[-1], key[-1]):
            raise self._refuse(
                "the last axes of query, value and key", "have known sizes", [query, value, key]
            )
        # Plain attributes that the classes show as properties.
        state, prefix, project = self.__dict__, self._prefix, self._projection
        state[f"{prefix}query_dense"] = project("query", query, self._heads, self._size)
        state[f"{prefix}key_dense"] = project("key", key, self._key_heads, self._size)
        if self.use_gate:
            self._gate_dense = project("gate", query, self._heads, self._value_size)
        state[f"{prefix}value_dense"] = project("value", value, self._key_heads, self._value_size)
        self._make_inner()
        output_dense = state[f"{prefix}output_dense"] = self._output_projection(
            query, output, "attention_output", self._weight_options()
        )
        output_dense.build((*query[:-1], self._heads, self._value_size))

    def _make_inner(self) -> None:
        """Make what comes between the projections."""
        axis = tuple(range(-len(self._attention_axes), 0))
        self._softmax = Softmax(axis=axis, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype_policy)

    def _output_projection(
        self, query: Any, output: tuple[int, ...], name: str | None, options: dict[str, Any]
    ) -> EinsumDense:
        """Heads' results to features."""
        free, new = "abfghijlmnopq"[: len(query) - 1], "rstuvwxyz"[: len(output)]
        return EinsumDense(
            f"{free}de,de{new}->{free}{new}",
            output_shape=(*query[1:-1], *output),
            bias_axes=new if self.use_bias else None,
            name=name,
            **options,
        )

    # Masks -------------------------------------------------------------------------------

    def _combined_mask(
        self,
        query: Any,
        value: Any,
        query_mask: Any,
        value_mask: Any,
        key_mask: Any,
        attention_mask: Any,
    ) -> Any:
        """What is left out, as one bool tensor `(batch, target, source)`; None: nothing."""
        parts = []
        if query_mask is not None:
            parts.append(ops.expand_dims(ops.cast(query_mask, "bool"), -1))
        for mask in (value_mask, key_mask):
            if mask is not None:
                parts.append(ops.expand_dims(ops.cast(mask, "bool"), -2))
        if attention_mask is not None:
            parts.append(ops.cast(attention_mask, "bool"))
        if self.sliding_window is not None:
            places = ops.arange(ops.shape(query)[1]), ops.arange(ops.shape(value)[1])
            distance = ops.subtract(ops.expand_dims(places[0], 1), places[1])
            parts.append(ops.expand_dims(ops.less(ops.absolute(distance), self.sliding_window), 0))
        out = None
        for part in parts:
            out = part if out is None else ops.logical_and(out, part)
        return out

    def _check_mask(self, shape: Any, target: Any, source: Any) -> None:
        if len(shape) < 2 or not goes_with(shape, (target, source)):
            raise self._refuse(
                "attention_mask",
                f"have the last axes (target, source) = {(target, source)}, or 1 for either",
                tuple(shape),
            )

    # Attention ---------------------------------------------------------------------------

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        key = value if key is None else key
        if attention_mask is not None and len(query.shape) == 3:
            self._check_mask(attention_mask.shape, query.shape[1], value.shape[1])
        batch = query.shape[0]
        if not goes_with(value.shape[:1], (batch,)) and batch != 1:
            shapes = [tuple(query.shape), tuple(value.shape)]
            raise self._refuse("query and value", "have one batch size", shapes)
        mask = self._combined_mask(query, value, query_mask, value_mask, key_mask, attention_mask)
        q, k, v = self.query_dense(query), self.key_dense(key), self.value_dense(value)
        if len(q.shape) == 4:
            out, scores = self._attend(
                q, k, v, mask, training, return_attention_scores, use_causal_mask
            )
        else:
            out, scores = self._attend_over_axes(
                q, k, v, mask, training, return_attention_scores, use_causal_mask
            )
        if self.use_gate:
            out = ops.multiply(out, ops.sigmoid(self._gate_dense(query)))
        out = self.output_dense(out)
        return (out, scores) if return_attention_scores else out

    def _attend(
        self, q: Any, k: Any, v: Any, mask: Any, training: Any, with_scores: bool, causal: bool
    ) -> tuple[Any, Any]:
        """Attention of `(batch, length, heads, size)`; the framework's fused kernel if it can."""
        scale = 1.0 / math.sqrt(self._size)
        if mask is not None and len(mask.shape) == 3:
            mask = ops.expand_dims(mask, 1)
        if not with_scores and not (training and self.dropout > 0):
            # A named flash kernel takes no mask.
            flash = None if self.flash_attention and mask is not None else self.flash_attention
            out = ops.dot_product_attention(
                q, k, v, mask=mask, scale=scale, is_causal=causal, flash_attention=flash
            )
            return out, None
        if self._key_heads != self._heads:
            times = self._heads // self._key_heads
            k, v = ops.repeat(k, times, axis=2), ops.repeat(v, times, axis=2)
        if causal:
            lower = ops.expand_dims(lower_triangle(ops.shape(q)[1], ops.shape(k)[1]), (0, 1))
            mask = lower if mask is None else ops.logical_and(mask, lower)
        q = ops.transpose(ops.multiply(q, scale), (0, 2, 1, 3))
        scores = ops.matmul(q, ops.transpose(k, (0, 2, 3, 1)))
        if mask is None:
            weights = ops.softmax(scores, axis=-1)
        else:
            low = -3e4 if ops.dtype(scores) == "float16" else -1e9
            weights = ops.softmax(ops.where(mask, scores, ops.full_like(scores, low)), axis=-1)
        dropped = self._dropout_layer(weights, training=bool(training)) if training else weights
        out = ops.matmul(dropped, ops.transpose(v, (0, 2, 1, 3)))
        return ops.transpose(out, (0, 2, 1, 3)), weights

    def _attend_over_axes(
        self, q: Any, k: Any, v: Any, mask: Any, training: Any, with_scores: bool, causal: bool
    ) -> tuple[Any, Any]:
        """Attention over any axes: the others join the batch, these become one."""
        rank = len(q.shape)
        axes = self._attention_axes
        rest = tuple(a for a in range(1, rank - 2) if a not in axes)
        order = (0, *rest, *axes, rank - 2, rank - 1)

        def flat(x: Any) -> tuple[Any, Any]:
            moved = ops.transpose(x, order)
            shape = ops.shape(moved)
            batch, places = shape[: 1 + len(rest)], shape[1 + len(rest) : -2]
            return ops.reshape(moved, (-1, math.prod(places), *shape[-2:])), (batch, places)

        (q3, (batch, targets)), (k3, (_, sources)), (v3, _) = flat(q), flat(k), flat(v)
        if mask is not None:
            shape = ops.shape(mask)
            if len(shape) == 1 + 2 * len(axes):
                inner = (*(1,) * len(rest), 1, math.prod(targets), math.prod(sources))
                mask = ops.reshape(mask, (shape[0], *inner))
                full = (*batch, 1, math.prod(targets), math.prod(sources))
                mask = ops.reshape(ops.broadcast_to(mask, full), (-1, *full[-3:]))
        out, scores = self._attend(q3, k3, v3, mask, training, with_scores, causal)
        out = ops.reshape(out, (*batch, *targets, *ops.shape(out)[-2:]))
        inverse = sorted(range(rank), key=order.__getitem__)
        out = ops.transpose(out, inverse)
        if scores is not None:
            scores = ops.reshape(scores, (*batch, self._heads, *targets, *sources))
        return out, scores

    # Shapes ------------------------------------------------------------------------------

    def _output_sizes(self, query_shape: Any) -> tuple[int, ...]:
        return (query_shape[-1],)

    def compute_output_shape(
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> shapes.Shape:
        key_shape = value_shape if key_shape is None else key_shape
        if len(query_shape) != len(value_shape) or len(key_shape) != len(value_shape):
            raise ValueError(
                f"{self._owner}: query, value and key must have the same rank. Received shapes: "
                f"{tuple(query_shape)}, {tuple(value_shape)}, {tuple(key_shape)}"
            )
        if not shapes.compatible(tuple(value_shape[1:-1]), tuple(key_shape[1:-1])):
            raise ValueError(
                f"{self._owner}: value and key must have the same length. Received shapes: "
                f"{tuple(value_shape)}, {tuple(key_shape)}"
            )
        return (*query_shape[:-1], *self._output_sizes(query_shape))

    def compute_output_spec(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        shape = self.compute_output_shape(
            query.shape, value.shape, None if key is None else key.shape
        )
        output = KerasTensor(shape, self.compute_dtype)
        if not return_attention_scores:
            return output
        axes = self._attention_axes if self.built else tuple(range(1, len(query.shape) - 1))
        rest = tuple(query.shape[a] for a in range(1, len(query.shape) - 1) if a not in axes)
        scores = (
            query.shape[0],
            *rest,
            self._heads,
            *(query.shape[a] for a in axes),
            *(value.shape[a] for a in axes),
        )
        return output, KerasTensor(scores, self.compute_dtype)


def lower_triangle(target: Any, source: Any) -> Any:
    """Which places are no later ones, `(target, source)`."""
    return ops.greater_equal(ops.expand_dims(ops.arange(target), 1), ops.arange(source))
