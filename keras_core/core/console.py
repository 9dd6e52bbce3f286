"""Text for the user on the standard output, whatever that can show."""

from __future__ import annotations

import sys

_PLAIN = str.maketrans({"━": "=", "╌": "."})


def write(text: str) -> None:
    """Write to the standard output and flush it; without one (`pythonw`), do nothing.

    Characters that its encoding lacks are replaced: those of the progress bar by ASCII ones,
    others by a question mark. A metric's name or a path must not end a training.
    """
    out = sys.stdout
    if out is None:
        return
    try:
        out.write(text)
    except UnicodeEncodeError:
        encoding = out.encoding or "ascii"
        out.write(text.translate(_PLAIN).encode(encoding, "replace").decode(encoding))
    out.flush()
