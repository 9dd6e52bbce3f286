"""What lower floors have to ask of higher ones, which enter themselves here when they load."""

from __future__ import annotations

from typing import Any

arrays: Any = None  # the active backend's arrays module
keras_tensor: Any = None  # the class KerasTensor
compute_output_spec: Any = None  # abstract evaluation
numpy_called: Any = None  # a NumPy function of a KerasTensor
torch_called: Any = None  # a torch function of one
