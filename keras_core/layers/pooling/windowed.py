"""Max and average pooling with sliding windows over 1, 2 or 3 spatial axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras_core import ops
from keras_core.core import settings, shapes, windows
from keras_core.core.limits import DATA_FORMAT, SIZES, one_of
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer

Sizes = int | tuple[int, ...]


_POOLS: dict[str, Callable] = {"max": ops.max_pool, "average": ops.average_pool}


class BasePooling(OptionsLayer):
    """One value for each window: what the max and average poolings are.

    Args:
        pool_size: the window's size, an int, or one for each axis.
        strides: the distance between windows; None for `pool_size`.
        pool_dimensions: the number of spatial axes, from 1 to 3.
        pool_mode: "max" or "average".
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None for the configured one.
        name: a string without "/".
        **kwargs: `dtype` and `trainable` of `Layer`.
    """

    limits = {
        "data_format": DATA_FORMAT,
        "pool_size": SIZES,
        "strides": SIZES,
        "padding": one_of("valid", "same"),
    }
    unsaved = frozenset(("pool_dimensions", "pool_mode"))

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None,
        pool_dimensions: int,
        pool_mode: str = "max",
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if pool_mode not in _POOLS:
            raise self._refuse("pool_mode", f"be one of {tuple(_POOLS)}", pool_mode)
        self.pool_mode = pool_mode
        self._pool = _POOLS[pool_mode]
        self._configure(locals(), pool_dimensions)

    def _configure(self, values: Mapping[str, Any], rank: int) -> None:
        values = dict(values)
        if values["strides"] is None:
            values["strides"] = values["pool_size"]
        for name in ("pool_size", "strides"):
            try:
                values[name] = windows.sizes(values[name], rank, self._owner, name)
            except TypeError:
                raise self._refuse(
                    name, f"be a positive int or {rank} of them", values[name]
                ) from None
        values["padding"] = windows.standardize_padding(values["padding"], self._owner)
        self._set_options(values)
        self.data_format = settings.standardize_data_format(self.data_format)
        self.input_spec = InputSpec(ndim=rank + 2)

    def build(self, input_shape: Any) -> None:
        self.compute_output_shape(input_shape)  # whether the window fits

    def call(self, inputs: Any) -> Any:
        return self._pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        spatial, channels, data_format = windows.slide(
            self._owner,
            tuple(input_shape),
            self.pool_size,
            self.strides,
            self.padding,
            self.data_format,
        )
        return windows.join_shape(input_shape[0], spatial, channels, data_format)


class MaxPooling1D(BasePooling):
    """Largest values of windows that slide over one spatial axis.

    Args:
        pool_size: the window's size, an int.
        strides: the distance between windows; None for `pool_size`.
        padding: "valid", or "same": `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        name: a string without "/".
        **kwargs: `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.MaxPooling1D(2)(keras.ops.ones((1, 8, 3))).shape[1]
    4
    """

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, 1, "max", padding, data_format, name, **kwargs)


class MaxPooling2D(BasePooling):
    """Largest values of windows that slide over two spatial axes.

    Args:
        pool_size: the window's size, an int, or 2 of them.
        strides: the distance between windows; None for `pool_size`.
        padding: "valid", or "same": `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        name: a string without "/".
        **kwargs: `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.MaxPooling2D(2)(keras.ops.ones((1, 8, 8, 3))).shape[1]
    4
    """

    def __init__(
        self,
        pool_size: Sizes = (2, 2),
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, 2, "max", padding, data_format, name, **kwargs)


class MaxPooling3D(BasePooling):
    """Largest values of windows that slide over three spatial axes.

    Args:
        pool_size: the window's size, an int, or 3 of them.
        strides: the distance between windows; None for `pool_size`.
        padding: "valid", or "same": `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        name: a string without "/".
        **kwargs: `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.MaxPooling3D(2)(keras.ops.ones((1, 4, 4, 4, 3))).shape[1]
    2
    """

    def __init__(
        self,
        pool_size: Sizes = (2, 2, 2),
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, 3, "max", padding, data_format, name, **kwargs)


class AveragePooling1D(BasePooling):
    """Means of windows that slide over one spatial axis.

    With padding, what is padded does not count.

    Args:
        pool_size: the window's size, an int.
        strides: the distance between windows; None for `pool_size`.
        padding: "valid", or "same": `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        name: a string without "/".
        **kwargs: `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AveragePooling1D(2)(keras.ops.ones((1, 8, 3))).shape[1]
    4
    """

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, 1, "average", padding, data_format, name, **kwargs)


class AveragePooling2D(BasePooling):
    """Means of windows that slide over two spatial axes.

    With padding, what is padded does not count.

    Args:
        pool_size: the window's size, an int, or 2 of them.
        strides: the distance between windows; None for `pool_size`.
        padding: "valid", or "same": `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        name: a string without "/".
        **kwargs: `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AveragePooling2D(2)(keras.ops.ones((1, 8, 8, 3))).shape[1]
    4
    """

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, 2, "average", padding, data_format, name, **kwargs)


class AveragePooling3D(BasePooling):
    """Means of windows that slide over three spatial axes.

    With padding, what is padded does not count.

    Args:
        pool_size: the window's size, an int, or 3 of them.
        strides: the distance between windows; None for `pool_size`.
        padding: "valid", or "same": `ceil(size / stride)` places come out.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        name: a string without "/".
        **kwargs: `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AveragePooling3D(2)(keras.ops.ones((1, 4, 4, 4, 3))).shape[1]
    2
    """

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, 3, "average", padding, data_format, name, **kwargs)


# The same classes under their other public names.
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
