"""Every activation's values are those of Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.autodiff import to_numpy

X = np.linspace(-4, 4, 24, dtype="float32").reshape(3, 8)
OTHERS = ("get", "serialize", "deserialize", "sparsemax")
NAMES = [n for n in dir(core.activations) if n not in OTHERS]


@pytest.mark.parametrize("name", NAMES)
def test_values(keras: Any, name: str) -> None:
    more = {"threshold": (0.5, -1.0)}.get(name, ())
    ours, theirs = getattr(core.activations, name), getattr(keras.activations, name)
    got = to_numpy(ours(core.ops.convert_to_tensor(X), *more))
    wanted = keras.ops.convert_to_numpy(theirs(keras.ops.convert_to_tensor(X), *more))
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=2e-6)


def test_sparsemax() -> None:
    """The nearest point of the simplex; Keras's results need not add up to 1."""
    y = to_numpy(core.activations.sparsemax(core.ops.convert_to_tensor(X)))
    np.testing.assert_allclose(y.sum(-1), 1.0, rtol=1e-5)
    for row, x in zip(y, X, strict=True):
        inside = row > 0
        threshold = (x[inside].sum() - 1) / inside.sum()
        np.testing.assert_allclose(row, np.maximum(x - threshold, 0), atol=1e-5)


def test_identifiers() -> None:
    assert core.activations.get("relu") is core.activations.relu
    assert core.activations.get(None) is core.activations.linear
    assert core.activations.get(core.activations.serialize(core.activations.gelu)) is (
        core.activations.gelu
    )
    with pytest.raises(ValueError, match="rellu"):
        core.activations.get("rellu")


def test_configs_in_which_only_the_name_is_given() -> None:
    for config in ({"class_name": "relu"}, {"class_name": "relu", "config": {}}):
        assert core.activations.deserialize(config) is core.activations.relu
        assert core.activations.get(config) is core.activations.relu
    with pytest.raises(ValueError, match="'relu' takes no config"):
        core.activations.deserialize({"class_name": "relu", "config": {"max_value": 6.0}})
    with pytest.raises(ValueError, match="activation function must be"):
        core.activations.deserialize({"name": "relu"})


def test_relu_of_integers_stays_integers() -> None:
    for x in (np.array([-5, 3, 9], "int32"), np.array([-5, 3, 9], "int8")):
        for cap in (6, 7):
            y = core.activations.relu(core.ops.convert_to_tensor(x), max_value=cap)
            assert to_numpy(y).dtype == x.dtype
            assert to_numpy(y).tolist() == [0, 3, cap]
        symbol = core.KerasTensor((3,), x.dtype.name)
        assert core.activations.relu(symbol, max_value=6).dtype == x.dtype.name
    y = core.activations.relu(core.ops.convert_to_tensor(x), max_value=6.5)
    assert to_numpy(y).tolist() == [0, 3, 6.5]
