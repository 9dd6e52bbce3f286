"""What losses and correlations are of nothing, of constants, and of very small numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import losses, metrics
from keras_core.backends.select import backend
from tests.losses.test_against_keras import CASES, IDS, number
from tests.training.helpers import assert_same_weights, classifier, data, trains


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), CASES, ids=IDS)
def test_the_loss_of_no_samples_is_zero(
    name: str, arguments: dict, y_true: Any, y_pred: Any
) -> None:
    # Keras gives the empty losses themselves, whose sum is zero, and fails at some.
    if name in ("CTC", "Dice", "Tversky") or arguments.get("axis") in (0, (0, 1)):
        pytest.skip("no loss a sample")
    for weights in (None, np.zeros(0, "float32")):
        loss = getattr(losses, name)(**arguments)
        assert number(loss(y_true[:0], y_pred[:0], sample_weight=weights)) == 0


@pytest.mark.parametrize("name", ["CategoricalCrossentropy", "CategoricalFocalCrossentropy"])
@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_no_classes_are_not_smoothed(keras: Any, name: str, shape: tuple[int, ...]) -> None:
    empty = np.zeros(shape, "float32").tolist()
    found = getattr(losses, name)(label_smoothing=0.1)(empty, empty)
    with np.errstate(all="ignore"):  # of which NumPy warns in Keras
        theirs = getattr(keras.losses, name)(label_smoothing=0.1)(empty, empty)
    assert number(found) == float(keras.ops.convert_to_numpy(theirs)) == 0


@trains
def test_an_empty_batch_among_others_changes_nothing() -> None:
    x, y = data(24)

    def batches(empty: bool) -> Iterator[Any]:
        for i in range(3):
            yield x[8 * i : 8 * i + 8], y[8 * i : 8 * i + 8]
            if empty and i == 1:
                yield x[:0], y[:0]

    with_empty, without = (classifier(keras, optimizer="sgd") for _ in range(2))
    found = with_empty.fit(batches(True), verbose=0).history
    wanted = without.fit(batches(False), verbose=0).history
    assert_same_weights(with_empty, without, 1e-6)
    for key, values in wanted.items():
        np.testing.assert_allclose(found[key], values, rtol=1e-5)
    np.testing.assert_allclose(
        with_empty.evaluate(batches(True), verbose=0), without.evaluate(batches(False), verbose=0),
        rtol=1e-5,
    )  # fmt: skip


def test_a_mean_over_weights_counts_each_as_often_as_it_weighs() -> None:
    # Keras divides by the weights as they came, three times too few here.
    values = np.arange(6, dtype="float32").reshape(2, 3, 1)
    loss = losses.MeanAbsoluteError(reduction="mean_with_sample_weight")
    for weights in (2.0, np.full((2, 1), 2.0), np.full(2, 2.0), np.full((2, 3), 2.0)):
        np.testing.assert_allclose(number(loss(values, values * 0, weights)), 2.5)


@pytest.mark.skipif(backend.name == "numpy", reason="Keras's NumPy arrays take no masks")
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_one_loss_of_a_batch_is_masked_by_sample(keras: Any, shape: tuple[int, ...]) -> None:
    weights, found = np.linspace(1, 2, 4, dtype="float32").reshape(shape), []
    for K in (keras, __import__("keras_core")):
        y_true, y_pred = (K.ops.convert_to_tensor(x) for x in (np.eye(4, 3), np.full((4, 3), 0.5)))
        mask = K.ops.convert_to_tensor([True, False, True, True])
        if K is keras:
            y_pred._keras_mask = mask
        else:
            from keras_core.core.masks import set_mask

            set_mask(y_pred, mask)
        loss = K.losses.Dice(reduction="sum")(y_true, y_pred, sample_weight=weights)
        found.append(float(K.ops.convert_to_numpy(loss)))
    assert found[0] == pytest.approx(found[1], rel=1e-5)


ONES, RISING = np.ones((4, 1), "float32"), np.arange(4, dtype="float32")[:, None]
AGGREGATIONS = [None, "uniform_average", "variance_weighted_average"]


def r2(aggregation: Any, *args: Any) -> np.ndarray:
    metric = metrics.R2Score(class_aggregation=aggregation)
    metric.update_state(*args)
    return np.squeeze(number(metric.result()))


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_r2_of_targets_that_are_all_the_same(keras: Any, aggregation: Any) -> None:
    assert r2(aggregation, ONES, RISING) == 0  # was 1, as if they had been met
    assert r2(aggregation, ONES, ONES) == 1  # NaN in Keras; 1 in scikit-learn
    assert r2(aggregation, ONES[:1], ONES[:1] * 2) == 0
    both = np.hstack([ONES, RISING]), np.hstack([RISING, RISING + 0.5])
    theirs = keras.metrics.R2Score(class_aggregation=aggregation)
    theirs.update_state(*both)
    with np.errstate(all="ignore"):
        wanted = np.squeeze(keras.ops.convert_to_numpy(theirs.result()))
    np.testing.assert_allclose(r2(aggregation, *both), wanted, rtol=1e-5)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_r2_does_not_depend_on_the_scale_of_weights(aggregation: Any) -> None:
    y_true, y_pred = np.random.default_rng(2).normal(size=(2, 6, 3)).astype("float32")
    weights = np.linspace(1, 2, 6, dtype="float32")
    wanted = r2(aggregation, y_true, y_pred, weights)
    for scale in (1e-3, 1e3, -1.0):
        found = r2(aggregation, y_true, y_pred, np.float32(scale) * weights)
        np.testing.assert_allclose(found, wanted, rtol=1e-4)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_r2_of_no_data_is_no_number(aggregation: Any) -> None:
    assert np.isnan(r2(aggregation, ONES, RISING, np.zeros(4, "float32")))
    metric = metrics.R2Score(class_aggregation=aggregation)
    metric.update_state(RISING, RISING)
    metric.reset_state()
    assert np.isnan(number(metric.result())).all()  # as in Keras


def correlation(name: str, y_true: Any, y_pred: Any) -> float:
    metric = getattr(metrics, name)()
    metric.update_state(y_true.astype("float32"), y_pred.astype("float32"))
    return float(number(metric.result()))


CONSTANTS = [(1.0, None), (0.1, None), (None, 7.3), (2.0, 2.0), (2.0, 3.0)]


@pytest.mark.parametrize("name", ["PearsonCorrelation", "ConcordanceCorrelation"])
@pytest.mark.parametrize(("true", "pred"), CONSTANTS)
def test_constants_correlate_with_nothing(name: str, true: Any, pred: Any) -> None:
    # NaN in Keras, and so for the whole epoch.
    rows = np.random.default_rng(0).normal(size=(1, 7))
    y_true, y_pred = (rows if x is None else np.full((1, 7), x) for x in (true, pred))
    assert correlation(name, y_true, y_pred) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("scale", [1e-12, 1e-5, 1.0, 1e6])
def test_correlations_do_not_depend_on_the_scale(scale: float) -> None:
    y_true, y_pred = np.random.default_rng(1).normal(size=(2, 3, 8))
    pearson = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(y_true, y_pred, strict=True)])
    found = correlation("PearsonCorrelation", scale * y_true, scale * y_pred)
    np.testing.assert_allclose(found, pearson, rtol=1e-4)
    cov = (
        (y_true - y_true.mean(1, keepdims=True)) * (y_pred - y_pred.mean(1, keepdims=True))
    ).mean(1)
    spread = y_true.var(1) + y_pred.var(1) + (y_true.mean(1) - y_pred.mean(1)) ** 2
    found = correlation("ConcordanceCorrelation", scale * y_true, scale * y_pred)
    np.testing.assert_allclose(found, (2 * cov / spread).mean(), rtol=1e-4)


@pytest.mark.skipif(backend.name != "tensorflow", reason="others know the shapes when they trace")
def test_losses_of_unknown_shapes() -> None:
    import tensorflow as tf

    loss = losses.CategoricalCrossentropy(label_smoothing=0.1)
    run = tf.function(loss, autograph=False).get_concrete_function(
        *[tf.TensorSpec((None, None))] * 2
    )
    hot, p = np.eye(3, dtype="float32"), np.full((3, 3), 1 / 3, "float32")
    np.testing.assert_allclose(run(tf.constant(hot), tf.constant(p)), number(loss(hot, p)))
    assert number(run(tf.zeros((0, 3)), tf.zeros((0, 3)))) == 0


def test_bad_shapes_are_named() -> None:
    with pytest.raises(ValueError, match="circle: y_pred must hold embeddings"):
        losses.Circle()([], [])
    with pytest.raises(ValueError, match="must hold class numbers, in the shape of y_pred without"):
        losses.CategoricalGeneralizedCrossEntropy()(np.eye(3), np.eye(3))
