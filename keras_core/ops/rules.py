"""Shape and dtype rules that declarations share.

A shape rule is called with the operation's own arguments (tensors may be KerasTensors,
arrays, numbers or lists) and gives the result's shape; a dtype rule is a `DType`.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import dtypes, settings, shapes
from keras_core.ops._door import DType, KerasTensor, arrays, weak_dtype

# Dtypes ------------------------------------------------------------------------------------


def _floating(names: tuple[str, ...]) -> str:
    return dtypes.join((*names, "float"))  # integers join with a Python float to floatx


def _integral(names: tuple[str, ...]) -> str:
    name = dtypes.join(names)
    return "int32" if name == "bool" else name


def _bits(names: tuple[str, ...]) -> str:
    name = dtypes.join(names)
    if name != "bool" and name not in dtypes.INTS:
        raise TypeError(f"must hold integers or bools. Received: dtype {', '.join(names)}")
    return name


def _integers(names: tuple[str, ...]) -> str:
    return _integral((_bits(names),))


def _accumulated(names: tuple[str, ...]) -> str:
    name = dtypes.join(names)
    if name in ("bool", "int8", "int16"):
        return "int32"
    if name in ("uint8", "uint16"):
        return "uint32" if backend.has("unsigned") else "int32"
    return name


def _spectral(names: tuple[str, ...]) -> str:
    name = _floating(names)
    if name in dtypes.COMPLEX:  # a cast would drop the imaginary parts
        raise TypeError(f"must be real: parts of numbers. Received: dtype {', '.join(names)}")
    return "float64" if name == "float64" else "float32"


def _real_of(name: str) -> str:
    return {"complex64": "float32", "complex128": "float64"}.get(name, name)


#: Arguments are promoted together; the result has their dtype.
same = DType(dtypes.join)
#: As `same`, but integers and bools become floats.
floating = DType(_floating)
#: As `same`, but bools become int32.
integral = DType(_integral)
#: As `same`, for integers and bools only.
bits = DType(_bits)
#: As `integral`, for integers and bools only.
integers = DType(_integers)
#: As `integral`, but small integers become 32 bits wide: what sums and products are taken in.
accumulated = DType(_accumulated)
#: As `floating`; of complex arguments the result is real (angle, norm, var).
real_floating = DType(_floating, _real_of)
#: float64 if an argument is; else float32: Fourier transforms, and sums too long for 16 bits.
spectral = DType(_spectral)
#: Arguments are promoted together; the result is bool.
boolean = DType(dtypes.join, "bool")
#: Arguments keep their dtypes, which the result has too (that of the first one).
keep = DType()
#: Arguments are cast to bool; the result is bool.
logical = DType(lambda names: "bool", "bool")
#: Arguments keep their dtypes; the result is int32.
index = DType(None, "int32")
#: As `same`; of complex arguments the result is real (absolute, real, imag).
to_real = DType(dtypes.join, _real_of)


def floatx(_: str) -> str:
    """A result rule: the default float type."""
    return settings.floatx()


# Shapes ------------------------------------------------------------------------------------


def shape_of(x: Any) -> shapes.Shape:
    """The static shape of anything that an operation takes for a tensor."""
    if type(x) in arrays.TENSOR_TYPES:
        return arrays.static_shape(x)
    if isinstance(x, KerasTensor):
        return x.shape
    if isinstance(x, (int, float, complex)):
        return ()
    if arrays.is_tensor(x):
        return arrays.static_shape(x)
    found = getattr(x, "shape", None)
    return tuple(found) if found is not None else np.shape(x)


def sizes(shape: Any) -> tuple[Any, ...]:
    """A shape argument as a tuple: ints, None, and scalar tensors of unknown value as None."""
    if not isinstance(shape, (tuple, list)):
        shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    out = []
    for dim in shape:
        if dim is None or isinstance(dim, KerasTensor):
            out.append(None)
            continue
        try:
            out.append(operator.index(dim))
        except (TypeError, ValueError):
            out.append(None)
    return tuple(out)


def elementwise(x: Any, *_: Any) -> shapes.Shape:
    """The shape of the first argument."""
    return shape_of(x)


def broadcast(*args: Any) -> shapes.Shape:
    """The common shape of all arguments: for operations that take nothing but tensors."""
    return shapes.broadcast(*map(shape_of, args))


def reduce(x: Any, axis: Any = None, keepdims: bool = False, *_: Any) -> shapes.Shape:
    """The first argument's shape without `axis`."""
    return shapes.reduced(shape_of(x), axis, keepdims)


def reduce_some(x: Any, axis: Any = None, keepdims: bool = False, *_: Any) -> shapes.Shape:
    """As `reduce`, where nothing cannot be reduced: of no elements, none is the largest."""
    shape = shape_of(x)
    # With an axis of no elements and a result of some, it is one of the reduced axes.
    if 0 in shape and 0 not in shapes.reduced(shape, axis):
        raise ValueError(
            "x must have elements along the reduced axes. "
            f"Received: x of shape {shape}, axis={axis}"
        )
    return shapes.reduced(shape, axis, keepdims)


def dtype_of(x: Any) -> str:
    """The dtype under which anything that an operation takes for a tensor is promoted."""
    return dtypes.join((weak_dtype(x),))
