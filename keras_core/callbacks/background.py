"""Work that goes on beside training."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Background:
    """Runs one task at a time in a thread; an error in it is raised by the next call.

    The thread is waited for when the program ends, so that what was begun is finished.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def submit(self, task: Callable[[], None]) -> None:
        """Run `task` once the one before is done; raise what that one raised."""
        self.wait()
        self._thread = threading.Thread(target=self._run, args=(task,), name=self._name)
        self._thread.start()

    def _run(self, task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:
            self._error = error

    def wait(self) -> None:
        """Return when nothing is running any more; raise what the last task raised."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        error, self._error = self._error, None
        if error is not None:
            raise error
