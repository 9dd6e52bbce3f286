"""A model with Keras layers under torch's `fully_shard`: `python sharded.py rank world file`."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

import keras_core as keras


class Net(torch.nn.Module):
    """A Keras body and a torch head."""

    def __init__(self) -> None:
        super().__init__()
        keras.utils.set_random_seed(0)
        self.body = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(8, activation="relu"),
                keras.layers.LayerNormalization(),
                keras.layers.Dense(8),
            ]
        )
        self.head = torch.nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


def train(net: Net) -> list[float]:
    """The losses of a few steps on fixed data."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x = torch.linspace(-1, 1, 32).reshape(8, 4)
    losses = []
    for _ in range(3):
        loss = net(x).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def whole(net: Net, expected: list[float], mesh: Any) -> None:
    """Shard the parameters by the module around them all, no layer alone."""
    fully_shard(net, mesh=mesh)
    assert np.allclose(train(net), expected, atol=1e-6)
    assert net.body.count_params() == 4 * 8 + 8 + 16 + 8 * 8 + 8


def main(rank: int, world: int, path: str) -> None:
    alone = Net()
    net, other = Net(), Net()
    net.load_state_dict(alone.state_dict())
    other.load_state_dict(alone.state_dict())
    expected = train(alone)
    dist.init_process_group("gloo", rank=rank, world_size=world, init_method=f"file://{path}")
    mesh = init_device_mesh("cpu", (world,))
    for layer in net.body.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(net, mesh=mesh)
    kinds = {type(p).__name__ for p in net.parameters()}
    assert kinds == {"DTensor"}, kinds
    local = dict(net.named_parameters())["body.dense.kernel"].to_local()
    assert local.shape == (4 // world, 8), local.shape
    assert np.allclose(train(net), expected, atol=1e-6)
    kernel = net.body.layers[0].kernel
    assert isinstance(kernel, keras.Variable), type(kernel)
    whole(other, expected, mesh)
    dist.barrier()  # nobody leaves while another one still sends
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
    os._exit(0)  # torch's threads for sending are not always over when Python is: it then aborts
