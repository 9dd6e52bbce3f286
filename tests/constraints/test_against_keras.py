"""Projections are those of Keras, and projecting twice changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.autodiff import to_numpy

X = (3 * np.random.default_rng(0).normal(size=(4, 3))).astype("float32")
MAKE: list[Any] = [
    lambda C: C.MaxNorm(2.0),
    lambda C: C.MaxNorm(1.0, axis=1),
    lambda C: C.NonNeg(),
    lambda C: C.UnitNorm(),
    lambda C: C.UnitNorm(axis=1),
    lambda C: C.UnitNorm(axis=None),
    lambda C: C.MinMaxNorm(0.5, 1.5),
    lambda C: C.MinMaxNorm(0.5, 1.5, rate=0.5, axis=1),
]


@pytest.mark.parametrize("make", MAKE)
def test_values(keras: Any, make: Any) -> None:
    ours, theirs = make(core.constraints), make(keras.constraints)
    got = to_numpy(ours(core.ops.convert_to_tensor(X)))
    wanted = keras.ops.convert_to_numpy(theirs(keras.ops.convert_to_tensor(X)))
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    assert ours.get_config() == theirs.get_config()
    if ours.get_config().get("rate", 1.0) == 1.0:
        again = to_numpy(ours(core.ops.convert_to_tensor(got)))
        np.testing.assert_allclose(again, got, atol=1e-5)


def test_identifiers() -> None:
    assert isinstance(core.constraints.get("non_neg"), core.constraints.NonNeg)
    with pytest.raises(ValueError, match="unit_norms"):
        core.constraints.get("unit_norms")
