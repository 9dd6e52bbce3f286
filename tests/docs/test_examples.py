"""Every public name is documented, and the examples in docstrings do what they show.

Outputs are compared where an example gives them, numbers within a tolerance. A comment that is a
literal says what the assignment before it gives: `y = keras.ops.add([1, 2], 3)  # [4, 5]`.
"""

from __future__ import annotations

import ast
import doctest
import importlib.util
import inspect
import re
import warnings
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.initializers import drawn
from tests.conftest import BACKEND
from tools import reference

TRAINS = ("jax", "torch", "tensorflow")
# Examples that are not for every backend, by the page's or the object's name.
ONLY = {
    "applications": ("numpy",),  # models are built alike everywhere, and there are forty
    "callbacks.OrbaxCheckpoint": TRAINS if importlib.util.find_spec("orbax") else (),
    "export.ExportArchive": ("jax", "tensorflow"),
    "layers.FlaxLayer": ("jax",) if importlib.util.find_spec("flax") else (),
    "layers.JaxLayer": ("jax",),
    "layers.TFSMLayer": ("tensorflow",),
    "layers.TorchModuleWrapper": ("torch",),
    "layers/preprocessing": ("numpy", "torch", "tensorflow"),  # many small compilations on JAX
    "models.Model.fit": TRAINS,
    "models.Model.train_on_batch": TRAINS,
    "ops.jvp": TRAINS,
    "wrappers": TRAINS,
}
NOISY = {"callbacks.OrbaxCheckpoint"}  # the other package warns of its own doings
NUMBER = re.compile(r"[-+]?(?:\d+\.\d*(?:e[-+]?\d+)?|\d+(?:e[-+]?\d+)?|\.\d+)")
SHAPE = re.compile(r"(?:torch\.Size|TensorShape)\(\[(.*?)\]\)")

PAGES: dict[str, list[reference.Entry]] = defaultdict(list)
for _entry in reference.entries():
    if BACKEND in ONLY.get(_entry.name, ONLY.get(_entry.page, (BACKEND,))):
        PAGES[_entry.page].append(_entry)


class Checker(doctest.OutputChecker):
    """Compares text by doctest's rules and numbers by a tolerance; a shape is a tuple."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        got = SHAPE.sub(lambda m: f"({m[1]}{',' * (m[1].isdigit())})", got)
        if not want or super().check_output(want, got, optionflags):
            return True
        a, b = ([float(n) for n in NUMBER.findall(text)] for text in (want, got))
        same = len(a) == len(b) and np.allclose(a, b, rtol=1e-3, atol=1e-6)
        want, got = (NUMBER.sub("0", text) for text in (want, got))
        return same and super().check_output(want, got, optionflags)


def examples(entry: reference.Entry) -> list[tuple[str, str]]:
    """The docstrings of the object and of the members that its page shows."""
    texts = [(entry.anchor, entry.doc or "")]
    if inspect.isclass(entry.object):
        texts += [
            (f"{entry.anchor}.{name}", inspect.getdoc(member) or "")
            for name, member in reference.members(entry.object)
        ]
    return [
        (name, text)
        for name, text in texts
        if ">>>" in text and BACKEND in ONLY.get(name.removeprefix("keras."), (BACKEND,))
    ]


def check_comments(test: doctest.DocTest) -> list[str]:
    """Run again what has a literal as its comment, after what came before, and compare."""
    wrong = []
    for example in test.examples:
        found = re.match(r"(\w+(?:, \w+)*) = .*?  # (.+)$", example.source.strip())
        if not found:
            continue
        try:
            want = ast.literal_eval(found[2])
        except (SyntaxError, ValueError):
            continue
        got: Any = eval(found[1], test.globs)
        got = keras.tree.map_structure(
            lambda leaf: (
                np.asarray(keras.ops.convert_to_numpy(leaf), dtype=object).tolist()
                if keras.ops.is_tensor(leaf)
                else leaf
            ),
            got,
        )
        if not alike(want, got):
            wrong.append(f"{test.name}: {example.source.strip()} gives {got}")
    return wrong


def alike(want: Any, got: Any) -> bool:
    if isinstance(want, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(want) == len(got) and all(map(alike, want, got))
    if isinstance(want, (int, float, complex)) and isinstance(got, (int, float, complex)):
        return bool(np.isclose(want, got, rtol=1e-3, atol=1e-3, equal_nan=True))
    return bool(want == got)


def settings() -> tuple:
    config = keras.config
    return (
        config.floatx(),
        config.epsilon(),
        config.image_data_format(),
        config.dtype_policy().name,
        config.is_traceback_filtering_enabled(),
        config.is_flash_attention_enabled() is not False,
    )


def test_every_public_name_is_documented_and_has_an_example():
    assert reference.lacking() == []


@pytest.mark.parametrize("page", list(PAGES))
def test_examples_do_what_they_show(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if page == "applications":  # only their shapes are shown, and billions of numbers take a while
        monkeypatch.setattr(
            drawn.RandomInitializer, "_draw", lambda self, shape, *_: np.zeros(shape, "float32")
        )
    wrong: list[str] = []
    before = settings()
    for entry in PAGES[page]:
        for name, text in examples(entry):
            runner = doctest.DocTestRunner(
                checker=Checker(), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            )
            globs = {"keras": keras, "np": np, "__name__": "__main__"}
            test = doctest.DocTestParser().get_doctest(text, globs, name, None, None)
            with warnings.catch_warnings():
                if entry.name in NOISY:
                    warnings.simplefilter("ignore")
                failures, _ = runner.run(test, out=wrong.append, clear_globs=False)
            if not failures:
                wrong += check_comments(test)
            if settings() != before:
                pytest.fail(f"The example of {name} leaves other settings behind")
    assert not wrong, "\n".join(wrong)
