"""Native bindings of the reductions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from keras_core.backends.torch import arrays as _arrays
from keras_core.backends.torch.arrays import native_dtype as _native
from keras_core.core import scopes as _scopes
from keras_core.core import shapes as _shapes

_UNSIGNED = {"uint16": "int32", "uint32": "int64", "uint64": "int64"}
_COMPLEX = ("complex64", "complex128")  # no kernel passes over NaN there
_ORDERED = _UNSIGNED | {"uint64": _arrays.by_order}


def _sum_without_nan(_: Callable, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return sum(torch.where(torch.isnan(x), 0, x), axis, keepdims)


def _mean_without_nan(_: Callable, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    count = sum((~torch.isnan(x)).to(x.dtype), axis, keepdims)
    return _sum_without_nan(_, x, axis, keepdims) / count


def _extremum_of_uint64(
    reduce: Callable, x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> Any:
    initial = None if initial is None else int(initial) - 2**63
    return _arrays.by_order(reduce, x, axis, keepdims, initial)


VIA: dict[str, dict[str, Any]] = dict.fromkeys(("sum", "cumsum", "cumprod", "diff"), _UNSIGNED)
VIA |= dict.fromkeys(("max", "min"), _UNSIGNED | {"uint64": _extremum_of_uint64})
VIA |= dict.fromkeys(("amax", "amin"), _ORDERED)
VIA["nansum"] = VIA["prod"] = {"uint32": "int64", "uint64": "int64"}
VIA["nansum"] = VIA["nansum"] | dict.fromkeys(_COMPLEX, _sum_without_nan)
VIA["nanmean"] = dict.fromkeys(_COMPLEX, _mean_without_nan)
VIA |= {name: {"bool": "uint8"} | _ORDERED for name in ("argmax", "argmin", "searchsorted")}


def _reduction(function: Callable, every: Any = None) -> Callable:
    """`function(x, dim, keepdim)` with NumPy's meaning of axes; `every` stands for all of them."""

    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if axis is None:
            # Said in full in a file: torch.onnx knows some of them with axes only.
            axis = tuple(range(x.ndim)) if _scopes.local.exporting else every
        elif isinstance(axis, (tuple, list)) and not axis:
            return function(x.unsqueeze(-1), -1, False)  # torch would take () for all
        try:
            return function(x, axis, keepdims)
        except (IndexError, RuntimeError):
            _shapes.axis_tuple(axis, x.ndim)  # says it in our words
            raise

    return run


sum = _reduction(lambda x, dim, keep: torch.sum(x, dim, keep, dtype=x.dtype))
mean = _reduction(torch.mean)
var = _reduction(lambda x, dim, keep: torch.var(x, dim, correction=0, keepdim=keep))
# Their gradients are 0 where the deviation is.
std = _reduction(lambda x, dim, keep: torch.std(x, dim, correction=0, keepdim=keep))
nansum = _reduction(lambda x, dim, keep: torch.nansum(x, dim, keep, dtype=x.dtype))
nanmean = _reduction(torch.nanmean)
_length = _reduction(lambda x, dim, keep: torch.linalg.vector_norm(x, 2, dim, keep))
all = _reduction(torch.all)
any = _reduction(torch.any)
amax = _reduction(torch.amax, ())
amin = _reduction(torch.amin, ())


def _extremum(reduce: Callable, combine: Callable) -> Callable:
    def run(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        if initial is None:
            if x.numel() == 0 and 0 in [x.shape[i] for i in _shapes.axis_tuple(axis, x.ndim)]:
                raise ValueError("max, min: a reduced axis is empty, so initial must be given.")
            return reduce(x, axis, keepdims)
        start = torch.as_tensor(initial, dtype=x.dtype, device=x.device)
        if x.numel() == 0:
            shape = _shapes.reduced(tuple(x.shape), axis, keepdims)
            return start.expand(shape).clone()
        return combine(reduce(x, axis, keepdims), start)

    return run


max = _extremum(amax, torch.maximum)
min = _extremum(amin, torch.minimum)


@_reduction
def logsumexp(x: Any, dim: Any, keep: bool) -> Any:
    dim = tuple(range(x.ndim)) if dim is None else dim
    if not _arrays.recorded(x) or not x.numel():
        return torch.logsumexp(x, dim, keep)
    top = torch.amax(x.detach(), dim, True)
    # Torch's own gradient is NaN at infinity, and exp(x - result) is off where that is rounded.
    far = top.isinf()
    found = top + torch.logsumexp(torch.where(far, 0.0, x - top), dim, True)
    found = torch.where(far, top, found)
    return found if keep else found.squeeze(dim)


def _arg(function: Callable) -> Callable:
    def run(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        try:
            found = function(x, axis, keepdims)
        except IndexError:
            _shapes.axis_index(axis, x.ndim)
            raise
        return found.to(torch.int32)

    return run


argmax = _arg(torch.argmax)
argmin = _arg(torch.argmin)


def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    if dtype is not None:
        native = _native(dtype)
    elif x.dtype in (torch.bool, torch.int8, torch.uint8, torch.int16, torch.uint16):
        native = torch.int32
    else:
        native = x.dtype
    x = x.to(native)
    axes = _shapes.axis_tuple(axis, x.ndim)
    multiply = _halves if _arrays.recorded(x) else torch.prod
    for i in sorted(axes, reverse=True):  # torch multiplies over one axis at a time
        x = multiply(x, i, keepdims, dtype=native)
    return x


def _halves(x: Any, dim: int, keep: bool, dtype: Any) -> Any:
    """Products of products of halves.

    The gradient of torch's own is the result by the factor: nothing after an overflow.
    """
    if not x.shape[dim]:
        return torch.prod(x, dim, keep, dtype=dtype)
    while (size := x.shape[dim]) > 1:
        half = size // 2
        pairs = x.narrow(dim, 0, half) * x.narrow(dim, half, half)
        x = torch.cat([pairs, x.narrow(dim, size - 1, 1)], dim) if size % 2 else pairs
    return x if keep else x.squeeze(dim)


class _Product(torch.autograd.Function):
    """A product whose factors have no slope where the result has none, be the other infinite."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any, y: Any) -> Any:
        return x * y

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        nothing = upstream == 0
        # Infinity alone is put aside: to finite factors there are slopes of slopes.
        x, y = (torch.where(nothing & torch.isinf(z), 0, z) for z in ctx.saved_tensors)
        return upstream * y.conj(), upstream * x.conj()

    @staticmethod
    def jvp(ctx: Any, x_slope: Any, y_slope: Any) -> Any:
        x, y = ctx.saved_tensors
        return x_slope * y + x * y_slope


def _steps(x: Any, dim: int, dtype: Any) -> Any:
    """Cumulative products by doubled steps, for the reason of `_halves`."""
    step, size = 1, x.shape[dim]
    while step < size:
        far = _Product.apply(x.narrow(dim, step, size - step), x.narrow(dim, 0, size - step))
        x = torch.cat([x.narrow(dim, 0, step), far], dim)
        step *= 2
    return x


def _cumulative(function: Callable, recorded: Callable | None = None) -> Callable:
    def run(x: Any, axis: Any = None, dtype: Any = None) -> Any:
        if dtype is not None:
            x = x.to(_native(dtype))
        elif x.dtype is torch.bool:
            x = x.to(torch.int32)
        if axis is None:
            x, axis = x.reshape(-1), 0
        run = recorded if recorded is not None and _arrays.recorded(x) else function
        return run(x, _shapes.axis_index(axis, x.ndim), dtype=x.dtype)

    return run


cumsum = _cumulative(torch.cumsum)
cumprod = _cumulative(torch.cumprod, _steps)


def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1]).to(torch.int64)
    size = int(rows.max()) + 1 if rows.numel() else 0
    size = torch.sym_max(size, minlength)  # in a compiled function one that is not known yet
    ones = torch.ones_like(rows, dtype=torch.int32) if weights is None else weights
    found = torch.zeros((rows.shape[0], size), dtype=ones.dtype, device=x.device)
    found = found.scatter_add(1, rows, ones.reshape(rows.shape))
    found = found.reshape(*x.shape[:-1], size)
    return found.to_sparse() if sparse else found


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    if sorted_sequence.ndim != 1:
        raise ValueError(
            "searchsorted: sorted_sequence must be a vector. "
            f"Received: shape {tuple(sorted_sequence.shape)}"
        )
    return torch.searchsorted(
        sorted_sequence.contiguous(), values.contiguous(), side=side, out_int32=True
    )
