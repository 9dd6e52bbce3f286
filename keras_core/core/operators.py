"""Python's operators for KerasTensor and Variable, by the public operations.

The operations stand on a higher floor: `ops` sets `table.load` when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class _Table(dict[str, Callable]):
    """Operations by name; one that has not loaded yet is fetched through `load`."""

    load: Callable[[str], Callable]

    def __missing__(self, name: str) -> Callable:
        found = self[name] = self.load(name)
        return found


table = _Table()


def _unary(name: str) -> Callable:
    def method(self: Any) -> Any:
        return table[name](self)

    return method


def _binary(name: str) -> Callable:
    def method(self: Any, other: Any) -> Any:
        return table[name](self, other)

    return method


def _reflected(name: str) -> Callable:
    def method(self: Any, other: Any) -> Any:
        return table[name](other, self)

    return method


class Operators:
    """Mixin: arithmetic, comparison, indexing and shape methods through `keras_core.ops`."""

    __slots__ = ()
    __array_priority__ = 1000  # NumPy arrays on the left give way

    __neg__ = _unary("negative")
    __pos__ = _unary("positive")
    __abs__ = _unary("absolute")
    __add__, __radd__ = _binary("add"), _reflected("add")
    __sub__, __rsub__ = _binary("subtract"), _reflected("subtract")
    __mul__, __rmul__ = _binary("multiply"), _reflected("multiply")
    __truediv__, __rtruediv__ = _binary("true_divide"), _reflected("true_divide")
    __div__, __rdiv__ = _binary("divide"), _reflected("divide")
    __floordiv__, __rfloordiv__ = _binary("floor_divide"), _reflected("floor_divide")
    __mod__, __rmod__ = _binary("mod"), _reflected("mod")
    __pow__, __rpow__ = _binary("power"), _reflected("power")
    __matmul__, __rmatmul__ = _binary("matmul"), _reflected("matmul")
    __and__, __rand__ = _binary("logical_and"), _reflected("logical_and")
    __or__, __ror__ = _binary("logical_or"), _reflected("logical_or")
    __xor__, __rxor__ = _binary("logical_xor"), _reflected("logical_xor")
    __lshift__, __rlshift__ = _binary("left_shift"), _reflected("left_shift")
    __rshift__, __rrshift__ = _binary("right_shift"), _reflected("right_shift")
    __lt__, __le__ = _binary("less"), _binary("less_equal")
    __gt__, __ge__ = _binary("greater"), _binary("greater_equal")
    __getitem__ = _binary("get_item")

    def __invert__(self) -> Any:
        # Of a bool they are the same; files of Keras have the first, which runs on all backends.
        return table["logical_not" if self.dtype == "bool" else "bitwise_not"](self)  # type: ignore[attr-defined]

    def __round__(self, ndigits: int | None = None) -> Any:
        return table["round"](self, decimals=ndigits or 0)
