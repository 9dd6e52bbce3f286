"""Callbacks by themselves and in training."""

from __future__ import annotations

import contextlib
import csv
import http.server
import io
import json
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core
import keras_core as keras
from tests.training.helpers import assert_same_weights, classifier, data, trains

X, Y = data()


class FakeModel:
    """What callbacks need of a model that is not trained."""

    stop_training = False
    metrics: tuple = ()

    def __init__(self) -> None:
        self.weights = [np.zeros(2)]

    def get_weights(self) -> list[np.ndarray]:
        return self.weights

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weights = weights


def run(callback: Any, values: list[float], name: str = "val_loss", model: Any = None) -> int:
    """Feed results to a callback; the number of epochs until it stops training."""
    model = model or FakeModel()
    callback.set_model(model)
    callback.on_train_begin()
    epochs = 0
    for epoch, value in enumerate(values):
        epochs = epoch + 1
        model.weights = [np.full(2, float(epoch))]
        callback.on_epoch_end(epoch, {name: value})
        if model.stop_training:
            break
    callback.on_train_end()
    return epochs


EARLY: list[tuple[dict[str, Any], list[float]]] = [
    ({}, [1, 2, 3]),
    ({"patience": 2}, [3, 2, 3, 3, 3]),
    ({"patience": 1, "min_delta": 0.5}, [3, 2.8, 2.6, 1]),
    ({"patience": 1, "mode": "max"}, [1, 2, 1, 1]),
    ({"patience": 1, "monitor": "val_accuracy"}, [0.1, 0.3, 0.2, 0.1, 0.5]),
    ({"patience": 2, "baseline": 1.0}, [3, 2, 1.5, 0.5]),
    ({"patience": 1, "start_from_epoch": 3}, [1, 2, 3, 4, 5, 6]),
    ({"patience": 3}, [3, 3, 3]),
]


@pytest.mark.parametrize("case", range(len(EARLY)))
def test_early_stopping_is_that_of_keras(keras: Any, case: int) -> None:
    import keras_core

    options, values = EARLY[case]
    name = options.get("monitor", "val_loss")
    ours = keras_core.callbacks.EarlyStopping(**options, restore_best_weights=True)
    theirs = keras.callbacks.EarlyStopping(
        **({"mode": "max"} if "accuracy" in name else {}), **options, restore_best_weights=True
    )
    a, b = FakeModel(), FakeModel()
    assert run(ours, values, name, a) == run(theirs, values, name, b)
    np.testing.assert_array_equal(a.weights[0], b.weights[0])


def test_a_nan_is_never_the_best_result() -> None:
    callback = keras.callbacks.EarlyStopping(patience=2)
    assert run(callback, [float("nan"), 1, float("nan"), 2, 3]) == 4
    assert callback.best == 1


def test_early_stopping_warns_of_an_unknown_result() -> None:
    callback = keras.callbacks.EarlyStopping("nope")
    with pytest.warns(UserWarning, match="'nope' is not among the results: loss"):
        run(callback, [1.0], "loss")


def test_a_direction_is_not_guessed() -> None:
    checkpoint = keras.callbacks.ModelCheckpoint("m.keras", "val_dice", save_best_only=True)
    for callback in (keras.callbacks.EarlyStopping("val_dice"), checkpoint):
        with pytest.raises(ValueError, match="'min' or 'max' for monitor='val_dice'"):
            run(callback, [0.5], "val_dice")


def test_results_as_arrays() -> None:
    callback = keras.callbacks.EarlyStopping(patience=1)
    assert run(callback, [np.array([2.0]), np.array([1.0]), np.array([3.0])]) == 3
    assert callback.best == 1.0
    with pytest.warns(UserWarning, match=r"no single number but has the shape \(2,\)"):
        run(callback, [np.array([2.0, 1.0])])


@trains
def test_reduce_on_plateau_is_that_of_keras(keras: Any) -> None:
    import keras_core

    values = [3, 3, 3, 2.99995, 2, 2, 2, 2, 2, 2, 2]
    rates = []
    for K in (keras_core, keras):
        model = FakeModel()
        model.optimizer = K.optimizers.SGD(1.0)  # type: ignore[attr-defined]
        callback = K.callbacks.ReduceLROnPlateau(factor=0.5, patience=2, cooldown=1, min_lr=0.2)
        callback.set_model(model)
        callback.on_train_begin()
        found = []
        for epoch, value in enumerate(values):
            callback.on_epoch_end(epoch, {"val_loss": value})
            found.append(float(np.asarray(K.ops.convert_to_numpy(model.optimizer.learning_rate))))  # type: ignore[attr-defined]
        rates.append(found)
    np.testing.assert_allclose(rates[0], rates[1])


@trains
def test_the_rates_of_groups() -> None:
    groups = {"default": keras.optimizers.SGD(1.0), "head": keras.optimizers.SGD(0.25)}
    model = FakeModel()
    optimizer = keras.optimizers.MultiOptimizer(groups)
    optimizer.build([keras.Variable([1.0], name="body"), keras.Variable([1.0], name="head")])
    model.optimizer = optimizer  # type: ignore[attr-defined]
    callback = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, min_lr=0.2)
    callback.set_model(model)
    callback.on_train_begin()
    logs = {"val_loss": 1.0}
    for epoch in range(3):
        callback.on_epoch_end(epoch, logs)
    rates = [float(keras.ops.convert_to_numpy(o.learning_rate)) for o in groups.values()]
    np.testing.assert_allclose(rates, [0.25, 0.2], rtol=1e-6)
    assert logs["learning_rate"] == 0.5  # what the last epoch was trained with
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate)
    scheduler.set_model(model)
    with pytest.raises(ValueError, match="give each group's optimizer a schedule"):
        scheduler.on_epoch_begin(0)


@trains
def test_learning_rate_scheduler() -> None:
    model = classifier(keras)
    history = model.fit(
        X, Y, epochs=3, verbose=0,
        callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)],
    )  # fmt: skip
    np.testing.assert_allclose(history.history["learning_rate"], [0.05, 0.025, 0.0125], rtol=1e-6)
    bad = keras.callbacks.LearningRateScheduler(lambda epoch, rate: "fast")
    with pytest.raises(ValueError, match="return a float"):
        model.fit(X, Y, verbose=0, callbacks=[bad])


@trains
@pytest.mark.parametrize("options", [{}, {"save_weights_only": True}, {"save_best_only": True}])
def test_model_checkpoint(tmp_path: Path, options: dict[str, Any]) -> None:
    ending = ".weights.h5" if "save_weights_only" in options else ".keras"
    path = tmp_path / ("model-{epoch:02d}-{val_loss:.2f}" + ending)
    model = classifier(keras)
    history = model.fit(
        X, Y, epochs=3, validation_split=0.2, verbose=0,
        callbacks=[keras.callbacks.ModelCheckpoint(path, **options)],
    )  # fmt: skip
    losses = history.history["val_loss"]
    best = [i for i in range(3) if losses[i] < min(losses[:i], default=np.inf)]
    epochs = best if "save_best_only" in options else range(3)
    names = {f"model-{i + 1:02d}-{losses[i]:.2f}{ending}" for i in epochs}
    assert {p.name for p in tmp_path.iterdir()} == names
    if ending == ".keras":
        last = tmp_path / sorted(names)[-1]
        if 2 in epochs:
            assert_same_weights(keras.saving.load_model(last), model)


@trains
def test_model_checkpoint_by_batches(tmp_path: Path) -> None:
    callback = keras.callbacks.ModelCheckpoint(
        tmp_path / "{epoch}-{batch}.weights.h5", save_weights_only=True, save_freq=5
    )
    classifier(keras).fit(X, Y, batch_size=8, epochs=2, verbose=0, callbacks=[callback])
    assert {p.name for p in tmp_path.iterdir()} == {"1-5.weights.h5", "2-3.weights.h5"}


@trains
def test_a_model_is_saved_while_there_is_no_best(tmp_path: Path) -> None:
    """A result that never comes loses no run, and an epoch without it replaces no best."""
    model = classifier(keras)
    callback = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras", save_best_only=True)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, logs in enumerate(({}, {"val_loss": 1.0}, {}, {"val_loss": 2.0})):
        with contextlib.nullcontext() if logs else pytest.warns(UserWarning, match="among"):
            callback.on_epoch_end(epoch, logs)
    assert {p.name for p in tmp_path.iterdir()} == {"1.keras", "2.keras"}


def test_model_checkpoint_checks_its_arguments() -> None:
    with pytest.raises(ValueError, match="filepath must end with"):
        keras.callbacks.ModelCheckpoint("model.txt")
    with pytest.raises(ValueError, match="save_freq must be"):
        keras.callbacks.ModelCheckpoint("model.keras", save_freq="often")


@trains
def test_csv_logger(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    model = classifier(keras)
    for append in (False, True):  # columns for the validation that comes in the second run only
        history = model.fit(
            X, Y, epochs=2, validation_split=0.2 if append else 0.0, verbose=0,
            callbacks=[keras.callbacks.CSVLogger(path, append=append)],
        )  # fmt: skip
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "0", "1"]
    assert [row["val_loss"] == "NA" for row in rows] == [True, True, False, False]
    assert float(rows[-1]["val_loss"]) == pytest.approx(history.history["val_loss"][-1])


@trains
def test_lambda_callback_and_hook_order() -> None:
    events: list[str] = []
    names = (
        "on_train_begin on_train_end on_epoch_begin on_epoch_end on_train_batch_begin "
        "on_train_batch_end on_test_begin on_test_end on_test_batch_begin on_test_batch_end"
    ).split()
    hooks = {name: (lambda *a, name=name: events.append(name)) for name in names}
    classifier(keras).fit(
        X, Y, batch_size=50, validation_data=(X, Y), validation_batch_size=50, verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(**hooks)],
    )  # fmt: skip
    assert events == [
        "on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end",
        "on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end",
        "on_epoch_end", "on_train_end",
    ]  # fmt: skip


@trains
def test_hooks_may_take_logs_by_name_only() -> None:
    seen: list[Any] = []

    class Named(keras.callbacks.Callback):
        def on_train_begin(self, *, logs: Any = None) -> None:
            seen.append(dict(logs))

        def on_epoch_end(self, epoch: int, *, logs: Any = None) -> None:
            seen.append((epoch, sorted(logs)))

        def on_train_batch_end(self, batch: int, *, logs: Any) -> None:
            seen.append((batch, sorted(logs)))

    model = classifier(keras_core)
    model.fit(*data(4), verbose=0, callbacks=[Named()])
    assert seen == [{}, (0, ["accuracy", "loss"]), (0, ["accuracy", "loss"])]


@trains
def test_hooks_of_batches_may_take_logs_among_others(keras: Any) -> None:
    found: list[Any] = []
    for K in (keras_core, keras):
        seen: list[Any] = []

        class Others(K.callbacks.Callback):
            def on_train_batch_begin(self, batch: int, *, _seen: Any = seen, **kwargs: Any) -> None:
                _seen.append((batch, kwargs))

            def on_train_batch_end(self, *args: Any, _seen: Any = seen, **kwargs: Any) -> None:
                _seen.append((args, sorted(kwargs["logs"])))

            def on_epoch_end(self, *args: Any, _seen: Any = seen, **kwargs: Any) -> None:
                _seen.append((args[0], sorted(args[1]), kwargs))

        classifier(K).fit(*data(4), verbose=0, callbacks=[Others()])
        found.append(seen)
    names = ["accuracy", "loss"]
    assert found[0] == found[1] == [(0, {"logs": {}}), ((0,), names), (0, names, {})]


@trains
def test_of_two_names_of_a_hook_the_newer_is_called(keras: Any) -> None:
    found = []
    for K in (keras_core, keras):
        events: list[Any] = []

        class Both(K.callbacks.Callback):
            def on_batch_end(self, batch: int, logs: Any = None, seen: Any = events) -> None:
                seen.append(("old", batch))

            def on_train_batch_end(self, batch: int, logs: Any = None, seen: Any = events) -> None:
                seen.append(("new", batch))

        class Passes(K.callbacks.Callback):
            def on_batch_end(self, batch: int, logs: Any = None, seen: Any = events) -> None:
                seen.append(("passed on", batch))

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                super().on_train_batch_end(batch, logs)

        class Old(K.callbacks.Callback):
            def on_batch_begin(self, batch: int, logs: Any = None, seen: Any = events) -> None:
                seen.append(("begin", batch))

        callbacks = K.callbacks.CallbackList([Both(), Old(), Passes()])
        callbacks.on_train_batch_begin(0)
        callbacks.on_train_batch_end(0)
        callbacks.on_batch_end(1)
        found.append(events)
    assert found[0] == found[1]


def test_callbacks_of_a_loop_of_ones_own_get_floats(keras: Any) -> None:
    found = []
    for K in (keras_core, keras):
        model = classifier(K)
        callbacks = K.callbacks.CallbackList(add_history=True, model=model, epochs=1)
        callbacks.on_train_begin()
        callbacks.on_epoch_begin(0)
        one = K.ops.convert_to_tensor(1.0)
        callbacks.on_epoch_end(0, {"loss": one, "count": 3, "more": {"b": one, "a": np.ones(2)}})
        history = model.history.history
        np.testing.assert_array_equal(history.pop("a"), np.ones((1, 2)))
        assert {type(x) for values in history.values() for x in values} == {float}
        found.append((list(history.items()), model.history.epoch))
    assert found[0] == found[1]


@trains
def test_swap_ema_weights() -> None:
    model = classifier(keras, optimizer=keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5))
    seen: list[Any] = []

    class Look(keras.callbacks.Callback):
        def on_test_begin(self, logs: Any = None) -> None:
            seen.append(self.model.get_weights())

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(self.model.get_weights())

    model.fit(
        X, Y, verbose=0, validation_data=(X, Y),
        callbacks=[keras.callbacks.SwapEMAWeights(), Look()],
    )  # fmt: skip
    averaged, trained = seen
    assert not np.allclose(averaged[0], trained[0])
    plain = classifier(keras)
    plain.fit(X, Y, verbose=0)
    with pytest.raises(ValueError, match="use_ema=True"):
        plain.evaluate(X, Y, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])


@trains
@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "loss scale"])
def test_swapping_on_epochs_ends_with_the_averages(scaled: bool) -> None:
    def fit(callbacks: list[Any]) -> Any:
        optimizer: Any = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5)
        if scaled:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=2.0)
        model = classifier(keras, optimizer=optimizer)
        run = {"verbose": 0, "epochs": 2, "shuffle": False, "validation_data": (X, Y)}
        model.fit(X, Y, callbacks=callbacks, **run)
        return model

    ended: list[Any] = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            ended.append(self.model.get_weights())

    swapped = fit([keras.callbacks.SwapEMAWeights(swap_on_epoch=True), Look()])
    plain = fit([])
    for got, last, want in zip(swapped.get_weights(), ended[-1], plain.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6)
        np.testing.assert_array_equal(got, last)
    for mine, theirs in zip(swapped.optimizer.variables, plain.optimizer.variables, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-6)


@trains
def test_swapping_leaves_frozen_weights_alone() -> None:
    model = classifier(keras, optimizer=keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5))
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = False
    before = model.get_weights()
    model.evaluate(X, Y, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def server() -> Iterator[Any]:
    """A local HTTP server that keeps what is posted to it: path, headers and body."""
    got: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append((self.path, dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()
        thread.join()


def test_remote_monitor(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("requests")
    monkeypatch.setenv("NO_PROXY", "*")
    root, got = server
    logs = {"loss": np.float32(0.5), "each": np.array([0.25, 0.5])}
    want = {"epoch": 0, "loss": 0.5, "each": [0.25, 0.5]}
    keras.callbacks.RemoteMonitor(root).on_epoch_end(0, logs)
    path, _, body = got.pop()
    assert path == "/publish/epoch/end/"
    fields = urllib.parse.parse_qs(body)
    assert json.loads(fields.pop("data")[0]) == want and not fields
    monitor = keras.callbacks.RemoteMonitor(
        root, path="/results", field="form", headers={"X-Run": "7"}, send_as_json=True
    )
    monitor.on_epoch_end(0, logs)
    path, headers, body = got.pop()
    assert path == "/results" and headers["X-Run"] == "7" and json.loads(body) == want
    assert headers["Content-Type"] == "application/json"
    with pytest.warns(UserWarning, match="could not be sent to .*not JSON compliant"):
        monitor.on_epoch_end(1, {"loss": float("nan")})
    with pytest.warns(UserWarning, match="could not be sent to http://127.0.0.1:9"):
        keras.callbacks.RemoteMonitor("http://127.0.0.1:9").on_epoch_end(1, {})
    assert not got


@trains
@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_test_batch_end", "on_test_end"])
def test_what_a_callback_writes_into_logs_is_no_result(hook: str) -> None:
    """But other callbacks see it, and the history keeps what is written when an epoch ends."""
    seen: list[float] = []

    def write(*args: Any) -> None:
        args[-1].update(loss=99.0, extra=7.0)

    writer = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: logs.update(rate=0.5), **{hook: write}
    )
    reader = keras.callbacks.LambdaCallback(**{hook: lambda *args: seen.append(args[-1]["extra"])})
    histories = [
        classifier(keras).fit(
            X, Y, epochs=2, validation_split=0.2, shuffle=False, verbose=0, callbacks=callbacks
        ).history
        for callbacks in ([writer, reader], [])
    ]  # fmt: skip
    assert histories[0].pop("rate") == [0.5, 0.5]
    assert histories[0] == histories[1]
    assert seen
    assert set(seen) == {7.0}


@trains
def test_history_and_params() -> None:
    callback = keras.callbacks.LambdaCallback()
    history = classifier(keras).fit(
        X, Y, batch_size=8, epochs=3, initial_epoch=1, verbose=0, callbacks=[callback]
    )
    assert history.epoch == [1, 2]
    assert history.params == callback.params == {"verbose": 0, "epochs": 3, "steps": 7}
    assert len(history.history["loss"]) == 2


@trains
def test_validation_frequency() -> None:
    model = classifier(keras)
    for freq, count in ((2, 2), ([1, 4], 2)):
        history = model.fit(
            X, Y, epochs=5, validation_split=0.2, validation_freq=freq, verbose=0
        ).history
        assert len(history["val_loss"]) == count
        assert len(history["loss"]) == 5


def test_progress_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    bar = keras.utils.Progbar(4)
    for i in range(1, 5):
        bar.update(i, [("loss", i * 1.0)])
    out = capsys.readouterr().out
    assert out.startswith("4/4 - 0s - ")  # no terminal: one line in the end
    assert out.endswith("/step - loss: 2.5000\n")
    monkeypatch.setattr("keras_core.callbacks.progbar._is_terminal", lambda out: True)
    monkeypatch.setenv("TERM", "xterm")
    bar = keras.utils.Progbar(4, interval=0, stateful_metrics=["loss"], unit_name="row")
    bar.add(2, [("loss", 1e-5)])
    bar.add(2, [("loss", 0.5)])
    drawn = capsys.readouterr().out.split("\r")
    assert len(drawn) == 3
    assert "2/4 ━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌" in drawn[1].replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert "/row" in drawn[1]
    assert "loss: 1.0000e-05" in drawn[1]
    assert drawn[2].endswith("loss: 0.5000\x1b[K\n")
    bar = keras.utils.Progbar(None)
    bar.update(3)
    bar.update(4, finalize=True)
    assert "4/4" in capsys.readouterr().out


@pytest.fixture
def drawn(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The lines of a terminal, each as the list of what was drawn over it; no update is skipped."""
    monkeypatch.setattr("keras_core.callbacks.progbar._is_terminal", lambda out: True)
    monkeypatch.setattr(keras.utils.Progbar, "due", lambda self: True)
    monkeypatch.setattr("keras_core.callbacks.progbar_logger.INTERVAL", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def read() -> list[list[str]]:
        out = capsys.readouterr().out.replace("\x1b[K", "")
        return [[text for text in line.split("\r") if text] for line in out.split("\n")[:-1]]

    return read


class Batches:
    """Batches of a number that is not known before, and may be another one each time."""

    def __init__(self, *counts: int) -> None:
        self.counts = list(counts)

    def __iter__(self) -> Iterator[Any]:
        for _ in range(self.counts.pop(0)):
            yield X[:8], Y[:8]


@trains
def test_a_bar_of_its_own_for_validation(drawn: Any) -> None:
    model = classifier(keras)
    kept = {"batch_size": 8, "steps_per_epoch": 2, "validation_steps": 3}
    model.fit(X, Y, validation_data=(X, Y), epochs=2, **kept)
    lines = drawn()
    assert [line[0] for line in lines[::2]] == ["Epoch 1/2", "Epoch 2/2"]
    for line in lines[1::2]:
        counts = [text.split(" ━")[0].split(" ╌")[0] for text in line]
        inner = [f"Validation {i}/3" for i in (1, 2, 3)]
        assert counts in (["1/2", "2/2", *inner, "2/2"], ["2/2", inner[-1], "2/2"])  # or fused
        assert "val_" not in "".join(line[:-1]) and " - loss: " in line[-2]
        assert " - val_loss: " in line[-1]
    model.evaluate(X, Y, batch_size=25)
    assert drawn()[0][-1].startswith("2/2 ━")


@trains
def test_the_bar_learns_of_unknown_lengths(drawn: Any) -> None:
    classifier(keras).fit(Batches(2, 3, 1), validation_data=Batches(2, 1, 2), epochs=3)
    found = [[text.split(" ━")[0].split(" ╌")[0] for text in line] for line in drawn()[1::2]]
    unknown = ["1/Unknown", "2/Unknown"]
    assert found[0] == [*unknown, *(f"Validation {x}" for x in unknown), "2/2"]
    assert found[1] == ["1/2", "2/2", "3/Unknown", "Validation 1/2", "3/3"]
    assert found[2] == ["1/2", "Validation 1/2", "Validation 2/2", "1/1"]


@trains
def test_a_bar_that_an_error_ends_leaves_a_line_of_its_own(drawn: Any) -> None:
    class Fails(keras.callbacks.Callback):
        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch:
                raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        classifier(keras).fit(
            X, Y, batch_size=25, validation_data=(X, Y), epochs=2, callbacks=[Fails()]
        )
    print("next")
    lines = drawn()
    assert lines[1][-1].startswith("Validation 1/2")
    assert lines[2] == ["next"]


def test_a_bar_in_a_notebook_and_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    bar = keras.utils.Progbar(2, interval=0, stateful_metrics=("a",))
    bar.update(1, [("a", "a long text")])
    bar.update(2, [("a", "short")])
    first, last = capsys.readouterr().out.strip("\r").split("\r")
    assert "\x1b" not in first + last  # codes that notebooks do not know
    assert last.rstrip().endswith("a: short") and len(last.rstrip("\n")) >= len(first)
    monkeypatch.setenv("COLUMNS", "20")
    bar = keras.utils.Progbar(2, interval=0)
    bar.update(1, [("a" * 50, 1.0)])
    bar.close()
    assert capsys.readouterr().out[1:].rstrip() == "1/2 ━━━━━━━━━━╌╌╌╌╌"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_the_output_cannot_show_is_replaced(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    file = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(file, encoding))
    keras.utils.Progbar(1).update(1, [("précision", 0.5), ("精度", 0.5)])
    shown = file.getvalue().decode(encoding)
    assert "1/1 ==================== " in shown
    assert f"{'pr?cision' if encoding == 'ascii' else 'précision'}: 0.5000 - ??: 0.5000" in shown


def test_a_process_without_an_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)  # pythonw on Windows
    assert classifier(keras).predict(X, verbose=1).shape == (50, 3)


@trains
def test_verbosity(capsys: pytest.CaptureFixture[str]) -> None:
    model = classifier(keras)
    model.fit(X, Y, epochs=2, verbose=2, validation_split=0.2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/2"
    assert lines[1].startswith("2/2 - ")
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert f" - {name}: " in lines[1]
    assert len(lines) == 4
    model.fit(X, Y, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    assert capsys.readouterr().out == ""


@trains
def test_what_a_callback_evaluates_first_is_not_part_of_the_validation() -> None:
    class Asks(keras.callbacks.Callback):
        inside = False

        def on_test_begin(self, logs: Any = None) -> None:
            if not self.inside:
                self.inside = True
                self.model.evaluate(X[:8] + 3, Y[:8], verbose=0)
                self.inside = False

    model = classifier(keras)
    wanted = model.evaluate(X, Y, verbose=0)
    found = model.evaluate(X, Y, verbose=0, callbacks=[Asks()])
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@trains
def test_a_callback_may_freeze_a_layer_while_fit_runs() -> None:
    """Where steps are compiled that counts from the next fit on, elsewhere at once, as in Keras."""

    class Freezes(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.layers[0].trainable = False

    model = classifier(keras, optimizer="adam")
    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=[Freezes()])
    assert len(history.history["loss"]) == 3
    frozen, others = (layer.get_weights() for layer in (model.layers[0], model.layers[-1]))
    model.fit(X, Y, verbose=0)
    for before, after in zip(frozen, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert not np.array_equal(others[0], model.layers[-1].get_weights()[0])
