"""Operations on sparse COO tensors: see `ops._sparse`.

Sparse tensors are of torch's one class, so a call with one goes the front door's fast path;
what torch's own function refuses comes here. A function here gives NotImplemented for what the
dense operation does as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from keras_core.core import shapes as _shapes


def map_values(function: Callable, x: torch.Tensor) -> torch.Tensor:
    """`function` of the values alone."""
    x = x.coalesce()
    return _made(x.indices(), function(x.values()), x.shape)


def from_dense(x: torch.Tensor, arguments: Any = ()) -> torch.Tensor:
    return x.to_sparse()


def _made(indices: torch.Tensor, values: torch.Tensor, shape: Any) -> torch.Tensor:
    return torch.sparse_coo_tensor(
        indices, values, tuple(shape), is_coalesced=True, check_invariants=False
    )


def _plain(*tensors: torch.Tensor) -> bool:
    return all(x.is_sparse and x.dense_dim() == 0 for x in tensors)


def _at_values(x: torch.Tensor, y: torch.Tensor, function: Callable) -> Any:
    """`function(x, y)` where `x` has values; `y` is dense and broadcasts to the shape of `x`."""
    if not _plain(x) or y.is_sparse:
        return NotImplemented
    x = x.coalesce()
    if y.ndim == 0:
        return map_values(lambda values: function(values, y), x)
    if y.ndim > x.ndim or torch.broadcast_shapes(x.shape, y.shape) != x.shape:
        return NotImplemented
    places = x.indices()[x.ndim - y.ndim :]
    key = tuple(torch.zeros_like(i) if n == 1 else i for i, n in zip(places, y.shape, strict=True))
    return map_values(lambda values: function(values, y[key]), x)


def multiply(x1: Any, x2: Any) -> Any:
    if not x1.is_sparse:
        x1, x2 = x2, x1
    return _at_values(x1, x2, torch.mul)


def divide(x1: Any, x2: Any) -> Any:
    return _at_values(x1, x2, torch.div)


def _extremum(function: Callable) -> Callable:
    def run(x1: Any, x2: Any) -> Any:
        if not _plain(x1, x2) or x1.shape != x2.shape:
            return NotImplemented
        x1, x2 = x1.coalesce(), x2.coalesce()
        # Pairs of values at the indices of either, one of them 0 before they are added up.
        left, right = x1.values(), x2.values()
        pairs = torch.cat(
            [
                torch.stack([left, torch.zeros_like(left)], -1),
                torch.stack([torch.zeros_like(right), right], -1),
            ]
        )
        indices = torch.cat([x1.indices(), x2.indices()], 1)
        both = torch.sparse_coo_tensor(indices, pairs, (*x1.shape, 2), check_invariants=False)
        both = both.coalesce()
        values = both.values()
        return _made(both.indices(), function(values[:, 0], values[:, 1]), x1.shape)

    return run


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if not _plain(x):
        return NotImplemented
    axes = _shapes.axis_tuple(axis, x.ndim)
    x = x.coalesce()
    kept = [i for i in range(x.ndim) if i not in axes]
    shape = [x.shape[i] for i in kept]
    found = torch.sparse_coo_tensor(x.indices()[kept], x.values(), shape, check_invariants=False)
    found = found.coalesce()
    return reshape(found, _shapes.reduced(tuple(x.shape), axis, True)) if keepdims else found


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    total = sum(x, axis, keepdims)
    if total is NotImplemented:
        return total
    count = math.prod(x.shape[i] for i in _shapes.axis_tuple(axis, x.ndim))
    return map_values(lambda values: values / count, total)


def reshape(x: Any, newshape: Any) -> Any:
    if not _plain(x):
        return NotImplemented
    x = x.coalesce()
    sizes = [int(n) for n in (newshape if isinstance(newshape, (tuple, list)) else [newshape])]
    if -1 in sizes:
        rest = math.prod(n for n in sizes if n != -1)
        sizes[sizes.index(-1)] = math.prod(x.shape) // rest if rest else 0
    if math.prod(sizes) != math.prod(x.shape):
        return NotImplemented  # which says what is wrong
    places = torch.zeros_like(x.values(), dtype=torch.int64)
    for i, n in zip(x.indices(), x.shape, strict=True):
        places = places * n + i
    indices = []
    for n in reversed(sizes):
        indices.append(places % n)
        places = places // n
    found = torch.stack(indices[::-1]) if indices else places.new_zeros((0, len(places)))
    return _made(found, x.values(), sizes)


def expand_dims(x: Any, axis: Any) -> Any:
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    new = _shapes.axis_tuple(axis, x.ndim + count)
    old = iter(x.shape)
    return reshape(x, [1 if i in new else next(old) for i in range(x.ndim + count)])


def squeeze(x: Any, axis: Any = None) -> Any:
    axes = range(x.ndim) if axis is None else _shapes.axis_tuple(axis, x.ndim)
    if axis is not None and any(x.shape[i] != 1 for i in axes):
        return NotImplemented
    return reshape(x, [n for i, n in enumerate(x.shape) if n != 1 or i not in axes])


def transpose(x: Any, axes: Any = None) -> Any:
    return torch.permute(x, tuple(range(x.ndim - 1, -1, -1)) if axes is None else tuple(axes))


def concatenate(xs: Any, axis: int | None = 0) -> Any:
    if axis is None:
        return NotImplemented
    return torch.cat(xs, axis) if _plain(*xs) else NotImplemented


def matmul(x1: Any, x2: Any) -> Any:
    if not x1.is_sparse and x1.ndim == 2 == x2.ndim:  # torch has no product dense by sparse
        return torch.mm(x2.t(), x1.t()).t()
    return NotImplemented


true_divide = divide
maximum = _extremum(torch.maximum)
minimum = _extremum(torch.minimum)
