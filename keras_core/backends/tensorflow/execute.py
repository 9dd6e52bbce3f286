"""Steps on TensorFlow: a `tf.function`, several steps in a loop of the graph."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_core.backends.step import BaseStep
from keras_core.backends.tensorflow import replicas
from keras_core.backends.tensorflow.arrays import abstract, convert_to_numpy, convert_to_tensor
from keras_core.core import hosted, scopes, tree

# Arrays up to this size lie on the device as a whole. On the host that is a copy, so it is less.
RESIDENT_BYTES = 1 << (30 if tf.config.list_physical_devices("GPU") else 26)


def place(leaves: list[Any]) -> list[Any]:
    """Arrays on the device; None stays."""
    return [leaf if leaf is None else convert_to_tensor(leaf) for leaf in leaves]


stage = place  # nothing is gained by leaving it to the step


def place_order(order: np.ndarray) -> Any:
    """Indices on the device."""
    return tf.constant(order)


def host(structure: Any) -> Any:
    """A structure of tensors as NumPy arrays."""

    def fetched(x: Any) -> Any:
        return convert_to_numpy(x) if tf.is_tensor(x) and not isinstance(x, tf.RaggedTensor) else x

    return tree.map_structure(fetched, structure)


def no_gradients() -> contextlib.AbstractContextManager[None]:
    """A scope without gradients; a tape that is open does not record what happens in it."""
    return contextlib.nullcontext()


def random_state() -> np.ndarray | None:
    """The state of TensorFlow's global generator; the stateful random operations tell none."""
    return np.array(tf.random.get_global_generator().state.numpy())


def set_random_state(state: np.ndarray | None) -> None:
    """Put the global generator back."""
    if state is not None:
        tf.random.get_global_generator().state.assign(state)


@contextlib.contextmanager
def profile(folder: str) -> Iterator[None]:
    """Record what the device does into a folder for TensorBoard."""
    with tf.profiler.experimental.Profile(folder):
        yield


def value_and_grad(
    function: Callable[..., tuple[Any, Any]], variables: list[Any], tensors: tuple[Any, ...] = ()
) -> Any:
    """`function(*tensors) -> (value, more)`, and the value's gradients.

    They are for the variables, then for the tensors, in one list.
    """
    with tf.GradientTape() as tape:
        if tensors:
            tape.watch(tensors)
        value, more = function(*tensors)
    # What the value does not depend on has a gradient of zero, as on the other backends.
    zero = tf.UnconnectedGradients.ZERO
    sources = [*[v._value for v in variables], *tensors]
    return (value, more), tape.gradient(value, sources, unconnected_gradients=zero)


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
    """What the layer of that number makes of tensors; in graphs it calls back itself."""
    return convert_to_tensor(hosted.run(key, [convert_to_numpy(x) for x in inputs]), dtype)


compiled = tf.function
scope_of, whole_batch = replicas.scope_of, replicas.whole_batch


def recomputed(function: Callable, tensors: list[Any]) -> Any:
    """`function(*tensors)`, computed again when gradients are taken."""
    return tf.recompute_grad(function)(*tensors)


_OWN_WIDTHS = 2
_METHODS = {"train": "fit", "test": "evaluate"}


class Step(BaseStep):
    __doc__ = BaseStep.__doc__

    def __init__(self, trainer: Any, kind: str) -> None:
        super().__init__(trainer, kind)
        self.eager = bool(trainer.run_eagerly)
        self._jit = trainer.jit_compile is True
        self._programs: dict[Any, dict[Any, Any]] = {}  # of a form, by width
        self._batch_sizes: set[int] = set()
        self._ids: list[int] = []
        self._strategy: Any = None
        self._replicas: Any = None
        self._settled = False
        self.refresh()

    def refresh(self) -> None:
        groups = self.groups()
        trained = {id(v) for v in groups[0]}
        ids = [id(v) if id(v) in trained else -id(v) for group in groups for v in group]
        strategy = replicas.strategy_of(self.trainer)
        if strategy is None:
            self._check_strategy()
        if ids != self._ids or strategy is not self._strategy:
            self._ids, self._strategy = ids, strategy
            self._programs.clear()
            if strategy is not None:
                self._check_compiler()
                owner = self.trainer._owner(_METHODS.get(self.kind, self.kind))
                self._replicas = replicas.Replicas(strategy, groups, self.kind, owner)

    def _check_compiler(self) -> None:
        if self._jit:
            raise ValueError(
                f"{self.trainer._owner('compile')}: jit_compile must be False or 'auto' for a "
                "model of a strategy over several devices: XLA cannot compile what goes between "
                "them. Received: jit_compile=True."
            )

    def _check_strategy(self) -> None:
        """Refuse to run in the open scope of a strategy of another kind than Mirrored."""
        strategy = tf.distribute.get_strategy()
        if not tf.distribute.in_cross_replica_context() or isinstance(
            strategy, tf.distribute.OneDeviceStrategy
        ):
            return
        method = _METHODS.get(self.kind, self.kind)
        raise RuntimeError(
            f"Model {self.trainer.name!r}: {method}() must be called after the block `with "
            "strategy.scope():`, not in it; it computes on one device, whatever strategy made the "
            "variables. Move the call out of the block, or train on all devices by strategy.run() "
            "with a step of your own. Received: a call in the scope of "
            f"{type(strategy).__name__}."
        )

    def _function(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        if self.eager:
            return function
        function.__name__ = f"{self.kind}_{name}"
        # Sizes that differ between calls are traced once more, as unknown.
        program: Any = tf.function(
            function, autograph=False, jit_compile=self._jit or None, reduce_retracing=True
        )
        # TensorFlow counts by the line of code, not by the function: it would warn of "retracing"
        # at the fifth model that a program trains.
        program._omit_frequent_tracing_warning = True
        return program

    def _call(
        self, name: Any, spec: Any, leaves: list[Any], make: Callable[[], Any], args: list[Any]
    ) -> Any:
        """Call the program of that name for arrays of such shapes.

        The first widths have programs of their own: in one for any width, a size that does not
        fit is found by a kernel and told without the layer, or not at all where it broadcasts.
        More of them are the sign of a model for any width, which is not traced for each.

        Args:
            name: what the program does.
            spec: the structure of the arrays.
            leaves: the arrays, of which the first axis may have any size.
            make: gives the program.
            args: what it is called with.
        """
        programs = self._programs.setdefault((name, spec, _ranks(leaves)), {})
        width = tuple([None if leaf is None else tuple(leaf.shape)[1:] for leaf in leaves])
        program = programs.get(width)
        if program is not None:
            return program(*args)
        if len(programs) >= _OWN_WIDTHS:
            program = programs.get("any") or make()
            with contextlib.suppress(Exception):  # one for this width works, or tells why not
                out = program(*args)
                programs["any"] = programs[width] = program
                return out
        program = make()
        out = program(*args)
        programs[width] = program
        return out

    # One batch -------------------------------------------------------------------------------

    def batch(self, leaves: list[Any], spec: Any) -> Any:
        """Run one batch."""
        few = False
        if self._strategy is not None:
            if not self._settled:
                self._settle(leaves, spec)
            few = _is_few(leaves, self._replicas.count)

        def make() -> Any:
            missing = tuple(leaf is None for leaf in leaves)

            def body(given: Any) -> Any:
                return self.body(tree.unflatten(spec, _refilled(missing, given)))

            def run(*given: Any) -> Any:
                if self._strategy is None:
                    out = body(given)
                else:
                    wanted = body if self.results is None else lambda given: _nothing(body(given))
                    out = self._replicas.run(wanted, list(given), few)
                return self.results() if self.results is not None else _returned(out)

            return self._function(run, "batch")

        given = [leaf for leaf in leaves if leaf is not None]
        return self._call(("batch", few), spec, leaves, make, given)

    def _settle(self, leaves: list[Any], spec: Any) -> None:
        """Trace the step outside of any replica: what is made on a first run is made there."""
        self._settled = True

        def trace() -> None:
            with scopes.StatelessScope(collect_losses=True):
                abstract(lambda given: self.body(tree.unflatten(spec, given)), leaves)

        replicas.aside(self._strategy, trace)
        self.refresh()

    # Several ---------------------------------------------------------------------------------

    def gather(self, placed: list[Any], spec: Any, order: Any, first: int, last: int) -> Any:
        """Run the steps `first` to `last - 1` on rows of tensors on the device."""
        missing = tuple(leaf is None for leaf in placed)
        given = [leaf for leaf in placed if leaf is not None]
        alone = not self.eager and self._strategy is None
        alone = alone and not any(isinstance(leaf, tf.RaggedTensor) for leaf in given)
        if self.kind == "predict" and alone:

            def row(order: Any, i: Any, *given: Any) -> Any:
                leaves = [tf.gather(leaf, order[i]) for leaf in given]
                return self.body(tree.unflatten(spec, _refilled(missing, leaves)))

            args = [order, tf.constant(first), *given]
            return self._call("row", spec, placed, lambda: self._function(row, "row"), args)
        if not alone:
            out = None
            for i in range(first, last):
                rows = order[i]
                leaves = [leaf if leaf is None else tf.gather(leaf, rows) for leaf in placed]
                out = self.batch(leaves, spec)
            return out
        args = [order, tf.constant(first), tf.constant(last), *given]
        return self._call("gather", spec, placed, lambda: self._gather_program(spec, missing), args)

    def _gather_program(self, spec: Any, missing: tuple[bool, ...]) -> Callable[..., Any]:
        def step(*leaves: Any) -> Any:
            return self.body(tree.unflatten(spec, _refilled(missing, leaves)))

        def run(order: Any, first: Any, last: Any, *given: Any) -> Any:
            def rows(i: Any) -> list[Any]:
                pick = order[i]
                return [tf.gather(leaf, pick) for leaf in given]

            if self.results is not None:  # nothing to hand on: no function of its own, and faster

                def direct(i: Any) -> tuple[Any]:
                    step(*rows(i))
                    return (i + 1,)

                tf.while_loop(lambda i: i < last, direct, (first,), parallel_iterations=1)
                return self.results()

            one = tf.function(step, autograph=False).get_concrete_function(
                *[tf.TensorSpec((order.shape[1], *leaf.shape[1:]), leaf.dtype) for leaf in given]
            )
            outputs = one.structured_outputs
            flat, structure = tree.flatten_spec(outputs)
            empty = [tf.zeros([0 if d is None else d for d in s.shape], s.dtype) for s in flat]

            def body(i: Any, logs: Any) -> Any:
                logs = tree.flatten(one(*rows(i)))
                return i + 1, logs

            _, logs = tf.while_loop(
                lambda i, logs: i < last,
                body,
                (first, empty),
                shape_invariants=(tf.TensorShape(()), [s.shape for s in flat]),
                parallel_iterations=1,
            )
            return tree.unflatten(structure, logs)

        return self._function(run, "steps")

    def direct(self, x: np.ndarray) -> Any:
        """Predict one array, from NumPy to NumPy."""
        if self._strategy is not None:
            leaves, spec = tree.flatten_spec((x, None, None))
            return host(self.batch(place(leaves), spec))

        def make() -> Any:
            return self._function(lambda x: self.body((x, None, None)), "direct")

        out = self._call("direct", None, [x], make, [tf.constant(x)])
        if isinstance(out, tf.Tensor):
            return out.numpy()
        return host(out)

    def wait(self, raw: Any) -> None:
        """Nothing to wait for: a function returns when it is done."""

    def fetch(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Results as host numbers."""
        return host(raw)


def _is_few(leaves: list[Any], replicas: int) -> bool:
    rows = next(leaf.shape[0] for leaf in leaves if leaf is not None)
    return rows is not None and rows < replicas


def _nothing(out: Any) -> dict[str, Any]:
    """In place of what nobody looks at: the results come from the metrics."""
    return {}


def _refilled(missing: tuple[bool, ...], given: Any) -> list[Any]:
    """The leaves with None put back where it was."""
    rest = iter(given)
    return [None if gone else next(rest) for gone in missing]


def _ranks(leaves: list[Any]) -> tuple[int | None, ...]:
    """By what programs differ beside the structure: one that meets two ranks knows neither."""
    return tuple(None if leaf is None else len(leaf.shape) for leaf in leaves)


def _returned(out: Any) -> Any:
    return {} if out is None else out
