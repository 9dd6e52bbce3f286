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
@pytest.mark.parametrize(("kind", "most"), [("train", 285), ("test", 245)])
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
def test_a_form_of_batches_that_is_known_is_checked_where_it_must_be() -> None:
    model = classifier(keras)
    for _ in range(3):
        model.train_on_batch(X, Y)
        model.test_on_batch(X, Y)
    assert len(model._compiled.forms) == 2
    wanted = model.test_on_batch(X, Y)
    for x, y in ((X.astype("float64"), Y), (X.tolist(), Y.tolist()), (X, Y[:, None])):
        np.testing.assert_allclose(model.test_on_batch(x, y), wanted, rtol=1e-6)
    weights = np.linspace(0, 1, len(X), dtype="float32")
    for _ in range(3):  # others have a form of their own
        assert not np.allclose(model.test_on_batch(X, Y, weights)[0], wanted[0])
    for run in (model.train_on_batch, model.test_on_batch):
        with pytest.raises(ValueError, match="class numbers from 0 to 2"):
            run(X, Y + 1)
    # The optimizer, what is trained and what adds to the loss are as they are now.
    kernel = model.layers[0].kernel
    model.optimizer = keras.optimizers.SGD(0.0)
    before = kernel.numpy()
    np.testing.assert_allclose(model.train_on_batch(X, Y), wanted, rtol=1e-5)
    np.testing.assert_array_equal(kernel.numpy(), before)
    model.run_eagerly = True
    model.test_on_batch(X, Y)
    kernel.regularizer = keras.regularizers.L2(1.0)
    penalty = float((before**2).sum())
    found = model.test_on_batch(X, Y)[0]
    np.testing.assert_allclose(found, wanted[0] + penalty, rtol=1e-5)
    for n in range(1, 100):
        model._compiled.forms[("test", n)] = next(iter(model._compiled.forms.values()))
    model.test_on_batch(X[:5], Y[:5])
    assert len(model._compiled.forms) < 100


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


@trains
def test_a_batch_of_its_own_is_one_program_that_resets_the_metrics_too() -> None:
    model = classifier(keras, metrics=["accuracy"])
    singles = [model.train_on_batch(X, Y) for _ in range(3)]
    step = model._steps["train"]
    if hasattr(step, "_programs"):
        assert len(step._programs) == 1
    loss, accuracy = model.test_on_batch(X, Y)
    assert model.test_on_batch(X, Y) == pytest.approx((loss, accuracy))
    assert model.evaluate(X, Y, batch_size=32, verbose=0) == pytest.approx((loss, accuracy))
    assert all(0.0 <= each[1] <= 1.0 for each in singles)
    seen = next(v for v in model.metrics[0].variables if v.name.endswith("count"))
    assert float(seen.numpy()) == len(X)


@trains
@pytest.mark.parametrize("where", ["metric", "inner", "model"])
def test_a_reset_of_the_users_own_happens_at_each_batch(where: str) -> None:
    resets = []

    class Inner(keras.metrics.Mean):
        def reset_state(self) -> None:
            resets.append("inner")
            super().reset_state()

    class Outer(keras.metrics.Metric):
        def __init__(self) -> None:
            super().__init__(name="outer")
            self.inner = Inner()

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.inner.update_state(y_pred)

        def result(self) -> Any:
            return self.inner.result()

        def reset_state(self) -> None:
            self.inner.reset_state()

    class Own(keras.Sequential):
        def reset_metrics(self) -> None:
            resets.append("model")
            super().reset_metrics()

    kind = Own if where == "model" else keras.Sequential
    model = kind([keras.Input((X.shape[1],)), keras.layers.Dense(3)])
    metric = {"metric": Inner, "inner": Outer}.get(where)
    model.compile("sgd", "mse", metrics=[metric()] if metric else [])
    y = np.zeros((len(X), 3), "float32")
    for calls in range(1, 5):
        model.train_on_batch(X, y)
        assert len(resets) == calls


@trains
@pytest.mark.skipif(backend.name != "jax", reason="elsewhere placing costs little")
def test_batches_on_the_host_are_left_to_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    if not backend.execute._ON_HOST:
        pytest.skip("the device is not the host")
    given: list[Any] = []
    batch = backend.execute.Step.batch

    def seen(self: Any, leaves: list[Any], spec: Any) -> Any:
        given.extend(leaves)
        return batch(self, leaves, spec)

    monkeypatch.setattr(backend.execute.Step, "batch", seen)
    model = classifier(keras)
    model.fit(((X[i : i + 8], Y[i : i + 8]) for i in range(0, 32, 8)), verbose=0)
    model.evaluate(((X, Y) for _ in range(2)), verbose=0)
    assert {type(x) for x in given if x is not None} == {np.ndarray}


@trains
def test_a_step_that_is_not_compiled_is_given_tensors() -> None:
    kinds: list[bool] = []

    class Watching(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x: Any) -> Any:
            kinds.append(backend.arrays.is_tensor(x))
            return self.dense(x)

        def train_step(self, data: Any) -> Any:
            kinds.extend(map(backend.arrays.is_tensor, data[:2]))
            return super().train_step(data)

    model = Watching()
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(((X, Y[:, None]) for _ in range(3)), verbose=0)
    assert kinds[-9:] == [True] * 9
