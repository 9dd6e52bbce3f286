"""Let `import keras` mean keras_core, for code that cannot be edited.

In a program, before anything imports Keras:

    import keras_core.alias
    keras_core.alias.install()

or for a whole script or module, with its own arguments:

    python -m keras_core.alias script.py --epochs 3
    python -m keras_core.alias -m package.module

Real Keras need not be installed, and is not loaded. Names that other packages take from Keras's
inside are in the table `inside.INSIDE`; any other name under `keras.src` is an error that says
which public one to use.
"""

from __future__ import annotations

import dis
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from keras_core.alias.inside import INSIDE, replacement

#: The version of Keras whose interface `keras_core` has.
INTERFACE_VERSION = "3.15.1"
_PREFIX = "keras.src"
# `tensorflow.keras`, and where the attribute `tf.keras` looks.
_TF_KERAS = ("tensorflow.keras", "keras._tf_keras.keras", "keras.api._v2.keras")


def _imported_names() -> list[str]:
    """The names that the statement `from ... import` wants which Python is at.

    It first imports the packages on the path to their module: one of them is missing, and only
    the statement's own code knows for what.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        frame.f_code.co_filename == __file__ or "importlib" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    after = (i for i in dis.get_instructions(frame.f_code) if i.offset > frame.f_lasti)
    names = []
    for instruction in after:
        if instruction.opname == "IMPORT_FROM":
            names.append(instruction.argval)
        elif not instruction.opname.startswith("STORE_"):
            break
    return names


class _Inside(ModuleType):
    """A module under `keras.src`: the names of a public module, and some of its own."""

    def __init__(self, name: str, public: str, own: dict[str, str]) -> None:
        super().__init__(name)
        self.__dict__["__path__"] = []  # so that modules below it can be imported
        self._public, self._own = public, own

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":  # for `from keras.src.ops import *`
            return [n for n in dir(self) if not n.startswith("_")]
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._own.get(name)
        if found is not None:
            module, _, attribute = found.partition(":")
            return getattr(importlib.import_module(module), attribute)
        if (
            f"{self.__name__}.{name}"[len(_PREFIX) + 1 :] in INSIDE
        ):  # a module, maybe not imported yet
            return importlib.import_module(f"{self.__name__}.{name}")
        if self._public:
            public = importlib.import_module(self._public)
            if name in dir(public):
                return getattr(public, name)
        raise AttributeError(
            f"{self.__name__}.{name} is inside Keras, and keras_core has nothing under that name. "
            + replacement(name, self._public)
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
                # Python comes here for `from keras.src.ops import nothing` too. An error whose
                # `name` is the whole of that it would drop, for a text of its own.
                wanted = _imported_names() or [name.rpartition(".")[2]]
                advice = dict.fromkeys(replacement(one, "", inside) for one in wanted)
                raise ModuleNotFoundError(
                    f"{name} is inside Keras, and keras_core has nothing under that name. "
                    + " ".join(advice),
                    name=_PREFIX,
                )
            sys.modules[name] = _Inside(name, *INSIDE[inside])
            return
        for prefix in _TF_KERAS:
            if name == prefix or name.startswith(prefix + "."):
                name = "keras" + name[len(prefix) :]
                break
            if name.startswith("keras.") and prefix.startswith(name + "."):
                module.__path__ = []  # leads there, has nothing
                return
        sys.modules[module.__name__] = importlib.import_module("keras_core" + name[len("keras") :])


def install() -> None:
    """Let `import keras` mean keras_core from now on, in this process.

    `keras.__version__` is then the version of Keras whose interface this is: programs decide by
    it what they may call.

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
    package = importlib.import_module("keras_core")
    package.__version__ = INTERFACE_VERSION  # type: ignore[attr-defined]
