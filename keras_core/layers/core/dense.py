"""Dense: a matrix product, a bias and an activation."""

from __future__ import annotations

from typing import Any

from keras_core import activations, ops
from keras_core.backends.select import backend
from keras_core.core import shapes
from keras_core.core.limits import BOOL, COUNT, NUMBER, POSITIVE_INT, optional
from keras_core.layers.adapted.products import MATRIX
from keras_core.layers.adapted.seam import PRODUCT_SCHEMES, Adaptable, raw_property, weight_property
from keras_core.layers.base.call import ignores_training
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer

_native = backend.nn.dense
_is_sparse = backend.arrays.is_sparse
# Activations that the native function applies itself.
FUSED = {
    activations.linear: None,
    activations.relu: "relu",
    activations.sigmoid: "sigmoid",
    activations.tanh: "tanh",
    activations.silu: "silu",
}


class Dense(Adaptable, OptionsLayer):
    """Fully connected layer: `activation(inputs @ kernel + bias)`.

    The last axis of the inputs is mapped from its size to `units`; all others are kept.

    Args:
        units: the size of the result's last axis, a positive int.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel, of shape `(inputs' last size, units)`.
        bias_initializer: of the bias, of shape `(units,)`.
        kernel_regularizer: a penalty of the kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        kernel_constraint: a projection of the kernel after each step, or None.
        bias_constraint: a projection of the bias after each step, or None.
        lora_rank: the rank of trained low-rank updates of a frozen kernel; None for none.
        lora_alpha: the updates are scaled by `lora_alpha / lora_rank`; None for `lora_rank`.
        quantization_config: how the kernel is quantized; None for not at all.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.Dense(4, activation="relu")(keras.ops.ones((2, 3))).shape[-1]
    4
    """

    limits = {
        "units": POSITIVE_INT,
        "use_bias": BOOL,
        "lora_rank": optional(COUNT),
        "lora_alpha": optional(NUMBER),
    }
    unsaved = frozenset(("lora_rank", "lora_alpha"))
    passes_masks = True
    kernel = weight_property("kernel")
    _kernel = raw_property("kernel")
    _schemes = PRODUCT_SCHEMES
    _product = MATRIX

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._set_options(locals())
        self._keep_strategies()
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        size = input_shape[-1]
        if size is None:
            raise self._refuse("the inputs' last axis", "have a known size", input_shape)
        self._build_weight((size, self.units))
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self._build_updates()
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})

    def quantized_build(self, kernel_shape: Any, mode: str, config: Any = None) -> None:
        self._quantized_build(kernel_shape, mode, config)

    @ignores_training
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        kernel = self.kernel if self.lora_enabled else self._kernel.tensor
        bias = self.bias if self.bias is None else self.bias.tensor
        activation = self.activation
        # Integers, or floats with autocast=False, or a sparse tensor.
        if inputs.dtype != kernel.dtype or _is_sparse(inputs):
            y = ops.matmul(inputs, kernel)
            return activation(y if bias is None else ops.add(y, bias))
        if activation in FUSED:
            return _native(inputs, kernel, bias, FUSED[activation])
        return activation(_native(inputs, kernel, bias))

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return (*input_shape[:-1], self.units)


Dense._quantized_as = Dense
