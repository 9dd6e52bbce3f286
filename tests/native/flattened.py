"""A model with Keras layers under `FullyShardedDataParallel`: `python flattened.py rank world file`."""

from __future__ import annotations

import functools
import os
import sys
import warnings

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.fsdp import FullyShardedDataParallel

import keras_core as keras
from tests.native.sharded import Net, train


def main(rank: int, world: int, path: str) -> None:
    dist.init_process_group("gloo", rank=rank, world_size=world, init_method=f"file://{path}")
    warnings.simplefilter("ignore")  # that one process shards nothing
    for original in (False, True):
        check(world, original)
    dist.barrier()  # nobody leaves while another one still sends
    dist.destroy_process_group()


def check(world: int, original: bool) -> None:
    alone, net = Net(), Net()
    net.load_state_dict(alone.state_dict())
    before = {name: tensor.clone() for name, tensor in alone.state_dict().items()}
    expected = train(alone)
    shard = functools.partial(
        FullyShardedDataParallel, device_id=torch.device("cpu"), use_orig_params=original
    )
    net.body = shard(net.body)
    whole = shard(net)
    here, everywhere = (sum(p.numel() for p in m.parameters()) for m in (whole, alone))
    assert here < everywhere if world > 1 else here == everywhere, (here, everywhere)
    assert np.allclose(train(whole), expected, atol=1e-6)
    kernel = net.body.layers[0].kernel
    assert isinstance(kernel, keras.Variable), type(kernel)
    state = whole.state_dict()
    assert state.keys() == before.keys(), (state.keys(), before.keys())
    for name, tensor in alone.state_dict().items():
        assert np.allclose(state[name].detach(), tensor.detach(), atol=1e-6), name
    whole.load_state_dict(before)
    assert np.allclose(train(whole), expected, atol=1e-6)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
    os._exit(0)  # torch's threads for sending are not always over when Python is: it then aborts
