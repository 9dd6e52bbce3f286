"""Devices and layouts on torch: DTensor meshes, one process a device."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

MISSING = (
    "torch has one process a device, and DTensors do not mix with plain tensors. Wrap the model "
    "(it is a torch.nn.Module) in DistributedDataParallel or FSDP, or use the jax backend."
)


def list_devices(kind: str | None) -> list[str]:
    if kind is None:
        kind = "cuda" if torch.cuda.is_available() else "cpu"
    if kind in ("cuda", "gpu"):
        count = torch.cuda.device_count()
        return [f"cuda:{i}" for i in range(max(count, _world() if count else 0))]
    return [f"cpu:{i}" for i in range(_world())] if kind == "cpu" else []


def _world() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def initialize(address: str | None, count: int | None, index: int | None) -> None:
    if address is not None:
        host, _, port = address.partition(":")
        os.environ.setdefault("MASTER_ADDR", host)
        os.environ.setdefault("MASTER_PORT", port or "29500")
    name = "nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(
        name, world_size=-1 if count is None else count, rank=-1 if index is None else index
    )


def processes() -> tuple[int, int]:
    if dist.is_available() and dist.is_initialized():
        return dist.get_world_size(), dist.get_rank()
    return 1, 0


def mesh(devices: np.ndarray, names: tuple[str, ...]) -> Any:
    if not dist.is_initialized():
        raise RuntimeError(
            "DeviceMesh on torch needs processes that work together, one a device: start them "
            "with torchrun and call distribution.initialize() first."
        )
    kind = str(devices.flat[0]).split(":")[0]
    return dist.init_device_mesh(
        "cuda" if kind == "gpu" else kind, devices.shape, mesh_dim_names=names
    )


def layout(native_mesh: Any, axes: tuple[str | None, ...]) -> Any:
    from torch.distributed.tensor import Replicate, Shard

    places = [
        Shard(axes.index(name)) if name in axes else Replicate()
        for name in native_mesh.mesh_dim_names
    ]
    return native_mesh, places


def distribute(tensor: Any, native_layout: Any) -> Any:
    from torch.distributed.tensor import distribute_tensor

    from keras_core.backends.torch.arrays import convert_to_tensor

    native_mesh, places = native_layout
    return distribute_tensor(convert_to_tensor(tensor), native_mesh, places)
