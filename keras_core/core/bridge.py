"""What the registry has to ask of the floors above: they enter themselves here when they load."""

from __future__ import annotations

from typing import Any

arrays: Any = None  # the active backend's arrays module
keras_tensor: Any = None  # the class KerasTensor
