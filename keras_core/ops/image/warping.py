"""Images looked up at computed places: affine, perspective and elastic transforms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import dtypes, errors, shapes
from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, op
from keras_core.ops.image import filtering, layout

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
_ORDERS = {"nearest": 0, "bilinear": 1}


def _check_mode(owner: str, fill_mode: Any) -> None:
    if fill_mode not in FILL_MODES:
        raise ValueError(
            errors.message(f"image.{owner}", "fill_mode", f"be one of {FILL_MODES}", fill_mode)
        )


def _order(owner: str, interpolation: Any) -> int:
    if interpolation not in _ORDERS:
        raise ValueError(
            errors.message(
                f"image.{owner}", "interpolation", f"be one of {tuple(_ORDERS)}", interpolation
            )
        )
    return _ORDERS[interpolation]


def _folded(index: Any, size: int, mode: str, ends: tuple[Any, Any]) -> Any:
    """Indices outside of an axis, taken back into it; `ends`: its first one and its last one."""
    if mode in ("constant", "nearest"):
        return ops.clip(index, *ends)
    if mode == "wrap":
        return ops.mod(index, size)
    if mode == "mirror":  # d c b | a b c d | c b a
        if size == 1:
            return ops.zeros_like(index)
        return ops.absolute(ops.mod(index + (size - 1), 2 * (size - 1)) - (size - 1))
    folded = ops.mod(index, 2 * size)  # d c b a | a b c d | d c b a
    return ops.minimum(folded, 2 * size - 1 - folded)


def _look_up(
    pixels: Any,
    sizes: Sequence[int],
    coordinates: Sequence[Any],
    base: Any,
    order: int,
    mode: str,
    fill_value: float,
) -> Any:
    """Interpolated values of `pixels` (a row a place) at coordinates, one tensor an axis.

    `base` is added to the index of a row: where an image starts among several.
    """
    trailing = len(pixels.shape) - 1
    dtype = ops.dtype(pixels)
    fill = ops.cast(fill_value, dtype) if mode == "constant" else None
    # Numbers that are needed more than once as tensors: each costs more than what it is for.
    first, one = ops.cast(0, "int32"), ops.cast(1, "int32")
    choices = []
    for axis, (x, size) in enumerate(zip(coordinates, sizes, strict=True)):
        if order == 0:
            lower = ops.cast(ops.floor(ops.add(x, 0.5)), "int32")
            taps = [(lower, None)]
        else:
            floor = ops.floor(x)
            after = ops.cast(ops.subtract(x, floor), dtype)
            lower = ops.cast(floor, "int32")
            after = ops.expand_dims(after, -1) if trailing else after
            taps = [(lower, ops.subtract(1.0, after)), (ops.add(lower, one), after)]
        found, last = [], axis == len(sizes) - 1
        ends = first, ops.cast(size - 1, "int32")
        stride = None if last else ops.cast(math.prod(sizes[axis + 1 :]), "int32")
        for i, weight in taps:
            folded = _folded(i, size, mode, ends)
            inside = ops.equal(i, folded) if mode == "constant" else None
            if inside is not None and trailing:
                inside = ops.expand_dims(inside, -1)
            if not last:
                folded = ops.multiply(folded, stride)
            found.append((ops.add(base, folded) if axis == 0 else folded, inside, weight))
        choices.append(found)
    total = None
    for taps in itertools.product(*choices):
        index, inside, weight = taps[0]
        for i, valid, part in taps[1:]:
            index = ops.add(index, i)
            inside = None if inside is None else ops.logical_and(inside, valid)
            weight = None if weight is None else ops.multiply(weight, part)
        value = ops.take(pixels, index, axis=0)
        if inside is not None:
            value = ops.where(inside, value, fill)
        if weight is not None:
            value = ops.multiply(value, weight)
        total = value if total is None else ops.add(total, value)
    return total


def _warp(
    images: Any,
    rows: Any,
    columns: Any,
    order: int,
    mode: str,
    fill_value: float,
    data_format: str | None,
    owner: str,
) -> Any:
    """Images looked up at `(batch or 1, height, width)` places."""
    x, dtype = layout.working(images)
    x, data_format, single = layout.to_batch(x, data_format, owner)
    out = _looked_up(x, rows, columns, order, mode, fill_value)
    return layout.from_batch(layout.restored(out, dtype, halves_up=True), data_format, single)


def _looked_up(x: Any, rows: Any, columns: Any, order: int, mode: str, fill_value: float) -> Any:
    """`_warp` for a batch of float images, channels last."""
    batch, height, width, channels = ops.shape(x)
    pixels = ops.reshape(x, (-1, channels))
    base = ops.reshape(ops.multiply(ops.arange(batch, dtype="int32"), height * width), (-1, 1, 1))
    return _look_up(pixels, (height, width), (rows, columns), base, order, mode, fill_value)


def _grid(images: Any, data_format: str | None, owner: str) -> tuple[Any, Any]:
    """Rows and columns of the images' pixels, as float columns and rows."""
    _, h, w, _ = layout.spatial_axes(images, data_format, owner)
    sizes = ops.shape(images)
    rows = ops.reshape(ops.arange(sizes[h], dtype="float32"), (1, -1, 1))
    columns = ops.reshape(ops.arange(sizes[w], dtype="float32"), (1, 1, -1))
    return rows, columns


def _projected(
    images: Any,
    transform: Any,
    order: int,
    mode: str,
    fill_value: float,
    data_format: str | None,
    owner: str,
) -> Any:
    """Images under 8 numbers of a projective map, from places of the result to the input's."""
    x, dtype = layout.working(images)
    x, data_format, single = layout.to_batch(x, data_format, owner)
    if len(transform.shape) == 1:
        transform = ops.expand_dims(transform, 0)
    transform = ops.cast(transform, "float32")

    def composed(x: Any, transform: Any) -> Any:
        return _looked_up(x, *_sources(x, transform), order, mode, fill_value)

    # A backend's kernel may do with the composed function for what it lacks.
    native = backend.native("_project")
    if native is None:
        out = composed(x, transform)
    else:
        out = native(x, transform, order, mode, fill_value, composed)
    return layout.from_batch(layout.restored(out, dtype, halves_up=True), data_format, single)


def _sources(x: Any, transform: Any) -> tuple[Any, Any]:
    """The rows and columns at which a batch is looked up."""
    transform = ops.reshape(transform, (-1, 8, 1, 1))
    a0, a1, a2, b0, b1, b2, c0, c1 = (transform[:, i] for i in range(8))
    rows, columns = _grid(x, "channels_last", "")
    depth = ops.add(ops.add(ops.multiply(columns, c0), ops.multiply(rows, c1)), 1.0)
    x = ops.add(ops.add(ops.multiply(columns, a0), ops.multiply(rows, a1)), a2)
    y = ops.add(ops.add(ops.multiply(columns, b0), ops.multiply(rows, b1)), b2)
    behind = ops.equal(depth, 0.0)  # at infinity: outside of any image
    depth = ops.where(behind, ops.ones_like(depth), depth)
    far = ops.cast(-2.0, "float32")
    x = ops.where(behind, far, ops.divide(x, depth))
    y = ops.where(behind, far, ops.divide(y, depth))
    return y, x


def _affine_shape(
    images: Any, transform: Any, interpolation: Any, fill_mode: Any, *_: Any
) -> shapes.Shape:
    owner, shape = "affine_transform", rules.shape_of(transform)
    _order(owner, interpolation)
    _check_mode(owner, fill_mode)
    if len(shape) not in (1, 2) or shape[-1] not in (8, None):
        must = "have shape (8,) or (batch, 8)"
        raise ValueError(errors.message(f"image.{owner}", "transform", must, transform))
    return layout.check_pixels(images, owner)


@op(shape=_affine_shape, dtype=rules.keep)
def affine_transform(
    images: TensorLike,
    transform: TensorLike,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Rotate, shear, scale and shift images.

    Place `(x, y)` of the result is looked up at `((a0 x + a1 y + a2) / k,
    (b0 x + b1 y + b2) / k)` with `k = c0 x + c1 y + 1`.

    Args:
        images: an image or a batch of them.
        transform: `(8,)` or `(batch, 8)`: `a0, a1, a2, b0, b1, b2, c0, c1`.
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies outside: "constant", "nearest", "wrap", "mirror" (around the
            outermost pixels) or "reflect" (around the images' edges).
        fill_value: for "constant".
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for an unknown interpolation or fill mode, or a wrong shape.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.reshape(keras.ops.arange(4.0), (2, 2, 1))
    >>> y = keras.ops.image.affine_transform(x, [1.0, 0, 1.0, 0, 1.0, 0, 0, 0])
    >>> keras.ops.convert_to_numpy(y)[..., 0].tolist()
    [[1.0, 0.0], [3.0, 0.0]]
    """
    _affine_shape(images, transform, interpolation, fill_mode)
    order, owner = _ORDERS[interpolation], "affine_transform"
    return _projected(images, transform, order, fill_mode, fill_value, data_format, owner)


def projective_map(start: Any, end: Any) -> Any:
    """The projective maps that take end points to start points: `(batch, 8)`."""
    x, y = end[..., 0], end[..., 1]
    u, v = start[..., 0], start[..., 1]
    one, zero = ops.ones_like(x), ops.zeros_like(x)
    minus_u, minus_v = ops.negative(u), ops.negative(v)
    upper = [x, y, one, zero, zero, zero, ops.multiply(minus_u, x), ops.multiply(minus_u, y)]
    lower = [zero, zero, zero, x, y, one, ops.multiply(minus_v, x), ops.multiply(minus_v, y)]
    matrix = ops.concatenate([ops.stack(upper, axis=-1), ops.stack(lower, axis=-1)], axis=-2)
    wanted = ops.expand_dims(ops.concatenate([u, v], axis=-1), -1)
    return ops.squeeze(ops.solve(matrix, wanted), -1)


def _perspective_shape(
    images: Any, start_points: Any, end_points: Any, interpolation: Any, *_: Any
) -> shapes.Shape:
    owner = "perspective_transform"
    _order(owner, interpolation)
    for name, points in (("start_points", start_points), ("end_points", end_points)):
        shape = rules.shape_of(points)
        if len(shape) not in (2, 3) or shape[-2:] != (4, 2):
            must = "have shape (4, 2) or (batch, 4, 2)"
            raise ValueError(errors.message(f"image.{owner}", name, must, points))
    return layout.check_pixels(images, owner)


@op(shape=_perspective_shape, dtype=rules.keep)
def perspective_transform(
    images: TensorLike,
    start_points: TensorLike,
    end_points: TensorLike,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Move four points of images, and what lies between them in perspective.

    Args:
        images: an image or a batch of them.
        start_points: `(4, 2)` or `(batch, 4, 2)`: the points' columns and rows.
        end_points: where they go, of the same shape.
        interpolation: "nearest" or "bilinear".
        fill_value: outside of the images.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for an unknown interpolation or wrong shapes.

    Example:

    >>> import keras_core as keras
    >>> corners = [[0.0, 0.0], [0.0, 3.0], [3.0, 0.0], [3.0, 3.0]]
    >>> x = keras.ops.ones((4, 4, 1))
    >>> tuple(keras.ops.image.perspective_transform(x, corners, corners).shape)
    (4, 4, 1)
    """
    _perspective_shape(images, start_points, end_points, interpolation)
    order, owner = _ORDERS[interpolation], "perspective_transform"
    start, end = ops.cast(start_points, "float32"), ops.cast(end_points, "float32")
    transform = projective_map(start, end)
    return _projected(images, transform, order, "constant", fill_value, data_format, owner)


def _elastic_shape(images: Any, *_: Any) -> shapes.Shape:
    return layout.check_pixels(images, "elastic_transform")


@op(shape=_elastic_shape, dtype=rules.keep)
def displaced(
    images: TensorLike,
    down: TensorLike,
    across: TensorLike,
    interpolation: str,
    fill_mode: str,
    fill_value: float,
    data_format: str | None,
) -> Tensor:
    """Images whose pixels come from places so far down and across: `(batch, height, width)`."""
    rows, columns = _grid(images, data_format, "elastic_transform")
    return _warp(
        images,
        ops.add(rows, down),
        ops.add(columns, across),
        _order("elastic_transform", interpolation),
        fill_mode,
        fill_value,
        data_format,
        "elastic_transform",
    )


# It draws on every call: never compiled by itself.
@op(shape=_elastic_shape, dtype=rules.keep, raw=True)
def elastic_transform(
    images: TensorLike,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Shift every pixel by smooth random distances, as if images were printed on rubber.

    Args:
        images: an image or a batch of them.
        alpha: how far pixels go.
        sigma: how smooth the distances are: the standard deviation, in pixels, of the blur.
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies outside, see `affine_transform`.
        fill_value: for "constant".
        seed: an int, a SeedGenerator, or None for the global seed.
        data_format: "channels_last" or "channels_first"; None for the configured one.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for an unknown interpolation or fill mode.

    Reference:
        Simard et al., 2003, "Best practices for convolutional neural networks"

    Example:

    >>> import keras_core as keras
    >>> tuple(keras.ops.image.elastic_transform(keras.ops.ones((1, 8, 8, 3)), seed=1).shape)
    (1, 8, 8, 3)
    """
    from keras_core import random

    owner = "elastic_transform"
    _order(owner, interpolation)
    _check_mode(owner, fill_mode)
    if not hasattr(images, "shape"):
        images = ops.convert_to_tensor(images)
    _, h, w, _ = layout.spatial_axes(images, data_format, owner)
    shape = ops.shape(images)
    batch = shape[0] if len(shape) == 4 else 1
    # Both directions as channels of one blur.
    noise = random.uniform((batch, shape[h], shape[w], 2), -1.0, 1.0, dtype="float32", seed=seed)
    length = int(6 * sigma) | 1
    weights = filtering.gaussian(length, sigma)
    shift = ops.multiply(filtering.separable(noise, weights, weights), float(alpha))
    return displaced(
        images, shift[..., 0], shift[..., 1], interpolation, fill_mode, fill_value, data_format
    )


def _mapped_shape(
    inputs: Any, coordinates: Any, order: Any, fill_mode: Any, *_: Any
) -> shapes.Shape:
    if order not in (0, 1):
        raise ValueError(errors.message("image.map_coordinates", "order", "be 0 or 1", order))
    _check_mode("map_coordinates", fill_mode)
    rank, shape = len(rules.shape_of(inputs)), rules.shape_of(coordinates)
    if not rank:
        raise ValueError(
            errors.message("image.map_coordinates", "inputs", "have an axis at least", inputs)
        )
    if not shape or (shape[0] is not None and shape[0] != rank):
        raise ValueError(
            f"image.map_coordinates: coordinates must have a row for each of the {rank} axes of "
            f"inputs. Received: coordinates of shape {shape}"
        )
    if 0 in rules.shape_of(inputs):
        must = "have elements to be looked up"
        raise ValueError(errors.message("image.map_coordinates", "inputs", must, inputs))
    return shape[1:]


@op(shape=_mapped_shape, dtype=rules.keep)
def map_coordinates(
    inputs: TensorLike,
    coordinates: TensorLike,
    order: int,
    fill_mode: str = "constant",
    fill_value: float = 0,
) -> Tensor:
    """Look a tensor up at fractional places.

    Args:
        inputs: a tensor of any rank.
        coordinates: `(rank, ...)`: the places, one row an axis.
        order: 0 for the nearest element, 1 for linear interpolation.
        fill_mode: what lies outside, see `affine_transform`.
        fill_value: for "constant".

    Returns:
        A tensor of shape `coordinates.shape[1:]` and the dtype of `inputs`.

    Raises:
        ValueError: for another order or fill mode, or wrong shapes.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.arange(4.0)
    >>> y = keras.ops.image.map_coordinates(x, [[0.5, 2.0]], order=1)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [0.5, 2.0]
    """
    _mapped_shape(inputs, coordinates, order, fill_mode)
    x, dtype = layout.working(inputs)
    if ops.dtype(coordinates) not in dtypes.FLOAT_TYPES:
        coordinates = ops.cast(coordinates, "float32")
    rows = [coordinates[i] for i in range(len(inputs.shape))]
    zero = ops.cast(0, "int32")
    sizes = [int(n) for n in inputs.shape]
    out = _look_up(ops.reshape(x, (-1,)), sizes, rows, zero, order, fill_mode, fill_value)
    return layout.restored(out, dtype, halves_up=True)
