"""The loop over time: one cell's step applied along axis 1, with masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_core import ops
from keras_core.core import tree

Step = Callable[[Any, Any], tuple[Any, Any]]


def run(
    step: Step,
    sequences: Any,
    states: Any,
    mask: Any = None,
    *,
    go_backwards: bool = False,
    unroll: bool = False,
    zero_output_for_mask: bool = False,
) -> tuple[Any, Any, Any]:
    """Apply a step to all times of a batch of sequences.

    A masked step keeps the states; its output is the last one before it (zeros where there is
    none), or zeros.

    Args:
        step: `(inputs, states) -> (output, states)` for one time.
        sequences: a tensor (batch, time, ...), or a structure of them.
        states: the first states, in the structure that `step` takes and returns.
        mask: (batch, time), False at steps to skip.
        go_backwards: whether time runs backwards; outputs come in the order of computation.
        unroll: whether steps are laid out one after the other rather than looped over.
        zero_output_for_mask: whether outputs of masked steps are zeros.

    Returns:
        The last output, all outputs (batch, time, ...), the last states.
    """
    by_time = tree.map_structure(_swap, sequences)
    keep = None if mask is None else _swap(ops.cast(mask, "bool"))
    if go_backwards:
        by_time = tree.map_structure(lambda x: ops.flip(x, 0), by_time)
        keep = None if keep is None else ops.flip(keep, 0)

    shape = tree.map_structure(lambda x: x, states)

    if keep is None:

        def body(carry: Any, x: Any) -> tuple[Any, Any]:
            output, new = step(x, carry)
            return _like(shape, new), output

        carry, xs = states, by_time
    else:
        # What comes out before the first step that counts; only its shape matters.
        first = tree.map_structure(lambda x: x[0], by_time)
        empty = tree.map_structure(ops.zeros_like, step(first, states)[0])

        def body(carry: Any, x: Any) -> tuple[Any, Any]:
            states, last = carry
            inputs, here = x
            output, new = step(inputs, states)
            new = _select(here, _like(shape, new), states)
            last = _select(here, output, empty if zero_output_for_mask else last)
            return (new, last), last

        carry, xs = (states, empty), (by_time, keep)

    if unroll:
        carry, outputs = _unrolled(body, carry, xs)
    else:
        carry, outputs = ops.scan(body, carry, xs)
    states = carry if keep is None else carry[0]
    last = tree.map_structure(lambda x: x[-1], outputs)
    return last, tree.map_structure(_swap, outputs), states


def _unrolled(body: Callable, carry: Any, xs: Any) -> tuple[Any, Any]:
    leaves, spec = tree.flatten_spec(xs)
    outputs = []
    for items in zip(*(ops.unstack(x, axis=0) for x in leaves), strict=True):
        carry, output = body(carry, tree.unflatten(spec, items))
        outputs.append(output)
    return carry, tree.map_structure(lambda *x: ops.stack(x, axis=0), *outputs)


def _swap(x: Any) -> Any:
    return ops.swapaxes(x, 0, 1)


def _like(structure: Any, states: Any) -> Any:
    """States in the structure they came in: a cell may return a list, a tuple or one tensor."""
    return tree.unflatten(tree.flatten_spec(structure)[1], tree.flatten(states))


def _select(here: Any, new: Any, old: Any) -> Any:
    def choose(a: Any, b: Any) -> Any:
        shaped = ops.reshape(here, (-1,) + (1,) * (len(a.shape) - 1))
        return ops.where(shaped, a, b)

    return tree.map_structure(choose, new, old)
