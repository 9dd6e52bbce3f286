"""Memory stays flat from call to call; predictions can be taken without holding them all."""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend
from tests.training.helpers import classifier, data, trains, two_heads, two_heads_data

X, Y = data()


def generator() -> Iterator[Any]:
    for i in range(0, len(X), 8):
        yield X[i : i + 8], Y[i : i + 8]


CALLS: dict[str, Callable[[Any], Any]] = {
    "fit": lambda model: model.fit(X, Y, verbose=0),
    "fit a generator": lambda model: model.fit(generator(), verbose=0),
    "evaluate": lambda model: model.evaluate(X, Y, verbose=0),
    "predict": lambda model: model.predict(X, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "predict_on_batch": lambda model: model.predict_on_batch(X),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_leave_nothing_behind(name: str) -> None:
    if not backend.has("gradients") and ("fit" in name or "train" in name):
        pytest.skip("NumPy has no gradients")
    model, call = classifier(keras), CALLS[name]

    for _ in range(4):
        call(model)
    gc.collect()
    gc.freeze()  # what other tests left is not gone through again and again
    try:
        for _ in range(40):
            call(model)
        for _ in range(5):
            gc.collect()
        left = len(gc.get_objects())
    finally:
        gc.unfreeze()
    # TensorFlow itself keeps three small objects for every thread that it has run in.
    assert left < 4 * 40


def live_tensors() -> int:
    """The framework's arrays that are not freed, wherever they are held."""
    gc.collect()
    if backend.has("functional"):
        return len(pytest.importorskip("jax").live_arrays())
    return sum(type(x) in backend.arrays.TENSOR_TYPES for x in gc.get_objects())


@pytest.mark.skipif(backend.name == "numpy", reason="nobody counts NumPy's arrays")
@pytest.mark.parametrize("name", [*CALLS, "fit with validation"])
def test_calls_leave_no_tensors_behind(name: str) -> None:
    validate = {"validation_data": (X, Y), "verbose": 0}
    model = classifier(keras)
    call = CALLS.get(name) or (lambda model: model.fit(X, Y, batch_size=8, **validate))
    for _ in range(3):
        call(model)
    before = live_tensors()
    for _ in range(5):
        call(model)
    assert live_tensors() <= before


def test_calls_hold_no_more_bytes_each_time() -> None:
    """Of what Python allocates, NumPy's arrays among it, which no count of objects shows."""
    model = classifier(keras)
    call = CALLS["fit" if backend.has("gradients") else "evaluate"]
    call(model)
    tracemalloc.start(1)
    try:
        held = []
        for calls in (150, 100):
            for _ in range(calls):
                call(model)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[1] - held[0] < 32_000  # an array of one call's data has 800 bytes


@pytest.mark.parametrize("run", ["predict", "evaluate"])
def test_batches_of_sizes_seen_before_take_nothing_more(run: str) -> None:
    model = classifier(keras)

    def cycle() -> int:
        for size in range(1, 9):
            getattr(model, run)(X[:size], *((Y[:size],) if run == "evaluate" else ()), verbose=0)
        for _ in range(3):
            gc.collect()
        return len(gc.get_objects())

    cycle()
    before = cycle()
    assert cycle() <= before + 8


FAULTS = """
import resource
import numpy as np
import keras_core as keras

model = keras.Sequential([
    keras.Input((28, 28, 1)),
    *(keras.layers.Conv2D(32, 3, activation="relu") for _ in range(3)),
    keras.layers.GlobalMaxPooling2D(),
    keras.layers.Dense(1),
])
model.compile("adam", "mse")
x, y = np.ones((256, 28, 28, 1), "float32"), np.ones((256, 1), "float32")
model.fit(x, y, batch_size=64, epochs=2, verbose=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
model.fit(x, y, batch_size=64, epochs=2, verbose=0)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 8)
"""


@pytest.mark.skipif(
    backend.name != "torch" or sys.platform != "linux" or not platform.libc_ver()[0],
    reason="of torch on the CPU, with glibc",
)
def test_steps_use_the_memory_of_the_step_before() -> None:
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], env=plain, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 500  # new pages a step; about 4,000 where malloc gives them back


@pytest.mark.skipif(not backend.has("functional"), reason="elsewhere variables are set in place")
@pytest.mark.parametrize("run", ["evaluate", "predict"])
def test_weights_are_not_held_twice(run: str) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, trainable=False)])
    model.compile("sgd", "mse")
    x, y = np.ones((24, 4), "float32"), np.ones((24, 8), "float32")
    held = [v.value for v in model.variables]
    if run == "evaluate":
        model.evaluate(x, y, batch_size=8, verbose=0)
    else:
        model.predict(x, batch_size=8, verbose=0)
    assert all(v.value is value for v, value in zip(model.variables, held, strict=True))


def test_predictions_as_a_stream() -> None:
    model = classifier(keras)
    want = model.predict(X, verbose=0)
    batches = list(model.predict_stream(X, batch_size=16))
    assert [len(b) for b in batches] == [16, 16, 16, 2]
    np.testing.assert_allclose(np.concatenate(batches), want, rtol=1e-5, atol=1e-6)

    def endless() -> Iterator[Any]:
        while True:
            yield X[:8]

    stream = model.predict_stream(endless())
    assert next(stream).shape == next(stream).shape == (8, 3)
    stream.close()  # type: ignore[attr-defined]


def test_predictions_into_arrays_and_files(tmp_path: Path) -> None:
    model = classifier(keras)
    want = model.predict(X, batch_size=16, verbose=0)
    path = tmp_path / "out.npy"
    found = model.predict(X, batch_size=16, verbose=0, out=path)
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, want)
    np.testing.assert_array_equal(np.load(path), want)
    array = np.zeros((len(X) + 3, 3), "float32")
    found = model.predict(X, batch_size=16, verbose=0, out=array)
    assert np.shares_memory(found, array) and found.shape == want.shape
    np.testing.assert_array_equal(found, want)
    with pytest.raises(ValueError, match="out must have room"):
        model.predict(X, batch_size=16, verbose=0, out=array[:20])

    def broken() -> Iterator[Any]:
        yield X[:8]
        raise OSError("disk gone")

    before = path.read_bytes()
    with pytest.raises(OSError, match="disk gone"):
        model.predict(broken(), verbose=0, out=path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["out.npy"]


def test_several_outputs_into_a_structure(tmp_path: Path) -> None:
    model, (x, _) = two_heads(keras), two_heads_data()
    want = model.predict(x, batch_size=8, verbose=0)
    out = [tmp_path / "p.npy", np.zeros((20, 1), "float32")]
    found = model.predict(x, batch_size=8, verbose=0, out=out)
    for a, b in zip(found, want, strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="structure of the outputs"):
        model.predict(x, verbose=0, out=out[1])


@trains
def test_windows_give_what_the_whole_data_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    from keras_core.training.data.sources import ArraySource

    found = []
    whole = ArraySource.__init__

    def small(self: Any, *args: Any, **kwargs: Any) -> None:
        whole(self, *args, **kwargs)
        self._resident, self._window = False, 3

    for init in (whole, small):
        monkeypatch.setattr(ArraySource, "__init__", init)
        model = classifier(keras)
        keras.utils.set_random_seed(4)
        model.fit(X, Y, batch_size=8, epochs=2, verbose=0)
        found.append(model.get_weights())
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@trains
def test_float64_data_is_converted_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    from keras_core.training.data import sources

    wide, seen = X.astype("float64"), []
    before = sources.narrowed

    def narrowed(x: Any) -> Any:
        seen.append(len(x))
        return before(x)

    found = []
    for resident in (backend.execute.RESIDENT_BYTES, 0):
        monkeypatch.setattr(backend.execute, "RESIDENT_BYTES", resident)
        model = classifier(keras)
        if not resident:
            monkeypatch.setattr(sources, "narrowed", narrowed)
            monkeypatch.setattr(sources, "WINDOW_BYTES", 1)
        keras.utils.set_random_seed(4)
        model.fit(wide, Y, batch_size=8, verbose=0)
        model.train_on_batch(wide, Y)
        found.append([*model.get_weights(), model.predict(wide, verbose=0)])
    assert max(seen) <= 32  # the batch size of predict
    for a, b in zip(*found, strict=True):
        assert a.dtype == b.dtype == "float32"
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", [keras.layers.Identity, keras.layers.ReLU])
def test_predictions_are_the_users_to_write_to(layer: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), layer()])
    x = np.ones((6, 4), "float32")
    calls = [
        lambda: model.predict(x, verbose=0),  # the first builds the step
        lambda: model.predict(x, verbose=0),
        lambda: model.predict(x, batch_size=4, verbose=0),
        lambda: model.predict(iter([x]), verbose=0),
        lambda: model.predict_on_batch(x),
        lambda: next(model.predict_stream(x)),
    ]
    for predictions in calls:
        out = predictions()
        out[out > 0.5] = 7.0
    assert (x == 1).all()
    assert (model.predict(x, verbose=0) == 1).all()


def test_predictions_in_a_dictionary_are_the_users_too() -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, {"same": inputs, "twice": inputs * 2})
    x = np.ones((6, 4), "float32")
    for _ in range(2):
        model.predict(x, verbose=0)["same"][:] = 7.0
        model.predict_on_batch(x)["twice"][:] = 7.0
    assert (x == 1).all()
