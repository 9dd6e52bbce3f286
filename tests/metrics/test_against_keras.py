"""Every metric against Keras over two batches: results, weights, configs, traced updates."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from keras_core import metrics
from keras_core.backends.select import backend
from tests.autodiff import to_numpy

rng = np.random.default_rng(11)
N = 12


def _hot(n: int, classes: int) -> np.ndarray:
    return np.eye(classes, dtype="float32")[rng.integers(0, classes, n)]


def _probabilities(*shape: int) -> np.ndarray:
    x = rng.uniform(0.05, 1, shape)
    return (x / x.sum(-1, keepdims=True)).astype("float32")


def _normal(*shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype("float32")


def _unit(*shape: int) -> np.ndarray:
    return rng.uniform(0, 1, shape).astype("float32")


def _bits(*shape: int) -> np.ndarray:
    return rng.integers(0, 2, shape).astype("float32")


def regression() -> tuple[np.ndarray, np.ndarray]:
    return _normal(N, 3), _normal(N, 3)


def positive() -> tuple[np.ndarray, np.ndarray]:
    return _unit(N, 3), _unit(N, 3)


def one_hot() -> tuple[np.ndarray, np.ndarray]:
    return _hot(N, 7), _probabilities(N, 7)


def sparse() -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 7, N), _probabilities(N, 7)


def sparse_column() -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 7, (N, 1)), _probabilities(N, 7)


def sequences() -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 7, (N, 4)), _probabilities(N, 4, 7)


def sorted_ids() -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 7, N), np.stack([rng.permutation(7) for _ in range(N)])


def binary() -> tuple[np.ndarray, np.ndarray]:
    return _bits(N, 1), _unit(N, 1)


def flat() -> tuple[np.ndarray, np.ndarray]:
    return _bits(N), _unit(N)


def mixed_ranks() -> tuple[np.ndarray, np.ndarray]:
    return _bits(N), _unit(N, 1)


def labels() -> tuple[np.ndarray, np.ndarray]:
    return _bits(N, 3), _unit(N, 3)


def logits() -> tuple[np.ndarray, np.ndarray]:
    return _bits(N, 3), _normal(N, 3)


def distributions() -> tuple[np.ndarray, np.ndarray]:
    return _probabilities(N, 5), _probabilities(N, 5)


def classes() -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 3, (N, 2)), rng.integers(0, 3, (N, 2))


def class_scores() -> tuple[np.ndarray, np.ndarray]:
    return _hot(N, 3), _probabilities(N, 3)


def equal_or_not() -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 2, (N, 2)), rng.integers(0, 2, (N, 2))


# (class, constructor's arguments, maker of batches)
CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("Accuracy", {}, equal_or_not),
    ("BinaryAccuracy", {}, labels),
    ("BinaryAccuracy", {"threshold": 0.3}, binary),
    ("BinaryAccuracy", {}, mixed_ranks),
    ("BinaryAccuracy", {}, flat),
    ("CategoricalAccuracy", {}, one_hot),
    ("SparseCategoricalAccuracy", {}, sparse),
    ("SparseCategoricalAccuracy", {}, sparse_column),
    ("SparseCategoricalAccuracy", {}, sequences),
    ("TopKCategoricalAccuracy", {"k": 2}, one_hot),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, sparse),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, sequences),
    ("SparseTopKCategoricalAccuracy", {"k": 3, "from_sorted_ids": True}, sorted_ids),
    ("BinaryCrossentropy", {}, labels),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, logits),
    ("CategoricalCrossentropy", {}, one_hot),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, one_hot),
    ("CategoricalCrossentropy", {"axis": (1,)}, one_hot),
    ("SparseCategoricalCrossentropy", {}, sparse),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, sequences),
    ("KLDivergence", {}, distributions),
    ("Poisson", {}, positive),
    ("MeanSquaredError", {}, regression),
    ("MeanSquaredError", {}, mixed_ranks),
    ("MeanAbsoluteError", {}, regression),
    ("MeanAbsolutePercentageError", {}, regression),
    ("MeanSquaredLogarithmicError", {}, positive),
    ("RootMeanSquaredError", {}, regression),
    ("LogCoshError", {}, regression),
    ("CosineSimilarity", {}, regression),
    ("R2Score", {}, regression),
    ("R2Score", {"class_aggregation": None}, regression),
    ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 2}, regression),
    ("Hinge", {}, logits),
    ("SquaredHinge", {}, logits),
    ("CategoricalHinge", {}, one_hot),
    ("PearsonCorrelation", {}, regression),
    ("PearsonCorrelation", {"axis": 0}, regression),
    ("ConcordanceCorrelation", {}, regression),
    ("ConcordanceCorrelation", {"axis": 0}, regression),
    ("TruePositives", {}, labels),
    ("FalsePositives", {"thresholds": [0.2, 0.6]}, labels),
    ("TrueNegatives", {"thresholds": 0.3}, flat),
    ("FalseNegatives", {"thresholds": [0.7, 0.2]}, binary),
    ("Precision", {}, labels),
    ("Precision", {"thresholds": [0.2, 0.6]}, mixed_ranks),
    ("Precision", {"class_id": 1}, labels),
    ("Precision", {"top_k": 2}, labels),
    ("Recall", {}, labels),
    ("Recall", {"thresholds": 0.4, "class_id": 2}, labels),
    ("Recall", {"top_k": 2, "class_id": 1}, labels),
    ("AUC", {}, labels),
    ("AUC", {}, flat),
    ("AUC", {}, logits),
    ("AUC", {"curve": "PR", "num_thresholds": 4}, logits),
    ("AUC", {"num_thresholds": 7}, mixed_ranks),
    ("AUC", {"curve": "PR"}, labels),
    ("AUC", {"curve": "PR", "summation_method": "minoring"}, labels),
    ("AUC", {"curve": "PR", "summation_method": "majoring", "num_thresholds": 20}, labels),
    ("AUC", {"curve": "PRGAIN"}, labels),
    ("AUC", {"summation_method": "minoring"}, labels),
    ("AUC", {"summation_method": "majoring"}, labels),
    ("AUC", {"thresholds": [0.2, 0.5, 0.9]}, labels),
    ("AUC", {"multi_label": True}, labels),
    ("AUC", {"multi_label": True, "num_labels": 3, "label_weights": [0.2, 0.3, 0.9], "curve": "PR"}, labels),
    ("AUC", {"label_weights": [0.2, 0.3, 0.9]}, labels),
    ("AUC", {"from_logits": True}, logits),
    ("SensitivityAtSpecificity", {"specificity": 0.4}, labels),
    ("SpecificityAtSensitivity", {"sensitivity": 0.4, "num_thresholds": 5}, labels),
    ("PrecisionAtRecall", {"recall": 0.6}, labels),
    ("PrecisionAtRecall", {"recall": 0.6, "num_thresholds": 1, "class_id": 1}, labels),
    ("RecallAtPrecision", {"precision": 0.5}, labels),
    ("F1Score", {}, class_scores),
    ("F1Score", {"threshold": 0.4, "average": "macro"}, labels),
    ("FBetaScore", {"beta": 2.0, "average": "micro"}, class_scores),
    ("FBetaScore", {"beta": 0.5, "average": "weighted", "threshold": 0.5}, labels),
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, classes),
    ("IoU", {"num_classes": 3, "target_class_ids": [1], "ignore_class": 2}, classes),
    ("MeanIoU", {"num_classes": 3}, classes),
    ("MeanIoU", {"num_classes": 4, "ignore_class": 0}, classes),
    ("BinaryIoU", {"threshold": 0.3}, labels),
    ("BinaryIoU", {"target_class_ids": [1]}, labels),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [0, 1]}, class_scores),
    ("OneHotMeanIoU", {"num_classes": 3}, class_scores),
]  # fmt: skip
IDS = [f"{name}-{i}" for i, (name, *_) in enumerate(CASES)]
WEIGHTLESS = ("PearsonCorrelation", "ConcordanceCorrelation")


def number(x: Any) -> np.ndarray:
    return np.asarray(to_numpy(x) if backend.arrays.is_tensor(x) else x, "float64")


def tensor(x: np.ndarray) -> Any:
    return backend.arrays.convert_to_tensor(x)


def _weights(name: str, y_true: np.ndarray) -> np.ndarray:
    if "IoU" in name:
        return np.arange(1, N + 1)
    return np.linspace(0.5, 2, N).astype("float32")


def _batches(name: str, maker: Any, weighted: bool) -> list[tuple]:
    global rng
    rng = np.random.default_rng(5)
    pairs = [maker(), maker()]
    return [(*pair, _weights(name, pair[0]) if weighted else None) for pair in pairs]


def _keras_result(keras: Any, name: str, arguments: dict, batches: list[tuple]) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metric = getattr(keras.metrics, name)(**arguments)
        for y_true, y_pred, weights in batches:
            if weights is not None and name in ("IoU", "BinaryIoU"):
                weights = np.broadcast_to(weights[:, None], y_true.shape)
            metric.update_state(y_true, y_pred, sample_weight=weights)
        return np.asarray(keras.ops.convert_to_numpy(metric.result()), "float64")


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(("name", "arguments", "maker"), CASES, ids=IDS)
def test_result(keras: Any, name: str, arguments: dict, maker: Any, weighted: bool) -> None:
    if weighted and (
        name in WEIGHTLESS
        or name == "MeanIoU"
        or (name == "SparseTopKCategoricalAccuracy" and maker is sequences)
    ):
        pytest.skip("Keras takes no such weights")
    batches = _batches(name, maker, weighted)
    metric = getattr(metrics, name)(**arguments)
    for y_true, y_pred, weights in batches:
        metric.update_state(tensor(y_true), tensor(y_pred), sample_weight=weights)
    wanted = _keras_result(keras, name, arguments, batches)
    np.testing.assert_allclose(number(metric.result()), wanted, rtol=2e-4, atol=2e-5)
    metric.reset_state()
    assert all(not np.any(v.numpy()) for v in metric.variables)
    # NumPy arrays, and the same result after a reset.
    for y_true, y_pred, weights in batches:
        metric(y_true, y_pred, sample_weight=weights)
    np.testing.assert_allclose(number(metric.result()), wanted, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(("name", "arguments", "maker"), CASES, ids=IDS)
def test_traced_updates(name: str, arguments: dict, maker: Any) -> None:
    batches = [(tensor(a), tensor(b)) for a, b, _ in _batches(name, maker, False)]
    metric = getattr(metrics, name)(**arguments)
    for batch in batches:
        metric.update_state(*batch)
    wanted = number(metric.result())
    metric.reset_state()
    if backend.name == "tensorflow":
        import tensorflow as tf

        @tf.function(reduce_retracing=True)
        def update(y_true: Any, y_pred: Any) -> None:
            metric.update_state(y_true, y_pred)

        for y_true, y_pred in batches:
            update(y_true, y_pred)
            unknown = (
                tf.TensorSpec((None, *y_true.shape[1:]), y_true.dtype),
                tf.TensorSpec((None, *y_pred.shape[1:]), y_pred.dtype),
            )
        update.get_concrete_function(*unknown)  # batches of unknown size can be traced
        found = metric.result()
    else:
        update, result = metric.stateless_update_state, metric.stateless_result
        if backend.name == "jax":
            import jax

            update, result = jax.jit(update), jax.jit(result)
        state = metric.stateless_reset_state()
        for batch in batches:
            state = update(state, *batch)
        found = result(state)
        assert all(not np.any(v.numpy()) for v in metric.variables)
    np.testing.assert_allclose(number(found), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "arguments", "maker"), CASES, ids=IDS)
def test_config(keras: Any, name: str, arguments: dict, maker: Any) -> None:
    metric = getattr(metrics, name)(**arguments)
    theirs = getattr(keras.metrics, name)(**arguments)
    config = metric.get_config()
    for key, value in theirs.get_config().items():
        if key == "dtype" and "IoU" in name:
            continue  # Keras has int64 on TensorFlow
        if key not in ("name", "thresholds", "label_weights"):
            assert config[key] == value, key
    for key, value in arguments.items():
        assert config[key] == value or key == "num_thresholds"
    restored = metrics.deserialize(metrics.serialize(metric))
    assert type(restored) is type(metric) and restored.get_config() == config
    assert keras.metrics.deserialize(metrics.serialize(metric)).name == metric.name
    if name not in ("R2Score", "F1Score", "FBetaScore") and "multi_label" not in arguments:
        strip = lambda m: [v.path.split("/")[-1] for v in m.variables]  # noqa: E731
        assert strip(metric) == strip(theirs)
        assert [v.shape for v in metric.variables] == [tuple(v.shape) for v in theirs.variables]


NAMES = ["accuracy", "mse", "MSE", "mae", "AUC", "auc", "top_k_categorical_accuracy", "cosine_similarity", "Mean",
         "binary_accuracy", "mean", "precision", "Precision", "f1_score", "r2_score", "root_mean_squared_error", "bce",
         "BinaryAccuracy", "sparse_categorical_accuracy", "MeanSquaredError", "hinge", "pearson_correlation", "poisson"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_get(keras: Any, name: str) -> None:
    assert type(metrics.get(name)).__name__ == type(keras.metrics.get(name)).__name__


def test_get_refuses_the_rest() -> None:
    assert metrics.get(None) is None
    assert metrics.get(len) is len
    with pytest.raises(ValueError, match="precision"):
        metrics.get("precison")
    with pytest.raises((ValueError, TypeError), match="3"):
        metrics.get(3)


def test_binary_accuracy_with_a_weight_for_each_label(keras: Any) -> None:
    y_true, y_pred = labels()
    weights = np.linspace(0.1, 2, y_true.size, dtype="float32").reshape(y_true.shape)
    metric, reference = metrics.BinaryAccuracy(), keras.metrics.BinaryAccuracy()
    for each in (metric, reference):
        each.update_state(y_true, y_pred, sample_weight=weights)
    right = (y_true == (y_pred > 0.5)) * weights
    assert float(metric.result()) == pytest.approx(right.sum() / weights.sum(), rel=1e-5)
    assert float(metric.result()) == pytest.approx(float(reference.result()), rel=1e-5)


@pytest.mark.parametrize("weights", [None, (2,), (2, 1), (2, 3), (2, 3, 1)])
def test_mean_and_sum(keras: Any, weights: Any) -> None:
    values = np.random.default_rng(0).uniform(size=(2, 3, 4)).astype("float32")
    given = (
        None
        if weights is None
        else np.random.default_rng(1).uniform(size=weights).astype("float32")
    )
    for name in ("Mean", "Sum"):
        ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
        for metric in (ours, theirs):
            metric.update_state(values, sample_weight=given)
            metric.update_state(values[:1] * 3, sample_weight=None if given is None else given[:1])
        np.testing.assert_allclose(
            number(ours.result()), float(keras.ops.convert_to_numpy(theirs.result())), rtol=1e-5
        )


def test_mean_of_scalars_and_of_nothing() -> None:
    metric = metrics.Mean()
    assert float(number(metric.result())) == 0
    metric.update_state(3.0)
    metric.update_state([1, 2])
    assert float(number(metric.result())) == 2
    assert [float(v.numpy()) for v in metric.variables] == [6, 3]
    assert number(metrics.Mean()(np.array([True, False, True, True]))) == 0.75


def test_wrapper_and_nested_metrics() -> None:
    wrapper = metrics.MeanMetricWrapper(metrics.mean_absolute_error, name="error")
    wrapper.update_state([[1.0], [2.0]], [[2.0], [4.0]])
    assert float(number(wrapper.result())) == 1.5
    again = metrics.deserialize(metrics.serialize(wrapper))
    again.update_state([[1.0]], [[2.0]])
    assert float(number(again.result())) == 1 and again.name == "error"

    class Two(metrics.Metric):
        def __init__(self, name: str | None = None) -> None:
            super().__init__(name=name)
            self.parts = [metrics.Mean(), metrics.Sum()]

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            for part in self.parts:
                part.update_state(y_pred)

        def result(self) -> Any:
            return {part.name: part.result() for part in self.parts}

    two = Two()
    two.update_state([0.0], [[3.0, 5.0]])
    assert len(two.variables) == 3
    assert {k: float(number(v)) for k, v in two.result().items()} == {"mean": 4, "sum": 8}
    two.reset_state()
    assert not any(v.numpy() for v in two.variables)


def test_bad_input() -> None:
    for make, what in [
        (lambda: metrics.AUC(curve="x"), "curve"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds"),
        (lambda: metrics.AUC(thresholds=[2.0]), "thresholds"),
        (lambda: metrics.Precision(thresholds=[-1]), "thresholds"),
        (lambda: metrics.F1Score(average="x"), "average"),
        (lambda: metrics.FBetaScore(beta=-1.0), "beta"),
        (lambda: metrics.FBetaScore(threshold=-1), "threshold"),
        (lambda: metrics.BinaryAccuracy(threshold=2.0), "threshold"),
        (lambda: metrics.R2Score(class_aggregation="x"), "class_aggregation"),
        (lambda: metrics.IoU(3, [5]), "target_class_ids"),
        (lambda: metrics.IoU(3, [0], name="io_u", sparse_y_true=False).update_state([0, 1, 2], [0, 1, 1]), r"IoU 'io_u': y_true must hold 3 .* IoU\(..., sparse_y_true=True"),
        (lambda: metrics.OneHotMeanIoU(3).update_state([[0], [1]], np.eye(3)[:2]), r"y_true must hold .* MeanIoU\("),
        (lambda: metrics.MeanIoU(3, sparse_y_pred=False).update_state([0, 1], [0, 1]), "y_pred must hold 3"),
        (lambda: metrics.MeanIoU(3).update_state([0, 1], np.eye(3)[:2]), "as many places"),
        (lambda: metrics.PrecisionAtRecall(2.0), "recall"),
        (lambda: metrics.AUC().update_state([0, 1], [0.5, 0.1, 0.2]), "shape"),
        (lambda: metrics.SparseCategoricalAccuracy().update_state(np.eye(3), np.eye(3)), "class numbers"),
        (lambda: metrics.Mean().stateless_update_state([1.0], [1.0]), "metric_variables"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=what):
            make()


@pytest.mark.parametrize(
    ("dtype", "value"), [("float16", 1000.0), ("int32", 2**30), ("uint8", 200), ("bool", 1)]
)
@pytest.mark.parametrize("shape", [(100,), (20, 5)])
def test_sums_have_the_range_of_the_metric_and_not_of_the_values(
    dtype: str, value: float, shape: tuple[int, ...]
) -> None:
    values = backend.arrays.convert_to_tensor(np.full(shape, value, dtype))
    for metric, expected in (
        (metrics.Mean(), value),
        (metrics.Sum(), 100 * value),
        (metrics.MeanMetricWrapper(lambda y_true, y_pred: values), value),
    ):
        metric.update_state(*[values] * (2 if isinstance(metric, metrics.MeanMetricWrapper) else 1))
        assert float(to_numpy(metric.result())) == expected
