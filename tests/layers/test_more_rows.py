"""Rows of recurrent and preprocessing layers through the layers' checks.

Their values are held against Keras in `tests/layers_rnn` and `tests/preprocessing`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from keras_core.testing import LAYER_CHECKS
from tests.layers.case import Ints, LayerCase

TOLD = {"mixed_precision": "encodings have the variables' dtype, as in Keras"}
TRAINING = {"training": True}
WHOLE = {"rows_are_independent": "decibels are counted from the loudest of the batch"}
sequence, image = (2, 4, 3), (2, 6, 7, 3)
ROWS = [
    LayerCase("SimpleRNN", {"units": 3}, sequence),
    LayerCase("GRU", {"units": 3, "reset_after": False}, sequence),
    LayerCase("LSTM", {"units": 3, "return_sequences": True, "return_state": True}, sequence),
    LayerCase("Bidirectional", lambda L: {"layer": L.GRU(3, return_sequences=True)}, sequence),
    LayerCase("TimeDistributed", lambda L: {"layer": L.Dense(2)}, sequence),
    LayerCase("RNN", lambda L: {"cell": [L.LSTMCell(2), L.GRUCell(3)]}, sequence),
    LayerCase("ConvLSTM1D", {"filters": 2, "kernel_size": 2}, (2, 3, 4, 2)),
    LayerCase("Rescaling", {"scale": 0.5, "offset": -1.0}, image),
    LayerCase("Normalization", {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0]}, sequence),
    LayerCase(
        "Normalization",
        {"axis": (1, 2), "mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0]},
        sequence,
    ),
    LayerCase("Discretization", {"bin_boundaries": [-1.0, 0.0, 1.0]}, (2, 5)),
    LayerCase("CategoryEncoding", {"num_tokens": 5}, Ints((3, 4)), skip=TOLD),
    LayerCase("Hashing", {"num_bins": 4}, Ints((3, 1))),
    LayerCase("Resizing", {"height": 4, "width": 5}, image),
    LayerCase("CenterCrop", {"height": 4, "width": 4}, image),
    LayerCase("RandomRotation", {"factor": 0.2}, image, call={"training": False}),
    LayerCase("Equalization", {"value_range": (-2, 2)}, image),
]


# One of each kind, of which what compilers make differs.
COMPILED = [
    LayerCase("RandomContrast", {"factor": 0.3}, image, call=TRAINING),
    LayerCase("RandomRotation", {"factor": 0.2}, image, call=TRAINING),
    LayerCase("RandomCrop", {"height": 4, "width": 5}, image, call=TRAINING),
    LayerCase("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 2)}, image),
    LayerCase(
        "Pipeline", lambda L: {"layers": [L.RandomFlip(), L.Rescaling(0.5)]}, image, call=TRAINING
    ),
    LayerCase("MelSpectrogram", {"fft_length": 16, "sequence_stride": 8}, (2, 40), skip=WHOLE),
    LayerCase("STFTSpectrogram", {"frame_length": 16, "fft_length": 16}, (2, 40, 1)),
    LayerCase("IntegerLookup", {"vocabulary": [1, 2, 3]}, Ints((2, 3))),
    LayerCase("HashedCrossing", {"num_bins": 4}, [Ints((2, 1)), Ints((2, 1))]),
]

# Recurrent layers are compiled and trained in `tests/layers_rnn`.
SLOW = ("mixed_float16", "one_step_of_fit", "rows_are_independent", "compiled_is_eager")
RECURRENT = {row.layer for row in ROWS[:7]}
MAPPED = ("GRU", "LSTM")  # whose kernels torch has no rule for


@pytest.mark.parametrize(
    ("case", "check"),
    [
        pytest.param(case, check, id=f"{case.layer}-{check}")
        for case in ROWS
        for check in LAYER_CHECKS
        if check not in SLOW
        or case.layer not in RECURRENT
        or (check == "rows_are_independent" and case.layer in MAPPED)
    ]
    + [
        pytest.param(case, check, id=f"{case.layer}-{check}")
        for case in COMPILED
        for check in ("compiled_is_eager", "rows_are_independent")
    ],
)
def test_checks(case: LayerCase, check: str) -> None:
    reason = case.skip.get("mixed_precision" if check == "mixed_float16" else check)
    if reason:
        pytest.skip(reason)
    inputs: Any = case.draw()
    LAYER_CHECKS[check](lambda **more: case.make(core.layers, **more), inputs, dict(case.call))


def test_the_host_is_called_from_compiled_models() -> None:
    x = np.arange(6, dtype="int32")[:, None]
    hashing = core.layers.Hashing(4)
    inputs = core.Input((1,), dtype="int32")
    model = core.Model(inputs, core.layers.Dense(2)(core.ops.cast(hashing(inputs), "float32")))
    wanted = core.ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(model.predict(x, verbose=0), wanted, atol=1e-6)


def test_a_model_that_was_never_called_is_compiled() -> None:
    """With several inputs in a dict, and arrays of NumPy among what its layers keep."""

    class Scaled(core.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return core.ops.multiply(inputs, np.array([1.0, 2.0, 3.0], "float32"))

    a, b = core.Input((3,), name="a"), core.Input((3,), name="b")
    model = core.Model({"a": a, "b": b}, {"y": Scaled()(a + b)})
    x = core.ops.ones((2, 3))
    y = backend.execute.compiled(lambda data: model(data)["y"])({"a": x, "b": x})
    np.testing.assert_allclose(core.ops.convert_to_numpy(y), [[2.0, 4.0, 6.0]] * 2)


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
