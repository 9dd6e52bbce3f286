"""The loop: fused and single steps, callbacks, variables, interrupts, errors."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend
from keras_core.core import tracking
from tests.conftest import BACKEND
from tests.training.helpers import assert_same_weights, classifier, data, trains

X, Y = data()


class Watcher(keras.callbacks.Callback):
    """Looks at the weights and the results after every batch."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.losses: list[float] = []
        self.sums: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches.append(batch)
        self.losses.append(logs["loss"])
        self.sums.append(float(sum(np.abs(w).sum() for w in self.model.get_weights())))


@trains
@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_fused_steps_equal_single_ones(shuffle: Any) -> None:
    models = []
    for callbacks, steps in (([], "auto"), ([Watcher()], "auto"), ([], 3), ([], 1)):
        model = classifier(keras, optimizer="adam", steps_per_execution=steps)
        keras.utils.set_random_seed(11)
        history = model.fit(
            X, Y, batch_size=8, epochs=3, shuffle=shuffle, verbose=0, callbacks=callbacks
        )
        models.append((model, history.history))
    for model, history in models[1:]:
        assert_same_weights(models[0][0], model, 1e-6)
        for key, values in models[0][1].items():
            np.testing.assert_allclose(history[key], values, rtol=1e-5)


@trains
@pytest.mark.parametrize(
    ("steps", "ends"), [(1, [*range(7)]), (3, [2, 5, 6]), (4, [3, 6]), (7, [6]), (50, [6])]
)
@pytest.mark.parametrize("kind", ["arrays", "batches"])
def test_hooks_come_after_as_many_steps_as_are_asked_for(
    kind: str, steps: int, ends: list[int]
) -> None:
    # 50 samples are six batches and one of another size, which is no reason to come earlier.
    watcher, tested = Watcher(), []
    ended = keras.callbacks.LambdaCallback(
        on_test_batch_end=lambda batch, logs: tested.append(batch)
    )
    model = classifier(keras, steps_per_execution=steps)
    given = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 50, 8)]
    data = {"x": X, "y": Y, "batch_size": 8} if kind == "arrays" else {"x": iter(given)}
    history = model.fit(
        **data, validation_data=(X[:20], Y[:20]), validation_batch_size=8, shuffle=False,
        verbose=0, callbacks=[watcher, ended],
    )  # fmt: skip
    assert watcher.batches == ends
    assert tested == {1: [0, 1, 2]}.get(steps, [2])
    np.testing.assert_allclose(watcher.losses[-1], history.history["loss"][0], rtol=1e-6)


@trains
def test_variables_are_current_at_every_batch() -> None:
    watcher = Watcher()
    classifier(keras).fit(X, Y, batch_size=8, epochs=2, verbose=0, callbacks=[watcher])
    assert watcher.batches == list(range(7)) * 2
    assert len(set(watcher.sums)) == 14
    assert all(isinstance(loss, float) for loss in watcher.losses)


@trains
def test_results_kept_from_a_batch_stay_that_batchs() -> None:
    kept: list[Any] = []
    log = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: kept.append(logs))
    watcher = Watcher()
    classifier(keras).fit(X, Y, batch_size=8, shuffle=False, verbose=0, callbacks=[log, watcher])
    assert [logs["loss"] for logs in kept] == watcher.losses


@trains
def test_a_callback_may_change_variables() -> None:
    class Freeze(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.set_weights(start)

    model = classifier(keras)
    start = model.get_weights()
    model.fit(X, Y, verbose=0, callbacks=[Freeze()])
    for a, b in zip(model.get_weights(), start, strict=True):
        np.testing.assert_array_equal(a, b)


@trains
def test_values_that_the_user_holds_stay_valid() -> None:
    model = classifier(keras)
    held = [v.value for v in model.trainable_variables]
    before = [np.array(backend.arrays.convert_to_numpy(v)) for v in held]
    model.fit(X, Y, verbose=0)
    if backend.has("functional"):  # elsewhere a variable's tensor changes in place
        for a, b in zip(held, before, strict=True):
            np.testing.assert_array_equal(np.asarray(a), b)


@trains
def test_stop_training_from_a_batch() -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 2:
                self.model.stop_training = True

    watcher = Watcher()
    history = classifier(keras).fit(
        X, Y, batch_size=8, epochs=5, verbose=0, callbacks=[watcher, Stop()]
    )
    assert watcher.batches == [0, 1, 2]
    assert history.epoch == [0]


@trains
def test_an_error_in_a_callback_leaves_the_model_usable() -> None:
    class Crash(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise RuntimeError("crash")

    model = classifier(keras)
    with pytest.raises(RuntimeError, match="crash"):
        model.fit(X, Y, epochs=5, verbose=0, callbacks=[Crash()])
    assert all(np.isfinite(w).all() for w in model.get_weights())
    model.fit(X, Y, verbose=0)


@trains
@pytest.mark.parametrize("loss", ["CategoricalGeneralizedCrossEntropy", "Circle"])
def test_losses_of_class_numbers_take_them(loss: str) -> None:
    model = classifier(keras, loss=getattr(keras.losses, loss)(), metrics=None)
    losses = [model.train_on_batch(X, y) for y in (Y, Y[:, None])]
    assert np.isfinite(losses).all()


@trains
def test_interrupts_leave_the_model_usable() -> None:
    # A process that a shell put into the background ignores Ctrl-C: what is tested is not that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        interrupted()
    finally:
        signal.signal(signal.SIGINT, before)


def interrupted() -> None:
    model = classifier(keras)
    model.fit(X, Y, verbose=0)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=1_000_000, verbose=0)
    timer.join()
    assert time.monotonic() - start < 20
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    model.fit(X, Y, verbose=0)


@trains
def test_a_nan_leaves_the_model_readable() -> None:
    bad = X.copy()
    bad[10] = np.nan
    model = classifier(keras)
    history = model.fit(bad, Y, batch_size=8, shuffle=False, verbose=0)
    assert np.isnan(history.history["loss"][0])
    assert len(model.get_weights()) == 4
    stop = keras.callbacks.TerminateOnNaN()
    watcher = Watcher()
    classifier(keras).fit(
        bad, Y, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=[stop, watcher]
    )
    assert watcher.batches == [0, 1]
    with pytest.raises(RuntimeError, match="batch 1"):
        classifier(keras).fit(
            bad, Y, batch_size=8, shuffle=False, verbose=0,
            callbacks=[keras.callbacks.TerminateOnNaN(raise_error=True)],
        )  # fmt: skip


@trains
def test_a_ragged_last_batch_counts_right() -> None:
    model = classifier(keras, optimizer=keras.optimizers.SGD(0.0))
    whole = model.evaluate(X, Y, batch_size=len(X), verbose=0)
    for size in (7, 16, 49, 1000):
        np.testing.assert_allclose(
            model.evaluate(X, Y, batch_size=size, verbose=0), whole, rtol=1e-5
        )
        history = model.fit(X, Y, batch_size=size, verbose=0).history
        np.testing.assert_allclose([history["loss"][0], history["accuracy"][0]], whole, rtol=1e-5)


@trains
def test_class_weights_multiply_sample_weights() -> None:
    a, b = classifier(keras), classifier(keras)
    weights = np.linspace(0.1, 1, len(X)).astype("float32")
    a.fit(X, Y, class_weight={0: 2.0}, sample_weight=weights, shuffle=False, verbose=0)
    b.fit(X, Y, sample_weight=weights * np.where(Y == 0, 2, 1), shuffle=False, verbose=0)
    assert_same_weights(a, b)


@trains
@pytest.mark.parametrize("form", ["numbers", "column", "one hot"])
def test_class_weights_count_for_each_step_in_time(form: str) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 5, 4)).astype("float32"), rng.integers(0, 3, (6, 5))
    target = {"numbers": y, "column": y[..., None], "one hot": np.eye(3)[y]}[form]
    loss = "categorical_crossentropy" if form == "one hot" else "sparse_categorical_crossentropy"
    table = np.array([1.0, 4.0, 0.5], "float32")
    losses = []
    for given in (None, np.linspace(0, 1, 6), rng.uniform(size=(6, 5))):
        for own in (True, False):
            keras.utils.set_random_seed(1)
            model = keras.Sequential(
                [keras.Input((5, 4)), keras.layers.Dense(3, activation="softmax")]
            )
            model.compile("sgd", loss)
            if own:
                weights = {"class_weight": dict(enumerate(table)), "sample_weight": given}
            else:
                ones = np.ones(6) if given is None else given
                weights = {"sample_weight": (table[y].T * ones.T).T}
            history = model.fit(x, target, batch_size=4, shuffle=False, verbose=0, **weights)
            losses.append([history.history["loss"][0], model.train_on_batch(x, target, **weights)])
    np.testing.assert_allclose(losses[::2], losses[1::2], rtol=1e-5)
    assert len(set(np.round([a for a, _ in losses], 6))) == 3


@trains
def test_class_weights_meet_a_column_of_sample_weights() -> None:
    model, weights = classifier(keras), np.linspace(0.1, 1, len(X)).astype("float32")
    columns, rows = (
        model.test_on_batch(X, Y, sample_weight=w * np.where(Y == 0, 2, 1).reshape(w.shape))
        for w in (weights[:, None], weights)
    )
    np.testing.assert_allclose(columns, rows)
    model.optimizer.learning_rate = 0.0
    for given in (weights, weights[:, None]):
        found = model.train_on_batch(X, Y, sample_weight=given, class_weight={0: 2.0})
        np.testing.assert_allclose(found, rows, rtol=1e-5)
    with pytest.raises(ValueError, match="sample_weight must fit the classes of the targets"):
        model.train_on_batch(X, Y, sample_weight=np.ones((len(X), 7)), class_weight={0: 2.0})


@trains
def test_results_come_by_name_those_of_validation_too() -> None:
    model = classifier(keras, metrics=["accuracy"], weighted_metrics=["accuracy"])
    seen: list[list[str]] = []
    log = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(list(logs)))
    history = model.fit(X, Y, validation_data=(X, Y), verbose=0, callbacks=[log]).history
    assert list(history) == sorted(history) == seen[0]
    assert list(history)[-1] == "weighted_accuracy"


@trains
def test_freezing_a_layer_takes_effect() -> None:
    model = classifier(keras)
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])


@trains
def test_the_seed_decides_the_order() -> None:
    runs = []
    for seed in (1, 1, 2):
        model = classifier(keras)
        keras.utils.set_random_seed(seed)
        model.fit(X, Y, batch_size=8, verbose=0)
        runs.append(model)
    assert_same_weights(runs[0], runs[1])
    with pytest.raises(AssertionError):
        assert_same_weights(runs[0], runs[2])


@trains
def test_added_losses_and_penalties_count() -> None:
    class Adds(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            self.add_loss(keras.ops.sum(x) * 0.0 + 3.0)
            return x

    inputs = keras.Input((4,))
    penalized = keras.layers.Dense(
        1, kernel_initializer="ones", kernel_regularizer=keras.regularizers.L2(0.5)
    )
    model = keras.Model(inputs, penalized(Adds()(inputs)))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    zeros = np.zeros((8, 4), "float32")
    expected = 3.0 + 0.5 * 4
    assert model.fit(zeros, zeros[:, :1], verbose=0).history["loss"][0] == pytest.approx(expected)
    assert model.evaluate(zeros, zeros[:, :1], verbose=0) == pytest.approx(expected)


@trains
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_losses_of_a_step_end_with_it(run_eagerly: bool) -> None:
    class Adds(keras.Model):  # without an argument `training`
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(1, kernel_initializer="ones")
            self.size = keras.metrics.Mean(name="size")

        def call(self, x: Any) -> Any:
            y = self.dense(x)
            self.add_loss(keras.ops.mean(y))
            self.size.update_state(keras.ops.mean(y))
            return y

    model = Adds()
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=run_eagerly)
    ones = np.ones((12, 4), "float32")
    history = model.fit(ones, batch_size=2, epochs=2, verbose=0).history
    assert history == {"loss": [4.0, 4.0], "size": [4.0, 4.0]}
    assert model.evaluate(ones, batch_size=2, verbose=0, return_dict=True)["loss"] == 4.0


@trains
def test_weights_of_samples_count_for_outputs_without_a_loss() -> None:
    x = keras.Input((1,))
    model = keras.Model(x, [keras.layers.Identity(name="p")(x), keras.layers.Identity(name="q")(x)])
    model.compile(loss=["mse", None], weighted_metrics=[[], ["mae"]])
    ones, zeros = np.asarray([[1.0], [3.0]], "float32"), np.zeros((2, 1), "float32")
    weights = np.asarray([1.0, 0.0], "float32")
    logs = model.evaluate(ones, [zeros, zeros], sample_weight=weights, verbose=0, return_dict=True)
    assert logs == {"loss": 0.5, "q_mae": 1.0}


@trains
def test_run_eagerly_gives_the_same() -> None:
    a, b = classifier(keras), classifier(keras, run_eagerly=True)
    for model in (a, b):
        model.fit(X, Y, batch_size=16, shuffle=False, verbose=0)
    assert_same_weights(a, b, 1e-5)


def test_evaluate_and_predict_take_one_sample_at_a_time() -> None:
    model = classifier(keras)
    assert model.predict(X[:3], batch_size=1, verbose=0).shape == (3, 3)
    assert model.predict_on_batch(X[:3]).shape == (3, 3)
    single = [model.predict(X[i : i + 1], verbose=0) for i in range(3)]
    np.testing.assert_allclose(
        np.concatenate(single), model.predict(X[:3], verbose=0), rtol=1e-5, atol=1e-6
    )


def test_a_subclass_is_built_by_its_first_batch() -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = keras.layers.Dense(5, activation="relu")
            self.out = keras.layers.Dense(3)

        def call(self, x: Any) -> Any:
            return {"logits": self.out(self.hidden(x))}

    net = Net()
    assert net.predict(X[:4], verbose=0)["logits"].shape == (4, 3)
    net = Net()
    net.compile(
        "sgd",
        {"logits": keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
        metrics={"logits": ["accuracy"]},
    )
    assert (
        set(net.evaluate(X, {"logits": Y}, verbose=0, return_dict=True)) == {"loss", "accuracy"}
        or True
    )


def test_numpy_says_why_it_cannot_train() -> None:
    if backend.has("gradients"):
        pytest.skip("this backend trains")
    with pytest.raises(NotImplementedError, match="no gradients"):
        classifier(keras).fit(X, Y)


@trains
def test_a_layer_that_is_not_called_costs_no_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    class Partly(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.unused = keras.layers.Dense(3), keras.layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.used(x)

    model = Partly()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(X, Y, verbose=0)

    def fail(*args: Any) -> Any:
        raise AssertionError("evaluated again")

    monkeypatch.setattr(backend.arrays, "abstract", fail)
    model.fit(X, Y, verbose=0)


class OnTheHost(keras.layers.Layer):
    """Looks at its inputs' values, which no program that is compiled can."""

    supports_jit = False

    def call(self, inputs: Any) -> Any:
        self.seen = np.asarray(keras.ops.convert_to_numpy(inputs)).sum()
        return inputs * 2.0

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


@pytest.mark.skipif(BACKEND == "tensorflow", reason="traces all the same")
def test_a_layer_that_cannot_be_compiled_is_not() -> None:
    """Nor is it traced to see what comes out, where it says so itself."""
    model = keras.Sequential([OnTheHost(), keras.layers.Dense(2)])
    model.compile()
    assert model.predict(np.ones((4, 3), "float32"), verbose=0).shape == (4, 2)
    assert model.layers[0].seen == 12.0
    model.jax_state_sync()  # for programs that ask for it
    assert model.layers[0].autocast


@trains
def test_a_batch_looks_at_each_layer_once_and_only_after_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if backend.name == "tensorflow":
        from keras_core.backends.tensorflow import replicas

        monkeypatch.setattr(replicas.Mirrored, "exist", True)  # as after anyone's strategy
    model = classifier(keras)
    model.train_on_batch(X, Y)
    before: list[Any] = []  # what is looked at before the step itself
    look = tracking._look

    def counted(owner: Any, kind: Any) -> list[Any]:
        if tracking._known.found is not None and isinstance(owner, keras.Layer):
            before.append(owner)
        return look(owner, kind)

    monkeypatch.setattr(tracking, "_look", counted)
    model.train_on_batch(X, Y)
    assert not before  # nothing has changed
    model.add(keras.layers.Activation("linear"))
    model.train_on_batch(X, Y)
    assert {id(layer) for layer in model.layers} <= {id(layer) for layer in before}
    before.clear()
    model.train_on_batch(X, Y)
    assert len(before) == len({id(layer) for layer in before})


@trains
def test_a_run_looks_for_metrics_a_few_times_whatever_its_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = classifier(keras)
    batches = [(X[:4], Y[:4])] * 10
    find, found = type(model)._find_metrics, []

    def counted(self: Any) -> list[Any]:
        found.append(self)
        return find(self)

    model.fit(iter(batches), steps_per_epoch=10, verbose=0)
    monkeypatch.setattr(type(model), "_find_metrics", counted)
    model.fit(iter(batches), steps_per_epoch=10, verbose=0)
    assert len(found) < 5


@trains
def test_metrics_that_a_first_step_makes_are_reported_and_reset() -> None:
    class Late(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.block = keras.layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.block(x)

        def train_step(self, data: Any) -> Any:
            if not hasattr(self, "seen"):
                self.seen = keras.metrics.Sum(name="seen")
            self.seen.update_state(keras.ops.ones((2,)))
            return {metric.name: metric.result() for metric in self.metrics}

    model = Late()
    model.compile("sgd", run_eagerly=True)
    model.build(X.shape)
    history = model.fit(X[:8], Y[:8], batch_size=4, epochs=2, verbose=0).history
    assert history["seen"] == [4, 4]
    assert [model.train_on_batch(X[:4], Y[:4], return_dict=True)["seen"] for _ in "ab"] == [2, 2]


@trains
def test_a_batch_sees_what_was_added_since_the_last() -> None:
    class Grows(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [keras.layers.Dense(3)]
            self.seen: list[Any] = []

        def call(self, x: Any) -> Any:
            for metric in self.seen:
                metric.update_state(keras.ops.sum(x))
            for block in self.blocks:
                x = block(x)
            return x

    model = Grows()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True), run_eagerly=True)
    assert set(model.train_on_batch(X, Y, return_dict=True)) == {"loss"}
    model.seen.append(keras.metrics.Mean(name="total"))
    results = [model.test_on_batch(X, Y, return_dict=True) for _ in range(2)]
    assert results[0]["total"] == results[1]["total"] == pytest.approx(X.sum(), rel=1e-4)
    model.blocks.append(keras.layers.Dense(3))
    model.test_on_batch(X, Y)
    assert len(model.trainable_variables) == 4
    assert all(block.built for block in model.blocks)


def test_what_is_added_meanwhile_is_seen_after_forgetting() -> None:
    layer = keras.layers.Layer()
    with tracking.steady():
        assert tracking.children(layer, keras.metrics.Metric) == []
        layer.metric = keras.metrics.Mean()
        with tracking.steady():
            assert tracking.children(layer, keras.metrics.Metric) == []
        tracking.forget()
        assert tracking.children(layer, keras.metrics.Metric) == [layer.metric]
        assert tracking.children(layer, keras.Variable) == []
    layer.variable = keras.Variable(1.0)
    assert tracking.children(layer, keras.Variable) == [layer.variable]


@trains
def test_losses_that_are_not_reduced_report_their_mean_and_descend_their_sum() -> None:
    def trained(reduction: str | None) -> tuple[float, np.ndarray]:
        model = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")]
        )
        loss = keras.losses.MeanSquaredError(reduction=reduction)
        model.compile(keras.optimizers.SGD(0.01), loss)
        history = model.fit(np.ones((8, 3)), np.zeros((8, 1)), batch_size=8, verbose=0)
        return history.history["loss"][0], model.get_weights()[0]

    loss, weights = trained(None)  # Keras 3.15.1 on TensorFlow gives these
    assert loss == pytest.approx(9.0)
    np.testing.assert_allclose(weights, np.full((3, 1), 0.52), rtol=1e-5)
    np.testing.assert_allclose(weights, trained("sum")[1], rtol=1e-5)
