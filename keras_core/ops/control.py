"""Control flow: branches, loops, scans, maps, and gradients written by hand.

Loop bodies and branches are Python functions of tensors, and may read and assign Variables.
On KerasTensors they are traced once and become one node of the graph.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

from keras_core.backends.select import backend
from keras_core.backends.variable import BaseVariable
from keras_core.core import errors, shapes, tree
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, arrays
from keras_core.symbolic.keras_tensor import any_symbolic
from keras_core.symbolic.region import Region, record


def _native(name: str) -> Callable[..., Any]:
    found = backend.native(name)
    assert found is not None, name
    return found


def _value(x: Any) -> Any:
    """A leaf of loop state as a native tensor."""
    return x if arrays.is_tensor(x) or x is None else arrays.convert_to_tensor(x)


def _values(structure: Any) -> Any:
    return tree.map_structure(_value, structure)


def _spec(structure: Any) -> Any:
    """A structure with KerasTensors in place of tensors and numbers."""

    def of(x: Any) -> Any:
        if isinstance(x, KerasTensor) or x is None:
            return x
        if isinstance(x, BaseVariable):
            return KerasTensor(x.shape, x.dtype)
        x = _value(x)
        return KerasTensor(arrays.static_shape(x), arrays.dtype_name(x))

    return tree.map_structure(of, structure)


def _merge(name: str, left: Any, right: Any) -> Any:
    """The common form of two results: dimensions in which they differ are unknown."""

    def both(a: Any, b: Any) -> Any:
        if not isinstance(a, KerasTensor) or not isinstance(b, KerasTensor):
            return a
        if len(a.shape) != len(b.shape) or a.dtype != b.dtype:
            raise ValueError(
                f"{name}: all branches, and every turn of a loop, must give tensors of one rank "
                f"and dtype. Received: {a.shape} of {a.dtype} and {b.shape} of {b.dtype}"
            )
        shape = tuple(m if m == n else None for m, n in zip(a.shape, b.shape, strict=True))
        return KerasTensor(shape, a.dtype)

    left, right = _spec(left), _spec(right)
    try:
        return tree.map_structure(both, left, right)
    except ValueError as error:
        if "one rank" in str(error):
            raise
        raise ValueError(
            f"{name}: all branches, and every turn of a loop, must give results of one form. "
            f"Received: {errors.describe(left)} and {errors.describe(right)}"
        ) from error


def cond(pred: TensorLike, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Call one of two functions, depending on a condition.

    Args:
        pred: a scalar bool: a Python one, a tensor or a KerasTensor.
        true_fn: called without arguments if `pred` is true.
        false_fn: called without arguments if it is not. Where the condition is known only when
            a compiled graph runs, both must give results of one form, shape and dtype.

    Returns:
        What the function returned.

    Example:

    >>> import keras_core as keras
    >>> keras.ops.cond(1 < 2, lambda: "yes", lambda: "no")
    'yes'
    """
    for name, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(function):
            raise TypeError(errors.message("cond", name, "be callable", function))
    if isinstance(pred, KerasTensor):
        regions = [Region(true_fn), Region(false_fn)]
        spec = _merge("cond", regions[0].spec, regions[1].spec)
        return record("cond", regions, (pred,), lambda f, a: cond(a[0], *f), spec)
    if not arrays.is_tensor(pred):
        if isinstance(pred, BaseVariable):
            pred = pred.tensor
        else:
            return true_fn() if pred else false_fn()
    return _native("cond")(pred, true_fn, false_fn)


def switch(index: TensorLike, branches: Sequence[Callable[..., Any]], *operands: TensorLike) -> Any:
    """Call one of several functions, chosen by its index.

    Args:
        index: a scalar integer; one out of range is moved to the nearest within.
        branches: the functions.
        *operands: what they are called with.

    Returns:
        What the function returned.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.switch(1, [lambda x: x + 1, lambda x: x * 10], 3.0))
    30.0
    """
    branches = list(branches)
    if not branches:
        raise ValueError("switch: branches must hold at least one function. Received: none")
    if any_symbolic((index, operands)):
        regions = [Region(branch, *operands) for branch in branches]
        spec = regions[0].spec
        for region in regions[1:]:
            spec = _merge("switch", spec, region.spec)
        return record(
            "switch", regions, (index, operands), lambda f, a: switch(a[0], f, *a[1]), spec
        )
    operands = tuple(_values(list(operands)))
    if isinstance(index, int):
        return branches[min(max(index, 0), len(branches) - 1)](*operands)
    return _native("switch")(_value(index), branches, *operands)


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """Repeat a function while a condition holds.

    Args:
        cond: called with the loop's variables, gives a scalar bool.
        body: called with them, gives their next values.
        loop_vars: the first values: a tuple or list of structures, which are the functions'
            arguments, or one structure, which is their only argument. A Python int may become
            a float.
        maximum_iterations: an upper bound of the number of turns; None for no bound.

    Returns:
        The last values, a tuple if `loop_vars` is a tuple or list.

    Example:

    >>> import keras_core as keras
    >>> i, x = keras.ops.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (0, 1))
    >>> int(x)
    8
    """
    many = isinstance(loop_vars, (tuple, list))

    def test(*values: Any) -> Any:
        return cond(*values)

    def step(*values: Any) -> Any:
        out = body(*values)
        if not many:
            return (out,)
        return tuple(out) if isinstance(out, (tuple, list)) else (out,)

    state = tuple(loop_vars) if many else (loop_vars,)
    if any_symbolic(state):
        region = Region(step, *_spec(state))
        spec = _merge("while_loop", state, region.spec)
        test_region = Region(test, *_spec(state))
        out = record(
            "while_loop", [test_region, region], (state,),
            lambda f, a: while_loop(*f, a[0], maximum_iterations), spec,  # pyright: ignore[reportCallIssue]
        )  # fmt: skip
    else:
        # A number of Python's takes the dtype that the turns give it, where backends can tell.
        first = tree.map_structure(lambda x: x if type(x) in (int, float) else _value(x), state)
        out = _native("while_loop")(test, step, first, maximum_iterations)
    return out if many else out[0]


def fori_loop(
    lower: TensorLike, upper: TensorLike, body_fun: Callable[..., Any], init_val: Any
) -> Any:
    """Repeat a function for a range of indices.

    Args:
        lower: the first index.
        upper: one past the last.
        body_fun: `body_fun(index, value)` gives the next value.
        init_val: the first value, a structure of tensors.

    Returns:
        The last value.

    Example:

    >>> import keras_core as keras
    >>> int(keras.ops.fori_loop(0, 5, lambda i, total: total + i, 0))
    10
    """
    if any_symbolic((lower, upper, init_val)):
        region = Region(body_fun, KerasTensor((), "int32"), _spec(init_val))
        spec = _merge("fori_loop", init_val, region.spec)
        return record(
            "fori_loop", [region], (lower, upper, init_val),
            lambda f, a: fori_loop(a[0], a[1], f[0], a[2]), spec,
        )  # fmt: skip
    return _native("fori_loop")(lower, upper, body_fun, _values(init_val))


def _first_axis(name: str, structure: Any) -> int | None:
    """The common size of the first axes."""
    sizes = set()
    for x in tree.flatten(_spec(structure)):
        if x is None:
            continue
        if not x.shape:
            raise ValueError(f"{name}: every tensor must have an axis to go along. Received: {x}")
        sizes.add(x.shape[0])
    known = sizes - {None}
    if len(known) > 1:
        raise ValueError(
            f"{name}: the first axes must have one size. Received sizes: {sorted(known)}"
        )
    return known.pop() if known else None


def _one(structure: Any) -> Any:
    """The specs of one element along the first axes."""
    return tree.map_structure(
        lambda x: x if x is None else KerasTensor(x.shape[1:], x.dtype), _spec(structure)
    )


def _all(structure: Any, size: int | None) -> Any:
    """The specs of elements put together along a new first axis."""
    return tree.map_structure(
        lambda x: x if x is None else KerasTensor((size, *x.shape), x.dtype), _spec(structure)
    )


def scan(
    f: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Go along the first axis with a state, and put the steps' outputs together.

    Args:
        f: `f(state, x) -> (state, y)`, with x one element of `xs`; the state keeps its form.
        init: the first state, a structure of tensors.
        xs: a structure of tensors with one size of their first axes, or None.
        length: the number of steps; needed only without `xs`.
        reverse: whether to go from the last element to the first; the outputs keep the places
            of the elements they belong to.
        unroll: how many steps a compiled loop takes at a time; True for all of them.

    Returns:
        A pair: the last state, and the outputs stacked along a new first axis.

    Raises:
        ValueError: if the sizes differ, or there is neither `xs` nor `length`.

    Example:

    >>> import keras_core as keras
    >>> total, sums = keras.ops.scan(lambda s, x: (s + x, s + x), 0, keras.ops.arange(4))
    >>> [int(s) for s in sums]
    [0, 1, 3, 6]
    """
    if not callable(f):
        raise TypeError(errors.message("scan", "f", "be callable", f))
    size = None if xs is None else _first_axis("scan", xs)
    if xs is None and length is None:
        raise ValueError("scan: length must be given if xs is None. Received: neither")
    if length is not None and size is not None and int(length) != size:
        raise ValueError(
            f"scan: length must be the size of the first axes of xs. Received: length={length}, "
            f"size {size}"
        )
    if any_symbolic((init, xs)):
        region = Region(f, _spec(init), None if xs is None else _one(xs))
        state, ys = region.spec
        state = _merge("scan", init, state)
        return record(
            "scan", [region], (init, xs),
            lambda g, a: scan(g[0], a[0], a[1], length, reverse, unroll),
            (state, _all(ys, size if length is None else int(length))),
        )  # fmt: skip
    if xs is not None and tree.flatten(xs) == []:
        xs = None
    return _native("scan")(
        f, _values(init), None if xs is None else _values(xs), length, reverse, unroll
    )


def map(f: Callable[..., Any], xs: Any) -> Any:
    """Apply a function to each element along the first axis, one after the other.

    Args:
        f: a function of one element: a structure of tensors without the first axis.
        xs: a structure of tensors with one size of their first axes.

    Returns:
        The results stacked along a new first axis.

    Example:

    >>> import keras_core as keras
    >>> [int(x) for x in keras.ops.map(lambda x: x * x, keras.ops.arange(4))]
    [0, 1, 4, 9]
    """
    size = _first_axis("map", xs)
    if any_symbolic(xs):
        region = Region(f, _one(xs))
        return record("map", [region], (xs,), lambda g, a: map(g[0], a[0]), _all(region.spec, size))
    return _native("map")(f, _values(xs))


def vectorized_map(function: Callable[..., Any], elements: Any) -> Any:
    """Apply a function to each element along the first axis, to all of them at once.

    Args:
        function: a function of one element: a structure of tensors without the first axis.
        elements: a structure of tensors with one size of their first axes.

    Returns:
        The results stacked along a new first axis.

    Example:

    >>> import keras_core as keras
    >>> [int(x) for x in keras.ops.vectorized_map(lambda x: x * x, keras.ops.arange(4))]
    [0, 1, 4, 9]
    """
    size = _first_axis("vectorized_map", elements)
    if any_symbolic(elements):
        region = Region(function, _one(elements))
        return record(
            "vectorized_map", [region], (elements,),
            lambda g, a: vectorized_map(g[0], a[0]), _all(region.spec, size),
        )  # fmt: skip
    return _native("vectorized_map")(function, _values(elements))


def associative_scan(
    f: Callable[..., Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """All partial results of combining elements by an associative function, in parallel.

    Takes a number of rounds that grows with the logarithm of the number of elements (Ladner &
    Fischer, "Parallel Prefix Computation", 1980).

    Args:
        f: `f(a, b)` combines two structures of tensors elementwise along `axis`; associative.
        elems: a structure of tensors with one size along `axis`, which must be known.
        reverse: whether to combine from the end.
        axis: the axis.

    Returns:
        A structure like `elems`: at each place, the elements up to there combined.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.associative_scan(lambda a, b: a + b, keras.ops.arange(4))
    >>> [int(i) for i in x]
    [0, 1, 3, 6]
    """
    if not callable(f):
        raise TypeError(errors.message("associative_scan", "f", "be callable", f))
    leaves = tree.flatten(_spec(elems))
    if not leaves:
        raise ValueError("associative_scan: elems must hold a tensor. Received: none")
    sizes = {x.shape[shapes.axis_index(axis, len(x.shape))] for x in leaves}
    if len(sizes) != 1:
        raise ValueError(
            f"associative_scan: elems must have one size along axis {axis}. Received: {sizes}"
        )
    if any_symbolic(elems):
        region = Region(f, _spec(elems), _spec(elems))
        return record(
            "associative_scan", [region], (elems,),
            lambda g, a: associative_scan(g[0], a[0], reverse, axis), _spec(elems),
        )  # fmt: skip
    native = backend.native("associative_scan")
    if native is not None:
        return native(f, _values(elems), reverse, axis)
    size = sizes.pop()
    if size is None:
        raise ValueError(
            f"associative_scan: elems must have a known size along axis {axis}. Received: None"
        )
    return _combined(f, _values(elems), size, reverse, axis)


def _combined(f: Callable[..., Any], elems: Any, size: int, reverse: bool, axis: int) -> Any:
    from keras_core.ops.joining import concatenate, stack
    from keras_core.ops.shaping import flip, reshape

    def part(values: list[Any], *cut: int | None) -> list[Any]:
        out = []
        for x in values:
            at = axis % len(x.shape)
            out.append(x[(slice(None),) * at + (slice(*cut),)])
        return out

    leaves, structure = tree.flatten_spec(elems)

    def combine(a: list[Any], b: list[Any]) -> list[Any]:
        return tree.flatten(f(tree.unflatten(structure, a), tree.unflatten(structure, b)))

    def interleaved(a: Any, b: Any, total: int) -> Any:
        at = axis % len(a.shape)
        tail = None
        if total % 2:  # `a` has one more, put behind the pairs
            a, tail = part([a], None, total // 2)[0], part([a], total // 2, None)[0]
        pairs = stack([a, b], at + 1)
        sizes = list(arrays.shape(a))
        sizes[at] = total - total % 2
        pairs = reshape(pairs, tuple(sizes))
        return pairs if tail is None else concatenate([pairs, tail], at)

    def prefixes(values: list[Any], count: int) -> list[Any]:
        if count < 2:
            return values
        pairs = combine(part(values, None, count - count % 2, 2), part(values, 1, None, 2))
        odd = prefixes(pairs, count // 2)  # the results at places 1, 3, 5, ...
        first = part(values, None, 1)
        if count > 2:
            before = odd if count % 2 else part(odd, None, count // 2 - 1)
            even = combine(before, part(values, 2, None, 2))
            even = [concatenate([a, b], axis) for a, b in zip(first, even, strict=True)]
        else:
            even = first
        return [interleaved(a, b, count) for a, b in zip(even, odd, strict=True)]

    if reverse:
        leaves = [flip(x, axis) for x in leaves]
    out = prefixes(leaves, size)
    if reverse:
        out = [flip(x, axis) for x in out]
    return tree.unflatten(structure, out)


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function a gradient of one's own.

    Args:
        f: a function of tensors that returns `(outputs, grad)`. `grad` is called with the
            gradients with respect to the outputs, and returns those with respect to the
            arguments. If it has a parameter `upstream` that must be passed by keyword, it is
            called `grad(*arguments, upstream=gradients)`.

    Returns:
        A function that returns the outputs only.

    Example:

    >>> import keras_core as keras
    >>> @keras.ops.custom_gradient
    ... def clipped(x):
    ...     return x, lambda upstream: keras.ops.clip(upstream, -1.0, 1.0)
    >>> float(clipped(keras.ops.array(3.0)))
    3.0
    """
    if not callable(f):
        raise TypeError(errors.message("custom_gradient", "f", "be callable", f))

    def pair(*args: Any) -> tuple[Any, Callable]:
        outputs, grad = f(*args)
        if _needs_upstream(grad):

            def by_keyword(*upstream: Any) -> Any:
                return grad(*args, upstream=upstream[0] if len(upstream) == 1 else upstream)

            return outputs, by_keyword

        return outputs, grad

    native = _native("custom_gradient")(pair)

    def function(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise TypeError(
                f"custom_gradient: the function takes positional arguments only. "
                f"Received: {sorted(kwargs)}"
            )
        if any_symbolic(args):
            region = Region(lambda *a: f(*a)[0], *args)
            return record(
                "custom_gradient", [region], (args,), lambda g, a: function(*a[0]), region.spec
            )
        return native(*(_values(arg) for arg in args))

    function.__name__ = getattr(f, "__name__", "function")
    function.__doc__ = f.__doc__
    return function


def _needs_upstream(grad: Callable[..., Any]) -> bool:
    """Whether a function must be given `upstream`, and by keyword.

    Its code tells, into which torch's compiler can look, unlike into `inspect.signature`.
    """
    code = getattr(grad, "__code__", None)
    if code is None:
        parameter = inspect.signature(grad).parameters.get("upstream")
        return parameter is not None and (parameter.kind, parameter.default) == (
            parameter.KEYWORD_ONLY, parameter.empty
        )  # fmt: skip
    named = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    try:
        defaults = grad.__kwdefaults__ or ()
    except AttributeError:  # the compiler does not show them, and by keyword it may be given
        defaults = ()
    return "upstream" in named and "upstream" not in defaults


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None
) -> Callable[..., Any]:
    """Make a function of scalars (or of small arrays) one of broadcasting tensors.

    Args:
        pyfunc: the function, in operations that `vectorized_map` can vectorize.
        excluded: positions of arguments that are passed as they are.
        signature: the axes of the small arrays, as `"(n),(n)->()"`; None for scalars.

    Returns:
        A function of tensors whose leading axes broadcast.

    Example:

    >>> import keras_core as keras
    >>> dot = keras.ops.vectorize(keras.ops.dot, signature="(n),(n)->()")
    >>> dot(keras.ops.ones((5, 3)), keras.ops.ones((3,))).shape[0]
    5
    """
    from keras_core.ops.shaping import broadcast_to, reshape

    if not callable(pyfunc):
        raise TypeError(errors.message("vectorize", "pyfunc", "be callable", pyfunc))
    skipped = set(excluded or ())
    ranks = None if signature is None else _core_ranks(signature)

    def function(*args: Any) -> Any:
        at = [i for i in range(len(args)) if i not in skipped]
        if ranks is not None and len(ranks) != len(at):
            raise ValueError(
                f"vectorize: the signature {signature!r} must have as many arguments as the "
                f"call. Received: {len(at)}"
            )
        tensors = [args[i] if isinstance(args[i], KerasTensor) else _value(args[i]) for i in at]
        cores, batches = [], []
        for j, x in enumerate(tensors):
            rank = 0 if ranks is None else ranks[j]
            dims = x.shape if isinstance(x, KerasTensor) else arrays.shape(x)
            dims = tuple(dims)
            cores.append(dims[len(dims) - rank :])
            batches.append(dims[: len(dims) - rank])
        batch = _common(batches)

        def call(elements: Any) -> Any:
            given = list(args)
            for i, element in zip(at, elements, strict=True):
                given[i] = element
            return pyfunc(*given)

        if not batch:
            return call(tensors)
        flat = [
            reshape(broadcast_to(x, (*batch, *core)), (-1, *core))
            for x, core in zip(tensors, cores, strict=True)
        ]
        out = vectorized_map(call, flat)
        return tree.map_structure(
            lambda x: reshape(x, (*batch, *(x.shape if isinstance(x, KerasTensor) else arrays.shape(x))[1:])), out  # noqa: E501  # pyright: ignore[reportArgumentType]
        )  # fmt: skip

    return function


def _common(batches: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Broadcast batch shapes, whose sizes may be tensors on TensorFlow."""
    rank = max([0, *(len(b) for b in batches)])
    out = []
    for i in range(-rank, 0):
        dims = [b[i] for b in batches if len(b) >= -i]
        known = [d for d in dims if isinstance(d, int) and d != 1]
        if len(set(known)) > 1:
            raise ValueError(f"vectorize: arguments must broadcast. Received sizes: {dims}")
        unknown = [d for d in dims if not isinstance(d, int)]
        out.append(known[0] if known else unknown[0] if unknown else 1)
    return tuple(out)


def _core_ranks(signature: str) -> list[int]:
    left, arrow, _ = signature.replace(" ", "").partition("->")
    if not arrow or not re.fullmatch(r"\([^()]*\)(,\([^()]*\))*", left):
        raise ValueError(
            f"vectorize: signature must be like '(n),(n)->()'. Received: {signature!r}"
        )
    groups = re.findall(r"\(([^()]*)\)", left)
    return [len([name for name in group.split(",") if name]) for group in groups]


def jvp(
    fun: Callable[..., Any], primals: Sequence[TensorLike], tangents: Sequence[TensorLike],
    has_aux: bool = False,
) -> tuple[Tensor, ...]:  # fmt: skip
    """A function's value and its derivative in a direction, in one forward pass.

    Args:
        fun: a function of tensors.
        primals: where to evaluate it: one tensor for each argument.
        tangents: the direction, like `primals`.
        has_aux: whether `fun` returns a pair whose second part is not differentiated.

    Returns:
        `(outputs, derivative)`, and the second part of what `fun` returned if `has_aux`.

    Example:

    >>> import keras_core as keras
    >>> value, slope = keras.ops.jvp(lambda x: x * x, (3.0,), (1.0,))
    >>> float(slope)
    6.0
    """
    if len(primals) != len(tangents):
        raise ValueError(
            "jvp: primals and tangents must have one length. Received: "
            f"{len(primals)} and {len(tangents)}"
        )
    if any_symbolic((tuple(primals), tuple(tangents))):
        region = Region(fun, *primals)
        spec = region.spec
        spec = (spec[0], spec[0], spec[1]) if has_aux else (spec, spec)
        return record(
            "jvp", [region], (tuple(primals), tuple(tangents)),
            lambda g, a: jvp(g[0], a[0], a[1], has_aux), spec,
        )  # fmt: skip
    return _native("jvp")(
        fun, tuple(_values(tuple(primals))), tuple(_values(tuple(tangents))), has_aux
    )
