"""The Python in the docs and the README runs.

A page that names `backends:` at its top is one program: its blocks run in order, those in a tab
named after a backend there only. On other pages each block that imports the package is a program.
Blocks in `py` are not run: they show what needs something that is not here.
"""

from __future__ import annotations

import pathlib
import re
import textwrap

import pytest

from keras_core.backends.select import backend
from tests.conftest import BACKEND
from tests.training.helpers import trains

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TABS = {"JAX": "jax", "PyTorch": "torch", "TensorFlow": "tensorflow", "NumPy": "numpy"}
BLOCK = re.compile(
    r'(?:^=== "(?P<tab>\w+)"\n\n)?^(?P<indent> *)```python\n(?P<text>.*?)^(?P=indent)```$',
    re.DOTALL | re.MULTILINE,
)
HEAD = re.compile(r"---\nbackends: (.*)\n---\n")


def program(page: pathlib.Path, name: str) -> str:
    """The blocks of a page that are for a backend, each on its own lines of the page."""
    text = page.read_text()
    made = [""] * (text.count("\n") + 1)
    for block in BLOCK.finditer(text):
        if TABS.get(block["tab"] or "", name) == name:
            start = text.count("\n", 0, block.start("text"))
            for i, line in enumerate(textwrap.dedent(block["text"]).splitlines()):
                made[start + i] = line
    return "\n".join(made)


GUIDES = {
    page: found[1].split() for page in PAGES if (found := HEAD.match(page.read_text())) is not None
}
BLOCKS = [
    (f"{page.name}-{i}", block["text"])
    for page in PAGES
    if page not in GUIDES
    for i, block in enumerate(BLOCK.finditer(page.read_text()))
    if "import keras_core as keras" in block["text"]
]
HERE = [page for page, names in GUIDES.items() if BACKEND in names]


def test_there_are_examples():
    assert len(BLOCKS) >= 3
    assert len(GUIDES) >= 10


@trains
@pytest.mark.parametrize("text", [text for _, text in BLOCKS], ids=[name for name, _ in BLOCKS])
def test_examples_run(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(text, "example", "exec"), {"__name__": "example"})


@pytest.mark.parametrize("page", HERE, ids=[page.stem for page in HERE])
def test_guides_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = compile(program(page, backend.name), str(page), "exec")
    exec(code, {"__name__": "guide"})


def test_every_page_is_reached_from_the_first() -> None:
    docs = ROOT / "docs"
    reached, waiting = set(), [docs / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for link in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text()):
            target = (page.parent / link).resolve()
            assert target.is_file(), f"{page.relative_to(ROOT)} links to {link}"
            if docs in target.parents:
                waiting.append(target)
    missing = {page for page in docs.rglob("*.md") if page not in reached}
    assert not missing, sorted(str(page.relative_to(ROOT)) for page in missing)


def test_examples_are_included_where_the_guides_name_them() -> None:
    """Any blank in the mark, which formatters of Python put there, and a page shows it instead."""
    mark = re.compile(r'^ *--8<-- "(.+)"$')
    lines = [line for page in PAGES for line in page.read_text().splitlines() if "--8" in line]
    found = {mark.match(line)[1] if mark.match(line) else line for line in lines}
    examples = [*(ROOT / "examples" / "native").glob("*.py"), ROOT / "examples/portable_parts.py"]
    assert found == {str(path.relative_to(ROOT)) for path in examples}
