"""Layers of image models under short names, each applied at once."""

from __future__ import annotations

from typing import Any

from keras_core import layers
from keras_core.core import settings


def channels_last() -> bool:
    """Whether images are (height, width, channels)."""
    return settings.image_data_format() == "channels_last"


def channel_axis() -> int:
    """The axis of the channels in a batch of images."""
    return 3 if channels_last() else 1


def last_axis() -> int:
    """The same, written -1 where it is the last."""
    return -1 if channels_last() else 1


def channels(x: Any) -> int:
    """The number of channels."""
    return x.shape[last_axis()]


def conv(x: Any, filters: int, size: Any = 1, strides: Any = 1, padding: str = "same", **kw: Any):
    """A convolution without bias."""
    kw = {"use_bias": False} | kw
    return layers.Conv2D(filters, size, strides=strides, padding=padding, **kw)(x)


def depthwise(x: Any, size: Any = 3, strides: Any = 1, padding: str = "same", **kw: Any):
    """A convolution of each channel by itself, without bias."""
    kw = {"use_bias": False} | kw
    return layers.DepthwiseConv2D(size, strides=strides, padding=padding, **kw)(x)


def separable(x: Any, filters: int, size: Any = 3, strides: Any = 1, padding: str = "same", **kw):
    """A depthwise and a pointwise convolution, without bias."""
    kw = {"use_bias": False} | kw
    return layers.SeparableConv2D(filters, size, strides=strides, padding=padding, **kw)(x)


def norm(x: Any, name: str | None = None, **kw: Any):
    """Batch normalisation."""
    return layers.BatchNormalization(**({"axis": channel_axis()} | kw), name=name)(x)


def act(x: Any, kind: str = "relu", name: str | None = None):
    """An activation."""
    return layers.Activation(kind, name=name)(x)


def relu(x: Any, limit: float | None = None, name: str | None = None):
    """A ReLU layer, which can have an upper limit."""
    return layers.ReLU(limit, name=name)(x)


def pad(x: Any, padding: Any, name: str | None = None):
    """Zeros around."""
    return layers.ZeroPadding2D(padding, name=name)(x)


def max_pool(x: Any, size: int, strides: int, padding: str = "valid", name: str | None = None):
    """The largest of each window."""
    return layers.MaxPooling2D(size, strides=strides, padding=padding, name=name)(x)


def avg_pool(x: Any, size: int, strides: int, padding: str = "valid", name: str | None = None):
    """The mean of each window."""
    return layers.AveragePooling2D(size, strides=strides, padding=padding, name=name)(x)


def add(tensors: list[Any], name: str | None = None):
    """The sum."""
    return layers.Add(name=name)(tensors)


def concat(tensors: list[Any], axis: int | None = None, name: str | None = None):
    """Channels side by side."""
    return layers.Concatenate(axis=channel_axis() if axis is None else axis, name=name)(tensors)


def halving_pads(x: Any, size: int) -> Any:
    """Zeros around for a window of `size` to give half of the places, as TensorFlow's "same".

    For even sides, and for unknown ones, there is one less at the top and at the left.
    """
    sides = x.shape[1:3] if channels_last() else x.shape[2:]
    reach = size // 2
    return tuple((reach if side is not None and side % 2 else reach - 1, reach) for side in sides)


def round_to(value: float, divisor: int = 8, least: int | None = None) -> int:
    """The nearest multiple of `divisor`, not more than a tenth below `value`."""
    rounded = max(least or divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded
