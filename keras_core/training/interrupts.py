"""Ctrl-C while a step runs waits until the step's results are the model's variables."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class InterruptGuard:
    """Between its steps an interrupt is raised at once, during one right after it.

    A step may give up the memory of the variables it replaces; were it interrupted before the
    new values are in place, the model would be lost. A second Ctrl-C does not wait.

    Example:

        with InterruptGuard() as guard:
            result = guard.run(function)
    """

    _installed = False

    def __init__(self) -> None:
        self._busy = False
        self._pending = False
        self._previous: Any = None

    def __enter__(self) -> InterruptGuard:
        main = threading.current_thread() is threading.main_thread()
        if main and not InterruptGuard._installed:
            previous = signal.getsignal(signal.SIGINT)
            if callable(previous):
                self._previous = previous
                signal.signal(signal.SIGINT, self._handle)
                InterruptGuard._installed = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
            self._previous = None
            InterruptGuard._installed = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._busy and not self._pending:
            self._pending = True
        else:
            self._previous(number, frame)

    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """`function(*args)`, undisturbed."""
        self._busy = True
        try:
            return function(*args)
        finally:
            self._busy = False
            if self._pending:
                self._pending = False
                raise KeyboardInterrupt
