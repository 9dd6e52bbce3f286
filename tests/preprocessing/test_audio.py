"""Spectrograms against Keras."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.autodiff import to_numpy
from tests.conftest import BACKEND

WAVES = np.random.default_rng(0).normal(size=(2, 600, 2)).astype("float32")


@pytest.mark.parametrize(
    "kwargs",
    [
        *({"mode": mode} for mode in ("log", "magnitude", "psd", "real", "imag", "stft")),
        {"mode": "psd", "scaling": "spectrum"},
        {"mode": "magnitude", "scaling": None, "window": None},
        {"frame_length": 100, "frame_step": 30, "fft_length": 128, "periodic": True},
        {"frame_length": 100, "padding": "same", "expand_dims": True},
        {"mode": "magnitude", "window": "hamming", "expand_dims": True},
        {"window": np.hanning(100), "frame_length": 100},
    ],
    ids=str,
)
def test_stft(keras: Any, kwargs: dict[str, Any]) -> None:
    formats = ["channels_last"] if BACKEND == "tensorflow" else ["channels_last", "channels_first"]
    for data_format in formats:
        x = WAVES if data_format == "channels_last" else WAVES.transpose(0, 2, 1)
        ours = core.layers.STFTSpectrogram(data_format=data_format, **kwargs)
        theirs = keras.layers.STFTSpectrogram(data_format=data_format, **kwargs)
        got, wanted = to_numpy(ours(x)), to_numpy(theirs(x))
        np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=2e-3)
        assert ours.compute_output_shape(x.shape) == got.shape
        assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
        assert ours.get_config().keys() == theirs.get_config().keys()


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"power_to_db": False},
        {"power_to_db": False, "mag_exp": 1.0},
        {"fft_length": 512, "sequence_stride": 128, "sequence_length": 400, "num_mel_bins": 20},
        {"window": np.blackman(1024), "fft_length": 1024},
        {"window": "hamming", "min_freq": 100.0, "max_freq": 4000.0, "top_db": 20.0},
    ],
    ids=str,
)
def test_mel(keras: Any, kwargs: dict[str, Any]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 8000)).astype("float32")
    ours = core.layers.MelSpectrogram(**kwargs)
    theirs = keras.layers.MelSpectrogram(**kwargs)
    got, wanted = to_numpy(ours(x)), to_numpy(theirs(x))
    np.testing.assert_allclose(got, wanted, rtol=2e-3, atol=2e-2)
    assert ours.compute_output_shape(x.shape) == got.shape
    assert ours.get_config().keys() == theirs.get_config().keys()
    np.testing.assert_allclose(to_numpy(ours(x[0])), to_numpy(theirs(x[0])), rtol=2e-3, atol=2e-2)
    again = core.layers.MelSpectrogram.from_config(json.loads(json.dumps(ours.get_config())))
    np.testing.assert_array_equal(to_numpy(again(x)), got)
    half = core.layers.MelSpectrogram(**kwargs, dtype="float16")(x)
    assert core.backend.standardize_dtype(half.dtype) == "float16"


def test_mel_takes_the_windows_that_scipy_knows() -> None:
    x = np.random.default_rng(0).normal(size=(2, 2000)).astype("float32")
    named = core.layers.MelSpectrogram(256, 64, window="blackman")
    given = core.layers.MelSpectrogram(256, 64, window=np.blackman(257)[:-1])
    np.testing.assert_allclose(to_numpy(named(x)), to_numpy(given(x)), rtol=1e-5, atol=1e-4)
