"""What an operation's arguments must be, read off its annotations when a call has failed.

Nothing here runs while calls succeed: frameworks check arguments themselves, each in its own words.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from keras_core.core.errors import message

F = TypeVar("F", bound=Callable[..., Any])
_SIZES = frozenset(
    ("shape", "newshape", "repeats", "num_classes", "N", "M", "num", "num_segments", "size")
)
#: What to do about the most common of wrong arguments.
UNKNOWN = "A size that is not known yet is None in x.shape; ops.shape(x) has it as a tensor."


def _is_tensor(x: Any) -> bool:
    return hasattr(x, "shape") and hasattr(x, "dtype")


def _is_int(x: Any) -> bool:
    if _is_tensor(x):  # of any dtype it has an __index__
        return "float" not in str(x.dtype)
    return hasattr(x, "__index__")


def _is_number(x: Any) -> bool:
    return isinstance(x, (int, float, np.number)) or _is_tensor(x)


def _are_ints(x: Any) -> bool:
    if _is_tensor(x):
        return _is_int(x)
    return hasattr(x, "__iter__") and not isinstance(x, (str, bytes)) and all(map(_is_int, x))


#: By annotation: what it is called, and whether a value is one.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "int": ("an int", _is_int),
    "float": ("a number", _is_number),
    "str": ("a string", lambda x: isinstance(x, str)),
    "None": ("None", lambda x: x is None),
    "Sequence[int]": ("a sequence of ints", _are_ints),
    "tuple[int, ...]": ("a sequence of ints", _are_ints),
    "TensorLike": ("a tensor or convert to one", lambda x: x is not None),
    "Sequence[TensorLike]": (
        "a sequence of tensors",
        lambda x: isinstance(x, (list, tuple)) or bool(getattr(x, "shape", ())),
    ),
}
_NAMED = {
    "Axis": "int | Sequence[int] | None",
    "Sizes": "int | Sequence[int]",
    "Sizes | None": "int | Sequence[int] | None",
}


def fault(
    owner: str, params: Sequence[str], annotations: dict[str, Any], args: Sequence[Any]
) -> str | None:
    """The message for the first argument that is not what its annotation says; None if all are."""
    for param, value in zip(params, args, strict=False):
        text = str(annotations.get(param))
        kinds = [_KINDS.get(kind) for kind in _NAMED.get(text, text).split(" | ")]
        # Objects of each framework name dtypes; they have words of their own.
        if param == "dtype" or None in kinds:
            continue
        known = [kind for kind in kinds if kind is not None]
        if any(fits(value) for _, fits in known):
            continue
        nothing = value is None or (isinstance(value, (list, tuple)) and None in value)
        must = "be " + " or ".join(name for name, _ in known)
        return message(owner, param, must, value, UNKNOWN if nothing and param in _SIZES else "")
    return None


def named(owner: str = "") -> Callable[[F], F]:
    """A plain function that names the argument which is not what its annotation says.

    Args:
        owner: what stands before the function's name in messages, "random." say.
    """

    def declare(function: F) -> F:
        code: Any = function.__code__
        params = code.co_varnames[: code.co_argcount]

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                name = f"{owner}{function.__name__}"
                if str(error).startswith(f"{name}:"):
                    raise
                given = dict(zip(params, args, strict=False)) | kwargs
                text = fault(name, list(given), function.__annotations__, list(given.values()))
                if text is None:
                    raise
                raise ValueError(text) from error

        return run  # type: ignore[return-value]

    return declare


def not_whole(owner: str, name: str, value: Any, dtype: str) -> ValueError:
    """The error for an argument that must hold integers and is of another dtype."""
    mend = f"It has dtype {dtype}: cast it first, to int32 say."
    return ValueError(message(owner, name, "hold integers", value, mend))


def few_kernels_have(dtype: str, error: Exception) -> bool:
    """Whether it is for want of a kernel that an operation of this dtype failed."""
    kinds = (TypeError, NotImplementedError)
    return "float8" in dtype or (
        "complex" in dtype
        and (
            isinstance(error, kinds) or "complex" in str(error).lower() or "data type" in str(error)
        )
    )


def explained(error: Exception) -> Exception:
    """An error that needs no more words."""
    error._explained = True  # type: ignore[attr-defined]
    return error
