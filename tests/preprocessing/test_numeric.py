"""Normalization, Discretization and CategoryEncoding against Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.autodiff import to_numpy

X = np.random.default_rng(0).normal(2.0, 3.0, (20, 3, 4)).astype("float32")


@pytest.mark.parametrize("axis", [-1, None, 1, (1, 2)])
def test_normalization(keras: Any, axis: Any) -> None:
    for invert in (False, True):
        ours = core.layers.Normalization(axis=axis, invert=invert)
        theirs = keras.layers.Normalization(axis=axis, invert=invert)
        ours.adapt(X)
        theirs.adapt(X)
        np.testing.assert_allclose(to_numpy(ours(X)), to_numpy(theirs(X)), rtol=1e-5, atol=1e-5)
        assert ours.get_config().keys() == theirs.get_config().keys()
        assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    again = core.layers.Normalization.from_config(theirs.get_config())
    store: dict[str, Any] = {}
    ours.save_own_variables(store)
    again.build(X.shape)
    again.load_own_variables(store)
    np.testing.assert_allclose(to_numpy(again(X)), to_numpy(ours(X)), atol=1e-6)


@pytest.mark.parametrize("axis", [0, -2, (0, 1), -1, None, ()])
def test_learnt_moments_can_be_looked_at(keras: Any, axis: Any) -> None:
    """In the inputs' rank, also where each row has its own."""
    data = X[:, 0]
    ours, theirs = core.layers.Normalization(axis=axis), keras.layers.Normalization(axis=axis)
    assert ours.mean is None and ours.variance is None
    for layer in (ours, theirs):
        layer.adapt(data)
    for name in ("mean", "variance"):
        found, wanted = to_numpy(getattr(ours, name)), to_numpy(getattr(theirs, name))
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(to_numpy(ours(data)), to_numpy(theirs(data)), atol=1e-4)
    given = core.layers.Normalization(mean=2.0, variance=9.0)
    given.build((None, 3))
    assert to_numpy(given.mean).tolist() == [[2.0] * 3] and given.get_config()["mean"] == 2.0


def test_batches_must_agree_along_the_axes_that_are_kept() -> None:
    layer = core.layers.Normalization(axis=1)
    layer.adapt(X)
    with pytest.raises(ValueError, match="Normalization '.*': data must be of sizes"):
        layer.adapt(X[:, :2])


def test_normalization_of_batches_and_given_moments() -> None:
    layer = core.layers.Normalization()
    layer.adapt(iter([X[:7], X[7:]]))
    np.testing.assert_allclose(layer.adapt_mean.numpy(), X.mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(layer.adapt_variance.numpy(), X.var((0, 1)), rtol=1e-5)
    given = core.layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0, 4.0, 9.0, 16.0])
    y = given(X)
    np.testing.assert_allclose(to_numpy(y)[..., 1], (X[..., 1] - 2) / 2, rtol=1e-5)
    inputs = core.Input((3, 4))
    model = core.Model(inputs, given(inputs))
    np.testing.assert_allclose(to_numpy(model(X)), to_numpy(y), atol=1e-6)
    again = core.layers.Normalization.from_config(given.get_config())
    np.testing.assert_allclose(to_numpy(again(X)), to_numpy(y))
    several = core.layers.Normalization(
        (1, 2), given.input_mean, given.input_variance
    )  # alike along axis 1
    np.testing.assert_allclose(to_numpy(several(X)), to_numpy(y), atol=1e-6)
    with pytest.raises(ValueError, match=r"broadcast to \(1, 3, 4\)"):
        core.layers.Normalization((1, 2), [1.0] * 3, [1.0] * 3)(X)
    with pytest.raises(ValueError, match="adapt"):
        given.adapt(X)
    with pytest.raises(ValueError, match="both"):
        core.layers.Normalization(mean=1.0)


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
def test_discretization(keras: Any, mode: str) -> None:
    x = np.array([[-1.0, 0.0, 0.5], [1.0, 5.0, 2.0]], "float32")
    ours = core.layers.Discretization([0.0, 1.0, 2.0], output_mode=mode)
    theirs = keras.layers.Discretization([0.0, 1.0, 2.0], output_mode=mode)
    got, wanted = ours(x), theirs(x)
    np.testing.assert_array_equal(to_numpy(got), to_numpy(wanted))
    assert ours.compute_output_shape(x.shape) == tuple(wanted.shape)
    assert ours.get_config().keys() == theirs.get_config().keys()
    assert core.layers.Discretization.from_config(theirs.get_config()).output_mode == mode
    values = np.random.default_rng(0).normal(size=1000).astype("float32")
    ours = core.layers.Discretization(num_bins=4, output_mode=mode)
    theirs = keras.layers.Discretization(num_bins=4, output_mode=mode)
    ours.adapt(values)
    theirs.adapt(values)
    np.testing.assert_allclose(ours.bin_boundaries, theirs.bin_boundaries, atol=1e-4)
    again = core.layers.Discretization.from_config(ours.get_config())
    assert again.bin_boundaries == ours.bin_boundaries


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_category_encoding(keras: Any, mode: str) -> None:
    for ids in ([1, 3, 3], [[1, 3, 3], [0, 0, 1]], [[1], [2]]):
        ours = core.layers.CategoryEncoding(4, output_mode=mode)
        theirs = keras.layers.CategoryEncoding(4, output_mode=mode)
        got, wanted = ours(np.array(ids)), theirs(np.array(ids))
        np.testing.assert_array_equal(to_numpy(got), to_numpy(wanted))
        assert ours.compute_output_shape(np.shape(ids)) == tuple(wanted.shape)
    assert ours.get_config().keys() == theirs.get_config().keys()


def test_count_weights() -> None:
    layer = core.layers.CategoryEncoding(4, output_mode="count")
    weights = np.array([[0.1, 0.2, 0.3]], "float32")
    y = layer(np.array([[1, 3, 3]]), count_weights=weights)
    np.testing.assert_allclose(to_numpy(y), [[0, 0.1, 0, 0.5]], rtol=1e-6)


def test_bad_input() -> None:
    L = core.layers
    for wrong in (
        lambda: L.Discretization(),
        lambda: L.Discretization([1.0], num_bins=2),
        lambda: L.Discretization([1.0, 0.0]),
        lambda: L.CategoryEncoding(0),
        lambda: L.CategoryEncoding(3, output_mode="int"),
        lambda: L.Normalization(axis=5)(X),
    ):
        with pytest.raises(ValueError, match="Received"):
            wrong()


@pytest.mark.parametrize("name", ["Rescaling", "Discretization", "CategoryEncoding"])
def test_numbers_and_lists_of_numbers(keras: Any, name: str) -> None:
    argument = {"Rescaling": 2.0, "Discretization": [1.0], "CategoryEncoding": 4}[name]
    ours, theirs = getattr(core.layers, name)(argument), getattr(keras.layers, name)(argument)
    for value in (1, [1, 2], [[1, 2], [3, 0]]):
        got, wanted = to_numpy(ours(value)), to_numpy(theirs(value))
        assert got.shape == wanted.shape
        np.testing.assert_array_equal(got, wanted)
    with pytest.raises(ValueError, match=f"{name} '.*': inputs must be a tensor of numbers"):
        ours([[1, 2], [3]])


@pytest.mark.parametrize("count", [3, 5, 8])
def test_bins_are_no_more_than_values(keras: Any, count: int) -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0, 16.0], "float32")
    ours, theirs = (k.layers.Discretization(num_bins=count) for k in (core, keras))
    ours.adapt(values)
    theirs.adapt(values)
    np.testing.assert_allclose(ours.bin_boundaries, theirs.bin_boundaries, rtol=1e-6)
    assert ours.bin_boundaries == sorted(set(ours.bin_boundaries))
