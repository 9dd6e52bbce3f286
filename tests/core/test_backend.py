"""The active backend against the contract, and the natives against the declarations."""

import inspect

from keras_core import ops
from keras_core.backends import contract
from keras_core.backends.select import backend
from keras_core.ops import _door


def load_all_operations():
    for name in dir(ops):
        getattr(ops, name)
    return _door.registry


def test_the_backend_has_all_of_the_contract():
    assert contract.missing(backend) == []


def test_natives_take_the_arguments_of_their_operations():
    wrong = []
    for name, op in load_all_operations().items():
        native = op.native
        if native is None or isinstance(native, contract.NotSupported):
            continue
        try:
            signature = inspect.signature(native)
        except (TypeError, ValueError):
            continue  # a built-in of the framework
        try:
            signature.bind(*range(len(op.params)))
        except TypeError as error:
            wrong.append(f"{name}: {error}")
    assert not wrong


def test_every_operation_can_run():
    registry = load_all_operations()
    assert len(registry) > 250
    assert all(callable(op.run) for op in registry.values())
