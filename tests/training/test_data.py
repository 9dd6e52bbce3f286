"""What can be fed: arrays of all kinds, PyDatasets, generators, other packages' data sets."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend
from tests.training.helpers import assert_same_weights, classifier, data, trains

X, Y = data()
SIZE = 8


def batches(x: np.ndarray = X) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for i in range(0, len(x), SIZE):
        yield x[i : i + SIZE], Y[i : i + SIZE]


class Data(keras.utils.PyDataset):
    """The batches of `batches` by index, remembering the calls."""

    def __init__(self, fail_at: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.fail_at = fail_at
        self.begun = self.ended = 0

    def __len__(self) -> int:
        return -(-len(X) // SIZE)

    def __getitem__(self, index: int) -> Any:
        if index == self.fail_at:
            raise KeyError("broken batch")
        return X[index * SIZE : (index + 1) * SIZE], Y[index * SIZE : (index + 1) * SIZE]

    def on_epoch_begin(self) -> None:
        self.begun += 1

    def on_epoch_end(self) -> None:
        self.ended += 1


class Endless(Data):
    @property
    def num_batches(self) -> None:
        return None

    def __getitem__(self, index: int) -> Any:
        return super().__getitem__(index % len(self))


def pandas_frame() -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(X), pandas.Series(Y)


def foreign(name: str) -> Any:
    package = pytest.importorskip(name)
    if name == "torch":
        return package.from_numpy(X), package.from_numpy(Y)
    if name == "jax":
        return package.numpy.asarray(X), package.numpy.asarray(Y)
    return package.constant(X), package.constant(Y)


class ArrayOnly:
    """What NumPy can read, and which tells nothing else of itself, as polars' frames do."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._array


def sparse(kind: str) -> Any:
    return pytest.importorskip("scipy.sparse").coo_matrix(X).asformat(kind)


def mapped(array: np.ndarray) -> np.ndarray:
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - gone with the array that is mapped to it
    file.write(array.tobytes())
    file.flush()
    return np.memmap(file, array.dtype, "r", shape=array.shape)


def loader() -> Any:
    torch = pytest.importorskip("torch")
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    return torch.utils.data.DataLoader(dataset, batch_size=SIZE)


def tf_data() -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(SIZE)


def grain_data() -> Any:
    grain = pytest.importorskip("grain")
    return grain.MapDataset.source(np.arange(len(X))).map(lambda i: (X[i], Y[i])).batch(SIZE)


SOURCES = {
    "arrays": lambda: (X, Y),
    "float64": lambda: (X.astype("float64"), Y.astype("int64")),
    "long doubles": lambda: (X.astype(np.longdouble), Y.astype(np.longdouble)),
    "swapped bytes": lambda: (X.astype(">f8"), Y.astype(">i4")),
    "lists": lambda: (X.tolist(), Y.tolist()),
    "array-likes": lambda: (ArrayOnly(X), ArrayOnly(Y)),
    "mapped files": lambda: (mapped(X), mapped(Y)),
    "mapped float64": lambda: (mapped(X.astype("float64")), Y),
    "batches of mapped float64": lambda: (_Batches(mapped(X.astype("float64"))), None),
    "csr": lambda: (sparse("csr"), Y),
    "dok, a dict": lambda: (sparse("dok"), Y),
    "pandas": pandas_frame,
    "native": lambda: (
        backend.arrays.convert_to_tensor(X), backend.arrays.convert_to_tensor(Y)
    ),
    "torch tensors": lambda: foreign("torch"),
    "PyDataset": lambda: (Data(), None),
    "PyDataset, no workers": lambda: (Data(workers=0), None),
    "PyDataset, threads": lambda: (Data(workers=3, max_queue_size=2), None),
    "list of batches": lambda: (_Batches(), None),
    "DataLoader": lambda: (loader(), None),
    "tf.data": lambda: (tf_data(), None),
    "Grain": lambda: (grain_data(), None),
    "Grain, iterated": lambda: (grain_data().to_iter_dataset(), None),
}  # fmt: skip


class _Batches:
    def __init__(self, x: np.ndarray = X) -> None:
        self.x = x

    def __iter__(self) -> Iterator[Any]:
        return batches(self.x)


@pytest.fixture(scope="module")
def from_arrays() -> tuple[Any, Any, Any]:
    """What the arrays themselves give: the results, the predictions, and the weights of a fit."""
    model = classifier(keras)
    results = model.evaluate(X, Y, batch_size=SIZE, verbose=0)
    predictions = model.predict(X, verbose=0)
    if backend.has("gradients"):
        model.fit(X, Y, SIZE, epochs=2, shuffle=False, verbose=0)
    return results, predictions, model


@pytest.mark.parametrize("name", SOURCES)
def test_all_sources_give_the_same(name: str, from_arrays: tuple[Any, Any, Any]) -> None:
    x, y = SOURCES[name]()
    model = classifier(keras)
    size = {"batch_size": SIZE} if y is not None else {}
    results, predictions, fitted = from_arrays
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0, **size), results, rtol=1e-5)
    prediction = model.predict(SOURCES[name]()[0], verbose=0, **size)
    np.testing.assert_allclose(prediction, predictions, rtol=1e-5, atol=1e-6)
    if backend.has("gradients"):
        x, y = SOURCES[name]()
        model.fit(x, y, epochs=2, shuffle=False, verbose=0, **size)
        assert_same_weights(model, fitted, 1e-5)


@trains
def test_a_generator_with_steps() -> None:
    def endless() -> Iterator[Any]:
        while True:
            yield from batches()

    model, reference = classifier(keras), classifier(keras)
    model.fit(endless(), steps_per_epoch=7, epochs=2, verbose=0)
    reference.fit(X, Y, batch_size=SIZE, epochs=2, shuffle=False, verbose=0)
    assert_same_weights(model, reference, 1e-5)


@trains
def test_data_that_runs_out_warns() -> None:
    with pytest.warns(UserWarning, match="ran out"):
        history = classifier(keras).fit(batches(), steps_per_epoch=20, epochs=1, verbose=0)
    assert len(history.history["loss"]) == 1


@trains
def test_a_generator_that_is_used_up_ends_training() -> None:
    model = classifier(keras)
    with pytest.warns(UserWarning, match="gives its batches once.*Training ends after epoch 1"):
        history = model.fit(batches(), epochs=3, verbose=0)
    assert history is model.history and len(history.history["loss"]) == 1
    with pytest.raises(ValueError, match="at least one batch"):
        classifier(keras).fit(iter([]), epochs=3, verbose=0)


@trains
def test_a_generator_that_is_used_up_ends_validation() -> None:
    model = classifier(keras)
    with pytest.warns(UserWarning, match="gives its batches once.*Nothing is validated") as said:
        history = model.fit(X, Y, epochs=3, validation_data=batches(), verbose=0).history
    assert len(said) == 1
    assert len(history["loss"]) == 3 and len(history["val_loss"]) == 1


@trains
def test_a_py_dataset_is_told_of_epochs_and_shuffled() -> None:
    dataset = Data()
    classifier(keras).fit(dataset, epochs=3, verbose=0)
    assert (dataset.begun, dataset.ended) == (3, 3)
    runs = []
    for seed in (1, 1, 2):
        model = classifier(keras)
        keras.utils.set_random_seed(seed)
        model.fit(Data(workers=2), verbose=0)
        runs.append(model)
    assert_same_weights(runs[0], runs[1])
    with pytest.raises(AssertionError):
        assert_same_weights(runs[0], runs[2])


@trains
def test_an_endless_py_dataset_needs_steps() -> None:
    history = classifier(keras).fit(Endless(), steps_per_epoch=5, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_error_in_a_worker_reaches_the_user(workers: int) -> None:
    with pytest.raises(KeyError, match="broken batch") as caught:
        classifier(keras).evaluate(Data(fail_at=4, workers=workers), verbose=0)
    assert any(entry.name == "__getitem__" for entry in caught.traceback)
    assert not _left_over()


def test_processes_give_the_same_and_their_errors_come_back() -> None:
    model = classifier(keras)
    options = {"workers": 2, "use_multiprocessing": True}
    want = model.evaluate(X, Y, batch_size=SIZE, verbose=0)
    np.testing.assert_allclose(model.evaluate(Data(**options), verbose=0), want, rtol=1e-5)
    with pytest.raises(KeyError, match="broken batch") as caught:
        model.evaluate(Data(fail_at=4, **options | {"workers": 1}), verbose=0)
    assert "in __getitem__" in str(caught.value.__cause__ or caught.getrepr())
    for process in multiprocessing.active_children():
        # Not join and is_alive: the pool's own thread may have collected the exit status and not
        # noted it yet, and then both still say that the process lives.
        assert multiprocessing.connection.wait([process.sentinel], timeout=20)
    assert not _left_over()


_FEEDING = """
import os, signal, sys
from keras_core.training.data.prefetch import Workers
from tests.training.test_data import Data

if __name__ == "__main__":
    workers = Workers(Data(workers=2, use_multiprocessing=True))
    next(workers.batches([0, 1], lambda batch: batch))
    print("fed", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_end_with_a_training_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "feeding.py"
    script.write_text(_FEEDING)
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "KERAS_BACKEND": "numpy",  # what starts soonest: the workers are the same on each
        },
        start_new_session=True,
    ) as killed:
        try:
            # The workers hold the pipe's other end: it comes to its end when all are gone.
            out, _ = killed.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(killed.pid, signal.SIGKILL)
            pytest.fail("the worker processes are still there")
    assert out == b"fed\n" and killed.returncode == -signal.SIGKILL


def test_an_error_in_a_generator_reaches_the_user() -> None:
    def broken() -> Iterator[Any]:
        yield X[:SIZE], Y[:SIZE]
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone") as caught:
        classifier(keras).evaluate(broken(), verbose=0)
    assert any(entry.name == "broken" for entry in caught.traceback)


@trains
def test_stopping_early_lets_threads_go() -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_training = True

    for source in (Endless(workers=2), iter(batches())):
        classifier(keras).fit(source, steps_per_epoch=5, epochs=3, verbose=0, callbacks=[Stop()])
    assert not _left_over()


def _left_over() -> list[str]:
    names = []
    for thread in threading.enumerate():
        if thread.name.startswith("keras-"):
            thread.join(timeout=5)
            if thread.is_alive():
                names.append(thread.name)
    return names


def test_data_larger_than_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    model = classifier(keras)
    want = model.evaluate(X, Y, batch_size=SIZE, verbose=0)
    monkeypatch.setattr(backend.execute, "RESIDENT_BYTES", 0)
    np.testing.assert_allclose(model.evaluate(X, Y, batch_size=SIZE, verbose=0), want, rtol=1e-6)
    np.testing.assert_allclose(
        model.predict(X, batch_size=SIZE, verbose=0),
        model.predict(X, verbose=0),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_mapped_files_are_read_by_batches(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    sizes: list[int] = []
    place = backend.execute.place

    def seen(leaves: list[Any]) -> list[Any]:
        sizes.extend(len(leaf) for leaf in leaves if leaf is not None)
        return place(leaves)

    monkeypatch.setattr(backend.execute, "place", seen)
    monkeypatch.setattr("keras_core.training.data.sources.WINDOW_BYTES", 1)
    x = mapped(X.astype(dtype))
    model = classifier(keras)
    model.evaluate(x, Y, batch_size=SIZE, verbose=0)
    model.predict(x, batch_size=SIZE, verbose=0)
    assert max(sizes) == SIZE


def test_pack_and_unpack() -> None:
    unpack, pack = keras.utils.unpack_x_y_sample_weight, keras.utils.pack_x_y_sample_weight
    assert unpack((1,)) == (1, None, None)
    assert unpack([1, 2]) == (1, 2, None)
    assert unpack((1, 2, 3)) == (1, 2, 3)
    assert unpack({"a": 1}) == ({"a": 1}, None, None)
    assert pack(1) == 1
    assert pack([1]) == ([1],)
    assert pack(1, 2, 3) == (1, 2, 3)
    with pytest.raises(ValueError, match="4 items"):
        unpack((1, 2, 3, 4))


def test_a_data_set_without_its_super_is_told_once() -> None:
    class Hasty(Data):
        def __init__(self, **settings: int) -> None:
            for name, value in settings.items():
                setattr(self, name, value)

    for settings in ({}, {"workers": 2}):
        data = Hasty(**settings)
        with pytest.warns(UserWarning, match="Hasty.__init__ should call super") as told:
            found = data.workers, data.use_multiprocessing, data.max_queue_size
        assert len(told) == 1 and found == (settings.get("workers", 1), False, 10)


class Reusing(keras.utils.PyDataset):
    """Writes every batch to the same arrays, and fills them with its number."""

    def __init__(self) -> None:
        super().__init__()
        # Where a framework may share the memory: it starts at a multiple of 64 bytes.
        raw = np.zeros(4 * 2 * 20_000 + 64, "uint8")
        start = -raw.ctypes.data % 64
        self.x = raw[start : start + 4 * 2 * 20_000].view("float32").reshape(2, 20_000)

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> Any:
        self.x[...] = index
        return self.x, self.x[:, :1]


def reused(kind: str) -> Any:
    data = Reusing()
    return data if kind == "PyDataset" else (data[i] for i in range(12))


@pytest.mark.parametrize("kind", ["PyDataset", "generator"])
def test_batches_may_be_made_in_the_same_arrays(kind: str) -> None:
    constant = keras.initializers.Constant(1 / 20_000)
    model = keras.Sequential(
        [keras.Input((20_000,)), keras.layers.Dense(1, kernel_initializer=constant)]
    )
    predicted = model.predict(reused(kind), verbose=0)
    np.testing.assert_allclose(predicted[:, 0], np.repeat(np.arange(12.0), 2), rtol=1e-4)
    model.layers[0].kernel.assign(np.zeros((20_000, 1)))
    model.compile("sgd", "mse")
    expected = np.mean(np.arange(12.0) ** 2)
    assert model.evaluate(reused(kind), verbose=0) == pytest.approx(expected, rel=1e-4)
