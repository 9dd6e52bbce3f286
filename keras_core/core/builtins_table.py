"""The closed table of what a file may name without the user's leave.

`_PUBLIC` maps a public module of Keras to our package and the base classes of what may be
built from it. A name is looked up among that package's public names only, and must be of the
right kind. Nothing here imports a module because of what a file says: the packages that can
be imported are the ones written down in this file.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from typing import Any

# public module of Keras: (our package, base classes that a config may be of)
_PUBLIC: dict[str, tuple[str, tuple[str, ...]]] = {
    "keras": ("keras_core", ("Layer", "DTypePolicy", "Initializer", "InputSpec", "Regularizer",
                             "Optimizer", "Loss", "Metric", "Quantizer")),
    "keras.models": ("keras_core.models", ("Model",)),
    "keras.layers": ("keras_core.layers", ("Layer", "InputSpec")),
    "keras._legacy.layers": ("keras_core.legacy.layers", ("Layer",)),
    "keras.initializers": ("keras_core.initializers", ("Initializer",)),
    "keras.regularizers": ("keras_core.regularizers", ("Regularizer",)),
    "keras.constraints": ("keras_core.constraints", ("Constraint",)),
    "keras.optimizers": ("keras_core.optimizers", ("Optimizer",)),
    "keras.optimizers.schedules": (
        "keras_core.optimizers.schedules", ("LearningRateSchedule",)),
    "keras.losses": ("keras_core.losses", ("Loss",)),
    "keras.metrics": ("keras_core.metrics", ("Metric",)),
    "keras.dtype_policies": ("keras_core.dtype_policies", ("DTypePolicy", "DTypePolicyMap")),
    "keras.quantizers": ("keras_core.quantizers", ("Quantizer", "QuantizationConfig")),
    "keras.random": ("keras_core.random", ("SeedGenerator",)),
    "keras.utils": ("keras_core.utils", ("FeatureSpace",)),
    "keras.mixed_precision": ("keras_core.mixed_precision", ("Optimizer", "DTypePolicy")),
    "keras.distillation": ("keras_core.distillation", ("Distiller", "DistillationLoss")),
}  # fmt: skip

# Layers of published models, which have no public name.
_OF_APPLICATIONS = {
    "LayerScale": "convnext",
    "StochasticDepth": "convnext",
    "CustomScaleLayer": "inception_resnet_v2",
}

# Where a base class is itself public, when not in the package that uses it.
_HOMES = {
    "Layer": "keras_core.layers",
    "Model": "keras_core.models",
    "DTypePolicy": "keras_core.dtype_policies",
    "Initializer": "keras_core.initializers",
    "Regularizer": "keras_core.regularizers",
    "Optimizer": "keras_core.optimizers",
    "Loss": "keras_core.losses",
    "Metric": "keras_core.metrics",
    "Quantizer": "keras_core.quantizers",
    "InputSpec": "keras_core.layers",
}

# Built-in functions that a config may name, by package; the last resort are the operations.
# What looks others up or writes them down is none of them.
_NO_FUNCTIONS = frozenset(("deserialize", "get", "serialize"))
_FUNCTIONS = ("keras_core.activations", "keras_core.losses", "keras_core.metrics",
              "keras_core.ops")  # fmt: skip

# What meant something else in Keras 2, under the names that it has in files.
_OF_KERAS2 = {"keras2>hard_sigmoid": "hard_sigmoid"}

# Modules that files name and that are no public path, by prefix: Keras's inner modules since
# 2.13 ("keras.src"), before that ("keras.engine") and those of tf.keras.
_INNER_ROOTS = ("keras.src.", "tensorflow.python.keras.", "tf_keras.src.", "tf_keras.", "keras.")
_INNER = {
    "models": "keras.models",
    "engine": "keras.models",
    "layers": "keras.layers",
    "initializers": "keras.initializers",
    "regularizers": "keras.regularizers",
    "constraints": "keras.constraints",
    "optimizers": "keras.optimizers",
    "losses": "keras.losses",
    "metrics": "keras.metrics",
    "dtype_policies": "keras.dtype_policies",
    "mixed_precision": "keras.mixed_precision",
    "quantizers": "keras.quantizers",
    "random": "keras.random",
    "backend": "keras.random",
    "utils": "keras.utils",
    "distillation": "keras.distillation",
}
_OPERATIONS = ("keras.src.ops.", "keras.src.activations.", "keras.src.quantizers.")


@functools.cache
def _package(name: str) -> Any:
    """One of our packages, None if this installation does not have it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and name.startswith(error.name):
            return None
        raise


def public_name(package: str, name: Any) -> Any:
    """The object that `package` (one of ours) offers under a public name; None if it does not."""
    module = _package(package)
    if module is None or not isinstance(name, str) or name.startswith("_"):
        return None
    if name not in getattr(module, "__all__", ()):
        return None
    return getattr(module, name)


def _of_kind(found: Any, bases: tuple[str, ...], package: str) -> bool:
    for base in bases:
        cls = public_name(package, base)
        if cls is None and base in _HOMES:
            cls = public_name(_HOMES[base], base)
        if inspect.isclass(cls) and issubclass(found, cls):
            return True
    return False


def is_keras_module(module: Any) -> bool:
    """Whether a config's module is one of Keras's own, so that its class is a built-in."""
    return isinstance(module, str) and (
        module == "keras"
        or module.startswith(("keras.", "tf_keras", "tensorflow.python.keras", "tensorflow.keras"))
    )


def _public_modules(module: str) -> tuple[str, ...]:
    if module.startswith(("tensorflow.keras", "tf_keras.api.")):
        module = "keras" + module.removeprefix("tensorflow.keras").removeprefix("tf_keras.api")
    if module in _PUBLIC:
        return (module,)
    if module == "keras.optimizers.legacy":
        return ("keras.optimizers",)
    for root in _INNER_ROOTS:
        if module.startswith(root):
            parts = module[len(root) :].split(".")
            if parts[0] == "backend" and "optimizers" in parts:  # torch's own, say
                parts = ["optimizers"]
            public = _INNER.get(parts[0])
            if public == "keras.models":  # Keras 2's engine also held layers
                return ("keras.models", "keras.layers", "keras")
            if public == "keras.optimizers":
                return ("keras.optimizers.schedules", "keras.optimizers")
            return (public,) if public is not None else ()
    return ()


@functools.cache
def find_class(module: str, class_name: str) -> type | None:
    """The built-in class that a config's module and class name stand for; None if none does."""
    if module.startswith(_OPERATIONS):
        found = _package("keras_core.ops._saved").find_class(module, class_name)
        if found is not None:
            return found
    if class_name == "Functional" and module in (
        "keras.src.models.functional", "keras.src.engine.functional", "keras.engine.functional",
        "keras.models", "keras",
    ):  # fmt: skip
        package = _package("keras_core.models.functional")
        return package.Functional if package is not None else None
    owner = _OF_APPLICATIONS.get(class_name)
    if owner is not None and module == f"keras.src.applications.{owner}":
        package = _package(f"keras_core.applications.{owner}")
        return getattr(package, class_name, None)
    for public in _public_modules(module):
        package, bases = _PUBLIC[public]
        found = public_name(package, class_name)
        if inspect.isclass(found) and _of_kind(found, bases, package):
            return found
    return None


def module_of_layer(class_name: Any) -> str:
    """The module of a built-in layer whose class alone a file names, as `.h5` files do."""
    owner = _OF_APPLICATIONS.get(class_name) if isinstance(class_name, str) else None
    return f"keras.src.applications.{owner}" if owner is not None else "keras.layers"


def find_function(name: Any) -> Callable | None:
    """The built-in activation, loss, metric or operation of a name; None if none has it."""
    if name in _NO_FUNCTIONS:
        return None
    if name in _OF_KERAS2:
        return getattr(_package("keras_core.activations.keras2"), _OF_KERAS2[name])
    for package in _FUNCTIONS:
        found = public_name(package, name)
        if callable(found) and not inspect.isclass(found) and not inspect.ismodule(found):
            return found
    return None


def is_ours(cls: type) -> bool:
    """Whether a class is one of this package."""
    return cls.__module__.startswith("keras_core.")


@functools.cache
def public_path(cls: type) -> tuple[str, str] | None:
    """The public (module, name) of one of our classes as Keras writes it; None if it has none."""
    if not is_ours(cls):
        return None
    module, name = cls.__module__, cls.__name__
    if name == "Functional" and module.startswith("keras_core.models"):
        return "keras.src.models.functional", name
    owner = _OF_APPLICATIONS.get(name)
    if owner is not None and module == f"keras_core.applications.{owner}":
        return f"keras.src.applications.{owner}", name
    inner = module.removeprefix("keras_core.").split(".")
    candidates = ["keras"]
    if module.startswith("keras_core.optimizers"):
        candidates += ["keras.optimizers", "keras.optimizers.schedules"]
    candidates.append(f"keras.{inner[0]}")
    candidates += [public for public in _PUBLIC if public not in candidates]
    for public in candidates:
        entry = _PUBLIC.get(public)
        if entry is not None and public_name(entry[0], name) is cls:
            return public, name
    public = f"keras.{inner[0]}"  # a class that is public under another name only
    package = _PUBLIC[public][0] if public in _PUBLIC else None
    for other in getattr(_package(package), "__all__", ()) if package else ():
        if public_name(package, other) is cls:  # type: ignore[arg-type]
            return public, other
    return None
