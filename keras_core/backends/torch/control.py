"""Control flow on torch: Python's own, and torch's operators of it while it compiles."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch

from keras_core.backends._xp import control as _shared
from keras_core.backends.torch import arrays as _arrays
from keras_core.core import tree as _tree

_loops = _shared.Loops(_arrays, torch.stack)
scan = _loops.scan
map = _loops.map


def _anew(function: Callable) -> Callable:
    """`function` with results of their own: torch's operators take none that are arguments."""
    return lambda *args: _tree.map_structure(
        lambda x: x.clone() if isinstance(x, torch.Tensor) else x, function(*args)
    )


def cond(pred: Any, true_fn: Callable, false_fn: Callable) -> Any:
    if not torch.compiler.is_compiling():
        return true_fn() if bool(pred.detach()) else false_fn()
    pred = pred.bool().reshape(())
    if torch.compiler.is_dynamo_compiling():
        return torch.cond(pred, _anew(true_fn), _anew(false_fn))
    # A step that is written down below autograd (`compiling`) has no branches: both are run.
    return _tree.map_structure(lambda x, y: torch.where(pred, x, y), true_fn(), false_fn())


def switch(index: Any, branches: list[Callable], *operands: Any) -> Any:
    if torch.compiler.is_compiling():
        # Two-way branches one after the other: the time to compile those inside of others
        # doubles with each.
        out, first, *rest = branches if len(branches) > 1 else branches * 2
        out = cond(index <= 0, lambda: out(*operands), lambda: first(*operands))
        for i, branch in enumerate(rest, 2):
            here = index >= i if i == len(branches) - 1 else index == i
            out = cond(here, lambda branch=branch: branch(*operands), lambda out=out: out)
        return out
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


def while_loop(test: Callable, step: Callable, state: tuple, maximum_iterations: Any) -> tuple:
    state = _loops.values(state)
    if not torch.compiler.is_compiling():
        return _loops.while_loop(test, step, state, maximum_iterations)
    from torch._higher_order_ops.while_loop import while_loop as compiled

    turns = torch.zeros((), dtype=torch.int64)

    def go(turns: Any, *values: Any) -> Any:
        more = test(*values)
        return more if maximum_iterations is None else more & (turns < maximum_iterations)

    def turn(turns: Any, *values: Any) -> tuple:
        return (turns + 1, *_anew(step)(*values))

    return tuple(compiled(go, turn, (turns, *_anew(tuple)(state))))[1:]


def fori_loop(lower: Any, upper: Any, body_fun: Callable, value: Any) -> Any:
    for i in range(int(lower), int(upper)):
        value = body_fun(torch.tensor(i, dtype=torch.int32, device=_arrays.device()), value)
    return _loops.values(value)


def vectorized_map(function: Callable, elements: Any) -> Any:
    # Random numbers differ from row to row, as in a loop.
    return torch.vmap(lambda x: _loops.values(function(x)), randomness="different")(elements)


class _OfItsOwn(torch.autograd.Function):
    """A function with the gradient that it comes with; one class, for compilers make none."""

    @staticmethod
    def forward(ctx: Any, pair: Callable, form: Any, forms: list, *tensors: Any) -> Any:
        args = tensors if form is None else _tree.unflatten(form, tensors)
        outputs, ctx.rule = pair(*args)
        ctx.count = len(tensors)
        leaves = [outputs]
        if not isinstance(outputs, torch.Tensor):
            leaves, structure = _tree.flatten_spec(outputs)
            forms.append(structure)
        # An output that is an input would lose its place in the graph.
        return tuple(x.view_as(x) if any(x is t for t in tensors) else x for x in leaves)

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        found = ctx.rule(*upstream)
        found = list(found) if isinstance(found, (tuple, list)) else [found]
        return (None, None, None, *found, *[None] * (ctx.count - len(found)))


def custom_gradient(pair: Callable) -> Callable:
    def function(*args: Any) -> Any:
        forms: list[Any] = []
        if all(isinstance(x, torch.Tensor) for x in args):
            out = _OfItsOwn.apply(pair, None, forms, *args)
        else:
            flat, form = _tree.flatten_spec(args)
            out = _OfItsOwn.apply(pair, form, forms, *flat)
        return _tree.unflatten(forms[0], out) if forms else out[0]

    return function


def jvp(fun: Callable, primals: tuple, tangents: tuple, has_aux: bool) -> tuple:
    if torch.compiler.is_compiling():
        return torch.func.jvp(fun, primals, tangents, has_aux=has_aux)
    with warnings.catch_warnings():  # torch's own forward rules use its deprecated scripting
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.func.jvp(fun, primals, tangents, has_aux=has_aux)
