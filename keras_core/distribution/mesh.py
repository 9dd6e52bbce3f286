"""Devices as a grid with named axes, and the layout of a tensor over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import limits
from keras_core.core.errors import message


class DeviceMesh:
    """Devices as a grid whose axes have names.

    Args:
        shape: the grid's sizes, as (2, 4).
        axis_names: a name for each axis, as ["batch", "model"].
        devices: the devices' names, as many as the grid has places; None for all.

    Raises:
        ValueError: if the sizes do not fit each other.

    Example:

    >>> import keras_core as keras
    >>> keras.distribution.DeviceMesh((1, 1), ["batch", "model"], ["cpu:0"]).shape
    (1, 1)
    """

    def __init__(
        self, shape: Sequence[int], axis_names: Sequence[str], devices: Any = None
    ) -> None:
        sizes = limits.POSITIVE_INT
        if isinstance(shape, str) or any(sizes.settled(n) is limits.REFUSED for n in shape):
            raise ValueError(message("DeviceMesh", "shape", "be a tuple of positive ints", shape))
        if isinstance(axis_names, str):
            raise ValueError(
                message(
                    "DeviceMesh", "axis_names", "be a list of names", axis_names,
                    f"Write [{axis_names!r}].",
                )
            )  # fmt: skip
        if not shape or not axis_names:
            raise ValueError(
                "DeviceMesh: shape and axis_names must not be empty. Received: "
                f"shape={shape}, axis_names={axis_names}"
            )
        if len(shape) != len(axis_names) or len(set(axis_names)) != len(axis_names):
            raise ValueError(
                "DeviceMesh: axis_names must have one name for each axis of shape. Received: "
                f"shape={shape}, axis_names={axis_names}"
            )
        if devices is None:
            from keras_core.distribution.devices import list_devices

            devices = list_devices()
        grid = np.array(devices)
        if math.prod(shape) != grid.size:
            raise ValueError(
                "DeviceMesh: devices must be as many as shape has places. Received: "
                f"shape={tuple(shape)}, {grid.size} devices"
            )
        self._shape, self._axis_names = shape, axis_names
        self._devices = grid.reshape(shape)
        self._native: Any = None

    @property
    def shape(self) -> Any:
        """The grid's sizes."""
        return self._shape

    @property
    def axis_names(self) -> Any:
        """The axes' names."""
        return self._axis_names

    @property
    def devices(self) -> np.ndarray:
        """The devices' names, an array of the grid's shape."""
        return self._devices

    @property
    def backend_mesh(self) -> Any:
        """The framework's own mesh."""
        if self._native is None:
            self._native = backend.distribution.mesh(
                self._devices, tuple(str(name) for name in self._axis_names)
            )
        return self._native

    def size(self, axis_name: str) -> int:
        """How many devices lie along an axis."""
        return int(self._shape[list(self._axis_names).index(axis_name)])

    def __repr__(self) -> str:
        return f"<DeviceMesh shape={self.shape}, axis_names={self.axis_names}>"


def checked(mesh: Any, owner: str) -> DeviceMesh:
    """The argument `device_mesh` of `owner`, which must be one."""
    if not isinstance(mesh, DeviceMesh):
        raise ValueError(message(owner, "device_mesh", "be a DeviceMesh", mesh))
    return mesh


class TensorLayout:
    """Along which axes of a mesh the axes of a tensor are split.

    Args:
        axes: for each axis of the tensor a name of the mesh's, or None where it is whole.
        device_mesh: the mesh; None to set it later.

    Raises:
        ValueError: if a name is not of the mesh, or stands twice.

    Example:

    >>> import keras_core as keras
    >>> mesh = keras.distribution.DeviceMesh((1,), ["model"], ["cpu:0"])
    >>> keras.distribution.TensorLayout([None, "model"], mesh).axes
    (None, 'model')
    """

    def __init__(self, axes: Sequence[str | None], device_mesh: DeviceMesh | None = None) -> None:
        if isinstance(axes, str) or not isinstance(axes, Sequence):
            raise ValueError(
                message("TensorLayout", "axes", "be a list of the mesh's axes and None", axes)
            )
        self._axes = tuple(axes)
        self._device_mesh = None if device_mesh is None else checked(device_mesh, "TensorLayout")
        self._native: Any = None
        self._check()

    def _check(self) -> None:
        used = [axis for axis in self._axes if axis is not None]
        known = None if self._device_mesh is None else list(self._device_mesh.axis_names)
        if len(set(used)) != len(used) or (known is not None and not set(used) <= set(known)):
            raise ValueError(
                "TensorLayout: axes must be names of the mesh, each once, or None. Received: "
                f"axes={self._axes}" + ("" if known is None else f"; the mesh has {known}")
            )

    @property
    def axes(self) -> tuple[str | None, ...]:
        """For each axis of the tensor the mesh's axis that splits it, or None."""
        return self._axes

    @property
    def device_mesh(self) -> DeviceMesh | None:
        """The mesh."""
        return self._device_mesh

    @device_mesh.setter
    def device_mesh(self, value: DeviceMesh) -> None:
        if self._device_mesh is not None:
            raise ValueError("TensorLayout: device_mesh must be set only once.")
        self._device_mesh = value
        self._check()

    @property
    def backend_layout(self) -> Any:
        """The framework's own layout.

        Raises:
            ValueError: if there is no mesh yet.
        """
        if self._device_mesh is None:
            raise ValueError("TensorLayout: device_mesh must be set first. Received: None")
        if self._native is None:
            self._native = backend.distribution.layout(self._device_mesh.backend_mesh, self._axes)
        return self._native

    def __repr__(self) -> str:
        return f"<TensorLayout axes={self.axes}, device_mesh={self.device_mesh}>"
