"""`rearrange`: reshape, transpose, split and merge axes by naming them."""

from __future__ import annotations

import functools
import math
import re
from typing import Any

from keras_core.ops import shaping
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, arrays, op

_TOKENS = re.compile(r"\.\.\.|\(|\)|[A-Za-z_]\w*|1|\S")


def _side(text: str, pattern: str) -> tuple[tuple[str, ...], ...]:
    """One side of a pattern: for each axis the names that it is made of, none for size 1."""
    axes: list[tuple[str, ...]] = []
    group: list[str] | None = None
    for token in _TOKENS.findall(text):
        if token == "(" and group is None:
            group = []
        elif token == ")" and group is not None:
            axes.append(tuple(group))
            group = None
        elif token == "1" or token == "..." or token.isidentifier():
            if token == "1":
                if group is None:
                    axes.append(())
            elif group is None:
                axes.append((token,))
            else:
                group.append(token)
        else:
            raise ValueError(f"rearrange: pattern must hold names, '1', '...' and parentheses. Received: {pattern!r}")  # fmt: skip  # noqa: E501
    if group is not None:
        raise ValueError(f"rearrange: pattern must close its parentheses. Received: {pattern!r}")
    return tuple(axes)


@getattr(arrays, "cached", functools.lru_cache(1024))
def _parsed(pattern: str) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    left, arrow, right = pattern.partition("->")
    if not arrow:
        raise ValueError(f"rearrange: pattern must hold '->'. Received: {pattern!r}")
    source, target = _side(left, pattern), _side(right, pattern)
    before = [name for axis in source for name in axis]
    after = [name for axis in target for name in axis]
    if sorted(before) != sorted(after) or len(set(before)) != len(before):
        raise ValueError(
            "rearrange: pattern must name the same axes on both sides, each once. "
            f"Received: {pattern!r}"
        )
    if any("..." in axis and len(axis) > 1 for axis in source):
        raise ValueError(
            f"rearrange: pattern must not split '...' on the left. Received: {pattern!r}"
        )
    return source, target


def _product(sizes: list[Any]) -> Any:
    unknown = [n for n in sizes if not isinstance(n, int)]
    known = math.prod([n for n in sizes if isinstance(n, int)])
    if None in [n for n in unknown if n is None]:
        return None
    for n in unknown:
        known = n * known
    return known


@op(name="rearrange")
def _rearrange(tensor: TensorLike, pattern: str, axes_lengths: dict[str, int]) -> Tensor:
    """See `rearrange`."""
    source, target = _parsed(pattern)
    shape = tensor.shape if isinstance(tensor, KerasTensor) else arrays.shape(tensor)
    spread = len(shape) - (len(source) - 1) if ("...",) in source else 0
    if spread < 0 or (("...",) not in source and len(shape) != len(source)):
        raise ValueError(
            f"rearrange: pattern must name the axes of the tensor. Received: {pattern!r} for a "
            f"tensor of shape {tuple(shape)}"
        )
    names: list[str] = []  # one for each elementary axis
    sizes: dict[str, Any] = {}
    axis = 0
    for group in source:
        if group == ("...",):
            for i in range(spread):
                names.append(f"...{i}")
                sizes[f"...{i}"] = shape[axis]
                axis += 1
            continue
        whole = shape[axis]
        axis += 1
        for name in group:
            sizes[name] = axes_lengths.get(name)
        names.extend(group)
        open_ = [name for name in group if sizes[name] is None]
        known = math.prod([sizes[name] for name in group if sizes[name] is not None])
        if len(open_) > 1:
            raise ValueError(
                f"rearrange: all but one of the axes {group} must have a length. "
                f"Received: lengths {axes_lengths}"
            )
        if isinstance(whole, int) and (whole % known if open_ and known else whole != known):
            raise ValueError(
                f"rearrange: an axis of size {whole} must divide into {group}. "
                f"Received: lengths {axes_lengths}"
            )
        if open_:
            sizes[open_[0]] = None if whole is None else whole // known if known else 0
    unknown = set(axes_lengths) - set(sizes)
    if unknown:
        raise ValueError(
            f"rearrange: lengths must be of axes in the pattern. Received: {sorted(unknown)}"
        )
    dots = [f"...{i}" for i in range(spread)]
    groups: list[list[str]] = []
    for group in target:
        if group == ("...",):
            groups.extend([name] for name in dots)
        else:
            groups.append([n for name in group for n in (dots if name == "..." else [name])])
    order = [names.index(name) for group in groups for name in group]
    out = shaping.reshape(tensor, tuple(sizes[name] for name in names))
    if order != sorted(order):
        out = shaping.transpose(out, order)
    return shaping.reshape(out, tuple(_product([sizes[n] for n in group]) for group in groups))


def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: int) -> Tensor:
    """Reorder, split and merge axes by a pattern, as einops does.

    Rogozhnikov, "Einops: Clear and Reliable Tensor Manipulations with Einstein-like Notation",
    ICLR 2022.

    Args:
        tensor: a tensor.
        pattern: names for its axes, "->", and the same names in the result's order.
            Parentheses hold axes that are one: on the left they are split, on the right merged.
            "..." stands for any axes, 1 for one of size 1.
        **axes_lengths: sizes of named axes, where a split needs them.

    Returns:
        A tensor.

    Raises:
        ValueError: if the pattern is malformed or does not fit.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.rearrange(keras.ops.zeros((2, 6, 3)), "b (h w) c -> b h w c", h=2).shape[2]
    3
    """
    return _rearrange(tensor, pattern, axes_lengths)
