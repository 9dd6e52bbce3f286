"""Training with products of 8-bit floats: scales follow the maxima of past steps.

Scales and histories are trainable variables whose "gradient" is their next value, so that they
go through any training loop with the others.
"""

from __future__ import annotations

from typing import Any

from keras_core import ops, quantizers
from keras_core.backends.select import backend
from keras_core.layers.adapted.scheme import Scheme
from keras_core.layers.base.call import current_training
from keras_core.quantizers.float8 import LARGEST

FORWARD, BACKWARD = "float8_e4m3fn", "float8_e5m2"
_ROLES = ("inputs", "kernel", "outputs_grad")


class Float8Product(Scheme):
    """A kernel that stays in floats, and products whose operands are rounded to 8 bits.

    Reference:
        Micikevicius et al., 2022, https://arxiv.org/abs/2209.05433
    """

    stores = False

    def order(self, layer: Any) -> list[str]:
        own = [f"{role}_{part}" for role in _ROLES for part in ("scale", "amax_history")]
        return ["kernel", "bias", *own]

    def build(self, layer: Any, shape: tuple[int, ...], config: Any) -> dict[str, Any]:
        length = getattr(layer.dtype_policy, "amax_history_length", 1024)
        return {
            f"{role}_{part}": layer.add_weight(
                name=f"{role}_{part}",
                shape=size,
                initializer=initializer,
                dtype="float32",
                autocast=False,
                overwrite_with_gradient=True,
            )
            for role in _ROLES
            for part, size, initializer in (
                ("scale", (), "ones"),
                ("amax_history", (length,), "zeros"),
            )
        }

    def encode(self, layer: Any, config: Any, weight: Any = None) -> dict[str, Any]:
        return {}

    def call(self, layer: Any, inputs: Any, training: bool | None = None) -> Any:
        if layer.lora_enabled:
            raise NotImplementedError(
                f"{layer!r}: mode 'float8' trains the kernel itself; it has no low-rank updates."
            )
        state = layer.__dict__
        dtype = layer.compute_dtype
        # The layers' own calls ask for no `training`; that of the model's call holds here.
        training = current_training() if training is None else training

        def operand(x: Any, role: str) -> Any:
            scale, history = state[f"{role}_scale"].tensor, state[f"{role}_amax_history"].tensor
            if not training or not backend.has("gradients"):
                return quantizers.quantize_and_dequantize(x, scale, FORWARD, dtype)
            return ops.custom_gradient(_rounding_forward(dtype))(x, scale, history)

        kernel = operand(layer._kernel.tensor, "kernel")
        y = layer._product.run(operand(inputs, "inputs"), kernel)
        if training and backend.has("gradients"):
            scale, history = (
                state[f"outputs_grad_{part}"].tensor for part in ("scale", "amax_history")
            )
            y = ops.custom_gradient(_rounding_backward(dtype))(y, scale, history)
        if layer.bias is not None:
            # Half precision keeps more than the product has.
            bias = ops.cast(layer.bias.tensor, "bfloat16")
            y = ops.add(y, ops.cast(bias, ops.dtype(y)))
        return layer.activation(y)


def _next(x: Any, scale: Any, history: Any, format: str) -> tuple[Any, Any]:
    """The next step's scale, from the maxima so far, and history, with this step's."""
    largest = ops.max(history, axis=0)
    new = quantizers.compute_float8_scale(largest, scale, LARGEST[format])
    return new, quantizers.compute_float8_amax_history(x, history)


def _rounding_forward(dtype: str) -> Any:
    def rule(x: Any, scale: Any, history: Any) -> Any:
        new_scale, new_history = _next(x, scale, history, FORWARD)

        def back(upstream: Any) -> Any:
            return upstream, new_scale, new_history

        return quantizers.quantize_and_dequantize(x, scale, FORWARD, dtype), back

    return rule


def _rounding_backward(dtype: str) -> Any:
    def rule(x: Any, scale: Any, history: Any) -> Any:
        def back(upstream: Any) -> Any:
            rounded = quantizers.quantize_and_dequantize(upstream, scale, BACKWARD, dtype)
            return rounded, *_next(upstream, scale, history, BACKWARD)

        return ops.add(x, 0), back

    return rule
