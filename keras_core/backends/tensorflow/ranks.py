"""Operations on tensors whose rank is known only at run time: traced once for each rank."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_core.core import tree

_RANKS = range(9)  # as far as TensorFlow's kernels for slices, transposes and broadcasts go


def by_rank(function: Callable, args: tuple) -> tuple[Any] | None:
    """What `function`, which failed for want of a rank, makes of `args` rank by rank.

    It is traced with each rank that the tensor without one may have; the graph picks the trace at
    run time. Ranks that it refuses fail then, by the check of the nearest one that it takes.

    Args:
        function: an operation.
        args: its arguments: tensors among others, also in lists.

    Returns:
        The result in a tuple. None if every tensor has a rank, more than one has none (to try each
        rank of one with each of another takes seconds), it works at no rank, or the ranks differ
        in the structure or dtype of the result.
    """
    if tf.executing_eagerly():
        return None
    leaves, spec = tree.flatten_spec(args)
    unknown = [i for i, x in enumerate(leaves) if isinstance(x, tf.Tensor) and x.shape.rank is None]
    if len(unknown) != 1:
        return None
    at = unknown[0]
    x = leaves[at]
    whole = tf.function(
        lambda x: function(*tree.unflatten(spec, [*leaves[:at], x, *leaves[at + 1 :]])),
        autograph=False,
    )
    traces, forms = {}, set()
    for rank in _RANKS:
        try:
            trace = whole.get_concrete_function(tf.TensorSpec([None] * rank, x.dtype))
        except Exception:
            continue
        found, form = tree.flatten_spec(trace.structured_outputs)
        forms.add((form, *(value.dtype for value in found)))
        traces[rank] = trace
    if len(forms) != 1:
        return None

    def branch(rank: int) -> Callable:
        taken = min(traces, key=lambda known: abs(known - rank))
        # The check is of the shape: one of x itself would be run in branches that are not taken,
        # where TensorFlow's optimizer makes constants of what follows from the rank.
        return lambda: traces[taken](tf.reshape(x, tf.ensure_shape(tf.shape(x), (taken,))))

    if len(traces) == 1:
        return (branch(*traces)(),)
    return (tf.switch_case(tf.rank(x), [branch(rank) for rank in _RANKS]),)
