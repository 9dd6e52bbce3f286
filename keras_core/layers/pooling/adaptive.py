"""Adaptive pooling: as many windows as the result shall have places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from keras_core import ops
from keras_core.core import settings, shapes, windows
from keras_core.core.limits import DATA_FORMAT, SIZES
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer

Sizes = int | tuple[int, ...]


class AdaptivePooling(OptionsLayer):
    """Windows whose sizes follow from the inputs'."""

    limits = {"data_format": DATA_FORMAT, "output_size": SIZES}
    rank: ClassVar[int]
    _pool: ClassVar[Callable]

    def _configure(self, values: Any) -> None:
        values = dict(values)
        try:
            size = windows.sizes(values["output_size"], self.rank, self._owner, "output_size")
        except TypeError:
            raise self._refuse(
                "output_size", f"be a positive int or {self.rank} of them", values["output_size"]
            ) from None
        values["output_size"] = size
        self._set_options(values)
        self.data_format = settings.standardize_data_format(self.data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def build(self, input_shape: Any) -> None:
        self.compute_output_shape(input_shape)  # whether the window fits

    def call(self, inputs: Any) -> Any:
        return type(self)._pool(inputs, self.output_size, self.data_format)

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        _, channels = windows.split_shape(tuple(input_shape), self.data_format)
        return windows.join_shape(input_shape[0], self.output_size, channels, self.data_format)


class AdaptiveMaxPooling1D(AdaptivePooling):
    """Largest values of windows spread evenly over one spatial axis.

    Args:
        output_size: the result's spatial size, an int.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AdaptiveMaxPooling1D(2)(keras.ops.ones((1, 8, 3))).shape[1]
    2
    """

    rank = 1
    _pool = staticmethod(ops.adaptive_max_pool)

    def __init__(self, output_size: Sizes, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class AdaptiveMaxPooling2D(AdaptivePooling):
    """Largest values of windows spread evenly over two spatial axes.

    Args:
        output_size: the result's spatial size, an int, or 2 of them.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AdaptiveMaxPooling2D(2)(keras.ops.ones((1, 8, 8, 3))).shape[1]
    2
    """

    rank = 2
    _pool = staticmethod(ops.adaptive_max_pool)

    def __init__(self, output_size: Sizes, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class AdaptiveMaxPooling3D(AdaptivePooling):
    """Largest values of windows spread evenly over three spatial axes.

    Args:
        output_size: the result's spatial size, an int, or 3 of them.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AdaptiveMaxPooling3D(2)(keras.ops.ones((1, 4, 4, 4, 3))).shape[1]
    2
    """

    rank = 3
    _pool = staticmethod(ops.adaptive_max_pool)

    def __init__(self, output_size: Sizes, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class AdaptiveAveragePooling1D(AdaptivePooling):
    """Means of windows spread evenly over one spatial axis.

    Args:
        output_size: the result's spatial size, an int.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AdaptiveAveragePooling1D(2)(keras.ops.ones((1, 8, 3))).shape[1]
    2
    """

    rank = 1
    _pool = staticmethod(ops.adaptive_average_pool)

    def __init__(self, output_size: Sizes, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class AdaptiveAveragePooling2D(AdaptivePooling):
    """Means of windows spread evenly over two spatial axes.

    Args:
        output_size: the result's spatial size, an int, or 2 of them.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AdaptiveAveragePooling2D(2)(keras.ops.ones((1, 8, 8, 3))).shape[1]
    2
    """

    rank = 2
    _pool = staticmethod(ops.adaptive_average_pool)

    def __init__(self, output_size: Sizes, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class AdaptiveAveragePooling3D(AdaptivePooling):
    """Means of windows spread evenly over three spatial axes.

    Args:
        output_size: the result's spatial size, an int, or 3 of them.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AdaptiveAveragePooling3D(2)(keras.ops.ones((1, 4, 4, 4, 3))).shape[1]
    2
    """

    rank = 3
    _pool = staticmethod(ops.adaptive_average_pool)

    def __init__(self, output_size: Sizes, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._configure(locals())
