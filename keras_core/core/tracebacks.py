"""Tracebacks that end at the user's line: see `config.enable_traceback_filtering`."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

from keras_core.core import advice, bridge, old_names, settings

P = ParamSpec("P")
R = TypeVar("R")

_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
_FRAMEWORKS = tuple(
    os.path.join(os.sep, "site-packages", name, "")
    for name in ("jax", "jaxlib", "numpy", "optree", "tensorflow", "torch")
)


def _is_inside(traceback: TracebackType) -> bool:
    """Whether a frame is this package's, or of the framework beneath."""
    name = traceback.tb_frame.f_code.co_filename
    return name.startswith((_PACKAGE, "<op ")) or any(part in name for part in _FRAMEWORKS)


def warn(text: str) -> None:
    """Warn at the line outside of this package that called in.

    Args:
        text: what to say.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, UserWarning, stacklevel=level)


def trim(error: BaseException | None) -> None:
    """Leave out of an error's traceback, and of its causes', all inner frames but the first.

    Frames of user code called from inside stay: those of a layer's `call`, say. Where a framework
    says that a tensor has no values, a note says what to write instead.

    Args:
        error: the error, caught where the user called in.
    """
    if error is not None and bridge.arrays.wants_values(error):
        notes = getattr(error, "__notes__", ())
        if advice.ON_VALUES not in notes:
            error.add_note(advice.ON_VALUES)
    if not settings.flags["traceback_filtering"]:
        return
    done: set[int] = set()
    while error is not None and id(error) not in done:
        done.add(id(error))
        notes = getattr(error, "__notes__", None)
        if notes:  # JAX's, on the frames that it leaves out itself
            notes[:] = [note for note in notes if "JAX_TRACEBACK_FILTERING" not in note]
        at = error.__traceback__
        while at is not None:
            following = at.tb_next
            while following is not None and _is_inside(following):
                following = following.tb_next
            at.tb_next = following
            at = following
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def trimmed(function: Callable[P, R]) -> Callable[P, R]:
    """A function that users call, with `trim` for what it raises.

    For arguments that it had in Keras 2 its TypeError says what took their place.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            trim(error)
            if isinstance(error, TypeError) and error.__traceback__.tb_next is None:  # type: ignore[union-attr]
                new = old_names.advice(kwargs)  # the function did not even begin
                if new and new not in str(error):  # by a base class's constructor
                    raise TypeError(f"{error}.{new}") from None
            raise

    return call
