"""Cropping, ZeroPadding and UpSampling over 1, 2 or 3 spatial axes."""

from __future__ import annotations

from typing import Any, ClassVar

from keras_core import ops
from keras_core.core import settings, shapes, windows
from keras_core.core.limits import DATA_FORMAT, POSITIVE_INT, SIZES, ends, one_of
from keras_core.layers.base.call import only_tensors
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer
from keras_core.symbolic.keras_tensor import KerasTensor

Pair = tuple[int, int]


class _Spatial(OptionsLayer):
    """A change of the spatial sizes; the result has the inputs' dtype."""

    limits = {"data_format": DATA_FORMAT}
    rank: ClassVar[int]
    data_format = "channels_last"

    def _configure(self, values: Any) -> None:
        self._set_options(values)
        if "data_format" in values:
            self.data_format = settings.standardize_data_format(values["data_format"])
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _pairs(self, name: str) -> tuple[Pair, ...]:
        """A pair for each axis, for the option of that name."""
        pairs = getattr(self, name)
        return (pairs,) if self.rank == 1 else pairs

    def _resized(self, size: Any, i: int) -> Any:
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        spatial, channels = windows.split_shape(tuple(input_shape), self.data_format)
        sizes = [None if n is None else self._resized(n, i) for i, n in enumerate(spatial)]
        return windows.join_shape(input_shape[0], sizes, channels, self.data_format)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        inputs = only_tensors(args, kwargs)
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)

    @property
    def _first(self) -> int:
        return 1 if self.data_format == "channels_last" else 2


class Cropping(_Spatial):
    """Elements cut off at both ends of each spatial axis."""

    _cuts: tuple[Pair, ...]

    def _configure(self, values: Any) -> None:
        super()._configure(values)
        self._cuts = self._pairs("cropping")

    def _resized(self, size: Any, i: int) -> Any:
        left = size - sum(self._cuts[i])
        if left < 0 or (left == 0 and size > 0):
            raise ValueError(
                f"{self._owner}: cropping must leave something of the inputs. Received: "
                f"cropping={self.cropping}, inputs of size {size} along spatial axis {i}"
            )
        return left

    def call(self, inputs: Any) -> Any:
        self.compute_output_shape(tuple(inputs.shape))
        cuts = tuple(slice(a, -b if b else None) for a, b in self._cuts)
        return inputs[(slice(None),) * self._first + cuts]


class Padding(_Spatial):
    """Zeros put in front and behind along each spatial axis."""

    _pads: tuple[Pair, ...]

    def _configure(self, values: Any) -> None:
        super()._configure(values)
        self._pads = self._pairs("padding")

    def _resized(self, size: Any, i: int) -> Any:
        return size + sum(self._pads[i])

    def call(self, inputs: Any) -> Any:
        pads = [(0, 0)] * (self.rank + 2)
        pads[self._first : self._first + self.rank] = self._pads
        return ops.pad(inputs, pads)


class UpSampling(_Spatial):
    """Elements repeated along each spatial axis."""

    interpolation = "nearest"

    def _configure(self, values: Any) -> None:
        size = self._check("size", values["size"])
        self._times = windows.sizes(size, self.rank, self._owner, "size")
        super()._configure({**values, "size": self._times} if self.rank > 1 else values)

    def _resized(self, size: Any, i: int) -> Any:
        return size * self._times[i]

    def call(self, inputs: Any) -> Any:
        if self.interpolation != "nearest":
            spatial, _ = windows.split_shape(ops.shape(inputs), self.data_format)
            return ops.image.resize(
                inputs,
                tuple(n * t for n, t in zip(spatial, self._times, strict=True)),
                interpolation=self.interpolation,
                data_format=self.data_format,
            )
        for i, times in enumerate(self._times):
            if times > 1:
                inputs = ops.repeat(inputs, times, axis=self._first + i)
        return inputs


class Cropping1D(Cropping):
    """Cut elements off at the ends of sequences.

    Args:
        cropping: how many, an int, or one for either end.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.Cropping1D()(keras.ops.ones((1, 8, 3))).shape[1]
    6
    """

    rank = 1
    limits = {"cropping": ends(1)}

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class Cropping2D(Cropping):
    """Cut elements off at the ends of images.

    Args:
        cropping: how many, an int, 2 ints, or 2 pairs for both ends of each axis.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.Cropping2D()(keras.ops.ones((1, 8, 8, 3))).shape[1]
    8
    """

    rank = 2
    limits = {"cropping": ends(2)}

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class Cropping3D(Cropping):
    """Cut elements off at the ends of volumes.

    Args:
        cropping: how many, an int, 3 ints, or 3 pairs for both ends of each axis.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.Cropping3D()(keras.ops.ones((1, 8, 4, 4, 3))).shape[1]
    6
    """

    rank = 3
    limits = {"cropping": ends(3)}

    def __init__(
        self,
        cropping: Any = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class ZeroPadding1D(Padding):
    """Put zeros at the ends of sequences.

    Args:
        padding: how many, an int, or one for either end.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.ZeroPadding1D()(keras.ops.ones((1, 8, 3))).shape[1]
    10
    """

    rank = 1
    limits = {"padding": ends(1)}

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class ZeroPadding2D(Padding):
    """Put zeros at the ends of images.

    Args:
        padding: how many, an int, 2 ints, or 2 pairs for both ends of each axis.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.ZeroPadding2D()(keras.ops.ones((1, 8, 8, 3))).shape[1]
    10
    """

    rank = 2
    limits = {"padding": ends(2)}

    def __init__(
        self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class ZeroPadding3D(Padding):
    """Put zeros at the ends of volumes.

    Args:
        padding: how many, an int, 3 ints, or 3 pairs for both ends of each axis.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.ZeroPadding3D()(keras.ops.ones((1, 8, 4, 4, 3))).shape[1]
    10
    """

    rank = 3
    limits = {"padding": ends(3)}

    def __init__(
        self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class UpSampling1D(UpSampling):
    """Repeat the elements of sequences along their spatial axis.

    Args:
        size: how often, a positive int.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.UpSampling1D()(keras.ops.ones((1, 8, 3))).shape[1]
    16
    """

    rank = 1
    limits = {"size": POSITIVE_INT}

    def __init__(self, size: Any = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class UpSampling2D(UpSampling):
    """Repeat the elements of images along their spatial axes.

    Args:
        size: how often, a positive int or 2 of them.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.UpSampling2D()(keras.ops.ones((1, 8, 8, 3))).shape[1]
    16
    """

    rank = 2
    limits = {
        "size": SIZES,
        "interpolation": one_of("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
        "data_format": DATA_FORMAT,
    }

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._configure(locals())


class UpSampling3D(UpSampling):
    """Repeat the elements of volumes along their spatial axes.

    Args:
        size: how often, a positive int or 3 of them.
        data_format: "channels_last" or "channels_first"; None for the configured one.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.UpSampling3D()(keras.ops.ones((1, 8, 4, 4, 3))).shape[1]
    16
    """

    rank = 3
    limits = {"size": SIZES}

    def __init__(
        self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._configure(locals())
