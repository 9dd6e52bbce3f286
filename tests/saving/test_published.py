"""Which crafted files stand for which published weakness of loaders like these.

Of two of them nothing but the numbers was known when this was written. What stands against them is
what stands against all: `DOORS` names the tests of each way in by which a file was ever obeyed.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Any

import pytest

import keras_core
from keras_core.core.errors import InvalidFileError

HOSTILE, BOMBS = "tests.saving.test_hostile", "tests.saving.test_bombs"
TABLE, ARCHIVES = "tests.saving.test_closed_table", "tests.utils.test_files"
# Number -> what a file did, and the tests of files that try it.
PUBLISHED = {
    "2021-37678": ("YAML that makes objects", f"{__name__}:test_yaml"),
    "2024-3660": ("code in a Lambda", f"{HOSTILE}:test_lambdas", f"{TABLE}:test_no_place_is_less_guarded"),
    "2024-55459": ("paths in an archive that lead out", f"{ARCHIVES}:test_harmful_archives"),
    "2025-1550": ("functions by module and name", f"{HOSTILE}:test_gadgets"),
    "2025-8747": ("a download that a config asks for", f"{HOSTILE}:test_gadgets"),
    "2025-9905": ("code in .h5 files", f"{HOSTILE}:test_2025_9905_lambdas_in_h5", f"{TABLE}:test_2025_9905_h5_obeys_the_same"),
    "2025-9906": ("a config that turns safe_mode off", f"{HOSTILE}:test_gadgets", f"{TABLE}:test_no_config_opens_the_door"),
    "2025-49655": ("pickles in TorchModuleWrapper", f"{HOSTILE}:test_layers_that_reach_outside", f"{BOMBS}:test_from_config_refuses_it_too"),
    "2025-12058": ("vocabularies by path and URL", f"{HOSTILE}:test_layers_that_reach_outside", f"{BOMBS}:test_a_subclass_opens_no_path_either"),
    "2025-12060": ("links in an archive of get_file", f"{ARCHIVES}:test_harmful_archives", f"{ARCHIVES}:test_a_link_is_not_written_through"),
    "2025-12638": ("links and paths in tar files", f"{ARCHIVES}:test_harmful_archives"),
    "2026-0897": ("HDF5 shapes that take all memory", f"{HOSTILE}:test_2026_1669_2026_0897_hdf5", f"{BOMBS}:test_hdf5"),
    "2026-1462": ("SavedModels by path in TFSMLayer", f"{HOSTILE}:test_layers_that_reach_outside", f"{BOMBS}:test_a_subclass_opens_no_path_either"),
    "2026-1669": ("HDF5 datasets that lie in other files", f"{HOSTILE}:test_2026_1669_2026_0897_hdf5", f"{HOSTILE}:test_legacy_h5_obeys_the_same"),
}  # fmt: skip
UNKNOWN = ("2026-12479", "2026-12481")
DOORS = {
    "names of modules, classes and functions": f"{HOSTILE}:test_gadgets",
    "what a class of the table may reach": f"{TABLE}:test_nothing_in_the_table_reaches_out",
    "marshalled code": f"{TABLE}:test_lambda_code_itself_is_not_read",
    "pickles in arrays": f"{HOSTILE}:test_pickled_arrays",
    "paths and URLs as arguments": f"{TABLE}:test_what_opens_paths_is_guarded",
    "names of members": f"{HOSTILE}:test_member_names",
    "links in archives": f"{HOSTILE}:test_links_in_archives",
    "links in folders": f"{HOSTILE}:test_folders_with_links",
    "compression": f"{HOSTILE}:test_compression_bombs",
    "sizes that lie": f"{HOSTILE}:test_sizes_that_lie",
    "HDF5 links, other files, virtual datasets, filters": f"{BOMBS}:test_hdf5",
    "HDF5 chunks": f"{BOMBS}:test_chunks",
    "deep and large configs": f"{BOMBS}:test_configs",
    "sharded maps": f"{HOSTILE}:test_maps_that_point_elsewhere",
    "safetensors": f"{BOMBS}:test_safetensors",
    "downloads": f"{ARCHIVES}:test_what_is_not_what_it_says_is_not_kept",
}


def test_security_md_names_these() -> None:
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    with open(os.path.join(root, "SECURITY.md"), encoding="utf-8") as file:
        named = set(re.findall(r"\b20\d\d-\d{4,5}\b", file.read()))
    assert named == {*PUBLISHED, *UNKNOWN}


@pytest.mark.parametrize(
    "where", sorted({*DOORS.values(), *(t for x in PUBLISHED.values() for t in x[1:])})
)
def test_they_are_there(where: str) -> None:
    module, _, name = where.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch pwned']",
        "class_name: Sequential\nconfig: {name: s, layers: []}",
        "!!python/module:antigravity",
    ],
)
def test_yaml(text: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing reads it: no loader of that name, none that takes it for JSON."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    assert not hasattr(keras_core.models, "model_from_yaml")
    with pytest.raises(InvalidFileError):
        keras_core.models.model_from_json(text)
    assert not {"yaml", "antigravity"} & (set(sys.modules) - before)
    assert os.listdir(tmp_path) == []
