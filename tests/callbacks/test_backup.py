"""BackupAndRestore: training that was killed and resumed ends as if it never was."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.core.errors import InvalidFileError
from tests.training.helpers import assert_same_weights, data, trains

X, Y = data()


class Killed(Exception):
    """Stands for the end of the process."""


class Kill(keras.callbacks.Callback):
    """Ends training at a batch, or after an epoch."""

    def __init__(self, epoch: int, batch: int | None) -> None:
        super().__init__()
        self.at, self.batch, self.epoch = epoch, batch, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if (self.epoch, batch) == (self.at, self.batch):
            raise Killed

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.batch is None and epoch == self.at:
            raise Killed


def model(seed: int = 3) -> Any:
    keras.utils.set_random_seed(seed)
    net = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    net.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


def fit(net: Any, folder: Path, freq: str | int, *more: Any, **options: Any) -> Any:
    plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=10.0)
    backup = keras.callbacks.BackupAndRestore(folder, save_freq=freq, **options)
    return net.fit(
        X, Y, batch_size=8, epochs=4, verbose=0, callbacks=[backup, plateau, *more]
    ).history


@trains
@pytest.mark.parametrize(
    ("freq", "epoch", "batch"),
    [("epoch", 1, None), ("epoch", 2, 3), (2, 0, 2), (3, 2, 5), (2, 3, 6)],
)
def test_resumed_training_is_the_same_to_the_bit(
    tmp_path: Path, freq: Any, epoch: int, batch: int | None
) -> None:
    reference = model()
    wanted = fit(reference, tmp_path / "a", freq)
    with pytest.raises(Killed):
        fit(model(), tmp_path / "b", freq, Kill(epoch, batch))
    resumed = model(seed=99)
    random.seed(5)
    history = fit(resumed, tmp_path / "b", freq)
    assert_same_weights(reference, resumed)
    for a, b in zip(reference.optimizer.variables, resumed.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert history == wanted
    assert not (tmp_path / "b").exists()  # training is over


@trains
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("freq", "epoch", "batch"), [("epoch", 1, None), (2, 0, 3), (3, 2, 5)])
def test_a_loader_that_draws_from_a_generator_of_its_own(
    tmp_path: Path, freq: Any, epoch: int, batch: int | None, shared: bool
) -> None:
    torch = pytest.importorskip("torch")

    def run(name: str, *more: Any) -> tuple[Any, Any]:
        net, own = model(), torch.Generator().manual_seed(7)
        rows = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
        sampler = None if shared else torch.utils.data.RandomSampler(rows, generator=own)
        loader = torch.utils.data.DataLoader(
            rows, 8, shuffle=shared, sampler=sampler, generator=own if shared else None
        )
        backup = keras.callbacks.BackupAndRestore(tmp_path / name, save_freq=freq)
        net.fit(loader, epochs=4, verbose=0, callbacks=[backup, *more])
        return net, own

    reference, drawn = run("a")
    with pytest.raises(Killed):
        run("b", Kill(epoch, batch))
    resumed, again = run("b")
    assert_same_weights(reference, resumed)
    assert torch.equal(drawn.get_state(), again.get_state())


@trains
@pytest.mark.parametrize(("freq", "epoch", "batch"), [("epoch", 1, None), (2, 2, 4)])
def test_weights_swapped_with_their_averages_are_resumed(
    tmp_path: Path, freq: Any, epoch: int, batch: int | None
) -> None:
    def run(name: str, *more: Any) -> Any:
        net = model()
        net.compile(
            keras.optimizers.SGD(0.1, 0.9, use_ema=True, gradient_accumulation_steps=3),
            "sparse_categorical_crossentropy",
        )
        swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
        backup = keras.callbacks.BackupAndRestore(tmp_path / name, save_freq=freq)
        net.fit(
            X, Y, batch_size=8, epochs=4, verbose=0, validation_data=(X, Y),
            callbacks=[swap, backup, *more],
        )  # fmt: skip
        return net

    reference = run("a")
    with pytest.raises(Killed):
        run("b", Kill(epoch, batch))
    resumed = run("b")
    assert_same_weights(reference, resumed)
    for a, b in zip(reference.optimizer.variables, resumed.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@trains
@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize(("freq", "at", "batch"), [("epoch", 2, None), (2, 2, 3), ("epoch", 0, 1)])
def test_a_csv_file_has_every_epoch_once(
    tmp_path: Path, append: bool, freq: str | int, at: int, batch: int | None
) -> None:
    log, whole = tmp_path / "log.csv", tmp_path / "whole.csv"
    for path in (log, whole):
        path.write_text("epoch,accuracy,learning_rate,loss\n7,0.5,0.1,0.25\n")
    fit(model(), tmp_path / "none", freq, keras.callbacks.CSVLogger(whole, append=append))
    # The epoch's row is written before the process ends, and its backup is not.
    killers = [keras.callbacks.CSVLogger(log, append=append), Kill(at, batch)]
    with pytest.raises(Killed):
        fit(model(), tmp_path / "run", freq, *killers)
    if at:  # else there is no backup yet to tell where the file ended
        with log.open("a") as file:
            file.write("2,0.1")  # a row half written
    fit(model(), tmp_path / "run", freq, keras.callbacks.CSVLogger(log, append=append))
    assert log.read_text() == whole.read_text()
    assert ("\n7," in whole.read_text()) == append


@trains
def test_a_csv_file_that_is_another_one_is_gone_on_with(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    with pytest.raises(Killed):
        fit(model(), tmp_path / "run", "epoch", keras.callbacks.CSVLogger(log), Kill(2, 1))
    log.write_text("epoch,loss\n")
    fit(model(), tmp_path / "run", "epoch", keras.callbacks.CSVLogger(log))
    lines = log.read_text().splitlines()
    assert lines[0] == "epoch,loss"
    assert [line.partition(",")[0] for line in lines[1:]] == ["2", "3"]


@trains
@pytest.mark.parametrize("batch", [2, 3])
def test_what_an_epochs_beginning_does_is_done_once(tmp_path: Path, batch: int) -> None:
    class Counts(keras.callbacks.Callback):
        begun = 0

        def get_state(self) -> dict[str, Any] | None:
            return {"begun": self.begun}

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.begun += 1
            bias = self.model.layers[-1].bias
            bias.assign(bias * 0.5)

    def run(name: str, *more: Any) -> tuple[Any, ...]:
        net, counts = model(), Counts()
        lower = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
        return net, counts, fit(net, tmp_path / name, 2, counts, lower, *more)

    reference, once, wanted = run("a")
    with pytest.raises(Killed):
        run("b", Kill(1, batch))
    resumed, again, history = run("b")
    assert_same_weights(reference, resumed)
    assert history == wanted
    assert once.begun == again.begun == 4


@trains
def test_a_damaged_or_foreign_backup(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        fit(model(), tmp_path, "epoch", Kill(2, 0), double_checkpoint=True)
    path = tmp_path / "state.bin"
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    history = fit(model(), tmp_path, "epoch", double_checkpoint=True)  # from the one before
    assert len(history["loss"]) == 4
    tmp_path.mkdir(exist_ok=True)  # it went with the backup
    path.write_bytes(content[:1000])
    with pytest.raises(InvalidFileError, match="cannot be read"):
        fit(model(), tmp_path, "epoch")
    path.write_bytes(content)
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    other.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    before = other.get_weights()
    with pytest.raises(InvalidFileError, match="another model"):
        fit(other, tmp_path, "epoch")
    np.testing.assert_array_equal(before[0], other.get_weights()[0])


def test_arguments() -> None:
    with pytest.raises(ValueError, match="save_freq must be"):
        keras.callbacks.BackupAndRestore("x", save_freq=0)
    with pytest.raises(ValueError, match="backup_dir must"):
        keras.callbacks.BackupAndRestore("")
