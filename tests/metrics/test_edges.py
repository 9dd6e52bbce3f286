"""Class numbers that are none, and what metrics refuse: on every backend, by name."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from keras_core import metrics
from tests.metrics.test_against_keras import number

EYE = np.eye(3, dtype="float32")


@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [
        ([0, 1, 2], [7, 1, 2]),
        ([0, 1, 2], [0, -1, 2]),
        ([-1, 1, 2], [0, 1, 2]),
        ([0, 1, 5], [0, 1, 2]),
        ([0, 1, 1], [0, 3, 1]),
    ],
)
@pytest.mark.parametrize("weights", [None, np.int32([1, 2, 3])])
def test_numbers_that_are_no_classes_do_not_count(
    keras: Any, y_true: list[int], y_pred: list[int], weights: Any
) -> None:
    # They were added to the cells of other pairs of classes.
    found = []
    for K in (keras, __import__("keras_core")):
        with warnings.catch_warnings():
            if K is keras:
                warnings.simplefilter("ignore")  # of the int64 that it asks JAX for
            metric = K.metrics.MeanIoU(num_classes=3)
            metric.update_state(np.int32(y_true), np.int32(y_pred), sample_weight=weights)
            found.append(float(K.ops.convert_to_numpy(metric.result())))
    assert found[1] == pytest.approx(found[0], abs=1e-6)


@pytest.mark.parametrize(
    ("metric", "y_true", "y_pred", "message"),
    [
        (metrics.Precision(class_id=3), EYE, EYE, r"class_id must be from -3 to 2.*class_id=3"),
        (metrics.Recall(class_id=-4), EYE, EYE, "class_id must be from -3 to 2"),
        (metrics.PrecisionAtRecall(0.5, class_id=9), EYE, EYE, "class_id must be from -3 to 2"),
        (metrics.Recall(top_k=4), EYE, EYE, "Recall.*top_k must be from 0 to 3"),
        (metrics.Precision(), EYE[0], EYE, "Precision 'precision.*must have one shape"),
        (metrics.AUC(), np.float32(1), EYE[0], "AUC 'auc.*must have one shape"),
        (metrics.TruePositives(), EYE, EYE[0], "must have one shape"),
        (metrics.R2Score(), EYE[0], EYE, "R2Score 'r2_score': y_true and y_pred must"),
        (metrics.R2Score(), EYE[:, :2], EYE, "R2Score 'r2_score': y_true and y_pred must"),
        (metrics.F1Score(), EYE[:, :2], EYE, "F1Score 'f1_score': y_true and y_pred must"),
        (metrics.AUC(multi_label=True, num_labels=2), EYE, EYE, r"\(batch, 2\)"),
        (metrics.AUC(multi_label=True, label_weights=[1.0, 2.0]), EYE, EYE, r"\(batch, 2\)"),
    ],
)
def test_batches_that_do_not_fit_are_named(
    metric: Any, y_true: Any, y_pred: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        metric.update_state(y_true, y_pred)


@pytest.mark.parametrize("name", ["F1Score", "R2Score", "AUC"])
def test_later_batches_have_the_columns_of_the_first(name: str) -> None:
    metric = getattr(metrics, name)(**({"multi_label": True} if name == "AUC" else {}))
    metric.update_state(EYE, EYE)
    with pytest.raises(ValueError, match=rf"{name} .*\(batch, 3\)"):
        metric.update_state(EYE[:, :2], EYE[:, :2])


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("Precision", {"class_id": 1.0}, "class_id must be an int"),
        ("Precision", {"class_id": "a"}, "class_id must be an int"),
        ("Recall", {"top_k": -1}, "top_k must be an int of at least 0"),
        ("Recall", {"top_k": True}, "top_k must be an int of at least 0"),
        ("TopKCategoricalAccuracy", {"k": -1}, "k must be an int of at least 0"),
        ("SparseTopKCategoricalAccuracy", {"k": "a"}, "k must be an int of at least 0"),
        ("Precision", {"thresholds": "a"}, "thresholds must be from 0 to 1"),
        ("TruePositives", {"thresholds": [[0.1]]}, "thresholds must be from 0 to 1"),
        ("AUC", {"thresholds": "a"}, "thresholds must be from 0 to 1"),
        ("BinaryAccuracy", {"threshold": "a"}, "threshold must be a number"),
        ("BinaryIoU", {"threshold": None}, "threshold must be a finite number"),
        ("PrecisionAtRecall", {"recall": "a"}, "recall must be a number from 0 to 1"),
        ("R2Score", {"num_regressors": "a"}, "num_regressors must be an int"),
        ("MeanIoU", {"num_classes": 0}, "num_classes must be a positive int"),
        ("IoU", {"num_classes": 3, "target_class_ids": 1}, "target_class_ids must be a list"),
        ("IoU", {"num_classes": 3, "target_class_ids": ["a"]}, "target_class_ids must be a list"),
    ],
)
def test_constructors_refuse_by_name(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: {message}"):
        getattr(metrics, name)(**arguments)


def test_thresholds_may_be_an_array() -> None:
    values = [0.2, 0.6]
    for given in (values, tuple(values), np.array(values, "float32")):
        metric = metrics.Precision(thresholds=given)
        metric.update_state([0, 1, 1], [0.3, 0.7, 0.5])
        np.testing.assert_allclose(number(metric.result()), [2 / 3, 1], rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("AUC", {"multi_label": True}), ("F1Score", {}), ("FBetaScore", {}), ("R2Score", {})],
)
def test_a_result_before_any_batch_says_that_it_needs_one(name: str, arguments: Any) -> None:
    metric = getattr(metrics, name)(**arguments)
    with pytest.raises(ValueError, match=f"{name} '.*': result needs a batch first"):
        metric.result()
    metric.update_state(EYE, EYE)
    assert np.all(number(metric.result()) > 0.99)
