"""Cropping, padding, and cutting into patches."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core import errors, settings, shapes, windows
from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, op
from keras_core.ops.image import layout

Sizes = int | Sequence[int]


def _sides(
    owner: str, noun: str, size: Any, before: Any, after: Any, target: Any, axis: str, sign: int
) -> tuple[Any, Any, int | None]:
    """What goes in front and behind, and the resulting size, from two of three numbers."""
    names = {"height": ("top", "bottom"), "width": ("left", "right")}[axis]
    given = {f"{names[0]}_{noun}": before, f"{names[1]}_{noun}": after, f"target_{axis}": target}
    if sum(v is not None for v in given.values()) != 2:
        raise ValueError(
            f"image.{owner}: exactly two of {', '.join(given)} must be given. Received: {given}"
        )
    if target is not None and isinstance(size, int):
        total = sign * (target - size)
        if before is None:
            before = total - after
        else:
            after = total - before
    elif target is not None:  # the size is known at run time only, or not even then
        rest = None if size is None else sign * (target - size)
        if before is None:
            before = None if rest is None else rest - after
        else:
            after = None if rest is None else rest - before
        return before, after, target
    if before < 0 or after < 0:
        raise ValueError(
            f"image.{owner}: the {noun} must not be negative. Received: {given} for images of "
            f"{axis} {size}"
        )
    result = size + sign * (before + after) if isinstance(size, int) else None
    if result is not None and result <= 0:
        raise ValueError(
            f"image.{owner}: the result must have a positive {axis}. Received: {given} for images "
            f"of {axis} {size}"
        )
    return before, after, result


def _both(
    owner: str, noun: str, sign: int, images: Any, given: tuple, data_format: Any, shape: Any
) -> Any:
    top, left, bottom, right, height, width = given
    _, h, w, _ = layout.spatial_axes(images, data_format, owner)
    rows = _sides(owner, noun, shape[h], top, bottom, height, "height", sign)
    columns = _sides(owner, noun, shape[w], left, right, width, "width", sign)
    return h, w, rows, columns


def _cut_shape(owner: str, noun: str, sign: int) -> Any:
    def shape(images: Any, *rest: Any) -> shapes.Shape:
        data_format = rest[6] if len(rest) > 6 else None
        given = (*rest[:6], *(None,) * (6 - len(rest[:6])))
        out = list(rules.shape_of(images))
        h, w, rows, columns = _both(owner, noun, sign, images, given, data_format, tuple(out))
        out[h], out[w] = rows[2], columns[2]
        return tuple(out)

    return shape


@op(shape=_cut_shape("crop_images", "cropping", -1), dtype=rules.keep)
def crop_images(
    images: TensorLike,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Cut rows and columns off; two of top, bottom and height, two of left, right and width.

    Args:
        images: an image or a batch of them.
        top_cropping: how many rows go at the top.
        left_cropping: how many columns go on the left.
        bottom_cropping: how many rows go at the bottom.
        right_cropping: how many columns go on the right.
        target_height: how many rows stay.
        target_width: how many columns stay.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Smaller images.

    Raises:
        ValueError: if not two of three are given, or they do not fit.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 5, 5, 3))
    >>> tuple(keras.ops.image.crop_images(x, 1, 1, target_height=3, target_width=2).shape)
    (1, 3, 2, 3)
    """
    given = (
        top_cropping, left_cropping, bottom_cropping, right_cropping, target_height, target_width,
    )  # fmt: skip
    shape = ops.shape(images)
    h, w, rows, columns = _both("crop_images", "cropping", -1, images, given, data_format, shape)
    cut: list[Any] = [slice(None)] * len(images.shape)
    for axis, (before, after, size) in ((h, rows), (w, columns)):
        end = before + size if isinstance(size, int) else shape[axis] - after
        cut[axis] = slice(before, end)
    return _told(images[tuple(cut)], {h: rows[2], w: columns[2]})


@op(shape=_cut_shape("pad_images", "padding", 1), dtype=rules.keep)
def pad_images(
    images: TensorLike,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Add rows and columns of zeros; two of top, bottom and height, two of left, right and width.

    Args:
        images: an image or a batch of them.
        top_padding: how many rows go at the top.
        left_padding: how many columns go on the left.
        bottom_padding: how many rows go at the bottom.
        right_padding: how many columns go on the right.
        target_height: how many rows there are then.
        target_width: how many columns there are then.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Larger images.

    Raises:
        ValueError: if not two of three are given, or they do not fit.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.ones((1, 5, 5, 3))
    >>> tuple(keras.ops.image.pad_images(x, 1, 1, target_height=8, target_width=9).shape)
    (1, 8, 9, 3)
    """
    given = (
        top_padding, left_padding, bottom_padding, right_padding, target_height, target_width,
    )  # fmt: skip
    shape = ops.shape(images)
    h, w, rows, columns = _both("pad_images", "padding", 1, images, given, data_format, shape)
    pads = [(0, 0)] * len(images.shape)
    pads[h], pads[w] = rows[:2], columns[:2]
    return _told(ops.pad(images, pads), {h: rows[2], w: columns[2]})


def _told(x: Any, sizes: dict[int, int | None]) -> Any:
    """The same images, known to have these sizes before running too."""
    if all(size is None or x.shape[axis] == size for axis, size in sizes.items()):
        return x
    shape = list(ops.shape(x))
    for axis, size in sizes.items():
        shape[axis] = shape[axis] if size is None else size
    return ops.reshape(x, shape)


def _patch_geometry(
    owner: str, rank: int, x: Any, size: Any, strides: Any = None, dilation: Any = 1,
    padding: Any = "valid", data_format: Any = None,
) -> tuple:  # fmt: skip
    data_format = settings.standardize_data_format(data_format)
    shape = rules.shape_of(x)
    if len(shape) not in (rank + 1, rank + 2):
        raise ValueError(
            f"image.{owner}: the first argument must have rank {rank + 1} or {rank + 2}. "
            f"Received: shape {shape}"
        )
    window = windows.sizes(size, rank, owner, "size")
    strides = window if strides is None else windows.sizes(strides, rank, owner, "strides")
    dilation = windows.sizes(dilation, rank, owner, "dilation_rate")
    padding = windows.standardize_padding(padding, owner)
    batched = shape if len(shape) == rank + 2 else (1, *shape)
    spatial, channels, _ = windows.slide(
        owner, batched, window, strides, padding, data_format, dilation
    )
    depth = None if channels is None else channels * math.prod(window)
    out = windows.join_shape(batched[0], spatial, depth, data_format)
    out = out if len(shape) == rank + 2 else out[1:]
    return out, window, strides, padding, data_format, dilation, len(shape) == rank + 1


def _blocks(x: Any, places: Sequence[Any], window: Sequence[int]) -> Any:
    """Windows that lie side by side: the axes are split, and those inside of windows moved last."""
    batch, *_, channels = ops.shape(x)
    x = x[(slice(None), *(slice(0, n * k) for n, k in zip(places, window, strict=True)))]
    split = [size for pair in zip(places, window, strict=True) for size in pair]
    x = ops.reshape(x, (batch, *split, channels))
    outer = range(1, 2 * len(window), 2)
    x = ops.transpose(x, (0, *outer, *(axis + 1 for axis in outer), 2 * len(window) + 1))
    return ops.reshape(x, (batch, *places, channels * math.prod(window)))


def _extract(x: Any, geometry: tuple) -> Any:
    _, window, strides, padding, data_format, dilation, single = geometry
    if single:
        x = ops.expand_dims(x, 0)
    if data_format == "channels_first":
        x = ops.moveaxis(x, 1, -1)
    sizes = ops.shape(x)[1:-1]
    spans = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    if padding == "same":
        pads = [
            windows.same_padding(n, k, s) for n, k, s in zip(sizes, spans, strides, strict=True)
        ]
        x = ops.pad(x, [(0, 0), *pads, (0, 0)])
        sizes = [n + a + b for n, (a, b) in zip(sizes, pads, strict=True)]
    places = [(n - k) // s + 1 for n, k, s in zip(sizes, spans, strides, strict=True)]
    if strides == window and spans == list(window):
        out = _blocks(x, places, window)
    else:
        taps = []
        for at in itertools.product(*map(range, window)):
            cut = tuple(
                slice(i * d, i * d + (n - 1) * s + 1, s)
                for i, d, n, s in zip(at, dilation, places, strides, strict=True)
            )
            taps.append(x[(slice(None), *cut)])
        out = ops.concatenate(taps, axis=-1)
    if data_format == "channels_first":
        out = ops.moveaxis(out, -1, 1)
    return ops.squeeze(out, 0) if single else out


_patches = functools.partial(_patch_geometry, "extract_patches", 2)
_volume_patches = functools.partial(_patch_geometry, "extract_patches_3d", 3)


@op(shape=lambda *given: _patches(*given)[0], dtype=rules.keep, name="extract_patches")
def _extract_patches(
    images: TensorLike,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    return _extract(images, _patches(images, size, strides, dilation_rate, padding, data_format))


def extract_patches(
    images: TensorLike,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Windows of images (or volumes, for three sizes), their pixels as channels.

    Args:
        images: an image or a batch of them.
        size: the windows' height and width, an int or two.
        strides: the windows' distance; None for `size`.
        dilation_rate: the distance between a window's pixels.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images of windows with `height * width * channels` channels, the pixels' channels
        together.

    Raises:
        ValueError: if the sizes do not fit.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.image.extract_patches(keras.ops.ones((1, 4, 4, 3)), 2).shape)
    (1, 2, 2, 12)
    """
    if not isinstance(size, int) and len(size) == 3:
        return extract_patches_3d(images, size, strides, dilation_rate, padding, data_format)
    if not isinstance(size, int) and len(size) != 2:
        raise ValueError(
            errors.message("image.extract_patches", "size", "be an int or 2 or 3 of them", size)
        )
    return _extract_patches(images, size, strides, dilation_rate, padding, data_format)


@op(shape=lambda *given: _volume_patches(*given)[0], dtype=rules.keep, name="extract_patches_3d")
def _extract_volumes(
    volumes: TensorLike,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    given = volumes, size, strides, dilation_rate, padding, data_format
    return _extract(volumes, _volume_patches(*given))


def extract_patches_3d(
    volumes: TensorLike,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Windows of volumes, their voxels as channels.

    Args:
        volumes: `(depth, height, width, channels)` or a batch of them.
        size: the windows' sizes, an int or three.
        strides: the windows' distance; None for `size`.
        dilation_rate: the distance between a window's voxels.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Volumes of windows.

    Raises:
        ValueError: if the sizes do not fit.

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.image.extract_patches_3d(keras.ops.ones((1, 4, 4, 4, 1)), 2).shape)
    (1, 2, 2, 2, 8)
    """
    # Three sizes: by them files tell it from `extract_patches`, whose class they have for both.
    size = windows.sizes(size, 3, "extract_patches_3d", "size")
    return _extract_volumes(volumes, size, strides, dilation_rate, padding, data_format)
