"""Masks, randomness, training and compilation: what a table of values cannot say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from keras_core.core import masks
from tests.autodiff import to_numpy

layers, ops = core.layers, core.ops


def _masked(values: Any) -> Any:
    """A model's tensors with masks: 0 is padding."""
    return layers.Embedding(5, 3, mask_zero=True), np.asarray(values, "int32")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: layers.Add(), [[True, True, True]]),
        (lambda: layers.Maximum(), [[True, True, True]]),
        (lambda: layers.Multiply(), [[True, True, True]]),
        (lambda: layers.Concatenate(axis=1), [[True, False, True, True, True, False]]),
        (lambda: layers.Concatenate(axis=-1), [[True, True, True]]),
    ],
)
def test_merges_keep_masks(make: Any, expected: Any) -> None:
    embedding, a = _masked([[1, 0, 2]])
    b = np.asarray([[1, 2, 0]], "int32")
    first, second = core.Input((3,), dtype="int32"), core.Input((3,), dtype="int32")
    found = []

    class Probe(core.Layer):
        def call(self, x: Any, mask: Any = None) -> Any:
            found.append(mask)
            return x

    out = Probe()(make()([embedding(first), embedding(second)]))
    core.Model([first, second], out)([a, b])
    concrete = [m for m in found if m is not None and not isinstance(m, core.KerasTensor)]
    np.testing.assert_array_equal(to_numpy(concrete[-1]), expected)


@pytest.mark.parametrize("name", ["Add", "Maximum", "Concatenate"])
def test_merges_keep_the_mask_of_one_input(name: str) -> None:
    x, mask = np.ones((1, 3, 2), "float32"), np.asarray([[True, True, False]])
    found = getattr(layers, name)().compute_mask([x, x], [mask, None])
    np.testing.assert_array_equal(to_numpy(found), mask)


@pytest.mark.parametrize("name", ["MultiHeadAttention", "GroupQueryAttention"])
def test_attention_heeds_the_masks_that_inputs_carry(name: str) -> None:
    embedding, values = _masked([[1, 2, 0]])
    x = embedding(values)
    sizes = (2, 4) if name == "MultiHeadAttention" else (4, 2, 1)
    layer = getattr(layers, name)(*sizes)
    y = to_numpy(layer(x, x))  # without a warning that a mask was lost
    alone = to_numpy(layer(x[:, :2], x[:, :2]))
    np.testing.assert_allclose(y[:, :2], alone, rtol=1e-5, atol=1e-6)


def test_masking_masks_and_zeroes() -> None:
    x = np.asarray([[[1.0, 2.0], [3.0, 3.0]]], "float32")
    layer = layers.Masking(mask_value=3.0)
    assert masks.in_use
    np.testing.assert_array_equal(to_numpy(layer(x)), [[[1, 2], [0, 0]]])
    np.testing.assert_array_equal(
        to_numpy(layer.compute_mask(ops.convert_to_tensor(x))), [[True, False]]
    )


@pytest.mark.parametrize("name", ["Dropout", "GaussianDropout", "AlphaDropout"])
def test_noise_keeps_the_moments_and_is_seeded(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(200, 300)).astype("float32")
    x += 0.0 if name == "AlphaDropout" else 1.0
    layer = getattr(layers, name)(0.3, seed=1)
    first, second = (to_numpy(layer(x, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    again = to_numpy(getattr(layers, name)(0.3, seed=1)(x, training=True))
    np.testing.assert_array_equal(first, again)
    assert abs(first.mean() - x.mean()) < 0.02
    if name == "Dropout":
        assert abs((first == 0).mean() - 0.3) < 0.01
    if name == "AlphaDropout":
        assert abs(first.var() - 1) < 0.05
    np.testing.assert_array_equal(to_numpy(layer(x)), x)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_spatial_dropout_drops_whole_channels(rank: int) -> None:
    x = np.ones((8, *(3,) * rank, 16), "float32")
    y = to_numpy(getattr(layers, f"SpatialDropout{rank}D")(0.5, seed=1)(x, training=True))
    flat = y.reshape(8, -1, 16)
    assert set(np.unique(y)) == {0.0, 2.0}
    np.testing.assert_array_equal(flat, np.broadcast_to(flat[:, :1], flat.shape))


def test_a_frozen_batch_normalization_uses_its_moving_moments() -> None:
    x = np.random.default_rng(0).normal(3, 2, (64, 4)).astype("float32")
    layer = layers.BatchNormalization()
    layer(x, training=True)
    before = layer.get_weights()
    layer.trainable = False
    np.testing.assert_allclose(to_numpy(layer(x, training=True)), to_numpy(layer(x)), rtol=1e-6)
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_stateless_call_returns_moved_moments() -> None:
    x = np.random.default_rng(0).normal(3, 2, (64, 4)).astype("float32")
    layer = layers.BatchNormalization()
    layer.build((None, 4))
    tv = [v.value for v in layer.trainable_variables]
    ntv = [v.value for v in layer.non_trainable_variables]
    _, moved = layer.stateless_call(tv, ntv, ops.convert_to_tensor(x), training=True)
    np.testing.assert_allclose(to_numpy(moved[0]), 0.01 * x.mean(0), rtol=1e-4)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), np.zeros(4))


def test_activity_is_regularized() -> None:
    layer = layers.ActivityRegularization(l1=0.5, l2=0.25)
    layer(np.full((1, 4), 2.0, "float32"))
    assert float(layer.losses[0]) == pytest.approx(0.5 * 8 + 0.25 * 16)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Dense(3, activation="relu"),
        lambda: layers.LayerNormalization(),
        lambda: layers.BatchNormalization(),
        lambda: layers.EinsumDense("ab,bcd->acd", (2, 3), bias_axes="cd"),
        lambda: layers.Dropout(0.5),
    ],
)
def test_layers_compile(make: Any) -> None:
    """The framework's compiler takes a layer's call whole and computes the same."""
    x = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    layer = make()
    expected = to_numpy(layer(x))
    given = ops.convert_to_tensor(x)
    if backend.name == "jax":
        import jax

        found = jax.jit(lambda x: layer(x))(given)
        per_row = jax.vmap(lambda row: layer(row[None])[0])(given)
        np.testing.assert_allclose(to_numpy(per_row), expected, rtol=1e-5, atol=1e-5)
    elif backend.name == "tensorflow":
        import tensorflow as tf

        found = tf.function(lambda x: layer(x))(given)
    elif backend.name == "torch":
        import torch

        found = torch.compile(lambda x: layer(x), backend="eager", fullgraph=True)(given)
    else:
        pytest.skip("nothing to compile with")
    np.testing.assert_allclose(to_numpy(found), expected, rtol=1e-5, atol=1e-5)


def test_lambdas_are_saved_by_code_only_for_who_says_so() -> None:
    layer = layers.Lambda(lambda x: x * 2)
    with pytest.warns(UserWarning, match="bytecode"):
        config = core.saving.serialize_keras_object(layer)
    with pytest.raises(ValueError, match="safe_mode"):
        core.saving.deserialize_keras_object(config)
    again = core.saving.deserialize_keras_object(config, safe_mode=False)
    np.testing.assert_array_equal(to_numpy(again(np.ones((1, 2), "float32"))), [[2, 2]])


def test_synchronized_moments_of_one_process_are_the_plain_ones() -> None:
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    plain, synchronized = (core.layers.BatchNormalization(synchronized=s) for s in (False, True))
    a, b = (np.asarray(to_numpy(layer(x, training=True))) for layer in (plain, synchronized))
    np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.skipif(backend.name != "jax", reason="maps functions over named axes")
def test_synchronized_moments_are_those_of_all_that_is_mapped() -> None:
    import jax

    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 3, 4, 5)).astype("float32") * np.array([1, 9])[:, None, None, None]
    mask = rng.integers(0, 2, (2, 3, 4)).astype(bool)
    whole, parts = (core.layers.BatchNormalization(synchronized=s) for s in (False, True))
    for layer in (whole, parts):
        layer.build((None, 4, 5))
    state = [[v.value for v in g] for g in (parts.trainable_variables, parts.weights[2:])]

    def part(x: Any, mask: Any) -> Any:
        return parts.stateless_call(*state, x, training=True, mask=mask)

    for m in (None, mask):
        found, moved = jax.vmap(part, axis_name="replicas", in_axes=(0, None if m is None else 0))(
            x, m
        )
        flat = x.reshape(6, 4, 5), None if m is None else m.reshape(6, 4)
        wanted, after = whole.stateless_call(*state, flat[0], training=True, mask=flat[1])
        np.testing.assert_allclose(found.reshape(6, 4, 5), wanted, atol=1e-4)
        for a, b in zip(moved, after, strict=True):
            np.testing.assert_allclose(a[0], b, rtol=1e-4)
    np.testing.assert_allclose(
        jax.pmap(part, in_axes=(0, None))(x[:1], None)[0][0].mean(), 0, atol=1e-5
    )


@pytest.mark.skipif(backend.name == "numpy", reason="NumPy has no gradients")
@pytest.mark.parametrize("functional", [False, True])
def test_stateful_recurrent_layers_train(functional: bool) -> None:
    """The states are of one batch size, and are assigned while the gradient still wants them."""
    inputs = core.Input(batch_shape=(5, 3, 1))
    model = core.Sequential([inputs, layers.LSTM(4, stateful=True), layers.Dense(1)])
    if functional:
        model = core.Model(inputs, model.layers[1](model.layers[0](inputs)))
    model.compile("sgd", "mse")
    x = np.ones((10, 3, 1), "float32")
    history = model.fit(x, np.ones((10, 1)), batch_size=5, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert all(to_numpy(state.value).any() for state in model.layers[-2].states)


@pytest.mark.skipif(backend.name == "numpy", reason="NumPy has no gradients")
def test_stacked_cells_take_a_shorter_last_batch() -> None:
    model = core.Sequential(
        [core.Input((None, 1)), layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)])]
    )
    model.compile("sgd", "mse")
    model.fit(np.ones((7, 3, 1)), np.ones((7, 3)), batch_size=4, verbose=0)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["GroupNormalization", "LayerNormalization", "BatchNormalization"])
@pytest.mark.parametrize("training", [False, True])
def test_integers_are_normalised_like_floats(name: str, dtype: str, training: bool) -> None:
    """Keras rounds group and layer normalisation's results to integers."""
    options = {"groups": 2} if name == "GroupNormalization" else {}
    layer = getattr(core.layers, name)(dtype=dtype, **options)
    x = np.arange(24, dtype="int32").reshape(2, 3, 4) ** 2 % 7
    given = {"training": training} if name == "BatchNormalization" else {}
    found, wanted = layer(x, **given), layer(x.astype("float32"), **given)
    assert core.backend.standardize_dtype(found.dtype) == layer.compute_dtype
    np.testing.assert_allclose(
        core.ops.convert_to_numpy(core.ops.cast(found, "float32")),
        core.ops.convert_to_numpy(core.ops.cast(wanted, "float32")),
        atol=1e-6,
    )


def _mixed_table() -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5], "c": [True, False]})


def test_layers_take_tables() -> None:
    table = _mixed_table()
    dense = layers.Dense(2, kernel_initializer="ones")
    expected = [[2.5, 2.5], [3.5, 3.5]]
    np.testing.assert_allclose(to_numpy(dense(table)), expected)
    np.testing.assert_allclose(to_numpy(core.Sequential([dense])(table)), expected)
    assert layers.Embedding(5, 3)(table["a"]).shape == (2, 3)


@pytest.mark.parametrize("kind", ["texts", "sparse"])
def test_layers_refuse_tables_of_texts_and_scipys_matrices(kind: str) -> None:
    if kind == "texts":
        x = _mixed_table().assign(c=["x", "y"])
    else:
        x = pytest.importorskip("scipy.sparse").csr_matrix(np.eye(3, dtype="float32"))
    dense = layers.Dense(2, name="d")
    with pytest.raises(ValueError, match=r"Dense 'd': inputs must be a tensor of numbers"):
        dense(x)


def test_layers_take_arrays_of_the_other_byte_order() -> None:
    x = np.arange(4.0).reshape(2, 2).astype(">f4")
    np.testing.assert_allclose(to_numpy(layers.ReLU()(x)), np.arange(4.0).reshape(2, 2))
    np.testing.assert_allclose(to_numpy(ops.add(x, 1)), np.arange(1.0, 5.0).reshape(2, 2))


def test_dropping_everything_out() -> None:
    x = np.ones((2, 3), "float32")
    for name in ("Dropout", "AlphaDropout"):
        layer = getattr(core.layers, name)(1)
        np.testing.assert_array_equal(core.ops.convert_to_numpy(layer(x)), x)
        np.testing.assert_array_equal(core.ops.convert_to_numpy(layer(x, training=True)), 0 * x)
    near = core.layers.AlphaDropout(1 - 1e-7)  # what becomes of it just before
    assert np.abs(core.ops.convert_to_numpy(near(x, training=True))).max() < 1e-3
