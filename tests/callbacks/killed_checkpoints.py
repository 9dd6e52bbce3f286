"""A run that test_checkpoints_killed kills: every checkpoint has one number in all of its variables."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np

import keras_core as keras


def network() -> Any:
    """A model of some hundred kilobytes, so that writing it takes a while, in several files."""
    net = keras.Sequential([keras.Input((64,)), *(keras.layers.Dense(256) for _ in range(3))])
    net.compile(keras.optimizers.SGD(), "mse")
    net.optimizer.build(net.trainable_variables)
    return net


def checkpoint(kind: str, folder: Path) -> Any:
    """The callback that writes, always to the same place if it is one file."""
    if kind == "orbax":
        return keras.callbacks.OrbaxCheckpoint(folder / kind, max_to_keep=2)
    return keras.callbacks.ModelCheckpoint(folder / f"m{kind}", save_weights_only="weights" in kind)


def main(kind: str, folder: Path, first: int) -> None:
    net = network()
    callback = checkpoint(kind, folder)
    callback.set_model(net)
    callback.set_params({})
    for number in itertools.count(first):
        for variable in net.variables:
            variable.assign(np.full(variable.shape, number, variable.dtype))
        net.optimizer.iterations.assign(number)
        callback.on_epoch_begin(number)
        callback.on_epoch_end(number, {"loss": 1.0})
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
