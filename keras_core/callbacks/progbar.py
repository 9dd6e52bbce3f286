"""A progress bar: redrawn in place on a terminal, one line at the end elsewhere."""

from __future__ import annotations

import math
import os
import shutil
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from keras_core.core.console import write


class _Line:
    """The line that a bar draws over, which one within it draws over as well."""

    length = 0  # characters on the screen, until the line is ended


class Progbar:
    """Show how far a loop has come, how long it will take, and some values.

    Args:
        target: the number of steps in all; None if it is not known.
        width: of the bar, in characters.
        verbose: 0 for nothing, 1 for a bar that is redrawn in place (where the output is no
            terminal: one line at the end), 2 for one line at the end.
        interval: seconds between redraws, at the least.
        stateful_metrics: names of values that are shown as they are, not averaged.
        stateless_metrics: names of values that are averaged over the steps, weighted by how
            far each update went; given this, all others are shown as they are.
        unit_name: what a step is called.

    Raises:
        ValueError: if both lists of names are given.

    Example:

    >>> import keras_core as keras
    >>> bar = keras.utils.Progbar(2, verbose=0)
    >>> bar.update(1, [("loss", 0.5)])
    >>> bar.update(2, [("loss", 0.25)])
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Sequence[str] | None = None,
        stateless_metrics: Sequence[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Progbar: only one of stateful_metrics and stateless_metrics may be given. "
                f"Received: stateful_metrics={stateful_metrics}, "
                f"stateless_metrics={stateless_metrics}"
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._shown_as_is = set(stateful_metrics or ())
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        self._sums: dict[str, tuple[Any, float]] = {}  # name -> (sum or value, weight)
        self._seen = 0
        self._start = time.perf_counter()
        self._first_done = 0.0  # when the first step, with what it compiles, was over
        self._drawn_at = 0.0
        self._line = _Line()
        self._label = ""

    # Values --------------------------------------------------------------------------------

    def _keeps(self, name: str) -> bool:
        if self._averaged is not None:
            return name not in self._averaged
        return name in self._shown_as_is

    def due(self) -> bool:
        """Whether an `update` now would redraw the bar, as far as the clock says."""
        return self.verbose == 1 and time.perf_counter() - self._drawn_at >= self.interval

    def update(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:  # fmt: skip
        """Move the bar.

        Args:
            current: the number of steps that are done.
            values: pairs of a name and a number.
            finalize: whether this is the last update; None: when `current` reaches `target`.
        """
        weight = max(current - self._seen, 1)
        for name, value in values or ():
            if self._keeps(name):
                self._sums[name] = (value, 1.0)
            else:
                total, count = self._sums.get(name, (0.0, 0.0))
                self._sums[name] = (total + value * weight, count + weight)
        self._seen = current
        now = time.perf_counter()
        if not self._first_done and current:
            self._first_done = now
            self._first_count = current
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        if finalize and self.target is None:
            self.target = current
        out = sys.stdout
        if self.verbose == 1 and redraws(out):
            if finalize or now - self._drawn_at >= self.interval:
                self._drawn_at = now
                line = self._label + self._bar_line(now, finalize)
                columns = shutil.get_terminal_size().columns
                if len(line) >= columns and not finalize:
                    line = line[: columns - 1]
                drawn = self._styled(line, out) + self._erased(line, out)
                write("\r" + drawn + "\n" * finalize)
                self._line.length = 0 if finalize else len(line)
        elif self.verbose in (1, 2) and finalize:
            write(self._final_line(now) + "\n")

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Move the bar by `n` steps."""
        self.update(self._seen + n, values)

    def close(self) -> None:
        """End a bar that did not reach its target, so that other text starts on its own line."""
        if self._line.length:
            write("\n")
            self._line.length = 0

    def inner(self, target: int | None, label: str) -> Progbar:
        """A bar that is drawn over this one's line for a while; this one is not finished yet."""
        bar = Progbar(
            target, self.width, self.verbose, self.interval, stateless_metrics=(),
            unit_name=self.unit_name,
        )  # fmt: skip
        bar._label, bar._line = label, self._line
        return bar

    # Text ----------------------------------------------------------------------------------

    def _per_step(self, now: float) -> float:
        """Seconds a step takes; the first one is left out where there are others."""
        if self._seen > getattr(self, "_first_count", self._seen):
            return (now - self._first_done) / (self._seen - self._first_count)
        return (now - self._start) / max(self._seen, 1)

    def _count(self) -> str:
        if self.target is None:
            return f"{self._seen}/Unknown"
        digits = len(str(self.target))
        return f"{self._seen:>{digits}}/{self.target}"

    def _values(self) -> str:
        return "".join(
            f" - {name}: {format_value(total / count if count != 1.0 else total)}"
            for name, (total, count) in self._sums.items()
        )

    def _bar_line(self, now: float, finalize: bool) -> str:
        per_step = self._per_step(now)
        if finalize or self.target is None:
            clock = format_seconds(now - self._start)
        else:
            clock = "ETA " + format_seconds(per_step * (self.target - self._seen))
        bar = ""
        if self.target:
            done = min(self.width, self.width * self._seen // self.target)
            bar = " " + "━" * done + "╌" * (self.width - done)
        elif not finalize:
            at = self._seen % max(self.width, 1)
            bar = " " + "╌" * at + "━" + "╌" * (self.width - at - 1)
        return f"{self._count()}{bar} {clock} {self._pace(per_step)}{self._values()}"

    def _styled(self, line: str, out: TextIO) -> str:
        if not _is_terminal(out) or os.environ.get("NO_COLOR"):
            return line
        done = line.rfind("━") + 1
        return f"\x1b[32m{line[:done]}\x1b[0m{line[done:]}" if done else line

    def _erased(self, line: str, out: TextIO) -> str:
        """What removes the rest of the line drawn before; notebooks know no code for it."""
        return "\x1b[K" if _is_terminal(out) else " " * (self._line.length - len(line))

    def _final_line(self, now: float) -> str:
        pace = self._pace((now - self._start) / max(self._seen, 1))
        return f"{self._count()} - {format_seconds(now - self._start)} - {pace}{self._values()}"

    def _pace(self, per_step: float) -> str:
        for limit, factor, unit in ((1.0, 1.0, "s"), (1e-3, 1e3, "ms"), (0.0, 1e6, "us")):
            if per_step >= limit:
                return f"{per_step * factor:.0f}{unit}/{self.unit_name}"
        return f"0s/{self.unit_name}"


def redraws(out: TextIO) -> bool:
    """Whether a line can be drawn over: on a terminal that is not dumb, or in a notebook."""
    return (_is_terminal(out) and os.environ.get("TERM") != "dumb") or "ipykernel" in sys.modules


def _is_terminal(out: TextIO) -> bool:
    try:
        return out.isatty()
    except (AttributeError, ValueError):
        return False


def format_seconds(seconds: float) -> str:
    """`3s`, `2:05` or `1:02:03`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def format_value(value: Any) -> str:
    """A number to four places, in powers of ten where it is small; anything else as it is."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    if math.isfinite(number) and 0 < abs(number) <= 1e-3:
        return f"{number:.4e}"
    return f"{number:.4f}"
