"""Decorators for families of operations that differ in their formula only.

They are `@op` with the family's rules, and complete the docstring: a declaration gives the
summary and an example, the family the arguments and the result.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from keras_core.ops import rules
from keras_core.ops._door import DType, op

F = TypeVar("F", bound=Callable[..., Any])

_TAKES = {
    id(rules.floating): "integers and bools are taken as `floatx()`",
    id(rules.real_floating): "integers and bools are taken as `floatx()`",
    id(rules.logical): "what is not bool counts as its being nonzero",
    id(rules.integral): "bools are taken as int32",
    id(rules.integers): "of integers; bools are taken as int32",
    id(rules.bits): "of integers or bools",
}
_X = "x: a tensor{takes}."
_X12 = (
    "x1: a tensor{takes}.\n    x2: a tensor whose shape broadcasts with that of `x1`; both are "
    "promoted to\n        one dtype."
)
_XY = _X12.replace("x1", "x").replace("x2", "y")
_REDUCED = (
    "x: a tensor{takes}.\n    axis: an int, or a tuple of ints, counted from the end if negative; "
    "None for all axes.\n    keepdims: whether the reduced axes stay, with size 1."
)


def _complete(body: Callable, args: str, returns: str, dtype: DType | None) -> None:
    """Put the family's sections between the declaration's summary and example."""
    summary, mark, example = inspect.cleandoc(body.__doc__ or "").partition(">>>")
    takes = _TAKES.get(id(dtype))
    args = args.format(takes=f"; {takes}" if takes else "")
    parts = [summary.strip(), f"Args:\n    {args}", f"Returns:\n    {returns}"]
    if mark:
        parts.append(f"Example:\n\n>>> import keras_core as keras\n>>>{example}")
    body.__doc__ = "\n\n".join(parts) + "\n"


def _family(shape: Callable, args: str, returns: str) -> Callable[..., Callable[[F], F]]:
    def family(dtype: DType, *, returns: str = returns, **declared: Any) -> Callable[[F], F]:
        def declare(body: F) -> F:
            _complete(body, args, returns, dtype)
            return op(shape=shape, dtype=dtype, **declared)(body)  # pyright: ignore[reportReturnType]

        return declare

    return family


_SAME_SHAPE = "A tensor of the shape of `x`."
_BROADCAST = "A tensor of the broadcast shape."
#: One tensor `x`, element by element.
unary = _family(rules.elementwise, _X, _SAME_SHAPE)
#: Two tensors `x1` and `x2`, broadcast.
binary = _family(rules.broadcast, _X12, _BROADCAST)
#: Two tensors `x` and `y`, broadcast.
binary_xy = _family(rules.broadcast, _XY, _BROADCAST)
#: A tensor, `axis` and `keepdims`.
reduction = _family(rules.reduce, _REDUCED, "The tensor without the reduced axes.")
#: The same, of what has no result for no elements.
selection = _family(rules.reduce_some, _REDUCED, "The tensor without the reduced axes.")
