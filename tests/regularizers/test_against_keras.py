"""Penalties are those of Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend

X = np.random.default_rng(0).normal(size=(3, 3)).astype("float32")
MAKE: list[Any] = [
    lambda R: R.L1(0.5),
    lambda R: R.L2(0.25),
    lambda R: R.L1L2(0.5, 0.25),
    lambda R: R.OrthogonalRegularizer(0.5, mode="rows"),
    lambda R: R.OrthogonalRegularizer(0.5, mode="columns"),
    lambda R: R.get("l2"),
]


@pytest.mark.parametrize("make", MAKE)
def test_values(keras: Any, make: Any) -> None:
    ours, theirs = make(core.regularizers), make(keras.regularizers)
    if backend.name == "numpy" and getattr(ours, "mode", None) == "columns":
        pytest.skip("Keras divides by the wrong norms on NumPy")
    got = float(ours(core.ops.convert_to_tensor(X)))
    np.testing.assert_allclose(got, float(theirs(keras.ops.convert_to_tensor(X))), rtol=1e-5)
    assert ours.get_config() == theirs.get_config()
    again = core.regularizers.deserialize(core.regularizers.serialize(ours))
    assert again.get_config() == ours.get_config()


def test_bad_input() -> None:
    for wrong in (
        lambda: core.regularizers.get("l3"),
        lambda: core.regularizers.OrthogonalRegularizer(mode="diagonals"),
    ):
        with pytest.raises(ValueError, match=r"l3|mode"):
            wrong()
