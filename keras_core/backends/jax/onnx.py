"""ONNX from JAX: a traced program, primitive by primitive.

`Graph` holds the file in the making and what is said in few words everywhere (`emit`, `const`,
`reshape`); a table maps JAX's primitives to functions that emit ONNX operators. What depends on
constants alone is computed while exporting. Sizes that may change (the batch) are symbols in
the traced shapes, and values of the inputs' shapes in the file.
"""

from __future__ import annotations

import ast
import itertools
import math
import string
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

OPSET = 18


class Graph:
    """An ONNX graph in the making.

    Values are NumPy arrays where they are constant, else names in the graph.

    Args:
        outer: the graph around, for the body of a loop: its values are seen inside.
    """

    def __init__(self, outer: Graph | None = None) -> None:
        import onnx

        self.onnx = onnx
        self.outer = outer
        self.nodes: list[Any] = []
        self.initializers: list[Any] = [] if outer is None else outer.initializers
        self.count = itertools.count() if outer is None else outer.count
        self.symbols: dict[str, str] = {} if outer is None else outer.symbols
        self._constants: dict[Any, str] = {} if outer is None else outer._constants

    def name(self, x: Any) -> str:
        """The name of a value; a constant goes into the file once."""
        if isinstance(x, str):
            return x
        array = np.asarray(x)
        key = (id(x),) if array.size > 64 else (array.tobytes(), array.shape, array.dtype.str)
        if key not in self._constants:
            name = f"c{next(self.count)}"
            self.initializers.append(self.onnx.numpy_helper.from_array(array, name))
            self._constants[key] = name
            self._constants[name] = x  # type: ignore[assignment]  # keeps the id taken
        return self._constants[key]

    def emit(self, operator: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Any:
        """Add an operator; its output's name, or a list of them."""
        names = [f"v{next(self.count)}" for _ in range(outputs)]
        inputs = tuple("" if x is None else self.name(x) for x in inputs)
        node = self.onnx.helper.make_node(operator, inputs, names, **attributes)
        self.nodes.append(node)
        return names[0] if outputs == 1 else names

    def cast(self, x: Any, dtype: Any) -> Any:
        """`x` in a NumPy dtype."""
        if not isinstance(x, str):
            return np.asarray(x).astype(dtype)
        return self.emit("Cast", x, to=self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def sizes(self, shape: Any) -> Any:
        """A shape as a vector of int64, computed when it runs where sizes are symbols."""
        if all(isinstance(d, (int, np.integer)) for d in shape):
            return np.asarray([int(d) for d in shape], np.int64)
        return self.emit("Concat", *[self._size(d) for d in shape], axis=0)

    def _size(self, d: Any) -> Any:
        """A size as a vector of one int64."""
        if isinstance(d, (int, np.integer)):
            return np.asarray([int(d)], np.int64)
        return self._expression(ast.parse(str(d), mode="eval").body)

    def _expression(self, node: ast.AST) -> Any:
        """An arithmetic expression of symbols, as JAX prints it."""
        operators = {ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul"}
        functions = {"floordiv": "Div", "max": "Max", "min": "Min", "mod": "Mod"}
        if isinstance(node, ast.Constant):
            return np.asarray([node.value], np.int64)
        if isinstance(node, ast.Name) and node.id in self.symbols:
            return self.symbols[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self.emit("Neg", self._expression(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in operators:
            left, right = self._expression(node.left), self._expression(node.right)
            return self.emit(operators[type(node.op)], left, right)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in functions:
            values = [self._expression(x) for x in node.args]
            return self.emit(functions[node.func.id], *values)  # type: ignore[attr-defined]
        raise NotImplementedError(
            f"Exporting to ONNX: the size {ast.unparse(node)} depends on the inputs' sizes in a "
            "way that has no form there. Fix the sizes by input_signature=."
        )

    def reshape(self, x: Any, shape: Any) -> Any:
        """`x` in another shape; one symbolic size follows from the others."""
        unknown = [i for i, d in enumerate(shape) if not isinstance(d, (int, np.integer))]
        if not unknown and not isinstance(x, str):
            return np.reshape(x, [int(d) for d in shape])
        if len(unknown) == 1:
            known = [-1 if i in unknown else int(d) for i, d in enumerate(shape)]
            return self.emit("Reshape", x, np.asarray(known, np.int64))
        return self.emit("Reshape", x, self.sizes(shape))

    def transpose(self, x: Any, order: Any) -> Any:
        """`x` with its axes in another order."""
        order = [int(i) for i in order]
        if order == sorted(order):
            return x
        if not isinstance(x, str):
            return np.transpose(x, order)
        return self.emit("Transpose", x, perm=order)

    def slice(self, x: Any, starts: Any, stops: Any, axes: Any, steps: Any = None) -> Any:
        """`x[start:stop:step]` along axes."""
        vectors = [np.asarray(v, np.int64) for v in (starts, stops, axes)]
        if steps is not None:
            vectors.append(np.asarray(steps, np.int64))
        return self.emit("Slice", x, *vectors)

    def padded(self, x: Any, value: Any, rank: int, pads: Any) -> Any:
        """`x` with (low, high) more elements along each axis; negative: fewer."""
        ahead = [max(low, 0) for low, _ in pads] + [max(high, 0) for _, high in pads]
        if any(ahead):
            x = self.emit("Pad", x, np.asarray(ahead, np.int64), value)
        if any(low < 0 or high < 0 for low, high in pads):
            starts = [max(-low, 0) for low, _ in pads]
            stops = [high if high < 0 else np.iinfo(np.int64).max for _, high in pads]
            x = self.slice(x, starts, stops, range(rank))
        return x

    def dilated(self, x: Any, value: Any, shape: Any, gaps: Any) -> tuple[Any, list[Any]]:
        """`x` with so many elements put between neighbours along each axis, and its shape."""
        shape = list(shape)
        for axis, gap in enumerate(gaps):
            if not gap:
                continue
            n = shape[axis]
            x = self.reshape(x, [*shape[: axis + 1], 1, *shape[axis + 1 :]])
            pads = [(0, gap if i == axis + 1 else 0) for i in range(len(shape) + 1)]
            x = self.padded(x, value, len(pads), pads)
            shape[axis] = n * (gap + 1)
            x = self.reshape(x, shape)
            x = self.slice(x, [0], [-gap], [axis])
            shape[axis] = n * (gap + 1) - gap
        return x, shape

    def body(self, inputs: Any, outputs: Any) -> Any:
        """This graph as the body of a loop or a choice, from pairs of names and what they are."""

        def described(name: str, aval: Any) -> Any:
            kind = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(aval.dtype))
            shape = [int(d) if isinstance(d, (int, np.integer)) else None for d in aval.shape]
            return self.onnx.helper.make_tensor_value_info(name, kind, shape)

        given, made = ([described(*pair) for pair in pairs] for pairs in (inputs, outputs))
        return self.onnx.helper.make_graph(self.nodes, "body", given, made)

    # Programs --------------------------------------------------------------------------------

    def run(self, jaxpr: Any, consts: Any, inputs: list[Any]) -> list[Any]:
        """Emit a program; its outputs' values."""
        env: dict[Any, Any] = {}

        def read(atom: Any) -> Any:
            if hasattr(atom, "val"):
                return np.asarray(atom.val, atom.aval.dtype)
            return env[atom]

        env.update(zip(jaxpr.constvars, [np.asarray(c) for c in consts], strict=True))
        env.update(zip(jaxpr.invars, inputs, strict=True))
        for eqn in jaxpr.eqns:
            values = [read(atom) for atom in eqn.invars]
            outs = self._folded(eqn, values)
            if outs is None:
                outs = self._emitted(eqn, values)
            env.update(zip(eqn.outvars, outs, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _folded(self, eqn: Any, values: list[Any]) -> list[Any] | None:
        """The outputs where all inputs are constants and the outputs not much larger."""
        if any(isinstance(x, str) for x in values) or eqn.effects:
            return None
        name = eqn.primitive.name
        if name in _CALLS or name in _BODIES or name == "dim_as_value":
            return None
        shapes = [v.aval.shape for v in eqn.outvars]
        if any(not isinstance(d, (int, np.integer)) for shape in shapes for d in shape):
            return None
        if sum(map(math.prod, shapes)) > max(4096, sum(x.size for x in values)):
            return None
        try:
            found = eqn.primitive.bind(*values, **eqn.params)
            return [np.asarray(x) for x in (found if eqn.primitive.multiple_results else [found])]
        except TypeError:  # a symbol among the parameters, or keys of random numbers
            return None

    def _emitted(self, eqn: Any, values: list[Any]) -> list[Any]:
        name = eqn.primitive.name
        if name in _CALLS:
            inner = eqn.params[_CALLS[name]]
            if hasattr(inner, "consts"):
                return self.run(inner.jaxpr, inner.consts, values)
            return self.run(inner, [], values)
        rule = _RULES.get(name)
        if rule is None:
            raise NotImplementedError(
                f"Exporting to ONNX: JAX's primitive {name!r} has no form there yet. Export from "
                "the tensorflow or torch backend, or as a SavedModel."
            )
        found = rule(self, eqn, *values)
        return found if isinstance(found, list) else [found]


# Primitives that run a program, and the parameter that holds it.
_CALLS = {
    "jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr", "remat": "jaxpr", "checkpoint": "jaxpr",
}  # fmt: skip
_BODIES = ("scan", "while", "cond")
_RULES: dict[str, Callable[..., Any]] = {}


def _rule(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _RULES.update(dict.fromkeys(names, function))
        return function

    return register


def _direct(operator: str) -> Callable[..., Any]:
    return lambda g, eqn, *values: g.emit(operator, *values)


_RULES |= {
    name: _direct(operator)
    for name, operator in {
        "neg": "Neg", "exp": "Exp", "log": "Log", "tanh": "Tanh", "logistic": "Sigmoid",
        "sqrt": "Sqrt", "abs": "Abs", "sign": "Sign", "floor": "Floor", "ceil": "Ceil",
        "sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan",
        "sinh": "Sinh", "cosh": "Cosh", "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh",
        "erf": "Erf", "stop_gradient": "Identity", "copy": "Identity", "copy_p": "Identity",
        "reduce_precision": "Identity", "optimization_barrier": "Identity",
        "add": "Add", "add_any": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "max": "Max",
        "min": "Min", "pow": "Pow", "eq": "Equal", "lt": "Less", "le": "LessOrEqual",
        "gt": "Greater", "ge": "GreaterOrEqual",
        "eq_to": "Equal", "lt_to": "Less", "le_to": "LessOrEqual",
    }.items()
}  # fmt: skip
# A few lines of mathematics each; `dtype` is the first input's.
_COMPOSED: dict[str, Callable[..., Any]] = {
    "rsqrt": lambda g, one, x: g.emit("Reciprocal", g.emit("Sqrt", x)),
    "square": lambda g, one, x: g.emit("Mul", x, x),
    "log1p": lambda g, one, x: g.emit("Log", g.emit("Add", x, one)),
    "expm1": lambda g, one, x: g.emit("Sub", g.emit("Exp", x), one),
    "exp2": lambda g, one, x: g.emit("Pow", one + one, x),
    "erfc": lambda g, one, x: g.emit("Sub", one, g.emit("Erf", x)),
    "ne": lambda g, one, x, y: g.emit("Not", g.emit("Equal", x, y)),
    "rem": lambda g, one, x, y: g.emit("Mod", x, y, fmod=1),
    "is_finite": lambda g, one, x: g.emit(
        "Not", g.emit("Or", g.emit("IsNaN", x), g.emit("IsInf", x))
    ),
    "cbrt": lambda g, one, x: g.emit(
        "Mul", g.emit("Sign", x), g.emit("Pow", g.emit("Abs", x), one / 3)
    ),
    "clamp": lambda g, one, low, x, high: g.emit("Min", g.emit("Max", x, low), high),
}


def _composed(name: str) -> Callable[..., Any]:
    body = _COMPOSED[name]
    return lambda g, eqn, *values: body(g, np.ones((), eqn.invars[0].aval.dtype), *values)


_RULES |= {name: _composed(name) for name in _COMPOSED}


@_rule("not", "and", "or", "xor")
def _logic(g: Graph, eqn: Any, *values: Any) -> Any:
    name = eqn.primitive.name.capitalize()
    return g.emit(name if eqn.invars[0].aval.dtype == bool else f"Bitwise{name}", *values)


@_rule("round")
def _round(g: Graph, eqn: Any, x: Any) -> Any:
    if int(eqn.params["rounding_method"]) == 1:
        return g.emit("Round", x)
    half = np.asarray(0.5, eqn.invars[0].aval.dtype)
    away = g.emit("Floor", g.emit("Add", g.emit("Abs", x), half))
    return g.emit("Mul", g.emit("Sign", x), away)


@_rule("integer_pow")
def _integer_pow(g: Graph, eqn: Any, x: Any) -> Any:
    return g.emit("Pow", x, np.asarray(eqn.params["y"], eqn.invars[0].aval.dtype))


@_rule("atan2")
def _atan2(g: Graph, eqn: Any, y: Any, x: Any) -> Any:
    zero, pi = (np.asarray(v, eqn.invars[0].aval.dtype) for v in (0.0, np.pi))
    nowhere = g.emit("And", g.emit("Equal", x, zero), g.emit("Equal", y, zero))
    angle = g.emit("Where", nowhere, zero, g.emit("Atan", g.emit("Div", y, x)))
    turn = g.emit("Where", g.emit("Less", y, zero), -pi, pi)
    return g.emit("Add", angle, g.emit("Where", g.emit("Less", x, zero), turn, zero))


@_rule("select_n")
def _select(g: Graph, eqn: Any, which: Any, *cases: Any) -> Any:
    if len(cases) != 2:
        raise NotImplementedError("Exporting to ONNX: a choice among more than two arrays.")
    return g.emit("Where", g.cast(which, bool), cases[1], cases[0])


@_rule("convert_element_type")
def _convert(g: Graph, eqn: Any, x: Any) -> Any:
    return g.cast(x, eqn.params["new_dtype"])


@_rule("dim_as_value")
def _dim_as_value(g: Graph, eqn: Any) -> Any:
    value = g.reshape(g.sizes([eqn.params["dim"]]), [])
    return g.cast(value, eqn.outvars[0].aval.dtype)


# Shapes ----------------------------------------------------------------------------------------


@_rule("reshape", "squeeze", "expand_dims")
def _reshape(g: Graph, eqn: Any, x: Any, *sizes: Any) -> Any:
    return g.reshape(x, eqn.outvars[0].aval.shape)


@_rule("broadcast_in_dim")
def _broadcast(g: Graph, eqn: Any, x: Any, *sizes: Any) -> Any:
    given, shape = eqn.invars[0].aval.shape, eqn.params["shape"]
    places = [int(i) for i in eqn.params["broadcast_dimensions"]]
    ones: list[Any] = [1] * len(shape)
    for axis, size in zip(places, given, strict=True):
        ones[axis] = size
    if list(given) != ones:
        x = g.reshape(x, ones)
    if all(a is b or a == b for a, b in zip(ones, shape, strict=True)):
        return x
    return g.emit("Expand", x, g.sizes(shape))


@_rule("transpose")
def _transpose(g: Graph, eqn: Any, x: Any) -> Any:
    return g.transpose(x, eqn.params["permutation"])


@_rule("concatenate")
def _concatenate(g: Graph, eqn: Any, *values: Any) -> Any:
    return g.emit("Concat", *values, axis=int(eqn.params["dimension"]))


@_rule("stack")
def _stack(g: Graph, eqn: Any, *values: Any) -> Any:
    axis, shape = int(eqn.params["axis"]), list(eqn.invars[0].aval.shape)
    shape.insert(axis, 1)
    return g.emit("Concat", *[g.reshape(x, shape) for x in values], axis=axis)


@_rule("tile")
def _tile(g: Graph, eqn: Any, x: Any) -> Any:
    return g.emit("Tile", x, g.sizes(eqn.params["reps"]))


@_rule("split")
def _split(g: Graph, eqn: Any, x: Any) -> Any:
    sizes = np.asarray(eqn.params["sizes"], np.int64)
    found = g.emit("Split", x, sizes, outputs=len(sizes), axis=int(eqn.params["axis"]))
    return found if isinstance(found, list) else [found]


@_rule("slice")
def _slice(g: Graph, eqn: Any, x: Any) -> Any:
    shape = eqn.invars[0].aval.shape
    starts, stops = eqn.params["start_indices"], eqn.params["limit_indices"]
    steps = eqn.params["strides"] or (1,) * len(shape)
    moved = [
        (axis, start, stop, step)
        for axis, (start, stop, step) in enumerate(zip(starts, stops, steps, strict=True))
        if not (isinstance(start, int) and start == 0 and step == 1 and stop is shape[axis])
        and not (start == 0 and step == 1 and stop == shape[axis])
    ]
    if not moved:
        return x
    axes, starts, stops, steps = zip(*moved, strict=True)
    return g.emit(
        "Slice", x, g.sizes(starts), g.sizes(stops), np.asarray(axes, np.int64),
        np.asarray(steps, np.int64),
    )  # fmt: skip


@_rule("dynamic_slice")
def _dynamic_slice(g: Graph, eqn: Any, x: Any, *starts: Any) -> Any:
    shape, sizes = eqn.invars[0].aval.shape, eqn.params["slice_sizes"]
    for axis, (start, whole, size) in enumerate(zip(starts, shape, sizes, strict=False)):
        if whole is size or whole == size:
            continue
        first = g.reshape(g.cast(start, np.int64), [1])
        last = g.sizes([whole - size])
        first = g.emit("Max", np.zeros(1, np.int64), g.emit("Min", first, last))
        stop = g.emit("Add", first, g.sizes([size]))
        x = g.emit("Slice", x, first, stop, np.asarray([axis], np.int64))
    return x


@_rule("dynamic_update_slice")
def _dynamic_update_slice(g: Graph, eqn: Any, x: Any, piece: Any, *starts: Any) -> Any:
    shape, sizes = eqn.invars[0].aval.shape, eqn.invars[1].aval.shape
    axes = [i for i, (whole, size) in enumerate(zip(shape, sizes, strict=True)) if whole != size]

    def replaced(x: Any, axes: list[int]) -> Any:
        if not axes:
            return piece
        axis, at = axes[0], np.asarray([axes[0]], np.int64)
        first = g.reshape(g.cast(starts[axis], np.int64), [1])
        last = g.sizes([shape[axis] - sizes[axis]])
        first = g.emit("Max", np.zeros(1, np.int64), g.emit("Min", first, last))
        stop = g.emit("Add", first, g.sizes([sizes[axis]]))
        before = g.emit("Slice", x, np.zeros(1, np.int64), first, at)
        after = g.emit("Slice", x, stop, np.asarray([np.iinfo(np.int64).max]), at)
        middle = replaced(g.emit("Slice", x, first, stop, at), axes[1:])
        return g.emit("Concat", before, middle, after, axis=axis)

    return replaced(x, axes)


@_rule("rev")
def _reverse(g: Graph, eqn: Any, x: Any) -> Any:
    axes = [int(a) for a in eqn.params["dimensions"]]
    lowest = np.iinfo(np.int64).min
    return g.slice(x, [-1] * len(axes), [lowest] * len(axes), axes, [-1] * len(axes))


@_rule("pad")
def _pad(g: Graph, eqn: Any, x: Any, value: Any) -> Any:
    config = eqn.params["padding_config"]
    shape = eqn.invars[0].aval.shape
    x, _ = g.dilated(x, value, shape, [inner for _, _, inner in config])
    return g.padded(x, value, len(shape), [(low, high) for low, high, _ in config])


@_rule("iota")
def _iota(g: Graph, eqn: Any, *sizes: Any) -> Any:
    shape, axis = eqn.params["shape"], eqn.params["dimension"]
    size = g.reshape(g.sizes([shape[axis]]), [])
    count = g.emit("Range", np.zeros((), np.int64), size, np.ones((), np.int64))
    count = g.cast(count, eqn.params["dtype"])
    line: list[Any] = [1] * len(shape)
    line[axis] = shape[axis]
    return g.emit("Expand", g.reshape(count, line), g.sizes(shape))


@_rule("gather")
def _gather(g: Graph, eqn: Any, x: Any, indices: Any) -> Any:
    numbers, sizes = eqn.params["dimension_numbers"], eqn.params["slice_sizes"]
    shape = eqn.invars[0].aval.shape
    axes, own = list(numbers.start_index_map), list(numbers.operand_batching_dims)
    theirs = list(numbers.start_indices_batching_dims)
    rest = [i for i in range(len(shape)) if i not in (*numbers.collapsed_slice_dims, *own)]
    batch = eqn.invars[1].aval.ndim - 1
    if not batch and not isinstance(indices, str):  # a piece at a fixed place
        found = x
        for axis, start in zip(axes, indices.tolist(), strict=True):
            found = g.slice(found, [start], [start + int(sizes[axis])], [axis])
        return g.reshape(found, eqn.outvars[0].aval.shape)
    if not isinstance(indices, str):  # windows that all begin at one place are a slice
        same = [
            i for i, axis in enumerate(axes)
            if axis in rest and np.all(indices[..., i] == indices[..., i].flat[0])
        ]  # fmt: skip
        shape = list(shape)
        for i in same:
            start, axis = int(indices[..., i].flat[0]), axes[i]
            x, shape[axis] = g.slice(x, [start], [start + sizes[axis]], [axis]), sizes[axis]
        indices = np.delete(indices, same, axis=-1)
        axes = [axis for i, axis in enumerate(axes) if i not in same]
    kept = [i for i in rest if i not in axes]
    if (
        not axes
        or not all(sizes[i] is shape[i] or sizes[i] == shape[i] for i in kept)
        or any(sizes[i] != 1 for i in axes)
    ):
        raise NotImplementedError("Exporting to ONNX: a gather of windows has no form there yet.")
    indices = g.cast(indices, np.int64)
    last = g.sizes([shape[a] - 1 for a in axes])
    if "PROMISE" not in str(eqn.params["mode"]):
        indices = g.emit("Max", g.emit("Min", indices, last), np.zeros(1, np.int64))
    # Axes that go together come first in both.
    places = [*theirs, *(i for i in range(batch) if i not in theirs)]
    found = g.emit(
        "GatherND", g.transpose(x, [*own, *axes, *kept]), g.transpose(indices, [*places, batch]),
        batch_dims=len(own),
    )  # fmt: skip
    # Indices' axes in their order, and the rest where the offsets are.
    offsets, numbered = list(numbers.offset_dims), iter(range(batch))
    order = []
    for i in range(batch + len(rest)):
        if i not in offsets:
            order.append(places.index(next(numbered)))
        elif (axis := rest[offsets.index(i)]) in kept:
            order.append(batch + kept.index(axis))
    found = g.transpose(found, order)
    if len(kept) == len(rest):
        return found
    return g.reshape(found, eqn.outvars[0].aval.shape)  # windows of one element


@_rule("scatter", "scatter-add", "scatter-mul", "scatter-min", "scatter-max")
def _scatter(g: Graph, eqn: Any, x: Any, indices: Any, updates: Any) -> Any:
    numbers, shape = eqn.params["dimension_numbers"], eqn.invars[0].aval.shape
    axes = list(numbers.scatter_dims_to_operand_dims)
    rest = [i for i in range(len(shape)) if i not in axes]
    given, windows = eqn.invars[2].aval.shape, list(numbers.update_window_dims)
    whole = all(given[w] == shape[i] for w, i in zip(windows, rest, strict=False))
    if sorted(axes) != sorted(numbers.inserted_window_dims) or not whole:
        raise NotImplementedError("Exporting to ONNX: a scatter of windows has no form there yet.")
    kind = eqn.primitive.name.partition("-")[2]
    places = [i for i in range(len(given)) if i not in windows]
    found = g.emit(
        "ScatterND", g.transpose(x, [*axes, *rest]), g.cast(indices, np.int64),
        g.transpose(updates, [*places, *windows]), reduction=kind or "none",
    )  # fmt: skip
    return g.transpose(found, np.argsort([*axes, *rest]))


@_rule("sort")
def _sort(g: Graph, eqn: Any, *values: Any) -> Any:
    axis = int(eqn.params["dimension"])
    if eqn.params["num_keys"] != 1:
        raise NotImplementedError("Exporting to ONNX: sorting by several keys.")
    size = g.sizes([eqn.invars[0].aval.shape[axis]])
    first, order = g.emit("TopK", values[0], size, outputs=2, axis=axis, largest=0)
    return [first, *(g.emit("GatherElements", x, order, axis=axis) for x in values[1:])]


# Reductions and products -----------------------------------------------------------------------


@_rule("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or")
def _reduce(g: Graph, eqn: Any, x: Any) -> Any:
    kind = eqn.primitive.name.removeprefix("reduce_")
    axes = np.asarray(eqn.params["axes"], np.int64)
    if not axes.size:
        return x
    if kind in ("and", "or"):
        kind = {"and": "Min", "or": "Max"}[kind]
        found = g.emit(f"Reduce{kind}", g.cast(x, np.int32), axes, keepdims=0)
        return g.cast(found, bool)
    return g.emit(f"Reduce{kind.capitalize()}", x, axes, keepdims=0)


@_rule("argmax", "argmin")
def _arg(g: Graph, eqn: Any, x: Any) -> Any:
    (axis,) = eqn.params["axes"]
    name = {"argmax": "ArgMax", "argmin": "ArgMin"}[eqn.primitive.name]
    return g.cast(g.emit(name, x, axis=int(axis), keepdims=0), eqn.params["index_dtype"])


@_rule("cumsum")
def _cumsum(g: Graph, eqn: Any, x: Any) -> Any:
    axis = np.asarray(eqn.params["axis"], np.int64)
    return g.emit("CumSum", x, axis, reverse=int(eqn.params["reverse"]))


@_rule("top_k")
def _top_k(g: Graph, eqn: Any, x: Any) -> Any:
    count = np.asarray([eqn.params["k"]], np.int64)
    values, indices = g.emit("TopK", x, count, outputs=2, axis=-1)
    return [values, g.cast(indices, np.int32)]


@_rule("dot_general")
def _dot(g: Graph, eqn: Any, x: Any, y: Any) -> Any:
    (own, other), (batch, other_batch) = eqn.params["dimension_numbers"]
    left, right = eqn.invars[0].aval, eqn.invars[1].aval
    dtype = eqn.outvars[0].aval.dtype
    x, y = (v if aval.dtype == dtype else g.cast(v, dtype) for v, aval in ((x, left), (y, right)))
    plain = not batch and list(own) == [left.ndim - 1] and list(other) == [0]
    if plain and right.ndim == 2 and left.ndim > 1:
        return g.emit("MatMul", x, y)
    letters = iter(string.ascii_lowercase)
    names: tuple[list[str], list[str]] = ([""] * left.ndim, [""] * right.ndim)
    for a, b in (*zip(batch, other_batch, strict=True), *zip(own, other, strict=True)):
        names[0][a] = names[1][b] = next(letters)
    for part in names:
        part[:] = [name or next(letters) for name in part]
    free = [names[0][i] for i in range(left.ndim) if i not in (*batch, *own)]
    free += [names[1][i] for i in range(right.ndim) if i not in (*other_batch, *other)]
    out = "".join([*(names[0][i] for i in batch), *free])
    return g.emit("Einsum", x, y, equation=f"{''.join(names[0])},{''.join(names[1])}->{out}")


@_rule("conv_general_dilated")
def _conv(g: Graph, eqn: Any, x: Any, kernel: Any) -> Any:
    p = eqn.params
    if p["batch_group_count"] != 1:
        raise NotImplementedError("Exporting to ONNX: convolutions with batch groups.")
    data, weights, out = p["dimension_numbers"]
    shape = eqn.invars[0].aval.shape
    x = g.transpose(x, data)
    zero = np.zeros((), eqn.invars[0].aval.dtype)
    gaps = [0, 0, *(d - 1 for d in p["lhs_dilation"])]
    x, _ = g.dilated(x, zero, [shape[i] for i in data], gaps)
    pads = list(p["padding"])
    if any(low < 0 or high < 0 for low, high in pads):
        x = g.padded(x, zero, len(gaps), [(0, 0), (0, 0), *pads])
        pads = [(0, 0)] * len(pads)
    y = g.emit(
        "Conv", x, g.transpose(kernel, weights),
        group=int(p["feature_group_count"]),
        strides=[int(s) for s in p["window_strides"]],
        dilations=[int(d) for d in p["rhs_dilation"]],
        pads=[int(low) for low, _ in pads] + [int(high) for _, high in pads],
    )  # fmt: skip
    return g.transpose(y, np.argsort(out))


@_rule("reduce_window_sum", "reduce_window_max", "reduce_window_min")
def _window(g: Graph, eqn: Any, x: Any) -> Any:
    p, kind = eqn.params, eqn.primitive.name.rsplit("_", 1)[1]
    window, strides = p["window_dimensions"], p["window_strides"]
    dilation = p["window_dilation"] or (1,) * len(window)
    idle = [
        i for i, (k, s) in enumerate(zip(window, strides, strict=True))
        if k == s == 1 and tuple(p["padding"][i]) == (0, 0)
    ]  # fmt: skip
    spread = any(d != 1 for d in (*(p["base_dilation"] or ()), *dilation))
    if len(idle) < 2 or spread:
        raise NotImplementedError("Exporting to ONNX: this pooling has no form there yet.")
    order = [idle[0], idle[-1]]
    order += [i for i in range(len(window)) if i not in order]
    pooled = {
        "kernel_shape": [int(window[i]) for i in order[2:]],
        "strides": [int(strides[i]) for i in order[2:]],
        "pads": [int(p["padding"][i][side]) for side in (0, 1) for i in order[2:]],
    }
    x = g.transpose(x, order)
    if kind == "sum":
        y = g.emit("AveragePool", x, count_include_pad=1, **pooled)
        count = math.prod(int(k) for k in window)
        y = g.emit("Mul", y, np.asarray(count, eqn.invars[0].aval.dtype))
    elif kind == "max":
        y = g.emit("MaxPool", x, **pooled)
    else:
        y = g.emit("Neg", g.emit("MaxPool", g.emit("Neg", x), **pooled))
    return g.transpose(y, np.argsort(order))


@_rule("scan")
def _scan(g: Graph, eqn: Any, *values: Any) -> Any:
    p = eqn.params
    consts, carried = p["num_consts"], p["num_carry"]
    start = consts + carried
    rows = list(values[start:])
    inside = Graph(g)
    closed = p["jaxpr"]
    names = [f"v{next(g.count)}" for _ in closed.jaxpr.invars[consts:]]
    given = [*values[:consts], *names]
    avals = [v.aval for v in closed.jaxpr.invars[consts:]]
    if not rows:  # ONNX counts steps by the rows
        rows = [np.arange(p["length"], dtype=np.int32)]
        names.append(f"v{next(g.count)}")
        avals.append(jax.ShapeDtypeStruct((), np.int32))
    found = inside.run(closed.jaxpr, closed.consts, given)
    # Outputs must be made inside, whatever they are.
    found = [inside.emit("Identity", y) for y in found]

    outs = [v.aval for v in closed.jaxpr.outvars]
    body = inside.body(zip(names, avals, strict=True), zip(found, outs, strict=True))
    stacked = len(found) - carried
    back = int(p["reverse"])
    done = g.emit(
        "Scan", *values[consts:start], *rows,
        outputs=len(found),
        body=body,
        num_scan_inputs=len(rows),
        scan_input_directions=[back] * len(rows),
        **({"scan_output_directions": [back] * stacked} if stacked else {}),
    )  # fmt: skip
    return done if isinstance(done, list) else [done]


@_rule("while")
def _while(g: Graph, eqn: Any, *values: Any) -> Any:
    p = eqn.params
    first = p["cond_nconsts"]
    start = first + p["body_nconsts"]
    test, step = p["cond_jaxpr"], p["body_jaxpr"]
    avals = [v.aval for v in eqn.outvars]
    inside = Graph(g)
    counter, before, *names = [f"v{next(g.count)}" for _ in range(len(avals) + 2)]
    found = inside.run(step.jaxpr, step.consts, [*values[first:start], *names])
    found = [inside.emit("Identity", y) for y in found]
    (again,) = inside.run(test.jaxpr, test.consts, [*values[:first], *found])
    again = inside.emit("Identity", again)
    flag, count = jax.ShapeDtypeStruct((), np.bool_), jax.ShapeDtypeStruct((), np.int64)
    body = inside.body(
        zip([counter, before, *names], [count, flag, *avals], strict=True),
        zip([again, *found], [flag, *avals], strict=True),
    )
    (whether,) = g.run(test.jaxpr, test.consts, [*values[:first], *values[start:]])
    done = g.emit("Loop", None, whether, *values[start:], outputs=len(avals), body=body)
    return done if isinstance(done, list) else [done]


@_rule("cond")
def _cond(g: Graph, eqn: Any, which: Any, *values: Any) -> Any:
    branches = eqn.params["branches"]
    if len(branches) != 2:
        raise NotImplementedError("Exporting to ONNX: a choice among more than two programs.")
    avals = [v.aval for v in eqn.outvars]
    bodies = []
    for branch in branches:
        inside = Graph(g)
        found = inside.run(branch.jaxpr, branch.consts, list(values))
        found = [inside.emit("Identity", y) for y in found]
        bodies.append(inside.body((), zip(found, avals, strict=True)))
    done = g.emit(
        "If", g.cast(which, bool), outputs=len(avals), else_branch=bodies[0], then_branch=bodies[1]
    )
    return done if isinstance(done, list) else [done]


def convert(function: Callable[..., Any], inputs: Any, outputs: Any, symbols: Any) -> bytes:
    """A function as the content of an ONNX file.

    Args:
        function: from flat inputs to a list of outputs; pure.
        inputs: for each input its name and a `jax.ShapeDtypeStruct`, sizes may be symbols.
        outputs: the outputs' names.
        symbols: for each symbol, the input and the axis that it is the size of.

    Raises:
        NotImplementedError: for a primitive without a form in ONNX.
    """
    g = Graph()
    onnx, helper = g.onnx, g.onnx.helper
    closed = jax.make_jaxpr(function)(*[struct for _, struct in inputs])
    for symbol, (name, axis) in symbols.items():
        g.symbols[symbol] = g.emit("Shape", name, start=axis, end=axis + 1)
    found = g.run(closed.jaxpr, closed.consts, [name for name, _ in inputs])
    for value, name in zip(found, outputs, strict=True):
        g.nodes.append(helper.make_node("Identity", [g.name(value)], [name]))

    def described(name: str, aval: Any) -> Any:
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(aval.dtype))
        shape = [int(d) if isinstance(d, (int, np.integer)) else str(d) for d in aval.shape]
        return helper.make_tensor_value_info(name, kind, shape)

    graph = helper.make_graph(
        g.nodes,
        "model",
        [described(name, struct) for name, struct in inputs],
        [described(n, a) for n, a in zip(outputs, closed.out_avals, strict=True)],
        g.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()
