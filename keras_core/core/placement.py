"""Where values lie when a distribution is set: asked when variables and batches are made.

The floor that knows about distributions is far up; it leaves the current one here. Without one
the whole matter is one look at a module global.
"""

from __future__ import annotations

from typing import Any

#: The current distribution, None without one.
current: Any = None
