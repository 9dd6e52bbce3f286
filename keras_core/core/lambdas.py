"""Python code in files: written with a warning, read only when the caller says so."""

from __future__ import annotations

import base64
import logging
import marshal
import types
import warnings
from collections.abc import Callable
from typing import Any

from keras_core.core.errors import InvalidFileError

_log = logging.getLogger("keras_core")


def is_lambda(obj: Any) -> bool:
    """Whether `obj` is a function without a name."""
    return isinstance(obj, types.FunctionType) and obj.__name__ == "<lambda>"


def dump(function: Callable, what: str = "A lambda") -> tuple[str, Any, Any]:
    """The code (base64 of marshalled bytes), defaults and closure values of a function."""
    warnings.warn(
        f"{what} is written into the file as Python bytecode, which runs on this version of "
        "Python only, and loads only with safe_mode=False. Give the function a name and register "
        "it with @keras.saving.register_keras_serializable() instead.",
        stacklevel=4,
    )
    code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
    closure = function.__closure__
    cells = None if closure is None else tuple(cell.cell_contents for cell in closure)
    return code, function.__defaults__, cells


def load(code: Any, defaults: Any = None, closure: Any = None) -> Callable:
    """The function that `dump` wrote. Only ever called when the caller said safe_mode=False."""
    if not isinstance(code, str):
        raise InvalidFileError(f"A lambda's code must be a base64 string. Received: {code!r}")
    try:
        raw = base64.b64decode(code)
        unmarshalled = marshal.loads(raw)
    except (ValueError, EOFError, TypeError) as error:
        raise InvalidFileError(f"A lambda's code cannot be read: {error}") from error
    if not isinstance(unmarshalled, types.CodeType):
        raise InvalidFileError("A lambda's code must be a function's code.")
    _log.warning("safe_mode=False: Python code out of a file will run: %s", outline(unmarshalled))
    cells = None
    if closure is not None:
        cells = tuple(c if isinstance(c, types.CellType) else types.CellType(c) for c in closure)
    if isinstance(defaults, list):
        defaults = tuple(defaults)
    return types.FunctionType(unmarshalled, globals_of_keras(), argdefs=defaults, closure=cells)


def outline(code: types.CodeType) -> str:
    """What a function's code takes, and the names it uses, those of functions inside included."""
    names: list[str] = []

    def visit(part: types.CodeType) -> None:
        names.extend(part.co_names)
        for constant in part.co_consts:
            if isinstance(constant, types.CodeType):
                visit(constant)

    visit(code)
    takes = ", ".join(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    uses = ", ".join(dict.fromkeys(names)) or "no names"
    return f"{code.co_name}({takes}) of {code.co_filename}:{code.co_firstlineno}, using {uses}"


def globals_of_keras() -> dict[str, Any]:
    """What a loaded lambda's free names see: Python's builtins, `keras` and its `ops`."""
    import builtins
    import importlib

    keras = importlib.import_module("keras_core")
    return {"__builtins__": builtins, "keras": keras, "ops": keras.ops}
