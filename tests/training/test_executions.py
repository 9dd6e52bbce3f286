"""Where executions and epochs begin and end, compiling again, other widths: beside Keras."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core.training.data.pick import source_for
from tests.conftest import BACKEND
from tests.training.helpers import classifier, data, trains

X, Y = data()
HOT = np.eye(3, dtype="float32")[Y]
BATCHES = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 50, 8)]  # seven, the last of two rows


def watching(K: Any) -> tuple[Any, list[Any]]:
    """A callback, and what it is told of batches and epochs."""
    seen: list[Any] = []

    class Watching(K.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append(batch)

        on_test_batch_end = on_train_batch_end

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(("epoch", epoch))

        def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
            seen.append(("begin", batch))

        def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
            # Keras counts the last execution's batches as if it were full.
            seen.append(("end", min(batch, 6), np.array(logs["outputs"])))

    return Watching(), seen


def indexed(K: Any) -> Any:
    class Indexed(K.utils.PyDataset):
        def __len__(self) -> int:
            return len(BATCHES)

        def __getitem__(self, index: int) -> Any:
            return BATCHES[index]

    return Indexed()


def endless() -> Iterator[Any]:
    while True:
        yield from BATCHES


def tf_data() -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)


DATA: dict[str, Callable[[Any], dict[str, Any]]] = {
    "arrays": lambda K: {"x": X, "y": Y, "batch_size": 8},
    "PyDataset": lambda K: {"x": indexed(K)},
    "endless generator": lambda K: {"x": endless()},
}
if BACKEND == "tensorflow":
    DATA["tf.data"] = lambda K: {"x": tf_data()}


@pytest.mark.parametrize("steps", [1, 3, 50])
@pytest.mark.parametrize("kind", ["arrays", "PyDataset"])
def test_predicting_calls_hooks_once_an_execution(keras: Any, kind: str, steps: int) -> None:
    found = []
    for K in (keras_core, keras):
        if K is keras and (steps != 3 or kind != "arrays" or BACKEND in ("torch", "numpy")):
            continue  # on torch Keras refuses to, on NumPy it warns of data that ran out
        model = classifier(K, steps_per_execution=steps)
        model.set_weights([w * 0 + 0.1 * i for i, w in enumerate(model.get_weights())])
        callback, seen = watching(K)
        given = {k: v for k, v in DATA[kind](K).items() if k != "y"}
        found.append((seen, model.predict(**given, verbose=0, callbacks=[callback])))
        starts = range(0, 7, steps)
        places = [x for i in starts for x in (("begin", i), ("end", min(i + steps, 7) - 1))]
        assert [x[:2] for x in seen] == places
    for seen, outputs in found:
        np.testing.assert_array_equal(np.concatenate([x[2] for x in seen[1::2]]), outputs)
        np.testing.assert_allclose(outputs, found[-1][1], rtol=1e-5)
        for got, want in zip(seen[1::2], found[-1][0][1::2], strict=True):
            assert got[2].shape == want[2].shape


def test_predicting_stops_after_an_execution() -> None:
    class Stop(keras_core.callbacks.Callback):
        def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_predicting = True

    model = classifier(keras_core, steps_per_execution=3)
    assert model.predict(X, batch_size=8, verbose=0, callbacks=[Stop()]).shape == (24, 3)
    assert [len(y) for y in model.predict_stream(X, batch_size=8)] == [8] * 6 + [2]


@trains
@pytest.mark.parametrize("steps", [3, 5, 7, 20])
@pytest.mark.parametrize("kind", DATA)
def test_epochs_of_some_steps_end_where_those_of_keras_do(
    keras: Any, kind: str, steps: int
) -> None:
    lengths = {3: [3, 3, 1, 3], 5: [5, 2, 5, 2], 7: [7] * 4, 20: [7] * 4}[steps]
    if kind == "endless generator":
        lengths = [steps] * 4
    start, found = classifier(keras_core).get_weights(), []
    for K in (keras_core, keras):
        if K is keras and steps != 5:
            continue
        model = classifier(K)
        model.set_weights(start)
        callback, seen = watching(K)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            history = model.fit(
                **DATA[kind](K), steps_per_epoch=steps, epochs=4, shuffle=False, verbose=0,
                callbacks=[callback],
            )  # fmt: skip
        told = [x for x in told if "ran out" in str(x.message)]
        assert len(told) == len([n for n in lengths if n < steps])
        assert seen == [x for i, n in enumerate(lengths) for x in [*range(n), ("epoch", i)]]
        found.append([history.history["loss"], *model.get_weights()])
    for a, b in zip(found[0], found[-1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # Keras's, on NumPy
@pytest.mark.parametrize("kind", ["arrays", "PyDataset"])
def test_more_steps_than_there_are_end_with_the_data(keras: Any, kind: str) -> None:
    found = []
    for K in (keras_core, keras):
        model = classifier(K)
        callback, seen = watching(K)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            model.evaluate(**DATA[kind](K), steps=20, verbose=0, callbacks=[callback])
        assert len([x for x in told if "ran out" in str(x.message)]) == 1
        found.append(seen)
    assert found[0] == found[1] == [*range(7)]


def test_each_pass_over_arrays_has_an_order_of_its_own() -> None:
    """The parts of a pass are one order's, whichever epoch training starts with."""
    rows = np.arange(50)

    def epochs(first: int, numbers: Any, **options: Any) -> list[Any]:
        source = source_for(
            rows, batch_size=8, shuffle=True, seed=4, steps=5, start=first, **options
        )
        out = []
        for number in numbers:
            feed, found = source.feed(number), []
            while (portion := feed.take(50)) is not None:
                portion.run(_Rows(found))
            out.append(found)
        return out

    found = epochs(0, range(4))
    assert [len(x) for x in found] == [40, 10, 40, 10]
    assert sorted(found[0] + found[1]) == sorted(found[2] + found[3]) == list(rows)
    assert found[0] + found[1] != found[2] + found[3]
    assert [len(x) for x in epochs(1, [1, 2, 3])] == [40, 10, 40]


class _Rows:
    """In place of a step: notes the rows."""

    def __init__(self, found: list[int]) -> None:
        self._found = found

    def gather(self, placed: list[Any], spec: Any, order: Any, first: int, last: int) -> None:
        rows = np.asarray(order)[first:last].reshape(-1)
        self._found += np.asarray(placed[0])[rows].tolist()


@trains
def test_windows_go_on_in_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    from keras_core.backends.select import backend
    from keras_core.training.data import sources

    whole, parts = classifier(keras_core), classifier(keras_core)
    run = {"batch_size": 8, "steps_per_epoch": 4, "epochs": 4, "shuffle": False, "verbose": 0}
    with pytest.warns(UserWarning, match="ran out after 3 of 4 steps"):
        whole.fit(X, Y, **run)
    monkeypatch.setattr(backend.execute, "RESIDENT_BYTES", 0)
    monkeypatch.setattr(sources, "WINDOW_BYTES", 3 * 8 * 20)
    with pytest.warns(UserWarning, match="ran out after 3 of 4 steps"):
        parts.fit(X, Y, **run)
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@trains
def test_stopping_as_an_epoch_begins_takes_one_step(keras: Any) -> None:
    found = []
    for K in (keras_core, keras):

        class Stop(K.callbacks.Callback):
            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                self.model.stop_training = epoch == 1

        model = classifier(K, optimizer=K.optimizers.SGD(0.1))
        model.set_weights([w * 0 + 0.1 * i for i, w in enumerate(model.get_weights())])
        model.fit(X, Y, batch_size=8, shuffle=False, epochs=3, verbose=0, callbacks=[Stop()])
        found.append(int(model.optimizer.iterations.numpy()))
    assert found == [8, 8]


# Compiling again -------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning:keras")  # Keras's, on NumPy
@pytest.mark.parametrize(
    "again",
    [{"loss": "sparse_categorical_crossentropy"}, {}, {"loss_weights": [3.0]}, {"metrics": []}],
    ids=["loss", "optimizer", "weights", "no metrics"],
)
def test_what_compiling_again_leaves_out_stays(keras: Any, again: Any) -> None:
    found = []
    for K in (keras_core, keras):
        model = classifier(K, loss_weights=[2.0])
        model.set_weights([w * 0 + 0.1 for w in model.get_weights()])
        if "loss" in again:  # for it makes no difference whether the model was used before
            model.evaluate(X, Y, verbose=0)
        model.compile("sgd", **again)
        found.append((model.loss, model.evaluate(X, Y, verbose=0, return_dict=True)))
    assert found[0][0] == found[1][0]
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-4)


@trains
def test_metrics_that_stay_fit_the_new_loss() -> None:
    model = classifier(keras_core)
    model.fit(X, Y, verbose=0)
    model.compile("sgd", "mse")
    assert list(model.fit(X, HOT, verbose=0).history) == ["accuracy", "loss"]
    accuracy = np.mean(model.predict(X, verbose=0).argmax(-1) == Y)
    assert model.evaluate(X, HOT, verbose=0)[1] == pytest.approx(accuracy)
    config = model.get_compile_config()  # what a file says of it
    assert (config["loss"], config["metrics"]) == ("mse", ["accuracy"])


# Arrays of other widths ------------------------------------------------------------------------


def flat(K: Any) -> Any:
    model = K.Sequential([K.layers.Flatten(), K.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


class Looping(keras_core.Model):
    """Works for any width, but not for one that is unknown."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras_core.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.dense(sum(x[:, i : i + 1] for i in range(x.shape[1])))


METHODS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "fit": lambda m, x, y: m.fit(x, y, verbose=0),
    "batches": lambda m, x, y: m.fit(iter([(x, y)]), verbose=0),
    "train_on_batch": lambda m, x, y: m.train_on_batch(x, y),
    "predict": lambda m, x, y: m.predict(x, batch_size=4, verbose=0),
    "direct": lambda m, x, y: m.predict_on_batch(x),
}


@trains
@pytest.mark.parametrize("method", METHODS)
def test_a_width_that_does_not_fit_is_told_with_the_layer(method: str) -> None:
    model, run = flat(keras_core), METHODS[method]
    run(model, np.ones((8, 4, 2), "float32"), np.ones((8, 1), "float32"))
    for width in (5, 6, 7):
        with pytest.raises(ValueError, match=f"Dense 'dense.*to have size 8.*{2 * width}"):
            run(model, np.ones((8, width, 2), "float32"), np.ones((8, 1), "float32"))
    run(model, np.ones((8, 4, 2), "float32"), np.ones((8, 1), "float32"))


@trains
@pytest.mark.parametrize("method", METHODS)
def test_a_model_that_loops_over_the_width_takes_any(method: str) -> None:
    model, run = Looping(), METHODS[method]
    model.compile("sgd", "mse")
    for width in (2, 3, 4, 5) if BACKEND == "tensorflow" else (2, 3):
        run(model, np.ones((8, width), "float32"), np.ones((8, 1), "float32"))


@trains
@pytest.mark.skipif(BACKEND != "tensorflow", reason="sizes that are not known until a step runs")
def test_many_widths_share_a_program() -> None:
    traced = []

    class Mean(keras_core.layers.Layer):
        def call(self, x: Any) -> Any:
            traced.append(tuple(x.shape))
            return keras_core.ops.mean(x, axis=1, keepdims=True)

    model = keras_core.Sequential([keras_core.Input((None,)), Mean(), keras_core.layers.Dense(1)])
    model.compile("sgd", "mse")
    for width in range(2, 12):
        model.train_on_batch(np.ones((8, width), "float32"), np.ones((8, 1), "float32"))
    assert len(set(traced)) <= 6
