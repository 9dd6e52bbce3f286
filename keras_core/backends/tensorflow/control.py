"""Control flow on TensorFlow: its own operators in a graph, Python's when eager."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_core.backends._xp import control as _shared
from keras_core.backends.tensorflow import arrays as _arrays
from keras_core.core import tree as _tree

_loops = _shared.Loops(_arrays, tf.stack)
_eager = tf.executing_eagerly


def cond(pred: Any, true_fn: Callable, false_fn: Callable) -> Any:
    if _eager():
        return true_fn() if bool(pred) else false_fn()
    return tf.cond(tf.reshape(tf.cast(pred, tf.bool), ()), true_fn, false_fn)


def switch(index: Any, branches: list[Callable], *operands: Any) -> Any:
    if _eager():
        return _loops.switch(index, branches, *operands)
    index = tf.clip_by_value(tf.cast(index, tf.int32), 0, len(branches) - 1)
    return tf.switch_case(index, [lambda b=branch: b(*operands) for branch in branches])


def while_loop(test: Callable, step: Callable, state: tuple, maximum_iterations: Any) -> tuple:
    if _eager():
        return _loops.while_loop(test, step, state, maximum_iterations)
    return tuple(
        tf.while_loop(
            lambda *values: tf.reshape(tf.cast(test(*values), tf.bool), ()),
            lambda *values: _loops.values(step(*values)),
            _loops.values(state),
            maximum_iterations=maximum_iterations,
        )
    )


def fori_loop(lower: Any, upper: Any, body_fun: Callable, value: Any) -> Any:
    if _eager():
        return _loops.fori_loop(lower, upper, body_fun, value)
    known = isinstance(lower, int) and isinstance(upper, int)
    upper = tf.cast(upper, tf.int32)
    _, out = tf.while_loop(
        lambda i, _: i < upper,
        lambda i, x: (i + 1, _loops.values(body_fun(i, x))),
        (tf.cast(lower, tf.int32), value),
        # With a bound XLA can differentiate the loop.
        maximum_iterations=max(0, int(tf.get_static_value(upper)) - lower) if known else None,
    )
    return out


def scan(
    f: Callable, init: Any, xs: Any, length: Any, reverse: bool, unroll: Any
) -> tuple[Any, Any]:
    if _eager():
        return _loops.scan(f, init, xs, length, reverse, unroll)
    leaves, structure = _tree.flatten_spec(xs) if xs is not None else ([], None)
    static = next((x.shape[0] for x in leaves if x.shape[0] is not None), length)
    count = tf.shape(leaves[0])[0] if static is None else int(static)
    if static is not None and (unroll is True or static == 0):
        return _loops.scan(f, init, xs, length, reverse, unroll)

    def element(i: Any) -> Any:
        return None if structure is None else _tree.unflatten(structure, [x[i] for x in leaves])

    # A dry run in a graph of its own tells how many outputs there are, and of what dtype.
    with tf.__internal__.FuncGraph("scan_outputs").as_default():
        _, sample = f(init, element(0))
        samples, out_structure = _tree.flatten_spec(sample)
        samples = [_loops.values(x) for x in samples]
        specs = [None if x is None else (x.dtype, x.shape) for x in samples]
    held = [
        tf.TensorArray(spec[0], count, element_shape=spec[1]) for spec in specs if spec is not None
    ]

    def step(i: Any, state: Any, held: list[Any]) -> tuple:
        at = count - 1 - i if reverse else i
        state, y = f(state, element(at))
        outs = [x for x in _tree.flatten(y) if x is not None]
        held = [a.write(at, _loops.values(x)) for a, x in zip(held, outs, strict=True)]
        return i + 1, _loops.values(state), held

    _, last, held = tf.while_loop(
        lambda i, *_: i < count, step, (0, init, held), maximum_iterations=count
    )
    columns = iter(a.stack() for a in held)
    out = []
    for spec in specs:
        column = None if spec is None else next(columns)
        if column is not None and static is not None:
            column.set_shape([static, *spec[1]])
        out.append(column)
    return last, _tree.unflatten(out_structure, out)


def map(f: Callable, xs: Any) -> Any:
    return scan(lambda _, x: ((), f(x)), (), xs, None, False, 1)[1]


def vectorized_map(function: Callable, elements: Any) -> Any:
    return tf.vectorized_map(lambda x: _loops.values(function(x)), elements)


def custom_gradient(pair: Callable) -> Callable:
    @tf.custom_gradient
    def function(*args: Any) -> tuple[Any, Callable]:
        outputs, grad = pair(*args)

        def pulled(*upstream: Any, variables: Any = None) -> Any:
            found = grad(*upstream)
            return (found, [None] * len(variables)) if variables else found

        return outputs, pulled

    return function


def jvp(fun: Callable, primals: tuple, tangents: tuple, has_aux: bool) -> tuple:
    with tf.autodiff.ForwardAccumulator(list(primals), list(tangents)) as accumulator:
        out = fun(*primals)
    out, aux = out if has_aux else (out, None)
    slopes = _tree.map_structure(
        lambda x: accumulator.jvp(x, unconnected_gradients=tf.UnconnectedGradients.ZERO), out
    )
    return (out, slopes, aux) if has_aux else (out, slopes)
