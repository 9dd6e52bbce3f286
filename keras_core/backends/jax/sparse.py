"""Operations on `jax.experimental.sparse.BCOO`: see `ops._sparse`.

A function here gives NotImplemented for what the dense operation does as well. Batched sparse
arrays (`n_batch`) and those with dense axes (`n_dense`) are taken as they are where JAX does,
else as dense ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import sparse as _jax

from keras_core.core import shapes as _shapes

BCOO = _jax.BCOO


def map_values(function: Callable, x: Any) -> BCOO:
    """`function` of the values alone."""
    x = _bcoo(x)
    if not x.unique_indices:
        x = x.sum_duplicates(nse=x.nse)
    return _like(x, function(x.data))


def from_dense(x: jax.Array, arguments: Any = ()) -> Any:
    if isinstance(x, jax.core.Tracer):
        return BCOO.fromdense(x, nse=x.size)  # how many are not 0 is unknown
    return BCOO.fromdense(x)


def _bcoo(x: Any) -> BCOO:
    return x if isinstance(x, BCOO) else BCOO.fromdense(x.todense())


def _like(x: BCOO, data: jax.Array) -> BCOO:
    return BCOO(
        (data, x.indices),
        shape=x.shape,
        indices_sorted=x.indices_sorted,
        unique_indices=x.unique_indices,
    )


def _plain(*tensors: Any) -> bool:
    """Whether these are BCOO arrays with all axes sparse."""
    return all(isinstance(x, BCOO) and x.n_batch == x.n_dense == 0 for x in tensors)


# Arithmetic --------------------------------------------------------------------------------


def add(x1: Any, x2: Any) -> Any:
    return x1 + x2 if _plain(x1, x2) and x1.shape == x2.shape else NotImplemented


def subtract(x1: Any, x2: Any) -> Any:
    return x1 - x2 if _plain(x1, x2) and x1.shape == x2.shape else NotImplemented


def multiply(x1: Any, x2: Any) -> Any:
    if _plain(x1, x2):
        return _jax.bcoo_multiply_sparse(x1, x2) if x1.shape == x2.shape else NotImplemented
    if isinstance(x1, jax.Array):
        x1, x2 = x2, x1
    return _at_values(x1, x2, jnp.multiply)


def divide(x1: Any, x2: Any) -> Any:
    if isinstance(x2, jax.Array) and _plain(x1):
        return _at_values(x1, x2, jnp.divide)
    return NotImplemented


def _at_values(x: Any, y: Any, function: Callable) -> Any:
    """`function(x, y)` where `x` has values; `y` is dense and broadcasts to the shape of `x`."""
    if not _plain(x) or isinstance(y, BCOO):
        return NotImplemented
    if y.ndim == 0:
        return _like(x, function(x.data, y))
    if y.ndim > x.ndim or jnp.broadcast_shapes(x.shape, y.shape) != x.shape:
        return NotImplemented
    sizes = jnp.asarray(y.shape)
    places = jnp.where(sizes == 1, 0, x.indices[:, x.ndim - y.ndim :])
    # Padding stands beyond the end: its values are 0 and must stay it.
    inside = jnp.all(x.indices < jnp.asarray(x.shape), axis=-1)
    there = jnp.where(inside, y.at[tuple(places.T)].get(mode="fill", fill_value=1), 1)
    return _like(x, function(x.data, there))


def _extremum(function: Callable) -> Callable:
    def run(x1: Any, x2: Any) -> Any:
        if not _plain(x1, x2) or x1.shape != x2.shape:
            return NotImplemented
        # Pairs of values at the indices of either, one of them 0 before they are added up.
        left = jnp.stack([x1.data, jnp.zeros_like(x1.data)], -1)
        right = jnp.stack([jnp.zeros_like(x2.data), x2.data], -1)
        both = BCOO(
            (jnp.concatenate([left, right]), jnp.concatenate([x1.indices, x2.indices])),
            shape=(*x1.shape, 2),
        )
        both = both.sum_duplicates(nse=both.nse)
        data = function(both.data[:, 0], both.data[:, 1])
        return BCOO((data, both.indices), shape=x1.shape, unique_indices=True)

    return run


# Products ----------------------------------------------------------------------------------


def matmul(x1: Any, x2: Any) -> Any:
    if all(_plain(x) or isinstance(x, jax.Array) for x in (x1, x2)):
        if x1.ndim == 2 and x2.ndim <= 2:
            return x1 @ x2
        if _plain(x2) and x2.ndim == 2 and isinstance(x1, jax.Array) and x1.ndim > 0:
            return x1 @ x2
    return NotImplemented


# Sums and shapes ---------------------------------------------------------------------------


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if not _plain(x):
        return NotImplemented
    axes = _shapes.axis_tuple(axis, x.ndim)
    found = _jax.bcoo_reduce_sum(x, axes=axes)
    if keepdims:
        found = _jax.bcoo_reshape(found, new_sizes=_shapes.reduced(x.shape, axis, True))
    return found


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    total = sum(x, axis, keepdims)
    if total is NotImplemented:
        return total
    count = math.prod(x.shape[i] for i in _shapes.axis_tuple(axis, x.ndim))
    return _like(total, total.data / count)


def reshape(x: Any, newshape: Any) -> Any:
    if not _plain(x):
        return NotImplemented
    sizes = [int(n) for n in (newshape if isinstance(newshape, (tuple, list)) else [newshape])]
    if -1 in sizes:
        rest = math.prod(n for n in sizes if n != -1)
        sizes[sizes.index(-1)] = math.prod(x.shape) // rest if rest else 0
    return _jax.bcoo_reshape(x, new_sizes=tuple(sizes))


def transpose(x: Any, axes: Any = None) -> Any:
    if not _plain(x):
        return NotImplemented
    axes = range(x.ndim - 1, -1, -1) if axes is None else [a % x.ndim for a in axes]
    return _jax.bcoo_transpose(x, permutation=tuple(axes))


def squeeze(x: Any, axis: Any = None) -> Any:
    if not _plain(x):
        return NotImplemented
    axes = (
        tuple(i for i, n in enumerate(x.shape) if n == 1)
        if axis is None
        else _shapes.axis_tuple(axis, x.ndim)
    )
    if any(x.shape[i] != 1 for i in axes):
        return NotImplemented  # which says what is wrong
    return _jax.bcoo_squeeze(x, dimensions=axes)


def expand_dims(x: Any, axis: Any) -> Any:
    if not _plain(x):
        return NotImplemented
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    new = _shapes.axis_tuple(axis, x.ndim + count)
    old = iter(x.shape)
    sizes = tuple(1 if i in new else next(old) for i in range(x.ndim + count))
    return _jax.bcoo_reshape(x, new_sizes=sizes)


def concatenate(xs: Any, axis: int | None = 0) -> Any:
    if axis is None:
        return NotImplemented
    if not _plain(*xs):
        return NotImplemented
    return _jax.bcoo_concatenate(xs, dimension=axis % xs[0].ndim)


def get_item(x: Any, key: Any) -> Any:
    return x[key] if _plain(x) else NotImplemented


true_divide = divide
maximum = _extremum(jnp.maximum)
minimum = _extremum(jnp.minimum)
