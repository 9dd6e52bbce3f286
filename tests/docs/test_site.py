"""What the site's build holds pages to."""

import importlib.util
import pathlib
import sys
import types

import pytest

from tests.conftest import BACKEND

pytest.importorskip("mkdocs")
pytestmark = pytest.mark.skipif(BACKEND != "numpy", reason="once is enough: no backend takes part")

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def hooks(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / "tools" / "site_hooks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def page():
    from mkdocs.structure.files import File

    file = File("guides/a.md", "docs", "site", use_directory_urls=False)
    return types.SimpleNamespace(file=file)


def test_the_search_needs_nothing_from_elsewhere(hooks, page):
    shim = '<script src="https://unpkg.com/iframe-worker/shim"></script>'
    assert hooks.on_post_page(shim, page) == (
        '<script src="../assets/search_from_folder.js"></script>'
    )
    assert (ROOT / "docs" / "assets" / "search_from_folder.js").is_file()


@pytest.mark.parametrize(
    "tag",
    [
        '<script async src="https://example.org/a.js"></script>',
        '<img alt="" src="//example.org/a.png">',
        '<link rel="stylesheet" href="https://example.org/a.css">',
    ],
)
def test_pages_load_nothing_from_elsewhere(hooks, page, tag):
    with pytest.raises(hooks.PluginError, match="guides/a.md loads what is not on the site"):
        hooks.on_post_page(f"<p>{tag}</p>", page)
    kept = '<a href="https://example.org">x</a><link rel="canonical" href="https://example.org/a">'
    assert hooks.on_post_page(kept, page) == kept
