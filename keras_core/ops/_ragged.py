"""Operations on ragged tensors: rows that have lengths of their own, where a framework has them.

The front door sends a call here when an argument is ragged, off its fast path. What looks at
each element alone, by the rule for its shape, runs on the values of the rows; what a backend's
`ragged` module has a function for is that function's. Everything else gets the tensor as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core.backends.select import backend
from keras_core.core import shapes

#: What else gives each element from those at the same place, beside what has one of the rules.
_BY_PLACE = frozenset(("where", "isclose"))


def among(values: Sequence[Any]) -> bool:
    """Whether one of an operation's arguments is ragged."""
    return any(map(shapes.is_ragged, values))


def call(op: Any, values: list[Any]) -> Any:
    """Run an operation whose arguments have been converted and promoted.

    Raises:
        ValueError: if tensors that go together have rows of different lengths.
    """
    from keras_core.ops import rules  # which needs the door

    ragged = backend.ragged
    if op.shape in (rules.elementwise, rules.broadcast) or op.name in _BY_PLACE:
        places = [i for i, _ in op.tensors if values[i] is not None]

        def run(*flat: Any) -> Any:
            given = list(values)
            for i, x in zip(places, flat, strict=True):
                given[i] = x
            return op.run(*given)

        return ragged.map_values(run, [values[i] for i in places], op.name)
    return getattr(ragged, op.name, op.run)(*values)
