"""Distributions: which layout each variable, each batch and each output has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import placement
from keras_core.distribution.layout_map import LayoutMap
from keras_core.distribution.mesh import DeviceMesh, TensorLayout, checked


class Distribution:
    """What both strategies share: a mesh, and the axis along which batches are split.

    Args:
        device_mesh: the mesh.
        batch_dim_name: the mesh's axis for batches; None for its first one.
        auto_shard_dataset: whether each process takes its own part of a data set.
    """

    def __init__(
        self,
        device_mesh: DeviceMesh,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        self._device_mesh = checked(device_mesh, type(self).__name__)
        self._batch_dim_name = batch_dim_name or device_mesh.axis_names[0]
        self._auto_shard_dataset = auto_shard_dataset
        if self._batch_dim_name not in device_mesh.axis_names:
            raise ValueError(
                f"{type(self).__name__}: batch_dim_name must be an axis of the mesh. Received: "
                f"batch_dim_name={batch_dim_name!r}; the mesh has {list(device_mesh.axis_names)}"
            )

    @property
    def device_mesh(self) -> DeviceMesh:
        """The mesh of devices."""
        return self._device_mesh

    @property
    def batch_dim_name(self) -> str:
        """The mesh's axis along which batches are split."""
        return self._batch_dim_name

    @property
    def auto_shard_dataset(self) -> bool:
        """Whether each process takes its own part of a data set."""
        return self._auto_shard_dataset

    @property
    def num_model_replicas(self) -> int:
        """How many copies of the model see different parts of a batch."""
        return self._device_mesh.size(self._batch_dim_name)

    @property
    def num_processes(self) -> int:
        """How many processes work together."""
        return backend.distribution.processes()[0]

    @property
    def data_shard_id(self) -> int:
        """Which part of a data set this process takes."""
        return backend.distribution.processes()[1]

    def get_data_layout(self, data_shape: Any) -> TensorLayout:
        """The layout of a batch's array: split along its first axis."""
        axes: list[str | None] = [None] * len(data_shape)
        if axes:
            axes[0] = self._batch_dim_name
        return TensorLayout(axes, self._device_mesh)

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        """The layout of a variable: its own, else whole on every device."""
        own = getattr(variable, "_layout", None)
        return (
            own
            if own is not None
            else TensorLayout([None] * len(variable.shape), self._device_mesh)
        )

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The layout of a layer's outputs, by its path and "/output"; None to leave them."""
        return None

    def distribute_dataset(self, dataset: Any) -> Any:
        """This process's part of a data set.

        Raises:
            NotImplementedError: if several processes work together.
        """
        if self.num_processes > 1 and self._auto_shard_dataset:
            raise NotImplementedError(
                f"{type(self).__name__}: give each process its own part of the data (with "
                "`dataset.shard(num_processes, data_shard_id)`, say) and set "
                "auto_shard_dataset=False."
            )
        return dataset

    def distribute_tf_dataset(self, dataset: Any) -> Any:
        """`distribute_dataset` under its older name."""
        return self.distribute_dataset(dataset)

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """A block in which the distribution is set."""
        from keras_core.distribution.current import set_distribution

        outer = placement.current
        set_distribution(self)
        try:
            yield
        finally:
            placement.current = outer

    def __repr__(self) -> str:
        return f"<{type(self).__name__} device_mesh={self.device_mesh}>"


class DataParallel(Distribution):
    """Each device has the whole model and sees its own part of each batch.

    Args:
        device_mesh: the mesh; batches are split along its first axis. None for all devices in
            one row.
        devices: the devices' names, in place of a mesh.
        auto_shard_dataset: whether each process takes its own part of a data set.

    Example:

    >>> import keras_core as keras
    >>> keras.distribution.DataParallel(devices=["cpu:0"]).num_model_replicas
    1
    """

    def __init__(
        self,
        device_mesh: DeviceMesh | None = None,
        devices: Any = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        if device_mesh is None:
            if devices is None:
                from keras_core.distribution.devices import list_devices

                devices = list_devices()
            devices = np.array(devices).flatten()
            device_mesh = DeviceMesh(devices.shape, ["batch"], devices)
        super().__init__(device_mesh, None, auto_shard_dataset)


class ModelParallel(Distribution):
    """Variables are split over devices by their paths, batches along one axis of the mesh.

    Args:
        layout_map: the layouts by path; what no key matches is whole on every device.
        batch_dim_name: the mesh's axis for batches; None for its first one.
        auto_shard_dataset: whether each process takes its own part of a data set.
        **kwargs: none.

    Raises:
        ValueError: if there is no layout map.

    Example:

    >>> import keras_core as keras
    >>> mesh = keras.distribution.DeviceMesh((1, 1), ["batch", "model"], ["cpu:0"])
    >>> layouts = keras.distribution.LayoutMap(mesh)
    >>> layouts[".*kernel"] = (None, "model")
    >>> keras.distribution.ModelParallel(layout_map=layouts).batch_dim_name
    'batch'
    """

    def __init__(
        self,
        *,
        layout_map: LayoutMap | None = None,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            raise TypeError(f"ModelParallel: unknown arguments {sorted(kwargs)}")
        if not isinstance(layout_map, LayoutMap):
            raise ValueError(
                f"ModelParallel: layout_map must be a LayoutMap. Received: {layout_map!r}"
            )
        super().__init__(layout_map.device_mesh, batch_dim_name, auto_shard_dataset)
        self._layout_map = layout_map

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        if getattr(variable, "_layout", None) is None:
            found = self._layout_map[variable.path]
            if found is not None:
                return found
        return super().get_variable_layout(variable)

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        return self._layout_map[path]
