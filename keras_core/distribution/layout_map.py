"""LayoutMap: layouts for a model's variables and outputs, by their paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from keras_core.distribution.mesh import DeviceMesh, TensorLayout, checked


class LayoutMap(MutableMapping):
    """Layouts by path; a key is a path, or a regular expression that a whole path matches.

    Variables have their `path`; a layer's outputs have the layer's path and "/output".

    Args:
        device_mesh: the mesh of layouts that are given as tuples.

    Raises:
        TypeError: if a key is no string.
        ValueError: if a key stands twice, a value is no layout, or two keys match a path.

    Example:

    >>> import keras_core as keras
    >>> mesh = keras.distribution.DeviceMesh((1, 1), ["batch", "model"], ["cpu:0"])
    >>> layouts = keras.distribution.LayoutMap(mesh)
    >>> layouts["dense.*kernel"] = (None, "model")
    >>> layouts["dense_3/kernel"].axes
    (None, 'model')
    """

    def __init__(self, device_mesh: DeviceMesh) -> None:
        self._device_mesh = checked(device_mesh, "LayoutMap")
        self._layouts: dict[str, TensorLayout] = {}

    @property
    def device_mesh(self) -> DeviceMesh:
        """The mesh of layouts that are given as tuples."""
        return self._device_mesh

    def __getitem__(self, key: str) -> Any:
        if key in self._layouts:
            return self._layouts[key]
        matches = [pattern for pattern in self._layouts if re.fullmatch(pattern, key)]
        if len(matches) > 1:
            raise ValueError(
                f"LayoutMap: only one key must match a path. Received: {key!r}, which matches "
                f"{matches}"
            )
        return self._layouts[matches[0]] if matches else None

    def __setitem__(self, key: str, layout: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"LayoutMap: a key must be a string. Received: {key!r}")
        if key in self._layouts:
            raise ValueError(
                f"LayoutMap: a key must be set only once. Received: {key!r}, which has "
                f"{self._layouts[key]!r}. Delete it first."
            )
        if isinstance(layout, (tuple, list)):
            layout = TensorLayout(layout, self._device_mesh)
        if not isinstance(layout, TensorLayout):
            raise ValueError(
                "LayoutMap: a value must be a TensorLayout or a tuple of axis names. Received: "
                f"{layout!r}"
            )
        if layout.device_mesh is None:
            layout.device_mesh = self._device_mesh
        self._layouts[key] = layout

    def __delitem__(self, key: str) -> None:
        del self._layouts[key]

    def __contains__(self, key: object) -> bool:
        return key in self._layouts

    def __len__(self) -> int:
        return len(self._layouts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layouts)
