"""docs/support.md says what the active backend does."""

import importlib.util
import pathlib

from keras_core.backends.select import backend

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "support_table.py"


def test_the_page_is_true():
    spec = importlib.util.spec_from_file_location("support_table", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    index = 2 + tool.BACKENDS.index(backend.name)
    told, common = {}, {}
    for line in tool.PAGE.read_text().splitlines():
        if line.startswith("## ops."):
            name = line.removeprefix("## ops.")
            family, facts = told.setdefault(name, {}), common.setdefault(name, {})
        elif line.startswith("| `"):
            cells = [x.strip() for x in line.split("|")]
            if cells[index] != "not there":
                family[cells[1].strip("`")] = cells[index]
                facts[cells[1].strip("`")] = cells[6:8]
    assert told == tool.column(), "make it anew: python tools/support_table.py"
    if backend.name == "numpy":  # which speaks for all
        assert common == tool.facts(), "make it anew: python tools/support_table.py"
