"""Runs that test_resume kills; as a process of their own they print a line for every batch."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

import keras_core as keras

BATCH, EPOCHS = 8, 4
rng = np.random.default_rng(0)
X = rng.normal(size=(50, 4)).astype("float32")
Y = X[:, :3].argmax(-1).astype("int32")


class Shuffled(keras.utils.PyDataset):
    """Batches that change from epoch to epoch by the data set's own doing."""

    def __init__(self) -> None:
        super().__init__(workers=2)
        self.rng = np.random.default_rng(5)
        self.order = np.arange(len(X))

    def __len__(self) -> int:
        return -(-len(X) // BATCH)

    def __getitem__(self, index: int) -> Any:
        rows = self.order[index * BATCH : (index + 1) * BATCH]
        return X[rows], Y[rows]

    def on_epoch_end(self) -> None:
        self.rng.shuffle(self.order)


def grain_data() -> Any:
    import grain

    data = grain.MapDataset.source(np.arange(len(X))).shuffle(seed=3).repeat(None)
    return data.map(lambda i: (X[i], Y[i])).batch(BATCH)


def endless() -> Any:
    own = np.random.default_rng(8)
    while True:
        rows = own.integers(0, len(X), BATCH)
        yield X[rows], Y[rows]


KINDS: dict[str, Any] = {
    "arrays": lambda: {"x": X, "y": Y, "batch_size": BATCH, "validation_split": 0.2},
    "PyDataset": lambda: {"x": Shuffled()},
    "generator": lambda: {"x": endless(), "steps_per_epoch": 5},
    "Grain": lambda: {"x": grain_data(), "steps_per_epoch": 5},
}


def scaled() -> Any:
    """Half precision and a scale that grows every few steps."""
    inner = keras.optimizers.Adam(0.01)
    return keras.optimizers.LossScaleOptimizer(inner, 2.0**10, dynamic_growth_steps=4)


# Each kind of data trains with state of another kind.
OPTIMIZERS: dict[str, Any] = {
    "arrays": scaled,
    "PyDataset": lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=5),
    "generator": lambda: keras.optimizers.AdamW(0.01, global_clipnorm=0.5, amsgrad=True),
    "Grain": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=3),
}


def network(kind: str) -> Any:
    half = "mixed_float16" if kind == "arrays" else None
    net = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="tanh", dtype=half),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(3, activation="softmax", dtype="float32"),
        ]
    )
    net.compile(
        OPTIMIZERS[kind](),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=2 if kind == "arrays" else "auto",
    )
    return net


class Tell(keras.callbacks.Callback):
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        print(".", flush=True)


def train(folder: Path, kinds: list[str], *more: Any) -> None:
    """Train a model on each kind of data; what is done already is left out."""
    for i, kind in enumerate(kinds):
        result = folder / f"{kind}.npz"
        if result.exists():
            continue
        keras.utils.set_random_seed(3)
        net = network(kind)
        backup = keras.callbacks.BackupAndRestore(
            folder / "backup", save_freq=1 + i % 2, background=i % 2 == 1
        )
        plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=10.0)
        best = keras.callbacks.EarlyStopping(
            "loss", patience=2, min_delta=0.4, restore_best_weights=True
        )
        history = net.fit(
            **KINDS[kind](), epochs=EPOCHS, verbose=0, callbacks=[backup, plateau, best, *more]
        )
        state = [v.numpy() for v in net.optimizer.variables]
        partly = folder / "partly.npz"
        np.savez(partly, *net.get_weights(), *state, *history.history.values())
        os.replace(partly, result)


if __name__ == "__main__":
    train(Path(sys.argv[1]), sys.argv[2:], Tell())
