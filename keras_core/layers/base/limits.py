"""Limits of constructor arguments as data: what holds, how it is worded, what must be refused.

A layer declares `limits = {"units": POSITIVE_INT}`; its constructor checks them, and tests
make their bad input from `wrong`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np


class Limit(NamedTuple):
    """What an argument must be.

    `must` is worded to stand after "must"; `wrong` are values that have to be refused.
    """

    must: str
    holds: Callable[[Any], bool]
    wrong: tuple[Any, ...]


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


def _each(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, (list, tuple)) and len(v) > 0 and all(map(holds, v))


def plain(value: Any) -> Any:
    """NumPy's numbers and arrays as numbers and lists of them; anything else as it is."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def optional(limit: Limit) -> Limit:
    """The limit, or None."""
    return Limit(
        f"{limit.must}, or None",
        lambda v: v is None or limit.holds(v),
        tuple(w for w in limit.wrong if w is not None),
    )


def one_of(*choices: Any) -> Limit:
    """One of some values."""
    return Limit(
        f"be one of {', '.join(map(repr, choices))}",
        lambda v: isinstance(v, (str, type(None))) and v in choices,
        ("no such choice", 7),
    )


POSITIVE_INT = Limit(
    "be a positive int", lambda v: _is_int(v) and v > 0, (0, -1, 1.5, "3", None, True)
)
COUNT = Limit("be an int of at least 0", lambda v: _is_int(v) and v >= 0, (-1, 1.5, "3"))
FRACTION = Limit(
    "be a number from 0 to 1", lambda v: _is_number(v) and 0 <= v <= 1, (-0.1, 1.1, "half", None)
)
NOT_NEGATIVE = Limit(
    "be a number of at least 0", lambda v: _is_number(v) and v >= 0, (-1.0, "much", None)
)
POSITIVE = Limit("be a number above 0", lambda v: _is_number(v) and v > 0, (0, -1.0, "much", None))
NUMBER = Limit("be a number", _is_number, ("much", None))
BOOL = Limit(  # 0 and 1 as C's flags, which are passed on to Python here and there
    "be a bool",
    lambda v: isinstance(v, (bool, np.bool_)) or (_is_int(v) and v in (0, 1)),
    ("yes", 2, 0.5, None),
)
DATA_FORMAT = one_of("channels_last", "channels_first", None)
SEED = Limit("be an int or None", lambda v: v is None or _is_int(v), ("seed", 1.5))
SIZES = Limit(
    "be a positive int, or one for each axis",
    lambda v: POSITIVE_INT.holds(v) or _each(POSITIVE_INT.holds)(v),
    (0, -1, 1.5, "3", (1, 1, 1, 1), (), (0,), None),
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
SCALAR = Limit(
    "be a number, or a tensor of one",
    lambda v: _is_number(v) or isinstance(v, bool) or np.shape(v) == () and hasattr(v, "dtype"),
    ("much", None, {}),
)
NUMBERS = Limit(
    "be a list of numbers",
    lambda v: isinstance(v, np.ndarray) or (isinstance(v, list) and not v) or _each(_is_number)(v),
    ("numbers", 3, ["a"]),
)
VOCABULARY = Limit(
    "be a list or an array of tokens, or the path of a file",
    lambda v: isinstance(v, str) or (hasattr(v, "__iter__") and hasattr(v, "__len__")),
    (3, 1.5),
)
AXIS = Limit(
    "be an int",
    _is_int,
    ("first", 1.5, None),
)
AXES = Limit(
    "be an int, or a list of ints without repetition",
    lambda v: (
        _is_int(v)
        or (
            isinstance(v, Sequence)
            and not isinstance(v, str)
            and len(v) > 0
            and all(map(_is_int, v))
            and len(set(v)) == len(v)
        )
    ),
    ("first", 1.5, None, [], [1, 1]),
)
