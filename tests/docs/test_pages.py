"""The Python in the docs and the README runs."""

import pathlib
import re

import pytest

from tests.training.helpers import trains

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    (f"{page.name}-{i}", text)
    for page in PAGES
    for i, text in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
    if "import keras_core as keras" in text
]


def test_there_are_examples():
    assert len(BLOCKS) >= 3


@trains
@pytest.mark.parametrize("text", [text for _, text in BLOCKS], ids=[name for name, _ in BLOCKS])
def test_examples_run(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(text, "example", "exec"), {"__name__": "example"})
