"""Devices, meshes and layouts on JAX: `jax.sharding`."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from keras_core.backends.jax.arrays import convert_to_tensor
from keras_core.core import placement

MISSING = ""


def _name(device: Any) -> str:
    return f"{device.platform}:{device.id}"


def list_devices(kind: str | None) -> list[str]:
    try:
        found = jax.devices("gpu" if kind == "cuda" else kind)
    except RuntimeError:
        return []
    return [_name(device) for device in found]


def initialize(address: str | None, count: int | None, index: int | None) -> None:
    jax.distributed.initialize(address, count, index)


def processes() -> tuple[int, int]:
    return jax.process_count(), jax.process_index()


def mesh(devices: np.ndarray, names: tuple[str, ...]) -> Mesh:
    by_name: dict[str, Any] = {}
    for kind in {str(name).split(":")[0].lower() for name in devices.flat}:
        found = jax.devices("gpu" if kind == "cuda" else kind)
        by_name |= {f"{kind}:{device.id}": device for device in found}
    missing = [str(n) for n in devices.flat if str(n).lower() not in by_name]
    if missing:
        raise ValueError(
            f"DeviceMesh: there is no device {missing[0]!r}. There are {list(by_name)}"
        )
    grid = np.array([by_name[str(n).lower()] for n in devices.flat], dtype=object)
    return Mesh(grid.reshape(devices.shape), names)


def layout(native_mesh: Mesh, axes: tuple[str | None, ...]) -> NamedSharding:
    return NamedSharding(native_mesh, PartitionSpec(*axes))


def distribute(tensor: Any, sharding: Any) -> Any:
    if isinstance(tensor, jax.core.Tracer):
        return jax.lax.with_sharding_constraint(tensor, sharding)
    tensor = getattr(tensor, "value", tensor)
    if not isinstance(tensor, (jax.Array, np.ndarray)):
        tensor = convert_to_tensor(tensor)
    return jax.device_put(tensor, sharding)


def _divides(shape: tuple[int, ...]) -> bool:
    return bool(shape) and shape[0] % placement.current.num_model_replicas == 0


def place_batch(leaf: Any) -> Any:
    """A batch's array over the devices: split along its first axis where that goes evenly."""
    current = placement.current
    if jax.process_count() > 1:  # each process brings its own rows
        sharding = current.get_data_layout(np.shape(leaf)).backend_layout
        return jax.make_array_from_process_local_data(sharding, np.asarray(leaf))
    tensor = convert_to_tensor(leaf)
    axes = current.get_data_layout(tensor.shape)
    if not _divides(tensor.shape):
        axes = type(axes)([None] * tensor.ndim, current.device_mesh)
    return jax.device_put(tensor, axes.backend_layout)


def constrain_batch(x: Any) -> Any:
    """The same inside of a compiled step, for rows that were gathered there."""
    if placement.current is None or not _divides(x.shape):
        return x
    sharding = placement.current.get_data_layout(x.shape).backend_layout
    return jax.lax.with_sharding_constraint(x, sharding)
