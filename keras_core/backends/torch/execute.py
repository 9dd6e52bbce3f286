"""Steps on torch: eager, on batches gathered from tensors on the device."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from keras_core.backends.step import BaseStep
from keras_core.backends.torch.arrays import (
    NATIVE_DTYPES,
    convert_to_numpy,
    convert_to_tensor,
    device,
)
from keras_core.core import hosted, scopes, tree

RESIDENT_BYTES = 1 << 31  # arrays up to this size lie on the device as a whole


def place(leaves: list[Any]) -> list[Any]:
    """Arrays on the device; None stays."""
    return [leaf if leaf is None else convert_to_tensor(leaf).to(device()) for leaf in leaves]


def place_order(order: np.ndarray) -> Any:
    """Indices on the device."""
    return torch.from_numpy(np.ascontiguousarray(order)).to(device())


def host(structure: Any) -> Any:
    """A structure of tensors as NumPy arrays."""
    return tree.map_structure(
        lambda x: convert_to_numpy(x) if isinstance(x, torch.Tensor) else x, structure
    )


no_gradients = torch.no_grad


def random_state() -> np.ndarray | None:
    """The state of torch's own generator on the host."""
    return torch.get_rng_state().numpy().copy()


def set_random_state(state: np.ndarray | None) -> None:
    """Put torch's own generator back."""
    if state is not None:
        torch.set_rng_state(torch.from_numpy(np.array(state)))


@contextlib.contextmanager
def profile(folder: str) -> Iterator[None]:
    """Record what the device does into a folder for TensorBoard."""
    handler = torch.profiler.tensorboard_trace_handler(folder)
    with torch.profiler.profile(on_trace_ready=handler):
        yield


def value_and_grad(
    function: Callable[..., tuple[Any, Any]], variables: list[Any], tensors: tuple[Any, ...] = ()
) -> Any:
    """`function(*tensors) -> (value, more)`, and the value's gradients.

    They are for the variables, then for the tensors, in one list.
    """
    outer = _running.depth > 0  # an outer gradient passes through this one
    _running.depth += 1
    try:
        with torch.enable_grad():
            if tensors:
                tensors = tuple(
                    x if x.requires_grad else x.detach().requires_grad_() for x in tensors
                )
            if _running.failures is not None and not outer:
                # The forward pass, of which the compiler derives the backward one; it cannot
                # follow the taking of gradients itself.
                value, more = _compiled(function, _running.failures)(*tensors)
            else:
                value, more = function(*tensors)
    finally:
        _running.depth -= 1
    sources = [*[v._value for v in variables], *tensors]
    if not value.requires_grad:
        return (value, more), [torch.zeros_like(t) for t in sources]
    # What the value does not depend on has a gradient of zero, as on the other backends.
    gradients = torch.autograd.grad(
        value, sources, allow_unused=True, materialize_grads=True, create_graph=outer
    )
    return (value, more), list(gradients)


class _Running(threading.local):
    """In this thread: how many gradients are being taken, one inside the other.

    And, while a step compiles the functions that it takes gradients of, why that failed before.
    """

    depth = 0
    failures: list[Exception] | None = None


_running = _Running()


def _is_the_compilers(error: Exception) -> bool:
    """Whether an error comes from compiling: by its class, or by where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else trace.tb_frame.f_globals.get("__name__", "")
    parts = ("torch._dynamo", "torch._inductor", "torch._functorch")
    return type(error).__module__.startswith(parts) or where.startswith(parts)


def _compiled(function: Callable[..., Any], failures: list[Exception]) -> Callable[..., Any]:
    """`function` compiled, or as it is, with a warning, where that turns out impossible."""
    fast = torch.compile(function)

    def run(*args: Any) -> Any:
        if failures:
            return function(*args)
        try:
            return fast(*args)
        except Exception as error:
            if not _is_the_compilers(error):
                raise
            failures.append(error)
            line = str(error).strip().partition("\n")[0]
            warnings.warn(
                f"jit_compile=True: torch cannot compile this model, it runs uncompiled: {line}",
                stacklevel=2,
            )
            return function(*args)

    return run


def with_state(groups: Any, state: Any, function: Callable[[], Any]) -> tuple[Any, Any]:
    """`function()` run on values of variables, and the values after it, both by groups."""
    pairs = [
        pair
        for variables, values in zip(groups, state, strict=True)
        for pair in zip(variables, values, strict=True)
    ]
    with scopes.StatelessScope(pairs, collect_losses=True) as scope:
        out = function()
    return out, tuple([scope.get_current_value(v) for v in variables] for variables in groups)


def on_host(key: int, inputs: list[Any], shape: Any, dtype: str) -> Any:
    """What the layer of that number makes of tensors; one operation where they are traced."""
    return _on_host(inputs, key, list(shape), dtype)


# An operation of its own, of which the compiler knows the result's shape and `vmap` the rule.
@torch.library.custom_op("keras_core::on_host", mutates_args=())
def _on_host(inputs: list[torch.Tensor], key: int, shape: list[int], dtype: str) -> torch.Tensor:
    # A copy: what an operation gives must not be what it was given.
    found = np.array(hosted.run(key, [convert_to_numpy(x) for x in inputs]))
    return convert_to_tensor(found, dtype)


@_on_host.register_fake
def _(inputs: list[torch.Tensor], key: int, shape: list[int], dtype: str) -> torch.Tensor:
    return torch.empty(shape, dtype=NATIVE_DTYPES[dtype], device=device())


@_on_host.register_vmap
def _(info: Any, axes: Any, inputs: list[Any], key: int, shape: list[int], dtype: str) -> Any:
    rows = [
        [x if axis is None else x.select(axis, i) for x, axis in zip(inputs, axes[0], strict=True)]
        for i in range(info.batch_size)
    ]
    return torch.stack([_on_host(row, key, shape, dtype) for row in rows]), 0


def compiled(function: Callable) -> Callable:
    """`function` traced whole; what is traced runs as it is, so that no C++ compiler is needed."""
    torch.compiler.reset()  # what was traced before counts against a limit of variants
    return torch.compile(function, backend="eager", fullgraph=True, dynamic=False)


def recomputed(function: Callable, tensors: list[Any]) -> Any:
    """`function(*tensors)`, computed again when gradients are taken."""
    if not torch.is_grad_enabled():
        return function(*tensors)
    from torch.utils.checkpoint import checkpoint

    # The state of torch's own generators does not matter: random numbers come from seeds.
    return checkpoint(function, *tensors, use_reentrant=False, preserve_rng_state=False)


class Step(BaseStep):
    __doc__ = BaseStep.__doc__

    def __init__(self, trainer: Any, kind: str) -> None:
        super().__init__(trainer, kind)
        self._body = self.body
        self._failures: list[Exception] = []
        if trainer.jit_compile is True and not trainer.run_eagerly:
            train = kind == "train"
            self._body = self._compiling if train else _compiled(self.body, self._failures)
        if kind != "train":
            self._body = torch.no_grad()(self._body)

    def _compiling(self, data: Any) -> Any:
        """The step, the gradients in which are taken of compiled functions."""
        _running.failures = self._failures
        try:
            return self.body(data)
        finally:
            _running.failures = None

    def batch(self, leaves: list[Any], spec: Any) -> Any:
        """Run one batch."""
        out = self._body(tree.unflatten(spec, leaves))
        return self._logs() if self.results is not None else _detached(out)

    def gather(self, placed: list[Any], spec: Any, order: Any, first: int, last: int) -> Any:
        """Run the steps `first` to `last - 1` on rows of tensors on the device."""
        body, out = self._body, None
        simple = spec == _SIMPLE
        for i in range(first, last):
            pick = order[i]
            leaves = [x if x is None else x.index_select(0, pick) for x in placed]
            out = body(tuple(leaves) if simple else tree.unflatten(spec, leaves))
        return self._logs() if self.results is not None else _detached(out)

    def _logs(self) -> Any:
        with torch.no_grad():
            # Copies: a result may be a variable's own tensor, which later steps change.
            return tree.map_structure(
                lambda x: x.detach().clone() if isinstance(x, torch.Tensor) else x,
                self.results(),  # type: ignore[misc]
            )

    def direct(self, x: np.ndarray) -> Any:
        """Predict one array, from NumPy to NumPy."""
        out = self._body((convert_to_tensor(x), None, None))
        if isinstance(out, torch.Tensor):
            return convert_to_numpy(out)
        return host(out)

    def wait(self, raw: Any) -> None:
        """Return when the computation is done."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    def fetch(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Results as host numbers."""
        return host(raw)


_SIMPLE = tree.structure_of((0, 0, 0))  # None is a leaf


def _detached(out: Any) -> Any:
    return tree.map_structure(lambda x: x.detach() if isinstance(x, torch.Tensor) else x, out)
