"""What a call of one batch costs besides the framework: counted, not timed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend
from keras_core.core import masks
from keras_core.layers.base.state import StateMixin
from keras_core.training.interrupts import InterruptGuard
from tests.training.helpers import classifier, data, trains

X, Y = data(32)
OURS = os.path.dirname(keras.__file__)


def own_calls(function: Callable[[], Any]) -> int:
    """How many functions of this package a call comes to."""
    count = 0

    def seen(frame: FrameType, event: str, _: Any) -> None:
        nonlocal count
        count += event == "call" and frame.f_code.co_filename.startswith(OURS)

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


@trains
@pytest.mark.parametrize(("kind", "most"), [("train", 330), ("test", 290)])
def test_a_batch_takes_few_calls(kind: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # In a process without masks and added losses, whatever other tests did.
    monkeypatch.setattr(masks, "in_use", False)
    monkeypatch.setattr(StateMixin, "_losses_in_use", False)
    model = classifier(keras, optimizer="adam")
    run = getattr(model, f"{kind}_on_batch")
    for _ in range(3):
        run(X, Y)
    assert 0 < own_calls(lambda: run(X, Y)) <= most


@trains
def test_only_steps_that_give_up_variables_are_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded: list[bool] = []
    enter = InterruptGuard.__enter__
    monkeypatch.setattr(
        InterruptGuard, "__enter__", lambda self: guarded.append(True) or enter(self)
    )
    model = classifier(keras)
    before = signal.getsignal(signal.SIGINT)
    model.test_on_batch(X, Y)
    assert not guarded
    model.train_on_batch(X, Y)
    assert bool(guarded) == model._step("train").fragile
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("dtype", ["int8", "<i4", ">i4", "int64", "uint8", "float32"])
def test_labels_of_every_dtype_are_looked_at(dtype: str) -> None:
    model = classifier(keras)
    labels = Y.astype(dtype)
    model.test_on_batch(X, labels)
    loss = model._compiled.loss
    for wrong, told in ((3, r"y from 0(\.0)? to 3"), (100, "to 100"), (-1, "from -1")):
        if wrong < 0 and np.dtype(dtype).kind == "u":
            continue
        bad = labels.copy()
        bad[5] = wrong
        with pytest.raises(ValueError, match=told):
            loss.check_labels(bad)
    loss.check_labels(labels)
    loss.check_labels(labels[:0])


@trains
def test_gradients_of_what_the_loss_does_not_depend_on_are_zero() -> None:
    used, unused = keras.Variable(np.ones((2, 3), "float32")), keras.Variable(np.ones(4, "float32"))
    (value, more), gradients = backend.execute.value_and_grad(
        lambda: (keras.ops.sum(used * 3.0), "more"), [used, unused]
    )
    assert keras.ops.convert_to_numpy(value) == 18.0 and more == "more"
    found = [keras.ops.convert_to_numpy(g).tolist() for g in gradients]
    assert found == [[[3.0] * 3] * 2, [0.0] * 4]
