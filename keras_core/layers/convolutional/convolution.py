"""Conv1D, Conv2D, Conv3D."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras_core import ops
from keras_core.core import shapes, windows
from keras_core.layers.adapted.seam import Adaptable, raw_property, weight_property
from keras_core.layers.convolutional.base import CAUSAL, ConvolutionBase, Sizes, linear, native


class BaseConv(Adaptable, ConvolutionBase):
    """Convolution over `rank` spatial axes: what `Conv1D`, `Conv2D` and `Conv3D` are.

    Args:
        rank: the number of spatial axes, from 1 to 3.
        filters: the number of filters, the size of the result's channel axis.
        kernel_size: the window's size, an int, or one for each axis.
        strides: the distance between windows, an int, or one for each axis.
        padding: "valid", "same", or, with one axis, "causal".
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int, or one for each axis.
        groups: into how many groups the channels are split.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel.
        bias_initializer: of the bias.
        kernel_regularizer: a penalty of the kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        kernel_constraint: a projection of the kernel after each step, or None.
        bias_constraint: a projection of the bias after each step, or None.
        lora_rank: as `enable_lora` has it.
        lora_alpha: as `enable_lora` has it.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.
    """

    unsaved = frozenset(("rank", "lora_rank", "lora_alpha"))
    kernel = weight_property("kernel")
    _kernel = raw_property("kernel")

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
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
        **kwargs: Any,
    ) -> None:
        self._start(locals())

    def _start(self, values: Mapping[str, Any]) -> None:
        # `Conv2D` and its like take these two among the others.
        kwargs = dict(values["kwargs"])
        lora = {name: kwargs.pop(name, values.get(name)) for name in ("lora_rank", "lora_alpha")}
        super()._start({**values, **lora, "kwargs": kwargs})

    def _configure(self, values: Mapping[str, Any]) -> None:
        if "rank" in values:
            self._set_rank(values["rank"])
        super()._configure(values)
        self.lora_rank, self.lora_alpha = values["lora_rank"], values["lora_alpha"]
        self._keep_strategies()
        if self.filters % self.groups:
            raise ValueError(
                f"{self._owner}: filters must be a multiple of groups. Received: "
                f"filters={self.filters}, groups={self.groups}"
            )

    def _set_rank(self, rank: int) -> None:
        if rank not in (1, 2, 3):
            raise self._refuse("rank", "be 1, 2 or 3", rank)
        self.__dict__["rank"] = rank
        if rank == 1:
            self.__dict__["paddings"] = CAUSAL

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"{self._owner}: the inputs' channels must be a multiple of groups. Received: "
                f"inputs of shape {tuple(input_shape)}, groups={self.groups}"
            )
        self.compute_output_shape(input_shape)  # whether the window fits
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self._build_weight(shape)
        self.bias = self._add("bias", "bias", (self.filters,)) if self.use_bias else None
        self._build_updates()

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """The convolution alone; a subclass may change the kernel here before it is used."""
        return ops.conv(
            inputs,
            kernel,
            self.strides,
            self._inner_padding,
            self.data_format,
            self.dilation_rate,
        )

    def call(self, inputs: Any) -> Any:
        if self.padding == "causal":
            inputs = self._causal(inputs)
        kernel = self.kernel if self.lora_enabled else self._kernel.tensor
        if type(self).convolution_op is not BaseConv.convolution_op or (
            inputs.dtype != kernel.dtype
        ):
            return self._finished(self.convolution_op(inputs, kernel))
        y = native(
            inputs,
            kernel,
            None if self.bias is None else self.bias.tensor,
            self.strides,
            self._inner_padding,
            self.data_format,
            self.dilation_rate,
        )
        return y if self.activation is linear else self.activation(y)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        channels = input_shape[self._channel_axis]
        if channels is not None:
            channels //= self.groups
        return windows.conv_shape(
            tuple(input_shape),
            (*self.kernel_size, channels, self.filters),
            self.strides,
            self._shape_padding,
            self.data_format,
            self.dilation_rate,
        )


class Conv1D(BaseConv):
    """Convolution over one spatial axis, such as time.

    The kernel has shape `(*kernel_size, channels / groups, filters)`.

    Args:
        filters: the number of filters, the size of the result's channel axis.
        kernel_size: the window's size, an int.
        strides: the distance between windows, an int.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out,
            or "causal": zeros in front only, so that no place sees later ones.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int.
        groups: into how many groups the channels are split; each is convolved with its own
            `filters / groups` filters.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel.
        bias_initializer: of the bias.
        kernel_regularizer: a penalty of the kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        kernel_constraint: a projection of the kernel after each step, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`; `lora_rank` and `lora_alpha` as
            `enable_lora` has them.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 8, 3))
    >>> keras.layers.Conv1D(4, 3, activation="relu")(x).shape[-1]
    4
    """

    rank = 1
    paddings = CAUSAL

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self._start(locals())


class Conv2D(BaseConv):
    """Convolution over two spatial axes, such as images.

    The kernel has shape `(*kernel_size, channels / groups, filters)`.

    Args:
        filters: the number of filters, the size of the result's channel axis.
        kernel_size: the window's size, an int, or 2 of them.
        strides: the distance between windows, an int, or 2 of them.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int, or 2 of them.
        groups: into how many groups the channels are split; each is convolved with its own
            `filters / groups` filters.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel.
        bias_initializer: of the bias.
        kernel_regularizer: a penalty of the kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        kernel_constraint: a projection of the kernel after each step, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`; `lora_rank` and `lora_alpha` as
            `enable_lora` has them.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 8, 8, 3))
    >>> keras.layers.Conv2D(4, 3, activation="relu")(x).shape[-1]
    4
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = (1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self._start(locals())


class Conv3D(BaseConv):
    """Convolution over three spatial axes, such as volumes.

    The kernel has shape `(*kernel_size, channels / groups, filters)`.

    Args:
        filters: the number of filters, the size of the result's channel axis.
        kernel_size: the window's size, an int, or 3 of them.
        strides: the distance between windows, an int, or 3 of them.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int, or 3 of them.
        groups: into how many groups the channels are split; each is convolved with its own
            `filters / groups` filters.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel.
        bias_initializer: of the bias.
        kernel_regularizer: a penalty of the kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        kernel_constraint: a projection of the kernel after each step, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`; `lora_rank` and `lora_alpha` as
            `enable_lora` has them.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 4, 4, 4, 3))
    >>> keras.layers.Conv3D(4, 3, activation="relu")(x).shape[-1]
    4
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = (1, 1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self._start(locals())


# The same classes under their other public names.
Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
