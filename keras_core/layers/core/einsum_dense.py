"""EinsumDense: a product given as an einsum equation, a bias and an activation."""

from __future__ import annotations

import math
import re
from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import shapes
from keras_core.core.limits import COUNT, NUMBER, OUTPUT_SHAPE, optional
from keras_core.layers.adapted.products import Product
from keras_core.layers.adapted.seam import (
    PRODUCT_SCHEMES,
    Adaptable,
    raw_property,
    weight_property,
)
from keras_core.layers.base.call import ignores_training
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer
from keras_core.layers.core.dense import FUSED

_native = backend.nn.dense
_EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class EinsumDense(Adaptable, OptionsLayer):
    """A dense layer over any axes: `activation(einsum(equation, inputs, kernel) + bias)`.

    Args:
        equation: an einsum equation of two operands, inputs and kernel, such as "ab,bc->ac" or
            "...x,xy->...y"; "..." may stand in front of, or after, the inputs' letters.
        output_shape: the sizes that belong to the result's letters, without the batch axis: an
            int or a tuple, with None for those that the inputs give.
        activation: a function, its name, or None for none.
        bias_axes: the letters of the result along which there is a bias; None for no bias.
        kernel_initializer: of the kernel.
        bias_initializer: of the bias.
        kernel_regularizer: a penalty of the kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        kernel_constraint: a projection of the kernel after each step, or None.
        bias_constraint: a projection of the bias after each step, or None.
        lora_rank: the rank of trained low-rank updates of a frozen kernel; None for none.
        lora_alpha: the updates are scaled by `lora_alpha / lora_rank`; None for `lora_rank`.
        gptq_unpacked_column_size: columns of a kernel packed by quantization.
        quantization_config: how the kernel is quantized; None for not at all.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer` of `Layer`.

    Raises:
        ValueError: if the equation is none, or the shapes do not fit it.

    Example:

    >>> import keras_core as keras
    >>> layer = keras.layers.EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d")
    >>> tuple(layer(keras.ops.ones((2, 5, 3))).shape)
    (2, 5, 4)
    """

    limits = {
        "lora_rank": optional(COUNT),
        "lora_alpha": optional(NUMBER),
        "output_shape": OUTPUT_SHAPE,
    }
    unsaved = frozenset(("lora_rank", "lora_alpha", "gptq_unpacked_column_size"))
    saves_activity_regularizer = True
    kernel = weight_property("kernel")
    _kernel = raw_property("kernel")
    _schemes = PRODUCT_SCHEMES

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        output_shape = self._check("output_shape", output_shape)
        if not isinstance(output_shape, (tuple, list)):
            output_shape = (int(output_shape),)
        output_shape = tuple(output_shape)
        self._set_options(locals())
        self._keep_strategies()
        match = (
            _EQUATION.fullmatch(equation.replace(" ", "")) if isinstance(equation, str) else None
        )
        if (
            match is None
            or match[1] != match[5]
            or match[3] != match[7]
            or (match[1] and match[3])
            or any(len(set(letters)) != len(letters) for letters in match.group(2, 4, 6))
        ):
            raise self._refuse(
                "equation",
                "be of two operands, with '...' on one side of inputs and result or nowhere, such "
                "as 'ab,bc->ac' or '...x,xy->...y'",
                equation,
            )
        self._leading, self._trailing = bool(match[1]), bool(match[3])
        self._letters: tuple[str, str, str] = (match[2], match[4], match[6])
        if bias_axes is not None and not (
            isinstance(bias_axes, str) and bias_axes and set(bias_axes) <= set(match[6])
        ):
            raise self._refuse("bias_axes", f"hold letters of {match[6]!r}, the result", bias_axes)

    def _sizes(self, input_shape: Any) -> dict[str, Any]:
        """The size of each letter, from the inputs' shape and `output_shape`."""
        inputs, _, result = self._letters
        rank = len(input_shape)
        if rank < len(inputs) or (rank > len(inputs) and not self._leading and not self._trailing):
            raise ValueError(
                f"{self._owner}: inputs must have the rank of equation={self.equation!r}. "
                f"Received: inputs of shape {tuple(input_shape)}"
            )
        own = input_shape[rank - len(inputs) :] if self._leading else input_shape[: len(inputs)]
        sizes: dict[str, Any] = dict(zip(inputs, own, strict=True))
        letters = result[len(result) - len(self.output_shape) :]
        if len(letters) != len(self.output_shape):
            raise ValueError(
                f"{self._owner}: output_shape must have a size for each letter of the result but "
                f"the batch's. Received: output_shape={self.output_shape}, "
                f"equation={self.equation!r}"
            )
        for letter, size in zip(letters, self.output_shape, strict=True):
            known = sizes.get(letter)
            if size is not None and known is not None and size != known:
                raise ValueError(
                    f"{self._owner}: output_shape must agree with the inputs along {letter!r} of "
                    f"equation={self.equation!r}. Received: output_shape={self.output_shape}, "
                    f"inputs of shape {tuple(input_shape)}"
                )
            sizes[letter] = size if known is None else known
        return sizes

    def build(self, input_shape: Any) -> None:
        inputs, kernel, result = self._letters
        sizes = self._sizes(input_shape)
        for letter in kernel:
            if sizes.get(letter) is None:
                raise ValueError(
                    f"{self._owner}: the size of the kernel's axis {letter!r} must follow from "
                    f"output_shape or the inputs. Received: output_shape={self.output_shape}, "
                    f"inputs of shape {tuple(input_shape)}, equation={self.equation!r}"
                )
        self._build_weight(tuple(sizes[c] for c in kernel))
        self.bias = None
        if self.bias_axes is not None:
            first = min(result.index(c) for c in self.bias_axes)
            shape = [sizes[c] if c in self.bias_axes else 1 for c in result[first:]]
            if self._trailing:
                shape += [1] * (len(input_shape) - len(inputs))
            self.bias = self.add_weight(
                name="bias",
                shape=tuple(shape),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self._build_updates()
        self._matrix = self._matrix_plan(sizes)
        axes = {
            i - len(inputs) if self._leading else i: sizes[c]
            for i, c in enumerate(inputs)
            if c in kernel
        }
        self.input_spec = InputSpec(min_ndim=len(inputs), axes=axes)

    @property
    def _product(self) -> Product:
        return Product(self.equation.replace(" ", ""), *self._letters, self._trailing)

    def quantized_build(self, kernel_shape: Any, mode: str, config: Any = None) -> None:
        self._quantized_build(kernel_shape, mode, config)

    def _matrix_plan(self, sizes: dict[str, Any]) -> tuple[int, tuple[int, int], tuple] | None:
        """How the equation is a product of matrices, where it is one.

        That is where the inputs' last axes are summed over, in the order of the kernel's first,
        and the kernel's others come out last. Returns the number of summed axes, the kernel as
        a matrix, and the new axes' sizes.
        """
        inputs, kernel, result = self._letters
        summed = "".join(c for c in kernel if c in inputs)
        new = kernel[len(summed) :]
        free = inputs[: len(inputs) - len(summed)]
        if self._trailing or not new or not summed or kernel != summed + new:
            return None
        if inputs != free + summed or result != free + new:
            return None
        out = tuple(sizes[c] for c in new)
        matrix = (math.prod(sizes[c] for c in summed), math.prod(out))
        if self.bias is not None and self.bias.shape != out:
            return None
        return len(summed), matrix, out

    @ignores_training
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        kernel = self.kernel if self.lora_enabled else self._kernel.tensor
        bias = self.bias if self.bias is None else self.bias.tensor
        activation = self.activation
        if self._matrix is None or inputs.dtype != kernel.dtype:
            y = ops.einsum(self.equation, inputs, kernel)
            return activation(y if bias is None else ops.add(y, bias))
        count, matrix, out = self._matrix
        lead = ops.shape(inputs)[: len(inputs.shape) - count]
        if count > 1:
            inputs = ops.reshape(inputs, (*lead, matrix[0]))
        if len(kernel.shape) != 2:
            kernel = ops.reshape(kernel, matrix)
        if bias is not None and len(out) > 1:
            bias = ops.reshape(bias, (matrix[1],))
        if activation in FUSED:
            y = _native(inputs, kernel, bias, FUSED[activation])
            return y if len(out) == 1 else ops.reshape(y, (*lead, *out))
        y = _native(inputs, kernel, bias)
        return activation(y if len(out) == 1 else ops.reshape(y, (*lead, *out)))

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        inputs, _, result = self._letters
        sizes = self._sizes(input_shape)
        own = tuple(sizes.get(c) for c in result)
        extra = len(input_shape) - len(inputs)
        if self._leading:
            return (*input_shape[:extra], *own)
        return (*own, *input_shape[len(inputs) :])


EinsumDense._quantized_as = EinsumDense
