"""Keras models as torch modules: names in a `state_dict`, and FSDP."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import layers
from tests.conftest import BACKEND

pytestmark = pytest.mark.skipif(BACKEND != "torch", reason="of torch")
ROOT = pathlib.Path(__file__).resolve().parents[2]


def stack() -> Any:
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3),
            layers.Dense(3, name="own"),
            layers.BatchNormalization(),
            layers.Dense(2),
        ]
    )


def graph() -> Any:
    x = keras.Input((4,))
    return keras.Model(x, layers.Dense(2)(stack()(layers.Dense(4)(x))))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3)
        self.blocks = [stack()]
        self.build((None, 4))

    def call(self, x: Any) -> Any:
        return self.dense(self.blocks[0](x))


KEYS = {
    stack: {"dense.kernel", "own.kernel", "batch_normalization.gamma", "dense_1.kernel"},
    graph: {"dense.kernel", "sequential.own.bias", "sequential.dense_1.kernel", "dense_1.bias"},
    Subclassed: {"dense.kernel", "blocks.0.dense.kernel", "blocks.0.own.kernel"},
}


@pytest.mark.parametrize("make", KEYS)
def test_models_of_one_architecture_have_the_same_keys(make: Any) -> None:
    one, other = make(), make()
    assert list(one.state_dict()) == list(other.state_dict())
    assert set(one.state_dict()) >= KEYS[make]
    other.load_state_dict(one.state_dict())
    x = np.ones((2, 4), "float32")
    assert np.allclose(one(x).detach(), other(x).detach())


@pytest.mark.parametrize("script", ["sharded", "flattened"])
@pytest.mark.parametrize("world", [1, 2])
def test_fully_sharded(world: int, script: str, tmp_path: Any) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", f"tests.native.{script}"]
    processes = [
        subprocess.Popen(
            [*command, str(rank), str(world), str(tmp_path / "meeting")],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for rank in range(world)
    ]
    outputs = [process.communicate(timeout=120)[0].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * world, outputs


def test_optimizer_updates_a_torch_modules_parameters() -> None:
    import torch

    torch.manual_seed(0)
    net = torch.nn.Linear(3, 1)
    optimizer = keras.optimizers.Adam(0.1)
    x = torch.randn(16, 3)
    losses = []
    for _ in range(20):
        loss = (net(x) - x[:, :1]).square().mean()
        parameters = list(net.parameters())
        optimizer.apply(torch.autograd.grad(loss, parameters), parameters)
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    with pytest.raises(TypeError, match="requires a gradient"):
        keras.optimizers.SGD().apply([torch.ones(1)], [torch.ones(1)])
