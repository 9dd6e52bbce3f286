"""Let `import keras` mean keras_core, for code that cannot be edited.

In a program, before anything imports Keras:

    import keras_core.alias
    keras_core.alias.install()

or for a whole script or module, with its own arguments:

    python -m keras_core.alias script.py --epochs 3
    python -m keras_core.alias -m package.module

Real Keras need not be installed, and is not loaded. Names that other packages take from Keras's
inside are in the table `INSIDE`; any other name under `keras.src` is an error that says where to
look for a public one.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

#: Module under `keras.src` -> (the public module whose names it has too, or "", its own names).
INSIDE: dict[str, tuple[str, dict[str, str]]] = {
    "": ("keras_core", {}),
    "backend": (
        "keras_core.backend",
        {
            "KerasTensor": "keras_core:KerasTensor",
            "Variable": "keras_core:Variable",
            "StatelessScope": "keras_core:StatelessScope",
            "SymbolicScope": "keras_core:SymbolicScope",
            "name_scope": "keras_core:name_scope",
            "convert_to_tensor": "keras_core.ops:convert_to_tensor",
            "convert_to_numpy": "keras_core.ops:convert_to_numpy",
            "cast": "keras_core.ops:cast",
            "shape": "keras_core.ops:shape",
            "is_tensor": "keras_core.ops:is_tensor",
            "compute_output_spec": "keras_core.symbolic.abstract:compute_output_spec",
            "standardize_shape": "keras_core.core.shapes:standardize_shape",
            "get_keras_mask": "keras_core.layers.base.masks:get_mask",
            "set_keras_mask": "keras_core.layers.base.masks:set_mask",
        },
    ),
    "backend.common": ("keras_core.backend", {"KerasVariable": "keras_core:Variable"}),
    "backend.common.variables": (
        "",
        {
            "KerasVariable": "keras_core:Variable",
            "standardize_dtype": "keras_core.backend:standardize_dtype",
            "standardize_shape": "keras_core.core.shapes:standardize_shape",
        },
    ),
    "backend.common.keras_tensor": ("", {"KerasTensor": "keras_core:KerasTensor"}),
    "backend.common.stateless_scope": ("", {"StatelessScope": "keras_core:StatelessScope"}),
    "backend.config": ("keras_core.config", {}),
    "distribution": ("keras_core.distribution", {}),
    "distribution.distribution_lib": ("keras_core.distribution", {}),
    "layers": ("keras_core.layers", {}),
    "layers.input_spec": ("", {"InputSpec": "keras_core:InputSpec"}),
    "layers.layer": ("", {"Layer": "keras_core:Layer"}),
    "layers.merging": ("keras_core.layers", {}),
    "layers.merging.base_merge": ("", {"Merge": "keras_core.layers.merging.base:Merge"}),
    "layers.rnn": ("keras_core.layers", {}),
    "losses": ("keras_core.losses", {}),
    "losses.loss": ("", {"Loss": "keras_core:Loss"}),
    "losses.losses": (
        "keras_core.losses",
        {"LossFunctionWrapper": "keras_core.losses.loss:LossFunctionWrapper"},
    ),
    "metrics": ("keras_core.metrics", {}),
    "metrics.metric": ("", {"Metric": "keras_core:Metric"}),
    "models": ("keras_core.models", {}),
    "models.functional": ("", {"Functional": "keras_core.models.functional:Functional"}),
    "models.model": ("", {"Model": "keras_core:Model"}),
    "models.sequential": ("", {"Sequential": "keras_core:Sequential"}),
    "ops": ("keras_core.ops", {}),
    "ops.operation": ("", {"Operation": "keras_core:Operation"}),
    "optimizers": ("keras_core.optimizers", {}),
    "optimizers.optimizer": ("", {"Optimizer": "keras_core:Optimizer"}),
    "random": ("keras_core.random", {}),
    "random.seed_generator": ("", {"SeedGenerator": "keras_core.random:SeedGenerator"}),
    "saving": ("keras_core.saving", {}),
    "saving.object_registration": ("keras_core.saving", {}),
    "saving.saving_lib": (
        "",
        {
            "save_model": "keras_core.saving:save_model",
            "load_model": "keras_core.saving:load_model",
        },
    ),
    "saving.serialization_lib": (
        "",
        {
            "deserialize_keras_object": "keras_core.saving:deserialize_keras_object",
            "serialize_keras_object": "keras_core.saving:serialize_keras_object",
            "in_safe_mode": "keras_core.core.registry:in_safe_mode",
        },
    ),
    "tree": ("keras_core.tree", {}),
    "utils": ("keras_core.utils", {}),
} | {
    area: (f"keras_core.{area}", {})
    for area in (
        "activations applications callbacks constraints datasets dtype_policies export "
        "initializers quantizers regularizers"
    ).split()
}
for _kind in ("rnn", "lstm", "gru", "simple_rnn", "bidirectional", "time_distributed"):
    INSIDE[f"layers.rnn.{_kind}"] = ("keras_core.layers", {})

_PREFIX = "keras.src"
# `tensorflow.keras`, and where the attribute `tf.keras` looks.
_TF_KERAS = ("tensorflow.keras", "keras._tf_keras.keras", "keras.api._v2.keras")


class _Inside(ModuleType):
    """A module under `keras.src`: the names of a public module, and some of its own."""

    def __init__(self, name: str, public: str, own: dict[str, str]) -> None:
        super().__init__(name)
        self.__dict__["__path__"] = []  # so that modules below it can be imported
        self._public, self._own = public, own

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._own.get(name)
        if found is not None:
            module, _, attribute = found.partition(":")
            return getattr(importlib.import_module(module), attribute)
        if self._public:
            public = importlib.import_module(self._public)
            if name in dir(public):
                return getattr(public, name)
        raise AttributeError(
            f"{self.__name__}.{name} is inside Keras, and keras_core has nothing under that name. "
            f"Use a public name, from {self._public or 'keras_core'} for instance."
        )

    def __dir__(self) -> list[str]:
        public = dir(importlib.import_module(self._public)) if self._public else []
        return sorted({*self._own, *public})


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `keras` and what is below it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not any(
            fullname == root or fullname.startswith(root + ".")
            for root in ("keras", "tensorflow.keras")
        ):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Put the module that is meant in the place of the empty one."""
        name = module.__name__
        if name == _PREFIX or name.startswith(_PREFIX + "."):
            inside = name[len(_PREFIX) + 1 :]
            if inside not in INSIDE:
                raise ModuleNotFoundError(
                    f"{name} is inside Keras, and keras_core has nothing under that name. Use "
                    "public names: keras.layers, keras.ops, keras.saving and the like. "
                    "keras_core.alias.INSIDE lists what is known.",
                    name=name,
                )
            sys.modules[name] = _Inside(name, *INSIDE[inside])
            return
        for prefix in _TF_KERAS:
            if name == prefix or name.startswith(prefix + "."):
                name = "keras" + name[len(prefix) :]
                break
            if name.startswith("keras.") and prefix.startswith(name + "."):
                module.__path__ = []  # type: ignore[attr-defined]  # leads there, has nothing
                return
        sys.modules[module.__name__] = importlib.import_module("keras_core" + name[len("keras") :])


def install() -> None:
    """Let `import keras` mean keras_core from now on, in this process.

    Raises:
        RuntimeError: if Keras itself was imported before.

    Example:

    >>> import keras_core.alias
    >>> keras_core.alias.install()  # doctest: +SKIP
    """
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    # With TensorFlow its own copy may be there by now, for TensorFlow alone.
    select = importlib.import_module("keras_core.backends.select")
    if select.keras_came_first:
        raise RuntimeError(
            "keras_core.alias: Keras was imported before; call install() first, or run the program "
            "by: python -m keras_core.alias program.py"
        )
    for name in [n for n in sys.modules if n == "keras" or n.startswith("keras.")]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder())


def main(arguments: list[str]) -> None:
    """Run a script, or with `-m` a module, in which `keras` is keras_core."""
    import runpy

    if not arguments or (arguments[0] == "-m" and len(arguments) < 2) or arguments[0] == "-h":
        raise SystemExit(
            "usage: python -m keras_core.alias script.py [arguments]\n"
            "       python -m keras_core.alias -m module [arguments]"
        )
    # This module runs as __main__: what it installs is to be known as keras_core.alias.
    importlib.import_module("keras_core.alias").install()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        import os

        sys.argv = arguments
        sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
