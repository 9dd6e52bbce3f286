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
- *not int64* and the like: neither; the operation refuses this dtype by name.
- Anything else is a gap, with the reason.

**dtypes** says what the declaration takes: a group of dtypes (bool, int, float, complex; float8
takes no part in promotion), *as* what it is calculated where that is another one (float32 stands
for `floatx()`), *any* where tensors keep the dtypes they have; and of which arguments, where not of
all. JAX holds 64 bits in 32 unless `jax_enable_x64` is set.

**gradient**: *checked* where the tests' tables check it by finite differences or Keras, on JAX,
PyTorch and TensorFlow (NumPy has none); a dash where no float goes in or comes out; *not in the
tables* where a test of its own has it, or there is none to speak of (of a step function, say).
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
        if callable(wide) or dtype.startswith("float8"):
            continue  # a function of the backend's own stands in; float8 is by float32 anywhere
        by.setdefault(wide or "", []).append(dtype)
    notes = [
        f"not {', '.join(sorted(names))}"
        if not wide
        else f"{', '.join(sorted(names))} {'composed' if wide == 'body' else f'by {wide}'}"
        for wide, names in sorted(by.items())
    ]
    return "; ".join(["native", *notes])


def taken(op) -> str:
    """The dtypes that the tensors of an operation may have, by its declaration's rule."""
    from keras_core.core import dtypes

    groups = {
        "bool": ("bool",),
        "int": dtypes.INT_TYPES,
        "float": dtypes.FLOAT_TYPES,
        "complex": dtypes.COMPLEX_TYPES,
    }
    rule = op.dtype
    if not op.tensors:
        return "no tensors"
    if rule is None or rule.compute is None:
        return "any"
    kinds = {group: [_computed(rule, name) for name in names] for group, names in groups.items()}
    parts = []
    for group, found in kinds.items():
        if not any(found):
            continue
        if all(a == b for a, b in zip(found, groups[group], strict=True)):
            parts.append(group)
        else:
            to = sorted({name for name in found if name}, key=dtypes.ALL_TYPES.index)
            parts.append(f"{group} as {to[0] if len(to) == 1 else 'wider ones'}")
    text = ", ".join(parts)
    return text if rule.only is None else f"{', '.join(rule.only)}: {text}"


def _computed(rule, name: str) -> str | None:
    try:
        return rule.compute((name,))
    except (TypeError, ValueError):
        return None


def facts() -> dict[str, dict[str, list[str]]]:
    """What holds of each operation on every backend, as NumPy tells: dtypes and gradient."""
    from keras_core.ops import _door

    checked = gradients()
    return {
        family: {
            name: [taken(_door.registry[name]), checked.get(name, "not in the tables")]
            for name in operations
        }
        for family, operations in column().items()
    }


def gradients() -> dict[str, str]:
    """Whether the rows of the tests' tables check an operation's gradient."""
    import numpy as np

    from keras_core import ops
    from tests.ops.case import leaves, map_arrays, native
    from tests.ops.test_cases import CASES

    found: dict[str, str] = {}
    for _, case in CASES:
        name = case.op.rpartition(".")[2]
        dtype = next((d for d in case.dtypes if d in ("float32", "float64")), None)
        if dtype is None or found.get(name) == "checked":
            found.setdefault(name, "-")
            continue
        args, kwargs = case.draw(dtype)
        inputs: list = []
        map_arrays(inputs.append, [args, kwargs])
        with np.errstate(all="ignore"):
            result = case.function(ops)(*native(args), **native(kwargs))
        kinds = [
            [getattr(x, "dtype", np.dtype(int)).kind for x in y] for y in (inputs, leaves(result))
        ]
        floats = all(set(kind) & {"f", "c"} for kind in kinds)
        if floats:
            found[name] = "checked" if case.grad else "not in the tables"
        else:
            found.setdefault(name, "-")
    return found


def page(
    columns: dict[str, dict[str, dict[str, str]]], common: dict[str, dict[str, list[str]]]
) -> str:
    """The whole document."""
    lines = [HEAD]
    families = sorted({family for column in columns.values() for family in column})
    for family in families:
        heads = ["operation", *columns, "dtypes", "gradient"]
        lines += [f"## ops.{family}", "", "| " + " | ".join(heads) + " |"]
        lines += ["|---" * len(heads) + "|"]
        for name in sorted({n for column in columns.values() for n in column.get(family, {})}):
            cells = [column.get(family, {}).get(name, "not there") for column in columns.values()]
            cells += common.get(family, {}).get(name, ["?", "?"])
            lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def ask(backend: str, what: str = "--show") -> dict:
    """`column`, or `facts`, in a process that runs on another backend."""
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, __file__, what]
    out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def main() -> None:
    """Write the page, or show one column."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--show", action="store_true", help="print the active backend's column")
    parser.add_argument("--facts", action="store_true", help="print dtypes and gradients")
    given = parser.parse_args()
    if given.show or given.facts:
        print(json.dumps(column() if given.show else facts()))
    else:
        columns = {backend: ask(backend) for backend in BACKENDS}
        PAGE.write_text(page(columns, ask("numpy", "--facts")))


if __name__ == "__main__":
    main()
