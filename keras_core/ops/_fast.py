"""The door's fast path, as source: which calls go to the native function at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_core.backends.select import backend
from keras_core.core import dtypes

if TYPE_CHECKING:
    from keras_core.ops._door import Op

arrays = backend.arrays
TENSOR_TYPES = arrays.TENSOR_TYPES
#: What a parameter's annotation says that it takes.
ONE, MAYBE, MANY, NEST = range(4)
KINDS = {
    "TensorLike": ONE,
    "TensorLike | None": MAYBE,
    "Sequence[TensorLike]": MANY,
    "Nested": NEST,  # any structure of tensors; its dtypes are left alone
}


def signature_source(op: Op) -> tuple[str, dict[str, Any]]:
    """The parameter list as source, with its defaults as names of the door's globals."""
    body, parts, names = op.body, [], {}
    defaults = body.__defaults__ or ()
    first = op.positional - len(defaults)
    for i, param in enumerate(op.params[: op.positional]):
        if i >= first:
            names[f"_d{i}"] = defaults[i - first]
            parts.append(f"{param}=_d{i}")
        else:
            parts.append(param)
    keyword = op.params[op.positional :]
    if keyword:
        parts.append("*")
        for i, param in enumerate(keyword):
            if param in (body.__kwdefaults__ or {}):
                names[f"_k{i}"] = body.__kwdefaults__[param]  # type: ignore[index]
                parts.append(f"{param}=_k{i}")
            else:
                parts.append(param)
    return ", ".join(parts), names


def condition(op: Op) -> str:
    """The test, as source, that lets a call go to the native function at once."""
    if op.raw:
        return " and ".join(
            f"type({op.params[i]}) in _types" for i, kind in op.tensors if kind == ONE
        )
    tests: list[str] = []
    checks = op.accepted() is not None
    promoted = {i for i, _ in op.promoted}
    typed = False  # whether a first promoted tensor stands, whose dtype the others must have
    for i, kind in op.tensors:
        param = op.params[i]
        if kind == ONE or (kind == MAYBE and i in promoted and checks and not typed):
            tests.append(f"type({param}) in _types")  # a None in the first place goes the slow way
            if i in promoted and checks:
                # Dtypes are singletons: to compare and hash their identities is cheaper, most
                # of all TensorFlow's. An unusual twin goes the slow way.
                same = f"{param}.dtype is _dtype"
                tests.append(same if typed else f"id(_dtype := {param}.dtype) in _accepted")
                typed = True
            if i in op.whole:
                tests.append(f"id({param}.dtype) in _integers")
        elif kind == MAYBE:
            fits = f" and {param}.dtype is _dtype" if i in promoted and checks else ""
            tests.append(f"({param} is None or type({param}) in _types{fits})")
        elif kind == MANY and len(op.tensors) == 1:
            tests.append(f"_uniform({param}, {'_accepted' if checks else 'None'})")
        elif kind == NEST and op.native is not None:
            tests.append(f"_ints({param})")
        else:
            return ""
    tensors = {i for i, _ in op.tensors}
    tests += [f"{op.params[i]} is None" for i in op.like if i not in tensors]  # not looked at
    tests += [f"{op.params[i]}.__class__ is int" for i in op.ints]
    return " and ".join(tests)


def number_conditions(op: Op) -> tuple[list[str], dict[str, Any]]:
    """The same for Python's numbers beside a tensor, and the names used.

    Every native function takes them as they are: numbers beside a float tensor, ints beside an
    integer one whose dtype holds them.
    """
    first, *others = [(op.params[i], kind) for i, kind in op.tensors]
    widened = getattr(arrays, "WIDENED_BY_NUMBERS", ())
    accepted = op.accepted() or ()
    names = {
        "_numbers": (float, int),  # torch.compile guards a set of types wrongly
        "_numbers_or_none": (float, int, type(None)),
        "_floats": frozenset(
            id(native)
            for name, native in arrays.NATIVE_DTYPES.items()
            if name in dtypes.FLOAT_TYPES and name not in op.via and name not in widened
        ),
        "_spans": {
            id(native): range(int(low), int(high) + 1)
            for name, native in arrays.NATIVE_DTYPES.items()
            if name in dtypes.INTS and native in accepted
            for low, high in (dtypes.limits(name),)
        },
    }
    a, _ = first
    floats, whole = [], [f"type({a}) in _types"]
    for b, kind in others:
        floats.append(f"type({b}) in _numbers{'' if kind == ONE else '_or_none'}")
        whole.append(f"type({b}) is int and {b} in _spans.get(id({a}.dtype), ())")
    floats.append(f"type({a}) in _types and id({a}.dtype) in _floats")
    return [" and ".join(floats), " and ".join(whole)], names


def uniform(values: Any, accepted: frozenset | None) -> bool:
    """Whether these are tensors in a list or tuple, of one dtype where that matters."""
    if values.__class__ is not list and values.__class__ is not tuple or not values:
        return False
    first = values[0]
    if type(first) not in TENSOR_TYPES:
        return False
    dtype = first.dtype
    if accepted is not None and id(dtype) not in accepted:
        return False
    for x in values:  # a generator for `all` costs more
        if type(x) not in TENSOR_TYPES or (accepted is not None and x.dtype is not dtype):
            return False
    return True


def ints(values: Any) -> bool:
    """Whether these are Python ints in a list or tuple: no tensors to look for."""
    if values.__class__ is not tuple and values.__class__ is not list:
        return False
    for i in values:  # noqa: SIM110 - as above
        if type(i) is not int:
            return False
    return True


def native_call(passed: str) -> list[str]:
    """The line that calls the native function; what handles an error costs nothing without one."""
    call = f"return _run({passed})"
    if not getattr(arrays, "SPARSE_LOOKS_DENSE", False):
        return [f"        {call}"]
    return [
        "        try:",
        f"            {call}",
        "        except (RuntimeError, TypeError):",
        f"            if not _among(({passed},)):",
        "                raise",
    ]
