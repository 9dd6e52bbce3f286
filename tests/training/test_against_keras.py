"""The same models trained here and by Keras 3: results and weights agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core
from tests.training.helpers import classifier, data, trains, two_heads, two_heads_data

X, Y = data()
HOT = np.eye(3, dtype="float32")[Y]
WEIGHTS = np.linspace(0.1, 2, len(X)).astype("float32")
X2, Y2 = two_heads_data()
NAMED = {"p": Y2[0], "q": Y2[1]}
A, B, C = np.random.default_rng(2).normal(size=(3, len(X), 2)).astype("float32")
FLAT = {"x": X, "y": [A, B, C], "batch_size": 10}


def nested(K: Any, shape: str, **options: Any) -> Any:
    """Three outputs, in a structure of several floors."""
    x = K.Input((4,))
    a, b, c = (K.layers.Dense(2, name=name)(x) for name in "abc")
    outputs = {
        "list in dict": {"p": [a, b], "q": c},
        "dict in list": [a, {"q": b, "r": c}],
        "lists": [[a, b], [c]],
        "dicts": {"p": {"q": a, "r": b}, "s": c},
    }[shape]
    model = K.Model(x, outputs)
    model.compile(**({"optimizer": K.optimizers.SGD(0.1), "loss": "mse"} | options))
    return model


def one_in_a_list(K: Any, **options: Any) -> Any:
    keras_core.utils.set_random_seed(3)
    x = K.Input((4,))
    model = K.Model(x, [K.layers.Dense(3, name="p")(x)])
    model.compile("sgd", **options)
    return model


def custom(y_true: Any, y_pred: Any) -> Any:
    return abs(y_true - y_pred)


# name: (model, compile options, fit arguments)
CASES: dict[str, tuple[Callable, dict[str, Any], dict[str, Any]]] = {
    "plain": (classifier, {}, {"x": X, "y": Y}),
    "adam": (classifier, {"optimizer": "adam"}, {"x": X, "y": Y}),
    "one hot": (classifier, {"loss": "categorical_crossentropy"}, {"x": X, "y": HOT}),
    "function": (classifier, {"loss": custom, "metrics": ["mse"]}, {"x": X, "y": HOT}),
    "sample weights": (
        classifier,
        {"weighted_metrics": ["accuracy"]},
        {"x": X, "y": Y, "sample_weight": WEIGHTS},
    ),
    "class weights": (classifier, {}, {"x": X, "y": Y, "class_weight": {0: 1.0, 2: 3.0}}),
    "split": (classifier, {}, {"x": X, "y": Y, "validation_split": 0.3}),
    "validation": (
        classifier,
        {},
        {"x": X, "y": Y, "validation_data": (X[:20], Y[:20], WEIGHTS[:20])},
    ),
    "steps": (classifier, {}, {"x": X, "y": Y, "steps_per_epoch": 2, "batch_size": 8}),
    "loss weight": (classifier, {"loss_weights": 0.5}, {"x": X, "y": Y}),
    "two outputs": (two_heads, {}, {"x": X2, "y": Y2}),
    "losses in a list": (
        two_heads,
        {"loss": ["mse", "mae"], "metrics": [["mae"], ["mse", "mae"]], "loss_weights": [1.0, 0.2]},
        {"x": X2, "y": Y2},
    ),
    "losses by name": (
        two_heads,
        {
            "loss": {"p": "mse", "q": "mae"},
            "metrics": {"p": "mae"},
            "weighted_metrics": {"q": ["mse"]},
            "loss_weights": {"p": 0.3, "q": 0.7},
        },
        {"x": X2, "y": Y2, "sample_weight": [WEIGHTS[:20], WEIGHTS[10:30]]},
    ),
    "one loss missing": (two_heads, {"loss": ["mse", None]}, {"x": X2, "y": Y2}),
    "outputs in a dict": (
        lambda K, **o: two_heads(K, "dict", **o),
        {"loss": {"p": "mse", "q": "mae"}, "metrics": {"q": ["mse"]}},
        {"x": X2, "y": NAMED},
    ),
    "one weight for all": (two_heads, {}, {"x": X2, "y": Y2, "sample_weight": WEIGHTS[:20]}),
    "targets of the outputs with a loss": (
        two_heads,
        {"loss": ["mse", None], "metrics": [["mae"], None]},
        {"x": X2, "y": Y2[0], "sample_weight": WEIGHTS[:20]},
    ),
    "a loss as a metric": (
        lambda K, **o: classifier(K, metrics=[K.losses.Huber()], **o),
        {"loss": custom},
        {"x": X, "y": HOT},
    ),
    "the only output by name": (
        one_in_a_list,
        {"loss": {"p": "mse"}, "loss_weights": {"p": 0.5}, "metrics": {"p": ["mae"]}},
        {"x": X, "y": HOT},
    ),
    "list in dict": (
        lambda K, **o: nested(K, "list in dict", **o),
        {
            "loss": ["mse", "mae", "mse"],
            "loss_weights": {"a": 1, "b": 2, "c": 3},
            "metrics": {"p": ["mae", "mse"], "q": ["mae"]},
        },
        FLAT | {"y": {"p": [A, B], "q": C}},
    ),
    "dict in list": (
        lambda K, **o: nested(K, "dict in list", **o),
        {"loss": ["mse", None, "mae"]},
        FLAT | {"y": {"a": A, "b": B, "c": C}},
    ),
    "lists": (
        lambda K, **o: nested(K, "lists", **o),
        {"loss": ["mse", "mae", "mse"], "metrics": [["mae", "mse"], ["mae"]]},
        FLAT | {"y": [[A, B], [C]], "sample_weight": [[WEIGHTS, WEIGHTS], [WEIGHTS]]},
    ),
    "dicts": (
        lambda K, **o: nested(K, "dicts", **o),
        {"loss": ["mse", "mae", "mse"], "loss_weights": [1.0, 0.5, 0.2]},
        FLAT,
    ),
}


@trains
@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # Keras's, where a loss is missing
@pytest.mark.parametrize("name", CASES)
def test_history_is_that_of_keras(keras: Any, name: str) -> None:
    build, options, arguments = CASES[name]
    ours, theirs = build(keras_core, **options), build(keras, **options)
    theirs.set_weights(ours.get_weights())
    # Batches of one size for several outputs, whose losses Keras does not weigh on TensorFlow.
    size = 16 if build is classifier else 10
    run = {"epochs": 2, "batch_size": size, "shuffle": False, "verbose": 0} | arguments
    got, want = ours.fit(**run).history, theirs.fit(**run).history
    assert list(got) == list(want)
    for key in want:
        np.testing.assert_allclose(got[key], want[key], rtol=2e-4, atol=1e-5, err_msg=key)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["plain", "sample weights", "losses in a list", "losses by name"])
def test_evaluate_is_that_of_keras(keras: Any, name: str) -> None:
    build, options, arguments = CASES[name]
    ours, theirs = build(keras_core, **options), build(keras, **options)
    theirs.set_weights(ours.get_weights())
    run = {k: v for k, v in arguments.items() if k in ("x", "y", "sample_weight")}
    run |= {"batch_size": 16 if build is classifier else 10, "verbose": 0}
    if name != "sample weights":  # there Keras lists one of the two accuracies twice
        got, want = ours.evaluate(**run), theirs.evaluate(**run)
        np.testing.assert_allclose(got, want, rtol=2e-4, atol=1e-5)
    got = ours.evaluate(**run, return_dict=True)
    want = theirs.evaluate(**run, return_dict=True)
    assert got == pytest.approx(want, rel=2e-4, abs=1e-5)


@pytest.mark.filterwarnings("ignore::RuntimeWarning:keras")  # Keras's, on NumPy
def test_means_of_losses_stand_in_the_order_of_the_dict(keras: Any) -> None:
    found = []
    for K in (keras_core, keras):
        x = K.Input((4,))
        model = K.Model(x, {name: K.layers.Dense(3, name=name)(x) for name in "cab"})
        model.compile("sgd", {"b": "mse", "c": "mae", "a": "mse"})
        model.test_on_batch(X, dict.fromkeys("abc", HOT))
        found.append(model.metrics_names)
    assert found[0] == found[1] == ["loss", "b_loss", "c_loss", "a_loss"]


@pytest.mark.filterwarnings("ignore:invalid value encountered in divide")  # Keras's, on NumPy
def test_a_metric_called_loss_has_a_place_of_its_own(keras: Any) -> None:
    found = []
    for K in (keras_core, keras):
        model = classifier(K, loss="mse", metrics=[K.metrics.MeanAbsoluteError(name="loss")])
        model.set_weights([w * 0 + 0.5 for w in model.get_weights()])
        found.append((model.test_on_batch(X, HOT), model.evaluate(X, HOT, verbose=0)))
        assert list(model.evaluate(X, HOT, verbose=0, return_dict=True)) == ["loss"]
    np.testing.assert_allclose(*found, rtol=1e-4)
    assert np.shape(found[0]) == (2, 2)


@pytest.mark.filterwarnings("ignore:invalid value encountered in divide")  # Keras's, on NumPy
def test_a_metric_called_as_the_mean_of_a_loss_does_not_hide_it(keras: Any) -> None:
    found = []
    for K in (keras_core, keras):
        model = two_heads(K, metrics=[[K.metrics.MeanAbsoluteError(name="loss")], []])
        model.set_weights([w * 0 + 0.5 for w in model.get_weights()])
        found.append(model.evaluate(X2, Y2, batch_size=10, verbose=0, return_dict=True))
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_predict_is_that_of_keras(keras: Any) -> None:
    ours, theirs = classifier(keras_core), classifier(keras)
    theirs.set_weights(ours.get_weights())
    for run in ({"x": X, "batch_size": 16}, {"x": X[:1]}, {"x": X, "steps": 2}):
        got, want = (m.predict(**run, verbose=0) for m in (ours, theirs))
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@trains
def test_train_on_batch_is_that_of_keras(keras: Any) -> None:
    ours, theirs = classifier(keras_core), classifier(keras)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours.test_on_batch(X, Y), theirs.test_on_batch(X, Y), rtol=1e-4)
    for _ in range(3):
        got = ours.train_on_batch(X, Y, sample_weight=WEIGHTS)
        np.testing.assert_allclose(
            got, theirs.train_on_batch(X, Y, sample_weight=WEIGHTS), rtol=1e-4
        )


def test_compile_config_is_that_of_keras(keras: Any) -> None:
    got = classifier(keras_core).get_compile_config()
    want = classifier(keras).get_compile_config()
    assert {k: v for k, v in got.items() if k != "jit_compile"}.keys() == {
        k for k in want if k != "jit_compile"
    }
    for key in ("loss", "metrics", "loss_weights", "weighted_metrics", "steps_per_execution"):
        assert got[key] == want[key]
    again = classifier(keras_core)
    again.compile_from_config(want)
    assert again.optimizer.get_config()["momentum"] == pytest.approx(0.9)
    assert again.steps_per_execution == "auto"
