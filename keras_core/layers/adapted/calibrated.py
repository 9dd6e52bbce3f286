"""Dense and EinsumDense with kernels rounded by GPTQ and AWQ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_core import ops, quantizers
from keras_core.backends.select import backend
from keras_core.layers.adapted.products import Product, finished
from keras_core.layers.adapted.scheme import Scheme, frozen
from keras_core.quantizers import calibration

arrays = backend.arrays


def _orders(product: Product) -> tuple[list[int], tuple[int, ...]]:
    """The kernel's axes, those summed over last, and the inputs' axes in the order of these."""
    summed = product.summed
    kept = [i for i in range(len(product.kernel)) if i not in summed]
    first = 0 if product.trailing else -len(product.inputs)
    letters = [product.kernel[i] for i in summed]
    return [*kept, *summed], tuple(first + product.inputs.index(c) for c in letters)


def is_matrix(product: Product) -> bool:
    """Whether the product is one with a single matrix: no letter in all three operands."""
    kept = set(product.kernel) & set(product.output)
    summed = [product.kernel[i] for i in product.summed]
    return not kept & set(product.inputs) and all(c in product.inputs for c in summed)


def as_rows(product: Product, inputs: np.ndarray) -> np.ndarray:
    """Inputs of a product as rows of what is summed over."""
    first = 0 if product.trailing else -len(product.inputs)
    alone = [
        first + i
        for i, c in enumerate(product.inputs)
        if c not in product.output and c not in product.kernel
    ]
    axes = _orders(product)[1]
    size = math.prod(inputs.shape[a] for a in axes)
    moved = np.moveaxis(inputs, axes, range(-len(axes), 0))
    if alone:
        inputs = inputs.sum(axis=tuple(alone), keepdims=True)
        moved = np.moveaxis(inputs, axes, range(-len(axes), 0))
    return moved.reshape(-1, size)


class CalibratedProduct(Scheme):
    """A kernel of small unsigned integers in groups of inputs, each with a scale and a zero.

    It is stored as a matrix with a column for each input; 4-bit integers two in a byte.
    """

    def order(self, layer: Any) -> list[str]:
        return ["bias", "kernel", "kernel_scale", "kernel_zero", "awq_scales", "g_idx"]

    def build(self, layer: Any, shape: tuple[int, ...], config: Any) -> dict[str, Any]:
        outputs, inputs = self._matrix(layer, shape)
        policy = layer.dtype_policy if config is None else config
        size = inputs if policy.group_size == -1 else policy.group_size
        groups = math.ceil(inputs / size)
        rows = (outputs + 1) // 2 if policy.weight_bits == 4 else outputs
        found = {
            "kernel": frozen(layer, "kernel", (rows, inputs), "uint8", "zeros"),
            "kernel_scale": frozen(layer, "kernel_scale", (outputs, groups), None, "ones"),
            "kernel_zero": frozen(layer, "kernel_zero", (outputs, groups), "uint8", "zeros"),
        }
        if layer.quantization_mode == "awq":
            found["awq_scales"] = frozen(layer, "awq_scales", (inputs,), None, "ones")
        found["g_idx"] = frozen(layer, "g_idx", (inputs,), "float32", "zeros")
        return found

    def encode(self, layer: Any, config: Any, weight: Any = None) -> dict[str, Any]:
        product = layer._product
        if not is_matrix(product):
            raise NotImplementedError(
                f"{type(layer).__name__} {layer.name!r}: mode {config.mode!r} needs a product with "
                f"one matrix. Received: equation {product.equation!r}"
            )
        shape = layer._adapted_shape
        weight = layer._kernel.tensor if weight is None else weight
        weight = np.asarray(arrays.convert_to_numpy(ops.convert_to_tensor(weight)), "float64")
        matrix = weight.transpose(_orders(product)[0]).reshape(self._matrix(layer, shape))
        found = _rounded(matrix, layer.__dict__.get("_calibration"), config)
        integers = ops.convert_to_tensor(found.integers, "uint8")
        if config.weight_bits == 4:
            integers = quantizers.pack_int4(integers, axis=0, dtype="uint8")[0]
        values = {
            "kernel": integers,
            "kernel_scale": found.scale.astype("float32"),
            "kernel_zero": found.zero.astype("uint8"),
            "g_idx": found.index.astype("float32"),
        }
        if found.columns is not None:
            values["awq_scales"] = found.columns
        return values

    def decode(self, layer: Any) -> Any:
        state, dtype = layer.__dict__, layer.compute_dtype
        index = ops.cast(state["g_idx"].tensor, "int32")
        scale, zero = (
            ops.cast(ops.take(state[name].tensor, index, axis=1), dtype)
            for name in ("kernel_scale", "kernel_zero")
        )
        matrix = ops.multiply(ops.subtract(ops.cast(self._integers(layer), dtype), zero), scale)
        if "awq_scales" in state:
            matrix = ops.divide(matrix, ops.cast(state["awq_scales"].tensor, dtype))
        return self._as_kernel(layer, matrix)

    def shown(self, layer: Any) -> Any:
        return self._as_kernel(layer, self._integers(layer))

    def call(self, layer: Any, inputs: Any, training: bool | None = None) -> Any:
        return finished(layer, inputs, layer._product.run(inputs, self.decode(layer)))

    @staticmethod
    def _matrix(layer: Any, shape: tuple[int, ...]) -> tuple[int, int]:
        inputs, outputs = layer._product.matrix(shape)
        return outputs, inputs

    def _integers(self, layer: Any) -> Any:
        stored = layer._kernel.tensor
        if layer.dtype_policy.weight_bits != 4:
            return stored
        outputs, _ = self._matrix(layer, layer._adapted_shape)
        return quantizers.unpack_int4(stored, outputs, axis=0, dtype="uint8")

    @staticmethod
    def _as_kernel(layer: Any, matrix: Any) -> Any:
        order = _orders(layer._product)[0]
        shape = layer._adapted_shape
        turned = ops.reshape(matrix, tuple(shape[i] for i in order))
        return ops.transpose(turned, [order.index(i) for i in range(len(order))])


def _rounded(
    matrix: np.ndarray, seen: calibration.Inputs | None, config: Any
) -> calibration.Grouped:
    """The matrix rounded as the config says, by the inputs that were seen, all alike if none."""
    if seen is None:
        seen = calibration.Inputs(matrix.shape[1])
        seen.add(np.eye(matrix.shape[1]))
    bits, size = config.weight_bits, config.group_size
    if config.mode == "awq":
        points = config.num_grid_points
        return calibration.awq(matrix, seen.moments, seen.magnitudes, bits, size, points)
    return calibration.gptq(
        matrix,
        seen.moments,
        bits,
        size,
        symmetric=config.symmetric,
        per_channel=config.per_channel,
        damping=config.hessian_damping,
        by_activation=config.activation_order,
    )
