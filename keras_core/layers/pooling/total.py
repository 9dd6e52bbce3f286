"""Global pooling: one value for each channel."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import settings, shapes
from keras_core.core.errors import message
from keras_core.core.limits import BOOL, DATA_FORMAT
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer
from keras_core.layers.base.structures import goes_with
from keras_core.ops.rules import shape_of


class BaseGlobalPooling(OptionsLayer):
    """All spatial axes reduced: what the global poolings are. Subclasses define `call`.

    Args:
        pool_dimensions: the number of spatial axes, from 1 to 3.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.
    """

    limits = {"data_format": DATA_FORMAT, "keepdims": BOOL}
    unsaved = frozenset(("pool_dimensions",))

    def __init__(
        self,
        pool_dimensions: int,
        data_format: str | None = None,
        keepdims: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        self.data_format = settings.standardize_data_format(self.data_format)
        first = 1 if self.data_format == "channels_last" else 2
        self._axes = tuple(range(first, first + pool_dimensions))
        self.input_spec = InputSpec(ndim=pool_dimensions + 2)
        self.input_spec.takes_ragged = True

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        return shapes.reduced(tuple(input_shape), self._axes, self.keepdims)


class GlobalMaxPooling1D(BaseGlobalPooling):
    """Largest values over one spatial axis.

    Args:
        data_format: "channels_last" or "channels_first"; None for the configured one.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.GlobalMaxPooling1D()(keras.ops.ones((1, 8, 3))).shape)
    (1, 3)
    """

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(1, data_format, keepdims, **kwargs)

    def call(self, inputs: Any) -> Any:
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalMaxPooling2D(BaseGlobalPooling):
    """Largest values over two spatial axes.

    Args:
        data_format: "channels_last" or "channels_first"; None for the configured one.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.GlobalMaxPooling2D()(keras.ops.ones((1, 8, 8, 3))).shape)
    (1, 3)
    """

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(2, data_format, keepdims, **kwargs)

    def call(self, inputs: Any) -> Any:
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalMaxPooling3D(BaseGlobalPooling):
    """Largest values over three spatial axes.

    Args:
        data_format: "channels_last" or "channels_first"; None for the configured one.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.GlobalMaxPooling3D()(keras.ops.ones((1, 4, 4, 4, 3))).shape)
    (1, 3)
    """

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(3, data_format, keepdims, **kwargs)

    def call(self, inputs: Any) -> Any:
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalAveragePooling1D(BaseGlobalPooling):
    """Means over one spatial axis.

    Steps that a mask leaves out do not count.

    Args:
        data_format: "channels_last" or "channels_first"; None for the configured one.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.GlobalAveragePooling1D()(keras.ops.ones((1, 8, 3))).shape)
    (1, 3)
    """

    passes_masks = True

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(1, data_format, keepdims, **kwargs)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)
        last = self.data_format == "channels_last"
        mask = ops.cast(mask, ops.dtype(inputs))
        sizes, shape = shape_of(inputs), shape_of(mask)
        steps = (sizes[0], sizes[self._axes[0]])
        if len(shape) != 2 or not goes_with(shape, steps):
            must = f"have the axes (batch, steps) = {steps}"
            mend = "TimeDistributed hands on what its mask has after the axis of time."
            raise ValueError(
                message(self._owner, "mask", must, shape, mend if len(shape) < 2 else "")
            )
        weights = ops.expand_dims(mask, 2 if last else 1)
        total = ops.sum(ops.multiply(inputs, weights), axis=self._axes, keepdims=self.keepdims)
        count = ops.sum(weights, axis=self._axes, keepdims=self.keepdims)
        return ops.divide(total, count)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


class GlobalAveragePooling2D(BaseGlobalPooling):
    """Means over two spatial axes.

    Args:
        data_format: "channels_last" or "channels_first"; None for the configured one.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.GlobalAveragePooling2D()(keras.ops.ones((1, 8, 8, 3))).shape)
    (1, 3)
    """

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(2, data_format, keepdims, **kwargs)

    def call(self, inputs: Any) -> Any:
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalAveragePooling3D(BaseGlobalPooling):
    """Means over three spatial axes.

    Args:
        data_format: "channels_last" or "channels_first"; None for the configured one.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.layers.GlobalAveragePooling3D()(keras.ops.ones((1, 4, 4, 4, 3))).shape)
    (1, 3)
    """

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(3, data_format, keepdims, **kwargs)

    def call(self, inputs: Any) -> Any:
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


# The same classes under their other public names.
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
