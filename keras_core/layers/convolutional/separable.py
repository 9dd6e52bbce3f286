"""DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import shapes, windows
from keras_core.layers.convolutional.base import CAUSAL, ConvolutionBase, Sizes


class DepthwiseConvolution(ConvolutionBase):
    """Convolution of every channel by itself, over `rank` spatial axes."""

    takes_both = True

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = self._add("depthwise", "kernel", shape)
        self.bias = None
        if self.use_bias:
            self.bias = self._add("bias", "bias", (channels * self.depth_multiplier,))

    def call(self, inputs: Any) -> Any:
        if self.padding == "causal":
            inputs = self._causal(inputs)
        y = ops.depthwise_conv(
            inputs,
            self.kernel.tensor,
            self.strides,
            self._inner_padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._finished(y)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return windows.depthwise_shape(
            tuple(input_shape),
            (*self.kernel_size, input_shape[self._channel_axis], self.depth_multiplier),
            self.strides,
            self._shape_padding,
            self.data_format,
            self.dilation_rate,
        )


class DepthwiseConv1D(DepthwiseConvolution):
    """Convolution of every channel by itself, over one spatial axis, such as time.

    The kernel has shape `(*kernel_size, channels, depth_multiplier)`.

    Args:
        kernel_size: the window's size, an int.
        strides: the distance between windows, an int.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out,
            or "causal": zeros in front only, so that no place sees later ones.
        depth_multiplier: how many filters each input channel has.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        depthwise_initializer: of the depthwise kernel.
        bias_initializer: of the bias.
        depthwise_regularizer: a penalty of the depthwise kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        depthwise_constraint: a projection of the depthwise kernel, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 8, 3))
    >>> keras.layers.DepthwiseConv1D(3, depth_multiplier=2)(x).shape[-1]
    6
    """

    rank = 1
    paddings = CAUSAL

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self._start(locals())


class DepthwiseConv2D(DepthwiseConvolution):
    """Convolution of every channel by itself, over two spatial axes, such as images.

    The kernel has shape `(*kernel_size, channels, depth_multiplier)`.

    Args:
        kernel_size: the window's size, an int, or 2 of them.
        strides: the distance between windows, an int, or 2 of them.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out.
        depth_multiplier: how many filters each input channel has.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int, or 2 of them.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        depthwise_initializer: of the depthwise kernel.
        bias_initializer: of the bias.
        depthwise_regularizer: a penalty of the depthwise kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        depthwise_constraint: a projection of the depthwise kernel, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 8, 8, 3))
    >>> keras.layers.DepthwiseConv2D(3, depth_multiplier=2)(x).shape[-1]
    6
    """

    rank = 2

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self._start(locals())


class SeparableConvolution(ConvolutionBase):
    """Depthwise convolution over `rank` spatial axes, then a mixing of channels."""

    takes_both = True

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = self._add("depthwise", "depthwise_kernel", shape)
        shape = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = self._add("pointwise", "pointwise_kernel", shape)
        self.bias = self._add("bias", "bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        if self.padding == "causal":
            inputs = self._causal(inputs)
        y = ops.separable_conv(
            inputs,
            self.depthwise_kernel.tensor,
            self.pointwise_kernel.tensor,
            self.strides,
            self._inner_padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._finished(y)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        shape = windows.depthwise_shape(
            tuple(input_shape),
            (*self.kernel_size, input_shape[self._channel_axis], self.depth_multiplier),
            self.strides,
            self._shape_padding,
            self.data_format,
            self.dilation_rate,
        )
        spatial, _ = windows.split_shape(shape, self.data_format)
        return windows.join_shape(shape[0], spatial, self.filters, self.data_format)


class SeparableConv1D(SeparableConvolution):
    """Depthwise convolution over one spatial axis, such as time, then a mixing of channels.

    Args:
        filters: the number of filters, the size of the result's channel axis.
        kernel_size: the window's size, an int.
        strides: the distance between windows, an int.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out,
            or "causal": zeros in front only, so that no place sees later ones.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int.
        depth_multiplier: how many filters each input channel has.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        depthwise_initializer: of the depthwise kernel.
        pointwise_initializer: of the pointwise kernel.
        bias_initializer: of the bias.
        depthwise_regularizer: a penalty of the depthwise kernel, or None.
        pointwise_regularizer: a penalty of the pointwise kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        depthwise_constraint: a projection of the depthwise kernel, or None.
        pointwise_constraint: a projection of the pointwise kernel, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Reference:
        Chollet, 2017, https://arxiv.org/abs/1610.02357

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 8, 3))
    >>> keras.layers.SeparableConv1D(4, 3)(x).shape[-1]
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
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self._start(locals())


class SeparableConv2D(SeparableConvolution):
    """Depthwise convolution over two spatial axes, such as images, then a mixing of channels.

    Args:
        filters: the number of filters, the size of the result's channel axis.
        kernel_size: the window's size, an int, or 2 of them.
        strides: the distance between windows, an int, or 2 of them.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int, or 2 of them.
        depth_multiplier: how many filters each input channel has.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        depthwise_initializer: of the depthwise kernel.
        pointwise_initializer: of the pointwise kernel.
        bias_initializer: of the bias.
        depthwise_regularizer: a penalty of the depthwise kernel, or None.
        pointwise_regularizer: a penalty of the pointwise kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        depthwise_constraint: a projection of the depthwise kernel, or None.
        pointwise_constraint: a projection of the pointwise kernel, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Reference:
        Chollet, 2017, https://arxiv.org/abs/1610.02357

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 8, 8, 3))
    >>> keras.layers.SeparableConv2D(4, 3)(x).shape[-1]
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
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self._start(locals())


# The same classes under their other public names.
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
