"""Whole steps on torch - forward, backward, optimizer, metrics - as one compiled graph.

A step runs once on tensors without values, and the operations of torch that it comes to are
written down below autograd: gradients are operations like any other, and no Python code can
break the graph. The variables are inputs which the graph changes in place. What a run costs then
is the generated code, without a look at the Python objects that led to it.
"""

from __future__ import annotations

import contextlib
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from keras_core.core import tree

Body = Callable[[Any], Any]
_lock = threading.Lock()


class Cells:
    """The places in which a model's tensors are held: variables, and torch's own modules.

    Args:
        variables: the variables that a step reads or changes.
        modules: torch modules, of which those that are no layers hold tensors of their own.
    """

    def __init__(self, variables: Sequence[Any], modules: Sequence[torch.nn.Module]) -> None:
        self._places: list[tuple[Any, str]] = [(v.__dict__, "_value") for v in variables]
        for module in modules:
            for table in ("_parameters", "_buffers"):
                own = vars(module).get(f"_native{table}", vars(module).get(table)) or {}
                self._places += [(own, name) for name, x in own.items() if x is not None]
        unique = {id(table[name]): table[name] for table, name in self._places}
        self._order = {key: i for i, key in enumerate(unique)}
        self.tensors = list(unique.values())

    @contextlib.contextmanager
    def holding(self, tensors: Sequence[torch.Tensor]) -> Iterator[None]:
        """Have other tensors in these places meanwhile, as leaves that gradients are taken of."""
        leaves = [
            new.detach().requires_grad_(own.requires_grad)
            for new, own in zip(tensors, self.tensors, strict=True)
        ]
        before = [table[name] for table, name in self._places]
        try:
            for (table, name), own in zip(self._places, before, strict=True):
                table[name] = leaves[self._order[id(own)]]
            yield
        finally:
            for (table, name), own in zip(self._places, before, strict=True):
                table[name] = own


def lower(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Callable[..., Any]:
    """A graph as machine code."""
    from torch._inductor.compile_fx import compile_fx

    return compile_fx(graph, inputs)  # pyright: ignore[reportReturnType]


def program(body: Body, cells: Cells, data: Any) -> Body:
    """`body` as one compiled graph, for data of this form.

    Args:
        body: a step; what it gives must be a structure of tensors and other leaves.
        cells: where the tensors are held that it reads and changes.
        data: a structure of tensors and None.

    Returns:
        A function that does what `body` does.

    Raises:
        Exception: of any kind, if the values of tensors decide about the course of the step, or
            it does what the compiler cannot.
    """
    from torch.fx.experimental.proxy_tensor import make_fx

    leaves, spec = tree.flatten_spec(data)
    given = [i for i, x in enumerate(leaves) if x is not None]
    count = len(cells.tensors)
    out_spec: Any = None
    constants: list[Any] = []

    def flat(*tensors: torch.Tensor) -> list[torch.Tensor]:
        nonlocal out_spec
        batch = list(leaves)
        for i, x in zip(given, tensors[count:], strict=True):
            batch[i] = x
        with cells.holding(tensors[:count]):
            out = body(tree.unflatten(spec, batch))
        found, out_spec = tree.flatten_spec(out)
        constants[:] = [None if isinstance(x, torch.Tensor) else (x,) for x in found]
        return [x.detach() for x in found if isinstance(x, torch.Tensor)]

    inputs = [x.detach() for x in (*cells.tensors, *(leaves[i] for i in given))]
    with _lock, torch.no_grad(), _announced():
        graph = make_fx(flat, tracing_mode="fake", _allow_non_fake_inputs=True)(*inputs)
        run = lower(graph, inputs)
    held = inputs[:count]

    def fast(data: Any) -> Any:
        leaves, _ = tree.flatten_spec(data)
        with torch.no_grad():
            found = iter(run(*held, *[leaves[i] for i in given]))
        torch.autograd.graph.increment_version(held)
        return tree.unflatten(out_spec, [next(found) if c is None else c[0] for c in constants])

    return fast


@contextlib.contextmanager
def _announced() -> Iterator[None]:
    """Let `torch.compiler.is_compiling()` say so."""
    before = torch.compiler._is_compiling_flag
    torch.compiler._is_compiling_flag = True
    try:
        yield
    finally:
        torch.compiler._is_compiling_flag = before


def _layout(x: torch.Tensor) -> Any:
    """How a tensor lies in memory: the generated code reads none that lies otherwise."""
    return x.stride() if x.layout is torch.strided else x.layout


class CompiledBody:
    """A step's body, compiled for the shapes that come again, where that is possible and faster.

    The first run of all is as it is, since it makes what is not there yet. A shape that comes
    twice in a row, or often, is compiled; then both ways take turns until it is known which one
    is faster. Where bits must be the same from run to run (`enable_op_determinism`) the compiled
    one is taken without a look at the clock.

    Args:
        body: the step.
        cells: gives the places of the tensors that it works on, when it is compiled.
        name: the model's, for what is told about it.
    """

    OFTEN = 32
    MOST = 16  # programs
    TURNS = 4
    SLOWER = 1.05

    def __init__(self, body: Body, cells: Callable[[], Cells], name: str) -> None:
        self._body, self._cells, self._name = body, cells, name
        self.reset()

    def reset(self) -> None:
        """Forget the programs: the variables are others."""
        self.programs: dict[Any, Body] = {}
        self._seen: dict[Any, int] = {}
        self._last: Any = None
        self._gave_up = False

    def __call__(self, data: Any) -> Any:
        if self._gave_up:
            return self._body(data)
        leaves, spec = tree.flatten_spec(data)
        key = (spec, *[x if x is None else (x.shape, x.dtype, _layout(x)) for x in leaves])
        run = self.programs.get(key)
        if run is None:
            run = self._met(key, self._last == key, data)
        self._last = key
        return run(data)

    def _met(self, key: Any, again: bool, data: Any) -> Body:
        """How a shape is run that has no program."""
        often = self._seen[key] = self._seen.get(key, 0) + 1
        if not again and often < self.OFTEN or len(self.programs) >= self.MOST:
            return self._body
        try:
            fast = program(self._body, self._cells(), data)
        except Exception as error:
            line = str(error).strip().partition("\n")[0]
            self._give_up(f"torch cannot compile {self._name}, it runs uncompiled: {line}")
            return self._body
        if torch.are_deterministic_algorithms_enabled():
            self.programs[key] = fast
        else:
            self.programs[key] = _Race(self, key, self._body, fast)
        return self.programs[key]

    def _give_up(self, why: str) -> None:
        self._gave_up = True
        warnings.warn(f"jit_compile=True: {why}", stacklevel=2)

    def decided(self, key: Any, slow: float, fast: float, run: Body) -> None:
        """Hear how many seconds a step took uncompiled and compiled."""
        if fast <= slow * self.SLOWER:
            self.programs[key] = run
            return
        self._give_up(
            f"a step of {self._name} takes {1000 * fast:.3g} ms compiled and {1000 * slow:.3g} ms "
            "uncompiled, so it runs uncompiled"
        )


class _Race:
    """Both ways in turns, each timed by its best run."""

    def __init__(self, owner: CompiledBody, key: Any, slow: Body, fast: Body) -> None:
        self._owner, self._key = owner, key
        self._ways = (fast, slow)
        self._best = [float("inf"), float("inf")]
        self._runs = 0

    def __call__(self, data: Any) -> Any:
        turn = self._runs % 2
        start = time.perf_counter()
        out = self._ways[turn](data)
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        if self._runs > 1:  # the first ones load code and fill caches
            self._best[turn] = min(self._best[turn], time.perf_counter() - start)
        self._runs += 1
        if self._runs == 2 * CompiledBody.TURNS + 2:
            fast, slow = self._best
            self._owner.decided(self._key, slow, fast, self._ways[0])
        return out
