"""Devices and layouts on TensorFlow: DTensor meshes, for tensors that are laid out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.experimental import dtensor

MISSING = (
    "variables here are plain tf.Variables, and operations of one tensor laid out over devices "
    "and one that is not do not mix. Use the jax backend, or tf.distribute around your own loop."
)


def list_devices(kind: str | None) -> list[str]:
    wanted = {"cuda": "gpu"}.get(kind or "", kind)
    if wanted is None:
        wanted = next(k for k in ("tpu", "gpu", "cpu") if tf.config.list_logical_devices(k.upper()))
    devices = tf.config.list_logical_devices(wanted.upper())
    return [f"{wanted}:{device.name.rsplit(':', 1)[-1]}" for device in devices]


def initialize(address: str | None, count: int | None, index: int | None) -> None:
    raise NotImplementedError(
        "distribution.initialize: processes are not joined on the tensorflow backend: " + MISSING
    )


def processes() -> tuple[int, int]:
    return 1, 0


def mesh(devices: np.ndarray, names: tuple[str, ...]) -> Any:
    dims = list(zip(names, devices.shape, strict=True))
    return dtensor.create_mesh(dims, devices=[str(name) for name in devices.flat])


def layout(native_mesh: Any, axes: tuple[str | None, ...]) -> Any:
    specs = [dtensor.UNSHARDED if axis is None else axis for axis in axes]
    return dtensor.Layout(specs, native_mesh)


def distribute(tensor: Any, native_layout: Any) -> Any:
    from keras_core.backends.tensorflow.arrays import convert_to_tensor

    tensor = convert_to_tensor(tensor)
    return dtensor.relayout(
        dtensor.copy_to_mesh(
            tensor, dtensor.Layout.replicated(native_layout.mesh, rank=len(tensor.shape))
        ),
        native_layout,
    )
