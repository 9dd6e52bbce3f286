"""RNN of any cell, stacks, Bidirectional, TimeDistributed and ConvLSTM against Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.conftest import BACKEND
from tests.layers_rnn.oracle import compare, flat, sequences

X = sequences(3, 6, 4)
MASK = np.array([[1, 1, 1, 1, 1, 0], [1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1]], bool)


def test_stack(keras: Any) -> None:
    make = lambda L: L.RNN([L.LSTMCell(3), L.GRUCell(2)], return_state=True)  # noqa: E731
    ours, theirs = compare(keras, make, X)
    compare(keras, make, X, mask=MASK)
    assert ours.get_config().keys() == theirs.get_config().keys()
    again = core.layers.RNN.from_config(theirs.get_config())
    assert again.cell.cells[1].units == 2
    assert ours.compute_output_shape((None, 6, 4)) == theirs.compute_output_shape((None, 6, 4))


def test_custom_cell(keras: Any) -> None:
    def make(L: Any) -> Any:
        ops = core.ops if L is core.layers else keras.ops

        class Cell(L.Layer):
            def __init__(self) -> None:
                super().__init__()
                self.state_size = 4

            def call(self, inputs: Any, states: Any) -> Any:
                output = ops.tanh(inputs + 0.5 * states[0])
                return output, [output]

        return L.RNN(Cell(), return_sequences=True, return_state=True, name="rnn")

    compare(keras, make, X)
    compare(keras, make, X, mask=MASK)


@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul", None])
def test_bidirectional(keras: Any, mode: str | None) -> None:
    for options in ({}, {"return_sequences": True, "return_state": True}):

        def make(L: Any, options: Any = options) -> Any:
            return L.Bidirectional(L.LSTM(3, name="l", **options), merge_mode=mode)

        compare(keras, make, X, grad=mode == "sum")
        ours, theirs = compare(keras, make, X, mask=MASK, grad=False)
    assert ours.get_config().keys() == theirs.get_config().keys()
    again = core.layers.Bidirectional.from_config(theirs.get_config())
    assert again.forward_layer.name == theirs.forward_layer.name
    assert again.backward_layer.go_backwards
    assert core.layers.Bidirectional.from_config(ours.get_config()).merge_mode == mode


def test_bidirectional_states(keras: Any) -> None:
    states = [sequences(3, 3), sequences(3, 3)]
    compare(keras, lambda L: L.Bidirectional(L.GRU(3)), X, initial_state=states, grad=False)
    ours, _ = compare(
        keras, lambda L: L.Bidirectional(L.GRU(3, stateful=True)), X, calls=2, grad=False
    )
    assert len(ours.states) == 2
    backward = core.layers.GRU(2, go_backwards=True)
    both = core.layers.Bidirectional(core.layers.LSTM(3), backward_layer=backward)
    assert flat(both(X))[0].shape == (3, 5)
    for wrong in (
        lambda L: L.Bidirectional(L.LSTM(3), backward_layer=L.LSTM(3)),
        lambda L: L.Bidirectional(L.Dense(3)),
        lambda L: L.Bidirectional(L.LSTM(3), merge_mode="maximum"),
    ):
        with pytest.raises(ValueError, match="Bidirectional"):
            wrong(core.layers)


def test_time_distributed(keras: Any) -> None:
    compare(keras, lambda L: L.TimeDistributed(L.Dense(3)), X)
    compare(keras, lambda L: L.TimeDistributed(L.LSTM(3)), sequences(2, 3, 4, 2))
    frames = sequences(2, 3, 6, 6, 2)
    ours, theirs = compare(keras, lambda L: L.TimeDistributed(L.Conv2D(3, 3)), frames)
    assert ours.compute_output_shape((None, 3, 6, 6, 2)) == (None, 3, 4, 4, 3)
    assert ours.get_config().keys() == theirs.get_config().keys()


def test_time_distributed_statistics(keras: Any) -> None:
    ours = core.layers.TimeDistributed(core.layers.BatchNormalization())
    theirs = keras.layers.TimeDistributed(keras.layers.BatchNormalization())
    got, wanted = ours(X, training=True), theirs(X, training=True)
    np.testing.assert_allclose(flat(got)[0], flat(wanted)[0], atol=1e-4)
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(flat(a.value)[0], flat(b.value)[0], atol=1e-5)


@pytest.mark.parametrize("kind", [list, tuple, dict])
@pytest.mark.parametrize("own", [False, True])
def test_time_distributed_over_several_inputs(kind: Any, own: bool) -> None:
    """A user's own layer goes step by step, ours all at once."""

    class Own(core.layers.Layer):
        supports_masking = True

        def call(self, inputs: Any, mask: Any = None) -> Any:
            a, b = inputs.values() if isinstance(inputs, dict) else inputs
            return a + core.ops.sum(b, axis=-1, keepdims=True)

    a, b = core.Input((4,)), core.Input((2,))
    ours = core.Model({"a": a, "b": b} if kind is dict else [a, b], Own()([a, b]))
    values = (X, sequences(3, 6, 2))
    given = {"a": values[0], "b": values[1]} if kind is dict else kind(values)
    layer = core.layers.TimeDistributed(Own() if own else ours)
    wanted = values[0] + values[1].sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(flat(layer(given))[0], wanted, rtol=1e-5)
    shapes = core.tree.map_structure(lambda x: (None, *x.shape[1:]), given)
    assert layer.compute_output_shape(shapes if kind is dict else list(shapes)) == (None, 6, 4)
    inputs = core.tree.map_structure(lambda x: core.Input(x.shape[1:]), given)
    outputs = layer(core.tree.map_structure(core.layers.Masking(), inputs))
    assert outputs.shape == (None, 6, 4)
    last = core.layers.Lambda(lambda y, mask=None: y * core.ops.cast(mask, "float32")[..., None])
    found = core.Model(inputs, last(outputs)).predict(given, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_time_distributed_refuses_inputs_of_different_times() -> None:
    layer = core.layers.TimeDistributed(core.layers.Add())
    with pytest.raises(ValueError, match=r"same number of steps. Received: \[6, 5\]"):
        layer([X, X[:, :5]])
    with pytest.raises(ValueError, match=r"axes \(batch, time, features\). Received: .*\(3, 6\)"):
        core.layers.TimeDistributed(core.layers.Add())([X, X[..., 0]])


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_lstm(keras: Any, rank: int) -> None:
    x = sequences(2, 3, *(5,) * rank, 2)
    name = f"ConvLSTM{rank}D"
    mask = np.array([[1, 1, 0], [0, 1, 1]], bool)
    for options in (
        {},
        {"return_sequences": True, "return_state": True, "padding": "same", "strides": 2},
        {"go_backwards": True, "use_bias": False},
    ):

        def make(L: Any, options: Any = options) -> Any:
            return getattr(L, name)(3, 3, **options)

        ours, theirs = compare(keras, make, x, grad=rank < 3)
        assert ours.get_config().keys() == theirs.get_config().keys()
        assert type(ours).from_config(ours.get_config()).filters == 3
    if BACKEND in ("torch", "tensorflow"):  # on the others Keras fails on it, or broadcasts it
        compare(keras, lambda L: getattr(L, name)(3, 3, return_sequences=True), x, mask=mask)
    compare(keras, lambda L: getattr(L, name)(3, 3, stateful=True), x, calls=2, grad=False)


@pytest.mark.parametrize("backwards", [False, True])
def test_conv_lstm_with_a_mask_is_the_steps_of_its_cell(backwards: bool) -> None:
    """A step that is masked gives the last output again and leaves the states."""
    x, mask = sequences(2, 4, 2, 2, 3), np.array([[0, 1, 0, 1], [1, 1, 0, 0]], bool)
    layer = core.layers.ConvLSTM2D(
        3, 2, padding="same", return_sequences=True, return_state=True, go_backwards=backwards
    )
    *found, hidden, carry = flat(layer(x, mask=core.ops.convert_to_tensor(mask)))
    order = range(4)[:: -1 if backwards else 1]
    output, states = np.zeros((2, 2, 2, 3)), [np.zeros((2, 2, 2, 3), "float32")] * 2
    wanted = []
    for step in order:
        now, after = layer.cell(x[:, step], states)
        seen = mask[:, step, None, None, None]
        output = np.where(seen, flat(now)[0], output)
        states = [np.where(seen, *pair) for pair in zip(flat(after), states, strict=True)]
        wanted.append(output)
    np.testing.assert_allclose(found[0], np.stack(wanted, 1), atol=1e-5)
    for a, b in zip((hidden, carry), states, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
