"""torch's DataLoader with worker processes: the same batches, the worker's own error, nothing left over."""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.connection
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from tests.training.helpers import assert_same_weights, classifier, data, trains

tud = pytest.importorskip("torch.utils.data")
X, Y = data()
SIZE = 8
# JAX warns of every fork, since one of its threads may hold a lock by then. These workers call nothing
# of JAX's, so they can't wait for one; processes begun anew would take minutes to import all again.
pytestmark = pytest.mark.filterwarnings(r"ignore:os\.fork\(\) was called:RuntimeWarning")


class Rows(tud.Dataset):
    def __init__(self, fail_at: int | None = None) -> None:
        self.fail_at = fail_at

    def __len__(self) -> int:
        return len(X)

    def __getitem__(self, index: int) -> Any:
        if index == self.fail_at:
            raise KeyError("broken row")
        return X[index], Y[index]


class Stream(tud.IterableDataset):
    """Gives each worker every other batch, so that together they come in the order of the rows."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.fail_at = fail_at

    def __iter__(self) -> Iterator[Any]:
        worker = tud.get_worker_info()
        first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        for start in range(first * SIZE, len(X), step * SIZE):
            for index in range(start, min(start + SIZE, len(X))):
                if index == self.fail_at:
                    raise KeyError("broken row")
                yield X[index], Y[index]


def loader(dataset: Any, persistent: bool = False) -> Any:
    return tud.DataLoader(
        dataset,
        SIZE,
        num_workers=2,
        multiprocessing_context="fork",
        persistent_workers=persistent,
        timeout=60,
    )


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    """No worker process and no thread of ours outlives a test, whose loader is gone by then."""
    yield
    gc.collect()  # an error's traceback holds a loader that lasts, and its frames hold the error
    for process in multiprocessing.active_children():
        assert multiprocessing.connection.wait([process.sentinel], timeout=20), process
    for thread in threading.enumerate():
        if thread.name.startswith("keras-"):
            thread.join(timeout=20)
            assert not thread.is_alive(), thread


@trains
@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("dataset", [Rows, Stream])
def test_workers_give_the_same(dataset: Any, persistent: bool) -> None:
    ours, wanted = classifier(keras), classifier(keras)
    run: dict[str, Any] = {"epochs": 2, "verbose": 0}
    got = ours.fit(loader(dataset(), persistent), **run).history
    assert got == wanted.fit(tud.DataLoader(dataset(), SIZE), **run).history
    assert_same_weights(ours, wanted)


def test_evaluate_and_predict_with_workers() -> None:
    model = classifier(keras)
    batches = loader(Rows(), persistent=True)
    for _ in range(2):
        np.testing.assert_allclose(
            model.evaluate(batches, verbose=0),
            model.evaluate(X, Y, batch_size=SIZE, verbose=0),
            rtol=1e-5,
        )
    np.testing.assert_allclose(
        model.predict(batches, verbose=0), model.predict(X, verbose=0), rtol=1e-5
    )


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("dataset", [Rows, Stream])
def test_an_error_in_a_worker_reaches_the_user(dataset: Any, persistent: bool) -> None:
    with pytest.raises(KeyError, match="broken row") as caught:
        classifier(keras).evaluate(loader(dataset(fail_at=20), persistent), verbose=0)
    # torch sends the worker's traceback as text: the user's own line is in it.
    assert 'raise KeyError("broken row")' in str(caught.value)


class At(keras.callbacks.Callback):
    """Ends training in the middle of an epoch: by an error, or by asking for it."""

    def __init__(self, error: type[BaseException] | None) -> None:
        super().__init__()
        self.error = error

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == 2:
            if self.error is not None:
                raise self.error
            self.model.stop_training = True


@trains
@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("error", [None, KeyboardInterrupt, RuntimeError])
def test_training_that_ends_early_lets_workers_go(error: Any, persistent: bool) -> None:
    model, batches = classifier(keras), loader(Rows(), persistent)
    if error is None:
        model.fit(batches, epochs=3, verbose=0, callbacks=[At(None)])
    else:
        with pytest.raises(error):
            model.fit(batches, epochs=3, verbose=0, callbacks=[At(error)])
    # Both go on from there: the next epoch has all batches.
    assert model.fit(batches, verbose=0).params["steps"] == 7
