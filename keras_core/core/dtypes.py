"""Data types by name, and the one promotion table of the package.

A dtype is a plain string such as ``"float32"`` everywhere above the backends. Promotion
follows the lattice published in JAX's "Type promotion semantics": `result_type` is the
least upper bound of its arguments, where Python scalars take part as the weak types
``"int"`` and ``"float"``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from keras_core.core import settings

FLOAT8_TYPES = ("float8_e4m3fn", "float8_e5m2")
FLOAT_TYPES = ("bfloat16", "float16", "float32", "float64")
SIGNED_TYPES = ("int8", "int16", "int32", "int64")
UNSIGNED_TYPES = ("uint8", "uint16", "uint32", "uint64")
INT_TYPES = SIGNED_TYPES + UNSIGNED_TYPES
COMPLEX_TYPES = ("complex64", "complex128")
NUMERIC_TYPES = INT_TYPES + FLOAT_TYPES + COMPLEX_TYPES
ALL_TYPES = ("bool",) + NUMERIC_TYPES + FLOAT8_TYPES + ("string",)
FLOATS = frozenset(FLOAT_TYPES + FLOAT8_TYPES)
INTS = frozenset(INT_TYPES)
COMPLEX = frozenset(COMPLEX_TYPES)
ITEMSIZE = {
    "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4,
    "int64": 8, "uint64": 8, "bfloat16": 2, "float16": 2, "float32": 4, "float64": 8,
    "complex64": 8, "complex128": 16, "float8_e4m3fn": 1, "float8_e5m2": 1,
}  # fmt: skip
#: The largest finite number of each float type.
LARGEST = {
    "float16": 65504.0, "bfloat16": 3.3895313892515355e38, "float32": 3.4028234663852886e38,
    "float64": 1.7976931348623157e308, "float8_e4m3fn": 448.0, "float8_e5m2": 57344.0,
}  # fmt: skip

#: Squares of numbers between 2**-n and 2**n stay in range, as (n, m); of all others, if 2**m or
#: 2**-m times as large.
SQUARED = {"float16": (5, 12), "bfloat16": (50, 100), "float32": (50, 100), "float64": (400, 700)}

# Each type's next larger ones. "int" and "float" are the weak types of Python scalars.
_LATTICE: dict[str, tuple[str, ...]] = {
    "bool": ("int",),
    "int": ("uint8", "int8"),
    "uint8": ("int16", "uint16"),
    "int8": ("int16",),
    "uint16": ("int32", "uint32"),
    "int16": ("int32",),
    "uint32": ("int64", "uint64"),
    "int32": ("int64",),
    "uint64": ("float",),
    "int64": ("float",),
    "float": ("bfloat16", "float16", "complex"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex": ("complex64",),
    "complex64": ("complex128",),
    "complex128": (),
}


def _upper_bounds(name: str) -> frozenset[str]:
    found, queue = {name}, [name]
    while queue:
        for above in _LATTICE[queue.pop()]:
            if above not in found:
                found.add(above)
                queue.append(above)
    return frozenset(found)


_UPPER = {name: _upper_bounds(name) for name in _LATTICE}
_PYTHON = {bool: "bool", int: "int", float: "float", complex: "complex", str: "string"}
_ALIASES = {"float8_e4m3": "float8_e4m3fn", "half": "float16", "double": "float64"}


def is_float(dtype: str) -> bool:
    """Whether `dtype` (a name) is a real floating-point type."""
    return dtype in FLOATS


def is_int(dtype: str) -> bool:
    """Whether `dtype` (a name) is an integer type; bool is not."""
    return dtype in INTS


def standardize(dtype: Any) -> str:
    """The name of a dtype given as a name, a Python type, or any framework's dtype object.

    Args:
        dtype: a string, `int`/`float`/`bool`, a NumPy, TensorFlow, JAX or torch dtype, or
            None for `floatx()`.

    Returns:
        A name out of `ALL_TYPES`.

    Raises:
        ValueError: if it names no known dtype.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.standardize_dtype(bool)
    'bool'
    """
    if dtype.__class__ is str and dtype in _KNOWN:
        return dtype
    return _standardize(dtype)


_KNOWN = frozenset(ALL_TYPES)


def _standardize(dtype: Any) -> str:
    if dtype is None:
        return settings.floatx()
    if isinstance(dtype, str):
        name = _ALIASES.get(dtype, dtype)
        if name == "int":
            name = "int32"
        elif name == "float":
            name = settings.floatx()
        elif name == "str":
            name = "string"
    elif dtype is int:
        name = "int32"
    elif isinstance(dtype, type) and dtype in _PYTHON:
        name = settings.floatx() if dtype is float else _PYTHON[dtype]
        name = "complex64" if name == "complex" else name
    else:
        found = getattr(dtype, "name", None)  # NumPy, ml_dtypes, TensorFlow
        if not isinstance(found, str):
            found = str(dtype)
            if found.startswith("torch."):
                found = found[6:]
            elif isinstance(dtype, type):  # jnp.float32, np.float32: scalar types
                found = dtype.__name__
        name = found.removesuffix("_ref")
        name = "string" if name.startswith("str") or name == "object" else name
        name = "bool" if name in ("bool_", "bool8") else name
        name = _ALIASES.get(name, name)
    if name not in _KNOWN:
        raise ValueError(
            f"dtype must be one of {', '.join(ALL_TYPES)}, or a Python, NumPy or framework "
            f"dtype of that name. Received: {dtype!r}"
        )
    return name


def _join(left: str, right: str) -> str:
    if left == right:
        return left
    for name, other in ((left, right), (right, left)):
        if name in FLOAT8_TYPES:
            if other in ("bool", "int", "float") or other in INTS:
                return name
            raise ValueError(
                f"dtypes {left} and {right} cannot be promoted to a common dtype: float8 "
                "takes no part in promotion. Cast one of them explicitly."
            )
        if name == "string":
            raise ValueError(f"dtypes {left} and {right} cannot be promoted to a common dtype.")
    common = _UPPER[left] & _UPPER[right]
    for name in common:
        if common <= _UPPER[name]:
            return name
    raise ValueError(f"dtypes {left} and {right} cannot be promoted to a common dtype.")


_results: dict[tuple[str, ...], str] = {}


def _joined(names: tuple[str, ...]) -> str:
    # A plain dict: torch.compile looks through one, but warns of functools' caches.
    result = _results.get(names)
    if result is None:
        result = names[0]
        for name in names[1:]:
            result = _join(result, name)
        _results[names] = result
    return result


# Within a branch of a condition torch's compiler refuses to follow what is written down here.
# The mark is that of `torch.compiler.assume_constant_result`: it asks once and keeps the answer.
_joined._dynamo_marked_constant = True


def weak_name(value: Any) -> str:
    """The name under which a dtype, or Python's `int` and `float`, takes part in promotion."""
    if isinstance(value, str):
        return value if value in ("int", "float", "complex") else standardize(value)
    if value is int or value is float or value is bool or value is complex:
        return _PYTHON[value]
    return standardize(value)


_canonical: dict[str, str] = {}
_narrowing: Callable[[], bool] = bool


def narrow(mapping: dict[str, str], now: Callable[[], bool]) -> None:
    """Have results of promotion replaced: what a backend with a switch for 64-bit types does.

    Args:
        mapping: wide dtypes, and what stands in their place.
        now: whether the switch is off: asked at each wide dtype, since it may be turned.
    """
    global _narrowing
    _canonical.update(mapping)
    _narrowing = now


def canonical(name: str) -> str:
    """The dtype that the backend has in place of `name`: itself, but for JAX without x64."""
    return _canonical[name] if name in _canonical and _narrowing() else name


def limits(name: str) -> tuple[int, int]:
    """The smallest and the largest number of an integer dtype."""
    bits = 8 * ITEMSIZE[name]
    return (0, 2**bits - 1) if name in UNSIGNED_TYPES else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def wrapped(number: int, name: str) -> int:
    """A Python int beside integers of a dtype: an int32, which wraps around where it is cast."""
    if name not in INTS or not -(2**31) <= number < 2**31:
        return number
    low, high = limits(name)
    return (number - low) % (high - low + 1) + low


def check_range(low: float, high: float, name: str) -> None:
    """Refuse Python's numbers beyond an integer dtype: frameworks may cut bits off in silence.

    A fraction counts for what is left of it when it is cut off.

    Raises:
        OverflowError: if `low` or `high`, the smallest and the largest of them, is out of range.
    """
    if name in INTS:
        least, most = limits(name)
        if not (low > least - 1 and high < most + 1):  # nor is NaN in range
            wrong = high if low > least - 1 else low
            kind = "int" if isinstance(wrong, int) else "float"
            raise OverflowError(
                f"A Python {kind} must fit into the dtype asked for, {name}: {least} to {most}. "
                f"Received: {wrong}. Ask for a wider dtype."
            )


def holding(numbers: Iterable[int], name: str) -> str:
    """An integer dtype, or the one above it that holds Python ints too, up to int64."""
    for number in numbers:
        low, high = limits(name)
        if not low <= number <= high:
            name = join((name, "int32" if -(2**31) <= number < 2**31 else "int64"))
            if name not in INTS:
                return name
    return name


def _range(x: Any) -> tuple[float, float]:
    if not x.ndim:
        return x.item(), x.item()
    return (np.asarray(x.min()).item(), np.asarray(x.max()).item()) if x.size else (0, 0)


def array_of(x: Any) -> Any:
    """NumPy's array of Python's numbers or lists of them, in which large ints stay ints."""
    array = np.asarray(x)
    if array.dtype == np.float64 and array.size and not -_BIG < array.min() <= array.max() < _BIG:
        numbers = np.array(x, object)
        if all(isinstance(n, int) for n in numbers.ravel()):
            return numbers
    return array


_BIG = 2.0**63


def of_python(x: Any, name: str | None = None) -> str | None:
    """The dtype of Python's numbers, from `array_of` them; None for the array's own.

    Args:
        x: the array.
        name: the dtype asked for, if one is.

    Raises:
        OverflowError: for numbers that the dtype asked for, or ints that any dtype, does not hold.
    """
    kind = x.dtype.kind
    if kind == "O" and x.size and all(isinstance(n, int) for n in x.ravel()):
        kind = "i"
    if name is not None or kind not in "iufc":
        if kind in "iuf" and name in INTS:
            check_range(*_range(x), name)
        return name
    if kind == "f":
        return settings.floatx()
    if kind == "c":
        return "complex128" if settings.floatx() == "float64" else "complex64"
    low, high = _range(x)
    name = "int32" if low >= -(2**31) and high < 2**31 else "uint64" if high >= 2**63 else "int64"
    check_range(low, high, name)
    return name


def join(names: tuple[str, ...]) -> str:
    """Promote names as `result_type` does; "int" and "float" are weak. One table lookup."""
    result = _joined(names)
    if result == "float":
        result = settings.floatx()
    elif result == "int":
        result = "int32"
    elif result == "complex":
        result = "complex64"
    return result if result not in _canonical else canonical(result)


def result_type(*dtypes: Any) -> str:
    """The dtype to which arguments of these dtypes are promoted.

    Args:
        *dtypes: names, dtype objects, or Python's types `int`, `float`, `bool`, whose dtype
            gives way to that of arrays. None is `floatx()`.

    Returns:
        The name of the common dtype.

    Raises:
        ValueError: if there is none (float8 with another float, strings).

    Example:

    >>> from keras_core.core import dtypes
    >>> dtypes.result_type("int32", "float16"), dtypes.result_type("int32", float)
    ('float16', 'float32')
    """
    if not dtypes:
        return settings.floatx()
    given = (settings.floatx() if d is None else d for d in dtypes)
    return join(tuple(standardize(d) if isinstance(d, str) else weak_name(d) for d in given))
