"""Operations on tensors whose rank is known only at run time: traced once for each rank."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import tensorflow as tf

from keras_core.core import tree

_RANKS = range(9)  # as far as TensorFlow's kernels for slices, transposes and broadcasts go
_TOGETHER = 2  # arguments whose ranks are tried with one another: three would take too long
_depth: ContextVar[int] = ContextVar("depth", default=0)


def _lacks_rank(x: Any) -> bool:
    return isinstance(x, tf.Tensor) and x.shape.rank is None


def by_rank(function: Callable, args: tuple) -> tuple[Any] | None:
    """What `function`, which failed for want of a rank, makes of `args` rank by rank.

    It is traced with each rank that the first argument without one may have; the graph picks the
    trace at run time. Ranks that it refuses fail then, by the check of the nearest one that it
    takes. If it fails for want of another argument's rank too, it comes here again from there.

    Args:
        function: an operation.
        args: its arguments: tensors among others, also in lists; those of a list have one rank.

    Returns:
        The result in a tuple. None if every tensor has a rank, the ranks of more than two
        arguments are missing, it works at no rank, or the ranks differ in the structure or dtype
        of the result.
    """
    if tf.executing_eagerly() or _depth.get() == _TOGETHER:
        return None
    at = next((i for i, x in enumerate(args) if any(map(_lacks_rank, tree.flatten(x)))), None)
    if at is None:
        return None
    leaves, spec = tree.flatten_spec(args[at])
    unknown = [x for x in leaves if _lacks_rank(x)]

    def whole(tensors: list[tf.Tensor]) -> Any:
        given = iter(tensors)
        found = [next(given) if _lacks_rank(x) else x for x in leaves]
        return function(*args[:at], tree.unflatten(spec, found), *args[at + 1 :])

    traced = tf.function(whole, autograph=False)
    traces, forms = {}, set()
    for rank in _RANKS:
        specs = [tf.TensorSpec([None] * rank, x.dtype) for x in unknown]
        outside = _depth.set(_depth.get() + 1)
        try:
            trace = traced.get_concrete_function(specs)
        except Exception:
            continue
        finally:
            _depth.reset(outside)
        found, form = tree.flatten_spec(trace.structured_outputs)
        forms.add((form, *(value.dtype for value in found)))
        traces[rank] = trace
    if len(forms) != 1:
        return None

    def branch(rank: int) -> Callable:
        taken = min(traces, key=lambda known: abs(known - rank))

        def run() -> Any:
            # The check is of the shape: one of x itself would be run in branches that are not
            # taken, where TensorFlow's optimizer makes constants of what follows from the rank.
            shapes = [tf.ensure_shape(tf.shape(x), (taken,)) for x in unknown]
            return traces[taken]([tf.reshape(x, s) for x, s in zip(unknown, shapes, strict=True)])

        return run

    if len(traces) == 1:
        return (branch(*traces)(),)
    return (tf.switch_case(tf.rank(unknown[0]), [branch(rank) for rank in _RANKS]),)
