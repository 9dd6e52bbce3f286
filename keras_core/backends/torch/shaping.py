"""Native bindings of creation, rearranging and joining."""

from __future__ import annotations

from typing import Any

import torch

from keras_core.backends.torch import arrays as _arrays
from keras_core.core import dtypes as _dtypes
from keras_core.core import shapes as _shapes

# Torch has few kernels for the wide unsigned integers.
_UNSIGNED = {"uint16": "int32", "uint32": "int64", "uint64": "int64"}
_EIGHT_BITS = dict.fromkeys(_dtypes.FLOAT8_TYPES, "float32")
VIA = dict.fromkeys(("flip", "tril", "triu"), _UNSIGNED | _EIGHT_BITS)

_native = _arrays.native_dtype
_device = _arrays.device


def _sizes(shape: Any) -> Any:
    if isinstance(shape, (tuple, list, torch.Size)):
        return shape
    if type(shape) is int:
        return (shape,)
    return (_shapes.whole(shape),) if not hasattr(shape, "__len__") else tuple(shape)


# Creation ----------------------------------------------------------------------------------


def zeros(shape: Any, dtype: Any = None) -> torch.Tensor:
    return torch.zeros(_sizes(shape), dtype=_native(dtype), device=_device())


def ones(shape: Any, dtype: Any = None) -> torch.Tensor:
    return torch.ones(_sizes(shape), dtype=_native(dtype), device=_device())


def empty(shape: Any, dtype: Any = None) -> torch.Tensor:
    return torch.empty(_sizes(shape), dtype=_native(dtype), device=_device())


def full(shape: Any, fill_value: Any, dtype: Any = None) -> torch.Tensor:
    if isinstance(fill_value, (bool, int, float)):
        if type(fill_value) is not bool:
            name = _dtypes.standardize(dtype)
            _dtypes.check_range(fill_value, fill_value, name)
            fill_value = int(fill_value) if name in _dtypes.INTS else fill_value
        return torch.full(_sizes(shape), fill_value, dtype=_native(dtype), device=_device())
    value = _arrays.convert_to_tensor(fill_value, _dtypes.standardize(dtype))
    return value.broadcast_to(_sizes(shape)).clone()


def zeros_like(x: Any, dtype: Any = None) -> torch.Tensor:
    return torch.zeros_like(x, dtype=None if dtype is None else _native(dtype))


def ones_like(x: Any, dtype: Any = None) -> torch.Tensor:
    return torch.ones_like(x, dtype=None if dtype is None else _native(dtype))


def empty_like(x: Any, dtype: Any = None) -> torch.Tensor:
    return torch.empty_like(x, dtype=None if dtype is None else _native(dtype))


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> torch.Tensor:
    native = x.dtype if dtype is None else _native(dtype)
    return fill_value.to(native).broadcast_to(x.shape).clone()


# For which torch has few kernels.
_WIDE_UNSIGNED = frozenset((torch.uint16, torch.uint32, torch.uint64))


def arange(start: Any, stop: Any, step: Any, dtype: str) -> torch.Tensor:
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    native = _native(dtype)
    known = not any(isinstance(x, torch.Tensor) for x in (start, stop, step))
    if known and ((stop < start) if step > 0 else (stop > start)):  # which torch refuses
        stop = start
    if native.is_floating_point and native.itemsize < 4:  # the range op itself loses steps
        return torch.arange(start, stop, step, device=_device()).to(native)
    if native in _WIDE_UNSIGNED:
        return torch.arange(start, stop, step, dtype=torch.int64, device=_device()).to(native)
    return torch.arange(start, stop, step, dtype=native, device=_device())


def linspace(
    start: Any,
    stop: Any,
    num: int,
    endpoint: bool,
    retstep: bool,
    dtype: Any,
    axis: int,
) -> Any:
    start, stop = torch.broadcast_tensors(start, stop)
    parts = num - 1 if endpoint else num
    step = (stop - start) / parts if parts > 0 else torch.full_like(start, float("nan"))
    places = torch.arange(num, dtype=start.dtype, device=start.device)
    places = places.reshape((num,) + (1,) * start.ndim)
    out = start + places * step if num > 1 else start.expand((num, *start.shape))
    if endpoint and num > 1:  # exactly the end, whatever the rounding of the steps
        out = torch.cat([out[:-1], stop[None]])
    out = out.movedim(0, axis)
    if dtype is not None:
        native = _native(dtype)
        out = (out if native.is_floating_point else out.floor()).to(native)
    return (out, step) if retstep else out


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> torch.Tensor:
    columns = N if M is None else M
    if k == 0 and _native(dtype) not in _WIDE_UNSIGNED:
        return torch.eye(N, columns, dtype=_native(dtype), device=_device())
    places = torch.arange(columns, device=_device())
    rows = torch.arange(N, device=_device())[:, None]
    return (places == rows + k).to(_native(dtype))


# Rearranging -------------------------------------------------------------------------------

ravel = torch.ravel
swapaxes = torch.swapaxes
stack = torch.stack
copy = torch.clone


def reshape(x: Any, newshape: Any) -> torch.Tensor:
    return x.reshape(_sizes(newshape))


def transpose(x: Any, axes: Any = None) -> torch.Tensor:
    # The function reads a tuple faster than the method.
    return torch.permute(x, tuple(range(x.ndim - 1, -1, -1)) if axes is None else tuple(axes))


def expand_dims(x: Any, axis: Any) -> torch.Tensor:
    if type(axis) is int:
        return x.unsqueeze(axis)
    if not isinstance(axis, (tuple, list)):
        return x.unsqueeze(_shapes.whole(axis))
    for place in sorted(_shapes.axis_tuple(axis, x.ndim + len(axis))):
        x = x.unsqueeze(place)
    return x


def moveaxis(x: Any, source: Any, destination: Any) -> torch.Tensor:
    if type(source) is not type(destination):  # an int beside a tuple of one
        source, destination = _sizes(source), _sizes(destination)
    return torch.moveaxis(x, source, destination)


def squeeze(x: Any, axis: Any = None) -> torch.Tensor:
    if axis is None:
        return x.squeeze()
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    if any(x.shape[a] != 1 for a in axes):  # torch would leave them as they are
        raise ValueError(
            f"squeeze: axis must name axes of size 1. Received: axis={axis}, x of shape "
            f"{tuple(x.shape)}"
        )
    return x.squeeze(axes)


def broadcast_to(x: Any, shape: Any) -> torch.Tensor:
    return x.broadcast_to(_sizes(shape))


def concatenate(xs: Any, axis: int | None = 0) -> torch.Tensor:
    if axis is None:
        return torch.cat([x.reshape(-1) for x in xs])
    return torch.cat(xs, axis)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[torch.Tensor]:
    if isinstance(indices_or_sections, int):
        size, rest = divmod(x.shape[axis], indices_or_sections)
        if rest:
            raise ValueError(
                f"split: axis {axis} must divide into {indices_or_sections} equal parts. "
                f"Received: x of shape {tuple(x.shape)}"
            )
        if size == 0:
            return [x] * indices_or_sections
        return list(torch.tensor_split(x, indices_or_sections, axis))
    return list(torch.tensor_split(x, [_shapes.whole(i) for i in indices_or_sections], axis))


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[torch.Tensor]:
    if num is not None and num != x.shape[axis]:
        raise ValueError(
            f"unstack: num must be the size of the axis. Received: num={num}, x of shape "
            f"{tuple(x.shape)}"
        )
    return list(torch.unbind(x, axis))


def repeat(x: Any, repeats: Any, axis: int | None = None) -> torch.Tensor:
    if type(repeats) is not int:
        repeats = torch.as_tensor(repeats, device=x.device)
        if repeats.dtype is not torch.int32 and not repeats.is_floating_point():
            repeats = repeats.to(torch.int64)  # it takes no others, bools among them
    return torch.repeat_interleave(x, repeats, axis)


def tile(x: Any, repeats: Any) -> torch.Tensor:
    return torch.tile(x, _sizes(repeats))


def _mirrored(mode: str, size: int, before: int, after: int, device: Any) -> torch.Tensor:
    """The index that each padded place reads from."""
    places = torch.arange(-before, size + after, device=device)
    if mode == "edge":
        return places.clamp(0, size - 1)
    if mode == "wrap":
        return places.remainder(size)
    if mode == "symmetric":
        places = places.remainder(2 * size)
        return torch.minimum(places, 2 * size - 1 - places)
    if size == 1:
        return torch.zeros_like(places)
    places = places.remainder(2 * size - 2)
    return torch.minimum(places, 2 * size - 2 - places)


def pad(x: Any, pad_width: Any, mode: str, constant_values: Any) -> torch.Tensor:
    if mode == "constant":
        flat: list[int] = []
        for pair in reversed(pad_width):
            flat += pair
        if constant_values is None:
            return torch.constant_pad_nd(x, flat)
        if isinstance(constant_values, (int, float)):
            if x.dtype is torch.bool:
                padded = torch.nn.functional.pad(x.to(torch.uint8), flat, value=constant_values)
                return padded.bool()
            return torch.nn.functional.pad(x, flat, value=constant_values)
        value = _arrays.convert_to_tensor(constant_values).to(x.dtype)
        inside = torch.nn.functional.pad(torch.ones_like(x, dtype=torch.uint8), flat).bool()
        return torch.where(inside, torch.nn.functional.pad(x, flat), value)
    for axis, (before, after) in enumerate(pad_width):
        if before or after:
            places = _mirrored(mode, x.shape[axis], before, after, x.device)
            x = x.index_select(axis, places)
    return x


def flip(x: Any, axis: Any = None) -> torch.Tensor:
    if axis is None:
        axis = tuple(range(x.ndim))
    return torch.flip(x, tuple(axis) if isinstance(axis, (tuple, list)) else (axis,))


def roll(x: Any, shift: Any, axis: Any = None) -> torch.Tensor:
    if axis is not None and isinstance(shift, int) and isinstance(axis, (tuple, list)):
        shift = (shift,) * len(axis)
    if axis is not None and isinstance(axis, int) and isinstance(shift, (tuple, list)):
        shift = sum(shift)
    return torch.roll(x, shift, axis)


def view(x: Any, dtype: Any = None) -> torch.Tensor:
    return x if dtype is None else x.contiguous().view(_native(dtype))


def _limits(native: torch.dtype) -> tuple[Any, Any]:
    info = torch.finfo(native) if native.is_floating_point else torch.iinfo(native)
    return info.min, info.max


def saturate_cast(x: Any, dtype: str) -> torch.Tensor:
    native = _native(dtype)
    if native in (x.dtype, torch.bool) or x.dtype is torch.bool or x.is_complex():
        return x.to(native)
    low, high = _limits(native)
    own_low, own_high = _limits(x.dtype)
    if own_low >= low and own_high <= high:
        return x.to(native)
    if x.dtype is torch.uint64:  # no kernel compares these: the highest ones are negative here
        signed = x.to(torch.int64)
        return torch.where((signed < 0) | (signed > high), high, signed).to(native)
    if x.dtype in (torch.uint16, torch.uint32):
        x = x.to(torch.int64)
    if x.dtype.is_floating_point and not native.is_floating_point:
        # The highest int may round up to one too many in a float: compare, do not clamp.
        inside = x.clamp(low, high)
        out = torch.where(inside >= high, 0, inside).to(native)
        return torch.where(inside >= high, high, out)
    return x.clamp(max(low, own_low), min(high, own_high)).to(native)
