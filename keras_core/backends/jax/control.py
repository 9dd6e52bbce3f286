"""Control flow by `jax.lax`. Variables assigned inside of it become part of what it carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from keras_core.backends.jax import arrays as _arrays
from keras_core.backends.jax import varying as _varying
from keras_core.core import scopes as _scopes


class _Recorder(_scopes.StatelessScope):
    """Sees the outer scope's values, and keeps which variables are assigned."""

    def __init__(self, values: list[tuple[Any, Any]]) -> None:
        super().__init__()
        outer = _scopes.local.stateless
        if outer is not None:
            self.state_mapping.update(outer.state_mapping)
            self.collect_losses = outer.collect_losses
            self.losses = outer.losses
        for variable, value in values:
            self.state_mapping[id(variable)] = value
        self.assigned: dict[int, Any] = {}

    def add_update(self, update: tuple[Any, Any]) -> None:
        variable, value = update
        self.assigned[id(variable)] = variable
        self.state_mapping[id(variable)] = value


class _Found(Exception):
    """More variables are assigned than the traced state holds."""


class _State:
    """The variables that functions under control flow assign, found while they are traced."""

    def __init__(self) -> None:
        self.variables: list[Any] = []

    def call(self, function: Callable, values: list[Any], *args: Any) -> tuple[Any, list[Any]]:
        """Call with these values of the variables; their new values come with the result."""
        with _Recorder(list(zip(self.variables, values, strict=True))) as scope:
            out = function(*args)
        known = {id(v) for v in self.variables}
        new = [v for i, v in scope.assigned.items() if i not in known]
        if new:
            self.variables.extend(new)
            raise _Found
        return out, [scope.state_mapping[id(v)] for v in self.variables]

    def run(self, loop: Callable[[list[Any]], tuple[Any, list[Any]]]) -> Any:
        """`loop(values) -> (out, values)`, traced anew whenever a variable is found."""
        while True:
            try:
                out, values = loop([v.tensor for v in self.variables])
                break
            except _Found:
                continue
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        return out


def _concrete(x: Any) -> bool:
    return not isinstance(x, jax.core.Tracer)


def cond(pred: Any, true_fn: Callable, false_fn: Callable) -> Any:
    if _concrete(pred):  # no need to compile both branches
        return true_fn() if bool(pred) else false_fn()
    state = _State()
    return state.run(
        lambda values: jax.lax.cond(
            pred.astype(bool),
            lambda v: state.call(true_fn, v),
            lambda v: state.call(false_fn, v),
            values,
        )
    )


def switch(index: Any, branches: list[Callable], *operands: Any) -> Any:
    if _concrete(index):
        return branches[min(max(int(index), 0), len(branches) - 1)](*operands)
    state = _State()

    def of(branch: Callable) -> Callable:
        return lambda values, *args: state.call(branch, values, *args)

    return state.run(
        lambda values: jax.lax.switch(index, [of(b) for b in branches], values, *operands)
    )


def _strong(x: Any) -> Any:
    """An array that came of a Python number, with a dtype that others do not override."""
    return x.astype(x.dtype) if getattr(x, "weak_type", False) else x


def while_loop(test: Callable, step: Callable, init: tuple, maximum_iterations: Any) -> tuple:
    state = _State()

    def check(carry: tuple) -> Any:
        turns, values, args = carry
        with _Recorder(list(zip(state.variables, values, strict=True))):
            go = _arrays.convert_to_tensor(test(*args)).astype(bool).reshape(())
        return go if maximum_iterations is None else go & (turns < maximum_iterations)

    def body(carry: tuple) -> tuple:
        turns, values, args = carry
        out, values = state.call(step, values, *args)
        return turns + 1, values, out

    def loop(values: list[Any]) -> tuple:
        carry = _varying.settled(body, (0, values, init))
        _, values, out = jax.lax.while_loop(check, body, carry)
        return jax.tree.map(_strong, out), values

    return state.run(loop)


def fori_loop(lower: Any, upper: Any, body_fun: Callable, init: Any) -> Any:
    state = _State()

    def body(i: Any, carry: tuple) -> tuple:
        value, values = carry
        return state.call(body_fun, values, i, value)

    def loop(values: list[Any]) -> tuple:
        carry = _varying.settled(lambda carry: body(lower, carry), (init, values))
        return jax.lax.fori_loop(lower, upper, body, carry)

    return state.run(loop)


def scan(
    f: Callable, init: Any, xs: Any, length: Any, reverse: bool, unroll: Any
) -> tuple[Any, Any]:
    state = _State()

    def step(carry: tuple, x: Any) -> tuple:
        inner, values = carry
        (inner, y), values = state.call(f, values, inner, x)
        return (inner, values), y

    def loop(values: list[Any]) -> tuple:
        (last, values), ys = _varying.scan(
            step, (init, values), xs, length=length, reverse=reverse, unroll=unroll
        )
        return (last, ys), values

    return state.run(loop)


def map(f: Callable, xs: Any) -> Any:
    return scan(lambda _, x: ((), f(x)), (), xs, None, False, 1)[1]


def vectorized_map(function: Callable, elements: Any) -> Any:
    return jax.vmap(function)(elements)


def associative_scan(f: Callable, elems: Any, reverse: bool, axis: int) -> Any:
    axis = axis % jax.tree.leaves(elems)[0].ndim
    return jax.lax.associative_scan(f, elems, reverse, axis)


def custom_gradient(pair: Callable) -> Callable:
    return jax.custom_gradient(_rules(pair))


def _rules(pair: Callable) -> Callable:
    def function(*args: Any) -> tuple[Any, Callable]:
        outputs, grad = pair(*args)
        many = isinstance(outputs, (tuple, list))

        def pulled(upstream: Any) -> Any:
            found = grad(*upstream) if many else grad(upstream)
            if len(args) > 1 or not isinstance(found, (tuple, list)):
                return tuple(found) if isinstance(found, list) else found
            return found[0]

        return outputs, pulled

    return function


def jvp(fun: Callable, primals: tuple, tangents: tuple, has_aux: bool) -> tuple:
    return jax.jvp(fun, primals, tangents, has_aux=has_aux)
