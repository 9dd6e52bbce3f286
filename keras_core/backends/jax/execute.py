"""Steps on JAX: one jitted pure function of the variables' values, several steps in a loop."""

from __future__ import annotations

import contextlib
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends.jax.arrays import convert_to_tensor
from keras_core.backends.jax.distribution import constrain_batch, distribute, place_batch
from keras_core.backends.step import BaseStep
from keras_core.backends.step import scope_of as scope_of
from keras_core.backends.step import whole_batch as whole_batch
from keras_core.core import hosted, placement, scopes, tree

_ON_HOST = jax.default_backend() == "cpu"
# Arrays up to this size lie on the device as a whole. On the host that is a copy, so it is less.
RESIDENT_BYTES = 1 << (26 if _ON_HOST else 30)


def _read(raw: Any) -> Any:
    """Arrays in the host's memory as NumPy's, without device_get's machinery for transfers."""
    return jax.tree.map(np.asarray, raw)


_numbers = _read if _ON_HOST else jax.device_get


def place(leaves: list[Any]) -> list[Any]:
    """Arrays on the device; None stays."""
    return [leaf if leaf is None else _placed(leaf) for leaf in leaves]


def stage(leaves: list[Any]) -> list[Any]:
    """Arrays as `Step.batch` takes them: on the CPU a program reads NumPy's where they lie.

    To place one takes as long as a tenth of a small step, and several times as long as that.
    """
    if not _ON_HOST or placement.current is not None:
        return place(leaves)
    return [
        x if x is None or (isinstance(x, np.ndarray) and x.dtype.kind in "biuf") else _placed(x)
        for x in leaves
    ]


def _placed(leaf: Any) -> Any:
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "OSU":
        raise ValueError(
            "Strings cannot be fed to a model on the jax backend. Convert them to numbers first, "
            "for instance with StringLookup in a tf.data pipeline."
        )
    if placement.current is not None:
        return place_batch(leaf)
    if isinstance(leaf, np.ndarray):  # which is not written to while it is in use
        return jnp.asarray(leaf)
    return convert_to_tensor(leaf)


def place_order(order: np.ndarray) -> Any:
    """Indices on the device."""
    return jnp.asarray(order)


def host(structure: Any) -> Any:
    """A structure of tensors as NumPy arrays."""
    return tree.map_structure(lambda x: np.asarray(x) if isinstance(x, jax.Array) else x, structure)


def no_gradients() -> contextlib.AbstractContextManager[None]:
    """A scope without gradients; here they are only taken where they are asked for."""
    return contextlib.nullcontext()


def random_state() -> np.ndarray | None:
    """JAX keeps no random state of its own."""
    return None


def set_random_state(state: np.ndarray | None) -> None:
    """Nothing to set."""


@contextlib.contextmanager
def profile(folder: str) -> Iterator[None]:
    """Record what the device does into a folder for TensorBoard."""
    with jax.profiler.trace(folder):
        yield


def value_and_grad(
    function: Callable[..., tuple[Any, Any]], variables: list[Any], tensors: tuple[Any, ...] = ()
) -> Any:
    """`function(*tensors) -> (value, more)`, and the value's gradients.

    They are for the variables, then for the tensors, in one list. What the function assigns to
    variables happens once it has run.
    """
    outer = scopes.local.stateless
    mapping = {} if outer is None else dict(outer.state_mapping)
    held = [] if outer is None else list(outer._held)
    changed: list[Any] = []
    found: list[Any] = []

    def pure(values: list[Any], inputs: list[Any]) -> tuple[Any, Any]:
        scope = scopes.StatelessScope(collect_losses=True)
        scope.state_mapping = dict(mapping)
        scope._held = [*held, *variables]
        for v, value in zip(variables, values, strict=True):
            scope.state_mapping[id(v)] = value
        before = dict(scope.state_mapping)
        with scope:
            value, more = function(*inputs)
        by_id = {id(v): v for v in scope._held}
        changed[:] = [
            by_id[key]
            for key, value in scope.state_mapping.items()
            if value is not before.get(key) and key in by_id
        ]
        leaves, structure = tree.flatten_spec(more)
        traced = [isinstance(x, (jax.Array, np.ndarray)) for x in leaves]
        found[:] = [
            structure,
            traced,
            [None if t else x for x, t in zip(leaves, traced, strict=True)],
        ]
        updates = [scope.state_mapping[id(v)] for v in changed]
        arrays = [x for x, t in zip(leaves, traced, strict=True) if t]
        return value, (arrays, updates)

    values = [_raw(v) for v in variables]
    (value, (arrays, updates)), gradients = jax.value_and_grad(pure, (0, 1), True)(
        values, list(tensors)
    )
    structure, traced, leaves = found
    rest = iter(arrays)
    more = tree.unflatten(
        structure, [next(rest) if t else x for x, t in zip(leaves, traced, strict=True)]
    )
    for v, new in zip(changed, updates, strict=True):
        v.assign(new)
    return (value, more), [*gradients[0], *gradients[1]]


def _raw(variable: Any) -> Any:
    """The variable's value, uncast."""
    scope = scopes.local.stateless
    if scope is not None:
        value = scope.state_mapping.get(id(variable))
        if value is not None:
            return value
    return variable._value


def with_state(groups: Any, state: Any, function: Callable[[], Any]) -> tuple[Any, Any]:
    """`function()` run on values of variables, and the values after it, both by groups."""
    pairs = [
        pair
        for variables, values in zip(groups, state, strict=True)
        for pair in zip(variables, values, strict=True)
    ]
    with scopes.StatelessScope(pairs, collect_losses=True) as scope:
        out = function()
    after = tuple([scope.get_current_value(v) for v in variables] for variables in groups)
    return out, after


_GROWS = (
    "Every step makes new variables. A layer must make its weights once: call add_weight() in "
    "build(self, input_shape), and layers inside in __init__, not in call()."
)


class _StateGrew(Exception):
    """Tracing made new variables: it is done once more, with them."""


def on_host(key: int, inputs: list[Any], shape: Any, dtype: str) -> Any:
    """What the layer of that number makes of tensors; a callback where they are traced."""
    if not any(isinstance(x, jax.core.Tracer) for x in inputs):
        return convert_to_tensor(hosted.run(key, [np.asarray(x) for x in inputs]), dtype)
    native = jax.dtypes.canonicalize_dtype(dtype)
    return jax.pure_callback(
        lambda *values: np.asarray(hosted.run(key, [np.asarray(v) for v in values]), native),
        jax.ShapeDtypeStruct(tuple(shape), native),
        *inputs,
        vmap_method="sequential",
    )


compiled = jax.jit


def recomputed(function: Callable, tensors: list[Any]) -> Any:
    """`function(*tensors)`, computed again when gradients are taken."""
    return jax.checkpoint(function)(*tensors)


def _may_compile(trainer: Any) -> bool:
    """Whether steps are compiled: as told, else unless a layer says that it cannot be."""
    if trainer.jit_compile != "auto":
        return bool(trainer.jit_compile)
    return all(layer.supports_jit for layer in trainer._flatten_layers())


_ONE = tree.structure_of((0, 0, 0))  # an input alone; None is a leaf


class Step(BaseStep):
    __doc__ = BaseStep.__doc__

    def __init__(self, trainer: Any, kind: str) -> None:
        super().__init__(trainer, kind)
        self.fragile = kind == "train"  # its state is donated
        self.eager = bool(trainer.run_eagerly) or not _may_compile(trainer)
        self._groups: tuple[list[Any], ...] = ()
        self._ids: list[list[int]] = []
        self._variables: list[Any] = []
        self._programs: dict[Any, Callable[..., Any]] = {}
        self._names: list[str] = []
        self.refresh()

    def refresh(self) -> None:
        groups = self.groups()
        ids = [[*map(id, group)] for group in groups]
        if ids == self._ids:
            return
        self._ids, self._groups = ids, groups
        flat = self._variables = list({id(v): v for group in groups for v in group}.values())
        self._programs.clear()
        self._dtypes = [v._value.dtype for v in flat]

    # The pure functions ----------------------------------------------------------------------

    def _one(self, values: list[Any], leaves: list[Any], spec: Any) -> tuple[list[Any], Any]:
        """One step as a pure function: new values of all variables, and logs or outputs."""
        data = tree.unflatten(spec, leaves)
        if self.takes_state:
            by_id = dict(zip(map(id, self._variables), values, strict=True))
            state = tuple([by_id[id(v)] for v in group] for group in self._groups)
            out, after = self.body(state, data)
            for group, new in zip(self._groups, after, strict=True):
                by_id.update(zip(map(id, group), new, strict=True))
            new = [by_id[id(v)] for v in self._variables]
        else:
            pairs = zip(self._variables, values, strict=True)
            with scopes.StatelessScope(pairs, collect_losses=True) as scope:
                out = self.body(data)
            new = [scope.state_mapping[id(v)] for v in self._variables]
            if self._grown():
                raise _StateGrew
        new = [
            x if x is old else jax.lax.convert_element_type(x, dtype)
            for x, old, dtype in zip(new, values, self._dtypes, strict=True)
        ]
        if placement.current is not None:  # variables stay where they lie
            new = [
                x if v._layout is None else distribute(x, v._layout.backend_layout)
                for x, v in zip(new, self._variables, strict=True)
            ]
        return new, self._named(out) if self.kind != "predict" else out

    def _grown(self) -> bool:
        groups = self.groups()
        return [len(g) for g in groups] != [len(g) for g in self._groups]

    def _results(self, values: list[Any]) -> dict[str, Any]:
        pairs = zip(self._variables, values, strict=True)
        with scopes.StatelessScope(pairs):
            return self._named(self.results())  # type: ignore[misc]

    def _named(self, logs: Any) -> Any:
        """Logs as arrays, so that a loop can carry them; their order, which JAX does not keep."""
        if logs is None:
            return {}
        self._names = list(logs)
        return jax.tree.map(jnp.asarray, logs)

    def _changed(self, new: list[Any], old: list[Any]) -> Any:
        """What a program returns: all variables if it was given them up, else those it changes.

        Variables that are only read would be copied.
        """
        if self.kind == "train":
            return new
        return {i: a for i, (a, b) in enumerate(zip(new, old, strict=True)) if a is not b}

    def _batch_function(self, values: list[Any], leaves: list[Any], spec: Any) -> Any:
        new, out = self._one(values, leaves, spec)
        if self.results is not None:
            out = self._results(new)
        return self._changed(new, values), out

    def _fresh_function(self, values: list[Any], leaves: list[Any], spec: Any) -> Any:
        pairs = zip(self._variables, values, strict=True)
        with scopes.StatelessScope(pairs) as scope:
            self.trainer.reset_metrics()
        zeroed = [scope.state_mapping[id(v)] for v in self._variables]
        new, out = self._one(zeroed, leaves, spec)
        if self.results is not None:
            out = self._results(new)
        return self._changed(new, values), out

    def _gather_function(
        self, values: list[Any], leaves: list[Any], order: Any, first: Any, last: Any, spec: Any
    ) -> Any:
        def rows(i: Any) -> list[Any]:
            return self._rows(leaves, order, i)

        def step(values: list[Any], leaves: list[Any]) -> tuple[Any, Any]:
            new, out = self._one(values, leaves, spec)
            return self._changed(new, values), {} if self.results is not None else out

        traced = jax.jit(step)  # traced once for what it gives and for the loop
        new, logs = jax.eval_shape(traced, values, rows(first))
        if isinstance(new, dict):  # only these are carried from step to step
            carried: Any = {i: values[i] for i in new}
        else:
            carried = values

        def merged(carried: Any) -> list[Any]:
            if isinstance(carried, dict):
                return [carried.get(i, value) for i, value in enumerate(values)]
            return carried

        empty = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), logs)
        carried, logs = jax.lax.fori_loop(
            first, last, lambda i, carry: traced(merged(carry[0]), rows(i)), (carried, empty)
        )
        return carried, logs if self.results is None else self._results(merged(carried))

    def _row_function(
        self, values: list[Any], leaves: list[Any], order: Any, i: Any, spec: Any
    ) -> Any:
        new, out = self._one(values, self._rows(leaves, order, i), spec)
        return self._changed(new, values), out

    def _direct_function(self, values: list[Any], x: Any, spec: Any) -> Any:
        return self._batch_function(values, [x, None, None], spec)

    @staticmethod
    def _rows(leaves: list[Any], order: Any, i: Any) -> list[Any]:
        pick = jax.lax.dynamic_index_in_dim(order, i, keepdims=False)
        return [
            x if x is None else constrain_batch(x.at[pick].get(mode="promise_in_bounds"))
            for x in leaves
        ]

    # Running ---------------------------------------------------------------------------------

    def _program(self, function: Callable[..., Any], spec: Any) -> Callable[..., Any]:
        key = (function.__name__, spec)
        program = self._programs.get(key)
        if program is None:
            reference: Any = weakref.WeakMethod(function)

            def program(*args: Any) -> Any:
                return reference()(*args, spec=spec)

            if not self.eager:
                # Only what the step replaces may be given up.
                donate = (0,) if self.kind == "train" else ()
                program = jax.jit(program, donate_argnums=donate)
            self._programs[key] = program
        return program

    def _run(self, function: Callable[..., Any], spec: Any, *args: Any) -> Any:
        try:
            new, out = self._program(function, spec)(self._values(), *args)
        except _StateGrew:
            self.refresh()
            try:
                new, out = self._program(function, spec)(self._values(), *args)
            except _StateGrew:
                raise RuntimeError(_GROWS) from None
        for i, value in new.items() if isinstance(new, dict) else enumerate(new):
            self._variables[i]._value = value
        return out

    def _values(self) -> list[Any]:
        """The variables' values, ours alone where they will be given up."""
        if self.kind != "train":
            return [v._value for v in self._variables]
        out = []
        for v in self._variables:
            value = v._value
            if sys.getrefcount(value) > 3:  # somebody else holds the array: it stays theirs
                value = jnp.copy(value)
            out.append(value)
        return out

    def batch(self, leaves: list[Any], spec: Any) -> Any:
        """Run one batch."""
        if self.eager:  # the user's own code is given tensors
            leaves = place(leaves)
        return self._run(self._batch_function, spec, leaves)

    @property
    def has_fresh(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether a program takes NumPy's arrays and resets the metrics."""
        return not self.eager and placement.current is None

    def fresh(self, leaves: list[Any], spec: Any) -> Any:
        """Run one batch of NumPy arrays, the metrics set to zero before it.

        Each array that is made outside of the program costs as much as a tenth of a small step.

        Args:
            leaves: the arrays, of numbers; None stays. Metrics and the model set the metrics to
                zero as this package's do, so that it may be a part of the program.
            spec: their structure.
        """
        return self._run(self._fresh_function, spec, leaves)

    def gather(self, placed: list[Any], spec: Any, order: Any, first: int, last: int) -> Any:
        """Run the steps `first` to `last - 1` on rows of arrays on the device."""
        if self.eager:
            out = None
            for i in range(first, last):
                pick = order[i]
                leaves = [x if x is None else x[pick] for x in placed]
                out = self.batch(leaves, spec)
            return out
        if self.kind == "predict":
            return self._run(self._row_function, spec, placed, order, np.int32(first))
        return self._run(
            self._gather_function, spec, placed, order, np.int32(first), np.int32(last)
        )

    def direct(self, x: np.ndarray) -> Any:
        """Predict one array, from NumPy to NumPy."""
        out = self._run(self._direct_function, _ONE, x)
        if isinstance(out, jax.Array):
            return np.asarray(out)
        return host(out)

    def wait(self, raw: Any) -> None:
        """Return when the results are there."""
        jax.block_until_ready(raw)

    def fetch(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Results as host numbers, in one transfer."""
        found = _numbers(raw)
        return {name: found[name] for name in self._names if name in found}
