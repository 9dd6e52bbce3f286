"""Embeddings with integer tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_core import ops, quantizers
from keras_core.layers.adapted.products import MATRIX, block_size, from_blocks, int8_run
from keras_core.layers.adapted.scheme import Scheme, applied, frozen


class _Table(Scheme):
    """What both have: a lookup of whole rows, and for reversible ones a second table."""

    def call(self, layer: Any, inputs: Any, reverse: bool = False) -> Any:
        if reverse:
            return layer._capped(self._scores(layer, inputs))
        if ops.dtype(inputs) not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        return layer._updated(self._rows(layer, inputs), inputs)

    def replaced(self, layer: Any) -> list[str]:
        return ["embeddings"] + ["reverse_embeddings"] * _untied(layer)

    def _names(self, layer: Any, names: list[str]) -> list[str]:
        return names + [f"reverse_{n}" for n in names if n != "g_idx"] * _untied(layer)

    def _rows(self, layer: Any, inputs: Any) -> Any:
        raise NotImplementedError

    def _scores(self, layer: Any, inputs: Any) -> Any:
        raise NotImplementedError


def _untied(layer: Any) -> bool:
    return not getattr(layer, "tie_weights", True)


class Int8Table(_Table):
    """A table of 8-bit integers with one scale a row."""

    def order(self, layer: Any) -> list[str]:
        return self._names(layer, ["embeddings", "embeddings_scale"])

    def build(self, layer: Any, shape: tuple[int, ...], config: Any) -> dict[str, Any]:
        found = {
            "embeddings": frozen(layer, "embeddings", shape, "int8", "zeros"),
            "embeddings_scale": frozen(layer, "embeddings_scale", shape[:1], None, "ones"),
        }
        if _untied(layer):
            found["reverse_embeddings"] = frozen(
                layer, "reverse_embeddings", shape[::-1], "int8", "zeros"
            )
            found["reverse_embeddings_scale"] = frozen(
                layer, "reverse_embeddings_scale", shape[:1], None, "ones"
            )
        return found

    def encode(self, layer: Any, config: Any, weight: Any = None) -> dict[str, Any]:
        own = weight is None
        weight = layer._embeddings.tensor if own else weight
        quantizer = config.weight_quantizer_or_default(config, quantizers.AbsMaxQuantizer(axis=-1))
        table, scale = applied(quantizer, weight, -1)
        found = {"embeddings": table, "embeddings_scale": ops.squeeze(scale, -1)}
        if _untied(layer) and own:
            table, scale = applied(
                quantizers.AbsMaxQuantizer(axis=0), layer.reverse_embeddings.tensor, 0
            )
            found |= {
                "reverse_embeddings": table,
                "reverse_embeddings_scale": ops.squeeze(scale, 0),
            }
        return found

    def shown(self, layer: Any) -> Any:
        return layer._embeddings

    def decode(self, layer: Any) -> Any:
        scale = ops.expand_dims(layer.embeddings_scale.tensor, -1)
        return ops.divide(ops.cast(layer._embeddings.tensor, layer.compute_dtype), scale)

    def _rows(self, layer: Any, inputs: Any) -> Any:
        rows = ops.cast(ops.take(layer._embeddings.tensor, inputs, axis=0), layer.compute_dtype)
        scale = ops.take(layer.embeddings_scale.tensor, inputs, axis=0)
        return ops.divide(rows, ops.expand_dims(scale, -1))

    def _scores(self, layer: Any, inputs: Any) -> Any:
        if _untied(layer):
            table, own = layer.reverse_embeddings.tensor, layer.reverse_embeddings_scale.tensor
        else:
            table, own = ops.transpose(layer._embeddings.tensor), layer.embeddings_scale.tensor
        quantizer = quantizers.QuantizationConfig.activation_quantizer_or_default(
            layer.quantization_config, quantizers.AbsMaxQuantizer()
        )
        return int8_run(MATRIX, inputs, table, own, quantizer, layer.compute_dtype)


class Int4Table(_Table):
    """A table of 4-bit integers, two in a byte, with a scale a row, or in blocks of a row."""

    def order(self, layer: Any) -> list[str]:
        return self._names(layer, ["embeddings", "embeddings_scale", "embeddings_zero", "g_idx"])

    def build(self, layer: Any, shape: tuple[int, ...], config: Any) -> dict[str, Any]:
        rows, columns = shape
        half = (columns + 1) // 2
        size = block_size(layer, config)
        blocks = 0 if size is None else math.ceil(columns / size)
        scale = (rows,) if size is None else (rows, blocks)
        found = {
            "embeddings": frozen(layer, "embeddings", (rows, half), "int8", "zeros"),
            "embeddings_scale": frozen(layer, "embeddings_scale", scale, None, "ones"),
        }
        if size is not None:
            found["embeddings_zero"] = frozen(layer, "embeddings_zero", scale, "int8", "zeros")
            found["g_idx"] = frozen(layer, "g_idx", (columns,), "float32", "zeros")
            found["g_idx"].assign(np.arange(columns) // size)
        if _untied(layer):
            found["reverse_embeddings"] = frozen(
                layer, "reverse_embeddings", (half, rows), "int8", "zeros"
            )
            found["reverse_embeddings_scale"] = frozen(
                layer, "reverse_embeddings_scale", scale[::-1], None, "ones"
            )
            if size is not None:
                found["reverse_embeddings_zero"] = frozen(
                    layer, "reverse_embeddings_zero", scale[::-1], None, "zeros"
                )
        return found

    def encode(self, layer: Any, config: Any, weight: Any = None) -> dict[str, Any]:
        own = weight is None
        weight = ops.convert_to_tensor(layer._embeddings.tensor if own else weight)
        found = self._encoded("embeddings", ops.transpose(weight), config, True)
        if _untied(layer) and own:
            found |= self._encoded(
                "reverse_embeddings", layer.reverse_embeddings.tensor, config, False
            )
        return found

    def _encoded(self, name: str, columns: Any, config: Any, turned: bool) -> dict[str, Any]:
        """The parts for a table whose vectors are columns; `turned` if they are kept as rows."""

        def back(x: Any) -> Any:
            return ops.transpose(x) if turned else x

        if config.block_size in (None, -1):
            default = quantizers.AbsMaxQuantizer(axis=0, value_range=(-8, 7))
            q, scale = applied(config.weight_quantizer_or_default(config, default), columns, 0)
            found = {f"{name}_scale": ops.reshape(scale, (-1,))}
        else:
            q, scale, zero = quantizers.abs_max_quantize_grouped_with_zero_point(
                columns, config.block_size, to_numpy=True
            )
            found = {f"{name}_scale": back(scale), f"{name}_zero": back(zero)}
        packed, _, _ = quantizers.pack_int4(q, axis=0)
        return found | {name: back(packed)}

    def shown(self, layer: Any) -> Any:
        return quantizers.unpack_int4(layer._embeddings.tensor, layer._adapted_shape[1], axis=-1)

    def decode(self, layer: Any) -> Any:
        q = ops.cast(self.shown(layer), layer.compute_dtype)
        scale = layer.embeddings_scale.tensor
        if len(scale.shape) == 1:
            return ops.divide(q, ops.expand_dims(scale, -1))
        return from_blocks(q, scale, layer.embeddings_zero.tensor, layer.g_idx.tensor, axis=-1)

    def _rows(self, layer: Any, inputs: Any) -> Any:
        packed = ops.take(layer._embeddings.tensor, inputs, axis=0)
        q = quantizers.unpack_int4(packed, layer._adapted_shape[1], axis=-1)
        q = ops.cast(q, layer.compute_dtype)
        scale = ops.take(layer.embeddings_scale.tensor, inputs, axis=0)
        if "embeddings_zero" not in layer.__dict__:
            return ops.divide(q, ops.expand_dims(scale, -1))
        zero = ops.take(layer.embeddings_zero.tensor, inputs, axis=0)
        return from_blocks(q, scale, zero, layer.g_idx.tensor, axis=-1)

    def _scores(self, layer: Any, inputs: Any) -> Any:
        if not _untied(layer):
            return ops.matmul(inputs, ops.transpose(self.decode(layer)))
        size = layer._adapted_shape[1]
        q = quantizers.unpack_int4(layer.reverse_embeddings.tensor, size, axis=0)
        q = ops.cast(q, layer.compute_dtype)
        scale = layer.reverse_embeddings_scale.tensor
        if len(scale.shape) == 1:
            return ops.matmul(inputs, ops.divide(q, scale))
        zero = layer.reverse_embeddings_zero.tensor
        return ops.matmul(inputs, from_blocks(q, scale, zero, layer.g_idx.tensor, axis=0))
