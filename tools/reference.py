"""The reference pages of the documentation, made from the public names and their docstrings.

python tools/reference.py           every public name that lacks a docstring or an example
python tools/reference.py --list    every public name and the page that documents it

The names are those of the stubs; objects, signatures and docstrings are the real ones, of the
NumPy backend. `tools/site.py` hands the pages to MkDocs.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import inspect
import os
import pathlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "numpy")
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
importlib.import_module("keras_core")

PACKAGE = "keras_core"
MOST = 64  # names on a page before it is split by source file
HEADING = re.compile(r"([A-Z][\w ]*):")
INDENTED = re.compile(r"^ +((?:Args|Returns|Raises|Reference|Example):)$", re.MULTILINE)
LISTS = ("Args", "Call arguments", "Attributes", "Raises")


@dataclasses.dataclass
class Entry:
    """One public object.

    Attributes:
        names: its public names without the package, the one it is documented under first.
        object: what it is.
        page: the path of its page, without suffix.
    """

    names: list[str]
    object: Any
    page: str = ""

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def anchor(self) -> str:
        return f"keras.{self.name}"

    @property
    def namespace(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def doc(self) -> str | None:
        """The docstring written for it: not an inherited one, nor that of a constant's type."""
        if inspect.isclass(self.object):
            text = vars(self.object).get("__doc__")
        elif callable(self.object):
            text = getattr(self.object, "__doc__", None)
        else:
            text = constant_doc(self.names)
        return inspect.cleandoc(text) if text else None


def stub_lines() -> Iterator[tuple[str, str, str]]:
    """`(namespace, module the name comes from, name)` for each public name."""
    for stub in sorted((ROOT / PACKAGE).rglob("*.pyi")):
        parts = stub.relative_to(ROOT / PACKAGE).with_suffix("").parts
        namespace = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        for module, name in re.findall(
            r"^from (\S+) import (\w+) as \2$", stub.read_text(), re.MULTILINE
        ):
            if not name.startswith("_"):
                yield namespace, module, name


def constant_doc(names: list[str]) -> str | None:
    """The string under the assignment of a public constant."""
    for namespace, module, name in stub_lines():
        if f"{namespace}.{name}".lstrip(".") in names:
            path = ROOT / PACKAGE / namespace.replace(".", "/") / f"{module.lstrip('.')}.py"
            body = ast.parse(path.read_text()).body if path.exists() else []
            for statement, after in zip(body, body[1:], strict=False):
                targets = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
                if (
                    isinstance(statement, (ast.Assign, ast.AnnAssign))
                    and name in targets
                    and isinstance(after, ast.Expr)
                    and isinstance(after.value, ast.Constant)
                ):
                    return str(after.value.value)
    return None


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Every public object once, each with its page."""
    found: dict[int, Entry] = {}
    for namespace, _, name in stub_lines():
        home = importlib.import_module(f"{PACKAGE}.{namespace}".rstrip("."))
        value = getattr(home, name)
        if inspect.ismodule(value):
            continue
        path = f"{namespace}.{name}".lstrip(".")
        found.setdefault(id(value), Entry([], value)).names.append(path)
    for entry in found.values():
        # Layer is documented with the layers, and an operation under ops, not ops.numpy.
        entry.names.sort(key=lambda path: (path.count(".") == 0, path.count("."), path))
    set_pages(list(found.values()))
    return tuple(sorted(found.values(), key=lambda entry: (entry.page, entry.name.lower())))


def set_pages(found: list[Entry]) -> None:
    """Divide the namespaces into pages: large ones by the files that the objects come from."""
    sizes = Counter(entry.namespace for entry in found)
    for entry in found:
        space = entry.namespace or "keras"
        entry.page = space.replace(".", "/")
        if sizes[entry.namespace] > MOST:
            entry.page += "/" + (inside(entry, 1) or "more")
    crowded = Counter(entry.page for entry in found)
    for entry in found:
        deeper = inside(entry, 2)
        if crowded[entry.page] > MOST and deeper:
            entry.page = f"{entry.namespace.replace('.', '/')}/{deeper}"


def inside(entry: Entry, depth: int) -> str:
    """The first parts of the module's path below the namespace, without leading underscores."""
    module = getattr(entry.object, "__module__", "") or ""
    prefix = f"{PACKAGE}.{entry.namespace}."
    if not module.startswith(prefix):
        return ""
    return "_".join(part.strip("_") for part in module.removeprefix(prefix).split(".")[:depth])


def lacking() -> list[str]:
    """What is missing: a line for each public name without docstring or example.

    A function's docstring says what it takes and gives; a heading within an indent, of a
    template, say, would be shown as code.
    """
    lines = []
    for entry in entries():
        if not entry.doc:
            lines.append(f"keras.{entry.name} has no docstring")
        elif ">>>" not in entry.doc:
            lines.append(f"keras.{entry.name} has no example")
        lines += [
            f"keras.{entry.name} has an indented heading {heading!r}"
            for heading in INDENTED.findall(entry.doc or "")
        ]
        lines += [
            f"keras.{entry.name} has no part {part!r}"
            for part in parts_of(entry.object)
            if part not in (entry.doc or "")
        ]
    return lines


def parts_of(value: object) -> list[str]:
    """What the docstring of a function must have by its signature."""
    if not inspect.isroutine(value):
        return []
    try:
        signature = inspect.signature(value)
    except ValueError:  # a framework's own
        return []
    if not signature.parameters:
        return []
    gives = signature.return_annotation not in (None, "None", signature.empty)
    return ["Args:", "Returns:"] if gives else ["Args:"]


# --- Markdown -----------------------------------------------------------------------------------


def pages() -> dict[str, str]:
    """Path without suffix -> Markdown, for every page of the reference and for its index."""
    by_page: dict[str, list[Entry]] = {}
    for entry in entries():
        by_page.setdefault(entry.page, []).append(entry)
    made = {page: page_of(page, found) for page, found in by_page.items()}
    made["index"] = index(by_page)
    return made


def page_of(page: str, found: list[Entry]) -> str:
    """One page: a table of its names, then each of them."""
    lines = [f"# {title(page)}", ""]
    lines += ["| name | |", "|---|---|"]
    lines += [
        f"| [`{entry.name.rpartition('.')[2]}`](#{entry.anchor}) | {cell(first(entry.doc))} |"
        for entry in found
    ]
    for entry in found:
        lines += ["", *section(entry)]
    return "\n".join(lines) + "\n"


def title(page: str) -> str:
    """`ops/elementwise` -> `keras.ops: elementwise`."""
    spaces = {entry.namespace.replace(".", "/") for entry in entries()}
    if page == "keras" or page in spaces:
        return "keras" if page == "keras" else f"keras.{page.replace('/', '.')}"
    space, _, part = page.rpartition("/")
    return f"keras.{space.replace('/', '.')}: {part.replace('_', ' ')}"


def index(by_page: dict[str, list[Entry]]) -> str:
    """The start of the reference."""
    count = sum(len(entry.names) for found in by_page.values() for entry in found)
    lines = [
        "# Reference",
        "",
        f"All {count} public names, made from the docstrings; `keras` stands for `keras_core`. The",
        "examples are run by the tests on every backend.",
        "",
        "| page | names |",
        "|---|---|",
    ]
    for page, found in by_page.items():
        names = [f"[`{e.name.rpartition('.')[2]}`]({page}.md#{e.anchor})" for e in found]
        lines.append(f"| [{title(page)}]({page}.md) | {' '.join(names)} |")
    return "\n".join(lines) + "\n"


def section(entry: Entry) -> Iterator[str]:
    """The Markdown lines of one object, a class's members among them."""
    short = entry.name.rpartition(".")[2]
    yield f"## `{short}` {{ #{entry.anchor} data-toc-label='{short}' }}"
    yield ""
    if callable(entry.object):
        yield from fenced(signature(f"keras.{entry.name}", entry.object), "python")
    others = [f"`keras.{name}`" for name in entry.names[1:]]
    if others:
        yield from ["", f"Also: {', '.join(others)}."]
    yield ""
    yield from prose(entry.doc or "")
    if inspect.isclass(entry.object):
        for name, member in members(entry.object):
            yield from ["", f"### `{short}.{name}` {{ #{entry.anchor}.{name} }}", ""]
            function = inspect.unwrap(getattr(member, "__func__", member))
            if inspect.isfunction(function):
                yield from fenced(signature(f"{short}.{name}", function, method=True), "python")
                yield ""
            yield from prose(inspect.getdoc(member) or "")


def members(cls: type) -> list[tuple[str, Any]]:
    """Public, documented methods and properties which no other public class in its MRO has."""
    public = {id(entry.object) for entry in entries() if inspect.isclass(entry.object)}
    found: dict[str, Any] = {}
    for base in cls.__mro__:
        if not base.__module__.startswith(PACKAGE):
            continue
        if base is not cls and id(base) in public:
            break
        for name, member in vars(base).items():
            function = getattr(member, "__func__", member)
            documented = inspect.isfunction(function) or isinstance(
                member, (property, functools.cached_property)
            )
            if not name.startswith("_") and documented and getattr(function, "__doc__", None):
                found.setdefault(name, member)
    return sorted(found.items())


def signature(name: str, value: Any, method: bool = False) -> str:
    """`name(arguments) -> result`, in one line where it fits."""
    try:
        known = inspect.signature(value)
    except (TypeError, ValueError):
        return f"{name}(...)"
    parts, kinds = [], []
    for parameter in list(known.parameters.values())[method:]:
        plain = parameter.replace(annotation=inspect.Parameter.empty)
        text, note = str(plain), parameter.annotation
        if note is not inspect.Parameter.empty:
            note = note if isinstance(note, str) else inspect.formatannotation(note)
            head, equals, default = text.partition("=")
            text = f"{head}: {note}" + (f" = {default}" if equals else "")
        if parameter.kind is parameter.KEYWORD_ONLY and not {
            parameter.KEYWORD_ONLY,
            parameter.VAR_POSITIONAL,
        } & set(kinds):
            parts.append("*")
        parts.append(re.sub(r" at 0x[0-9a-f]+", "", text))
        kinds.append(parameter.kind)
    result = known.return_annotation
    arrow = ""
    if result is not inspect.Signature.empty and not inspect.isclass(value):
        arrow = f" -> {result if isinstance(result, str) else inspect.formatannotation(result)}"
    line = f"{name}({', '.join(parts)}){arrow}"
    if len(line) <= 88:
        return line
    return "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){arrow}"])


def prose(text: str) -> Iterator[str]:
    """A docstring in Google style as Markdown: lists for arguments, fences for examples."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        heading = HEADING.fullmatch(line)
        if heading:
            body = []
            at += 1
            while at < len(lines) and (lines[at].startswith(" ") or not lines[at]):
                if not lines[at] and not (at + 1 < len(lines) and lines[at + 1].startswith(" ")):
                    break
                body.append(lines[at])
                at += 1
            name = heading[1]
            yield from ["", f"**{name}**", ""]
            body = inspect.cleandoc("\n".join(body)).splitlines()
            yield from itemised(body) if name in LISTS else prose("\n".join(body))
            continue
        if line.startswith(">>>"):
            block = []
            while at < len(lines) and lines[at].strip() and not HEADING.fullmatch(lines[at]):
                block.append(lines[at])
                at += 1
            yield from ["", *fenced("\n".join(block), "pycon"), ""]
            continue
        yield line
        at += 1


def itemised(lines: list[str]) -> Iterator[str]:
    """`name: text` entries, with continuations indented below, as a list."""
    for line in lines:
        entry = re.match(r"([*\w][\w*, .`]*?)(?: \([^)]*\))?: ?(.*)", line)
        if entry and not line.startswith(" "):
            names = ", ".join(f"`{name.strip(' `')}`" for name in entry[1].split(","))
            yield f"- {names}: {entry[2]}"
        else:
            yield f"    {line.strip()}" if line.startswith(" ") else line


def fenced(text: str, language: str) -> list[str]:
    return [f"```{language}", *text.splitlines(), "```"]


def first(doc: str | None) -> str:
    """The first sentence."""
    return re.split(r"(?<=\.)\s", " ".join((doc or "").split("\n\n")[0].split()))[0]


def cell(text: str) -> str:
    """Text that may stand in a table."""
    return text.replace("|", "\\|")


@functools.cache
def links() -> dict[str, str]:
    """What may stand between backticks -> `page.md#anchor`, for links to the reference."""
    table: dict[str, str] = {}
    short: Counter[str] = Counter()
    for entry in entries():
        target = f"{entry.page}.md#{entry.anchor}"
        for name in entry.names:
            table[f"keras.{name}"] = target
        short[entry.name.rpartition(".")[2]] += 1
    for entry in entries():
        bare = entry.name.rpartition(".")[2]
        # A bare name is a link where it can mean one thing only: a class.
        if inspect.isclass(entry.object) and short[bare] == 1 and bare[0].isupper():
            table[bare] = f"{entry.page}.md#{entry.anchor}"
    return table


def main() -> int:
    """Print what the arguments ask for."""
    if "--list" in sys.argv:
        for entry in entries():
            print(f"{entry.page:28} {', '.join(entry.names)}")
        return 0
    missing = lacking()
    print("\n".join(missing) or f"all {len(entries())} public objects are documented")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
