"""The active backend against the contract."""

import pytest

from keras_core.backends import contract
from keras_core.backends.select import backend
from keras_core.ops import _door
from keras_core.testing import check_backend


def test_the_backend_keeps_the_contract():
    check_backend()
    assert len(_door.registry) > 250
    assert all(callable(op.run) for op in _door.registry.values())


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.delattr(backend.arrays, "device_scope")
    monkeypatch.setattr(backend, "capabilities", frozenset({"magic"}))
    with pytest.raises(AssertionError, match=r"capability 'magic'.*arrays.device_scope"):
        check_backend()


def test_a_gap_says_why():
    gap = contract.NotSupported("fly", "it has no wings")
    with pytest.raises(NotImplementedError, match=r"ops.fly.*no wings"):
        gap()
