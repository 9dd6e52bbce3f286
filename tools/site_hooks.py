"""What MkDocs asks while it builds the site: the reference's pages, and pages from outside docs/.

An undocumented public name, or one without an example, fails the build.
"""

from __future__ import annotations

import pathlib
import posixpath
import re
import sys
from collections.abc import Iterator
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import reference

# Pages that readers of the repository look for at its root.
OUTSIDE = {
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
}
# What a page loads; links may lead anywhere.
FROM_ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe)\b[^>]*\bsrc=["'](?:https?:)?//[^>]*>|<link\b[^>]*"""
    r"""\brel=["']?(?:stylesheet|preload|preconnect)\b[^>]*\bhref=["'](?:https?:)?//[^>]*>"""
)
SEARCH_SHIM = "https://unpkg.com/iframe-worker/shim"
FENCE_OR_HEADING = re.compile(r"(^ *```.*?^ *```$|^#[^\n]*$)", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"(?<![\[`])`((?:keras\.)?[A-Za-z_][\w.]*)(\(\))?`(?![\]`])")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Append to the navigation the pages that it does not name, and the reference."""
    missing = reference.lacking()
    if missing:
        raise PluginError("Public names must be documented:\n" + "\n".join(missing))
    tree: dict[str, Any] = {}
    for page in sorted({entry.page for entry in reference.entries()}):
        space, _, part = page.partition("/")
        label = part.replace("_", " ").replace("/", ".") if part else f"keras.{space}"
        tree.setdefault(space, []).append({label: f"reference/{page}.md"})
    tree["keras"] = [{"keras": "reference/keras.md"}]
    items: list[Any] = ["reference/index.md"]
    for space in ("keras", *(name for name in tree if name != "keras")):
        found = tree[space]
        items += found if len(found) == 1 else [{f"keras.{space}": found}]
    docs = pathlib.Path(config.docs_dir)
    pages = sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))
    named = set(listed(config.nav or []))
    more: list[Any] = [page for page in pages if page not in named]
    config.nav = [*(config.nav or []), *([{"More": more}] if more else []), {"Reference": items}]
    return config


def listed(nav: Any) -> Iterator[str]:
    """The paths that a navigation names."""
    if isinstance(nav, str):
        yield nav
    else:
        for item in nav.values() if isinstance(nav, dict) else nav:
            yield from listed(item)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file in docs/ holds."""
    for path, text in reference.pages().items():
        files.append(File.generated(config, f"reference/{path}.md", content=text))
    for path, source in OUTSIDE.items():
        text = (reference.ROOT / source).read_text()
        files.append(File.generated(config, path, content=text.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Point links at where the pages are on the site; make links of names in backticks."""
    here = posixpath.dirname(page.file.src_uri)
    for path, source in {**OUTSIDE, "reference/index.md": "tools/reference.py"}.items():
        markdown = re.sub(
            rf"\]\((?:\.\./)*{source}", f"]({posixpath.relpath(path, here)}", markdown
        )

    def link(match: re.Match[str]) -> str:
        target = reference.links().get(match[1])
        if target is None:
            return match[0]
        if page.file.src_uri == f"reference/{target.partition('#')[0]}":
            return f"[{match[0]}](#{target.partition('#')[2]})"
        return f"[{match[0]}]({posixpath.relpath('reference/' + target, here)})"

    parts = FENCE_OR_HEADING.split(markdown)
    return "".join(part if i % 2 else NAME.sub(link, part) for i, part in enumerate(parts))


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Take what the theme would load from elsewhere from the site itself, and refuse the rest."""
    here = posixpath.dirname(page.file.dest_uri)
    output = output.replace(SEARCH_SHIM, posixpath.relpath("assets/search_from_folder.js", here))
    found = FROM_ELSEWHERE.findall(output)
    if found:
        raise PluginError(f"{page.file.src_uri} loads what is not on the site: {found}")
    return output
