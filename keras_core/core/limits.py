"""Limits of constructor arguments as data: what holds, how it is worded, what must be refused.

A class declares `limits = {"units": POSITIVE_INT}`; its constructor checks them, and tests
make their bad input from `wrong`.
"""

from __future__ import annotations

import codecs
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_core.core import configs, dtypes, errors


class Limit(NamedTuple):
    """What an argument must be.

    `must` is worded to stand after "must"; `wrong` are values that have to be refused.
    `becomes` gives the one form of what holds in several.
    """

    must: str
    holds: Callable[[Any], bool]
    wrong: tuple[Any, ...]
    becomes: Callable[[Any], Any] | None = None

    def settled(self, value: Any) -> Any:
        """A value that keeps to the limit, as it is kept; `REFUSED` for one that does not.

        NumPy's numbers and arrays stand for numbers and lists too.
        """
        if isinstance(value, np.generic):
            value = value.item()
        if not self.holds(value):
            value = plain(value)
            if not self.holds(value):
                return REFUSED
        return value if self.becomes is None else self.becomes(value)


REFUSED: Any = object()


def keep(owner: Any, values: dict[str, Any], called: str | None = None) -> None:
    """Keep a constructor's arguments as attributes, those that the class has limits for.

    Args:
        owner: the object; its class has `limits`.
        values: the constructor's `locals()`, or some of them.
        called: how errors name the object; its class by default.

    Raises:
        ValueError: if one is outside of its limit.
    """
    limits = type(owner).limits
    kept = {name: values[name] for name in limits if name in values}
    for name, value in checked(limits, kept, called or type(owner).__name__).items():
        setattr(owner, name, configs.owned(value))


def checked(limits: dict[str, Limit], values: dict[str, Any], called: str) -> dict[str, Any]:
    """Arguments by name in the form in which they are kept; those without a limit as they are.

    Args:
        limits: what some of the arguments must be.
        values: the arguments.
        called: how errors name the object.

    Raises:
        ValueError: if one is outside of its limit.
    """
    found = dict(values)
    for name, limit in limits.items():
        if name not in values:
            continue
        found[name] = limit.settled(values[name])
        if found[name] is REFUSED:
            raise ValueError(errors.message(called, name, limit.must, values[name]))
    return found


def _is_int(value: Any) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return False
    try:
        operator.index(value)
    except TypeError:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    """Whether a value is a number that a float may stand for, as ints of any size are not."""
    try:
        return _is_number(value) and math.isfinite(value)
    except OverflowError:
        return False


def _each(holds: Callable[[Any], bool], least: int = 1) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, (list, tuple)) and len(v) >= least and all(map(holds, v))


def plain(value: Any) -> Any:
    """NumPy's numbers and arrays as numbers and lists of them; anything else as it is."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def optional(limit: Limit) -> Limit:
    """The limit, or None."""
    return Limit(
        f"{limit.must}, or None",
        lambda v: v is None or limit.holds(v),
        tuple(w for w in limit.wrong if w is not None),
        limit.becomes and (lambda v: None if v is None else limit.becomes(v)),  # type: ignore[misc]
    )


def one_of(*choices: Any, **old: Any) -> Limit:
    """One of some values, or an old name of one: `binary="multi_hot"`."""
    return Limit(
        f"be one of {', '.join(map(repr, choices))}",
        lambda v: isinstance(v, (str, type(None))) and (v in choices or v in old),
        ("no such choice", 7),
        (lambda v: old.get(v, v)) if old else None,
    )


def one_of_or_function(*choices: str) -> Limit:
    """One of some names, None or a function."""
    named = one_of(*choices, None)
    return Limit(
        f"{named.must} or a function", lambda v: callable(v) or named.holds(v), named.wrong
    )


_NAN, _INF = float("nan"), float("inf")
POSITIVE_INT = Limit(  # a size, which has 64 bits on every backend
    "be a positive int below 2**63",
    lambda v: _is_int(v) and 0 < v < 2**63,
    (0, -1, 1.5, "3", None, True, 2**63),
)
COUNT = Limit(
    "be an int of at least 0 and below 2**63",
    lambda v: _is_int(v) and 0 <= v < 2**63,
    (-1, 1.5, "3", 2**63),
)
FRACTION = Limit(
    "be a number from 0 to 1",
    lambda v: v is False or (_is_number(v) and 0 <= v <= 1),
    (-0.1, 1.1, "half", None, _NAN),
    lambda v: v or 0.0,  # `dropout=False` is none
)
NOT_NEGATIVE = Limit(
    "be a finite number of at least 0",
    lambda v: _is_finite(v) and v >= 0,
    (-1.0, "much", None, _NAN, _INF),
)
UPPER_BOUND = Limit(  # infinity is none
    "be a number of at least 0", lambda v: _is_number(v) and v >= 0, (-1.0, "much", None, _NAN)
)
POSITIVE = Limit(
    "be a finite number above 0",
    lambda v: _is_finite(v) and v > 0,
    (0, -1.0, "much", None, _NAN, _INF),
)
NUMBER = Limit("be a finite number", _is_finite, ("much", None, _NAN, _INF))
FILL_VALUE = Limit("be a number", _is_number, ("much", None))  # NaN marks what is not there
BOOL = Limit(  # 0 and 1 as C's flags, and None for no, are passed on to Python here and there
    "be a bool",
    lambda v: v is None or isinstance(v, bool) or (_is_int(v) and v in (0, 1)),
    ("yes", 2, 0.5),
    bool,
)
DATA_FORMAT = one_of("channels_last", "channels_first", None)
SEED = Limit("be an int or None", lambda v: v is None or _is_int(v), ("seed", 1.5, True))
SIZES = Limit(
    "be a positive int, or one for each axis",
    lambda v: POSITIVE_INT.holds(v) or _each(POSITIVE_INT.holds)(v),
    (0, -1, 1.5, "3", (1, 1, 1, 1), (), (0,), None),
)


def ends(rank: int) -> Limit:
    """Amounts at both ends of each of so many axes; it becomes a pair for each axis.

    For a single axis it becomes the pair itself.
    """

    def pairs(value: Any) -> Any:
        if _is_int(value):
            return ((int(value),) * 2,) * rank
        if not isinstance(value, (list, tuple)):
            return None
        if rank == 1 and len(value) == 2 and not isinstance(value[0], (list, tuple)):
            value = [value]
        found = tuple((v, v) if _is_int(plain(v)) else plain(v) for v in value)
        good = len(found) == rank and all(
            isinstance(p, (list, tuple)) and len(p) == 2 and all(map(COUNT.holds, p)) for p in found
        )
        return tuple(tuple(map(int, p)) for p in found) if good else None

    must = f"be an int of at least 0, {rank} of them, or {rank} pairs of them"
    return Limit(
        "be an int of at least 0, or two of them" if rank == 1 else must,
        lambda v: pairs(v) is not None and COUNT.holds(v if _is_int(v) else 0),
        (-1, 1.5, "3", None, True, (1, 1, 1, 1), (1, -1), (1.5, 1), ((1, 2, 3),), {}),
        lambda v: pairs(v)[0] if rank == 1 else pairs(v),
    )


COUNTS = Limit(
    "be an int of at least 0, or one for each axis",
    lambda v: COUNT.holds(v) or _each(COUNT.holds)(v),
    (-1, 1.5, "3", (), (1, -1), {}),
)
PERMUTATION = Limit(
    "be a permutation of 1, 2, ... up to the rank",
    lambda v: _each(_is_int, least=0)(v) and sorted(v) == [*range(1, len(v) + 1)],
    (3, 1.5, "12", None, (0, 1), (1, 1), (1.0, 2.0), ("1",)),
    lambda v: tuple(map(int, v)),
)


def _is_target(value: Any) -> bool:
    if not isinstance(value, (list, tuple)):
        return _is_int(value) and value >= -1
    sizes = [-1 if n is None else n for n in value]
    return all(_is_int(n) and n >= -1 for n in sizes) and sizes.count(-1) < 2


TARGET_SHAPE = Limit(
    "hold sizes, one of which may be -1",
    _is_target,
    (1.5, "3", None, True, -2, (-2,), (-1, None), (1.5,), ("a",), {}),
    lambda v: tuple(-1 if n is None else int(n) for n in ((v,) if _is_int(v) else v)),
)
SALT = Limit(
    "be an int or two ints",
    lambda v: _is_int(v) or (_each(_is_int)(v) and len(v) == 2),
    (1.5, "salt", (), (1,), (1, 2, 3), (1, "a"), {}),
)
SHAPE = Limit(
    "hold positive ints and None",
    lambda v: _each(lambda n: n is None or POSITIVE_INT.holds(n))(v),
    ("shape", 1.5, (0,), (1.5,)),
)
OUTPUT_SHAPE = Limit(
    "be a positive int, or hold positive ints and None",
    lambda v: POSITIVE_INT.holds(v) or SHAPE.holds(v) or (isinstance(v, tuple) and not v),
    ("shape", 1.5, -1, (0,)),
)


def _of_numbers(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(map(_of_numbers, value))
    if isinstance(value, np.ndarray):
        return value.dtype.kind not in "OSUMm"
    return isinstance(value, (bool, int, float, complex)) or hasattr(value, "dtype")


NUMERIC = Limit(
    "be a number, or a list, array or tensor of numbers", _of_numbers, ("much", None, {}, [], ["a"])
)


def _all(holds: Callable[[np.ndarray], Any], value: Any) -> bool:
    """Whether something holds for all of some numbers, as far as they can be looked at here."""
    try:
        return bool(np.all(holds(np.asarray(value))))
    except (TypeError, ValueError, RuntimeError):  # a tensor of another device, or a symbol
        return True


COMPARABLE = Limit(  # with what is there, of which nothing equals NaN
    "be a number other than NaN, or a list, array or tensor of such",
    lambda v: _of_numbers(v) and _all(lambda x: x == x, v),
    (*NUMERIC.wrong, _NAN, [1.0, _NAN]),
)
FINITE = Limit(
    "be a finite number, or a list, array or tensor of them",
    lambda v: _of_numbers(v) and _all(np.isfinite, v),
    (*NUMERIC.wrong, _NAN, _INF, [1.0, _NAN]),
)
VARIANCE = Limit(
    "be finite numbers of at least 0: one, or a list, array or tensor of them",
    lambda v: FINITE.holds(v) and _all(lambda x: x >= 0, v),
    (*FINITE.wrong, -1.0, [1.0, -0.5]),
)
NUMBERS = Limit(  # infinity is an edge as any other
    "be a list of numbers, none of them NaN",
    lambda v: _each(lambda x: _is_number(x) and x == x, least=0)(plain(v)),
    ("numbers", 3, ["a"], [0.0, _NAN]),
)
KEYWORDS = Limit(
    "be a dict of keyword arguments",
    lambda v: isinstance(v, dict) and all(isinstance(k, str) for k in v),
    (3, "a", [1], {1: 2}),
)
VOCABULARY = Limit(
    "be a list or an array of tokens, or the path of a file",
    lambda v: (
        isinstance(v, str)
        or (
            hasattr(v, "__iter__")
            and hasattr(v, "__len__")
            and not isinstance(v, (dict, set, frozenset, bytes))
        )
    ),
    (3, 1.5, b"ab", {"a": 1}, {"a"}),  # a set has no order
)
INT = Limit("be an int", _is_int, ("first", 1.5, None))
INT64 = Limit(
    "be an int of 64 bits", lambda v: _is_int(v) and -(2**63) <= v < 2**63, (*INT.wrong, 2**63)
)
AXIS = INT
TEXT = Limit("be a string", lambda v: isinstance(v, (str, bytes)), (3, 1.5, ["a"], {}))


def _is_dtype(value: Any) -> bool:
    try:
        return value is not None and bool(dtypes.standardize(value))
    except (TypeError, ValueError):
        return False


DTYPE = Limit("be a dtype", _is_dtype, ("no such", 3, 1.5, [1], {}))


def _is_shapes(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_shapes, value.values()))
    if not isinstance(value, (list, tuple)):
        return False
    return all(n is None or COUNT.holds(n) for n in value) or all(map(_is_shapes, value))


STRUCTURE_OF_SHAPES = Limit(
    "hold sizes and None, be a list, tuple or dict of such shapes, or be a function",
    lambda v: callable(v) or _is_shapes(v),
    ("shape", 1.5, 3, -1, [-1], [1.5], ["a"], [(3,), 2], {"a": 2}),
)


def _is_encoding(value: Any) -> bool:
    try:
        return isinstance(value, str) and codecs.lookup(value) is not None
    except (LookupError, ValueError):  # ValueError: null characters
        return False


ENCODING = Limit("be the name of an encoding", _is_encoding, ("no such", "", 3, None, ["utf-8"]))


def _is_window(value: Any) -> bool:
    if value is None or (isinstance(value, str) and value in ("hann", "hamming")):
        return True
    if isinstance(value, (list, np.ndarray)):
        return _each(_is_finite)(plain(value))
    if not isinstance(value, (str, tuple)):  # a number is a Kaiser window's beta
        return _is_finite(value)
    try:
        from scipy.signal import get_window
    except ImportError:  # found out where the window is made
        return True
    try:
        with np.errstate(all="ignore"):
            return bool(np.isfinite(get_window(value, 4)).all())  # a tuple: name and parameters
    except (ValueError, TypeError, LookupError):
        return False


WINDOW = Limit(
    "be the name of a window, as SciPy knows it, a list or an array of its values, or None",
    _is_window,
    (True, {}, ["hann"], "no such", "", (), _NAN, [[1.0]], ("kaiser", "much")),
    lambda v: list(map(float, v)) if isinstance(v, (list, np.ndarray)) else v,
)
AXES = Limit(
    "be an int, or a list of ints without repetition",
    lambda v: (
        _is_int(v)
        or (
            isinstance(v, Sequence)
            and not isinstance(v, (str, bytes))
            and len(v) > 0
            and all(map(_is_int, v))
            and len(set(v)) == len(v)
        )
    ),
    ("first", 1.5, None, [], [1, 1], b"x"),
)
AXES_OR_NONE = Limit(
    f"{AXES.must}, or None",
    lambda v: v is None or (isinstance(v, (list, tuple)) and not v) or AXES.holds(v),
    ("first", 1.5, [1, 1]),
)
