"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import shapes, windows
from keras_core.core.limits import COUNTS, optional
from keras_core.layers.convolutional.base import ConvolutionBase, Sizes


class TransposedConvolution(ConvolutionBase):
    """Transposed convolution over `rank` spatial axes."""

    limits = {"output_padding": optional(COUNTS)}

    def _configure(self, values: Any) -> None:
        given = self._check("output_padding", values["output_padding"])
        super()._configure(values)
        if given is None:
            return
        pads = tuple(given) if isinstance(given, (tuple, list)) else (given,) * self.rank
        if len(pads) != self.rank or any(p >= s for p, s in zip(pads, self.strides, strict=False)):
            raise self._refuse(
                "output_padding", f"be below strides={self.strides} along every axis", given
            )
        self.output_padding = pads

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self.kernel = self._add("kernel", "kernel", (*self.kernel_size, self.filters, channels))
        self.bias = self._add("bias", "bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        y = ops.conv_transpose(
            inputs,
            self.kernel.tensor,
            self.strides,
            self.padding,
            self.output_padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._finished(y)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return windows.transposed_shape(
            tuple(input_shape),
            (*self.kernel_size, self.filters, input_shape[self._channel_axis]),
            self.strides,
            self.padding,
            self.output_padding,
            self.data_format,
            self.dilation_rate,
        )


class Conv1DTranspose(TransposedConvolution):
    """Transposed convolution over one spatial axis, such as time.

    It maps what a convolution gives back to the shape of its inputs. The kernel has shape
    `(*kernel_size, filters, channels)`.

    Args:
        filters: the number of filters, the size of the result's channel axis.
        kernel_size: the window's size, an int.
        strides: the distance between windows, an int.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out.
        output_padding: how much longer the result is, below the strides; None for what undoes a
            convolution.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel.
        bias_initializer: of the bias.
        kernel_regularizer: a penalty of the kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        kernel_constraint: a projection of the kernel after each step, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Reference:
        Dumoulin and Visin, 2016, https://arxiv.org/abs/1603.07285

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 8, 3))
    >>> keras.layers.Conv1DTranspose(4, 3, strides=2, padding="same")(x).shape[1]
    16
    """

    rank = 1

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Sizes | None = None,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
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


class Conv2DTranspose(TransposedConvolution):
    """Transposed convolution over two spatial axes, such as images.

    It maps what a convolution gives back to the shape of its inputs. The kernel has shape
    `(*kernel_size, filters, channels)`.

    Args:
        filters: the number of filters, the size of the result's channel axis.
        kernel_size: the window's size, an int, or 2 of them.
        strides: the distance between windows, an int, or 2 of them.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out.
        output_padding: how much longer the result is, below the strides; None for what undoes a
            convolution.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        dilation_rate: the distance between a window's elements, an int, or 2 of them.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel.
        bias_initializer: of the bias.
        kernel_regularizer: a penalty of the kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        kernel_constraint: a projection of the kernel after each step, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Reference:
        Dumoulin and Visin, 2016, https://arxiv.org/abs/1603.07285

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 8, 8, 3))
    >>> keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x).shape[1]
    16
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1),
        padding: str = "valid",
        output_padding: Sizes | None = None,
        data_format: str | None = None,
        dilation_rate: Sizes = (1, 1),
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


class Conv3DTranspose(TransposedConvolution):
    """Transposed convolution over three spatial axes, such as volumes.

    It maps what a convolution gives back to the shape of its inputs. The kernel has shape
    `(*kernel_size, filters, channels)`.

    Args:
        filters: the number of filters, the size of the result's channel axis.
        kernel_size: the window's size, an int, or 3 of them.
        strides: the distance between windows, an int, or 3 of them.
        padding: "valid", or "same": zeros, so that `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        output_padding: how much longer the result is, below the strides; None for what undoes a
            convolution.
        dilation_rate: the distance between a window's elements, an int, or 3 of them.
        activation: a function, its name, or None for none.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel.
        bias_initializer: of the bias.
        kernel_regularizer: a penalty of the kernel, or None.
        bias_regularizer: a penalty of the bias, or None.
        activity_regularizer: a penalty of the result, or None.
        kernel_constraint: a projection of the kernel after each step, or None.
        bias_constraint: a projection of the bias after each step, or None.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits, or they exclude each other.

    Reference:
        Dumoulin and Visin, 2016, https://arxiv.org/abs/1603.07285

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 4, 4, 4, 3))
    >>> keras.layers.Conv3DTranspose(4, 3, strides=2, padding="same")(x).shape[1]
    8
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Sizes | None = None,
        dilation_rate: Sizes = (1, 1, 1),
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
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
