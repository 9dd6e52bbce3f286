"""scikit-learn's estimators over models: their rules, and what comes out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend

if not backend.has("gradients"):
    pytest.skip("NumPy does not train", allow_module_level=True)
pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from keras_core.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer


def make(X: Any, y: Any, loss: str = "mse", units: int = 8, rate: float = 0.05) -> Any:
    keras.utils.set_random_seed(0)
    outputs = 1 if y is None or y.ndim == 1 else y.shape[1]
    model = keras.Sequential([keras.layers.Dense(units, activation="relu")])
    last = "softmax" if loss == "categorical_crossentropy" else None
    model.add(keras.layers.Dense(outputs, activation=last))
    model.compile(keras.optimizers.Adam(rate), loss)
    return model


def make_classifier(X: Any, y: Any, **kwargs: Any) -> Any:
    return make(X, y, "categorical_crossentropy", **kwargs)


def make_transformer(X: Any, y: Any) -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    return model


EPOCHS = {"epochs": 6, "batch_size": 64}


CHECKS = [
    pair
    for estimator in (
        SKLearnClassifier(make_classifier, model_kwargs={"rate": 0.1}, fit_kwargs=EPOCHS),
        SKLearnRegressor(make, fit_kwargs={"epochs": 1, "batch_size": 64}),
    )
    for pair in estimator_checks_generator(estimator)
]
# scikit-learn's own ids have the functions' addresses in them, which differ between processes.
NAMES = [
    f"{type(estimator).__name__}-{i}-{check.func.__name__}"
    for i, (estimator, check) in enumerate(CHECKS)
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=NAMES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore:.*a softmax over one unit:UserWarning")  # of one label
@pytest.mark.skipif(not backend.has("eager"), reason="hundreds of fits, each compiled")
def test_rules(estimator: Any, check: Any) -> None:
    check(estimator)


RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))


def test_classifier() -> None:
    y = np.array(["a", "b", "c"])[X[:, :3].argmax(1)]
    wrapped = SKLearnClassifier(make_classifier, fit_kwargs={"epochs": 60})
    assert wrapped.fit(X, y) is wrapped
    assert wrapped.score(X, y) > 0.9 and wrapped.classes_.tolist() == ["a", "b", "c"]
    assert wrapped.decision_function(X).shape == (60, 3)
    assert wrapped.epoch_ == 60 and "loss" in wrapped.history_.history
    two = clone(wrapped).fit(X, y == "a")
    assert two.decision_function(X).shape == (60,) and two.predict(X).dtype == bool
    assert two.score(X, y == "a") > 0.9


def test_regressor_in_a_pipeline() -> None:
    y = X @ np.arange(4.0)
    wrapped = SKLearnRegressor(make, model_kwargs={"units": 16}, fit_kwargs={"epochs": 60})
    scores = cross_val_score(make_pipeline(StandardScaler(), wrapped), X, y, cv=2)
    assert scores.min() > 0.5
    weighted = clone(wrapped).fit(X, y, sample_weight=np.ones(60), epochs=2)
    assert weighted.epoch_ == 2 and weighted.predict(X).shape == (60,)


def test_a_model_stays_as_it_is() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    wrapped = SKLearnRegressor(model, fit_kwargs={"epochs": 2}).fit(X, X[:, 0])
    for old, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    assert wrapped.model_ is not model
    further = SKLearnRegressor(model, warm_start=True, fit_kwargs={"epochs": 2})
    first = further.fit(X, X[:, 0]).model_
    assert further.fit(X, X[:, 0]).model_ is first and further.epoch_ == 4


def test_a_trained_model_can_be_copied_and_pickled() -> None:
    import copy
    import pickle

    wrapped = SKLearnRegressor(make, fit_kwargs={"epochs": 1}).fit(X, X[:, 0])
    want = wrapped.predict(X)
    for twin in (copy.deepcopy(wrapped), pickle.loads(pickle.dumps(wrapped))):
        np.testing.assert_allclose(twin.predict(X), want, rtol=1e-6)


def test_transformer() -> None:
    wrapped = SKLearnTransformer(make_transformer)
    out = wrapped.fit_transform(X, X[:, :3])
    assert out.shape == (60, 3)
    np.testing.assert_array_equal(wrapped.predict(X), wrapped.transform(X))
    with pytest.raises(ValueError, match="4 features"):
        wrapped.transform(X[:, :2])


def test_bad_input() -> None:
    with pytest.raises(TypeError, match="model must be a compiled model"):
        SKLearnRegressor(5).fit(X, X[:, 0])
    with pytest.raises(RuntimeError, match="must be compiled"):
        SKLearnRegressor(keras.Sequential([keras.layers.Dense(1)])).fit(X, X[:, 0])
    model = make(X, X[:, :1])
    with pytest.raises(ValueError, match="model_kwargs must be None"):
        SKLearnRegressor(model, model_kwargs={"units": 2}).fit(X, X[:, 0])
    wrapped = SKLearnClassifier(make_classifier, warm_start=True).fit(X, X[:, 0] > 0)
    with pytest.raises(ValueError, match="classes of the first fit"):
        wrapped.fit(X, np.arange(60) % 3)
