"""The front door: `@op` turns one declaration into a public operation.

A declaration is a typed function whose parameters annotated ``TensorLike`` are tensors and
whose body says, in other operations, what is computed. The door that replaces it

1. calls the backend's native function at once when every tensor argument is a native tensor
   of one dtype that the operation takes as it is: that costs a type check and a set lookup;
2. otherwise reads Variables, converts arrays and numbers, promotes dtypes by the
   declaration's rule, and calls the native function, or the body where there is none. A
   dtype for which the framework has no kernel is computed in another one: see `VIA`;
3. records a node of a graph when an argument is a KerasTensor.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from keras_core.backends.select import backend
from keras_core.backends.variable import BaseVariable
from keras_core.core import dtypes, shapes, tracebacks, tree
from keras_core.core.errors import describe
from keras_core.ops import _arguments, _fast, _ragged, _sparse
from keras_core.ops._calls import OpCall
from keras_core.ops._fast import KINDS, MANY, MAYBE, NEST, ONE
from keras_core.symbolic.abstract import compute_output_spec
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.symbolic.operation import Node, unrecorded

P = ParamSpec("P")
R = TypeVar("R")
Tensor = Any
TensorLike = Any
Nested = Any

arrays = backend.arrays
TENSOR_TYPES = arrays.TENSOR_TYPES
SPARSE = backend.has("sparse")
RAGGED = backend.has("ragged")
_SCALARS = (bool, int, float, complex)
_PYTHON = frozenset((bool, int, float, list, tuple))
#: Frameworks have few kernels for 8-bit floats, and rounding after every step leaves nothing:
#: whatever computes takes them in float32 and rounds the result.
_EIGHT_BITS = dict.fromkeys(dtypes.FLOAT8_TYPES, "float32")
#: What comes of comparisons: bools, and places in a sorted tensor.
_COMPARED = ("bool", "int32")
registry: dict[str, Op] = {}


class DType:
    """A dtype rule: what arguments are cast to, and what comes out.

    Args:
        compute: `compute(names) -> name`: the dtype to which the promoted arguments are cast,
            from their names ("int" and "float" for Python numbers); None: they stay.
        result: the name of the result's dtype, or `result(compute) -> name`; None: the same.
        only: the parameters that take part; None for every tensor parameter.
    """

    def __init__(
        self,
        compute: Callable[[tuple[str, ...]], str] | None = None,
        result: str | Callable[[str], str] | None = None,
        only: tuple[str, ...] | None = None,
    ) -> None:
        self.compute, self.result, self.only = compute, result, only
        self._accepted: frozenset | None = None

    def on(self, *parameters: str) -> DType:
        """This rule for some of the parameters only."""
        return DType(self.compute, self.result, parameters)

    def to(self, result: str | Callable[[str], str]) -> DType:
        """This rule with another result dtype."""
        return DType(self.compute, result, self.only)

    def output(self, compute: str) -> str:
        """The result's dtype, from the one computed in."""
        if self.result is None:
            return compute
        return self.result if isinstance(self.result, str) else self.result(compute)

    def accepted(self) -> frozenset | None:
        """The native dtypes that need no cast when all arguments have them; None for all."""
        if self.compute is None:
            return None
        if self._accepted is None:
            found = set()
            for name, native in arrays.NATIVE_DTYPES.items():
                try:
                    if self.compute((name,)) == name:
                        found.add(native)
                except (ValueError, TypeError):
                    continue
            self._accepted = frozenset(found)
        return self._accepted


class Op:
    """What a declaration amounts to: parameters, rules, the native function and the body."""

    def __init__(
        self,
        body: Callable,
        shape: Callable | None,
        dtype: DType | None,
        spec: Callable | None,
        scalars: bool,
        native_required: bool,
        raw: bool = False,
        splat: bool = False,
        name: str | None = None,
        exact: bool = True,
        modular: bool = False,
        like: dict[str, str] | None = None,
        whole: tuple[str, ...] = (),
        check: Callable | None = None,
    ) -> None:
        code = body.__code__
        self.name = name or body.__name__
        self.body, self.shape, self.dtype, self.spec = body, shape, dtype, spec
        self.scalars, self.native_required = scalars, native_required
        self.raw, self.splat, self.modular, self.check = raw, splat, modular, check
        self._asks: int | None = None  # where the result's dtype is asked for
        count = code.co_argcount + code.co_kwonlyargcount
        self.params = code.co_varnames[:count]
        self.positional = code.co_argcount
        self._exact = exact
        self.like = {self.params.index(p): self.params.index(x) for p, x in (like or {}).items()}
        self.whole = tuple(map(self.params.index, whole))
        ints = (i for i, p in enumerate(self.params) if body.__annotations__.get(p) == "int")
        self.ints = tuple(ints)
        if exact and "dtype" in self.params:
            self._asks = self.params.index("dtype")
        annotations = body.__annotations__
        kinds = [KINDS.get(annotations.get(p)) for p in self.params]  # type: ignore[arg-type]
        self.tensors = tuple((i, kind) for i, kind in enumerate(kinds) if kind is not None)
        only = dtype.only if dtype is not None else None
        self.promoted = tuple(
            (i, kind)
            for i, kind in self.tensors
            if kind != NEST and (only is None or self.params[i] in only)
        )
        self.native = backend.native(self.name)
        self.via = backend.via(self.name) if self.native is not None else {}
        if dtype is not None and dtype.compute is not None:
            self.via = _EIGHT_BITS | self.via
        self.around: dict[str, Callable] = {
            name: self._by_body if run == "body" else run
            for name, run in self.via.items()
            if run == "body" or callable(run)
        }
        if self.native is None and native_required:
            self.native = _missing(self.name)
        self.run = self.native or self._fused()
        self._class: type | None = None
        self._door: Callable = body  # replaced by the door

    def _fused(self) -> Callable:
        """The body, compiled as a whole where the backend can do that."""
        fuse = getattr(arrays, "fuse", None)
        own = self.body.__module__.startswith("keras_core.ops.")
        plain = self.positional == len(self.params) and not self.raw and not self.splat
        if fuse is None or not own or not plain or any(k == NEST for _, k in self.tensors):
            return self.body
        tensors = [i for i, _ in self.tensors]
        return fuse(self.body, tuple(i for i in range(len(self.params)) if i not in tensors))

    def _by_body(self, _: Callable, *args: Any) -> Any:
        return self.body(*args)

    @property
    def composed(self) -> bool:
        """Whether the reference body runs, for want of a native function."""
        return self.native is None

    def accepted(self) -> frozenset | None:
        """The native dtypes that the fast path takes; None for all."""
        found = self.dtype.accepted() if self.dtype is not None else None
        if not self.via:
            return found
        lacking = {native for name, native in arrays.NATIVE_DTYPES.items() if name in self.via}
        return frozenset(arrays.NATIVE_DTYPES.values() if found is None else found) - lacking

    # The slow path -----------------------------------------------------------------------

    def slow(self, args: tuple) -> Any:
        """Everything that the fast path does not take: see the module's docstring."""
        if self.raw:
            return self.record(args) if _holds_symbolic(args, self.tensors) else self.run(*args)
        values = list(args)
        if self._asks is not None and values[self._asks] is not None:
            values[self._asks] = dtypes.standardize(values[self._asks])
            args = tuple(values)
        if any(type(args[i]) is not int for i in self.ints):
            self._find_fault(args)
        if self.check is not None:
            self.check(*args)
        beside = args if self._exact else ()
        for i, kind in self.tensors:
            value = values[i]
            if kind <= MAYBE:
                if type(value) in TENSOR_TYPES:
                    continue
                if isinstance(value, KerasTensor):
                    return self.record(args)
                if i in self.like and type(value) in _PYTHON:
                    values[i] = arrays.convert_to_tensor(value, self._likeness(values, i))
                else:
                    values[i] = self._concrete(value, i, kind, beside)
            elif kind == MANY:
                if arrays.is_tensor(value):
                    value = list(value)
                if not isinstance(value, (list, tuple)):
                    if isinstance(value, KerasTensor):
                        return self.record(args)
                    value = list(value) if hasattr(value, "__iter__") else [value]
                if any(isinstance(x, KerasTensor) for x in value):
                    return self.record(args)
                values[i] = [
                    x if type(x) in TENSOR_TYPES else self._concrete(x, i, ONE, value)
                    for x in value
                ]
            else:
                leaves, spec = tree.flatten_spec(value)
                if any(isinstance(x, KerasTensor) for x in leaves):
                    return self.record(args)
                if any(isinstance(x, BaseVariable) for x in leaves):
                    leaves = [x.tensor if isinstance(x, BaseVariable) else x for x in leaves]
                    values[i] = tree.unflatten(spec, leaves)
        for i in self.like:
            if type(values[i]) is int:
                dtypes.check_range(values[i], values[i], self._likeness(values, i))
        for i in self.whole:
            values[i] = self._whole(values[i], i, args[i])
        wide = None
        if self.dtype is not None and self.dtype.compute is not None:
            wide = self._promote(values)
        else:
            if self.via:
                wide = self._widen(values)
            for i, kind in self.tensors:
                if isinstance(values[i], _SCALARS) and kind <= MAYBE:
                    values[i] = _of_python(values[i], beside)
                elif kind == MANY:
                    values[i] = [
                        _of_python(x, values[i]) if isinstance(x, _SCALARS) else x
                        for x in values[i]
                    ]
        if SPARSE and _sparse.among(values):
            found = _sparse.call(self, values)
        elif RAGGED and _ragged.among(values):
            found = _ragged.call(self, values)
        else:
            around = self._around(values) if self.around else None
            found = self.run(*values) if around is None else around(self.run, *values)
        return found if wide is None else self._narrow(found, *wide)

    def _around(self, values: list[Any]) -> Callable | None:
        """What stands in for the native function at a dtype for which it has no kernel."""
        return self.around.get(weak_dtype(values[self.promoted[0][0]]))

    def _concrete(self, value: Any, i: int, kind: int, beside: Iterable[Any]) -> Any:
        """A native tensor for whatever came; Python numbers stay until promotion."""
        if isinstance(value, BaseVariable):
            return value.tensor
        if arrays.is_tensor(value):
            TENSOR_TYPES.add(type(value))  # a tracer or a subclass: the fast path takes it now
            return value
        if isinstance(value, _SCALARS):
            return value
        if value is None:
            if kind == MAYBE:
                return None
            raise ValueError(
                f"{self.name}: {self.params[i]} must be a tensor or convert to one. Received: None"
            )
        try:
            return _of_python(value, beside)
        except (TypeError, ValueError) as error:
            raise type(error)(
                f"{self.name}: {self.params[i]} must be a tensor or convert to one. "
                f"Received: {value!r} (of type {type(value).__name__}): {error}"
            ) from error

    def _whole(self, value: Any, i: int, given: Any) -> Any:
        """A tensor of integers, or a Python int; fractions would be cut off by some frameworks."""
        name = weak_dtype(value)
        if name == "int" or name in dtypes.INTS:
            return value
        if isinstance(given, (list, tuple)) and not tree.flatten(given):  # which has no dtype
            return arrays.convert_to_tensor(given, "int32")
        raise _arguments.not_whole(self.name, self.params[i], given, name)

    def _likeness(self, values: list[Any], i: int) -> str:
        """The dtype that a parameter of `like` is given in."""
        asked = None if self._asks is None else values[self._asks]
        return dtypes.join((weak_dtype(values[self.like[i]]),)) if asked is None else asked

    def _promote(self, values: list[Any]) -> tuple[str, str] | None:
        names: list[str] = []
        for i, kind in self.promoted:
            value = values[i]
            if kind == MANY:
                names.extend(map(weak_dtype, value))
            elif value is not None:
                names.append(weak_dtype(value))
        if self._asks is not None and values[self._asks] in BEYOND_FLOAT32:
            names.append(dtypes.canonical("float64"))
        compute = self._computed_in(tuple(names))
        if self.dtype.result in _COMPARED and compute in dtypes.INTS:  # type: ignore[union-attr]
            # A comparison with an int that the dtype does not hold is made where it is held.
            compute = dtypes.holding((x for x in values if type(x) is int), compute)
        wide = self._wider(compute) if self.via else None
        target = wide or compute
        native = arrays.NATIVE_DTYPES.get(target)
        for i, kind in self.promoted:
            value = values[i]
            if kind == MANY:
                values[i] = [
                    x
                    if type(x) in TENSOR_TYPES and x.dtype == native
                    else arrays.convert_to_tensor(x, target)
                    for x in value
                ]
            elif value is not None and (type(value) not in TENSOR_TYPES or value.dtype != native):
                if type(value) is int:
                    if self.modular:
                        value = dtypes.wrapped(value, target)
                    else:
                        dtypes.check_range(value, value, compute)
                values[i] = arrays.convert_to_tensor(value, target)
        for i, kind in self.tensors:  # numbers that take no part in promotion
            if kind <= MAYBE and isinstance(values[i], _SCALARS):
                values[i] = _of_python(values[i], values)
        return None if wide is None else (compute, wide)

    def _widen(self, values: list[Any]) -> tuple[str, str] | None:
        """Without a promotion: cast the tensors of a dtype that the native function lacks."""
        found = None
        for i, kind in self.promoted:
            if kind == MANY or values[i] is None:
                continue
            name = weak_dtype(values[i])
            wide = self._wider(name)
            if wide is not None:
                values[i] = arrays.convert_to_tensor(values[i], wide)
                if i == self.promoted[0][0]:  # the result has its dtype; others are indices
                    found = name, wide
        return found

    def _wider(self, name: str) -> str | None:
        """What to compute in where the framework has no kernel for a dtype; None: it has one."""
        wide = self.via.get(name, name)
        if wide is None:
            raise TypeError(self._lacking(name))
        return None if wide == name or name in self.around else wide

    def _lacking(self, dtype: str) -> str:
        return (
            f"{self.name}: dtype {dtype} is not available on the {backend.name} backend, whose "
            "framework has no kernel for it. Cast the arguments to another dtype first."
        )

    def _narrow(self, result: Any, compute: str, wide: str) -> Any:
        """What was computed in a wider dtype than asked for, in the right one."""
        native = arrays.NATIVE_DTYPES[wide]
        target = compute if self.dtype is None else self.dtype.output(compute)
        return tree.map_structure(
            lambda x: arrays.convert_to_tensor(x, target) if x.dtype == native else x, result
        )

    def by_rank(self, args: tuple) -> tuple[Any] | None:
        """The result, in a tuple, if it was only the rank of a tensor that was missing.

        Operations that another one is composed of leave it to that one, which is traced at each
        rank as a whole.
        """
        again, frame = Op.by_rank.__code__, sys._getframe(2)
        while frame is not None and frame.f_code is not again:
            if "_by_rank" in frame.f_globals:
                return None
            frame = frame.f_back
        return arrays.by_rank(self._door, args)

    # Errors ------------------------------------------------------------------------------

    def explain(self, args: tuple, error: Exception) -> None:
        """Say in the declaration's words what a framework says in its own.

        Raises:
            ValueError: where the rule for the result tells what is wrong. Else the error, to be
                raised again, gets a note with the operation and its arguments.
        """
        if hasattr(error, "_explained"):
            return
        error._explained = True  # type: ignore[attr-defined]
        tracebacks.trim(error)
        rule = self.shape or self.spec
        if rule is not None:
            try:
                rule(*args)
            except ValueError as named:
                text = str(named)
                if self._named_in(text):
                    raise _arguments.explained(ValueError(text)) from error
                self._find_fault(args, error)
                # What a spec calls may refuse what is no KerasTensor: that is none of ours.
                if self.shape is not None or text.partition(":")[0] not in registry:
                    raise _arguments.explained(ValueError(f"{self.name}: {text}")) from error
            except Exception:  # no help from there
                pass
        if self._named_in(str(error)):
            return
        self._find_fault(args, error)
        for param, value in zip(self.params, args, strict=False):
            if shapes.is_ragged(value):
                text = f"{self.name}: {param} {shapes.must_be_dense(value)}"
                raise _arguments.explained(ValueError(text)) from error
        refused = isinstance(error, ValueError) and "float8" in str(error)
        for dtype in (getattr(value, "dtype", None) for value in args):
            if dtype is not None and not refused and _arguments.few_kernels_have(str(dtype), error):
                raise _arguments.explained(
                    TypeError(self._lacking(dtypes.standardize(dtype)))
                ) from error
        given = ", ".join(
            f"{param}={describe(value)}"
            for param, value in zip(self.params, args, strict=False)
            if value is not None
        )
        error.add_note(f"In ops.{self.name}({given})")

    def _find_fault(self, args: tuple, error: Exception | None = None) -> None:
        text = _arguments.fault(self.name, self.params, self.body.__annotations__, args)
        if text is not None:
            raise _arguments.explained(ValueError(text)) from error

    def _named_in(self, text: str) -> bool:
        return text.startswith(f"{self.name}:")

    # Symbolic ----------------------------------------------------------------------------

    def record(self, args: tuple) -> Any:
        """Infer the outputs and record the call as a node."""
        outputs = self.infer(args)
        if unrecorded(args, outputs):
            return outputs
        operation = self.operation_class()(
            **{p: args[i] for i, p in enumerate(self.params) if i not in self._tensor_indices}
        )
        tensors = tuple(args[i] for i, _ in self.tensors)
        while tensors and tensors[-1] is None:
            tensors = tensors[:-1]
        if self.splat:
            tensors = tuple(tensors[0])
        Node(operation, tensors, {}, outputs)
        return outputs

    @property
    def _tensor_indices(self) -> frozenset[int]:
        return frozenset(i for i, _ in self.tensors)

    def infer(self, args: tuple) -> Any:
        """The outputs' shapes and dtypes as KerasTensors."""
        for i in self.whole:
            self._whole(args[i], i, args[i])
        return _sparse.infer(self, args, self._infer(args))

    def _infer(self, args: tuple) -> Any:
        if self.spec is not None:
            return self.spec(*args)
        if self.shape is not None and self.dtype is not None:
            dtype = self.dtype.output(self._symbolic_compute(args))
            shape = self.shape(*args)
            if isinstance(shape, list):
                return [KerasTensor(s, dtype) for s in shape]
            return KerasTensor(shape, dtype)
        if self.native is None:
            # The body's own operations have rules: let them infer, without recording.
            return tree.map_structure(
                lambda x: (
                    KerasTensor(x.shape, x.dtype, sparse=x.sparse)
                    if isinstance(x, KerasTensor)
                    else x
                ),
                self.body(*_unrecorded(args)),
            )
        return compute_output_spec(self._door, *args)

    def _symbolic_compute(self, args: tuple) -> str:
        names: list[str] = []
        for i, kind in self.promoted:
            if kind == MANY:
                names.extend(map(weak_dtype, args[i]))
            elif args[i] is not None:
                names.append(weak_dtype(args[i]))
        if self.dtype.compute is None:  # type: ignore[union-attr]
            return dtypes.join((names[0],)) if names else dtypes.standardize(None)
        return self._computed_in(tuple(names))

    def _computed_in(self, names: tuple[str, ...]) -> str:
        """The rule's dtype; an error says which operation refuses these ones."""
        try:
            return self.dtype.compute(names)  # type: ignore[union-attr,misc]
        except TypeError as error:
            params = [self.params[i] for i, _ in self.promoted]
            raise TypeError(f"{self.name}: {' and '.join(params)} {error}") from None

    def operation_class(self) -> type:
        """The graph's class for this operation, `Hypot` for `hypot`, made on first use."""
        if self._class is None:
            camel = "".join(part.capitalize() for part in self.name.split("_"))
            self._class = type(camel, (OpCall,), {"op": self, "__module__": self.body.__module__})
        return self._class


def _holds_symbolic(args: tuple, tensors: tuple) -> bool:
    for i, kind in tensors:
        value = args[i]
        if kind <= MAYBE:
            if isinstance(value, KerasTensor):
                return True
            if not isinstance(value, (list, tuple)):
                continue
        if any(isinstance(x, KerasTensor) for x in tree.flatten(value)):
            return True
    return False


def _unrecorded(args: tuple) -> Any:
    return tree.map_structure(
        lambda x: (
            KerasTensor(x.shape, x.dtype, sparse=x.sparse, record_history=False)
            if isinstance(x, KerasTensor)
            else x
        ),
        args,
    )


def _missing(name: str) -> Callable:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"ops.{name} is not available on the {backend.name} backend.")

    return refuse


def _of_python(x: Any, beside: Iterable[Any]) -> Any:
    """Numbers, or what else is no tensor, as one. Beside float64 floats stay what they are."""
    if isinstance(x, (float, complex, list, tuple)) and any(map(_is_exact, beside)):
        types = {type(leaf) for leaf in tree.flatten(x)}
        if (float in types or complex in types) and types <= {bool, int, float, complex}:
            name = "complex128" if complex in types else "float64"
            return arrays.convert_to_tensor(x, dtypes.canonical(name))
    return arrays.convert_to_tensor(x)


#: Dtypes with numbers that float32 has not: for a result of one, Python's go by way of float64.
BEYOND_FLOAT32 = frozenset(("float64", "int32", "int64", "uint32", "uint64"))


def _is_exact(x: Any) -> bool:
    """Whether this is of float64, or the name of a dtype that asks for as much."""
    if x.__class__ is str:
        return x in BEYOND_FLOAT32
    if isinstance(x, BaseVariable):
        return x.dtype == "float64"
    return type(x) in TENSOR_TYPES and arrays.dtype_name(x) == "float64"


def weak_dtype(x: Any) -> str:
    """The name under which a value takes part in promotion."""
    if type(x) in TENSOR_TYPES:
        return arrays.dtype_name(x)
    if isinstance(x, (KerasTensor, BaseVariable)):
        return x.dtype
    if isinstance(x, bool):
        return "bool"
    if isinstance(x, int):
        return "int"
    if isinstance(x, float):
        return "float"
    if isinstance(x, complex):
        return "complex"
    dtype = getattr(x, "dtype", None)
    return dtypes.standardize(dtype if dtype is not None else arrays.convert_to_tensor(x).dtype)


# The doors ---------------------------------------------------------------------------------


def _make_door(op: Op) -> Callable:
    signature, names = _fast.signature_source(op)
    passed = ", ".join(op.params)
    lines = [f"def {op.name}({signature}):"]
    names |= {"_types": TENSOR_TYPES, "_run": op.run, "_slow": op.slow, "_uniform": _fast.uniform}
    names["_ints"] = _fast.ints
    names["_among"] = _sparse.among
    names["_accepted"] = frozenset(map(id, op.accepted() or ()))
    names["_integers"] = frozenset(
        id(native) for name, native in arrays.NATIVE_DTYPES.items() if name in dtypes.INTS
    )
    if not op.tensors:
        lines.append(f"    return _run({passed})")
    else:
        condition = _fast.condition(op)
        if condition:
            lines += [f"    if {condition}:", *_fast.native_call(passed)]
        if op.scalars and op.native is not None:
            conditions, used = _fast.number_conditions(op)
            names |= used
            for condition in conditions:
                lines += [f"    if {condition}:", *_fast.native_call(passed)]
        lines.append(f"    return _slow(({passed},))")
    names["_explain"] = op.explain
    given = ", ".join(op.params) + ("," if op.params else "")
    body = [f"    {line}" for line in lines[1:]]
    lines = [lines[0], "    try:", *body, "    except Exception as _error:"]
    if hasattr(arrays, "by_rank") and op.tensors and all(k != NEST for _, k in op.tensors):
        names["_by_rank"] = op.by_rank
        lines += [f"        if _found := _by_rank(({given})):", "            return _found[0]"]
    lines += [f"        _explain(({given}), _error)", "        raise"]
    source = "\n".join(lines) + "\n"
    exec(compile(source, f"<op {op.name}>", "exec"), names)
    door, body = names[op.name], op.body
    door.__module__, door.__qualname__, door.__doc__ = (
        body.__module__,
        op.name,
        body.__doc__,
    )
    door.__annotations__ = body.__annotations__
    door.autograph_info__ = {}  # TensorFlow's AutoGraph need not look inside
    door.op = op
    return door


def op(
    *,
    shape: Callable | None = None,
    dtype: DType | None = None,
    spec: Callable | None = None,
    scalars: bool = False,
    native_required: bool = False,
    raw: bool = False,
    splat: bool = False,
    name: str | None = None,
    exact: bool = True,
    modular: bool = False,
    like: dict[str, str] | None = None,
    whole: tuple[str, ...] = (),
    check: Callable | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a public operation; the decorated function's body is its reference.

    Args:
        shape: a rule of `ops.rules`: called with the operation's arguments, gives the result's
            shape (a list of shapes for several results).
        dtype: a rule of `ops.rules`: how arguments are promoted and what comes out.
        spec: in place of both: called with the arguments, gives the results as KerasTensors.
        scalars: whether the native functions take Python numbers beside a float tensor, which
            stands first.
        native_required: whether there is no body: a backend without a native function raises.
        raw: whether the native function takes tensor arguments as they came: Python numbers,
            lists, arrays and Variables, anything but KerasTensors.
        splat: whether the one tensor argument is a list that the recorded call takes one by one.
        name: the public name, where a plain function of that name stands in front.
        exact: whether Python's numbers go unrounded to what the parameter `dtype` asks for;
            not where it says how bits are read.
        modular: whether Python's ints may be reduced to the bits of the dtype computed in, since
            the result is reduced as well; others that it does not hold are refused.
        like: parameters that are given in the dtype of another one, by the name of that one, or
            in the one that `dtype` asks for.
        whole: tensor parameters that hold integers: indices, and the like.
        check: called with the arguments as they came, if they are not all native tensors: refuses
            numbers that no rule for a shape looks at.
    """

    def declare(body: Callable[P, R]) -> Callable[P, R]:
        settings = (scalars, native_required, raw, splat, name, exact, modular, like, whole, check)
        declared = Op(body, shape, dtype, spec, *settings)
        door = _make_door(declared)
        declared._door = door
        registry[declared.name] = declared
        return door

    return declare
