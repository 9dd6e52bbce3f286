"""`user_code.py` and `user_parts.py`, which `make types` checks strictly, run; completion lists the public names."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from tests.training.helpers import trains
from tests.types import user_code, user_parts

PACKAGE = pathlib.Path(keras.__file__).parent


@trains
def test_user_code_runs(tmp_path: Any) -> None:
    model = user_code.classifier(4, 3)
    x = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
    assert len(user_code.train(model, x, x[:, :3].argmax(-1))) == 2
    loaded = user_code.save_and_load(model, str(tmp_path / "model.keras"))
    assert np.allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)
    assert user_code.weights(model) and model.count_params() == 4 * 8 + 8 + 8 + 8 * 3 + 3
    assert user_code.stack().output_shape == (None, 1)


@trains
def test_the_parts_of_a_user_run(tmp_path: Any) -> None:
    model = user_parts.two_heads()
    scores = user_parts.train_two_heads(model, 8)
    assert {"loss", "price_within", "kind_sparse_categorical_accuracy"} <= scores.keys()
    again = user_parts.files(model, str(tmp_path))
    assert len(again.trainable_variables) == 6  # without those of the part that was frozen
    noisy = user_parts.train_noisy()
    assert float(noisy.tracker.result()) > 0


def test_operations_of_a_user_run() -> None:
    assert len(user_parts.operations()) == 9


@pytest.mark.parametrize("space", ["", "layers", "ops", "losses", "optimizers", "utils"])
def test_completion_lists_all_public_names(space: str) -> None:
    names = re.findall(r" as (\w+)$", (PACKAGE / space / "__init__.pyi").read_text(), re.MULTILINE)
    module = getattr(keras, space) if space else keras
    assert len(names) > 10
    assert set(names) <= set(dir(module))
