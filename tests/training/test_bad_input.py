"""Bad input: each error names the object, the argument, what was expected and what came."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from tests.training.helpers import classifier, data, trains, two_heads, two_heads_data

X, Y = data()
X2, Y2 = two_heads_data()


def uncompiled() -> Any:
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])


def keyed(K: Any, **options: Any) -> Any:
    x = K.Input((4,))
    model = K.Model(x, {"p": K.layers.Dense(4)(x)})
    model.compile("sgd", **options)
    return model


COMPILE: dict[str, tuple[dict[str, Any], str]] = {
    "loss": ({"loss": "mseee"}, "mseee"),
    "metric": ({"metrics": ["nope"]}, "nope"),
    "optimizer": ({"optimizer": "nope"}, "nope"),
    "metrics as a string": ({"metrics": "mse"}, r"metrics=\['mse'\]"),
    "steps": ({"steps_per_execution": 0}, "steps_per_execution must be"),
    "jit": ({"jit_compile": "yes"}, "jit_compile must be"),
}


@pytest.mark.parametrize("name", COMPILE)
def test_compile(name: str) -> None:
    options, words = COMPILE[name]
    model = uncompiled()
    with pytest.raises(ValueError, match=words):
        model.compile(**({"optimizer": "sgd", "loss": "mse"} | options))
    assert not model.compiled


EVALUATE: dict[str, tuple[Callable[[], Any], str]] = {
    "not compiled": (lambda: uncompiled().evaluate(X, Y), r"compile\("),
    "lengths": (lambda: classifier(keras).evaluate(X, Y[:5]), "x: 50, y: 5"),
    "empty": (lambda: classifier(keras).evaluate(X[:0], Y[:0]), "at least one sample"),
    "no targets": (lambda: classifier(keras).evaluate(X), "y must have a target"),
    "too many targets": (lambda: classifier(keras).evaluate(X, [Y, Y]), "y must be one array"),
    "too few targets": (lambda: two_heads(keras).evaluate(X2, Y2[:1]), "2 outputs"),
    "one hot for labels": (
        lambda: classifier(keras).evaluate(X, np.zeros((50, 3))), "integer labels"
    ),
    "labels for one hot": (
        lambda: classifier(keras, loss="categorical_crossentropy").evaluate(X, Y),
        "SparseCategoricalCrossentropy",
    ),
    "label beyond the classes": (
        lambda: classifier(keras).evaluate(X, Y + 3), "from 0 to 2.*Give the last layer 6 units"
    ),
    "label below 0": (lambda: classifier(keras).evaluate(X, Y - 1), "from 0 to 2.*ignore_class"),
    "label of one of two outputs": (
        lambda: two_heads(keras, loss=["sparse_categorical_crossentropy", "mse"]).evaluate(
            X2, [np.full(len(Y2[0]), 99), Y2[1]]
        ),
        "class numbers from 0 to 2",
    ),
    "label in batches": (
        lambda: classifier(keras).evaluate(iter([(X, Y + 3)])), "Give the last layer 6 units"
    ),
    "text": (lambda: classifier(keras).evaluate(X, Y.astype(str)), "StringLookup"),
    "target's shape": (
        lambda: classifier(keras, loss="mse", metrics=None).evaluate(X, np.zeros((50, 5))),
        r"\(None, 3\)|\(32, 3\)",
    ),
    "unknown output": (
        lambda: two_heads(keras, loss={"z": "mse"}).evaluate(X2, Y2), "'z', which is no output"
    ),
    "losses of too few outputs": (
        lambda: two_heads(keras, loss=["mse"]).evaluate(X2, Y2), r"Received: loss=\['mse'\]$"
    ),
    "unknown only output": (
        lambda: classifier(keras, loss={"z": "mse"}).evaluate(X, Y),
        r"loss names 'z', which is no output. The outputs are \['dense",
    ),
    "unknown key": (
        lambda: keyed(keras, loss={"z": "mse"}).evaluate(X, {"p": X}),
        r"loss names 'z', which is no output. The outputs are \['p'\]",
    ),
    "target of no output": (
        lambda: classifier(keras).evaluate(X, {"z": Y}),
        r"y names 'z', which is no output. The outputs are \['dense",
    ),
    "target of no key": (
        lambda: keyed(keras, loss="mse").evaluate(X, {"z": X}),
        r"y names 'z', which is no output. The outputs are \['p'\]",
    ),
    "weights of no output": (
        lambda: classifier(keras).evaluate(X, Y, sample_weight={"z": Y}), "sample_weight names 'z'"
    ),
    "metrics of no output": (
        lambda: classifier(keras, metrics={"z": "acc"}).evaluate(X, Y), "metrics names 'z'"
    ),
    "loss weights of no output": (
        lambda: classifier(keras, loss_weights={"z": 0.5}).evaluate(X, Y), "loss_weights names 'z'"
    ),
    "batch size": (lambda: classifier(keras).evaluate(X, Y, batch_size=0), "batch_size must be"),
    "steps": (lambda: classifier(keras).evaluate(X, Y, steps=-1), "positive int"),
    "x missing": (lambda: classifier(keras).evaluate(), "x must be given"),
    "y beside batches": (
        lambda: classifier(keras).evaluate(iter([(X, Y)]), Y), "y must be None"
    ),
    "times": (
        lambda: classifier(keras).evaluate(np.zeros((50, 4), "datetime64[s]"), Y),
        r"x must hold numbers or strings.*which holds times.*np.timedelta64\(1, 'D'\)",
    ),
    "times to predict": (
        lambda: classifier(keras).evaluate(X, np.zeros(50, "timedelta64[s]")), "y must hold numbers"
    ),
    "one number": (lambda: classifier(keras).evaluate(3.0, Y), "x must be arrays, or give batches"),
    "empty batches": (lambda: classifier(keras).evaluate(iter([])), "at least one batch"),
    "ragged list": (lambda: classifier(keras).evaluate([[1.0], [1.0, 2.0]], Y[:2]), "pad_sequences"),
}  # fmt: skip


@pytest.mark.parametrize("name", EVALUATE)
def test_evaluate(name: str) -> None:
    call, words = EVALUATE[name]
    with pytest.raises(ValueError, match=words):
        call()


def test_an_ignored_label_may_be_any_number() -> None:
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    labels = np.where(np.arange(len(Y)) % 5 == 0, -1, Y)
    result = classifier(keras, loss=loss, metrics=None).evaluate(X, labels, verbose=0)
    assert np.isfinite(result)


FIT: dict[str, tuple[dict[str, Any], str]] = {
    "epochs": ({"epochs": -1}, "epochs must be an int that is not negative"),
    "class weights": ({"class_weight": [1, 2]}, "class_weight must be a dict"),
    "class weights by fractions": ({"class_weight": {0.5: 2.0}}, "class indices \\(0, 1"),
    "split": ({"validation_split": 1.5}, "between 0 and 1"),
    "empty split": ({"validation_split": 0.999}, "leaves no sample"),
    "frequency": ({"validation_freq": 0}, "validation_freq must be"),
    "validation data": ({"validation_data": (X, Y, Y, Y)}, "validation_data must be"),
    "validation without targets": ({"validation_data": X}, r"have targets.*validation_data=\(x, y"),
    "validation on batches without targets": (
        {"validation_data": ((X,) for _ in range(3))}, r"data must have targets.*batch be \(x, y"
    ),
    "validation of x alone": ({"validation_data": (X,)}, "validation_data must have targets"),
}  # fmt: skip


@trains
@pytest.mark.parametrize("name", FIT)
def test_fit(name: str) -> None:
    arguments, words = FIT[name]
    with pytest.raises(ValueError, match=words):
        classifier(keras).fit(X, Y, verbose=0, **arguments)


@trains
def test_a_model_without_loss() -> None:
    model = uncompiled()
    model.compile("sgd")
    with pytest.raises(ValueError, match="there is no loss"):
        model.fit(X, Y, verbose=0)


def test_callbacks_must_be_callbacks() -> None:
    with pytest.raises(TypeError, match="Callback objects"):
        classifier(keras).evaluate(X, Y, callbacks=[lambda: None])


def test_predict_tells_of_strings_at_every_call() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.predict(np.ones((2, 2)), verbose=0)  # from the second call on small arrays go direct
    for _ in range(2):
        with pytest.raises(ValueError, match=r"number|promoted"):
            model.predict(np.array([["1", "2"]]), verbose=0)
    assert model.predict(np.array([[1, 2.0]], object), verbose=0).shape == (1, 1)


def test_imaginary_parts_are_not_dropped_in_silence() -> None:
    inputs = keras.Input((2,), name="wave")
    model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="ones")(inputs))
    x = np.array([[1 + 5j, 2]], "complex64")
    with pytest.warns(UserWarning, match="'wave' takes float32.*imaginary.*complex64.*np.abs"):
        assert model.predict(x, verbose=0).tolist() == [[3.0]]
    model.compile("sgd", "mse")
    with warnings.catch_warnings(record=True) as found:  # frameworks warn of it too, or do not
        warnings.simplefilter("always")
        model.test_on_batch(np.real(x), np.ones((1, 1), "complex64"))
    assert any("target of the model's output are dropped" in str(w.message) for w in found)


def test_complex_inputs_of_a_complex_model_are_kept() -> None:
    inputs = keras.Input((2,), dtype="complex64")
    model = keras.Model(inputs, keras.layers.Lambda(keras.ops.imag, autocast=False)(inputs))
    x = np.array([[1 + 5j, 2]], "complex128")
    assert model.predict(x, verbose=0).tolist() == [[5.0, 0.0]]


@pytest.mark.parametrize("where", ["x", "y"])
def test_none_among_numbers_is_refused(where: str) -> None:
    model = classifier(keras)
    values = {"x": X[:4].astype(object), "y": Y[:4].astype(object)}
    values[where][2, ...] = None
    at = r"\[2, 0\]" if where == "x" else r"\[2\]"
    with pytest.raises(ValueError, match=f"{where} must hold numbers.*None at {at}.*fill in"):
        model.evaluate(**values, verbose=0)
    values[where][2, ...] = 0
    model.evaluate(**values, verbose=0)


@trains
@pytest.mark.parametrize("how", ["fit", "evaluate", "train_on_batch", "generator"])
def test_the_number_of_rows_in_a_message_is_that_of_the_batch(how: str) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((8, 5), "float32"), np.ones((8, 1), "float32")
    call = model.fit if how == "generator" else getattr(model, how)
    quiet = {} if how == "train_on_batch" else {"verbose": 0}
    with pytest.raises(ValueError, match=r"Received: shape \(8, 5\)"):
        call(*([iter([(x, y)])] if how == "generator" else [x, y]), **quiet)


@pytest.mark.parametrize("how", [pytest.param("fit", marks=trains), "evaluate", "predict"])
def test_a_model_may_be_one_for_batches_of_one_size(how: str) -> None:
    class Pairs(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.dense(keras.ops.reshape(x, (4, 10)))

    model = Pairs()
    model.compile("sgd", "mse")
    x, y = np.ones((16, 5), "float32"), np.ones((8, 3), "float32")
    if how == "predict":
        assert model.predict(x, batch_size=8, verbose=0).shape == (8, 3)
    else:
        getattr(model, how)(iter([(x[:8], y[:4]), (x[8:], y[4:])]), verbose=0)
    assert model.dense.kernel.shape == (10, 3)
