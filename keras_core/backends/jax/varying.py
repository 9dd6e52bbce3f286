"""Loops under `jax.shard_map`: what differs between devices, their states must differ in too.

There JAX knows of each array along which axes of the mesh it varies. A loop gives its state back
as it took it, so states that begin as zeros, the same everywhere, are declared to vary as what a
step makes of them does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

_NONE: frozenset[Any] = frozenset()


def _axes(x: Any) -> frozenset[Any]:
    kind = x if isinstance(x, jax.ShapeDtypeStruct) else jax.typeof(x)
    return getattr(getattr(kind, "manual_axis_type", None), "varying", _NONE)


def _as(x: Any, axes: frozenset[Any]) -> Any:
    missing = tuple(axes - _axes(x))
    return jax.lax.pcast(x, missing, to="varying") if missing else x


def settled(step: Callable[..., Any], state: Any, *inputs: Any) -> Any:
    """`state`, varying along the axes along which `step(state, *inputs)` does, of that structure.

    Args:
        step: makes the next state.
        state: the first one, a structure of arrays.
        *inputs: what else `step` takes.
    """
    if not jax.sharding.get_abstract_mesh().manual_axes:
        return state  # in no shard_map
    while True:  # an axis more at each turn, of which there are few
        given = jax.tree.leaves(state)
        made = jax.tree.leaves(jax.eval_shape(step, state, *inputs))
        axes = [_axes(out) | _axes(x) for x, out in zip(given, made, strict=True)]
        if all(a == _axes(x) for x, a in zip(given, axes, strict=True)):
            return state
        state = jax.tree.unflatten(
            jax.tree.structure(state), [_as(x, a) for x, a in zip(given, axes, strict=True)]
        )


def alike(*arrays: Any) -> tuple[Any, ...]:
    """Arrays that all vary along the axes along which any of them does."""
    axes = _NONE.union(*map(_axes, arrays))
    return tuple(_as(x, axes) for x in arrays) if axes else arrays


def scan(step: Callable[..., Any], state: Any, xs: Any, **options: Any) -> Any:
    """`jax.lax.scan`, of a state that may begin the same on all devices."""

    def first(state: Any, xs: Any) -> Any:
        return step(state, jax.tree.map(lambda x: x[0], xs))[0]

    return jax.lax.scan(step, settled(first, state, xs), xs, **options)
