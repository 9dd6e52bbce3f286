"""Training with products of 8-bit floats, against Keras's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as kc
from keras_core.backends.select import backend

pytestmark = pytest.mark.skipif(not backend.has("gradients"), reason="no gradients")

RNG = np.random.default_rng(2)
X = RNG.normal(size=(32, 6)).astype("float32")
Y = (X @ RNG.normal(size=(6, 2))).astype("float32")
VALUES = [RNG.normal(size=s).astype("float32") * 0.5 for s in ((6, 8), (8,), (8, 2), (2,))]


def trained(k: Any, epochs: int) -> tuple[Any, list[float]]:
    layers = [k.Input((6,)), k.layers.Dense(8, activation="relu"), k.layers.Dense(2)]
    model = k.Sequential(layers)
    model.set_weights(VALUES)
    for layer in model.layers:
        layer.quantize("float8")
    model.compile(k.optimizers.SGD(0.05), "mse")
    fitted = model.fit(X, Y, batch_size=16, epochs=epochs, shuffle=False, verbose=0)
    return model, fitted.history["loss"]


def test_steps_are_those_of_keras(keras: Any) -> None:
    (ours, losses), (theirs, wanted) = (trained(k, 3) for k in (kc, keras))
    np.testing.assert_allclose(losses, wanted, rtol=2e-3)
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        assert a.name == b.name
        found, value = (np.asarray(kc.ops.convert_to_numpy(v.value)) for v in (a, b))
        np.testing.assert_allclose(found, value, rtol=1e-2, atol=1e-3, err_msg=a.path)


def test_losses_fall_and_maxima_are_kept() -> None:
    model, losses = trained(kc, 30)
    assert losses[-1] < 0.2 * losses[0]
    first = model.layers[0]
    history = first.inputs_amax_history.numpy()
    seen = sorted({np.abs(X[:16]).max(), np.abs(X[16:]).max()})
    np.testing.assert_allclose(np.unique(history[history > 0]), seen, rtol=1e-6)
    assert float(first.inputs_scale.numpy()) != 1.0
    assert float(first.outputs_grad_scale.numpy()) != 1.0
