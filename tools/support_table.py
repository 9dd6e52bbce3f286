"""Write docs/support.md: each operation on each backend, from the operations' own declarations.

python tools/support_table.py           all four backends, each in a process of its own
python tools/support_table.py --show    the active backend's column as JSON
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pathlib
import pkgutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "support.md"
BACKENDS = ("numpy", "jax", "torch", "tensorflow")
HEAD = """\
# What runs where

Made by `python tools/support_table.py` from the declarations in `keras_core.ops` and from what
each backend offers for them; a test compares it with what is there.

- **native**: the framework's own function, or a few lines around it.
- **composed**: other operations, by the body of the declaration, which every backend shares.
- *float16 by float32* and the like: the framework has no kernel for the first dtype, so the
  operation casts there and back.
- Anything else is a gap, with the reason.

Gradients come from the framework: they are there on all backends but NumPy, which has none.
"""


def column() -> dict[str, dict[str, str]]:
    """What the active backend does for each operation: family -> name -> cell."""
    from keras_core import ops
    from keras_core.backends.contract import NotSupported
    from keras_core.ops import _door

    for module in pkgutil.walk_packages(ops.__path__, ops.__name__ + "."):
        importlib.import_module(module.name)
    found: dict[str, dict[str, str]] = {}
    for name, op in sorted(_door.registry.items()):
        family = op.body.__module__.removeprefix("keras_core.ops.")
        public = not name.startswith("_") and not family.startswith("_")
        if public and op.body.__module__.startswith("keras_core.ops."):
            found.setdefault(family, {})[name] = cell(op, NotSupported)
    return found


def cell(op, gap: type) -> str:
    """One operation on the active backend, in a few words."""
    if isinstance(op.native, gap):
        return op.native.reason
    if op.composed:
        return "composed"
    by: dict[str, list[str]] = {}
    for dtype, wide in op.via.items():
        by.setdefault(wide, []).append(dtype)
    notes = [f"{', '.join(sorted(names))} by {wide}" for wide, names in sorted(by.items())]
    return "; ".join(["native", *notes])


def page(columns: dict[str, dict[str, dict[str, str]]]) -> str:
    """The whole document."""
    lines = [HEAD]
    families = sorted({family for column in columns.values() for family in column})
    for family in families:
        lines += [f"## ops.{family}", "", "| operation | " + " | ".join(columns) + " |"]
        lines += ["|---" * (len(columns) + 1) + "|"]
        for name in sorted({n for column in columns.values() for n in column.get(family, {})}):
            cells = [column.get(family, {}).get(name, "not there") for column in columns.values()]
            lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def ask(backend: str) -> dict[str, dict[str, str]]:
    """`column` in a process that runs on another backend."""
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, __file__, "--show"]
    out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def main() -> None:
    """Write the page, or show one column."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--show", action="store_true", help="print the active backend's column")
    if parser.parse_args().show:
        print(json.dumps(column()))
    else:
        PAGE.write_text(page({backend: ask(backend) for backend in BACKENDS}))


if __name__ == "__main__":
    main()
