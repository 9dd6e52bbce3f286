"""Operations on sparse tensors: which results stay sparse, and what computes them.

The front door sends a call here when an argument is sparse, off its fast path. What is not in
the tables works on the dense tensor and gives a dense one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras_core.backends.select import backend
from keras_core.symbolic.keras_tensor import KerasTensor

arrays = backend.arrays

#: Of one tensor, element by element, and 0 at 0: only the values that are there change.
ZERO_KEEPING = frozenset(
    "abs absolute arcsin arcsinh arctan arctanh cbrt ceil celu conj conjugate copy deg2rad elu erf "
    "expm1 fabs floor gelu hard_shrink hard_tanh imag isinf isnan isneginf isposinf leaky_relu "
    "log1p nan_to_num negative rad2deg real relu relu6 round saturate_cast selu sign signbit silu "
    "sin sinh soft_shrink softsign sqrt square stop_gradient swish tan tanh "
    "tanh_shrink trunc".split()
)


def _every(flags: Sequence[bool]) -> bool:
    return all(flags)


def _first(flags: Sequence[bool]) -> bool:
    return flags[0]


#: Other operations: whether the result is sparse, from whether each tensor argument is. A
#: backend's `sparse` module has a function of the same name where it does one without densifying.
RESULTS: dict[str, Callable[[Sequence[bool]], bool]] = {
    "add": _every,
    "subtract": _every,
    "multiply": any,
    "divide": lambda flags: flags[0] and not flags[1],
    "true_divide": lambda flags: flags[0] and not flags[1],
    "maximum": _every,
    "minimum": _every,
    "matmul": _every,
    "concatenate": _every,
    **dict.fromkeys(
        ("sum", "mean", "get_item", "reshape", "transpose", "squeeze", "expand_dims"), _first
    ),
}


def stays(name: str, flags: Sequence[bool]) -> bool:
    """Whether the result of an operation on such tensors is sparse."""
    if name in ZERO_KEEPING:
        return flags[0]
    rule = RESULTS.get(name)
    return rule is not None and rule(flags)


def among(values: Sequence[Any]) -> bool:
    """Whether one of an operation's arguments, or of a list among them, is sparse."""
    for value in values:
        if value.__class__ is list or value.__class__ is tuple:
            if any(arrays.is_sparse(x) for x in value):
                return True
        elif arrays.is_sparse(value):
            return True
    return False


def _flags(op: Any, values: Sequence[Any], test: Callable[[Any], bool]) -> list[bool]:
    found: list[bool] = []
    for i, _ in op.tensors:
        value = values[i]
        if isinstance(value, (list, tuple)):
            found.extend(map(test, value))
        else:
            found.append(test(value))
    return found


def call(op: Any, values: list[Any]) -> Any:
    """Run an operation whose arguments have been converted and promoted."""
    sparse = backend.sparse
    stay = stays(op.name, _flags(op, values, arrays.is_sparse))
    if op.name in ZERO_KEEPING and stay:
        return sparse.map_values(lambda x: op._door(x, *values[1:]), values[0])
    native = getattr(sparse, op.name, None) if op.name in RESULTS else None
    if native is not None:
        found = native(*values)
        if found is not NotImplemented:
            return found
    dense = [
        [arrays.convert_to_tensor(x, sparse=False) for x in value]
        if value.__class__ is list
        else arrays.convert_to_tensor(value, sparse=False)
        if arrays.is_sparse(value)
        else value
        for value in values
    ]
    found = op.run(*dense)
    return sparse.from_dense(found, values) if stay else found


def infer(op: Any, args: Sequence[Any], outputs: Any) -> Any:
    """The outputs of a call with KerasTensors, marked as sparse where they will be."""
    if not isinstance(outputs, KerasTensor) or outputs.sparse:
        return outputs
    flags = _flags(op, args, lambda x: isinstance(x, KerasTensor) and x.sparse)
    if not stays(op.name, flags):
        return outputs
    return KerasTensor(outputs.shape, outputs.dtype, sparse=True)
