"""Steps on torch: eager, on batches gathered from tensors on the device."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from keras_core.backends.step import BaseStep
from keras_core.backends.step import scope_of as scope_of
from keras_core.backends.step import whole_batch as whole_batch
from keras_core.backends.torch.arrays import (
    NATIVE_DTYPES,
    convert_to_numpy,
    convert_to_tensor,
    device,
    running,
    sharing,
)
from keras_core.backends.torch.compiling import Cells, CompiledBody
from keras_core.backends.torch.optimizers import no_gradients as no_gradients
from keras_core.core import hosted, scopes, tree

RESIDENT_BYTES = 1 << 31  # arrays up to this size lie on the device as a whole


def place(leaves: list[Any]) -> list[Any]:
    """Arrays on the device; None stays."""
    return [
        sharing(x) if isinstance(x, np.ndarray) else x if x is None else sharing(x).to(device())
        for x in leaves
    ]


stage = place  # nothing is gained by leaving it to the step


def place_order(order: np.ndarray) -> Any:
    """Indices on the device."""
    return torch.from_numpy(np.ascontiguousarray(order)).to(device())


def host(structure: Any) -> Any:
    """A structure of tensors as NumPy arrays."""
    return tree.map_structure(
        lambda x: convert_to_numpy(x) if isinstance(x, torch.Tensor) else x, structure
    )


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
    outer = running.depth > 0  # an outer gradient passes through this one
    running.depth += 1
    try:
        with torch.enable_grad():
            if tensors:
                tensors = tuple(
                    x if x.requires_grad else x.detach().requires_grad_() for x in tensors
                )
            value, more = function(*tensors)
    finally:
        running.depth -= 1
    sources = [*[v._value for v in variables], *tensors]
    if not value.requires_grad:
        return (value, more), [torch.zeros_like(t) for t in sources]
    # What the value does not depend on has a gradient of zero, as on the other backends.
    if outer or value.shape or torch.compiler.is_compiling():
        gradients = torch.autograd.grad(
            value, sources, allow_unused=True, materialize_grads=True, create_graph=outer
        )
        return (value, more), list(gradients)
    # What `grad` comes to for a loss, without its look at each of the variables several times,
    # which takes a small model a fifth of the time of the gradients.
    found = _engine.run_backward(
        (value,),
        (torch.ones_like(value),),
        False,  # keep_graph
        False,  # create_graph
        tuple(sources),
        allow_unreachable=True,
        accumulate_grad=False,
    )
    return (value, more), [
        torch.zeros_like(x) if g is None else g for g, x in zip(found, sources, strict=True)
    ]


_engine: Any = torch.autograd.Variable._execution_engine


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


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)


@functools.cache
def _keep_freed_memory() -> None:
    """Have glibc keep what a step frees for the next one: up to 256 MiB of it.

    Given back to the system, the same pages are made anew in every step, which took a third of
    the time of a small convolutional model. What the user has set for malloc stays.
    """
    told = any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ)
    if sys.platform != "linux" or told:
        return
    import ctypes

    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)  # the most there is: larger blocks come and go
        mallopt(_M_TRIM_THRESHOLD, 256 << 20)


class Step(BaseStep):
    __doc__ = BaseStep.__doc__

    def __init__(self, trainer: Any, kind: str) -> None:
        super().__init__(trainer, kind)
        if kind == "train" and torch.device(device()).type == "cpu":
            _keep_freed_memory()
        self._compiled: CompiledBody | None = None
        self._variables: list[tuple[Any, bool]] = []  # those that programs were made for
        if trainer.jit_compile is True and not trainer.run_eagerly:
            name = f"{type(trainer).__name__} {getattr(trainer, 'name', '')!r}"
            reference: Any = weakref.ref(self)

            def body(data: Any) -> Any:
                step = reference()
                out = step.body(data)
                # With results apart from them, the targets and outputs are none.
                return None if step.results is not None else out

            self._compiled = CompiledBody(body, lambda: reference()._cells(), name)

    def _mode(self, results: Any) -> contextlib.AbstractContextManager[Any]:
        """Gradients are recorded in the user's own training only: ours says where it needs them."""
        return _AS_IT_IS if self.kind == "train" and results is None else torch.no_grad()

    def refresh(self) -> None:
        """Look again at which variables there are: a program is for the very same ones."""
        if self._compiled is not None and self._variables:
            held = self._held()
            if len(held) != len(self._variables) or any(
                a is not b or was is not now
                for (a, was), (b, now) in zip(held, self._variables, strict=True)
            ):
                self._variables = []
                self._compiled.reset()

    def lasts(self) -> bool:
        """Always so where nothing is compiled: the model itself is run."""
        return self._compiled is None or super().lasts()

    def _held(self) -> list[tuple[Any, bool]]:
        """The variables' tensors, and whether each is trained."""
        return [(v._value, v._trainable) for group in self.groups() for v in group]

    def _cells(self) -> Cells:
        self._variables = self._held()
        return Cells([v for group in self.groups() for v in group], list(self.trainer.modules()))

    def batch(self, leaves: list[Any], spec: Any) -> Any:
        """Run one batch."""
        body, results = self.functions()
        body = self._compiled or body
        with self._mode(results):
            out = body(tuple(leaves) if spec == _SIMPLE else tree.unflatten(spec, leaves))
            return _detached(out) if results is None else _logs(results)

    def gather(self, placed: list[Any], spec: Any, order: Any, first: int, last: int) -> Any:
        """Run the steps `first` to `last - 1` on rows of tensors on the device."""
        body, results = self.functions()
        body, out = self._compiled or body, None
        simple = spec == _SIMPLE
        with self._mode(results):
            for i in range(first, last):
                pick = order[i]
                leaves = [x if x is None else x.index_select(0, pick) for x in placed]
                out = body(tuple(leaves) if simple else tree.unflatten(spec, leaves))
            return _detached(out) if results is None else _logs(results)

    def direct(self, x: np.ndarray) -> Any:
        """Predict one array, from NumPy to NumPy."""
        body = self._compiled or self.body
        with torch.no_grad():
            out = body((sharing(x), None, None))
        if isinstance(out, torch.Tensor):
            return convert_to_numpy(out)
        return host(out)

    def wait(self, raw: Any) -> None:
        """Return when the computation is done."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    def fetch(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Results as host numbers."""
        if all(isinstance(x, torch.Tensor) and not x.shape for x in raw.values()):
            return {name: x.item() for name, x in raw.items()}
        return host(raw)


_SIMPLE = tree.structure_of((0, 0, 0))  # None is a leaf
_AS_IT_IS = contextlib.nullcontext()


def _logs(results: Callable[[], dict[str, Any]]) -> Any:
    return {name: _kept(x) for name, x in results().items()}


def _kept(result: Any) -> Any:
    """A copy: a result may be a variable's own tensor, which later steps change."""
    if isinstance(result, torch.Tensor):
        return result.clone()
    if tree.is_nested(result):
        return tree.map_structure(_kept, result)
    return result


def _detached(out: Any) -> Any:
    return tree.map_structure(lambda x: x.detach() if isinstance(x, torch.Tensor) else x, out)
