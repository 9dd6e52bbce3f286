"""Rows of recurrent and preprocessing layers through the layers' checks.

Their values are held against Keras in `tests/layers_rnn` and `tests/preprocessing`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.testing import LAYER_CHECKS
from tests.layers.case import Ints, LayerCase

INSIDE = {"mixed_precision": "the layer inside has a policy of its own"}
LOOKED_UP = {"mixed_precision": "gives indices, or keeps the dtype it is told"}
sequence, image = (2, 4, 3), (2, 6, 7, 3)
ROWS = [
    LayerCase("SimpleRNN", {"units": 3}, sequence),
    LayerCase("GRU", {"units": 3, "reset_after": False}, sequence),
    LayerCase("LSTM", {"units": 3, "return_sequences": True, "return_state": True}, sequence),
    LayerCase(
        "Bidirectional", lambda L: {"layer": L.GRU(3, return_sequences=True)}, sequence, skip=INSIDE
    ),
    LayerCase("TimeDistributed", lambda L: {"layer": L.Dense(2)}, sequence, skip=INSIDE),
    LayerCase("RNN", lambda L: {"cell": [L.LSTMCell(2), L.GRUCell(3)]}, sequence, skip=INSIDE),
    LayerCase("ConvLSTM1D", {"filters": 2, "kernel_size": 2}, (2, 3, 4, 2)),
    LayerCase("Rescaling", {"scale": 0.5, "offset": -1.0}, image),
    LayerCase("Normalization", {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0]}, sequence),
    LayerCase("Discretization", {"bin_boundaries": [-1.0, 0.0, 1.0]}, (2, 5), skip=LOOKED_UP),
    LayerCase("CategoryEncoding", {"num_tokens": 5}, Ints((3, 4)), skip=LOOKED_UP),
    LayerCase("Hashing", {"num_bins": 4}, Ints((3, 1)), skip=LOOKED_UP),
    LayerCase("Resizing", {"height": 4, "width": 5}, image),
    LayerCase("CenterCrop", {"height": 4, "width": 4}, image),
    LayerCase("RandomRotation", {"factor": 0.2}, image, call={"training": False}),
    LayerCase("Equalization", {"value_range": (-2, 2)}, image),
]


@pytest.mark.parametrize("check", LAYER_CHECKS)
@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.layer)
def test_checks(case: LayerCase, check: str) -> None:
    if check in case.skip:
        pytest.skip(case.skip[check])
    inputs: Any = case.draw()
    LAYER_CHECKS[check](lambda **more: case.make(core.layers, **more), inputs, dict(case.call))


def test_strings_stay_on_the_host() -> None:
    """Layers of strings take none of the checks' tensors: their own round trip."""
    words = np.array([["one", "two"], ["two", "three"]], dtype=object)
    for layer in (
        core.layers.StringLookup(vocabulary=["one", "two"]),
        core.layers.TextVectorization(vocabulary=["one", "two"], output_sequence_length=3),
    ):
        twin = type(layer).from_config(layer.get_config())
        given = words if isinstance(layer, core.layers.StringLookup) else words[:, 0]
        a, b = layer(given), twin(given)
        np.testing.assert_array_equal(core.ops.convert_to_numpy(a), core.ops.convert_to_numpy(b))
