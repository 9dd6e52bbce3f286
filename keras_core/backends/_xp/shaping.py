"""Creation and rearranging, as NumPy and JAX share it."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.variable import host_dtype
from keras_core.core import dtypes, shapes


def sizes(shape: Any) -> tuple[int, ...]:
    """A shape argument as a tuple."""
    return (int(shape),) if np.ndim(shape) == 0 else tuple(shape)


def pad(xp: Any, x: Any, pad_width: Any, mode: str, constant_values: Any) -> Any:
    if x.ndim == 0:
        return x
    if mode == "constant":
        value = 0 if constant_values is None else constant_values
        return xp.pad(x, pad_width, mode, constant_values=value)
    return xp.pad(x, pad_width, mode)


def roll(xp: Any, x: Any, shift: Any, axis: Any = None) -> Any:
    for step in shift if isinstance(shift, (tuple, list)) else (shift,):
        if isinstance(step, (float, np.floating)):
            raise TypeError(f"shift must hold ints. Received: {shift}")
    return xp.roll(x, shift, axis)


def split(xp: Any, x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if not isinstance(indices_or_sections, int):
        size = x.shape[axis]
        ends = [min(shapes.whole(i), size) for i in indices_or_sections]
        if any(a > b for a, b in zip([0, *ends], ends, strict=False)):  # JAX refuses these
            lead = (slice(None),) * (axis % x.ndim)
            return [x[(*lead, slice(a, b))] for a, b in zip([0, *ends], [*ends, None], strict=True)]
        indices_or_sections = ends
    return list(xp.split(x, indices_or_sections, axis))


def unstack(xp: Any, x: Any, num: int | None = None, axis: int = 0) -> list[Any]:
    if num is not None and num != x.shape[axis]:
        raise ValueError(
            f"unstack: num must be the size of the axis. Received: num={num}, x of shape {x.shape}"
        )
    moved = xp.moveaxis(x, axis, 0)
    return [moved[i] for i in range(moved.shape[0])]


def broadcast_to(xp: Any, x: Any, shape: Any) -> Any:
    return xp.broadcast_to(x, sizes(shape))


def key_of(xp: Any, key: Any) -> Any:
    """An indexing key in which lists are arrays."""
    if isinstance(key, list):
        return xp.asarray(key)
    if isinstance(key, tuple):
        return tuple(xp.asarray(k) if isinstance(k, list) else k for k in key)
    return key


def paths(xp: Any, indices: Any) -> tuple[Any, ...]:
    """Indices of shape `(..., k)` as an indexing key of k arrays."""
    return tuple(xp.moveaxis(indices, -1, 0))


def limits(dtype: str) -> tuple[Any, Any]:
    """The lowest and the highest finite value of a dtype, as Python numbers."""
    if dtypes.is_int(dtype):
        info = np.iinfo(dtype)
        return int(info.min), int(info.max)
    import ml_dtypes

    found = ml_dtypes.finfo(host_dtype(dtype))
    return float(found.min), float(found.max)


def saturated(xp: Any, x: Any, own: str, target: str, native: Any) -> Any:
    """`x` (of dtype `own`) as `target`, clipped to what that can hold."""
    if own == target or "bool" in (own, target) or own.startswith("complex"):
        return x.astype(native)
    low, high = limits(target)
    own_low, own_high = limits(own)
    if own_low >= low and own_high <= high and not dtypes.is_int(target):
        return x.astype(native)
    # Bounds that x's own type cannot hold exactly are moved inwards to one that it can.
    below, above = bounds(own, max(low, own_low), min(high, own_high))
    out = xp.clip(x, below, above).astype(native)
    if dtypes.is_int(own) or not dtypes.is_int(target):
        return out
    return xp.where(x > above, np.asarray(high, native), out)


def bounds(own: str, low: Any, high: Any) -> tuple[Any, Any]:
    """Limits rounded inwards to values that the dtype `own` has."""
    if dtypes.is_int(own):
        return low, high
    kind = host_dtype(own)
    below, above = kind.type(float(low)), kind.type(float(high))
    if float(below) < low:
        below = np.nextafter(below, kind.type(0))
    if float(above) > high:
        above = np.nextafter(above, kind.type(0))
    return below, above


def lowest(dtype: Any) -> Any:
    """What a maximum starts from."""
    return np.iinfo(dtype).min if dtype.kind in "iu" else False if dtype.kind == "b" else -np.inf


def highest(dtype: Any) -> Any:
    """What a minimum starts from."""
    return np.iinfo(dtype).max if dtype.kind in "iu" else True if dtype.kind == "b" else np.inf
