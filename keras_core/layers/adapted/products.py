"""Dense and EinsumDense with integer kernels."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from keras_core import ops, quantizers
from keras_core.backends.select import backend
from keras_core.layers.adapted.scheme import Scheme, applied, frozen


class Product(NamedTuple):
    """A product as an einsum equation: its letters, and on which side "..." stands."""

    equation: str
    inputs: str
    kernel: str
    output: str
    trailing: bool = False

    @property
    def summed(self) -> tuple[int, ...]:
        """The kernel's axes that are summed over."""
        return tuple(i for i, c in enumerate(self.kernel) if c not in self.output)

    @property
    def inputs_summed(self) -> tuple[int, ...]:
        """The inputs' axes that are summed over."""
        first = 0 if self.trailing else -len(self.inputs)
        return tuple(first + i for i, c in enumerate(self.inputs) if c not in self.output)

    def matrix(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """The kernel's shape as a matrix: what is summed over, and the rest."""
        rows = math.prod(shape[i] for i in self.summed)
        return rows, math.prod(shape) // rows

    def run(self, inputs: Any, kernel: Any) -> Any:
        """The product."""
        if self is MATRIX:
            return ops.matmul(inputs, kernel)
        return ops.einsum(self.equation, inputs, kernel)

    def pull(self, upstream: Any, kernel: Any, inputs: Any) -> Any:
        """The gradient for the inputs, from that of the output."""
        if self is MATRIX:
            return ops.matmul(upstream, ops.transpose(kernel))
        known = [c for c in self.inputs if c in self.output or c in self.kernel]
        dots = ("", "...") if self.trailing else ("...", "") if "..." in self.equation else ("", "")
        target = "".join(known)
        found = ops.einsum(
            f"{dots[0]}{self.output}{dots[1]},{self.kernel}->{dots[0]}{target}{dots[1]}",
            upstream, kernel,
        )  # fmt: skip
        for i, c in enumerate(self.inputs):  # summed without a weight: the same everywhere
            if c not in target:
                found = ops.expand_dims(found, i if self.trailing else i - len(self.inputs))
        return ops.broadcast_to(found, ops.shape(inputs))

    def aligned(self, scale: Any, letters: str) -> Any:
        """A scale over `letters`, 1 where it is summed over, in the form of the output."""
        kept = [c for c in letters if c in self.output]
        lead = 0 if self.trailing or letters == self.kernel else len(scale.shape) - len(letters)
        gone = tuple(lead + i for i, c in enumerate(letters) if c not in self.output)
        scale = ops.squeeze(scale, gone) if gone else scale
        wanted = [c for c in self.output if c in kept]
        if wanted != kept:
            rest = range(lead + len(kept), len(scale.shape))
            scale = ops.transpose(
                scale, [*range(lead), *(lead + kept.index(c) for c in wanted), *rest]
            )
        for i, c in enumerate(self.output):
            if c not in kept:
                scale = ops.expand_dims(scale, lead + i)
        return scale


def finished(layer: Any, inputs: Any, y: Any) -> Any:
    """A product with low-rank updates and the bias added, and the activation applied."""
    if layer.lora_enabled:
        y = ops.add(y, layer._product.run(inputs, layer._update()))
    if layer.bias is not None:
        y = ops.add(y, layer.bias.tensor)
    return layer.activation(y)


#: What Dense computes.
MATRIX = Product("...a,ab->...b", "a", "ab", "b")


class _IntegerProduct(Scheme):
    def order(self, layer: Any) -> list[str]:
        return ["kernel", "bias", "kernel_scale"]

    def call(self, layer: Any, inputs: Any, training: bool | None = None) -> Any:
        return finished(layer, inputs, self._product(layer, inputs))

    def _product(self, layer: Any, inputs: Any) -> Any:
        raise NotImplementedError


class Int8Product(_IntegerProduct):
    """A kernel of 8-bit integers with one scale for each output."""

    def build(self, layer: Any, shape: tuple[int, ...], config: Any) -> dict[str, Any]:
        product = layer._product
        sizes = dict(zip(product.kernel, shape, strict=True))
        scale = tuple(sizes.get(c, 1) for c in product.output)
        return {
            "kernel": frozen(layer, "kernel", shape, "int8", "zeros"),
            "kernel_scale": frozen(layer, "kernel_scale", scale, None, "ones"),
        }

    def encode(self, layer: Any, config: Any, weight: Any = None) -> dict[str, Any]:
        product = layer._product
        weight = layer._kernel.tensor if weight is None else weight
        default = quantizers.AbsMaxQuantizer(axis=product.summed)
        quantizer = config.weight_quantizer_or_default(config, default)
        kernel, scale = applied(quantizer, weight, product.summed)
        return {"kernel": kernel, "kernel_scale": product.aligned(scale, product.kernel)}

    def shown(self, layer: Any) -> Any:
        return layer._kernel

    def decode(self, layer: Any) -> Any:
        product = layer._product
        scale = layer.kernel_scale.tensor
        # Back from the output's form: axes in the kernel's order, 1 where it sums.
        letters = [c for c in product.output if c in product.kernel]
        scale = ops.squeeze(
            scale, tuple(i for i, c in enumerate(product.output) if c not in product.kernel)
        )
        wanted = [c for c in product.kernel if c in letters]
        scale = ops.transpose(scale, [letters.index(c) for c in wanted])
        for i in product.summed:
            scale = ops.expand_dims(scale, i)
        return ops.divide(ops.cast(layer._kernel.tensor, layer.compute_dtype), scale)

    def _product(self, layer: Any, inputs: Any) -> Any:
        product: Product = layer._product
        config = layer.quantization_config
        default = quantizers.AbsMaxQuantizer()
        quantizer = quantizers.QuantizationConfig.activation_quantizer_or_default(config, default)
        own = layer.kernel_scale.tensor
        if product.trailing:
            own = ops.reshape(own, (*own.shape, *(1,) * (len(inputs.shape) - len(product.inputs))))
        return int8_run(product, inputs, layer._kernel.tensor, own, quantizer, layer.compute_dtype)


def int8_run(
    product: Product, inputs: Any, kernel: Any, own: Any, quantizer: Any, dtype: str
) -> Any:
    """A product with integers of scale `own`; inputs are rounded too where there is a quantizer."""
    if quantizer is None:
        return ops.divide(product.run(inputs, ops.cast(kernel, dtype)), own)

    def forward(x: Any, kernel: Any, own: Any) -> Any:
        x, scale = applied(quantizer, x, product.inputs_summed)
        scale = ops.multiply(own, product.aligned(scale, product.inputs))
        return ops.divide(ops.cast(product.run(x, kernel), dtype), scale)

    if not backend.has("gradients"):
        return forward(inputs, kernel, own)

    # Rounding has no gradient of use: it is passed as if nothing had been rounded.
    def rule(x: Any, kernel: Any, own: Any) -> Any:
        def back(upstream: Any) -> Any:
            floats = ops.cast(kernel, dtype)
            return product.pull(ops.divide(upstream, own), floats, x), None, None

        return forward(x, kernel, own), back

    return ops.custom_gradient(rule)(inputs, kernel, own)


class Int4Product(_IntegerProduct):
    """A kernel of 4-bit integers, two in a byte, with a scale for each output, or in blocks.

    It is stored as a matrix: what is summed over, and the rest.
    """

    def order(self, layer: Any) -> list[str]:
        return ["kernel", "bias", "kernel_scale", "kernel_zero", "g_idx"]

    def build(self, layer: Any, shape: tuple[int, ...], config: Any) -> dict[str, Any]:
        rows, columns = layer._product.matrix(shape)
        packed = (rows, (columns + 1) // 2)
        found = {"kernel": frozen(layer, "kernel", packed, "int8", "zeros")}
        size = block_size(layer, config)
        if size is None:
            found["kernel_scale"] = frozen(layer, "kernel_scale", (columns,), None, "ones")
            return found
        blocks = (math.ceil(rows / size), columns)
        found["kernel_scale"] = frozen(layer, "kernel_scale", blocks, None, "ones")
        found["kernel_zero"] = frozen(layer, "kernel_zero", blocks, "int8", "zeros")
        found["g_idx"] = frozen(layer, "g_idx", (rows,), "float32", "zeros")
        found["g_idx"].assign(np.arange(rows) // size)
        return found

    def encode(self, layer: Any, config: Any, weight: Any = None) -> dict[str, Any]:
        rows, columns = layer._product.matrix(layer._adapted_shape)
        weight = layer._kernel.tensor if weight is None else weight
        weight = ops.reshape(ops.convert_to_tensor(weight), (rows, columns))
        found: dict[str, Any] = {}
        size = config.block_size
        if size in (None, -1):
            default = quantizers.AbsMaxQuantizer(axis=0, value_range=(-8, 7))
            quantizer = config.weight_quantizer_or_default(config, default)
            kernel, scale = applied(quantizer, weight, 0)
            found["kernel_scale"] = ops.reshape(scale, (columns,))
        else:
            kernel, scale, zero = quantizers.abs_max_quantize_grouped_with_zero_point(
                weight, size, to_numpy=True
            )
            found |= {"kernel_scale": scale, "kernel_zero": zero}
        found["kernel"] = quantizers.pack_int4(kernel, axis=-1)[0]
        return found

    def _integers(self, layer: Any) -> Any:
        _, columns = layer._product.matrix(layer._adapted_shape)
        return quantizers.unpack_int4(layer._kernel.tensor, columns, axis=-1)

    def shown(self, layer: Any) -> Any:
        return ops.reshape(self._integers(layer), layer._adapted_shape)

    def decode(self, layer: Any) -> Any:
        kernel = ops.cast(self._integers(layer), layer.compute_dtype)
        scale = layer.kernel_scale.tensor
        if len(scale.shape) == 1:
            kernel = ops.divide(kernel, scale)
        else:
            kernel = from_blocks(
                kernel, scale, layer.kernel_zero.tensor, layer.g_idx.tensor, axis=0
            )
        return ops.reshape(kernel, layer._adapted_shape)

    def _product(self, layer: Any, inputs: Any) -> Any:
        config = layer.quantization_config
        quantizer = quantizers.QuantizationConfig.activation_quantizer_or_default(config, None)
        product: Product = layer._product
        if quantizer is not None:
            x, scale = applied(quantizer, ops.stop_gradient(inputs), product.inputs_summed)
            rounded = ops.divide(ops.cast(x, layer.compute_dtype), scale)
            # The gradient passes as if nothing had been rounded.
            inputs = ops.add(
                ops.stop_gradient(rounded), ops.subtract(inputs, ops.stop_gradient(inputs))
            )
        return product.run(inputs, self.decode(layer))


def block_size(layer: Any, config: Any) -> int | None:
    """How many weights share a scale: from the config, else the policy; None for a channel's."""
    size = config.block_size if config is not None else None
    if config is None:
        size = getattr(layer._dtype_policy, "block_size", None)
    return None if size in (None, -1) else size


def from_blocks(q: Any, scale: Any, zero: Any, index: Any, axis: int) -> Any:
    """Floats from integers whose scales and zero points are shared along an axis in blocks."""
    index = ops.cast(index, "int32")
    scale, zero = (ops.take(t, index, axis=axis) for t in (scale, zero))
    return ops.multiply(ops.subtract(q, ops.cast(zero, ops.dtype(q))), scale)
