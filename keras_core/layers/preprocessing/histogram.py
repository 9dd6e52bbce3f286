"""Layers that spread an image's colours evenly: by one histogram, or by those of its tiles."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core.limits import NUMBER, POSITIVE_INT, Limit
from keras_core.layers.preprocessing.colour import Colouring
from keras_core.layers.preprocessing.image_base import scaled, unscaled

_BYTES = (0, 255)
_TOP = 255.0
_TILES = Limit(
    "be two positive ints",
    lambda v: isinstance(v, (tuple, list)) and len(v) == 2 and all(map(POSITIVE_INT.holds, v)),
    (8, (0, 1), (8,), "8x8"),
)


def _counted(levels: Any, groups: Any, bins: int) -> Any:
    """Histograms `(groups, bins)` of `levels`: each row of `(groups, pixels)` is counted apart."""
    places = ops.add(
        ops.multiply(ops.expand_dims(ops.arange(groups, dtype="int32"), 1), bins), levels
    )
    places = ops.reshape(places, (-1,))
    ones = ops.cast(ops.ones_like(places), "float32")
    return ops.reshape(ops.segment_sum(ones, places, num_segments=groups * bins), (-1, bins))


class _Histogram(Colouring):
    """What both share: bytes, and the channels last while at work."""

    _random = False
    factors = {}

    def _bytes(self, images: Any) -> Any:
        """Pixels from 0 to 255, the channels last."""
        images = ops.multiply(
            ops.clip(scaled(ops.cast(images, "float32"), self.value_range), 0.0, 1.0), _TOP
        )
        return (
            images if self.data_format == "channels_last" else ops.transpose(images, (0, 2, 3, 1))
        )

    def _restored(self, images: Any) -> Any:
        """The pixels as they came: range, layout and dtype."""
        if self.data_format == "channels_first":
            images = ops.transpose(images, (0, 3, 1, 2))
        done = unscaled(ops.divide(images, _TOP), self.value_range)
        return ops.cast(done, self.compute_dtype)


class Equalization(_Histogram):
    """Spread the values of each channel, so that each range of them is as frequent as others.

    Args:
        value_range: the range of pixels.
        bins: how many values are told apart.
        data_format: "channels_last" or "channels_first".
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> image = keras.ops.reshape(keras.ops.arange(4.0), (2, 2, 1))
    >>> y = keras.layers.Equalization()(image)
    >>> keras.ops.convert_to_numpy(y).ravel().tolist()
    [0.0, 85.0, 170.0, 255.0]
    """

    limits = {"bins": POSITIVE_INT}
    bins: int

    def __init__(
        self,
        value_range: Any = _BYTES,
        bins: int = 256,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        images = ops.cast(images, self.compute_dtype)
        if not training:
            return images
        values = ops.transpose(self._bytes(images), (0, 3, 1, 2))
        sizes = ops.shape(values)
        groups = sizes[0] * sizes[1]
        levels = ops.cast(ops.floor(ops.multiply(values, (self.bins - 1) / _TOP)), "int32")
        levels = ops.reshape(levels, (groups, sizes[2] * sizes[3]))
        counts = _counted(levels, groups, self.bins)
        below = ops.cumsum(counts, axis=-1)
        total = below[:, -1:]
        first = ops.min(ops.where(ops.greater(counts, 0), below, total), axis=-1, keepdims=True)
        spread = ops.subtract(total, first)
        table = ops.divide(ops.subtract(below, first), ops.maximum(spread, 1.0))
        table = ops.round(ops.multiply(ops.maximum(table, 0.0), _TOP))
        even = ops.take_along_axis(table, levels, axis=-1)
        even = ops.transpose(ops.reshape(even, sizes), (0, 2, 3, 1))
        # A channel of one value only has nothing to spread.
        flat = ops.reshape(ops.equal(spread, 0.0), (sizes[0], *self._ones_but_channels(sizes[1])))
        return ops.where(flat, images, self._restored(even))

    def _ones_but_channels(self, channels: int) -> tuple[int, int, int]:
        return (1, 1, channels) if self.data_format == "channels_last" else (channels, 1, 1)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        """KerasTensors for what comes out."""
        return super().compute_output_spec(inputs, **kwargs)


class ContrastLimitedAdaptiveHistogramEqualization(_Histogram):
    """Spread the values of each part of an image, without making much of small differences.

    An image is cut into tiles. Each has a histogram for each channel, whose peaks are cut and
    spread over all values; a pixel goes by the four tiles around it, the more the nearer.

    Args:
        value_range: the range of pixels.
        clip_limit: how many times its even share a value may count; 0 for any number.
        tile_grid_size: how many tiles there are, down and across.
        data_format: "channels_last" or "channels_first".
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Reference:
        Zuiderveld, 1994, "Contrast limited adaptive histogram equalization"

    Example:

    >>> import keras_core as keras
    >>> layer = keras.layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2))
    >>> layer(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    limits = {"clip_limit": NUMBER, "tile_grid_size": _TILES}
    clip_limit: float
    tile_grid_size: tuple[int, int]

    def __init__(
        self,
        value_range: Any = _BYTES,
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        values = self._bytes(images)
        levels = ops.cast(ops.floor(values), "int32")
        batch, height, width, channels = ops.shape(values)
        down, across = self.tile_grid_size
        # Tiles of one size: the last ones mirror the image's ends.
        tall, wide = -(-height // down), -(-width // across)
        pads = [(0, 0), (0, tall * down - height), (0, wide * across - width), (0, 0)]
        tiles = ops.pad(levels, pads, mode="symmetric")
        tiles = ops.reshape(tiles, (-1, down, tall, across, wide, channels))
        tiles = ops.transpose(tiles, (0, 1, 3, 5, 2, 4))
        groups = batch * (down * across * channels)
        pixels = tall * wide
        table = self._values(ops.reshape(tiles, (groups, pixels)), groups, pixels)
        table = ops.reshape(table, (-1,))
        # Each pixel by the tables of the four tiles whose middles are around it.
        rows, columns = self._neighbours(height, tall, down), self._neighbours(width, wide, across)
        image = ops.reshape(ops.arange(batch, dtype="int32"), (-1, 1, 1, 1))
        channel = ops.reshape(ops.arange(channels, dtype="int32"), (1, 1, 1, -1))
        out: Any = 0.0
        for row, row_share in rows:
            for column, column_share in columns:
                tile = ops.add(
                    ops.multiply(
                        ops.add(ops.multiply(image, down), ops.reshape(row, (1, -1, 1, 1))), across
                    ),
                    ops.reshape(column, (1, 1, -1, 1)),
                )
                place = ops.add(ops.multiply(tile, channels), channel)
                found = ops.take(table, ops.add(ops.multiply(place, 256), levels))
                share = ops.multiply(
                    ops.reshape(row_share, (1, -1, 1, 1)), ops.reshape(column_share, (1, 1, -1, 1))
                )
                out = ops.add(out, ops.multiply(found, share))
        return self._restored(out)

    def _values(self, levels: Any, groups: Any, pixels: Any) -> Any:
        """What each value becomes in each tile: `(groups, 256)`."""
        counts = _counted(levels, groups, 256)
        if self.clip_limit > 0:
            limit = self.clip_limit * pixels / 256
            cut = ops.minimum(counts, limit)
            excess = ops.sum(ops.subtract(counts, cut), axis=-1, keepdims=True)
            counts = ops.add(cut, ops.divide(excess, 256.0))
        below = ops.cumsum(counts, axis=-1)
        first = below[:, :1]
        spread = ops.maximum(ops.subtract(ops.cast(pixels, "float32"), first), 1.0)
        table = ops.divide(ops.multiply(ops.subtract(below, first), _TOP), spread)
        return ops.clip(table, 0.0, _TOP)

    @staticmethod
    def _neighbours(size: Any, tile: Any, count: int) -> list[tuple[Any, Any]]:
        """For each row (or column) the tile before and after it, and their shares."""
        at = ops.subtract(ops.divide(ops.cast(ops.arange(size), "float32"), float(tile)), 0.5)
        before = ops.floor(at)
        share = ops.subtract(at, before)
        low = ops.cast(ops.clip(before, 0, count - 1), "int32")
        high = ops.cast(ops.clip(ops.add(before, 1), 0, count - 1), "int32")
        return [(low, ops.subtract(1.0, share)), (high, share)]
