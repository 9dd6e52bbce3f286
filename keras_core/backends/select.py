"""Picks the backend, once: from `KERAS_BACKEND`, keras.json, or the first one installed.

Backends are found through the entry-point group ``keras_core.backends``; the in-tree ones
are known without it, so that importing needs no scan of the installed distributions.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from keras_core.core import bridge, settings

# Name -> (module, the package it needs, what to install). In order of preference.
_IN_TREE = {
    "tensorflow": ("keras_core.backends.tensorflow", "tensorflow", "tensorflow"),
    "jax": ("keras_core.backends.jax", "jax", "jax"),
    "torch": ("keras_core.backends.torch", "torch", "torch"),
    "numpy": ("keras_core.backends.numpy", "numpy", "numpy"),
}


#: Whether the program had imported Keras before: TensorFlow imports it itself where it can.
keras_came_first = "keras" in sys.modules


class Backend:
    """The active backend: its modules by the contract's sections, and its capabilities.

    `arrays`, `variables` and the op families load with it; `random`, `execute` and the rest on
    first use.
    """

    def __init__(self, name: str, package: str) -> None:
        self.name = name
        self.package = package
        root = importlib.import_module(package)
        self.capabilities: frozenset[str] = root.CAPABILITIES
        self.families: tuple[ModuleType, ...] = tuple(
            importlib.import_module(f"{package}.{family}") for family in root.FAMILIES
        )

    def __getattr__(self, section: str) -> ModuleType:
        if section.startswith("_"):
            raise AttributeError(section)
        module = importlib.import_module(f"{self.package}.{section}")
        self.__dict__[section] = module
        return module

    def has(self, capability: str) -> bool:
        """Whether the backend declares a capability; `contract.CAPABILITIES` explains them."""
        return capability in self.capabilities

    def native(self, name: str) -> Callable[..., Any] | None:
        """The framework's own implementation of an operation, None if it is composed."""
        for family in self.families:
            found = family.__dict__.get(name)
            if found is not None:
                return found
        return None

    def via(self, name: str) -> dict[str, Any]:
        """Dtypes that a native function has no kernel for, and what to compute them in or None.

        A family says so in its table `VIA`: operation -> {dtype: wider dtype}. The front door
        casts there and back, off the fast path; for None it raises an error. In place of a wider
        dtype may stand a function, called with the native one and its arguments, or "body" for the
        composed form.
        """
        found: dict[str, Any] = {}
        for family in self.families:
            found |= family.__dict__.get("VIA", {}).get(name, {})
        return found


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _choices() -> str:
    return ", ".join(_IN_TREE)


def _load() -> Backend:
    name = settings.configured_backend()
    if name is None:
        name = next(n for n, (_, package, _) in _IN_TREE.items() if _installed(package))
    if name in _IN_TREE:
        module, package, pip = _IN_TREE[name]
        if not _installed(package):
            raise ImportError(
                f"The backend {name!r} needs the package {package!r}, which is not installed. "
                f"Install it with: pip install {pip}\n"
                f"or choose another one of {_choices()} through the environment variable "
                f"KERAS_BACKEND or 'backend' in {os.path.join(settings.home(), 'keras.json')}."
            )
        return Backend(name, module)
    from importlib.metadata import entry_points

    for point in entry_points(group="keras_core.backends"):
        if point.name == name:
            return Backend(name, point.value)
    raise ValueError(
        f"The backend must be one of {_choices()}, or the name of an installed entry point in "
        f"the group 'keras_core.backends'. Received: {name!r} (from KERAS_BACKEND or "
        f"{os.path.join(settings.home(), 'keras.json')}). For example: "
        "KERAS_BACKEND=jax, after pip install jax."
    )


backend = _load()
bridge.arrays = backend.arrays


def layer_base() -> type:
    """The class that `Layer` stands on: `torch.nn.Module`, a TensorFlow trackable, or object."""
    return backend.layer_base.LayerBase


def state_base() -> type:
    """The class that optimizers and metrics stand on: a TensorFlow trackable, or a plain one."""
    return backend.layer_base.StateBase


def variable_class() -> type:
    """The backend's `Variable`."""
    return backend.variables.Variable
