"""What a backend must do, checked on the one in use."""

from __future__ import annotations

import inspect

import numpy as np

from keras_core import ops
from keras_core.backends import contract
from keras_core.backends.select import backend
from keras_core.ops import _door


def check_backend() -> None:
    """Hold the backend in use against the contract.

    Every section has its functions, every capability is a known one, native functions take the
    arguments of their operations, and arrays go to tensors and back with each dtype that the
    backend says it has.

    Raises:
        AssertionError: with everything that is wrong.

    Example:

    >>> from keras_core import testing
    >>> testing.check_backend()
    """
    wrong = contract.missing(backend)
    for name in dir(ops):
        getattr(ops, name)  # loads the families
    for name, op in _door.registry.items():
        wrong += _signature_problems(name, op)
    arrays = backend.arrays
    for name in arrays.NATIVE_DTYPES:
        values = np.array(["a", "b"]) if name == "string" else np.zeros((2,))
        tensor = arrays.convert_to_tensor(values, name)
        back = arrays.convert_to_numpy(tensor)
        if not arrays.is_tensor(tensor) or back.shape != (2,) or arrays.shape(tensor) != (2,):
            wrong.append(f"arrays: {name} does not go to a tensor and back")
    assert not wrong, f"The backend {backend.name!r} does not keep the contract: {wrong}"


def _signature_problems(name: str, op: _door.Op) -> list[str]:
    native = op.native
    if native is None or isinstance(native, contract.NotSupported):
        return []
    try:
        signature = inspect.signature(native)
    except (TypeError, ValueError):
        return []  # a built-in of the framework
    try:
        signature.bind(*range(len(op.params)))
    except TypeError as error:
        return [f"ops.{name}: the native function does not take its arguments: {error}"]
    return []
