"""What all convolutional layers share: options, shapes, the bias and the activation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from keras_core import activations, ops
from keras_core.backends.select import backend
from keras_core.core import settings, windows
from keras_core.core.limits import BOOL, DATA_FORMAT, POSITIVE_INT, SIZES, one_of
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer

Sizes = int | tuple[int, ...]
CAUSAL = ("valid", "same", "causal")
linear = activations.linear
native = backend.convolution.biased_conv


class ConvolutionBase(OptionsLayer):
    """Options with one value a spatial axis, and what comes after the products."""

    limits = {
        "filters": POSITIVE_INT,
        "groups": POSITIVE_INT,
        "depth_multiplier": POSITIVE_INT,
        "use_bias": BOOL,
        "data_format": DATA_FORMAT,
        "padding": one_of("valid", "same", "causal"),
        **dict.fromkeys(("kernel_size", "strides", "dilation_rate"), SIZES),
    }
    saves_activity_regularizer = True
    rank: int
    paddings: tuple[str, ...] = ("valid", "same")
    takes_both: ClassVar[bool] = False  # strides and dilation at once: depthwise kernels do

    def _start(self, values: Mapping[str, Any]) -> None:
        """The whole of a constructor, given its `locals()`."""
        super().__init__(activity_regularizer=values["activity_regularizer"], **values["kwargs"])
        self._configure(values)

    def _configure(self, values: Mapping[str, Any]) -> None:
        """Check the constructor's `locals()`, bring sizes to one an axis, keep them."""
        values = dict(values)
        for name in ("kernel_size", "strides", "dilation_rate"):
            try:
                values[name] = windows.sizes(values[name], self.rank, self._owner, name)
            except TypeError:
                raise self._refuse(
                    name, f"be a positive int or {self.rank} of them", values[name]
                ) from None
        padding = values["padding"]
        padding = padding.lower() if isinstance(padding, str) else padding
        if not isinstance(padding, str) or padding not in self.paddings:
            raise self._refuse("padding", f"be one of {self.paddings}", padding)
        values["padding"] = padding
        both = max(values["strides"]) > 1 and max(values["dilation_rate"]) > 1
        if both and not self.takes_both:
            raise ValueError(
                f"{self._owner}: strides and dilation_rate must not both be above 1. Received: "
                f"strides={values['strides']}, dilation_rate={values['dilation_rate']}"
            )
        self._set_options(values)
        self.data_format = settings.standardize_data_format(self.data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def _channels(self, input_shape: Any) -> int:
        """The inputs' channels, which the inputs of all later calls must have too."""
        if len(input_shape) != self.rank + 2:
            raise self._refuse("inputs", f"have rank {self.rank + 2}", tuple(input_shape))
        channels = input_shape[self._channel_axis]
        if channels is None:
            raise self._refuse("the inputs' channel axis", "have a known size", tuple(input_shape))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: channels})
        return channels

    def _add(self, kind: str, name: str, shape: tuple[int, ...]) -> Any:
        """A weight with the options named after its kind."""
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{kind}_initializer"),
            regularizer=getattr(self, f"{kind}_regularizer"),
            constraint=getattr(self, f"{kind}_constraint"),
        )

    def _finished(self, y: Any) -> Any:
        """The products with the bias added and the activation applied."""
        if self.bias is not None:
            bias = self.bias.tensor
            if self.data_format == "channels_first":
                bias = ops.reshape(bias, (1, -1, *(1,) * self.rank))
            y = ops.add(y, bias)
        return y if self.activation is linear else self.activation(y)

    def _causal(self, inputs: Any) -> Any:
        """Zeros in front of the only spatial axis, so that no place sees later ones."""
        front = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        pads = [(0, 0), (front, 0), (0, 0)]
        if self.data_format == "channels_first":
            pads[1:] = pads[:0:-1]
        return ops.pad(inputs, pads)

    @property
    def _inner_padding(self) -> str:
        return "valid" if self.padding == "causal" else self.padding

    @property
    def _shape_padding(self) -> str:
        return "same" if self.padding == "causal" else self.padding  # the same sizes
