"""SimpleRNN, GRU and LSTM against Keras, over the options that change their path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.autodiff import to_numpy
from tests.conftest import BACKEND
from tests.layers_rnn.oracle import compare, flat, sequences

X = sequences(3, 6, 4)
MASKS = {
    "none": None,
    "right": np.array([[1, 1, 1, 1, 1, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]], bool),
    "ragged": np.array([[0, 1, 1, 0, 1, 0], [1, 1, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]], bool),
}
LAYERS = {
    "simple": ("SimpleRNN", {}),
    "simple_relu": ("SimpleRNN", {"activation": "relu", "use_bias": False}),
    "gru": ("GRU", {}),
    "gru_before": ("GRU", {"reset_after": False}),
    "gru_no_bias": ("GRU", {"use_bias": False}),
    "gru_hard": ("GRU", {"recurrent_activation": "hard_sigmoid"}),
    "lstm": ("LSTM", {}),
    "lstm_no_bias": ("LSTM", {"use_bias": False}),
    "lstm_relu": ("LSTM", {"activation": "relu"}),
    "lstm_unrolled": ("LSTM", {"unroll": True}),
}
OPTIONS = {
    "last": {},
    "all": {"return_sequences": True},
    "state": {"return_state": True},
    "back": {"return_sequences": True, "go_backwards": True, "return_state": True},
    "zeros": {"return_sequences": True, "zero_output_for_mask": True},
    "zeros_back": {"go_backwards": True, "zero_output_for_mask": True},
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("layer", LAYERS)
def test_against_keras(keras: Any, layer: str, options: str, mask: str) -> None:
    name, arguments = LAYERS[layer]
    kwargs = arguments | OPTIONS[options]
    if kwargs.get("zero_output_for_mask") and mask == "none":
        pytest.skip("says nothing without a mask")
    if arguments and (options in ("last", "state", "zeros_back") or mask == "right"):
        pytest.skip("covered by the layer's plain row")
    if arguments.get("unroll") and options == "zeros" and BACKEND in ("numpy", "jax"):
        pytest.skip("Keras does not zero the outputs of unrolled steps on NumPy and JAX")
    if arguments.get("unroll") and options == "back" and mask != "none" and BACKEND == "torch":
        pytest.skip("Keras fails on a mask going backwards through unrolled steps on torch")
    compare(keras, lambda L: getattr(L, name)(5, **kwargs), X, mask=MASKS[mask])


@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_integers(keras: Any, layer: str) -> None:
    x = np.arange(72, dtype="int32").reshape(3, 6, 4) % 3
    compare(keras, lambda L: getattr(L, layer)(5), x, grad=False)
    compare(keras, lambda L: L.Bidirectional(getattr(L, layer)(5)), x, grad=False)


@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_a_cell_says_what_comes_in_training_too(layer: str) -> None:
    cell = getattr(core.layers, f"{layer}Cell")(5, dropout=0.5, recurrent_dropout=0.5)
    states = [core.KerasTensor((None, 5)) for _ in range(2 if layer == "LSTM" else 1)]
    output, _ = cell(core.KerasTensor((None, 4)), states, training=True)
    assert output.shape == (None, 5)
    zeros = [np.zeros((2, 5), "float32") for _ in states]
    assert cell(np.ones((2, 4), "float32"), zeros, training=True)[0].shape == (2, 5)


@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_initial_state(keras: Any, layer: str) -> None:
    states = [sequences(3, 5) for _ in range(2 if layer == "LSTM" else 1)]
    # A sequence without any step gives zeros here; Keras's NumPy backend gives the first state.
    for mask in (None, MASKS["right"], MASKS["ragged"] | MASKS["right"]):
        compare(
            keras,
            lambda L: getattr(L, layer)(5, return_state=True),
            X,
            mask=mask,
            initial_state=states if layer == "LSTM" else states[0],
        )


@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_stateful(keras: Any, layer: str) -> None:
    ours, theirs = compare(
        keras, lambda L: getattr(L, layer)(5, stateful=True), X, calls=3, grad=False
    )
    for a, b in zip(flat(ours.states), theirs.states, strict=True):
        np.testing.assert_allclose(
            a, np.asarray(b.numpy() if hasattr(b, "numpy") else b), atol=2e-5
        )
    ours.reset_state()
    assert all((a == 0).all() for a in flat(ours.states))
    assert len(ours.weights) == len(theirs.weights)


@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_config(keras: Any, layer: str) -> None:
    ours = getattr(core.layers, layer)(5, name="a", return_sequences=True, dropout=0.25)
    theirs = getattr(keras.layers, layer)(5, name="a", return_sequences=True, dropout=0.25)
    assert ours.get_config().keys() == theirs.get_config().keys()
    assert ours.cell.get_config().keys() == theirs.cell.get_config().keys()
    again = type(ours).from_config(ours.get_config())
    assert again.get_config() == ours.get_config()
    assert type(ours).from_config(theirs.get_config()).dropout == 0.25
    assert type(theirs).from_config(ours.get_config()).units == 5


@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_dropout(layer: str) -> None:
    x = np.ones((3, 6, 200), "float32")
    ours = getattr(core.layers, layer)(4, dropout=0.5, return_sequences=True)
    calm = flat(ours(x))[0]
    first, second = flat(ours(x, training=True))[0], flat(ours(x, training=True))[0]
    assert not np.allclose(first, second) and not np.allclose(first, calm)
    np.testing.assert_array_equal(flat(ours(x))[0], calm)
    ours = getattr(core.layers, layer)(4, dropout=0.2, recurrent_dropout=0.5)
    calm = flat(ours(x))[0]
    assert not np.allclose(flat(ours(x, training=True))[0], calm)
    assert ours.cell._dropout_mask is None and ours.cell._recurrent_dropout_mask is None


@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_in_model(layer: str) -> None:
    inputs = core.Input((None, 4))
    first, *state = getattr(core.layers, layer)(5, return_sequences=True, return_state=True)(inputs)
    assert first.shape == (None, None, 5) and state[0].shape == (None, 5)
    out = getattr(core.layers, layer)(3)(first)
    model = core.Model(inputs, out)
    assert flat(model(X))[0].shape == (3, 3)
    first = getattr(core.layers, layer)(5)
    states = [core.Input((5,)) for _ in range(2 if layer == "LSTM" else 1)]
    model = core.Model([inputs, *states], first(inputs, initial_state=states))
    values = [sequences(3, 5) for _ in states]
    np.testing.assert_allclose(
        flat(model([X, *values]))[0], flat(first(X, initial_state=values))[0], atol=1e-6
    )


def test_mask_from_masking_layers_reaches_through() -> None:
    layer = core.layers.LSTM(3, return_sequences=True)
    assert layer.compute_mask(None, MASKS["right"]) is MASKS["right"]
    assert core.layers.LSTM(3).compute_mask(None, MASKS["right"]) is None


@pytest.mark.parametrize("mask", MASKS)
def test_kernel_equals_steps(mask: str) -> None:
    for make in (core.layers.LSTM, core.layers.GRU):
        fused = make(5, return_sequences=True, return_state=True)
        steps = make(5, return_sequences=True, return_state=True, use_cudnn=False)
        a = fused(X, mask=MASKS[mask])
        steps.build(X.shape)
        steps.set_weights(fused.get_weights())
        for m, n in zip(flat(a), flat(steps(X, mask=MASKS[mask])), strict=True):
            np.testing.assert_allclose(m, n, atol=2e-6)


def test_kernels_of_both_directions_equal_steps() -> None:
    def both(use_cudnn: bool) -> Any:
        inner = core.layers.LSTM(3, return_sequences=True, use_cudnn=use_cudnn)
        return core.layers.Bidirectional(inner)

    fused, steps = both(True), both(False)
    for mask in MASKS.values():
        a = fused(X, mask=mask)
        steps(X)
        steps.set_weights(fused.get_weights())
        np.testing.assert_allclose(flat(a)[0], flat(steps(X, mask=mask))[0], atol=2e-6)


def test_bad_input() -> None:
    L = core.layers
    for wrong in (
        lambda: L.LSTM(0),
        lambda: L.GRU("3"),
        lambda: L.LSTM(3, dropout=2.0),
        lambda: L.LSTM(3)(np.ones((2, 3), "float32")),
        lambda: L.LSTM(3)(X, initial_state=[np.zeros((3, 3), "float32")]),
        lambda: L.LSTM(3)(X, initial_state=[np.zeros((3, 2), "float32")] * 2),
        lambda: L.LSTM(3, use_cudnn="perhaps"),
        lambda: L.LSTM(3, use_cudnn=True, activation="relu")(X),
        lambda: L.LSTM(3, stateful=True)(core.Input((5, 4))),
        lambda: L.RNN(3),
    ):
        with pytest.raises(ValueError, match="Received|use_cudnn"):
            wrong()


@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM", "RNN"])
@pytest.mark.parametrize("rows", [1, 2, 2 * len(X)])
def test_a_stateful_layer_takes_batches_of_one_size(name: str, rows: int) -> None:
    """Torch's kernel for LSTM wrote past the end of the states of another batch."""
    L = core.layers
    layer = L.RNN(L.GRUCell(3), stateful=True) if name == "RNN" else getattr(L, name)(3, stateful=1)
    layer(X)
    states = [to_numpy(state) for state in layer.states]
    with pytest.raises(
        ValueError, match=f"{name} '.*': .*must have {len(X)} rows.*batch of {rows}"
    ):
        layer(np.concatenate([X, X])[:rows])
    for state, before in zip(layer.states, states, strict=True):
        np.testing.assert_array_equal(to_numpy(state), before)


@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM"])
def test_a_state_of_one_row_is_that_of_all(name: str) -> None:
    layer = getattr(core.layers, name)(3)
    row = np.random.default_rng(1).normal(size=(1, 3)).astype("float32")
    count = 2 if name == "LSTM" else 1
    one = layer(X, initial_state=[core.ops.convert_to_tensor(row)] * count)
    rows = [core.ops.convert_to_tensor(np.repeat(row, len(X), 0))] * count
    np.testing.assert_allclose(to_numpy(one), to_numpy(layer(X, initial_state=rows)), atol=1e-6)


@pytest.mark.parametrize("mask", ["none", "ragged"])
@pytest.mark.parametrize("layer", ["GRU", "LSTM"])
def test_kernels_too_large_for_a_cache(keras: Any, layer: str, mask: str) -> None:
    """Some backends make the products with such inputs before the loop, not at each step."""
    make = lambda layers: getattr(layers, layer)(192, return_sequences=True)  # noqa: E731
    compare(keras, make, X, mask=MASKS[mask])


@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_a_layer_steps_as_its_cell_does(layer: str) -> None:
    """The layer may make the products with all inputs at once; RNN of the cell never does."""
    options = {"activation": "relu", "dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1}
    whole = getattr(core.layers, layer)(5, return_sequences=True, **options)
    whole.build(X.shape)
    steps = core.layers.RNN(whole._cell_class(5, **options), return_sequences=True)
    steps.build(X.shape)
    steps.set_weights(whole.get_weights())
    for training in (False, True):
        a, b = (to_numpy(x(X, mask=MASKS["ragged"], training=training)) for x in (whole, steps))
        np.testing.assert_allclose(a, b, atol=2e-6)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_a_mask_counts_beside_an_initial_state_too(kind):
    # Keras 3 drops it there: `docs/guides/from_keras.md` lists it.
    ids = np.array([[0, 3, 0, 1], [1, 2, 0, 0]])
    state = np.full((2, 2), 0.5, "float32")
    start = [state, state] if kind == "LSTM" else state
    embed = core.layers.Embedding(9, 2, mask_zero=True)
    layer = getattr(core.layers, kind)(2, return_sequences=True)
    out = layer(embed(ids), initial_state=start)
    said = layer(embed(ids) + 0.0, initial_state=start, mask=core.ops.convert_to_tensor(ids != 0))
    left = layer(
        core.ops.convert_to_tensor(core.ops.convert_to_numpy(embed(ids))), initial_state=start
    )
    out, said, left = (to_numpy(v) for v in (out, said, left))
    np.testing.assert_allclose(out, said, rtol=1e-6)
    assert np.abs(out - left).max() > 1e-3
